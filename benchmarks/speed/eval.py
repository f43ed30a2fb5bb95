"""Episodes a minute: our oracles on MiniWoB++ with 1, 2 and 4 workers, and BrowserGym's environment beside.

Both do the same tasks, with seeds from 0 on, on the same pages in Debian's Chromium, one after the other on
the same machine. BrowserGym takes longer, so it gets fewer seeds.
"""

from __future__ import annotations

import functools
import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskhand.agent.result import RunResult
from deskhand.benchmarks.registry import ChosenPolicy
from deskhand.benchmarks.runner.engines.local import Engine, LocalProcesses, ThisProcess
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import EpisodeKey
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.speed.beside import gym
from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.suites.miniwob.suite import SCREEN, MiniwobSuite
from deskhand.perception.watch.observe import Observation
from deskhand.policies.protocol import Policy
from deskhand.progress import Progress, silent
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.registry import load_sandbox
from deskhand.trajectories.records import Decision, Step, Task

Row = dict[str, Any]
Episodes = Sequence[tuple[str, int]]

TASKS = (
    "click-test", "click-test-2", "click-button", "click-link", "click-dialog", "click-tab", "click-option",
    "focus-text", "enter-text", "enter-password", "login-user", "choose-list",
)  # fmt: skip
WORKERS = (1, 2, 4)
AIM, AIM_WORKERS = 200, 4
COLUMNS = {
    "episodes_a_minute": "while all are busy: of N workers, from the N-th episode's end to the N-th last's",
    "reset_s": "median, from the end of an episode to the next one's first observation",
    "step_s": "median, from a decision to the next observation, with the action, the reward and the record",
    "steps": "mean of an episode",
    "done": "episodes with a raw reward above 0, of all",
}
OURS = (
    "deskhand: each worker has a sandbox with one Chromium, 500x660; a click hovers and presses for 80 ms; "
    "each look waits until the screen has been still for 150 ms; every step is written to a trajectory."
)
THEIRS = (
    "BrowserGym: as it comes, headless, 498x321; it starts two browsers an episode, waits 100 ms at each of "
    "its calls to the browser and 500 ms before it looks; its observation is a screenshot, the DOM and the "
    "accessibility tree; fill() is a click and a text in one action; it keeps no record."
)


@dataclass(slots=True)
class Measured:
    """What episodes took, in seconds; ``ends`` by the machine's monotonic clock."""

    ends: list[float] = field(default_factory=list)
    resets: list[float] = field(default_factory=list)
    steps: list[list[float]] = field(default_factory=list)
    done: int = 0
    fault: str = ""

    def row(self, what: str, workers: int) -> Row:
        """A line of the table: medians in seconds, and how many episodes were done."""
        every = [seconds for steps in self.steps for seconds in steps]
        return {
            "what": what,
            "workers": workers,
            "episodes_a_minute": _rounded(rate(self.ends, workers), 1),
            "aim": None,
            "reset_s": _rounded(statistics.median(self.resets) if self.resets else None, 3),
            "step_s": _rounded(statistics.median(every) if every else None, 3),
            "steps": _rounded(len(every) / len(self.steps) if self.steps else None, 2),
            "done": f"{self.done}/{len(self.ends)}",
            "note": self.fault,
        }


def rate(ends: Iterable[float], workers: int) -> float | None:
    """Episodes a minute while all workers were busy; None if there are too few episodes."""
    busy = sorted(ends)[workers - 1 :]
    busy = busy[: len(busy) - workers + 1]
    return 60 * (len(busy) - 1) / (busy[-1] - busy[0]) if len(busy) > 1 else None


def rows(*, quick: bool = False, python: Path | None = None, progress: Progress = silent) -> Iterator[Row]:
    """A row for each number of workers, then for BrowserGym, then how ours compare with it.

    Args:
        quick: fewer tasks and episodes.
        python: an interpreter that has BrowserGym; None leaves it out.
        progress: is called with what is being done.

    Raises:
        EnvironmentProblem: the pages or Chromium are missing, or no sandbox starts.
    """
    tasks = TASKS[:: 3 if quick else 1]
    counts = WORKERS[:1] if quick else WORKERS
    ours: dict[int, Row] = {}
    for workers in counts:
        progress(f"deskhand with {workers} workers", None)
        row = measure_ours(planned(tasks, workers, quick), workers).row("deskhand", workers)
        row["aim"] = AIM if workers == AIM_WORKERS else None
        ours[workers] = row
        yield row
    if python is None:
        return
    name = f"BrowserGym {gym.version(python)}"
    for workers, waits in [(n, True) for n in counts if n != 2] + [(1, False)]:
        progress(f"{name} with {workers} workers", None)
        what = name if waits else f"{name} without its fixed waits"
        found = measure_theirs(python, planned(tasks, workers, True), workers, waits=waits)
        row = found.row(what, workers)
        yield row
        yield ratio(ours[workers], row)


def planned(tasks: Sequence[str], workers: int, few: bool) -> list[tuple[str, int]]:
    """Tasks with seeds, the same for whoever does them: at least four for each worker."""
    seeds = max(1, -(-4 * workers // len(tasks))) if few else workers + 1
    return [(task, seed) for seed in range(seeds) for task in tasks]


def ratio(ours: Row, theirs: Row) -> Row:
    """How many times as fast as theirs ours are: above 1 is faster, in every column."""

    def times(one: float | None, other: float | None) -> float | None:
        return round(one / other, 2) if one and other else None

    return {
        "what": f"{ours['what']} / {theirs['what']}",
        "workers": ours["workers"],
        "episodes_a_minute": times(ours["episodes_a_minute"], theirs["episodes_a_minute"]),
        "aim": None,
        "reset_s": times(theirs["reset_s"], ours["reset_s"]),
        "step_s": times(theirs["step_s"], ours["step_s"]),
        "steps": None,
        "done": "",
        "note": "ratio: above 1, deskhand is faster",
    }


def measure_ours(episodes: Episodes, workers: int) -> Measured:
    """Run our oracles, trajectories on, in as many processes."""
    found = Measured()
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as scratch:
        times = Path(scratch) / "times"
        times.mkdir()
        recipe = WorkerRecipe(
            functools.partial(TimedSuite, times),
            ChosenPolicy("oracle"),
            functools.partial(load_sandbox, "lightbox", size=SCREEN),
            Path(scratch) / "run",
        )
        engine: Engine = ThisProcess() if workers == 1 else LocalProcesses(workers)
        for episode in evaluate(recipe, [EpisodeKey(task, seed) for task, seed in episodes], engine=engine):
            found.ends.append(time.monotonic())
            found.done += episode.success
            found.fault = found.fault or episode.error[:200]
        for path in sorted(times.iterdir()):
            for line in path.read_text().splitlines()[1:]:  # the first has a browser's start in it
                said = json.loads(line)
                found.resets.append(said["reset"])
                found.steps.append(said["steps"])
    return found


class TimedSuite(MiniwobSuite):
    """The miniwob suite with a clock: a line of JSON an episode, in a file of this worker's own."""

    def __init__(self, times: Path) -> None:
        super().__init__()
        self._file = times / f"{time.monotonic_ns()}.jsonl"
        self._began = self._decided = 0.0
        self._reset: float | None = None
        self._steps: list[float] = []

    def reset(self, sandbox: Sandbox) -> None:
        """As miniwob's; the clock of the reset starts before it."""
        self._began, self._reset, self._steps = time.monotonic(), None, []
        super().reset(sandbox)

    def oracle(self, task: str, seed: int) -> Policy:
        """Miniwob's, with the time of each answer taken."""
        return TimedPolicy(super().oracle(task, seed), self)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """As miniwob's; then the episode's times are written, in seconds."""
        score = super().score(task, sandbox, seed, result)
        self.looked()
        with self._file.open("a") as file:
            file.write(json.dumps({"reset": self._reset, "steps": self._steps}) + "\n")
        return score

    def looked(self) -> None:
        """An observation is there, which ends the reset or a step."""
        now = time.monotonic()
        if self._reset is None:
            self._reset = now - self._began
        else:
            self._steps.append(now - self._decided)

    def decided(self) -> None:
        """An answer is there, which begins a step."""
        self._decided = time.monotonic()


class TimedPolicy:
    """A policy that reports when it was asked and when it answered."""

    def __init__(self, policy: Policy, suite: TimedSuite) -> None:
        self.name, self._policy, self._suite = policy.name, policy, suite

    def begin(self, task: Task) -> None:
        """As the policy inside does."""
        self._policy.begin(task)

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """What the policy inside decides; reports to the suite when it was asked and when it answered."""
        self._suite.looked()
        decision = self._policy.decide(observation, history)
        self._suite.decided()
        return decision

    def close(self) -> None:
        """As the policy inside does."""
        self._policy.close()


def measure_theirs(python: Path, episodes: Episodes, workers: int, *, waits: bool = True) -> Measured:
    """Run the same through BrowserGym, in as many processes.

    Raises:
        EnvironmentProblem: Chromium is not there, or an episode never ends.
    """
    said, fault = gym.run(python, episodes, workers, waits=waits)
    found = Measured(fault=fault)
    for one in said:
        found.ends.append(float(one["at"]))
        found.done += bool(one["done"])
        found.fault = found.fault or str(one["error"]).partition("\n")[0]
        if "reset" in one:
            found.resets.append(float(one["reset"]))
            found.steps.append([float(seconds) for seconds in one["steps"]])
    return found


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)
