"""A web server for the pages of a task; runs inside a sandbox, under the system's Python.

    python3 serving.py FOLDER PORT ORDERS

It serves a folder on the loopback address, appends each form that is sent to it, and each address with data
in it, to the file ORDERS, as one JSON object a line, and goes to the background as soon as it can be asked.
"""

from __future__ import annotations

import functools
import html
import json
import os
import sys
import urllib.parse
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

LARGEST_FORM = 64 << 10
SOCKET_SECONDS = 60.0


class TaskPages(SimpleHTTPRequestHandler):
    """Answers with files, and keeps forms."""

    timeout = SOCKET_SECONDS

    def __init__(self, *arguments: object, orders: str, folder: str) -> None:
        self._orders = orders
        super().__init__(*arguments, directory=folder)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        length_header = self.headers.get("Content-Length", "0")
        length = int(length_header) if length_header.isdecimal() else -1
        if not 0 <= length <= LARGEST_FORM:
            self.send_error(413)
            return
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode(errors="replace")))
        self._keep(form)
        values = ", ".join(html.escape(value) for value in form.values())
        head = "<!doctype html><meta charset='utf-8'><title>Sent</title>"
        page = f"{head}<h1>Thank you</h1><p>{values}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_GET(self) -> None:
        query = urllib.parse.urlsplit(self.path).query
        if query:
            self._keep(dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
        super().do_GET()

    def _keep(self, form: dict[str, str]) -> None:
        with open(self._orders, "a", encoding="utf-8") as file:
            file.write(json.dumps(form) + "\n")

    def log_message(self, format: str, *values: object) -> None:
        """Nobody reads it."""


def main(folder: str, port: int, orders: str) -> None:
    server = ThreadingHTTPServer(
        ("127.0.0.1", port),
        functools.partial(TaskPages, orders=orders, folder=folder),  # type: ignore[arg-type]
    )
    if os.fork():
        return
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
