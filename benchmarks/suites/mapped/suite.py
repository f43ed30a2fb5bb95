"""The suite of a map: tasks on an application for which nobody wrote any, drawn from its map."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from deskhand.agent.limits import Limits
from deskhand.agent.result import RunResult
from deskhand.benchmarks.moves import done, press
from deskhand.benchmarks.oracle import MovesPolicy
from deskhand.benchmarks.suite import BaseSuite, Score
from deskhand.benchmarks.suites.mapped.checking import GoalChecker, SeenScreen
from deskhand.benchmarks.suites.mapped.goals import MOST_CHAINED, STATES, MapCase, MapGoal, chained, goals_of
from deskhand.benchmarks.suites.mapped.oracle import MapOracle
from deskhand.errors import UsageError
from deskhand.knowledge import recognising
from deskhand.knowledge.map import files_of, read_map
from deskhand.knowledge.materials import materials
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observer
from deskhand.policies.protocol import Policy
from deskhand.sandbox.abilities import enable_accessibility
from deskhand.sandbox.guest.programs import is_application
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.tree import tree_of
from deskhand.screens.variation import Variation
from deskhand.text import did_you_mean
from deskhand.trajectories.folders import slug
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task
from deskhand.waiting import WaitTimeout, wait_until

HERE = Path(__file__).parent
CHAIN = "chain-"
LATE_SECONDS = 2.0
"""A program may still be showing what the last step had it show."""
GAVE_UP = ("infeasible", "needs_user")


class MapSuite(BaseSuite):
    """Tasks of one application: each goal of its map alone, and chains of two to four of them.

    A seed draws the words, the texts that are typed, and the goals of a chain. The screen at the end says
    whether a task is done; what a chain asks for before its last goal has to be seen on the way.

    Args:
        folder: of the map.
        may_start: whether the map's application may be started; by default those of this machine's menu,
            for a map may be a stranger's.

    Raises:
        UsageError: there is no map, or nothing in it is a goal.
        TrajectoryError: it is damaged, or of another version.
    """

    limits = Limits(steps=25, seconds=300)

    def __init__(self, folder: Path, *, may_start: Callable[[str], bool] = is_application) -> None:
        self._folder, self._map = folder, read_map(folder)
        self.name = f"map-{slug(self._map.application)}"
        self.screen = self._map.viewport
        self._may_start = may_start
        self._checker = GoalChecker(self._map, folder)
        self._reader: ScreenReader | None = None
        if not self._goals:
            raise UsageError(
                f"the map in {folder} has no goal to be reached: {len(self._map.states)} states and "
                f"{sum(1 for _ in self._map.tried())} commands tried; go on with `deskhand explore --launch "
                f"{self._map.application[:60]}`, or make it anew where an older deskhand made it"
            )

    @cached_property
    def _goals(self) -> Mapping[str, MapGoal]:
        every = goals_of(self._map)
        return {goal.name: goal for goal in every if not self._checker.begins_with(goal)}

    @cached_property
    def _chains(self) -> Sequence[str]:
        counts = range(2, MOST_CHAINED + 1)
        return [f"{CHAIN}{count}" for count in counts if self._chain(count, random.Random(0))]

    def _chain(self, count: int, chance: random.Random) -> tuple[MapGoal, ...]:
        return chained(list(self._goals.values()), count, chance, tree=self._map.tree)

    def tasks(self) -> Sequence[str]:
        """The goals, those of few steps first, then the chains."""
        return (*self._goals, *self._chains)

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """By kind; training may see all, with seeds that no evaluation uses, and all have a teacher."""
        kinds = sorted({goal.kind for goal in self._goals.values()})
        parts = {kind: [one for one in self._goals if self._goals[one].kind == kind] for kind in kinds}
        every = self.tasks()
        whole = {"trained": every, "taught": every}
        return {**whole, "single": tuple(self._goals), "chain": self._chains, **parts}

    def category(self, task: str) -> str:
        """The kind of goal, or chain."""
        return "chain" if self._known(task).startswith(CHAIN) else self._goals[task].kind

    def version(self, task: str) -> str:
        """A hash of the goals and of the code that words and checks them."""
        names = [task] if self._known(task) in self._goals else [task, *self._goals]
        h = hashlib.sha256(repr([self._goals.get(name, name) for name in names]).encode())
        for path in (*sorted(HERE.glob("*.*")), Path(recognising.__file__)):
            h.update(path.name.encode() + b"\0" + path.read_bytes())
        return h.hexdigest()[:12]

    def case(self, task: str, seed: int) -> MapCase:
        """What a seed makes of a task: the same for the same seed, always.

        Raises:
            UsageError: there is no such task, or too few goals go together for its chain.
        """
        variation = Variation.of(seed)
        if self._known(task) in self._goals:
            return MapCase.drawn(task, [self._goals[task]], variation)
        goals = self._chain(int(task.removeprefix(CHAIN)), variation.chance(task))
        if not goals:
            raise UsageError(f"too few goals of {self._folder} go together for {task}: choose other --tasks")
        return MapCase.drawn(task, goals, variation)

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        """Lay the files that were there when the map was made; the run starts the application.

        Raises:
            UsageError: there is no such task, or the application is none that may be started.
        """
        application, arguments = self._map.application, self._map.arguments
        if not self._may_start(application) and not sandbox.name.startswith("vm"):
            raise UsageError(
                f"the map is of {application[:60]!r}, which is no application of this machine's menu: "
                "install it, or use --sandbox vm, which may start what it has"
            )
        if self._map.tree:
            enable_accessibility(sandbox)
        for path, data in {**materials(), **files_of(self._map, self._folder)}.items():
            sandbox.write_file(path, data)
        tree = tree_of(sandbox) if self._map.tree else None
        self._reader = ScreenReader(tree=tree, sources=(*PIXELS, "tree") if tree else PIXELS)
        asked = self.case(task, seed).instruction
        return Task(instruction=asked, launch=application, arguments=arguments, seed=seed)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """Whether the last goal is to be seen now, and the others were on the way, in their order."""
        if result.status in GAVE_UP:
            return Score(0.0, "it was given up")
        *first, last = self.case(task, seed).goals
        together = [goal for goal in first if goal.state == last.state and goal.kind not in STATES]
        before = [goal for goal in first if goal not in together]
        missing = self._missing(before, last, result)
        if missing:
            return Score(0.0, missing)
        wanted, left = [*together, last], [last]

        def is_there() -> bool:
            seen = self._now(sandbox)
            left[:] = [goal for goal in wanted if not self._checker.is_met(goal, seen)]
            return not left

        with contextlib.suppress(WaitTimeout):
            wait_until(is_there, timeout=LATE_SECONDS, what="the result", poll=0.1)
        return Score(0.0, f"not to be seen in the end: {_said(left)}") if left else Score(1.0)

    def _missing(self, before: Sequence[MapGoal], last: MapGoal, result: RunResult) -> str:
        """Why what the run's screens show is not enough; of a program that is asked they show too little."""
        if self._map.tree:
            return ""
        run = Trajectory.open(result.trajectory)
        names = [step.frame for step in run.steps]
        if run.end is not None and run.end.frame is not None:
            names.append(run.end.frame)
        left = deque(before)
        for number, name in enumerate(dict.fromkeys(names)):
            if number and not left:
                return ""
            screen = run.frame(name)
            seen = SeenScreen(screen, self._read(screen))
            if not number and self._checker.is_met(last, seen):
                return f"the program began with it, so it is no goal: {_said([last])}"
            while left and self._checker.is_met(left[0], seen):
                left.popleft()
        return f"not seen on the way: {_said(left)}" if left else ""

    def _read(self, screen: Screenshot) -> Sequence[Element]:
        assert self._reader is not None
        return self._reader.read(screen)

    def _now(self, sandbox: Sandbox) -> SeenScreen:
        assert self._reader is not None
        seen = Observer(sandbox.screenshot, self._reader, answer=sandbox.answer_seconds).observe()
        return SeenScreen(seen.screenshot, seen.elements, frozenset(one.path for one in sandbox.files()))

    def oracle(self, task: str, seed: int) -> Policy:
        """Goes the paths of the map."""
        return self._oracle("oracle", self.case(task, seed).goals)

    def teacher(self, task: str, seed: int) -> Policy:
        """The same: it goes on from any state that it knows."""
        return self._oracle("teacher", self.case(task, seed).goals)

    def _oracle(self, name: str, goals: Sequence[MapGoal]) -> MapOracle:
        return MapOracle(name, self._map, goals, self._checker, self._read if self._map.tree else None)

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """One reaches another goal; one leaves whatever is open and claims to be done."""
        goals = self.case(task, seed).goals
        asked = {goal.name for goal in goals}
        others = [one for one in self._goals.values() if one.name not in asked and one.way != goals[-1].way]
        beside = MovesPolicy("leaves", [press("escape", "I leave it."), done("It is done.")], seed)
        other = [random.Random(seed).choice(others).drawn(random.Random(seed), True)] if others else []
        return (self._oracle("other-goal", other) if other else beside), beside

    def close(self) -> None:
        """Forget what was read of the last sandbox."""
        self._reader = None

    def _known(self, task: str) -> str:
        names = self.tasks()
        if task not in names:
            meant = did_you_mean(task, names, 3) or f"it has {', '.join(names[:20])}"
            raise UsageError(f"the map in {self._folder} has no task {task[:80]!r}: {meant}")
        return task


def _said(goals: Sequence[MapGoal] | deque[MapGoal]) -> str:
    """Goals in words, for a reason."""
    return "; ".join(f"{goal.kind} {' in '.join(list(goal.named.values())[:2])}" for goal in goals)[:300]
