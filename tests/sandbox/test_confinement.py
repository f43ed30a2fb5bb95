"""What a program inside a lightbox can do to the machine: nothing."""

from __future__ import annotations

import json
import os

import pytest

from deskhand.sandbox.lightbox import Lightbox

pytestmark = pytest.mark.lightbox

CALLS = """
import ctypes, json, os, platform
libc = ctypes.CDLL(None, use_errno=True)
CLONE, CLONE3 = (56, 435) if platform.machine() == "x86_64" else (220, 435)
NEWUSER, NEWNS, SIGCHLD = 0x10000000, 0x00020000, 17
def tried(call, *arguments):
    result = call(*arguments)
    if result == 0 and call is libc.syscall:
        os._exit(0)  # a child that must not exist
    return None if result >= 0 else os.strerror(ctypes.get_errno())
print(json.dumps({
    "unshare": tried(libc.unshare, NEWUSER),
    "unshare mounts": tried(libc.unshare, NEWNS),
    "mount": tried(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None),
    "umount": tried(libc.umount2, b"/opt/deskhand", 0),
    "clone": tried(libc.syscall, CLONE, NEWUSER | SIGCHLD, 0, 0, 0, 0),
    "clone3": tried(libc.syscall, CLONE3, 0, 0),
    "chroot": tried(libc.chroot, b"/tmp"),
    "setuid": tried(libc.setuid, 0),
    "ptrace": tried(libc.ptrace, 0, 0, 0, 0),
    "keyctl": tried(libc.syscall, 250 if platform.machine() == "x86_64" else 219, 0, 0),
}))
"""
WRITES = """
import json, os
could = []
for folder, _, _ in os.walk("/"):
    if folder.startswith(("/proc", "/home", "/tmp", "/run", "/var", "/dev/shm")) or folder.count("/") > 3:
        continue
    path = os.path.join(folder, ".deskhand-was-here")
    try:
        open(path, "w").close()
    except OSError:
        continue
    os.remove(path)
    could.append(folder)
for path in ("/etc/passwd", "/opt/deskhand/deskhand/waiting.py", "/proc/sys/kernel/hostname",
             "/proc/sysrq-trigger", "/sys/power/state", "/dev/mem", "/dev/kmsg", "/dev/kvm"):
    try:
        open(path, "r+b").close()
    except OSError:
        continue
    could.append(path)
print(json.dumps(could))
"""


def status_of(box: Lightbox) -> dict[str, str]:
    lines = box.run(["cat", "/proc/self/status"]).stdout.decode().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def told(box: Lightbox, program: str) -> object:
    done = box.run(["python3", "-c", program])
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_programs_inside_are_not_root(box: Lightbox) -> None:
    assert box.run(["id", "-u"]).stdout == b"1000\n"
    assert box.run(["id", "-G"]).stdout.split() == [b"1000"]


def test_outside_it_is_never_root_either(box: Lightbox) -> None:
    uid = os.stat(f"/proc/{box.pid}").st_uid
    assert uid != 0
    assert os.geteuid() in (0, uid)


def test_no_privilege_is_held_or_can_be_gained(box: Lightbox) -> None:
    status = status_of(box)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2", "a filter is in force"
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name


def test_calls_that_lead_out_are_denied(box: Lightbox) -> None:
    found = told(box, CALLS)
    assert isinstance(found, dict)
    assert {name: error for name, error in found.items() if error is None} == {}
    assert found["clone3"] == os.strerror(38), "libc falls back to clone, which the filter can read"


def test_the_usual_tools_cannot_make_namespaces(box: Lightbox) -> None:
    assert box.run(["unshare", "--user", "true"]).returncode != 0
    assert box.run(["bwrap", "--ro-bind", "/", "/", "true"]).returncode != 0


def test_nothing_is_writable_but_memory_of_bounded_size(box: Lightbox) -> None:
    assert told(box, WRITES) == []


def test_every_writable_place_is_memory_with_a_bound(box: Lightbox) -> None:
    rows = [line.split() for line in box.run(["cat", "/proc/self/mounts"]).stdout.decode().splitlines()]
    writable = {row[1]: (row[2], row[3]) for row in rows if "rw" in row[3].split(",")}
    for place, (kind, options) in writable.items():
        harmless = kind in ("proc", "devpts", "mqueue") or place.startswith("/dev/")
        assert harmless or (kind == "tmpfs" and "size=" in options), (place, kind, options)


def test_the_machines_secrets_are_not_there(box: Lightbox) -> None:
    for path in ("/root", "/home/agent/.ssh", "/etc/shadow", "/etc/hosts", "/etc/ssl", "/work", "/mnt"):
        assert box.run(["test", "-e", path]).returncode != 0, path
    variables = box.run(["env"]).stdout.decode()
    for name, value in os.environ.items():
        if len(value) > 20 and name not in ("PATH", "LS_COLORS"):
            assert value not in variables, name


def test_the_token_is_in_no_process_that_the_agent_could_read(box: Lightbox) -> None:
    """A program inside may read its neighbours' arguments and environment; the token is in neither."""
    assert box._client is not None
    found = box.run(["sh", "-c", "cat /proc/*/cmdline /proc/*/environ 2>/dev/null; true"]).stdout
    assert b"deskhand.sandbox.guest.session" in found
    assert box._client._token.encode() not in found


def test_processes_of_the_machine_are_not_to_be_seen(box: Lightbox) -> None:
    numbers = [int(name) for name in box.run(["ls", "/proc"]).stdout.split() if name.isdigit()]
    assert len(numbers) < 40
    assert max(numbers) < 2000
