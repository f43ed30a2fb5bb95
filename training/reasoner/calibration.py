"""How sure the embedded reasoner is, against how often it is right.

How sure it is, is how likely its verb and its place are together: what the policy asks by, see ``UNSURE``.
A temperature divides all scores; above 1 it makes every decision less sure and changes none.

Source: Guo et al., "On Calibration of Modern Neural Networks" (2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.training.reasoner.inside import InsideView

BINS = 10
TEMPERATURES = np.geomspace(0.25, 16, 241)
"""Those that are tried: each 1.7 % above the one before."""
SMALLEST = 1e-6
"""No decision is taken to be surer or less sure than so: one mistake would outweigh all."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Sureness:
    """How sure decisions are at any temperature."""

    def __init__(self, views: Sequence[InsideView]) -> None:
        self._verbs = _side_by_side([view.verbs for view in views])
        # What points at nothing has one place, which is certain.
        self._places = _side_by_side([view.places if len(view.places) else np.ones(1) for view in views])

    def at(self, temperature: float = 1.0) -> Floats:
        """(decisions,), from 0 to 1."""
        return _likeliest(self._verbs / temperature) * _likeliest(self._places / temperature)


def _side_by_side(shares: Sequence[Floats]) -> Floats:
    """Logarithms, (rows, most), filled up with what is impossible."""
    whole = np.full((len(shares), max(map(len, shares))), -np.inf)
    for row, one in enumerate(shares):
        whole[row, : len(one)] = np.log(np.maximum(one, 1e-30))
    return whole


def _likeliest(scores: Floats) -> Floats:
    most = scores.max(1)
    found: Floats = 1 / np.exp(scores - most[:, None]).sum(1)
    return found


def judged(views: Sequence[InsideView]) -> tuple[Floats, Bools, Bools]:
    """How sure each decision is; whether the whole move is right; whether verb and place are."""
    return Sureness(views).at(), _right(views, "whole move"), _right(views, "verb and place")


def bin_rows(sure: Floats, right: Bools, target: Bools) -> list[dict[str, Any]]:
    """Ten rows: decisions that are so sure, and how often they are right; None where there are none.

    Args:
        right: whether the whole move is right.
        target: whether verb and place are.
    """
    numbers, rows = np.minimum((sure * BINS).astype(int), BINS - 1), []
    for number in range(BINS):
        mine = numbers == number
        some = bool(mine.any())
        rows.append(
            {
                "sure, %": f"{100 * number // BINS} to {100 * (number + 1) // BINS}",
                "decisions": int(mine.sum()),
                "mean sure, %": round(100 * float(sure[mine].mean()), 1) if some else None,
                "verb and place right, %": round(100 * float(target[mine].mean()), 1) if some else None,
                "whole move right, %": round(100 * float(right[mine].mean()), 1) if some else None,
            }
        )
    return rows


def calibration_error(sure: Floats, right: Bools) -> float:
    """The expected calibration error: by how much sure and right differ in the mean of ten bins, 0 to 1."""
    numbers = np.minimum((sure * BINS).astype(int), BINS - 1)
    differences = [abs(float(sure[numbers == n].sum() - right[numbers == n].sum())) for n in range(BINS)]
    return sum(differences) / max(1, len(sure))


def log_loss(sure: Floats, right: Bools) -> float:
    """How much being right or wrong surprises who believes it, in nats a decision."""
    held = np.clip(sure, SMALLEST, 1 - SMALLEST)
    return float(-np.where(right, np.log(held), np.log(1 - held)).mean())


def fitted(sureness: Sureness, right: Bools) -> float:
    """The temperature at which being right or wrong surprises least."""
    return float(min(TEMPERATURES, key=lambda one: log_loss(sureness.at(float(one)), right)))


def halves(views: Sequence[InsideView]) -> tuple[list[InsideView], list[InsideView]]:
    """Decisions in two halves, by every second episode: none is in both."""
    names = sorted({view.episode for view in views})
    first = set(names[::2])
    return [v for v in views if v.episode in first], [v for v in views if v.episode not in first]


def temperature_rows(views: Sequence[InsideView]) -> list[dict[str, Any]]:
    """What a temperature that is fitted on one half of the episodes gives on the other, both ways."""
    one, two = halves(views)
    rows = []
    for what in ("verb and place", "whole move"):
        for name, fit, held in (("first", one, two), ("second", two, one)):
            if not fit or not held:
                continue
            temperature = fitted(Sureness(fit), _right(fit, what))
            sureness, right = Sureness(held), _right(held, what)
            plain, warm = sureness.at(), sureness.at(temperature)
            rows.append(
                {
                    "right is": what,
                    "fitted on": name,
                    "temperature": round(temperature, 2),
                    "decisions": len(held),
                    "right, %": round(100 * float(right.mean()), 1),
                    "sure, %": round(100 * float(plain.mean()), 1),
                    "then sure, %": round(100 * float(warm.mean()), 1),
                    "error": round(100 * calibration_error(plain, right), 1),
                    "then error": round(100 * calibration_error(warm, right), 1),
                    "log loss": round(log_loss(plain, right), 3),
                    "then log loss": round(log_loss(warm, right), 3),
                }
            )
    return rows


def _right(views: Sequence[InsideView], what: str) -> Bools:
    return np.array([view.right if what == "whole move" else view.target_right for view in views])


def total_rows(views: Sequence[InsideView]) -> list[dict[str, Any]]:
    """All decisions, and those of each application: how sure, how often right, and the calibration error."""
    groups = {"all": list(views)}
    for view in sorted(views, key=lambda one: one.application):
        groups.setdefault(view.application, []).append(view)
    rows = []
    for name, mine in groups.items():
        sure = Sureness(mine).at()
        row: dict[str, Any] = {"decisions of": name, "decisions": len(mine)}
        row["mean sure, %"] = round(100 * float(sure.mean()), 1)
        for what in ("verb and place", "whole move"):
            right = _right(mine, what)
            row[f"{what} right, %"] = round(100 * float(right.mean()), 1)
            row[f"{what}: error"] = round(100 * calibration_error(sure, right), 1)
        rows.append(row)
    return rows
