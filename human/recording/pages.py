"""Who has the page of a recording: which browser, which page of it, and whether it is still there."""

from __future__ import annotations

import hmac
import secrets
import threading
import time

OPEN_SECONDS, AWAY_SECONDS = 600.0, 30.0
"""How long a page may take to be opened, and how long it may be gone, before the recording ends."""

POLL_SECONDS = 5.0
"""How long a question for news waits for some."""

ALIVE_SECONDS = 2 * POLL_SECONDS
"""A page that has asked so lately is taken to be open."""


class PageHolder:
    """Which browser and which page of it operates, and when it was last heard of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.cookie = ""
        self.page = ""
        self._gone = False
        self._heard = self._made = time.monotonic()

    def enter(self, cookie: str) -> str | None:
        """A browser opens the page; its new cookie, its old one, or None if another one has it."""
        with self._lock:
            if not self.cookie:
                self.cookie = secrets.token_urlsafe(32)
                return self.cookie
            return self.cookie if self._knows(cookie) else None

    def take(self, *, over: bool) -> str | None:
        """A page of the browser wants to operate: its name, or None while another page is open."""
        with self._lock:
            if self._is_open() and not over:
                return None
            self.page = secrets.token_urlsafe(16)
            self._heard, self._gone = time.monotonic(), False
            return self.page

    def knows(self, cookie: str) -> bool:
        """Whether the cookie is that of the browser that has the recording."""
        with self._lock:
            return self._knows(cookie)

    def hears(self, page: str) -> bool:
        """Whether this is the page that operates; if so it is there."""
        with self._lock:
            mine = bool(self.page) and hmac.compare_digest(page.encode(), self.page.encode())
            if mine:
                self._heard, self._gone = time.monotonic(), False
            return mine

    def leave(self, page: str) -> None:
        """The page was closed: another may take its place at once."""
        with self._lock:
            if page == self.page:
                self._gone = True

    @property
    def is_open(self) -> bool:
        """Whether a page operates, as far as is known."""
        with self._lock:
            return self._is_open()

    def away(self) -> str:
        """How the person is gone, in words; empty while they are not, or not for long."""
        with self._lock:
            if not self.page and time.monotonic() - self._made > OPEN_SECONDS:
                return f"the page was not opened within {OPEN_SECONDS:g} s"
            if self.page and time.monotonic() - self._heard > AWAY_SECONDS:
                return f"the page was closed for over {AWAY_SECONDS:g} s"
            return ""

    def _is_open(self) -> bool:
        lately = time.monotonic() - self._heard < ALIVE_SECONDS
        return bool(self.page) and not self._gone and lately

    def _knows(self, cookie: str) -> bool:
        return bool(self.cookie) and hmac.compare_digest(cookie.encode(), self.cookie.encode())
