"""The command line: help, exit codes, and the one line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import deskhand
from deskhand.agent.result import EXIT_CODES
from deskhand.benchmarks.runner.seeds import parse_seeds
from deskhand.cli import app as cli
from deskhand.errors import UsageError
from tests.conftest import deskhand as run_command

NOTHING = "Thought: look\nAction: hotkey(key='shift')"


def verbs(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command of the tree, groups too."""
    if names:
        yield names
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from verbs(inner, *names, name)


TREE = typer.main.get_command(cli.app)
VERBS = sorted(verbs(TREE))


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The command line in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["deskhand", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def script(tmp_path: Path) -> Any:
    def write(*replies: str) -> str:
        path = tmp_path / "script.json"
        path.write_text(json.dumps({"dialect": "ui-tars-1.0", "replies": replies}))
        return f"scripted:{path}"

    return write


def test_help_names_every_verb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--help") == 0
    shown = capsys.readouterr().out
    for verb in ("run", "eval", "bench", "train", "models", "doctor", "version"):
        assert verb in shown
    assert "Example: deskhand run" in shown


@pytest.mark.parametrize("names", VERBS, ids=" ".join)
def test_the_help_of_every_verb_has_an_example(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *names, "--help") == 0
    assert f"deskhand {' '.join(names)}" in capsys.readouterr().out.partition("Example")[2]


@pytest.mark.parametrize("names", VERBS, ids=" ".join)
def test_every_option_says_what_it_is_for(names: tuple[str, ...]) -> None:
    command: Any = TREE
    for name in names:
        command = command.commands[name]
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{' '.join(names)} {parameter.name}"


def test_no_option_takes_a_key() -> None:
    for names in VERBS:
        command: Any = TREE
        for name in names:
            command = command.commands[name]
        options = [option for parameter in command.params for option in parameter.opts]
        assert not [o for o in options if "key" in o or ("token" in o and o != "--max-tokens")]


def test_version_is_the_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "version") == 0
    assert capsys.readouterr().out.strip() == deskhand.__version__


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run",), "Usage: deskhand run"),
        (("run", ""), "empty"),
        (("run", "   "), "empty"),
        (("run", "x", "--policy", "embeded"), "did you mean 'embedded'"),
        (
            ("run", "x", "--policy", "nobody"),
            "anthropic, embedded, gemini, local:FOLDER, openai, openai-computer, scripted",
        ),
        (("run", "x", "--policy", "scripted"), "scripted:FILE"),
        (("run", "x", "--policy", "scripted:/missing.json"), "/missing.json"),
        (("run", "x", "--sandbox", "litebox"), "did you mean 'lightbox'"),
        (("run", "x", "--sandbox", "lightbox:x"), "colon"),
        (("run", "x", "--sandbox", "vm", "--share", "."), "shared folder"),
        (("run", "x", "--sandbox", "vm", "--root", "image"), "root"),
        (("run", "x", "--sandbox", "host", "--size", "800x600"), "size"),
        (("run", "x", "--sandbox", "http://127.0.0.1:9", "--size", "800x600"), "size"),
        (("run", "x", "--root", "elsewhere"), "host or image"),
        (("run", "x", "--yes-drive-my-desktop"), "--sandbox host"),
        (("run", "x", "--size", "1280"), "WIDTHxHEIGHT"),
        (("run", "x", "--size", "99999x10"), "WIDTHxHEIGHT"),
        (("eval", "desk", "--sandbox", "host"), "does not run on your real desktop"),
        (("eval", "desk", "--sandbox", "hos"), "did you mean 'host'"),
        (("eval", "desk", "--size", "big"), "WIDTHxHEIGHT"),
        (("run", "x", "--max-steps", "0"), "max-steps"),
        (("run", "x", "--time-limit", "nan"), ""),
        (("run", "x", "--max-steps", "many"), "max-steps"),
        (("run", "x" * 20_001, "--policy", "scripted:/missing.json"), ""),
        (("nonsense",), "nonsense"),
        (("run", "x", "--nonsense"), "nonsense"),
        (("eval", "desk", "--tasks", "nothing"), "editor-save"),
        (("eval", "desk", "--seeds", "5-1"), "seeds"),
        (("eval", "desk", "--seeds", "a"), "seeds"),
        (("eval", "desk", "--policy", "nobody", "--seeds", "0"), "nobody"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_ends_with_2_and_says_so(
    arguments: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, *arguments) == 2
    found = capsys.readouterr()
    assert said in found.err
    assert found.out == ""


@pytest.mark.lightbox
@pytest.mark.parametrize(
    ("replies", "options", "status"),
    [
        ([NOTHING, "Action: finished(content='42')"], (), "finished"),
        (["Action: infeasible(content='no')"], (), "infeasible"),
        (["Action: call_user(content='which?')"], (), "needs_user"),
        ([NOTHING] * 2, ("--max-steps", "1"), "limit"),
        ([NOTHING] * 5, (), "stuck"),
        (["hm"] * 3, (), "format_error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_with_json_the_last_line_is_the_result_and_the_exit_code_is_of_the_table(
    script: Any,
    replies: list[str],
    options: tuple[str, ...],
    status: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = ("run", "x", "--policy", script(*replies), "--out", str(tmp_path / "o"), "--json", *options)
    assert call(monkeypatch, *line) == EXIT_CODES[status]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1, "and nothing else"
    found = json.loads(lines[0])
    assert list(found) == ["status", "answer", "steps", "seconds", "trajectory"]
    assert found["status"] == status
    assert found["answer"] == ("42" if status == "finished" else None)
    assert Path(found["trajectory"]) == tmp_path / "o"


@pytest.mark.lightbox
def test_a_run_from_a_shell_shows_its_steps_and_names_the_files(script: Any, tmp_path: Path) -> None:
    replies = (
        "Thought: I type the text.\nAction: type(content='hello')",
        "Thought: I save it.\nAction: hotkey(key='ctrl s')",
        "Thought: A name is asked for.\nAction: type(content='note.txt\\n')",
        "Thought: I look again.\nAction: wait(time='1')",
        "Thought: Done.\nAction: finished()",
    )
    out = tmp_path / "o"
    done = run_command("run", "x", "--launch", "mousepad", "--policy", script(*replies), "--out", str(out))
    assert done.returncode == 0, done.stderr
    for wanted in ("I type the text.", 'type "hello"', "press ctrl+s", "finished", "note.txt"):
        assert wanted in done.stdout
    assert done.stderr == ""
    assert (out / "files" / "note.txt").read_text().strip() == "hello"


@pytest.mark.lightbox
def test_a_folder_that_holds_a_run_already_is_refused_with_3(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "trajectory.jsonl").write_text("{}\n")
    line = ("run", "x", "--policy", script("Action: finished()"), "--out", str(tmp_path / "o"), "--json")
    assert call(monkeypatch, *line) == 3
    assert "already contains a trajectory" in capsys.readouterr().err
    assert (tmp_path / "o" / "trajectory.jsonl").read_text() == "{}\n"


@pytest.mark.lightbox
def test_a_program_that_is_not_installed_is_refused_with_3(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ("run", "x", "--policy", script("Action: finished()"), "--launch", "no-such-program", "--json")
    assert call(monkeypatch, *line) == 3
    assert "no-such-program" in capsys.readouterr().err


def test_without_the_model_a_run_ends_with_3_and_the_command_that_fetches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path))
    assert call(monkeypatch, "run", "x", "--json") == 3
    assert "deskhand models pull" in capsys.readouterr().err


def test_models_list_is_one_object_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path))
    assert call(monkeypatch, "models", "list", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["present"] for row in rows] == ["no"] * len(rows)
    assert all(str(tmp_path) in row["folder"] for row in rows)


@pytest.mark.lightbox
def test_doctor_says_of_everything_whether_it_is_there_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path))
    assert call(monkeypatch, "doctor", "--json") == 3, "the model is missing in an empty cache"
    rows = {row["what"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["lightbox"]["ok"] == "yes"
    assert {"Python", "bwrap", "Xvfb", "user namespaces", "embedded reasoner"} <= set(rows)
    missing = {name: row["how to get it"] for name, row in rows.items() if row["ok"] == "NO"}
    assert missing == {"embedded reasoner": "deskhand models pull"}
    assert {row["ok"] for row in rows.values()} <= {"yes", "NO", "no (optional)"}


@pytest.mark.lightbox
def test_what_only_virtual_machines_and_the_real_desktop_need_is_optional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKHAND_IMAGES", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    code = call(monkeypatch, "doctor", "--json")
    rows = {row["what"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert code == (0 if all(row["ok"] != "NO" for row in rows.values()) else 3)
    assert {"qemu-system-x86_64", "qemu-img", "mmdebstrap", "acceleration"} <= set(rows)
    for what, fix in (("images", "deskhand sandbox build"), ("real desktop", "DISPLAY is not set")):
        assert rows[what]["ok"] == "no (optional)"
        assert fix in rows[what]["how to get it"]


def test_doctor_without_programs_names_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert call(monkeypatch, "doctor", "--json") == 3
    rows = {row["what"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["bwrap"]["how to get it"] == "apt-get install bubblewrap"
    assert "apt-get install" in rows["lightbox"]["how to get it"]
    assert rows["qemu-system-x86_64"]["ok"] == "no (optional)"
    for what in ("qemu-system-x86_64", "acceleration"):
        assert rows[what]["how to get it"] == "apt-get install qemu-system-x86"


@pytest.mark.parametrize(
    ("text", "seeds"), [("0-4", [0, 1, 2, 3, 4]), ("3", [3]), ("1,5,9", [1, 5, 9]), ("7-7", [7])]
)
def test_seeds_are_a_range_or_a_list(text: str, seeds: list[int]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "4-0", "1-", "-1", "1,,2", "1.5", "0-99999", "1-2-3", "--"])
def test_other_seeds_are_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="seeds"):
        parse_seeds(text)
