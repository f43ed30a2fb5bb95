"""What all tests share: a place of their own for sandboxes and runs, and the command as a child."""

from __future__ import annotations

import os

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # before torch, as the command does: see cli/app.py

import fcntl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import settings

from deskhand.sandbox.image import asroot
from deskhand.sandbox.image.build import build_image
from deskhand.sandbox.image.recipe import recipe
from deskhand.sandbox.image.store import Image
from deskhand.sandbox.lightbox import Lightbox

REPOSITORY = Path(__file__).parents[1]
EVERYTHING = os.environ.get("DESKHAND_TEST_ALL") == "1"
"""Run the slow tests and every task of the suites."""
settings.register_profile("everything", deadline=None)
settings.register_profile("quick", settings.get_profile("everything"), max_examples=25)
settings.load_profile("everything" if EVERYTHING else "quick")
Check = Callable[..., None]
COMMAND = (sys.executable, "-m", "deskhand.cli.app")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what golden runs did as expected")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of images before there are workers: all of them use one, and the next session too."""
    folder = Path(os.environ.setdefault("DESKHAND_TEST_IMAGES", f"/var/tmp/deskhand-tests-{os.geteuid()}"))
    folder.mkdir(mode=0o755, exist_ok=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what ``slow`` marks, with its reason, unless DESKHAND_TEST_ALL is 1.

    Tests of virtual machines come first: one of them runs at a time, and the others beside it.
    """
    items.sort(key=lambda item: item.get_closest_marker("vm") is None)
    for item in items:
        mark = item.get_closest_marker("slow")
        if mark is not None and not EVERYTHING:
            item.add_marker(pytest.mark.skip(reason=f"{mark.kwargs['reason']}; make test-all runs it"))


def checks(every: Sequence[Check], quick: Collection[Check], reason: str) -> list[ParameterSet]:
    """Checks of a contract as parameters, of which ``make test`` runs the quick ones."""
    assert set(quick) <= set(every)
    slow = pytest.mark.slow(reason=reason)
    return [pytest.param(check, id=check.__name__, marks=() if check in quick else slow) for check in every]


def few(values: Sequence[Any], count: int, reason: str = "some of its kind are tested") -> list[ParameterSet]:
    """Parameters of which ``make test`` runs the first ``count``."""
    slow = pytest.mark.slow(reason=reason)
    several = [value if isinstance(value, tuple) else (value,) for value in values]
    return [pytest.param(*one, marks=() if n < count else slow) for n, one in enumerate(several)]


@pytest.fixture(scope="session", autouse=True)
def state() -> Iterator[Path]:
    """The state folder of every sandbox that the tests start; at the end no sandbox is left in it.

    It lies in /tmp itself: root's sandboxes run as other users, who cannot enter pytest's folders.
    Images of guests lie in DESKHAND_TEST_IMAGES, a folder in /var/tmp, where they stay from one session
    to the next.
    """
    folder = Path(tempfile.mkdtemp(prefix="deskhand-tests-", dir="/tmp"))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKHAND_STATE", str(folder))
        patch.setenv("DESKHAND_RUNS", str(folder / "runs"))
        patch.setenv("DESKHAND_IMAGES", os.environ["DESKHAND_TEST_IMAGES"])
        yield folder
    left = [path.name for path in (folder / "live").glob("*")]
    asroot.remove(folder)
    assert not left, f"sandboxes were left behind: {left}"


@pytest.fixture(autouse=True)
def one_machine_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """An emulated processor takes a whole one: of tests with ``vm`` one runs at a time, in all workers."""
    if request.node.get_closest_marker("vm") is None:
        yield
        return
    with (Path(os.environ["DESKHAND_TEST_IMAGES"]) / "tests.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def small_image(state: Path) -> Image:
    """The small image of a guest, built from Debian packages at most once a session."""
    return build_image(recipe("small"))


@pytest.fixture
def lightbox() -> Iterator[Lightbox]:
    """A fresh lightbox for one test."""
    with Lightbox() as desktop:
        yield desktop


@pytest.fixture(scope="module")
def box() -> Iterator[Lightbox]:
    """One lightbox for the tests of a file, each of which leaves it as it found it."""
    with Lightbox() as desktop:
        yield desktop


def deskhand(
    *arguments: str, env: Mapping[str, str | None] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the real command to its end; ``env`` adds variables, or with None takes them away."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(env),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=timeout,
        check=False,
    )


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    merged: dict[str, str | None] = {**os.environ, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None}
