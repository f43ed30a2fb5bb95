"""Writes a report: as a page that loads nothing and runs nothing, or as Markdown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from deskhand.benchmarks.runner.report.content import LONGEST, Content, Failure, content_of
from deskhand.benchmarks.runner.tables import Row
from deskhand.errors import UsageError
from deskhand.text import clean
from deskhand.trajectories.export.exchange import new_file
from deskhand.trajectories.viewer import bounds

ENDINGS = (".html", ".md")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")


def write_report(folder: Path, out: Path) -> Content:
    """Write the report of a run to a new file, .html or .md; returns what is in it.

    Raises:
        UsageError: the folder has no results, something is at ``out`` already, or it ends otherwise.
        LogError: it cannot be written.
    """
    if out.suffix not in ENDINGS:
        raise UsageError(f"a report is a web page or Markdown: --out must end in {' or '.join(ENDINGS)}")
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} already exists and is not replaced: choose another --out")
    content = content_of(folder, pictures=out.suffix == ".html")
    made = page(content) if out.suffix == ".html" else markdown(content)
    with new_file(out) as file:
        file.write(made.encode())
    return content


def page(content: Content) -> str:
    """The page. Whatever is foreign stands in it as text: the template escapes it."""
    style = _asset("report.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_asset("report.html")).render(
        content=content,
        style=Markup(style),
        style_hash="sha256-" + base64.b64encode(sha256(style.encode()).digest()).decode(),
        cell=cell,
        columns=_columns,
    )


def markdown(content: Content) -> str:
    """The same without pictures, as tables of GitHub's Markdown; foreign text has its marks escaped."""
    parts = [f"# {_plain(content.suite)}, policy {_plain(content.policy)}", *_table("In all", content.totals)]
    parts += _table("By category", content.categories)
    parts += _table("By task", content.tasks)
    parts += _table("Not done", [_row(failure) for failure in content.failures])
    parts += _table("Environment errors", [_row(failure) for failure in content.errors])
    if content.left_out:
        parts.append(f"{content.left_out} more are in the results file.")
    return "\n\n".join(parts) + "\n"


def cell(value: Any) -> str:
    """A value of a row for a person, bounded and without what would be invisible."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return bounds.text(str(value), LONGEST)


def _row(failure: Failure) -> Row:
    return {
        "task": failure.task,
        "seed": failure.seed,
        "attempt": failure.attempt,
        "status": failure.status,
        "found": failure.reason,
        "last": failure.last,
    }


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    columns = _columns(rows)
    lines = ["| " + " | ".join(_plain(column) for column in columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        lines.append("| " + " | ".join(_plain(cell(row.get(column))) for column in columns) + " |")
    yield f"## {title}"
    yield "\n".join(lines)


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(rows[0])


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", clean(text, 400))


def _asset(name: str) -> str:
    return (files("deskhand.benchmarks.runner.report") / name).read_text(encoding="utf-8")
