"""Keeps a text on the clipboard after the program that put it there has ended.

    python3 -m deskhand.sandbox.guest.keeper < text

X has no clipboard of its own: a text is there only while a program answers for it. This one does,
until something else is copied or the display is gone.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import deskhand
from deskhand.actions.clipboard import Clipboard

READY_SECONDS = 5.0
_READY = b"."


def outlive(text: str) -> None:
    """Put a text on the clipboard for as long as nobody copies something else.

    Raises:
        OSError: the program that keeps it did not begin in time.
    """
    code = Path(deskhand.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "deskhand.sandbox.guest.keeper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",  # nothing can lie there that would be imported in place of a library
        env=os.environ | {"PYTHONPATH": str(code)},
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(text.encode())
        process.stdin.close()
        if not select.select([process.stdout], [], [], READY_SECONDS)[0] or process.stdout.read(1) != _READY:
            raise OSError("the clipboard could not be kept")


def main() -> None:
    text = sys.stdin.buffer.read().decode()
    clipboard = Clipboard()
    with clipboard.offering(text) as offer:
        clipboard.read()  # a round trip: the display has the offer now
        sys.stdout.buffer.write(_READY)
        sys.stdout.flush()
        # Whoever waits for the end of our outputs waits no longer.
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        offer.over.wait()


if __name__ == "__main__":
    main()
