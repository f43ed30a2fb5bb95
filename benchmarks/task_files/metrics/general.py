"""Metrics on texts, values and lists."""

from __future__ import annotations

import difflib
import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown, text_of
from deskhand.benchmarks.task_files.metrics.matching import found, likeness
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import UsageError

MOST_LINES = 20_000
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(max_length=1000)]


class Expected(BaseModel):
    """A rule with one value."""

    expected: Any


def exact_match(result: Any, expected: Any, options: Object) -> Score:
    """The same value."""
    wanted = rules_of(Expected, expected).expected
    return must(result == wanted, f"{shown(result)} is not {shown(wanted)}")


class _Names(BaseModel):
    """A rule with a list of names."""

    expected: Texts


def check_gnome_favorite_apps(result: Any, expected: Any, options: Object) -> Score:
    """A list as gsettings prints it, ['a', 'b'], has these names and no other, in any order."""
    wanted = rules_of(_Names, expected).expected
    text = text_of(result).strip()
    names = [one or other for one, other in _QUOTED.findall(text)]
    is_list = text.startswith("[") and text.endswith("]")
    good = is_list and len(names) == len(wanted) and set(names) == set(wanted)
    return must(good, f"the list is {shown(text)} and not {shown(list(wanted))}")


class Literal(BaseModel):
    """Whether values are compared as texts or as lists of texts, and whether capitals count."""

    type: str = "str"
    ignore_case: bool = False


def literal_match(result: Any, expected: Any, options: Object) -> Score:
    """The same text, or lists with the same texts."""
    option = rules_of(Literal, options)
    if option.type not in ("str", "list"):
        raise UsageError(f"literal_match compares str or list, not {option.type[:40]!r}")
    wanted = expected.get("expected") if isinstance(expected, dict) else expected
    if option.type == "str":
        one, other = [str(result)], [str(wanted)]
    elif isinstance(result, list | tuple) and isinstance(wanted, list | tuple):
        one, other = [str(item) for item in result], [str(item) for item in wanted]
    else:
        return Score(0.0, f"{shown(result)} is no list")
    if option.ignore_case:
        one, other = [item.lower() for item in one], [item.lower() for item in other]
    return must(one == other, f"{shown(result)} is not {shown(wanted)}")


def fuzzy_match(result: Any, expected: Any, options: Object) -> Score:
    """How alike two texts are, as a reward from 0 to 1."""
    wanted = str(rules_of(Expected, expected).expected)
    alike = likeness(text_of(result), wanted)
    return Score(alike, "" if alike >= 1 else f"{shown(result)} and {shown(wanted)} are alike by {alike:.0%}")


def is_in_list(result: Any, expected: Any, options: Object) -> Score:
    """A value is in a list, or a text in a text."""
    wanted = rules_of(Expected, expected).expected
    if isinstance(result, list | tuple | dict):
        good = wanted in result if not isinstance(wanted, list | dict) else wanted in list(result)
    else:
        good = isinstance(wanted, str) and wanted in text_of(result)
    return must(good, f"{shown(wanted)} is not in {shown(result)}")


class TextRules(BaseModel):
    """Texts that must be in it, and texts that must not."""

    include: Texts = ()
    exclude: Texts = ()


def check_include_exclude(result: Any, expected: Any, options: Object) -> Score:
    """A text holds these texts, and none of those."""
    rule, text = rules_of(TextRules, expected), text_of(result)
    lacking = [part for part in rule.include if part not in text]
    unwanted = [part for part in rule.exclude if part in text]
    said = [
        *(f"{shown(part)} is not in it" for part in lacking),
        *(f"{shown(part)} is in it" for part in unwanted),
    ]
    return must(not said, "; ".join(said[:5]))


class Patterns(BaseModel):
    """Patterns of which a line must be found, and patterns that no line may have."""

    expect: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    unexpect: Annotated[tuple[str, ...], Field(max_length=100)] = ()


def check_list(result: Any, expected: Any, options: Object) -> Score:
    """Lines of a text that patterns are found in."""
    rule = rules_of(Patterns, expected)
    lines = text_of(result).splitlines()[:MOST_LINES]
    lacking = [p for p in rule.expect if not any(found(p, line) for line in lines)]
    unwanted = [p for p in rule.unexpect if any(found(p, line) for line in lines)]
    said = [*(f"no line has {shown(p)}" for p in lacking), *(f"a line has {shown(p)}" for p in unwanted)]
    return must(not said, "; ".join(said[:5]))


class TextOptions(BaseModel):
    """What does not count when texts are compared."""

    ignore_blanks: bool = False
    ignore_case: bool = False


def compare_text_file(result: Any, expected: Any, options: Object) -> Score:
    """Two files with the same text."""
    option = rules_of(TextOptions, options)
    one, other = (_plain(text_of(value), option) for value in (result, expected))
    return must(one == other, f"the text is {shown(one)} and not {shown(other)}")


def _plain(text: str, option: TextOptions) -> str:
    if option.ignore_blanks:
        text = " ".join(text.split())
    return text.lower() if option.ignore_case else text


def diff_text_file(result: Any, expected: Any, options: Object) -> Score:
    """How alike the lines of two files are, as a reward from 0 to 1."""
    one, other = (text_of(value).splitlines()[:MOST_LINES] for value in (result, expected))
    alike = difflib.SequenceMatcher(a=one, b=other).ratio()
    return Score(alike, "" if alike >= 1 else f"the lines are alike by {alike:.0%}")


class Config(BaseModel):
    """Whether a file of settings may hold more than what is expected."""

    containment_ok: bool = True


class ExpectedText(BaseModel):
    """A text that is not empty."""

    expected: Annotated[str, Field(min_length=1)]


def compare_config(result: Any, expected: Any, options: Object) -> Score:
    """A file has these settings and, where that is asked for, no others.

    Where both are JSON, what is expected must be a part of what is there; else its text must stand in it.
    """
    wanted, text = rules_of(ExpectedText, expected).expected, text_of(result)
    one, other = as_json(text), as_json(wanted)
    both = one is not None and other is not None
    if rules_of(Config, options).containment_ok:
        good = _is_part(other, one) if both else wanted.strip() in text
    else:
        good = text == wanted or (both and one == other)
    return must(good, f"the file holds {shown(text)} and not {shown(wanted)}")


def as_json(text: str) -> Any:
    """A text as JSON; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_part(wanted: Any, value: Any) -> bool:
    """Whether all of an object stands in another, at any depth; lists must be equal."""
    if not isinstance(wanted, dict):
        return bool(wanted == value)
    return isinstance(value, dict) and all(
        key in value and _is_part(part, value[key]) for key, part in wanted.items()
    )


class Contained(BaseModel):
    """Texts that a file must hold."""

    expected: Texts


def file_contains(result: Any, expected: Any, options: Object) -> Score:
    """A file holds all of these texts."""
    rule, text = rules_of(Contained, expected), text_of(result)
    lacking = [shown(part) for part in rule.expected if part not in text]
    return must(not lacking, f"the file does not hold {', '.join(lacking[:5])}")


class Text(BaseModel):
    """A text that a file or an answer must be; ``ignore`` are letters that do not count."""

    text: str
    what: str = ""
    ignore: str = ""


def deskhand_text(result: Any, expected: Any, options: Object) -> Score:
    """The same text but for empty lines at the end."""
    rule = rules_of(Text, expected)
    text = "".join(letter for letter in text_of(result).rstrip("\n") if letter not in rule.ignore)
    what = f"{rule.what}: " if rule.what else ""
    return must(text == rule.text, f"{what}{shown(text)} and not {shown(rule.text)}")
