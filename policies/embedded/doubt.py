"""What the reasoner does where it is unsure: it looks closer, and where that does not help it asks."""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.perception.regions import grown
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import POINTING, PointedMove
from deskhand.trajectories.records import Candidate, Decision

UNSURE = 0.7
"""A decision is unsure whose kind of action and place together are less likely. Of 14 episodes of desk that
had one, none succeeded; of 33 of miniwob, 11. Two in a row: 3 and none, 5 and one."""
EVEN = 0.5
"""A text whose tokens are less likely together is rather wrong than right: it is asked about, not
written. Of 32 episodes of harm, desk and miniwob that had one, 7 succeeded (desk: none of 4)."""
REGION = 320, 200
"""Pixels across and down of what is looked at more closely."""


def is_unsure_again(last: Decision, sure: float) -> bool:
    """Whether the last decision was unsure, and one that is so sure is too."""
    return bool(last.candidates) and max(_sureness(last.candidates), sure) < UNSURE


def is_nowhere(move: PointedMove, places: Sequence[ScreenPlace], screenshot: Screenshot) -> bool:
    """Whether a move points at a piece of a screen that is of one colour: there is nothing to point at."""
    if move.verb not in POINTING or move.place < 0 or places[move.place].role != SQUARE:
        return False
    pixels = screenshot.pixels
    return bool((pixels == pixels[0, 0]).all())


def seen_closely(observation: Observation, around: ScreenPoint) -> tuple[Element, ...]:
    """The elements of a screen, those around a point read from pixels enlarged.

    What reaches over the edge of the region stays as it was.
    """
    view = observation.viewport
    across, down = min(REGION[0], view.width), min(REGION[1], view.height)
    left = min(max(0, around.x - across // 2), view.width - across)
    top = min(max(0, around.y - down // 2), view.height - down)
    region = Box(left, top, left + across, top + down)
    closer = [element for element in observation.zoom(region) if _is_inside(element.box, region)]
    kept = [element for element in observation.elements if not _is_inside(element.box, region)]
    first = next((n for n, one in enumerate(observation.elements) if _is_inside(one.box, region)), len(kept))
    return (*kept[:first], *closer, *kept[first:])


def _is_inside(box: Box, region: Box) -> bool:
    return box.intersection(grown(region, -1)) == box


def _sureness(candidates: Sequence[Candidate]) -> float:
    """How likely the likeliest kind of action and the likeliest place are together."""
    kind = next((one.probability for one in candidates if one.box is None), 1.0)
    return kind * next((one.probability for one in candidates if one.box is not None), 1.0)
