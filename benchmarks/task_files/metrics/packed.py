"""Documents that are packed folders (xlsx, docx, pptx, odt): looked at before a library unpacks them."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import Any

from lxml import etree

from deskhand.benchmarks.task_files.metrics.common import file_of, shown
from deskhand.benchmarks.task_files.place import LARGEST_LOCAL, NothingThere, TooMuch

DAMAGED = (
    KeyError,
    ValueError,
    AttributeError,
    TypeError,
    etree.LxmlError,
    zipfile.BadZipFile,
    OSError,
)
"""What libraries raise for a document that is not whole."""

UNREADABLE = (
    KeyError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
)
"""What a file in an archive raises that is not there, not whole, or packed as nobody can read it."""

MOST_UNPACKED = 200 << 20
MOST_ENTRIES = 5000


def packed(value: Any, what: str) -> Path:
    """A packed document that a getter gave.

    Raises:
        NothingThere: it is none.
        TooMuch: it would take too much room unpacked.
    """
    path = file_of(value, LARGEST_LOCAL)
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NothingThere(f"{path.name} is no {what}: {error}") from error
    if len(sizes) > MOST_ENTRIES or sum(sizes) > MOST_UNPACKED:
        raise TooMuch(f"{path.name} cannot be judged: it would take over {MOST_UNPACKED >> 20} MiB unpacked")
    return path


def member(value: Any, what: str, name: str) -> bytes:
    """One file of a packed document that a getter gave.

    Raises:
        NothingThere: it is no such document, or has no such file.
    """
    path = packed(value, what)
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name)
    except UNREADABLE as error:
        raise NothingThere(f"{path.name} has no {name}: {shown(str(error))}") from error
