"""What applications report, as nodes: XML in the form of OSWorld's guest, read without trusting it.

It may be endless, deep, full of nonsense and of entities; what comes out of it is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from deskhand.actions.geometry import Box
from deskhand.errors import SandboxError

MOST_XML = 32 << 20
MOST_NODES = 10_000
MOST_DEPTH = 100
LONGEST_TEXT = 2000
LARGEST_NUMBER = 1 << 20

_PAIR = re.compile(r"\(\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*\)")


@dataclass(slots=True)
class Node:
    """One thing that an application reports; ``text`` is what it holds, ``facts`` its other attributes."""

    tag: str
    facts: dict[str, str]
    states: frozenset[str]
    text: str = ""
    children: list[Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What its program calls it, in plain text; empty where it has no name."""
        return plain(self.facts.get("name", ""))

    def box(self) -> Box | None:
        """Where it is; None where it does not report one or reports nonsense."""
        place = _PAIR.fullmatch(self.facts.get("screencoord", ""))
        size = _PAIR.fullmatch(self.facts.get("size", ""))
        if place is None or size is None:
            return None
        left, top, width, height = (int(part) for match in (place, size) for part in match.groups())
        if width < 1 or height < 1 or max(abs(left), abs(top), width, height) > LARGEST_NUMBER:
            return None
        return Box(left, top, left + width, top + height)


def parse(xml: str) -> Node:
    """The tree, of which nothing is kept that is too deep or too much."""
    if len(xml) > MOST_XML:
        raise SandboxError(
            f"the applications reported {len(xml) >> 20} MiB; the most that is read is {MOST_XML >> 20}"
        )
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(xml.encode(errors="replace"), True)
    except expat.ExpatError as error:
        raise SandboxError(f"what the applications reported is not XML: {error}") from error
    return builder.root


def _refuse(*_: object) -> None:
    raise SandboxError("what the applications reported has a document type, which is not allowed")


class _Builder:
    """Makes nodes out of a parser's events."""

    def __init__(self) -> None:
        self.root = Node("", {}, frozenset())
        self._open = [self.root]
        self._too_deep = 0
        self._left = MOST_NODES

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open a node; one too deep, or one of too many, is left out with all that is in it."""
        if len(self._open) > MOST_DEPTH or self._left <= 0 or self._too_deep:
            self._too_deep += 1
            return
        self._left -= 1
        facts, states = {}, set()
        for key, value in attributes.items():
            space, _, name = key.rpartition(" ")
            kind = space.rpartition("/")[2]
            if kind == "state" and value == "true":
                states.add(name)
            elif kind == "action" and name == "toggle_desc":
                states.add("checkable")
            elif kind not in ("state", "action"):
                facts[name] = value[:LONGEST_TEXT]
        node = Node(tag, facts, frozenset(states))
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, _: str) -> None:
        """Close the node that was opened last."""
        if self._too_deep:
            self._too_deep -= 1
        else:
            self._open.pop()

    def data(self, text: str) -> None:
        """Add to the text of the open node, as far as it may grow."""
        node = self._open[-1]
        if not self._too_deep and len(node.text) < LONGEST_TEXT:
            node.text += text[:LONGEST_TEXT]


def plain(text: str, *, lines: bool = False) -> str:
    """A text without what cannot be printed, on one line unless ``lines``."""
    if lines:
        return "\n".join(plain(line) for line in text.splitlines()).strip()
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:LONGEST_TEXT]
