"""Demonstrations on screens that nobody saw: tasks, screens and answers made up from a seed.

An episode is one task done step by step the way the desk suite's oracles do it, on screens that
imitate what is read off real windows. Around the eight families that may be trained on stand
shorter tasks that teach the language itself: click what is named, type, press, answer, give up,
try something else.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deskhand.actions.vocabulary import Finished, Key, Type
from deskhand.benchmarks import moves as desk
from deskhand.benchmarks.moves import ClickText
from deskhand.benchmarks.suites.desk.family import family_named
from deskhand.policies.embedded.language import (
    FREE,
    ON_ELEMENT,
    LanguageMove,
    ScreenPage,
    find_span,
    past_line,
)
from deskhand.training.reasoner import screens, wordings, words
from deskhand.training.reasoner.samples import Sample


@dataclass
class SyntheticEpisode:
    """One task as it is being done; every step becomes a sample."""

    chance: random.Random
    kind: str
    instruction: str
    app: str = ""
    past: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def step(self, texts: Sequence[str], move: LanguageMove, *thoughts: str, remark: str = "") -> None:
        """Answer ``move`` on a screen with ``texts``; a click names one of them."""
        argument = (move.argument,)
        clicks = move.verb in ON_ELEMENT
        exact = argument if move.verb == "answer" else ()
        screen = screens.read(self.chance, texts, keep=argument if clicks else (), exact=exact)
        if clicks:
            if move.argument not in screen.became:
                return
            move = LanguageMove(move.verb, screen.became[move.argument])
        page = ScreenPage(self.instruction, self.app, tuple(self.past), screen.labels)
        if move.verb in FREE and find_span(move.argument, page.sources()):
            move = LanguageMove(move.verb.replace("write", "type"), move.argument)
        self.samples.append(Sample(page, self.chance.choice(thoughts), move, self.kind))
        self.did(move, remark)

    def did(self, move: LanguageMove, remark: str = "") -> None:
        """Note in the past that something was done, without a sample of it."""
        self.past.append(past_line(move, remark))

    def text_move(self, text: str, enter: bool = False) -> LanguageMove:
        """Type a text: copied where the instruction has it, else written."""
        verb = "type" if find_span(text, (self.instruction,)) else "write"
        return LanguageMove(f"{verb}+enter" if enter else verb, text)


Maker = Callable[[random.Random], SyntheticEpisode]

DONE = ("It is done.", "The task is done.", "All of it is done.", "Nothing is left to do.", "That was all.")


_WAITING = (
    "The dialog is still open, I wait for it.",
    "The dialog is still open, I wait for it.",
    "It is still there, I wait.",
    "That takes a moment.",
)


def _family(
    chance: random.Random, name: str, parameters: dict[str, str], apps: Sequence[str]
) -> SyntheticEpisode:
    """An episode of a desk family: one of its open wordings, or one of ours."""
    if chance.random() < 0.45:
        instruction = chance.choice(wordings.of_family(name)).format(**parameters)
    else:
        with_quotes = {**parameters, "q": wordings.quoted(chance, parameters.get("text", ""))}
        instruction = wordings.framed(chance, chance.choice(wordings.OWN[name]).format(**with_quotes))
    return SyntheticEpisode(chance, name, instruction, chance.choice(apps) if chance.random() < 0.5 else "")


def _thoughts(name: str, parameters: dict[str, str], number: int) -> tuple[str, ...]:
    """The oracle's thoughts for a step, so that both sources of demonstrations sound alike."""
    return family_named(name).moves(parameters)[number].thoughts


def _oracle_moves(name: str, parameters: dict[str, str]) -> list[desk.OracleMove]:
    return family_named(name).moves(parameters)


def _follow(
    episode: SyntheticEpisode, parameters: dict[str, str], shown: Sequence[Sequence[str]]
) -> SyntheticEpisode:
    """Do the oracle's moves, each on its screen; now and then something harmless came between."""
    before: Sequence[str] = ()
    for move, texts in zip(_oracle_moves(episode.kind, parameters), shown, strict=True):
        if move.after and episode.chance.random() < 0.15:
            episode.step(before, LanguageMove("wait"), *_WAITING)
        elif episode.chance.random() < 0.08:
            episode.did(LanguageMove("wait"), episode.chance.choice(("", "no change")))
        before = texts
        match move.do:
            case Type(text=text):
                answer = episode.text_move(text)
            case Key(keys=keys):
                answer = LanguageMove("key", "+".join(keys))
            case ClickText(text=text):
                answer = LanguageMove("click", text)
            case Finished(answer=str() as value):
                answer = LanguageMove("answer", value)
            case _:
                answer = LanguageMove("finished")
        episode.step(texts, answer, *move.thoughts)
    return episode


_EDITORS = ("mousepad", "mousepad", "editor", "notes", "textpad")
_MANAGERS = ("pcmanfm", "pcmanfm", "files")
_TERMINALS = ("xterm", "xterm", "terminal")


def save(chance: random.Random) -> SyntheticEpisode:
    """Type a text and save it under a name."""
    p = {"text": words.sentence(chance), "name": words.file_name(chance)}
    episode = _family(chance, "editor-save", p, _EDITORS)
    files = screens.other_files(chance, 3)
    typed = screens.editor(chance, "", [p["text"]], edited=True)
    end = screens.editor(chance, p["name"], [p["text"]], edited=False)
    asking = screens.save_dialog(chance, chance.choice(("", "", "Untitled 1")), files)
    named = screens.save_dialog(chance, p["name"], files)
    if chance.random() < 0.4:  # the dialog hides the window or stands before it
        asking, named = screens.over(chance, typed, asking), screens.over(chance, typed, named)
    shown = [screens.editor(chance, "", [], edited=False), typed, asking, named, end]
    if chance.random() < 0.12:
        return _save_over_existing(episode, p, shown)
    return _follow(episode, p, shown)


def _save_over_existing(
    episode: SyntheticEpisode, p: dict[str, str], shown: Sequence[Sequence[str]]
) -> SyntheticEpisode:
    _follow(episode, p, shown)
    if episode.samples[-1].move.verb == "finished":
        episode.samples.pop()
        episode.past.pop()
    question = screens.over(episode.chance, shown[3], screens.ask_to_replace(episode.chance, p["name"]))
    episode.step(
        question,
        LanguageMove("click", "Replace"),
        "The name is taken, I replace the old file.",
        "It exists, so replace.",
    )
    episode.step(shown[4], LanguageMove("finished"), *DONE)
    return episode


def _open_file(chance: random.Random, name: str) -> SyntheticEpisode:
    old = [words.plain_words(chance) for _ in range(chance.randint(1, 4))]
    p = {"text": words.sentence(chance), "name": words.file_name(chance), "old": "\n".join(old)}
    episode = _family(chance, name, p, _EDITORS)
    before = screens.editor(chance, p["name"], old, edited=False)
    kept = old if name == "editor-append" else []
    typed = screens.editor(chance, p["name"], [*kept, p["text"]], edited=True)
    saved = screens.editor(chance, p["name"], [*kept, p["text"]], edited=False)
    return _follow(episode, p, [before, before, typed, saved])


def append(chance: random.Random) -> SyntheticEpisode:
    """Add a line to an open file."""
    return _open_file(chance, "editor-append")


def rewrite(chance: random.Random) -> SyntheticEpisode:
    """Replace the text of an open file."""
    return _open_file(chance, "editor-rewrite")


_OPERATORS = {
    "+": ("plus", "plus", "plus", "+"),
    "-": ("minus", "minus", "minus", "-", "less"),
    "*": ("times", "times", "times", "*", "x"),
    "/": ("divided by", "divided by", "/", "over"),
}


def calculate(chance: random.Random) -> SyntheticEpisode:
    """Calculate on a calculator and answer with the result."""
    sign = chance.choice("++--***/")
    a, b = chance.randint(1, 999), chance.randint(1, 99)
    a = a * b if sign == "/" else max(a, b)
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a // b}[sign]
    op = chance.choice(_OPERATORS[sign])
    p = {"a": str(a), "b": str(b), "op": op, "typed": f"{a}{sign}{b}", "result": str(value)}
    episode = _family(chance, "calculator", p, ("galculator", "galculator", "calculator"))
    shown = [screens.calculator(chance, display) for display in ("0", str(b), p["result"])]
    return _follow(episode, p, shown)


def shell_folder(chance: random.Random) -> SyntheticEpisode:
    """Make a folder from a shell."""
    p = {"name": words.folder_name(chance)}
    return _shell(_family(chance, "terminal-folder", p, _TERMINALS), p, f"mkdir {p['name']}")


def shell_file(chance: random.Random) -> SyntheticEpisode:
    """Write a file from a shell."""
    p = {"text": words.plain_words(chance), "name": words.file_name(chance)}
    return _shell(_family(chance, "terminal-file", p, _TERMINALS), p, f"echo {p['text']} > {p['name']}")


def _shell(episode: SyntheticEpisode, p: dict[str, str], command: str) -> SyntheticEpisode:
    before = _shell_lines(episode.chance)
    lines = [before, [*before[:-1], f"$ {command}"], [*before[:-1], f"$ {command}"]]
    return _follow(episode, p, [screens.terminal(episode.chance, shown) for shown in lines])


def _shell_lines(chance: random.Random) -> list[str]:
    if chance.random() < 0.8:
        return []
    return ["$ ls", " ".join(screens.other_files(chance) or ["notes.txt"])]


def shell_other(chance: random.Random) -> SyntheticEpisode:
    """Another short command."""
    old, new = words.file_name(chance), words.file_name(chance)
    command, templates = chance.choice(
        (
            (f"touch {old}", wordings.SHELL_TOUCH),
            ("ls", wordings.SHELL_LIST),
            (f"rm {old}", wordings.SHELL_REMOVE),
            (f"mv {old} {new}", wordings.SHELL_RENAME),
            (
                chance.choice(
                    (f"cat {old}", "date", "pwd", "whoami", f"wc -l {old}", f"sort {old}", "df -h")
                ),
                wordings.SHELL_RUN,
            ),
        )
    )
    sentence = chance.choice(templates).format(name=old, old=old, new=new, q=wordings.quoted(chance, command))
    episode = SyntheticEpisode(
        chance, "terminal-other", wordings.framed(chance, sentence), _app(chance, _TERMINALS)
    )
    p = {"name": old, "text": command}
    before = _shell_lines(chance)
    typed = screens.terminal(chance, [*before, f"$ {command}"])
    episode.step(
        screens.terminal(chance, before),
        episode.text_move(command),
        "I type the command.",
        "A shell waits for a command.",
    )
    episode.step(typed, LanguageMove("key", "enter"), *_thoughts("terminal-file", p, 1))
    episode.step(typed, LanguageMove("finished"), "The command ran.", *DONE)
    return episode


def _app(chance: random.Random, names: Sequence[str]) -> str:
    return chance.choice(names) if chance.random() < 0.5 else ""


def folder(chance: random.Random) -> SyntheticEpisode:
    """Make a folder in a file manager."""
    p = {"name": words.folder_name(chance)}
    episode = _family(chance, "files-folder", p, _MANAGERS)
    files = screens.other_files(chance)
    window = screens.manager(chance, files)
    asking = screens.over(
        chance, window, screens.name_dialog(chance, True, chance.choice(("", "New", "New Folder")))
    )
    named = screens.over(chance, window, screens.name_dialog(chance, True, p["name"]))
    return _follow(episode, p, [window, asking, named, screens.manager(chance, [*files, p["name"]])])


def rename(chance: random.Random) -> SyntheticEpisode:
    """Give a file another name in a file manager."""
    p = {"old": words.file_name(chance), "new": words.file_name(chance)}
    p |= {"other": words.file_name(chance), "third": words.file_name(chance)}
    episode = _family(chance, "files-rename", p, _MANAGERS)
    rest = list(dict.fromkeys([p["other"], p["third"], *screens.other_files(chance, 3)]))
    window = screens.manager(chance, [*rest, p["old"]])
    selected = screens.manager(chance, [*rest, p["old"]], p["old"])
    asking = screens.over(chance, selected, screens.name_dialog(chance, False, p["old"]))
    named = screens.over(chance, selected, screens.name_dialog(chance, False, p["new"]))
    end = screens.manager(chance, [*rest, p["new"]], chance.choice(("", p["new"])))
    if chance.random() < 0.06:  # the file is not there
        missing = screens.manager(chance, rest)
        episode.step(
            missing, LanguageMove("infeasible"), "There is no such file here.", "The file is not in the list."
        )
        return episode
    return _follow(episode, p, [window, selected, asking, asking, named, end])


def delete(chance: random.Random) -> SyntheticEpisode:
    """Delete a file in a file manager."""
    name = words.file_name(chance)
    sentence = chance.choice(wordings.DELETE).format(name=name)
    episode = SyntheticEpisode(
        chance, "files-delete", wordings.framed(chance, sentence), _app(chance, _MANAGERS)
    )
    rest = screens.other_files(chance)
    if chance.random() < 0.12:
        nothing = "There is no such file here.", "The file is not in the list."
        episode.step(screens.manager(chance, rest), LanguageMove("infeasible"), *nothing)
        return episode
    selected = screens.manager(chance, [*rest, name], name)
    question = screens.over(chance, selected, screens.confirm_delete(chance, name))
    episode.step(
        screens.manager(chance, [*rest, name]),
        LanguageMove("click", name),
        "I select the file first.",
        "First I click the file.",
    )
    episode.step(
        selected,
        LanguageMove("key", "delete"),
        "It is selected, now I delete it.",
        "The delete key removes it.",
    )
    episode.step(
        question, LanguageMove("click", "Yes"), "It asks whether I am sure, yes.", "I confirm the question."
    )
    episode.step(screens.manager(chance, rest), LanguageMove("finished"), "The file is gone.", *DONE)
    return episode


FAMILY_MAKERS: dict[str, Maker] = {
    "editor-save": save,
    "editor-append": append,
    "editor-rewrite": rewrite,
    "calculator": calculate,
    "terminal-folder": shell_folder,
    "terminal-file": shell_file,
    "terminal-other": shell_other,
    "files-folder": folder,
    "files-rename": rename,
    "files-delete": delete,
}
"""Episodes on imitated applications, by kind."""
