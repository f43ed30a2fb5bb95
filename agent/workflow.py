"""Runs a workflow, once or for each row of a table, and keeps a result for every row."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deskhand.agent.control import Control
from deskhand.agent.given import Openable
from deskhand.agent.listener import Listener
from deskhand.agent.replay import Replayed, replay
from deskhand.credentials import SECRET
from deskhand.disk import read_regular_file
from deskhand.errors import UsageError
from deskhand.lines import ResultLines, only_writer
from deskhand.policies.protocol import Policy
from deskhand.policies.replay.script import ReplayPlan, script_of
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.workflow import Workflow, with_values

RESULTS = "results.jsonl"
LARGEST_TABLE = 64 << 20
MOST_ROWS = 100_000

Values = dict[str, str]


class RowResult(BaseModel):
    """What became of one row: a line of the results file. Secrets are not among the values.

    ``status`` is that of a run, or ``drift`` with the step of the recording at which it stopped.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    row: int
    workflow: str = ""
    values: Values
    status: str
    reason: str = ""
    step: int | None = None
    answer: str | None = None
    seconds: float = 0.0
    trajectory: str = ""

    @property
    def done(self) -> bool:
        """Whether the row's run finished; of all other statuses none counts as done."""
        return self.status == "finished"


@dataclass(frozen=True, slots=True)
class Ready:
    """A workflow with its recording, as both were read."""

    workflow: Workflow
    recording: Trajectory

    def script(self, values: Mapping[str, str]) -> ReplayPlan:
        """What is done with some values."""
        made = script_of(
            self.recording,
            values=self.workflow.shown(values),
            typed=self.workflow.typed(self.recording, values),
            secrets=self.workflow.secret_uses(),
        )
        return made.ending_with(self.workflow.answer(made.ending, values))

    def instruction(self, values: Mapping[str, str]) -> str:
        """The instruction with these values."""
        text = with_values(self.workflow.instruction, self.workflow.shown(values))
        return text[:20_000].strip() or self.workflow.instruction

    def check(self, rows: Sequence[Values]) -> None:
        """Whether every row can be typed.

        Raises:
            UsageError: one cannot; it names the row.
        """
        for number, values in enumerate(rows, 1):
            try:
                self.workflow.typed(self.recording, values)
            except UsageError as error:
                raise UsageError(f"row {number}: {error}") from error

    @property
    def hash(self) -> str:
        """Identifies the workflow in results: the same workflow, the same hash."""
        return blake2b(self.workflow.model_dump_json().encode(), digest_size=8).hexdigest()


def open_workflow(path: Path) -> Ready:
    """Read a workflow and its recording.

    Raises:
        TrajectoryError: one of them cannot be read, or they do not belong together.
    """
    workflow = Workflow.open(path)
    return Ready(workflow, workflow.recording(path))


def run_once(
    ready: Ready,
    values: Mapping[str, str],
    sandbox: Sandbox,
    *,
    helper: Policy | None = None,
    out: Path | None = None,
    listener: Listener | None = None,
    control: Control | None = None,
    launch: bool = True,
    open: Sequence[Openable] = (),
) -> Replayed:
    """Do a workflow with checked values (``Workflow.values``) on a desktop that is running.

    ``open``: files in place of those that the recorded run was given, as for ``replay``.
    """
    task = ready.recording.task.model_copy(update={"instruction": ready.instruction(values)})
    if not launch:
        task = task.unopened
    return replay(
        ready.script(values),
        sandbox,
        task=task,
        helper=helper,
        out=out,
        listener=listener,
        control=control,
        open=open,
    )


def run_rows(
    ready: Ready,
    rows: Sequence[Values],
    sandbox: Sandbox,
    out: Path,
    *,
    helper: Policy | None = None,
    listener: Listener | None = None,
    control: Control | None = None,
    fresh: bool = True,
    open: Sequence[Openable] = (),
) -> Iterator[RowResult]:
    """Do a workflow for each row; yields each result once it is on disk.

    A row that ``out`` holds a success for, with the same values, is not done again. One that a person
    stopped gets no result.

    Args:
        rows: checked values, as ``read_table`` gives them.
        out: folder that gets results.jsonl and a trajectory for each row.
        fresh: reset the desktop before each row but the first.
        open: files that each row is given in place of the recorded ones, as for ``replay``.

    Raises:
        UsageError: ``out`` has results of another workflow, or a row cannot be typed.
        LogError: ``out`` cannot be written, or another run writes it.
    """
    ready.check(rows)
    results = ResultLines(out / RESULTS, RowResult)
    with only_writer(out):
        before = results.read()
        if any(one.workflow != ready.hash for one in before):
            raise UsageError(f"{out} contains results of another workflow: choose another --out")
        known = {one.row: one for one in before if one.done}
        results.begin()
        yield from _run_rows(
            ready,
            rows,
            sandbox,
            out,
            results=results,
            known=known,
            helper=helper,
            listener=listener,
            control=control,
            fresh=fresh,
            open=open,
        )


def _run_rows(
    ready: Ready,
    rows: Sequence[Values],
    sandbox: Sandbox,
    out: Path,
    *,
    results: ResultLines[RowResult],
    known: Mapping[int, RowResult],
    helper: Policy | None,
    listener: Listener | None,
    control: Control | None,
    fresh: bool,
    open: Sequence[Openable],
) -> Iterator[RowResult]:
    began = False
    for number, values in enumerate(rows, 1):
        shown = public(ready.workflow, values)
        earlier = known.get(number)
        if earlier is not None and earlier.values == shown:
            yield earlier
            continue
        if began and fresh:
            sandbox.reset()
        began = True
        folder = _free(out / "trajectories" / f"row-{number:05d}")
        done = run_once(
            ready,
            values,
            sandbox,
            helper=helper,
            out=folder,
            listener=listener,
            control=control,
            open=open,
        )
        if done.result.status == "stopped":
            return
        result = _result(number, shown, done, out).model_copy(update={"workflow": ready.hash})
        results.append(result)
        yield result


def public(workflow: Workflow, values: Mapping[str, str]) -> Values:
    """The values that may be written down."""
    secret = {parameter.name for parameter in workflow.parameters if parameter.type == "secret"}
    return {name: value for name, value in values.items() if name not in secret}


def secrets_given(workflow: Workflow, environment: Mapping[str, str] = os.environ) -> Values:
    """Values of the secrets, from DESKHAND_SECRET_NAME."""
    names = (parameter.name for parameter in workflow.parameters if parameter.type == "secret")
    return {name: environment[key] for name in names if (key := SECRET + name.upper()) in environment}


def read_table(path: Path, workflow: Workflow, more: Mapping[str, str] = {}) -> list[Values]:
    """The rows of a CSV file with a header, each checked before any is run.

    Columns that are no parameters are left out; parameters without a column have the value of ``more``, or
    that of the recording.

    Raises:
        UsageError: it is no such table, lacks every parameter, or a value does not fit; it names the line.
        TrajectoryError: the file cannot be read.
    """
    data = read_regular_file(path, LARGEST_TABLE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start})") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names = [parameter.name for parameter in workflow.parameters]
    rows: list[Values] = []
    try:
        columns = _columns(path, reader, names)
        for record in reader:
            rows.append(_row(path, reader.line_num, record, columns, workflow, more))
            if len(rows) > MOST_ROWS:
                raise UsageError(f"{path} has more than {MOST_ROWS} rows")
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}") from error
    if not rows:
        raise UsageError(f"{path} has a header but no rows: add a row for each run")
    return rows


def _columns(path: Path, reader: csv.DictReader[str], names: Sequence[str]) -> list[str]:
    """The columns that are parameters; one that looks like a misspelt one is refused, others are left out."""
    head = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = head
    columns = [name for name in head if name in names]
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise UsageError(f"{path} has the column {twice[0]} twice: remove one")
    for name in head:
        near = get_close_matches(name.casefold(), [one for one in names if one not in columns], 1, 0.75)
        if name not in names and near:
            raise UsageError(f"{path} has an unknown column {name[:40]!r}; did you mean {near[0]}?")
    if not columns:
        raise UsageError(f"{path} has none of the columns {', '.join(names) or '(the workflow has none)'}")
    return columns


def _row(
    path: Path,
    line: int,
    record: Mapping[str, str | None],
    columns: Sequence[str],
    workflow: Workflow,
    more: Mapping[str, str],
) -> Values:
    lacking = [name for name in columns if record[name] is None]
    if lacking or None in record:
        what = f"no value for {lacking[0]}" if lacking else "more values than columns"
        raise UsageError(f"{path}, line {line}: {what}")
    given = {name: value for name in columns if (value := record[name]) is not None}
    try:
        return workflow.values({**more, **given})
    except UsageError as error:
        raise UsageError(f"{path}, line {line}: {error}") from error


def _result(number: int, shown: Values, done: Replayed, out: Path) -> RowResult:
    drift = done.report.drift
    return RowResult(
        row=number,
        values=shown,
        status="drift" if drift is not None else done.result.status,
        reason=drift.reason if drift is not None else done.result.reason,
        step=drift.step if drift is not None else None,
        answer=done.result.answer,
        seconds=round(done.result.seconds, 2),
        trajectory=done.result.trajectory.relative_to(out).as_posix(),
    )


def _free(folder: Path) -> Path:
    """A folder that is not there yet: an earlier attempt is left as it is."""
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}.{number}")
    return free
