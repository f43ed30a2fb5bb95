"""The table of the viewer: a made-up run is a page that a browser opens."""

from __future__ import annotations

import shutil

import pytest

from deskhand.benchmarks.speed.show import rows


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_page_is_written_and_opened() -> None:
    writing, size, opening = rows(steps=20, tries=1)
    assert writing["tries"] == 1
    assert size["median"] > 0
    assert opening["median"] is not None, opening["note"]
