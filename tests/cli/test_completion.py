"""Tab offers what there is: policies, sandboxes, suites, applications and trajectories."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.cli import completion
from tests.conftest import deskhand, few
from tests.trajectories.samples import write_sample


def completed(line: str) -> list[str]:
    """What bash is offered for the last word of a line."""
    variables = {
        "_DESKHAND_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    return deskhand(env=variables).stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    few(
        [
            ("deskhand run x --policy e", ["embedded"]),
            ("deskhand eval desk --policy ora", ["oracle"]),
            ("deskhand run x --sandbox light", ["lightbox"]),
            ("deskhand eval suite min", ["miniwob"]),
            ("deskhand see --sandbox light", ["lightbox"]),
            ("deskhand sandbox serve --sandbox light", ["lightbox"]),
            ("deskhand train clone --suite des", ["desk"]),
            ("deskhand run x --launch mousep", ["mousepad"]),
        ],
        4,
    ),
)
def test_a_name_is_completed(line: str, offered: list[str]) -> None:
    assert completed(line) == offered


def test_trajectories_are_those_of_the_folder_of_runs_and_beside_what_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sample(tmp_path / "runs" / "one")
    write_sample(tmp_path / "elsewhere" / "two")
    (tmp_path / "runs" / "none").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKHAND_RUNS", "runs")
    assert completion.trajectories("") == ["runs/one"]
    assert completion.trajectories("elsewhere/") == ["elsewhere/two"]
    assert completion.trajectories("nowhere/x") == []
