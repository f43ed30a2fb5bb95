"""Offers a sandbox that runs here to programs that speak OSWorld's guest protocol.

A small server on this machine's loopback, with a token of its own: it passes OSWorld's requests on
to the guest, and nothing else that the guest would answer. One request it answers itself: POST
/desk/reset makes the sandbox new.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost
from deskhand.sandbox.desktop import GuestDesktop
from deskhand.sandbox.guest.http import AccessToken, Request, Response, Routes, Server
from deskhand.sandbox.guest.osworld import ANSWERS, LONGEST_COMMAND_SECONDS
from deskhand.sandbox.remote import RESET

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
USER = "desk"
PASSING_SECONDS = LONGEST_COMMAND_SECONDS + 60.0


class Served:
    """A running sandbox under an address of this machine. A context manager; the sandbox is the caller's.

    Args:
        sandbox: a running desktop with a guest server of ours.
        port: where to listen; a free one is chosen where it is 0.
    """

    def __init__(self, sandbox: GuestDesktop, port: int = 0) -> None:
        self._sandbox = sandbox
        self._port = port
        self._token = secrets.token_hex(16)
        self._resetting = threading.Lock()
        self._closed = False
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen.

        Raises:
            EnvironmentProblem: the port is taken, or not for this user.
        """
        try:
            listener = socket.create_server((HOST, self._port), backlog=32)
        except OSError as error:
            taken = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise EnvironmentProblem(
                f"port {self._port} of {HOST} {taken}: choose another, or 0 for any that is free"
            ) from error
        self._port = listener.getsockname()[1]
        self._server = _Server(listener, AccessToken(self._token), self._routes())
        self._closed = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sandbox-server", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it answers, with the token in it: whoever has this address has the desktop."""
        return f"http://{USER}:{self._token}@{HOST}:{self._port}"

    def close(self) -> None:
        """Stop listening and end all connections; the sandbox keeps running. May be called twice."""
        if self._server is None or self._thread is None:
            return
        self._closed = True  # no reset begins any more
        with self._resetting:
            pass  # one that was under way has ended
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _routes(self) -> Routes:
        routes: Routes = {asked: self._passed_on(*asked) for asked in ANSWERS}
        return routes | {("POST", RESET): self._reset}

    def _passed_on(self, method: str, path: str) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            query = f"?{urlencode(request.query, doseq=True)}" if request.query else ""
            try:
                status, body, kind = self._sandbox.forward(
                    method, path + query, request.body, request.content_type, PASSING_SECONDS
                )
            except SandboxLost as error:
                return Response.of({"status": "error", "message": str(error)}, 503)
            return Response(body, kind, status)

        return answer

    def _reset(self, request: Request) -> Response:
        with self._resetting:
            if self._closed:
                return Response.of({"status": "error", "message": "this sandbox is served no more"}, 503)
            try:
                self._sandbox.reset()
            except SandboxError as error:
                log.warning("the sandbox could not be reset: %s", error)
                return Response.of({"status": "error", "message": str(error)}, 503)
        return Response.of({"status": "success"})


class _Server(Server):
    """The guest's server, on the host's side: it knows its connections, so that it can end them."""

    def __init__(self, listener: socket.socket, key: AccessToken, routes: Routes) -> None:
        super().__init__(listener, key, routes)
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accepts a connection and remembers it."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Ends a connection and forgets it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Stop listening and end every connection; the threads that answer on them end by themselves."""
        self.socket.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
