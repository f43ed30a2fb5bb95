"""The command with a virtual machine, and with a lightbox over a guest's image."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.desk import records
from tests.cli.terminal import script
from tests.conftest import deskhand

pytestmark = [pytest.mark.vm, pytest.mark.usefixtures("small_image")]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        pytest.param(
            ("--sandbox", "vm:small"),
            "vm",
            marks=pytest.mark.slow(reason="an emulated machine takes minutes for it"),
        ),
        (("--sandbox", "lightbox", "--root", "image"), "lightbox"),
    ],
    ids=["vm", "lightbox over an image"],
)
def test_a_task_is_done_there_and_its_file_comes_back(
    options: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    replies = (
        "Thought: I type the text.\nAction: type(content='hello')",
        "Thought: I save it.\nAction: hotkey(key='ctrl s')",
        "Thought: A machine without a processor of its own needs a while.\nAction: wait(time='8')",
        "Thought: A name is asked for.\nAction: type(content='note.txt\\n')",
        "Thought: I look again.\nAction: wait(time='8')",
        "Thought: Done.\nAction: finished()",
    )
    out = tmp_path / "o"
    line = ("run", "x", "--launch", "mousepad", "--policy", script(tmp_path, *replies), "--out", str(out))
    done = deskhand(*line, "--time-limit", "300", *options, timeout=280)
    assert done.returncode == 0, done.stderr
    assert (out / "files" / "note.txt").read_text().strip() == "hello"
    assert records(out)[0]["sandbox"] == name
