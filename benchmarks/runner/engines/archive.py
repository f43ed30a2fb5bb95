"""A trajectory as bytes, for workers whose disk is not that of who wants the episodes."""

from __future__ import annotations

import io
import secrets
import shutil
import zipfile
from pathlib import Path

from deskhand.benchmarks.runner.engines.worker import set_aside
from deskhand.disk import read_below, safe_relative, write_new_file, writing
from deskhand.errors import LogError, TrajectoryError, UsageError

MOST_BYTES = 256 << 20
MOST_FILES = 100_000


def pack(folder: Path) -> bytes:
    """The plain files below a folder; links are left out.

    Raises:
        TrajectoryError: a file cannot be read, or all of them are too large to be sent.
    """
    data, left = io.BytesIO(), MOST_BYTES
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                name = path.relative_to(folder).as_posix()
                content = read_below(folder, name, left)
                left -= len(content)
                archive.writestr(name, content)
    return data.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Put a packed trajectory where it belongs: all of it, or nothing. What lies there is moved aside.

    Raises:
        LogError: it cannot be written.
        TrajectoryError: it is no packed trajectory, or names files outside of its folder.
    """
    part = folder.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with writing(folder.name, folder.parent):
            part.mkdir(parents=True)
            _write(data, part)
            set_aside(folder)
            part.rename(folder)
    except LogError:
        raise
    except (zipfile.BadZipFile, UsageError, ValueError, NotImplementedError, EOFError) as error:
        raise TrajectoryError(f"what a worker sent for {folder.name} is not a trajectory: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(data: bytes, part: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
            raise UsageError("it is too large")
        for info in infos:
            path = part / safe_relative(info.filename)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_new_file(path, archive.read(info))
