"""A disk that is full, of a real small file system: whoever writes says so and leaves no half file behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Click
from deskhand.disk import replacing, write_new_file
from deskhand.errors import EnvironmentProblem, LogError
from deskhand.lines import ResultLines
from deskhand.perception.screen import Screenshot
from deskhand.policies import models
from deskhand.sandbox.bundle import bundle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.screens.sets import ScreenSet, TrueScreen
from deskhand.trajectories.export.catalogue import EXPORTS
from deskhand.trajectories.export.exchange import ExportOptions
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import decide, header

SIZE = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB that everybody may enter."""
    place = Path("/tmp") / f"deskhand-disk-{tmp_path.name}-{os.getpid()}"
    place.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(line, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("a small file system can only be mounted as root")
    yield place
    subprocess.run(["umount", str(place)], check=True)
    place.rmdir()


def fill(disk: Path, free: int = 0) -> Path:
    """Leave only so many bytes of a disk free."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    with filler.open("r+b") as file:
        file.truncate(max(0, filler.stat().st_size - free))
    return filler


def names(disk: Path) -> list[str]:
    return sorted(str(path.relative_to(disk)) for path in disk.rglob("*"))


def noise(height: int = 300, width: int = 400, seed: int = 0) -> Screenshot:
    """A picture that no packing makes smaller."""
    return Screenshot(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Trajectory:
    """A trajectory of frames that take more room than a small disk has, in whatever format."""
    folder = tmp_path_factory.mktemp("heavy") / "t"
    with TrajectoryWriter(folder, header()) as writer:
        for step in range(1, 6):
            frame = writer.frame(noise(seed=step))
            writer.decision(step, frame, decide(Click(at=ScreenPoint(5, 5)), raw="x" * 200_000))
            writer.outcome(step, 0, Outcome.done())
        writer.add_file("big", os.urandom(SIZE))
        writer.end(5, "finished", frame=frame)
    return Trajectory.open(folder)


@pytest.mark.parametrize("name", sorted(EXPORTS))
def test_an_export_is_whole_or_nothing(name: str, heavy: Trajectory, small_disk: Path) -> None:
    out = {"python": "a.py", "osworld": "a", "agentnet": "a", "sft": "a", "uitars": "a.html"}
    fill(small_disk, 0 if name in ("python", "parquet", "mp4") else 100_000)
    with pytest.raises((LogError, EnvironmentProblem)) as caught:
        EXPORTS[name].write(heavy, small_disk / out.get(name, f"a.{name}"), ExportOptions(), lambda *_: None)
    if name in ("mp4", "parquet"):  # in the words of whoever wrote
        assert "space" in str(caught.value).lower() or name == "mp4"
    else:
        assert "the disk is full" in str(caught.value)
    assert names(small_disk) == ["filler"]


def test_a_file_of_results_has_only_whole_lines_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    class Row(BaseModel):
        text: str

    results = ResultLines(small_disk / "results.jsonl", Row)
    results.begin()
    results.append(Row(text="first"))
    filler = fill(small_disk, 4096)
    with pytest.raises(LogError, match="the disk is full"):
        results.append(Row(text="y" * 50_000))
    filler.unlink()
    results.append(Row(text="third"))
    assert [row.text for row in results.read()] == ["first", "third"]


def test_a_trajectory_that_cannot_begin_is_none(small_disk: Path) -> None:
    with (small_disk / "filler").open("wb") as file:
        file.write(bytes(1000))
    long = header("x" * 9000)
    fill(small_disk, 4096)
    with pytest.raises(LogError, match="the disk is full"):
        TrajectoryWriter(small_disk / "run", long)
    assert names(small_disk) == ["filler"]
    (small_disk / "filler").unlink()
    with TrajectoryWriter(small_disk / "run", long) as writer:
        writer.end(0, "stopped")
    assert Trajectory.open(small_disk / "run").end is not None


def unmade_guest(disk: Path) -> None:
    bundle(disk / "state")


def unsaved_screen(disk: Path) -> None:
    screen = TrueScreen("a", "train", "mousepad", "gtk", "plain", "start", ())
    ScreenSet(disk / "screens").add(screen, noise().pixels)


def unreplaced(disk: Path) -> None:
    with replacing(disk / "picture.png") as whole:
        whole.write_bytes(bytes(SIZE))


def unwritten(disk: Path) -> None:
    write_new_file(disk / "file", bytes(SIZE))


@pytest.mark.parametrize("write", [unmade_guest, unsaved_screen, unreplaced, unwritten])
def test_what_does_not_fit_is_not_there(write: Callable[[Path], None], small_disk: Path) -> None:
    fill(small_disk, 64 << 10)
    with pytest.raises(Exception, match=r"(?i)no space|disk is full"):
        write(small_disk)
    left = [name for name in names(small_disk) if (small_disk / name).is_file()]
    assert left == ["filler"]


@pytest.mark.lightbox
def test_a_sandbox_without_room_for_its_code_says_where_and_leaves_nothing(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_STATE", str(small_disk))
    filler = fill(small_disk, 64 << 10)
    with pytest.raises(EnvironmentProblem, match="choose another with DESKHAND_STATE"):
        Lightbox().start()
    assert [name for name in names(small_disk) if (small_disk / name).is_file()] == ["filler"]
    filler.unlink()


def test_weights_that_do_not_fit_are_not_there(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The download is put in place of the real one; the writers that fail are real."""

    def fetch_too_much(model: models.Model, scratch: Path) -> Path:
        (scratch / "model.safetensors").write_bytes(bytes(2 * SIZE))
        return scratch / "model.safetensors"

    def fetch_just_so_much(model: models.Model, scratch: Path) -> Path:
        for name in ("model.safetensors", *(name for name, _ in model.beside)):
            (scratch / name).touch()
        fill(small_disk, 0)
        return scratch / "model.safetensors"

    monkeypatch.setenv("DESKHAND_CACHE", str(small_disk))
    for fetch in (fetch_too_much, fetch_just_so_much):
        monkeypatch.setattr(models, "_fetch", fetch)
        with pytest.raises(EnvironmentProblem, match=r"(?i)cannot be stored in .*no space"):
            models.pull(replace(models.E5, convert=None))
        assert [name for name in names(small_disk) if (small_disk / name).is_file()] in ([], ["filler"])
