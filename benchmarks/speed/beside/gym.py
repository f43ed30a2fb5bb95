"""BrowserGym's environment for MiniWoB++: an interpreter that has it, and running episodes there."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.screens.pages.miniwob import installed
from deskhand.waiting import Deadline

CHROMIUM = "/usr/bin/chromium"
SCRIPT = Path(__file__).parent / "gym_episodes.py"
EPISODE_SECONDS = 60.0
"""What an episode may take at most, on average."""

LACKING = (
    "BrowserGym is not measured: it is not installed here. It asks for an older playwright than ours, so "
    "give it an environment of its own: python3 -m venv work/browsergym && work/browsergym/bin/pip install "
    "browsergym-miniwob==0.14.3, then --browsergym work/browsergym/bin/python"
)


def interpreter(named: Path | None) -> Path | None:
    """The interpreter that has BrowserGym: the one that was named, or this one if it has it.

    Raises:
        UsageError: as ``version``, of one that was named.
    """
    if named is not None:
        version(named)
        return named
    return Path(sys.executable) if find_spec("browsergym") is not None else None


@functools.cache
def version(python: Path) -> str:
    """The version of BrowserGym.

    Raises:
        UsageError: that interpreter does not run, or has no BrowserGym.
    """
    ask = "from importlib.metadata import version; print(version('browsergym-miniwob'))"
    try:
        said = subprocess.run([python, "-I", "-c", ask], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(
            f"{python} does not run: give the Python interpreter that has BrowserGym ({error})"
        ) from error
    if said.returncode or not re.fullmatch(r"[\w.]+\s*", said.stdout):
        raise UsageError(
            f"{python} has no package browsergym-miniwob: run {python} -m pip install browsergym-miniwob"
        )
    return said.stdout.strip()


def run(
    python: Path, episodes: Sequence[tuple[str, int]], workers: int, *, waits: bool
) -> tuple[list[dict[str, Any]], str]:
    """Run episodes in as many processes, each with its share of them.

    Returns:
        what the script says of each episode that ended, and why a process ended before its last; empty if
        none did.

    Raises:
        EnvironmentProblem: Chromium or the pages are not there, or an episode never ends.
    """
    if not Path(CHROMIUM).exists():
        raise EnvironmentProblem(f"there is no {CHROMIUM}: apt-get install chromium")
    common = {"pages": f"{(installed() / 'miniwob').as_uri()}/", "chromium": CHROMIUM, "waits": waits}
    found: list[dict[str, Any]] = []
    fault = ""
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as scratch:
        children = []
        for n in range(workers):
            recipe = json.dumps({**common, "episodes": list(episodes[n::workers])})
            line = [str(python), "-I", str(SCRIPT), recipe]
            with (
                (Path(scratch) / f"{n}.out").open("wb") as out,
                (Path(scratch) / f"{n}.err").open("wb") as err,
            ):
                children.append(subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=out, stderr=err))
        _wait(children, EPISODE_SECONDS * len(episodes))
        for n, child in enumerate(children):
            said = (Path(scratch) / f"{n}.out").read_text(errors="replace")
            found += [json.loads(line) for line in said.splitlines()]
            if child.returncode:
                words = (Path(scratch) / f"{n}.err").read_text(errors="replace").strip()
                fault = f"it ended early: {words[-200:]}"
    return found, fault


def _wait(children: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    deadline = Deadline(seconds)
    try:
        for child in children:
            child.wait(deadline.left())
    except subprocess.TimeoutExpired as error:
        raise EnvironmentProblem(
            f"BrowserGym's episodes did not finish within {seconds:g} s: try again without other load"
        ) from error
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()
