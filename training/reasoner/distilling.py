"""Distillation: a network of another size learns from attempts of better ones that the checkers passed.

Each teacher tries every task several times, drawing by chance. Of the attempts at one task in one state that
succeeded the shortest are kept, for what is shorter was done without detours.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from deskhand.benchmarks.registry import load_suite
from deskhand.benchmarks.runner.engines.local import Engine
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, keys, trajectory_folder
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.suite import choose_tasks
from deskhand.errors import UsageError
from deskhand.policies.embedded.deciding import decide
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.seeing import see
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.registry import DEFAULT_SIZE
from deskhand.screens.variation import FIRST_TRAINING_SEED
from deskhand.training.reasoner.attempts import NOTES, Draws
from deskhand.training.reasoner.lessons import Lesson, read_lessons
from deskhand.training.reasoner.record import SUBSET

SIZES: Mapping[str, Mapping[str, int]] = {
    "small": {"width": 160, "layers": 4, "hidden": 384},
    "medium": {"width": 256, "layers": 6, "hidden": 640},
    "large": {"width": 384, "layers": 8, "hidden": 960},
}
"""Sizes of networks by name; the shipped one is medium."""
KEPT = 2
"""Successes of one task in one state that are learnt from."""
FIRST_SEED = FIRST_TRAINING_SEED + 600_000
"""Seeds of its own: others record, correct and reinforce with lower ones."""


def attempted(
    suite: str,
    teachers: Sequence[Path],
    out: Path,
    *,
    episodes: int,
    attempts: int,
    temperature: float,
    engine: Engine,
) -> Iterator[tuple[int, Episode, Path]]:
    """Let teachers try every task that training may see; attempts that are in ``out`` are kept.

    Args:
        suite: its name.
        teachers: folders of networks.
        out: folder of the attempts, one below it for each teacher.
        episodes: states of each task.
        attempts: of each teacher at each.
        temperature: of what is drawn.
        engine: where they run.

    Yields:
        how many there will be, an attempt, and the folder of its trajectory.

    Raises:
        UsageError: there is no such suite, or it has nothing for training.
    """
    loaded = load_suite(suite)
    with contextlib.closing(loaded):
        tasks, screen = choose_tasks(loaded, subset=SUBSET), loaded.screen or DEFAULT_SIZE
    wanted = keys(tasks, range(FIRST_SEED, FIRST_SEED + episodes), attempts)
    for number, teacher in enumerate(teachers, 1):
        place = out / f"teacher-{number}"
        recipe = WorkerRecipe(
            functools.partial(load_suite, suite),
            Draws(teacher.resolve(), temperature, number),
            functools.partial(Lightbox, screen),
            place,
        )
        with contextlib.closing(evaluate(recipe, wanted, engine=engine, rerun_errors=True)) as run:
            for episode in run:
                yield len(wanted) * len(teachers), episode, trajectory_folder(place, *episode.key)


def passed(attempts: Sequence[tuple[Episode, Path]]) -> list[Lesson]:
    """The decisions of the shortest successes of each task in each state.

    Raises:
        UsageError: nothing succeeded.
    """
    groups: dict[tuple[str, int], list[tuple[Episode, Path]]] = defaultdict(list)
    for episode, folder in attempts:
        if episode.success:
            groups[episode.task, episode.seed].append((episode, folder))
    found: list[Lesson] = []
    for (task, _), group in sorted(groups.items()):
        group.sort(key=lambda one: (one[0].steps, str(one[1])))
        for _, folder in group[:KEPT]:
            found += [replace(lesson, kind=task) for lesson in read_lessons(folder / NOTES) or ()]
    if not found:
        raise UsageError("no attempt succeeded, so there is nothing to learn: take another teacher or suite")
    return found


def facts_of(model: ReasonerModel, lessons: Sequence[Lesson], encoder: TextEncoder) -> dict[str, Any]:
    """Size and speed of a network: millions of parameters, megabytes on disk, milliseconds of a decision.

    Args:
        lessons: decisions whose screens are looked at, the first of them once more to warm up.
    """
    seconds: list[float] = []
    for lesson in (lessons[0], *lessons):
        view = see(lesson.instruction, lesson.places, lesson.pictures, lesson.viewport, lesson.past, encoder)
        began = time.monotonic()
        decide(model, view, lesson.instruction, lesson.places, encoder)
        seconds.append(time.monotonic() - began)
    count = sum(value.numel() for value in model.parameters())
    return {
        "parameters, millions": round(count / 1e6, 1),
        "MB": round(count * 2 / 1e6, 1),
        "ms a decision": round(1000 * sorted(seconds[1:])[len(lessons) // 2], 1),
    }
