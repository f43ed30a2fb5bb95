"""Templates that are stale, damaged, half made or in the way are made again or said to be wrong."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from deskhand.actions.geometry import Viewport
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.image.store import Image, facts_of
from deskhand.sandbox.processes import alive, tree
from deskhand.sandbox.vm import acceleration, qemu, template
from deskhand.sandbox.vm.machine import VirtualMachine, Way
from deskhand.waiting import wait_until
from tests.cli.terminal import script
from tests.conftest import COMMAND, environment
from tests.sandbox.test_missing_parts import WITHOUT_NAMESPACES, one_sentence

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


def no_progress(what: str, part: float | None) -> None:
    """Nobody looks."""


@pytest.fixture
def baked(small_image: Image, hardware: qemu.Hardware) -> template.Template:
    return template.ensure(small_image, hardware, no_progress)


@pytest.fixture
def other_image(small_image: Image, state: Path) -> Iterator[Image]:
    """The small image in another folder, to be damaged; its disk is the same file."""
    folder = state / "other-image"
    folder.mkdir()
    os.link(small_image.disk, folder / "disk.raw")
    for name in ("vmlinuz", "initrd.img", "lock", "manifest.json"):
        shutil.copy(small_image.folder / name, folder / name)
    (folder / "root").symlink_to(small_image.root)
    yield Image(folder, small_image.manifest)
    shutil.rmtree(folder)


def test_a_template_whose_memory_was_changed_is_not_used(baked: template.Template, state: Path) -> None:
    copy = state / "copied-template"
    subprocess.run(["cp", "-r", "--sparse=always", str(baked.folder), str(copy)], check=True)
    assert template._read(copy) is None, "a copy is not what was baked: its times differ"
    subprocess.run(["cp", "-r", "--sparse=always", str(baked.folder), str(copy)], check=True)
    facts = baked.facts.model_copy(update={"memory": template._identity(copy / "memory")})
    (copy / "template.json").write_text(facts.model_dump_json())
    assert template._read(copy) is not None
    with (copy / "memory").open("r+b") as memory:
        memory.seek(1 << 20)
        memory.write(b"another program's code")
    os.utime(copy / "memory", ns=(time.time_ns(), facts.memory[1]))  # who writes may also put the time back
    assert template._read(copy) is None
    assert not copy.exists()


def test_what_an_interrupted_removal_left_is_no_template_and_goes(state: Path) -> None:
    folder = state / "half-memory"
    folder.mkdir()
    (folder / "overlay.qcow2").touch()
    assert template._read(folder) is None
    template.discard(folder)
    assert not list(state.glob("*half-memory*")) and not list(state.glob(".gone-*"))


@pytest.mark.slow(reason="it boots or bakes a machine of its own")
def test_a_template_that_does_not_start_is_made_again(
    baked: template.Template, make_vm: partial[VirtualMachine], caplog: pytest.LogCaptureFixture
) -> None:
    state = baked.folder / "state"
    state.write_bytes(b"no state of any machine")
    with make_vm() as vm:
        assert vm.started_by == "memory"
        assert vm.screenshot().viewport == Viewport(1280, 800)
    assert "made again" in caplog.text
    assert state.stat().st_size > 1_000_000, "the state of a machine is in its place"


def test_only_what_it_depends_on_names_a_template(small_image: Image, hardware: qemu.Hardware) -> None:
    names = {
        template.key(small_image, hardware, "code"),
        template.key(small_image, hardware, "other code"),
        template.key(small_image, replace(hardware, size=Viewport(1920, 1080)), "code"),
        template.key(small_image, replace(hardware, memory_mb=768), "code"),
        template.key(small_image, replace(hardware, acceleration="kvm"), "code"),
    }
    assert len(names) == 5
    assert template.key(small_image, hardware, "code") in names


@pytest.mark.slow(reason="it boots or bakes a machine of its own")
def test_an_image_that_does_not_boot_is_an_error_with_its_last_words(
    other_image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "BOOT_SECONDS", 3.0)
    (other_image.folder / "vmlinuz").write_bytes(b"no kernel" * 1000)
    files = other_image.manifest.files | {"vmlinuz": facts_of(other_image.kernel)}
    broken = Image(other_image.folder, other_image.manifest.model_copy(update={"files": files}))
    with pytest.raises(template.DoesNotBoot, match=r"it said: .*kernel"), VirtualMachine(image=broken):
        pass
    assert not [path for path in broken.templates.iterdir() if path.is_dir()], "nothing half made stays"


def test_an_image_that_is_damaged_is_said_to_be(other_image: Image) -> None:
    (other_image.folder / "initrd.img").write_bytes(b"")
    with (
        pytest.raises(EnvironmentProblem, match=r"damaged.*sandbox build"),
        VirtualMachine(image=other_image),
    ):
        pass


def _start(make: partial[VirtualMachine]) -> None:
    make().start()


def _name(pid: int) -> str:
    """What a process is called; empty if it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.mark.slow(reason="it boots or bakes a machine of its own")
def test_a_killed_baker_leaves_no_process_and_its_folder_is_reaped(
    make_vm: partial[VirtualMachine], small_image: Image
) -> None:
    make = partial(make_vm, Viewport(1024, 768))
    baker = multiprocessing.get_context("spawn").Process(target=_start, args=(make,))
    baker.start()
    assert baker.pid is not None

    def works() -> bool:  # a QEMU without a workplace only tells its version
        names = [_name(pid) for pid, _ in tree(baker.pid or 0)]
        started = any(name.startswith("qemu-system") for name in names)
        return started and any(small_image.templates.glob(".work-*/memory"))

    wait_until(works, timeout=60, what="the baker's QEMU")
    processes = tree(baker.pid)
    baker.kill()
    baker.join()
    wait_until(lambda: not alive(processes), timeout=10, what="the baker's processes to end")
    assert list(small_image.templates.glob(".work-*"))
    template._remove_leftovers(small_image.templates)
    assert not list(small_image.templates.glob(".work-*"))


def test_a_workplace_that_is_used_is_left_alone(small_image: Image, hardware: qemu.Hardware) -> None:
    with template.workplace(small_image, hardware) as (work, _):
        template._remove_leftovers(small_image.templates)
        assert (work / "guest.ext4").exists()
    assert not work.exists()


@pytest.mark.slow(reason="it boots or bakes a machine of its own")
def test_templates_that_nobody_used_for_longest_make_room(tmp_path: Path) -> None:
    for number in range(7):
        folder = tmp_path / f"{number}-memory"
        folder.mkdir()
        (folder / "template.json").write_text("{}")
        os.utime(folder / "template.json", (number, number))
    template._remove_unused(tmp_path)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["4-memory", "5-memory", "6-memory"], "and there is room for the one to come"


def test_a_full_disk_is_said_before_anything_is_made(
    other_image: Image, hardware: qemu.Hardware, state: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("a small file system takes root to mount")
    other_image.templates.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(other_image.templates)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(EnvironmentProblem, match="make space"), template.workplace(other_image, hardware):
            pass
    finally:
        subprocess.run(["umount", str(other_image.templates)], check=True)


def test_a_machine_without_qemu_is_told_what_to_install(
    small_image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qemu, "QEMU", "qemu-system-nothing")
    monkeypatch.setattr(qemu, "PROGRAMS", {"qemu-system-nothing": "qemu-system-x86"})
    with (
        pytest.raises(EnvironmentProblem, match="apt-get install qemu-system-x86"),
        VirtualMachine(image=small_image),
    ):
        pass


def test_without_user_namespaces_a_run_says_so_and_the_template_stays(
    baked: template.Template, tmp_path: Path
) -> None:
    before = (baked.folder / "state").stat().st_mtime_ns
    policy = script(tmp_path, "Action: finished()")
    command = [*COMMAND, "run", "x", "--sandbox", "vm:small", "--policy", policy]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES, *command],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    said = one_sentence(done.stderr)
    assert "user namespaces" in said and "sysctl -w" in said
    assert (baked.folder / "state").stat().st_mtime_ns == before


def test_the_verdict_on_acceleration_is_found_once(
    small_image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_CACHE", str(tmp_path))
    found = acceleration.verdict(small_image)
    assert found in ("kvm", "tcg")
    monkeypatch.setattr(acceleration, "_boots", lambda image: pytest.fail("it was known"))
    assert acceleration.verdict(small_image) == found
    assert ("KVM: a kernel boots" in acceleration.verdict_text()) == (found == "kvm")


@pytest.mark.slow(reason="it boots or bakes a machine of its own")
@pytest.mark.parametrize("way", ["snapshot", "boot"])
def test_the_slower_ways_work_too(way: Way, small_image: Image) -> None:
    with VirtualMachine(image=small_image, way=way) as vm:
        assert vm.started_by == way
        vm.launch("mousepad")
        assert any("Mousepad" in window["title"] for window in vm.windows())
        vm.reset()
        assert not vm.windows()


@pytest.mark.slow(reason="it boots or bakes a machine of its own")
def test_a_larger_screen(small_image: Image) -> None:
    with VirtualMachine(Viewport(1920, 1080), small_image) as vm:
        assert vm.screenshot().viewport == Viewport(1920, 1080)
