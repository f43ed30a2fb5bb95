"""The dialects in which models write actions: ``dialects.get("ui-tars-1.5").parse(text, viewport)``.

One reader takes the syntaxes of the whole UI-TARS family, of Seed and of Qwen's computer_use tool;
a dialect chooses the coordinates, the words of its prompt and how it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deskhand.actions.dialects.catalogue import COMMON, SECOND
from deskhand.actions.dialects.dialect import Dialect as Dialect
from deskhand.actions.dialects.dialect import TextDialect
from deskhand.actions.geometry import PerMille, SmartResized
from deskhand.errors import UsageError

_DIALECTS: dict[str, Callable[..., TextDialect]] = {
    "ui-tars-1.0": lambda: TextDialect("ui-tars-1.0", PerMille(), "box", COMMON),
    "ui-tars-1.5": lambda **size: TextDialect("ui-tars-1.5", SmartResized(**size), "box", COMMON),
    "doubao": lambda: TextDialect("doubao", PerMille(), "point", COMMON),
    "ui-tars-2": lambda: TextDialect("ui-tars-2", PerMille(), "tags", SECOND),
}
_OPTIONS = {"ui-tars-1.5": ("factor", "min_pixels", "max_pixels")}


def names() -> tuple[str, ...]:
    """Every name that ``get`` knows."""
    return tuple(_DIALECTS)


def get(name: str, **frame_options: Any) -> TextDialect:
    """The dialect of that name.

    Args:
        name: one of ``names()``.
        frame_options: for ``ui-tars-1.5`` the limits of the model's own resizing: ``factor``,
            ``min_pixels``, ``max_pixels``, whole numbers in pixels. The others take none.

    Raises:
        UsageError: an unknown name or option, or a size that makes no sense; names the known ones.
    """
    make = _DIALECTS.get(name)
    if make is None:
        raise UsageError(f"there is no dialect {name!r}. Known: {', '.join(_DIALECTS)}")
    known = _OPTIONS.get(name, ())
    for option, value in frame_options.items():
        if option not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise UsageError(f"the dialect {name} does not take the option {option!r}; {takes}")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{option} of the dialect {name} must be a whole number above 0, not {value!r}")
    return _checked(make(**frame_options))


def _checked(dialect: TextDialect) -> TextDialect:
    coordinates = dialect.coordinates
    if (
        isinstance(coordinates, SmartResized)
        and not coordinates.factor**2 <= coordinates.min_pixels <= coordinates.max_pixels
    ):
        raise UsageError("min_pixels lies between factor x factor and max_pixels")
    return dialect
