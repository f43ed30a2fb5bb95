"""The dialects in which models write actions: ``dialects.get("ui-tars-1.5").parse(text, viewport)``.

One reader takes the syntaxes of all families; a dialect chooses the coordinates, the names of its actions
and how it writes them. What is a program for pyautogui is read by ``actions.script`` instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from deskhand.actions.dialects.catalogue import COMMON, SECOND
from deskhand.actions.dialects.dialect import Dialect as Dialect
from deskhand.actions.dialects.dialect import TextDialect
from deskhand.actions.dialects.families import FAMILIES
from deskhand.actions.dialects.python import PythonDialect
from deskhand.actions.dialects.render import Style, Writer
from deskhand.actions.dialects.tools import SYNTAXES, ToolWriter
from deskhand.actions.geometry import CoordinateSystem, PerMille, SmartResized, UnitSquare
from deskhand.errors import UsageError
from deskhand.text import did_you_mean


def _written(style: Style, words: tuple[str, ...], name: str, coordinates: CoordinateSystem) -> Dialect:
    writer = Writer(name, style, words)
    return TextDialect(name, coordinates, writer, press_holds="press" in words)


def _called(syntax: str, family: str, name: str, coordinates: CoordinateSystem) -> Dialect:
    writer = ToolWriter(name, FAMILIES[family], SYNTAXES[syntax])
    return TextDialect(name, coordinates, writer, as_tool=True)


_Make = Callable[[str, CoordinateSystem], Dialect]
_DIALECTS: dict[str, tuple[_Make, CoordinateSystem]] = {
    "ui-tars-1.0": (partial(_written, "box", COMMON), PerMille()),
    "ui-tars-1.5": (partial(_written, "box", COMMON), SmartResized()),
    "doubao": (partial(_written, "point", COMMON), PerMille()),
    "ui-tars-2": (partial(_written, "tags", SECOND), PerMille()),
    "computer-use": (partial(_called, "json", "computer_use"), PerMille()),
    "computer-use-xml": (partial(_called, "xml", "computer_use"), PerMille()),
    "gui-owl": (partial(_called, "json", "gui_owl"), SmartResized()),
    "fara": (partial(_called, "json", "fara"), SmartResized()),
    "mai-ui": (partial(_called, "json", "mai"), PerMille()),
    "glm-tools": (partial(_called, "arg-key", "computer"), PerMille()),
    "glm-boxed": (partial(_called, "boxed", "glm"), PerMille()),
    "ui-venus": (partial(_called, "action", "venus"), PerMille()),
    "holo": (partial(_called, "flat-json", "holo"), SmartResized()),
    "pyautogui": (PythonDialect, UnitSquare()),
}
_OPTIONS = ("factor", "min_pixels", "max_pixels")


def names() -> tuple[str, ...]:
    """Every name that ``get`` knows."""
    return tuple(_DIALECTS)


def get(name: str, coordinates: CoordinateSystem | None = None, **frame_options: Any) -> Dialect:
    """The dialect of that name.

    Args:
        name: one of ``names()``.
        coordinates: the numbers in which the model gives places; by default those of the first family that
            the dialect is named after.
        frame_options: where places are in pixels of the resized picture, the limits of that resizing:
            ``factor``, ``min_pixels``, ``max_pixels``, whole numbers in pixels.

    Raises:
        UsageError: an unknown name or option, or a size that makes no sense; names the known ones.
    """
    if name not in _DIALECTS:
        known = f"Known: {', '.join(_DIALECTS)}"
        raise UsageError(f"there is no dialect {name!r}. {did_you_mean(name, names()) or ''} {known}")
    make, usual = _DIALECTS[name]
    coordinates = coordinates or usual
    if frame_options:
        coordinates = _resized(name, coordinates, frame_options)
    return make(name, coordinates)


def _resized(name: str, coordinates: CoordinateSystem, options: dict[str, Any]) -> CoordinateSystem:
    takes = isinstance(coordinates, SmartResized)
    for option, value in options.items():
        if not takes or option not in _OPTIONS:
            known = f"it takes {', '.join(_OPTIONS)}" if takes else "it takes none"
            raise UsageError(f"the dialect {name} does not take the option {option!r}; {known}")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{option} of the dialect {name} must be a whole number above 0, not {value!r}")
    made = SmartResized(**options)
    if not made.factor**2 <= made.min_pixels <= made.max_pixels:
        raise UsageError("min_pixels lies between factor x factor and max_pixels")
    return made
