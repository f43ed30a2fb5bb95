"""Edited copies of a trajectory: a part of it, one with a note, one made of what can still be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deskhand.errors import UsageError
from deskhand.progress import Progress, silent
from deskhand.trajectories.records import GIVEN_FOLDER, EndRecord, NoteRecord
from deskhand.trajectories.repair.copies import Copy, as_it_is, open_whole, write_copy

LONGEST_NOTE = 2000


def cut(
    folder: Path | str,
    out: Path | str,
    *,
    first: int | None = None,
    last: int | None = None,
    progress: Progress = silent,
) -> Copy:
    """Copy the steps from ``first`` to ``last``, both of them too.

    The screen after the last is kept as that of the end. Files that the run made are kept only with the
    run's own end, for they may come from any step.

    Raises:
        UsageError: there is no step in between, or ``out`` is in use.
        TrajectoryError: the origin cannot be read; LogError: the copy cannot be written.
    """
    reading = open_whole(folder)
    steps = [step.step for step in reading.trajectory.steps]
    low, high = (
        first if first is not None else min(steps, default=0),
        last if last is not None else max(steps, default=0),
    )
    if not any(low <= step <= high for step in steps):
        raise UsageError(f"there is no step from {low} to {high}; {_extent(steps)}")
    whole = high >= steps[-1]
    draft = as_it_is(reading)
    body = [
        r
        for r in draft.body
        if isinstance(r, EndRecord) or low <= r.step <= high or (whole and r.step > high)
    ]
    if not whole:
        after = next(step for step in reading.trajectory.steps if step.step > high)
        body = [r for r in body if not isinstance(r, EndRecord)]
        reason = f"cut after step {high}"
        body.append(
            EndRecord(step=high, status="stopped", reason=reason, frame=after.frame, seconds=after.seconds)
        )
    files = [name for name in draft.files if whole or name.startswith(f"{GIVEN_FOLDER}/")]
    return write_copy(reading, replace(draft, body=body, files=tuple(files)), Path(out), progress=progress)


def note(folder: Path | str, out: Path | str, *, step: int, text: str, progress: Progress = silent) -> Copy:
    """Copy a trajectory with one more note, which stands after what is known of its step.

    Raises:
        UsageError: there is no such step, the note is empty or longer than ``LONGEST_NOTE`` characters, or
            ``out`` is in use.
        TrajectoryError: the origin cannot be read; LogError: the copy cannot be written.
    """
    if not text.strip() or len(text) > LONGEST_NOTE:
        raise UsageError(f"a note has 1 to {LONGEST_NOTE} characters, not {len(text)}")
    text = text.encode(errors="replace").decode()
    reading = open_whole(folder)
    steps = [one.step for one in reading.trajectory.steps]
    if step not in steps:
        raise UsageError(f"there is no step {step}; {_extent(steps)}")
    draft = as_it_is(reading)
    body = list(draft.body)
    at = max(number for number, r in enumerate(body) if r.step == step and not isinstance(r, EndRecord))
    body.insert(at + 1, NoteRecord(step=step, text=text))
    return write_copy(reading, replace(draft, body=body), Path(out), progress=progress)


def repair(folder: Path | str, out: Path | str, *, progress: Progress = silent) -> Copy:
    """Copy what can be read of a damaged trajectory; what is lost is reported, and noted in the copy.

    A line that cannot be read is left out, with what cannot stand without it. An action without an outcome
    gets one that is unknown. A step whose frame is lost stays, without its picture.

    Raises:
        UsageError: ``out`` is in use.
        TrajectoryError: not even the header can be read, it is of a newer format, or it is being written.
        LogError: the copy cannot be written.
    """
    reading = open_whole(folder, damaged=True)
    draft = as_it_is(reading)
    mended = (*(f"{one}; it is left out" for one in reading.faults), *reading.trajectory.repairs)
    return write_copy(reading, draft, Path(out), remarks=mended, damaged=True, progress=progress)


def _extent(steps: Sequence[int]) -> str:
    return f"it has the steps {steps[0]} to {steps[-1]}" if steps else "it has no steps"
