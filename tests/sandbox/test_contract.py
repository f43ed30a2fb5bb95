"""The lightbox does what every sandbox must do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action
from deskhand.perception.screen import Screenshot
from deskhand.sandbox import contract
from deskhand.sandbox.checks import canaries, desktop, isolation
from deskhand.sandbox.checks.common import MakeSandbox
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from tests.conftest import EVERYTHING

pytestmark = pytest.mark.lightbox


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_the_lightbox_passes(check: object) -> None:
    if check is desktop.resets_to_the_same_first_frame and not EVERYTHING:
        check = partial(desktop.resets_to_the_same_first_frame, times=5)
    check(Lightbox)  # type: ignore[operator]


@pytest.mark.timeout(1800)
@pytest.mark.slow(reason="it takes minutes")
def test_four_at_once_pass_twice_in_a_row() -> None:
    contract.check_sandbox(Lightbox, times=2, at_once=4)


class Late(Lightbox):
    """A lightbox that draws what was done a second later, as one of a busy machine does."""

    _before: Screenshot | None = None
    _until = 0.0

    def launch(self, application: str, arguments: Sequence[str] = ()) -> None:
        self._hold()
        super().launch(application, arguments)
        self._until = time.monotonic() + 1.0

    def perform(self, action: Action) -> Outcome:
        self._hold()
        return super().perform(action)

    def _hold(self) -> None:
        self._before, self._until = self.screenshot(), time.monotonic() + 1.0

    def screenshot(self) -> Screenshot:
        now = super().screenshot()
        if self._before is None or time.monotonic() >= self._until:
            return now
        return replace(self._before, cursor=now.cursor)


@pytest.mark.parametrize("check", [desktop.clicks_and_drags_at_the_point, desktop.scrolls_both_ways])
def test_a_check_waits_for_what_is_drawn_late(check: Callable[[MakeSandbox], None]) -> None:
    check(Late)


def test_the_lightbox_has_the_protocols_methods() -> None:
    assert isinstance(Lightbox(), Sandbox)


def test_every_check_of_the_modules_is_in_the_list() -> None:
    """A check that is written and not listed would never run."""
    written = {
        name
        for module in (canaries, desktop, isolation)
        for name, value in vars(module).items()
        if callable(value)
        and not name.startswith("_")
        and list(getattr(value, "__annotations__", {})) in (["make", "return"], ["make", "times", "return"])
    }
    assert written == {check.__name__ for check in contract.CHECKS}
