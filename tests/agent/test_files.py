"""What a run made in its home is kept with its trajectory, within bounds and without following links."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.agent import files as keeping
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.reader import Trajectory
from tests.agent.desk import DONE, Recalling, go

pytestmark = pytest.mark.lightbox


def keep(box: Lightbox, out: Path, script: str) -> tuple[tuple[str, ...], Trajectory]:
    """Make files with a shell, end a run at once; what was kept."""
    box.reset()
    done = box.run(["bash", "-c", script])
    assert done.returncode == 0, done.stderr
    result, trajectory = go(box, Recalling([DONE]), out)
    assert result.status == "finished"
    assert trajectory.end is not None
    assert result.files == trajectory.end.files
    return result.files, trajectory


def test_files_and_folders_are_copied_and_named(box: Lightbox, tmp_path: Path) -> None:
    files, trajectory = keep(box, tmp_path, "echo hi > note.txt; mkdir -p a/b; printf '\\0\\1' > a/b/c.bin")
    assert sorted(files) == ["a/b/c.bin", "note.txt"]
    assert trajectory.files == ("a/b/c.bin", "note.txt")
    assert (tmp_path / "files/a/b/c.bin").read_bytes() == b"\0\1"


def test_links_and_what_is_no_file_are_left_out(box: Lightbox, tmp_path: Path) -> None:
    files, _ = keep(
        box,
        tmp_path,
        "ln -s /etc/passwd link; ln -s /usr folder; mkfifo pipe; mkdir d; ln -s ../x d/y; echo z > z",
    )
    assert files == ("z",)
    assert [path.name for path in (tmp_path / "files").rglob("*")] == ["z"]


def test_hidden_files_and_settings_are_left_out(box: Lightbox, tmp_path: Path) -> None:
    files, _ = keep(box, tmp_path, "echo x > .secret; mkdir -p .config/app; echo x > .config/app/y")
    assert files == ()


def test_files_over_the_bound_are_named_in_a_note(
    box: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_FILE_BYTES", 1000)
    files, trajectory = keep(
        box, tmp_path, "head -c 600 /dev/zero > a; head -c 600 /dev/zero > b; head -c 300 /dev/zero > c"
    )
    assert files == ("a", "c")
    assert [note.text for note in trajectory.notes if "b (600 bytes)" in note.text]


def test_a_file_that_only_claims_to_be_large_costs_nothing(box: Lightbox, tmp_path: Path) -> None:
    files, trajectory = keep(box, tmp_path, "truncate -s 900M sparse; echo x > small")
    assert files == ("small",)
    assert any("sparse" in note.text for note in trajectory.notes)


@pytest.mark.parametrize(
    "name",
    [
        "$'two\\nlines'",
        "$'\\e[31mred'",
        "$'not \\xff utf-8'",
        "'back\\slash'",
        "$(printf 'n%.0s' {1..250})",
        "'<b>.html'",
        "$'\\u202etxt.exe'",
    ],
)
def test_a_strange_name_neither_ends_the_run_nor_leaves_the_folder(
    box: Lightbox, tmp_path: Path, name: str
) -> None:
    files, trajectory = keep(box, tmp_path, f"echo x > {name}; echo y > plain.txt")
    assert "plain.txt" in files
    for path in (tmp_path / "files").rglob("*"):
        assert path.is_file()
        assert path.name.isprintable() or path.name.startswith("\u202e")
    assert trajectory.repairs == ()


def test_a_thousand_files_are_enough(box: Lightbox, tmp_path: Path) -> None:
    files, trajectory = keep(box, tmp_path, "for n in {1..1100}; do : > f$n; done")
    assert len(files) == 1000
    assert [note.text for note in trajectory.notes if "over 1000 files" in note.text]


def test_a_file_that_vanishes_while_the_home_is_listed_costs_no_other_one(box: Lightbox) -> None:
    box.reset()
    flicker = "cd; echo kept > kept.txt; (while :; do : > gone1; rm gone1; done) > /dev/null 2>&1 &"
    assert box.run(["bash", "-c", flicker]).returncode == 0
    for _ in range(100):
        assert "kept.txt" in [file.path for file in box.files()]
    box.reset()
