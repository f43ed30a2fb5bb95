"""A guest that answers nonsense, for ever, or half is lost in time, and no error of Python's own."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Move
from deskhand.errors import SandboxError, SandboxLost
from deskhand.sandbox.client import MOST_REASON, GuestClient


@contextlib.contextmanager
def guest(path: Path, talk: Callable[[socket.socket], None]) -> Iterator[GuestClient]:
    """A real server on a unix socket that says what ``talk`` says to every connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        listen(connection)
                        talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        client = GuestClient(path, "token")
        try:
            yield client
        finally:
            client.close()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def listen(connection: socket.socket) -> None:
    """Take one whole request."""
    with connection.makefile("rb") as asked:
        lengths = [
            line.split(b":")[1] for line in iter(asked.readline, b"\r\n") if line.startswith(b"Content-L")
        ]
        asked.read(int(lengths[0]) if lengths else 0)


def saying(body: bytes, promised: int | None = None) -> Callable[[socket.socket], None]:
    length = len(body) if promised is None else promised
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nX-Cursor: 1,1\r\nConnection: close\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def for_ever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def test_a_guest_that_says_to_go_on_for_ever_is_cut_off(tmp_path: Path) -> None:
    with guest(tmp_path / "s", for_ever) as client:
        assert not client.answers(0.3)
        with pytest.raises(SandboxLost):
            client.check("code", timeout=0.3)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b"[]",
        b"7",
        b"null",
        b'{"returncode": []}',
        b'{"returncode": Infinity, "stdout": "", "stderr": ""}',
        b"\xff",
    ],
)
def test_an_answer_that_makes_no_sense_is_a_lost_sandbox(tmp_path: Path, body: bytes) -> None:
    with guest(tmp_path / "s", saying(body)) as client:
        with pytest.raises(SandboxError):
            client.check("code", timeout=5)
        with pytest.raises(SandboxLost):
            client.run(["true"], 5, b"")
        with contextlib.suppress(SandboxLost):
            assert client.files() == (), "an empty list is a list of files"
        assert client.perform(Move(at=ScreenPoint(1, 1))).status == "unknown"


def test_half_an_answer_is_none(tmp_path: Path) -> None:
    with guest(tmp_path / "s", saying(b"half of a file", promised=100)) as client, pytest.raises(SandboxLost):
        client.read_file("a.txt")


@pytest.mark.parametrize("head", [b"HTTP/1.0 101 x", b"HTTP/1.1 101 x\r\nConnection: close", b"101"])
def test_a_connection_that_is_no_connection_is_a_lost_sandbox(tmp_path: Path, head: bytes) -> None:
    with (
        guest(tmp_path / "s", lambda connection: connection.sendall(head + b"\r\n\r\n")) as client,
        pytest.raises(SandboxLost),
    ):
        client.connect(80)


def test_a_reason_of_any_length_is_cut(tmp_path: Path) -> None:
    told = {"status": "failed", "reason": "x" * 1_000_000, "milliseconds": 1.0}
    with guest(tmp_path / "s", saying(json.dumps(told).encode())) as client:
        outcome = client.perform(Move(at=ScreenPoint(1, 1)))
    assert outcome.status == "failed" and len(outcome.reason) == MOST_REASON


def test_a_complaint_about_a_long_answer_is_cut_too(tmp_path: Path) -> None:
    told = {"status": "ok", **{f"more-{number}": 1 for number in range(10_000)}}
    with guest(tmp_path / "s", saying(json.dumps(told).encode())) as client:
        outcome = client.perform(Move(at=ScreenPoint(1, 1)))
    assert outcome.status == "unknown"
    assert len(outcome.reason) <= MOST_REASON


def test_a_chunk_of_a_negative_size_is_not_read_without_a_bound(tmp_path: Path) -> None:
    sent = 0

    def talk(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n")
        while sent < 64 << 20:
            sent += connection.send(bytes(1 << 20))

    with guest(tmp_path / "s", talk) as client:
        with pytest.raises(SandboxLost):
            client.read_file("a.txt")
        assert sent < 16 << 20, "it hung up"


def test_what_was_cut_off_is_not_asked_again(tmp_path: Path) -> None:
    asked: list[None] = []

    def talk(connection: socket.socket) -> None:
        asked.append(None)
        for_ever(connection)

    with guest(tmp_path / "s", talk) as client, pytest.raises(SandboxLost, match="took over"):
        client.check("code", timeout=0.3)
    assert len(asked) == 1


def test_a_pointer_that_is_on_no_screen_makes_no_sense(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\nX-Cursor: 1," + b"9" * 4000 + b"\r\n\r\n"
    with guest(tmp_path / "s", lambda it: it.sendall(head + b'{"status":"ok"}')) as client:
        assert client.perform(Move(at=ScreenPoint(1, 1))).status == "unknown"
