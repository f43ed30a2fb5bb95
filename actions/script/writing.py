"""From actions to calls of pyautogui, such that reading them gives the same actions back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deskhand.actions.geometry import CoordinateSystem, ScreenPixels, ScreenPoint, Viewport, from_screen
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    Finished,
    Infeasible,
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


@dataclass(frozen=True, slots=True)
class Written:
    """Actions as text. ``unsaid`` are indexes of those for which there is no call, or only a part."""

    text: str
    unsaid: tuple[int, ...]


def literal(text: str) -> str:
    """A text as a literal of Python, in ASCII and without an opening bracket.

    OSWorld's harness replaces some calls of pyautogui by pattern before it runs a code, inside literals too;
    no pattern fits without the bracket.
    """
    return ascii(text).replace("(", "\\x28")


def write_script(
    actions: Sequence[Action],
    coordinates: CoordinateSystem,
    viewport: Viewport,
    *,
    drag_seconds: float | None = None,
) -> Written:
    """Write actions as calls, one a line; points in the numbers of ``coordinates``.

    In pixels (OSWorld) the calls are pyautogui's own. In other frames they are AgentNet's: lists of keys
    by name, and ``computer.`` for what pyautogui lacks.

    Args:
        drag_seconds: how long a drag to a point takes, where the calls are to be run by somebody.
    """
    writer = _Writer(coordinates, viewport, isinstance(coordinates, ScreenPixels), drag_seconds)
    lines: list[str] = []
    unsaid: list[int] = []
    for index, action in enumerate(actions):
        said = list(writer.lines(action))
        lines.extend(said)
        if not said or not _whole(action):
            unsaid.append(index)
    return Written("\n".join(lines), tuple(unsaid))


def _whole(action: Action) -> bool:
    """Whether the calls say all of an action."""
    if isinstance(action, Finished):
        return action.answer is None
    return action.reason is None if isinstance(action, Infeasible) else True


@dataclass(frozen=True, slots=True)
class _Writer:
    coordinates: CoordinateSystem
    viewport: Viewport
    own: bool
    drag_seconds: float | None

    def lines(self, action: Action) -> Iterator[str]:
        """The calls of one action, with the keys that it holds pressed before and released after it."""
        hold: tuple[str, ...] = getattr(action, "hold", ())
        yield from (f"pyautogui.keyDown({key!r})" for key in hold)
        yield from self._plain(action)
        yield from (f"pyautogui.keyUp({key!r})" for key in reversed(hold))

    def _plain(self, action: Action) -> Iterator[str]:
        match action:
            case Click():
                yield from self._click(action)
            case Move(at=at):
                yield f"pyautogui.moveTo({self._at(at)})"
            case Drag():
                yield from self._drag(action)
            case Scroll():
                yield from self._scroll(action)
            case Type(text=text, submit=submit, clear=clear):
                if clear:
                    yield self._key(Key(keys=("ctrl", "a")))
                if clear and not text:
                    yield self._key(Key(keys=("delete",)))
                yield f"pyautogui.write(message={literal(text + chr(10) * submit)})"
            case MouseDown(at=at, button=button) | MouseUp(at=at, button=button):
                word = "mouseDown" if isinstance(action, MouseDown) else "mouseUp"
                yield f"pyautogui.{word}({'' if at is None else self._at(at) + ', '}button={button!r})"
            case LongPress(at=at, seconds=seconds):
                yield f"pyautogui.mouseDown({self._at(at)}, button='left')"
                yield self._pause(seconds)
                yield "pyautogui.mouseUp(button='left')"
            case Key() if action.seconds:
                for _ in range(action.times):
                    yield from (self._key(KeyDown(key=key)) for key in action.keys)
                    yield self._pause(action.seconds)
                    yield from (self._key(KeyUp(key=key)) for key in reversed(action.keys))
            case Key() if action.times > 1 and len(action.keys) == 1:
                given = repr(action.keys[0]) if self.own else f"keys={list(action.keys)!r}"
                yield f"pyautogui.press({given}, presses={action.times})"
            case Key():
                yield from (self._key(action) for _ in range(action.times))
            case KeyDown() | KeyUp():
                yield self._key(action)
            case Wait(seconds=seconds):
                yield self._pause(seconds)
            case TakeScreenshot():
                yield "pyautogui.screenshot()"
            case Finished() | Infeasible() if not self.own:
                status = "success" if isinstance(action, Finished) else "failure"
                yield f"computer.terminate(status={status!r})"

    def _click(self, action: Click) -> Iterator[str]:
        if action.button in ("back", "forward"):
            return  # pyautogui has no such buttons
        at = "" if action.at is None else self._at(action.at)
        left = action.button == "left"
        if action.count == 1 and not left:
            yield f"pyautogui.{action.button}Click({at})"
        elif action.count == 2 and left:
            yield f"pyautogui.doubleClick({at})"
        elif action.count == 3 and left:
            yield f"{'pyautogui' if self.own else 'computer'}.tripleClick({at})"
        else:
            more = [f"clicks={action.count}", f"button={action.button!r}"] if action.count > 1 else []
            yield f"pyautogui.click({', '.join([*filter(None, [at]), *more])})"

    def _drag(self, action: Drag) -> Iterator[str]:
        *before, last = action.path
        between = before[1:]
        if before:
            yield f"pyautogui.moveTo({self._at(before[0])})"
        if not between:
            lasting = "" if self.drag_seconds is None else f"duration={self.drag_seconds!r}, "
            yield f"pyautogui.dragTo({self._at(last)}, {lasting}button={action.button!r})"
            return
        yield f"pyautogui.mouseDown(button={action.button!r})"
        yield from (f"pyautogui.moveTo({self._at(point)})" for point in (*between, last))
        yield f"pyautogui.mouseUp(button={action.button!r})"

    def _scroll(self, action: Scroll) -> Iterator[str]:
        at = "" if action.at is None else ", " + self._at(action.at)
        if action.dy or not action.dx:
            yield f"pyautogui.scroll({-action.dy}{at})"
        if action.dx:
            yield f"pyautogui.hscroll({action.dx}{at})"

    def _key(self, action: Key | KeyDown | KeyUp) -> str:
        if not isinstance(action, Key):
            return f"pyautogui.{'keyDown' if isinstance(action, KeyDown) else 'keyUp'}({action.key!r})"
        if self.own:
            word = "press" if len(action.keys) == 1 else "hotkey"
            return f"pyautogui.{word}({', '.join(map(repr, action.keys))})"
        word = "press" if len(action.keys) == 1 else "hotkey"
        return f"pyautogui.{word}(keys={list(action.keys)!r})"

    def _pause(self, seconds: float) -> str:
        return f"time.sleep({seconds!r})" if self.own else f"computer.wait(duration={seconds!r})"

    def _at(self, point: ScreenPoint) -> str:
        x, y = from_screen(point, self.coordinates, self.viewport)
        if self.own:
            return f"x={round(x)}, y={round(y)}"
        # Four digits, as AgentNet has them, name every pixel of a screen of up to 5000.
        digits = 4 if max(self.viewport.width, self.viewport.height) < 5000 else 6
        return f"x={round(x, digits)!r}, y={round(y, digits)!r}"
