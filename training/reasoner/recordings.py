"""Teaches the embedded reasoner a task from a few recordings of a person: a skill, beside the weights.

Low-rank changes of the weights of its layers and heads are learnt, everything else stays as it is. The
lessons are shown in other orders, other words and with other values, else the few would be learnt by heart.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parametrize

from deskhand.actions.reply import Reply
from deskhand.errors import UsageError
from deskhand.policies.embedded import skill
from deskhand.policies.embedded.deciding import load
from deskhand.policies.embedded.network import ReasonerConfig
from deskhand.policies.embedded.pointed import text_of
from deskhand.policies.embedded.policy import WEIGHTS
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.text import printable
from deskhand.training.reasoner.clone import CloneRun, LearningReasoner, shuffled, usable
from deskhand.training.reasoner.lessons import ElementsOf, Lesson, lessons_of
from deskhand.training.reasoner.paraphrase import paraphrased
from deskhand.training.reasoner.rewording import revalued
from deskhand.training.runs import Progress, Settings
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Step

log = logging.getLogger(__name__)

RANK = 8
STEPS, RATE, BATCH = 300, 2e-3, 16
SHUFFLED, REVALUED, REPHRASED = 0.5, 0.6, 0.6
"""How often a lesson's elements stand in another order, its texts are others, its order is in other words."""
FEWEST, MOST_RUNS = 1, 200


@dataclass(frozen=True, slots=True)
class ShownTasks:
    """What recordings show.

    Attributes:
        lessons: one for each decision.
        tasks: what was asked for, a line a recording.
        applications: names at the end of the titles of the windows.
        left_out: what cannot be learnt, in words.
    """

    lessons: tuple[Lesson, ...]
    tasks: tuple[str, ...]
    applications: tuple[str, ...]
    left_out: tuple[str, ...]


def shown_in(
    runs: Sequence[Path],
    elements_of: ElementsOf,
    progress: Callable[[int, int], None] | None = None,
    *,
    may_differ: bool = False,
) -> ShownTasks:
    """Read recordings.

    Args:
        may_differ: whether two may do different things on the same screen, as scripts do on slow machines.

    Raises:
        TrajectoryError: one cannot be read.
        UsageError: one has nothing to learn, or two contradict each other; says which.
    """
    if not FEWEST <= len(runs) <= MOST_RUNS:
        raise UsageError(f"a skill is learnt from {FEWEST} to {MOST_RUNS} recordings, not {len(runs)}")
    lessons: list[Lesson] = []
    tasks: list[str] = []
    left_out: list[str] = []
    origin: list[Path] = []
    for number, run in enumerate(runs, 1):
        trajectory = Trajectory.open(run)
        _check(trajectory)
        # A kind of its own: none of the suites' sentences are put in its place.
        right = _right(trajectory)
        found = [replace(one, kind=f"shown:{run.name}") for one in lessons_of(trajectory, elements_of, right)]
        found = [one for one in found if HIDDEN_TEXT not in _written(one)]
        lost = sum(reply is not None for reply in right) - len(found)
        if lost:
            left_out.append(
                f"{run.name}: {lost} of {len(trajectory.steps)} steps: hidden texts, or actions that the "
                "reasoner has no move for"
            )
        if not found:
            raise UsageError(f"{run} shows no step that the reasoner can do: record the task again")
        lessons += found
        origin += [run] * len(found)
        tasks.append(trajectory.task.instruction)
        if progress is not None:
            progress(number, len(runs))
    if not may_differ:
        _compare(lessons, origin)
    sizes = sorted({one.viewport for one in lessons}, key=lambda view: (view.width, view.height))
    if len(sizes) > 1:
        shapes = ", ".join(f"{view.width}x{view.height}" for view in sizes)
        left_out.append(
            f"recorded on screens of {shapes}: learnt as they are, by places relative to the screen"
        )
    return ShownTasks(tuple(lessons), tuple(tasks), _applications(lessons), tuple(left_out))


def _right(trajectory: Trajectory) -> list[Reply | None]:
    """What is learnt of each step: what was done without a failure. Where a person took over, it is what they
    did, and the end, if there was one: what the policy did before was not right."""
    steps = trajectory.steps
    corrected = any(step.by == "person" for step in steps)

    def learnt(number: int, step: Step) -> bool:
        theirs = step.by == "person" or (number == len(steps) - 1 and trajectory.end is not None)
        return (theirs or not corrected) and all(outcome.ok for outcome in step.outcomes)

    return [step.decision.reply if learnt(n, step) else None for n, step in enumerate(steps)]


def _check(trajectory: Trajectory) -> None:
    if not trajectory.task.instruction.strip():
        raise UsageError(f"{trajectory.folder} has no task in words: record it with one")
    if not trajectory.steps:
        raise UsageError(f"{trajectory.folder} has no step")
    end = trajectory.end
    if end is not None and end.status not in ("finished", "infeasible"):
        raise UsageError(
            f"{trajectory.folder} ended {end.status}, not finished: it may show what is wrong; leave it out"
        )


def _written(lesson: Lesson) -> str:
    return "".join(piece.written for piece in lesson.move.pieces)


def _compare(lessons: Sequence[Lesson], origin: Sequence[Path]) -> None:
    """Refuse two recordings that do different things where task, past and screen are the same."""
    known: dict[tuple[object, ...], int] = {}
    for number, lesson in enumerate(lessons):
        texts = tuple(sorted((place.role, place.text) for place in lesson.places))
        done = tuple((one.verb, one.text) for one in lesson.past)
        key = (lesson.instruction.casefold(), done, texts)
        first = known.setdefault(key, number)
        if first != number and _deed(lessons[first]) != _deed(lesson):
            raise UsageError(
                f"{origin[first]} and {origin[number]} contradict each other: at the same screen of the same "
                f"task one does {_deed(lessons[first])}, the other {_deed(lesson)}; leave one out"
            )


def _deed(lesson: Lesson) -> str:
    """What is done, in words that differ where it differs."""
    move = lesson.move
    parts = [move.verb]
    parts += [repr(printable(lesson.places[at].text)[:40]) for at in (move.place, move.to) if at >= 0]
    if move.pieces:
        parts.append(repr(printable(text_of(move.pieces, lesson.instruction, lesson.places))[:60]))
    if move.verb == "key":
        parts.append("+".join((*move.modifiers, move.key)))
    if move.verb == "scroll":
        parts.append(str(move.direction))
    return " ".join(parts)


def _applications(lessons: Sequence[Lesson]) -> tuple[str, ...]:
    titles = {p.text for one in lessons for p in one.places if p.role in ("titlebar", "window") and p.text}
    return tuple(sorted({title.rpartition(" - ")[2][:60] for title in titles}))[:20]


class LowRank(nn.Module):
    """A weight and the product of two thin matrices, of which the first begins with nothing."""

    def __init__(self, weight: Tensor, rank: int = RANK) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.up = nn.Parameter(torch.zeros(rows, rank))
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        """The weight as it is used."""
        return weight + self.up @ self.down


class SkilledReasoner(LearningReasoner):
    """The shipped network, of which only low-rank changes are learnt."""

    def __init__(self, config: ReasonerConfig, base: Path) -> None:
        super().__init__(config)
        self.model = load(base)
        self.model.requires_grad_(requires_grad=False)
        self.model.keep_balance()
        for module in list(self.model.modules()):
            if isinstance(module, nn.Linear) and min(module.weight.shape) > RANK:
                parametrize.register_parametrization(module, "weight", LowRank(module.weight))
        self.train()

    def weights(self) -> dict[str, NDArray[Any]]:
        """The thin matrices alone."""
        return {name: value.numpy() for name, value in matrices_of(self).items()}


def matrices_of(net: LearningReasoner) -> dict[str, Tensor]:
    """The thin matrices, by the names that a skill has for them."""
    found: dict[str, Tensor] = {}
    for name, value in net.model.named_parameters():
        stem, _, last = name.rpartition(".parametrizations.weight.0.")
        if stem:
            found[f"{stem}.weight.{last}"] = value.detach()
    return found


class SkillRun(CloneRun):
    """Learns a skill from what was shown."""

    def varied(self, lesson: Lesson, chance: random.Random) -> Lesson:
        """The lesson with other values, in other words and another order, each by chance."""
        for share, other in ((REVALUED, revalued), (REPHRASED, paraphrased)):
            if chance.random() < share:
                new = other(lesson, chance)
                lesson = new if usable([new], self.encoder) else lesson
        return shuffled(lesson, chance) if chance.random() < SHUFFLED else lesson


def teach(
    shown: ShownTasks,
    encoder: TextEncoder,
    out: Path,
    *,
    steps: int = STEPS,
    seed: int = 0,
    work: Path,
    progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Learn a skill; returns its folder.

    Args:
        out: the folder of the skill.
        work: folder of the checkpoint, with which a run that was ended goes on.

    Raises:
        UsageError: ``out`` exists, or ``work`` holds the checkpoint of another run.
    """
    if skill.is_skill(out):
        raise UsageError(
            f"{out} already holds a skill, which is not replaced: choose another name or remove it"
        )
    lessons = usable(shown.lessons, encoder)
    if not lessons:
        raise UsageError("the texts that were typed cannot be composed by the reasoner: nothing is learnt")
    config = ReasonerConfig.from_pretrained(WEIGHTS)
    work.mkdir(parents=True, exist_ok=True)
    # The mean of late weights would be one of hardly any change after so few updates.
    settings = Settings(steps=steps, rate=RATE, warmup=20, decay=0.0, average=0.98, seed=seed)
    run = SkillRun(
        lessons, encoder, work, settings, config, BATCH, make=lambda: SkilledReasoner(config, WEIGHTS)
    )
    run.learn(None, progress)
    facts = skill.SkillFacts(
        base=skill.digest(WEIGHTS),
        tasks=shown.tasks,
        applications=shown.applications,
        lessons=len(lessons),
        steps=steps,
    )
    skill.write(out, facts, matrices_of(run.mean))
    return out
