"""Reads the arguments of a tool's call strictly: what is missing, odd or unknown is an error in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deskhand.actions.dialects.chords import read_chords
from deskhand.actions.geometry import Box, CoordinateSystem, ScreenPoint, Viewport, to_screen
from deskhand.errors import ActionParseError

_LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class ShownScreen:
    """The screen that a model was shown, and the numbers in which it gives places."""

    viewport: Viewport
    coordinates: CoordinateSystem

    def point(self, x: Any, y: Any, *, edge: bool = False) -> ScreenPoint:
        """The pixel that two numbers mean; ``edge``: of a corner, which may lie right outside the screen.

        Raises:
            ActionParseError: they are no numbers, or lie outside the screen.
        """
        if not (_is_number(x) and _is_number(y)):
            raise ActionParseError(f"a point is two numbers, not {x!r:.40} and {y!r:.40}")
        placed = to_screen(float(x), float(y), self.coordinates, self.viewport, edge=edge)
        if placed is None:
            across, down = self.coordinates.size(self.viewport)
            raise ActionParseError(
                f"the point ({x:g}, {y:g}) lies outside the screen, which reaches from (0, 0) to "
                f"({across:g}, {down:g})"
            )
        return placed.point


class Arguments:
    """The arguments of one call.

    Args:
        name: of the call, for errors.
        values: as they came.
        known: the names that it may have; any other would change what is meant, so it is refused.

    Raises:
        ActionParseError: they are no object, or one has an unknown name.
    """

    def __init__(self, name: str, values: Any, screen: ShownScreen, known: Iterable[str]) -> None:
        if not isinstance(values, Mapping):
            raise ActionParseError(f"{name}: the arguments are no object")
        given = {key: value for key, value in values.items() if value is not None}
        if odd := sorted(str(key) for key in given.keys() - set(known)):
            raise ActionParseError(f"{name} has no argument {odd[0][:40]!r}")
        self._name, self._values, self._screen = name, given, screen

    def point(self, x: str = "x", y: str = "y") -> ScreenPoint:
        """A point in two arguments."""
        return self._placed(self._needed(x), self._needed(y))

    def pair(self, name: str = "coordinate") -> ScreenPoint | None:
        """A point in one argument of two numbers; None if it is not given."""
        if name not in self._values:
            return None
        values = self._values[name]
        if not isinstance(values, list) or len(values) != 2:
            raise ActionParseError(f"{self._name}: {name} is two numbers, not {values!r:.60}")
        return self._placed(*values)

    def needed_pair(self, name: str = "coordinate") -> ScreenPoint:
        """The same where it has to be given."""
        self._needed(name)
        point = self.pair(name)
        assert point is not None
        return point

    def path(self, name: str) -> tuple[ScreenPoint, ...]:
        """Points in an argument that is a list of objects with x and y."""
        values = self._needed(name)
        if not isinstance(values, list) or len(values) < 2 or not all(isinstance(p, dict) for p in values):
            raise ActionParseError(f"{self._name}: {name} is two points or more")
        return tuple(self._placed(one.get("x"), one.get("y")) for one in values)

    def region(self, name: str) -> Box:
        """A region in an argument of four numbers."""
        values = self._needed(name)
        if not isinstance(values, list) or len(values) != 4 or not all(map(_is_number, values)):
            raise ActionParseError(f"{self._name}: {name} is four numbers, not {values!r:.60}")
        left, right = sorted(values[::2])
        top, bottom = sorted(values[1::2])
        first = self._screen.point(left, top)
        last = self._screen.point(right, bottom, edge=True)
        return Box(first.x, first.y, last.x, last.y)

    def text(self, name: str) -> str:
        """A text that has to be given."""
        value = self._needed(name)
        if not isinstance(value, str):
            raise ActionParseError(f"{self._name}: {name} is no text")
        return value

    def chord(self, name: str) -> tuple[str, ...]:
        """Keys that are pressed together, as a text ("ctrl+s") or a list of names."""
        return self._keys(name, self._needed(name))

    def held(self, name: str) -> tuple[str, ...]:
        """Keys that are held meanwhile; none if they are not given."""
        value = self._values.get(name)
        return self._keys(name, value) if value else ()

    def number(self, name: str, default: float | None = None) -> float:
        """A number; ``default`` where it is not given, and without one it has to be."""
        value = self._values.get(name, default)
        if value is None:
            value = self._needed(name)
        if not _is_number(value):
            raise ActionParseError(f"{self._name}: {name} is no number")
        return float(value)

    def has(self, name: str) -> bool:
        """Whether it is given."""
        return name in self._values

    def flag(self, name: str, default: bool) -> bool:
        """A truth value."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise ActionParseError(f"{self._name}: {name} is neither true nor false")
        return value

    def one_of(self, name: str, choices: Mapping[str, Any]) -> Any:
        """What the argument's value stands for."""
        value = self._needed(name)
        if not isinstance(value, str) or value not in choices:
            raise ActionParseError(f"{self._name}: {name} is one of {', '.join(choices)}, not {value!r:.40}")
        return choices[value]

    def _needed(self, name: str) -> Any:
        if name not in self._values:
            raise ActionParseError(f"{self._name} needs {name}")
        return self._values[name]

    def _placed(self, x: Any, y: Any) -> ScreenPoint:
        try:
            return self._screen.point(x, y)
        except ActionParseError as error:
            raise ActionParseError(f"{self._name}: {error}") from error

    def _keys(self, name: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            value = tuple(value)
        elif not isinstance(value, str) or not value:
            raise ActionParseError(f"{self._name}: {name} names no keys")
        try:
            chords = read_chords(value)
        except ValueError as error:
            raise ActionParseError(f"{self._name}: {error}") from error
        if len(chords) != 1:
            raise ActionParseError(f"{self._name}: {name} is one chord, not {len(chords)}")
        return chords[0]


def _is_number(value: Any) -> bool:
    """Whether it is a number of a size that a screen or a clock can have."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= _LARGEST  # not for what is no number
