"""Training records: chats with images, as the supervised trainers of TRL read them.

A record has ``messages``, each with ``role`` and ``content`` (a list of ``{"type": "text", "text": ...}``
and ``{"type": "image"}``), and ``images``, one for each image in the messages, in order. As a folder it is
``metadata.jsonl`` and ``images/``, where the column is written ``images_file_names``, of which
``load_dataset(FOLDER)`` makes ``images``. As .parquet the pictures are inside.

The turns are those in which a model is asked: the prompt with the first screenshot, the reply, what became
of it with the next screenshot, and so on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskhand.actions import dialects
from deskhand.actions.dialects import Dialect
from deskhand.actions.geometry import Viewport
from deskhand.disk import write_new_file
from deskhand.errors import NotExpressible, UsageError
from deskhand.progress import Progress
from deskhand.trajectories.export.exchange import (
    ExportOptions,
    new_folder,
    png,
)
from deskhand.trajectories.export.table import pyarrow, write_rows
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Step

RECORDS = "metadata.jsonl"
MOST_HISTORY = 1000
FEATURES = {
    "messages": [
        {
            "role": {"dtype": "string", "_type": "Value"},
            "content": [
                {"type": {"dtype": "string", "_type": "Value"}, "text": {"dtype": "string", "_type": "Value"}}
            ],
        }
    ],
    "images": {"feature": {"_type": "Image"}, "_type": "List"},
}
"""Tells the ``datasets`` library that the table's pictures are pictures."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A step worth learning: its reply in the dialect, and what is said before it."""

    step: Step
    reply: str
    before: str


@dataclass(frozen=True, slots=True)
class Record:
    """One chat: turns oldest first, each with its screenshot."""

    prompt: str
    turns: tuple[Turn, ...]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The chat: for each turn a user's with an image and an assistant's; the prompt opens the first."""
        messages: list[dict[str, Any]] = []
        for index, turn in enumerate(self.turns):
            words = self.prompt if index == 0 else turn.before
            said = [{"type": "text", "text": words}] if words else []
            messages.append({"role": "user", "content": [*said, {"type": "image"}]})
            messages.append({"role": "assistant", "content": [{"type": "text", "text": turn.reply}]})
        return messages

    @property
    def frames(self) -> list[str]:
        """The hashes of the turns' frames, in the order of the images in ``messages``."""
        return [turn.step.frame for turn in self.turns]


def export(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write the records of a trajectory; returns warnings, one for each step that is left out.

    Raises:
        UsageError: no such dialect, a history out of range, ``out`` exists, or no step can be learned.
        EnvironmentProblem: a .parquet file is wanted and pyarrow is not installed.
        LogError: it cannot be written.
        TrajectoryError: a frame is missing or damaged.
    """
    if options.corrections and options.per != "step":
        raise UsageError("corrections are single steps: leave out per trajectory")
    if not 0 <= options.history <= MOST_HISTORY:
        raise UsageError(f"a history has 0 to {MOST_HISTORY} steps, not {options.history}")
    warnings: list[str] = []
    records = _records(trajectory, options, warnings)
    if not records:
        raise UsageError(
            f"no step of {trajectory.folder} can be used for training: "
            f"{'; '.join(warnings) or 'it has none'}"[:2000]
        )
    if out.suffix.lower() == ".parquet":
        _write_table(trajectory, out, records, progress)
    else:
        _write_folder(trajectory, out, records, progress)
    return warnings


def _records(trajectory: Trajectory, options: ExportOptions, warnings: list[str]) -> list[Record]:
    dialect = dialects.get(options.dialect)
    turns = list(_turns(trajectory, dialect, options, warnings))
    if not turns:
        return []
    viewport = trajectory.frame(turns[0].step.frame).viewport
    prompt = (options.prompt or plain_prompt)(dialect, trajectory.task.instruction, viewport)
    if options.per == "trajectory":
        return [Record(prompt, tuple(turns))]
    wanted = [n for n, turn in enumerate(turns) if turn.step.by == "person" or not options.corrections]
    if turns and not wanted:
        warnings.append("no step of it is a person's who took over")
    return [Record(prompt, tuple(turns[max(0, end - options.history) : end + 1])) for end in wanted]


def _turns(
    trajectory: Trajectory, dialect: Dialect, options: ExportOptions, warnings: list[str]
) -> Iterator[Turn]:
    before = ""
    for step in trajectory.steps:
        reply = step.decision.reply
        fault = _fault(step)
        if fault or reply is None:
            warnings.append(f"step {step.step} is left out: {fault}")
            continue
        viewport = trajectory.frame(step.frame).viewport
        try:
            text = dialect.render(reply.actions, reply.thought, viewport)
        except NotExpressible as error:
            warnings.append(f"step {step.step} is left out: {error}")
            continue
        yield Turn(step, text, before)
        before = options.feedback(step) if options.feedback else ""


def _fault(step: Step) -> str:
    """Why a step is nothing to learn from, or nothing."""
    if step.decision.reply is None:
        return "its reply could not be read"
    if step.hidden or any(getattr(one, "text", "") == HIDDEN_TEXT for one in step.decision.reply.actions):
        return "what it types was hidden"
    bad = next((outcome for outcome in step.outcomes if not outcome.ok), None)
    return "" if bad is None else f"it was {bad.status}"


def plain_prompt(dialect: Dialect, instruction: str, viewport: Viewport) -> str:
    """What to do and in which words, for whoever has no prompt of their own."""
    return (
        f"Do this task at the computer: {instruction}\n\nReply with a thought and one of these actions:\n"
        f"{dialect.describe()}\n\nPlaces are {dialect.coordinates.describe(viewport)}."
    )


def _write_folder(trajectory: Trajectory, out: Path, records: Sequence[Record], progress: Progress) -> None:
    with new_folder(out) as folder:
        (folder / "images").mkdir()
        digests = list(dict.fromkeys(digest for record in records for digest in record.frames))
        for number, digest in enumerate(digests, 1):
            progress(f"writing the pictures ({number} of {len(digests)})", number / len(digests))
            write_new_file(folder / "images" / f"{digest}.png", png(trajectory.frame(digest)))
        with (folder / RECORDS).open("x", encoding="utf-8") as file:
            for record in records:
                names = [f"images/{digest}.png" for digest in record.frames]
                line = {"messages": record.messages, "images_file_names": names}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _write_table(trajectory: Trajectory, out: Path, records: Sequence[Record], progress: Progress) -> None:
    arrow = pyarrow()
    part = arrow.struct([("type", arrow.string()), ("text", arrow.string())])
    message = arrow.struct([("role", arrow.string()), ("content", arrow.list_(part))])
    image = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    schema = arrow.schema([("messages", arrow.list_(message)), ("images", arrow.list_(image))])
    described = schema.with_metadata({"huggingface": json.dumps({"info": {"features": FEATURES}})})
    write_rows(out, described, _rows(trajectory, records, progress))


def _rows(trajectory: Trajectory, records: Sequence[Record], progress: Progress) -> Iterator[dict[str, Any]]:
    for number, record in enumerate(records, 1):
        progress(f"records ({number} of {len(records)})", number / len(records))
        images = [{"bytes": png(trajectory.frame(one)), "path": f"{one}.png"} for one in record.frames]
        yield {"messages": record.messages, "images": images}
