"""What a page shows of a trajectory: JSON of bounded texts and numbers, displayed as text only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deskhand.actions.vocabulary import Action, Scroll, Type, points_of
from deskhand.actions.words import describe
from deskhand.errors import TrajectoryError
from deskhand.perception.watch.changes import describe as describe_change
from deskhand.perception.watch.difference import difference
from deskhand.progress import Progress
from deskhand.text import clean
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Candidate, Step
from deskhand.trajectories.viewer import bounds
from deskhand.trajectories.viewer.pictures import Pictures

MOST_ITEMS = 200
"""Repairs, notes, actions or files that are shown of one step or trajectory."""

MOST_POINTS = 200

Fact = tuple[str, str]


def page_data(trajectory: Trajectory, pictures: Pictures, progress: Progress, name: str) -> dict[str, Any]:
    """A trajectory for the page. Its frames are added to ``pictures``."""
    steps = []
    for number, step in enumerate(trajectory.steps):
        progress(f"reading the screens of {clean(name, 60)}", number / max(1, len(trajectory.steps)))
        steps.append(_step(trajectory, number, step, pictures))
    return {
        "name": bounds.text(name, 300),
        "instruction": bounds.text(trajectory.task.instruction, 2000),
        "facts": _facts(trajectory),
        "details": bounds.structure(trajectory.header.model_dump(mode="json"), 20_000),
        "repairs": _texts(trajectory.repairs),
        "files": _texts(trajectory.files),
        "notes": _texts([note.text for note in trajectory.notes if note.step == 0]),
        "steps": steps,
    }


def _facts(trajectory: Trajectory) -> list[Fact]:
    header, end = trajectory.header, trajectory.end
    facts = [
        ("policy", header.policy),
        ("sandbox", header.sandbox),
        ("started", header.started),
        ("program", " ".join([header.task.launch or "", *header.task.arguments[:20]]).strip()),
        ("made from", header.derived_from or ""),
        (
            "status",
            end.status if end is not None else "no end was recorded: it was cut off, or still goes on",
        ),
        ("reason", end.reason if end is not None else ""),
        ("answer", (end.answer or "") if end is not None else ""),
        ("seconds", f"{end.seconds:.1f}" if end is not None else ""),
        ("tokens", _tokens(trajectory.steps)),
    ]
    return [(label, bounds.text(value, 2000)) for label, value in facts if value]


def _tokens(steps: Sequence[Step]) -> str:
    prompt = sum(step.decision.usage.prompt_tokens for step in steps)
    completion = sum(step.decision.usage.completion_tokens for step in steps)
    return f"{prompt} in, {completion} out" if prompt or completion else ""


def _step(trajectory: Trajectory, at: int, step: Step, pictures: Pictures) -> dict[str, Any]:
    frame = pictures.add(trajectory, step.frame)
    later = _after(trajectory, at)
    after = pictures.add(trajectory, later) if later is not None else None
    decision = step.decision
    reply = decision.reply
    actions = reply.actions[:MOST_ITEMS] if reply is not None else ()
    usage = decision.usage
    return {
        "n": bounds.step_name(step.step),
        "frame": frame,
        "after": after,
        "thought": bounds.text(reply.thought if reply is not None else ""),
        "reflection": bounds.text(reply.reflection if reply is not None else ""),
        "raw": bounds.text(decision.raw),
        "candidates": [_candidate(one) for one in decision.candidates[:MOST_ITEMS]],
        "repairs": _texts(reply.repairs if reply is not None else ()),
        "error": bounds.text(decision.error, 5000),
        "actions": [_action(step, index, action) for index, action in enumerate(actions)],
        "notes": _texts(step.notes),
        "masked": bounds.boxes(step.masked),
        "seconds": bounds.number(step.seconds),
        "thinking": bounds.number(usage.seconds),
        "tokens": [bounds.number(usage.prompt_tokens), bounds.number(usage.completion_tokens)],
        "cost": bounds.number(usage.cost) if usage.cost is not None else None,
        **_change(pictures, frame, after),
    }


def _after(trajectory: Trajectory, at: int) -> str | None:
    """The next look at the screen, or the last one."""
    if at + 1 < len(trajectory.steps):
        return trajectory.steps[at + 1].frame
    return trajectory.end.frame if trajectory.end is not None else None


def _change(pictures: Pictures, frame: int, after: int | None) -> dict[str, Any]:
    """What changed from one picture to another: boxes, and words."""
    nothing: dict[str, Any] = {"changed": [], "change": ""}
    if after is None:
        return nothing
    if after == frame:
        return nothing | {"change": "nothing changed"}
    try:
        before, now = pictures.look(frame), pictures.look(after)
    except TrajectoryError:
        return nothing
    if before is None or now is None:
        return nothing
    change = difference(before, now)
    was, there = pictures.elements(frame), pictures.elements(after)
    words = describe_change(was, there, change) if was and there else change.describe()
    return {"changed": bounds.boxes(change.boxes), "change": bounds.text(words, 2000)}


def _action(step: Step, index: int, action: Action) -> dict[str, Any]:
    outcome = step.outcomes[index] if index < len(step.outcomes) else None
    target = step.target(index)
    points = [[bounds.number(p.x), bounds.number(p.y)] for p in points_of(action)[:MOST_POINTS]]
    return {
        "kind": action.kind,
        "words": bounds.text(describe(action, target.words if target is not None else ""), 500),
        "points": points,
        "turn": [action.dx, action.dy] if isinstance(action, Scroll) else None,
        "text": bounds.text(action.text, 2000) if isinstance(action, Type) else None,
        "hidden": index in step.hidden,
        "by": step.by,
        "target": None
        if target is None
        else {
            "role": bounds.text(target.role, 40),
            "name": bounds.text(target.name, 300),
            "box": bounds.sides(target.box),
        },
        "status": outcome.status if outcome is not None else "",
        "reason": bounds.text(outcome.reason, 2000) if outcome is not None else "",
        "ms": bounds.number(outcome.milliseconds, 1) if outcome is not None else None,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "role": bounds.text(one.role, 40),
        "name": bounds.text(one.name, 300),
        "probability": bounds.number(one.probability),
        "box": None if one.box is None else bounds.sides(one.box),
    }


def _texts(some: Sequence[str]) -> list[str]:
    shown = [bounds.text(one, 5000) for one in some[:MOST_ITEMS]]
    left = len(some) - len(shown)
    return [*shown, f"[{left} more]"] if left > 0 else shown
