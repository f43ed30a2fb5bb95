"""Metrics on JSON and on tables of plain text."""

from __future__ import annotations

import csv
import io
import json
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown, text_of
from deskhand.benchmarks.task_files.metrics.general import Expected
from deskhand.benchmarks.task_files.metrics.matching import Rule, matches
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

MOST_RECORDS = 100_000
ANY_ORDER = "ignore_list_order"
"""Stands among the expected values and says that the order of lists does not count."""
LARGEST_YAML, MOST_ALIASES = 1 << 20, 1000
"""Letters of a YAML file, and signs in it that stand for parts told before: they can stand for far more."""


class Direct(BaseModel):
    """Values by key; with ``expect_in_result`` those that must be among what is there."""

    expected: dict[str, Any]
    expect_in_result: bool = False


def check_direct_json_object(result: Any, expected: Any, options: Object) -> Score:
    """An object has these values; where ``expect_in_result``, one of each list of values."""
    rule, value = rules_of(Direct, expected), result
    if isinstance(result, str):
        value = parsed(result.replace("'", '"'))  # as programs of Python print objects
    if not isinstance(value, dict):
        return Score(0.0, f"{shown(value)} is no object")
    wanted = {key: part for key, part in rule.expected.items() if key != ANY_ORDER}
    wrong = [key for key, part in wanted.items() if not _has(value.get(key), part, rule)]
    if rule.expected.get(ANY_ORDER):
        wrong = [key for key in wrong if not _same_members(value.get(key), rule.expected[key])]
    return must(not wrong, "; ".join(f"{key}: {shown(value.get(key))}" for key in wrong[:5]))


def _same_members(value: Any, wanted: Any) -> bool:
    """Whether two lists have the same members, in whatever order."""
    if not isinstance(value, list) or not isinstance(wanted, list):
        return False
    left = list(wanted)
    for item in value:
        if item not in left:
            return False
        left.remove(item)
    return not left


def _has(value: Any, wanted: Any, rule: Direct) -> bool:
    if not rule.expect_in_result:
        return bool(value == wanted)
    if isinstance(wanted, list):
        return isinstance(value, list) and any(item in value for item in wanted)
    return isinstance(wanted, str) and isinstance(value, str | list) and wanted in value


class KeyedValue(Rule):
    """A rule for the value that keys lead to, one inside the other."""

    key: Annotated[tuple[str | int, ...], Field(max_length=50)]


class JsonRules(BaseModel):
    """Rules that must be kept, and rules that must not."""

    expect: Annotated[tuple[KeyedValue, ...], Field(max_length=200)] = ()
    unexpect: Annotated[tuple[KeyedValue, ...], Field(max_length=200)] = ()


def check_json(result: Any, expected: Any, options: Object) -> Score:
    """Values in a JSON file, or with ``is_yaml`` in a YAML file, keep rules."""
    rules, text = rules_of(JsonRules, expected), text_of(result)
    content = _yaml(text) if options.get("is_yaml") else parsed(text)
    broken = [rule for rule in rules.expect if not _kept(content, rule)]
    kept = [rule for rule in rules.unexpect if _kept(content, rule)]
    said = [f"{'.'.join(map(str, rule.key))} is {shown(_at(content, rule.key))}" for rule in (*broken, *kept)]
    return must(not said, "; ".join(said[:5]))


def _kept(content: Any, rule: KeyedValue) -> bool:
    try:
        return matches(_at(content, rule.key, strict=True), rule)
    except (KeyError, IndexError, TypeError):
        return False


def _at(content: Any, keys: tuple[str | int, ...], *, strict: bool = False) -> Any:
    try:
        for key in keys:
            content = content[key]
    except (KeyError, IndexError, TypeError):
        if strict:
            raise
        return None
    return content


def check_json_settings(result: Any, expected: Any, options: Object) -> Score:
    """A JSON file of settings has these values."""
    wanted, content = rules_of(Expected, expected).expected, parsed(text_of(result))
    if not isinstance(content, dict) or not isinstance(wanted, dict):
        return Score(0.0, f"{shown(content)} is no object")
    wrong = [key for key, value in wanted.items() if key not in content or content[key] != value]
    return must(not wrong, "; ".join(f"{key}: {shown(content.get(key))}" for key in wrong[:5]))


class Lines(BaseModel):
    """What does not count when lines are compared."""

    strict: bool = True
    ignore_case: bool = False


def compare_csv(result: Any, expected: Any, options: Object) -> Score:
    """Two files with the same lines."""
    option = rules_of(Lines, options)
    one, other = (_lines(text_of(value), option) for value in (result, expected))
    return must(one == other, f"the lines are {shown(one)} and not {shown(other)}")


def _lines(text: str, option: Lines) -> list[str]:
    lines = text.splitlines()
    if not option.strict:
        lines = [line.strip() for line in lines]
    return [line.lower() for line in lines] if option.ignore_case else lines


class Records(BaseModel):
    """Values by column that one record must have, and values that none may have."""

    expect: Annotated[tuple[dict[str, Any], ...], Field(max_length=200)] = ()
    unexpect: Annotated[tuple[dict[str, Any], ...], Field(max_length=200)] = ()


def check_csv(result: Any, expected: Any, options: Object) -> Score:
    """A table of plain text whose first line names its columns has these records."""
    rules = rules_of(Records, expected)
    try:
        reader = csv.DictReader(io.StringIO(text_of(result)))
        records = [record for _, record in zip(range(MOST_RECORDS), reader, strict=False)]
    except csv.Error as error:
        raise NothingThere(f"the file is not a table: {error}") from error
    lacking = [shown(rule) for rule in rules.expect if not any(_like(record, rule) for record in records)]
    unwanted = [shown(rule) for rule in rules.unexpect if any(_like(record, rule) for record in records)]
    said = [*(f"no record has {rule}" for rule in lacking), *(f"a record has {rule}" for rule in unwanted)]
    return must(not said, "; ".join(said[:5]))


def _like(record: dict[Any, Any], rule: dict[str, Any]) -> bool:
    return all(key in record and record[key] == str(value) for key, value in rule.items())


def _yaml(text: str) -> Any:
    """A text as YAML, of which only plain values are made.

    Raises:
        NothingThere: it is none, or empty.
    """
    if len(text) > LARGEST_YAML or text.count("*") > MOST_ALIASES:
        raise NothingThere("the file is too large for YAML")
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NothingThere(f"{shown(text)} is not YAML") from error
    if content is None:
        raise NothingThere("the YAML file is empty")
    return content


def parsed(text: str) -> Any:
    """A text as JSON.

    Raises:
        NothingThere: it is none.
    """
    try:
        return json.loads(text.strip())
    except (ValueError, RecursionError) as error:
        raise NothingThere(f"{shown(text)} is not JSON") from error
