"""Recorded runs as samples: what was on the screen at each step, and what was decided there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from deskhand.errors import NotExpressible, TrajectoryError
from deskhand.perception.screen import Element, Screenshot
from deskhand.policies.embedded.language import (
    LanguageMove,
    ScreenPage,
    app_name,
    choose_elements,
    from_action,
    labels_of,
    past_line,
    remark_on,
)
from deskhand.training.reasoner.samples import Sample
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Step

log = logging.getLogger(__name__)

ElementsOf = Callable[[Screenshot], Sequence[Element]]


def samples_from_trajectory(trajectory: Trajectory, elements_of: ElementsOf, kind: str = "") -> list[Sample]:
    """One sample a step of a run that is worth imitating.

    A step that the small language has no words for (a drag, a click beside every text) ends the
    samples: what came after it could not be understood from the past that would be shown.

    Args:
        trajectory: a run, by an oracle, a person or another policy; its text fields may hold anything.
        elements_of: reads a frame, as ``ScreenReader.read`` does.
        kind: what to count the samples under; by default the recorded policy's name.

    Raises:
        TrajectoryError: a frame is missing or damaged.
    """
    samples: list[Sample] = []
    past: list[str] = []
    for step in trajectory.steps:
        reply = step.decision.reply
        if reply is None or len(reply.actions) != 1:
            break
        page = _page(trajectory, step, elements_of, past)
        try:
            move = from_action(reply.actions[0], page)
        except NotExpressible as error:
            log.info("%s, step %d: %s", trajectory.folder.name, step.step, error)
            break
        samples.append(_sample(page, reply.thought, move, kind or trajectory.header.policy, trajectory))
        past.append(past_line(move, remark_on(step)))
    return samples


def _page(trajectory: Trajectory, step: Step, elements_of: ElementsOf, past: Sequence[str]) -> ScreenPage:
    task = trajectory.task
    elements = choose_elements(tuple(elements_of(trajectory.frame(step.frame))), task.instruction)
    labels = labels_of([element.text for element in elements])
    return ScreenPage(task.instruction, app_name(task.launch), tuple(past), labels, elements)


def _sample(page: ScreenPage, thought: str, move: LanguageMove, kind: str, trajectory: Trajectory) -> Sample:
    # Elements stay behind: a sample is text. Spans are then looked for in the labels, which are the
    # same texts, only shortened where they are very long.
    shown = ScreenPage(page.instruction, page.app, page.past, page.labels)
    return Sample(shown, " ".join(thought.split()), move, kind, trajectory.folder.name)


def collect(
    trajectories: Sequence[Trajectory],
    elements_of: ElementsOf,
    progress: Callable[[int, int], None] | None = None,
) -> list[Sample]:
    """The samples of many runs; a run that cannot be read is left out with a warning."""
    samples: list[Sample] = []
    for n, trajectory in enumerate(trajectories, 1):
        try:
            samples += samples_from_trajectory(trajectory, elements_of)
        except TrajectoryError as error:
            log.warning("%s is left out: %s", trajectory.folder, error)
        if progress:
            progress(n, len(trajectories))
    return samples
