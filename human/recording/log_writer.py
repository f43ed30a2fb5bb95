"""Writes a person's actions into a trajectory, in a thread of its own, so that no input waits for it.

For each action: the screen before it is read, what was hit is found, what is secret is painted over and
taken out, and only then anything is written.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import TERMINAL_KINDS, Action, Click, Finished, Key, LongPress, Type
from deskhand.actions.words import describe
from deskhand.agent.files import keep_files
from deskhand.agent.given import Opening
from deskhand.errors import DeskhandError, LogError, SandboxError, SandboxLost
from deskhand.human.recording import privacy
from deskhand.human.recording.camera import TimedLook
from deskhand.human.recording.feed import MOST_MASKS, Feed
from deskhand.perception.elements.accessibility import elements_of
from deskhand.perception.reader import ScreenReader
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.difference import difference
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import HIDDEN_TEXT, Decision, Target
from deskhand.trajectories.redaction.secrets import Secrets, clipped, showing
from deskhand.trajectories.targets import targets_of
from deskhand.trajectories.writer import TrajectoryWriter

log = logging.getLogger(__name__)

MOST_WAITING = 64
LARGEST_TYPED = 0.3
"""Share of the screen that may change where something is typed; more is another screen."""

MOVES_FOCUS = frozenset({"tab", "enter", "esc", "up", "down", "pageup", "pagedown"})


@dataclass(frozen=True, slots=True)
class PersonAction:
    """An action that a person did.

    Attributes:
        before: the screen that it was done on.
        after: the screen when it was over.
        outcome: what became of it.
        hiding: the person wants what they type hidden.
        masks: the regions that they marked.
    """

    action: Action
    before: TimedLook
    after: TimedLook
    outcome: Outcome = field(default_factory=Outcome.done)
    hiding: bool = False
    masks: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class _Note:
    text: str


@dataclass(frozen=True, slots=True)
class _Unmask:
    box: Box


@dataclass(frozen=True, slots=True)
class _Seen:
    """A screen that was read: what is on it, and where the secrets are."""

    screenshot: Screenshot
    elements: tuple[Element, ...]
    passwords: tuple[Box, ...]
    focused_password: Box | None


class LogWriter:
    """Takes what was done, in order, and keeps it.

    Args:
        writer: the trajectory; nobody else writes to it until ``close``.
        feed: gets what was written.
        make_reader: makes what reads screens, given what asks the programs; its models are loaded here.
        takes_over: whether the steps are those of a person who has taken over from a policy, after so many
            of its steps; None for a recording of its own.
        secrets: what is hidden already, to which what is typed hidden is added.

    Attributes:
        step: number of the last step that was written.
        done: what was written, in words.
        touched: what was clicked last.
        error: what ended the writing; None while all is well.
    """

    def __init__(
        self,
        writer: TrajectoryWriter,
        feed: Feed,
        make_reader: Callable[[Callable[[], Sequence[Element]]], ScreenReader],
        takes_over: int | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.writer, self.feed = writer, feed
        self._by: Literal["", "person"] = "" if takes_over is None else "person"
        self.step = takes_over or 0
        self.done: list[str] = []
        self.error: DeskhandError | None = None
        self.secrets = secrets if secrets is not None else Secrets()
        self.touched: ScreenPoint | None = None
        self._reader = make_reader(self._ask)
        self._reader.load()
        self._looked: TimedLook | None = None
        self._own_masks: tuple[Box, ...] = ()
        self._focus: Target | None = None
        self._focus_known = False
        self._focus_secret = False
        self._queue: queue.Queue[PersonAction | _Note | _Unmask | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="log writer", daemon=True)
        self._thread.start()

    def put(self, done: PersonAction) -> None:
        """Have an action written; waits only if very many wait already."""
        self._queue.put(done)

    def note(self, text: str) -> None:
        """Have a note written."""
        self._queue.put(_Note(text))

    def unmask(self, box: Box) -> None:
        """From here on, do not paint over where something hidden was typed."""
        self._queue.put(_Unmask(box))

    def close(self) -> None:
        """Write what waits, then stop. May be called twice."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    # After close, in the caller's thread.

    def last_frame(self, look: TimedLook, masks: Sequence[Box]) -> tuple[str, tuple[Box, ...]]:
        """Keep the last screen; returns its digest and what was painted over."""
        return self._frame(self._see(look), masks)

    def finish(self, frame: str, masked: Sequence[Box], answer: str | None) -> str | None:
        """Write the person's word that it is done; returns the answer as it was kept."""
        kept = None if answer is None else self.secrets.scrubbed(answer)
        self.step += 1
        self._decide(Finished(answer=kept), frame, None, masked, ())
        return kept

    def keep_files(self, sandbox: Sandbox, opening: Opening | None = None) -> None:
        """Keep the files that were made, but for those in which a secret stands."""
        keep_files(sandbox, self.writer, self._write_note, may_keep=self.may_keep)
        if opening is not None:
            opening.keep_changed(self.writer, self._write_note, self.may_keep)

    def may_keep(self, path: str, content: bytes) -> bool:
        """Whether no secret stands in a file."""
        return not (self.secrets.in_text(path) or self.secrets.in_bytes(content))

    @property
    def own_masks(self) -> tuple[Box, ...]:
        """Where something hidden was typed."""
        return self._own_masks

    # In the thread.

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if self.error is not None:
                continue  # nothing is kept behind a gap
            try:
                match item:
                    case _Note(text=text):
                        self._write_note(text)
                    case _Unmask(box=box):
                        self._own_masks = tuple(one for one in self._own_masks if one != box)
                    case PersonAction():
                        self._write(item)
            except DeskhandError as error:
                self.error = error
            except Exception as error:  # noqa: BLE001 (a fault here must end the recording, not pass unseen)
                # Its message could contain what was typed; its class does not.
                self.error = LogError(f"an action could not be recorded ({type(error).__name__})")

    def _write(self, done: PersonAction) -> None:
        seen = self._see(done.before)
        target = self._target(done.action, seen)
        hidden = isinstance(done.action, Type) and self._is_secret(done, seen, target)
        action = done.action
        if hidden and isinstance(action, Type):
            self.secrets.add(action.text)
            action = action.model_copy(update={"text": HIDDEN_TEXT})
        frame, masked = self._frame(seen, done.masks)
        if hidden:
            self._mask_typed(done, seen, target)
        if target is not None:
            target = target.model_copy(update={"name": self._safe_name(target.name)})
        self.step += 1
        self._decide(action, frame, target, masked, (0,) if hidden else ())
        outcome = done.outcome.model_copy(update={"reason": "hidden"}) if hidden else done.outcome
        self.writer.outcome(self.step, 0, done.outcome if done.outcome.ok else outcome)
        words = describe(action, target.words if target is not None else "")
        self.done.append(words)
        self.feed.add(self.step, "action", words)
        if not done.outcome.ok:
            self.feed.add(self.step, "refused", f"{outcome.status}: {outcome.reason}")
        self._follow_focus(action, target, seen)

    def _decide(
        self,
        action: Action,
        frame: str,
        target: Target | None,
        masked: Sequence[Box],
        hidden: Sequence[int],
    ) -> None:
        targets = () if action.kind in TERMINAL_KINDS else (target,)
        decision = Decision(reply=Reply(actions=(action,)))
        self.writer.decision(
            self.step,
            frame,
            decision,
            targets=targets,
            masked=tuple(masked),
            hidden=tuple(hidden),
            by=self._by,
        )

    def _write_note(self, text: str) -> None:
        kept = self.secrets.scrubbed(text)
        self.writer.note(self.step, kept)
        self.feed.add(self.step, "note", kept)

    # What is on a screen.

    def _see(self, look: TimedLook) -> _Seen:
        self._looked = look
        elements = self._reader.read(look.screenshot)
        password_boxes: list[tuple[Box, bool]] = []
        try:
            password_boxes = privacy.reported_password_boxes(look.accessibility.xml, look.screenshot.viewport)
        except SandboxLost:
            raise
        except SandboxError as error:
            log.warning("what the programs reported is invalid: %s", error)
        boxes = [one.box for one in privacy.password_fields(elements)] + [box for box, _ in password_boxes]
        focused = next((box for box, has_keyboard in password_boxes if has_keyboard), None)
        return _Seen(look.screenshot, elements, tuple(boxes), focused)

    def _ask(self) -> Sequence[Element]:
        """What the programs reported when the screen that is read was shown."""
        look = self._looked
        if look is None or look.accessibility.xml is None:
            return ()
        return elements_of(look.accessibility.xml, look.screenshot.viewport)

    def _target(self, action: Action, seen: _Seen) -> Target | None:
        [target] = targets_of((action,), seen.elements)
        if target is None and isinstance(action, Type) and self._focus_known:
            return self._focus
        return target

    def _follow_focus(self, action: Action, target: Target | None, seen: _Seen) -> None:
        """Remember what a click gave the keyboard to; a key that moves it on makes that unknown."""
        if isinstance(action, Click | LongPress):
            self.touched = action.at
            takes_text = target is not None and target.role in privacy.FIELDS
            self._focus, self._focus_known = (target if takes_text else None), takes_text
            self._focus_secret = takes_text and target is not None and _meets(target.box, seen.passwords)
        elif (isinstance(action, Key) and MOVES_FOCUS & set(action.keys)) or (
            isinstance(action, Type) and (action.submit or "\t" in action.text)
        ):
            self._focus, self._focus_known, self._focus_secret = None, False, False

    # What is secret.

    def _is_secret(self, done: PersonAction, seen: _Seen, target: Target | None) -> bool:
        assert isinstance(done.action, Type)
        if done.hiding or self.secrets.in_text(done.action.text) or seen.focused_password is not None:
            return True
        if target is None:
            # Nobody knows where it went, so a password field anywhere on the screen is enough.
            secret = privacy.asks_for_password(seen.elements) or bool(seen.passwords)
        elif target.role == "area":
            inside = [one for one in seen.elements if target.box.contains(one.box.centre)]
            secret = privacy.asks_for_password(inside)
        else:
            secret = self._focus_secret or _meets(target.box, seen.passwords)
        if target is not None and _mostly_in(target.box, done.masks):
            return True
        return secret or self._turned_to_dots(done, seen)

    def _turned_to_dots(self, done: PersonAction, seen: _Seen) -> bool:
        """Whether what was typed shows as a password does, or went into a field that is now known for one."""
        after = self._see(done.after)
        if done.before.accessibility.xml is None and after.focused_password is not None:
            return True
        change = difference(seen.screenshot, after.screenshot)
        new = [box for box in after.passwords if not _meets(box, seen.passwords)]
        return any(_meets(box, change.boxes) for box in new)

    def _mask_typed(self, done: PersonAction, seen: _Seen, target: Target | None) -> None:
        """From now on, paint over where something hidden was typed, also if it no longer looks like a secret.

        The person is shown these regions with their own, and can take them away.
        """
        change = difference(seen.screenshot, done.after.screenshot)
        changed = change.boxes if change.share < LARGEST_TYPED else ()
        if target is not None and target.role != "area":
            boxes = [target.box]
        else:
            boxes = [box for box in seen.passwords if _meets(box, changed)] or list(changed)
        for box in clipped(boxes, seen.screenshot.viewport):
            self._own_masks = (*self._own_masks, box)[-MOST_MASKS:]
            self.feed.mask(box, on=True)

    def _frame(self, seen: _Seen, masks: Sequence[Box]) -> tuple[str, tuple[Box, ...]]:
        """Keep a screen without its secrets; returns its digest and what was painted over."""
        shown = showing(self.secrets, seen.elements)
        everything = (*masks, *self._own_masks, *seen.passwords, *shown)
        boxes = clipped(everything, seen.screenshot.viewport)
        return self.writer.frame(seen.screenshot.painted(boxes)), boxes

    def _safe_name(self, name: str) -> str:
        return HIDDEN_TEXT if self.secrets.in_text(name) else name


def _mostly_in(box: Box, others: Sequence[Box]) -> bool:
    return any(2 * box.intersection(other).area > box.area for other in others)


def _meets(box: Box, others: Sequence[Box]) -> bool:
    return any(box.intersection(other).area for other in others)
