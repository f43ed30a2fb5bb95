"""The embedded reasoner as it ships: its weights, what it promises, what it does with what it cannot use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Type
from deskhand.errors import EnvironmentProblem
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.contract import check_policy
from deskhand.policies.embedded.policy import WEIGHTS, EmbeddedPolicy
from deskhand.policies.registry import load_policy
from deskhand.trajectories.records import Task

pytestmark = pytest.mark.model

SENTENCE = "Type the sentence 'héllo wörld 안녕' and save the file as note.txt"


def editor(*more: Element) -> Observation:
    """An empty editor of which everything is known."""
    menu = ("File", "Edit", "Search", "View", "Document", "Help")
    elements = (
        Element("window", "Untitled 1 - Mousepad", Box(0, 0, 640, 480), state=frozenset({"focused"})),
        *(Element("menuitem", name, Box(60 * n, 22, 60 * n + 50, 42)) for n, name in enumerate(menu)),
        Element("area", "", Box(0, 44, 640, 480), state=frozenset({"focused"})),
        *more,
    )
    pixels = np.full((480, 640, 3), 255, np.uint8)
    return Observation(Screenshot(pixels), find_elements=lambda _: elements)


def test_it_keeps_the_contract(encoder: Path) -> None:
    check_policy(EmbeddedPolicy)


def test_the_first_step_of_the_demo_types_the_sentence_exactly(encoder: Path) -> None:
    policy = load_policy("embedded")
    policy.begin(Task(instruction=SENTENCE))
    decision = policy.decide(editor(), ())
    assert decision.reply is not None
    assert decision.reply.actions == (Type(text="héllo wörld 안녕"),)
    assert decision.reply.thought
    assert policy.decide(editor(), ()).raw == decision.raw


def test_the_number_of_threads_changes_no_decision(encoder: Path) -> None:
    before = torch.get_num_threads()
    said = []
    try:
        for threads in (1, 2, None):
            policy = EmbeddedPolicy(threads=threads)
            policy.begin(Task(instruction=SENTENCE))
            said.append(policy.decide(editor(), ()).reply)
    finally:
        torch.set_num_threads(before)
    assert said[0] == said[1] == said[2]


def test_an_empty_screen_still_gets_a_decision(encoder: Path) -> None:
    pixels = np.zeros((400, 600, 3), np.uint8)
    policy = EmbeddedPolicy()
    policy.begin(Task(instruction="Click 'Save'"))
    decision = policy.decide(Observation(Screenshot(pixels), find_elements=lambda _: ()), ())
    assert decision.reply is not None
    assert decision.reply.actions[0].kind != "click"


def test_without_the_text_encoder_a_run_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="deskhand models pull"):
        EmbeddedPolicy().begin(Task(instruction="anything"))


def test_the_weights_that_ship_are_small() -> None:
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 24 << 20
