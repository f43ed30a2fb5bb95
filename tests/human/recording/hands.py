"""What a hand does to have an action done: its raw events."""

from __future__ import annotations

from collections.abc import Iterable

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Action, Button, Click, Drag, Key, LongPress, Scroll, Type, Wait
from deskhand.human.recording.events import Event
from deskhand.human.recording.gestures import Gestures

BETWEEN = 2.5
"""Seconds between two actions: too long for one gesture, too short for a wait."""


class HandOf:
    """Writes down events, with a clock of its own."""

    def __init__(self, seconds: float = 10.0) -> None:
        self.seconds = seconds
        self.events: list[Event] = []

    def add(self, event: Event, after: float = 0.02) -> None:
        self.seconds = round(self.seconds + after, 6)
        self.events.append(
            Event(event.kind, self.seconds, event.at, event.button, event.key, event.text, event.dx, event.dy)
        )

    def press(self, at: ScreenPoint, button: Button = "left", after: float = 0.02) -> None:
        self.add(Event("press", 0, at=at, button=button), after)

    def release(self, at: ScreenPoint, button: Button = "left", after: float = 0.02) -> None:
        self.add(Event("release", 0, at=at, button=button), after)

    def key(self, key: str, text: str = "", after: float = 0.02) -> None:
        self.add(Event("key_down", 0, key=key, text=text), after)
        self.add(Event("key_up", 0, key=key))

    def hold(self, keys: Iterable[str], kind: str = "key_down") -> None:
        for key in keys:
            self.add(Event("key_down" if kind == "key_down" else "key_up", 0, key=key))

    def do(self, action: Action) -> None:
        """The events of one action."""
        match action:
            case Click(at=at, button=button, count=count, hold=hold):
                self.hold(hold)
                for _ in range(count):
                    self.press(at, button)
                    self.release(at, button)
                self.hold(reversed(hold), "key_up")
            case LongPress(at=at, seconds=seconds):
                self.press(at)
                self.release(at, after=seconds)
            case Drag(path=path, button=button, hold=hold):
                self.hold(hold)
                self.press(path[0], button)
                for point in path[1:]:
                    self.add(Event("move", 0, at=point))
                self.release(path[-1], button)
                self.hold(reversed(hold), "key_up")
            case Scroll(at=at, dx=dx, dy=dy, hold=hold):
                self.hold(hold)
                for _ in range(abs(dx)):
                    self.add(Event("wheel", 0, at=at, dx=1 if dx > 0 else -1))
                for _ in range(abs(dy)):
                    self.add(Event("wheel", 0, at=at, dy=1 if dy > 0 else -1))
                self.hold(reversed(hold), "key_up")
            case Type(text=text, submit=submit):
                for letter in text:
                    self.key(letter if letter.isascii() else "", letter)
                if submit:
                    self.key("enter")
            case Key(keys=keys):
                self.hold(keys[:-1])
                self.key(keys[-1])
                self.hold(reversed(keys[:-1]), "key_up")
            case Wait(seconds=seconds):
                self.seconds += seconds - BETWEEN


def read(events: Iterable[Event], *, ticks: bool = False) -> list[Action]:
    """What these events are read as."""
    gestures, done, last = Gestures(), [], 0.0
    for event in events:
        if ticks:
            done += gestures.tick((last + event.seconds) / 2 if last else event.seconds)
        done += gestures.feed(event)
        last = event.seconds
    done += gestures.finish(last + 0.01)
    return [gesture.action for gesture in done]


def acted(*actions: Action) -> list[Event]:
    """The events of actions, one after the other."""
    hand = HandOf()
    for action in actions:
        hand.seconds += BETWEEN
        hand.do(action)
    return hand.events
