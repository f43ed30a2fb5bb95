"""Keys of this machine in a trajectory: whether the value of one got into it, and where.

Every plain file of the folder is read to its end as bytes, its log, its frames and the files of the run,
and so are all names. A value is looked for as it is and as it is written in JSON, in HTML and XML, in an
address, in UTF-16 and in base64; zip archives, which most documents are, and gzip are unpacked. What could
not be searched is listed. What is visible only in a picture is not found.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote, quote_plus

from deskhand.credentials import SHORTEST
from deskhand.disk import open_regular_file
from deskhand.errors import TrajectoryError
from deskhand.progress import Progress, silent

PIECE = 1 << 20
MOST_UNPACKED = 256 << 20
"""Bytes that are read of what one archive holds: a small one may hold any number."""

DEEPEST = 3
"""Archives in archives."""

_BOUNDED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Ways of packing that are unpacked piece by piece; the others may make a gigabyte of one piece."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError)
"""What archives that are damaged, encrypted or packed in an unknown way raise."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A key that is in a trajectory.

    Attributes:
        variable: the variable of the environment whose value it is.
        place: path below the trajectory's folder, "." for the folder's own name; a key in it is replaced by
            its variable's name.
        times: how often it stands there.
    """

    variable: str
    place: str
    times: int

    def __str__(self) -> str:
        often = "once" if self.times == 1 else f"{self.times} times"
        return (
            f"the value of {self.variable} is in {self.place} ({often}): change that key where it was "
            "issued, and give this trajectory to nobody"
        )


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for keys found.

    Attributes:
        keys: the variables whose values were looked for.
        leaks: those that are there.
        unsearched: what could not be searched, each with the reason.
    """

    keys: tuple[str, ...] = ()
    leaks: tuple[Leak, ...] = ()
    unsearched: tuple[str, ...] = ()


@dataclass(slots=True)
class _Forms:
    """How the keys may be written: name -> forms; those of ``wrapped`` may have line ends inside."""

    plain: Mapping[str, frozenset[bytes]]
    wrapped: Mapping[str, frozenset[bytes]]
    longest: int


@dataclass(slots=True)
class _File:
    """One file that is searched, with what its archives may still make of memory and time."""

    forms: _Forms
    left: int = MOST_UNPACKED
    found: Counter[str] = field(default_factory=Counter)
    unsearched: list[str] = field(default_factory=list)


def find_leaks(folder: Path, keys: Mapping[str, str], progress: Progress = silent) -> Search:
    """Look for keys in a trajectory's folder.

    Args:
        keys: the name of each key -> its value; values shorter than ``SHORTEST`` are not looked for.
    """
    looked_for = {name: value for name, value in keys.items() if len(value) >= SHORTEST}
    if not looked_for:
        return Search()
    forms = _forms(looked_for)
    found: Counter[tuple[str, str]] = Counter()
    unsearched: list[str] = []
    for path, name in ((folder, folder.resolve().name), *_entries(folder)):
        progress(f"looking for keys in {folder}", None)
        place = _hidden(path.relative_to(folder).as_posix(), looked_for)
        file = _File(forms)
        _look([os.fsencode(name)], file)
        _look_into(path, file)
        for key, times in file.found.items():
            found[key, place] += times
        unsearched += [f"{place}: {_hidden(why, looked_for)}" for why in file.unsearched]
    leaks = tuple(Leak(key, place, times) for (key, place), times in sorted(found.items()))
    return Search(tuple(looked_for), leaks, tuple(unsearched))


def _entries(folder: Path) -> Iterator[tuple[Path, str]]:
    """Everything below a folder with its own name; links are not followed."""
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            yield Path(place, name), name


def _look_into(path: Path, file: _File) -> None:
    """A plain file and, if it is an archive, what it holds; nothing of any other thing."""
    if path.is_symlink() or not path.is_file():
        return
    try:
        with open_regular_file(path) as opened:
            _look(_pieces(opened), file)
            opened.seek(0)
            _unpack(opened, file, "", 1)
    except (TrajectoryError, OSError) as error:
        file.unsearched.append(str(error)[:200])


def _look(pieces: Iterable[bytes], file: _File) -> None:
    """Count the keys in what comes in pieces; one that lies across two is found too."""
    plain = wrapped = b""
    for piece in pieces:
        plain = _count(plain, piece, file.forms.plain, file)
        wrapped = _count(wrapped, piece.translate(None, b"\r\n"), file.forms.wrapped, file)


def _count(kept: bytes, piece: bytes, forms: Mapping[str, frozenset[bytes]], file: _File) -> bytes:
    """Count what ends in a piece; returns the end of it that the next one is to be read with."""
    data = kept + piece
    for name, each in forms.items():
        times = sum(data.count(form) - kept.count(form) for form in each)
        if times:
            file.found[name] += times
    return data[-(file.forms.longest - 1) :]


def _pieces(opened: IO[bytes] | gzip.GzipFile, file: _File | None = None) -> Iterator[bytes]:
    """What is read, piece by piece; of a packed file as much as may still be unpacked."""
    while piece := opened.read(PIECE if file is None else min(PIECE, file.left)):
        if file is not None:
            file.left -= len(piece)
        yield piece


def _unpack(opened: IO[bytes], file: _File, within: str, depth: int) -> None:
    """Look at what an archive holds, file by file, up to a bound; at nothing of a file that is none."""
    start = opened.read(2)
    opened.seek(0)
    try:
        if start == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=opened) as packed:
                _look_inside(packed, file, within, depth)
        elif zipfile.is_zipfile(opened):
            with zipfile.ZipFile(opened) as archive:
                for member in archive.infolist():
                    _look_at_member(archive, member, file, within, depth)
    except _BROKEN as error:
        file.unsearched.append(f"{within}{type(error).__name__}: {error}"[:200])


def _look_at_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: _File, within: str, depth: int
) -> None:
    name = f"{within}{member.filename[:80]}: "
    _look([member.filename.encode(errors="surrogateescape")], file)
    if member.compress_type not in _BOUNDED:
        file.unsearched.append(f"{name}packed in a way that has no bound")
        return
    try:
        with archive.open(member) as packed:
            _look_inside(packed, file, name, depth)
    except _BROKEN as error:
        file.unsearched.append(f"{name}{type(error).__name__}: {error}"[:200])


def _look_inside(packed: IO[bytes] | gzip.GzipFile, file: _File, name: str, depth: int) -> None:
    """What one packed file holds; it may be an archive itself."""
    kept: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece in _pieces(packed, file):
            if kept or piece[:2] in (b"PK", b"\x1f\x8b"):
                kept.append(piece)
            yield piece

    _look(pieces(), file)
    if not file.left and packed.read(1):
        file.unsearched.append(f"{name}more than {MOST_UNPACKED >> 20} MiB when unpacked")
    elif kept and depth == DEEPEST:
        file.unsearched.append(f"{name}archives in more than {DEEPEST} archives")
    elif kept:
        _unpack(io.BytesIO(b"".join(kept)), file, name, depth + 1)


def _forms(keys: Mapping[str, str]) -> _Forms:
    plain = {name: _written(value) for name, value in keys.items()}
    wrapped = {name: _in_base64(value) for name, value in keys.items()}
    longest = max(len(form) for each in (*plain.values(), *wrapped.values()) for form in each)
    return _Forms(plain, wrapped, longest)


def _written(value: str) -> frozenset[bytes]:
    """How a value may be written, but for base64."""
    texts = {value, quote(value, safe=""), quote(value), quote_plus(value)}
    texts |= {html.escape(value, quote=False), html.escape(value)}
    for _ in range(2):  # JSON in JSON, too: a reply that is kept as it came
        texts |= {json.dumps(text, ensure_ascii=plain)[1:-1] for text in texts for plain in (True, False)}
    forms = {text.encode(errors="surrogateescape") for text in texts}
    return frozenset(forms | {value.encode(kind, "replace") for kind in ("utf-16-le", "utf-16-be")})


def _in_base64(value: str) -> frozenset[bytes]:
    """A value in base64: whatever stands before and after it shares the characters at its edges."""
    forms, data = set[bytes](), value.encode(errors="surrogateescape")
    for before in range(3):
        packed = base64.b64encode(bytes(before) + data)
        inner = packed[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        forms |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return frozenset(forms)


def _hidden(text: str, keys: Mapping[str, str]) -> str:
    for name, value in keys.items():
        text = text.replace(value, f"[{name}]")
    return text
