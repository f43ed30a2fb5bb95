"""Which arguments a call takes, by name or in order, and what their values may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from deskhand.actions.script.calls import ScriptCall, Value

TAKES: Mapping[str, str] = {
    "click": "x y clicks interval button duration",
    "leftclick": "x y interval duration",
    "doubleclick": "x y interval button duration",
    "tripleclick": "x y interval button duration",
    "rightclick": "x y interval duration",
    "middleclick": "x y interval duration",
    "moveto": "x y duration",
    "moverel": "x y duration",
    "dragto": "x y duration tween button",
    "dragrel": "x y duration tween button",
    "scroll": "clicks x y",
    "hscroll": "clicks x y",
    "write": "message interval",
    "press": "keys presses interval",
    "hotkey": "keys",
    "keydown": "key",
    "keyup": "key",
    "mousedown": "x y button duration",
    "mouseup": "x y button duration",
    "sleep": "duration",
    "screenshot": "",
    "terminate": "status answer",
    "calluser": "question",
    "copy": "text",
}
"""The names of the arguments, in the order in which unnamed ones are given to them."""

_NAMES = {
    "xoffset": "x", "yoffset": "y", "amount": "clicks", "page": "clicks", "dy": "clicks", "dx": "clicks",
    "text": "message", "seconds": "duration", "secs": "duration", "time": "duration", "key": "keys",
    "num_clicks": "clicks", "content": "message",
}  # fmt: skip
_UNUSED = frozenset({"interval", "duration", "tween", "logscreenshot", "_pause", "pause", "mousedownup"})


def given_to(word: str, call: ScriptCall) -> dict[str, Any]:
    """The arguments of a call by name."""
    takes = TAKES[word].split()
    if word == "hotkey":
        keys = call.arguments or call.named.get("keys", call.named.get("args", ()))
        items = keys if isinstance(keys, tuple) else (keys,)
        return {"keys": tuple(key for one in items for key in (one if isinstance(one, tuple) else (one,)))}
    if len(call.arguments) > len(takes):
        raise ValueError(f"it takes {len(takes)} values, not {len(call.arguments)}")
    names = [_NAMES.get(name, name) for name in takes]
    given: dict[str, Value] = dict(zip(names, call.arguments, strict=False))
    for name, value in call.named.items():
        plain = _NAMES.get(name.lower(), name.lower())
        if plain not in names and plain not in _UNUSED:
            raise ValueError(f"it has no argument {name[:40]!r}")
        given[plain] = value
    return {name: value for name, value in given.items() if value is not None}


def number(value: object, what: str) -> float:
    """The value if it is finite and no truth value; ``what`` names it in the error.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{what} is a number, not {str(value)[:40]!r}")
    return value


def whole(value: object, what: str) -> int:
    """The value as an int; 3.0 counts as 3.

    Raises:
        ValueError: it has a fraction or is no number.
    """
    amount = number(value, what)
    if amount != int(amount):
        raise ValueError(f"{what} is a whole number, not {amount:g}")
    return int(amount)


def text_of(value: object, what: str) -> str:
    """The value if it is a string; ``what`` names it in the error.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, str):
        raise ValueError(f"{what} is a text, not {str(value)[:40]!r}")
    return value


def button_of(given: dict[str, Any]) -> Any:
    """Which button is meant: left if none is given; pyautogui's primary is left, its secondary is right."""
    name = given.get("button", "left")
    return {"primary": "left", "secondary": "right"}.get(name, name) if isinstance(name, str) else name
