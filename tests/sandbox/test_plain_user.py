"""What holds for root's sandboxes holds for a plain user's."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.sandbox.image.store import Image
from tests.plain_user import NOBODY, python_of_a_plain_user

CHECK = """
import sys
from functools import partial
from deskhand.sandbox.checks.canaries import keeps_secrets_outside
from deskhand.sandbox.image.store import find_image
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.vm.machine import VirtualMachine
from tests.sandbox.served import ServedLightbox

def main():
    make = {"Lightbox": Lightbox, "ServedLightbox": ServedLightbox}.get(sys.argv[1])
    keeps_secrets_outside(make or partial(VirtualMachine, image=find_image(sys.argv[1])))
    print("nothing can be read")

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A home for a plain user, below folders that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="deskhand-plain-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def keeps_secrets_outside(home: Path, kind: str, **variables: str) -> None:
    line, env = python_of_a_plain_user(home)
    program = home / "check.py"  # a file, which the process that the check starts can import
    program.write_text(CHECK)
    done = subprocess.run(
        [*line, str(program), kind],
        env=env | variables,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "nothing can be read\n"), done.stderr


@pytest.mark.lightbox
@pytest.mark.parametrize("kind", ["Lightbox", "ServedLightbox"])
def test_a_plain_users_sandbox_keeps_secrets_outside(home: Path, kind: str) -> None:
    keeps_secrets_outside(home, kind)


@pytest.mark.vm
@pytest.mark.timeout(1200)
@pytest.mark.slow(reason="it boots a copy of the image")
def test_a_plain_users_virtual_machine_does_too(home: Path, small_image: Image) -> None:
    copy = home / "images" / small_image.name
    (copy / "root" / "usr").mkdir(parents=True)  # for lightboxes; a machine needs only the disk
    for path in small_image.folder.iterdir():
        if path.is_file():
            subprocess.run(["cp", "--sparse=always", path, copy], check=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", home], check=True)
    keeps_secrets_outside(home, small_image.name, DESKHAND_IMAGES=str(home / "images"))
