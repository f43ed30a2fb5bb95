"""Offline means offline: the commands ask no name server, reach no address, and write only where they say.

They run in a network of their own in which every address answers (see ``cut_off``), and live for a while
(a minute in make test-all), since libraries that tell others of their use do so some seconds after they were
loaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import deskhand
from deskhand import paths
from deskhand.errors import DeskhandError
from deskhand.policies import models
from deskhand.sandbox.image import asroot
from tests.conftest import EVERYTHING, REPOSITORY, environment

pytestmark = [pytest.mark.lightbox, pytest.mark.timeout(600)]
only_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="a root that is mapped has no other users' ids, which its lightboxes run as"
)

LIFE_SECONDS = 60.0 if EVERYTHING else 20.0
HELPER = Path(__file__).with_name("cut_off.py")

COMMAND = """
import os, signal, sys, threading, time
began, seconds, stop = time.monotonic(), float(sys.argv.pop(1)), float(sys.argv.pop(1))
from deskhand.cli.app import main
from deskhand.waiting import pause
if stop:
    threading.Timer(stop, os.kill, (os.getpid(), signal.SIGTERM)).start()
sys.argv[0] = "deskhand"
try:
    main()
finally:
    pause(seconds - (time.monotonic() - began), why="libraries tell others of their use some time later")
"""


class Apart:
    """A place for commands in which everything that they may write lies in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.named = folder / "named"
        self.named.mkdir()
        self._wanted: list[dict[str, Any]] = []

    def command(self, *arguments: str, stop: float = 0.0) -> None:
        """A command of deskhand that lives for a minute, or is ended after ``stop`` seconds."""
        self.python(COMMAND, str(LIFE_SECONDS), str(stop), *arguments)

    def python(self, program: str, *arguments: str) -> None:
        own = self._folder / str(len(self._wanted))
        for name in ("home", "tmp", "work"):
            (own / name).mkdir(parents=True)
        variables = {
            "HOME": str(own / "home"),
            "TMPDIR": str(own / "tmp"),
            "DESKHAND_CACHE": str(paths.cache_dir()),
            "DESKHAND_STATE": str(self.named / "state"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        line = [sys.executable, "-c", program, *arguments]
        self._wanted.append({"argv": line, "env": variables, "cwd": str(own / "work")})

    def run(self) -> dict[str, Any]:
        """All commands at once; see ``cut_off``."""
        unset = dict.fromkeys((*deskhand.NO_TELEMETRY, "TORCHINDUCTOR_CACHE_DIR", "XDG_RUNTIME_DIR"))
        line = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
        mine = [str(self.named), str(paths.cache_dir())]
        question = {"commands": self._wanted, "seconds": LIFE_SECONDS + 300, "mine": mine}
        done = subprocess.run(
            [*line, sys.executable, str(HELPER)],
            input=json.dumps(question),
            env=environment(unset),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = dict(json.loads(done.stdout))
        # Commands of tests beside this one leave there what coverage measured.
        told["files"] = [path for path in told["files"] if not Path(path).match(f"{REPOSITORY}/.coverage.*")]
        return told


@pytest.fixture(autouse=True)
def nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What measures coverage in the commands writes files and lines of its own."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture
def apart() -> Iterator[Apart]:
    folder = Path(tempfile.mkdtemp(prefix="deskhand-apart-", dir="/tmp"))
    folder.chmod(0o755)  # root's sandboxes run as other users
    yield Apart(folder)
    asroot.remove(folder)


def assert_silent(told: dict[str, Any], statuses: Sequence[int]) -> None:
    said = [one["said"] for one in told["ended"]]
    assert [one["status"] for one in told["ended"]] == list(statuses), said
    assert told["names"] == [], "nothing is looked up"
    assert told["packets"] == [], "nothing is sent"
    assert told["files"] == [], "nothing is written outside the named folders"


@only_root
def test_what_tells_others_of_itself_would_be_seen(apart: Apart) -> None:
    apart.python(
        "import socket, tempfile\n"
        "open(tempfile.gettempdir() + '/.ses', 'w').write('x')\n"
        "for host in ('telemetry.example', '192.0.2.7'):\n"
        "    try: socket.create_connection((host, 443), 5)\n"
        "    except ConnectionRefusedError: pass\n"
    )
    told = apart.run()
    assert told["ended"][0]["status"] == 0, told["ended"]
    assert told["names"] == ["telemetry.example"]
    assert {"203.0.113.7 port 443", "192.0.2.7 port 443"} <= set(told["packets"])
    assert [Path(path).name for path in told["files"]] == [".ses"]


@pytest.fixture(scope="module")
def weights() -> None:
    """The weights are there before the network is cut off."""
    try:
        models.pull()
    except DeskhandError as error:
        pytest.skip(f"the weights cannot be had: {error}")


@only_root
@pytest.mark.model
@pytest.mark.usefixtures("weights")
def test_the_commands_ask_nobody_and_write_where_they_say(apart: Apart) -> None:
    apart.command("see", "--launch", "mousepad")
    apart.command("run", "Compute 12 times 34", "--launch", "galculator", "--out", str(apart.named / "run"))
    apart.command("record", "x", "--launch", "xterm", "--out", str(apart.named / "record"), stop=30)
    assert_silent(apart.run(), (0, 0, 130))


@only_root
@pytest.mark.model
@pytest.mark.usefixtures("weights")
@pytest.mark.slow(reason="an evaluation and a training take a minute under the watch")
def test_an_evaluation_and_a_training_ask_nobody_either(apart: Apart) -> None:
    apart.command(
        *("eval", "desk", "--tasks", "calculator", "--seeds", "0", "--workers", "2", "--policy", "embedded"),
        *("--out", str(apart.named / "eval")),
    )
    apart.command(
        *("train", "clone", "--suite", "composed", "--episodes", "1", "--unlearnt", "0", "--steps", "1"),
        *("--batch", "2", "--out", str(apart.named / "clone")),
    )
    assert_silent(apart.run(), (0, 0))


@only_root
@pytest.mark.model
@pytest.mark.slow(reason="Ray's processes take minutes under the watch")
def test_a_ray_cluster_of_our_own_asks_nobody_either(apart: Apart) -> None:
    pytest.importorskip("ray")
    apart.command(
        *("eval", "desk", "--tasks", "calculator", "--seeds", "0", "--engine", "ray", "--policy", "oracle"),
        *("--out", str(apart.named / "eval")),
    )
    assert_silent(apart.run(), (0,))


def test_importing_deskhand_turns_telemetry_off_and_leaves_what_a_person_has_set() -> None:
    program = (
        "import os, deskhand\n"
        "print({name: os.environ[name] for name in deskhand.NO_TELEMETRY} == deskhand.NO_TELEMETRY)"
    )
    unset = dict.fromkeys(deskhand.NO_TELEMETRY)
    for variables, wanted in ((unset, "True"), ({**unset, "RAY_USAGE_STATS_ENABLED": "1"}, "False")):
        line = [sys.executable, "-c", program]
        done = subprocess.run(line, env=environment(variables), capture_output=True, text=True, check=True)
        assert done.stdout.strip() == wanted
