"""Suites are found by name, also other packages', and what is misspelt is met with the nearest names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deskhand.benchmarks.registry import ChosenPolicy, load_suite, suite_names
from deskhand.benchmarks.runner.episodes import (
    RESULTS,
    Episode,
    EpisodeKey,
    Header,
    keys,
    latest,
    read_run,
    trajectory_folder,
)
from deskhand.benchmarks.runner.seeds import parse_seeds
from deskhand.benchmarks.suite import LIMITS, BaseSuite, Score, Suite, choose_tasks, subsets_of
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.lines import ResultLines
from deskhand.sandbox.lightbox import Lightbox
from tests.benchmarks.test_statistics import episode
from tests.benchmarks.tiny import TinySuite
from tests.cli.test_command import call

TINY = TinySuite()


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package, installed as packages are: entry points to a suite and to what is none."""
    info = tmp_path / "offered_suites-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offered-suites\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[deskhand.suites]\ntiny = tests.benchmarks.tiny:TinySuite\nhalf = tests.benchmarks.tiny:object\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_suite_of_another_package_is_found_by_its_name(offered: None) -> None:
    assert isinstance(load_suite("tiny"), TinySuite)
    assert {"desk", "tiny"} <= set(suite_names())
    assert load_suite("desk").name == "desk"
    with pytest.raises(EnvironmentProblem, match="offered-suites"):
        load_suite("half")
    with pytest.raises(UsageError, match="did you mean 'tiny'"):
        load_suite("tinny")


@pytest.mark.slow(reason="suites of our own are measured so")
@pytest.mark.lightbox
@pytest.mark.suite
def test_such_a_suite_is_measured_by_workers_with_its_baselines_beside(
    offered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    line = (
        "eval",
        "suite",
        "tiny",
        "--subset",
        "first-two",
        "--seeds",
        "1",
        "--limit",
        "1",
        "--out",
        str(out),
    )
    options = ("--policy", "idle", "--workers", "2", "--baselines", "--json")
    assert call(monkeypatch, *line, *options) == 0
    rows = [json.loads(said) for said in capsys.readouterr().out.splitlines()]
    success = {row["policy"]: row["value"] for row in rows if row.get("measure") == "success, %"}
    assert success == {"idle": 0, "oracle": 100, "random": 0}
    assert [row["task"] for row in rows if "task" in row] == ["ask-one"]
    assert [row["category"] for row in rows if "category" in row and "task" not in row] == ["even"]
    assert {path.name for path in (out / "baselines").iterdir()} == {"oracle", "random"}
    # What is there is not run again, and says the same.
    assert call(monkeypatch, *line, *options) == 0
    assert [json.loads(said) for said in capsys.readouterr().out.splitlines()] == rows


def test_tasks_are_chosen_by_name_and_subset_in_the_suites_order() -> None:
    assert choose_tasks(TINY) == ("ask-one", "ask-two", "ask-three")
    assert choose_tasks(TINY, ["ask-three", " ask-one", ""]) == ("ask-one", "ask-three")
    assert choose_tasks(TINY, subset="first-two") == ("ask-one", "ask-two")
    assert choose_tasks(TINY, ["ask-two"], "first-two") == ("ask-two",)


@pytest.mark.parametrize(
    ("tasks", "subset", "said"),
    [
        (["ask-thre"], None, "no task 'ask-thre': did you mean 'ask-three'"),
        (["zzz"], None, "it has ask-one, ask-two, ask-three"),
        ([], "first", "no subset 'first': did you mean 'first-two'"),
        (["ask-three"], "first-two", "no task in first-two"),
    ],
)
def test_an_unknown_task_or_subset_is_met_with_the_nearest(
    tasks: list[str], subset: str | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        choose_tasks(TINY, tasks, subset)


def test_what_a_suite_need_not_have_has_a_default() -> None:
    class Plain(TinySuite):
        subsets, category, limits = BaseSuite.subsets, BaseSuite.category, BaseSuite.limits

    plain = Plain()
    assert isinstance(plain, Suite)
    assert subsets_of(plain) == {"all": plain.tasks()}
    assert plain.category("ask-one") == ""
    assert plain.limits is LIMITS
    assert TINY.limits.steps == 50
    assert plain.screen is None
    assert not plain.over("ask-one", Lightbox())


def test_a_suite_may_have_another_rule_for_success_than_a_reward_of_one() -> None:
    assert [Score(reward).success for reward in (0.0, 0.5, 1.0, 2.0)] == [False, False, True, True]
    assert Score(0.5, done=True).success
    assert not Score(1.0, done=False).success


def test_more_episodes_than_anybody_waits_for_are_refused() -> None:
    assert len(keys(["a"], range(10_000), 1000, limit=5)) == 5
    with pytest.raises(UsageError, match="10000000 episodes"):
        keys(["a"], range(10_000), 1000)
    with pytest.raises(UsageError, match="10000 at most"):
        parse_seeds("0-99999999999999999999999")


def test_seeds_that_training_learns_from_are_not_measured() -> None:
    assert parse_seeds("99998-99999") == [99998, 99999]
    for text in ("100000", "99999-100000", "0,100001"):
        with pytest.raises(UsageError, match="for training"):
            parse_seeds(text)


def test_a_second_attempt_draws_anew_while_the_task_stays_as_it_is() -> None:
    drawn = [ChosenPolicy("random")(TINY, EpisodeKey("ask-one", 3, attempt)) for attempt in (1, 1, 2)]
    moves = [policy._moves for policy in drawn]  # type: ignore[attr-defined]
    assert moves[0] == moves[1] != moves[2]
    assert ChosenPolicy("oracle")(TINY, EpisodeKey("ask-one", 3)).name == "oracle"
    assert ChosenPolicy("idle")(TINY, EpisodeKey("ask-one", 3)).name == "idle"


def test_the_folder_of_an_episode_is_its_own_and_below_the_runs(tmp_path: Path) -> None:
    folders = {trajectory_folder(tmp_path, *EpisodeKey("a", 1, attempt)) for attempt in (1, 2, 3)}
    assert len(folders) == 3
    for name in ("..", "a/b", "", "a\0", "-a", "x" * 101):
        with pytest.raises(UsageError, match="name a folder"):
            trajectory_folder(tmp_path, name, 0)


def written(folder: Path, *lines: str, end: str = "\n") -> ResultLines[Episode]:
    (folder / RESULTS).write_text("\n".join(lines) + end)
    return ResultLines(folder / RESULTS, Episode)


HEADER = Header(suite="tiny", policy="p", version="1").model_dump_json()
LINE = episode().model_dump_json()


def test_a_header_is_written_once_and_is_no_result(tmp_path: Path) -> None:
    lines = ResultLines(tmp_path / RESULTS, Episode)
    assert (lines.read(), lines.header()) == ([], {})
    for _ in range(2):
        lines.begin(Header(suite="tiny", policy="p", version="1"))
        lines.append(episode())
    assert lines.read() == [episode()] * 2
    assert lines.header()["suite"] == "tiny"


def test_a_file_of_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    for newer in (2, 10**30, "2", None):
        lines = written(tmp_path, json.dumps({**json.loads(HEADER), "format": newer}), LINE)
        for look in (lines.read, lines.header):
            with pytest.raises(UsageError, match=r"results\.jsonl is of format .* newer than the 1"):
                look()


def test_a_file_of_before_headers_is_read_and_gets_none(tmp_path: Path) -> None:
    lines = written(tmp_path, LINE)
    lines.begin(Header(suite="tiny", policy="p", version="1"))
    lines.append(episode(seed=1))
    assert lines.header() == {}
    assert [e.seed for e in lines.read()] == [0, 1]


@pytest.mark.parametrize("cut", range(1, len(HEADER), 20))
def test_a_header_that_was_cut_is_written_again(tmp_path: Path, cut: int) -> None:
    lines = written(tmp_path, HEADER[:cut], end="")
    assert lines.read() == []
    lines.begin(Header(suite="tiny", policy="p", version="1"))
    assert lines.path.read_text() == HEADER + "\n"


def test_a_file_cut_anywhere_loses_at_most_the_line_that_was_cut(tmp_path: Path) -> None:
    header = Header(suite="tiny", policy="p", version="1")
    every = [episode(seed=n, reason="é" * n) for n in range(3)]
    whole = "".join(one.model_dump_json() + "\n" for one in (header, *every)).encode()
    for cut in range(len(whole) + 1):
        lines = ResultLines(tmp_path / RESULTS, Episode)
        lines.path.write_bytes(whole[:cut])
        known = lines.read()
        assert known == every[: len(known)]
        assert len(known) >= whole[:cut].count(b"\n") - 1
        lines.begin(header)
        for one in every[len(known) :]:
            lines.append(one)
        assert lines.path.read_bytes() == whole, cut


def test_a_last_line_that_lacks_only_its_end_is_kept(tmp_path: Path) -> None:
    lines = written(tmp_path, HEADER, LINE, end="")
    assert lines.read() == [episode()]
    lines.begin()
    lines.append(episode(seed=1))
    assert [e.seed for e in lines.read()] == [0, 1]


def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "folder" / RESULTS).mkdir(parents=True)
    (tmp_path / "endless").mkdir()
    (tmp_path / "endless" / RESULTS).symlink_to("/dev/zero")
    for name in ("folder", "endless"):
        with pytest.raises(UsageError, match=r"results\.jsonl .*choose another --out"):
            read_run(tmp_path / name)


def test_the_last_try_of_an_episode_counts(tmp_path: Path) -> None:
    tries = [episode(error="lost"), episode(seed=1), episode(success=True), episode(attempt=2)]
    assert [(*e.key, e.success) for e in latest(tries)] == [
        *(("a", 0, 1, True), ("a", 1, 1, False), ("a", 0, 2, False)),
    ]
    written(tmp_path, HEADER, *(e.model_dump_json() for e in tries))
    assert read_run(tmp_path) == latest(tries)
    with pytest.raises(UsageError, match="no results"):
        read_run(tmp_path / "elsewhere")


def test_compare_prints_pairs_and_refuses_what_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = {"a": "110", "b": "011", "c": ""}
    for name, marks in runs.items():
        (tmp_path / name).mkdir()
        some = [episode("a", seed, mark == "1").model_dump_json() for seed, mark in enumerate(marks)]
        written(tmp_path / name, HEADER, *some, *([] if some else [episode("z").model_dump_json()]))
    assert call(monkeypatch, "eval", "compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json") == 0
    row = json.loads(capsys.readouterr().out.splitlines()[0])
    assert [row[key] for key in ("pairs", "both", "only A", "only B", "neither", "p")] == [3, 1, 1, 1, 0, 1]
    assert call(monkeypatch, "eval", "compare", str(tmp_path / "a"), str(tmp_path / "c")) == 2
    assert "cannot be compared" in capsys.readouterr().err
    assert call(monkeypatch, "eval", "compare", str(tmp_path / "a"), str(tmp_path / "missing")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("desk", "--tasks", "editor-sve"), "did you mean 'editor-save'"),
        (("desk", "--subset", "traned"), "did you mean 'trained'"),
        (("desk", "--rerun", "all"), "--rerun takes errors"),
        (("desk", "--workers", "2", "--sandbox", "http://127.0.0.1:9"), "leave out --workers"),
        (("suite", "dsk"), "did you mean 'desk'"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_said_before_anything_is_made(
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    assert call(monkeypatch, "eval", *arguments, "--policy", "idle", "--out", str(out)) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_of_another_policy_or_suite_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for changed, said in (({"policy": "oracle"}, "policy 'oracle'"), ({"suite": "web"}, "suite 'web'")):
        facts = {"suite": "desk", "policy": "idle", "version": "1", **changed}
        written(tmp_path, Header.model_validate(facts).model_dump_json())
        line = ("eval", "desk", "--policy", "idle", "--out", str(tmp_path))
        assert call(monkeypatch, *line) == 2
        assert said in capsys.readouterr().err
    assert call(monkeypatch, *line, "--no-resume") == 2
    assert "already has results" in capsys.readouterr().err
