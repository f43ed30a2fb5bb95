"""A suite's results survive whatever cuts a run off, and belong to the policy that earned them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.benchmarks.oracle import idle
from deskhand.benchmarks.runner.run import RESULTS, Episode, read_results, run_suite
from deskhand.benchmarks.suites.desk.report import group_rows, task_rows
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.errors import UsageError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.lightbox import Lightbox

SUITE = DeskSuite()
TASK = "terminal-folder"


def result(seed: int, **changes: object) -> Episode:
    facts = {
        **{"suite": "desk", "task": TASK, "version": SUITE.version(TASK), "seed": seed, "policy": "idle"},
        **{"instruction": "x", "status": "finished", "success": False, "steps": 3, "seconds": 1.0},
    }
    return Episode.model_validate({**facts, **changes})


def go(
    out: Path, seeds: list[int], policy: Callable[[str, int], Policy] = lambda task, seed: idle()
) -> Iterator[Episode]:
    return run_suite(SUITE, policy, [TASK], seeds, out, make_sandbox=Lightbox, limits=Limits(steps=4))


def write(out: Path, *lines: str, end: str = "\n") -> Path:
    out.mkdir(exist_ok=True)
    path = out / RESULTS
    path.write_text("\n".join(lines) + end)
    return path


@pytest.mark.lightbox
@pytest.mark.suite
def test_what_is_there_is_not_run_again_and_a_cut_off_line_is(tmp_path: Path) -> None:
    known, cut = result(0, reason="from before"), result(1).model_dump_json()[:70]
    write(tmp_path, known.model_dump_json(), cut, end="")
    found = list(go(tmp_path, [0, 1]))
    assert [episode.seed for episode in found] == [0, 1]
    assert found[0].reason == "from before"
    assert not found[1].error
    # The half line is gone, so the file can be read, and resumed, again.
    assert [episode.seed for episode in read_results(tmp_path / RESULTS)] == [0, 1]
    assert len(list((tmp_path / "trajectories").iterdir())) == 1


@pytest.mark.lightbox
@pytest.mark.suite
def test_a_result_of_another_policy_version_or_of_an_error_is_not_taken_over(tmp_path: Path) -> None:
    write(
        tmp_path,
        result(0, policy="oracle", success=True).model_dump_json(),
        result(1, version="0" * 12, success=True).model_dump_json(),
        result(2, error="the sandbox was lost", success=False).model_dump_json(),
    )
    found = list(go(tmp_path, [0, 1, 2]))
    assert [(e.policy, e.success, e.error) for e in found] == [("idle", False, "")] * 3


@pytest.mark.lightbox
@pytest.mark.suite
def test_a_stop_between_episodes_keeps_what_was_done(tmp_path: Path) -> None:
    control = Control()
    found = []
    for episode in run_suite(
        SUITE,
        lambda task, seed: idle(),
        [TASK],
        range(5),
        tmp_path,
        make_sandbox=Lightbox,
        control=control,
    ):
        found.append(episode)
        control.stop()
    assert len(found) == 1
    assert [episode.seed for episode in read_results(tmp_path / RESULTS)] == [0]


@pytest.mark.lightbox
@pytest.mark.suite
def test_an_episode_that_a_person_stopped_is_no_failure_of_the_policy(tmp_path: Path) -> None:
    control = Control()
    control.stop()
    stopped = run_suite(
        SUITE, lambda t, s: idle(), [TASK], [0], tmp_path, make_sandbox=Lightbox, control=control
    )
    assert list(stopped) == []
    assert read_results(tmp_path / RESULTS) == []


def test_garbage_in_the_middle_is_a_usage_error_that_names_the_line(tmp_path: Path) -> None:
    good = result(0).model_dump_json()
    for garbage in ("{", "[]", "null", '{"suite": "desk"}', good.replace("false", '"maybe"'), "\0"):
        path = write(tmp_path, good, garbage, good)
        with pytest.raises(UsageError, match="line 2"):
            read_results(path)


def test_bytes_that_are_no_text_are_a_usage_error_too(tmp_path: Path) -> None:
    path = tmp_path / RESULTS
    path.write_bytes(b"\xff\xfe\n" + result(0).model_dump_json().encode() + b"\n")
    with pytest.raises(UsageError, match="line 1"):
        read_results(path)


def test_half_a_line_at_the_end_is_left_out(tmp_path: Path) -> None:
    good = result(0).model_dump_json()
    for length in (1, 20, len(good) - 1):
        assert read_results(write(tmp_path, good, good[:length], end="")) == [result(0)]
    assert read_results(write(tmp_path, good, "é".encode()[:1].decode("latin-1"), end="")) == [result(0)]
    assert read_results(tmp_path / "missing") == []


def test_newer_fields_are_left_alone(tmp_path: Path) -> None:
    line = json.dumps({**result(0).model_dump(), "new": 1})
    assert read_results(write(tmp_path, line)) == [result(0)]


def test_errors_are_neither_successes_nor_failures() -> None:
    episodes = [result(0, success=True), result(1), result(2, error="lost")]
    (row,) = task_rows(episodes)
    assert (row["done"], row["of"], row["percent"], row["errors"]) == (1, 2, 50, 1)


def test_groups_tell_seen_from_not_seen() -> None:
    tasks = (TASK, "other-editor-save")
    rows = group_rows([result(seed, task=task, success=seed < 2) for task in tasks for seed in range(5)])
    found = {(row["what"], row["in training"]): (row["done"], row["of"]) for row in rows}
    assert found[("parameters", "seen")] == (2, 4)
    assert found[("parameters", "not seen")] == (2, 6)
    assert found[("wordings", "seen")] == (4, 6)
    assert found[("wordings", "not seen")] == (0, 4)
    assert found[("applications", "seen")] == found[("applications", "not seen")] == (2, 5)
    assert found[("all three", "seen")] == (1, 1)
