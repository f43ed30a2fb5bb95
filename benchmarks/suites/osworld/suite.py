"""OSWorld task files as a suite: one file, or all that lie in a folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskhand.actions.geometry import Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Infeasible
from deskhand.agent.limits import Limits
from deskhand.agent.result import RunResult
from deskhand.benchmarks.runner.episodes import trajectory_folder
from deskhand.benchmarks.runner.tables import Row
from deskhand.benchmarks.suite import BaseSuite, Score
from deskhand.benchmarks.suites.osworld.folder import FoundTask, domain_of, is_list, tasks_in, tasks_of
from deskhand.benchmarks.task_files import files, lookup
from deskhand.benchmarks.task_files.doing import look, set_up
from deskhand.benchmarks.task_files.lookup import Lacks
from deskhand.benchmarks.task_files.needs import sites
from deskhand.benchmarks.task_files.place import Place, proxy_in
from deskhand.benchmarks.task_files.task import (
    WINDOWS,
    Object,
    OsworldTask,
    edition_of,
    parse_task,
    read_json,
)
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.perception.watch.observe import Observation
from deskhand.policies.protocol import Policy
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Decision, Step, Task

KINDS = {
    "steps": "step type",
    "getters": "getter",
    "metrics": "metric",
    "files": "file",
    "faults": "fault",
}
"""What a task can lack, and what one of it is called."""
SHORTEST = 4
"""Characters of an id that name a task."""


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A task, its file, and the folder with what came with it."""

    path: Path
    task: OsworldTask
    beside: Path | None
    version: str


class OsworldSuite(BaseSuite):
    """The tasks of OSWorld task files that use only step types, getters and metrics that we have.

    Args:
        place: a task file, a folder with such files in it at any depth, or a list of tasks as OSWorld has
            them (test_all.json, test_small.json), whose files lie beside it.

    Attributes:
        lacking: what other tasks in there lack, by their names; by their files' where something is wrong.
        editions: how many of all of them are of each edition of OSWorld, as far as they are tasks.

    Raises:
        UsageError: there is no such file or folder, a file is no task, or none of the tasks can be run; what
            they lack is named. The proxy that is set is none.
        EnvironmentProblem: a package is missing that reads what a single file is about.
    """

    name = "osworld"
    limits = Limits(steps=15, seconds=600)
    screen: Viewport | None = Viewport(1920, 1080)

    def __init__(self, place: Path) -> None:
        self._proxy = proxy_in(os.environ)
        self.lacking: dict[str, Lacks] = {}
        self.editions: Counter[str] = Counter()
        self._files: dict[str, TaskFile] = {}
        if place.is_dir():
            for found in tasks_in(place):
                self._try(found, place)
        elif place.exists():
            content = read_json(place)
            if is_list(content):
                for found in tasks_of(content, place):
                    self._try(found, place.parent)
            else:
                self._take(place, content)
        else:
            raise UsageError(f"no such file or folder: {place}")
        if not self._files:
            raise UsageError(f"no task in {place} can be run: {_what_is_lacking(self.lacking)}")

    def tasks(self) -> Sequence[str]:
        """The names of those that can be run."""
        return tuple(self._files)

    def online(self) -> Sequence[str]:
        """Those of them that open or name pages of the internet: elsewhere their environment has failed."""
        return tuple(name for name, file in self._files.items() if sites(file.task))

    def subsets(self) -> Mapping[str, Sequence[str]]:
        """The tasks of each of OSWorld's domains that are there."""
        found: dict[str, list[str]] = {}
        for name in self._files:
            found.setdefault(self.category(name), []).append(name)
        return found

    def category(self, task: str) -> str:
        """OSWorld's domain: the folder that the file lies in, or what its applications say."""
        file = self._file(task)
        return domain_of(file.path, file.task)

    def whole_names(self, names: str | None) -> str | None:
        """Names of tasks, with commas, of which each may be the beginning of an id that no other has.

        Raises:
            UsageError: several ids begin like it.
        """
        if names is None:
            return None
        every = [*self._files, *self.lacking]
        return ",".join(_whole(name.strip(), every) for name in names.split(","))

    def version(self, task: str) -> str:
        """A hash of the task's file, of what came with it, and of what sets it up and checks it."""
        return self._file(task).version

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        """Do the steps of the task's config.

        Raises:
            SandboxError: one of them cannot be done there.
            EnvironmentProblem: one of them makes no sense.
        """
        file = self._file(task)
        with _blaming(file), tempfile.TemporaryDirectory() as scratch:
            return set_up(file.task, self._place(file, sandbox, scratch), seed)

    def score(self, task: str, sandbox: Sandbox, seed: int, result: RunResult) -> Score:
        """What the task's metrics find.

        Raises:
            EnvironmentProblem: one of them cannot read its parameters in the file.
        """
        file = self._file(task)
        with _blaming(file), tempfile.TemporaryDirectory() as scratch:
            return look(file.task, self._place(file, sandbox, scratch), result)

    def oracle(self, task: str, seed: int) -> Policy:
        """A policy that says that it does not know how the task is done; it does those that cannot be."""
        self._file(task)
        return _GivesUp("oracle")

    def wrong(self, task: str, seed: int) -> tuple[Policy, Policy]:
        """Two policies that claim to be done, one of them after a key that changes nothing."""
        from deskhand.benchmarks.moves import done, press
        from deskhand.benchmarks.oracle import MovesPolicy

        self._file(task)
        first = MovesPolicy("claims", [done("It is done.")], seed)
        return first, MovesPolicy("idles", [press("shift", "I try something."), done("It is done.")], seed)

    def refuse(self, tasks: Iterable[str]) -> None:
        """See that none of some tasks is one that lacks something.

        Raises:
            UsageError: one does; it says what.
        """
        by_file = {Path(key).stem: lacks for key, lacks in self.lacking.items() if key.endswith(".json")}
        for name in (name.strip() for name in tasks):
            lacks = self.lacking.get(name) or by_file.get(name)
            if lacks and name not in self._files:
                raise UsageError(f"the task {name} cannot be run: it lacks {lacks}")

    def _place(self, file: TaskFile, sandbox: Sandbox, scratch: str) -> Place:
        proxy = self._proxy if file.task.proxy is True else ""
        return Place(sandbox, Path(scratch), file.beside, proxy=proxy)

    def _file(self, task: str) -> TaskFile:
        if task in self._files:
            return self._files[task]
        self.refuse([task])
        known = ", ".join(list(self._files)[:30])
        raise UsageError(f"there is no task {task[:80]!r} among these files; there are {known}")

    def _try(self, found: FoundTask, folder: Path) -> None:
        """Take a task; if something is wrong with it, that is kept under its file's name in the folder."""
        try:
            if found.fault:
                raise UsageError(found.fault)
            self._take(found.path, found.content)
        except (UsageError, EnvironmentProblem) as error:
            fault = str(error).removeprefix(f"{found.path}: ")
            self.lacking[found.path.relative_to(folder).as_posix()] = Lacks(faults=(fault,))

    def _take(self, path: Path, content: Object) -> None:
        task, edition = parse_task(content, str(path)), edition_of(content)
        self.editions[edition] += 1
        if edition == WINDOWS:
            raise UsageError(f"{path}: a task of {WINDOWS}, and sandboxes run Linux")
        trajectory_folder(Path(), task.id, 0)
        folder, lacks = files.beside(path, task), lookup.lacking(task)
        lacks = Lacks(
            lacks.steps, lacks.getters, lacks.metrics, tuple(dict.fromkeys(files.missing(task, folder)))
        )
        if task.id in self._files or (lacks and task.id in self.lacking):
            raise UsageError(f"{path}: two tasks have the id {task.id[:80]!r}")
        if lacks:
            self.lacking[task.id] = lacks
            return
        lookup.check(task, str(path))
        version = _version(json.dumps(content, sort_keys=True), lookup.source(), folder)
        self._files[task.id] = TaskFile(path, task, folder, version)


def edition_rows(suite: OsworldSuite) -> list[Row]:
    """How many tasks there are of each edition of OSWorld, run or not."""
    return [{"edition": name, "tasks": count} for name, count in suite.editions.most_common()]


def lacking_counts(suite: OsworldSuite) -> list[Row]:
    """How many tasks lack each name, and how many lack it alone; the most first."""
    every: Counter[tuple[str, str]] = Counter()
    alone: Counter[tuple[str, str]] = Counter()
    for lacks in suite.lacking.values():
        names = [(kind, name) for kind in KINDS for name in dict.fromkeys(getattr(lacks, kind))]
        names = [("files", "files of the task") if kind == "files" else (kind, name) for kind, name in names]
        own = list(dict.fromkeys(names))
        every.update(own)
        alone.update(own if len(own) == 1 else ())
    order = sorted(every, key=lambda key: (-every[key], key))
    return [
        {
            "lacking": name[:120],
            "kind": KINDS[kind],
            "tasks": every[kind, name],
            "it alone": alone[kind, name],
        }
        for kind, name in order
    ]


def lacking_rows(suite: OsworldSuite) -> list[Row]:
    """One row for each task that is not run: what it lacks."""
    return [
        {
            "task": task,
            "step types": ", ".join(lacks.steps),
            "getters": ", ".join(lacks.getters),
            "metrics": ", ".join(lacks.metrics),
            "files": ", ".join(lacks.files),
            "faults": "; ".join(lacks.faults),
        }
        for task, lacks in suite.lacking.items()
    ]


class _GivesUp:
    """Says at once that it does not know how the task is done."""

    def __init__(self, name: str) -> None:
        self.name = name

    def begin(self, task: Task) -> None:
        """Nothing to get ready."""

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Says that the task cannot be done, whatever is shown."""
        reason = "an OSWorld task file does not say how its task is done"
        return Decision(reply=Reply(thought="I do not know how.", actions=(Infeasible(reason=reason),)))

    def close(self) -> None:
        """Nothing to let go of."""


@contextlib.contextmanager
def _blaming(file: TaskFile) -> Iterator[None]:
    """What makes no sense in a file is no fault of the agent's, and does not end a run of many tasks."""
    try:
        yield
    except UsageError as error:
        raise EnvironmentProblem(f"the task file {file.path} has an error: {error}") from error


def _version(content: str, source: str, folder: Path | None) -> str:
    h = hashlib.sha256(content.encode())
    h.update(source.encode())
    for path in sorted(folder.rglob("*")) if folder is not None else ():
        if path.is_file():
            h.update(f"{path.name}:{path.stat().st_size}:".encode())
            with path.open("rb") as file:
                h.update(hashlib.file_digest(file, "sha256").digest())
    return h.hexdigest()[:12]


def _what_is_lacking(lacking: Mapping[str, Lacks]) -> str:
    """What tasks lack, all kinds together, in one line."""
    if not lacking:
        return "no file in there is a task"
    every = Lacks(*(tuple(_names(lacking, kind)) for kind in KINDS))
    return f"{'it lacks' if len(lacking) == 1 else f'all {len(lacking)} lack something:'} {every}"


def _names(lacking: Mapping[str, Lacks], kind: str) -> Iterator[str]:
    yield from dict.fromkeys(name for lacks in lacking.values() for name in getattr(lacks, kind))


def _whole(name: str, every: Sequence[str]) -> str:
    """The id that begins like this; the name itself where none does, for others to refuse."""
    if name in every or len(name) < SHORTEST:
        return name
    found = [one for one in every if one.startswith(name)]
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} tasks begin with {name[:80]!r}: {', '.join(found[:5])}; write more of it"
        )
    return found[0] if found else name
