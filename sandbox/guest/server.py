"""The guest server: what the host asks of a desktop, over HTTP on a unix socket, with a token.

| request | body | answer |
|---|---|---|
| GET /health | | {"protocol", "code", "width", "height"} |
| GET /screenshot | | raw BGRX pixels; X-Width, X-Height, X-Cursor headers |
| GET /windows | | list of windows |
| POST /perform | an action | {"status", "reason", "milliseconds"} |
| POST /launch | {"program", "arguments"} | {} |
| POST /run | {"command", "timeout", "stdin"} | {"returncode", "stdout", "stderr"} (base64) |
| POST /read | {"path"} | the file's bytes |
| POST /write?path=... | the file's bytes | {} |
| GET /files | | list of {"path", "size"} |

A refused request is answered with status 400 and {"error"}; 401 without the token.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import mss

from deskhand.actions.executor import Executor
from deskhand.sandbox.guest import PROTOCOL, applications, files
from deskhand.sandbox.guest.windows import windows

LARGEST_BODY = 80 << 20
LARGEST_OUTPUT = 8 << 20


class Desk:
    """The one screen, pointer and keyboard of this desktop; input happens one action at a time."""

    def __init__(self) -> None:
        self._input = threading.Lock()
        self._look = threading.Lock()
        self._camera = mss.MSS(with_cursor=False)
        self.executor = Executor(open_app=applications.open_entry)

    def perform(self, action: dict[str, Any]) -> dict[str, Any]:
        with self._input:
            return self.executor.perform(action)

    def screenshot(self) -> tuple[bytes, int, int]:
        """Raw BGRX pixels, width and height. The pointer is not in them: it would hide text, and a mere
        movement would pass for a change; its place is told apart."""
        with self._look:
            shot = self._camera.grab(self._camera.monitors[0])
        return bytes(shot.raw), shot.width, shot.height


class Handler(BaseHTTPRequestHandler):
    """One connection of the host."""

    protocol_version = "HTTP/1.1"
    desk: Desk
    token: str

    def log_message(self, *arguments: object) -> None:
        """Requests are logged by the host."""

    def do_GET(self) -> None:
        self._answer(
            {
                "/health": self._health,
                "/screenshot": self._screenshot,
                "/windows": self._windows,
                "/files": self._files,
            }
        )

    def do_POST(self) -> None:
        self._answer(
            {
                "/perform": self._perform,
                "/launch": self._launch,
                "/run": self._run,
                "/read": self._read,
                "/write": self._write,
            }
        )

    def _answer(self, routes: dict[str, Callable[[bytes], None]]) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return self._json({"error": "the request is too large"}, 413)
        body = self.rfile.read(length)
        shown = (self.headers.get("Authorization") or "").encode(errors="replace")
        if not hmac.compare_digest(shown, f"Bearer {self.token}".encode()):
            return self._json({"error": "the token is wrong"}, 401)
        route = routes.get(urlsplit(self.path).path)
        if route is None:
            return self._json({"error": f"there is no {self.path[:100]}"}, 404)
        try:
            route(body)
        except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer, not a dropped connection)
            self._json({"error": f"{error}" or type(error).__name__}, 400)

    def _health(self, _: bytes) -> None:
        width, height = self.desk.executor.size()
        code = os.environ.get("DESKHAND_GUEST_CODE", "")
        self._json({"protocol": PROTOCOL, "code": code, "width": width, "height": height})

    def _screenshot(self, _: bytes) -> None:
        pixels, width, height = self.desk.screenshot()
        x, y = self.desk.executor.pointer()
        self._send(200, pixels, {"X-Width": str(width), "X-Height": str(height), "X-Cursor": f"{x},{y}"})

    def _windows(self, _: bytes) -> None:
        self._json(windows())

    def _files(self, _: bytes) -> None:
        self._json(files.made(skip=("shared",)))

    def _perform(self, body: bytes) -> None:
        self._json(self.desk.perform(json.loads(body)))

    def _launch(self, body: bytes) -> None:
        wanted = json.loads(body)
        applications.launch(str(wanted["program"]), [str(a) for a in wanted["arguments"]])
        self._json({})

    def _run(self, body: bytes) -> None:
        wanted = json.loads(body)
        done = subprocess.run(
            [str(word) for word in wanted["command"]],
            input=base64.b64decode(wanted.get("stdin", "")),
            capture_output=True,
            timeout=float(wanted["timeout"]),
            cwd=os.path.expanduser("~"),
            check=False,
        )
        self._json(
            {
                "returncode": done.returncode,
                "stdout": base64.b64encode(done.stdout[:LARGEST_OUTPUT]).decode(),
                "stderr": base64.b64encode(done.stderr[:LARGEST_OUTPUT]).decode(),
            }
        )

    def _read(self, body: bytes) -> None:
        self._send(200, files.read(str(json.loads(body)["path"])), {})

    def _write(self, body: bytes) -> None:
        files.write(parse_qs(urlsplit(self.path).query)["path"][0], body)
        self._json({})

    def _json(self, value: object, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, descriptor: int) -> None:
        super().__init__("", Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = socket.socket(fileno=descriptor)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, _ = self.socket.accept()
        return connection, ("host", 0)


def serve(descriptor: int, token: str, desk: Desk) -> None:
    """Answer on a listening socket until this process ends; keys and buttons are released on the way out."""
    Handler.desk, Handler.token = desk, token
    with _Server(descriptor) as server:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            server.serve_forever()
        finally:
            Handler.desk.executor.close()
