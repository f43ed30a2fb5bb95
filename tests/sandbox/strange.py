"""Machines that are not what they should be: real HTTP servers that answer as a test wants."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Asked(BaseHTTPRequestHandler):
    """One request; the server's ``answer`` does what it likes with it."""

    server: _Server

    def do_GET(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with contextlib.suppress(OSError):
            self.server.answer(self)
        self.close_connection = True

    do_POST = do_GET

    def reply(self, body: bytes, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Tests say what they need to."""


Answering = Callable[[Asked], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for their end
    answer: Answering

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other end has hung up, which is what it should do here."""


@contextlib.contextmanager
def machine(answer: Answering, secrecy: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that gives every request to ``answer``; yields its address, https with ``secrecy``."""
    with _Server(("127.0.0.1", 0), Asked) as server:
        server.answer = answer
        if secrecy is not None:
            server.socket = secrecy.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"{'https' if secrecy else 'http'}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
