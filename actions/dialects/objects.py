"""JSON objects in a reply: read strictly, or mended where one reading is left and nothing gets lost.

json-repair does the mending; this module decides whether its result may be acted on. What may not:
a text that was cut off, a word or a number that the mended object no longer has, an argument that a
text has swallowed, a backslash that could be a path's or an escape's, two values for one name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import json_repair

from deskhand.actions.dialects.calls import Source
from deskhand.actions.dialects.catalogue import ARGUMENT_NAMES, fold
from deskhand.actions.dialects.patterns import JSON_QUOTE

_MOST_MENDED = 8 * 1024
_MOST_ENDS = 64
_QUOTE = re.compile(JSON_QUOTE)
_FRACTION = re.compile(r"(?<![\w.])\d{1,15}\.\d{1,15}(?![\w.])")
_ENDS = re.compile(r"[}\]](?=\s*+(?:\Z|</|<\||```|[{\[\]]|[,;]\s*+{|[\r\n]))")
_BLOCK_END = re.compile(r"</|```|<\|")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CLOSING_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\[\"'](?=\s*+[,:}\]])")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_LAST_ESCAPED = frozenset('"\\/')
_LAYOUT_ESCAPES = frozenset("bfnrtu")
_LAYOUT = re.compile(r"[\b\f\n\r\t]")
_SWALLOWED = re.compile(rf"{JSON_QUOTE}\s*[,:]\s*{JSON_QUOTE}?(?P<name>\w{{1,24}}){JSON_QUOTE}?\s*[:=]")


class _Twice(ValueError):
    """One name with two values."""


def read_object(source: Source, position: int) -> tuple[dict[str, Any], int]:
    """Read the object that begins at ``position``; return it and where it ends.

    Raises:
        ActionParseError: it is none, even after mending, or could be read in two ways.
    """
    text = source.text[position : source.end]
    try:
        data, length = _DECODER.raw_decode(text)
        return _object(source, data, position), position + length
    except _Twice as error:
        source.fail(f"a tool call has {error} twice, with different values", position)
    except (ValueError, RecursionError):
        pass
    return _mended(source, text, position)


def loads(text: str) -> Any:
    """A whole text of JSON; None if it is none."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        name = name.strip()
        if name in found and found[name] != value:
            raise _Twice(repr(name[:40]))
        found[name] = value
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, strict=False)


def _object(source: Source, data: Any, position: int) -> dict[str, Any]:
    if not isinstance(data, dict):
        source.fail("a tool call is not a JSON object", position)
    return data


def _mended(source: Source, text: str, position: int) -> tuple[dict[str, Any], int]:
    length = _extent(text)
    piece = text[:length].rstrip()
    if len(piece) > _MOST_MENDED:
        source.fail("a tool call is not valid JSON", position)
    if "'" in piece[1:].lstrip()[:1]:
        piece = _APOSTROPHE.sub(r"\'", piece)
    try:
        data = json_repair.loads(piece, skip_json_loads=True)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        source.fail("a tool call is not valid JSON", position)
    doubt = _doubt(piece, data)
    if doubt:
        source.fail(f"a tool call is not valid JSON: {doubt}", position)
    source.mended("a tool call was not valid JSON")
    return _stripped(data), position + length


def _extent(text: str) -> int:
    """How long the object is: up to the bracket that closes it, or to where its block ends."""
    depth = at = 0
    for count, end in enumerate(_ENDS.finditer(text)):
        piece = text[at : end.end()]
        depth += piece.count("{") - piece.count("}")
        at = end.end()
        if depth <= 0:
            return at
        if count >= _MOST_ENDS:
            break
    cut = _BLOCK_END.search(text)
    return len(text) if cut is None else cut.start()


def _doubt(piece: str, data: dict[str, Any]) -> str:
    """Why the mended object may not be what was meant; empty if nothing else can be."""
    if piece[-1:].isalnum() or (piece[-1:] not in tuple("}])") and not _QUOTE.fullmatch(piece[-1:])):
        return "it is cut off"
    escapes = {hit[0][1] for hit in _ESCAPE.finditer(piece)}
    if escapes - _LAST_ESCAPED - _LAYOUT_ESCAPES - {"'"} and escapes & _LAYOUT_ESCAPES:
        return "a backslash in it can be a path's or an escape's; write two"
    if _CLOSING_ESCAPE.search(piece):
        return "a quote in it may be escaped, or may end a text"
    written, kept = _ESCAPE.sub(_unescaped, piece), " ".join(_flat(data))
    if _words(written) != _words(kept):
        return "a part of it would be lost"
    texts = list(_texts(data))
    if len(_QUOTE.findall(written)) != 2 * len(texts) + sum(len(_QUOTE.findall(text)) for text in texts):
        return "a quote in it may be a text's own, or may end it"
    laid_out = _LAYOUT.sub(" ", written)
    for text in texts:
        swallowed = _SWALLOWED.search(text)
        if swallowed and fold(swallowed["name"]) in ARGUMENT_NAMES:
            return f"a text in it may end before {swallowed['name']!r}"
        spelled = _LAYOUT.sub(" ", text)
        alone = '"' in text and not any(f"{quote}{spelled}{quote}" in laid_out for quote in "\"'")
        if alone or (text.count('"') % 2 and '\\"' not in piece):
            return "a quote in it may be a text's own, or may end it"
    return ""


def _unescaped(hit: re.Match[str]) -> str:
    mark = hit[0][1]
    if mark == "u" and len(hit[0]) == 6:
        return chr(int(hit[0][2:], 16))
    return " " if mark in _LAYOUT_ESCAPES else hit[0][1:]


def _number(hit: re.Match[str]) -> str:
    return repr(float(hit[0]))


def _words(text: str) -> str:
    """The letters and digits of a text alone, which mending never changes."""
    plain = _FRACTION.sub(_number, text)
    return "".join(filter(str.isalnum, plain)).lower().replace("none", "null")


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from _flat(item)
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield "null" if value is None else str(value)


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, names included: what stands between quotes."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _stripped(value: Any) -> Any:
    """The same with names that have no blanks at their ends."""
    if isinstance(value, dict):
        return {str(name).strip(): _stripped(item) for name, item in value.items()}
    return [_stripped(item) for item in value] if isinstance(value, list) else value
