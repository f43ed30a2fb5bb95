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
import ssl
import struct
import zlib
from typing import Any
from urllib.parse import unquote, urlsplit

from PIL import Image
from pydantic import BaseModel, ValidationError

from deskhand.errors import SandboxError, SandboxLost, UsageError
from deskhand.perception.screen import Pixels, as_pixels
from deskhand.sandbox.cutoff import cut_off, read_body

PATIENCE_SECONDS = 60.0
LARGEST_ANSWER = 96 << 20
LARGEST_SIDE = 16384
MOST_PIXELS = 64 << 20
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
        url: http://HOST:PORT, http://USER:TOKEN@HOST:PORT, or the same with https.
        patience: seconds to wait for an answer, beside the time that the request itself takes.

    Attributes:
        address: where it is, in words that may be shown: without the token.

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
        self._base = parts.path.rstrip("/")
        self._patience = patience
        self._headers = {}
        if parts.password is not None:
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
        if status in (401, 403):
            raise RemoteRefusal(
                f"{self.address} does not take this token: give it as http://desk:TOKEN@HOST:PORT", status
            )
        raise SandboxLost(said) if status in _GONE else RemoteRefusal(said, status)

    def _exchange(
        self, method: str, path: str, body: bytes, content_type: str, seconds: float, most: int
    ) -> tuple[int, bytes]:
        headers = self._headers | {"Content-Type": content_type, "Connection": "close"}
        with contextlib.closing(self._connection()) as connection:
            try:
                connection.connect()
            except (OSError, ValueError) as error:
                raise SandboxLost(
                    f"no answer from {self.address} ({error}): is its server running, and is this its "
                    "port? OSWorld's own listens on 5000"
                ) from error
            with cut_off(connection.sock, seconds) as late:
                try:
                    connection.request(method, self._base + path, body, headers)
                    with connection.getresponse() as response:
                        answer = read_body(response, most)
                        left = response.length
                except (OSError, ValueError, http.client.HTTPException) as error:
                    if late.is_set():
                        raise self._too_late(path, seconds) from error
                    raise SandboxLost(
                        f"{self.address} broke off its answer to {path} ({type(error).__name__})"
                    ) from error
            if late.is_set():
                raise self._too_late(path, seconds)
        if len(answer) > most:
            raise SandboxLost(f"{self.address} answered {path} with over {most >> 20} MiB")
        if left:
            raise SandboxLost(f"{self.address} broke off its answer to {path}")
        return response.status, answer

    def _too_late(self, path: str, seconds: float) -> SandboxLost:
        return SandboxLost(f"{self.address} did not answer {path} within {seconds:g} s")

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._patience, context=context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._patience)


def _decoded(png: bytes) -> Pixels:
    """A PNG's pixels. Its size is checked before any of them is unpacked.

    Raises:
        ValueError: it is no PNG, damaged, or too large.
    """
    if not png.startswith(b"\x89PNG\r\n\x1a\n") or png[12:16] != b"IHDR" or len(png) < 33:
        raise ValueError(f"it begins with {png[:16]!r}")
    width, height = struct.unpack(">II", png[16:24])
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and width * height <= MOST_PIXELS):
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
