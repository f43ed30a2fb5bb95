"""Synthetic tasks of no particular application: they teach the language itself."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Sequence

from deskhand.policies.embedded.language import ON_ELEMENT, LanguageMove, wordless
from deskhand.training.reasoner import screens, words
from deskhand.training.reasoner.synthetic import DONE, FAMILY_MAKERS, Maker, SyntheticEpisode
from deskhand.training.reasoner.wordings import framed, quoted

_CLICK = (
    "click {}",
    "click on {}",
    "press {}",
    "select {}",
    "choose {}",
    "open {}",
    "go to {}",
    "click the {} button",
    "push the button {}",
    "use {}",
    "hit {}",
    "activate {}",
    "click the item {}",
    "tap {}",
)
_CLICK_THOUGHTS = (
    "It is on the screen, I click it.",
    "I see it and click.",
    "That is the one to click.",
    "There it is.",
)
_MEANT = (
    "This does what is wanted.",
    "That is what is meant.",
    "This one fits the task.",
    "I need this one.",
)

_PRESS = {
    "ctrl+z": ("undo the last change", "take the last edit back", "undo"),
    "ctrl+y": ("redo the change",),
    "ctrl+a": ("select everything", "mark all the text", "select all"),
    "ctrl+c": ("copy the selection", "copy the marked text"),
    "ctrl+x": ("cut the selected text",),
    "ctrl+v": ("paste", "insert the clipboard here"),
    "ctrl+s": ("save", "save the file", "save the changes", "store the document"),
    "ctrl+o": ("open another file", "show the dialog for opening a file"),
    "ctrl+n": ("start a new document", "make a new document"),
    "ctrl+f": ("open the search bar", "start a search"),
    "ctrl+h": ("open find and replace",),
    "ctrl+p": ("print this", "open the print dialog"),
    "ctrl+q": ("quit the program", "close the application"),
    "ctrl+w": ("close this tab", "close the document"),
    "ctrl+b": ("make the selection bold", "print the marked words in bold"),
    "ctrl+i": ("make the selection italic", "set the marked words in italics"),
    "ctrl+u": ("underline the selection",),
    "ctrl+l": ("align the paragraph to the left",),
    "ctrl+e": ("centre the paragraph", "put this line into the middle"),
    "ctrl+r": ("align the paragraph to the right",),
    "ctrl+end": ("go to the end of the document", "put the cursor at the very end"),
    "ctrl+home": ("go to the beginning of the document", "jump to the top of the text"),
    "f5": ("refresh the view", "reload the folder"),
    "f2": ("rename the selected item",),
    "f11": ("make the window full screen",),
    "delete": ("delete the selected item", "remove the selection"),
    "esc": ("close the menu", "get out of this dialog", "cancel the dialog"),
    "enter": ("confirm the dialog", "press enter", "accept the dialog"),
    "tab": ("go to the next field", "press tab"),
    "alt+f4": ("close the window",),
    "pagedown": ("scroll one page down with the keyboard",),
}
_IMPOSSIBLE = (
    "book a flight to {}",
    "send an email to {}",
    "play the song {}",
    "call {} on the phone",
    "order a pizza with {}",
    "post {} on my profile",
    "buy a ticket for {}",
    "translate {} with the online service",
    "watch the video {}",
    "transfer 20 dollars to {}",
    "download {} from the internet",
    "scan the paper {}",
    "open the drawer of the printer for {}",
)


def _window(chance: random.Random, wanted: Sequence[str] = (), most: int = 18) -> list[str]:
    """A window with random labels, the wanted ones among them."""
    texts = chance.sample(words.LABELS, chance.randint(4, most))
    folded = {text.lower() for text in wanted}
    texts = [text for text in texts if text.lower() not in folded]
    if chance.random() < 0.5:
        texts += [words.sentence(chance) for _ in range(chance.randint(1, 4))]
    texts += [text for text in wanted if text not in texts]
    chance.shuffle(texts)
    return [f"{words.word(chance).capitalize()} - {words.word(chance).capitalize()}", *texts]


def _label(chance: random.Random) -> str:
    draw = chance.random()
    return (
        chance.choice(words.LABELS)
        if draw < 0.6
        else words.file_name(chance)
        if draw < 0.8
        else words.sentence(chance)
    )


def click(chance: random.Random) -> SyntheticEpisode:
    """Click what is named, once or more often, or with the right button."""
    label = _label(chance)
    said = label.lower() if chance.random() < 0.25 else label
    verb, templates = chance.choice(
        (("click", _CLICK),) * 6
        + (("double", ("double-click {}", "double click on {}", "open {} with a double click")),)
        + (("triple", ("triple-click {}", "select the whole line {}", "mark the line {}")),)
        + (("right", ("right-click {}", "open the context menu of {}", "click {} with the right button")),)
    )
    said = quoted(chance, said) if chance.random() < 0.5 else said
    episode = SyntheticEpisode(chance, "click", framed(chance, chance.choice(templates).format(said)))
    window = _window(chance, [label])
    if verb == "click" and chance.random() < 0.1:
        episode.step(
            [t for t in window if t != label],
            LanguageMove("infeasible"),
            "It is not on the screen.",
            "I see nothing like it.",
        )
        return episode
    episode.step(window, LanguageMove(verb, label), *_CLICK_THOUGHTS)
    episode.step(_window(chance), LanguageMove("finished"), "I clicked it.", *DONE)
    return episode


def intent(chance: random.Random) -> SyntheticEpisode:
    """Click what does what is wanted, where the label is not named."""
    label = chance.choice(sorted(words.INTENTS))
    wish = chance.choice(words.INTENTS[label])
    asked = (
        wish[0].upper() + wish[1:] if wish.startswith("I ") or chance.random() < 0.5 else framed(chance, wish)
    )
    episode = SyntheticEpisode(chance, "intent", asked)
    episode.step(_window(chance, [label], most=12), LanguageMove("click", label), *_MEANT)
    return episode


def press(chance: random.Random) -> SyntheticEpisode:
    """Press a key, named or meant."""
    chord = chance.choice(sorted(_PRESS))
    named = (
        f"press {chord}",
        f"press {'-'.join(part.capitalize() for part in chord.split('+'))}",
        f"use the shortcut {chord}",
    )
    episode = SyntheticEpisode(
        chance, "press", framed(chance, chance.choice((*_PRESS[chord], *_PRESS[chord], *named)))
    )
    window = screens.editor(chance, words.file_name(chance), [words.sentence(chance)], edited=True)
    episode.step(
        window,
        LanguageMove("key", chord),
        "A key does that.",
        "There is a shortcut for this.",
        "I press the key.",
    )
    episode.step(window, LanguageMove("finished"), "The key was pressed.", *DONE)
    return episode


def type_only(chance: random.Random) -> SyntheticEpisode:
    """Type a text and nothing else, or with enter."""
    text = words.sentence(chance)
    enter = chance.random() < 0.4
    asked = ("type {}", "write {}", "enter {}", "type the text {}", "put in {}")
    asked_enter = (
        "type {} and press enter",
        "enter {} and confirm",
        "type {}, then hit enter",
        "write {} followed by enter",
    )
    sentence = chance.choice(asked_enter if enter else asked).format(quoted(chance, text))
    episode = SyntheticEpisode(chance, "type", framed(chance, sentence))
    episode.step(
        _window(chance),
        episode.text_move(text, enter),
        "I type the text.",
        "The text goes here.",
        "I write it.",
    )
    episode.step(_window(chance, [text]), LanguageMove("finished"), "The text is typed.", *DONE)
    return episode


def several(chance: random.Random) -> SyntheticEpisode:
    """Two to four plain things in the order in which the instruction names them."""
    parts: list[tuple[str, LanguageMove]] = []
    for _ in range(chance.randint(2, 4)):
        match chance.randrange(3):
            case 0:
                label = _label(chance)
                parts.append(
                    (
                        f"{chance.choice(('click', 'click on', 'press', 'select'))} {quoted(chance, label)}",
                        LanguageMove("click", label),
                    )
                )
            case 1:
                text = words.sentence(chance)
                parts.append(
                    (
                        f"{chance.choice(('type', 'write', 'enter'))} {quoted(chance, text)}",
                        LanguageMove("type", text),
                    )
                )
            case _:
                chord = chance.choice(sorted(_PRESS))
                said = chance.choice((f"press {chord}", chance.choice(_PRESS[chord])))
                parts.append((said, LanguageMove("key", chord)))
    joiner = chance.choice((", then ", " and then ", ", after that ", ". Then ", ", "))
    episode = SyntheticEpisode(chance, "several", framed(chance, joiner.join(said for said, _ in parts)))
    for n, (_, move) in enumerate(parts):
        if move.verb == "type":
            move = episode.text_move(move.argument)
        window = _window(chance, [move.argument] if move.verb == "click" else [])
        ordinal = ("First", "Second", "Third", "Fourth")[n]
        episode.step(
            window, move, f"{ordinal} comes this.", f"{ordinal}, I do this step.", f"Step {n + 1} is next."
        )
    episode.step(_window(chance), LanguageMove("finished"), "All the steps are done.", *DONE)
    return episode


def answer(chance: random.Random) -> SyntheticEpisode:
    """Read something off the screen."""
    rows = {words.word(chance).capitalize(): _value(chance) for _ in range(chance.randint(2, 6))}
    name = chance.choice(sorted(rows))
    asked = (
        "what is the {}?",
        "tell me the {}",
        "which value does {} have?",
        "what does the screen say for {}?",
        "read the {} to me",
        "give me the value of {}",
        "report {}",
    )
    episode = SyntheticEpisode(chance, "answer", framed(chance, chance.choice(asked).format(name)))
    window = _window(chance, most=6)
    for key, value in rows.items():
        window += [f"{key}:" if chance.random() < 0.5 else key, value]
    if list(window).count(rows[name]) > 1:
        return answer(chance)
    episode.step(
        window,
        LanguageMove("answer", rows[name]),
        "The screen shows it.",
        "I read it off the screen.",
        "It stands there.",
    )
    return episode


_TICK = ("select", "tick", "check", "mark", "choose", "pick", "turn on")


def tick(chance: random.Random) -> SyntheticEpisode:
    """Tick several of the things in a list, and hand them in."""
    names = list(dict.fromkeys(chance.choice((words.word(chance), _label(chance))) for _ in range(12)))
    names = names[: chance.randint(3, 12)]
    wanted = chance.sample(names, min(len(names), chance.choice((1, 2, 2, 3, 4))))
    button = chance.choice(_HANDING_IN)
    listed = ", ".join(wanted) if chance.random() < 0.5 else " and ".join(wanted)
    said = f"{chance.choice(_TICK)} {listed}{chance.choice(_HAND_IN[1:]).format(b=quoted(chance, button))}"
    episode = SyntheticEpisode(chance, "tick", framed(chance, said))
    above = [*_also_shown(chance, episode.instruction), *chance.sample(words.LABELS, chance.randint(0, 2))]
    window = [*above, *names, button]
    if len({text.lower() for text in window}) < len(window):
        return tick(chance)
    for name in wanted:
        episode.step(
            window, LanguageMove("click", name), "I tick it.", "This one is wanted.", "The next one."
        )
    episode.step(window, LanguageMove("click", button), "All are ticked, I hand it in.", "Now the button.")
    episode.step(_window(chance), LanguageMove("finished"), *DONE)
    return episode


def _also_shown(chance: random.Random, instruction: str) -> list[str]:
    """The lines in which a page says what is to be done, where it does."""
    return textwrap.wrap(instruction, chance.randint(26, 44)) if chance.random() < 0.4 else []


def _value(chance: random.Random) -> str:
    return chance.choice(
        (
            str(chance.randint(0, 9999)),
            f"{chance.randint(1, 99)}.{chance.randint(10, 99)}",
            f"${chance.randint(1, 500)}",
            words.word(chance),
            words.plain_words(chance),
            f"{chance.randint(1, 28)} {chance.choice(('May', 'June', 'March'))}",
        )
    )


def impossible(chance: random.Random) -> SyntheticEpisode:
    """Something that cannot be done here."""
    sentence = chance.choice(_IMPOSSIBLE).format(words.plain_words(chance))
    episode = SyntheticEpisode(chance, "infeasible", framed(chance, sentence))
    window = chance.choice(
        (
            lambda: screens.editor(chance, "", [], edited=False),
            lambda: screens.calculator(chance, "0"),
            lambda: screens.manager(chance, screens.other_files(chance)),
            lambda: screens.terminal(chance, []),
        )
    )()
    episode.step(
        window,
        LanguageMove("infeasible"),
        "That cannot be done here.",
        "Nothing here can do that.",
        "This program cannot do it.",
    )
    return episode


_FILL = (
    "enter {v} into the field {l}",
    "type {v} in the box {l}",
    "put {v} into {l}",
    "fill in {l} with {v}",
    "set {l} to {v}",
    "write {v} in the {l} field",
)
_FILL_ALONE = ("enter {v} into the field", "type {v} into the box", "fill the field with {v}")
_HAND_IN = ("", " and press {b}", ", then click {b}", " and hit the button {b}", " and submit with {b}")
_FIELDS = (
    "Name", "First name", "Last name", "City", "Street", "Country", "E-mail", "Phone", "Company", "Title",
    "Subject", "Search", "Amount", "Number", "Date", "Code", "Account", "Nickname", "Address", "Comment",
)  # fmt: skip
_HANDING_IN = ("Submit", "OK", "Send", "Save", "Go", "Search", "Apply", "Next", "Log on", "Done")


def fill(chance: random.Random) -> SyntheticEpisode:
    """Fill one or several empty fields, and hand them in if that is asked for."""
    labels = chance.sample(_FIELDS, chance.choice((1, 1, 2, 2, 3)))
    values = {label: _filling(chance) for label in labels}
    button = chance.choice(_HANDING_IN)
    alone = len(labels) == 1 and chance.random() < 0.4
    said = " and ".join(
        chance.choice(_FILL_ALONE if alone else _FILL).format(v=quoted(chance, value), l=label)
        for label, value in values.items()
    )
    hand_in = chance.choice(_HAND_IN)
    episode = SyntheticEpisode(
        chance, "fill", framed(chance, said + hand_in.format(b=quoted(chance, button)))
    )
    around = [*_also_shown(chance, episode.instruction), *chance.sample(words.LABELS, chance.randint(0, 5))]
    filled: dict[str, str] = {}

    def shown() -> list[str]:
        rows = []
        for label in labels:
            rows += [] if alone else [label]
            rows.append(filled.get(label) or wordless("field", "" if alone else label))
        return [*around, *rows, button]

    for label, value in values.items():
        field = wordless("field", "" if alone else label)
        episode.step(
            shown(),
            LanguageMove("click", field),
            "I click the field.",
            "First the field.",
            "I go to the field.",
        )
        move = episode.text_move(value)
        episode.step(shown(), move, "Now I type it.", "The field is ready, I type.", "I fill it in.")
        filled[label] = value
    if hand_in:
        episode.step(
            shown(), LanguageMove("click", button), "All is filled in, I hand it in.", "Now the button."
        )
    episode.step(_window(chance) if hand_in else shown(), LanguageMove("finished"), *DONE)
    return episode


def _filling(chance: random.Random) -> str:
    draw = chance.random()
    if draw < 0.5:
        return words.word(chance)
    return f"{words.word(chance)} {words.word(chance)}" if draw < 0.75 else str(chance.randint(1, 9999))


def recover(chance: random.Random) -> SyntheticEpisode:
    """Something went wrong in the middle of a task: put it right and go on."""
    episode = FAMILY_MAKERS[chance.choice(("editor-save", "editor-append", "files-folder", "files-rename"))](
        chance
    )
    episode.kind = "recover"
    middle = [
        n for n, sample in enumerate(episode.samples) if sample.move.verb not in ("finished", "infeasible")
    ]
    if not middle:  # the task was an impossible one
        return recover(chance)
    at = chance.choice(middle)
    sample = episode.samples[at]
    recovered = SyntheticEpisode(
        chance, "recover", sample.page.instruction, sample.page.app, list(sample.page.past)
    )
    labels = list(sample.page.labels)
    match chance.randrange(3):
        case 0:  # a window that nobody asked for
            recovered.did(LanguageMove("key", chance.choice(("ctrl+o", "ctrl+p", "f10", "ctrl+f"))))
            wrong = screens.over(
                chance,
                labels,
                chance.choice((screens.ask_to_save(chance), ["Open", "Recent", "Name", "Cancel", "Open"])),
            )
            recovered.step(
                wrong, LanguageMove("key", "esc"), "That is not the window I want.", "I close this first."
            )
        case 1:  # a message in the way
            message = screens.error(
                chance, chance.choice(("Could not do that", "Something went wrong", "Operation failed"))
            )
            recovered.step(
                screens.over(chance, labels, message),
                LanguageMove("click", message[-1]),
                "A message is in the way.",
                "I close the message.",
            )
        case _:  # not there yet
            recovered.did(sample.move, "no change")
            recovered.step(
                labels,
                LanguageMove("wait") if sample.move.verb == "key" else sample.move,
                "Nothing happened yet.",
                "It did not change.",
            )
            return recovered
    exact = labels if sample.move.verb in (*ON_ELEMENT, "answer") else ()
    recovered.step(labels, sample.move, sample.thought) if not exact else None
    return recovered


GENERAL_MAKERS: dict[str, Maker] = {
    "click": click,
    "intent": intent,
    "press": press,
    "type": type_only,
    "several": several,
    "answer": answer,
    "fill": fill,
    "tick": tick,
    "infeasible": impossible,
    "recover": recover,
}
"""Episodes of no particular application, by kind."""
