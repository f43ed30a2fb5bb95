"""The ten task families: wordings, parameters, how to set them up, do them and check them.

A family's oracle is a list of moves, each a thought and one action; it acts through the same loop
as any policy and is what demonstrations are made of. Its check looks at files, or asks the program
itself, and knows nothing of how the task was done.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from deskhand.actions.vocabulary import Action, Finished, Key, Type
from deskhand.agent.result import RunResult
from deskhand.benchmarks.desk import variation
from deskhand.benchmarks.desk.variation import file_name, folder_name, sentence, short_file_name, words
from deskhand.benchmarks.suite import Score
from deskhand.errors import SandboxError
from deskhand.sandbox.protocol import Sandbox

Parameters = dict[str, str]


@dataclass(frozen=True, slots=True)
class ClickText:
    """Click the element whose text is this; the oracle finds its place on the screen."""

    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Move:
    """One step of an oracle: thoughts to choose from, and what to do.

    While ``after`` is still to be read on the screen, the oracle waits instead.
    """

    thoughts: tuple[str, ...]
    do: Action | ClickText
    after: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of task on one application.

    Attributes:
        name: the task's name in tables.
        application: the program that is started, by name.
        trained: whether demonstrations are made on this application.
        wordings: sentences with the parameters' names in braces that training may see.
        held_out: wordings that are kept for measuring.
        draw: chooses parameters; its flag says which part of the pools to use.
        moves: how it is done, for given parameters.
        check: looks at what is there now.
        before: files that are in the home folder at the start.
        arguments: what the program is started with.
    """

    name: str
    application: str
    trained: bool
    wordings: tuple[str, ...]
    held_out: tuple[str, ...]
    draw: Callable[[random.Random, bool], Parameters]
    moves: Callable[[Parameters], list[Move]]
    check: Callable[[Sandbox, Parameters, RunResult], Score]
    before: Callable[[Parameters], dict[str, str]] = field(default=lambda _: {})
    arguments: Callable[[Parameters], list[str]] = field(default=lambda _: [])


def _type(text: str, *thoughts: str) -> Move:
    return Move(thoughts, Type(text=text))


def _key(chord: str, *thoughts: str) -> Move:
    return Move(thoughts, Key(keys=tuple(chord.split("+"))))


def _done(*thoughts: str, answer: str | None = None, after: str = "") -> Move:
    return Move(thoughts, Finished(answer=answer), after)


def _file(sandbox: Sandbox, path: str) -> str | None:
    try:
        return sandbox.read_file(path).decode(errors="replace")
    except SandboxError:
        return None


def _has_content(sandbox: Sandbox, path: str, wanted: str) -> Score:
    found = _file(sandbox, path)
    if found is None:
        return Score(0.0, f"there is no file {path}")
    good = found.rstrip("\n") == wanted
    return Score(float(good), "" if good else f"{path} holds {found[:80]!r}, not {wanted!r}")


def _has_folder(sandbox: Sandbox, name: str) -> Score:
    good = sandbox.run(["test", "-d", name]).returncode == 0
    return Score(float(good), "" if good else f"there is no folder {name}")


# A text editor: type a sentence, save it under a name.

_SAVE_WORDINGS = (
    "Type the sentence '{text}' and save the file as {name}",
    "Write '{text}' and save it as {name}",
    "Type '{text}' and save the file as {name}",
    "Enter the text '{text}', then save the document as {name}",
    'Please type "{text}" and save as {name}',
    'Write the sentence "{text}" into the editor and save the file under the name {name}',
    "Save a file named {name} that contains '{text}'",
    "Put the line '{text}' in a new document and store it as {name}",
)
_SAVE_HELD_OUT = (
    "I need a note {name} with the words '{text}' in it",
    "Make a text file called {name} whose content is '{text}'",
    "Jot down '{text}' and keep it in a file {name}",
)


def _save_moves(p: Parameters) -> list[Move]:
    return [
        _type(
            p["text"],
            "The editor is empty, so I type the text.",
            "First I type the text.",
            "I write the text.",
        ),
        _key(
            "ctrl+s",
            "The text is there, now I save it.",
            "I typed it, next is saving.",
            "Now I save the file.",
        ),
        _type(
            p["name"], "The save dialog asks for a name.", "I enter the file name.", "A name is wanted here."
        ),
        _key("enter", "The name is typed, I confirm.", "I confirm the name.", "Enter saves the file."),
        _done(
            "The file is saved.",
            "The title shows the saved file.",
            "It is saved, so I am done.",
            after="Save As",
        ),
    ]


def _draw_save(chance: random.Random, seen: bool) -> Parameters:
    return {"text": sentence(chance, seen), "name": file_name(chance, seen)}


def _check_save(sandbox: Sandbox, p: Parameters, result: RunResult) -> Score:
    return _has_content(sandbox, p["name"], p["text"])


def _editor_save(name: str, application: str, trained: bool) -> Family:
    return Family(
        name, application, trained, _SAVE_WORDINGS, _SAVE_HELD_OUT, _draw_save, _save_moves, _check_save
    )


# A text editor with a file open: add a line, or replace all of it.


def _draw_append(chance: random.Random, seen: bool) -> Parameters:
    lines = [words(chance, seen) for _ in range(chance.randint(2, 4))]
    return {"text": sentence(chance, seen), "name": file_name(chance, seen), "old": "\n".join(lines)}


def _append_moves(p: Parameters) -> list[Move]:
    return [
        _key(
            "ctrl+end", "I go to the end of the file.", "The end is where the line goes.", "First to the end."
        ),
        _type(p["text"], "At the end, I type the line.", "Now I type the new line.", "I add the line here."),
        _key("ctrl+s", "The line is there, now I save.", "I save the change.", "Now I save the file."),
        _done("The line is added and saved.", "The file is saved.", "It is saved, so I am done."),
    ]


def _check_append(sandbox: Sandbox, p: Parameters, result: RunResult) -> Score:
    return _has_content(sandbox, p["name"], p["old"] + "\n" + p["text"])


def _rewrite_moves(p: Parameters) -> list[Move]:
    return [
        _key(
            "ctrl+a",
            "I select the old text first.",
            "All of it must go, so I select all.",
            "First I select all.",
        ),
        _type(
            p["text"],
            "Typing replaces the selection.",
            "Now I type the new text.",
            "I write the new text over it.",
        ),
        _key("ctrl+s", "The new text is there, now I save.", "I save the change.", "Now I save the file."),
        _done("The new text is saved.", "The file is saved.", "It is saved, so I am done."),
    ]


def _check_rewrite(sandbox: Sandbox, p: Parameters, result: RunResult) -> Score:
    return _has_content(sandbox, p["name"], p["text"])


# A calculator: the display and the answer must both show the result.

_OPERATORS = {
    "+": ("plus", "increased by"),
    "-": ("minus",),
    "*": ("times", "multiplied by"),
}


def _draw_sum(chance: random.Random, seen: bool) -> Parameters:
    sign = chance.choice("+-*")
    # Odd and even first numbers keep what training sees apart from what is measured.
    first = chance.randrange(10 + int(seen), 400, 2)
    second = chance.randint(2, 60) if sign != "-" else chance.randint(2, first)
    words_for = _OPERATORS[sign]
    word = words_for[0] if seen else words_for[-1] if chance.random() < 0.3 else words_for[0]
    value = {"+": first + second, "-": first - second, "*": first * second}[sign]
    return {
        "a": str(first),
        "op": word,
        "b": str(second),
        "typed": f"{first}{sign}{second}",
        "result": str(value),
    }


def _sum_moves(p: Parameters) -> list[Move]:
    return [
        _type(
            p["typed"], "I type the calculation.", "First I enter the numbers.", "I enter it as a formula."
        ),
        _key(
            "enter", "Enter gives the result.", "Now I ask for the result.", "The formula is there, so enter."
        ),
        _done("The display shows the result.", "The result is on the display.", answer=p["result"]),
    ]


def _check_sum(sandbox: Sandbox, p: Parameters, result: RunResult) -> Score:
    answer = "".join((result.answer or "").split()).replace(",", "")
    if answer != p["result"]:
        return Score(0.0, f"the answer was {answer[:40]!r}, not {p['result']}")
    sandbox.perform(Key(keys=("ctrl", "c")))
    shown = (
        sandbox.run(["xclip", "-o", "-selection", "clipboard"], timeout=5)
        .stdout.decode(errors="replace")
        .strip()
    )
    good = shown == p["result"]
    return Score(float(good), "" if good else f"the calculator shows {shown[:40]!r}, not {p['result']}")


# A terminal: make a folder, write a file.


def _shell_folder_moves(p: Parameters) -> list[Move]:
    return [
        _type(
            f"mkdir {p['name']}",
            "A shell waits, mkdir makes a folder.",
            "I type the mkdir command.",
            "mkdir is the command.",
        ),
        _key("enter", "I run the command.", "The command is typed, so enter.", "Enter runs it."),
        _done("The folder was made.", "The command ran without an error.", "The prompt is back, it is done."),
    ]


def _shell_file_moves(p: Parameters) -> list[Move]:
    return [
        _type(
            f"echo {p['text']} > {p['name']}",
            "echo can write the file.",
            "I write the file with echo.",
            "A shell waits, echo writes text.",
        ),
        _key("enter", "I run the command.", "The command is typed, so enter.", "Enter runs it."),
        _done(
            "The file was written.", "The command ran without an error.", "The prompt is back, it is done."
        ),
    ]


# A file manager: make a folder, give a file another name.

_FOLDER_WORDINGS = (
    "Create a folder called {name}",
    "Make a new folder named {name}",
    "Create a new folder with the name {name}",
    "Please make a folder called {name} here",
    "Add a new folder {name}",
)
_FOLDER_HELD_OUT = ("I would like to have a folder {name} in my home", "Set up an empty folder called {name}")


def _folder_moves(p: Parameters) -> list[Move]:
    return [
        _key(
            "ctrl+shift+n",
            "I ask for a new folder.",
            "The file manager can make a folder.",
            "A new folder comes first.",
        ),
        _type(p["name"], "The dialog asks for a name.", "I type the folder's name.", "Now the name."),
        _key("enter", "The name is typed, I confirm.", "I confirm the name.", "Enter makes the folder."),
        _done(
            "The folder is in the list.",
            "The folder was made.",
            "The new folder is there, done.",
            after="Cancel",
        ),
    ]


def _check_folder(sandbox: Sandbox, p: Parameters, result: RunResult) -> Score:
    return _has_folder(sandbox, p["name"])


def _files_folder(name: str, application: str, trained: bool) -> Family:
    return Family(
        name,
        application,
        trained,
        _FOLDER_WORDINGS,
        _FOLDER_HELD_OUT,
        lambda chance, seen: {"name": folder_name(chance, seen)},
        _folder_moves,
        _check_folder,
        before=lambda p: {"welcome.txt": "hello\n"},
    )


def _draw_rename(chance: random.Random, seen: bool) -> Parameters:
    while True:
        names = [short_file_name(chance, seen) for _ in range(4)]
        if variation.distinct(names):
            return {"old": names[0], "new": names[1], "other": names[2], "third": names[3]}


def _rename_moves(p: Parameters) -> list[Move]:
    return [
        Move(
            ("I select the file first.", "The file is in the list, I click it.", "First I click the file."),
            ClickText(p["old"]),
        ),
        _key("f2", "It is selected, F2 renames it.", "Now I rename it.", "F2 asks for a new name."),
        _key(
            "ctrl+a",
            "The old name must go.",
            "I select the whole old name.",
            "First the old name is selected.",
        ),
        _type(p["new"], "I type the new name.", "Now the new name.", "The new name goes here."),
        _key("enter", "The name is typed, I confirm.", "I confirm the name.", "Enter renames the file."),
        _done(
            "The file has its new name.",
            "The list shows the new name.",
            "It is renamed, done.",
            after="Cancel",
        ),
    ]


def _check_rename(sandbox: Sandbox, p: Parameters, result: RunResult) -> Score:
    moved = _has_content(sandbox, p["new"], f"content of {p['old']}")
    if moved.success and _file(sandbox, p["old"]) is not None:
        return Score(0.0, f"{p['old']} is still there")
    return moved


FAMILIES: tuple[Family, ...] = (
    _editor_save("editor-save", "mousepad", True),
    Family(
        "editor-append",
        "mousepad",
        True,
        (
            "Add the line '{text}' to the end of {name} and save it",
            "Append '{text}' at the end of {name} and save the file",
            "Add '{text}' as the last line of the open file and save",
            'At the end of {name} add the line "{text}", then save',
            "Write '{text}' below the last line of {name} and save it",
        ),
        (
            "Put '{text}' at the bottom of {name} and save",
            "Extend {name} by a final line '{text}' and store it",
        ),
        _draw_append,
        _append_moves,
        _check_append,
        before=lambda p: {p["name"]: p["old"] + "\n"},
        arguments=lambda p: [p["name"]],
    ),
    Family(
        "editor-rewrite",
        "mousepad",
        True,
        (
            "Replace everything in {name} with '{text}' and save it",
            "Delete all the text in {name}, write '{text}' instead and save",
            "Replace the whole content of the open file by '{text}' and save",
            "Change the text of {name} to '{text}' and save the file",
            'Overwrite the content of {name} with "{text}", then save',
        ),
        (
            "Let {name} contain nothing but '{text}' and save",
            "Swap the entire text of {name} for '{text}', save it",
        ),
        _draw_append,
        _rewrite_moves,
        _check_rewrite,
        before=lambda p: {p["name"]: p["old"] + "\n"},
        arguments=lambda p: [p["name"]],
    ),
    Family(
        "calculator",
        "galculator",
        True,
        (
            "Compute {a} {op} {b}",
            "Calculate {a} {op} {b}",
            "What is {a} {op} {b}?",
            "Use the calculator to work out {a} {op} {b}",
            "Find {a} {op} {b} and tell me the result",
        ),
        ("How much is {a} {op} {b}?", "Tell me what {a} {op} {b} comes to"),
        _draw_sum,
        _sum_moves,
        _check_sum,
    ),
    Family(
        "terminal-folder",
        "xterm",
        True,
        (
            "Create a folder called {name} in the terminal",
            "Use the terminal to make a folder named {name}",
            "Make a directory {name} with the shell",
            "In the terminal, create the directory {name}",
            "Create a new directory called {name} from the command line",
        ),
        ("With a shell command, set up a folder {name}", "I want a directory {name}, use the terminal"),
        lambda chance, seen: {"name": folder_name(chance, seen)},
        _shell_folder_moves,
        _check_folder,
    ),
    Family(
        "terminal-file",
        "xterm",
        True,
        (
            "Use the terminal to write '{text}' into a file called {name}",
            "In the terminal, write the text '{text}' to the file {name}",
            "With the shell, put '{text}' into {name}",
            "Write '{text}' into the file {name} from the command line",
            "Use a shell command to store '{text}' in {name}",
        ),
        (
            "Let the terminal make a file {name} that says '{text}'",
            "From the shell, save the words '{text}' in {name}",
        ),
        lambda chance, seen: {"text": words(chance, seen), "name": file_name(chance, seen)},
        _shell_file_moves,
        lambda sandbox, p, result: _has_content(sandbox, p["name"], p["text"]),
    ),
    _files_folder("files-folder", "pcmanfm", True),
    Family(
        "files-rename",
        "pcmanfm",
        True,
        (
            "Rename {old} to {new}",
            "Rename the file {old} to {new}",
            "Change the name of {old} to {new}",
            "Give the file {old} the new name {new}",
            "Please rename {old} so that it is called {new}",
        ),
        ("The file {old} should be called {new}", "Let {old} have the name {new} from now on"),
        _draw_rename,
        _rename_moves,
        _check_rename,
        before=lambda p: {n: f"content of {n}" for n in (p["old"], p["other"], p["third"])},
    ),
    _editor_save("other-editor-save", "l3afpad", False),
    _files_folder("other-files-folder", "thunar", False),
)
"""Ten families on six applications; the last two applications are never trained on."""
