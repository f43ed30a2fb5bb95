"""The embedded policy as it ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Type
from deskhand.errors import EnvironmentProblem
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies import models
from deskhand.policies.contract import check_policy
from deskhand.policies.embedded import adapter as adapters
from deskhand.policies.embedded.policy import EmbeddedPolicy
from deskhand.policies.registry import load_policy
from deskhand.trajectories.records import Task

pytestmark = pytest.mark.model

EDITOR = ("Untitled 1 - Mousepad", "File", "Edit", "Search", "View", "Document", "Help")


def observation(*texts: str) -> Observation:
    elements = tuple(Element("text", text, Box(0, 20 * n, 90, 20 * n + 16)) for n, text in enumerate(texts))
    pixels = np.zeros((400, 600, 3), np.uint8)
    return Observation(Screenshot(pixels), find_elements=lambda _: elements)


@pytest.mark.slow(reason="thirty decisions of a text model, some of hundreds of copied words")
@pytest.mark.timeout(900)
def test_it_keeps_the_contract(weights: str) -> None:
    check_policy(EmbeddedPolicy)


def test_the_first_step_of_the_demo_types_the_sentence_exactly(weights: str) -> None:
    policy = load_policy("embedded")
    policy.begin(Task(instruction="Type the sentence 'héllo wörld 안녕' and save the file as note.txt"))
    decision = policy.decide(observation(*EDITOR), ())
    assert decision.reply is not None
    assert decision.reply.actions == (Type(text="héllo wörld 안녕"),)
    assert decision.reply.thought
    assert decision.usage.prompt_tokens and decision.usage.completion_tokens
    assert policy.decide(observation(*EDITOR), ()).raw == decision.raw


def test_the_number_of_threads_changes_no_decision(weights: str) -> None:
    said = []
    for threads in (1, 2, None):
        policy = EmbeddedPolicy(threads=threads)
        policy.begin(Task(instruction="Type the sentence 'over and out' and save the file as a.txt"))
        said.append(policy.decide(observation(*EDITOR), ()).raw)
    assert said[0] == said[1] == said[2]


def test_an_empty_screen_still_gets_a_decision(weights: str) -> None:
    policy = EmbeddedPolicy()
    policy.begin(Task(instruction="Click 'Save'"))
    decision = policy.decide(observation(), ())
    assert decision.reply is not None
    assert decision.reply.actions[0].kind != "click"


def test_without_weights_a_run_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="deskhand models pull"):
        EmbeddedPolicy().begin(Task(instruction="anything"))


def test_the_adapter_that_ships_is_small_and_says_what_it_was_made_of() -> None:
    folder = adapters.packaged()
    assert (folder / adapters.WEIGHTS).stat().st_size <= 10_000_000
    _, description = adapters.load(folder, models.SMOLLM2.member_sha256)
    assert len(description.data_sha256) == 64
    assert description.samples > 0
