"""Inside a sandbox: asks a browser of this machine through the port of its DevTools, and prints the answer.

    python3 -c SOURCE '{"ports": [1337], "do": "tabs"}'

It runs under the sandbox's own python3, by itself: the standard library is all that it has. ``do`` is
"tabs", "open" (with "urls"), "close" (with "tabs") or "look" (with "tab", "function" and "given", a list of
its arguments). It prints one line of JSON: {"answer": ...}, or {"gone": WHY} where no browser answers.
A function is called in a world of its own, in which the page's scripts have changed nothing.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import struct
import sys
import threading
import time
from typing import Any
from urllib.parse import quote, urlsplit

HOST = "127.0.0.1"
REACHED_SECONDS = 15.0
ANSWER_SECONDS = 20.0
LOAD_SECONDS = 30.0
POLL_SECONDS = 0.05
LARGEST_HEAD, LARGEST_MESSAGE = 64 << 10, 32 << 20
SEEN = "() => document.visibilityState === 'visible'"
FOCUSED = "() => document.hasFocus()"
LOADED = "() => document.readyState === 'complete'"
PAUSE = threading.Event()


class BrowserGone(Exception):
    """No browser answers, or it stopped answering."""


class PageSocket:
    """A page, spoken with by messages of a WebSocket (RFC 6455)."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._socket = socket.create_connection((HOST, parts.port or 80), ANSWER_SECONDS)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {parts.path} HTTP/1.1", f"Host: {HOST}:{parts.port}", "Upgrade: websocket",
            "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
        ]  # fmt: skip
        self._socket.sendall("\r\n".join([*lines, "\r\n"]).encode())
        self._read = b""
        while b"\r\n\r\n" not in self._read:
            if len(self._read) > LARGEST_HEAD:
                self._socket.close()
                raise BrowserGone("what answers speaks no WebSocket")
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise BrowserGone("the browser refused to be spoken with")
        self._number = 0

    def call(self, method: str, **params: Any) -> Any:
        """Ask the page; messages about other things are passed over."""
        self._number += 1
        self._send(1, json.dumps({"id": self._number, "method": method, "params": params}).encode())
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            message = json.loads(self._message())
            if message.get("id") == self._number:
                if "error" in message:
                    raise ValueError(str(message["error"].get("message"))[:300])
                return message["result"]
        raise BrowserGone(f"the browser did not answer within {ANSWER_SECONDS:g} s")

    def look(self, function: str, given: list[Any]) -> Any:
        """What a function says that is called in the page, in a world of its own."""
        frame = self.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self.call("Page.createIsolatedWorld", frameId=frame)["executionContextId"]
        answer = self.call(
            "Runtime.callFunctionOn",
            functionDeclaration=function,
            executionContextId=world,
            arguments=[{"value": value} for value in given],
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise ValueError(str(answer["exceptionDetails"].get("exception", {}).get("description"))[:300])
        return answer["result"].get("value")

    def close(self) -> None:
        """Let go of it; the page stays."""
        self._socket.close()

    def _send(self, kind: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            head = struct.pack(">BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | kind, 0x80 | 127, size)
        mask = os.urandom(4)
        self._socket.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def _message(self) -> bytes:
        whole = b""
        while True:
            first, second = self._take(2)
            kind, size = first & 0x0F, second & 0x7F
            if size >= 126:
                size = int.from_bytes(self._take(2 if size == 126 else 8), "big")
            if len(whole) + size > LARGEST_MESSAGE:
                raise BrowserGone(f"the browser answered with over {LARGEST_MESSAGE >> 20} MiB")
            data = self._take(size)
            if kind == 9:
                self._send(10, data)
            elif kind == 8:
                raise BrowserGone("the page was closed")
            elif kind in (0, 1, 2):
                whole += data
                if first & 0x80:
                    return whole

    def _take(self, size: int) -> bytes:
        while len(self._read) < size:
            self._more()
        taken, self._read = self._read[:size], self._read[size:]
        return taken

    def _more(self) -> None:
        piece = self._socket.recv(1 << 16)
        if not piece:
            raise BrowserGone("the browser broke off")
        self._read += piece


class DevTools:
    """A browser whose DevTools listen on a port."""

    def __init__(self, ports: list[int]) -> None:
        deadline = time.monotonic() + REACHED_SECONDS
        while True:
            for port in ports:
                try:
                    self._port = port
                    self.tabs()
                    return
                except (OSError, ValueError, http.client.HTTPException):
                    continue
            if time.monotonic() > deadline:
                raise BrowserGone(f"no browser answers on port {' or '.join(map(str, ports))}")
            PAUSE.wait(POLL_SECONDS)

    def tabs(self) -> list[dict[str, Any]]:
        """The pages of all windows, the one used last first."""
        return [one for one in json.loads(self._ask("GET", "/json/list")) if one.get("type") == "page"]

    def page(self, tab: str) -> PageSocket:
        """One of them, to speak with."""
        found = [one for one in self.tabs() if one["id"] == tab]
        if not found:
            raise BrowserGone("the page is no longer there")
        return PageSocket(found[0]["webSocketDebuggerUrl"])

    def new(self) -> str:
        """A new tab that shows nothing yet."""
        return str(json.loads(self._ask("PUT", "/json/new?about:blank"))["id"])

    def close(self, tab: str) -> None:
        """Close a tab, and wait until it is no longer listed."""
        self._ask("GET", f"/json/close/{quote(tab, safe='')}")
        deadline = time.monotonic() + ANSWER_SECONDS
        while any(one["id"] == tab for one in self.tabs()) and time.monotonic() < deadline:
            PAUSE.wait(POLL_SECONDS)

    def _ask(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path)
            with connection.getresponse() as response:
                return response.read(LARGEST_MESSAGE)
        finally:
            connection.close()


def tabs(browser: DevTools) -> list[dict[str, Any]]:
    """Every tab: what it shows, whether its window shows it, and whether it has the keyboard."""
    found = []
    for one in browser.tabs():
        page = PageSocket(one["webSocketDebuggerUrl"])
        try:
            seen, focused = page.look(SEEN, []), page.look(FOCUSED, [])
        except (ValueError, BrowserGone, OSError):
            seen = focused = False
        finally:
            page.close()
        found.append(
            {"id": one["id"], "url": one["url"], "title": one["title"], "seen": seen, "focused": focused}
        )
    return found


def opened(browser: DevTools, urls: list[str]) -> list[dict[str, str]]:
    """Open each address in a tab; the tabs that there were before are closed. Says what went wrong."""
    before, found = [one["id"] for one in browser.tabs()], []
    for number, url in enumerate(urls):
        tab = browser.new()
        page = browser.page(tab)
        try:
            error = page.call("Page.navigate", url=url).get("errorText", "") or loaded(page)
        except ValueError as problem:
            error = str(problem)
        finally:
            page.close()
        found.append({"url": url, "tab": tab, "error": error})
        for old in before if number == 0 else ():
            browser.close(old)
    return found


def loaded(page: PageSocket) -> str:
    """Wait until a page is there; why it is not, if it does not come."""
    deadline = time.monotonic() + LOAD_SECONDS
    while time.monotonic() < deadline:
        try:
            if page.look(LOADED, []):
                return ""
        except ValueError:
            pass  # it is being replaced
        PAUSE.wait(POLL_SECONDS)
    return f"it was not loaded within {LOAD_SECONDS:g} s"


def answered(asked: dict[str, Any]) -> Any:
    """What is asked for."""
    browser = DevTools(asked["ports"])
    if asked["do"] == "tabs":
        return tabs(browser)
    if asked["do"] == "open":
        return opened(browser, asked["urls"])
    if asked["do"] == "close":
        for tab in asked["tabs"]:
            browser.close(tab)
        return None
    page = browser.page(asked["tab"])
    try:
        return page.look(asked["function"], asked["given"])
    finally:
        page.close()


def main(asked: dict[str, Any]) -> None:
    """Print the answer."""
    try:
        said = {"answer": answered(asked)}
    except (BrowserGone, OSError, ValueError, KeyError, http.client.HTTPException) as error:
        said = {"gone": f"{error}"[:500]}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
