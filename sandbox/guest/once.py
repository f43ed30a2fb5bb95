"""One request to a desktop that has no guest server of ours: done, answered on standard output, ended.

A request is JSON with a "verb":

| verb | with | answer |
|---|---|---|
| hello | | {"width", "height", "pointer"} |
| perform | "action", "hand" | {"outcome", "hand", "pointer"} |
| release | "hand" | {} |
| launch | "program", "arguments" | {} |
| run | "command", "timeout", "stdin" | {"returncode", "stdout", "stderr"} (base64) |
| windows | | list of windows |
| applications | | list of the names of the menu's applications |
| opener | "target" | the program that opens a file of the home folder, or an address |
| files | | list of {"path", "size"} |
| read | "path" | the file's bytes (base64) |
| write | "path", "data" | {} |

Each verb loads what it needs and no more: the loading is most of what an action takes.
"hand" is what is held down, which the asker keeps between requests: see ``Executor.state``. "stdin"
and "data" name files that were put beside this code; they are read and removed. The answer is
{"answer"} or {"error"}.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deskhand
from deskhand.sandbox.guest import files

JSON = dict[str, Any]


def main(asked: str) -> None:
    """Do what is asked and answer."""
    # What libraries print would spoil the answer; it goes where complaints go.
    answers = os.dup(1)
    os.dup2(2, 1)
    try:
        wanted = json.loads(asked)
        answer = {"answer": VERBS[wanted["verb"]](wanted)}
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer)
        answer = {"error": f"{error}" or type(error).__name__}
    with os.fdopen(answers, "w") as out:
        json.dump(answer, out)


def _hello(wanted: JSON) -> JSON:
    hand = _hand()
    try:
        width, height = hand.size()
        return {"width": width, "height": height, "pointer": hand.pointer()}
    finally:
        hand.close()


def _perform(wanted: JSON) -> JSON:
    """Do one action. What is down stays down; what was on the clipboard stays there."""
    hand = _hand()
    hand.take_up(wanted["hand"])
    outcome, pointer = hand.perform(wanted["action"]), None
    try:
        text = hand.held_text()
        if text is not None:
            from deskhand.sandbox.guest.keeper import outlive

            outlive(text)
        pointer = hand.pointer()
    except Exception as error:  # noqa: BLE001 (the action was done all the same, and that must be reported)
        outcome |= {"status": "failed", "reason": f"{outcome['reason']} afterwards: {error}".strip()}
    return {"outcome": outcome, "hand": hand.state(), "pointer": pointer}


def _release(wanted: JSON) -> JSON:
    hand = _hand()
    hand.take_up(wanted["hand"])
    hand.close()
    return {}


def _hand() -> Any:
    """The hand on this machine's display."""
    if not os.environ.get("DISPLAY"):
        os.environ["DISPLAY"] = _some_display()
    from deskhand.actions.executor import Executor

    return Executor(open_app=_open_entry)


def _open_entry(name: str) -> None:
    from deskhand.sandbox.guest.applications import open_entry

    open_entry(name, prepare=False)


def _some_display() -> str:
    """The first display whose server listens on this machine."""
    found = sorted(path.name[1:] for path in Path("/tmp/.X11-unix").glob("X*") if path.name[1:].isdigit())
    if not found:
        raise RuntimeError("there is no display: DISPLAY is not set, and no X server listens here")
    return f":{found[0]}"


def _launch(wanted: JSON) -> JSON:
    from deskhand.sandbox.guest.applications import launch

    launch(str(wanted["program"]), [str(argument) for argument in wanted["arguments"]], prepare=False)
    return {}


def _run(wanted: JSON) -> JSON:
    from deskhand.sandbox.guest import commands

    stdin = _fetched(wanted["stdin"]) if wanted["stdin"] else b""
    done = commands.run([str(word) for word in wanted["command"]], float(wanted["timeout"]), stdin)
    return {"returncode": done.returncode, "stdout": _text(done.stdout), "stderr": _text(done.stderr)}


def _windows(wanted: JSON) -> list[JSON]:
    from deskhand.sandbox.guest.windows import windows

    return windows()


def _applications(wanted: JSON) -> list[str]:
    from deskhand.sandbox.guest import applications

    return applications.names()


def _opener(wanted: JSON) -> str:
    from deskhand.sandbox.guest import applications

    return applications.opener(str(wanted["target"]))


def _write(wanted: JSON) -> JSON:
    files.write(str(wanted["path"]), _fetched(wanted["data"]))
    return {}


def _fetched(name: str) -> bytes:
    """The content of a file that was put beside this code; it is removed."""
    path = Path(deskhand.__file__).parents[2] / os.path.basename(name)
    data = path.read_bytes()
    path.unlink()
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


VERBS: dict[str, Callable[[JSON], Any]] = {
    "hello": _hello,
    "perform": _perform,
    "release": _release,
    "launch": _launch,
    "run": _run,
    "windows": _windows,
    "applications": _applications,
    "opener": _opener,
    "files": lambda wanted: files.made(skip=("shared",)),
    "read": lambda wanted: _text(files.read(str(wanted["path"]))),
    "write": _write,
}
