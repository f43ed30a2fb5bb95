"""Whole runs from replies to records, compared with what they did before.

``pytest tests/agent/test_golden.py --update-golden`` writes what they do now; look at the difference.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deskhand.agent.limits import Limits
from deskhand.policies.registry import load_policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.records import Task
from tests.agent.desk import go, records

pytestmark = pytest.mark.lightbox

FOLDER = Path(__file__).parent / "golden"
VARYING = {"seconds", "milliseconds", "started", "id", "versions", "frame", "usage"}
"""Times, what is drawn at random, and what depends on fonts, themes and versions of the machine."""
INSTALLED = re.compile("installed on this desktop[.;:].*")
"""Which applications there are instead depends on the machine."""

RUNS = {
    "note": Task(instruction="Type 'deskhand was here' and save the file as note.txt", launch="mousepad"),
    "recovery": Task(instruction="Anything"),
    "shell": Task(instruction="Make a folder called music", launch="xterm"),
}


def normalised(value: Any) -> Any:
    """Records without what varies from run to run."""
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items() if key not in VARYING}
    if isinstance(value, str):
        return INSTALLED.sub("installed on this desktop", value)
    return [normalised(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", RUNS)
def test_a_run_does_what_it_did(
    name: str, lightbox: Lightbox, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    policy = load_policy(f"scripted:{FOLDER / name}.script.json")
    go(lightbox, policy, tmp_path / name, task=RUNS[name], limits=Limits(steps=10), patient=True)
    found = normalised(records(tmp_path / name))
    files = sorted((tmp_path / name / "files").rglob("*"))
    found.append({"files": {path.name: path.read_text() for path in files if path.is_file()}})
    expected = FOLDER / f"{name}.json"
    if request.config.getoption("--update-golden"):
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(expected.read_text())


def test_every_golden_file_belongs_to_a_run() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        f"{name}{ending}" for name in RUNS for ending in (".json", ".script.json")
    }
