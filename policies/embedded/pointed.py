"""What the embedded reasoner can say: a move that points at places and composes texts of pieces.

A move names no pixels. Its points are places of the screen, each with a cell; its texts are put together
of spans of the task, of texts on the screen and of what it writes itself. This module turns actions into
moves, for learning, and moves into actions, for acting. It knows nothing of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.keys import forbidden_chord
from deskhand.actions.vocabulary import (
    Action,
    Button,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    Scroll,
    Type,
    Wait,
)
from deskhand.errors import ActionParseError, NotExpressible
from deskhand.policies.embedded.places import ScreenPlace, place_at
from deskhand.text import joins

CLICKS: dict[str, tuple[Button, int]] = {
    "click": ("left", 1),
    "double": ("left", 2),
    "triple": ("left", 3),
    "right": ("right", 1),
    "middle": ("middle", 1),
}
"""The verbs that click: with which button, how often."""
VERBS = (*CLICKS, "drag", "scroll", "type", "key", "wait", "answer", "ask", "infeasible", "finished")
POINTING = (*CLICKS, "drag", "scroll")
TEXTUAL = ("type", "answer")
GIVES_WAY = ("ask", "infeasible")
HOLDS: tuple[tuple[str, ...], ...] = ((), ("ctrl",), ("shift",), ("ctrl", "shift"))
"""What may be held down during a click, a drag or a turn of the wheel."""
MOST_TIMES = 5
"""A click or a key may be done so often in one move."""
MODIFIERS: tuple[tuple[str, ...], ...] = (
    (), ("ctrl",), ("shift",), ("alt",), ("ctrl", "shift"), ("ctrl", "alt"), ("alt", "shift"), ("win",),
)  # fmt: skip
KEYS = (
    *"enter tab esc space backspace delete insert home end pageup pagedown up down left right apps".split(),
    *(f"f{n}" for n in range(1, 13)),
    *"abcdefghijklmnopqrstuvwxyz0123456789+-=/.,",
)
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))
"""Ways to scroll: down, up, right, left."""
NOTCHES = (1, 3, 5, 10)
WAIT_SECONDS = 2.0
LONGEST_PATH = 3
"""A drag of more points draws something, which no move says."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: what is written, or what is copied from between two characters of a source.

    Attributes:
        written: the characters, where nothing is copied.
        source: -1 for the task's words, else the number of a place whose text it is.
        start, end: of what is copied, in characters.
    """

    written: str = ""
    source: int = -1
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class PointedMove:
    """One decision.

    Attributes:
        verb: one of ``VERBS``.
        place, cell: what it points at, for verbs in ``POINTING``; -1 where a scroll points at nothing. A
            scroll has no cell.
        to, to_cell: where a drag ends.
        hold: held down meanwhile.
        times: how often, for clicks and keys.
        modifiers, key: of a chord.
        direction, notches: of a turn of the wheel.
        pieces: of a text; empty for an answer without one.
        submit: whether enter is pressed after the text.
    """

    verb: str
    place: int = -1
    cell: int = 0
    to: int = -1
    to_cell: int = 0
    hold: tuple[str, ...] = ()
    times: int = 1
    modifiers: tuple[str, ...] = ()
    key: str = ""
    direction: tuple[int, int] = DIRECTIONS[0]
    notches: int = NOTCHES[1]
    pieces: tuple[Piece, ...] = ()
    submit: bool = False


def move_of(actions: Sequence[Action], instruction: str, places: Sequence[ScreenPlace]) -> PointedMove:
    """The move that does what these actions of one step do.

    Raises:
        NotExpressible: no move does it; the message says what it is.
    """
    action, times = actions[0], len(actions)
    if any(other != action for other in actions) or times > MOST_TIMES:
        raise NotExpressible("different actions in one step are moves of their own")
    if times > 1 and not isinstance(action, Click | Key):
        raise NotExpressible(f"a {action.kind} is done once in a move")
    match action:
        case Click(at=ScreenPoint() as at):
            verb = next((v for v, how in CLICKS.items() if how == (action.button, action.count)), None)
            if verb is None:
                raise NotExpressible(f"no verb clicks {action.button} {action.count} times")
            place, cell = _pointed(places, at)
            return PointedMove(verb, place, cell, hold=_held(action.hold), times=times)
        case Drag():
            if not 2 <= len(action.path) <= LONGEST_PATH or action.button != "left":
                raise NotExpressible("a drag along a curve, or from the pointer")
            (place, cell), (to, to_cell) = _pointed(places, action.path[0]), _pointed(places, action.path[-1])
            return PointedMove("drag", place, cell, to, to_cell, hold=_held(action.hold))
        case Scroll():
            return _scroll(action, places)
        case Type(clear=False):
            pieces = pieces_of(action.text, instruction, places)
            return PointedMove("type", pieces=pieces, submit=action.submit)
        case Key(seconds=0) if times * action.times <= MOST_TIMES:
            modifiers, key = _chord(action.keys)
            return PointedMove("key", modifiers=modifiers, key=key, times=times * action.times)
        case Wait():
            return PointedMove("wait")
        case Finished(answer=str() as answer) if answer:
            return PointedMove("answer", pieces=pieces_of(answer, instruction, places))
        case Finished():
            return PointedMove("finished")
        case Infeasible():
            return PointedMove("infeasible")
        case CallUser():
            return PointedMove("ask")
    raise NotExpressible(f"no move is a {action.kind}")


def actions_of(move: PointedMove, instruction: str, places: Sequence[ScreenPlace]) -> tuple[Action, ...]:
    """What a move stands for.

    Raises:
        ActionParseError: it points at nothing, or its chord is forbidden.
    """
    match move.verb:
        case verb if verb in CLICKS:
            button, count = CLICKS[verb]
            at = _point(places, move.place, move.cell)
            return (Click(at=at, button=button, count=count, hold=move.hold),) * move.times
        case "drag":
            path = (_point(places, move.place, move.cell), _point(places, move.to, move.to_cell))
            return (Drag(path=path, hold=move.hold),)
        case "scroll":
            across, down = (step * move.notches for step in move.direction)
            point = None if move.place < 0 else _point(places, move.place, move.cell)
            return (Scroll(at=point, dx=across, dy=down, hold=move.hold),)
        case "type":
            return (Type(text=text_of(move.pieces, instruction, places), submit=move.submit),)
        case "key":
            keys = (*move.modifiers, move.key)
            if forbidden := forbidden_chord(keys):
                raise ActionParseError(forbidden)
            return (Key(keys=keys),) * move.times
        case "wait":
            return (Wait(seconds=WAIT_SECONDS),)
        case "answer":
            return (Finished(answer=text_of(move.pieces, instruction, places)),)
        case "ask":
            return (CallUser(),)
        case "infeasible":
            return (Infeasible(),)
        case "finished":
            return (Finished(),)
    raise ActionParseError(f"there is no verb {move.verb[:40]!r}")


def pieces_of(text: str, instruction: str, places: Sequence[ScreenPlace]) -> tuple[Piece, ...]:
    """A text as few pieces: the whole text of a place, or else the longest copies of the task and letters.

    What is copied is at least a word long, so that no letters are taken from here and there.
    """
    for number, place in enumerate(places):
        if place.text and place.text == text and text not in instruction:
            return (Piece(source=number, start=0, end=len(text)),)
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        start, length = _longest_copy(text, at, instruction)
        if length:
            pieces.append(Piece(start=start, end=start + length))
            at += length
        else:
            pieces.append(Piece(written=text[at]))
            at += 1
    return tuple(_joined(pieces))


def text_of(pieces: Sequence[Piece], instruction: str, places: Sequence[ScreenPlace]) -> str:
    """What pieces come to."""
    parts = []
    for piece in pieces:
        source = instruction if piece.source < 0 else places[piece.source].text
        parts.append(piece.written or source[piece.start : piece.end])
    return "".join(parts)


def _longest_copy(text: str, at: int, source: str) -> tuple[int, int]:
    """Where the longest span of whole words that ``text`` has at ``at`` begins in ``source``; its length."""
    best = (0, 0)
    if text[at].isspace() or (at and joins(text[at - 1], text[at])):
        return best  # no word begins here
    start = source.find(text[at])
    while start >= 0:
        if not (start and joins(source[start - 1], source[start])):
            length = _shared(text, at, source, start)
            if length > best[1]:
                best = (start, length)
        start = source.find(text[at], start + 1)
    return best if text[at : at + best[1]].strip(" .,'\"") else (0, 0)


def _shared(text: str, at: int, source: str, start: int) -> int:
    """How many characters both have in common from here on, to the end of a word in both."""
    length = whole = 0
    while at + length < len(text) and start + length < len(source):
        if text[at + length] != source[start + length]:
            break
        length += 1
        if _ends(text, at + length) and _ends(source, start + length) and not text[at + length - 1].isspace():
            whole = length
    return whole


def _ends(text: str, at: int) -> bool:
    return at >= len(text) or not joins(text[at - 1], text[at])


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Written letters that stand together are one piece."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.written and found and found[-1].written:
            found[-1] = Piece(written=found[-1].written + piece.written)
        else:
            found.append(piece)
    return found


def _pointed(places: Sequence[ScreenPlace], point: ScreenPoint) -> tuple[int, int]:
    number = place_at(places, point)
    if number is None:
        raise NotExpressible(f"{point.x},{point.y} is not on the screen")
    return number, places[number].cell(point)


def _point(places: Sequence[ScreenPlace], number: int, cell: int) -> ScreenPoint:
    if not 0 <= number < len(places):
        raise ActionParseError("it points at nothing that is on the screen")
    return places[number].point(cell)


def _scroll(action: Scroll, places: Sequence[ScreenPlace]) -> PointedMove:
    if bool(action.dx) == bool(action.dy):
        raise NotExpressible("a turn of the wheel goes one way")
    size = abs(action.dx or action.dy)
    direction = ((action.dx > 0) - (action.dx < 0), (action.dy > 0) - (action.dy < 0))
    notches = min(NOTCHES, key=lambda n: abs(n - size))
    # Any point of the place will do, so it is always the middle.
    place = -1 if action.at is None else _pointed(places, action.at)[0]
    return PointedMove("scroll", place, hold=_held(action.hold), direction=direction, notches=notches)


def _held(keys: Sequence[str]) -> tuple[str, ...]:
    held = tuple(sorted(keys))
    if held not in HOLDS:
        raise NotExpressible(f"nothing holds {'+'.join(keys)}")
    return held


def _chord(keys: Sequence[str]) -> tuple[tuple[str, ...], str]:
    modifiers, key = tuple(sorted(keys[:-1])), keys[-1]
    if modifiers not in MODIFIERS or key not in KEYS:
        raise NotExpressible(f"there is no chord {'+'.join(keys)}")
    return modifiers, key
