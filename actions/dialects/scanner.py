"""Calls out of text: ``click(start_box='(100,200)')`` and everything that nearly looks like it.

A hand-made scanner that only moves forward. It knows brackets, quotes and separators; what the
values mean is the builder's.
"""

from __future__ import annotations

import re

from deskhand.actions.dialects.calls import MOST_ARGUMENTS, Argument, Call, Source, Value
from deskhand.actions.dialects.catalogue import ARGUMENT_NAMES, INVISIBLE, TEXT_ROLES, Word, fold, role_of
from deskhand.actions.dialects.patterns import CALL_AT, CLOSE, HWS, LABEL_AT, QUOTES, WS, Finder
from deskhand.actions.dialects.quoting import (
    LONGEST_VALUE,
    Quoted,
    read_bare_text,
    read_text_string,
    read_value_string,
    unescape,
)

_NAME = re.compile(
    rf"['\"]?(?P<name>[^\W\d][\w\-{INVISIBLE}]{{0,40}}+)['\"]?{WS}(?P<mark>={{1,2}}|＝|:=|[:：]){WS}"
)
_SKIP = re.compile(rf"(?:[\s{INVISIBLE},，、;；]++)")
_CLOSE = re.compile(CLOSE)
_STRING_PREFIX = re.compile(r"[rRuUbBfF]{1,2}(?=['\"])")
_LIST_OF_TEXTS = re.compile(rf"[(（\[{{【]{WS}(?=[{QUOTES}])")
_LIST_ITEM = re.compile(
    rf"{WS}(?:'((?:[^'\\\n]|\\.)*+)'|\"((?:[^\"\\\n]|\\.)*+)\"|[‘’]([^‘’\n]*+)[‘’]|[“”]([^“”\n]*+)[“”])"
    rf"{WS}[,，、;；]?"
)
_CHUNK = re.compile(rf"[^,，、;；()（）\[\]{{}}【】\n\r{QUOTES}]++|.", re.DOTALL)
_LINE_BLANKS = re.compile(HWS)
_DEEPEST = 8
_OPENERS = tuple("([{（【")
_ENDS = tuple(",，、;；\r\n")
_NARROW = " \t" + INVISIBLE


class Scanner:
    """Reads the arguments of calls in one source."""

    def __init__(self, source: Source, finder: Finder) -> None:
        self.source = source
        self.finder = finder

    def call(self, word: Word, spelled: str, start: int, inside: int) -> tuple[Call, int]:
        """Read one call whose opening bracket ends at ``inside``; return it and where it ends."""
        arguments, after = self._arguments(word, inside, bracketed=True)
        return Call(word, spelled, arguments, start), after

    def unbracketed(self, word: Word, spelled: str, start: int, inside: int) -> tuple[Call, int]:
        """Read a call without brackets, ``press enter``: its arguments reach to the line's end."""
        self.source.mended(f"the brackets of {word.name} were missing")
        arguments, after = self._arguments(word, inside, bracketed=False)
        return Call(word, spelled, arguments, start), after

    def _arguments(self, word: Word, position: int, *, bracketed: bool) -> tuple[tuple[Argument, ...], int]:
        text, end = self.source.text, self.source.end
        found: list[Argument] = []
        while True:
            position = self._blanks(position, bracketed)
            if position >= end or (not bracketed and text[position] in "\r\n"):
                break
            if _CLOSE.match(text, position, end):
                return tuple(found), position + 1
            if bracketed and self._is_next_action(position):
                break
            if len(found) >= MOST_ARGUMENTS:
                self.source.fail(f"{word.name} has more than {MOST_ARGUMENTS} arguments", position)
            position = position if found else self._into_braces(position)
            argument, after = self._argument(word, position, unnamed=not found)
            found.append(argument)
            position = max(after, position + 1)
        if bracketed:
            self.source.mended(f"the closing bracket of {word.name} was missing")
        return tuple(found), min(position, end)

    def _blanks(self, position: int, bracketed: bool) -> int:
        if bracketed:
            hit = _SKIP.match(self.source.text, position, self.source.end)
            return hit.end() if hit else position
        hit = _LINE_BLANKS.match(self.source.text, position, self.source.end)
        position = hit.end() if hit else position
        return position + 1 if self.source.text[position : position + 1] in tuple(",，、;；") else position

    def _into_braces(self, position: int) -> int:
        """Step into ``click({'point': [100, 200]})``; the braces close with the call."""
        inside = self._blanks(position + 1, bracketed=True)
        named = self.source.text[position] == "{" and _NAME.match(self.source.text, inside, self.source.end)
        return inside if named else position

    def _is_next_action(self, position: int) -> bool:
        """Is there a line here that begins another action, so that this call was never closed?"""
        before = position - 1
        while before >= 0 and self.source.text[before] in _NARROW:
            before -= 1
        at_line_start = before >= 0 and self.source.text[before] in "\r\n"
        if not at_line_start:
            return False
        label = LABEL_AT.match(self.source.text, position, self.source.end)
        at = label.end() if label else position
        return CALL_AT.match(self.source.text, at, self.source.end) is not None

    def _argument(self, word: Word, position: int, *, unnamed: bool) -> tuple[Argument, int]:
        name, value_at = self._name(position)
        role = role_of(word, name) if name else None
        is_text = role in TEXT_ROLES or (not name and unnamed and word.takes[:1] in (("text",), ("name",)))
        value, after = self._text(value_at) if is_text else self._value(value_at)
        return Argument(name, value, position), after

    def _name(self, position: int) -> tuple[str, int]:
        """The argument's name and where its value begins; an unknown name needs an equals sign."""
        hit = _NAME.match(self.source.text, position, self.source.end)
        if hit is None:
            return "", position
        known = fold(hit["name"]) in ARGUMENT_NAMES
        quoted = self.source.text[position] in "'\""
        if not known and (quoted or "=" not in hit["mark"].replace("＝", "=")):
            return "", position
        return hit["name"], hit.end()

    def _text(self, position: int) -> tuple[Value, int]:
        text = self.source.text
        prefix = _STRING_PREFIX.match(text, position)
        position = prefix.end() if prefix else position
        if text[position : position + 1] and text[position] in QUOTES:
            quoted = read_text_string(self.source, self.finder, position)
        else:
            quoted = read_bare_text(self.source, self.finder, position)
        return unescape(quoted.raw), quoted.after

    def _value(self, position: int) -> tuple[Value, int]:
        text = self.source.text
        prefix = _STRING_PREFIX.match(text, position)
        position = prefix.end() if prefix else position
        if position < self.source.end and text[position] in QUOTES:
            quoted = read_value_string(self.source, self.finder, position)
            return unescape(quoted.raw), quoted.after
        texts = self._list_of_texts(position)
        if texts is not None:
            return texts
        bare = self._bare_value(position)
        return bare.raw, bare.after

    def _list_of_texts(self, position: int) -> tuple[tuple[str, ...], int] | None:
        hit = _LIST_OF_TEXTS.match(self.source.text, position, self.source.end)
        if hit is None:
            return None
        items: list[str] = []
        after = hit.end()
        while item := _LIST_ITEM.match(self.source.text, after, self.source.end):
            if len(items) >= MOST_ARGUMENTS:
                self.source.fail(f"a list has more than {MOST_ARGUMENTS} entries", after)
            items.append(unescape(next(part for part in item.groups() if part is not None)))
            after = item.end()
        if not items:
            return None
        after = self._blanks(after, bracketed=True)
        if _CLOSE.match(self.source.text, after, self.source.end):
            return tuple(items), after + 1
        if self.source.text[after : after + 1] in (":", "："):
            return None  # {'x': 100, 'y': 200} is a point
        self.source.mended("the closing bracket of a list was missing")
        return tuple(items), after

    def _bare_value(self, position: int) -> Quoted:
        """A value without quotes: up to a separator or a closing bracket outside its own brackets."""
        text, end = self.source.text, self.source.end
        depth, at = 0, position
        while at < end:
            hit = _CHUNK.match(text, at, end)
            assert hit is not None  # the last alternative takes any character
            piece = hit[0]
            if _CLOSE.fullmatch(piece):
                if depth == 0:
                    break
                depth -= 1
            elif piece in _OPENERS:
                depth += 1
            elif piece in _ENDS and (depth == 0 or (piece in "\r\n" and self._is_next_action(hit.end()))):
                break
            if depth > _DEEPEST or hit.end() - position > LONGEST_VALUE:
                self.source.fail("a value is too long or its brackets are nested too deeply", position)
            at = hit.end()
        return Quoted(text[position:at].strip(), at)
