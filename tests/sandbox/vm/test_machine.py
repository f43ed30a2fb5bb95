"""What a virtual machine is beyond a sandbox: re-keyed, looked at from outside, kept and restored."""

from __future__ import annotations

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import Click, Key, Move, OpenApp, Type
from deskhand.errors import SandboxError, SandboxLost, UsageError
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.image.store import Image
from deskhand.sandbox.processes import tree
from deskhand.sandbox.vm import qemu, template
from deskhand.sandbox.vm.machine import VirtualMachine
from deskhand.waiting import wait_until
from tests.human.live.watched import taken_over

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


def said(vm: VirtualMachine, *command: str) -> str:
    done = vm.run(command, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def emulator_of(vm: VirtualMachine) -> int:
    """The process id of QEMU itself, inside its confinement."""
    assert vm.pid is not None
    names = {number: Path(f"/proc/{number}/comm").read_text().strip() for number, _ in tree(vm.pid)}
    return next(number for number, name in names.items() if name.startswith("qemu-system"))


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def stop_guest_server(vm: VirtualMachine) -> None:
    """Make the guest server stand still for ever, as one that hangs."""
    found = said(vm, "pgrep", "--oldest", "--euid", "agent", "--full", "sandbox.guest.machine")
    # It is the one that answers this very request, so it is stopped a moment later by another.
    vm.run(["sh", "-c", f"(sleep 0.5; kill -STOP {int(found)}) </dev/null >/dev/null 2>&1 &"], timeout=10)


def test_clones_have_tokens_clocks_and_random_numbers_of_their_own(
    make_vm: partial[VirtualMachine], small_image: Image, hardware: qemu.Hardware
) -> None:
    with make_vm() as one, make_vm() as two:
        baked = template.find(small_image, hardware)
        assert baked is not None
        tokens = {one._token, two._token, baked.facts.token}
        assert len(tokens) == 3
        for vm in (one, two):
            assert abs(float(said(vm, "date", "+%s.%N")) - time.time()) < 5
            stranger = GuestClient(vm._guest()._address, baked.facts.token)
            assert not stranger.answers(10)
            stranger.close()
        drawn = [said(vm, "head", "--bytes=16", "/proc/sys/kernel/random/uuid") for vm in (one, two)]
        drawn += [said(vm, "python3", "-c", "import os; print(os.urandom(16).hex())") for vm in (one, two)]
        assert len(set(drawn)) == 4


def test_a_clone_costs_less_than_a_hundred_megabytes(vm: VirtualMachine) -> None:
    vm.screenshot()
    rollup = Path(f"/proc/{emulator_of(vm)}/smaps_rollup").read_text().splitlines()
    # What is mapped and unchanged is the template's file, which all clones and the page cache share.
    own = sum(int(line.split()[1]) for line in rollup if line.startswith("Anonymous:"))
    assert own / 1024 < 100


def test_the_emulator_is_confined(vm: VirtualMachine) -> None:
    pid = emulator_of(vm)
    status = status_of(pid)
    assert status["Uid"].split()[0] != "0"
    assert int(status["CapEff"], 16) == 0 and int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    seen = sorted(path.name for path in Path(f"/proc/{pid}/root").iterdir())
    assert not {"home", "root", "var", "srv", "mnt", "run"} & set(seen), seen


def test_the_emulator_listens_on_one_port_of_the_loopback_only(vm: VirtualMachine) -> None:
    vm.save("here")
    vm.restore("here")
    inodes = set()
    for path in Path(f"/proc/{emulator_of(vm)}/fd").iterdir():
        target = os.readlink(path)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    listening = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and (fields[3] == "0A" or table.startswith("udp")):
                listening.append((table, fields[1]))
    port = vm._guest()._address
    assert isinstance(port, int)
    assert listening == [("tcp", f"0100007F:{port:04X}")]


def test_a_checkpoint_brings_screen_files_and_windows_back(vm: VirtualMachine) -> None:
    vm.write_file("before.txt", b"kept")
    vm.launch("mousepad")
    before = settle(vm.screenshot, quiet=0.5).screenshot.digest()
    vm.save("clean editor; rm -rf /")
    assert vm.perform(Type(text="this goes away")).ok
    vm.write_file("after.txt", b"lost")
    wait_until(lambda: vm.screenshot().digest() != before, timeout=60, what="the text to be shown")
    for _ in range(2):
        vm.restore("clean editor; rm -rf /")
        assert settle(vm.screenshot, quiet=0.5).screenshot.digest() == before
        assert [file.path for file in vm.files()] == ["before.txt"]
        assert abs(float(said(vm, "date", "+%s.%N")) - time.time()) < 5
    assert vm.perform(Type(text="again")).ok
    wait_until(lambda: vm.screenshot().digest() != before, timeout=60, what="the text to be shown")
    vm.save("clean editor; rm -rf /")  # a name may be used again, for another state
    vm.restore("clean editor; rm -rf /")
    wait_until(lambda: vm.screenshot().digest() != before, timeout=60, what="the text to be shown")


def test_checkpoints_that_do_not_exist_are_errors_and_a_reset_forgets_them(vm: VirtualMachine) -> None:
    with pytest.raises(UsageError, match="there is none"):
        vm.restore("never")
    for name in ("", "x" * 41, "a\nb"):
        with pytest.raises(UsageError, match="printable"):
            vm.save(name)
    vm.save("one")
    vm.reset()
    with pytest.raises(UsageError, match="no checkpoint 'one'"):
        vm.restore("one")


@pytest.mark.slow(reason="it waits for a time-out of an emulated machine")
def test_a_machine_whose_guest_server_hangs_is_still_seen_and_operated(
    vm: VirtualMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deskhand.sandbox.client.ANSWER_SECONDS", 3.0)
    vm.launch("mousepad")
    middle = ScreenPoint(640, 420)
    assert vm.perform(Click(at=middle)).ok
    settle(vm.screenshot, quiet=0.5)
    stop_guest_server(vm)
    assert wait_until(lambda: not vm._guest().answers(1.0), timeout=30, what="the guest server to hang")
    before = vm.screenshot()  # the guest can neither hold it up nor fake it
    assert vm.perform(Move(at=middle)).status == "unknown", "an action that was sent may have been done"
    outcome = vm.perform(Type(text="Typed by QEMU: <b>#1</b>"))
    assert outcome.ok, outcome
    shown = settle(vm.screenshot, quiet=0.5, since=before, answer=5).screenshot
    assert (shown.pixels != before.pixels).any()
    assert vm.perform(Click(at=ScreenPoint(10, 790))).ok
    assert vm.screenshot().cursor == ScreenPoint(10, 790)
    for action in (Type(text="한글"), OpenApp(name="mousepad"), Key(keys=("ctrl", "alt", "delete"))):
        assert vm.perform(action).status == "refused"
    vm.reset()
    assert vm.perform(Move(at=middle)).ok


def test_a_machine_that_was_killed_is_lost(vm: VirtualMachine) -> None:
    os.kill(emulator_of(vm), signal.SIGKILL)
    wait_until(
        lambda: vm._confined is not None and vm._confined.returncode is not None, timeout=10, what="its end"
    )
    with pytest.raises(SandboxLost, match="vm ended"):
        vm.screenshot()
    assert vm.perform(Move(at=ScreenPoint(1, 1))).status == "unknown"


def test_many_may_look_at_once(vm: VirtualMachine) -> None:
    with ThreadPoolExecutor(3) as pool:
        looks = list(pool.map(lambda _: vm.screenshot().viewport, range(60)))
    assert set(looks) == {vm.viewport}


def test_a_screen_that_the_machine_cannot_have_is_refused(make_vm: partial[VirtualMachine]) -> None:
    with pytest.raises(UsageError, match="multiple of 8"):
        make_vm(Viewport(1366, 768)).start()


def test_a_port_that_was_taken_meanwhile_is_not_used(
    vm: VirtualMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding a free port and using it, another program may take it."""
    real, taken = socket.create_server, socket.create_server(("127.0.0.1", 0))
    tries = []

    class Pretended:
        def getsockname(self) -> tuple[str, int]:
            return taken.getsockname()

        def __enter__(self) -> Pretended:
            return self

        def __exit__(self, *_: object) -> None: ...

    def create_server(address: tuple[str, int], **options: object) -> object:
        tries.append(address)
        return Pretended() if len(tries) < 3 else real(address)

    monkeypatch.setattr(vm._running(), "_port", 0)
    monkeypatch.setattr(socket, "create_server", create_server)
    with taken:
        port = vm._running().forward()
        assert port != taken.getsockname()[1] and len(tries) == 3


def test_its_settings_are_not_for_the_agent_to_read(vm: VirtualMachine) -> None:
    if os.geteuid() != 0:
        pytest.skip("a plain user's disk has no files of root")
    assert vm.run(["cat", "/opt/deskhand/machine.json"]).returncode != 0
    assert "agent" in said(vm, "id", "--user", "--name")
    assert vm.run(["date", "--set=@0"]).returncode != 0


@pytest.mark.slow(reason="it boots a machine of its own")
def test_programs_of_a_machine_tell_if_asked_to_and_an_image_without_what_tells_says_so(
    make_vm: partial[VirtualMachine],
) -> None:
    with make_vm() as silent, pytest.raises(SandboxError, match="accessible=True"):
        silent.accessibility()
    with make_vm(accessible=True) as accessible, pytest.raises(SandboxError, match=r"gir1\.2-atspi-2\.0"):
        accessible.accessibility()


def test_a_person_takes_over_a_run_in_a_machine(vm: VirtualMachine, tmp_path: Path) -> None:
    steps = taken_over(vm, tmp_path / "run")
    assert [step.by for step in steps] == ["person", "person", ""]
    assert all(outcome.ok for step in steps[:2] for outcome in step.outcomes)
