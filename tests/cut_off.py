"""Runs commands where every address is this machine's own, and tells what they asked for and wrote.

    python3 cut_off.py < JSON > JSON

It is run by root under ``unshare --net --mount``. In that network every
address, of any host, is the loopback's, so that whatever is sent arrives; a name server answers every
name, and all packets to other addresses than the loopback's own are seen. In that file system /etc, /tmp,
/var, /home and their like are copied when they are written, so that it is known afterwards what was.

The question has "commands" (each with argv, cwd, env), "seconds" (the time after which one is ended) and
"mine" (folders of which nothing is told). The answer has "names" (that were asked for), "packets"
(addresses and ports), "files" (that are new or changed) and "ended" (exit status and last output of each).
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

WATCHED = ("/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/var", "/dev/shm", "/run")
ANSWER = socket.inet_aton("203.0.113.7")
_ETHERNET_IP, _ETHERNET_IP6, _ALL = 0x0800, 0x86DD, 0x0003


def main() -> None:
    wanted = json.load(sys.stdin)
    _make_every_address_ours()
    written = _Watched([folder for folder in WATCHED if os.path.isdir(folder)])
    Path("/etc/resolv.conf").unlink(missing_ok=True)  # it may be a link
    Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    Path("/etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    seen = _Seen()
    ended = _run(wanted["commands"], wanted["seconds"])
    mine = ("/etc/resolv.conf", "/etc/nsswitch.conf", *wanted["mine"])
    files = [path for path in written.files() if not any(Path(path).is_relative_to(one) for one in mine)]
    json.dump(
        {"names": sorted(seen.names), "packets": sorted(seen.packets), "files": files, "ended": ended},
        sys.stdout,
    )


def _make_every_address_ours() -> None:
    for line in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        done = subprocess.run(line.split(), capture_output=True, text=True, check=False)
        if done.returncode and "-6" not in line:  # a kernel may have no IPv6
            raise RuntimeError(f"{line}: {done.stderr}")


class _Watched:
    """Folders laid over themselves: what is written lies apart, in memory."""

    def __init__(self, folders: list[str]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        base = tempfile.mkdtemp()
        self._mount("tmpfs", base, "tmpfs", "mode=0755")
        self._base = os.open(base, os.O_RDONLY)
        self._folders = folders
        self._before = [os.open(folder, os.O_RDONLY) for folder in folders]
        for number, folder in enumerate(folders):
            upper, work = f"{base}/{number}.new", f"{base}/{number}.work"
            os.mkdir(upper)
            os.mkdir(work)
            facts = os.stat(folder)
            os.chown(upper, facts.st_uid, facts.st_gid)
            os.chmod(upper, facts.st_mode & 0o7777)
        for number, folder in enumerate(folders):
            place = f"/proc/self/fd/{self._base}"
            layers = f"lowerdir={folder},upperdir={place}/{number}.new,workdir={place}/{number}.work"
            self._mount("overlay", folder, "overlay", layers)

    def files(self) -> Iterator[str]:
        """Files that are new, changed or removed, and folders that are new and empty."""
        for number, folder in enumerate(self._folders):
            top = f"/proc/self/fd/{self._base}/{number}.new"
            for place, inner, names in os.walk(top):
                path = os.path.relpath(place, top)
                for name in names:
                    yield os.path.normpath(os.path.join(folder, path, name))
                if not (inner or names or os.path.exists(f"/proc/self/fd/{self._before[number]}/{path}")):
                    yield os.path.join(folder, path)

    def _mount(self, source: str, target: str, kind: str, options: str) -> None:
        if self._libc.mount(source.encode(), target.encode(), kind.encode(), 0, options.encode()):
            raise OSError(ctypes.get_errno(), f"{kind} on {target}: {os.strerror(ctypes.get_errno())}")


class _Seen:
    """Names that are asked for, and where packets go."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.packets: set[str] = set()
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("0.0.0.0", 53))
        threading.Thread(target=self._answer, args=(server,), daemon=True).start()
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ALL))
        threading.Thread(target=self._watch, args=(wire,), daemon=True).start()

    def _answer(self, server: socket.socket) -> None:
        while True:
            question, asker = server.recvfrom(4096)
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1 : at + 1 + question[at]].decode(errors="replace"))
                at += 1 + question[at]
            self.names.add(".".join(labels))
            asked = question[12 : at + 5]
            (kind,) = struct.unpack(">H", question[at + 1 : at + 3])
            answers = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + ANSWER if kind == 1 else b""
            head = question[:2] + struct.pack(">5H", 0x8180, 1, int(kind == 1), 0, 0)
            server.sendto(head + asked + answers, asker)

    def _watch(self, wire: socket.socket) -> None:
        while True:
            packet, (_, kind, *_) = wire.recvfrom(65536)
            if kind == _ETHERNET_IP:
                head, to = (packet[0] & 15) * 4, socket.inet_ntop(socket.AF_INET, packet[16:20])
                ours = to.startswith("127.")
            elif kind == _ETHERNET_IP6:
                head, to = 40, socket.inet_ntop(socket.AF_INET6, packet[24:40])
                ours = to == "::1"
            else:
                continue
            if not ours:
                (port,) = struct.unpack(">H", packet[head + 2 : head + 4])
                self.packets.add(f"{to} port {port}")


def _run(commands: list[dict[str, Any]], seconds: float) -> list[dict[str, Any]]:
    """All at once; each to its end."""
    running = []
    for command in commands:
        output = tempfile.TemporaryFile()  # noqa: SIM115
        process = subprocess.Popen(
            command["argv"],
            env=os.environ | command["env"],
            cwd=command["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        running.append((process, output))
    ended = []
    for process, output in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        if process.poll() is None:
            process.kill()
            process.wait()
        output.seek(0)
        ended.append({"status": process.returncode, "said": output.read()[-3000:].decode(errors="replace")})
    return ended


if __name__ == "__main__":
    main()
