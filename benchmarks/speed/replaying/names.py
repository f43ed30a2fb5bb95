"""Other names for the buttons of programs: a catalogue of translations in GNU's .mo format.

Source of the format: the manual of GNU gettext, "The Format of GNU MO Files".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

MAGIC = 0x950412DE
HEAD = 28


def catalogue(names: Mapping[str, str]) -> bytes:
    """A .mo file that has programs show ``names`` in place of their own words."""
    entries = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **names}.items())
    count = len(entries)
    words = b"".join(old.encode() + b"\0" for old, _ in entries)
    others = b"".join(new.encode() + b"\0" for _, new in entries)
    first = HEAD + 16 * count
    head = struct.pack("<7I", MAGIC, 0, count, HEAD, HEAD + 8 * count, 0, 0)
    return (
        head
        + _table([old for old, _ in entries], first)
        + _table([new for _, new in entries], first + len(words))
        + words
        + others
    )


def _table(texts: list[str], at: int) -> bytes:
    """Length and place of each text."""
    table = b""
    for text in texts:
        size = len(text.encode())
        table += struct.pack("<2I", size, at)
        at += size + 1
    return table
