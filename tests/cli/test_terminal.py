"""What a person sees: nothing a model or a program wrote reaches the terminal raw, and no key ever."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.serve import Served
from deskhand.text import LONGEST_SHOWN, clean
from tests.agent.desk import records
from tests.cli.terminal import on_terminal, script
from tests.conftest import deskhand
from tests.policies.server import fails, says, serving
from tests.policies.test_hosted import computer, openai_text
from tests.policies.vendors import of_openai, openai_says, vendor_server

KEY = "sk-secret-0123456789abcdef"
STYLES = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = (
    "\x1b[31mRED\x1b]0;title\x07 \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x9b2J \u202eesrever\u2066"
    " \rover [red]not red[/red] [bold][/nonsense] [link=file:///etc/passwd]x[/link] \x00\x08\x7f\u200b"
)


def harmless(shown: str) -> str:
    """The text without our own colours; nothing else in it may steer a terminal."""
    text = STYLES.sub("", shown)
    bad = [
        c for c in text if c not in "\r\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or not c.isprintable())
    ]
    assert bad == []
    assert "\r" not in text.replace("\r\n", "")
    return text


@pytest.mark.lightbox
def test_a_models_text_does_not_steer_the_terminal(tmp_path: Path) -> None:
    replies = [
        f"Thought: {HOSTILE}\nAction: type(content='[green]{HOSTILE[:60]}')",
        f"Thought: no action [red]{HOSTILE}",
        f"Thought: refused\nAction: open_app(app_name='[blink]{HOSTILE[:80]}')",
        f"Thought: end\nAction: finished(content='[magenta]{HOSTILE}')",
    ]
    code, shown = on_terminal(
        "run", "x [red]y", "--policy", script(tmp_path, *replies), "--out", str(tmp_path / "o")
    )
    assert code == 0, shown
    text = harmless(shown)
    for literal in ("[red]not red[/red]", "[bold][/nonsense]", "[green]", "[blink]", "[magenta]"):
        assert literal in text, "what looks like markup is shown as it is"
    assert "\x1b[31mRED" not in shown
    # The record keeps what was really said.
    raw = (tmp_path / "o" / "trajectory.jsonl").read_text()
    assert "\\u001b]0;title" in raw


@pytest.mark.lightbox
def test_names_of_files_that_a_program_made_do_not_either(tmp_path: Path) -> None:
    replies = [
        "Thought: make it\nAction: type(content='touch $\\'[red]\\\\e[31m.txt\\' [bold]ok.txt\\n')",
        "Thought: wait\nAction: wait(time='1')",
        "Thought: end\nAction: finished()",
    ]
    code, shown = on_terminal(
        "run", "x", "--launch", "xterm", "--policy", script(tmp_path, *replies), "--out", str(tmp_path / "o")
    )
    assert code == 0, shown
    assert "[bold]ok.txt" in harmless(shown)


def test_errors_are_shown_without_what_they_quote_taking_effect(tmp_path: Path) -> None:
    for arguments in (
        ("run", "x", "--policy", f"nobody{HOSTILE.replace(chr(0), '')}"),
        ("run", "x", "--sandbox", "[red]\x1b[31m"),
        ("eval", "desk", "--tasks", "[red]\x1b[31m"),
    ):
        code, shown = on_terminal(*arguments)
        assert code == 2
        assert "deskhand:" in harmless(shown)


def test_clean_is_one_bounded_line_of_printable_text() -> None:
    assert clean("a\n b\t\tc") == "a b c"
    assert clean(HOSTILE).isprintable()
    assert len(clean("x" * 10**6)) == LONGEST_SHOWN
    assert len(clean("\x1b" * 10**6 + "x")) <= LONGEST_SHOWN
    assert clean("naïve 中文 😀") == "naïve 中文 😀"


def nowhere(folder: Path, output: str, secret: str = KEY) -> None:
    """The secret is neither in what was shown nor in any file."""
    assert secret not in output
    for path in folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


@pytest.mark.lightbox
def test_a_terminal_inside_cannot_print_the_key(tmp_path: Path) -> None:
    replies = [
        "Thought: look\nAction: type(content='cat /proc/[0-9]*/environ > all.txt; env >> all.txt\n')",
        "Thought: wait\nAction: wait(time='1')",
        "Thought: end\nAction: finished()",
    ]
    env = {"OPENAI_API_KEY": KEY, "DESKHAND_SECRET_PIN": KEY, "ANYTHING": KEY}
    out = tmp_path / "o"
    line = ("run", "x", "--launch", "xterm", "--policy", script(tmp_path, *replies), "--out", str(out))
    done = deskhand(*line, env=env)
    assert done.returncode == 0, done.stderr
    assert b"HOME=/home/agent" in (out / "files" / "all.txt").read_bytes()
    nowhere(tmp_path, done.stdout + done.stderr)
    assert deskhand("trajectory", "check", str(out), env=env).returncode == 0


@pytest.mark.lightbox
def test_the_key_is_sent_to_the_server_and_is_nowhere_else(tmp_path: Path) -> None:
    with serving(
        says("Thought: fine\nAction: wait(time='0.1')"), says("Action: finished(content='ok')")
    ) as server:
        env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url, "NO_PROXY": "127.0.0.1"}
        out = tmp_path / "o"
        line = (
            "run",
            "x",
            "--policy",
            "openai",
            "--model",
            "m",
            "--dialect",
            "ui-tars-1.0",
            "--out",
            str(out),
        )
        done = deskhand(*line, env={**env, "DESKHAND_LOG": "DEBUG"})
        assert done.returncode == 0, done.stderr
        assert server.keys == [f"Bearer {KEY}"] * 2
    nowhere(tmp_path, done.stdout + done.stderr)


@pytest.mark.lightbox
def test_a_server_that_quotes_the_key_in_its_complaint_does_not_spread_it(tmp_path: Path) -> None:
    with serving(fails(401, f"Incorrect API key provided: {KEY}")) as server:
        env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url, "NO_PROXY": "127.0.0.1"}
        line = ("run", "x", "--policy", "openai", "--model", "m", "--dialect", "ui-tars-1.0")
        done = deskhand(*line, "--out", str(tmp_path / "o"), "--json", env=env)
        assert done.returncode == 4
        assert json.loads(done.stdout.splitlines()[-1])["status"] == "backend_error"
    nowhere(tmp_path, done.stdout + done.stderr)


@pytest.mark.lightbox
def test_a_model_that_says_and_types_the_key_does_not_spread_it(tmp_path: Path) -> None:
    replies = (f"Thought: I am asked with {KEY}\nAction: type(content='{KEY}')", f"{KEY} is no action")
    with serving(*(says(one) for one in replies), says(f"Action: finished(content='{KEY}')")) as server:
        env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url, "NO_PROXY": "127.0.0.1"}
        line = ("run", "x", "--policy", "openai", "--model", "m", "--dialect", "ui-tars-1.0")
        done = deskhand(*line, "--out", str(tmp_path / "o"), env=env)
        assert done.returncode == 0, done.stderr
    nowhere(tmp_path, done.stdout + done.stderr)
    assert [record["type"] for record in records(tmp_path / "o")].count("decision") == 3


@pytest.mark.lightbox
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_the_token_of_a_remote_machine_is_nowhere(lightbox: Lightbox, tmp_path: Path, right: bool) -> None:
    """Its address stands in the environment, so that it is in no list of processes either."""
    done_at_once = script(tmp_path, "Thought: type\nAction: type(content='x')", "Action: finished()")
    with Served(lightbox) as served:
        token = served.url.partition("desk:")[2].partition("@")[0]
        assert len(token) > 20
        url = served.url if right else served.url.replace(token, token := "0123456789" * 3)
        env = {"DESKHAND_SANDBOX": url, "DESKHAND_LOG": "DEBUG", "NO_PROXY": "127.0.0.1"}
        done = deskhand("run", "x", "--policy", done_at_once, "--out", str(tmp_path / "o"), env=env)
    assert done.returncode == (0 if right else 3), done.stderr
    nowhere(tmp_path, done.stdout + done.stderr, token)
    if right:
        assert records(tmp_path / "o")[0]["sandbox"] == "remote"


@pytest.mark.lightbox
def test_an_evaluation_on_a_remote_machine_shows_and_keeps_no_token(
    lightbox: Lightbox, tmp_path: Path
) -> None:
    with Served(lightbox) as served:
        token = served.url.split("@")[0].split(":")[-1]
        out = tmp_path / "out"
        done = deskhand(
            *("eval", "desk", "--tasks", "calculator", "--seeds", "0", "--policy", "idle"),
            *("--sandbox", served.url, "--out", str(out)),
        )
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1" in done.stdout
    nowhere(out, done.stdout + done.stderr, token)


@pytest.mark.lightbox
@pytest.mark.parametrize("typed", ["yes", "no"])
def test_what_a_vendor_warns_of_is_done_only_after_a_persons_yes(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned = computer(
        {"type": "keypress", "keys": ["F5"]},
        checks=[{"id": "sc_1", "code": "x", "message": f"It may pay. {HOSTILE}"}],
    )
    answers = (openai_says(warned), openai_says(openai_text("Done.")))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with vendor_server(of_openai, *answers) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        code, shown = on_terminal(
            *("run", "x", "--launch", "xterm", "--policy", "openai-computer", "--model", "gpt-5.4"),
            *("--out", str(tmp_path / "o")),
            answer=("anything else is a no", typed),
        )
    assert "It may pay." in harmless(shown)
    outcomes = [one for one in records(tmp_path / "o") if one["type"] == "outcome"]
    if typed == "yes":
        assert code == 0 and len(outcomes) == 1
        (call,) = [one for one in server.bodies[1]["input"] if one.get("type") == "computer_call_output"]
        assert call["acknowledged_safety_checks"][0]["id"] == "sc_1"
    else:
        assert code == 1 and outcomes == [] and len(server.bodies) == 1
        assert "a person to agree first" in shown


@pytest.mark.lightbox
@pytest.mark.parametrize("typed", ["yes", "no"])
def test_a_rule_asks_the_person_at_the_terminal(typed: str, tmp_path: Path) -> None:
    replies = [
        "Thought: make it\nAction: type(content='touch made.txt\\n')",
        "Thought: end\nAction: finished()",
    ]
    code, shown = on_terminal(
        *("run", "x", "--launch", "xterm", "--policy", script(tmp_path, *replies), "--rules", "default"),
        *("--out", str(tmp_path / "o")),
        answer=("anything else is a no", typed),
    )
    assert code == 0 and "rule shell" in harmless(shown)
    noted = [one["data"] for one in records(tmp_path / "o") if one["type"] == "note" and one["data"]]
    assert [(one["rule"], one["who"]) for one in noted if "rule" in one] == [("shell", "person")]
    assert ("a person said no" in shown) is (typed == "no")
    assert (tmp_path / "o" / "files" / "made.txt").exists() is (typed == "yes")
