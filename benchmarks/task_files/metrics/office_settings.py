"""Metrics on LibreOffice's settings: the file registrymodifications.xcu of a user's profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import bytes_of, must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.markup import parsed
from deskhand.benchmarks.task_files.task import Object

_OOR = "{http://openoffice.org/2001/registry}"


def check_presenter_console_disable(result: Any, expected: Any, options: Object) -> Score:
    """Impress is set to show no presenter console."""
    found = next(
        _settings(result, "/org.openoffice.Office.Impress/Misc/Start", "EnablePresenterScreen"), None
    )
    return must((found or "").lower() == "false", f"EnablePresenterScreen is {shown(found)}")


class _AutoSave(BaseModel):
    minutes: int


def check_auto_saving_time(result: Any, expected: Any, options: Object) -> Score:
    """LibreOffice is set to save by itself after so many minutes."""
    rules = rules_of(_AutoSave, expected)
    found = list(_settings(result, "/org.openoffice.Office.Common/Save/Document", "AutoSaveTimeIntervall"))
    good = bool(found) and found[-1].strip() == str(rules.minutes)
    return must(good, f"AutoSaveTimeIntervall is {shown(found[-1:])} and not {rules.minutes}")


class _DefaultFont(BaseModel):
    font_name: str


def find_default_font(result: Any, expected: Any, options: Object) -> Score:
    """Writer is set to write in this font."""
    wanted = rules_of(_DefaultFont, expected).font_name
    found = list(_settings(result, "/org.openoffice.Office.Writer/DefaultFont", "Standard"))
    return must(found[-1:] == [wanted], f"the font is {shown(found[-1:])} and not {shown(wanted)}")


def _settings(value: Any, path: str, name: str) -> Iterator[str]:
    """The values of a setting, as often as it is there, in order."""
    for item in parsed(bytes_of(value), "the file of settings").iter("item"):
        if item.get(f"{_OOR}path") == path:
            props = (prop for prop in item.iter("prop") if prop.get(f"{_OOR}name") == name)
            yield from (value.text or "" for prop in props for value in prop.iter("value"))
