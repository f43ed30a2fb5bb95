"""A sandbox keeps to itself: it shares nothing, reaches nothing, has bounds and leaves nothing behind."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

from deskhand import paths
from deskhand.actions.vocabulary import Key, Type, Wait
from deskhand.sandbox.checks.common import EDITOR, MakeSandbox, do, expect, saved
from deskhand.sandbox.instances import found
from deskhand.sandbox.processes import Process, alive, tree
from deskhand.waiting import WaitTimeout, pause, wait_until

log = logging.getLogger(__name__)


def shares_nothing_with_another(make: MakeSandbox) -> None:
    """Two at once: files, windows, clipboard and keys of one are not in the other."""
    with make() as one, make() as two:
        one.write_file("mine.txt", b"x")
        one.launch(EDITOR)
        do(one, Type(text="secret"), Key(keys=("ctrl", "a")), Key(keys=("ctrl", "c")))
        expect(not two.files(), "the other sees this one's files")
        two.launch(EDITOR)
        do(two, Type(text="I "), Key(keys=("ctrl", "v")))
        expect("secret" not in saved(two, "other.txt"), "the other has this one's clipboard")


_REACH = """
import json, socket, struct, sys
port, places, servers = json.loads(sys.argv[1])
reached = []
for place in places:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            family = socket.AF_INET6 if ":" in place else socket.AF_INET
            with socket.socket(family, kind) as s:
                s.settimeout(1)
                s.connect((place, port))
                s.send(b"reached")
                if kind == socket.SOCK_STREAM:
                    reached.append(place)
        except OSError:
            pass
question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\\7example\\3org\\0" + struct.pack(">2H", 1, 1)
for server in servers:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(1)
            s.sendto(question, (server, 53))
            s.recvfrom(512)
            reached.append("names from " + server)
    except OSError:
        pass
for who in (0, 1, 2):
    try:
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as s:
            s.settimeout(1)
            s.connect((who, port))
            reached.append("vsock %d" % who)
    except OSError:
        pass
print(json.dumps(reached))
"""


def reaches_no_network(make: MakeSandbox) -> None:
    """Nothing that listens on this machine, no name server and no vsock can be reached from inside."""
    with ExitStack() as stack:
        listener = stack.enter_context(
            socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        )
        listener.setblocking(False)
        port = int(listener.getsockname()[1])
        datagrams = stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        datagrams.bind(("::", port))
        datagrams.setblocking(False)
        sandbox = stack.enter_context(make())
        places = ["127.0.0.1", "::1", "10.0.2.2", "10.0.2.3", "fec0::2", "192.0.2.1", *_own_addresses()]
        wanted = json.dumps([port, places, ["10.0.2.3", "10.0.2.2", *_name_servers()]])
        done = sandbox.run(["python3", "-c", _REACH, wanted], timeout=120)
        expect(done.returncode == 0, f"{done.stderr!r}")
        expect(json.loads(done.stdout) == [], f"reached {done.stdout!r}")
        for arrived in (listener.accept, lambda: datagrams.recv(100)):
            try:
                expect(False, f"this machine was reached: {arrived()!r}")
            except BlockingIOError:
                continue


def _own_addresses() -> list[str]:
    """The addresses under which this machine may be reached."""
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}
    for family, outside in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((outside, 9))  # sends nothing: it only chooses the interface
            found.add(str(asked.getsockname()[0]))
    return sorted(place.partition("%")[0] for place in found)


def _name_servers() -> list[str]:
    with suppress(OSError):
        lines = Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
        return [line.split()[1] for line in lines if line.startswith("nameserver ") and ":" not in line]
    return []


def survives_a_fork_bomb_and_a_full_disk(make: MakeSandbox) -> None:
    """Processes and space are bounded, and the desktop still answers afterwards."""
    bomb = "import os,time\nn=0\ntry:\n  while n < 5000:\n    n+=1\n"
    bomb += "    if os.fork()==0: time.sleep(3); os._exit(0)\n"
    bomb += "except OSError: pass\nprint(n)\n"
    fill = "import sys\nwith open('big','wb') as f:\n  for _ in range(1<<14): f.write(bytes(1<<20))\n"
    with make() as sandbox:
        made = int(sandbox.run(["python3", "-c", bomb], timeout=60).stdout or 5000)
        expect(made < 2000, f"{made} processes were made")
        expect(sandbox.run(["python3", "-c", fill], timeout=120).returncode != 0, "the disk has no bound")
        sandbox.run(["rm", "-f", "big"])
        began = time.monotonic()
        expect(bool(sandbox.screenshot().pixels.any()), "no picture")
        log.info("after the bomb a screenshot took %.3f s", time.monotonic() - began)


def leaves_nothing_behind(make: MakeSandbox) -> None:
    """However its controller ends, in whichever phase, no process and no locked or lost folder stays."""
    for ending in ("close", "forget", "error", "interrupt", *(f"kill {phase}" for phase in _PHASES)):
        processes = _end_a_controller(make, ending)
        before = _ownerless()
        with make() as next_one:  # a killed controller's leftovers are reaped at the next start at the latest
            expect(bool(next_one.screenshot().pixels.any()), "no picture")
        with suppress(WaitTimeout):
            wait_until(partial(_ended, processes), timeout=10, what="processes to end")
        expect(_ended(processes), f"{ending}: processes {sorted(alive(processes))} outlived their controller")
        left = before & _ownerless()
        expect(not left, f"{ending}: {sorted(left)} was left behind")


def _ownerless() -> set[tuple[str, int]]:
    """Sandboxes whose controller is gone, by name and when they began: names are used again."""
    now = time.time()
    return {(one.name, round(now - one.age_s)) for one in found(paths.state_dir()) if not one.owned}


def _ended(processes: set[Process]) -> bool:
    return not alive(processes)


_PHASES = ("0.02", "0.1", "0.25", "started", "acting", "resetting")
"""When a controller is killed: seconds after it begins to start, or in the middle of what it does."""


def _end_a_controller(make: MakeSandbox, ending: str) -> set[Process]:
    """Let another process start a sandbox, end that process in some way, return what it had started."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    controller = spawn.Process(target=_control, args=(make, ending, theirs))
    controller.start()
    theirs.close()
    assert controller.pid is not None
    _, _, phase = ending.partition("kill ")
    try:
        ours.recv()  # it begins to start
        if phase.replace(".", "").isdigit():
            pause(float(phase), why="the kill comes in the middle of the start")
        else:
            ours.recv()  # its desktop is there
        processes = tree(controller.pid)
        if phase in ("acting", "resetting"):
            pause(0.1, why="the kill comes in the middle of what it does")
            processes |= tree(controller.pid)
        if phase:
            os.kill(controller.pid, signal.SIGKILL)
        elif ending == "interrupt":
            os.kill(controller.pid, signal.SIGINT)
        else:
            ours.send("go on")
        controller.join(60)
        expect(controller.exitcode is not None, f"{ending}: the controller did not end")
    finally:
        controller.kill()
        controller.join()
        controller.close()
        ours.close()
    return processes


def _control(make: MakeSandbox, ending: str, channel: Any) -> None:
    """What the other process does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    sandbox = make()
    channel.send("starting")
    sandbox.start()
    channel.send("started")
    if ending == "kill acting":
        sandbox.perform(Wait(seconds=60))
    elif ending == "kill resetting":
        sandbox.reset()
    with suppress(KeyboardInterrupt):
        channel.recv()
    if ending in ("close", "interrupt"):
        sandbox.close()
    elif ending == "error":
        os.close(sys.stderr.fileno())  # nobody needs to see this one
        raise RuntimeError("the controller breaks")
