"""The catalogue of programs whose screens are looked at.

A program is anything with the attributes and methods of ``Program``: it starts in a sandbox with a
look, and reports the truth of a screen. Which set its screens belong to follows from the program.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from deskhand.errors import UsageError
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.abilities import read_accessibility
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens import contents
from deskhand.screens.contents import Arguments
from deskhand.screens.forms.tk_program import TK_PROGRAMS
from deskhand.screens.pages.programs import PAGES
from deskhand.screens.scenes import GENERAL, MENU, PRESS, Scene, keys
from deskhand.screens.sets import SPLITS
from deskhand.screens.themes import Theme
from deskhand.screens.truth import arrange, reported, windows_of
from deskhand.waiting import WaitTimeout, wait_until

REPORT_SECONDS = 8.0


class Program(Protocol):
    """Something with a window whose truth is known."""

    @property
    def name(self) -> str:
        """Unique in the catalogue."""
        ...

    @property
    def split(self) -> str:
        """One of ``SPLITS``."""
        ...

    @property
    def toolkit(self) -> str:
        """ "gtk", "qt", "tk", "web" or "office"."""
        ...

    @property
    def executable(self) -> str:
        """What must be installed in the sandbox."""
        ...

    @property
    def scenes(self) -> Sequence[Scene]:
        """What can be done to it before a look."""
        ...

    @property
    def looks(self) -> int:
        """How often to look at it before it is started anew, which costs most."""
        ...

    def start(self, sandbox: Sandbox, look: Theme, chance: random.Random) -> None:
        """Start it with drawn content and wait for its window."""
        ...

    def truth(self, sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
        """What is to be seen on a screenshot that was just taken."""
        ...


@dataclass(frozen=True, slots=True)
class AccessibleProgram:
    """A program that reports through AT-SPI what it shows.

    Attributes:
        first: chords that bring it to a view that it reports.
    """

    name: str
    split: str
    toolkit: str
    executable: str
    scenes: Sequence[Scene]
    arguments: Arguments
    looks: int = 5
    first: tuple[str, ...] = ()

    def start(self, sandbox: Sandbox, look: Theme, chance: random.Random) -> None:
        """As the protocol has it; returns once the program reports what it shows."""
        given = [f"{name}={value}" for name, value in look.environment().items()]
        arguments = self.arguments(sandbox, chance)
        sandbox.launch("env", [*given, self.executable, *arguments])
        _place(sandbox, look, chance)
        if self.first:
            settle(sandbox.screenshot)
            keys(*self.first).do(sandbox, chance, ())
        if self.toolkit != "gtk":  # those begin to report some time after their window is there
            _wait_until_reported(sandbox)

    def truth(self, sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
        """As the protocol has it, from what the program reports."""
        return reported(sandbox, screenshot)


def _wait_until_reported(sandbox: Sandbox) -> None:
    """Until the program reports the same twice."""
    last = ""

    def same() -> bool:
        nonlocal last
        before, last = last, read_accessibility(sandbox)
        return before == last and "showing" in last

    with contextlib.suppress(WaitTimeout):  # something in it moves; the looks say whether they hold still
        wait_until(same, timeout=REPORT_SECONDS, what="the program to report what it shows", poll=0.3)


def _place(sandbox: Sandbox, look: Theme, chance: random.Random) -> None:
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


_FORM = (*GENERAL, *[keys("f5")] * 10)
_EDITOR = (*GENERAL, *(keys(chord) for chord in "ctrl+o ctrl+f ctrl+s f10 alt+f alt+e ctrl+a ctrl+h".split()))
_MENUS = (*GENERAL, *(keys(chord) for chord in "f10 alt+f alt+e alt+v alt+h".split()))
_NO_CHOICE = tuple(scene for scene in _MENUS if scene is not MENU)
_DIALOGS = (*_MENUS, PRESS, PRESS)
_OFFICE = (*GENERAL, *(keys(chord) for chord in "alt+f alt+e alt+v alt+i alt+o ctrl+h ctrl+o".split()))

# Left out, because they do not report what fills their windows: geany, gnumeric, gucharmap, ristretto.
_CATALOGUE: tuple[tuple[str, str, str, Sequence[Scene], Arguments], ...] = (
    ("train", "gtk", "zenity", GENERAL, contents.zenity),
    ("train", "gtk", "yad", GENERAL, contents.yad),
    ("train", "gtk", "gtk3-widget-factory", GENERAL, contents.nothing),
    ("train", "gtk", "mousepad", _EDITOR, contents.text_file),
    ("train", "gtk", "galculator", _MENUS, contents.nothing),
    ("train", "gtk", "xarchiver", _MENUS, contents.archive),
    ("train", "gtk", "pcmanfm", GENERAL, contents.folder),
    ("train", "gtk", "transmission-gtk", _DIALOGS, contents.nothing),
    ("train", "qt", "featherpad", _EDITOR, contents.text_file),
    ("train", "qt", "pcmanfm-qt", _MENUS, contents.folder),
    ("train", "qt", "keepassxc", _DIALOGS, contents.nothing),
    ("train", "qt", "kid3-qt", _MENUS, contents.nothing),
    ("train", "office", "libreoffice", _OFFICE, contents.office("writer", contents.letter)),
    ("dev", "gtk", "lxappearance", (*GENERAL, PRESS), contents.nothing),
    ("dev", "gtk", "gedit", _EDITOR, contents.text_file),
    ("dev", "gtk", "atril", _MENUS, contents.pdf),
    ("dev", "qt", "qpdfview", _MENUS, contents.pdf),
    ("test", "gtk", "l3afpad", _EDITOR, contents.text_file),
    ("test", "gtk", "engrampa", _MENUS, contents.archive),
    ("test", "gtk", "xfce4-appearance-settings", (*GENERAL, PRESS), contents.nothing),
    ("test", "gtk", "xfce4-keyboard-settings", (*GENERAL, PRESS), contents.nothing),
    ("test", "gtk", "xfce4-mouse-settings", (*GENERAL, PRESS), contents.nothing),
    ("test", "gtk", "xfce4-accessibility-settings", (*GENERAL, PRESS), contents.nothing),
    ("test", "gtk", "qalculate-gtk", _MENUS, contents.nothing),
    ("test", "qt", "speedcrunch", _MENUS, contents.nothing),
    ("test", "qt", "lximage-qt", _MENUS, contents.pictures),
    ("test", "qt", "juffed", _EDITOR, contents.text_file),
    ("test", "office", "localc", _OFFICE, contents.office("calc", contents.sheet)),
)
"""Split, toolkit, program, scenes, content."""

PROGRAMS: tuple[Program, ...] = (
    AccessibleProgram("gtk-form", "train", "gtk", "python3", _FORM, contents.form("gtk_form.py"), 16),
    AccessibleProgram("qt-form", "train", "qt", "python3", _FORM, contents.form("qt_form.py"), 16),
    # It does not report its icons, so nothing may switch it back to them.
    AccessibleProgram("thunar", "test", "gtk", "thunar", _NO_CHOICE, contents.folder, first=("ctrl+2",)),
    *(
        AccessibleProgram(name, split, toolkit, name, scenes, arguments)
        for split, toolkit, name, scenes, arguments in _CATALOGUE
    ),
    *TK_PROGRAMS,
    *PAGES,
)
"""Everything whose screens can be had; which set they belong to follows from the program."""


def choose(split: str, names: Sequence[str] = ()) -> list[Program]:
    """The programs of a split, or those of them that are named.

    Raises:
        UsageError: there is no such split, or no such program in it.
    """
    if split not in SPLITS:
        raise UsageError(f"there is no split {split[:40]!r}: it is {', '.join(SPLITS)}")
    found = {program.name: program for program in PROGRAMS if program.split == split}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise UsageError(f"{split} has no program {unknown[0][:40]!r}; it has {', '.join(found)}")
    return [found[name] for name in names] if names else list(found.values())


def missing(programs: Sequence[Program]) -> list[str]:
    """The executables of programs that this machine, whose programs a lightbox has, lacks."""
    return sorted({program.executable for program in programs if shutil.which(program.executable) is None})
