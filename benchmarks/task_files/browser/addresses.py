"""Addresses of pages, compared as OSWorld compares them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import ParseResult, urlparse, urlunparse

LONGEST = 20_000
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+\-.]*://")
_CATEGORIES = frozenset(
    "ac asn co com edu gob gouv gov govt gv id info ltd me mil ne net nom or org plc sch school".split()
)
"""What stands before a country's letters as a part of the same suffix: com.au, co.uk."""


def same_address(one: str | None, other: str | None) -> bool:
    """Whether two addresses are the same but for the suffix of the host, a lone "www", its port, and the
    path "/"; without a scheme http is meant.

    OSWorld takes suffixes from the public list of them; here one is the last label, or the last two where
    they are a category and a country.
    """
    if one is None or other is None:
        return one == other
    return _plain(one[:LONGEST]) == _plain(other[:LONGEST])


def _plain(url: str) -> str:
    parts = urlparse(url if _SCHEME.match(url) else f"http://{url}")
    path = "" if parts.path == "/" else parts.path
    return urlunparse(
        ParseResult(parts.scheme, _site(parts.netloc), path, parts.params, parts.query, parts.fragment)
    )


def _site(netloc: str) -> str:
    """A host without its suffix, without "www" if that is all that stands before, and without its port."""
    host = netloc.lower().rpartition("@")[2]
    host = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    labels = host.strip(".").split(".")
    if _is_number(host) or len(labels) == 1:
        return host
    ends = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _CATEGORIES else 1
    names = labels[:-ends]
    return names[-1] if names[:-1] == ["www"] else ".".join(names)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
