"""The host's side of the guest protocol: HTTP with a token, one connection a thread.

What comes back is a stranger's data: sizes are bounded, and nothing in it is trusted to be a path
or a number before it was checked.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
from pydantic import TypeAdapter

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Key, LongPress, Wait
from deskhand.errors import SandboxError, SandboxLost
from deskhand.perception.screen import Screenshot
from deskhand.sandbox.cutoff import CutOff, cut_off, never, read_body
from deskhand.sandbox.guest import PROTOCOL
from deskhand.sandbox.protocol import Completed, GuestFile
from deskhand.text import printable

LARGEST_ANSWER = 80 << 20
LARGEST_REFUSAL = 64 << 10
ANSWER_SECONDS = 60.0
LAUNCH_SECONDS = 180.0
"""The guest gives up first: see ``guest.applications``."""
LARGEST_SIDE = 16384
STOP_SECONDS = 0.05
"""How often it is asked, while an action is done, whether it is to be stopped."""
MOST_REASON = 2000
MOST_WORDS = 1000

PREPARE = "DESKHAND_PREPARE"
UNPREPARED = f"programs are started as they are: {PREPARE} is 0"

_FILES = TypeAdapter(list[GuestFile])


def prepares() -> bool:
    """Whether programs are started with what is known of them: ``DESKHAND_PREPARE=0`` says no."""
    return os.environ.get(PREPARE, "1") != "0"


Address = Path | int
"""Where a guest answers: a unix socket, or a TCP port of this machine's loopback."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, address: Address, timeout: float) -> None:
        super().__init__("127.0.0.1", address if isinstance(address, int) else None, timeout=timeout)
        self._address = address

    def connect(self) -> None:
        """Connect to the unix socket or to the port, whichever the address is."""
        if isinstance(self._address, int):
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._address))


class GuestRefusal(SandboxError):
    """The guest understood a request and refused it."""


class GuestClient:
    """Asks the guest server of one sandbox.

    Args:
        address: a unix socket, or a port of the loopback.
        token: what the guest wants to see with every request.

    Attributes:
        pointer: where the pointer was as the guest last reported it.
        over: asked while something is asked for, from other threads; once it is true the request is
            broken off.
    """

    def __init__(self, address: Address, token: str) -> None:
        self._address = address
        self._token = token
        self._local = threading.local()
        self._all: list[_Connection] = []
        self.pointer: ScreenPoint | None = None
        self.over: Callable[[], bool] = never

    def check(self, code: str, timeout: float) -> None:
        """Wait until the guest answers; make sure that it speaks this protocol and runs this code.

        Raises:
            SandboxLost: it does not answer within ``timeout`` seconds.
            SandboxError: it is of another version.
        """
        health = self._json("GET", "/desk/health", timeout=timeout)
        if not isinstance(health, dict) or health.get("protocol") != PROTOCOL or health.get("code") != code:
            raise SandboxError("the sandbox runs another version of deskhand's code: start a new sandbox")

    def answers(self, timeout: float) -> bool:
        """Whether it answers at all within ``timeout`` seconds."""
        try:
            self._json("GET", "/desk/health", timeout=timeout)
        except SandboxError:
            return False
        return True

    def screenshot(self) -> Screenshot:
        """The screen now, (H, W, 3) RGB, with where the pointer is.

        Raises:
            SandboxLost: the display is gone, or the answer is no picture.
        """
        try:
            body, headers = self._ask("GET", "/desk/screenshot")
        except GuestRefusal as error:
            raise SandboxLost(f"the sandbox's display is gone ({error})") from error
        try:
            width, height = int(headers["X-Width"]), int(headers["X-Height"])
            self.pointer = _pointer(headers)
        except (TypeError, ValueError, AttributeError) as error:
            raise SandboxLost("the guest's screenshot has no size") from error
        if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and len(body) == width * height * 4):
            raise SandboxLost(f"the guest's screenshot is not a {width}x{height} picture")
        bgrx = np.frombuffer(body, np.uint8).reshape(height, width, 4)
        pixels = np.asarray(cv2.cvtColor(bgrx, cv2.COLOR_BGRA2RGB), np.uint8)
        return Screenshot(pixels, time.monotonic(), self.pointer)

    def perform(self, action: Any) -> Outcome:
        """Send one action once. A lost answer is an unknown outcome: the action is never sent again."""
        extra = action.seconds if isinstance(action, Wait | LongPress | Key) else 0.0
        extra *= action.times if isinstance(action, Key) else 1
        body = action.model_dump_json().encode()
        try:
            with self._stopped_when_over():
                answer, headers = self._ask(
                    "POST",
                    "/desk/perform" if prepares() else "/desk/perform?prepare=0",
                    body,
                    timeout=ANSWER_SECONDS + extra,
                    once=True,
                )
            outcome = Outcome.model_validate_json(answer)
            self.pointer = _pointer(headers)
            return outcome.model_copy(update={"reason": outcome.reason[:MOST_REASON]})
        except SandboxLost as error:
            return Outcome.unknown(str(error))
        except (GuestRefusal, ValueError, AttributeError) as error:
            return Outcome.unknown(f"the guest's answer makes no sense: {error}"[:MOST_REASON])

    @contextlib.contextmanager
    def _stopped_when_over(self) -> Iterator[None]:
        """While inside, the action that is being done is ended once ``over`` is true; its outcome says so."""
        if self.over is never:
            yield
            return
        done = threading.Event()

        def stop() -> None:
            with contextlib.suppress(SandboxError):
                self._json("POST", "/desk/stop", {}, timeout=ANSWER_SECONDS)

        def watch() -> None:
            while not done.wait(STOP_SECONDS):
                if self.over():
                    stop()
                    return

        watcher = threading.Thread(target=watch, name="stop", daemon=True)
        watcher.start()
        try:
            yield
        except KeyboardInterrupt:  # nobody waits for the outcome any more, and the hand must not go on
            stop()
            raise
        finally:
            done.set()

    def launch(self, program: str, arguments: list[str]) -> None:
        """Start a program by name and wait for its window. ``DESKHAND_PREPARE=0`` leaves it as it is.

        Raises:
            SandboxError: the guest refused it; says why.
        """
        wanted = {"program": program, "arguments": arguments, "prepare": prepares()}
        self._json("POST", "/desk/launch", wanted, timeout=LAUNCH_SECONDS, once=True)

    def prepared(self) -> tuple[str, ...]:
        """What was put in place for the programs that were started, in words."""
        return self._words("/desk/prepared")

    def applications(self) -> tuple[str, ...]:
        """The names of the menu's applications."""
        return self._words("/desk/applications")

    def opener(self, target: str) -> str:
        """The program that opens a file of the guest's home, or an address, as ``launch`` takes it.

        Raises:
            SandboxError: none does; says why.
            SandboxLost: the answer makes no sense.
        """
        answer = self._json("POST", "/desk/opener", {"target": target})
        if not isinstance(answer, dict) or not isinstance(answer.get("program"), str):
            raise SandboxLost("the guest's answer about what opens a file makes no sense")
        return str(answer["program"])

    def _words(self, path: str) -> tuple[str, ...]:
        found = self._json("GET", path)
        listed = found if isinstance(found, list) else []
        return tuple(
            printable(word, " ")[:MOST_REASON] for word in listed[:MOST_WORDS] if isinstance(word, str)
        )

    def run(self, command: list[str], timeout: float, stdin: bytes) -> Completed:
        """Run a program to its end; it may take ``timeout`` seconds.

        Raises:
            SandboxError: the guest refused it; says why.
            SandboxLost: no answer came, or one that makes no sense.
        """
        wanted = {"command": command, "timeout": timeout, "stdin": base64.b64encode(stdin).decode()}
        done = self._json("POST", "/desk/run", wanted, timeout=timeout + 10, once=True)
        try:
            return Completed(
                int(done["returncode"]), base64.b64decode(done["stdout"]), base64.b64decode(done["stderr"])
            )
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise SandboxLost("the guest's answer about a program is invalid") from error

    def windows(self) -> list[dict[str, Any]]:
        """The windows that a task list would show, as the guest reports them."""
        return self._list("/desk/windows")

    def surfaces(self) -> list[dict[str, Any]]:
        """All that lies on the screen, menus and tips too, as the guest reports it."""
        return self._list("/desk/surfaces")

    def _list(self, path: str) -> list[dict[str, Any]]:
        found = self._json("GET", path)
        return [window for window in found if isinstance(window, dict)] if isinstance(found, list) else []

    def read_file(self, path: str) -> bytes:
        """The content of a file of the guest's home, by relative path."""
        return self._ask("POST", "/desk/read", json.dumps({"path": path}).encode())[0]

    def write_file(self, path: str, data: bytes) -> None:
        """Write a file of the guest's home, by relative path."""
        self._ask("POST", f"/desk/write?path={quote(path, safe='')}", data)

    def files(self) -> tuple[GuestFile, ...]:
        """The files that the run made in the guest's home.

        Raises:
            SandboxLost: the list makes no sense.
        """
        try:
            return tuple(_FILES.validate_python(self._json("GET", "/desk/files")))
        except ValueError as error:
            raise SandboxLost("the guest's list of files is invalid") from error

    def enable_accessibility(self) -> None:
        """Have programs that are started from now on report what they show."""
        self._json("POST", "/desk/accessibility/enable")

    def accessibility(self, seconds: float | None = None) -> str:
        """What programs report that they show, as XML; read for ``seconds`` where it is given.

        Raises:
            SandboxLost: the answer makes no sense.
        """
        asked = "" if seconds is None else f"?seconds={seconds:g}"
        answer = self._json("GET", f"/desk/accessibility{asked}", timeout=ANSWER_SECONDS + (seconds or 0))
        if not isinstance(answer, dict) or not isinstance(answer.get("xml"), str):
            raise SandboxLost("the guest's accessibility tree is invalid")
        return str(answer["xml"])

    def rekey(self, token: str, seconds: float, seed: bytes) -> None:
        """Give a guest that was restored from memory a new token, clock and random seed."""
        wanted = {"token": token, "seconds": seconds, "seed": base64.b64encode(seed).decode()}
        self._json("POST", "/desk/rekey", wanted, timeout=30, once=True)
        self._token = token

    def forward(
        self, method: str, path: str, body: bytes, content_type: str, timeout: float
    ) -> tuple[int, bytes, str]:
        """Send somebody else's request once; returns status, body and content type as they came."""
        headers = {"Content-Type": content_type} if content_type else {}
        try:
            response, answer = self._send(method, path, body, timeout=timeout, once=True, headers=headers)
        finally:
            self.hang_up()  # who passes requests on has a thread for each, and each a connection
        return response.status, answer, response.headers.get("Content-Type") or "application/octet-stream"

    def connect(self, port: int) -> socket.socket:
        """A connection to what listens on a port inside, of the guest's loopback; it is the caller's.

        Raises:
            SandboxError: nothing listens there.
            SandboxLost: the guest does not answer.
        """
        connection = _Connection(self._address, ANSWER_SECONDS)
        wanted = json.dumps({"port": port}).encode()
        try:
            connection.request("POST", "/desk/connect", wanted, {"Authorization": f"Bearer {self._token}"})
            response = connection.getresponse()
            if response.status != http.client.SWITCHING_PROTOCOLS:
                raise GuestRefusal(_complaint(read_body(response, LARGEST_REFUSAL), response.status))
            if response.will_close:
                raise SandboxLost("the guest's answer about a connection makes no sense")
            reached: socket.socket = connection.sock.dup()
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise SandboxLost(f"the sandbox no longer answers ({type(error).__name__}: {error})") from error
        finally:
            connection.close()
        reached.settimeout(None)
        return reached

    def hang_up(self) -> None:
        """Close the connection of this thread; what it asks next opens another."""
        connection: _Connection | None = self._local.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()
            with contextlib.suppress(ValueError):  # close() may have forgotten it meanwhile
                self._all.remove(connection)

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._all:
            connection.close()
        self._all.clear()

    def _json(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        answer, _ = self._ask(method, path, b"" if body is None else json.dumps(body).encode(), **options)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise SandboxLost(f"the guest answered {path} with something that is not JSON") from error

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        timeout: float = ANSWER_SECONDS,
        once: bool = False,
    ) -> tuple[bytes, Any]:
        """One request that must succeed; returns its answer's body and headers."""
        response, answer = self._send(method, path, body, timeout=timeout, once=once)
        if response.status != 200:
            raise GuestRefusal(_complaint(answer, response.status))
        return answer, response.headers

    def _send(
        self,
        method: str,
        path: str,
        body: bytes,
        *,
        timeout: float,
        once: bool,
        headers: dict[str, str] | None = None,
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request. Reading requests are tried again on a fresh connection; doing ones (once) are not."""
        shown = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        for last in (once, True):
            connection, cut = self._connection(timeout), CutOff()
            try:
                if connection.sock is None:
                    connection.connect()
                # What is being done is not broken off: nobody would know how far it came.
                with cut_off(connection.sock, timeout, never if once else self.over) as cut:
                    connection.request(method, path, body, shown)
                    response = connection.getresponse()
                    answer = read_body(response, LARGEST_ANSWER)
                if cut.happened:
                    raise TimeoutError
                break
            except (OSError, ValueError, http.client.HTTPException) as error:
                connection.close()
                if cut.unwanted:
                    raise SandboxLost(f"the request {path} was broken off: the run is over") from error
                if last or cut.late:
                    why = (
                        f"{path} took over {timeout:g} s" if cut.late else f"{type(error).__name__}: {error}"
                    )
                    raise SandboxLost(f"the sandbox no longer answers ({why})") from error
        if response.length and len(answer) <= LARGEST_ANSWER:
            connection.close()
            raise SandboxLost(f"the guest did not finish its answer to {path}")
        if len(answer) > LARGEST_ANSWER:
            connection.close()
            raise SandboxLost(f"the guest answered {path} with over {LARGEST_ANSWER >> 20} MiB")
        return response, answer

    def _connection(self, timeout: float) -> _Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _Connection(self._address, timeout)
            self._all.append(connection)
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        return connection


def _pointer(headers: Any) -> ScreenPoint:
    x, y = (int(side) for side in headers["X-Cursor"].split(","))
    if max(abs(x), abs(y)) > LARGEST_SIDE:
        raise ValueError("the pointer is on no screen")
    return ScreenPoint(x, y)


def _complaint(answer: bytes, status: int) -> str:
    try:
        said = json.loads(answer)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = f"status {status}"
    return printable(str(said), " ")[:600]
