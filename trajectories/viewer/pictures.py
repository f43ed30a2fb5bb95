"""The frames of the trajectories on a page: checked here, put into it as they are stored.

The page draws a frame only when it is shown, from the same chain of crops that lies on the disk; so
nothing is encoded again, and a page is little larger than its trajectory.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from deskhand.errors import TrajectoryError
from deskhand.perception.screen import Element, Screenshot
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.viewer import bounds

MOST_BYTES = 512 * 1024 * 1024
"""Bytes of frames that a page carries; browsers do not open much more."""

MOST_ELEMENTS = 2000

ElementReader = Callable[[Screenshot], Sequence[Element]]
"""Finds what is on a frame."""


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in the page for one picture beside its place in the list."""

    name: str
    content: str


@dataclass(slots=True)
class _Picture:
    """One frame; ``fault`` says why it cannot be shown."""

    trajectory: Trajectory
    digest: str
    entry: dict[str, Any]
    elements: str = ""

    @property
    def fault(self) -> str:
        """Why the frame cannot be shown; empty if it can."""
        return str(self.entry.get("fault", ""))


class Pictures:
    """Every frame that a page shows, each once.

    Args:
        reader: finds the elements of each frame, if they are wanted.
    """

    def __init__(self, reader: ElementReader | None = None) -> None:
        self._reader = reader
        self._all: list[_Picture] = []
        self._numbers: dict[str, int] = {}
        self._found: dict[int, tuple[Element, ...]] = {}
        self._bytes = 0

    def add(self, trajectory: Trajectory, digest: str) -> int:
        """The number of a frame on the page. It is read and checked at the first call."""
        known = self._numbers.get(digest)
        if known is not None and not self._all[known].fault:
            return known
        picture = _Picture(trajectory, digest, {"digest": digest})
        try:
            picture.entry |= self._checked(trajectory, digest)
        except TrajectoryError as error:
            if known is not None:
                return known  # damaged in both trajectories
            picture.entry["fault"] = bounds.text(str(error), 500)
        if known is not None:
            self._all[known] = picture
            number = known
        else:
            number = self._numbers[digest] = len(self._all)
            self._all.append(picture)
        self._look(number)
        return number

    def look(self, number: int) -> Screenshot | None:
        """The frame itself; None if it cannot be shown."""
        picture = self._all[number]
        return None if picture.fault else picture.trajectory.frame(picture.digest)

    def elements(self, number: int) -> tuple[Element, ...]:
        """What was found on a frame, if it was asked for."""
        return self._found.get(number, ())

    def faults(self) -> tuple[str, ...]:
        """Why frames are missing on the page, in words, one for each."""
        return tuple(picture.fault for picture in self._all if picture.fault)

    def list(self) -> list[dict[str, Any]]:
        """Every picture for the page's data, by number."""
        return [picture.entry for picture in self._all]

    def blocks(self) -> Iterator[Block]:
        """The stored bytes of every picture, and its elements, read from the disk one by one."""
        for number, picture in enumerate(self._all):
            if picture.fault:
                continue
            try:
                body = picture.trajectory.stored_frame(picture.digest).body
            except TrajectoryError:  # gone since it was checked: the page says so where it is shown
                continue
            yield Block(f"picture-{number}", base64.b64encode(body).decode())
            if picture.elements:
                yield Block(f"elements-{number}", picture.elements)

    def _checked(self, trajectory: Trajectory, digest: str) -> dict[str, Any]:
        """Where a frame's stored box lies and on which picture.

        Raises:
            TrajectoryError: it is missing or damaged, or there is no room for it.
        """
        view = trajectory.frame(digest).viewport
        stored = trajectory.stored_frame(digest)
        self._bytes += len(stored.body)
        if self._bytes > MOST_BYTES:
            raise TrajectoryError(f"frame {digest} is left out: a page holds {MOST_BYTES >> 20} MB of frames")
        base = -1 if stored.base is None else self.add(trajectory, stored.base)
        if base >= 0 and self._all[base].fault:
            raise TrajectoryError(f"frame {digest} depends on a damaged frame: {self._all[base].fault}")
        return {
            "width": view.width,
            "height": view.height,
            "base": base,
            "left": stored.left,
            "top": stored.top,
        }

    def _look(self, number: int) -> None:
        screenshot = self.look(number) if self._reader is not None else None
        if self._reader is None or screenshot is None:
            return
        found = tuple(self._reader(screenshot))[:MOST_ELEMENTS]
        self._found[number] = found
        self._all[number].elements = bounds.script_json([_element(one) for one in found])


def _element(element: Element) -> dict[str, Any]:
    return {
        "role": element.role,
        "name": bounds.text(element.name, 300),
        "state": sorted(element.state),
        "box": bounds.sides(element.box),
    }
