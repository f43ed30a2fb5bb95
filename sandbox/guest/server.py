"""The guest server: what the host asks of a desktop, over HTTP with a token.

| request | body | answer |
|---|---|---|
| GET /desk/health | | {"protocol", "code", "width", "height"} |
| GET /desk/screenshot | | raw BGRX pixels; X-Width, X-Height, X-Cursor headers |
| GET /desk/windows | | list of windows |
| GET /desk/surfaces | | list of all that lies on the screen: windows, menus, tips |
| GET /desk/applications | | list of the names of the menu's applications |
| GET /desk/prepared | | list of what was put in place for the programs that were started, in words |
| POST /desk/opener | {"target"} | {"program"}: what opens a file of the home folder, or an address |
| POST /desk/stop | | {}: the action that is being done ends now |
| POST /desk/perform?prepare=0 | an action | {"status", "reason", "milliseconds"}; X-Cursor header |
| POST /desk/launch | {"program", "arguments", "prepare"} | {} |
| POST /desk/run | {"command", "timeout", "stdin"} | {"returncode", "stdout", "stderr"} (base64) |
| POST /desk/read | {"path"} | the file's bytes |
| POST /desk/write?path=... | the file's bytes | {} |
| GET /desk/files | | list of {"path", "size"} |
| POST /desk/accessibility/enable | | {}; programs that are started later report what they show |
| GET /desk/accessibility?seconds=... | | {"xml"}: what the applications report of what they show |
| POST /desk/connect | {"port"} | 101, and from then on the bytes of a program that listens there inside |
| POST /desk/rekey | {"token", "seconds", "seed"} | {}; only in a virtual machine |

A refused request is answered with status 400 and {"error"}; 401 without the token. Beside these,
the server answers OSWorld's own requests: see ``osworld``.
"""

from __future__ import annotations

import base64
import os
import signal
import socket
import sys

from deskhand.sandbox.guest import PROTOCOL, accessibility, applications, commands, files
from deskhand.sandbox.guest.http import AccessToken, Request, Response, Routes, Server, Tunnel
from deskhand.sandbox.guest.osworld import osworld_routes
from deskhand.sandbox.guest.seat import Seat
from deskhand.sandbox.guest.windows import surfaces, windows

CONNECT_SECONDS = 10.0


class SeatRoutes:
    """The host's own requests, answered at a seat."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat

    def table(self) -> Routes:
        return {
            ("GET", "/desk/health"): self._health,
            ("GET", "/desk/screenshot"): self._screenshot,
            ("GET", "/desk/windows"): lambda _: Response.of(windows()),
            ("GET", "/desk/surfaces"): lambda _: Response.of(surfaces()),
            ("GET", "/desk/applications"): lambda _: Response.of(applications.names()),
            ("GET", "/desk/prepared"): lambda _: Response.of(list(applications.PREPARED)),
            ("GET", "/desk/files"): lambda _: Response.of(files.made(skip=("shared",))),
            ("GET", "/desk/accessibility"): self._accessibility,
            ("POST", "/desk/accessibility/enable"): self._enable_accessibility,
            ("POST", "/desk/perform"): self._perform,
            ("POST", "/desk/stop"): self._stop,
            ("POST", "/desk/launch"): self._launch,
            ("POST", "/desk/opener"): self._opener,
            ("POST", "/desk/run"): self._run,
            ("POST", "/desk/read"): lambda request: Response(files.read(str(request.json()["path"]))),
            ("POST", "/desk/write"): self._write,
            ("POST", "/desk/connect"): self._connect,
        }

    def _health(self, _: Request) -> Response:
        width, height = self._seat.size()
        code = os.environ.get("DESKHAND_GUEST_CODE", "")
        return Response.of({"protocol": PROTOCOL, "code": code, "width": width, "height": height})

    def _screenshot(self, _: Request) -> Response:
        pixels, width, height = self._seat.screenshot()
        size = {"X-Width": str(width), "X-Height": str(height)}
        return Response(pixels, headers=size | self._cursor())

    def _perform(self, request: Request) -> Response:
        prepare = request.query.get("prepare", ["1"])[0] != "0"
        outcome = self._seat.perform(request.json(), prepare=prepare)
        answer = Response.of(outcome)
        return Response(answer.body, answer.content_type, headers=self._cursor())

    def _stop(self, _: Request) -> Response:
        self._seat.stop()
        return Response.of({})

    def _cursor(self) -> dict[str, str]:
        x, y = self._seat.pointer()
        return {"X-Cursor": f"{x},{y}"}

    def _enable_accessibility(self, _: Request) -> Response:
        accessibility.enable_accessibility()
        return Response.of({})

    def _accessibility(self, request: Request) -> Response:
        if any(name in os.environ for name in accessibility.DISABLED):
            raise accessibility.Unavailable(
                "programs keep to themselves what they show here (NO_AT_BRIDGE is set): start the sandbox "
                "with accessible=True"
            )
        seconds = float(request.query.get("seconds", [str(accessibility.READING_SECONDS)])[0])
        return Response.of({"xml": accessibility.tree(showing=True, seconds=seconds)})

    def _launch(self, request: Request) -> Response:
        wanted = request.json()
        arguments = [str(argument) for argument in wanted["arguments"]]
        applications.launch(
            str(wanted["program"]),
            arguments,
            prepare=self._seat.prepares and bool(wanted.get("prepare", True)),
        )
        return Response.of({})

    def _opener(self, request: Request) -> Response:
        return Response.of({"program": applications.opener(str(request.json()["target"]))})

    def _run(self, request: Request) -> Response:
        wanted = request.json()
        command = [str(word) for word in wanted["command"]]
        done = commands.run(command, float(wanted["timeout"]), base64.b64decode(wanted.get("stdin", "")))
        return Response.of(
            {
                "returncode": done.returncode,
                "stdout": base64.b64encode(done.stdout).decode(),
                "stderr": base64.b64encode(done.stderr).decode(),
            }
        )

    def _write(self, request: Request) -> Response:
        files.write(request.query["path"][0], request.body)
        return Response.of({})

    def _connect(self, request: Request) -> Tunnel:
        port = int(request.json()["port"])
        try:
            reached = socket.create_connection(("127.0.0.1", port), CONNECT_SECONDS)
        except OSError as error:
            raise ConnectionError(f"nothing listens on port {port} inside ({error.strerror})") from error
        reached.settimeout(None)
        return Tunnel(reached, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")


def serve(listener: socket.socket, key: AccessToken, seat: Seat, more: Routes | None = None) -> None:
    """Answer on a listening socket until this process ends; keys and buttons are released on the way out.

    Args:
        more: routes beside the seat's own and OSWorld's.
    """
    with Server(listener, key, SeatRoutes(seat).table() | osworld_routes(seat) | (more or {})) as server:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            server.serve_forever()
        finally:
            seat.close()
