"""Metrics on archives: what is in them is compared file by file, by the metric for its kind."""

from __future__ import annotations

import difflib
import io
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree, html
from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.lookup import metric
from deskhand.benchmarks.task_files.metrics.common import file_of, must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.packed import MOST_ENTRIES, MOST_UNPACKED, UNREADABLE, packed
from deskhand.benchmarks.task_files.metrics.pdf import text_of_pdf
from deskhand.benchmarks.task_files.place import LARGEST_LOCAL, NothingThere, TooMuch
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import UsageError

ALIKE = 0.95
MOST_TEXT = 20_000
KINDS = {
    "text": "compare_text_file",
    "pdf": "compare_pdfs",
    "docx": "compare_docx_files",
    "ppt": "compare_pptx_files",
    "image": "compare_images",
    "csv": "compare_csv",
    "table": "compare_table",
    "audio": "compare_audios",
    "video": "compare_videos",
}
"""The metric for each kind of file."""

_BROKEN = (tarfile.TarError, *UNREADABLE)


class _Archive(BaseModel):
    """A folder in the archive, and the kind of files in it."""

    file_path: str = ""
    file_type: str = "text"


def compare_archive(result: Any, expected: Any, options: Object) -> Score:
    """Two archives with the same names in a folder; the reward is the mean over its files."""
    rules = rules_of(_Archive, options)
    if rules.file_type not in KINDS:
        raise UsageError(f"an archive has files of {', '.join(KINDS)}, not {rules.file_type[:40]!r}")
    rest = {key: value for key, value in options.items() if key not in ("file_path", "file_type")}
    one, other = (_entries(value, rules.file_path) for value in (result, expected))
    if not one or sorted(one) != sorted(other):
        return Score(0.0, f"the archive holds {shown(sorted(one))} and not {shown(sorted(other))}")
    compare, rewards = metric(KINDS[rules.file_type]), []
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(sorted(one)):
            pair = []
            for side, data in (("found", one[name]), ("wanted", other[name])):
                if data is None:
                    raise NothingThere(f"{shown(name)} is a folder")
                place = Path(folder) / f"{number}-{side}{Path(name).suffix[:20]}"
                place.write_bytes(data)
                pair.append(place)
            rewards.append(compare(pair[0], pair[1], rest).reward)
    reward = sum(rewards) / len(rewards)
    return Score(reward, "" if reward >= 1 else f"the files in the archive are alike by {reward:.0%}")


def _entries(value: Any, folder: str) -> dict[str, bytes | None]:
    """What lies in a folder of an archive, by name; None for a folder.

    Raises:
        NothingThere: it is no archive, or has no such folder.
        TooMuch: it would take too much room unpacked.
    """
    path = file_of(value, LARGEST_LOCAL)
    try:
        with path.open("rb") as file:
            is_zip = zipfile.is_zipfile(file)
        files = _zipped(path) if is_zip else _tarred(path)
    except _BROKEN as error:
        raise NothingThere(f"{path.name} is not an archive: {shown(str(error))}") from error
    place = [part for part in folder.split("/") if part not in ("", ".")]
    found: dict[str, bytes | None] = {}
    for parts, data in files:
        if parts[: len(place)] == place and len(parts) > len(place):
            is_file = len(parts) == len(place) + 1
            found[parts[len(place)]] = data if is_file else None
    if not found and folder:
        raise NothingThere(f"the archive has no folder {shown(folder)}")
    return found


Files = list[tuple[list[str], bytes | None]]


def _zipped(path: Path) -> Files:
    packed(path, "archive")
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        return [(_parts(one.filename), None if one.is_dir() else archive.read(one)) for one in entries]


def _tarred(path: Path) -> Files:
    found: Files = []
    size = 0
    with tarfile.open(path) as archive:
        for one in archive:
            size += one.size
            if size > MOST_UNPACKED or len(found) > MOST_ENTRIES:
                raise TooMuch(
                    f"{path.name} cannot be judged: it would take over {MOST_UNPACKED >> 20} MiB unpacked"
                )
            file = archive.extractfile(one) if one.isfile() else None
            if file is not None or one.isdir():
                found.append((_parts(one.name), file.read() if file is not None else None))
    return found


def _parts(name: str) -> list[str]:
    """A name in an archive as its folders and its own; names are compared, and never used as paths."""
    return [part for part in name.split("/") if part not in ("", ".")]


def compare_zip_files(result: Any, expected: Any, options: Object) -> Score:
    """Two archives with the same names and contents; PDF files by 95 % of their text."""
    paths = [packed(value, "archive") for value in (result, expected)]
    try:
        with zipfile.ZipFile(paths[0]) as one, zipfile.ZipFile(paths[1]) as other:
            names = set(one.namelist())
            if names != set(other.namelist()):
                return Score(0.0, f"the archive holds {shown(sorted(names))}")
            wrong = [name for name in sorted(names) if not _same(name, one.read(name), other.read(name))]
    except UNREADABLE as error:
        raise NothingThere(f"an archive cannot be read: {shown(str(error))}") from error
    return must(not wrong, f"{shown(wrong[:3])} is another file")


def _same(name: str, found: bytes, wanted: bytes) -> bool:
    if found == wanted or not name.lower().endswith(".pdf"):
        return found == wanted
    texts: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for side, data in (("found.pdf", found), ("wanted.pdf", wanted)):
            place = Path(folder) / side
            place.write_bytes(data)
            texts.append(text_of_pdf(place)[:MOST_TEXT])
    return difflib.SequenceMatcher(None, texts[0], texts[1]).ratio() >= ALIKE


def compare_epub(result: Any, expected: Any, options: Object) -> Score:
    """How alike the lines of the pages and lists of two electronic books are, as a reward."""
    one, other = _pages(result), _pages(expected)
    if not one:
        return Score(0.0, "the book has no pages")
    pairs = zip((one[name] for name in sorted(one)), (other[name] for name in sorted(other)), strict=False)
    reward = sum(difflib.SequenceMatcher(a=a, b=b).ratio() for a, b in pairs) / len(one)
    return Score(reward, "" if reward >= 1 else f"the pages of the books are alike by {reward:.0%}")


def _pages(value: Any) -> dict[str, list[str]]:
    """The lines of what a book holds, without what numbers its copy and its places."""
    path, found = packed(value, "book"), {}
    passed = {"toc.ncx": "navPoint", "content.opf": "dc:identifier"}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name in passed:
                    lines = archive.read(name).decode().splitlines()
                    found[name] = [line for line in lines if passed[name] not in line]
                elif name.endswith(".html"):
                    text = archive.read(name).decode().replace("\n", "").replace("\r", "")
                    page = html.parse(io.BytesIO(text.encode()), html.HTMLParser()).getroot()
                    found[name] = html.tostring(page, pretty_print=True, encoding="unicode").splitlines()
    except (*UNREADABLE, etree.LxmlError) as error:
        raise NothingThere(f"{path.name} is not a book: {shown(str(error))}") from error
    return found
