"""What `deskhand bench eval` measures: our own episodes, and another environment's by what it says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deskhand.benchmarks.speed import eval as bench_eval
from deskhand.benchmarks.speed.beside import gym
from deskhand.errors import UsageError
from tests.conftest import deskhand


def test_a_rate_counts_only_the_time_in_which_all_workers_are_busy() -> None:
    assert bench_eval.rate([10.0, 11.0, 12.0, 13.0], 1) == 60
    assert bench_eval.rate([5.0, 10.0, 10.5, 11.0, 11.5, 12.0, 90.0], 2) == 120
    assert bench_eval.rate([1.0], 1) is None
    assert bench_eval.rate([], 4) is None


def test_every_worker_gets_episodes_of_the_same_tasks() -> None:
    for workers in bench_eval.WORKERS:
        episodes = bench_eval.planned(bench_eval.TASKS, workers, True)
        assert {task for task, _ in episodes} == set(bench_eval.TASKS)
        assert len(episodes) >= 3 * workers
        assert episodes == bench_eval.planned(bench_eval.TASKS, workers, False)[: len(episodes)]


@pytest.mark.lightbox
@pytest.mark.suite
def test_our_oracles_are_timed_from_reset_to_reward() -> None:
    found = bench_eval.measure_ours([("click-test", 0), ("click-test", 1), ("enter-text", 0)], 1)
    row = found.row("deskhand", 1)
    assert (row["done"], row["note"]) == ("3/3", "")
    assert row["episodes_a_minute"] > 0
    assert len(found.resets) == 2, "the first has the browser's start in it"
    assert len(found.steps[1]) > len(found.steps[0])
    assert all(seconds > 0 for steps in found.steps for seconds in steps)


def speaking(folder: Path, lines: list[dict[str, object]], code: int = 0) -> Path:
    """A program that says what a Python with BrowserGym would."""
    program = folder / "python"
    said = "\n".join(json.dumps(line) for line in lines)
    program.write_text(
        "#!/bin/sh\n"
        '[ "$2" = -c ] && echo 0.14.3 && exit 0\n'
        f"cat <<'END'\n{said}\nEND\necho broken >&2\nexit {code}\n"
    )
    program.chmod(0o755)
    return program


LINE = {"task": "click-test", "seed": 0, "reset": 2.0, "steps": [0.5, 0.7], "done": True, "error": ""}


def test_another_environment_is_compared_by_what_it_says(tmp_path: Path) -> None:
    python = speaking(tmp_path, [{**LINE, "at": 10.0}, {**LINE, "at": 13.0, "done": False}])
    assert gym.interpreter(python) == python
    assert gym.version(python) == "0.14.3"
    theirs = bench_eval.measure_theirs(python, [("click-test", 0), ("click-test", 1)], 1).row("other", 1)
    assert (theirs["episodes_a_minute"], theirs["reset_s"], theirs["step_s"]) == (20, 2.0, 0.6)
    assert theirs["done"] == "1/2"
    ours = {**theirs, "what": "deskhand", "episodes_a_minute": 60.0, "reset_s": 0.5, "step_s": 0.3}
    ratio = bench_eval.ratio(ours, theirs)
    assert (ratio["episodes_a_minute"], ratio["reset_s"], ratio["step_s"]) == (3.0, 4.0, 2.0)


def test_a_process_that_ends_early_is_said_beside_its_numbers(tmp_path: Path) -> None:
    python = speaking(tmp_path, [{**LINE, "at": 10.0}], code=3)
    assert "broken" in bench_eval.measure_theirs(python, [("click-test", 0)], 1).fault


def test_a_python_without_it_is_refused_and_the_script_names_no_module_of_ours(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not run"):
        gym.interpreter(tmp_path / "none")
    python = speaking(tmp_path, [])
    python.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(UsageError, match="pip install browsergym-miniwob"):
        gym.interpreter(python)
    assert "deskhand." not in gym.SCRIPT.read_text().partition('"""')[2].partition('"""')[2]


@pytest.mark.slow(reason="its parts are tested one by one")
@pytest.mark.lightbox
@pytest.mark.suite
def test_the_command_prints_rows_and_says_what_it_could_not_measure() -> None:
    done = deskhand("bench", "eval", "--quick")
    assert done.returncode == 0, done.stderr
    assert "episodes a minute" in done.stdout
    if gym.interpreter(None) is None:
        assert "BrowserGym is not measured" in " ".join(done.stdout.split())
    refused = deskhand("bench", "eval", "--quick", "--browsergym", os.devnull)
    assert refused.returncode == 2
    assert "does not run" in refused.stderr
