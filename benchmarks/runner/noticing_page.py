"""Failed actions of a run of episodes as pictures and a page: before, what was done, after, what was said.

Texts that a model or a screen wrote are shown as plain text. The page has no script and loads nothing.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from deskhand.actions.words import describe
from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.noticing import CUT_SHORT, Noticing, noticed
from deskhand.disk import replacing, writing
from deskhand.errors import TrajectoryError, UsageError
from deskhand.text import clean
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Step
from deskhand.trajectories.viewer.film import Film, side_by_side

EACH = 3
"""So many of each kind are shown."""
WIDTH = 640
"""Pixels of one screen across."""
MEANINGS: dict[Noticing, str] = {
    "repaired": "something else was done next, and the task was done in the end",
    "noticed": "something else was done next, and the task was not done in the end",
    "missed": "the same was done again, or the task was called finished, or nothing followed",
}
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1300px; padding: 1rem; color: #222; }
img { max-width: 100%; border: 1px solid #bbb; }
dt { font-weight: bold; float: left; width: 9em; clear: left; }
dd { margin-left: 9em; }
"""


@dataclass(frozen=True, slots=True)
class FailedAction:
    """One failed step of an episode, by its place in the trajectory's steps, and what came of it."""

    episode: Episode
    trajectory: Trajectory
    at: int
    kind: Noticing

    @property
    def step(self) -> Step:
        """The step that failed."""
        return self.trajectory.steps[self.at]

    @property
    def next(self) -> Step | None:
        """The step after it."""
        steps = self.trajectory.steps
        return steps[self.at + 1] if self.at + 1 < len(steps) else None

    @property
    def action(self) -> int:
        """Which of the step's actions failed; the first where all were done and nothing changed."""
        return next((n for n, outcome in enumerate(self.step.outcomes) if not outcome.ok), 0)

    @property
    def fault(self) -> str:
        """Why it counts as failed."""
        outcome = next((outcome for outcome in self.step.outcomes if not outcome.ok), None)
        if outcome is None:
            return "the screen stayed as it was"
        return f"{outcome.status}: {outcome.reason}" if outcome.reason else str(outcome.status)


def failed_actions(episodes: Sequence[Episode], folder: Path) -> list[FailedAction]:
    """Every failed action of the episodes of a folder; those whose trajectory cannot be read are left out."""
    found: list[FailedAction] = []
    for episode in episodes:
        if episode.error or not episode.trajectory:
            continue
        try:
            trajectory = Trajectory.open(folder / episode.trajectory)
        except TrajectoryError:
            continue
        kinds = noticed(trajectory.steps, success=episode.success, cut_short=episode.status in CUT_SHORT)
        found += [FailedAction(episode, trajectory, at, kind) for at, kind in kinds.items()]
    return found


def chosen(found: Sequence[FailedAction], each: int = EACH) -> list[FailedAction]:
    """Some of each kind, of as many tasks as there are."""
    some: list[FailedAction] = []
    for kind in get_args(Noticing):
        mine = [one for one in found if one.kind == kind]
        first = {one.episode.task: one for one in reversed(mine)}
        rest = [one for one in mine if one is not first[one.episode.task]]
        some += [*reversed(first.values()), *rest][:each]
    return some


def write_noticing(found: Sequence[FailedAction], title: str, page: Path) -> list[Path]:
    """Write a page of some failed actions, and beside it each of its pictures as a file of WebP.

    Args:
        title: what was run.

    Returns:
        the pictures.

    Raises:
        UsageError: no action failed, or something is at ``page`` already.
        TrajectoryError: a frame is missing or damaged.
        LogError: they cannot be written.
    """
    if not found:
        raise UsageError("no action failed in these episodes, so there is nothing to show")
    if page.exists() or page.is_symlink():
        raise UsageError(f"{page} already exists and is not replaced: choose another --out")
    pictures: list[Path] = []
    parts = [*_head(found, title)]
    with writing("the page", page.parent):
        page.parent.mkdir(parents=True, exist_ok=True)
        for one in chosen(found):
            number = sum(f"-{one.kind}-" in path.name for path in pictures) + 1
            pictures.append(page.with_name(f"{page.stem}-{one.kind}-{number}.webp"))
            _draw(one, pictures[-1])
            parts += _section(one, pictures[-1].read_bytes())
        with replacing(page) as whole:
            whole.write_text("".join(parts), encoding="utf-8")
    return pictures


def _head(found: Sequence[FailedAction], title: str) -> Iterator[str]:
    yield "<!doctype html><html lang='en'><meta charset='utf-8'>"
    yield "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
    yield "img-src data:; style-src 'unsafe-inline'\">"
    yield f"<title>Failed actions: {_text(title)}</title><style>{_STYLE}</style>"
    yield f"<h1>Failed actions: {_text(title)}</h1><dl>"
    for kind, meaning in MEANINGS.items():
        count = sum(one.kind == kind for one in found)
        yield f"<dt>{kind}: {count}<dd>{meaning}"
    yield "</dl>"


def _section(one: FailedAction, picture: bytes) -> Iterator[str]:
    data = base64.b64encode(picture).decode()
    where = f"{_text(one.episode.task)}, seed {one.episode.seed}, step {one.at + 1}"
    yield f"<section><h2>{one.kind}: {where}</h2>"
    yield f"<img alt='' src='data:image/webp;base64,{data}'><dl>"
    said = [("task", one.episode.instruction), ("thought", _thought(one.step)), ("done", _done(one.step))]
    said += [("failed", one.fault)]
    if one.next is None:
        said += [("then", "nothing more")]
    else:
        said += [("thought then", _thought(one.next)), ("done then", _done(one.next))]
    said += [("result", one.episode.reason or one.episode.status)]
    yield "".join(f"<dt>{name}<dd>{_text(words) or '-'}" for name, words in said)
    yield "</dl></section>"


def _draw(one: FailedAction, path: Path) -> None:
    """The screen before with what was done on it; beside it the screen after, with what was done then."""
    film = Film(one.trajectory, size=WIDTH)
    both = [film.picture(one.at, one.action), film.picture(one.at + 1)]
    above = [f"before: {one.fault}", f"after: {one.kind}"]
    with replacing(path) as whole:
        side_by_side(both, above).save(whole, format="WEBP", quality=75, method=6)


def _thought(step: Step) -> str:
    return step.decision.reply.thought if step.decision.reply is not None else ""


def _done(step: Step) -> str:
    if step.decision.reply is None:
        return f"nothing: {step.decision.error}"
    return "; ".join(describe(action) for action in step.decision.reply.actions)


def _text(words: str) -> str:
    return html.escape(clean(words))
