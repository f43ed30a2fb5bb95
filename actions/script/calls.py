"""Calls with literal arguments out of text: ``pyautogui.click(x=10, y=20, button='left')``.

The grammar, one call a line or between semicolons:

    call   name ( argument, ... )        argument   value | name = value
    name   identifier . identifier ...   value      text | number | True | False | None | list of values

Imports, comments, texts that stand alone and settings (``pyautogui.PAUSE = 0.1``) are stepped over.
Whatever else Python knows (names as values, operators, loops) is an error: nothing is evaluated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from deskhand.errors import ActionParseError

LONGEST_SCRIPT = 64 * 1024
MOST_CALLS = 256
MOST_VALUES = 256
DEEPEST = 4

Value = str | int | float | bool | None | tuple["Value", ...]

_TOKEN = re.compile(
    r"(?P<blank>[ \t\f]+|\\\r?\n)|(?P<comment>#[^\n]*|```\w*)|(?P<end>\r?\n|;)"
    r"|(?P<text>(?P<prefix>[a-zA-Z]{0,2})(?P<quote>'''|\"\"\"|'|\"))"
    r"|(?P<number>\d{1,30}(?:\.\d{0,30})?(?:[eE][+-]?\d{1,4})?|\.\d{1,30})"
    r"|(?P<name>[A-Za-z_]\w{0,80})|(?P<mark>[()\[\],=.+\-*])"
)
_CLOSING = {
    **{long: re.compile(rf"(?:[^\\]|\\.)*?{long}", re.DOTALL) for long in ("'''", '"""')},
    **{short: re.compile(rf"(?:[^\\\n{short}]|\\.)*+{short}", re.DOTALL) for short in ("'", '"')},
}
_ESCAPE = re.compile(
    r"\\(?:(?P<plain>[\\'\"abfnrtv\n])|(?P<octal>[0-7]{1,3})"
    r"|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|N\{(?P<named>[^}\n]{1,80})\})"
)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\n": ""}
_CONSTANTS: Mapping[str, bool | None] = {"True": True, "False": False, "None": None}


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """One call: its dotted name, the arguments in order and those by name."""

    name: str
    arguments: tuple[Value, ...]
    named: Mapping[str, Value]
    position: int


@dataclass(frozen=True, slots=True)
class Calls:
    """What a text holds: its calls, and the texts that stood alone (comments of their writers)."""

    calls: tuple[ScriptCall, ...]
    said: tuple[str, ...]


def read_calls(text: str) -> Calls:
    """Read every call of a text.

    Raises:
        ActionParseError: something in it is not of the grammar; it says what, and where.
    """
    if len(text) > LONGEST_SCRIPT:
        raise ActionParseError(f"the text is over {LONGEST_SCRIPT} characters long", LONGEST_SCRIPT, text)
    return _Reader(text).read()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._scan())
        self.at = 0

    def read(self) -> Calls:
        """Read to the end of the text; imports are stepped over.

        Raises:
            ActionParseError: something is neither a call, a text, nor an import, or there are too many calls.
        """
        calls: list[ScriptCall] = []
        said: list[str] = []
        while self._now().kind != "stop":
            if self._now().kind == "end":
                self.at += 1
                continue
            if self._now().kind == "text":
                said.append(self._texts())
            elif self._now().text in ("import", "from"):
                self._import()
            else:
                calls.extend(self._statement())
            if len(calls) > MOST_CALLS:
                self._fail(f"there are more than {MOST_CALLS} calls")
            if self._now().kind not in ("end", "stop"):
                self._fail("only calls with plain values are read, one a line")
        return Calls(tuple(calls), tuple(said))

    def _scan(self) -> Iterator[_Token]:
        position = 0
        while position < len(self.text):
            hit = _TOKEN.match(self.text, position)
            if hit is None:
                raise ActionParseError("this is not part of a call", position, self.text)
            after = hit.end()
            if hit["text"] is not None:
                value, after = self._text(hit)
                yield _Token("text", value, position)
            elif hit["blank"] is None and hit["comment"] is None:
                yield _Token(hit.lastgroup or "", hit[0], position)
            position = after
        yield _Token("stop", "", len(self.text))

    def _text(self, hit: re.Match[str]) -> tuple[str, int]:
        prefix = hit["prefix"].lower()
        if prefix not in ("", "r", "u"):
            raise ActionParseError("texts with values inside them are not read", hit.start(), self.text)
        closing = _CLOSING[hit["quote"]].match(self.text, hit.end())
        if closing is None:
            raise ActionParseError("a text is never closed", hit.start(), self.text)
        inner = closing[0][: -len(hit["quote"])]
        return (inner if prefix == "r" else _ESCAPE.sub(_unescaped, inner)), closing.end()

    def _now(self) -> _Token:
        return self.tokens[self.at]

    def _fail(self, reason: str) -> NoReturn:
        raise ActionParseError(reason, self._now().position, self.text)

    def _take(self, text: str) -> bool:
        """Step over a mark if it stands here."""
        here = self._now().kind == "mark" and self._now().text == text
        self.at += here
        return here

    def _skip_lines(self) -> None:
        """Step over line ends, which mean nothing inside brackets."""
        while self._now().kind == "end" and self._now().text != ";":
            self.at += 1

    def _import(self) -> None:
        while self._now().kind == "name" or self._now().text in tuple(".,*()"):
            self.at += 1

    def _statement(self) -> Iterator[ScriptCall]:
        start = self._now().position
        name = self._dotted()
        if self._take("("):
            yield self._call(name, start)
        elif self._take("="):
            if name.partition(".")[0] != "pyautogui":
                self._fail("names are not read as values")
            self._value(0)
        else:
            self._fail("a call has its arguments in brackets")

    def _dotted(self) -> str:
        parts: list[str] = []
        while self._now().kind == "name":
            parts.append(self._now().text)
            self.at += 1
            if not self._take("."):
                return ".".join(parts)
        self._fail("a call begins with a name")

    def _call(self, name: str, start: int) -> ScriptCall:
        arguments: list[Value] = []
        named: dict[str, Value] = {}
        self._skip_lines()
        while not self._take(")"):
            following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
            if self._now().kind == "name" and following.text == "=" and following.kind == "mark":
                key = self._now().text
                self.at += 2
                named[key] = self._value(0)
            else:
                arguments.append(self._value(0))
            if len(arguments) + len(named) > MOST_VALUES:
                self._fail(f"there are more than {MOST_VALUES} arguments")
            self._after_value(")")
        return ScriptCall(name, tuple(arguments), named, start)

    def _after_value(self, closing: str) -> None:
        self._skip_lines()
        if not self._take(",") and self._now().text != closing:
            self._fail("values are separated by commas")
        self._skip_lines()

    def _value(self, depth: int) -> Value:
        token = self._now()
        if token.kind == "text":
            return self._texts()
        if token.kind == "number" or token.text in ("-", "+"):
            return self._number()
        if token.kind == "name" and token.text in _CONSTANTS:
            self.at += 1
            return _CONSTANTS[token.text]
        for opening, closing in (("[", "]"), ("(", ")")):
            if self._take(opening):
                return self._list(closing, depth + 1)
        self._fail("only texts, numbers and lists of them are values here")

    def _texts(self) -> str:
        parts: list[str] = []
        while self._now().kind == "text":
            parts.append(self._now().text)
            self.at += 1
        return "".join(parts)

    def _number(self) -> int | float:
        sign = -1 if self._take("-") else 1
        if sign == 1:
            self._take("+")
        if self._now().kind != "number":
            self._fail("a number was expected")
        digits = self._now().text
        self.at += 1
        return sign * (int(digits) if digits.isdigit() else float(digits))

    def _list(self, closing: str, depth: int) -> tuple[Value, ...]:
        if depth > DEEPEST:
            self._fail("lists are nested too deeply")
        values: list[Value] = []
        self._skip_lines()
        while not self._take(closing):
            values.append(self._value(depth))
            if len(values) > MOST_VALUES:
                self._fail(f"a list has more than {MOST_VALUES} values")
            self._after_value(closing)
        return tuple(values)


def _unescaped(hit: re.Match[str]) -> str:
    """The character that an escape stands for; the escape itself where there is none."""
    if hit["plain"] is not None:
        return _PLAIN.get(hit["plain"], hit["plain"])
    if hit["named"] is not None:
        try:
            return unicodedata.lookup(hit["named"])
        except KeyError:
            return hit[0]
    code = int(hit["octal"], 8) if hit["octal"] else int(hit["x"] or hit["u"] or hit["U"], 16)
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"
