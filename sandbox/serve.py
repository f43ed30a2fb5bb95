"""Offers a sandbox that runs here to programs that speak OSWorld's guest protocol.

A small server on this machine's loopback, with a token of its own: it passes OSWorld's requests on
to the guest, and nothing else that the guest would answer. Three requests it answers itself: POST
/start_recording and /end_recording make a film of the desktop, an MP4 file, and POST /desk/reset makes
the sandbox new, which ends a film that is being made. Ports inside are forwarded where that is asked for.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import logging
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError

from deskhand.actions.geometry import ScreenPoint
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost, UsageError
from deskhand.perception.screen import Screenshot
from deskhand.sandbox.desktop import GuestDesktop
from deskhand.sandbox.guest import http as guest_http
from deskhand.sandbox.guest.http import AccessToken, Request, Response, Routes, Server
from deskhand.sandbox.guest.osworld import ANSWERS
from deskhand.sandbox.guest.scripts import LONGEST_COMMAND_SECONDS
from deskhand.sandbox.ports import HOST, ForwardedPort
from deskhand.sandbox.recording import ScreenRecorder
from deskhand.sandbox.remote import RESET
from deskhand.serving import Bounds

log = logging.getLogger(__name__)

USER = "desk"
PASSING_SECONDS = LONGEST_COMMAND_SECONDS + 60.0
_PLACE = TypeAdapter(tuple[int, int])
BOUNDS = Bounds(body=guest_http.BOUNDS.body)


def loopback_listener(port: int) -> socket.socket:
    """A socket that listens on this machine's loopback; on a free port where it is 0.

    Raises:
        EnvironmentProblem: the port is taken, or not for this user.
    """
    try:
        return socket.create_server((HOST, port), backlog=32)
    except OSError as error:
        taken = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise EnvironmentProblem(
            f"port {port} of {HOST} {taken}: choose another, or 0 for any that is free"
        ) from error


class Served:
    """A running sandbox under an address of this machine. A context manager; the sandbox is the caller's.

    Args:
        sandbox: a running desktop with a guest server of ours.
        port: where to listen; a free one is chosen where it is 0.
        forward: ports inside the sandbox that programs of this user reach without the token, each with the
            port of the loopback that leads there; a free one is chosen where that is 0.

    Attributes:
        forwarded: once it is started, the ports inside with those that lead there.
    """

    def __init__(
        self, sandbox: GuestDesktop, port: int = 0, forward: Mapping[int, int] | None = None
    ) -> None:
        self._sandbox = sandbox
        self._port = port
        self._forward = dict(forward or {})
        self._ports = contextlib.ExitStack()
        self.forwarded: dict[int, int] = {}
        self._token = secrets.token_hex(16)
        self._resetting = threading.Lock()
        self._recorder = ScreenRecorder(self._look)
        self._closed = False
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen.

        Raises:
            EnvironmentProblem: the port is taken, or not for this user.
        """
        with contextlib.ExitStack() as undo:
            listener = undo.enter_context(loopback_listener(self._port))
            for inside, outside in self._forward.items():
                self.forwarded[inside] = self._lead(
                    inside, undo.enter_context(loopback_listener(outside)), undo
                )
            self._ports = undo.pop_all()
        self._port = listener.getsockname()[1]
        self._server = Server(listener, AccessToken(self._token), self._routes(), BOUNDS)
        self._closed = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sandbox-server", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it answers, with the token in it: whoever has this address has the desktop."""
        return f"http://{USER}:{self._token}@{HOST}:{self._port}"

    @property
    def path_url(self) -> str:
        """The same for clients that can send no headers: the token is the first part of the path."""
        return f"http://{HOST}:{self._port}/{self._token}"

    @property
    def netrc(self) -> str:
        """The same as a line of a netrc file, from which clients take the token by the machine's name."""
        return f"machine {HOST} login {USER} password {self._token}\n"

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
        self._ports.close()
        self._recorder.drop()
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

    def _lead(self, inside: int, listener: socket.socket, undo: contextlib.ExitStack) -> int:
        port = ForwardedPort(functools.partial(self._sandbox.connect, inside), listener)
        undo.callback(port.close)
        return port.port

    def _routes(self) -> Routes:
        routes: Routes = {asked: self._passed_on(*asked) for asked in ANSWERS}
        return routes | {
            ("POST", RESET): self._reset,
            ("POST", "/start_recording"): self._start_recording,
            ("POST", "/end_recording"): self._end_recording,
        }

    def _passed_on(self, method: str, path: str) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            query = f"?{urlencode(request.query, doseq=True)}" if request.query else ""
            try:
                status, body, kind = self._sandbox.forward(
                    method, path + query, request.body, request.content_type, PASSING_SECONDS
                )
            except SandboxLost as error:
                return _failed(error, 503)
            return Response(body, kind, status)

        return answer

    def _look(self) -> Screenshot:
        """The screen and the pointer, wherever the client's own programs have moved it."""
        try:
            shot = self._sandbox.screenshot()
            x, y = _PLACE.validate_json(self._sandbox.ask_osworld("/cursor_position"))
        except ValidationError as error:
            raise SandboxError("the sandbox does not say where its pointer is") from error
        finally:
            self._sandbox.hang_up()
        return Screenshot(shot.pixels, shot.seconds, ScreenPoint(x, y))

    def _start_recording(self, request: Request) -> Response:
        try:
            self._recorder.start()
        except UsageError as error:
            return _failed(error, 400)
        except SandboxError as error:
            return _failed(error, 503)
        except EnvironmentProblem as error:
            return _failed(error, 500)
        return Response.of({"status": "success", "message": "the recording has begun"})

    def _end_recording(self, request: Request) -> Response:
        try:
            return Response(self._recorder.end(), "video/mp4")
        except UsageError as error:
            return _failed(error, 400)
        except EnvironmentProblem as error:
            return _failed(error, 500)

    def _reset(self, request: Request) -> Response:
        with self._resetting:
            if self._closed:
                return _failed("this sandbox is served no more", 503)
            self._recorder.drop()
            try:
                self._sandbox.reset()
            except SandboxError as error:
                log.warning("the sandbox could not be reset: %s", error)
                return _failed(error, 503)
        return Response.of({"status": "success"})


def _failed(why: object, status: int) -> Response:
    return Response.of({"status": "error", "message": str(why)}, status)
