"""What calls of pyautogui mean as actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from deskhand.actions.geometry import CoordinateSystem, ScreenPoint, Viewport, to_screen
from deskhand.actions.keys import MODIFIERS
from deskhand.actions.script.arguments import TAKES, button_of, given_to, number, text_of, whole
from deskhand.actions.script.calls import ScriptCall, read_calls
from deskhand.actions.vocabulary import (
    ENDINGS,
    LONGEST_WAIT,
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    KeyDown,
    KeyUp,
    MouseDown,
    MouseUp,
    Move,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.errors import ActionParseError
from deskhand.text import first_fault

MOST_NOTCHES = 100
MOST_PRESSES = 50
_MODULES = ("pyautogui", "pag", "computer", "time", "pyperclip")

_SAME = {
    "typewrite": "write", "vscroll": "scroll", "move": "moverel", "drag": "dragrel", "wait": "sleep",
    "tripleclicks": "tripleclick", "type": "write",
}  # fmt: skip
_COUNTS = {"doubleclick": 2, "tripleclick": 3}
_BUTTONS = {"rightclick": "right", "middleclick": "middle", "leftclick": "left"}


@dataclass(frozen=True, slots=True)
class ScriptReading:
    """What a text says.

    Attributes:
        actions: in order; none if the text only comments.
        said: texts that stood alone between the calls, as OSWorld's agents leave their thoughts.
        repairs: what was changed to make an action of it, in words.
        pointer: where the pointer is afterwards, if that is known.
    """

    actions: tuple[Action, ...]
    said: str = ""
    repairs: tuple[str, ...] = ()
    pointer: ScreenPoint | None = None


def read_script(
    text: str, coordinates: CoordinateSystem, viewport: Viewport, pointer: ScreenPoint | None = None
) -> ScriptReading:
    """The actions of a text of calls, with points in pixels of ``viewport``.

    Args:
        coordinates: the numbers in which the text gives places.
        pointer: where the pointer was before, for calls that name no place.

    Raises:
        ActionParseError: a call is unknown, or not of the grammar; nothing of the text is then done.
    """
    found = read_calls(text)
    return mean(found.calls, coordinates, viewport, pointer, said="\n".join(found.said).strip())


def mean(
    calls: Iterable[ScriptCall],
    coordinates: CoordinateSystem,
    viewport: Viewport,
    pointer: ScreenPoint | None = None,
    *,
    said: str = "",
) -> ScriptReading:
    """As ``read_script``, of calls that are read already."""
    interpreter = _Interpreter(coordinates, viewport, pointer)
    for call in calls:
        try:
            interpreter.interpret(call)
        except ValidationError as error:
            fault = first_fault(error)
            raise ActionParseError(f"{call.name}: {fault}", call.position) from error
        except (ValueError, TypeError, OverflowError) as error:
            raise ActionParseError(f"{call.name}: {error}", call.position) from error
    return ScriptReading(
        tuple(_held(interpreter.actions)),
        said,
        tuple(dict.fromkeys(interpreter.repairs)),
        interpreter.pointer,
    )


@dataclass
class _Interpreter:
    coordinates: CoordinateSystem
    viewport: Viewport
    pointer: ScreenPoint | None
    actions: list[Action] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    copied: str | None = None

    def interpret(self, call: ScriptCall) -> None:
        """Add what one call means to ``actions``.

        Raises:
            ActionParseError: there is no such call.
            ValueError: its arguments make no sense.
        """
        module, _, name = call.name.rpartition(".")
        word = name.lower().replace("_", "")
        word = _SAME.get(word, word)
        if (module and module not in _MODULES) or word not in TAKES:
            raise ActionParseError(f"there is no call {call.name[:60]!r} here", call.position)
        given = given_to(word, call)
        meaning: Callable[[dict[str, Any]], None] = getattr(self, f"_{word}", self._click)
        if word in _COUNTS or word in _BUTTONS:
            given = {"clicks": _COUNTS.get(word, 1), "button": _BUTTONS.get(word, "left"), **given}
        meaning(given)

    def _click(self, given: dict[str, Any]) -> None:
        at = self._place(given)
        count = whole(given.get("clicks", 1), "clicks")
        self.actions.append(Click(at=at, button=button_of(given), count=count))

    def _moveto(self, given: dict[str, Any]) -> None:
        at = self._place(given)
        if at is None:
            raise ValueError("where to is not said")
        self.actions.append(Move(at=at))

    def _moverel(self, given: dict[str, Any]) -> None:
        self.actions.append(Move(at=self._beside(given)))

    def _dragto(self, given: dict[str, Any]) -> None:
        self._drag_from(self.pointer, self._place(given), given)

    def _dragrel(self, given: dict[str, Any]) -> None:
        self._drag_from(self.pointer, self._beside(given), given)

    def _drag_from(self, start: ScreenPoint | None, end: ScreenPoint | None, given: dict[str, Any]) -> None:
        if end is None:
            raise ValueError("where a drag ends is not known")
        if self.actions and isinstance(self.actions[-1], Move):
            self.actions.pop()  # the pointer is brought to where the drag begins
        path = (end,) if start is None else (start, end)
        self.actions.append(Drag(path=path, button=button_of(given)))

    def _scroll(self, given: dict[str, Any]) -> None:
        self._turn(given, dy=-self._notches(given))

    def _hscroll(self, given: dict[str, Any]) -> None:
        self._turn(given, dx=self._notches(given))

    def _turn(self, given: dict[str, Any], *, dx: int = 0, dy: int = 0) -> None:
        at = self._place(given) if {"x", "y"} & given.keys() else None
        self.actions.append(Scroll(at=at, dx=dx, dy=dy))

    def _notches(self, given: dict[str, Any]) -> int:
        amount = number(given.get("clicks", 0), "clicks")
        kept = max(-MOST_NOTCHES, min(MOST_NOTCHES, round(amount)))
        if kept != amount:
            self.repairs.append(f"a scroll by {amount:g} was cut to {kept}")
        return kept

    def _write(self, given: dict[str, Any]) -> None:
        message = given.get("message")
        if isinstance(message, tuple):  # pyautogui presses the keys of a list one by one
            self._press({"keys": message})
            return
        self.actions.append(Type(text=text_of(message, "message")))

    def _press(self, given: dict[str, Any]) -> None:
        keys = given.get("keys")
        names = keys if isinstance(keys, tuple) else (keys,)
        presses = whole(given.get("presses", 1), "presses")
        if not 0 <= presses <= MOST_PRESSES:
            raise ValueError(f"at most {MOST_PRESSES} presses are read, not {presses}")
        if len(names) == 1 and presses:
            self.actions.append(Key(keys=(text_of(names[0], "a key"),), times=presses))
            return
        for _ in range(presses):
            self.actions.extend(Key(keys=(text_of(name, "a key"),)) for name in names)

    def _hotkey(self, given: dict[str, Any]) -> None:
        keys = tuple(text_of(name, "a key") for name in given.get("keys", ()))
        chord = Key(keys=keys)
        if self.copied is not None and chord.keys in (("ctrl", "v"), ("win", "v")):
            self.actions.append(Type(text=self.copied))
            self.copied = None
        else:
            self.actions.append(chord)

    def _copy(self, given: dict[str, Any]) -> None:
        self.copied = text_of(given.get("message"), "the text")

    def _keydown(self, given: dict[str, Any]) -> None:
        self.actions.append(KeyDown(key=text_of(given.get("keys"), "a key")))

    def _keyup(self, given: dict[str, Any]) -> None:
        self.actions.append(KeyUp(key=text_of(given.get("keys"), "a key")))

    def _mousedown(self, given: dict[str, Any]) -> None:
        at = self._place(given) if {"x", "y"} & given.keys() else None
        self.actions.append(MouseDown(at=at, button=button_of(given)))

    def _mouseup(self, given: dict[str, Any]) -> None:
        at = self._place(given) if {"x", "y"} & given.keys() else None
        self.actions.append(MouseUp(at=at, button=button_of(given)))

    def _sleep(self, given: dict[str, Any]) -> None:
        if "duration" not in given:
            self.actions.append(Wait())
            return
        seconds = number(given["duration"], "seconds")
        if seconds > LONGEST_WAIT:
            self.repairs.append(f"a wait of {seconds:g} s was cut to {LONGEST_WAIT:g} s")
        self.actions.append(Wait(seconds=min(seconds, LONGEST_WAIT)))

    def _screenshot(self, given: dict[str, Any]) -> None:
        self.actions.append(TakeScreenshot())

    def _terminate(self, given: dict[str, Any]) -> None:
        words = given.get("answer")
        words = None if words is None else text_of(words, "the answer")
        status = str(given.get("status", "success")).lower()
        if status not in ENDINGS:
            raise ValueError(f"{status[:30]!r} is no status: success or failure")
        done = ENDINGS[status] == "finished"
        self.actions.append(Finished(answer=words) if done else Infeasible(reason=words))

    def _calluser(self, given: dict[str, Any]) -> None:
        words = given.get("question")
        self.actions.append(CallUser(question=None if words is None else text_of(words, "the question")))

    def _place(self, given: dict[str, Any]) -> ScreenPoint | None:
        """The point that a call names, else where the pointer is; the pointer is then there."""
        x, y = given.get("x"), given.get("y")
        if isinstance(x, tuple) and len(x) == 2 and y is None:
            x, y = x
        if x is None and y is None:
            return self.pointer
        placed = to_screen(number(x, "x"), number(y, "y"), self.coordinates, self.viewport)
        if placed is None:
            raise ValueError(f"({x:g}, {y:g}) is outside the screen")
        if placed.clamped:
            self.repairs.append(f"({x:g}, {y:g}) was brought onto the screen")
        self.pointer = placed.point
        return placed.point

    def _beside(self, given: dict[str, Any]) -> ScreenPoint:
        if self.pointer is None:
            raise ValueError("the pointer's place is not known")
        across, down = self.coordinates.size(self.viewport)
        x = self.pointer.x + number(given.get("x") or 0, "x") * self.viewport.width / across
        y = self.pointer.y + number(given.get("y") or 0, "y") * self.viewport.height / down
        self.pointer = ScreenPoint(round(x), round(y))
        if self.pointer not in self.viewport:
            raise ValueError(f"({x:g}, {y:g}) is outside the screen")
        return self.pointer


def _held(actions: list[Action]) -> list[Action]:
    """Modifiers that go down right before one action of the mouse and up right after it belong to it."""
    result: list[Action] = []
    at = 0
    while at < len(actions):
        downs: list[str] = []
        while (
            at + len(downs) < len(actions)
            and isinstance(down := actions[at + len(downs)], KeyDown)
            and down.key in MODIFIERS
        ):
            downs.append(down.key)
        centre = at + len(downs)
        ups = [one.key for one in actions[centre + 1 : centre + 1 + len(downs)] if isinstance(one, KeyUp)]
        held = actions[centre] if centre < len(actions) else None
        if downs and isinstance(held, Click | Drag | Scroll | Move) and ups == downs[::-1]:
            result.append(held.model_copy(update={"hold": tuple(downs)}))
            at = centre + 1 + len(downs)
        else:
            result.append(actions[at])
            at += 1
    return result
