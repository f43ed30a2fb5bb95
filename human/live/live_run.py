"""A run as a person watches it: what happens, what is asked, and who acts.

    live = LiveRun(desktop, task="...", policy="...")
    run(task, desktop, policy, control=live.control, listener=live, guard=Guard(rules, ask=live.allows))

It hears of the run through the loop's ``Listener``, acts on it through its ``Control``, and is the
``Driver`` that has a person operate the desktop. Pages read ``changes`` and send what they want; who may, is
the server's to know.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, CallUser, points_of
from deskhand.actions.words import describe
from deskhand.agent.control import Control, Driven
from deskhand.agent.named_secrets import NamedSecrets
from deskhand.agent.result import RunResult
from deskhand.agent.rules.guard import RuleQuestion
from deskhand.errors import SandboxLost, UsageError
from deskhand.human.recording.camera import Camera
from deskhand.human.recording.events import Finish, Hide, Item
from deskhand.human.recording.feed import Feed, FeedLine
from deskhand.human.recording.recording import Recording
from deskhand.perception.screen import Screenshot
from deskhand.perception.thumbnails import thumbnail
from deskhand.sandbox.abilities import ReportsAccessibility, applications_of
from deskhand.sandbox.protocol import Sandbox
from deskhand.text import clean
from deskhand.trajectories.records import Decision
from deskhand.trajectories.redaction.secrets import Secrets
from deskhand.trajectories.writer import TrajectoryWriter
from deskhand.waiting import WaitTimeout, wait_until

MOST_STEPS = 500
"""Steps that a page is shown; the trajectory has them all."""
PICTURE_WIDTH = 480
"""Pixels across of the small picture of a step."""
LONGEST = 2000
ANSWER_SECONDS = 300.0
"""What a vendor's model asks of the person is answered with no after this long."""
CUT_SECONDS = 5.0


@dataclass(slots=True)
class ShownStep:
    """A step as pages show it; all texts are cleaned, and pages put them in as text."""

    number: int
    version: int
    by: str = "agent"
    thought: str = ""
    error: str = ""
    actions: list[str] = field(default_factory=list)
    points: list[list[list[int]]] = field(default_factory=list)
    outcomes: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    tokens: int = 0
    cost: float | None = None
    picture: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """Everything but the picture, which is fetched."""
        names = (
            "number", "by", "thought", "error", "actions", "points", "outcomes", "notes", "seconds", "tokens",
            "cost",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class StandingQuestion:
    """What the person is asked: yes or no."""

    id: int
    words: str
    why: str
    until: float


class LiveRun:
    """One run while it is watched. A context manager; leaving it stops looking at the desktop.

    Args:
        sandbox: a desktop that runs.
        task: what is to be done, in words.
        policy: who decides.
        tree: ask the programs what they show while a person operates, to find password fields.
        secrets: values that the run types and nobody sees.
        announce: is told, in words, that a question waits.

    Attributes:
        control: the run's; it can be taken over.
        when_began: is told the trajectory's folder when the run begins.
        driver_is_here: whether whoever took over is still there, as the server knows.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        task: str,
        policy: str,
        tree: bool = False,
        secrets: NamedSecrets | None = None,
        announce: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.control = Control(self)
        self.task, self.policy = clean(task, LONGEST), clean(policy)
        self.when_began: Callable[[Path], object] = lambda folder: None
        self.driver_is_here: Callable[[], bool] = lambda: True
        self._sandbox, self._tree, self._announce = sandbox, tree, announce
        self._secrets = secrets or NamedSecrets({})
        self._hidden = Secrets()
        self._secrets.add_to(self._hidden)
        self._changed = threading.Condition()
        self._steps: dict[int, ShownStep] = {}
        self._version = self._questions = 0
        self._question: StandingQuestion | None = None
        self._answer: bool | None = None
        self._asked = self._ended = self._writing = ""
        self._recording: Recording | None = None
        self._pause_after = False
        asks = tree and isinstance(sandbox, ReportsAccessibility)
        self.camera = Camera(self._capture, self._reported if asks else None)

    def __enter__(self) -> LiveRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.camera.close()

    # What the loop reports.

    def began(self, trajectory: Path) -> None:
        """Tell whoever wants to know where it is recorded."""
        self.when_began(trajectory)

    def decided(self, step: int, decision: Decision) -> None:
        """Show what is to be done, with the screen as it is now."""
        shown = ShownStep(
            step,
            0,
            error=clean(decision.error, LONGEST),
            seconds=round(decision.usage.seconds, 3),
            tokens=decision.usage.tokens,
            cost=decision.usage.cost,
            picture=thumbnail(self.camera.newest.screenshot, PICTURE_WIDTH),
        )
        asked = ""
        if decision.reply is not None:
            shown.thought = clean(decision.reply.thought, LONGEST)
            shown.actions = [clean(describe(action), LONGEST) for action in decision.reply.actions]
            shown.points = [[[at.x, at.y] for at in points_of(action)] for action in decision.reply.actions]
            questions = [one.question or "" for one in decision.reply.actions if isinstance(one, CallUser)]
            asked = clean(questions[0], LONGEST) or "What now?" if questions else ""
        with self._changed:
            self._asked, self._writing = asked, ""
            self._show(shown)
        if asked:
            self._announce(f"It asks you: {asked}")

    def thinking(self, text: str) -> None:
        """Show what the model has written so far of its next step."""
        with self._changed:
            self._writing = clean(text, LONGEST)
            self._turn()

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        """Show what became of an action."""
        with self._changed:
            shown = self._step(step)
            shown.outcomes.append([outcome.status, clean(outcome.reason, LONGEST)])
            self._show(shown)

    def noted(self, step: int, text: str) -> None:
        """Show a remark with the step that it came after."""
        with self._changed:
            shown = self._step(step)
            shown.notes.append(clean(text, LONGEST))
            self._show(shown)

    def paused(self) -> None:
        """Show that it stands still."""
        self.wake()

    def ended(self, result: RunResult) -> None:
        """Show how it ended; nothing more comes."""
        answer = f", answer: {result.answer}" if result.answer is not None else ""
        reason = f" ({result.reason})" if result.reason else ""
        with self._changed:
            self._question, self._asked = None, ""
            self._ended = clean(
                f"{result.status}{reason} after {result.steps} steps, {result.seconds:.1f} s{answer}", LONGEST
            )
            self._turn()

    # What is asked of the person.

    def allows(self, question: RuleQuestion) -> bool | None:
        """Whether the person allows an action that a rule asks about; None where nobody answered."""
        by = f"Rule {question.rule}" if question.rule else "The rules"
        return self._ask(question.words, f"{by}: {question.why}", question.seconds)

    def agrees(self, warning: str) -> bool:
        """Whether the person agrees to what a model's vendor warns of."""
        return bool(
            self._ask("Go on with this step?", f"The model's vendor warns: {warning}", ANSWER_SECONDS)
        )

    def answer(self, number: int, yes: bool) -> None:
        """The person's answer to a question.

        Raises:
            UsageError: that question is over.
        """
        with self._changed:
            if self._question is None or self._question.id != number:
                raise UsageError("that question is over")
            self._question, self._answer = None, yes
            self._turn()

    # What the person wants.

    def tell(self, text: str) -> None:
        """Tell the agent a line; it reads it with its next decision, or as the answer to what it asks.

        Raises:
            UsageError: too many lines wait.
        """
        self.control.tell(clean(text, LONGEST))
        with self._changed:
            self._asked = ""
            self._turn()

    def take_over(self) -> None:
        """Let the person act: what the agent does is ended, and what it asked is not answered."""
        self.control.take_over()
        self.wake()

    def give_back(self, *, pause: bool = False) -> None:
        """Let the agent act again, once what the person did is recorded."""
        with self._changed:
            recording = self._recording
        if recording is None:
            self.control.give_back(pause=pause)
        else:
            self._pause_after = pause
            recording.submit([Finish(done=True)])
        self.wake()

    def submit(self, items: Sequence[Item]) -> None:
        """Have the events of whoever has taken over done, in order.

        Raises:
            UsageError: the agent acts.
            Full: too much waits to be done.
        """
        with self._changed:
            recording = self._recording
        if recording is None:
            raise UsageError("the agent acts: take over first")
        recording.submit(items)

    def let_go(self) -> None:
        """Release the keys and buttons that a page held which no longer operates."""
        with self._changed:
            recording = self._recording
        if recording is not None:
            recording.submit([Hide(recording.feed.state.hiding)])

    def drive(
        self, sandbox: Sandbox, writer: TrajectoryWriter, step: int, masks: Sequence[Box], left: float
    ) -> Driven:
        """As ``agent.control.Driver`` has it."""
        feed = Feed(self._recorded)
        recording = Recording(
            sandbox,
            writer,
            tree=self._tree,
            masks=masks,
            feed=feed,
            camera=self.camera,
            takes_over=step,
            secrets=self._hidden,
        )
        absence = _Absence(self.driver_is_here, left)
        recording.away = lambda: "given back" if self._is_over_or_back() else absence.reason()
        self._pause_after = False
        with contextlib.closing(recording):
            with self._changed:
                self._recording = recording
                self._turn()
            try:
                driven = recording.drive()
                if recording.interrupted:
                    self.control.stop()
            finally:
                with self._changed:
                    self._recording = None
        if not self._is_over_or_back() and not absence.reason():
            self.control.give_back(pause=self._pause_after)
        self.wake()
        return replace(driven, away=absence.seconds)

    # What pages read.

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return bool(self._ended)

    @property
    def version(self) -> int:
        """Grows with everything that happens."""
        return self._version

    def changes(self, after: int, timeout: float) -> dict[str, Any]:
        """How it stands, and the steps that are new since version ``after``, once there is something new."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > after, timeout)
            question, recording = self._question, self._recording
            steps = [one.as_json() for one in self._steps.values() if one.version > after]
            return {
                "version": self._version,
                "phase": self._phase(),
                "task": self.task,
                "policy": self.policy,
                "steps": steps,
                "question": None
                if question is None
                else {
                    "id": question.id,
                    "words": question.words,
                    "why": question.why,
                    "seconds": max(0.0, round(question.until - time.monotonic(), 1)),
                },
                "asked": self._asked,
                "writing": self._writing,
                "hiding": recording is not None and recording.feed.state.hiding,
                "ended": self._ended,
                "lost": "" if self.camera.error is None else clean(str(self.camera.error), LONGEST),
            }

    def picture(self, step: int) -> bytes:
        """The small picture of a step; empty where there is none."""
        with self._changed:
            return self._steps[step].picture if step in self._steps else b""

    def programs(self) -> list[str]:
        """The programs that whoever takes over can open, by their names in the menu."""
        return list(applications_of(self._sandbox)) if "open_app" in self._sandbox.supported else []

    def wake(self) -> None:
        """Have pages look again."""
        with self._changed:
            self._turn()

    def _phase(self) -> str:
        if self._ended:
            return "ended"
        if self._recording is not None:
            return "driving"
        if self.control.taken:
            return "taking"
        if self._question is not None:
            return "asking"
        if self.control.paused:
            return "paused"
        return "waiting" if self._asked else "running"

    def _ask(self, words: str, why: str, seconds: float) -> bool | None:
        with self._changed:
            self._questions += 1
            number, until = self._questions, time.monotonic() + min(seconds, self.control.left())
            self._question = StandingQuestion(number, clean(words, LONGEST), clean(why, LONGEST), until)
            self._answer = None
            self._turn()
        self._announce(f"May it do this? {words} ({why}) The page takes the answer.")
        with self._changed:
            # Stop and taking over do not wake this condition, so it is looked at now and then.
            while self._question is not None and time.monotonic() < until and not self._is_moot():
                self._changed.wait(0.05)
            answer, self._question, self._answer = self._answer, None, None
            self._turn()
            return answer

    def _is_over_or_back(self) -> bool:
        return self.control.stopping or not self.control.taken

    def _is_moot(self) -> bool:
        return self.control.stopping or self.control.taken

    def _recorded(self, line: FeedLine) -> None:
        """Something that the person did was recorded."""
        picture = thumbnail(self.camera.newest.screenshot, PICTURE_WIDTH)
        with self._changed:
            shown = self._step(line.step)
            shown.by = "person"
            shown.picture = shown.picture or picture
            if line.kind == "action":
                shown.actions.append(clean(line.text, LONGEST))
            else:
                shown.notes.append(clean(line.text, LONGEST))
            self._show(shown)

    def _step(self, number: int) -> ShownStep:
        return self._steps.get(number) or ShownStep(number, 0)

    def _show(self, step: ShownStep) -> None:
        self._turn()
        step.version = self._version
        self._steps[step.number] = step
        while len(self._steps) > MOST_STEPS:
            del self._steps[min(self._steps)]

    def _turn(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _capture(self) -> Screenshot:
        """The screen; one whose request was broken off with the agent's action is looked at again."""
        return self._secrets.paint(self._raw())

    def _reported(self) -> str:
        """What the programs say that they show, without secrets."""
        assert isinstance(self._sandbox, ReportsAccessibility)
        return self._secrets.scrubbed(self._sandbox.accessibility())

    def _raw(self) -> Screenshot:
        try:
            return self._sandbox.screenshot()
        except SandboxLost:
            if self.control.stopping:
                raise
            try:
                found = wait_until(self._screenshot, timeout=CUT_SECONDS, what="a look at the screen")
            except WaitTimeout as error:
                raise SandboxLost(str(error)) from error
            assert found is not None
            return found

    def _screenshot(self) -> Screenshot | None:
        with contextlib.suppress(SandboxLost):
            return self._sandbox.screenshot()
        return None


class _Absence:
    """How long whoever took over was gone, and whether that is longer than the run has."""

    def __init__(self, is_here: Callable[[], bool], left: float) -> None:
        self._is_here, self._left = is_here, left
        self._looked = time.monotonic()
        self.seconds = 0.0

    def reason(self) -> str:
        """Why the run cannot wait for them any longer; empty while it can."""
        now = time.monotonic()
        if not self._is_here():
            self.seconds += now - self._looked
        self._looked = now
        return f"nobody was there for {self.seconds:.0f} s" if self.seconds > self._left else ""
