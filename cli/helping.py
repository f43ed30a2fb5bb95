"""The policy that helps a replay or a workflow where a screen is not recognised, if --policy names one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from deskhand.policies.protocol import Policy


class HelperOptions(Protocol):
    """The options that name a helper, as typed on the command line."""

    @property
    def policy(self) -> str | None: ...
    @property
    def model(self) -> str | None: ...
    @property
    def dialect(self) -> str | None: ...
    @property
    def profile(self) -> str | None: ...
    @property
    def profile_set(self) -> list[str] | None: ...


@contextlib.contextmanager
def helping(options: HelperOptions) -> Iterator[Policy | None]:
    """The helper while it is needed; None without --policy."""
    from deskhand.policies.registry import load_policy

    if options.policy is None:
        yield None
        return
    made = load_policy(
        options.policy,
        model=options.model,
        dialect=options.dialect,
        profile=options.profile,
        settings=options.profile_set or (),
    )
    with contextlib.closing(made) as helper:
        yield helper
