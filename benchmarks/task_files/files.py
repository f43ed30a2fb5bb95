"""Files that come with a task: what its file says to download or upload, looked for in a folder beside it.

Nothing is ever downloaded. A folder with the name of the task's file, or of its id, holds its files: under
the name that OSWorld's own cache gives them, that they get in the sandbox, or that ends their address.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deskhand.benchmarks.task_files.place import file_name, local_file
from deskhand.benchmarks.task_files.task import OsworldTask
from deskhand.errors import UsageError

LONGEST_URL, LONGEST_NAME = 4000, 200


def beside(path: Path, task: OsworldTask) -> Path | None:
    """The folder with a task's files; None if it has none."""
    for name in dict.fromkeys((path.stem, task.id)):
        try:
            folder = path.parent / file_name(name)
        except UsageError:
            continue
        if folder.is_dir():
            return folder
    return None


def downloaded(folder: Path | None, url: str, name: str) -> Path:
    """What stands in for a download.

    Raises:
        UsageError: it is not in the folder; says where it has to be put.
    """
    plain = file_name(name)
    # As OSWorld's own cache names it, as it is called in the sandbox, and as the hub has it.
    for candidate in (f"{uuid.uuid5(uuid.NAMESPACE_URL, url)}_{plain}", plain, *_hub_name(url)):
        if folder is not None and (folder / candidate).is_file():
            return local_file(folder, candidate)
    where = f"in {folder}" if folder is not None else "in a folder beside the task's file, named like it"
    raise UsageError(f"nothing is downloaded, and {plain!r} of {url[:200]!r} is not {where}")


def _hub_name(url: str) -> tuple[str, ...]:
    """The name that ends an address; none where that is no file's name."""
    try:
        last = unquote(urlsplit(url[:LONGEST_URL]).path).rpartition("/")[2]
        return (file_name(last),) if 0 < len(last.encode()) <= LONGEST_NAME else ()
    except (ValueError, UsageError):
        return ()


def uploaded(folder: Path | None, path: str) -> Path:
    """A file of the task's author, by its path or by the last part of it.

    Raises:
        UsageError: it is not in the folder.
    """
    for candidate in (path, file_name(path)):
        try:
            return local_file(folder, candidate)
        except UsageError:
            continue
    return local_file(folder, file_name(path))


def brought(task: OsworldTask, folder: Path | None) -> Iterator[tuple[str, Path]]:
    """The files that a task's set-up puts into the sandbox: each path there, and what is put there."""
    for step in task.config:
        files = step.parameters.get("files", ())
        for file in files if isinstance(files, list) and step.type in ("download", "upload_file") else ():
            if not isinstance(file, dict):
                continue
            path = str(file.get("path", ""))
            try:
                if step.type == "download":
                    yield path, downloaded(folder, str(file.get("url", "")), path)
                else:
                    yield path, uploaded(folder, str(file.get("local_path", "")))
            except UsageError:
                continue


def missing(task: OsworldTask, folder: Path | None) -> Iterator[str]:
    """The files that a task needs and that are not there."""
    for step in (*task.config, *task.evaluator.postconfig):
        files = step.parameters.get("files", ())
        for file in files if isinstance(files, list) and step.type in ("download", "upload_file") else ():
            if isinstance(file, dict):
                yield from _absent(folder, step.type, file)
    for check in task.evaluator.checks():
        for part in (check.result, check.expected):
            if part is not None and part.get("type") == "cloud_file":
                yield from _absent_clouds(folder, part.get("path"), part.get("dest"))


def _absent(folder: Path | None, kind: str, file: dict[str, object]) -> Iterator[str]:
    try:
        if kind == "download":
            downloaded(folder, str(file.get("url", "")), str(file.get("path", "")))
        else:
            uploaded(folder, str(file.get("local_path", "")))
    except UsageError:
        yield str(file.get("path") if kind == "download" else file.get("local_path"))


def _absent_clouds(folder: Path | None, urls: object, names: object) -> Iterator[str]:
    pairs = zip(
        urls if isinstance(urls, list) else [urls],
        names if isinstance(names, list) else [names],
        strict=False,
    )
    for url, name in pairs:
        try:
            downloaded(folder, str(url), str(name))
        except UsageError:
            yield str(name)
