"""deskhand as an agent of OSWorld's own harness, and of those that were made from it.

agent = OsworldAgent("openai", model="ui-tars-1.5-7b")
lib_run_single.run_single_example(agent, env, ...)
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from deskhand import paths
from deskhand.actions.words import describe
from deskhand.agent.result import RunResult
from deskhand.benchmarks.suites.osworld.action_spaces import ActionSpace, HarnessAction, Word, word
from deskhand.benchmarks.suites.osworld.harness import HarnessRun, HarnessTurn
from deskhand.errors import BackendError, LogError, SandboxError, UsageError
from deskhand.perception.pictures import read_picture
from deskhand.policies.protocol import Policy
from deskhand.policies.registry import load_policy
from deskhand.text import clean
from deskhand.trajectories.export.osworld import response_of
from deskhand.trajectories.records import Task

ObservationType = Literal["screenshot", "screenshot_a11y_tree"]
WORDS: Mapping[str, Word] = {"finished": "DONE", "infeasible": "FAIL"}
"""What the harness is told of a run that ended with a claim. FAIL claims that a task cannot be done, so
every other ending is DONE: the harness judges the state, as our own evaluation does."""
FAILED: Mapping[str, type[Exception]] = {
    "backend_error": BackendError,
    "log_error": LogError,
    "sandbox_lost": SandboxError,
}
"""Endings that are no result of the agent; the harness gets an exception, and counts nothing."""


class OsworldAgent:
    """Decides for OSWorld's harness with any policy; has its ``predict`` and ``reset``.

    It decides as ``deskhand run`` does: with the same loop, history and notes, and each episode leaves a
    trajectory. The harness does the actions, and counts steps and time.

    Args:
        policy: who decides, by a name as ``deskhand run --policy`` takes it, or an object.
        action_space: the form of the actions: code for pyautogui, or objects of computer_13, which
            types only ASCII.
        observation_type: with "screenshot_a11y_tree" the policy also gets what the programs report, where
            the harness reads it.
        runs: folder that gets a trajectory for each episode; the usual one if not given.
        options: what ``load_policy`` takes beside the name: model, dialect, profile, settings, seed, ...

    Raises:
        UsageError: there is no such policy, action space or observation type.
        EnvironmentProblem, BackendError: the policy cannot be loaded.
    """

    def __init__(
        self,
        policy: str | Policy = "embedded",
        *,
        action_space: ActionSpace = "pyautogui",
        observation_type: ObservationType = "screenshot",
        runs: Path | str | None = None,
        **options: Any,
    ) -> None:
        for what, value, known in (
            ("action space", action_space, get_args(ActionSpace)),
            ("observation type", observation_type, get_args(ObservationType)),
        ):
            if value not in known:
                raise UsageError(f"there is no {what} {str(value)[:40]!r} here: take {' or '.join(known)}")
        if not isinstance(policy, str) and options:
            raise UsageError(f"a policy that is made already takes no {', '.join(options)}")
        self.action_space, self.observation_type = action_space, observation_type
        self.policy = load_policy(policy, **options) if isinstance(policy, str) else policy
        self._runs = Path(runs) if runs is not None else None
        self._log = logging.getLogger(__name__)
        self._instruction = ""
        self._run: HarnessRun | None = None
        self._ended = ""

    def reset(self, runtime_logger: logging.Logger | None = None, **machine: Any) -> None:
        """Forget the last episode; the next ``predict`` begins a new one.

        Args:
            runtime_logger: gets a line for each decision.
            machine: what else the harness says of its machine (``vm_ip``); not needed.
        """
        if self._run is not None:
            self._run.close()
        self._run, self._instruction, self._ended = None, "", ""
        if runtime_logger is not None:
            self._log = runtime_logger

    def predict(self, instruction: str, obs: Mapping[str, Any]) -> tuple[str, list[HarnessAction]]:
        """Decide on one observation; another instruction than before begins a new episode.

        Args:
            instruction: the task in words.
            obs: OSWorld's observation: ``screenshot``, a picture file's bytes, and
                ``accessibility_tree``, XML or None.

        Returns:
            what the policy said, and what the harness is to do, in order: at least WAIT, DONE or FAIL.

        Raises:
            UsageError: the episode has ended, or the screenshot is no picture.
            SandboxError: there is no screenshot.
            BackendError, LogError: the policy failed for good, or the episode cannot be recorded.
        """
        picture = obs.get("screenshot")
        if not isinstance(picture, bytes) or not picture:
            raise SandboxError("the harness brought no screenshot: its machine does not answer")
        screenshot = read_picture(io.BytesIO(picture), "the harness's screenshot")
        tree = obs.get("accessibility_tree") if self.observation_type == "screenshot_a11y_tree" else None
        if self._run is not None and instruction != self._instruction:
            self.reset()
        if self._ended:
            raise UsageError(f"this episode has ended ({self._ended}): call reset before the next")
        if self._run is None:
            task = Task(instruction=instruction)
            self._run = HarnessRun(task, self.policy, self.action_space, self._runs or paths.runs_dir())
            self._instruction = instruction
        turn = self._run.turn(screenshot, tree if isinstance(tree, str) else None)
        return self._answer(turn)

    def close(self) -> None:
        """End the last episode and let go of the policy. May be called twice."""
        self.reset()
        self.policy.close()

    def _answer(self, turn: HarnessTurn) -> tuple[str, list[HarnessAction]]:
        response = "" if turn.decision is None else response_of(turn.decision)
        reply = None if turn.decision is None else turn.decision.reply
        said = "; ".join(describe(action) for action in reply.actions) if reply is not None else "no action"
        self._log.info("%s -> %s", clean(response, 1000), clean("; ".join((said, *turn.notes)), 1000))
        if turn.result is None:
            # Without an action the harness would look no more, and show the same screen for ever.
            return response, list(turn.actions) or [word("WAIT", self.action_space)]
        return self._last(turn.result, response, turn.actions)

    def _last(
        self, result: RunResult, response: str, actions: tuple[HarnessAction, ...]
    ) -> tuple[str, list[HarnessAction]]:
        self._ended = result.status
        self._log.info(
            "the run ended: %s %s; trajectory: %s", result.status, result.reason, result.trajectory
        )
        if result.status in FAILED:
            raise FAILED[result.status](result.reason or result.status)
        if result.status not in WORDS:
            response = f"{response}\n[{result.status}: {result.reason}]".strip()
        return response, [*actions, word(WORDS.get(result.status, "DONE"), self.action_space)]


class OsworldMcpAgent:
    """The same for OSWorld-MCP's runner, whose ``predict`` has a third value. It calls no tools.

    Args:
        policy, options: as of ``OsworldAgent``.
    """

    def __init__(self, policy: str | Policy = "embedded", **options: Any) -> None:
        self._agent = OsworldAgent(policy, **options)

    def reset(self, runtime_logger: logging.Logger | None = None, **machine: Any) -> None:
        """See ``OsworldAgent.reset``."""
        self._agent.reset(runtime_logger, **machine)

    def predict(
        self, instruction: str, obs: Mapping[str, Any]
    ) -> tuple[str, list[HarnessAction], list[dict[str, str]]]:
        """See ``OsworldAgent.predict``; the third value is what the runner logs as the model's messages."""
        response, actions = self._agent.predict(instruction, obs)
        return response, actions, [{"role": "assistant", "content": response}]

    def close(self) -> None:
        """See ``OsworldAgent.close``."""
        self._agent.close()
