"""The small language in which the embedded reasoner is asked and answers.

A page is what it is told: the task, what was done, and the texts on the screen, one a line. A move
is what it answers after one line of thought: a verb and at most one argument. Elements are named by
their text and code copies their coordinates; the reasoner never writes a number of pixels.

    Screen:                                                         the text is there, now I save it.
    *Untitled 1 - Mousepad                                          key ctrl+s
    File
    App: mousepad
    Task: Type the sentence 'deskhand was here' and save the file as note.txt
    Done:
    1 type deskhand was here

What decides most stands last, next to the answer: a small model heeds what is near.

This module is the one place that knows the language, for training and for decisions alike. It
knows nothing of models and tokens.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from deskhand.actions.keys import forbidden_chord
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Button, Click, Finished, Infeasible, Key, Type, Wait
from deskhand.errors import ActionParseError, NotExpressible
from deskhand.perception.elements.layout import reading_order
from deskhand.perception.screen import Element
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.named import wrong_target
from deskhand.trajectories.records import Step, Task

LANGUAGE = 2
"""Raised when an adapter trained on an older form of the language can no longer be used."""

MOST_LABELS = 60
LONGEST_LABEL = 40
LONGEST_INSTRUCTION = 600
MOST_PAST = 10
LONGEST_PAST = 60
WAIT_SECONDS = 2.0

WORDLESS = ("field", "combo", "checkbox", "radio")
"""Roles of elements that are listed though nothing stands in them: as "[field] Name", by their label."""

_NAMES = "enter tab esc space backspace delete insert home end pageup pagedown up down left right"
_CHORDS = """
    f1 f2 f3 f5 f10 f11 shift+tab shift+f10 ctrl+a ctrl+c ctrl+v ctrl+x ctrl+z ctrl+y ctrl+s ctrl+shift+s
    ctrl+o ctrl+n ctrl+shift+n ctrl+w ctrl+q ctrl+f ctrl+h ctrl+r ctrl+g ctrl+l ctrl+p ctrl+t ctrl+d
    ctrl+k ctrl+b ctrl+i ctrl+u ctrl+e ctrl+j ctrl+home ctrl+end shift+delete ctrl+enter alt+f4 alt+left
    alt+up alt+enter alt+tab
"""
CHORDS = tuple((_NAMES + _CHORDS).split())
"""Every key and chord that the reasoner can press."""

ON_ELEMENT: dict[str, tuple[Button, int]] = {
    "click": ("left", 1),
    "double": ("left", 2),
    "triple": ("left", 3),
    "right": ("right", 1),
}
"""The verbs that click on a text: with which button, how often."""
COPIED = ("type", "type+enter")
FREE = ("write", "write+enter")
ALONE = ("wait", "finished", "infeasible")
VERBS = (*ON_ELEMENT, *COPIED, *FREE, "answer", "key", *ALONE)


@dataclass(frozen=True, slots=True)
class LanguageMove:
    """A decision in the small language: a verb of ``VERBS`` and its argument, if it takes one."""

    verb: str
    argument: str = ""

    def __str__(self) -> str:
        return head(self.verb) + self.argument + ('"' if _quoted(self.verb) else "")


@dataclass(frozen=True, slots=True)
class ScreenPage:
    """What the reasoner is told.

    Attributes:
        instruction: the whole task, from which text may be copied.
        app: the application that was launched; empty if none was.
        past: what was done, oldest first, each in a few words.
        labels: the texts on the screen, unique, in reading order.
        elements: what each label stands for; empty where a page was made without a screen.
    """

    instruction: str
    app: str = ""
    past: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    elements: tuple[Element, ...] = ()

    def prompt(self) -> str:
        """The page as text."""
        lines = ["Screen:" if self.labels else "Screen: empty", *self.labels]
        if self.app:
            lines.append(f"App: {self.app}")
        lines.append(f"Task: {_shortened(self.instruction, LONGEST_INSTRUCTION)}")
        skipped = max(0, len(self.past) - MOST_PAST)
        lines.append("Done:" if self.past else "Done: nothing")
        lines += [f"{n} {what}" for n, what in enumerate(self.past[skipped:], skipped + 1)]
        return "\n".join(lines)

    def sources(self) -> tuple[str, ...]:
        """The texts that typed text and answers may be copied from."""
        return (self.instruction, *self.screen_texts())

    def screen_texts(self) -> tuple[str, ...]:
        """The texts on the screen, whole where the labels are shortened."""
        return tuple(element.text for element in self.elements) or self.labels


def page_of(task: Task, observation: Observation, history: Sequence[Step]) -> ScreenPage:
    """The page for one decision."""
    elements = choose_elements(observation.elements, task.instruction)
    return ScreenPage(
        instruction=task.instruction,
        app=app_name(task.launch),
        past=tuple(past_of(history)),
        labels=labels_of([element.text for element in elements]),
        elements=elements,
    )


def app_name(launch: str | None) -> str:
    """The launched application without its folder and arguments."""
    words = (launch or "").split()
    return words[0].rsplit("/", 1)[-1][:30] if words else ""


def texts_on(elements: Sequence[Element]) -> tuple[Element, ...]:
    """What can be read on the screen, each text once, in rows over the whole screen.

    The reasoner learnt from lists of texts. So an area is its lines, a window is its title bar, a check
    box is the text beside it. What has no text is left out, unless it is there to be filled or ticked.
    """
    shown = []
    for element in elements:
        if not element.text:
            element = replace(element, text=_instead_of_text(element))
        if element.text and element.role not in ("window", "area"):
            shown.append(element)
    return reading_order(shown)


def _instead_of_text(element: Element) -> str:
    """How an element is listed in which nothing stands; empty for one that is not listed."""
    if element.role in ("checkbox", "radio") and "ocr" in element.sources:
        return element.label
    return wordless(element.role, element.label) if element.role in WORDLESS else ""


def wordless(role: str, label: str = "") -> str:
    """How an empty field and the like is listed: "[field] Name"."""
    return f"[{role}] {' '.join(label.split())}".strip()


def choose_elements(elements: Sequence[Element], instruction: str) -> tuple[Element, ...]:
    """At most ``MOST_LABELS`` elements with a text, in reading order; those that the task names stay."""
    readable = [element for element in texts_on(elements) if is_readable(element.text)]
    if len(readable) <= MOST_LABELS:
        return tuple(readable)
    wanted = set(_words(instruction))
    named = [n for n, element in enumerate(readable) if wanted & set(_words(element.text))]
    kept = set(named[: MOST_LABELS // 2])
    for n in range(len(readable)):
        if len(kept) == MOST_LABELS:
            break
        kept.add(n)
    return tuple(readable[n] for n in sorted(kept))


def is_readable(text: str) -> bool:
    """Whether a text says something, rather than being an icon that was read as a sign."""
    return any(c.isalnum() or (c.isascii() and not c.isspace()) for c in text)


def labels_of(texts: Sequence[str]) -> tuple[str, ...]:
    """One name for each text: one line, shortened, and a number where the same text comes again."""
    labels: list[str] = []
    taken: set[str] = set()
    for text in texts:
        plain = _shortened(" ".join(text.split()), LONGEST_LABEL)
        label, again = plain, 1
        while label in taken:
            again += 1
            label = f"{plain} #{again}"
        taken.add(label)
        labels.append(label)
    return tuple(labels)


def past_of(history: Sequence[Step]) -> Iterator[str]:
    """Each finished step in a few words: what was done, and what is worth knowing of it."""
    for step in history:
        reply, remark = step.decision.reply, remark_on(step)
        if reply is None:
            yield "nothing (not understood)"
            continue
        try:
            yield past_line(read_answer(step.decision.raw)[1], remark)
        except ActionParseError:  # decided by somebody else: a person, or an oracle
            done = " and ".join(_in_words(action) for action in reply.actions)
            yield f"{done} ({remark})" if remark else done


def past_line(move: LanguageMove, remark: str = "") -> str:
    """A move as it stands in the past, with what became of it where that is worth knowing."""
    verb = move.verb.replace("write", "type")
    done = f"{verb} {_shortened(' '.join(move.argument.split()), LONGEST_PAST)}".strip()
    return f"{done} ({remark})" if remark else done


def _in_words(action: Action) -> str:
    """An action without the page it was decided on: a click is only named."""
    match action:
        case Type():
            return past_line(LanguageMove("type+enter" if action.submit else "type", action.text))
        case Key():
            return f"key {'+'.join(action.keys)}"
        case _:
            return action.kind


def remark_on(step: Step) -> str:
    """What became of a step, where that is worth knowing: refused, repeated, nothing changed."""
    troubles = [outcome for outcome in step.outcomes if not outcome.ok]
    if troubles:
        return f"{troubles[0].status}: {_shortened(troubles[0].reason, LONGEST_LABEL)}"
    if any("already tried" in note for note in step.notes):
        return "again, do something else"
    return "no change" if step.changed is False else ""


def head(verb: str) -> str:
    """What stands before a verb's argument, exactly as the reasoner writes it."""
    if verb in ALONE:
        return verb
    return f'{verb} "' if _quoted(verb) else f"{verb} "


def _quoted(verb: str) -> bool:
    return verb not in ALONE and verb != "key"


def answer_text(thought: str, move: LanguageMove) -> str:
    """The whole answer, as it is kept in the log."""
    return f"{thought}\n{move}"


def read_answer(text: str) -> tuple[str, LanguageMove]:
    """Thought and move from an answer.

    An argument ends where the text ends, so quotes inside it need no sign before them.

    Raises:
        ActionParseError: it is not in the small language.
    """
    thought, newline, line = text.partition("\n")
    if not newline:
        raise ActionParseError("one line of thought and one line with the move are expected", 0, text)
    for verb in sorted(VERBS, key=len, reverse=True):
        start = head(verb)
        if not line.startswith(start):
            continue
        argument = line[len(start) :]
        if _quoted(verb):
            argument = argument.removesuffix('"')
        if bool(argument) == (verb not in ALONE) and (verb != "key" or argument in CHORDS):
            return thought, LanguageMove(verb, argument)
    raise ActionParseError("there is no such move", len(thought) + 1, text)


def to_reply(thought: str, move: LanguageMove, page: ScreenPage) -> Reply:
    """The reply that a move on a page stands for.

    Raises:
        ActionParseError: the move names something that is not on the page.
    """
    return Reply(thought=thought, actions=(to_action(move, page),))


def to_action(move: LanguageMove, page: ScreenPage) -> Action:
    """The action that a move on a page stands for.

    Raises:
        ActionParseError: the move names something that is not on the page.
    """
    match move.verb:
        case verb if verb in ON_ELEMENT:
            if move.argument not in page.labels[: len(page.elements)]:
                raise ActionParseError(f"{move.argument[:40]!r} is not on the screen")
            element = page.elements[page.labels.index(move.argument)]
            shown = ((one.role, one.text) for one in page.elements)
            wrong = wrong_target(element.text, element.role, page.instruction, shown)
            if wrong:
                raise ActionParseError(wrong)
            at = element.box.centre
            button, count = ON_ELEMENT[verb]
            return Click.model_validate({"at": at, "button": button, "count": count})
        case "type" | "write":
            return Type(text=move.argument)
        case "type+enter" | "write+enter":
            return Type(text=move.argument, submit=True)
        case "key":
            return Key(keys=tuple(move.argument.split("+")))
        case "wait":
            return Wait(seconds=WAIT_SECONDS)
        case "answer":
            return Finished(answer=move.argument)
        case "finished":
            return Finished()
        case "infeasible":
            return Infeasible()
    raise ActionParseError(f"there is no verb {move.verb[:40]!r}")


def from_action(action: Action, page: ScreenPage) -> LanguageMove:
    """The move that an action on a page would have been: how demonstrations become samples.

    Raises:
        NotExpressible: the small language has no words for it.
    """
    match action:
        case Click():
            return _click(action, page)
        case Type():
            copied = find_span(action.text, page.sources())
            verb = "type" if copied else "write"
            return LanguageMove(f"{verb}+enter" if action.submit else verb, action.text)
        case Key() if "+".join(action.keys) in CHORDS:
            return LanguageMove("key", "+".join(action.keys))
        case Wait():
            return LanguageMove("wait")
        case Finished(answer=str() as answer) if answer and find_span(answer, page.sources()):
            return LanguageMove("answer", answer)
        case Finished(answer=None):
            return LanguageMove("finished")
        case Infeasible():
            return LanguageMove("infeasible")
    raise NotExpressible(f"the small language has no words for this {action.kind}")


def _click(action: Click, page: ScreenPage) -> LanguageMove:
    verb = next((v for v, clicks in ON_ELEMENT.items() if clicks == (action.button, action.count)), None)
    at = action.at
    if at is None:
        raise NotExpressible("the small language has only clicks on a text")
    under = [n for n, element in enumerate(page.elements) if element.box.contains(at)]
    if verb is None or action.hold or not under:
        raise NotExpressible("the small language has only plain clicks on a text")
    return LanguageMove(verb, page.labels[min(under, key=lambda n: page.elements[n].box.area)])


def find_span(text: str, sources: Sequence[str]) -> bool:
    """Whether ``text`` stands in one of the sources between two boundaries."""
    for source in sources:
        start = source.find(text) if text else -1
        while start >= 0:
            if is_start(source, start) and is_end(source, start + len(text)):
                return True
            start = source.find(text, start + 1)
    return False


def is_start(source: str, at: int) -> bool:
    """Whether a copied span may begin at this character."""
    return not source[at].isspace() and _is_boundary(source, at)


def is_end(source: str, at: int) -> bool:
    """Whether a copied span may end before this character."""
    return at > 0 and not source[at - 1].isspace() and _is_boundary(source, at)


def _is_boundary(source: str, at: int) -> bool:
    """No span cuts an ASCII word or number, or a letter from its accent or its joined sign.

    Between other letters it may: Korean puts its particles right behind a name.
    """
    if at <= 0 or at >= len(source):
        return True
    before, after = source[at - 1], source[at]
    if before.isascii() and after.isascii():
        return not (before.isalnum() and after.isalnum())
    joined = "\u200d\ufe0f"
    skin = 0x1F3FB <= ord(after) <= 0x1F3FF
    return not (unicodedata.combining(after) or before == "\u200d" or after in joined or skin)


def _words(text: str) -> list[str]:
    return [
        word for word in "".join(c if c.isalnum() else " " for c in text.lower()).split() if len(word) > 2
    ]


def _shortened(text: str, most: int) -> str:
    """The text, or its beginning and end with dots between, in ``most`` characters."""
    if len(text) <= most:
        return text
    tail = (most - 3) // 3
    return f"{text[: most - 3 - tail]}...{text[len(text) - tail :]}"


assert not any(forbidden_chord(tuple(chord.split("+"))) for chord in CHORDS)
