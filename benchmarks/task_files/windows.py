"""Steps that are about windows: bring one to the front, close one, wait for one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from deskhand.benchmarks.task_files.browser import program
from deskhand.benchmarks.task_files.place import Place
from deskhand.benchmarks.task_files.steps import GivenParameters, rest
from deskhand.errors import SandboxError
from deskhand.sandbox.abilities import list_windows
from deskhand.waiting import WaitTimeout, wait_until

WINDOW_SECONDS = 30.0
SHOWN_SECONDS = 10.0
CLOSING_SECONDS = 5.0
SQUARE = 20
"""Pixels across the squares in which a screen's detail is counted."""


class WindowStep(GivenParameters):
    """A window by a part of its title; where strict, by all of it; or by "instance.class"."""

    window_name: Annotated[str, Field(min_length=1, max_length=1000)]
    strict: bool = False
    by_class: bool = False


def activate_window(place: Place, given: WindowStep) -> None:
    """Bring a window to the front and give it the keyboard; waits until there is one of that name.

    Raises:
        SandboxError: there is none.
    """
    given = _meant(place, given)
    await_window(place, given)
    place.ask_osworld("/setup/activate_window", given.model_dump())


def _meant(place: Place, given: WindowStep) -> WindowStep:
    """The same with Chromium's title where Chrome's is given and Chromium stands in for it."""
    if program.WINDOW not in given.window_name or not program.stands_in(place):
        return given
    return given.model_copy(
        update={"window_name": given.window_name.replace(program.WINDOW, program.OWN_WINDOW)}
    )


def close_window(place: Place, given: WindowStep) -> None:
    """Ask a window to close, and give it some time to be gone; it may ask back instead.

    Raises:
        SandboxError: there is none.
    """
    given = _meant(place, given)
    place.ask_osworld("/setup/close_window", given.model_dump())
    try:
        wait_until(lambda: not _there(place, given), timeout=CLOSING_SECONDS, what="the window to close")
    except WaitTimeout:
        return  # it asks what to do with what is not saved


class WindowWait(GivenParameters):
    """A part of a window's title, and what the screen is to look like.

    ``detail`` is how many squares of 20 pixels hold more than one colour, at least, or half of all on a small
    screen: a large window is there before its program has painted it. ``quiet`` are seconds for which nothing
    new may appear.
    """

    window: Annotated[str, Field(min_length=1, max_length=1000)]
    detail: Annotated[int, Field(ge=0, le=100_000)] = 0
    quiet: Annotated[float, Field(ge=0, le=5)] = 0.6


def deskhand_wait(place: Place, given: WindowWait) -> None:
    """Wait for a window, until it is painted, and until the screen has settled.

    Raises:
        SandboxError: no such window appears, or it stays empty.
    """
    await_window(place, WindowStep(window_name=given.window))
    what = f"the window named {given.window[:80]!r} to be painted"
    try:
        wait_until(lambda: _painted(place, given.detail), timeout=WINDOW_SECONDS, what=what, poll=0.05)
    except WaitTimeout as error:
        raise SandboxError(str(error)) from error
    rest(place, SHOWN_SECONDS, given.quiet)


def _painted(place: Place, detail: int) -> bool:
    """Whether so many squares of the screen, or half of a small one's, hold more than one colour."""
    pixels = place.sandbox.screenshot().pixels
    height, width = (side // SQUARE for side in pixels.shape[:2])
    parts = pixels[: height * SQUARE, : width * SQUARE].reshape(height, SQUARE, width, SQUARE, 3)
    varied = (parts.max(axis=(1, 3)) != parts.min(axis=(1, 3))).any(axis=2)
    return bool(varied.sum() >= min(detail, height * width // 2))


def await_window(place: Place, given: WindowStep) -> None:
    """Wait until a window is there.

    Raises:
        SandboxError: none appears in time.
    """
    what = f"a window named {given.window_name[:80]!r}"
    try:
        wait_until(lambda: _there(place, given), timeout=WINDOW_SECONDS, what=what, poll=0.05)
    except WaitTimeout as error:
        raise SandboxError(str(error)) from error


def _there(place: Place, given: WindowStep) -> bool:
    for window in list_windows(place.sandbox):
        by_class = f"{window.get('instance')}.{window.get('class')}"
        found = by_class if given.by_class else str(window.get("title"))
        wanted = given.window_name
        if window.get("mapped") and (
            found == wanted if given.strict else wanted.casefold() in found.casefold()
        ):
            return True
    return False
