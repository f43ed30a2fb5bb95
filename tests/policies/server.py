"""A real HTTP server that speaks /v1/chat/completions with events, and every fault of one."""

from __future__ import annotations

import base64
import io
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Keeps each question, then behaves as the next entry of the server's list says."""

    server: ModelServer

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        self.server.questions.append(json.loads(self.rfile.read(length)))
        self.server.keys.append(self.headers.get("authorization", ""))
        self.server.paths.append(self.path)
        number = min(len(self.server.questions), len(self.server.behaviours)) - 1
        self.server.behaviours[number](self)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def head(self, status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, data: Any) -> None:
        self.wfile.write(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())


class ModelServer(ThreadingHTTPServer):
    """``questions`` holds every body that arrived, ``keys`` every Authorization header."""

    daemon_threads = True

    def __init__(self, behaviours: Sequence[Behaviour]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = list(behaviours)
        self.questions: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.paths: list[str] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[ModelServer]:
    """A server on a free port; the last behaviour goes on for all further questions."""
    server = ModelServer(behaviours)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def piece(text: str | None = None, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """One streamed piece of an answer."""
    content = delta if text is None else {"content": text, **delta}
    choice = {"index": 0, "delta": content, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}


def says(text: str, *, usage: bool = True, finish: str = "stop", **delta: Any) -> Behaviour:
    """Answer with ``text`` in two pieces, the end, and the cost if asked for."""

    def behave(handler: Handler) -> None:
        handler.head()
        half = len(text) // 2
        handler.event(piece(text[:half], role="assistant", **delta))
        handler.event(piece(text[half:]))
        handler.event(piece(finish=finish))
        if usage:
            cost = {"prompt_tokens": 321, "completion_tokens": 12, "total_tokens": 333}
            handler.event({**piece(), "choices": [], "usage": cost})
        handler.event("[DONE]")

    return behave


def fails(status: int, message: str = "no", **headers: str) -> Behaviour:
    """Answer with a status and an error in the API's form."""

    def behave(handler: Handler) -> None:
        handler.head(status, "application/json", **headers)
        handler.wfile.write(json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode())

    return behave


def is_silent(handler: Handler) -> None:
    """Take the question and never answer."""
    handler.server.over.wait(30)


def stops_half_way(handler: Handler) -> None:
    """A part of an answer, then an orderly end of the connection."""
    handler.head()
    handler.event(piece("Thought: I will"))


def breaks_a_promise_of_length(handler: Handler) -> None:
    """Fewer bytes than announced."""
    handler.head(content_length="5000")
    handler.event(piece("Thought: I will"))


def cuts_an_event(handler: Handler) -> None:
    """Half a JSON value, then the end."""
    handler.head()
    handler.wfile.write(b'data: {"choices": [{"delta": {"conte\n\n')


def resets(handler: Handler) -> None:
    """A reset instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def answers_a_page(handler: Handler) -> None:
    """Some other server's page."""
    handler.head(200, "text/html")
    handler.wfile.write(b"<html><body>Welcome</body></html>")


def has_no_choices(handler: Handler) -> None:
    """Events without a choice."""
    handler.head()
    handler.event({**piece(), "choices": []})
    handler.event("[DONE]")


def sends_an_error_event(handler: Handler) -> None:
    """An error in the middle of the stream."""
    handler.head()
    handler.event(piece("Thought"))
    handler.event({"error": {"message": "the engine died", "type": "x", "code": 500}})


def talks_odd_shapes(handler: Handler) -> None:
    """JSON that is no piece of an answer in any way."""
    handler.head()
    for odd in (42, None, "text", [1], {"choices": "x"}, {"choices": [None]}, {"choices": [{"delta": 3}]}):
        handler.event(json.dumps(odd))
    handler.event("[DONE]")


def pictures(question: dict[str, Any]) -> list[Image.Image]:
    """Every picture of a question, in order."""
    found: list[Image.Image] = []
    for message in question["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else []:
            if part["type"] == "image_url":
                head, _, data = part["image_url"]["url"].partition(",")
                assert head == "data:image/png;base64"
                found.append(Image.open(io.BytesIO(base64.b64decode(data))))
    return found


def texts(question: dict[str, Any], role: str) -> list[str]:
    """Every text that a role said, in order; parts of one message joined by line ends."""
    found = []
    for message in question["messages"]:
        if message["role"] == role:
            content = message["content"]
            parts = (
                [content] if isinstance(content, str) else [p["text"] for p in content if p["type"] == "text"]
            )
            found.append("\n".join(parts))
    return found
