"""The sandboxes' table: every column is measured, and what does not work here says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.benchmarks.speed import sandbox as bench_sandbox

pytestmark = pytest.mark.lightbox


def test_a_lightbox_and_a_remote_one_are_measured_and_compared() -> None:
    lightbox, remote, ratio = bench_sandbox.rows(("lightbox", "remote"), tries=1)
    assert list(lightbox) == ["sandbox", *bench_sandbox.COLUMNS, "note"]
    assert all(lightbox[name] > 0 for name in bench_sandbox.COLUMNS)
    assert remote["sandbox"] == "remote" and remote["memory_mb"] is None
    assert ratio["sandbox"] == "remote / lightbox"
    assert ratio["start_s"] == pytest.approx(remote["start_s"] / lightbox["start_s"], abs=0.01)


def test_a_kind_that_does_not_work_here_has_a_note_and_no_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_IMAGES", str(tmp_path))
    (row,) = bench_sandbox.rows(("vm",), tries=1)
    assert "deskhand sandbox build" in row["note"]
    assert all(row[name] is None for name in bench_sandbox.COLUMNS)
