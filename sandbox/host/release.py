"""Lets go of what a program that was ended left pressed on a display."""

from __future__ import annotations

import logging
from typing import Any

from Xlib import X, error
from Xlib.ext import res, xtest

from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.host.display import connect
from deskhand.waiting import WaitTimeout, wait_until

log = logging.getLogger(__name__)

GONE_SECONDS = 3.0
_BUTTONS = {X.Button1Mask: 1, X.Button2Mask: 2, X.Button3Mask: 3}


def release_input(display: str, pid: int) -> None:
    """Release every key and button that is down, once the display is rid of the ended program ``pid``.

    Keys that a person holds on a real keyboard stay down: what is released here are the presses of
    XTEST. A display that is gone has nothing to release.
    """
    try:
        connection = connect(display)
    except EnvironmentProblem as problem:
        log.debug("nothing is released: %s", problem)
        return
    try:
        _wait_until_gone(connection, pid)
        for index, byte in enumerate(connection.query_keymap()):
            for bit in range(8):
                if byte >> bit & 1:
                    xtest.fake_input(connection, X.KeyRelease, index * 8 + bit)
        down = connection.screen().root.query_pointer().mask
        for mask, button in _BUTTONS.items():
            if down & mask:
                xtest.fake_input(connection, X.ButtonRelease, button)
        connection.sync()
        connection.close()
    except (error.ConnectionClosedError, OSError) as problem:
        log.debug("the display went while keys were released: %s", problem)


def _wait_until_gone(connection: Any, pid: int) -> None:
    """Until the server has done all that the program had still sent: a press may be the last of it."""
    if not connection.has_extension(res.extname):
        return

    def gone() -> bool:
        found = connection.res_query_client_ids([{"client": 0, "mask": res.LocalClientPIDMask}])
        return all(pid not in client.value for client in found.ids)

    try:
        wait_until(gone, timeout=GONE_SECONDS, what="the X server to forget a program", poll=0.002)
    except WaitTimeout as problem:
        log.warning("keys are released although %s", problem)
