"""A shared folder is lent for as long as the sandbox lives, and belongs to its owner afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.sandbox.lightbox import Lightbox

pytestmark = pytest.mark.lightbox


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that, as root, belongs to somebody else, as the folder of a person's project would."""
    made = Path(tempfile.mkdtemp(prefix="deskhand-share-", dir="/tmp"))
    (made / "old.txt").write_text("old")
    if os.geteuid() == 0:
        for path in (made, made / "old.txt"):
            os.chown(path, 12345, 12345)
    yield made
    shutil.rmtree(made)


def access_lists(folder: Path) -> str:
    done = subprocess.run(
        ["getfacl", "--recursive", "--absolute-names", "--skip-base", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_files_go_both_ways_and_belong_to_the_folders_owner_afterwards(folder: Path) -> None:
    with Lightbox(share=folder) as desktop:
        assert desktop.run(["cat", "shared/old.txt"]).stdout == b"old"
        done = desktop.run(["sh", "-c", "echo new > shared/new.txt && mkdir shared/a && echo x > shared/a/b"])
        assert done.returncode == 0, done.stderr
        assert (folder / "new.txt").read_text() == "new\n"
        assert desktop.run(["sh", "-c", "echo more >> shared/old.txt"]).returncode == 0
    owner = folder.stat()
    for path in folder.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == (owner.st_uid, owner.st_gid), path
    assert (folder / "old.txt").read_text() == "oldmore\n"


def test_the_access_that_was_lent_is_taken_back(folder: Path) -> None:
    if shutil.which("getfacl") is None:
        pytest.skip("no getfacl: apt-get install acl")
    before = access_lists(folder)
    with Lightbox(share=folder) as desktop:
        desktop.run(["sh", "-c", "mkdir -p shared/deep/er && echo x > shared/deep/er/file"])
    assert access_lists(folder) == before == ""


def test_a_link_in_it_gives_nothing_away(folder: Path, tmp_path: Path) -> None:
    """Neither inside, where it points to nothing, nor outside, where giving back must not follow it."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    owner = secret.stat().st_uid
    with Lightbox(share=folder) as desktop:
        desktop.run(["ln", "-s", str(secret), "shared/link"])
        assert desktop.run(["cat", "shared/link"]).returncode != 0
    assert secret.stat().st_uid == owner


def test_shared_files_are_not_counted_as_made_by_the_run(folder: Path) -> None:
    with Lightbox(share=folder) as desktop:
        desktop.run(["sh", "-c", "echo x > shared/new.txt; echo y > made.txt"])
        assert [file.path for file in desktop.files()] == ["made.txt"]


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be shared"):
        Lightbox(share=tmp_path / "missing").start()


def test_what_is_not_a_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be shared"):
        Lightbox(share=tmp_path / "file").start()


def test_a_folder_below_one_that_others_may_not_enter(tmp_path: Path) -> None:
    """pytest's folders are such; root's sandboxes run as others, so root is told, and in time."""
    inner = tmp_path / "inner"
    inner.mkdir()
    if os.geteuid() == 0:
        with pytest.raises(EnvironmentProblem, match="chmod o\\+x"):
            Lightbox(share=inner).start()
        return
    with Lightbox(share=inner) as desktop:
        assert desktop.run(["touch", "shared/here"]).returncode == 0


def test_access_lists_that_were_there_before_stay(folder: Path) -> None:
    if shutil.which("getfacl") is None:
        pytest.skip("no getfacl: apt-get install acl")
    subprocess.run(["setfacl", "--modify", "u:54321:r,d:u:54321:r", str(folder)], check=True)
    before = access_lists(folder)
    with Lightbox(share=folder) as desktop:
        desktop.run(["touch", "shared/new.txt"])
    (folder / "new.txt").unlink()
    assert access_lists(folder) == before


def test_after_a_killed_controller_the_next_start_takes_the_folder_back(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("a plain user's sandboxes run as that user")
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from deskhand.sandbox.lightbox import Lightbox\n"
        "desktop = Lightbox(share=Path(sys.argv[1])); desktop.start()\n"
        "desktop.run(['touch', 'shared/new.txt']); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    child = subprocess.run([sys.executable, "-c", program, str(folder)], check=False)
    assert child.returncode == -9
    with Lightbox():
        assert access_lists(folder) == ""
        assert (folder / "new.txt").stat().st_uid == folder.stat().st_uid
