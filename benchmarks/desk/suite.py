"""The desk suite: families by name, set up in a fresh sandbox and checked from outside."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deskhand.actions.vocabulary import Finished, Key, Type
from deskhand.agent.result import RunResult
from deskhand.benchmarks.desk import families as families_module
from deskhand.benchmarks.desk import variation as variation_module
from deskhand.benchmarks.desk.families import FAMILIES, Family, Move, Parameters
from deskhand.benchmarks.desk.oracle import MovesPolicy
from deskhand.benchmarks.desk.variation import Variation
from deskhand.benchmarks.suite import Score
from deskhand.errors import UsageError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Task
from deskhand.waiting import WaitTimeout, wait_until

LATE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Case:
    """One family with one seed: what was drawn."""

    family: Family
    variation: Variation
    parameters: Parameters
    instruction: str


class DeskSuite:
    """Ten families of short tasks on real applications."""

    name = "desk"

    def tasks(self) -> Sequence[str]:
        return tuple(family.name for family in FAMILIES)

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """Tasks on applications that training has seen, and on those that it has not."""
        trained = tuple(family.name for family in FAMILIES if family.trained)
        return {"trained": trained, "untrained": tuple(n for n in self.tasks() if n not in trained)}

    def category(self, task: str) -> str:
        """The application."""
        return self.family(task).application

    def version(self, task: str) -> str:
        """Hash of the sources that define the tasks; it changes for all when one of them does."""
        self.family(task)
        h = hashlib.sha256(task.encode())
        for module in (families_module, variation_module):
            h.update(inspect.getsource(module).encode())
        return h.hexdigest()[:12]

    def family(self, task: str) -> Family:
        for family in FAMILIES:
            if family.name == task:
                return family
        raise UsageError(f"the desk suite has no task {task!r}; it has {', '.join(self.tasks())}")

    def case(self, task: str, seed: int) -> Case:
        """What a seed makes of a task: the same for the same seed, always."""
        family, variation = self.family(task), Variation.of(seed)
        chance = variation.chance(task)
        parameters = family.draw(chance, variation.parameters_seen)
        wordings = family.wordings if variation.wording_seen else family.held_out
        return Case(family, variation, parameters, chance.choice(wordings).format(**parameters))

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        case = self.case(task, seed)
        for path, content in case.family.before(case.parameters).items():
            sandbox.write_file(path, content.encode())
        return Task(
            instruction=case.instruction,
            launch=case.family.application,
            arguments=tuple(case.family.arguments(case.parameters)),
            seed=seed,
        )

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        case = self.case(task, seed)
        found = Score(0.0)

        def good() -> bool:
            nonlocal found
            found = case.family.check(sandbox, case.parameters, result)
            return found.success

        # A program may still be writing what it was told to write.
        with contextlib.suppress(WaitTimeout):
            wait_until(good, timeout=LATE_SECONDS, what="the result", poll=0.1)
        return found

    def oracle(self, task: str, seed: int) -> Policy:
        case = self.case(task, seed)
        return MovesPolicy("oracle", case.family.moves(case.parameters), seed)

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """One does another seed's moves, so its values are wrong; one stops after the first half."""
        case = self.case(task, seed)
        other = case.family.draw(
            Variation.of(seed + 5).chance(task + ":wrong"), case.variation.parameters_seen
        )
        others = MovesPolicy("wrong-values", case.family.moves(other), seed)
        moves = case.family.moves(case.parameters)
        half = [*moves[: (len(moves) - 1) // 2], Move(("I think it is done.",), Finished(answer="0"))]
        return others, MovesPolicy("gives-up", half, seed)


def idle() -> Policy:
    """A policy that claims to have finished without doing anything."""
    return MovesPolicy("idle", [Move(("There is nothing to do.",), Finished())], 0)


def random_policy(seed: int) -> Policy:
    """A policy that types and presses without looking, as a floor for comparisons."""
    from random import Random

    chance = Random(seed)
    letters = "abcdefghij klmnopqrstuvwxyz0123456789"
    moves = [
        Move(
            ("I do something.",),
            chance.choice(
                (
                    Type(text="".join(chance.choice(letters) for _ in range(8))),
                    Key(keys=(chance.choice(("enter", "tab", "esc", "delete", "home", "end")),)),
                )
            ),
        )
        for _ in range(9)
    ]
    return MovesPolicy("random", moves, seed)
