"""Typing measured: twelve texts into ten kinds of field under seven layouts, read back to the letter."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from deskhand.actions.vocabulary import Key, Type
from deskhand.errors import SandboxError
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import WaitTimeout, wait_until

Row = dict[str, Any]

TEXTS = (
    "hello world", "Zürich", "Zoë 北京", "안녕하세요", "Привет, мир", "ελληνικά", "😀 and é",
    "C:\\Users\\me\\new",
    "a@b.de [x] {y} ~ | ^ `", "\"two\" 'one' <t> & €", "Room 12, 3rd floor", "naïve façade — déjà vu",
)  # fmt: skip

LAYOUTS: dict[str, tuple[str, ...]] = {
    "us": ("us",), "de": ("de",), "fr": ("fr",), "ru": ("ru",), "us-intl": ("us", "-variant", "intl"),
    "dvorak": ("us", "-variant", "dvorak"), "us+ru": ("us,ru",),
}  # fmt: skip
"""Name -> the arguments of setxkbmap; of ``us+ru`` the second group is switched on."""

COLUMNS = {
    "exact": "texts that arrived to the letter, of twelve",
    "wrong and ok": "texts that did not, though the outcome was ok",
    "clipboard": "times that what was copied before was there afterwards",
    "ms": "median milliseconds a text, waits included",
}

KEPT = "what was copied before"
PAGE = """<!doctype html><meta charset="utf-8"><title>{kind}</title><body>{field}
<script>const f = document.querySelector(".f"); f.focus(); {more}</script>"""
REFUSES = "f.onpaste = event => event.preventDefault();"
PAGES = {
    "chromium input": ('<input class="f" size="60">', ""),
    "chromium textarea": ('<textarea class="f" rows="4" cols="60"></textarea>', ""),
    "chromium editable": ('<div class="f" contenteditable style="border: 1px solid; height: 4em"></div>', ""),
    "chromium refuses paste": ('<input class="f" size="60">', REFUSES),
}
TK = "import tkinter as t; r = t.Tk(); e = t.Entry(r, width=60); e.pack(); e.focus_force(); r.mainloop()"
SECOND_GROUP = (
    "import ctypes; x = ctypes.CDLL('libX11.so.6'); x.XOpenDisplay.restype = ctypes.c_void_p; "
    "d = ctypes.c_void_p(x.XOpenDisplay(None)); x.XkbLockGroup(d, 0x100, {group}); x.XSync(d, 0)"
)


@dataclass(frozen=True, slots=True)
class Field:
    """A kind of field: how it is opened, and how what is in it is brought to the clipboard.

    Attributes:
        before: keys before a text is typed, with which the field is empty.
        after: keys after it, with which the text is on the clipboard.
    """

    open: Callable[[Lightbox], None]
    before: Sequence[tuple[str, ...]] = (("ctrl", "a"), ("delete",))
    after: Sequence[tuple[str, ...]] = (("ctrl", "a"), ("ctrl", "c"))


def _launch(program: str, *arguments: str) -> Callable[[Lightbox], None]:
    return lambda desktop: desktop.launch(program, arguments)


def _page(kind: str) -> Callable[[Lightbox], None]:
    def start(desktop: Lightbox) -> None:
        field, more = PAGES[kind]
        desktop.write_file("page.html", PAGE.format(kind=kind, field=field, more=more).encode())
        desktop.launch("chromium", ["file:///home/agent/page.html"])

    return start


def _dialog(desktop: Lightbox) -> None:
    desktop.launch("qpdfview")
    _quiet(desktop)
    desktop.perform(Key(keys=("ctrl", "o")))


_CELL = (("enter",), ("up",), ("ctrl", "c"))
FIELDS: dict[str, Field] = {
    "gtk text": Field(_launch("mousepad")),
    **{kind: Field(_page(kind)) for kind in PAGES},
    "calc cell": Field(_launch("libreoffice-calc"), (("delete",),), _CELL),
    "calc cell, edited": Field(_launch("libreoffice-calc"), (("delete",), ("f2",)), _CELL),
    "qt line": Field(_dialog),
    "tk entry": Field(
        _launch("python3", "-c", TK), (("ctrl", "/"), ("delete",)), (("ctrl", "/"), ("ctrl", "c"))
    ),
    "xterm": Field(_launch("xterm", "-e", "tee", "typed.txt"), (), (("enter",),)),
}


def rows(fields: Sequence[str], layouts: Sequence[str], texts: Sequence[str] = TEXTS) -> Iterator[Row]:
    """A row for each field and layout, in which a field that cannot be opened here says so."""
    with Lightbox() as desktop:
        for name in fields:
            for layout in layouts:
                try:
                    yield {"field": name, "layout": layout, **_measured(desktop, name, layout, texts)}
                except (SandboxError, WaitTimeout) as error:
                    yield {"field": name, "layout": layout, "note": str(error)[:80]}


def _measured(desktop: Lightbox, name: str, layout: str, texts: Sequence[str]) -> Row:
    field = FIELDS[name]
    desktop.reset()
    field.open(desktop)
    _quiet(desktop)
    exact = wrong = kept = 0
    seconds = []
    notes = []
    for number, text in enumerate(texts, 1):
        _press(desktop, field.before)
        _copy(desktop, KEPT)
        set_layout(desktop, layout)
        began = time.monotonic()
        outcome = desktop.perform(Type(text=text))
        seconds.append(time.monotonic() - began)
        set_layout(desktop, "us")
        kept += _pasted(desktop) == KEPT
        found = _read_back(desktop, name, field, number)
        exact += found == text
        wrong += found != text and outcome.ok
        if found != text:
            notes.append(f"{text!r} -> {found!r} ({outcome.status})")
    return {
        "exact": exact,
        "wrong and ok": wrong,
        "clipboard": kept,
        "ms": round(statistics.median(seconds) * 1e3),
        "note": "; ".join(notes)[:160],
    }


def set_layout(desktop: Lightbox, layout: str) -> None:
    """Set a keyboard layout of ``LAYOUTS`` while the desktop runs."""
    desktop.run(["setxkbmap", *LAYOUTS[layout]])
    group = int(layout == "us+ru")
    desktop.run(["python3", "-c", SECOND_GROUP.format(group=group)])


def _press(desktop: Lightbox, chords: Sequence[tuple[str, ...]]) -> None:
    for keys in chords:
        desktop.perform(Key(keys=keys))


def _copy(desktop: Lightbox, text: str) -> None:
    desktop.run(["sh", "-c", "xclip -selection clipboard -i >/dev/null 2>&1"], stdin=text.encode())


def _pasted(desktop: Lightbox) -> str:
    line = ["timeout", "3", "xclip", "-selection", "clipboard", "-o", "-target", "UTF8_STRING"]
    return desktop.run(line).stdout.decode(errors="replace")


def _read_back(desktop: Lightbox, name: str, field: Field, number: int) -> str:
    """What is in the field now; ``number`` texts were typed into it."""
    _quiet(desktop)
    _copy(desktop, "")
    _press(desktop, field.after)
    if name == "xterm":
        return _last_line(desktop, number)
    try:
        found = wait_until(lambda: _pasted(desktop), timeout=3.0, what="a text to be copied", poll=0.05)
        return found.rstrip("\n")
    except WaitTimeout:
        return ""


def _last_line(desktop: Lightbox, number: int) -> str:
    def lines() -> list[str]:
        return desktop.read_file("typed.txt").decode(errors="replace").splitlines()

    try:
        return wait_until(lambda: lines()[number - 1 :], timeout=3.0, what="a line to be written", poll=0.05)[
            0
        ]
    except WaitTimeout:
        return ""


def _quiet(desktop: Lightbox) -> None:
    settle(desktop.screenshot, quiet=0.3, timeout=10.0)
