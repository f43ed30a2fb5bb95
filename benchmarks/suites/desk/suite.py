"""The desk suite: families by name, set up in a fresh sandbox and checked from outside."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskhand.agent.result import RunResult
from deskhand.benchmarks.moves import Parameters, done, press
from deskhand.benchmarks.oracle import MovesPolicy
from deskhand.benchmarks.suite import BaseSuite, Score
from deskhand.benchmarks.suites.desk.families import tables
from deskhand.benchmarks.suites.desk.family import Family, families, family_named
from deskhand.benchmarks.suites.desk.languages import read_language
from deskhand.benchmarks.task_files.doing import look, set_up
from deskhand.benchmarks.task_files.filling import filled
from deskhand.benchmarks.task_files.place import Place
from deskhand.benchmarks.task_files.task import OsworldTask
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.variation import Variation
from deskhand.trajectories.records import Task


@dataclass(frozen=True, slots=True)
class DeskCase:
    """One family with one seed: what was drawn."""

    family: Family
    variation: Variation
    parameters: Parameters
    instruction: str

    @property
    def task(self) -> OsworldTask:
        """The task that this makes."""
        return self.family.task(self.parameters).model_copy(update={"instruction": self.instruction})

    def make(self, name: str, given: Mapping[str, str] | None) -> bytes:
        """The content of a file that is there at the start."""
        return tables().files[name](dict(given) if given is not None else self.parameters)


class DeskSuite(BaseSuite):
    """Short tasks on real applications, in families of which a seed makes one task each.

    Args:
        language: in which tasks are told, see ``languages``; English if empty. The screens stay as they are.
    """

    def __init__(self, language: str = "") -> None:
        self.name = f"desk:{language}" if language else "desk"
        self._language = read_language(language) if language else None

    def tasks(self) -> Sequence[str]:
        """The names of the families."""
        return tuple(family.name for family in families())

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """Tasks on applications that training has seen, and on those that it has not."""
        trained = tuple(family.name for family in families() if family.trained)
        return {"trained": trained, "untrained": tuple(n for n in self.tasks() if n not in trained)}

    def category(self, task: str) -> str:
        """The kind of application."""
        return self.family(task).category

    def version(self, task: str) -> str:
        """Hash of the task's file and of all code that makes and checks tasks."""
        version = self.family(task).version
        return f"{version}-{self._language.version}" if self._language is not None else version

    def family(self, task: str) -> Family:
        """A family by its name.

        Raises:
            UsageError: there is none.
        """
        return family_named(task)

    def case(self, task: str, seed: int) -> DeskCase:
        """What a seed makes of a task: the same for the same seed, always."""
        family, variation = self.family(task), Variation.of(seed)
        chance = variation.chance(task)
        parameters = family.draw(chance, variation.parameters_seen)
        if self._language is not None:
            return DeskCase(family, variation, parameters, self._language.said(task, parameters, chance))
        wordings = family.wordings if variation.wording_seen else family.held_out
        return DeskCase(family, variation, parameters, filled(chance.choice(wordings), parameters))

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        """As the protocol has it; the seed chooses the family's parameters."""
        case = self.case(task, seed)
        with tempfile.TemporaryDirectory() as scratch:
            return set_up(case.task, Place(sandbox, Path(scratch), make=case.make), seed)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """As the protocol has it; looks for what the seed's parameters ask for."""
        case = self.case(task, seed)
        with tempfile.TemporaryDirectory() as scratch:
            return look(case.task, Place(sandbox, Path(scratch), make=case.make), result)

    def oracle(self, task: str, seed: int) -> Policy:
        """As the protocol has it; does the family's moves for the seed's parameters."""
        case = self.case(task, seed)
        return MovesPolicy("oracle", case.family.moves(case.parameters), seed)

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """One does another seed's moves, so its values are wrong; one stops after the first half.

        Where a task cannot be done, the first claims that it was.
        """
        case = self.case(task, seed)
        moves = case.family.moves(case.parameters)
        chance = Variation.of(seed + 5).chance(task + ":wrong")
        # Where there are few ways to go, another seed may well have gone the same.
        others = (
            case.family.moves(case.family.draw(chance, case.variation.parameters_seen)) for _ in range(50)
        )
        instead = next((other for other in others if other != moves), moves)
        if case.family.infeasible:
            instead = [press("esc", "I try something."), *instead[:-1], done("It is done.")]
        half = [*moves[: (len(moves) - 1) // 2], done("I think it is done.", answer="0")]
        return MovesPolicy("wrong-values", instead, seed), MovesPolicy("gives-up", half, seed)
