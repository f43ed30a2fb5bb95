"""Forwards ports of this machine's loopback to ports inside a sandbox: a browser's DevTools, a player's page.

Clients of such ports carry no token: OSWorld's connects to http://HOST:9222 and says no more. So a port is
forwarded only where that was asked for, and only to programs of the user who serves the sandbox, or root's:
the kernel says whose the other end of a connection is. Pages of a browser and names that were made to lead
here are refused as everywhere (``deskhand.serving``). Requests are passed on one by one; a WebSocket is a
tunnel from its head on.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from deskhand.errors import EnvironmentProblem, SandboxError
from deskhand.sandbox.cutoff import cut_off, read_body
from deskhand.serving import BoundedHandler, BoundedServer, Bounds, Response, Tunnel

HOST = "127.0.0.1"
ANSWER_SECONDS = 120.0
LARGEST_ANSWER = 80 << 20
BOUNDS = Bounds(body=8 << 20, known=16)
TABLES = {Path("/proc/net/tcp"): "", Path("/proc/net/tcp6"): "0000000000000000FFFF0000"}
"""The kernel's tables of connections, and what stands there before an address of four bytes."""
_OURS = frozenset(
    {
        "connection",
        "proxy-connection",
        "keep-alive",
        "expect",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that concern one connection alone."""
INERT = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
"""In a browser what answers is a stranger's page at an address of this machine: it runs no script there."""


class ForwardedPort:
    """A port of this machine's loopback that leads into a sandbox, for as long as it is open.

    Args:
        connect: makes a connection to the port inside; raises SandboxError where nothing listens.
        listener: where to listen; it is closed in the end.

    Raises:
        EnvironmentProblem: this system does not say whose a connection is.
    """

    def __init__(self, connect: Callable[[], socket.socket], listener: socket.socket) -> None:
        if not any(os.access(table, os.R_OK) for table in TABLES):
            raise EnvironmentProblem(
                "a port is forwarded only where the system says whose a connection is, in /proc/net/tcp, "
                "which cannot be read here: leave out --forward"
            )
        self.port: int = listener.getsockname()[1]
        self._server = _ForwardingServer(listener, connect)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="forwarded-port", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end all connections."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()


def user_of_other_end(connection: socket.socket) -> int | None:
    """The user id of the program at the other end of a loopback connection; None where it has gone."""
    theirs, ours = (_as_listed(end) for end in (connection.getpeername(), connection.getsockname()))
    for table, before in TABLES.items():
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, local, remote, _, _, _, _, user, _, inode, *_ = line.split()
            # One that its program has closed belongs to nobody, which is listed as root and no inode.
            if (local, remote) == (before + theirs, before + ours) and inode != "0":
                return int(user)
    return None


def _as_listed(end: tuple[str, int]) -> str:
    address = int.from_bytes(socket.inet_aton(end[0]), sys.byteorder)
    return f"{address:08X}:{end[1]:04X}"


class _ForwardingServer(BoundedServer):
    def __init__(self, listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
        super().__init__(listener, _ForwardingHandler, BOUNDS)
        self.connect = connect


class _ForwardingHandler(BoundedHandler):
    always = INERT
    linked = False  # without a token to be shown, the link alone would be an order
    server: _ForwardingServer

    def judge(self) -> Response | None:
        if user_of_other_end(self.connection) in (os.geteuid(), 0):
            return None
        return Response.refused(
            403, "this port answers programs of the user who serves the sandbox, no others"
        )

    def do_HEAD(self) -> None:
        """Passed on, as any other."""
        self._answer()

    def do_PUT(self) -> None:
        """Passed on: DevTools open a tab by it."""
        self._answer()

    def respond(self, body: bytes) -> Response | Tunnel:
        try:
            reached = self.server.connect()
        except SandboxError as error:
            return Response.refused(502, str(error))
        with contextlib.ExitStack() as closing:
            closing.callback(reached.close)
            try:
                if not self._upgrades():
                    return self._asked(reached, body)
                self._send_on(reached, body)
            except (OSError, ValueError, http.client.HTTPException) as error:
                return Response.refused(
                    502, f"what listens inside broke off its answer ({type(error).__name__})"
                )
            closing.pop_all()
        return Tunnel(reached)

    def _upgrades(self) -> bool:
        words = self.headers.get("Connection", "").lower().split(",")
        return self.command == "GET" and "upgrade" in (word.strip() for word in words)

    def _send_on(self, reached: socket.socket, body: bytes) -> http.client.HTTPConnection:
        """Send the request as it came; one that is no tunnel's has the connection to itself."""
        connection, tunnel = http.client.HTTPConnection(HOST), self._upgrades()
        connection.sock = reached
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            # A browser's cookies are for all ports of this machine, so they may be another server's.
            if name.lower() != "cookie" and (tunnel or name.lower() not in _OURS):
                connection.putheader(name, value)
        if not tunnel:
            connection.putheader("Connection", "close")
        connection.endheaders(body or None)
        return connection

    def _asked(self, reached: socket.socket, body: bytes) -> Response:
        with cut_off(reached, ANSWER_SECONDS) as cut:
            try:
                with self._send_on(reached, body).getresponse() as response:
                    answer = read_body(response, LARGEST_ANSWER)
            except (OSError, http.client.HTTPException):
                if not cut.happened:
                    raise
            if cut.happened:
                return Response.refused(
                    504, f"what listens inside did not answer within {ANSWER_SECONDS:g} s"
                )
        if len(answer) > LARGEST_ANSWER:
            return Response.refused(502, f"what listens inside answered with over {LARGEST_ANSWER >> 20} MiB")
        if response.status < 200:
            return Response.refused(502, "what listens inside answered with no answer")
        # What it says of itself is a stranger's word: of its headers only those that clients need.
        said = {name: response.headers.get(name, "") for name in ("Content-Type", "WWW-Authenticate")}
        kept = {
            name: value for name, value in said.items() if value and value.isascii() and value.isprintable()
        }
        kind = kept.pop("Content-Type", "application/octet-stream")
        return Response(answer, kind, response.status, kept)
