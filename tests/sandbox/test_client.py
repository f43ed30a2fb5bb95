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
                        connection.recv(1 << 16)
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


@pytest.mark.parametrize("body", [b"[" * 200_000, b"[]", b"7", b"null", b'{"returncode": []}', b"\xff"])
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


def test_a_reason_of_any_length_is_cut(tmp_path: Path) -> None:
    told = {"status": "failed", "reason": "x" * 1_000_000, "milliseconds": 1.0}
    with guest(tmp_path / "s", saying(json.dumps(told).encode())) as client:
        outcome = client.perform(Move(at=ScreenPoint(1, 1)))
    assert outcome.status == "failed" and len(outcome.reason) == MOST_REASON
