"""A desktop for scripts: things are named as a person names them, and waited for, never for seconds.

with load_sandbox("lightbox") as sandbox:
    desk = Desk(sandbox)
    desk.open("mousepad")
    desk.type("hello")
    desk.press("ctrl+s")
    desk.wait_for("Save As")
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Action, Button, Click, Drag, Key, Scroll, Type
from deskhand.actions.words import describe
from deskhand.disk import safe_relative, write_new_file, writing
from deskhand.errors import DeskhandError, UsageError
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import ROLES, Element
from deskhand.perception.text.identity import may_be, nearest, same_name
from deskhand.perception.watch.observe import Observation, Observer, Reader
from deskhand.sandbox.protocol import Sandbox
from deskhand.waiting import WaitTimeout, wait_until

PATIENCE = 10.0
"""Seconds that something is waited for unless a script says otherwise."""

LIT = 3.0
"""Seconds that something which looks disabled is given before it is clicked all the same."""


_BETWEEN_WORDS = " .:…&'-"


class Desk:
    """Operates a running sandbox from a script.

    Every action waits until the screen is quiet, and raises if it is not done: a script never goes on after
    something that did not happen.

    Args:
        sandbox: a started sandbox. It is left running.
        patience: seconds that something which is not on the screen yet is waited for.
        reader: finds what is on the screen; by default from pixels.
    """

    def __init__(self, sandbox: Sandbox, *, patience: float = PATIENCE, reader: Reader | None = None) -> None:
        self.sandbox, self.patience = sandbox, patience
        reader = reader if reader is not None else ScreenReader(sources=PIXELS)
        self._observer = Observer(sandbox.screenshot, reader, answer=sandbox.answer_seconds)

    def open(self, program: str, *arguments: str) -> None:
        """Start an installed program by its name and wait for its window.

        Raises:
            SandboxError: there is no such program, or no window appeared.
        """
        self.sandbox.launch(program, arguments)

    def see(self) -> Observation:
        """The screen once it is quiet."""
        return self._observer.observe()

    def find(self, name: str, role: str | None = None) -> Element:
        """The element of that name, and role if given; waits until it is there.

        Names are compared as a person would: a letter that was read badly is forgiven, and an equal name is
        preferred to a similar one.

        Raises:
            UsageError: there is no such role.
            DeskhandError: it did not appear in time, or several equally good ones are there.
        """
        if role is not None and role not in ROLES:
            raise UsageError(f"there is no role {role[:40]!r}. Known: {', '.join(ROLES)}")
        wanted = f"{role or 'element'} {name[:80]!r}"
        try:
            found = wait_until(
                lambda: _named(self.see().elements, name, role), timeout=self.patience, what=f"the {wanted}"
            )
        except WaitTimeout as error:
            near = ", ".join(
                repr(one[:80]) for one in nearest(name, (one.name for one in self.see().elements))
            )
            nearby = f"; near it are {near}" if near else ""
            raise DeskhandError(f"no {wanted} appeared within {self.patience:g} s{nearby}") from error
        if len(found) > 1:
            places = ", ".join(f"({one.box.centre.x}, {one.box.centre.y})" for one in found[:5])
            raise DeskhandError(f"several times {wanted}, at {places}: give a role, or use click_at")
        return found[0]

    def wait_for(self, name: str, role: str | None = None) -> Element:
        """The same as ``find``, for its effect."""
        return self.find(name, role)

    def wait_gone(self, name: str, role: str | None = None) -> None:
        """Wait until nothing of that name is on the screen: a dialog has closed, say.

        Raises:
            DeskhandError: it is still there.
        """
        try:
            wait_until(
                lambda: not _named(self.see().elements, name, role),
                timeout=self.patience,
                what=f"{name[:80]!r} to go",
            )
        except WaitTimeout as error:
            raise DeskhandError(f"{name[:80]!r} is still there after {self.patience:g} s") from error

    def click(
        self,
        name: str,
        role: str | None = None,
        *,
        button: Button = "left",
        count: int = 1,
        hold: Sequence[str] = (),
    ) -> None:
        """Click the element of that name, once it is there and does not look disabled; see ``find``."""
        with contextlib.suppress(WaitTimeout):  # what is read of a state may be wrong
            wait_until(
                lambda: "disabled" not in self.find(name, role).state,
                timeout=LIT,
                what=f"{name[:80]!r} to be lit",
            )
        at = self.find(name, role).box.centre
        self.do(Click(at=at, button=button, count=count, hold=tuple(hold)))

    def click_at(
        self, x: int, y: int, *, button: Button = "left", count: int = 1, hold: Sequence[str] = ()
    ) -> None:
        """Click a pixel of the screen. What stands there is not checked: prefer ``click``."""
        self.do(Click(at=ScreenPoint(x, y), button=button, count=count, hold=tuple(hold)))

    def type(self, text: str, *, submit: bool = False) -> None:
        """Type a text exactly, wherever the keyboard is; ``submit`` presses enter afterwards."""
        self.do(Type(text=text, submit=submit))

    def press(self, chord: str) -> None:
        """Press keys together: "ctrl+s", "enter", "ctrl+shift+n"."""
        self.do(Key(keys=("+",) if chord == "+" else tuple(chord.split("+"))))

    def scroll(self, dy: int = 0, dx: int = 0, *, at: tuple[int, int] | None = None) -> None:
        """Turn the wheel by notches: ``dy`` > 0 down, ``dx`` > 0 right."""
        self.do(Scroll(at=None if at is None else ScreenPoint(*at), dx=dx, dy=dy))

    def drag(self, *path: tuple[int, int], button: Button = "left", hold: Sequence[str] = ()) -> None:
        """Press at the first point, move through the others, release at the last."""
        self.do(Drag(path=tuple(ScreenPoint(*point) for point in path), button=button, hold=tuple(hold)))

    def do(self, action: Action) -> None:
        """Do any action once the screen is quiet.

        Raises:
            DeskhandError: it was refused, it failed, or it is unknown whether it was done.
        """
        self.see()
        outcome = self.sandbox.perform(action)
        if not outcome.ok:
            raise DeskhandError(f"{describe(action)} was {outcome.status}: {outcome.reason}")

    def read_file(self, path: str) -> bytes:
        """A file of the desktop's home folder."""
        return self.sandbox.read_file(path)

    def keep(self, folder: Path | str) -> list[Path]:
        """Copy the files of the desktop's home that were made there into a new folder; returns the copies.

        Raises:
            UsageError: the folder is there already, or a file has a name that leads out of it.
            LogError: a copy cannot be written.
        """
        root, kept = Path(folder), []
        if root.exists():
            raise UsageError(f"{root} is there already: name a folder that is not")
        for file in self.sandbox.files():
            place = root / safe_relative(file.path)
            with writing(str(place), root):
                place.parent.mkdir(parents=True, exist_ok=True)
            write_new_file(place, self.sandbox.read_file(file.path))
            kept.append(place)
        return kept

    def write_file(self, path: str, data: bytes | Path) -> None:
        """Put a file into the desktop's home folder: bytes, or a file of this machine."""
        self.sandbox.write_file(path, data.read_bytes() if isinstance(data, Path) else data)


def _named(elements: Sequence[Element], name: str, role: str | None) -> list[Element]:
    """The finds of a name, what can be acted on before what is only read.

    A name with a digit or a mark in it is a file's, a date's or an amount's: such a thing is itself or
    nothing. Of words alone the case, and letters that are read for one another, may differ.
    """
    there = [one for one in elements if role is None or one.role == role]
    ways = [same_name]
    if all(letter.isalpha() or letter in _BETWEEN_WORDS for letter in name):
        ways += [lambda one, other: same_name(one.casefold(), other.casefold()), may_be]
    found = next((some for way in ways if (some := [one for one in there if way(one.name, name)])), [])
    if role is None:
        found = [one for one in found if one.role not in ("window", "titlebar")] or found
    return [one for one in found if one.actionable] or found
