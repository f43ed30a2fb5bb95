"""Inside a sandbox: serves the pages, runs Chromium, and passes the harness's DevTools calls to it.

    python3 link.py FOLDER NAME PROGRAM [FLAG ...]

It runs under the sandbox's own python3, by itself. FOLDER holds ``site.zip``. The harness writes
``ask.json`` ({"link", "id", "method", "params"}) into it and finds ``answer.json`` ({"link", "id" and
"result", "error", "gone" or "closed"}: the last says that somebody closed the window). NAME is this
link's own: it shows others that theirs is gone.
DevTools are spoken over a pair of pipes that only this program holds: no page and no port reaches them.
Once the browser shows its first page, call 0 is answered; the caller's process has ended by then.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import mimetypes
import os
import select
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

CALL_SECONDS = 20.0
CLOSE_SECONDS = 3.0
SOCKET_SECONDS = 60.0
POLL_SECONDS = 0.02
"""How often to look for a call where the kernel does not report one."""
LARGEST_MESSAGE = 32 << 20


class Gone(Exception):
    """The browser ended or does not answer."""


class LinkHandler(BaseHTTPRequestHandler):
    """One request of a page."""

    protocol_version = "HTTP/1.1"
    timeout = SOCKET_SECONDS
    site: dict[str, bytes]

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answers with a file of the site, or with 404."""
        name = unquote(urlsplit(self.path).path).lstrip("/")
        data = self.site.get(name)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.endswith("javascript")
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the page went away while it was loading
            self.wfile.write(data or b"")


class Chromium:
    """A browser whose DevTools come through pipes."""

    def __init__(self, line: list[str]) -> None:
        theirs, self._out = os.pipe()
        self._in, back = os.pipe()
        shell = f'exec "$@" 3<&{theirs} 4>&{back}'
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", shell, "sh", *line, "--remote-debugging-pipe"],
            pass_fds=(theirs, back),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        os.close(back)
        self._read = b""
        self._number = 0
        self._session: str | None = None
        self._page = ""
        self._detached = False

    def has_page(self) -> bool:
        """Whether the page that it speaks with is still open."""
        if self._detached:
            return False
        found = self._send("Target.getTargets", {}, None)["targetInfos"]
        return any(one["targetId"] == self._page for one in found)

    def was_closed(self) -> bool:
        """Whether it ended as one does whose last window is closed, and not by a signal or a fault."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(CLOSE_SECONDS) == 0
        return False

    def attach(self, deadline: float) -> None:
        """Find the first page and speak with it from now on."""
        pause = threading.Event()
        while True:
            pages = [one for one in self._send("Target.getTargets", {}, None)["targetInfos"] if _is_page(one)]
            if pages:
                self._page = pages[0]["targetId"]
                wanted = {"targetId": self._page, "flatten": True}
                self._session = self._send("Target.attachToTarget", wanted, None)["sessionId"]
                return
            if time.monotonic() > deadline:
                raise Gone("Chromium opened no page")
            pause.wait(0.02)

    def call(self, method: str, params: dict[str, Any]) -> Any:
        """Ask the page, or the browser where a method is the browser's."""
        of_browser = method.startswith(("Target.", "Browser."))
        return self._send(method, params, None if of_browser else self._session)

    def _send(self, method: str, params: dict[str, Any], session: str | None) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        try:
            os.write(self._out, json.dumps(message).encode() + b"\0")
        except OSError as error:
            raise Gone("Chromium has ended") from error
        deadline = time.monotonic() + CALL_SECONDS
        while True:
            answer = json.loads(self._message(deadline))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(str(answer["error"].get("message", answer["error"])))
                return answer["result"]
            if session is not None and _ends(session, answer):  # what was asked is never answered then
                self._detached = True
                raise RuntimeError("the page was closed")

    def _message(self, deadline: float) -> bytes:
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise Gone(f"Chromium did not answer within {CALL_SECONDS:g} s")
            piece = os.read(self._in, 1 << 16)
            if not piece or len(self._read) > LARGEST_MESSAGE:
                raise Gone("Chromium has ended")
            self._read += piece
        message, _, self._read = self._read.partition(b"\0")
        return message


def _ends(session: str, event: dict[str, Any]) -> bool:
    """Whether an event says that a page can no longer be spoken with: it was closed."""
    detached: bool = event.get("method") == "Target.detachedFromTarget"
    return detached and event["params"].get("sessionId") == session


def _is_page(target: dict[str, Any]) -> bool:
    return target["type"] == "page" and not target["url"].startswith("devtools:")


def serve(archive: bytes) -> int:
    """Serve a zip archive's files on a free port of the loopback; returns the port."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        LinkHandler.site = {name: packed.read(name) for name in packed.namelist()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), LinkHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def answer(folder: Path, link: str, number: int, said: dict[str, Any]) -> None:
    """Put an answer where the harness looks, whole."""
    part = folder / "answer.part"
    part.write_text(json.dumps({"link": link, "id": number, **said}))
    part.replace(folder / "answer.json")


def called(browser: Chromium, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """What a call comes to."""
    try:
        return {"result": browser.call(method, params)}
    except RuntimeError as error:
        return {"error" if browser.has_page() else "closed": str(error)}


class FolderWatch:
    """Tells when a file of a folder has been written: at once where the kernel says so, else by looking."""

    def __init__(self, folder: Path) -> None:
        close_write, moved_to = 0x8, 0x80  # of <sys/inotify.h>
        libc = ctypes.CDLL(None)
        self._inotify: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._inotify >= 0:
            libc.inotify_add_watch(self._inotify, os.fsencode(folder), close_write | moved_to)

    def wait(self) -> None:
        """Return once something may have been written; sometimes nothing was."""
        ready, _, _ = select.select([self._inotify] if self._inotify >= 0 else [], [], [], POLL_SECONDS)
        if ready:
            with contextlib.suppress(OSError):
                os.read(self._inotify, 1 << 16)


def listen(folder: Path, name: str, browser: Chromium) -> None:
    """Answer the harness for as long as the browser lives."""
    written, seen = FolderWatch(folder), b""
    while True:
        written.wait()
        asked = _bytes(folder / "ask.json")
        if asked == seen:
            continue
        try:
            wanted = json.loads(asked)
        except ValueError:  # it is half written
            continue
        seen = asked
        link, number = wanted["link"], wanted["id"]
        if link != name:
            answer(folder, link, number, {"gone": "another Chromium was started in its place"})
            continue
        try:
            answer(folder, name, number, called(browser, wanted["method"], wanted["params"]))
        except Gone as error:
            answer(folder, name, number, {"closed" if browser.was_closed() else "gone": str(error)})
            return


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def main(folder: Path, name: str, line: list[str]) -> None:
    """Leave the caller, start everything, answer."""
    (folder / "ask.json").unlink(missing_ok=True)
    (folder / "answer.json").unlink(missing_ok=True)
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    (folder / "pid").write_text(str(os.getpid()))
    port = serve((folder / "site.zip").read_bytes())
    origin = f"http://127.0.0.1:{port}"
    browser = Chromium([*line, f"{origin}/empty.html"])
    try:
        browser.attach(time.monotonic() + CALL_SECONDS)
        answer(folder, name, 0, {"result": {"origin": origin}})
        listen(folder, name, browser)
    except Gone as error:
        answer(folder, name, 0, {"gone": str(error)})
    finally:
        browser.process.kill()
        browser.process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
