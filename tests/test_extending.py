"""The programs of docs/extending.md run, and what they make keeps its contract."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from deskhand.agent.loop import run
from deskhand.sandbox.checks import desktop, isolation
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Task
from tests.conftest import REPOSITORY

PROGRAMS = dict(
    zip(
        ("policy", "sandbox", "suite"),
        re.findall(r"```python\n(\"\"\".*?)```", (REPOSITORY / "docs/extending.md").read_text(), re.S),
        strict=True,
    )
)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the three programs as modules."""
    for name, program in PROGRAMS.items():
        (tmp_path / f"extending_{name}.py").write_text(program)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")  # a check starts it in another process
    return tmp_path


def module(written: Path, name: str) -> ModuleType:
    return importlib.import_module(f"extending_{name}")


def run_program(written: Path, name: str) -> None:
    line = [sys.executable, str(written / f"extending_{name}.py")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_short(name: str) -> None:
    code = [line for line in PROGRAMS[name].splitlines() if line.strip()]
    assert len(code) <= 40


def test_the_policy_keeps_its_contract(written: Path) -> None:
    run_program(written, "policy")


@pytest.mark.lightbox
def test_the_policy_clicks_what_it_is_told(written: Path, lightbox: Lightbox, tmp_path: Path) -> None:
    lightbox.launch("mousepad")
    policy = module(written, "policy").make(None, None, None, 0)
    result = run(Task(instruction="Click 'Search', then 'Find...'"), lightbox, policy, out=tmp_path / "run")
    assert result.status in ("finished", "infeasible")
    assert result.steps >= 2, "it found the first word and clicked it"


@pytest.mark.lightbox
@pytest.mark.parametrize(
    "check",
    [
        desktop.starts_looks_and_closes,
        desktop.types_six_scripts_exactly,
        pytest.param(
            isolation.shares_nothing_with_another,
            marks=pytest.mark.slow(reason="the lightbox inside it passes it"),
        ),
        pytest.param(
            isolation.leaves_nothing_behind,
            marks=pytest.mark.slow(reason="the lightbox inside it passes it"),
        ),
    ],
    ids=lambda check: check.__name__,
)
def test_the_sandbox_keeps_its_contract(written: Path, check: object) -> None:
    make = module(written, "sandbox").WarmLightbox
    assert isinstance(make(), Sandbox)
    check(make)  # type: ignore[operator]


@pytest.mark.lightbox
def test_the_sandbox_is_new_after_a_reset(written: Path) -> None:
    with module(written, "sandbox").WarmLightbox() as sandbox:
        sandbox.write_file("left.txt", b"x")
        sandbox.reset()
        assert sandbox.files() == ()


@pytest.mark.lightbox
@pytest.mark.suite
@pytest.mark.slow(reason="check_suite is tested with suites of its own")
def test_the_suite_keeps_its_contract(written: Path) -> None:
    run_program(written, "suite")
