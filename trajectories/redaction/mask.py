"""A copy of a trajectory in which regions of the screen cannot be seen and what was typed there not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Action, Type
from deskhand.disk import read_below
from deskhand.errors import TrajectoryError, UsageError
from deskhand.perception.screen import Screenshot
from deskhand.progress import Progress, silent
from deskhand.trajectories.records import (
    HIDDEN_TEXT,
    RECORD,
    DecisionRecord,
    HeaderRecord,
)
from deskhand.trajectories.redaction.hiding import Hiding
from deskhand.trajectories.redaction.typed import Mask, Typed
from deskhand.trajectories.repair.check import LARGEST_FILE, Reading
from deskhand.trajectories.repair.copies import (
    Body,
    Copy,
    Draft,
    as_it_is,
    open_whole,
    write_copy,
)

_NAMING = ("name", "text", "label", "value", "title")


def mask(folder: Path | str, out: Path | str, wanted: Mask, *, progress: Progress = silent) -> Copy:
    """Copy a trajectory with regions painted over, and with the texts of these regions taken out.

    A frame that several steps share is painted for all of them. Files that the run made are left out if a
    hidden text is in them, or if they are not plain text, so that this cannot be checked.

    Raises:
        UsageError: no step, no frame or no typed text is meant by it, or ``out`` is in use.
        TrajectoryError: the origin cannot be read; LogError: the copy cannot be written.
    """
    reading = open_whole(folder)
    steps = {step.step for step in reading.trajectory.steps}
    if not any(wanted.covers(step) for step in steps) or not wanted.typed <= steps:
        raise UsageError("there is no such step: deskhand trajectory check --json prints how many there are")
    painted = _painted(reading, wanted)
    found = Typed(wanted)
    draft = as_it_is(reading)
    for record in draft.body:
        if isinstance(record, DecisionRecord):
            found.look(record)
    silent_steps = wanted.typed - {step for step, _ in found.actions}
    if silent_steps:
        raise UsageError(f"nothing is typed in step {min(silent_steps)}, so there is no text to hide")
    hiding = Hiding([*found.texts, *found.names])
    body = tuple(_Rewriting(wanted, found, hiding, painted).records(draft.body))
    files, left_out = _files(reading, draft.files, hiding)
    header = HeaderRecord.model_validate(hiding.clean(draft.header.model_dump(mode="json"), {}))

    def paint(digest: str, screenshot: Screenshot) -> Screenshot:
        return screenshot.painted(painted.get(digest, ()))

    ready = Draft(header, body, files, paint, hides=True)
    return write_copy(reading, ready, Path(out), remarks=[*found.remarks, *left_out], progress=progress)


def _painted(reading: Reading, wanted: Mask) -> dict[str, tuple[Box, ...]]:
    """For each frame that is painted, the boxes, cut at its edges."""
    trajectory = reading.trajectory
    wanting = {step.frame for step in trajectory.steps if wanted.covers(step.step)}
    if trajectory.end and trajectory.end.frame and wanted.covers(trajectory.steps[-1].step):
        wanting.add(trajectory.end.frame)
    found: dict[str, tuple[Box, ...]] = {}
    for digest in sorted(wanting):
        try:
            size = trajectory.frame(digest).viewport
        except TrajectoryError:
            continue  # the copy is without it, and reports that
        cut = (box.intersection(Box(0, 0, size.width, size.height)) for box in wanted.boxes)
        boxes = tuple(box for box in cut if box.area)
        if boxes:
            found[digest] = boxes
    if wanted.boxes and not found:
        raise UsageError(
            "the region is outside the frames of these steps: give --box in pixels of the frames"
        )
    return found


@dataclass(frozen=True)
class _Rewriting:
    """Takes what is hidden out of records."""

    mask: Mask
    typed: Typed
    hiding: Hiding
    painted: dict[str, tuple[Box, ...]]

    @property
    def _digests(self) -> dict[str, str]:
        """A note may name a frame, and the hash of what was painted over could be guessed at."""
        return dict.fromkeys(self.painted, HIDDEN_TEXT)

    def records(self, body: Sequence[Body]) -> Iterator[Body]:
        """The records without what is hidden, in their order."""
        for record in body:
            if isinstance(record, DecisionRecord):
                record = self._decision(record)
            plain = record.model_dump(mode="json")
            if self.mask.text and self.mask.covers(record.step):
                plain = self._unnamed(plain)
            cleaned: Any = RECORD.validate_python(self.hiding.clean(plain, self._digests))
            yield cleaned

    def _decision(self, record: DecisionRecord) -> DecisionRecord:
        masked = (*record.masked, *self.painted.get(record.frame, ()))
        reply = record.decision.reply
        actions = reply.actions if reply else ()
        hidden = set(record.hidden)
        kept: list[Action] = []
        for index, action in enumerate(actions):
            secret = (record.step, index) in self.typed.actions or (
                isinstance(action, Type) and self.hiding.found(action.text)
            )
            if secret:
                hidden.add(index)
                typed = action if isinstance(action, Type) else Type(text="")
                action = typed.model_copy(update={"text": HIDDEN_TEXT})
            kept.append(action)
        update: dict[str, Any] = {"masked": masked, "hidden": tuple(sorted(hidden))}
        if reply is not None and hidden - set(record.hidden):
            said = {"actions": tuple(kept)}
            update["decision"] = record.decision.model_copy(
                update={
                    "reply": reply.model_copy(update=said),
                    "raw": HIDDEN_TEXT if record.decision.raw else "",
                    "candidates": (),
                }
            )
        return record.model_copy(update=update)

    def _unnamed(self, value: Any) -> Any:
        """JSON in which whatever has a place under the mask has no name."""
        if isinstance(value, list):
            return [self._unnamed(one) for one in value]
        if not isinstance(value, dict):
            return value
        found = {key: self._unnamed(one) for key, one in value.items()}
        box = _box(value.get("box"))
        if box is not None and self.mask.names(str(value.get("role", "")), box):
            found.update({key: "" for key in _NAMING if isinstance(value.get(key), str)})
        return found


def _box(value: Any) -> Box | None:
    if isinstance(value, dict):
        value = [value.get(side) for side in ("left", "top", "right", "bottom")]
    sides = value
    if isinstance(sides, list) and len(sides) == 4 and all(isinstance(side, int) for side in sides):
        return Box(*sides)
    return None


def _files(reading: Reading, names: Sequence[str], hiding: Hiding) -> tuple[tuple[str, ...], list[str]]:
    """The files that may stay, and of the others why not."""
    if not hiding:
        return tuple(names), []
    kept, remarks = [], []
    for number, name in enumerate(names, start=1):
        why = _against(reading, name, hiding)
        if why:
            remarks.append(f"file {number} of {len(names)} is left out: {why}")
        else:
            kept.append(name)
    return tuple(kept), remarks


def _against(reading: Reading, name: str, hiding: Hiding) -> str:
    if hiding.found(name):
        return "a hidden text is in its name"
    try:
        text = read_below(reading.trajectory.folder / "files", name, LARGEST_FILE).decode()
    except TrajectoryError as error:
        return str(error)
    except UnicodeDecodeError:
        return "it is not plain text, so it cannot be searched for hidden texts"
    return "a hidden text is in it" if hiding.found(text) else ""
