"""Actions as OSWorld's harness takes them: code for pyautogui, or objects of computer_13.

What a model wrote stands in the code in one place only, the literal of a text that is typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from deskhand.actions.geometry import ScreenPixels, ScreenPoint, Viewport
from deskhand.actions.script import literal, write_script
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    Key,
    KeyDown,
    KeyUp,
    LongPress,
    MouseDown,
    MouseUp,
    Move,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.errors import NotExpressible

ActionSpace = Literal["pyautogui", "computer_13"]
HarnessAction = str | dict[str, Any]
"""One action as the harness takes it."""
Word = Literal["WAIT", "DONE", "FAIL"]

LONGEST_CODE_SECONDS = 60.0
"""OSWorld's machine ends a code after 120 s."""
DRAG_SECONDS = 0.5
"""A pointer that jumps drags nothing in some programs."""
TEXT_TO_ENTER_SECONDS = 0.3
"""As ``actions.executor`` has it: a field that completes names ignores an enter that comes sooner."""
_TYPABLE = frozenset(map(chr, range(32, 127))) | {"\n", "\t"}
"""Characters that pyautogui types; it leaves out others without a word."""
_BUTTONS = ("left", "middle", "right")
_UNQUOTED = "'\\"
"""Keys whose names OSWorld's computer_13 puts between quotes as they are, which is no code."""


def word(name: Word, space: ActionSpace) -> HarnessAction:
    """One of the three words that are no action on the screen."""
    return name if space == "pyautogui" else {"action_type": name}


def harness_actions(action: Action, space: ActionSpace, viewport: Viewport) -> list[HarnessAction]:
    """An action of a desktop as the harness takes it; none for a look, which it takes anyway.

    Raises:
        NotExpressible: the action space has no words for it.
    """
    button = getattr(action, "button", "left")
    if button not in _BUTTONS:
        raise NotExpressible(f"OSWorld's mouse has no button {button}")
    if space == "computer_13":
        return list(_objects(action))
    if isinstance(action, Wait):
        return [f"time.sleep({seconds!r})" for seconds in _naps(action.seconds)]
    if isinstance(action, Key) and action.times * action.seconds > LONGEST_CODE_SECONDS:
        raise NotExpressible(f"OSWorld's machine holds a key for {LONGEST_CODE_SECONDS:g} s at most")
    code = "\n".join(_code(piece, viewport) for piece in _pieces(action))
    return [code] if code else []


def _naps(seconds: float) -> Iterator[float]:
    while seconds > LONGEST_CODE_SECONDS:
        yield LONGEST_CODE_SECONDS
        seconds -= LONGEST_CODE_SECONDS
    yield seconds


def _pieces(action: Action) -> Iterator[Action | str]:
    """The parts that an action is done in; a string is a text to be typed."""
    match action:
        case TakeScreenshot():
            return
        case Type(text=text, submit=submit, clear=clear):
            if clear:
                yield Key(keys=("ctrl", "a"))
            if clear and not text:
                yield Key(keys=("delete",))
            yield from _typed(text)
            if submit and text:
                yield Wait(seconds=TEXT_TO_ENTER_SECONDS)
            if submit:
                yield Key(keys=("enter",))
        case Key(keys=("<",), seconds=0):
            yield action.model_copy(update={"keys": ("shift", ",")})
        case _:
            yield action


def _typed(text: str) -> Iterator[Action | str]:
    """A text in parts between which "<" is pressed as a chord: pyautogui presses ">" for it."""
    if not _TYPABLE.issuperset(text):
        yield text
        return
    for index, part in enumerate(text.split("<")):
        if index:
            yield Key(keys=("shift", ","))
        if part:
            yield part


def _code(piece: Action | str, viewport: Viewport) -> str:
    if isinstance(piece, str):
        if _TYPABLE.issuperset(piece):
            return f"pyautogui.write({literal(piece)})"
        return f"import pyperclip\npyperclip.copy({literal(piece)})\npyautogui.hotkey('ctrl', 'v')"
    written = write_script((piece,), ScreenPixels(), viewport, drag_seconds=DRAG_SECONDS)
    if written.unsaid:
        raise NotExpressible(f"no call of pyautogui does this {piece.kind}")
    return written.text


def _objects(action: Action) -> Iterator[HarnessAction]:
    """The objects of computer_13 for an action, with the keys that it holds around it."""
    hold: tuple[str, ...] = getattr(action, "hold", ())
    yield from (_object("KEY_DOWN", key=_quotable(key)) for key in hold)
    for piece in _pieces(action):
        yield from _text(piece) if isinstance(piece, str) else _of_computer_13(piece)
    yield from (_object("KEY_UP", key=_quotable(key)) for key in reversed(hold))


def _object(kind: str, **parameters: Any) -> dict[str, Any]:
    return {"action_type": kind, "parameters": parameters}


def _text(text: str) -> Iterator[dict[str, Any]]:
    other = next((letter for letter in text if letter not in _TYPABLE), None)
    if other is not None:
        raise NotExpressible(f"OSWorld's computer_13 cannot type {other!r}: take its action space pyautogui")
    yield _object("TYPING", text=text)


def _of_computer_13(action: Action) -> Iterator[dict[str, Any]]:
    """One action without held keys; the kinds of a desktop that are not here have no words."""
    match action:
        case Click(at=at, button=button, count=count):
            yield _object("CLICK", **_at(at), button=button, num_clicks=count)
        case Move(at=at):
            yield _object("MOVE_TO", **_at(at))
        case Drag(path=path, button=button):
            yield from _drag(path, button)
        case Scroll(at=at, dx=dx, dy=dy):
            yield from _moved(at)
            turned = {"dx": dx, "dy": -dy}
            yield _object("SCROLL", **{name: count for name, count in turned.items() if count})
        case MouseDown(at=at, button=button):
            yield from _moved(at)
            yield _object("MOUSE_DOWN", button=button)
        case MouseUp(at=at, button=button):
            yield from _moved(at)
            yield _object("MOUSE_UP", button=button)
        case LongPress(at=at):
            yield from _moved(at)
            yield _object("MOUSE_DOWN", button="left")
            yield _object("WAIT")
            yield _object("MOUSE_UP", button="left")
        case Key(times=times):
            for _ in range(times):
                yield from _key(action)
        case KeyDown(key=key):
            yield _object("KEY_DOWN", key=_quotable(key))
        case KeyUp(key=key):
            yield _object("KEY_UP", key=_quotable(key))
        case Wait():
            yield _object("WAIT")
        case _:
            raise NotExpressible(f"OSWorld's computer_13 has no words for this {action.kind}")


def _key(action: Key) -> Iterator[dict[str, Any]]:
    if len(action.keys) == 1 and action.keys[0] in _UNQUOTED:
        yield _object("TYPING", text=action.keys[0])
        return
    keys = [_quotable(key) for key in action.keys]
    if action.seconds:
        yield from (_object("KEY_DOWN", key=key) for key in keys)
        yield _object("WAIT")
        yield from (_object("KEY_UP", key=key) for key in reversed(keys))
    elif len(keys) == 1:
        yield _object("PRESS", key=keys[0])
    else:
        yield _object("HOTKEY", keys=keys)


def _drag(path: tuple[ScreenPoint, ...], button: str) -> Iterator[dict[str, Any]]:
    *before, last = path
    yield from _moved(before[0] if before else None)
    if len(path) <= 2 and button == "left":
        yield _object("DRAG_TO", **_at(last))
        return
    yield _object("MOUSE_DOWN", button=button)
    yield from (_object("MOVE_TO", **_at(point)) for point in (*before[1:], last))
    yield _object("MOUSE_UP", button=button)


def _moved(at: ScreenPoint | None) -> Iterator[dict[str, Any]]:
    if at is not None:
        yield _object("MOVE_TO", **_at(at))


def _at(point: ScreenPoint | None) -> dict[str, int]:
    return {} if point is None else {"x": point.x, "y": point.y}


def _quotable(key: str) -> str:
    if key in _UNQUOTED:
        raise NotExpressible(f"OSWorld's computer_13 cannot hold the key {key}")
    return " " if key == "space" else key
