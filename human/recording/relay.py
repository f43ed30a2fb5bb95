"""A person's events, done at a sandbox's desktop.

Keys are tapped, with the modifiers that the person holds; what a key writes is typed as text, so that it
arrives whatever keyboard the person has. Modifiers go down when something is done with them, not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deskhand.actions.keys import MODIFIERS
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, Key, KeyDown, KeyUp, MouseDown, MouseUp, Move, Scroll, Type
from deskhand.human.recording.events import Event
from deskhand.sandbox.protocol import Sandbox

MOST_AT_ONCE = 100


class Relay:
    """Does events at one desktop, in order."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._held: list[str] = []
        self._down: list[str] = []
        self._buttons: set[str] = set()
        self._tapped = ""

    def do(self, events: Sequence[Event]) -> Outcome:
        """Do events that ``grouped`` put together; the first outcome that is not ok, else ok."""
        for action in self._actions(events):
            outcome = self._sandbox.perform(action)
            if not outcome.ok:
                return outcome
        return Outcome.done()

    def let_go(self) -> None:
        """Release what is down."""
        for button in sorted(self._buttons):
            self._sandbox.perform(MouseUp.model_validate({"button": button}))
        for key in reversed(self._down):
            self._sandbox.perform(KeyUp(key=key))
        self._held, self._down, self._tapped = [], [], ""
        self._buttons.clear()

    def writes(self, event: Event) -> bool:
        """Whether an event is text and no chord, with what is held now."""
        return event.kind == "text" or (
            event.kind == "key_down" and bool(event.text) and set(self._held) <= {"shift"}
        )

    def grouped(self, events: Sequence[Event]) -> Iterator[list[Event]]:
        """Events in order, put together where they are done at once: moves in a row, letters in a row.

        To be taken one by one, each done before the next is asked for: it depends on what is held.
        """
        group: list[Event] = []
        for event in events:
            if group and not (self._joins(group[-1], event) and len(group) < MOST_AT_ONCE):
                yield group
                group = []
            group.append(event)
        if group:
            yield group

    def _joins(self, last: Event, event: Event) -> bool:
        if last.kind == event.kind == "move":
            return True
        if self.writes(last):
            # A letter's release comes between it and the next, and does nothing.
            return self.writes(event) or (event.kind == "key_up" and event.key not in MODIFIERS)
        return last.kind == "key_up" and last.key not in MODIFIERS and self.writes(event)

    def _actions(self, events: Sequence[Event]) -> Iterator[Action]:
        if any(self.writes(event) for event in events):
            yield from self._hold([])
            yield Type(text="".join(event.text for event in events if self.writes(event)))
            return
        yield from self._one(events[-1])

    def _one(self, event: Event) -> Iterator[Action]:
        if event.kind in ("press", "wheel"):
            self._tapped = ""
        match event.kind:
            case "move" if event.at is not None:
                yield Move(at=event.at)
            case "press":
                yield from self._hold(self._held)
                self._buttons.add(event.button)
                yield MouseDown(at=event.at, button=event.button)
            case "release" if event.button in self._buttons:
                self._buttons.discard(event.button)
                yield MouseUp(at=event.at, button=event.button)
            case "wheel":
                yield from self._hold(self._held)
                yield Scroll(at=event.at, dx=event.dx, dy=event.dy)
            case "key_down" | "key_up":
                yield from self._key(event)

    def _key(self, event: Event) -> Iterator[Action]:
        if event.key not in MODIFIERS:
            if event.kind == "key_down" and event.key:
                self._tapped = ""
                yield from self._hold(self._held)
                yield Key(keys=(event.key,))
            return
        if event.kind == "key_down":
            if event.key not in self._held:
                self._held.append(event.key)
            self._tapped = event.key
        else:
            if event.key in self._held:
                self._held.remove(event.key)
            if event.key in self._down:
                self._down.remove(event.key)
                yield KeyUp(key=event.key)
            elif event.key == self._tapped == "win":
                yield Key(keys=("win",))
            self._tapped = ""
        if self._buttons:
            yield from self._hold(self._held)

    def _hold(self, wanted: Sequence[str]) -> Iterator[Action]:
        """Have exactly these modifiers down."""
        for key in [key for key in self._down if key not in wanted]:
            self._down.remove(key)
            yield KeyUp(key=key)
        for key in [key for key in wanted if key not in self._down]:
            self._down.append(key)
            yield KeyDown(key=key)
