"""The host's side of OSWorld's guest protocol: requests to a machine that is known by its address.

Each request has a connection of its own, and an end: a machine that talks too slowly or too much is
cut off. Whatever it answers is a stranger's data.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import json
import secrets
import socket
import ssl
import struct
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from PIL import Image
from pydantic import BaseModel, ValidationError

from deskhand.credentials import token_in_path
from deskhand.errors import SandboxError, SandboxLost, UsageError
from deskhand.perception.screen import MOST_SCREEN_PIXELS, Pixels, as_pixels
from deskhand.sandbox.cutoff import CutOff, cut_off, never, read_body

PATIENCE_SECONDS = 60.0
CONNECT_SECONDS = 10.0
LARGEST_ANSWER = 96 << 20
LARGEST_SIDE = 16384
LONGEST_COMPLAINT = 500

_GONE = frozenset({502, 503, 504})
"""What gateways say when the machine behind them does not answer."""


class RemoteRefusal(SandboxError):
    """The machine answered, and not with what was asked for; ``status`` is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Executed(BaseModel):
    """A program that the machine ran."""

    output: str
    error: str = ""
    returncode: int


class Machine:
    """A machine that speaks OSWorld's guest protocol.

    Args:
        url: http://HOST:PORT, http://USER:TOKEN@HOST:PORT, http://HOST:PORT/TOKEN with a token of
            ``deskhand sandbox serve``, or the same with https.
        patience: seconds to wait for an answer, beside the time that the request itself takes.

    Attributes:
        address: where it is, in words that may be shown: without the token.
        over: asked while a request goes on, from other threads; once it is true the request is broken off.

    Raises:
        UsageError: the URL is none of these.
    """

    def __init__(self, url: str, patience: float = PATIENCE_SECONDS) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageError("a machine's address is http://HOST:PORT or http://desk:TOKEN@HOST:PORT")
        self._secure, self._host = parts.scheme == "https", parts.hostname
        self._port = port if port is not None else 443 if self._secure else 80
        token = token_in_path(url)  # from here on it stands in no path, which logs would show
        self._base = "" if token else parts.path.rstrip("/")
        self._patience = patience
        self.over: Callable[[], bool] = never
        self._headers = {}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        elif parts.password is not None:
            shown = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(shown.encode()).decode()}"
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.address = f"{parts.scheme}://{host}:{self._port}{self._base}"

    def screenshot(self) -> Pixels:
        """The screen, without the pointer where the machine knows how to leave it out."""
        png = self.ask("GET", "/screenshot?pointer=no")
        try:
            return _decoded(png)
        except ValueError as error:
            raise SandboxError(
                f"{self.address} does not speak OSWorld's guest protocol: its "
                f"screenshot is not a PNG ({error})"
            ) from error

    def execute(self, command: list[str], timeout: float, most: int = LARGEST_ANSWER) -> Executed:
        """Have the machine run a program, without a shell, at most once.

        Args:
            timeout: seconds that it may take. OSWorld's own server gives every program 120.
            most: bytes that the answer may have.
        """
        wanted = {"command": command, "shell": False, "timeout": timeout}
        answer = self.ask("POST", "/execute", json.dumps(wanted).encode(), extra=timeout, most=most)
        try:
            return Executed.model_validate_json(answer)
        except ValidationError as error:
            raise SandboxLost(f"{self.address} answered /execute with something else") from error

    def upload(self, path: str, data: bytes) -> None:
        """Write a file of the machine."""
        boundary = secrets.token_hex(24)
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
            + value
            + b"\r\n"
            for name, more, value in (
                ("file_path", "", path.encode()),
                ("file_data", '; filename="file"\r\nContent-Type: application/octet-stream', data),
            )
        )
        body += f"--{boundary}--\r\n".encode()
        self.ask("POST", "/setup/upload", body, content_type=f"multipart/form-data; boundary={boundary}")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = "application/json",
        extra: float = 0.0,
        most: int = LARGEST_ANSWER,
    ) -> bytes:
        """One request, sent once; returns its answer.

        Raises:
            SandboxLost: nobody answers, too late, too much, or the answer breaks off.
            Refused: the machine says no.
        """
        status, answer = self._exchange(method, path, body, content_type, self._patience + extra, most)
        if status == 200:
            return answer
        said = f"{self.address} answered {path} with status {status}: {complaint(answer)}"
        if 300 <= status < 400:
            raise RemoteRefusal(
                f"{self.address} answered {path} with status {status}: it sends on to another address, to "
                "which nothing is sent; give the address of the machine itself",
                status,
            )
        if status in (401, 403):
            raise RemoteRefusal(
                f"{self.address} does not take this token: give it as http://desk:TOKEN@HOST:PORT", status
            )
        raise SandboxLost(said) if status in _GONE else RemoteRefusal(said, status)

    def _exchange(
        self, method: str, path: str, body: bytes, content_type: str, seconds: float, most: int
    ) -> tuple[int, bytes]:
        headers = self._headers | {"Content-Type": content_type, "Connection": "close"}
        with contextlib.closing(http.client.HTTPConnection(self._host, self._port)) as connection:
            try:
                reached = socket.create_connection(
                    (self._host, self._port), min(CONNECT_SECONDS, self._patience)
                )
            except (OSError, ValueError) as error:
                raise self._nobody(error) from error
            with cut_off(reached, seconds, self.over) as cut:
                try:
                    connection.sock = self._secured(reached)
                    connection.request(method, self._base + path, body, headers)
                    with connection.getresponse() as response:
                        self._refuse_encoded(response, path)
                        answer = read_body(response, most)
                        left = response.length
                except (OSError, ValueError, http.client.HTTPException) as error:
                    if cut.happened:
                        raise self._ended(cut, path, seconds) from error
                    if isinstance(error, ssl.SSLError):
                        raise self._nobody(error) from error
                    raise SandboxLost(
                        f"{self.address} broke off its answer to {path} ({type(error).__name__})"
                    ) from error
                finally:
                    reached.close()
            if cut.happened:
                raise self._ended(cut, path, seconds)
        if len(answer) > most:
            raise SandboxLost(f"{self.address} answered {path} with over {most >> 20} MiB")
        if left:
            raise SandboxLost(f"{self.address} broke off its answer to {path}")
        return response.status, answer

    def _refuse_encoded(self, response: http.client.HTTPResponse, path: str) -> None:
        """Nothing is unpacked that was not asked for packed: a small answer could be a huge one."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise SandboxLost(
                f"{self.address} answered {path} encoded in a way that was not asked for ({encoding[:20]!r})"
            )

    def _ended(self, cut: CutOff, path: str, seconds: float) -> SandboxLost:
        if cut.unwanted:
            return SandboxLost(f"the request {path} to {self.address} was broken off: the run is over")
        return SandboxLost(f"{self.address} did not answer {path} within {seconds:g} s")

    def _nobody(self, error: Exception) -> SandboxLost:
        return SandboxLost(
            f"no answer from {self.address} ({error}): is its server running, and is this its "
            "port? OSWorld's own listens on 5000"
        )

    def _secured(self, reached: socket.socket) -> socket.socket:
        """The connection, with TLS where the address is https: a handshake may drip, too."""
        if not self._secure:
            return reached
        return ssl.create_default_context().wrap_socket(reached, server_hostname=self._host)


def _decoded(png: bytes) -> Pixels:
    """A PNG's pixels. Its size is checked before any of them is unpacked.

    Raises:
        ValueError: it is no PNG, damaged, or too large.
    """
    if not png.startswith(b"\x89PNG\r\n\x1a\n") or png[12:16] != b"IHDR" or len(png) < 33:
        raise ValueError(f"it begins with {png[:16]!r}")
    width, height = struct.unpack(">II", png[16:24])
    if not (
        0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and width * height <= MOST_SCREEN_PIXELS
    ):
        raise ValueError(f"its size is {width}x{height}")
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            if image.size != (width, height):
                raise ValueError("it has two sizes")
            return as_pixels(image.convert("RGB"))
    except (OSError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def complaint(answer: bytes) -> str:
    """What a machine says went wrong, bounded."""
    try:
        answered: Any = json.loads(answer)
        words = answered.get("message") or answered.get("error") or ""
    except (ValueError, AttributeError, RecursionError):
        words = answer[: LONGEST_COMPLAINT * 4].decode(errors="replace")
    return str(words)[:LONGEST_COMPLAINT]
