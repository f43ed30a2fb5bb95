"""From calls to actions: roles are given to arguments, numbers become pixels, values are validated."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from pydantic import ValidationError

from deskhand.actions.dialects import numbers
from deskhand.actions.dialects.calls import Argument, Call, Source, Value
from deskhand.actions.dialects.catalogue import fold
from deskhand.actions.dialects.chords import read_chords
from deskhand.actions.dialects.objects import loads
from deskhand.actions.dialects.roles import BUTTONS, DIRECTIONS, Given, gather
from deskhand.actions.geometry import CoordinateSystem, ScreenPoint, Viewport, to_screen
from deskhand.actions.keys import MODIFIERS
from deskhand.actions.vocabulary import (
    ACTION,
    DEFAULT_SCROLL_NOTCHES,
    ENDINGS,
    MOST_PRESSES,
    TERMINAL_KINDS,
    Action,
)

_TRUE = frozenset({"true", "1", "yes", "on", "y"})
_FIELD_OF_TEXT = {"type": "text", "finished": "answer", "call_user": "question", "infeasible": "reason"}
PIXELS_A_NOTCH = 100
_NAMED_KEYS = re.compile(r"^\s*keys\s*=\s*\[(?=.)")
_SYSTEM_BUTTONS: dict[str, dict[str, Any]] = {
    "back": {"kind": "press_back"},
    "home": {"kind": "press_home"},
    "enter": {"kind": "key", "keys": ("enter",)},
}


class Builder:
    """Builds the actions of one reply.

    Args:
        source: the reply, for errors and repairs.
        coordinates: the numbers in which the model speaks of places.
        viewport: size of the screenshot in pixels.
        as_tool: whether the model calls a computer tool: what names no place is done where the pointer is,
            and the wheel turns by pixels.
        press_holds: whether ``press`` is this dialect's own word for keeping a key down. Elsewhere
            ``press(key='enter')`` can only be meant as a key stroke.
    """

    def __init__(
        self,
        source: Source,
        coordinates: CoordinateSystem,
        viewport: Viewport,
        *,
        press_holds: bool,
        as_tool: bool = False,
    ) -> None:
        self.source = source
        self.coordinates = coordinates
        self.viewport = viewport
        self.press_holds = press_holds
        self.as_tool = as_tool

    def build(self, call: Call) -> list[Action]:
        """The actions that one call stands for: one, or two for ``type`` with a point.

        Raises:
            ActionParseError: an argument is missing, unreadable or out of range.
        """
        given = gather(self.source, call)
        if self.as_tool:
            self._nowhere_else(call, given)
        # the kind comes from our own table, never from the text; kinds without fields have no method
        make = getattr(self, f"_{call.word.kind}", None)
        fields: list[dict[str, Any]] = make(call, given) if make else [{}]
        return [self._validated(call, {"kind": call.word.kind, **entry}) for entry in fields]

    def _nowhere_else(self, call: Call, given: Given) -> None:
        """Refuse a call without a place whose other arguments may be meant for one: the pointer is not it."""
        placed = given.roles.keys() & {"point", "end", "path"}
        if "point" in call.word.takes and not placed and given.left_out:
            unknown = given.left_out[0]
            name = unknown.name or numbers.plain(unknown.value)
            self._fail(call, f"{call.word.name} takes no {name[:30]!r}: where is it to be done?", unknown)

    def _validated(self, call: Call, data: dict[str, Any]) -> Action:
        try:
            return ACTION.validate_python(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"][1:2])
            self._fail(call, f"{call.word.name}: {place}: {first['msg']}")

    def _fail(self, call: Call, reason: str, argument: Argument | None = None) -> NoReturn:
        self.source.fail(reason, argument.position if argument else call.position)

    def _point(self, call: Call, argument: Argument | None) -> ScreenPoint:
        if argument is None:
            self._fail(call, f"{call.word.name} needs a point")
        found = numbers.coordinates(argument.value)
        if numbers.has_open_point(argument.value):
            self.source.mended("a closing point tag was missing")
        if found is None or len(found) not in (2, 4):
            shown = numbers.plain(argument.value)[:40]
            self._fail(call, f"{call.word.name}: {shown!r} is not a point x,y or a box x1,y1,x2,y2", argument)
        self._not_fractions(call, argument, found)
        x, y = found[:2] if len(found) == 2 else ((found[0] + found[2]) / 2, (found[1] + found[3]) / 2)
        return self._placed(call, argument, x, y)

    def _not_fractions(self, call: Call, argument: Argument, found: tuple[float, ...]) -> None:
        """Refuse 0.46, 0.51 where the coordinates go up to hundreds: they mean parts of the screen."""
        across, down = self.coordinates.size(self.viewport)
        inside = all(0 <= value <= 1 for value in found) and any(value % 1 for value in found)
        if inside and max(across, down) > 1:
            self._fail(
                call,
                f"{call.word.name}: {', '.join(f'{value:g}' for value in found)} are parts of the screen; "
                f"write places from (0, 0) to ({across:g}, {down:g})",
                argument,
            )

    def _placed(
        self, call: Call, argument: Argument, x: float, y: float, *, edge: bool = False
    ) -> ScreenPoint:
        """The pixel of a point; ``edge``: of a corner, which may lie right outside the screen."""
        placed = to_screen(x, y, self.coordinates, self.viewport, edge=edge)
        if placed is None:
            across, down = self.coordinates.size(self.viewport)
            self._fail(
                call,
                f"{call.word.name}: the point ({x:g}, {y:g}) lies outside the screen, "
                f"which reaches from (0, 0) to ({across:g}, {down:g})",
                argument,
            )
        if placed.clamped:
            self.source.mended("a point a little outside the screen was moved to its edge")
        return placed.point

    def _maybe_point(self, call: Call, given: Given) -> dict[str, ScreenPoint]:
        argument = given.roles.get("point") or given.roles.get("end")
        if argument is None or not numbers.plain(argument.value).strip(" \"'()[]"):
            return {}
        return {"at": self._point(call, argument)}

    def _number(self, call: Call, given: Given, role: str) -> float | None:
        argument = given.roles.get(role)
        if argument is None:
            return None
        value = numbers.seconds(argument.value) if role == "seconds" else numbers.number(argument.value)
        if value is None or abs(value) > 1e9:
            self._fail(call, f"{call.word.name}: {role} is not a sensible number", argument)
        return value

    def _text(self, given: Given, role: str = "text") -> str | None:
        argument = given.roles.get(role)
        if argument is None:
            return None
        return argument.value if isinstance(argument.value, str) else " ".join(argument.value)

    def _chords(self, call: Call, argument: Argument | None) -> list[tuple[str, ...]]:
        if argument is None:
            self._fail(call, f"{call.word.name} needs a key")
        try:
            return read_chords(_keys_of(argument.value))
        except ValueError as error:
            self._fail(call, f"{call.word.name}: {error}", argument)

    def _hold(self, call: Call, given: Given) -> dict[str, tuple[str, ...]]:
        argument = given.roles.get("hold")
        if argument is None or not numbers.plain(argument.value).strip(" []()\"'"):
            return {}
        return {"hold": tuple(key for chord in self._chords(call, argument) for key in chord)}

    def _button(self, call: Call, given: Given) -> dict[str, str]:
        preset = {"button": str(call.word.preset["button"])} if "button" in call.word.preset else {}
        argument = given.roles.get("button")
        if argument is None:
            return preset
        spelled = fold(numbers.plain(argument.value)).strip("'\"")
        if spelled not in BUTTONS:
            self._fail(call, f"{spelled[:20]!r} is no button: left, middle or right", argument)
        return preset if preset else {"button": BUTTONS[spelled]}

    def _click(self, call: Call, given: Given) -> list[dict[str, Any]]:
        at = self._maybe_point(call, given) if self.as_tool else self._needed_point(call, given)
        count = self._number(call, given, "count")
        if count is None or "count" in call.word.preset:
            count = float(call.word.preset.get("count", 1))
        return [{**at, "count": count, **self._button(call, given), **self._hold(call, given)}]

    def _needed_point(self, call: Call, given: Given) -> dict[str, ScreenPoint]:
        return {"at": self._point(call, given.roles.get("point") or given.roles.get("end"))}

    def _move(self, call: Call, given: Given) -> list[dict[str, Any]]:
        return [{**self._needed_point(call, given), **self._hold(call, given)}]

    def _drag(self, call: Call, given: Given) -> list[dict[str, Any]]:
        if "direction" in given.roles and "end" not in given.roles:
            return self._swiped(call, given)
        extra = {**self._button(call, given), **self._hold(call, given)}
        path = given.roles.get("path") or self._whole_path(given)
        if path is not None:
            found = numbers.coordinates(path.value) or ()
            if len(found) < 4 or len(found) % 2:
                self._fail(call, "drag: a path needs two points or more", path)
            self._not_fractions(call, path, found)
            pairs = zip(found[::2], found[1::2], strict=True)
            return [{"path": [self._placed(call, path, x, y) for x, y in pairs], **extra}]
        if self.as_tool and len(given.roles.keys() & {"point", "end"}) == 1:
            return [
                {"path": [self._point(call, given.roles.get("point") or given.roles.get("end"))], **extra}
            ]
        if "point" not in given.roles or "end" not in given.roles:
            self._fail(call, "drag needs a start and an end point")
        ends = [self._point(call, given.roles[role]) for role in ("point", "end")]
        return [{"path": ends, **extra}]

    def _swiped(self, call: Call, given: Given) -> list[dict[str, Any]]:
        """A swipe of a finger in a direction: the wheel is turned the other way."""
        way = self._way(call, given) or (0, 0)
        self.source.mended("a swipe was taken as a turn of the wheel the other way")
        dx, dy = (-step * DEFAULT_SCROLL_NOTCHES for step in way)
        return [{"kind": "scroll", "dx": dx, "dy": dy, **self._maybe_point(call, given)}]

    def _whole_path(self, given: Given) -> Argument | None:
        """Both points in one argument: ``drag((10,20),(500,600))`` in a list of its own."""
        start = given.roles.get("point")
        if start is None or "end" in given.roles:
            return None
        return start if len(numbers.coordinates(start.value) or ()) >= 4 else None

    def _scroll(self, call: Call, given: Given) -> list[dict[str, Any]]:
        common = {**self._maybe_point(call, given), **self._hold(call, given)}
        if "dx" in given.roles or "dy" in given.roles:
            steps = {role: round(self._number(call, given, role) or 0) for role in ("dx", "dy")}
            return [{**steps, **common}]
        if "pixels_x" in given.roles or "pixels_y" in given.roles:
            across, down = (self._notches(call, given, role) for role in ("pixels_x", "pixels_y"))
            return [{"dx": across, "dy": down, **common}]
        way = self._way(call, given)
        amount = self._number(call, given, "amount")
        if amount is None:
            amount = self._from_pixels(call, given)
        if way is None:
            if amount is None or "pixels" not in given.roles:
                self._fail(call, "scroll needs a direction: up, down, left or right")
                # the computer_use tool has no direction: positive pixels turn the wheel up, or right
            way = (1, 0) if call.word.preset.get("axis") == "x" else (0, -1)
        else:
            amount = abs(DEFAULT_SCROLL_NOTCHES if amount is None else amount)
        return [{"dx": way[0] * round(amount), "dy": way[1] * round(amount), **common}]

    def _way(self, call: Call, given: Given) -> tuple[int, int] | None:
        preset = call.word.preset.get("direction")
        argument = given.roles.get("direction")
        if preset is None and argument is None:
            return None
        given_way = numbers.plain(argument.value) if argument else ""
        spelled = str(preset) if preset else fold(given_way).strip("'\"")
        if spelled not in DIRECTIONS:
            self._fail(call, f"scroll: {spelled[:20]!r} is no direction: up, down, left or right", argument)
        return DIRECTIONS[spelled]

    def _from_pixels(self, call: Call, given: Given) -> float | None:
        pixels = self._number(call, given, "pixels")
        if pixels is None or abs(pixels) < PIXELS_A_NOTCH / 2:
            return pixels
        self._pixels_are_notches()
        return pixels / PIXELS_A_NOTCH

    def _pixels_are_notches(self) -> None:
        if not self.as_tool:
            self.source.mended(f"{PIXELS_A_NOTCH} pixels were taken as one notch of the wheel")

    def _notches(self, call: Call, given: Given, role: str) -> int:
        """Pixels as notches of the wheel: at least one if there are any."""
        pixels = self._number(call, given, role) or 0
        if not pixels:
            return 0
        self._pixels_are_notches()
        return round(pixels / PIXELS_A_NOTCH) or (1 if pixels > 0 else -1)

    def _type(self, call: Call, given: Given) -> list[dict[str, Any]]:
        text = self._text(given)
        if text is None:
            self._fail(call, "type needs its content: type(content='...')")
        if text == "":
            self.source.mended("type was given no text: nothing will be typed")
        fields: dict[str, Any] = {"text": text}
        for flag in ("clear", "submit"):
            said = (self._text(given, flag) or str(call.word.preset.get(flag, ""))).strip().lower()
            if said in _TRUE:
                fields[flag] = True
        at = self._maybe_point(call, given)
        return [*([{"kind": "click", **at}] if at else []), fields]

    def _key(self, call: Call, given: Given) -> list[dict[str, Any]]:
        if "keys" in call.word.preset:
            return [{"keys": str(call.word.preset["keys"]).split()}]
        chords = self._chords(call, given.roles.get("keys"))
        if len(chords) > 1:
            self.source.mended("several chords in one hotkey were taken one after another")
        times = self._number(call, given, "repeat")
        if times is not None and (times % 1 or not 1 <= times <= MOST_PRESSES):
            self._fail(call, f"{call.word.name}: times is a whole number from 1 to {MOST_PRESSES}")
        long = self._seconds(call, given)
        held = {} if long is None else {"seconds": long}
        if len(chords) > 1:
            return [{"keys": chord, **held} for chord in chords] * int(times or 1)
        return [{"keys": chords[0], "times": int(times or 1), **held}]

    def _key_down(self, call: Call, given: Given) -> list[dict[str, Any]]:
        chords = self._chords(call, given.roles.get("key"))
        keys = [key for chord in chords for key in chord]
        seconds = self._seconds(call, given)
        if seconds is not None:
            return [{"kind": "key", "keys": keys, "seconds": seconds}]
        means_hold = fold(call.spelled) != "press" or self.press_holds or call.tagged
        modifier = keys[0].removesuffix("left").removesuffix("right") in MODIFIERS
        if len(keys) > 1 or not (means_hold or modifier):
            self.source.mended("press was taken as a key stroke")
            return [{"kind": "key", "keys": chord} for chord in chords]
        return [{"key": keys[0]}]

    def _key_up(self, call: Call, given: Given) -> list[dict[str, Any]]:
        chords = self._chords(call, given.roles.get("key"))
        return [{"key": key} for chord in chords for key in chord]

    def _system_button(self, call: Call, given: Given) -> list[dict[str, Any]]:
        named = fold(self._text(given, "name") or "").strip("'\"")
        if named not in _SYSTEM_BUTTONS:
            self._fail(
                call, f"there is no button {named[:20]!r}: back, home or enter", given.roles.get("name")
            )
        return [dict(_SYSTEM_BUTTONS[named])]

    def _zoom(self, call: Call, given: Given) -> list[dict[str, Any]]:
        argument = given.roles.get("region")
        found = numbers.coordinates(argument.value) if argument is not None else None
        if argument is None or found is None or len(found) != 4:
            self._fail(call, "zoom needs a region: x1, y1, x2, y2", argument)
        self._not_fractions(call, argument, found)
        left, right = sorted(found[::2])
        top, bottom = sorted(found[1::2])
        first = self._placed(call, argument, left, top)
        last = self._placed(call, argument, right, bottom, edge=True)
        return [{"region": {"left": first.x, "top": first.y, "right": last.x, "bottom": last.y}}]

    def _note(self, call: Call, given: Given) -> list[dict[str, Any]]:
        return [{"text": self._text(given, "noted") or ""}]

    def _mouse_down(self, call: Call, given: Given) -> list[dict[str, Any]]:
        return [{**self._maybe_point(call, given), **self._button(call, given)}]

    _mouse_up = _mouse_down

    def _wait(self, call: Call, given: Given) -> list[dict[str, Any]]:
        value = self._seconds(call, given)
        return [{}] if value is None else [{"seconds": value}]

    def _seconds(self, call: Call, given: Given) -> float | None:
        thousandths = self._number(call, given, "milliseconds")
        return self._number(call, given, "seconds") if thousandths is None else thousandths / 1000

    def _long_press(self, call: Call, given: Given) -> list[dict[str, Any]]:
        return [{"at": self._point(call, given.roles.get("point")), **self._wait(call, given)[0]}]

    def _open_app(self, call: Call, given: Given) -> list[dict[str, Any]]:
        name = self._text(given, "name")
        if not name:
            self._fail(call, "open_app needs the application's name: open_app(app_name='...')")
        return [{"name": name}]

    def _worded(self, call: Call, given: Given) -> list[dict[str, Any]]:
        text = self._text(given)
        return [{}] if text is None else [{_FIELD_OF_TEXT[call.word.kind]: text}]

    _finished = _call_user = _infeasible = _worded

    def _terminate(self, call: Call, given: Given) -> list[dict[str, Any]]:
        status = fold(self._text(given, "status") or "success").strip("'\"")
        kind = ENDINGS.get(status)
        if kind is None:
            self._fail(call, f"{status[:30]!r} is no status: success or failure", given.roles.get("status"))
        text = self._text(given)
        return [{"kind": kind, **({} if text is None else {_FIELD_OF_TEXT[kind]: text})}]


def _keys_of(value: Value) -> Value:
    """Keys as they were meant, where they came as the text of a list (``'["ctrl", "c"]'``) or with a part of
    their call (``keys=['ctrl'``)."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        listed = loads(value)
        if isinstance(listed, list) and listed and all(isinstance(one, str) for one in listed):
            return tuple(listed)
    if isinstance(value, tuple) and any(_NAMED_KEYS.match(one) for one in value):
        return tuple(_NAMED_KEYS.sub("", one).strip("[]'\"") or one for one in value)
    return value


def alone(actions: list[Action], source: Source) -> tuple[Action, ...]:
    """Let what ends a run stand alone in its step.

    Actions before it are kept and it is dropped: the model has not seen what they did, and will say
    it again when it has. If it comes first, it is kept and whatever follows is dropped.
    """
    for index, action in enumerate(actions):
        if action.kind in TERMINAL_KINDS and len(actions) > 1:
            dropped = "what follows it" if index == 0 else "it and what follows it"
            source.mended(f"{action.kind} stands alone in a step: {dropped} was left out")
            return tuple(actions[: max(index, 1)])
    return tuple(actions)
