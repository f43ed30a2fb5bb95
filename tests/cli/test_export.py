"""deskhand export and deskhand import, as they are typed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.vocabulary import Key, PressHome, Type
from deskhand.cli import app as cli
from deskhand.trajectories.reader import Trajectory
from tests.conftest import deskhand as run_command
from tests.conftest import few
from tests.trajectories.export import stories
from tests.trajectories.export.stories import decide
from tests.trajectories.export.test_foreign_files import agentnet, net_step


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """The command in this process: exit code, what it printed, what it complained of."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("DESKHAND_RUNS", str(tmp_path / "runs"))

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskhand", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return run


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    stories.write(tmp_path / "ours", [decide(Type(text="a")), decide(PressHome())])
    return tmp_path / "ours"


@pytest.mark.parametrize(
    ("name", "out"),
    few([
        ("gif", "a.gif"), ("mp4", "a.mp4"), ("json", "a.json"), ("parquet", "a.parquet"), ("osworld", "a"),
        ("agentnet", "a"), ("uitars", "a.html"), ("uitars", "a.json"), ("sft", "a"), ("sft", "a.parquet"),
    ], 5, "the writers are tested for each format"),
)  # fmt: skip
def test_every_format_is_written_and_told(name: str, out: str, call: Any, ours: Path, tmp_path: Path) -> None:
    code, shown, complained = call("export", ours, "--to", name, "--out", tmp_path / out)
    assert code == 0 and f"2 steps as {name}" in shown
    assert (tmp_path / out).exists()
    if name in ("osworld", "agentnet"):
        assert "press_home" in complained and "step 4" in complained
    code, _, complained = call("export", ours, "--to", name, "--out", tmp_path / out)
    assert code == 2 and "already exists" in complained


def test_an_option_of_another_format_is_refused(call: Any, ours: Path, tmp_path: Path) -> None:
    for option, value, said in (
        ("--dialect", "doubao", "only to sft"),
        ("--pictures", "none", "json, parquet"),
    ):
        code, _, complained = call("export", ours, "--to", "gif", "--out", tmp_path / "a.gif", option, value)
        assert code == 2 and said in complained
    code, _, complained = call("export", ours, "--to", "sft", "--out", tmp_path / "a", "--per", "week")
    assert code == 2 and "step, trajectory" in complained
    code, _, complained = call("export", ours, "--to", "gfi", "--out", tmp_path / "a.gif")
    assert code == 2 and "did you mean 'gif'" in complained
    code, _, complained = call("export", tmp_path, "--to", "gif", "--out", tmp_path / "a.gif")
    assert code == 3 and "trajectory.jsonl" in complained


def test_an_export_tells_json(call: Any, ours: Path, tmp_path: Path) -> None:
    code, shown, _ = call("export", ours, "--to", "osworld", "--out", tmp_path / "a", "--json")
    told = json.loads(shown)
    assert code == 0 and told["steps"] == 2 and len(told["warnings"]) == 1


def test_training_records_have_the_prompt_that_models_are_asked_with(
    call: Any, ours: Path, tmp_path: Path
) -> None:
    call(
        "export",
        ours,
        "--to",
        "sft",
        "--out",
        tmp_path / "a",
        "--dialect",
        "ui-tars-2",
        "--per",
        "trajectory",
    )
    (line,) = (tmp_path / "a" / "metadata.jsonl").read_text().splitlines()
    prompt = json.loads(line)["messages"][0]["content"][0]["text"]
    assert "How to reply" in prompt and "<seed:tool_call>" in prompt and "Save <b>'it'</b> & close" in prompt


def test_an_import_lands_among_the_runs_or_where_it_is_told(call: Any, ours: Path, tmp_path: Path) -> None:
    call("export", ours, "--to", "uitars", "--out", tmp_path / "r.html")
    code, shown, _ = call("import", tmp_path / "r.html", "--json")
    told = json.loads(shown)
    assert code == 0 and (told["format"], told["steps"], told["without_action"]) == ("uitars", 2, 0)
    assert Path(told["folder"]).parent == tmp_path / "runs"
    assert Trajectory.open(told["folder"]).steps == Trajectory.open(ours).steps
    code, shown, _ = call("import", tmp_path / "r.html", "--from", "uitars", "--out", tmp_path / "here")
    assert code == 0 and "1 imported" in shown and Trajectory.open(tmp_path / "here").steps
    code, _, complained = call("import", tmp_path / "r.html", "--out", tmp_path / "here")
    assert code == 2 and "already exists" in complained


def test_several_trajectories_get_a_folder_each(call: Any, tmp_path: Path) -> None:
    tasks = [
        {
            "task_id": f"t{n}",
            "instruction": f"Do [red]{n}[/red] ../..",
            "traj": [net_step(0, "pyautogui.press('a')")],
        }
        for n in range(3)
    ]
    path = agentnet(tmp_path / "set", *tasks)
    code, shown, _ = call("import", path, "--out", tmp_path / "all")
    assert code == 0 and "3 imported" in shown and "[red]1[/red]" in shown
    folders = sorted((tmp_path / "all").iterdir())
    assert [folder.name for folder in folders] == [f"{n + 1:04d}-do-red-{n}-red" for n in range(3)]
    assert stories.actions_of(Trajectory.open(folders[2]).steps) == [Key(keys=("a",))]


def test_a_failed_import_leaves_no_folder_and_names_the_line(call: Any, tmp_path: Path) -> None:
    path = agentnet(tmp_path / "set", {"task_id": "t", "instruction": "i", "traj": [net_step(9, "x")]})
    code, _, complained = call("import", path)
    assert code == 3 and "some.jsonl, line 1, step 0" in complained and "9.png" in complained
    assert "--images" in complained
    assert not list((tmp_path / "runs").iterdir())
    code, _, complained = call("import", tmp_path / "nothing")
    assert code == 3 and "no such file" in complained


@pytest.mark.parametrize("verb", ["export", "import"])
def test_the_help_reads_like_a_page_of_a_manual(verb: str) -> None:
    child = run_command(verb, "--help")
    assert child.returncode == 0 and "Example: deskhand" in child.stdout and "Exit codes:" in child.stdout
