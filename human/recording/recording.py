"""A recording: what a person does at a desktop, taken in order, done there, and kept as a trajectory.

recording = Recording(desktop, writer, task)
server = PageServer(recording)      # or anything else that calls submit()
result = recording.run()
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from deskhand.actions.geometry import Box
from deskhand.actions.keys import STOP_CHORD
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, Key, OpenApp, Wait
from deskhand.agent.control import Driven
from deskhand.agent.given import Opening, made_files
from deskhand.agent.result import RunResult, Status
from deskhand.errors import DeskhandError, LogError, SandboxError
from deskhand.human.recording.camera import Camera, TimedLook
from deskhand.human.recording.events import (
    Event,
    Finish,
    Gesture,
    Hide,
    Item,
    MaskRequest,
    Note,
    OpenProgram,
    Pause,
)
from deskhand.human.recording.feed import Feed
from deskhand.human.recording.gestures import Gestures
from deskhand.human.recording.log_writer import LogWriter, PersonAction
from deskhand.human.recording.relay import Relay
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.abilities import ReportsAccessibility, applications_of
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.redaction.secrets import Secrets
from deskhand.trajectories.writer import TrajectoryWriter

log = logging.getLogger(__name__)

POLICY = "person"
"""Who decided, in the header of a recording."""

TICK_SECONDS = 0.1
ANSWER_SECONDS = 1.0
"""After this long, the screen shows what a gesture did at once; what changes later was waited for."""

REACTION_SECONDS = 0.02
MOST_WAITING = 10_000


class Full(Exception):
    """Nothing is taken in: too much waits to be done, or the recording has ended."""


class Recording:
    """One recording of one desktop.

    Args:
        sandbox: a desktop that runs. It is left running.
        writer: the trajectory that is written.
        inject: do the events at the desktop; False where the person has done them there already.
        tree: ask the programs what they show.
        masks: regions that are painted over from the start.
        hiding: hide what is typed, from the start.
        feed: gets everything that is recorded.
        opening: what was opened at the start, whose copies are kept at the end.
        camera: what looks at the desktop, if something does already; it is not closed.
        takes_over: number of a run's last step, after which the person takes over from its policy; None for
            a recording of its own.
        secrets: what is hidden already, to which what is typed hidden is added.

    Raises:
        EnvironmentProblem: what reads screens is missing here.
        SandboxLost: the desktop is gone.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        writer: TrajectoryWriter,
        *,
        inject: bool = True,
        tree: bool = False,
        masks: Sequence[Box] = (),
        hiding: bool = False,
        feed: Feed | None = None,
        opening: Opening | None = None,
        camera: Camera | None = None,
        takes_over: int | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.sandbox, self.writer = sandbox, writer
        self.feed = feed if feed is not None else Feed()
        self.feed.set(masks=tuple(masks), hiding=hiding)
        self._tree, self._opening = tree, opening
        self._log_writer = LogWriter(writer, self.feed, self._reader, takes_over, secrets)
        self._owns_camera = camera is None
        try:
            asking = sandbox.accessibility if isinstance(sandbox, ReportsAccessibility) else None
            self.camera = camera or Camera(sandbox.screenshot, asking if tree else None)
        except BaseException:
            self._log_writer.close()
            raise
        self.away: Callable[[], str] = lambda: ""
        """Says, in words, that whoever must be there is gone for too long; empty while all is well."""
        self._inject = inject
        self._hand = Relay(sandbox)
        self._gestures = Gestures()
        self._inbox: queue.Queue[Item] = queue.Queue(MOST_WAITING)
        self._began = self._acted = time.monotonic()
        self._before = self.camera.newest
        self._rested: TimedLook | None = None
        self._outcome = Outcome.done()
        self._ending: Finish | None = None
        self._closing = threading.Event()
        self.interrupted = False
        """Whether the thread that takes what is submitted was interrupted."""

    def submit(self, items: Sequence[Item]) -> None:
        """Have things done and recorded, in order; from any thread.

        Raises:
            Full: too many wait already, or it has ended; none of these was taken.
        """
        if self._closing.is_set():
            raise Full("the recording has ended")
        if self._inbox.qsize() + len(items) > MOST_WAITING:
            raise Full("too much waits to be done")
        for item in items:
            self._inbox.put(item)

    def run(self) -> RunResult:
        """Take what is submitted until the person is done, stops or is gone; says how it ended.

        Every failure of the sandbox or the log is a status, not an exception.
        """
        status: Status = "stopped"
        reason, answer = "", None
        try:
            ending = self._taken()
            status = "finished" if ending.done else "stopped"
            reason = "" if ending.done else ending.reason
            answer = ending.answer
        except KeyboardInterrupt:
            reason = "stopped by the user"
        except LogError as error:
            status, reason = "log_error", str(error)
        except DeskhandError as error:
            status, reason = "sandbox_lost", str(error)
        return self._end(status, reason, answer)

    def drive(self) -> Driven:
        """Take what is submitted until the person gives back; the run that they took over goes on.

        An interruption of this thread ends it too: what was done and hidden is known nevertheless.

        Raises:
            SandboxError: the desktop is gone.
            LogError: what was done could not be recorded.
        """
        try:
            self._taken()
        except KeyboardInterrupt:
            self.interrupted = True
        self._closing.set()
        self._complete()
        self._log_writer.close()
        if self._log_writer.error is not None:
            raise self._log_writer.error
        masks = (*self.feed.state.masks, *self._log_writer.own_masks)
        return Driven(
            self._log_writer.step,
            tuple(self._log_writer.done),
            tuple(dict.fromkeys(masks)),
            touched=self._log_writer.touched,
            scrubbed=self._log_writer.secrets.scrubbed,
            may_keep=self._log_writer.may_keep,
        )

    def close(self) -> None:
        """Let go of the desktop. May be called twice."""
        self._closing.set()
        self._log_writer.close()
        if self._owns_camera:
            self.camera.close()

    # One turn.

    def _taken(self) -> Finish:
        """What ended it, once everything that was submitted before is done."""
        while self._ending is None:
            self._turn()
        return self._ending

    def _turn(self) -> None:
        items = self._take()
        self._check()
        events: list[Event] = []
        for item in items:
            if isinstance(item, Event):
                events.append(item)
                continue
            self._do(events)
            events = []
            self._obey(item)
            if self._ending is not None:
                return
        self._do(events)
        self._keep(self._gestures.tick(time.monotonic()), None)
        self._rest()

    def _take(self) -> list[Item]:
        items: list[Item] = []
        with contextlib.suppress(queue.Empty):
            items.append(self._inbox.get(timeout=TICK_SECONDS))
            while len(items) < MOST_WAITING:
                items.append(self._inbox.get_nowait())
        return items

    def _check(self) -> None:
        for error in (self._log_writer.error, self.camera.error):
            if error is not None:
                raise error
        reason = self.away()
        if reason:
            self._ending = Finish(done=False, reason=reason)

    def _do(self, events: Sequence[Event]) -> None:
        for group in self._hand.grouped(events) if self._inject else ([event] for event in events):
            look = self._look(group[0])
            outcome = self._hand.do(group) if self._inject else Outcome.done()
            if group[0].kind != "move":
                self._acted = time.monotonic()
            if self.feed.state.paused:
                continue
            for event in group:
                self._feed(event, look, outcome)

    def _look(self, event: Event) -> TimedLook:
        """The screen before an event; only those that may begin a gesture need a fresh one."""
        if self._inject:
            return self.camera.look(0.0 if event.kind in ("move", "release", "key_up") else self._acted)
        return self.camera.before(event.seconds - REACTION_SECONDS)

    def _feed(self, event: Event, look: TimedLook, outcome: Outcome) -> None:
        began = self._gestures.began
        gestures = self._gestures.feed(event)
        for gesture in gestures:
            if isinstance(gesture.action, Wait):
                pass  # it was over before this event
            elif gesture.began >= event.seconds:
                self._before, self._outcome = look, outcome
            elif gesture.ended >= event.seconds:
                self._outcome = self._outcome if not self._outcome.ok else outcome
            self._keep([gesture], look)
        if self._gestures.began is not None and (gestures or self._gestures.began != began):
            self._before, self._outcome = look, outcome
        elif self._outcome.ok:
            self._outcome = outcome

    def _keep(self, gestures: Sequence[Gesture], after: TimedLook | None) -> None:
        """Have gestures that are complete written."""
        for gesture in gestures:
            action: Action = gesture.action
            if isinstance(action, Key) and set(STOP_CHORD) <= set(action.keys) and not self._inject:
                continue  # how the person ends it
            later = after if after is not None else self.camera.newest
            if isinstance(action, Wait):
                self._keep_wait(action, later)
                continue
            state = self.feed.state
            self._log_writer.put(
                PersonAction(action, self._before, later, self._outcome, state.hiding, state.masks)
            )
            self._outcome, self._rested = Outcome.done(), None

    def _keep_wait(self, action: Wait, after: TimedLook) -> None:
        """A pause is a wait if the screen went on changing in it; else the person was thinking."""
        rested, self._rested = self._rested, None
        if rested is None:
            return
        change = difference(rested.screenshot, after.screenshot)
        if change and not change.only_caret:
            state = self.feed.state
            self._log_writer.put(
                PersonAction(action, rested, after, Outcome.done(), state.hiding, state.masks)
            )

    def _rest(self) -> None:
        """Remember the screen as it was a moment after the last gesture."""
        if self._rested is None and time.monotonic() - self._acted > ANSWER_SECONDS:
            self._rested = self.camera.newest

    # What else the person wants.

    def _obey(self, item: Pause | Hide | MaskRequest | OpenProgram | Note | Finish) -> None:
        if not isinstance(item, Note):
            self._complete()
        state = self.feed.state
        match item:
            case Pause(on=on) if on != state.paused:
                self.feed.set(paused=on)
                self._gestures = Gestures()
                self._log_writer.note(
                    "paused: what is done from here on is not recorded" if on else "recording goes on"
                )
            case Hide(on=on):
                self.feed.set(hiding=on)
            case MaskRequest(box=box, on=on):
                self.feed.mask(box, on=on)
                if not on:
                    self._log_writer.unmask(box)
            case OpenProgram(name=name):
                self._open(name)
            case Note(text=text):
                self._log_writer.note(text)
            case Finish():
                self._ending = item

    def _open(self, name: str) -> None:
        """Open a program, and record that as an action like any other."""
        action, before = OpenApp(name=name), self.camera.look(self._acted)
        outcome = self.sandbox.perform(action)
        self._acted = time.monotonic()
        state = self.feed.state
        if not state.paused:
            after = self.camera.look(self._acted)
            self._log_writer.put(PersonAction(action, before, after, outcome, state.hiding, state.masks))

    def programs(self) -> list[str]:
        """The programs that can be opened, by their names in the menu; none where nothing is done by us."""
        able = self._inject and "open_app" in self.sandbox.supported
        return list(applications_of(self.sandbox)) if able else []

    def _complete(self) -> None:
        """What was begun is over."""
        if not self.feed.state.paused:
            self._keep(self._gestures.finish(time.monotonic()), None)
        if self._inject:
            self._hand.let_go()

    # The end.

    def _end(self, status: Status, reason: str, answer: str | None) -> RunResult:
        self._closing.set()
        frame: str | None = None
        if status not in ("sandbox_lost", "log_error"):
            self._complete()
        self._log_writer.close()
        error = self._log_writer.error
        if error is not None and status in ("finished", "stopped"):
            status, reason = ("log_error" if isinstance(error, LogError) else "sandbox_lost"), str(error)
        if status in ("finished", "stopped"):
            try:
                frame, masked = self._log_writer.last_frame(self._last_look(), self.feed.state.masks)
                if status == "finished":
                    answer = self._log_writer.finish(frame, masked, answer)
                self._log_writer.keep_files(self.sandbox, self._opening)
            except LogError as error:
                status, reason = "log_error", str(error)
            except SandboxError as error:
                log.warning("the last screen or a file could not be kept: %s", error)
        return self._result(status, reason, answer if status == "finished" else None, frame)

    def _last_look(self) -> TimedLook:
        settled = settle(self.sandbox.screenshot)
        newest = self.camera.newest
        same = not difference(newest.screenshot, settled.screenshot)
        return newest if same else TimedLook(newest.number + 1, settled.screenshot, time.monotonic())

    def _result(self, status: Status, reason: str, answer: str | None, frame: str | None) -> RunResult:
        try:
            self.writer.end(self._log_writer.step, status, answer=answer, reason=reason, frame=frame)
        except LogError as error:
            log.warning("the end could not be recorded: %s", error)
            status, reason = "log_error", str(error)
        self.feed.set(ended=status + (f": {reason}" if reason else ""))
        return RunResult(
            status=status,
            answer=answer,
            reason=reason,
            steps=self._log_writer.step,
            seconds=time.monotonic() - self._began,
            trajectory=self.writer.folder,
            files=made_files(self.writer),
        )

    def _reader(self, ask: Callable[[], Sequence[object]]) -> ScreenReader:
        if not self._tree:
            return ScreenReader(sources=PIXELS)
        return ScreenReader(tree=ask)  # type: ignore[arg-type]
