"""Who watches a run: browsers that were let in, their pages, and the one page that operates."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Literal

from deskhand.errors import UsageError

POLL_SECONDS = 5.0
"""How long a question for news waits for some."""
ALIVE_SECONDS = 2 * POLL_SECONDS
"""A page that has asked so lately is taken to be open."""
MOST_BROWSERS = 20
MOST_PAGES = 100

Role = Literal["in charge", "watching"]
"""What a browser may do. The first that opens the link is in charge; it invites others, who watch."""


@dataclass(slots=True)
class _Page:
    browser: str
    heard: float
    told: int = 0


class Viewers:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._browsers: dict[str, Role] = {}
        self._invitations: dict[str, Role] = {}
        self._pages: dict[str, _Page] = {}
        self._driver = ""

    def enter(self, cookie: str, invitation: str) -> str | None:
        """A browser opens the page; its cookie, or None for one that nobody let in.

        Args:
            cookie: what it was given before, if it was.
            invitation: of the link that it followed; each lets in one browser.
        """
        with self._lock:
            role = self._invitations.pop(invitation, None)  # used up, whoever follows it
            if cookie in self._browsers:
                return cookie
            if not self._browsers:
                return self._let_in("in charge")
            return self._let_in(role) if role is not None else None

    def invite(self, role: Role = "watching") -> str:
        """What lets one more browser in.

        Raises:
            UsageError: so many watch already that no more are let in.
        """
        with self._lock:
            if len(self._browsers) + len(self._invitations) >= MOST_BROWSERS:
                raise UsageError(f"{MOST_BROWSERS} browsers were let in or invited already; no more are")
            code = secrets.token_urlsafe(24)
            self._invitations[code] = role
            return code

    def role(self, cookie: str) -> Role | None:
        """What a browser may do; None for one that was not let in."""
        with self._lock:
            return self._browsers.get(cookie)

    def open(self, cookie: str) -> str:
        """A browser that was let in shows the page once more; the page's name."""
        with self._lock:
            page = secrets.token_urlsafe(16)
            while len(self._pages) >= MOST_PAGES:
                del self._pages[min(self._pages, key=lambda name: self._pages[name].heard)]
            self._pages[page] = _Page(cookie, time.monotonic())
            return page

    def hears(self, cookie: str, page: str) -> bool:
        """Whether this is a page of that browser; if so it is there."""
        with self._lock:
            found = self._pages.get(page)
            if found is None or found.browser != cookie:
                return False
            found.heard = time.monotonic()
            return True

    def leave(self, cookie: str, page: str) -> None:
        """A page was closed."""
        with self._lock:
            found = self._pages.get(page)
            if found is not None and found.browser == cookie:
                del self._pages[page]

    def drive(self, page: str) -> bool:
        """From now on this page operates; whether it is another one than before."""
        with self._lock:
            changed, self._driver = page != self._driver, page
            return changed

    def drives(self, page: str) -> bool:
        """Whether this is the page that operates."""
        with self._lock:
            return bool(page) and page == self._driver

    @property
    def driver_is_here(self) -> bool:
        """Whether the page that operates is open, as far as is known."""
        with self._lock:
            found = self._pages.get(self._driver)
            return found is not None and self._is_open(found)

    def tell(self, page: str, version: int) -> None:
        """A page was told everything up to a version."""
        with self._lock:
            if page in self._pages:
                self._pages[page].told = version

    def all_told(self, version: int) -> bool:
        """Whether every page that is open knows everything up to a version."""
        with self._lock:
            return all(one.told >= version for one in self._pages.values() if self._is_open(one))

    def _is_open(self, page: _Page) -> bool:
        return time.monotonic() - page.heard < ALIVE_SECONDS

    def _let_in(self, role: Role) -> str:
        cookie = secrets.token_urlsafe(32)
        self._browsers[cookie] = role
        return cookie
