"""Images are found by name, checked, kept while they are used, and removed whole."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.sandbox.image import build
from deskhand.sandbox.image.recipe import recipe
from deskhand.sandbox.image.store import (
    DISK,
    INITRD,
    KERNEL,
    Image,
    Manifest,
    facts_of,
    find_image,
    holding,
    images,
    remove_image,
    write_manifest,
)
from tests.conftest import deskhand

Make = Callable[..., Image]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESKHAND_IMAGES", str(tmp_path / "images"))
    return tmp_path / "images"


@pytest.fixture
def make(folder: Path) -> Make:
    """Make a folder that has all that an image has, but for a system."""

    def make(kind: str = "small", age: int = 0, extras: tuple[str, ...] = ()) -> Image:
        wanted = recipe(kind, extras)
        home = folder / wanted.folder_name
        (home / "root/usr/bin").mkdir(parents=True)
        for name in (DISK, KERNEL, INITRD):
            (home / name).write_bytes(name.encode() * 1000)
        manifest = Manifest(
            name=home.name,
            recipe=wanted,
            kernel="6.1.0",
            packages={"bash": "5"},
            files={name: facts_of(home / name) for name in (DISK, KERNEL, INITRD)},
            made=datetime.now(UTC) - timedelta(days=age),
        )
        write_manifest(home, manifest)
        return Image(home, manifest)

    return make


def test_without_images_it_is_said_how_to_build_one() -> None:
    assert images() == []
    for name in (None, "desktop"):
        with pytest.raises(EnvironmentProblem, match="deskhand sandbox build"):
            find_image(name)


def test_the_newest_desktop_is_found_first_else_the_newest(make: Make) -> None:
    small = make("small", age=1)
    assert find_image() == small
    old, new = make("desktop", age=3), make("desktop", age=2, extras=("vlc",))
    assert find_image() == new
    assert find_image("desktop") == new
    assert find_image(old.name) == old
    assert find_image("small") == small
    assert images() == [small, new, old]
    with pytest.raises(EnvironmentProblem, match=f"no image other.*{small.name}"):
        find_image("other")


@pytest.mark.parametrize("name", [DISK, KERNEL, INITRD])
def test_a_damaged_image_is_not_used_and_it_is_said_how_to_build_it_again(make: Make, name: str) -> None:
    image = make("desktop", extras=("vlc", "chromium"))
    with (image.folder / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(EnvironmentProblem, match="deskhand sandbox build --with chromium,vlc --force"):
        find_image()
    (image.folder / name).unlink()
    with pytest.raises(EnvironmentProblem, match="is missing"):
        image.check()


def test_a_changed_byte_is_found_by_reading_all(make: Make) -> None:
    image = make("small")
    image.verify()
    image.disk.write_bytes(b"X" + image.disk.read_bytes()[1:])
    image.check()
    with pytest.raises(EnvironmentProblem, match="deskhand sandbox build --small --force"):
        image.verify()


def test_what_is_no_image_is_left_out_and_left_alone(make: Make, folder: Path) -> None:
    image = make()
    (folder / "notes").mkdir()
    (folder / "broken").mkdir()
    (folder / "broken/manifest.json").write_text('{"format": 99}')
    (folder / ".part-1").mkdir()
    (folder / ".part-1/manifest.json").write_bytes((image.folder / "manifest.json").read_bytes())
    assert images() == [image]
    for name in ("notes", ".part-1", "..", "../images", "", "."):
        with pytest.raises(UsageError, match=image.name):
            remove_image(name)
    remove_image("broken")
    assert sorted(path.name for path in folder.iterdir()) == [".part-1", "notes", image.name]


def test_removing_an_image_removes_its_templates(make: Make, folder: Path) -> None:
    image = make()
    (image.templates / "key").mkdir(parents=True)
    (image.templates / "key/memory").write_bytes(b"m" * 5000)
    assert [path.name for path in image.template_folders()] == ["key"]
    assert image.template_bytes() >= 5000
    remove_image(image.name)
    assert list(folder.iterdir()) == []


def test_an_image_in_use_is_not_removed(make: Make) -> None:
    image = make()
    with image.in_use(), image.in_use(), pytest.raises(EnvironmentProblem, match="sandbox stop"):
        remove_image(image.name)
    image.check()
    remove_image(image.name)


def test_an_image_that_was_removed_cannot_be_taken_into_use(make: Make, folder: Path) -> None:
    image = make()
    remove_image(image.name)
    with pytest.raises(EnvironmentProblem, match="removed"), image.in_use():
        pass
    make()
    with holding(folder / image.name):
        pass


def test_an_image_that_is_there_is_not_built_again(make: Make) -> None:
    image = make("small")
    assert build.build_image(recipe("small")) == image


def test_the_commands_list_and_remove_images(make: Make, folder: Path) -> None:
    small, desktop = make("small", age=1), make("desktop")
    env = {"DESKHAND_IMAGES": str(folder)}
    done = deskhand("sandbox", "list", "--json", env=env)
    rows = [row for row in map(json.loads, done.stdout.splitlines()) if row["what"] == "image"]
    assert [row["name"] for row in rows] == [desktop.name, small.name]
    assert all(row["packages"] == 1 and row["templates"] == 0 for row in rows)
    shown = deskhand("sandbox", "list", env=env).stdout
    assert desktop.name in shown
    with small.in_use():
        refused = deskhand("sandbox", "rm", small.name, env=env)
    assert refused.returncode == 3
    assert "deskhand sandbox stop" in refused.stderr
    assert deskhand("sandbox", "rm", small.name, env=env).returncode == 0
    assert images() == [desktop]
    missing = deskhand("sandbox", "rm", small.name, env=env)
    assert missing.returncode == 2
    assert desktop.name in missing.stderr


def test_a_second_build_waits_for_the_first_and_says_so(folder: Path) -> None:
    folder.mkdir()
    said: list[str] = []
    waiting, entered = threading.Event(), threading.Event()

    def second() -> None:
        def call(doing: str, share: float | None) -> None:
            said.append(doing)
            waiting.set()

        with build._only_builder(folder, call):
            entered.set()

    with build._only_builder(folder, lambda doing, share: None):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(20)
        assert not entered.is_set()
    thread.join(20)
    assert entered.is_set()
    assert set(said) == {"waiting for another build"}
