"""A browser in which the pages of this room are used as a person uses them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 60_000
SIZE = {"width": 1640, "height": 840}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e .[dev]")
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with contextlib.closing(browser.new_context(viewport=SIZE)) as context:
        context.set_default_timeout(PATIENCE_MS)
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        yield page
        assert faults == []
