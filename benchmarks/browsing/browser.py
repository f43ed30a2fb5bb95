"""Chromium in a sandbox, showing a page; DevTools for the harness alone, through files of the home."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.vocabulary import Action, KeyUp, MouseUp, Move
from deskhand.errors import SandboxError
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.chromium import flags
from deskhand.waiting import WaitTimeout, wait_until

HERE = Path(__file__).parent
HOME = "/home/agent"
FOLDER = ".pages"
START_SECONDS = 20.0
CALL_SECONDS = 25.0
PAINT_SECONDS = 5.0
COVER = """
const cover = new CSSStyleSheet();
cover.replaceSync("html { opacity: 0 !important; }");
document.adoptedStyleSheets = [cover];
"""
"""Run in every new document: nothing of it is seen before its episode has begun."""

FLAGS = flags("--disable-pinch", "--kiosk")
HELD = ("shift", "ctrl", "alt", "super")


NAVIGATED = "Inspected target navigated"
"""What DevTools say to whoever asks a page at the moment in which it is left."""


class PageLeft(SandboxError):
    """The task's page is no longer shown, or its window was closed: whoever acts there did that."""


@dataclass(frozen=True, slots=True)
class PageState:
    """What a page says of its episode: the raw reward, whether it has ended, and why."""

    raw: float
    done: bool
    reason: str


class Browser:
    """One Chromium in kiosk mode with one page.

    Args:
        sandbox: a running desktop with Chromium.
        site: its files, as a zip archive; ``empty.html`` among them.
        scale: pixels of a screen of some size for one of the page.

    Raises:
        SandboxError: of every method: Chromium did not start, has ended, or does not answer.
    """

    def __init__(
        self, sandbox: Sandbox, site: bytes, scale: Callable[[Viewport], int] = lambda size: 1
    ) -> None:
        self.sandbox = sandbox
        self._site, self._scale = site, scale
        self._link, self._number = "", 0
        self._origin = ""
        self._window: Any = None

    def start(self) -> None:
        """Start Chromium with a fresh profile, and wait for its first page."""
        size = self.sandbox.screenshot().viewport
        scale = self._scale(size)
        self.sandbox.write_file(f"{FOLDER}/link.py", (HERE / "link.py").read_bytes())
        self.sandbox.write_file(f"{FOLDER}/site.zip", self._site)
        where = f"{HOME}/{FOLDER}"
        self._link, self._number = secrets.token_hex(8), 0
        made = self.sandbox.run(["/usr/bin/mktemp", "-d", f"{where}/profile.XXXXXX"])
        profile = made.stdout.decode(errors="replace").strip()
        line = ["chromium", *FLAGS, f"--user-data-dir={profile}", f"--force-device-scale-factor={scale}"]
        done = self.sandbox.run(["/usr/bin/python3", f"{where}/link.py", where, self._link, *line])
        if made.returncode or done.returncode:
            raise SandboxError(f"Chromium did not start: {(made.stderr + done.stderr)[-400:]!r}")
        self._origin = str(self._answer(START_SECONDS, "Chromium to start")["origin"])
        self._window = self._wait_for_window(size, scale)
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=f"(() => {{{COVER}}})()")

    def _wait_for_window(self, size: Viewport, scale: int) -> Any:
        """Wait until the window has the whole screen; returns what shows that it still has.

        On a small screen it is wider than that: Chromium's windows have a least width.
        """

        def full() -> Any:
            ratio, width, height, seen = found = self._shape()
            high = abs(height * scale - size.height) < 2 * scale
            wide = width >= size.width // scale
            return found if ratio == scale and wide and high and seen == "visible" else None

        try:
            return wait_until(full, timeout=START_SECONDS, what="Chromium to fill the screen", poll=0.02)
        except WaitTimeout as error:
            raise SandboxError(str(error)) from error

    def intact(self) -> bool:
        """Whether Chromium runs, with one page, as large and as near as at the start."""
        try:
            infos = self.call("Target.getTargets")["targetInfos"]
            pages = [info for info in infos if info.get("type") == "page"]
            return len(pages) == 1 and self._shape() == self._window
        except SandboxError:
            return False

    def _shape(self) -> Any:
        return self.js("[devicePixelRatio, innerWidth, innerHeight, document.visibilityState]")

    def stop(self) -> None:
        """End Chromium and its link, if they run, and forget their profile."""
        self.sandbox.run(["/bin/sh", "-c", f"cd {FOLDER} && kill -KILL -$(cat pid); rm -rf pid profile.*"])

    def open(self, path: str, begin: str) -> str:
        """Begin an episode; returns what the page asks for.

        Nothing that was held down stays down, and the pointer lies in the last corner.

        Args:
            path: of the page, in the site.
            begin: an expression that begins the episode and comes to the instruction. The page is covered
                by a style sheet of the document until it takes that off.
        """
        size = self.sandbox.screenshot().viewport
        corner = ScreenPoint(size.width - 2, size.height - 2)
        let_go: list[Action] = [MouseUp(button=button) for button in ("left", "middle", "right")]
        let_go += [KeyUp(key=key) for key in HELD]
        for action in (*let_go, Move(at=corner)):
            outcome = self.sandbox.perform(action)
            if not outcome.ok:
                raise SandboxError(f"{action.kind} before an episode was {outcome.status}: {outcome.reason}")
        self.call("Page.navigate", url=f"{self._origin}/empty.html")
        self._paint(blank=True)
        self.call("Page.navigate", url=f"{self._origin}/{path}")
        said = self.js(begin)
        if not isinstance(said, str) or not said.strip():
            raise SandboxError(f"the page {path} contains no instruction")
        self._paint(blank=False)
        if not self.intact():
            raise SandboxError("Chromium's window has changed its size or state")
        return said.strip()[:20_000]

    def _paint(self, blank: bool) -> None:
        """Wait until the screen has one colour, or more: what is seen then is no page from before."""

        def painted() -> bool:
            pixels = self.sandbox.screenshot().pixels
            return bool((pixels == pixels[0, 0]).all()) is blank

        what = "an empty page" if blank else "the task's page"
        try:
            wait_until(painted, timeout=PAINT_SECONDS, what=f"Chromium to paint {what}", longest_poll=0.03)
        except WaitTimeout as error:
            raise SandboxError(str(error)) from error

    def state(self) -> PageState:
        """How the episode stands.

        Raises:
            PageLeft: it stands no more.
        """
        said = self.js("globalThis.deskhandState?.()")
        try:
            return PageState(float(said["raw"]), bool(said["done"]), str(said["reason"])[:500])
        except (TypeError, ValueError, KeyError) as error:
            raise PageLeft("the page was left before it gave a reward") from error

    def js(self, expression: str) -> Any:
        """What an expression is on the page, as JSON has it; a promise is waited for."""
        said = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=False,
        )
        if "exceptionDetails" in said:
            thrown = said["exceptionDetails"].get("exception", {}).get("description", "an exception")
            raise SandboxError(f"the page says: {str(thrown)[:600]}")
        return said["result"].get("value")

    def box(self, element: str) -> Box | None:
        """Where an element is on the screen; None if it is not there. ``element`` is an expression."""
        sides = self.js(
            f"(() => {{ const e = {element}; if (!e) return null; const b = e.getBoundingClientRect();"
            " return [b.left, b.top, b.right, b.bottom].map((side) => side * devicePixelRatio); })()"
        )
        return None if sides is None else Box(*(round(side) for side in sides))

    def call(self, method: str, **params: Any) -> Mapping[str, Any]:
        """Call DevTools."""
        self._number += 1
        wanted = {"link": self._link, "id": self._number, "method": method, "params": params}
        self.sandbox.write_file(f"{FOLDER}/ask.json", json.dumps(wanted).encode())
        return self._answer(CALL_SECONDS, f"Chromium to answer {method}")

    def _answer(self, seconds: float, what: str) -> Mapping[str, Any]:
        def there() -> dict[str, Any]:
            try:
                said = json.loads(self.sandbox.read_file(f"{FOLDER}/answer.json"))
            except (SandboxError, ValueError):
                return {}
            ours = isinstance(said, dict) and said.get("link") == self._link
            ended = "gone" in said or "closed" in said
            return said if ours and (said.get("id") == self._number or ended) else {}

        try:
            said = wait_until(there, timeout=seconds, what=what, poll=0.003, longest_poll=0.02)
        except WaitTimeout as error:
            raise SandboxError(str(error)) from error
        if "closed" in said:
            raise PageLeft("Chromium was closed before the page gave a reward")
        if "result" not in said:
            why = str(said.get("gone", said.get("error", "it says nothing")))
            if NAVIGATED in why:
                raise PageLeft("the page was left while it was asked")
            raise SandboxError(f"{what}: {why}")
        result: Mapping[str, Any] = said["result"]
        return result
