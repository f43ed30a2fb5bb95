"""A lightbox over an image's root folder: the image's programs, the same promises."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox import contract
from deskhand.sandbox.image.store import Image, remove_image
from deskhand.sandbox.lightbox import Lightbox

pytestmark = [pytest.mark.vm, pytest.mark.lightbox]


@pytest.mark.parametrize(
    "name",
    [
        "types_six_scripts_exactly",
        "launches_by_name_only",
        "keeps_files_inside_home",
        "reaches_no_network",
        pytest.param("leaves_nothing_behind", marks=pytest.mark.slow(reason="the lightbox passes it")),
    ],
)
def test_what_an_image_could_break_of_the_contract_holds(name: str, small_image: Image) -> None:
    (check,) = (check for check in contract.CHECKS if check.__name__ == name)
    check(partial(Lightbox, root=small_image.root))


def test_its_programs_and_settings_are_the_images(small_image: Image) -> None:
    mark = "/usr/share/initramfs-tools/modules.d/deskhand"
    with Lightbox(root=small_image.root) as desktop:
        assert desktop.run(["cat", mark]).stdout == (small_image.root / mark.lstrip("/")).read_bytes()
        listed = set(desktop.run(["ls", "/usr/bin"]).stdout.decode().split())
        assert listed == {path.name for path in (small_image.root / "usr/bin").iterdir()}
        assert desktop.run(["cat", "/etc/X11/xorg.conf.d/10-deskhand.conf"]).returncode == 0
        assert desktop.run(["cat", "/etc/shadow"]).returncode != 0
        assert desktop.run(["touch", "/usr/new"]).returncode != 0


def test_the_image_is_in_use_while_the_lightbox_runs(small_image: Image) -> None:
    with (
        Lightbox(root=small_image.root),
        pytest.raises(EnvironmentProblem, match="used by a running sandbox"),
    ):
        remove_image(small_image.name)


def test_a_folder_without_the_programs_is_refused_by_name(small_image: Image, tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    with pytest.raises(EnvironmentProblem, match=r"Xvfb.*deskhand sandbox build"):
        Lightbox(root=tmp_path).start()
    shutil.copytree(small_image.root / "usr/bin", tmp_path / "copy/usr/bin", symlinks=True)
    (tmp_path / "copy/usr/bin/openbox").unlink()
    with pytest.raises(EnvironmentProblem, match="has no openbox,"):
        Lightbox(root=tmp_path / "copy").start()
