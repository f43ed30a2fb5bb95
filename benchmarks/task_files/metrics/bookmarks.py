"""Chromium's bookmarks: what its profile's file has, and whether what was wanted is among them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.browser.program import profile_file
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.benchmarks.task_files.task import Object

AUTHORS = "Liked Authors"
"""The folder that the rule liked_authors_websites_urls is about."""
MOST_CHOICES = 100_000


class NoParameters(GivenParameters):
    """No parameters."""


def bookmarks(place: Place, given: NoParameters) -> Object:
    """The roots of the tree of bookmarks, by their names in the file: "bookmark_bar", "other", "synced"."""
    try:
        roots = json.loads(profile_file(place, "Default/Bookmarks"))["roots"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NothingThere("the browser's file of bookmarks cannot be read") from error
    if not isinstance(roots, dict):
        raise NothingThere("the browser's file of bookmarks has no roots")
    return roots


class _Bar(BaseModel):
    """What stands in the bar of bookmarks: folders by their names, or pages by their addresses.

    ``urls`` may name several addresses for one page where they are those of the folder of authors.
    """

    type: Literal["bookmark_bar_folders_names", "bookmark_bar_websites_urls", "liked_authors_websites_urls"]
    names: tuple[str, ...] = ()
    urls: Annotated[tuple[str | tuple[str, ...], ...], Field(max_length=100)] = ()


def is_expected_bookmarks(result: Any, expected: Any, options: Object) -> Score:
    """The bar of bookmarks, or its folder of authors, has exactly these pages; or the bar these folders."""
    rule = rules_of(_Bar, expected)
    if rule.type == "liked_authors_websites_urls":
        return _authors(result, rule)
    folders = rule.type == "bookmark_bar_folders_names"
    kind, key, wanted = ("folder", "name", rule.names) if folders else ("url", "url", rule.urls)
    bar = result.get("bookmark_bar") if isinstance(result, dict) else None
    found = {str(one.get(key)) for one in _children(bar) if one.get("type") == kind}
    return must(found == set(wanted), f"the bar has {shown(sorted(found))} and not {shown(sorted(wanted))}")


def _authors(result: Any, rule: _Bar) -> Score:
    """The folder has a page of each author, by one of its addresses, and no other."""
    bar = result.get("bookmark_bar") if isinstance(result, dict) else None
    folders = (one for one in _children(bar) if (one.get("type"), one.get("name")) == ("folder", AUTHORS))
    there = {str(one.get("url")) for one in _children(next(folders, None)) if one.get("type") == "url"}
    groups = [(group,) if isinstance(group, str) else group for group in rule.urls]
    choices = itertools.islice(itertools.product(*groups), MOST_CHOICES)
    good = bool(there) and any(set(choice) == there for choice in choices)
    return must(good, f"the folder {AUTHORS} has {shown(sorted(there))}")


class _Bookmark(BaseModel):
    name: str
    url: str


def deskhand_bookmark(result: Any, expected: Any, options: Object) -> Score:
    """There is one bookmark, wherever it lies, with this name and this address."""
    rule = rules_of(_Bookmark, expected)
    roots = result.values() if isinstance(result, dict) else ()
    found = [(str(one.get("name")), str(one.get("url"))) for root in roots for one in _pages(root)]
    return must(found == [(rule.name, rule.url)], f"the bookmarks are {shown(found)}")


def _pages(node: Any) -> Iterator[Object]:
    todo = [node]
    while todo:
        for one in _children(todo.pop()):
            if one.get("type") == "url":
                yield one
            else:
                todo.append(one)


def _children(node: Any) -> Iterator[Object]:
    children = node.get("children") if isinstance(node, dict) else None
    for one in children if isinstance(children, list) else ():
        if isinstance(one, dict):
            yield one
