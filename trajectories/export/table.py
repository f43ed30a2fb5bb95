"""A table in Parquet, a row a step; it needs pyarrow, which is in the extra ``parquet``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskhand.errors import EnvironmentProblem
from deskhand.progress import Progress
from deskhand.trajectories.export.exchange import ExportOptions, check_suffix, new_file, png
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Step

ROWS_A_GROUP = 64


def export(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write the table. Its metadata hold ``header`` and ``end`` as JSON.

    ``pictures`` inside puts each step's screenshot into the row as PNG; otherwise a row has its digest.

    Raises:
        EnvironmentProblem: pyarrow is not installed.
        UsageError: ``out`` exists, or does not end in .parquet.
        LogError: it cannot be written.
        TrajectoryError: a frame is missing or damaged.
    """
    check_suffix(out, ".parquet")
    arrow = pyarrow()
    inside = options.pictures == "inside"
    about = {
        "header": trajectory.header.model_dump_json(),
        "end": trajectory.end.model_dump_json() if trajectory.end else "",
    }
    schema = arrow.schema(_fields(arrow, inside)).with_metadata(about)
    rows = _rows(trajectory, inside, progress)
    write_rows(out, schema, rows)
    return []


def write_rows(out: Path, schema: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Write rows as Parquet, a group at a time."""
    import pyarrow.parquet as parquet

    arrow = pyarrow()
    with new_file(out) as file, parquet.ParquetWriter(file, schema) as writer:
        group: list[dict[str, Any]] = []
        for row in rows:
            group.append(row)
            if len(group) == ROWS_A_GROUP:
                writer.write_table(arrow.Table.from_pylist(group, schema))
                group = []
        if group:
            writer.write_table(arrow.Table.from_pylist(group, schema))


def pyarrow() -> Any:
    """The library of tables.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    try:
        import pyarrow as arrow
    except ImportError as error:
        raise EnvironmentProblem("tables need pyarrow: pip install 'deskhand[parquet]'") from error
    return arrow


def _fields(arrow: Any, inside: bool) -> list[Any]:
    words, texts = arrow.string(), arrow.list_(arrow.string())
    kinds: dict[str, Any] = {
        "instruction": words, "policy": words, "sandbox": words, "step": arrow.int64(), "by": words,
        "seconds": arrow.float64(), "frame": words, "thought": words, "reflection": words,
        "kinds": texts, "actions": texts, "targets": texts, "outcomes": texts, "reasons": texts,
        "repairs": texts, "notes": texts, "masked": texts, "hidden": arrow.list_(arrow.int64()),
        "changed": arrow.bool_(), "raw": words, "error": words, "prompt_tokens": arrow.int64(),
        "completion_tokens": arrow.int64(), "decision_seconds": arrow.float64(), "cost": arrow.float64(),
    }  # fmt: skip
    if inside:
        kinds["picture"] = arrow.binary()
    return [arrow.field(name, kind) for name, kind in kinds.items()]


def _rows(trajectory: Trajectory, inside: bool, progress: Progress) -> Iterator[dict[str, Any]]:
    for number, step in enumerate(trajectory.steps, 1):
        progress(f"steps ({number} of {len(trajectory.steps)})", number / len(trajectory.steps))
        row = _row(trajectory, step)
        yield row | ({"picture": png(trajectory.frame(step.frame))} if inside else {})


def _row(trajectory: Trajectory, step: Step) -> dict[str, Any]:
    decision, usage = step.decision, step.decision.usage
    reply = decision.reply
    actions = reply.actions if reply else ()
    return {
        "instruction": trajectory.task.instruction,
        "policy": trajectory.header.policy,
        "sandbox": trajectory.header.sandbox,
        "step": step.step,
        "by": step.by or "policy",
        "seconds": step.seconds,
        "frame": step.frame,
        "thought": reply.thought if reply else "",
        "reflection": reply.reflection if reply else "",
        "kinds": [action.kind for action in actions],
        "actions": [action.model_dump_json() for action in actions],
        "targets": [target.model_dump_json() if target else "" for target in step.targets],
        "outcomes": [outcome.status for outcome in step.outcomes],
        "reasons": [outcome.reason for outcome in step.outcomes],
        "repairs": list(reply.repairs) if reply else [],
        "notes": list(step.notes),
        "masked": [json.dumps([box.left, box.top, box.right, box.bottom]) for box in step.masked],
        "hidden": list(step.hidden),
        "changed": step.changed,
        "raw": decision.raw,
        "error": decision.error,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "decision_seconds": usage.seconds,
        "cost": usage.cost,
    }
