"""A run of OSWorld's tasks as OSWorld's own tree of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.suites.osworld.results import write_result_tree
from deskhand.errors import UsageError
from deskhand.trajectories.export.catalogue import recognise
from deskhand.trajectories.reader import Trajectory
from tests.benchmarks.test_report import run_of
from tests.benchmarks.test_statistics import episode
from tests.cli.test_export import call as call
from tests.trajectories.export.test_round_trips import back
from tests.trajectories.samples import write_sample

ID = "bb5e4c0d-f964-439c-97b6-bdb9747de3f4"


def judged(task: str, success: bool = False, **more: Any) -> Episode:
    return episode(task, more.pop("seed", 0), success, **{"suite": "osworld", "policy": "openai:a/b", **more})


def rates(model: Path) -> dict[str, list[float]]:
    """The results of each domain, read as OSWorld's show_result.py reads them."""
    found: dict[str, list[float]] = {}
    for result in sorted(model.glob("*/*/result.txt")):
        found.setdefault(result.parts[-3], []).append(float(result.read_text()))
    return found


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A success with its trajectory, a partial one without, a failure, and an environment error."""
    write_sample(tmp_path / "run" / "trajectories" / f"{ID}-0")
    return run_of(
        tmp_path / "run",
        judged(ID, True, category="os", reason="it is there", trajectory=f"trajectories/{ID}-0"),
        judged("half", category="libreoffice_calc", reward=0.5),
        judged("not", category="os"),
        judged("lost", category="vlc", error="the sandbox was lost"),
    )


def test_each_task_has_its_result_and_what_was_done(run: Path, tmp_path: Path) -> None:
    tree = write_result_tree(run, tmp_path / "tree")
    assert (tree.models, tree.tasks, tree.errors) == (("openai-a-b",), 3, 1)
    of = [warning.partition(":")[0] for warning in tree.warnings]
    assert of == [ID, "half", "not"], "it gave an answer, they have no trajectory"
    model = tmp_path / "tree" / "pyautogui" / "screenshot" / "openai-a-b"
    assert rates(model) == {"os": [1.0, 0.0], "libreoffice_calc": [0.5]}
    task = model / "os" / ID
    lines = [json.loads(line) for line in (task / "traj.jsonl").read_text().splitlines()]
    assert [line["step_num"] for line in lines] == [1, 2, 3, 4] and lines[-1]["action"] == "DONE"
    assert all((task / line["screenshot_file"]).is_file() for line in lines)
    log = (task / "runtime.log").read_text().splitlines()
    assert "refused outside the screen" in "".join(log) and log[-1] == "score: 1.0 (it is there)"
    assert json.loads((model / "args.json").read_text())["policy"] == "openai:a/b"


def test_a_task_whose_environment_failed_counts_as_not_run(run: Path, tmp_path: Path) -> None:
    write_result_tree(run, tmp_path / "tree")
    lost = tmp_path / "tree" / "pyautogui" / "screenshot" / "openai-a-b" / "vlc" / "lost"
    assert {path.name for path in lost.iterdir()} == {"traj.jsonl", "runtime.log"}
    assert json.loads((lost / "traj.jsonl").read_text()) == {"Error": "the sandbox was lost"}


def test_a_task_of_the_tree_is_imported_again(run: Path, tmp_path: Path) -> None:
    write_result_tree(run, tmp_path / "tree", model="../m 1")
    task = tmp_path / "tree" / "pyautogui" / "screenshot" / "m-1" / "os" / ID
    assert recognise(task) == "osworld"
    again, warnings = back(task)
    assert not warnings and again.steps == Trajectory.open(run / "trajectories" / f"{ID}-0").steps


def test_each_seed_and_attempt_is_a_model_of_its_own(tmp_path: Path) -> None:
    run = run_of(
        tmp_path / "run",
        judged("a", True, category="os"),
        judged("a", category="os", seed=1),
        judged("a", category="os", seed=1, attempt=2, reward=0.25),
    )
    tree = write_result_tree(run, tmp_path / "tree", model="m")
    assert tree.models == ("m-seed0", "m-seed1", "m-seed1-attempt2")
    above = tmp_path / "tree" / "pyautogui" / "screenshot"
    assert [rates(above / model)["os"] for model in tree.models] == [[1.0], [0.0], [0.25]]


def test_what_a_stranger_wrote_leads_nowhere_else(tmp_path: Path) -> None:
    write_result_tree(run_of(tmp_path / "a", judged("a", category="../../x")), tmp_path / "tree")
    assert rates(tmp_path / "tree" / "pyautogui" / "screenshot" / "openai-a-b") == {"other": [0.0]}
    with pytest.raises(UsageError, match="cannot name a folder"):
        write_result_tree(run_of(tmp_path / "b", judged("../a")), tmp_path / "tree-b")
    linked = judged("a", trajectory="../../elsewhere")
    assert (
        "plain relative path" in write_result_tree(run_of(tmp_path / "c", linked), tmp_path / "d").warnings[0]
    )
    assert not (tmp_path / "tree-b").exists()


def test_only_what_osworld_judges_is_written_and_nothing_replaced(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only those of"):
        write_result_tree(run_of(tmp_path / "tiny", episode()), tmp_path / "tree")
    with pytest.raises(UsageError, match="already exists"):
        write_result_tree(run, run)


def test_the_command_says_how_osworld_shows_them(run: Path, tmp_path: Path, call: Any) -> None:
    out = tmp_path / "tree"
    code, shown, _ = call("export", run, "--to", "osworld", "--model", "mine", "--out", out)
    assert code == 0 and "3 results as OSWorld's, 1 environment errors" in shown
    assert "show_result.py --action_space pyautogui --observation_type screenshot --model mine" in shown
    code, shown, _ = call("export", run, "--to", "osworld", "--out", tmp_path / "other", "--json")
    assert json.loads(shown)["models"] == ["openai-a-b"]
    code, _, complained = call("export", run, "--to", "gif", "--out", tmp_path / "a.gif")
    assert code == 2 and "--to osworld" in complained
    kept = run / "trajectories" / f"{ID}-0"
    code, _, complained = call("export", kept, "--to", "osworld", "--model", "m", "--out", tmp_path / "x")
    assert code == 2 and "leave it out" in complained
