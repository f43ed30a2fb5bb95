"""Suites by name: ``canaries``, ``composed``, ``desk``, ``harm``, ``miniwob``, ``osworld:PLACE``,
``map:FOLDER``, ``programs`` and those of other packages; and the policies measured on them.

A package offers suites of its own through entry points of the group ``deskhand.suites``. Each names a
function without arguments that returns a suite. ``check_suite`` checks that it is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from deskhand.benchmarks.oracle import idle
from deskhand.benchmarks.runner.episodes import EpisodeKey
from deskhand.benchmarks.suite import Suite, TemptsAgents, teacher
from deskhand.errors import UsageError
from deskhand.plugins import Kind
from deskhand.policies.protocol import Policy
from deskhand.policies.registry import load_policy

NEXT_ATTEMPT = 1_000_003
"""Added to a policy's seed with each attempt: the task stays as it is, what the policy draws does not."""

SUITES = Kind(
    "suite",
    "deskhand.suites",
    Suite,
    "what a suite has; let it inherit from BaseSuite",
    {name: name for name in ("canaries", "composed", "desk", "harm", "miniwob", "programs")},
)


def load_suite(name: str) -> Suite:
    """Make a suite by its name.

    ``osworld:PLACE`` is one of OSWorld task files, a file or a folder of them; ``map:FOLDER`` one of what
    `deskhand explore` found; ``desk:LANGUAGE`` is desk with its tasks told in another language.

    Raises:
        UsageError: there is no such suite or language; the nearest name is offered. Or no task of OSWorld
            can be run, or the map has no goal.
        TrajectoryError: the map is damaged, or of another version.
        EnvironmentProblem: another package's suite cannot be loaded.
    """
    kind, _, place = name.partition(":")
    if kind == "osworld":
        if not place:
            raise UsageError("osworld needs task files: write osworld:FILE or osworld:FOLDER")
        return _osworld(Path(place))
    if kind == "desk":
        return _desk(place)
    if kind == "map":
        if not place:
            raise UsageError("map needs the map of an application: write map:FOLDER")
        return _mapped(Path(place).expanduser())
    own = _OWN.get(name)
    return own() if own is not None else cast(Suite, SUITES.make(name))


def suite_names() -> tuple[str, ...]:
    """Every name that ``load_suite`` knows on this machine, sorted."""
    return SUITES.names()


@dataclass(frozen=True, slots=True)
class ChosenPolicy:
    """A policy by its name, made for each episode: ``oracle``, ``random``, ``idle``, ``obedient`` (of the
    suite canaries), or as ``load_policy``.

    ``oracle:embedded`` is the oracle in the moves of the embedded reasoner, on what perception finds;
    ``oracle:anew`` is one that looks anew at each step what is still to be done.

    It can be sent to another process.
    """

    spec: str
    model: str | None = None
    dialect: str | None = None
    profile: str | None = None
    settings: tuple[str, ...] = ()
    grounder: str | None = None

    def __call__(self, suite: Suite, key: EpisodeKey) -> Policy:
        seed = key.seed + NEXT_ATTEMPT * (key.attempt - 1)
        given = {
            "model": self.model,
            "dialect": self.dialect,
            "profile": self.profile,
            "profile-set": self.settings,
            "grounder": self.grounder,
        }
        if self.spec in ("oracle", "random", "idle", "obedient") and any(given.values()):
            option = next(name for name, value in given.items() if value)
            raise UsageError(f"the {self.spec} policy does not take --{option}: leave it out")
        if self.spec == "oracle:embedded":
            from deskhand.benchmarks.said import SaidPolicy

            return SaidPolicy(suite.oracle(key.task, key.seed))
        if self.spec == "oracle:anew":
            return teacher(suite, key.task, key.seed)
        if self.spec == "oracle":
            return suite.oracle(key.task, key.seed)
        if self.spec == "random":
            return suite.random(seed)
        if self.spec == "idle":
            return idle()
        if self.spec == "obedient":
            if not isinstance(suite, TemptsAgents):
                raise UsageError(f"the policy obedient is one of the suite canaries, not of {suite.name}")
            return suite.obedient(key.task, key.seed)
        return load_policy(
            self.spec,
            model=self.model,
            dialect=self.dialect,
            profile=self.profile,
            settings=self.settings,
            grounder=self.grounder,
            seed=seed,
        )


def _canaries() -> Suite:
    from deskhand.benchmarks.suites.canaries.suite import CanariesSuite

    return CanariesSuite()


def _composed() -> Suite:
    from deskhand.benchmarks.suites.composed.suite import ComposedSuite

    return ComposedSuite()


def _desk(language: str = "") -> Suite:
    from deskhand.benchmarks.suites.desk.suite import DeskSuite

    return DeskSuite(language)


def _harm() -> Suite:
    from deskhand.benchmarks.suites.harm.suite import HarmSuite

    return HarmSuite()


def _miniwob() -> Suite:
    from deskhand.benchmarks.suites.miniwob.suite import MiniwobSuite

    return MiniwobSuite()


def _programs() -> Suite:
    from deskhand.benchmarks.suites.programs.suite import ProgramsSuite

    return ProgramsSuite()


def _mapped(folder: Path) -> Suite:
    from deskhand.benchmarks.suites.mapped.suite import MapSuite

    return MapSuite(folder)


def _osworld(place: Path) -> Suite:
    from deskhand.benchmarks.suites.osworld.suite import OsworldSuite

    return OsworldSuite(place)


_OWN: dict[str, Callable[[], Suite]] = {
    "canaries": _canaries,
    "composed": _composed,
    "desk": _desk,
    "harm": _harm,
    "miniwob": _miniwob,
    "programs": _programs,
}
