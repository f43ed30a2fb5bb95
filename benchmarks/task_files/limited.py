"""Metrics that read what may take long or much room, in a process of their own with limits.

PDF files, films, archives and databases are read by large libraries, and a file of a few kilobytes can keep
these busy for hours. The process that reads them has a minute and 4 GiB; what needs more cannot be judged,
which is neither the agent's failure nor its success.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.place import NothingThere, TooMuch
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.sandbox.environment import plain

SECONDS = 60
"""Of processor time."""
PATIENCE_SECONDS = 300
"""By the clock: other programs may want the processor, too."""
MEMORY = 4 << 30
LARGE = 24 << 20
"""Bytes, unpacked where it is an archive, from which on any file is read with limits."""

ALWAYS = frozenset(
    {
        "check_pdf_pages", "compare_archive", "compare_audios", "compare_epub", "compare_pdf_images",
        "compare_pdfs", "compare_videos", "compare_zip_files", "run_sqlite3",
    }
)  # fmt: skip


def needs_limits(name: str, *values: Any) -> bool:
    """Whether a metric is run in a process of its own, by its name or for the size of what it reads."""
    return name in ALWAYS or any(_size(path) > LARGE for value in values for path in _files(value))


def _files(value: Any) -> Iterator[Path]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Path):
            yield one


def _size(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return path.stat().st_size if path.is_file() else 0


def judged(name: str, result: Any, expected: Any, options: Object) -> Score:
    """What a metric says, in a process of its own.

    Raises:
        NothingThere: as the metric does.
        UsageError: the task's rules are wrong.
        TooMuch: what it reads takes too long or too much memory, or ends the process.
        EnvironmentProblem: the process did not get on.
    """
    asked = json.dumps([name, _packed(result), _packed(expected), options])
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "deskhand.benchmarks.task_files.limited", str(SECONDS)],
            input=asked.encode(),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
            env=plain() | {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        )
    except subprocess.TimeoutExpired as error:
        raise EnvironmentProblem(
            f"{name} was not done after {PATIENCE_SECONDS} s, without {SECONDS} s of the processor"
        ) from error
    try:
        kind, reward, reason = json.loads(done.stdout)
    except (ValueError, TypeError) as error:
        said = done.stderr.decode(errors="replace").strip()[-300:]
        what = f"{name} ended with {done.returncode} ({said or 'no word'})"
        raise TooMuch(f"{what}: {_TOO_MUCH}") from error
    if kind in _ERRORS:
        raise _ERRORS[kind](str(reason))
    return Score(float(reward), str(reason))


_TOO_MUCH = f"a file takes more than {SECONDS} s or {MEMORY >> 30} GiB to be read, or cannot be read safely"
_ERRORS: dict[str, type[Exception]] = {
    "nothing": NothingThere,
    "rules": UsageError,
    "environment": EnvironmentProblem,
    "much": TooMuch,
    "broke": ValueError,
}


def _packed(value: Any) -> Any:
    """A value as JSON, in which a file differs from a text."""
    if isinstance(value, Path):
        return {"file": str(value)}
    if isinstance(value, list):
        return {"list": [_packed(one) for one in value]}
    return {"value": value}


def _unpacked(value: Any) -> Any:
    if "file" in value:
        return Path(value["file"])
    return [_unpacked(one) for one in value["list"]] if "list" in value else value["value"]


def _answer() -> tuple[str, float, str]:
    """Read what is asked, run the metric, and say how it went."""
    name, result, expected, options = json.load(sys.stdin)
    try:
        score = lookup.metric(name)(_unpacked(result), _unpacked(expected), options)
    except NothingThere as error:
        return "nothing", 0.0, str(error)
    except UsageError as error:
        return "rules", 0.0, str(error)
    except TooMuch as error:
        return "much", 0.0, str(error)
    except EnvironmentProblem as error:
        return "environment", 0.0, str(error)
    except MemoryError:
        return "much", 0.0, f"{name}: {_TOO_MUCH}"
    except Exception as error:  # noqa: BLE001 - whoever asked says what it means, as for a metric of its own
        return "broke", 0.0, f"{type(error).__name__}: {str(error)[:300]}"
    return "score", score.reward, score.reason


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]),) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(_answer()))
