"""Metrics on a browser: its tabs, addresses, bookmarks, history, cookies, extensions and settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlparse

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.browser.addresses import same_address
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.general import Texts
from deskhand.benchmarks.task_files.metrics.matching import found
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

ALIASES = (frozenset({"Zoom Chrome Extension", "Zoom for Google Chrome"}),)
"""Names that the same extension has had."""

Urls = Annotated[tuple[str, ...], Field(max_length=1000)]


class _Url(BaseModel):
    type: Literal["url"]
    url: str


def _address(result: Any) -> str:
    """The address that a getter found, alone or with a title.

    Raises:
        NothingThere: it found none.
    """
    url = result.get("url") if isinstance(result, dict) else result
    if not isinstance(url, str) or not url:
        raise NothingThere(f"{shown(result)} is no address")
    return url


def is_expected_active_tab(result: Any, expected: Any, options: Object) -> Score:
    """The tab that is shown has this address, but for its host's suffix, "www" and a last slash."""
    wanted, url = rules_of(_Url, expected).url, _address(result)
    return must(same_address(wanted, url), f"the tab shows {shown(url)} and not {shown(wanted)}")


def is_expected_active_tab_approximate(result: Any, expected: Any, options: Object) -> Score:
    """The tab that is shown has exactly this address, but for what comes after "?"."""
    wanted, url = rules_of(_Url, expected).url, _address(result)
    one, other = (urlparse(part)._replace(query="").geturl() for part in (wanted, url))
    return must(one == other, f"the tab shows {shown(url)} and not {shown(wanted)}")


class _Patterns(BaseModel):
    expected: Texts


def is_expected_url_pattern_match(result: Any, expected: Any, options: Object) -> Score:
    """All of these patterns are found in the address."""
    url = _address(result)
    lacking = [p for p in rules_of(_Patterns, expected).expected if not found(p, url)]
    return must(not lacking, f"{shown(url)} has not {', '.join(map(shown, lacking[:5]))}")


class _Query(BaseModel):
    class Expect(BaseModel):
        pattern: str

    expect: Expect


def is_expected_search_query(result: Any, expected: Any, options: Object) -> Score:
    """A pattern is found in the address."""
    url, pattern = _address(result), rules_of(_Query, expected).expect.pattern
    return must(found(pattern, url), f"{shown(url)} has not {shown(pattern)}")


class _Tabs(BaseModel):
    type: Literal["url"]
    urls: Urls


def is_expected_tabs(result: Any, expected: Any, options: Object) -> Score:
    """As many tabs are open, and each of these addresses is that of one of them."""
    wanted = rules_of(_Tabs, expected).urls
    tabs = [_address(one) for one in result] if isinstance(result, list) else []
    good = len(tabs) == len(wanted) and all(any(same_address(url, tab) for tab in tabs) for url in wanted)
    return must(bool(tabs) and good, f"the tabs are {shown(tabs)} and not {shown(list(wanted))}")


class _Extensions(BaseModel):
    expected: Texts


def is_expected_installed_extensions(result: Any, expected: Any, options: Object) -> Score:
    """All of these extensions are there."""
    names = {_known(str(name)) for name in result or ()}
    lacking = [name for name in rules_of(_Extensions, expected).expected if _known(name) not in names]
    return must(bool(names) and not lacking, f"there are {shown(sorted(names))} and not {shown(lacking)}")


def _known(name: str) -> str:
    return next((min(group) for group in ALIASES if name in group), name)


class _Domains(BaseModel):
    type: Literal["domains"]
    domains: Texts


def is_cookie_deleted(result: Any, expected: Any, options: Object) -> Score:
    """No cookie belongs to these hosts; rows have the host second."""
    domains = rules_of(_Domains, expected).domains
    left = {str(row[1]) for row in result or () if any(same_address(one, str(row[1])) for one in domains)}
    return must(result is not None and not left, f"there are cookies of {shown(sorted(left))}")


class _Keywords(BaseModel):
    type: Literal["keywords"]
    keywords: Texts


def check_history_deleted(result: Any, expected: Any, options: Object) -> Score:
    """None of these words is in an address of the history; rows have the address first."""
    words = rules_of(_Keywords, expected).keywords
    left = [str(row[0]) for row in result or () if any(word in str(row[0]) for word in words)]
    return must(result is not None and not left, f"the history has {shown(left)}")


class _Names(BaseModel):
    type: Literal["names"]
    names: Texts


def check_enabled_experiments(result: Any, expected: Any, options: Object) -> Score:
    """Exactly these experiments were switched, in this order, whichever way."""
    names = [str(one).split("@")[0] for one in result or ()]
    wanted = list(rules_of(_Names, expected).names)
    return must(names == wanted, f"the experiments are {shown(names)} and not {shown(wanted)}")


class _Size(BaseModel):
    type: Literal["value", "range"]
    value: float | None = None
    min: float = 0
    max: float = 0


def check_font_size(result: Any, expected: Any, options: Object) -> Score:
    """The default size of letters is this, or lies between two others."""
    rule, size = (
        rules_of(_Size, expected),
        result.get("default_font_size") if isinstance(result, dict) else None,
    )
    if not isinstance(size, int | float):
        raise NothingThere("the browser's settings have no default size of letters")
    good = size == rule.value if rule.type == "value" else rule.min < size < rule.max
    return must(good, f"letters have the size {size}")


class _Shortcut(BaseModel):
    type: Literal["name", "exec"]
    name: str = ""
    exec: str = ""


def is_shortcut_on_desktop(result: Any, expected: Any, options: Object) -> Score:
    """A shortcut has this name or command, a part of it, or more; capitals of names do not count."""
    rule = rules_of(_Shortcut, expected)
    start, wanted = ("Name=", rule.name) if rule.type == "name" else ("Exec=", rule.exec)
    there = [
        line.removeprefix(start)
        for text in (result or {}).values()
        for line in str(text).split("\n")
        if line.startswith(start)
    ]
    fold = str.lower if rule.type == "name" else str
    good = any(fold(wanted) in fold(one) or fold(one) in fold(wanted) for one in there)
    good = good or any(f"{start}{wanted}\n" in str(text) for text in (result or {}).values())
    return must(good, f"the shortcuts are {shown(there)}")


class _Any(BaseModel):
    expected: Annotated[list[Any], Field(max_length=1000)]


def match_in_list(result: Any, expected: Any, options: Object) -> Score:
    """A value is one of these."""
    wanted = rules_of(_Any, expected).expected
    return must(result in wanted, f"{shown(result)} is none of {shown(wanted)}")
