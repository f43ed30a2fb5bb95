"""Chromium in a sandbox, showing pages that report their own truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from deskhand.errors import SandboxError
from deskhand.perception.screen import Element
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.chromium import flags
from deskhand.screens.sets import element_of
from deskhand.waiting import WaitTimeout, wait_until

T = TypeVar("T")

HERE = Path(__file__).parent
HOME = "/home/agent"
FOLDER = "pages"
ORIGIN = "http://127.0.0.1:8765"
READY_SECONDS = 40.0
MOST_ELEMENTS = 3000
FLAGS = flags(without=("OverlayScrollbar",))


class PageBrowser:
    """One Chromium with the server of its pages. A page that does not answer any more is a SandboxError.

    Args:
        sandbox: a running desktop with Chromium.
        scale: how many pixels a CSS pixel has.
        packed: pages as a zip archive, besides those that ``put`` brings.
        hints: selectors of what looks like a role that its HTML does not say.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        scale: float = 1.0,
        packed: bytes = b"",
        hints: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._sandbox = sandbox
        self._wishes = 0
        self._asked = 0
        for name in ("truth.js", "link.js", "miniwob.js"):
            sandbox.write_file(f"{FOLDER}/script/{name}", (HERE / name).read_bytes())
        said = f"globalThis.deskhandHints = {json.dumps(hints)};"
        sandbox.write_file(f"{FOLDER}/script/hints.js", said.encode())
        sandbox.write_file(f"{FOLDER}/server.py", (HERE / "server.py").read_bytes())
        sandbox.write_file(f"{FOLDER}/site/empty.html", b"<!doctype html><title>empty</title>")
        if packed:
            sandbox.write_file(f"{FOLDER}/site.zip", packed)
        done = sandbox.run(["/usr/bin/python3", f"{HOME}/{FOLDER}/server.py", f"{HOME}/{FOLDER}"])
        if done.returncode:
            raise SandboxError(f"the server of pages did not start: {done.stderr[-400:]!r}")
        sandbox.launch("chromium", [*FLAGS, f"--force-device-scale-factor={scale:g}", *self._window()])
        self._wait_for("/empty.html")

    def _window(self) -> list[str]:
        return [f"--user-data-dir={HOME}/.{FOLDER}-profile", "--kiosk", f"{ORIGIN}/empty.html"]

    def put(self, name: str, page: str) -> None:
        """Add a page to those that are served."""
        self._sandbox.write_file(f"{FOLDER}/site/{name}", page.encode())

    def go(self, address: str) -> None:
        """Go to a page, by its path and query, and wait until it is laid out and painted.

        The page before is emptied first: what is painted after that can only be the new one.
        """
        self._wish({"blank": True})
        self._wait_until(self._blank, "Chromium to empty the page before")
        self._wish({"go": address})
        self._wait_for(address)
        self._wait_until(lambda: not self._blank(), f"Chromium to paint {address}")

    def _blank(self) -> bool:
        """Whether the whole screen has one colour."""
        pixels = self._sandbox.screenshot().pixels
        return bool((pixels == pixels[0, 0]).all())

    def elements(self) -> tuple[Element, ...]:
        """What is to be seen on the page now, as its own script reports it.

        Raises:
            SandboxError: the page does not answer, or what it says is no truth.
        """
        self._asked += 1
        self._wish({"tell": self._asked})
        data = self._wait_for_file(
            f"truth-{self._asked}.json", lambda data: True, "the page to report what is on it"
        )
        try:
            said = json.loads(data)
            if "error" in said:
                raise ValueError(said["error"])
            return tuple(element_of(one) for one in said["elements"][:MOST_ELEMENTS])
        except (ValueError, TypeError, KeyError) as error:
            raise SandboxError(f"a page reported no elements: {str(error)[:600]}") from error

    def _wish(self, wish: dict[str, Any]) -> None:
        self._wishes += 1
        self._sandbox.write_file(f"{FOLDER}/desk/wish-{self._wishes}.json", json.dumps(wish).encode())

    def _wait_for(self, address: str) -> None:
        wanted = json.dumps(address).encode()
        self._wait_for_file("ready.json", lambda data: data == wanted, f"Chromium to show {address}")

    def _wait_for_file(self, name: str, good: Callable[[bytes], bool], what: str) -> bytes:
        def there() -> bytes:
            try:
                data = self._sandbox.read_file(f"{FOLDER}/desk/{name}")
            except SandboxError:
                return b""
            return data if good(data) else b""

        return self._wait_until(there, what)

    def _wait_until(self, condition: Callable[[], T], what: str) -> T:
        try:
            return wait_until(condition, timeout=READY_SECONDS, what=what, poll=0.01, longest_poll=0.05)
        except WaitTimeout as error:
            raise SandboxError(str(error)) from error
