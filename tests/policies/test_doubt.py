"""The reasoner in doubt: what it looks at more closely, and that it does so only where it is unsure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import CallUser
from deskhand.perception.reader import see
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.deciding import load
from deskhand.policies.embedded.doubt import EVEN, REGION, seen_closely
from deskhand.policies.embedded.pointed import TEXTUAL, VERBS
from deskhand.policies.embedded.policy import ASKS_TEXT, EmbeddedPolicy
from deskhand.trajectories.records import Step, Task

SAMPLE = Path(__file__).parent.parent / "screens" / "samples" / "libreoffice-20-0-0.webp"
LEFT, MIDDLE, RIGHT = (Element("button", name, Box(at, 100, at + 40, 120)) for name, at in
                       (("left", 10), ("rniddle", 300), ("right", 600)))  # fmt: skip
WINDOW = Element("window", "all of it", Box(0, 0, 700, 300))


def looked_at(asked: list[Box], found: tuple[Element, ...]) -> Observation:
    def closely(screenshot: Screenshot, box: Box) -> tuple[Element, ...]:
        asked.append(box)
        return found

    pixels = np.zeros((400, 800, 3), np.uint8)
    return Observation(Screenshot(pixels), lambda _: (WINDOW, LEFT, MIDDLE, RIGHT), find_closely=closely)


def test_what_is_seen_closely_takes_the_place_of_what_was_seen() -> None:
    better, cut = (
        Element("button", "middle", MIDDLE.box),
        Element("window", "part of it", Box(150, 20, 470, 200)),
    )
    asked: list[Box] = []
    seen = seen_closely(looked_at(asked, (better, cut)), ScreenPoint(320, 110))
    assert seen == (WINDOW, LEFT, better, RIGHT)
    assert [(box.width, box.height) for box in asked] == [REGION]


@pytest.mark.parametrize("point", [ScreenPoint(0, 0), ScreenPoint(799, 399)])
def test_a_closer_look_stays_on_the_screen(point: ScreenPoint) -> None:
    asked: list[Box] = []
    seen_closely(looked_at(asked, ()), point)
    (box,) = asked
    assert box.contains(point) and box == box.intersection(Box(0, 0, 800, 400))


def test_a_real_screen_looked_at_closely_keeps_what_lies_elsewhere() -> None:
    observation = see(SAMPLE)
    point = next(one for one in observation.elements if one.role == "button").box.centre
    seen = seen_closely(observation, point)
    far = [one for one in observation.elements if abs(one.box.centre.y - point.y) > REGION[1]]
    assert far and [one for one in seen if one in far] == far
    assert any(one.box.contains(point) for one in seen)


@pytest.mark.model
@pytest.mark.parametrize(("temperature", "looks"), [(0.0, 1), (1.0, 0)])
def test_unsure_twice_it_looks_closer_unless_it_learns(
    temperature: float, looks: int, untrained: Path, encoder: Path
) -> None:
    asked: list[Box] = []
    observation = looked_at(asked, (Element("button", "middle", MIDDLE.box),))
    policy = EmbeddedPolicy(untrained, temperature=temperature)
    policy.begin(Task(instruction="press middle"))
    first = policy.decide(observation, ())
    assert not asked
    policy.decide(observation, (Step(step=1, frame="", decision=first),))
    policy.close()
    assert len(asked) == looks


@pytest.mark.model
@pytest.mark.parametrize("verb", TEXTUAL)
def test_a_text_that_is_rather_wrong_than_right_is_asked_about(
    verb: str, untrained: Path, encoder: Path, tmp_path: Path
) -> None:
    network = load(untrained)
    with torch.no_grad():
        network.chosen["verb"].bias[VERBS.index(verb)] = 100.0
    network.save_pretrained(tmp_path)
    policy = EmbeddedPolicy(tmp_path)
    policy.begin(Task(instruction="press middle"))
    decision = policy.decide(looked_at([], ()), ())
    policy.close()
    facts = json.loads(decision.raw)
    assert facts["sure"] > 0.9 > EVEN > facts["spelt"] >= 0
    assert decision.reply is not None and decision.reply.actions == (CallUser(question=ASKS_TEXT),)
