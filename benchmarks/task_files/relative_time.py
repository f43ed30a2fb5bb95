"""Rules with days that are relative to today: "next Monday", "10th next month".

Today is that of the sandbox, or of the time zone that a rule names. A week goes from Monday to Sunday, and
"next Friday", "next Saturday" and "next Sunday" are the next ones after today.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from deskhand.benchmarks.task_files.filling import filled
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import UsageError

MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6


def _coming(weekday: int) -> Callable[[date], date]:
    """The next such day after today."""
    return lambda today: today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _this_week(weekday: int) -> Callable[[date], date]:
    return lambda today: today + timedelta(weekday - today.weekday())


def _next_week(weekday: int) -> Callable[[date], date]:
    return lambda today: today + timedelta(7 + weekday - today.weekday())


def _in_months(months: int, day: int) -> Callable[[date], date]:
    def found(today: date) -> date:
        number = today.month - 1 + months
        return date(today.year + number // 12, number % 12 + 1, day)

    return found


def _first_monday(months: int) -> Callable[[date], date]:
    def found(today: date) -> date:
        first = _in_months(months, 1)(today)
        return first + timedelta(-first.weekday() % 7)

    return found


MEANINGS: Mapping[str, Callable[[date], date]] = {
    "tomorrow": lambda today: today + timedelta(1),
    "this month": lambda today: today,
    "5th next month": _in_months(1, 5),
    "10th next month": _in_months(1, 10),
    "11th next month": _in_months(1, 11),
    "this Saturday": _this_week(SATURDAY),
    "this Sunday": _this_week(SUNDAY),
    "next Monday": _next_week(MONDAY),
    "next Monday split": _next_week(MONDAY),
    "next Friday": _coming(FRIDAY),
    "next Friday split": _coming(FRIDAY),
    "next Saturday": _coming(SATURDAY),
    "next Sunday": _coming(SUNDAY),
    "next week Friday": _next_week(FRIDAY),
    "next week Saturday": _next_week(SATURDAY),
    "next week Sunday": _next_week(SUNDAY),
    "first monday four months later": _first_monday(4),
    "first monday eight months later": _first_monday(8),
}
_SAME_WEEK = {
    ("next Monday", "next Friday"): 4,
    ("next Friday", "next Sunday"): 2,
    ("next Saturday", "next Sunday"): 1,
}
"""The end of a range lies so many days after its beginning, whatever the end alone would mean."""
_SPLIT = ("Day", "Month", "Year")


def _known(word: str) -> str:
    if word not in MEANINGS:
        raise ValueError(f"the day {word[:60]!r} is unknown")
    return word


Word = Annotated[str, AfterValidator(_known)]


class Days(BaseModel):
    """A day, or the first and the last of several."""

    first: Word = Field(alias="from")
    last: Word | None = Field(default=None, alias="to")


class DaysRule(BaseModel):
    """Days, a time zone, and what is expected, with places for parts of the days."""

    relativeTime: Days
    expected: dict[str, Any]
    timezone: str | None = None


def _readable(rules: Object) -> Object:
    DaysRule.model_validate(rules)
    return rules


class RelativeRule(GivenParameters):
    """What is expected stands in the task itself, but for the days."""

    rules: Annotated[dict[str, Any], AfterValidator(_readable)]


def rule_relative_time(place: Place, given: RelativeRule) -> Any:
    """The rule, with the days that its words mean today.

    Raises:
        UsageError: it has no place for them.
    """
    return rule_on(given.rules, _today(place, given.rules.get("timezone")))


def rule_on(rules: Object, today: date) -> Object:
    """The same, on some day."""
    rule = DaysRule.model_validate(rules)
    first, last = days_on(rule.relativeTime, today)
    expected = dict(rule.expected)
    if last is None:
        names = {"time": first}
    else:
        split = rule.relativeTime.first.endswith(" split"), str(rule.relativeTime.last).endswith(" split")
        names = {f"pu{part}": first for part in _SPLIT} if split[0] else {"from": first}
        names |= {f"do{part}": last for part in _SPLIT} if split[1] else {"to": last}
    for name, day in names.items():
        if name not in expected:
            raise UsageError(f"a rule about days expects no {name!r}")
        expected[name] = filled(expected[name], _parts(day))
    return {**rules, "expected": expected}


def days_on(days: Days, today: date) -> tuple[date, date | None]:
    """The first and the last day that words mean."""
    first = MEANINGS[days.first](today)
    if days.last is None:
        return first, None
    pair = (days.first.removesuffix(" split"), days.last.removesuffix(" split"))
    if pair in _SAME_WEEK:
        return first, first + timedelta(_SAME_WEEK[pair])
    return first, MEANINGS[days.last](today)


def _parts(day: date) -> Mapping[str, str]:
    month = MONTHS[day.month - 1]
    return {
        "DoW": DAYS[day.weekday()],
        "Month": month[:3],
        "MonthFull": month,
        "month": month.lower(),
        "MonthD": str(day.month),
        "Month0D": f"{day.month:02}",
        "DayD": str(day.day),
        "Day0D": f"{day.day:02}",
        "Year": str(day.year),
    }


def _today(place: Place, zone: str | None) -> date:
    if zone is not None:
        try:
            return datetime.now(zoneinfo.ZoneInfo(zone)).date()
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return datetime.now(UTC).date()
    said = place.run(["date", "+%Y-%m-%d"]).stdout.decode(errors="replace").strip()
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise NothingThere(f"the sandbox does not say what day it is: {said[:60]!r}") from error
