"""Documents that are packed folders (xlsx, docx, odt): looked at before a library unpacks them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from deskhand.benchmarks.task_files.metrics.common import file_of
from deskhand.benchmarks.task_files.place import NothingThere

MOST_UNPACKED = 200 << 20
MOST_ENTRIES = 5000


def packed(value: Any, what: str) -> Path:
    """A packed document that a getter gave.

    Raises:
        NothingThere: it is none, or it would take too much room unpacked.
    """
    path = file_of(value)
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [entry.file_size for entry in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise NothingThere(f"{path.name} is no {what}: {error}") from error
    if len(sizes) > MOST_ENTRIES or sum(sizes) > MOST_UNPACKED:
        raise NothingThere(f"{path.name} would take over {MOST_UNPACKED >> 20} MiB unpacked")
    return path
