"""What stands in the address of the tab that is shown: parts of it, by the names that tasks give them."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlparse

from pydantic import Field

from deskhand.benchmarks.task_files.browser.tabs import active_tab
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.benchmarks.task_files.task import Object

HALF_OFF = "50_PERCENT_ off & more"
LESS_OFF = ("30_PERCENT_ off & more", "20_PERCENT_ off & more")

Keys = Annotated[tuple[str, ...], Field(max_length=100)]


class UrlParameters(GivenParameters):
    """Names of parameters; ``replace`` are other names for them, ``split_list`` makes lists at commas."""

    parse_keys: Keys
    replace: dict[str, str] = Field(default={})
    split_list: bool = False


def active_tab_url_parse(place: Place, given: UrlParameters) -> Object:
    """UrlParameters of the address, the first of each name; an empty text for one that is not there."""
    return parameters_of(active_tab(place).url, given)


def parameters_of(url: str, given: UrlParameters) -> Object:
    """The same, of some address."""
    there = parse_qs(urlparse(url).query)
    found: Object = {key: there.get(key, [""])[0] for key in given.parse_keys}
    for old, new in given.replace.items():
        if old in found:
            found[new] = found.pop(old)
    return {key: value.split(",") for key, value in found.items()} if given.split_list else found


class UrlPart(GivenParameters):
    """Which part of an address between slashes, counted from the end if below 0; the name that it gets."""

    part: Annotated[int, Field(ge=-100, le=100, alias="partIndex")]
    without_query: bool = Field(default=False, alias="needDeleteId")
    kind: Literal["string", "json"] = Field(alias="returnType")
    key: str = ""


def url_dash_part(place: Place, given: UrlPart) -> Any:
    """A part of the address between slashes."""
    return part_of(active_tab(place).url, given)


def part_of(url: str, given: UrlPart) -> Any:
    """The same, of some address.

    Raises:
        NothingThere: it has fewer parts.
    """
    parts = url.split("/")
    if not -len(parts) <= given.part < len(parts):
        raise NothingThere(f"{url[:200]!r} has no part {given.part}")
    found = parts[given.part].split("?")[0] if given.without_query else parts[given.part]
    return found if given.kind == "string" else {given.key: found}


class ShopFilters(GivenParameters):
    """What is asked of the address of a shop's page."""

    parse_keys: Keys


def url_path_parse(place: Place, given: ShopFilters) -> Object:
    """What the address of a page of macys.com says: whose clothing, which, and the filters in its path."""
    return filters_of(active_tab(place).url, given)


def filters_of(url: str, given: ShopFilters) -> Object:
    """The same, of some address. Of its path one part has names, with commas, and the next their values."""
    path = unquote(urlparse(url).path)
    parts = path.strip("/").split("/")
    pairs = next(
        ((one, other) for one, other in itertools.pairwise(parts) if "," in one and "," in other),
        ("", ""),
    )
    names, values = ([part.strip() for part in text.split(",")] for text in pairs)
    filters = dict(zip(names, values, strict=False)) if pairs[0] else {}
    shirts = "shirts" in path or filters.get("Product_department") in ("shirts", "Shirts", "Shirt")
    short = "short-sleeve" in path or filters.get("Sleeve_length") in ("short-sleeve", "Short Sleeve")
    found: Object = {
        "mens_clothing": "mens-clothing" in path or None,
        "shirts": shirts or None,
        "short_sleeve": short or None,
    }
    for key in given.parse_keys:
        if key == "Price_discount_range":
            ranges = [one.strip() for one in filters.get(key, "").split("|")]
            good = HALF_OFF in ranges and not any(one in ranges for one in LESS_OFF)
            found[key] = HALF_OFF if good else f"not_{HALF_OFF}"
        elif key in filters or key == "Men_regular_size_t":
            found[key] = filters.get(key) or None
    return found
