"""Metrics on what programs print, and on files with results and program text."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown, text_of
from deskhand.benchmarks.task_files.metrics.general import Texts
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

ZONE_LINE = 3
NEAR = 1e-4
TAB = 4
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)")
_HEAD = ("#!", "# -*- coding:", "# coding:", "# coding=")


class _Installed(BaseModel):
    type: Literal["contain", "not_contain"]
    expected: str


def is_extension_installed(result: Any, expected: Any, options: Object) -> Score:
    """A list that a program prints has a name, or has it not."""
    rule = rules_of(_Installed, expected)
    there = rule.expected in text_of(result)
    word = "is" if there else "is not"
    return must(there == (rule.type == "contain"), f"{shown(rule.expected)} {word} in the list")


class _Copied(BaseModel):
    expected: Texts


def is_in_vm_clickboard(result: Any, expected: Any, options: Object) -> Score:
    """What was copied, given as what is expected, holds the texts that are given as what was found."""
    wanted, text = rules_of(_Copied, result).expected, text_of(expected)
    lacking = [shown(part) for part in wanted if part not in text]
    return must(not lacking, f"the clipboard holds {shown(text)} and not {', '.join(lacking[:5])}")


def is_utc_0(result: Any, expected: Any, options: Object) -> Score:
    """The time zone that ``timedatectl`` prints in its fourth line has the time of Greenwich."""
    lines = text_of(result).split("\n")
    zone = lines[ZONE_LINE] if len(lines) > ZONE_LINE else ""
    return must(zone.endswith("+0000)"), f"the time zone is {shown(zone.strip())}")


class _Names(BaseModel):
    expected: Texts


def check_moved_jpgs(result: Any, expected: Any, options: Object) -> Score:
    """A folder has these entries and no others."""
    wanted = rules_of(_Names, expected).expected
    entries = result.get("children") if isinstance(result, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise NothingThere("there is no list of the folder")
    names = [str(entry.get("name")) for entry in entries]
    good = len(names) == len(wanted) and set(names) == set(wanted)
    return must(good, f"the folder has {shown(sorted(names))} and not {shown(sorted(wanted))}")


class _Count(BaseModel):
    expected: int


def check_line_number(result: Any, expected: Any, options: Object) -> Score:
    """So many lines of a file have a time of day, 23:59:59, in them."""
    wanted = rules_of(_Count, expected).expected
    count = sum(_TIME.search(line) is not None for line in text_of(result).splitlines())
    return must(count == wanted, f"{count} lines have a time of day, and not {wanted}")


def compare_result_files(result: Any, expected: Any, options: Object) -> Score:
    """A file holds the expected number, or one very near to it; else the same text."""
    found, wanted = text_of(result).strip(), text_of(expected).strip()
    goal = _number(wanted)
    if goal is None:
        good = found == wanted
    else:
        number = _number(found)
        good = wanted in found or (number is not None and abs(number - goal) < NEAR)
    return must(good, f"the result is {shown(found)} and not {shown(wanted)}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def compare_python_pure_text(result: Any, expected: Any, options: Object) -> Score:
    """The same lines of a program but for its first comments, empty lines, tabs and spaces at the end."""
    one, other = _program(text_of(result)), _program(text_of(expected))
    wrong = next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), None)
    if wrong is None and len(one) == len(other):
        return Score(1.0)
    found, wanted = wrong or (f"{len(one)} lines", f"{len(other)} lines")
    return Score(0.0, f"the program has {shown(found)} and not {shown(wanted)}")


def _program(text: str) -> list[str]:
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines[:3]) if not line.strip().startswith(_HEAD)), 3)
    return [line.expandtabs(TAB).rstrip() for line in lines[first:] if line.strip()]
