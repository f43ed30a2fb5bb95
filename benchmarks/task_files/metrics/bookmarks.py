"""Chromium's bookmarks: what its profile's file has, and whether what was wanted is among them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.benchmarks.task_files.task import Object

PROFILE = ".config/chromium/Default/Bookmarks"
"""Where Debian's Chromium keeps them, below the home folder."""


class NoParameters(GivenParameters):
    """No parameters."""


def bookmarks(place: Place, given: NoParameters) -> Object:
    """The roots of the tree of bookmarks, by their names in the file: "bookmark_bar", "other", "synced"."""
    try:
        roots = json.loads(place.read(PROFILE))["roots"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NothingThere("the browser's file of bookmarks cannot be read") from error
    if not isinstance(roots, dict):
        raise NothingThere("the browser's file of bookmarks has no roots")
    return roots


class _Bar(BaseModel):
    """What stands in the bar of bookmarks: folders by their names, or pages by their addresses."""

    type: Literal["bookmark_bar_folders_names", "bookmark_bar_websites_urls"]
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


def is_expected_bookmarks(result: Any, expected: Any, options: Object) -> Score:
    """The bar of bookmarks has exactly these folders, or exactly these pages."""
    rule = rules_of(_Bar, expected)
    folders = rule.type == "bookmark_bar_folders_names"
    kind, key, wanted = ("folder", "name", rule.names) if folders else ("url", "url", rule.urls)
    bar = result.get("bookmark_bar") if isinstance(result, dict) else None
    found = {str(one.get(key)) for one in _children(bar) if one.get("type") == kind}
    return must(found == set(wanted), f"the bar has {shown(sorted(found))} and not {shown(sorted(wanted))}")


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
