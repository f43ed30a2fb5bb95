"""Texts between quotes: where they end when the model did not escape, and what their escapes mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from deskhand.actions.dialects.calls import Source
from deskhand.actions.dialects.patterns import (
    BARRIER,
    CLOSING_BRACKET,
    ENDS_BARE,
    ENDS_TEXT,
    ENDS_VALUE,
    MAY_END_TEXT,
    Finder,
)

_CLOSERS = {
    "'": "'", '"': '"', "`": "`", "‘": "’‘'", "’": "’'", "“": "”“\"", "”": "”\"", "＇": "＇'",
    "＂": "＂\"", "「": "」", "『": "』", "«": "»",
}  # fmt: skip
_ANY_CLOSER = "'\"’”`＇＂」』»"
_ESCAPE = re.compile(r"\\([\\nrt'\"`‘’“”])")
_TAG_ESCAPE = re.compile(r"\\([\\nrt'\"`‘’“”])|(?<=<)\\([/pfs])")
_OPEN = re.compile(r"<(\\*)(?=[/pfsa|])")
_SHUT = re.compile(r"<\\(\\*)(?=[/pfsa|])")
_NEXT_NAME = re.compile(
    r"[,，;；]\s{0,8}(?![xy][0-9]?\b)[a-z_]{1,20}[0-9]?\s{0,4}[=＝]\s{0,4}['\"<\[(\d]", re.IGNORECASE
)
_MORE_ARGUMENTS = re.compile(
    r"(?:\s{0,8}[,，;；]\s{0,8}[a-z_]\w{0,30}\s{0,4}[=＝]\s{0,4}"
    r"(?:'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|[\w.+\-]{1,40})){1,6}+",
    re.IGNORECASE,
)
LONGEST_VALUE = 2000
"""Characters of a value that is no text."""
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}


def unescape(text: str, *, tagged: bool = False) -> str:
    r"""Read ``\n \t \r \' \" \\``; every other backslash is the text's own (``\d``, ``\u``).

    With ``tagged``, ``<\/``, ``<\p``, ``<\f`` and ``<\s`` lose the backslash that ``escape`` put
    there so that a text cannot close the tag it stands in.
    """
    if "\\" not in text:
        return text
    pattern = _TAG_ESCAPE if tagged else _ESCAPE
    return pattern.sub(lambda hit: _PLAIN.get(hit[1], hit[1]) if hit[1] else str(hit[2]), text)


def raw(text: str) -> str:
    r"""A text between tags that is written as it stands; only the backslash of ``shut`` goes."""
    return _SHUT.sub(r"<\1", text)


def shut(text: str) -> str:
    r"""Write a text between tags as it stands, but so that it cannot close them: ``<\/x>`` for ``</x>``."""
    return _OPEN.sub(r"<\\\1", text)


def escape(text: str, *, tagged: bool = False) -> str:
    """Write a text so that ``unescape`` gives it back exactly, on one line."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if tagged:
        return re.sub(r"<(?=[/pfs])", r"<\\", text)
    return text.replace("'", "\\'")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A value as it stands in the reply, not yet unescaped, and where reading goes on."""

    raw: str
    after: int


# what comes after a closing quote begins with one of these; the full look is taken only then
_PROMISING = r"(?=\s*+(?:[,，、;；)）\]】}\n\r\u200b-\u200f\u2060\ufeff\u00ad]|\w|\Z))"
# after a text's own closing quote, brackets and commas never lead to another quote or bracket
_ENDING = _PROMISING + r"(?!\s*+(?:[)）,，;；]\s*+)++['\"(])"


@cache
def _closing(quotes: str, follow: str = _PROMISING, *, escaped: bool = False) -> re.Pattern[str]:
    """A quote that nothing (or, with ``escaped``, one backslash) escapes."""
    run = r"(?<!\\)(?:\\\\)*+" + (r"\\" if escaped else "")
    return re.compile(f"{run}[{re.escape(quotes)}]{follow}")


def read_value_string(source: Source, finder: Finder, opening: int) -> Quoted:
    """Read a quoted value that is no text of its own: a point, keys, a direction, a number."""
    start = opening + 1
    own = _CLOSERS.get(source.text[opening], _ANY_CLOSER)
    close = finder.quote(_closing(_ANY_CLOSER), ENDS_VALUE, start)
    if close is None:
        close = finder.quote(_closing(own, ""), None, start)
    elif source.text[close] not in own:
        close = _own_or(source, finder, start, own, close)
    barrier = finder.start(BARRIER, start)
    if close is None or (barrier is not None and barrier < close):
        return _unclosed_value(source, start)
    if close - start > LONGEST_VALUE:
        source.fail("a value is too long to be a point, a key or a number", start)
    next_name = _NEXT_NAME.search(source.text, start, close)
    if next_name is not None:
        source.mended("a closing quote was missing")
        return Quoted(source.text[start : next_name.start()], next_name.start())
    if source.text[close] not in own:
        source.mended("the quotes around a value differed")
    return Quoted(source.text[start:close], close + 1)


def _own_or(source: Source, finder: Finder, start: int, own: str, other: int) -> int:
    """Of a quote of another kind and a later one of its own kind, the one that ends this value."""
    later = finder.quote(_closing(own), ENDS_VALUE, start)
    if later is None or later - start > LONGEST_VALUE or _NEXT_NAME.search(source.text, start, later):
        return other
    return later


def _unclosed_value(source: Source, start: int) -> Quoted:
    source.mended("a closing quote was missing")
    line = source.text.find("\n", start, source.end)
    stop = source.end if line < 0 else line
    if stop - start > LONGEST_VALUE:
        source.fail("a quote is never closed", start)
    return Quoted(source.text[start:stop].rstrip(" \t\r)）"), stop)


def read_text_string(source: Source, finder: Finder, opening: int) -> Quoted:
    """Read a quoted text of the model's own, which may hold quotes that it forgot to escape."""
    triple = _read_triple(source, opening)
    if triple is not None:
        return triple
    start = opening + 1
    own = _CLOSERS.get(source.text[opening], _ANY_CLOSER)
    first = finder.quote(_closing(own, ""), None, start)
    if first is None and finder.quote(_closing(own, escaped=True), None, start) is None:
        own = _ANY_CLOSER  # opened with one kind of quote, closed with another
        first = finder.quote(_closing(own, ""), None, start)
    strong = finder.quote(_closing(own, _ENDING), ENDS_TEXT, start)
    if first is not None and (first == strong or _arguments_follow(source, first + 1)):
        return Quoted(source.text[start:first], first + 1)
    return _read_untidy(source, finder, start, own, strong)


def _arguments_follow(source: Source, position: int) -> bool:
    """Do well-formed further arguments and the end of the call follow? ``'a', slowly='yes')``"""
    hit = _MORE_ARGUMENTS.match(source.text, position, source.end)
    return hit is not None and ENDS_TEXT.match(source.text, hit.end(), source.end) is not None


def _read_triple(source: Source, opening: int) -> Quoted | None:
    mark = source.text[opening] * 3
    if mark[0] not in "'\"`" or not source.text.startswith(mark, opening):
        return None
    close = source.text.find(mark, opening + 3, source.end)
    return None if close < 0 else Quoted(source.text[opening + 3 : close], close + 3)


def _read_untidy(source: Source, finder: Finder, start: int, own: str, strong: int | None) -> Quoted:
    """Choose the end of a text with stray quotes in it, or with none at its end.

    The best end is a quote after which the call plainly ends. A line that begins another action
    stops the search: then a quote and a bracket in front of it are the end.
    """
    barrier = finder.start(BARRIER, start)
    stop = source.end if strong is None else strong
    if barrier is not None and barrier < stop:
        stop = barrier
    elif strong is not None:
        source.mended("quotes inside a text were not escaped")
        return Quoted(source.text[start:strong], strong + 1)
    for pattern, follow in ((_closing(own), MAY_END_TEXT), (_closing(own, escaped=True), ENDS_TEXT)):
        close = finder.quote(pattern, follow, start)
        if close is not None and close < stop:
            source.mended("the end of a text was guessed")
            return Quoted(source.text[start:close], close + 1)
    source.mended("a closing quote was missing")
    raw = source.text[start:stop].rstrip()
    return Quoted(raw[:-1] if raw[-1:] in (")", "）") else raw, stop)


def read_bare_text(source: Source, finder: Finder, start: int) -> Quoted:
    """Read a text without quotes: up to the bracket after which the call plainly ends."""
    source.mended("a text stood without quotes")
    close = finder.quote(ENDS_BARE, ENDS_TEXT, start, skip=0)
    barrier = finder.start(BARRIER, start)
    if close is None or (barrier is not None and barrier < close):
        close = finder.start(CLOSING_BRACKET, start)
    if close is None or (barrier is not None and barrier < close):
        stop = source.end if barrier is None else barrier
        return Quoted(source.text[start:stop].rstrip(), stop)
    return Quoted(source.text[start:close].rstrip(" \t"), close)
