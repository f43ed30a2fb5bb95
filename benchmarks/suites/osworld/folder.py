"""Task files in a folder, between which other files may lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deskhand.benchmarks.task_files.place import file_name
from deskhand.benchmarks.task_files.task import LARGEST_FILE, Object, OsworldTask, is_task, read_json
from deskhand.errors import UsageError

MOST_FILES = 10_000
MOST_DEPTH = 8
DOMAINS = (
    "chrome",
    "gimp",
    "libreoffice_calc",
    "libreoffice_impress",
    "libreoffice_writer",
    "multi_apps",
    "os",
    "thunderbird",
    "vlc",
    "vs_code",
)
"""What OSWorld reports its tasks under: the names of the folders that they lie in."""
_SPELLED = {"vscode": "vs_code", "code": "vs_code", "google-chrome": "chrome", "terminal": "os"}
"""Other spellings of them in task files."""


def domain_of(path: Path, task: OsworldTask) -> str:
    """OSWorld's domain of a task: the folder that its file lies in, or else what its applications say."""
    if path.parent.name in DOMAINS:
        return path.parent.name
    plain = task.category.casefold().replace(" ", "_")
    return _SPELLED.get(plain, plain)


def is_list(content: Object) -> bool:
    """Whether a file is one of OSWorld's lists: ids of tasks by their domain."""
    return bool(content) and all(
        isinstance(ids, list) and all(isinstance(one, str) for one in ids) for ids in content.values()
    )


def tasks_of(content: Object, path: Path) -> Iterator[FoundTask]:
    """The tasks of a list, whose files lie in ``examples`` beside it, or in a folder for each domain.

    Raises:
        UsageError: none of them is there, or they are too many.
    """
    wanted = [(str(domain), str(one)) for domain, ids in content.items() for one in ids]
    if len(wanted) > MOST_FILES:
        raise UsageError(f"{path} names more than {MOST_FILES} tasks: give a shorter list")
    missing = 0
    for domain, one in wanted:
        for top in (path.parent / "examples", path.parent):
            try:
                file = top / file_name(domain) / f"{file_name(one)}.json"
            except UsageError:
                continue
            if file.is_file():
                break
        else:
            missing += 1
            yield FoundTask(path.parent / _plain(domain) / f"{_plain(one)}.json", {}, "its file is not there")
            continue
        found = _found(file)
        yield found if found is not None else FoundTask(file, {}, f"{file} is no task")
    if missing == len(wanted):
        raise UsageError(
            f"none of the {missing} tasks that {path} names is there: keep it beside its examples"
        )


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A file that is a task, or is meant to be one: then ``fault`` says why it cannot be read."""

    path: Path
    content: Object
    fault: str = ""

    def folders(self) -> set[str]:
        """The names that a folder with the task's own files may have."""
        return {self.path.stem, str(self.content.get("id"))}


def tasks_in(folder: Path) -> Iterator[FoundTask]:
    """The task files in a folder at any depth, in order. Folders with a task's own files are left alone.

    Raises:
        UsageError: there are no .json files, or too many.
    """
    count = 0
    for inside, folders, names in os.walk(folder):
        names = sorted(name for name in names if name.endswith(".json"))
        count += len(names)
        if count > MOST_FILES:
            raise UsageError(f"{folder} contains more than {MOST_FILES} files: give a smaller folder")
        found = [one for name in names if (one := _found(Path(inside, name))) is not None]
        yield from found
        own = {name for one in found for name in one.folders()}
        deep = len(Path(inside).relative_to(folder).parts)
        kept = (name for name in folders if not name.startswith(".") and name not in own)
        folders[:] = sorted(kept) if deep < MOST_DEPTH else []
    if not count:
        raise UsageError(f"{folder} contains no .json files: give the folder of OSWorld task files")


def _plain(name: str) -> str:
    try:
        return file_name(name)
    except UsageError:
        return "no-name"


def _found(path: Path) -> FoundTask | None:
    """A file if it is a task or looks like one; a folder of tasks may have lists and settings beside them."""
    try:
        content = read_json(path)
    except UsageError as error:
        return FoundTask(path, {}, str(error)) if _looks_like_task(path) else None
    return FoundTask(path, content) if is_task(content) else None


def _looks_like_task(path: Path) -> bool:
    """Whether a file that is no JSON object has the words that a task has."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE)
    except OSError:
        return False
    return data.lstrip()[:1] == b"{" and b'"evaluator"' in data and b'"instruction"' in data
