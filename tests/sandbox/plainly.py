"""Requests as a client sends them that knows nothing of deskhand: the standard library's, no more."""

from __future__ import annotations

import base64
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def text(self) -> str:
        return self.body.decode()


class Client:
    """Asks a server under an address that may hold a name and a token."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.server = f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"
        self._headers = {}
        if parts.password is not None:
            shown = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
            self._headers["Authorization"] = f"Basic {base64.b64encode(shown.encode()).decode()}"

    def get(self, path: str) -> Answer:
        return self._ask(urllib.request.Request(self.server + path, headers=self._headers))

    def ask(self, method: str, path: str) -> Answer:
        """A request without a body."""
        return self._ask(urllib.request.Request(self.server + path, headers=self._headers, method=method))

    def post(self, path: str, value: Any = None) -> Answer:
        """A value as JSON."""
        return self.send(path, json.dumps(value).encode(), "application/json")

    def form(self, path: str, **fields: str) -> Answer:
        return self.send(path, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def upload(self, path: str, data: bytes, to: str) -> Answer:
        """A file, as browsers and OSWorld's client send one."""
        line = f"--{secrets.token_hex(16)}".encode()
        body = line + b'\r\nContent-Disposition: form-data; name="file_path"\r\n\r\n' + to.encode() + b"\r\n"
        body += line + b'\r\nContent-Disposition: form-data; name="file_data"; filename="a \\"b\\".bin"\r\n'
        body += b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n" + line + b"--\r\n"
        return self.send(path, body, f"multipart/form-data; boundary={line[2:].decode()}")

    def send(self, path: str, body: bytes, content_type: str) -> Answer:
        headers = self._headers | {"Content-Type": content_type}
        return self._ask(urllib.request.Request(self.server + path, body, headers, method="POST"))

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, response.headers["Content-Type"], response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers["Content-Type"], error.read())
