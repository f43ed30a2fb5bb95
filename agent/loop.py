"""The loop: observe, decide, record, act, until something ends the run.

    result = run(Task(instruction="..."), desktop, policy)

Each decision is on disk before anything is done, each action is tried at most once, and every way
of ending has a status. Nothing here knows who runs it, what the policy is, or where the desktop is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from deskhand import paths
from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import TERMINAL_KINDS, Action, CallUser, Finished, Infeasible, OpenApp
from deskhand.agent.checks import Checks
from deskhand.agent.control import Control
from deskhand.agent.files import keep_files
from deskhand.agent.given import Openable, Opening, made_files, read_openable
from deskhand.agent.handover import Handovers
from deskhand.agent.limits import REPEATS_NOTED, REPEATS_STUCK, Limits, LoopDetector
from deskhand.agent.listener import HearsThoughts, Listener, Silent
from deskhand.agent.named_secrets import SECRETS, NamedSecrets, UnseeingObserver
from deskhand.agent.opening import offer
from deskhand.agent.result import RunResult, Status
from deskhand.agent.rules.guard import Guard, Ruling
from deskhand.errors import BackendError, LogError, SandboxError
from deskhand.knowledge.known import KnownMap
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation, Observer, Observes, last_look
from deskhand.policies.protocol import BreaksOff, Policy, ThinksAloud
from deskhand.sandbox.abilities import break_off_when, prepared_in
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.tree import tree_of
from deskhand.trajectories.folders import new_run_folder
from deskhand.trajectories.records import Decision, HeaderRecord, Step, Target, Task
from deskhand.trajectories.targets import targets_of
from deskhand.trajectories.writer import TrajectoryWriter, versions
from deskhand.waiting import Deadline

log = logging.getLogger(__name__)

LAST_LOOK_SECONDS = 15.0
"""Of a run that is over: a sandbox that has not shown its screen by then is not asked for files."""
ANSWER_SECONDS = 300.0
"""A question of the policy that nobody answers in this time ends the run."""
TAKEN_OVER = "a person has taken over"


class Ending(Exception):
    """How the run ends; raised wherever that becomes clear."""

    def __init__(self, status: Status, reason: str = "", answer: str | None = None) -> None:
        super().__init__(status)
        self.status, self.reason, self.answer = status, reason, answer


def run(
    task: Task,
    sandbox: Sandbox,
    policy: Policy,
    *,
    limits: Limits = Limits(),
    out: Path | None = None,
    listener: Listener | None = None,
    control: Control | None = None,
    observer: Observer | None = None,
    tree: bool = False,
    masks: Sequence[Box] = (),
    over: Callable[[], bool] | None = None,
    open: Sequence[Openable] = (),
    guard: Guard | None = None,
    secrets: NamedSecrets | None = None,
    known: KnownMap | None = None,
) -> RunResult:
    """Do one task on a desktop that is running.

    Args:
        task: what to do; its application, if it names one, is launched first.
        open: files of this machine, of which the desktop gets copies, and addresses of the web. The task's
            application opens them, or that of their kind. A copy comes back in the trajectory's ``files``.
        sandbox: a started sandbox. It is left running.
        policy: who decides.
        limits: what the run may use up.
        out: folder for the trajectory; a new one below ``paths.runs_dir()`` if not given.
        listener: hears of every event.
        control: pauses and stops the run from outside.
        observer: looks at the screen; by default one that sees only pixels, with the usual patience.
        tree: let the default observer ask the programs too.
        masks: regions that are painted over in every screen that is kept.
        guard: the rules that are asked before every action; by default everything is allowed.
        secrets: values that the task names as ``{{NAME}}``; they are typed, and nobody sees them.
        known: the map of the application, read for the task, for a policy that reads maps.
        over: whether the task takes nothing more, asked after every action and at the next look, for a
            program may take a while; the run is then ``ended``.

    Returns:
        how it ended. Every failure of the backend, the sandbox or the log is a status, not an exception.

    Raises:
        EnvironmentProblem, BackendError: the policy's model is missing.
        SandboxError: the task's application could not be launched.
        UsageError, LogError: the trajectory's folder cannot be used, or what is to be opened.
    """
    if secrets is not None:
        secrets.check(task.instruction)
    opening = Opening(task, read_openable(open))
    folder = cache(lambda: out if out is not None else new_run_folder(paths.runs_dir(), task.instruction))
    task = opening.lay(sandbox, folder)
    offered = offer(task, sandbox, policy, known)
    policy.begin(task)
    opening.launch(sandbox)
    header = HeaderRecord(
        task=task,
        policy=policy.name,
        sandbox=sandbox.name,
        versions=versions(),
        configuration={
            "steps": limits.steps,
            "seconds": limits.seconds,
            "tokens": limits.tokens,
            **({SECRETS: secrets.names} if secrets is not None else {}),
        },
    )
    with TrajectoryWriter(folder(), header) as writer:
        looking: Observes = observer if observer is not None else _observer(sandbox, tree)
        if secrets is not None:
            looking = UnseeingObserver(looking, secrets)
        doing = sandbox, policy, limits, writer, looking, listener, control
        episode = _Episode(*doing, tuple(masks), over, opening, guard, secrets)
        return episode.run(offered)


def _targets(observation: Observation, decision: Decision, masks: Sequence[Box]) -> tuple[Target | None, ...]:
    """What the actions aim at, where the policy had the screen read; reading it now would cost time."""
    if decision.reply is None or not observation.was_read:
        return ()
    shown = [one for one in observation.elements if not any(one.box.intersection(m).area for m in masks)]
    return targets_of(decision.reply.actions, shown)


def _observer(sandbox: Sandbox, tree: bool) -> Observer:
    reader = ScreenReader(tree=tree_of(sandbox)) if tree else ScreenReader(sources=PIXELS)
    return Observer(sandbox.screenshot, reader, answer=sandbox.answer_seconds)


class _Episode:
    """One run: the loop and what it has to remember."""

    def __init__(
        self,
        sandbox: Sandbox,
        policy: Policy,
        limits: Limits,
        writer: TrajectoryWriter,
        observer: Observes,
        listener: Listener | None,
        control: Control | None,
        masks: tuple[Box, ...],
        over: Callable[[], bool] | None,
        opening: Opening,
        guard: Guard | None,
        secrets: NamedSecrets | None,
    ) -> None:
        self.sandbox, self.policy, self.masks, self.over = sandbox, policy, masks, over
        self.opening = opening
        self._prepared: set[str] = set()
        self.limits, self.writer, self.observer = limits, writer, observer
        self.listener: Listener = listener if listener is not None else Silent()
        self.control = control if control is not None else Control()
        self.history: list[Step] = []
        self.number = 0
        self._deadline = Deadline(limits.seconds)
        self._loops = LoopDetector()
        self.control.left = self._deadline.left
        self._began = time.monotonic()
        self._tokens = 0
        self._format_errors = 0
        self._notes: list[str] = []
        self._told: list[str] = []
        self._frame = ""
        self._hidden: set[bytes] = set()
        self._secrets = secrets or NamedSecrets({})
        self._acting = False
        self._handovers = Handovers(self.control, sandbox, writer, guard)
        look = lambda: self._secrets.paint(sandbox.screenshot())  # noqa: E731
        self._checks = Checks(sandbox, look, observer, guard, self._ruled)
        if isinstance(policy, BreaksOff):
            policy.break_off_when(lambda: self._is_over() or self.control.taken)
        if isinstance(policy, ThinksAloud) and isinstance(self.listener, HearsThoughts):
            policy.think_aloud(self.listener.thinking)
        break_off_when(sandbox, lambda: self._is_over() or (self._acting and self.control.taken))

    def run(self, offered: str = "") -> RunResult:
        """Take step after step until something ends the run, which is recorded in any case.

        Args:
            offered: a note of the applications that the policy was offered; it is logged.

        Raises:
            Exception: a fault of ours or of the policy's, once its end is recorded.
        """
        self.listener.began(self.writer.folder)
        try:
            self._write_beginning(offered)
            while True:
                self._step()
        except Ending as ending:
            return self._end(ending)
        except BackendError as error:
            return self._end(Ending("backend_error", str(error)))
        except SandboxError as error:
            return self._end(self._over_or(Ending("sandbox_lost", str(error))))
        except LogError as error:
            return self._end(Ending("log_error", str(error)))
        except KeyboardInterrupt:
            return self._end(Ending("stopped", "stopped by the user"))
        except Exception as error:
            # A fault of ours, or of somebody's policy: the log shall say how it ended before it is raised.
            self._end(Ending("backend_error", f"a fault in the program: {type(error).__name__}"))
            raise
        finally:
            if isinstance(self.policy, BreaksOff):  # what is asked of it after this run is not for us to end
                self.policy.break_off_when(lambda: False)
            if isinstance(self.policy, ThinksAloud):
                self.policy.think_aloud(lambda text: None)
            break_off_when(self.sandbox, lambda: False)

    def _write_beginning(self, offered: str) -> None:
        """Write down what was there before the first look."""
        self.opening.keep(self.writer)
        if offered:
            self.writer.note(0, offered)
        if self.opening.task.launch is not None:
            self._note_prepared()

    def _step(self) -> None:
        self._boundary()
        if self.control.taken:
            self.number, self.masks = self._handovers.drive(self.number, self.masks, self._deadline)
            return
        if self.number - self._handovers.steps >= self.limits.steps:
            raise Ending("limit", f"{self.limits.steps} steps were not enough")
        observation = self.observer.observe()
        frame = self._keep(observation.screenshot)
        self._finish_last_step(frame)
        for line in self._handovers.lines(observation):
            self._tell(line)
        decision = self._decided(observation)
        if decision is None:
            return
        self.number += 1
        self._notes, self._told, self._frame = list(self._told), [], frame
        self._hidden |= {text.encode() for text in decision.hidden_texts()}
        targets = _targets(observation, decision, self.masks)
        self.writer.decision(self.number, frame, decision, targets=targets, masked=self.masks)
        self.listener.decided(self.number, decision.kept())
        outcomes: list[Outcome] = []
        try:
            self._spend(decision)
            self._act(observation, frame, decision, outcomes)
        except Ending as ending:
            self._leave(decision, len(outcomes), ending)
            raise
        self._remember(frame, decision.kept(), outcomes)

    def _decided(self, observation: Observation) -> Decision | None:
        """What the policy decides; None where a person has taken over meanwhile and it was broken off."""
        try:
            return self.policy.decide(observation, tuple(self.history))
        except BackendError:
            self._end_if_over()  # then the policy has broken off
            if self.control.taken:
                return None
            raise

    # A person.

    def _tell(self, text: str) -> None:
        """Note something for the policy after a step is over; before the first, with that one."""
        self.writer.note(self.number, text, {"by": "person"})
        self.listener.noted(self.number, text)
        if self.history:
            last = self.history[-1]
            self.history[-1] = last.model_copy(update={"notes": (*last.notes, text)})
        else:
            self._told.append(text)

    def _is_answered(self, index: int) -> bool:
        """Whether a person, where one can, answers what the policy asks, or takes over."""
        if self.control.driver is None:
            return False
        if not self.control.wait_for_answer(min(ANSWER_SECONDS, self._deadline.left())):
            self._end_if_over()
            return False
        self.writer.outcome(self.number, index, Outcome.done())
        return True

    def _keep_files(self) -> None:
        """Keep what the run made; what could not be kept is noted, so that nothing is lost without a word."""
        try:
            keep_files(self.sandbox, self.writer, self._note, may_keep=self._may_keep)
            self.opening.keep_changed(self.writer, self._note, self._may_keep)
        except (SandboxError, LogError) as error:
            with suppress(LogError):  # a line may fit where a file does not
                self._note(f"files were not kept: {error}")
            raise

    def _may_keep(self, path: str, content: bytes) -> bool:
        """Whether nothing that was typed hidden stands in a file."""
        hidden = any(secret in content or secret.decode() in path for secret in self._hidden)
        others = self._secrets, self._handovers
        return not hidden and all(one.may_keep(path, content) for one in others)

    def _keep(self, screenshot: Screenshot) -> str:
        return self.writer.frame(screenshot.painted(self.masks))

    def _spend(self, decision: Decision) -> None:
        self._tokens += decision.usage.tokens
        if self.limits.tokens is not None and self._tokens > self.limits.tokens:
            raise Ending("limit", f"{self._tokens} tokens are over the limit of {self.limits.tokens}")

    def _act(self, observation: Observation, frame: str, decision: Decision, outcomes: list[Outcome]) -> None:
        """Do the actions of one decision in order; the first that is not ok ends the step.

        ``outcomes`` gets one entry for each action that was tried.
        """
        if decision.reply is None:
            self._format_error(decision)
            return
        self._format_errors = 0
        self._watch_for_loops(frame, decision)
        shown = decision.kept().reply or decision.reply
        for index, action in enumerate(decision.reply.actions):
            if action.kind not in TERMINAL_KINDS:
                self._boundary(acting=True)
            if self.control.taken:
                self._refuse(index, shown.actions[index], outcomes)
                break
            match action:
                case Finished(answer=answer):
                    raise Ending("finished", answer=answer)
                case Infeasible(reason=reason):
                    raise Ending("infeasible", reason or "")
                case CallUser(question=question):
                    if self._is_answered(index):
                        break
                    raise Ending("needs_user", question or "")
            refused = self._checks.refusal(self.number, index, action, observation)
            if self.control.taken:
                self._refuse(index, shown.actions[index], outcomes)
                break
            outcome = refused or self._secrets.perform(action, self._do, self.sandbox.screenshot)
            self.writer.outcome(self.number, index, outcome)
            self.listener.acted(self.number, shown.actions[index], outcome)
            outcomes.append(outcome)
            if isinstance(action, OpenApp) and outcome.ok:
                self._note_prepared()
            if not outcome.ok:
                self._note(f"{action.kind} was {outcome.status}: {outcome.reason}")
                break
            self._end_if_it_takes_no_more()

    def _do(self, action: Action) -> Outcome:
        self._acting = True
        try:
            return self.sandbox.perform(action)
        finally:
            self._acting = False

    def _refuse(self, index: int, action: Action, outcomes: list[Outcome]) -> None:
        """Leave an action out because a person has taken over; nothing of it is done later."""
        outcomes.append(Outcome.refused(TAKEN_OVER))
        self.writer.outcome(self.number, index, outcomes[-1])
        self.listener.acted(self.number, action, outcomes[-1])

    def _ruled(self, index: int, ruling: Ruling) -> None:
        """Write down what the rules said of an action, and who allowed it."""
        if ruling.decision != "allow" or not ruling.allowed:
            self.writer.note(self.number, ruling.words, ruling.as_data(index, self._frame))

    def _leave(self, decision: Decision, index: int, ending: Ending) -> None:
        """Record of the next action that it was not begun, so that nobody takes it for unknown."""
        actions = decision.reply.actions if decision.reply else ()
        if index < len(actions) and actions[index].kind not in TERMINAL_KINDS:
            self.writer.outcome(self.number, index, Outcome.refused(f"the run ended: {ending.status}"))

    def _boundary(self, *, acting: bool = False) -> None:
        """Before a look or an action: stand still if asked to, end if asked to or if time is up."""
        if self.control.paused and not self.control.stopping:
            self.listener.paused()
            self.control.wait_while_paused(self._deadline.left(), acting=acting)
        self._end_if_over()

    def _is_over(self) -> bool:
        return self.control.stopping or self._deadline.passed()

    def _over_or(self, ending: Ending) -> Ending:
        """That the run is over, where it is: then a request was broken off and nothing is lost."""
        try:
            self._end_if_over()
        except Ending as over:
            return over
        return ending

    def _end_if_over(self) -> None:
        if self.control.stopping:
            raise Ending("stopped", "stopped by the user")
        if self._deadline.passed():
            raise Ending("limit", f"{self.limits.seconds:g} seconds were not enough")

    def _end_if_it_takes_no_more(self) -> None:
        if self.over is not None and self.over():
            raise Ending("ended")

    def _format_error(self, decision: Decision) -> None:
        self._format_errors += 1
        self._note(f"the reply was no action: {decision.error}")
        if self._format_errors >= self.limits.format_errors:
            raise Ending(
                "format_error", f"{self._format_errors} replies in a row were no action: {decision.error}"
            )

    def _watch_for_loops(self, frame: str, decision: Decision) -> None:
        if decision.reply is None or not self.limits.circles:
            return
        count = self._loops.count(frame, decision.reply.actions)
        if count >= REPEATS_STUCK:
            raise Ending("stuck", f"the same action on the same screen {count} times")
        if count >= REPEATS_NOTED:
            self._note("the same action was already tried on this same screen; do something else")

    def _note(self, text: str) -> None:
        """Tell the policy, the log and the listener; the policy reads it with its next decision."""
        self._notes.append(text)
        self.writer.note(self.number, text)
        self.listener.noted(self.number, text)

    def _note_prepared(self) -> None:
        """Write down what was put in place for the programs that were started, each once."""
        for words in prepared_in(self.sandbox):
            if words not in self._prepared:
                self._prepared.add(words)
                self.writer.note(self.number, f"prepared: {words}")

    def _remember(self, frame: str, decision: Decision, outcomes: Sequence[Outcome]) -> None:
        self.history.append(
            Step(
                step=self.number,
                frame=frame,
                decision=decision,
                outcomes=tuple(outcomes),
                notes=tuple(self._notes),
            )
        )

    def _finish_last_step(self, frame: str) -> None:
        """Now that the screen was looked at again, it is known what the last step did."""
        if self.history:
            last = self.history[-1]
            self.history[-1] = last.model_copy(update={"changed": last.frame != frame})
            self._end_if_it_takes_no_more()

    def _end(self, ending: Ending) -> RunResult:
        """Write down how it ended, as far as that is still possible."""
        frame = None
        if ending.status not in ("sandbox_lost", "log_error"):
            try:
                # One that has answered so far is worth waiting for, also for many files.
                break_off_when(self.sandbox, Deadline(LAST_LOOK_SECONDS).passed)
                frame = self._keep(last_look(self.observer))
                break_off_when(self.sandbox, lambda: False)
                self._keep_files()
            except (SandboxError, LogError) as error:
                log.warning("the last screen or a file could not be kept: %s", error)
        try:
            self.writer.end(
                self.number, ending.status, answer=ending.answer, reason=ending.reason, frame=frame
            )
        except LogError as error:
            log.warning("the end could not be recorded: %s", error)
            ending = Ending("log_error", str(error))
        result = RunResult(
            status=ending.status,
            answer=ending.answer,
            reason=ending.reason,
            steps=self.number,
            seconds=time.monotonic() - self._began,
            trajectory=self.writer.folder,
            files=made_files(self.writer),
        )
        self.listener.ended(result)
        return result
