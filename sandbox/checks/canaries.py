"""A sandbox cannot read what its controller has: canaries are planted there and looked for inside.

A canary is a word that stands nowhere else. The search does not know the words, only their form, so
that it cannot find itself. It reads whatever a program inside can read: the environment, command line,
descriptors and memory of every process, all of /proc, every file but those of /usr, and the properties
of every window of the X server.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from deskhand.sandbox.checks.common import MakeSandbox, expect
from deskhand.sandbox.protocol import Sandbox

CANARY = "deskhand-canary-[0-9a-f]{32}"
SEARCH_SECONDS = 110.0
"""OSWorld's own server ends every program after 120 s."""

_NEIGHBOUR = """
import json, os, subprocess, sys
word, null = json.load(sys.stdin), subprocess.DEVNULL
command = ["sh", "-c", "sleep 300; :", word]
subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True,
                 env=os.environ | {"CANARY": word})
"""

_SEARCH = r"""
import glob, json, os, re, stat, sys

CANARY, LENGTH, MOST, found, skipped = re.compile(sys.argv[1].encode()), 64, 1 << 30, {}, []
looked = {"files": 0, "processes": 0, "memories": 0, "properties": 0}
OWN = str(os.getpid())
ENDLESS = ("kcore", "kmsg", "pagemap", "mem", "kpagecount", "kpageflags", "kpagecgroup", "clear_refs",
           "trace_pipe", "task", "map_files")

def look(data, place):
    for match in CANARY.finditer(data):
        found.setdefault(match.group().decode(), set()).add(place)

def pieces(read, place, most=MOST):
    kept = b""
    while piece := read(1 << 20):
        look(kept + piece, place)
        kept = piece[-LENGTH:]
        most -= len(piece)
        if most < 0:
            skipped.append(place)
            return

def content(path, place):
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", 0) as file:
            pieces(file.read, place)
    except OSError:
        pass

def kind(path):
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0

def files(top, skip=()):
    for folder, names, plain in os.walk(top):
        names[:] = [name for name in names if os.path.join(folder, name) not in skip and name not in ENDLESS]
        look(os.fsencode(folder), folder)
        for name in (*names, *plain):
            path = os.path.join(folder, name)
            look(os.fsencode(name), path)
            mode = kind(path)
            if stat.S_ISLNK(mode):
                try:
                    look(os.fsencode(os.readlink(path)), path)
                except OSError:
                    pass
            elif stat.S_ISREG(mode) and name not in ENDLESS:
                looked["files"] += 1
                content(path, path)

def descriptors(process):
    try:
        numbers = os.listdir(process + "/fd")
    except OSError:
        return
    for number in numbers:
        path = os.path.join(process, "fd", number)
        try:
            mode = os.stat(path).st_mode
            if stat.S_ISREG(mode):
                content(path, path)
            elif stat.S_ISDIR(mode):
                for name in os.listdir(path):
                    look(os.fsencode(name), path)
                    if stat.S_ISREG(kind(os.path.join(path, name))):
                        content(os.path.join(path, name), path)
        except OSError:
            pass

def memory(process):
    try:
        areas = [line.split() for line in open(process + "/maps")]
        with open(process + "/mem", "rb", 0) as mem:
            for area in areas:
                first, last = (int(end, 16) for end in area[0].split("-"))
                left = last - first

                def read(size):
                    nonlocal left
                    data = mem.read(min(size, left)) if left else b""
                    left -= len(data)
                    return data

                if area[1].startswith("rw"):
                    try:
                        mem.seek(first)
                        pieces(read, process + "/mem")
                        looked["memories"] += 1
                    except (OSError, ValueError, OverflowError):
                        pass
    except OSError:
        pass

def properties():
    sys.path[:0] = ["/opt/deskhand", *glob.glob(os.path.expanduser("~/.cache/deskhand/guest-*"))]
    from Xlib import X, display, error
    shown = display.Display()

    def walk(window):
        try:
            for atom in window.list_properties():
                held = window.get_property(atom, X.AnyPropertyType, 0, 1 << 18)
                if held is not None:
                    value = held.value if isinstance(held.value, (bytes, str)) else bytes(held.value)
                    look(value.encode() if isinstance(value, str) else value, "a property of a window")
                    looked["properties"] += 1
            children = window.query_tree().children
        except error.XError:
            return
        for child in children:
            walk(child)

    walk(shown.screen().root)

files("/", skip=("/proc", "/sys", "/usr"))
for name in os.listdir("/proc"):
    path = os.path.join("/proc", name)
    if name in ("self", "thread-self"):
        continue
    if name == OWN:  # its memory holds what it has read
        descriptors(path)
        content(path + "/environ", path + "/environ")
        continue
    if name.isdigit():
        looked["processes"] += 1
        descriptors(path)
        memory(path)
    if stat.S_ISDIR(kind(path)):
        files(path)
    elif name not in ENDLESS:
        content(path, path)
properties()
print(json.dumps({"found": {word: sorted(places)[:8] for word, places in found.items()}, "looked": looked,
                  "skipped": skipped[:8]}))
"""


def keeps_secrets_outside(make: MakeSandbox) -> None:
    """What the controller has cannot be read inside, and what one sandbox has cannot be read in another.

    The canaries of the controller: variables of its environment, one with a token in an address; an open
    descriptor of a file and of a folder that are not closed on exec; a file in its working directory and
    one in its home. Those of the first sandbox, in a file and in a process, must be found there, by the same
    search that finds nothing in the second.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    with _files() as folder:
        controller = spawn.Process(target=_control, args=(make, folder, theirs))
        controller.start()
        theirs.close()
        try:
            fault = ours.recv()
        except EOFError:
            fault = "the controller ended without a word"
        finally:
            controller.join(60)
            controller.kill()
            controller.join()
            ours.close()
    expect(not fault, str(fault))


def search(sandbox: Sandbox) -> dict[str, list[str]]:
    """The canaries that a program inside can read -> some of the places where it finds them.

    Raises:
        AssertionError: the search could not look everywhere.
    """
    done = sandbox.run(["python3", "-c", _SEARCH, CANARY], timeout=SEARCH_SECONDS)
    expect(done.returncode == 0, f"the search ended with status {done.returncode}: {done.stderr[-800:]!r}")
    report: dict[str, Any] = json.loads(done.stdout)
    for what, count in report["looked"].items():
        expect(count > 0, f"the search could read no {what}")
    expect(not report["skipped"], f"the search did not read all of {report['skipped']}")
    return dict(report["found"])


def new_canary() -> str:
    """A word that stands nowhere else, of the form that the search looks for."""
    return f"deskhand-canary-{secrets.token_hex(16)}"


def _control(make: MakeSandbox, folder: Path, channel: Any) -> None:
    """What the controller does, in a process of its own, since its environment and its folder are changed."""
    try:
        with _planted(folder):
            channel.send(_look(make))
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer)
        channel.send(f"{type(error).__name__}: {error}")


@contextmanager
def _files() -> Iterator[Path]:
    """A folder with a canary in it, and another one in the home, if there is one that can be written."""
    with tempfile.TemporaryDirectory(prefix="deskhand-canaries-") as folder, ExitStack() as planted:
        for place in (Path(folder), Path.home()):
            path = place / f".{new_canary()}"
            with suppress(OSError):
                planted.callback(path.unlink, missing_ok=True)
                path.write_text(new_canary(), encoding="utf-8")
        yield Path(folder)


@contextmanager
def _planted(folder: Path) -> Iterator[None]:
    """Canaries wherever a program that is started carelessly would take them from."""
    os.environ |= {
        "DESKHAND_SECRET_CANARY": new_canary(),
        "OPENAI_API_KEY": new_canary(),
        "OPENAI_BASE_URL": f"http://user:{new_canary()}@127.0.0.1:9/v1",
        "DESKHAND_SANDBOX": f"http://desk:{new_canary()}@127.0.0.1:9",
        new_canary(): "1",
    }
    os.chdir(folder)
    with ExitStack() as planted:
        for opened in (folder, *folder.iterdir()):
            descriptor = os.open(opened, os.O_RDONLY)
            planted.callback(os.close, descriptor)
            os.set_inheritable(descriptor, True)
        yield


def _look(make: MakeSandbox) -> str:
    """What is wrong with two sandboxes that are started now; nothing if nothing is."""
    known, neighbour = new_canary(), new_canary()
    with make() as one, make() as two:
        one.write_file("known.txt", known.encode())
        done = one.run(["python3", "-c", _NEIGHBOUR], stdin=json.dumps(neighbour).encode())
        expect(done.returncode == 0, f"no program could be started inside: {done.stderr[-800:]!r}")
        with ThreadPoolExecutor(2, "search") as pool:
            inside, beside = pool.map(search, (one, two))
    expect(any(place.endswith("known.txt") for place in inside.get(known, ())), "the search missed a file")
    there = {place.rpartition("/")[2] for place in inside.get(neighbour, ())}
    expect({"environ", "cmdline"} <= there, f"the search missed a process: {sorted(there)}")
    leaked = sorted({place for word in inside.keys() - {known, neighbour} for place in inside[word]})
    if leaked:
        return f"what its controller has can be read inside, in {', '.join(leaked)}"
    seen = sorted({place for places in beside.values() for place in places})
    return f"what is in another sandbox can be read in {', '.join(seen)}" if seen else ""
