"""Pages in Chromium as programs of the catalogue: random ones, MiniWoB++ and hand-made applications."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from deskhand.perception.screen import Element, Screenshot
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.pages import miniwob
from deskhand.screens.pages.browser import HERE, PageBrowser
from deskhand.screens.pages.desktop import desktop_page
from deskhand.screens.pages.random_page import random_page
from deskhand.screens.scenes import HOVER, PRESS, ROW, SCROLL, SELECT, TAB, TOGGLE, WRITE, Scene
from deskhand.screens.themes import Theme
from deskhand.screens.truth import as_seen, windows_of

ON_PAGES = (HOVER, PRESS, ROW, SCROLL, SELECT, TAB, TOGGLE, WRITE)
"""What can be done to a page. A native list or menu that opens is no part of it, so none is opened."""

Turn = Callable[[PageBrowser, random.Random], str]
"""Makes or picks a page by chance, brings it to the browser, and returns its address."""


class PageProgram:
    """A program of the catalogue that is Chromium, over the whole screen, with pages of one kind.

    Args:
        name: unique in the catalogue.
        split: "train", "dev" or "test".
        turn: which page comes next.
        scales: pixels of the screen for one of the page, to choose from; none for the look's own.
        packed: gives pages as an archive.
        hints: selectors of what looks like a role that its HTML does not say.
        turns: how often another page is chosen, against other scenes.
        looks: how often to look before it is started anew.
    """

    toolkit = "web"
    executable = "chromium"

    def __init__(
        self,
        name: str,
        split: str,
        turn: Turn,
        *,
        scales: tuple[float, ...] = (),
        packed: Callable[[], bytes] = bytes,
        hints: tuple[tuple[str, str], ...] = (),
        turns: int = 8,
        looks: int = 16,
    ) -> None:
        self.name, self.split, self.looks = name, split, looks
        self._turn, self._scales, self._packed, self._hints = turn, scales, packed, hints
        self.scenes: Sequence[Scene] = (*ON_PAGES, *[Scene("another page", self._next)] * turns)
        self._running: WeakKeyDictionary[Sandbox, PageBrowser] = WeakKeyDictionary()

    def start(self, sandbox: Sandbox, look: Theme, chance: random.Random) -> None:
        """As the protocol has it; opens Chromium and shows a first page."""
        scale = chance.choice(self._scales) if self._scales else look.scale
        self._running[sandbox] = PageBrowser(sandbox, scale, self._packed(), self._hints)
        self._next(sandbox, chance, ())

    def truth(self, sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
        """What is on the page; nothing while a list or a menu of the browser's own is open over it."""
        if any(window.popup for window in windows_of(sandbox)):
            return ()
        return tuple(as_seen(screenshot, self._running[sandbox].elements()))

    def _next(self, sandbox: Sandbox, chance: random.Random, elements: Sequence[Element]) -> bool:
        browser = self._running[sandbox]
        browser.go(self._turn(browser, chance))
        return True


def _random(browser: PageBrowser, chance: random.Random) -> str:
    browser.put("page.html", random_page(chance))
    return f"/page.html?{chance.getrandbits(32)}"


def _desktop(browser: PageBrowser, chance: random.Random) -> str:
    browser.put("desktop.html", desktop_page(chance))
    return f"/desktop.html?{chance.getrandbits(32)}"


def _tasks(split: str) -> Turn:
    def turn(browser: PageBrowser, chance: random.Random) -> str:
        fit = [task for task, where in miniwob.tasks().items() if where == split]
        return miniwob.address(chance.choice(fit), chance.randrange(100_000))

    return turn


def _by_hand(page: str, asked: Sequence[str]) -> Turn:
    """A page of this folder, with some of what it can be asked for."""

    def turn(browser: PageBrowser, chance: random.Random) -> str:
        browser.put(f"{page}.html", (HERE / f"{page}.html").read_text(encoding="utf-8"))
        wanted = [one for one in asked if chance.random() < 0.4]
        return f"/{page}.html?{'&'.join([*wanted, f'n={chance.getrandbits(16)}'])}"

    return turn


def _miniwob(split: str) -> PageProgram:
    return PageProgram(
        f"miniwob-{split}",
        split,
        _tasks(split),
        scales=miniwob.SCALES,
        packed=lambda: miniwob.packed(miniwob.installed()),
        hints=miniwob.HINTS,
    )


PAGES = (
    PageProgram("random-page", "train", _random),
    PageProgram("random-desktop", "train", _desktop),
    *(_miniwob(split) for split in ("train", "dev", "test")),
    PageProgram("board", "dev", _by_hand("board", ("dark", "adding", "menu")), turns=2, looks=8),
    PageProgram("mail", "test", _by_hand("mail", ("dark", "writing")), turns=2, looks=8),
    PageProgram("checkout", "test", _by_hand("checkout", ("dark", "focus")), turns=2, looks=8),
    PageProgram("fluent", "test", _by_hand("fluent", ("dark", "asking")), turns=2, looks=8),
    PageProgram("aqua", "test", _by_hand("aqua", ("dark", "asking")), turns=2, looks=8),
    PageProgram(
        "settings",
        "test",
        _by_hand("settings", ("dark", "asking", "tab=1", "tab=2", "tab=3")),
        turns=2,
        looks=8,
    ),
)
"""The programs whose truth is reported by pages."""
