"""The lightbox does what every sandbox must do."""

from __future__ import annotations

import pytest

from deskhand.sandbox import contract
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox

pytestmark = pytest.mark.lightbox


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_the_lightbox_passes(check: object) -> None:
    check(Lightbox)  # type: ignore[operator]


def test_the_lightbox_has_the_protocols_methods() -> None:
    assert isinstance(Lightbox(), Sandbox)


def test_every_check_of_the_module_is_in_the_list() -> None:
    """A check that is written and not listed would never run."""
    written = {
        name
        for name, value in vars(contract).items()
        if callable(value) and getattr(value, "__annotations__", {}).get("make") == "MakeSandbox"
    }
    assert written - {"check_sandbox"} == {check.__name__ for check in contract.CHECKS}
