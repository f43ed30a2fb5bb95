"""The server of pages inside a sandbox: hands out pages and commands for them, and keeps what they report.

    python3 server.py FOLDER

It runs under the sandbox's own python3, by itself. FOLDER holds ``site/`` (pages), ``site.zip`` (pages
too, if there is one), ``script/`` (put at the end of every page) and ``desk/``, through which the harness
speaks with the page: it writes ``wish-N.json``, and finds ``ready.json`` and ``truth-N.json``. Once the
port listens the program goes on in the background and the caller's process ends.
"""

from __future__ import annotations

import json
import mimetypes
import os
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

PORT = 8765
LONGEST_TRUTH = 8 << 20
SCRIPTS = ("hints.js", "truth.js", "miniwob.js", "link.js")
WISH_SECONDS = 20.0
SOCKET_SECONDS = 60.0


class PageFolder:
    """What there is to serve, and the folder through which the harness speaks."""

    def __init__(self, folder: Path) -> None:
        self.site, self.script, self.desk = folder / "site", folder / "script", folder / "desk"
        packed = folder / "site.zip"
        self.packed = zipfile.ZipFile(packed) if packed.exists() else None
        self.lock = threading.Lock()
        self.next = 1
        self.waiting = threading.Event()

    def file(self, name: str) -> bytes | None:
        """A page or what belongs to it; None if there is none of that name."""
        base = self.script if name.startswith("_/") else self.site
        path = (base / name.removeprefix("_/")).resolve()
        if path.is_relative_to(base.resolve()) and path.is_file():
            return path.read_bytes()
        with self.lock:
            if self.packed is not None and name in self.packed.namelist():
                return self.packed.read(name)
        return None

    def wish(self) -> bytes:
        """The harness's next wish; an empty one when none came in a while."""
        for _ in range(int(WISH_SECONDS * 50)):
            with self.lock:
                path = self.desk / f"wish-{self.next}.json"
                data = path.read_bytes() if path.exists() else b""
                if data.endswith(b"}"):  # it may be half written
                    self.next += 1
                    return data
            self.waiting.wait(0.02)
        return b"{}"

    def keep(self, name: str, data: bytes) -> None:
        """Write a file of the desk at once."""
        part = self.desk / f".{name}"
        part.write_bytes(data)
        part.replace(self.desk / name)


class PageHandler(BaseHTTPRequestHandler):
    """One request of the page."""

    protocol_version = "HTTP/1.1"
    timeout = SOCKET_SECONDS
    pages: PageFolder

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Gives the wish for the page, or a file, to whose HTML the scripts of the truth are added."""
        name = unquote(urlsplit(self.path).path).lstrip("/")
        if name == "wish":
            self.answer(self.pages.wish(), "application/json")
            return
        data = self.pages.file(name)
        if data is None:
            self.answer(b"", "text/plain", 404)
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind == "text/html":
            data += "".join(f'<script src="/_/{script}"></script>' for script in SCRIPTS).encode()
        self.answer(data, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)

    def do_POST(self) -> None:
        """Keeps what the page reports: that it is ready, or its truth."""
        length = self.headers.get("Content-Length", "")
        data = self.rfile.read(min(int(length), LONGEST_TRUTH) if length.isdecimal() else 0)
        address = urlsplit(self.path)
        if address.path == "/ready":
            self.pages.keep("ready.json", json.dumps(unquote(address.query)).encode())
        elif address.path == "/truth" and address.query.isdecimal():
            self.pages.keep(f"truth-{int(address.query)}.json", data)
        self.answer(b"", "text/plain")

    def answer(self, data: bytes, kind: str, status: int = 200) -> None:
        """Send bytes that nobody stores."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)


def main(folder: Path) -> None:
    """Listen, leave the caller, and serve for as long as the sandbox lives."""
    for name in ("site", "script", "desk"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    PageHandler.pages = PageFolder(folder)
    server = ThreadingHTTPServer(("127.0.0.1", PORT), PageHandler)
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
