"""What was typed in secret, and where else it shows: in texts, in files, on a screen."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from difflib import SequenceMatcher

from deskhand.actions.geometry import Box, Viewport
from deskhand.perception.regions import grown
from deskhand.perception.screen import Element
from deskhand.trajectories.records import HIDDEN_TEXT

MOST_UNPACKED, MOST_MEMBERS = 128 << 20, 10_000
"""Bytes and members of a zip that are looked into."""
ROOM = 3
"""Pixels around what is hidden that are painted too."""

SHORTEST_FOUND = 3
"""Letters that a secret must have to be looked for elsewhere: shorter ones stand everywhere."""

_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError)
"""What is raised for zips that are damaged, encrypted or packed in another way."""
ALIKE = 0.8
"""How like a secret a text must be that was read off the screen; reading errs."""


class Secrets:
    """What was typed in secret, kept in memory only, and how to find it elsewhere."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        """Remember a text; an empty one is none."""
        if text and text not in self._texts:
            self._texts.append(text)

    def in_text(self, text: str) -> bool:
        """Whether a text holds one of them, perhaps read a little wrong."""
        plain = _plain(text)
        for secret in map(_plain, self._texts):
            if len(secret) < SHORTEST_FOUND:
                continue
            if secret in plain:
                return True
            if len(plain) >= len(secret) * ALIKE and _close(secret, plain):
                return True
        return False

    def in_bytes(self, data: bytes) -> bool:
        """Whether a file holds one of them, also packed in a zip, as office documents are.

        One that cannot be looked into counts as holding one.
        """
        if self._texts and data.startswith(b"PK\x03\x04"):
            return self._in_plain(data) or self._in_zip(data)
        return self._in_plain(data)

    def _in_zip(self, data: bytes) -> bool:
        left = MOST_UNPACKED
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                for member in packed.infolist()[:MOST_MEMBERS]:
                    with packed.open(member) as file:
                        content = file.read(left + 1)
                    left -= len(content)
                    if left < 0 or self._in_plain(content) or self._in_plain(_joined(content)):
                        return True
                return len(packed.infolist()) > MOST_MEMBERS
        except (
            zipfile.BadZipFile,
            OSError,
            RuntimeError,
            ValueError,
            NotImplementedError,
            zlib.error,
            EOFError,
        ):
            return True

    def _in_plain(self, data: bytes) -> bool:
        return any(
            len(secret) >= SHORTEST_FOUND and secret.encode(encoding, "ignore") in data
            for secret in self._texts
            for encoding in ("utf-8", "utf-16-le", "latin-1")
        )

    def scrubbed(self, text: str) -> str:
        """A text without them."""
        for secret in sorted(self._texts, key=len, reverse=True):
            if len(secret) >= SHORTEST_FOUND:
                text = re.sub(re.escape(secret), HIDDEN_TEXT, text, flags=re.IGNORECASE)
        return text


def _joined(content: bytes) -> bytes:
    """Text of XML without its tags, which may stand in the middle of a word."""
    return re.sub(rb"<[^<>]{0,2000}>", b"", content)


def showing(secrets: Secrets, elements: Iterable[Element]) -> list[Box]:
    """The boxes of elements on which a secret can be read."""
    return [
        one.box
        for one in elements
        if one.role != "window" and (secrets.in_text(one.text) or secrets.in_text(one.label))
    ]


def clipped(boxes: Iterable[Box], viewport: Viewport) -> tuple[Box, ...]:
    """Boxes with room around them, cut at the screen; each once, those inside others left out."""
    screen = Box(0, 0, viewport.width, viewport.height)
    fit = sorted({grown(box, ROOM).intersection(screen) for box in boxes}, key=lambda box: -box.area)
    kept: list[Box] = []
    for box in fit:
        if box.area and not any(box.intersection(other) == box for other in kept):
            kept.append(box)
    return tuple(sorted(kept))


def _plain(text: str) -> str:
    return "".join(text.casefold().split())


def _close(secret: str, text: str) -> bool:
    """Whether a piece of a text of a secret's length is nearly the secret."""
    if len(secret) < 6:
        return False  # short words are alike by chance
    match = SequenceMatcher(None, text[:2000], secret, autojunk=False).find_longest_match()
    start = max(0, match.a - match.b)
    piece = text[start : start + len(secret)]
    return match.size >= 3 and SequenceMatcher(None, piece, secret, autojunk=False).ratio() >= ALIKE
