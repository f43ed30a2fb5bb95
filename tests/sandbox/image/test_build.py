"""An image is built from real Debian packages; a build that does not come to its end leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.image import asroot, build
from deskhand.sandbox.image.recipe import recipe
from deskhand.sandbox.image.store import Image, find_image
from deskhand.sandbox.processes import alive, tree
from deskhand.waiting import wait_until
from tests.conftest import COMMAND, deskhand, environment

DEAD_PROXY = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
"""As a machine without a network: nothing listens there."""

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of images that is this test's own and that everybody may enter."""
    place = Path(tempfile.mkdtemp(prefix="deskhand-images-", dir="/tmp"))
    place.chmod(0o755)
    monkeypatch.setenv("DESKHAND_IMAGES", str(place / "images"))
    yield place / "images"
    asroot.remove(place)


def content(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.vm
def test_a_built_image_is_whole(small_image: Image) -> None:
    small_image.verify()
    assert find_image("small") == small_image
    manifest = small_image.manifest
    assert f"linux-image-{manifest.kernel}" in manifest.packages
    for package in recipe("small").packages:
        assert package in manifest.packages, package
    checked = subprocess.run(
        ["/sbin/e2fsck", "-fn", str(small_image.disk)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.vm
def test_the_disk_is_sparse_and_has_room(small_image: Image) -> None:
    size = small_image.disk.stat().st_size
    assert small_image.disk_bytes() < size - build.FREE_BYTES * 3 // 4


@pytest.mark.vm
def test_files_on_the_disk_belong_to_whom_they_should(small_image: Image) -> None:
    """Also when a plain user built it, to whom they belong on this machine."""
    for path, owner in (("/", 0), ("/usr/bin/python3.11", 0), ("/home/agent", 1000), ("/etc/shadow", 0)):
        told = subprocess.run(
            ["/sbin/debugfs", "-R", f"stat {path}", str(small_image.disk)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.split("User:")[1].split()[0] == str(owner), path


@pytest.mark.vm
def test_others_may_read_what_they_need_and_change_nothing(small_image: Image) -> None:
    for name in ("", "disk.raw", "vmlinuz", "initrd.img", "manifest.json", "root", "root/usr", "root/etc"):
        mode = (small_image.folder / name).stat().st_mode
        assert mode & stat.S_IROTH, name
        assert not mode & stat.S_IWOTH, name
    assert not (small_image.folder / "lock").stat().st_mode & 0o077
    for name in ("home", "root", "tmp", "var"):
        assert not (small_image.root / name).stat().st_mode & 0o077, f"{name} is of no use to a lightbox"
    reachable = [small_image.root / "usr", small_image.root / "etc"]
    for top in reachable:
        for path in top.rglob("*"):
            if path.is_symlink():
                continue
            mode = path.stat().st_mode
            assert not mode & stat.S_IWOTH, path
            assert not (path.is_file() and mode & (stat.S_ISUID | stat.S_ISGID)), path


@pytest.mark.vm
def test_no_address_of_a_mirror_is_in_the_image(small_image: Image) -> None:
    apt = small_image.root / "etc/apt"
    assert not (apt / "sources.list").exists()
    assert list((apt / "sources.list.d").iterdir()) == []
    assert not (apt / "apt.conf.d/99mmdebstrap").exists()


@pytest.mark.slow(reason="it builds an image")
@pytest.mark.vm
@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow(reason="it builds an image again"))],
)
def test_a_build_that_is_ended_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    child = subprocess.Popen(
        [*COMMAND, "sandbox", "build", "--small"],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stderr is not None
        assert any("unpacking" in line for line in child.stderr), "it unpacks"
        processes = tree(child.pid)
        assert len(processes) > 3
        child.send_signal(number)
        child.stderr.read()
    assert child.returncode != 0
    wait_until(lambda: not alive(processes), timeout=30, what="the build's processes to end")
    if number is signal.SIGKILL:
        assert any(name.startswith(".part-") for name in content(folder))
        deskhand("sandbox", "build", "--small", env=DEAD_PROXY)
    assert content(folder) == [".lock"]


@pytest.mark.vm
def test_without_a_network_a_build_ends_with_3_and_says_why(folder: Path) -> None:
    done = deskhand("sandbox", "build", "--small", env=DEAD_PROXY)
    assert done.returncode == 3
    said = done.stderr.strip().splitlines()[-1]
    assert "Failed to fetch" in said
    assert "is there a network" in said
    assert content(folder) == [".lock"]


def test_a_missing_program_is_named_with_its_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "PROGRAMS", {"no-such-program": "no-such-package"})
    with pytest.raises(EnvironmentProblem, match="apt-get install no-such-package"):
        build.build_image(recipe("small"))
    assert not folder.exists()


def test_without_room_nothing_is_begun_and_leftovers_make_room_first(folder: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        pytest.skip("mmdebstrap is not installed")
    for name in (".part-abc", ".removed-def"):
        (folder / name / "root/usr").mkdir(parents=True)
        (folder / name / "disk.raw").write_bytes(b"half")
    too_much = recipe("small").model_copy(update={"content_mb": 1 << 40})
    with pytest.raises(EnvironmentProblem, match=r"GB free: .*DESKHAND_IMAGES"):
        build.build_image(too_much)
    assert content(folder) == [".lock"]


def test_a_folder_that_cannot_be_made_is_an_environment_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_IMAGES", "/dev/null/images")
    with pytest.raises(EnvironmentProblem, match="DESKHAND_IMAGES"):
        build.build_image(recipe("small"))


@only_root
def test_root_is_told_of_a_folder_that_its_machines_cannot_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_IMAGES", str(tmp_path / "images"))
    with pytest.raises(EnvironmentProblem, match="may not enter"):
        build.build_image(recipe("small"))


@only_root
def test_a_user_without_subordinate_ids_is_told_how_to_get_some() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "nothing was raised"
        try:
            os.setgid(65534)
            os.setuid(65534)
            asroot.require()
        except EnvironmentProblem as error:
            said = str(error)
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        assert "usermod --add-subuids" in told.read()
    os.waitpid(child, 0)
