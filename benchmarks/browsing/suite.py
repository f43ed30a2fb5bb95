"""What suites of pages have in common: one Chromium in a sandbox serves all episodes there."""

from __future__ import annotations

from deskhand.benchmarks.browsing.browser import Browser
from deskhand.benchmarks.browsing.moves import TaskPage
from deskhand.benchmarks.suite import BaseSuite
from deskhand.errors import SandboxError
from deskhand.sandbox.protocol import Sandbox


class PageSuite(BaseSuite):
    """A suite whose tasks are pages; ``prepare`` of a subclass opens one in ``_browser``."""

    def __init__(self) -> None:
        self._browser: Browser | None = None

    def reset(self, sandbox: Sandbox) -> None:
        """A sandbox whose Chromium is as it was at the start is clean: ``prepare`` opens another page."""
        if self._browser is None or self._browser.sandbox is not sandbox or not self._browser.intact():
            self._browser = None
            sandbox.reset()

    def close(self) -> None:
        """Forget the browser, which ends with its sandbox."""
        self._browser = None

    def _shown(self, task: str, sandbox: Sandbox) -> Browser:
        if self._browser is None or self._browser.sandbox is not sandbox:
            raise SandboxError(f"no page of {task} is open in this sandbox")
        return self._browser

    def _page(self) -> TaskPage:
        if self._browser is None:
            raise SandboxError("no page is open: prepare a task first")
        return TaskPage(self._browser)
