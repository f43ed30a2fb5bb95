"""Keys out of ``ctrl c``, ``ctrl+shift+t``, ``ctrl-c``, ``Page Down``, ``ctrl +``, and back."""

from __future__ import annotations

import re
from itertools import pairwise

from deskhand.actions.dialects.calls import Value
from deskhand.actions.keys import MODIFIERS, canonical_key

_TOKEN = re.compile(r"[+＋,，、]|[^\s+＋,，、]+")
_COMMA = re.compile("[,，、;；]")
_SEPARATORS = frozenset("+＋,，、")
_WRAPPED = re.compile(r"([\[({\"'])(?=\S)(.*\S)[\])}\"']", re.DOTALL)
_WRITTEN = {
    "+": "plus", "-": "minus", ",": "comma", "'": "apostrophe", "\\": "backslash", " ": "space",
}  # fmt: skip
_LONGEST = 200
_MOST_KEYS = 16


def read_chords(value: Value) -> list[tuple[str, ...]]:
    """The chords that a value names; more than one only for ``ctrl+a ctrl+c`` and ``tab tab``.

    Raises:
        ValueError: it names a key that does not exist, or none, or one twice beside others.
    """
    return [stroke for chord in _chords(value) for stroke in _strokes(chord)]


def _strokes(chord: tuple[str, ...]) -> list[tuple[str, ...]]:
    """``tab tab tab`` is three strokes of one key; a key twice beside others has no one meaning."""
    if len(set(chord)) == len(chord):
        return [chord]
    if len(set(chord)) == 1:
        return [(key,) for key in chord]
    twice = next(key for key in chord if chord.count(key) > 1)
    raise ValueError(f"it names {twice} twice; write chords that follow each other as actions of their own")


def _chords(value: Value) -> list[tuple[str, ...]]:
    if not isinstance(value, str):
        return _together([chord for item in value for chord in _chords(item)])
    if len(value) > _LONGEST:
        raise ValueError("that is too long to be a key or a few keys")
    if len(value) == 1:
        return [(canonical_key(value),)]
    words = value.split()
    if len(words) > 1 and all("+" in word[1:-1] for word in words):
        return [_chord(word) for word in words]
    parts = [part for part in _COMMA.split(value) if part.strip()]
    if len(parts) > 1 and all(len(part.split()) > 1 or "+" in part.strip()[1:-1] for part in parts):
        return [_chord(part) for part in parts]  # ctrl c, ctrl v
    return [_chord(value)]


def _together(chords: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Entries of a list: one chord, unless every entry is a chord of its own."""
    if len(chords) > 1 and all(len(chord) > 1 for chord in chords):
        return chords
    return [tuple(key for chord in chords for key in chord)]


def _chord(text: str) -> tuple[str, ...]:
    wrapped = _WRAPPED.fullmatch(text.strip())
    text = (wrapped[2] if wrapped else text.strip()) or text[:1]
    operands: list[tuple[str, bool]] = []  # each with: does a separator stand before it?
    separated, expecting = False, True
    tokens = list(_TOKEN.finditer(text))
    if len(tokens) > 2 * _MOST_KEYS:
        raise ValueError("these are too many keys for one chord")
    for index, token in enumerate(tokens):
        if token[0] in _SEPARATORS and not expecting and index < len(tokens) - 1:
            separated, expecting = True, True
            continue
        operands.extend((part, separated and not n) for n, part in enumerate(_dashed(token[0])))
        separated, expecting = False, False
    keys = _merge(operands)
    if not keys:
        raise ValueError("no key is named")
    return keys


def _dashed(word: str) -> list[str]:
    """``ctrl-c`` is two keys and ``ctrl--`` is ctrl and minus."""
    if "-" not in word or len(word) == 1:
        return ["+" if word == "＋" else "," if word in "，、" else word]
    parts = [part for part in word.split("-") if part]
    return (["-"] if word.startswith("-") else []) + parts + (["-"] if word.endswith("-") else [])


def _merge(operands: list[tuple[str, bool]]) -> tuple[str, ...]:
    """Join the words of keys that are written apart (``page down``), then name every key."""
    keys: list[str] = []
    at = 0
    while at < len(operands):
        word = operands[at][0]
        if at + 1 < len(operands) and not operands[at + 1][1]:
            joined = _joined(word, operands[at + 1][0])
            if joined is not None:
                keys.append(joined)
                at += 2
                continue
        if word.lower() not in ("and", "then") or not keys:
            keys.append(_named(word))
        at += 1
    return tuple(keys)


def _joined(first: str, second: str) -> str | None:
    both = _known(first) and _known(second)
    sided = first.lower() in ("left", "right") and _try(second) in MODIFIERS
    if both and not sided and (first.lower(), second.lower()) != ("back", "space"):
        return None
    return _try(first + second)


def _named(word: str) -> str:
    unwrapped = word.strip("<>[]{}()")
    if len(unwrapped) > 1 and _known(unwrapped):
        return canonical_key(unwrapped)
    if word.lower().startswith("key_") and _known(word[4:]):
        return canonical_key(word[4:])
    return canonical_key(word)


def _known(word: str) -> bool:
    return _try(word) is not None


def _try(word: str) -> str | None:
    try:
        return canonical_key(word)
    except ValueError:
        return None


def write_chord(keys: tuple[str, ...]) -> str:
    """A chord in words that ``read_chords`` gives back exactly."""
    sided = any(one in ("left", "right") and two in MODIFIERS for one, two in pairwise(keys))
    return ("+" if sided else " ").join(_WRITTEN.get(key, key) for key in keys)
