"""Episodes are divided among several machines, each with a reset of its own."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.serve import Served
from tests.benchmarks.osworld.test_sandbox import task
from tests.conftest import deskhand

pytestmark = pytest.mark.lightbox

NOBODY = "http://127.0.0.1:9"
TASKS = 4
RESET = """
import sys, urllib.request
address, log = sys.argv[1:]
open(log, "a").write("reset\\n")
asked = urllib.request.Request(f"{address}/desk/reset", b"", method="POST")
urllib.request.urlopen(asked, timeout=60).close()
"""


@pytest.fixture(autouse=True)
def nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What measures coverage in the commands writes files and lines of its own."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture(scope="module")
def machines() -> Iterator[tuple[Served, Served]]:
    with Lightbox() as one, Lightbox() as other, Served(one) as first, Served(other) as second:
        yield first, second


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """Tasks whose end the agent brings about in a terminal."""
    folder = tmp_path / "examples" / "os"
    folder.mkdir(parents=True)
    for number in range(TASKS):
        (folder / f"t{number}.json").write_text(json.dumps(task(f"t{number}", "/home/user")))
    replies = ["type(content='mkdir plans\\n')", "wait()", "finished(content='')"]
    lines = [f"Thought: I go on.\nAction: {reply}" for reply in replies]
    (tmp_path / "script.json").write_text(json.dumps({"dialect": "ui-tars-1.0", "replies": lines}))
    return tmp_path


def measured(examples: Path, *options: str, policy: str = "") -> subprocess.CompletedProcess[str]:
    chosen = policy or f"scripted:{examples / 'script.json'}"
    return deskhand(
        "eval", "osworld", str(examples / "examples"), "--policy", chosen, "--out", str(examples / "out"),
        "--json", *options, timeout=600,
    )  # fmt: skip


def results(examples: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (examples / "out" / "results.jsonl").read_text().splitlines()[1:]]


def test_each_machine_has_one_worker_and_a_reset_of_its_own(
    machines: tuple[Served, Served], examples: Path
) -> None:
    (examples / "reset.py").write_text(RESET)
    logs = [examples / "first.log", examples / "second.log"]
    options: list[str] = []
    for machine, log in zip(machines, logs, strict=True):
        words = [sys.executable, str(examples / "reset.py"), machine.path_url, str(log)]
        options += ["--sandbox", machine.url, "--reset", shlex.join(words)]
    done = measured(examples, *options)
    assert done.returncode == 0, done.stderr[-3000:]
    found = results(examples)
    assert [sorted(one["task"] for one in found), {one["success"] for one in found}] == [
        [f"t{number}" for number in range(TASKS)],
        {True},
    ], "a folder that an earlier episode left would be seen, too"
    resets = [len(log.read_text().splitlines()) for log in logs]
    assert sum(resets) == TASKS
    assert min(resets) >= 1, "both have done something"
    written = (examples / "out" / "results.jsonl").read_text() + done.stdout + done.stderr
    for machine in machines:
        assert machine._token not in written
        assert machine.url.rpartition("@")[2] in written, "which machines they were is kept"


def test_one_that_cannot_be_used_leaves_its_episodes_to_the_other(
    machines: tuple[Served, Served], examples: Path
) -> None:
    done = measured(examples, "--sandbox", NOBODY, "--sandbox", machines[1].url)
    assert done.returncode == 0, done.stderr[-3000:]
    assert {(one["task"], one["success"]) for one in results(examples)} == {
        (f"t{number}", True) for number in range(TASKS)
    }
    assert "machine 1 is not used any more" in done.stderr
    assert "no answer from http://127.0.0.1:9" in " ".join(done.stderr.split())


def test_where_none_can_be_used_the_run_ends_with_the_reason(examples: Path) -> None:
    done = measured(examples, "--sandbox", NOBODY, "--sandbox", "http://127.0.0.1:19")
    assert done.returncode == 3
    assert "no answer from http://127.0.0.1:" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_machines_may_stand_in_the_environment(machines: tuple[Served, Served], examples: Path) -> None:
    named = " ".join(machine.url for machine in machines)
    done = deskhand(
        "eval", "osworld", str(examples / "examples"), "--policy", "idle", "--limit", "2",
        "--out", str(examples / "out"), env={"DESKHAND_SANDBOX": named}, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert [one["success"] for one in results(examples)] == [False, False]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--sandbox", NOBODY, "--sandbox", "lightbox"], "only remote machines are several"),
        (["--sandbox", "lightbox", "--sandbox", "lightbox"], "only remote machines are several"),
        (["--sandbox", NOBODY, "--sandbox", NOBODY], "named twice"),
        (["--sandbox", NOBODY, "--workers", "2"], "leave out --workers"),
        (["--sandbox", NOBODY, "--sandbox", f"{NOBODY}9", "--workers", "3"], "leave out --workers"),
        (["--sandbox", NOBODY, "--sandbox", f"{NOBODY}9", "--reset", "true"], "2 times, not 1"),
        (["--sandbox", NOBODY, "--sandbox", f"{NOBODY}9", "--reset", "none", "--reset", "none"], "--limit 2"),
        (["--sandbox", NOBODY, "--sandbox", "host"], "real desktop"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_done(
    examples: Path, options: list[str], words: str
) -> None:
    done = measured(examples, *options)
    assert (done.returncode, words in " ".join(done.stderr.split())) == (2, True), done.stderr
    assert not (examples / "out" / "results.jsonl").exists()
