"""Foreign texts and numbers, brought to a size and a form that a page can show.

Nothing here makes HTML: texts reach the page as JSON and the document only as text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

from deskhand.actions.geometry import Box

LONGEST_TEXT = 100_000
"""Characters of one text that a page shows."""

LARGEST = 1_000_000_000
"""Numbers beyond this are no place on a screen and no time; they are brought back to it."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def text(value: str, most: int = LONGEST_TEXT) -> str:
    """A text with its lines; what would be invisible or turn the reading direction is spelled out."""
    left_out = len(value) - most
    plain = value[:most].replace("\r\n", "\n")
    if not plain.isprintable():
        plain = _INVISIBLE.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", plain)
    return plain if left_out <= 0 else f"{plain}\n[{left_out} more characters are in the trajectory]"


def structure(value: Any, most: int = LONGEST_TEXT) -> str:
    """Foreign JSON as text on several lines."""
    try:
        return text(json.dumps(value, ensure_ascii=False, indent=1, default=str), most)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, a thousand lists
        return f"[it cannot be shown: {type(error).__name__}]"


def number(value: float, digits: int = 3) -> float | int | None:
    """A number that JSON and a canvas can hold; None for one that is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    bounded = max(-LARGEST, min(LARGEST, value))
    return bounded if isinstance(bounded, int) else round(bounded, digits)


def step_name(step: int) -> str:
    """A step's number as a text, short also where it has a thousand digits."""
    return str(step) if abs(step) < 10**15 else f"{'-' if step < 0 else ''}huge"


def sides(box: Box) -> list[float | int | None]:
    """Left, top, right, bottom."""
    return [number(box.left), number(box.top), number(box.right), number(box.bottom)]


def boxes(some: Iterable[Box], most: int = 1000) -> list[list[float | int | None]]:
    """The sides of the first ``most`` boxes."""
    return [sides(box) for _, box in zip(range(most), some, strict=False)]


def script_json(value: Any) -> str:
    """JSON that can stand in a script element: ASCII, without the characters that HTML knows."""
    line = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return re.sub("[<>&]", lambda found: _ESCAPED[found[0]], line)
