"""Policies by name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.policies.protocol import Policy
from deskhand.policies.registry import load_policy, policy_names

OFFERED = """
class Own:
    def __init__(self, argument, model, dialect, seed):
        self.name = f"own {argument} {model} {dialect} {seed}"
    def begin(self, task): ...
    def decide(self, observation, history): ...
    def close(self): ...
def broken(**settings):
    raise RuntimeError("no such thing")
def half(**settings):
    return object()
"""


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package, installed as packages are: a module and its entry points."""
    (tmp_path / "offered_policies.py").write_text(OFFERED)
    info = tmp_path / "offered_policies-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offered-policies\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[deskhand.policies]\nown = offered_policies:Own\nbroken = offered_policies:broken\n"
        "half = offered_policies:half\ngone = offered_policies:gone\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_an_unknown_name_lists_the_known_and_the_nearest() -> None:
    with pytest.raises(
        UsageError,
        match=r"did you mean 'openai'\? Known: anthropic, embedded, gemini, local:FOLDER, openai, openai-c",
    ):
        load_policy("open-ai")
    with pytest.raises(UsageError, match=r"there is no policy 'zzz'\. Known"):
        load_policy("zzz")


def test_a_scripted_policy_is_made_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a:b.json"
    path.write_text(json.dumps({"dialect": "ui-tars-1.0", "replies": []}))
    policy = load_policy(f"scripted:{path}")
    assert isinstance(policy, Policy)
    assert policy.name == "scripted:a:b.json"


@pytest.mark.parametrize("spec", ["scripted", "scripted:", "openai:gpt", "embedded:x", "", ":"])
def test_a_spec_that_makes_no_sense_is_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        load_policy(spec)


@pytest.mark.usefixtures("offered")
def test_another_packages_policy_gets_all_settings() -> None:
    assert load_policy("own:x:y", model="m", dialect="d", seed=3).name == "own x:y m d 3"
    assert {"own", "embedded", "openai", "scripted"} <= set(policy_names())


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("name", "words"), [("broken", "no such thing"), ("half", "lacks"), ("gone", "gone")]
)
def test_another_packages_failure_is_said_with_its_name(name: str, words: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"{name}.*offered-policies.*{words}"):
        load_policy(name)


def test_the_registry_loads_neither_models_nor_clients() -> None:
    code = "import sys, deskhand.policies.registry; print({'torch', 'httpx'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
