"""Which argument of a call plays which role: by name, and for unnamed ones by order and shape."""

from __future__ import annotations

from dataclasses import dataclass, field

from deskhand.actions.dialects import numbers
from deskhand.actions.dialects.calls import Argument, Call, Source
from deskhand.actions.dialects.catalogue import COORDINATES, ROLES, TEXT_ROLES, fold, role_of
from deskhand.actions.dialects.chords import read_chords
from deskhand.actions.keys import MODIFIERS

DIRECTIONS = {
    "up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0),
    "upward": (0, -1), "upwards": (0, -1), "downward": (0, 1), "downwards": (0, 1),
    "scrollup": (0, -1), "scrolldown": (0, 1), "scrollleft": (-1, 0), "scrollright": (1, 0),
    "leftward": (-1, 0), "rightward": (1, 0), "leftwards": (-1, 0), "rightwards": (1, 0),
    "u": (0, -1), "d": (0, 1), "l": (-1, 0), "r": (1, 0),
    "上": (0, -1), "下": (0, 1), "左": (-1, 0), "右": (1, 0),
}  # fmt: skip
BUTTONS = {
    "left": "left", "right": "right", "middle": "middle", "l": "left", "r": "right", "m": "middle",
    "primary": "left", "secondary": "right", "wheel": "middle", "center": "middle", "1": "left",
    "2": "middle", "3": "right", "leftbutton": "left", "rightbutton": "right", "middlebutton": "middle",
    "back": "back", "forward": "forward",
}  # fmt: skip


_DOES = frozenset(
    fold(name)
    for role in ("hold", "count", "repeat", "amount", "pixels", "pixels_x", "pixels_y", "dx", "dy", "button",
                 "direction", "submit", "clear", "keys", "path")
    for name in ROLES[role]
) | {"text", "content"}  # fmt: skip
"""Names of arguments that change what is done: where a word has no use for one, the call is refused."""
_NOTHING = frozenset({"", "0", "1", "false", "no", "none", "null", "left"})
"""Values with which such an argument changes nothing."""


@dataclass(slots=True)
class Given:
    """The arguments of one call by role; ``singles`` are coordinates given one by one.

    ``left_out`` are those for which the word has no use.
    """

    roles: dict[str, Argument] = field(default_factory=dict)
    singles: dict[str, float] = field(default_factory=dict)
    unnamed: list[Argument] = field(default_factory=list)
    left_out: list[Argument] = field(default_factory=list)


def gather(source: Source, call: Call) -> Given:
    """Give every argument of ``call`` its role; what has none is noted and left out."""
    given = Given()
    for argument in call.arguments:
        if not argument.name:
            given.unnamed.append(argument)
        elif not _single(source, call, given, argument):
            _named(source, call, given, argument)
    _place_unnamed(source, call, given)
    if "end" in given.roles and "point" in given.roles and "end" not in call.word.takes:
        source.mended(f"{call.word.name} takes one point: the second was left out")
    _place_singles(source, call, given)
    return given


def _single(source: Source, call: Call, given: Given, argument: Argument) -> bool:
    axis = COORDINATES.get(fold(argument.name))
    if axis is None or "point" not in call.word.takes:
        return False
    value = numbers.number(argument.value)
    if value is None:
        found = numbers.coordinates(argument.value)
        if axis == "x" and found is not None and len(found) in (2, 4):
            given.roles.setdefault("point", argument)  # x='(100, 200)'
            return True
        source.fail(f"{call.word.name}: {argument.name[:20]!r} is not a number", argument.position)
    given.singles[axis] = float(value or 0.0)
    return True


def _named(source: Source, call: Call, given: Given, argument: Argument) -> None:
    role = role_of(call.word, argument.name)
    if role is None and _is_held(call, argument):
        role = "hold"
    if role is None:
        if fold(argument.name) in _DOES and _plain(argument) not in _NOTHING:
            source.fail(f"{call.word.name} takes no {argument.name[:30]}", argument.position)
        source.mended(f"{call.word.name} takes no argument named {argument.name[:30]!a}: left out")
        given.left_out.append(argument)
    elif role not in given.roles:
        given.roles[role] = argument
    elif role == "point" and "end" in call.word.takes and "end" not in given.roles:
        # ``start_coordinate`` and ``coordinate``: the plain one is the end
        first, second = given.roles["point"], argument
        if fold(second.name).startswith("start"):
            first, second = second, first
        given.roles["point"], given.roles["end"] = first, second
    elif role in ("keys", "key"):
        given.roles[role] = joined(given.roles[role], argument)
    elif _plain(given.roles[role]) != _plain(argument):
        source.fail(f"{call.word.name} was given {role} twice, with different values", argument.position)
    else:
        source.mended(f"{call.word.name} was given {role} twice")


def _plain(argument: Argument) -> str:
    return numbers.plain(argument.value).strip(" []()\"'").lower()


def _is_held(call: Call, argument: Argument) -> bool:
    """``text: "ctrl"`` of a click, in the tools of hosted models, is what is held down."""
    if "hold" not in call.word.takes or fold(argument.name) not in ("text", "content"):
        return False
    try:
        chords = read_chords(argument.value)
    except ValueError:
        return False
    return all(
        key.removesuffix("left").removesuffix("right") in MODIFIERS for chord in chords for key in chord
    )


def _place_unnamed(source: Source, call: Call, given: Given) -> None:
    """Give unnamed arguments to roles: points and numbers where those are missing, by order."""
    takes = call.word.takes
    numerals: list[Argument] = []
    for argument in given.unnamed:
        if takes[:1] in (("keys",), ("key",)):
            kept = given.roles.get(takes[0])
            given.roles[takes[0]] = joined(kept, argument) if kept else argument
        elif takes[:1] in (("text",), ("noted",)) and takes[0] not in given.roles:
            given.roles[takes[0]] = argument
        elif numbers.number(argument.value) is not None:
            numerals.append(argument)
        else:
            _place_one(source, call, given, argument)
    _place_numerals(source, call, given, numerals)


def _place_one(source: Source, call: Call, given: Given, argument: Argument) -> None:
    found = numbers.coordinates(argument.value)
    word = numbers.plain(argument.value).strip().lower()
    for role in call.word.takes:
        fits = (
            bool(found)
            if role in ("point", "end", "path")
            else word in DIRECTIONS
            if role == "direction"
            else word in BUTTONS
            if role == "button"
            else numbers.seconds(argument.value) is not None
            if role == "seconds"
            else role in TEXT_ROLES or role == "status"
        )
        if fits and role not in given.roles and not (role == "point" and given.singles):
            given.roles[role] = argument
            return
    shown = numbers.plain(argument.value)[:30]
    given.left_out.append(argument)
    source.mended(f"{call.word.name} was given {shown!a}, which fits nowhere: left out")


def _place_numerals(source: Source, call: Call, given: Given, numerals: list[Argument]) -> None:
    takes = call.word.takes
    point = given.roles.get("point")
    if point is not None and len(numbers.coordinates(point.value) or ()) == 1 and numerals:
        given.roles["point"] = joined(point, numerals.pop(0))  # start_box=100, 200
    if "point" in takes and point is None and not given.singles and len(numerals) >= 2:
        size = 4 if len(numerals) >= 4 and call.word.kind in ("drag", "click") else 2
        _spread(call, given, numerals[:size])
        numerals = numerals[size:]
    for role in ("amount", "seconds", "count", "status"):
        if numerals and role in takes and role not in given.roles:
            given.roles[role] = numerals.pop(0)
    if numerals:
        source.fail(f"{call.word.name} was given a number that fits nowhere", numerals[0].position)


def _spread(call: Call, given: Given, numerals: list[Argument]) -> None:
    if call.word.kind == "drag" and len(numerals) == 4:
        given.roles["point"] = joined(*numerals[:2])
        given.roles["end"] = joined(*numerals[2:])
    else:
        given.roles["point"] = joined(*numerals)


def _place_singles(source: Source, call: Call, given: Given) -> None:
    singles = given.singles
    if not singles:
        return
    if not {"x", "y"} <= singles.keys() or ("x2" in singles) != ("y2" in singles):
        source.fail(f"{call.word.name}: a point needs both x and y", call.position)
    x, y = singles["x"], singles["y"]
    values = [x, y, singles["x2"], singles["y2"]] if "x2" in singles else [x, y]
    arguments = [Argument("", repr(value), call.position) for value in values]
    _spread(call, given, arguments)


def joined(first: Argument, *others: Argument) -> Argument:
    """Several arguments as one list: keys, or the numbers of a point."""
    parts: list[str] = []
    for argument in (first, *others):
        value = argument.value
        parts.extend((value,) if isinstance(value, str) else value)
    return Argument(first.name, tuple(parts), first.position)
