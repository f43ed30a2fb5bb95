"""Which application opens what: media types of files and addresses, and the entries that name them."""

from __future__ import annotations

import configparser
import mimetypes
from fnmatch import fnmatchcase
from pathlib import Path

from deskhand.sandbox.guest.programs import ENTRY_FOLDERS, entries

GLOBS = Path("/usr/share/mime/globs2")
DEFAULTS = ("/etc/xdg/mimeapps.list", *(f"{folder}/mimeapps.list" for folder in ENTRY_FOLDERS))
WEB = ("http://", "https://")
_SNIFFED = 4096


def kind_of(target: str) -> str:
    """The media type of a file of the home folder, or the kind of an address.

    A file is known by its name; one without a known name is text or not, by what it begins with.

    Raises:
        OSError: there is no such file.
    """
    if target.startswith(WEB):
        return "x-scheme-handler/" + target.partition(":")[0]
    path = Path.home() / target
    if path.is_dir():
        return "inode/directory"
    kind, packed = mimetypes.guess_type(path.name)
    if kind is not None and packed is None:
        return kind
    kind = _by_pattern(path.name)
    if kind:
        return kind
    with path.open("rb") as file:
        return "application/octet-stream" if b"\0" in file.read(_SNIFFED) else "text/plain"


def program_for(kind: str) -> Path | None:
    """The entry of the application that opens a kind: its default, else the first by its file's name."""
    able = {path.name: path for path, entry in entries() if kind in entry["kinds"].split(";")}
    named = [name for place in DEFAULTS for name in _defaults(Path(place), kind)]
    return next((able[name] for name in (*named, *able) if name in able), None)


def _by_pattern(name: str) -> str:
    """The media type by the desktop's own list of patterns, the weightiest and longest; empty if none."""
    found: tuple[int, int, str] = (0, 0, "")
    try:
        text = GLOBS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in text.splitlines():
        weight, _, rest = line.partition(":")
        kind, _, pattern = rest.partition(":")
        pattern = pattern.partition(":")[0]
        if weight.isdigit() and pattern and fnmatchcase(name.casefold(), pattern.casefold()):
            found = max(found, (int(weight), len(pattern), kind))
    return found[2]


def _defaults(place: Path, kind: str) -> list[str]:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(place.read_text(encoding="utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return []
    return [name for name in parser.get("Default Applications", kind, fallback="").split(";") if name]
