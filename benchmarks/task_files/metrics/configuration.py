"""Metrics on files of settings of GIMP, Thunderbird and VS Code."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown, text_of
from deskhand.benchmarks.task_files.metrics.general import as_json
from deskhand.benchmarks.task_files.metrics.matching import Rule, matches
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import UsageError

_PREFERENCE = re.compile(r'user_pref\("(?P<name>(?:[^"]|\\")+)", (?P<value>.+)\);')
_CONDITION = re.compile(r"\b(?:AND|OR) \([\w ]+,[\w ']+,(?:\"[\s\S]+\"|[^)]+)\)|\bALL\b")
"""Of a filter; as in OSWorld a quoted value goes on to the last quote."""
_FILTER_KEYS = ("name", "enabled", "type", "action", "actionValue")
MOST_FILTERS = 1000
LONGEST_CONDITION = 4000


class _Setting(BaseModel):
    """A setting's name, or a group's name and its own, and its value as it stands in the file."""

    key: str | tuple[str, ...]
    value: str


def check_config_status(result: Any, expected: Any, options: Object) -> Score:
    """A file of GIMP's settings has a line (NAME VALUE) or (GROUP NAME ... VALUE)."""
    rule = rules_of(_Setting, expected)
    names = (rule.key,) if isinstance(rule.key, str) else rule.key
    if isinstance(rule.key, tuple) and len(names) != 2:
        raise UsageError(f"check_config_status takes one name or two, not {len(names)}")
    for line in text_of(result).splitlines():
        words = line.strip().lstrip("(").rstrip(")").split()
        is_setting = words and not line.startswith("#")
        if is_setting and tuple(words[: len(names)]) == names and words[-1] == rule.value:
            return Score(1.0)
    return Score(0.0, f"no line sets {' '.join(names)[:80]} to {shown(rule.value)}")


class _Preferences(BaseModel):
    expect: Annotated[dict[str, Rule], Field(max_length=100)] = {}
    unexpect: Annotated[dict[str, Rule], Field(max_length=100)] = {}


def check_thunderbird_prefs(result: Any, expected: Any, options: Object) -> Score:
    """Preferences that must be set so, and others that must not; one that is not set keeps no rule.

    Where a file sets one twice, the last counts for what must be, and each for what must not.
    """
    rules = rules_of(_Preferences, expected)
    kept = dict.fromkeys(rules.expect, False)
    unwanted = ""
    for line in text_of(result).splitlines():
        found = _PREFERENCE.fullmatch(line.strip())
        if found is None:
            continue
        name, value = found["name"], _json(found["value"])
        if name in rules.expect:
            kept[name] = _keeps(value, rules.expect[name])
        elif name in rules.unexpect and _keeps(value, rules.unexpect[name]):
            unwanted = f"{name} is {shown(value)}"
    lacking = [f"{name} is not what it must be" for name, good in kept.items() if not good]
    return must(not lacking and not unwanted, "; ".join(filter(None, [*lacking[:5], unwanted])))


def _keeps(value: Any, rule: Rule) -> bool:
    """Whether a value keeps a rule; as in OSWorld nothing is done where it cannot be compared."""
    of_texts = rule.method.startswith(("re", "str_"))
    of_numbers = rule.method in ("lt", "le", "gt", "ge") or rule.method.startswith("range")
    is_number = isinstance(value, int | float)
    if (of_texts and not isinstance(value, str)) or (of_numbers and is_number == isinstance(rule.ref, str)):
        raise NothingThere(f"{shown(value)} cannot be compared by {rule.method[:40]}")
    return matches(value, rule)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NothingThere(f"the value {shown(text)} cannot be read") from error


class _Filters(BaseModel):
    expect: Annotated[tuple[Object, ...], Field(max_length=100)] = ()
    unexpect: Annotated[tuple[Object, ...], Field(max_length=100)] = ()


def check_thunderbird_filter(result: Any, expected: Any, options: Object) -> Score:
    """Filters of messages with these properties, and none with those."""
    rules, found = rules_of(_Filters, expected), _filters(text_of(result))
    lacking = [rule for rule in rules.expect if not any(_has(one, rule) for one in found)]
    unwanted = [rule for rule in rules.unexpect if any(_has(one, rule) for one in found)]
    said = [*(f"no filter has {shown(r)}" for r in lacking), *(f"a filter has {shown(r)}" for r in unwanted)]
    return must(not said, "; ".join(said[:5]))


def _has(one: Object, rule: Object) -> bool:
    return all(key in one and one[key] == value for key, value in rule.items())


def _filters(text: str) -> list[Object]:
    """The filters of a msgFilterRules.dat; each begins with its name and ends with its conditions."""
    found: list[Object] = []
    one: Object | None = None
    for line in text.splitlines():
        key, _, rest = line.partition("=")
        value = rest[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        if key == "name":
            one = {}
        if one is None and key in (*_FILTER_KEYS, "condition"):
            raise NothingThere("the file of filters does not begin with a name")
        if one is not None and key in _FILTER_KEYS:
            one[key] = value
        if one is not None and key == "condition":
            one["condition"] = _CONDITION.findall(value[:LONGEST_CONDITION])
            found.append(one)
        if len(found) > MOST_FILTERS:
            raise NothingThere(f"there are over {MOST_FILTERS} filters")
    return found


class _Key(BaseModel):
    expected: Any


def check_json_keybindings(result: Any, expected: Any, options: Object) -> Score:
    """One of the keys that VS Code's file binds is bound so; its first line may be a comment."""
    wanted, text = rules_of(_Key, expected).expected, text_of(result)
    readings = (as_json(text), as_json(text.partition("\n")[2]))
    found = next((one for one in readings if isinstance(one, list)), None)
    if found is None:
        return Score(0.0, "the file is not a list of keys")
    return must(wanted in found, f"no key is bound as {shown(wanted)}")
