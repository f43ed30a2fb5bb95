"""The catalogue of programs whose screens are looked at.

A program is anything with the attributes and methods of ``Program``: it starts in a sandbox with a
look, and tells the truth of a screen. Which set its screens belong to follows from the program.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from deskhand.benchmarks.screens import phrases
from deskhand.benchmarks.screens.forms.tk_program import TK_PROGRAMS
from deskhand.benchmarks.screens.looks import Look
from deskhand.benchmarks.screens.pages.programs import PAGES
from deskhand.benchmarks.screens.scenes import GENERAL, Scene, keys
from deskhand.benchmarks.screens.told import arrange, told, windows_of
from deskhand.perception.screen import Element, Screenshot
from deskhand.sandbox.protocol import Sandbox


class Program(Protocol):
    """Something with a window whose truth is known.

    Attributes:
        name: unique in the catalogue.
        split: "train", "dev" or "test".
        toolkit: "gtk", "qt", "tk", "web" or "office".
        executable: what must be installed in the sandbox.
        scenes: what can be done to it before a look.
    """

    name: str
    split: str
    toolkit: str
    executable: str
    scenes: Sequence[Scene]

    def start(self, sandbox: Sandbox, look: Look, chance: random.Random) -> None:
        """Start it with drawn content and wait for its window."""
        ...

    def truth(self, sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
        """What is to be seen on a screenshot that was just taken."""
        ...


Arguments = Callable[[Sandbox, random.Random], list[str]]
"""Writes what a program is to show into the sandbox's home; returns the program's arguments."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A program that tells through AT-SPI what it shows."""

    name: str
    split: str
    toolkit: str
    executable: str
    scenes: Sequence[Scene]
    arguments: Arguments

    def start(self, sandbox: Sandbox, look: Look, chance: random.Random) -> None:
        given = [f"{name}={value}" for name, value in look.environment().items()]
        arguments = self.arguments(sandbox, chance)
        sandbox.launch("env", ["--unset=NO_AT_BRIDGE", *given, self.executable, *arguments])
        _place(sandbox, look, chance)

    def truth(self, sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
        return told(sandbox, screenshot)


def _place(sandbox: Sandbox, look: Look, chance: random.Random) -> None:
    """Leave the window where it is, or move it, change its size, or have it fill the screen."""
    windows = [window for window in windows_of(sandbox) if not window.popup]
    if not windows or chance.random() < 0.35:
        return
    window = windows[-1]
    if chance.random() < 0.4:
        arrange(sandbox, "maximize", window.id)
        return
    width, height = window.box[2] - window.box[0], window.box[3] - window.box[1]
    x = chance.randint(0, max(0, look.size.width - width))
    y = chance.randint(0, max(0, look.size.height - height))
    arrange(sandbox, "place", window.id, x, y, 0, 0)


def _nothing(sandbox: Sandbox, chance: random.Random) -> list[str]:
    return []


def _text_file(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A file of drawn lines, opened; at times none."""
    if chance.random() < 0.2:
        return []
    name = phrases.file_name(chance).rpartition(".")[0] or "text"
    name = "".join(letter for letter in name if letter.isalnum() or letter in "-_") or "text"
    lines = [phrases.phrase(chance) for _ in range(chance.randint(1, 60))]
    sandbox.write_file(f"{name}.txt", "\n".join(lines).encode())
    return [f"{name}.txt"]


def _folder(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A folder full of drawn names."""
    for _ in range(chance.randint(3, 40)):
        name = phrases.file_name(chance)
        if chance.random() < 0.3:
            name = f"{name.rpartition('.')[0] or name} d/{phrases.file_name(chance)}"
        sandbox.write_file(f"things/{name}", b"x" * chance.randint(0, 9000))
    return ["things"]


def _form(program: str) -> Arguments:
    source = (files("deskhand.benchmarks.screens.forms") / program).read_bytes()

    def arguments(sandbox: Sandbox, chance: random.Random) -> list[str]:
        wanted = {
            "seed": chance.getrandbits(32),
            "words": [phrases.word(chance) for _ in range(150)],
            "phrases": [phrases.phrase(chance) for _ in range(30)],
        }
        sandbox.write_file(".form.json", json.dumps(wanted).encode())
        sandbox.write_file(".form.py", source)
        return [".form.py", ".form.json"]

    return arguments


def _zenity(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """One of zenity's dialogs."""
    title = [f"--title={phrases.words(chance)}"]
    text = [f"--text={phrases.phrase(chance)}"]
    kind = chance.choice(("forms", "forms", "list", "list", "scale", "question", "entry", "text", "calendar"))
    if kind == "forms":
        fields = [
            f"--add-{chance.choice(('entry', 'entry', 'password', 'calendar', 'combo'))}={phrases.words(chance, 2)}"
            for _ in range(chance.randint(2, 7))
        ]
        return ["--forms", *title, *text, *fields, f"--combo-values={'|'.join(phrases.word(chance) for _ in range(4))}"]
    if kind == "list":
        mode = chance.choice(("", "--checklist", "--radiolist"))
        columns = chance.randint(1, 3)
        head = [f"--column={phrases.word(chance)}" for _ in range(columns + bool(mode))]
        rows = []
        for _ in range(chance.randint(2, 15)):
            rows += [chance.choice(("TRUE", "FALSE"))] if mode else []
            rows += [phrases.words(chance, 2) for _ in range(columns)]
        size = [f"--width={chance.randint(260, 700)}", f"--height={chance.randint(220, 500)}"]
        return ["--list", *([mode] if mode else []), *title, *text, *size, *head, *rows]
    if kind == "scale":
        return ["--scale", *title, *text, f"--value={chance.randint(0, 100)}"]
    if kind == "question":
        return [chance.choice(("--question", "--info", "--warning", "--error")), *title, *text]
    if kind == "text":
        return ["--text-info", *title, "--editable", *(["--checkbox=" + phrases.words(chance)] * chance.randint(0, 1))]
    return [f"--{kind}", *title, *text]


_EDITOR = (*GENERAL, keys("ctrl+o"), keys("ctrl+f"), keys("ctrl+s"), keys("f10"), keys("alt+f"), keys("ctrl+a"))
_MENUS = (*GENERAL, keys("f10"), keys("alt+f"), keys("alt+e"))

PROGRAMS: tuple[Program, ...] = (
    Telling("gtk-form", "train", "gtk", "python3", GENERAL, _form("gtk_form.py")),
    Telling("zenity", "train", "gtk", "zenity", GENERAL, _zenity),
    Telling("gtk3-widget-factory", "train", "gtk", "gtk3-widget-factory", GENERAL, _nothing),
    Telling("mousepad", "train", "gtk", "mousepad", _EDITOR, _text_file),
    Telling("galculator", "train", "gtk", "galculator", _MENUS, _nothing),
    Telling("pcmanfm", "train", "gtk", "pcmanfm", _MENUS, _folder),
    *TK_PROGRAMS,
    *PAGES,
)
"""What is known here; other modules may offer more of the same form."""
