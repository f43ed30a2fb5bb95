"""The lightbox does what every sandbox must do."""

from __future__ import annotations

import pytest

from deskhand.sandbox import contract
from deskhand.sandbox.checks import desktop, isolation
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox

pytestmark = pytest.mark.lightbox


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_the_lightbox_passes(check: object) -> None:
    check(Lightbox)  # type: ignore[operator]


def test_the_lightbox_has_the_protocols_methods() -> None:
    assert isinstance(Lightbox(), Sandbox)


def test_every_check_of_the_modules_is_in_the_list() -> None:
    """A check that is written and not listed would never run."""
    written = {
        name
        for module in (desktop, isolation)
        for name, value in vars(module).items()
        if callable(value)
        and not name.startswith("_")
        and list(getattr(value, "__annotations__", {})) in (["make", "return"], ["make", "times", "return"])
    }
    assert written == {check.__name__ for check in contract.CHECKS}
