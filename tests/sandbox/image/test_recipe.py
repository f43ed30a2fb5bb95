"""A recipe's key changes with whatever decides what the image holds, and with nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deskhand.errors import UsageError
from deskhand.sandbox.image import recipe as module
from deskhand.sandbox.image.recipe import EXTRAS, Recipe, excludes, recipe


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of root/ and setup.sh that a test may change."""
    shutil.copytree(module.TREE, tmp_path / "root")
    shutil.copyfile(module.SETUP, tmp_path / "setup.sh")
    monkeypatch.setattr(module, "TREE", tmp_path / "root")
    monkeypatch.setattr(module, "SETUP", tmp_path / "setup.sh")
    return tmp_path


def test_the_same_recipe_has_the_same_key_wherever_its_files_lie(tree: Path) -> None:
    before = recipe("small").key
    (tree / "setup.sh").chmod(0o600)
    assert recipe("small").key == before
    assert recipe("small").model_copy(update={"content_mb": 1}).key == before


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"suite": "trixie"},
        {"packages": ("bash",)},
        {"start": (("true",),)},
        {"memory_mb": 4096},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_key_changes_with_every_field(change: dict[str, object]) -> None:
    assert recipe("small").model_copy(update=change).key != recipe("small").key


def test_the_key_changes_with_a_files_content_and_with_its_place(tree: Path) -> None:
    keys = [recipe("small").key]
    some = tree / "root/etc/systemd/system/deskhand.service"
    for change in (
        lambda: (tree / "setup.sh").write_text("exit 1\n"),
        lambda: some.write_text(some.read_text() + "# more\n"),
        lambda: some.rename(some.with_name("other.service")),
        lambda: (tree / "root/etc/new").write_text(""),
    ):
        change()
        keys.append(recipe("small").key)
    assert len(set(keys)) == len(keys)


def test_the_key_changes_with_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe("small").key
    monkeypatch.setattr(module, "_LEFT_OUT", ["/usr/share/doc/*"])
    assert recipe("small").key != before


def test_extras_add_packages_and_memory_in_any_order() -> None:
    plain, one, other = (
        recipe(),
        recipe(extras=["vlc", "chromium"]),
        recipe(extras=["chromium", "vlc", "vlc"]),
    )
    assert one == other
    assert set(one.packages) - set(plain.packages) == {*EXTRAS["chromium"], *EXTRAS["vlc"]}
    assert one.memory_mb >= 1024 > plain.memory_mb
    assert one.content_mb > plain.content_mb
    assert one.folder_name != plain.folder_name


def test_the_small_image_is_part_of_the_desktop() -> None:
    assert set(recipe("small").packages) <= set(recipe("desktop").packages) | {"fonts-dejavu-core"}


def test_the_desktops_panel_is_started_from_a_file_of_the_image() -> None:
    ((program, _, path),) = recipe("desktop").start
    assert program in recipe("desktop").packages
    assert "clock" not in (module.TREE / path.lstrip("/")).read_text().partition("panel_items")[2]


@pytest.mark.parametrize(
    ("kind", "extras", "suite"),
    [
        ("huge", (), "bookworm"),
        ("small", ("tetris",), "bookworm"),
        ("small", (), "../etc"),
        ("small", (), ""),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    kind: str, extras: tuple[str, ...], suite: str
) -> None:
    with pytest.raises(UsageError):
        recipe(kind, extras, suite)


def test_a_recipe_comes_back_from_json() -> None:
    wanted = recipe("desktop", ["libreoffice"])
    assert Recipe.model_validate_json(wanted.model_dump_json()) == wanted


def test_licences_stay_in_the_image() -> None:
    assert excludes()[-1] == "path-include=/usr/share/doc/*/copyright"
