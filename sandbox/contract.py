"""What every sandbox must do, as checks that can be run on any of them, ours or another's.

    for check in CHECKS: check(make_sandbox)      # or: check_sandbox(make_sandbox, times=2, at_once=4)

``make_sandbox`` makes a sandbox that is not started yet. It is a class, a function of a module or a
``functools.partial`` of one: a check starts it in another process, to kill that. The checks use a real
text editor, mousepad, so the sandbox must have it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from deskhand.sandbox.checks.canaries import keeps_secrets_outside
from deskhand.sandbox.checks.common import MakeSandbox
from deskhand.sandbox.checks.desktop import (
    clicks_and_drags_at_the_point,
    forbidden_chords_stay_forbidden_in_parts,
    holds_modifiers_and_presses_chords,
    keeps_files_inside_home,
    launches_by_name_only,
    puts_the_clipboard_back,
    refuses_what_must_not_be_done,
    reports_accessibility_or_why_not,
    resets_to_the_same_first_frame,
    scrolls_both_ways,
    starts_looks_and_closes,
    types_six_scripts_exactly,
)
from deskhand.sandbox.checks.isolation import (
    leaves_nothing_behind,
    reaches_no_network,
    shares_nothing_with_another,
    survives_a_fork_bomb_and_a_full_disk,
)

log = logging.getLogger(__name__)

CHECKS: tuple[Callable[[MakeSandbox], None], ...] = (
    starts_looks_and_closes,
    reports_accessibility_or_why_not,
    types_six_scripts_exactly,
    puts_the_clipboard_back,
    holds_modifiers_and_presses_chords,
    clicks_and_drags_at_the_point,
    scrolls_both_ways,
    refuses_what_must_not_be_done,
    forbidden_chords_stay_forbidden_in_parts,
    launches_by_name_only,
    keeps_files_inside_home,
    resets_to_the_same_first_frame,
    shares_nothing_with_another,
    reaches_no_network,
    keeps_secrets_outside,
    survives_a_fork_bomb_and_a_full_disk,
    leaves_nothing_behind,
)


def check_sandbox(make: MakeSandbox, *, times: int = 1, at_once: int = 1) -> None:
    """Run every check; the first that fails raises AssertionError with what was found.

    Args:
        make: makes a sandbox that is not started yet.
        times: run them all this often in a row.
        at_once: run them this often side by side.
    """

    def run(_: int) -> None:
        for check in CHECKS:
            log.info("check_sandbox: %s", check.__name__)
            try:
                check(make)
            except Exception as error:
                raise AssertionError(f"{check.__name__}: {type(error).__name__}: {error}") from error

    for _ in range(times):
        with ThreadPoolExecutor(at_once, "check_sandbox") as pool:
            list(pool.map(run, range(at_once)))
