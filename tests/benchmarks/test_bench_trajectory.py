"""The table of what trajectories cost: every column is measured on real applications."""

from __future__ import annotations

import pytest

from deskhand.benchmarks.speed import trajectory as bench_trajectory

pytestmark = pytest.mark.lightbox


@pytest.mark.slow(reason="each application is opened")
def test_every_application_has_a_row_and_the_last_is_of_all_together() -> None:
    done: list[str] = []
    *each, total = bench_trajectory.rows(4, lambda application, share: done.append(application))
    assert [row["application"] for row in each] == list(bench_trajectory.SCRIPTS)
    assert done == [name for name in bench_trajectory.SCRIPTS for _ in range(4)]
    for row in (*each, total):
        assert list(row) == ["application", "steps", *bench_trajectory.COLUMNS]
        assert row["png_bytes"] > row["frame_bytes"] > 0
        assert row["log_ms"] > 0
        assert row["frames"] > 1, "what is typed shows: a script that did nothing would cost nothing"
        assert row["percent"] == pytest.approx(
            100 * (row["frame_bytes"] + row["log_bytes"]) / row["png_bytes"], abs=0.1
        )
    assert total["steps"] == sum(row["steps"] for row in each) == 12
    assert total["application"] == "all"
