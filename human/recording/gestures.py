"""Raw events of a mouse and a keyboard, read as actions: what a person meant by them.

    gestures = Gestures()
    for event in events:
        done += gestures.feed(event)
    done += gestures.finish(seconds)

Pure and deterministic: time is only what the events say. One gesture is open at a time; what belongs
to it is joined (a second click, the next letter, another notch), and anything else ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.keys import MODIFIERS
from deskhand.actions.vocabulary import (
    LONGEST_TEXT,
    Action,
    Button,
    Click,
    Drag,
    Key,
    LongPress,
    Scroll,
    Type,
    Wait,
)
from deskhand.human.recording.events import Event, Gesture
from deskhand.human.recording.strokes import distance, simplified

DOUBLE_SECONDS = 0.5
"""From a click's release to the next press that still belongs to it."""

SLACK = 4.0
"""Pixels that a hand may tremble between pressing and releasing, or between two clicks."""

LONG_SECONDS = 0.8
LONGEST_PRESS = 30.0
RUN_SECONDS = 2.0
"""A pause in typing that begins another text."""

TURN_SECONDS = 0.6
PAUSE_SECONDS, LONGEST_PAUSE = 3.0, 60.0
"""The shortest pause between two gestures that is a wait, and the longest that is recorded."""

MOST_NOTCHES = 100
MOST_POINTS = 4000


@dataclass(slots=True)
class _Clicks:
    """Clicks at one place that another may join; ``count`` is 0 while the first is not released."""

    at: ScreenPoint
    button: Button
    hold: tuple[str, ...]
    began: float
    ended: float
    count: int = 0
    path: list[ScreenPoint] = field(default_factory=list)
    pressed: float | None = None

    def moved(self) -> bool:
        """Whether the pointer went further than ``SLACK`` pixels from where the button went down."""
        return any(distance(self.path[0], point) > SLACK for point in self.path)


@dataclass(slots=True)
class _Typing:
    text: str
    began: float
    ended: float


@dataclass(slots=True)
class _Turning:
    at: ScreenPoint | None
    hold: tuple[str, ...]
    began: float
    ended: float
    dx: int = 0
    dy: int = 0


class Gestures:
    """Reads events in order; what ``feed``, ``tick`` and ``finish`` return is complete."""

    def __init__(self) -> None:
        self._held: list[str] = []
        self._tapped = ""
        self._open: _Clicks | _Typing | _Turning | None = None
        self._ended: float | None = None

    @property
    def began(self) -> float | None:
        """When the gesture began that is not complete; None if there is none."""
        return None if self._open is None else self._open.began

    def feed(self, event: Event) -> tuple[Gesture, ...]:
        """Take one event."""
        done = list(self.tick(event.seconds))
        match event.kind:
            case "press":
                done += self._press(event)
            case "release":
                done += self._release(event)
            case "move":
                self._move(event)
            case "wheel":
                done += self._turn(event)
            case "key_down":
                done += self._key_down(event)
            case "key_up":
                done += self._key_up(event)
            case "text":
                done += self._type(event)
        return tuple(done)

    def tick(self, seconds: float) -> tuple[Gesture, ...]:
        """It is ``seconds``, and no event has come: what nothing can join any more is complete."""
        patience = {_Clicks: DOUBLE_SECONDS, _Typing: RUN_SECONDS, _Turning: TURN_SECONDS}
        one = self._open
        if one is None or (isinstance(one, _Clicks) and one.pressed is not None):
            return ()
        return tuple(self._close()) if seconds - one.ended > patience[type(one)] else ()

    def finish(self, seconds: float) -> tuple[Gesture, ...]:
        """Nothing more will come: keys and buttons that are down are released, and all is complete."""
        done = self._let_go(seconds) + self._close()
        self._held, self._tapped = [], ""
        return tuple(done)

    # The mouse.

    def _press(self, event: Event) -> list[Gesture]:
        self._tapped = ""
        one, at = self._open, event.at
        if at is None or (isinstance(one, _Clicks) and one.pressed is not None):
            return []  # a second button while one is down has no meaning of its own here
        hold = tuple(self._held)
        same = isinstance(one, _Clicks) and (one.button, one.hold) == (event.button, hold)
        if same and isinstance(one, _Clicks) and distance(one.at, at) <= SLACK:
            one.pressed, one.path = event.seconds, [at]
            return []
        done = self._close() + self._begin(event.seconds)
        self._open = _Clicks(at, event.button, hold, event.seconds, event.seconds)
        self._open.pressed, self._open.path = event.seconds, [at]
        return done

    def _move(self, event: Event) -> None:
        one = self._open
        if not isinstance(one, _Clicks) or one.pressed is None or event.at is None:
            return
        if one.path[-1] != event.at:
            one.path.append(event.at)
        if len(one.path) > MOST_POINTS:
            one.path = [*one.path[::2], one.path[-1]]

    def _release(self, event: Event) -> list[Gesture]:
        one = self._open
        if not isinstance(one, _Clicks) or one.pressed is None or one.button != event.button:
            return []
        self._move(event)
        return self._let_go(event.seconds)

    def _let_go(self, seconds: float) -> list[Gesture]:
        """The button that is down goes up, where the pointer is."""
        one = self._open
        if not isinstance(one, _Clicks) or one.pressed is None:
            return []
        pressed, one.pressed = one.pressed, None
        if one.moved():
            done = self._close() if one.count else []
            self._open = None
            drag = Drag(path=simplified(one.path), button=one.button, hold=one.hold)
            return [*done, self._done(drag, pressed, seconds)]
        length = round(seconds - pressed, 3)
        if length >= LONG_SECONDS and (one.count, one.button, one.hold) == (0, "left", ()):
            self._open = None
            long = LongPress(at=one.at, seconds=min(round(length, 1), LONGEST_PRESS))
            return [self._done(long, pressed, seconds)]
        one.count, one.ended = one.count + 1, seconds
        return self._close() if one.count == 3 else []

    def _turn(self, event: Event) -> list[Gesture]:
        self._tapped = ""
        hold, one = tuple(self._held), self._open
        joins = (
            isinstance(one, _Turning)
            and one.hold == hold
            and (one.at == event.at or bool(one.at and event.at and distance(one.at, event.at) <= 2 * SLACK))
            and abs(one.dx + event.dx) <= MOST_NOTCHES
            and abs(one.dy + event.dy) <= MOST_NOTCHES
        )
        done: list[Gesture] = []
        if not joins:
            done = self._let_go(event.seconds) + self._close() + self._begin(event.seconds)
            self._open = _Turning(event.at, hold, event.seconds, event.seconds)
        assert isinstance(self._open, _Turning)
        self._open.dx += event.dx
        self._open.dy += event.dy
        self._open.ended = event.seconds
        return done

    # The keyboard.

    def _key_down(self, event: Event) -> list[Gesture]:
        if event.key in MODIFIERS:
            if event.key not in self._held:
                self._held.append(event.key)
            self._tapped = event.key
            return []
        self._tapped = ""
        if event.text and set(self._held) <= {"shift"}:
            return self._type(event)
        typing = self._open if isinstance(self._open, _Typing) else None
        if typing is not None and not self._held and event.key == "enter":
            typing.ended = event.seconds
            return self._close(submit=True)
        if typing is not None and not self._held and event.key == "backspace":
            typing.text, typing.ended = typing.text[:-1], event.seconds
            if not typing.text:
                self._open, self._ended = None, event.seconds
            return []
        if not event.key:
            return []
        return self._chord((*self._held, event.key), event.seconds)

    def _key_up(self, event: Event) -> list[Gesture]:
        if event.key not in MODIFIERS:
            return []
        if event.key in self._held:
            self._held.remove(event.key)
        alone, self._tapped = self._tapped == event.key, ""
        # A desktop's menu opens at a tap of this key; a tap of the others does nothing that is meant.
        return self._chord(("win",), event.seconds) if alone and event.key == "win" else []

    def _chord(self, keys: tuple[str, ...], seconds: float) -> list[Gesture]:
        done = self._let_go(seconds) + self._close() + self._begin(seconds)
        return [*done, self._done(Key(keys=keys), seconds, seconds)]

    def _type(self, event: Event) -> list[Gesture]:
        done: list[Gesture] = []
        one = self._open
        if not isinstance(one, _Typing) or len(one.text) + len(event.text) > LONGEST_TEXT:
            done = self._let_go(event.seconds) + self._close() + self._begin(event.seconds)
            self._open = one = _Typing("", event.seconds, event.seconds)
        one.text += event.text
        one.ended = event.seconds
        return done

    # Ends and beginnings.

    def _begin(self, seconds: float) -> list[Gesture]:
        """Another gesture begins: the wait before it, if it was one."""
        if self._ended is None or seconds - self._ended <= PAUSE_SECONDS:
            return []
        length = min(float(round(seconds - self._ended)), LONGEST_PAUSE)
        return [Gesture(Wait(seconds=length), self._ended, seconds)]

    def _close(self, *, submit: bool = False) -> list[Gesture]:
        """Complete the open gesture, of which no button is down."""
        one, self._open = self._open, None
        if one is None:
            return []
        match one:
            case _Clicks():
                action: Action = Click(at=one.at, button=one.button, count=one.count, hold=one.hold)
            case _Typing():
                alone = one.text == " " and not submit
                action = Key(keys=("space",)) if alone else Type(text=one.text, submit=submit)
            case _Turning():
                if not (one.dx or one.dy):
                    return []
                action = Scroll(at=one.at, dx=one.dx, dy=one.dy, hold=one.hold)
        return [self._done(action, one.began, one.ended)]

    def _done(self, action: Action, began: float, ended: float) -> Gesture:
        self._ended = ended
        return Gesture(action, began, ended)
