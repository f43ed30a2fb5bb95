"""What of a recording nobody shall see: password fields, marked regions, and what was typed in secret.

A field is taken for a password field by its role, where its program reports one; else by its content (dots)
or its label (the word). In doubt it is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from deskhand.actions.geometry import Box, Viewport
from deskhand.perception.elements.tree import Node, parse
from deskhand.perception.screen import Element

LONGEST_LABEL = 60
FIELDS = frozenset({"field", "area", "combo"})

_WORD = re.compile(
    r"pass\s?-?(word|phrase|code|wort|wd)\b|\bpin\b|\bsecret\b|kennwort|mot de passe|contraseña|senha|"
    r"wachtwoord|hasło|parola|lösenord|пароль|密码|密碼|パスワード|비밀번호",
    re.IGNORECASE,
)
_DOTS = re.compile(r"[•●∙⬤◦○⚫*·・]{3,}|[.oO]{6,}")
_PROMPT = re.compile(r":\s*$")


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
