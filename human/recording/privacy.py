"""What of a recording nobody shall see: password fields, marked regions, and what was typed in secret.

A field is taken for a password field by its role, where its program reports one; else by its content (dots)
or its label (the word). In doubt it is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from deskhand.actions.geometry import Box, Viewport
from deskhand.perception.elements.tree import Node, parse
from deskhand.perception.regions import grown
from deskhand.perception.screen import Element
from deskhand.trajectories.records import HIDDEN_TEXT

ROOM = 3
"""Pixels around what is hidden that are painted too."""

SHORTEST_FOUND = 3
"""Letters that a secret must have to be looked for elsewhere: shorter ones stand everywhere."""

ALIKE = 0.8
"""How like a secret a text must be that was read off the screen; reading errs."""

LONGEST_LABEL = 60
FIELDS = frozenset({"field", "area", "combo"})

_WORD = re.compile(
    r"pass\s?-?(word|phrase|code|wort|wd)\b|\bpin\b|\bsecret\b|kennwort|mot de passe|contraseña|senha|"
    r"wachtwoord|hasło|parola|lösenord|пароль|密码|密碼|パスワード|비밀번호",
    re.IGNORECASE,
)
_DOTS = re.compile(r"[•●∙⬤◦○⚫*·・]{3,}|[.oO]{6,}")
_PROMPT = re.compile(r":\s*$")


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
        """Whether a file holds one of them."""
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


def password_fields(elements: Iterable[Element]) -> list[Element]:
    """The fields that look like a password's."""
    return [one for one in elements if one.role in FIELDS and _is_secret(one)]


def asks_for_password(elements: Iterable[Element]) -> bool:
    """Whether the screen asks for a password somewhere, in a field or as a terminal does."""
    return any(
        (one.role in FIELDS and _is_secret(one)) or any(_asks(line) for line in _last_lines(one))
        for one in elements
    )


def reported_password_boxes(xml: str | None, viewport: Viewport) -> list[tuple[Box, bool]]:
    """Where programs report visible password fields, and whether each has the keyboard.

    Raises:
        SandboxError: it is no such tree.
    """
    if xml is None:
        return []
    screen = Box(0, 0, viewport.width, viewport.height)
    found = []
    for node in _nodes(parse(xml)):
        box = node.box() if node.tag == "password-text" and "showing" in node.states else None
        if box is not None and box.intersection(screen).area:
            found.append((box.intersection(screen), "focused" in node.states))
    return found


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


def _is_secret(element: Element) -> bool:
    if _WORD.search(element.label[:LONGEST_LABEL]):
        return True
    text = element.text.strip()
    if element.role != "area" and len(text) <= LONGEST_LABEL and _WORD.search(text):
        return True  # a field that says itself what belongs in it
    return bool(_DOTS.fullmatch(text.replace(" ", "")))


def _last_lines(element: Element) -> list[str]:
    if element.role not in ("text", "area"):
        return []
    lines = [line for line in element.text.splitlines() if line.strip()]
    return lines[-1:]


def _asks(line: str) -> bool:
    return bool(len(line) <= 2 * LONGEST_LABEL and _PROMPT.search(line) and _WORD.search(line))


def _nodes(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.children


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
