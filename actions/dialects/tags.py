"""Actions written as tags: ``<function=click><parameter=point>...``, and as JSON in ``<tool_call>``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from deskhand.actions.dialects.calls import MOST_ACTIONS, MOST_ARGUMENTS, Argument, Call, Source, Value
from deskhand.actions.dialects.catalogue import BY_SPELLING, TEXT_ROLES, Word, fold, role_of
from deskhand.actions.dialects.objects import loads, read_object
from deskhand.actions.dialects.quoting import raw, unescape

_SUFFIX = r"(?:_never_used_\w{1,64})?"
_NAME = (
    r"(?:\s{0,4}=\s{0,4}|\s{1,8}name\s{0,4}=\s{0,4})[\"']?(?P<name>[\w.\- ]{1,64}?)[\"']?"
    r"(?:\s[^<>]{0,200})?\s{0,4}/?>"
)
_KINDS = (
    r"(?:(?P<function>function|invoke)|(?P<parameter>parameter)"
    r"|(?P<group>seed:tool_call|tool_call|function_calls))"
)
_TAG = re.compile(rf"<(?P<close>/)?{_KINDS}{_SUFFIX}(?:{_NAME}|\s{{0,4}}>)", re.IGNORECASE)
_HOLDERS = frozenset(
    ["computeruse", "computer", "computertool", "mobileuse", "mobile", "browser", "gui", "desktop"]
)
_ARGUMENTS = ("arguments", "parameters", "args", "input", "action_inputs", "inputs", "params", "action_input")
_KEYED = re.compile(r"(?P<name>[a-zA-Z_][\w.\-]{0,63})\s{0,16}<arg_key>")
_PAIR = re.compile(
    r"\s*+<arg_key>(?P<key>[^<>]{1,64})</arg_key>\s*+<arg_value>(?P<value>.*?)</arg_value>", re.DOTALL
)
_CUT_PAIR = re.compile(r"\s*+<arg_key>")
_INNER_NAMES = ("action", "action_type", "type")
_INNER_NAME = re.compile(
    r"<parameter\s{0,4}(?:=|\sname\s{0,4}=)\s{0,4}[\"']?(?:action|action_type|type)[\"']?\s{0,4}>\s{0,16}"
    r"(?P<value>[\w.\-]{1,64})\s{0,16}</parameter",
    re.IGNORECASE,
)
_NESTED = re.compile(
    rf"<function{_SUFFIX}>\s{{0,16}}<name>\s{{0,16}}(?P<name>[\w.\-]{{1,64}})\s{{0,16}}</name>", re.IGNORECASE
)
_NESTED_END = re.compile(rf"</function{_SUFFIX}>", re.IGNORECASE)
_CHILD = re.compile(
    r"<(?P<name>(?!parameter|argument)[a-z_]\w{0,40})>(?P<value>[^<]*+)</(?P=name)>", re.IGNORECASE
)
_NAMES = ("action", "action_type", "name", "function", "type")


def at_tag(source: Source, position: int) -> bool:
    """Does a function's opening tag stand here?"""
    if _NESTED.match(source.text, position, source.end):
        return True
    hit = _TAG.match(source.text, position, source.end)
    return hit is not None and hit["function"] is not None and hit["close"] is None and bool(hit["name"])


def read_function(source: Source, position: int) -> tuple[Call, int]:
    """Read ``<function=...>`` with its parameters; return it and where it ends.

    Accepts ``<function=computer_use>`` with the action as a parameter, and names and values in tags of
    their own: ``<function><name>click</name><parameter><point>1 2</point></parameter></function>``.
    """
    nested = _NESTED.match(source.text, position, source.end)
    if nested is not None:
        return _read_nested(source, nested)
    opening = _TAG.match(source.text, position, source.end)
    assert opening is not None and opening["name"]
    spelled = opening["name"].strip()
    inner = _INNER_NAME.search(source.text, opening.end(), source.end) if fold(spelled) in _HOLDERS else None
    word = _word(source, inner["value"] if inner else spelled, position)
    arguments: list[Argument] = []
    at = opening.end()
    while True:
        tag = _TAG.search(source.text, at, source.end)
        if tag is None or not (tag["parameter"] and tag["name"] and not tag["close"]):
            break
        if len(arguments) >= MOST_ARGUMENTS:
            source.fail(f"{word.name} has more than {MOST_ARGUMENTS} arguments", tag.start())
        value, at = _parameter(source, word, tag["name"].strip(), tag.end())
        if inner is None or tag.start() != inner.start():
            listed = _listed(word, tag["name"], source.text[tag.end() : at].partition("</")[0])
            arguments.append(Argument(tag["name"].strip(), listed or value, tag.end()))
    call = Call(word, inner["value"] if inner else spelled, tuple(arguments), position, tagged=True)
    if tag is not None and tag["function"] and tag["close"]:
        return call, tag.end()
    source.mended("a closing function tag was missing")
    return call, tag.start() if tag is not None else _blank_end(source, at)


def _word(source: Source, spelled: str, position: int) -> Word:
    word = BY_SPELLING.get(fold(spelled.rpartition(".")[2]))
    if word is None:
        source.fail_unknown(spelled, position)
    return word


def _read_nested(source: Source, opening: re.Match[str]) -> tuple[Call, int]:
    word = _word(source, opening["name"], opening.start())
    closing = _NESTED_END.search(source.text, opening.end(), source.end)
    if closing is None:
        source.fail(f"{word.name}: a closing function tag is missing", opening.start())
    children = islice(_CHILD.finditer(source.text, opening.end(), closing.start()), MOST_ARGUMENTS + 1)
    arguments = tuple(
        Argument(child["name"], _said(source, child["value"].strip()), child.start()) for child in children
    )
    if len(arguments) > MOST_ARGUMENTS:
        source.fail(f"{word.name} has more than {MOST_ARGUMENTS} arguments", opening.start())
    return Call(word, opening["name"], arguments, opening.start(), tagged=True), closing.end()


def _said(source: Source, text: str) -> str:
    """A value between tags without its escapes."""
    return raw(text) if source.raw else unescape(text, tagged=True)


def at_keyed(source: Source, position: int) -> bool:
    """Does a call with its arguments in ``<arg_key>`` tags stand here?"""
    return _KEYED.match(source.text, position, source.end) is not None


def read_keyed(source: Source, position: int) -> tuple[Call, int]:
    """Read ``computer<arg_key>action</arg_key><arg_value>left_click</arg_value>...`` (GLM).

    Raises:
        ActionParseError: it names no action, or an argument is cut off.
    """
    opening = _KEYED.match(source.text, position, source.end)
    assert opening is not None
    named: list[tuple[str, str, int]] = []
    at = opening.end("name")
    while (pair := _PAIR.match(source.text, at, source.end)) is not None:
        if len(named) > MOST_ARGUMENTS:
            source.fail(f"a tool call has more than {MOST_ARGUMENTS} arguments", at)
        named.append((pair["key"].strip(), pair["value"], pair.start("value")))
        at = pair.end()
    if _CUT_PAIR.match(source.text, at, source.end):
        source.fail("a tool call is cut off", at)
    spelled = opening["name"]
    inner = next((one for one in named if one[0] in _INNER_NAMES), None)
    if fold(spelled) in _HOLDERS and inner is not None:
        spelled = inner[1].strip()
        named.remove(inner)
    word = _word(source, spelled, position)
    arguments = []
    for key, value, start in named:
        listed = _listed(word, key, value)
        if role_of(word, key) not in TEXT_ROLES:
            value = value.strip() or value
        elif value[:1] == "\n" == value[-1:] and len(value) > 1:
            value = value[1:-1]  # the value on lines of its own
        arguments.append(Argument(key, listed or _said(source, value), start))
    return Call(word, spelled, tuple(arguments), position, tagged=True), at


def _listed(word: Word, key: str, value: str) -> tuple[str, ...]:
    """A list of keys, written as JSON; empty where it is none."""
    is_list = role_of(word, key) in ("keys", "key", "hold") and value.lstrip().startswith("[")
    data = loads(value) if is_list else None
    keys = data if isinstance(data, list) else []
    return tuple(keys) if all(isinstance(one, str) for one in keys) else ()


def _blank_end(source: Source, at: int) -> int:
    return source.end if not source.text[at : source.end].strip() else at


def _parameter(source: Source, word: Word, name: str, start: int) -> tuple[str, int]:
    tag = _TAG.search(source.text, start, source.end)
    while tag is not None and not (tag["close"] or tag["name"]):
        tag = _TAG.search(source.text, tag.end(), source.end)  # <function> without a name: text
    stop = source.end if tag is None else tag.start()
    value = source.text[start:stop]
    closed = tag is not None and tag["parameter"] is not None and tag["close"] is not None
    if not closed:
        source.mended("a closing parameter tag was missing")
        value = value.rstrip()
    if role_of(word, name) not in TEXT_ROLES:
        return _said(source, value.strip() or value), tag.end() if closed and tag else stop
    if value[:1] == "\n" and value[-1:] == "\n" and len(value) > 1:
        value = value[1:-1]  # the value on lines of its own
    return _said(source, value), tag.end() if closed and tag else stop


def read_json(source: Source, position: int) -> tuple[list[Call], str, int]:
    """Read one JSON object that names an action; return the calls, the thought in it, and where it ends.

    Accepts ``{"name": "computer_use", "arguments": {"action": "left_click", ...}}`` and the flat
    ``{"action": "click", ...}``, also inside ``{"thought": "...", "action": {...}}`` (Holo).
    """
    data, after = read_object(source, position)
    thought = data["thought"].strip() if isinstance(data.get("thought"), str) else ""
    data = next((data[key] for key in ("function", "action") if isinstance(data.get(key), dict)), data)
    named = next((data[key] for key in _NAMES if isinstance(data.get(key), str)), None)
    inner: Any = next((data[key] for key in _ARGUMENTS if key in data), data)
    if isinstance(inner, str) and inner.lstrip().startswith("{"):
        inner = loads(inner)
    if inner in ("", None, []):
        inner = {}
    if isinstance(inner, dict) and inner is not data and (named is None or fold(named) in _HOLDERS):
        named = next((inner[key] for key in _INNER_NAMES if isinstance(inner.get(key), str)), named)
    if not isinstance(named, str) or not isinstance(inner, dict):
        source.fail('a tool call needs "name" and "arguments"', position)
    word = _word(source, named, position)
    return [Call(word, named, _json_arguments(source, inner, named, position), position)], thought, after


def _json_arguments(
    source: Source, inner: Mapping[str, Any], named: str, position: int
) -> tuple[Argument, ...]:
    if len(inner) > MOST_ARGUMENTS:
        source.fail(f"a tool call has more than {MOST_ARGUMENTS} arguments", position)
    return tuple(
        Argument(str(key), _value(item), position)
        for key, item in inner.items()
        if item is not None and not (key in _NAMES and item == named)
    )


def _value(item: Any, depth: int = 0) -> Value:
    """A JSON value as the call syntax would have it: a text, or a tuple of texts for a list."""
    if isinstance(item, str):
        return item
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, dict) and depth < 3:
        return " ".join(map(str, (_value(part, depth + 1) for part in item.values())))[:4000]
    if isinstance(item, list) and depth < 3:
        parts = [_value(part, depth + 1) for part in item[: MOST_ACTIONS * 2]]
        if all(isinstance(part, str) for part in parts) and any(isinstance(part, str) for part in item):
            return tuple(map(str, parts))
        return "(" + ",".join(part if isinstance(part, str) else " ".join(part) for part in parts) + ")"
    return str(item)[:400]
