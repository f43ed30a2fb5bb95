"""The command on a terminal of its own, and scripts for it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

from tests.conftest import COMMAND, environment


def on_terminal(*arguments: str, answer: tuple[str, str] | None = None) -> tuple[int, str]:
    """Run the command on a terminal of its own; its exit code and every byte it wrote.

    ``answer`` is what is typed once something was asked: ("Name:", "me").
    """
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment({"COLUMNS": "200", "TERM": "xterm-256color"}),
    )
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 65536):
            shown += data
            if answer is not None and answer[0].encode() in shown:
                os.write(ours, answer[1].encode() + b"\n")
                answer = None
    except OSError:
        pass  # the other end was closed
    os.close(ours)
    return child.wait(), shown.decode()


def script(folder: Path, *replies: str, dialect: str = "ui-tars-1.0") -> str:
    path = folder / "script.json"
    path.write_text(json.dumps({"dialect": dialect, "replies": replies}))
    return f"scripted:{path}"
