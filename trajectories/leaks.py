"""Keys of this machine in a trajectory: whether the value of one got into it, and where.

Every plain file of the folder is read to its end as bytes, its log, its frames and the files of the run,
and so are all names. A value is looked for as it is and as it is written in JSON, in an address, in UTF-16
and in base64; documents that are zip archives, and gzip, are unpacked. What is only to be seen on a
picture is not found.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from deskhand.credentials import SHORTEST
from deskhand.errors import TrajectoryError
from deskhand.trajectories.disk import open_regular_file

PIECE = 1 << 20
MOST_UNPACKED = 256 << 20
"""Bytes that are read of what one archive holds: a small one may hold any number."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)
"""What archives that are damaged, encrypted or packed in an unknown way raise."""

Progress = Callable[[str, float | None], None]


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


def find_leaks(
    folder: Path, keys: Mapping[str, str], progress: Progress = lambda doing, share: None
) -> tuple[Leak, ...]:
    """Look for keys in a trajectory's folder.

    Args:
        keys: the name of each key -> its value; values shorter than ``SHORTEST`` are not looked for.
    """
    forms = {name: _forms(value) for name, value in keys.items() if len(value) >= SHORTEST}
    if not forms:
        return ()
    found: Counter[tuple[str, str]] = Counter()
    for path, name in ((folder, folder.resolve().name), *_entries(folder)):
        progress(f"looking for keys in {folder}", None)
        place = _hidden(path.relative_to(folder).as_posix(), keys)
        for key, times in (_in([os.fsencode(name)], forms) + _in_file(path, forms)).items():
            found[key, place] += times
    return tuple(Leak(key, place, times) for (key, place), times in sorted(found.items()))


def _entries(folder: Path) -> Iterator[tuple[Path, str]]:
    """Everything below a folder with its own name; links are not followed."""
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            yield Path(place, name), name


def _in_file(path: Path, forms: Mapping[str, frozenset[bytes]]) -> Counter[str]:
    """What is in a plain file and, if it is an archive, in what it holds; nothing of any other thing."""
    found: Counter[str] = Counter()
    try:
        with open_regular_file(path) as file:
            found += _in(_pieces(file), forms)
            file.seek(0)
            for unpacked in _unpacked(file):
                found += _in(unpacked, forms)
    except (TrajectoryError, OSError, *_BROKEN):
        return found  # what cannot be read holds nothing more that anybody could read
    return found


def _in(pieces: Iterable[bytes], forms: Mapping[str, frozenset[bytes]]) -> Counter[str]:
    """How often each key stands in what comes in pieces; one that lies across two is found too."""
    found: Counter[str] = Counter()
    longest = max(len(form) for each in forms.values() for form in each)
    kept = b""
    for piece in pieces:
        data = kept + piece
        for name, each in forms.items():
            found[name] += sum(data.count(form) - kept.count(form) for form in each)
        kept = data[-(longest - 1) :]
    return +found


def _pieces(file: IO[bytes] | gzip.GzipFile, left: list[int] | None = None) -> Iterator[bytes]:
    """A file piece by piece; ``left`` holds how many bytes may still be read, and is counted down."""
    while piece := file.read(PIECE if left is None else min(PIECE, left[0])):
        if left is not None:
            left[0] -= len(piece)
        yield piece


def _unpacked(file: IO[bytes]) -> Iterator[Iterable[bytes]]:
    """What an archive holds, file by file, up to a bound; nothing of a file that is none."""
    start, left = file.read(4), [MOST_UNPACKED]
    file.seek(0)
    if start[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=file) as packed:
            yield _pieces(packed, left)
    elif start == b"PK\x03\x04":
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                yield [member.filename.encode(errors="surrogateescape")]
                with archive.open(member) as opened:
                    yield _pieces(opened, left)


def _forms(value: str) -> frozenset[bytes]:
    """How a value may be written."""
    data = value.encode(errors="surrogateescape")
    forms = {
        data,
        value.encode("utf-16-le", "replace"),
        quote(value, safe="").encode(),
        quote(value).encode(),
    }
    forms |= {
        json.dumps(value)[1:-1].encode(),
        json.dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "replace"),
    }
    for before in range(3):
        # Whatever stands before and after it shares the characters at its edges.
        packed = base64.b64encode(bytes(before) + data)
        inner = packed[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        forms |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return frozenset(forms)


def _hidden(text: str, keys: Mapping[str, str]) -> str:
    for name, value in keys.items():
        if len(value) >= SHORTEST:
            text = text.replace(value, f"[{name}]")
    return text
