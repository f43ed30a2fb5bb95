"""Where the packages of an image come from: the mirrors of Debian that this machine itself uses.

Only Debian's own archive: a line counts if it names a suite of Debian with its component main, and
is signed with Debian's own keys. Where there is none (another distribution, another way of
installing), mmdebstrap is given the suite alone and takes Debian's public archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

APT = Path("/etc/apt")
OS_RELEASE = Path("/etc/os-release")
_SUITE = re.compile(r"(?P<base>[a-z]+)(?P<kind>-updates|-security)?/?")
_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>.+)")

Entry = tuple[str, str, str, str]
"""Address, suite, components and signing key of one archive, as written."""


def sources(suite: str, apt: Path = APT, os_release: Path = OS_RELEASE) -> list[str]:
    """Lines of a sources.list for ``suite`` over this machine's mirrors; empty if it names none of Debian's.

    A mirror has all releases, so one that is used for this machine's own is used for any.
    """
    named = dict(_assignments(os_release))
    if named.get("ID") != "debian":
        return []
    own = (named.get("VERSION_CODENAME", ""), "stable")
    found: dict[str, str] = {}
    for uri, written, components, key in _entries(apt):
        shape = _SUITE.fullmatch(written)
        if shape is None or shape["base"] not in own or "main" not in components.split():
            continue
        uri = _first_mirror(uri)
        if not _is_debians(uri, key):
            continue
        signed = f"[signed-by={key}] " if key else ""
        found.setdefault(shape["kind"] or "", f"deb {signed}{uri} {suite}{shape['kind'] or ''} main")
    return list(found.values()) if "" in found else []


def _is_debians(uri: str, key: str) -> bool:
    """Whether an archive is Debian's own: by its key, or without one by the path that its mirrors share."""
    if key:
        return re.fullmatch(r"/\S*/debian-archive-[a-z-]+\.(gpg|pgp|asc)", key) is not None
    parts = urlsplit(uri)
    return bool(parts.scheme) and bool({"debian", "debian-security"} & set(parts.path.split("/")))


def _entries(apt: Path) -> Iterator[Entry]:
    for path in sorted([apt / "sources.list", *apt.glob("sources.list.d/*")]):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".list":
            yield from _one_line(text)
        elif path.suffix == ".sources":
            yield from _deb822(text)


def _one_line(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        found = _ONE_LINE.fullmatch(line.partition("#")[0].strip())
        if found:
            options = dict(word.partition("=")[::2] for word in (found["options"] or "").split())
            yield found["uri"], found["suite"], found["parts"], options.get("signed-by", "")


def _deb822(text: str) -> Iterator[Entry]:
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')} {line.strip()}"
                continue
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off", "without", "disable"):
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield uri, suite, fields.get("components", ""), fields.get("signed-by", "").strip()


def _first_mirror(uri: str) -> str:
    """The address that a list of mirrors on this machine names first; other addresses are themselves."""
    kind, _, place = uri.partition(":")
    if kind != "mirror+file":
        return uri
    listed = Path("/" + place.lstrip("/"))
    words = listed.read_text(encoding="utf-8").split() if listed.is_file() else []
    return next((word for word in words if urlsplit(word).netloc), "")


def _assignments(path: Path) -> Iterator[tuple[str, str]]:
    """The NAME=value lines of os-release(5)."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip().strip("\"'")
