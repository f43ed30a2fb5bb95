"""Commands and scripts that OSWorld's clients send, run as its server runs them.

Whoever sends them has shown the token; they run inside the sandbox, as its user. Each function takes a
request's JSON, and returns the answer's with HTTP's status.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deskhand.sandbox.guest import accessibility, applications, commands, windows
from deskhand.waiting import WaitTimeout, wait_until

COMMAND_SECONDS = 120.0
LONGEST_COMMAND_SECONDS = 3600.0
PYTHON_SECONDS, SCRIPT_SECONDS = 30.0, 100.0
LONGEST_WAIT_SECONDS = LONGEST_COMMAND_SECONDS - COMMAND_SECONDS
WAIT_SECONDS, CHECK_SECONDS, CHECK_INTERVAL_SECONDS = 10.0, 5.0, 1.0
SHORTEST_INTERVAL_SECONDS = 0.05
LARGEST_OUTPUT = 96 << 20
PYTHON, BASH = "/usr/bin/python3", "/bin/bash"
CHROME, CHROMIUM = "google-chrome", "chromium"

JSON = dict[str, Any]
Answered = tuple[JSON, int]


def execute(wanted: Any) -> Answered:
    """Run a command to its end."""
    timeout = min(float(wanted.get("timeout", COMMAND_SECONDS)), LONGEST_COMMAND_SECONDS)
    return _executed(wanted, timeout), 200


def execute_with_verification(wanted: Any) -> Answered:
    """Run a command to its end, then wait for what shows that it did its work.

    ``verification`` may have "window_exists", words of a window's title, and "command_success", a line for
    the shell; they are looked at every ``check_interval`` seconds for ``max_wait_time``.
    """
    checks = wanted.get("verification") or {}
    if not isinstance(checks, dict):
        raise ValueError("verification is an object with window_exists or command_success")
    answer = _executed(wanted, COMMAND_SECONDS)
    if not checks:
        return answer, 200
    longest = min(float(wanted.get("max_wait_time", WAIT_SECONDS)), LONGEST_WAIT_SECONDS)
    interval = max(float(wanted.get("check_interval", CHECK_INTERVAL_SECONDS)), SHORTEST_INTERVAL_SECONDS)
    began = time.monotonic()
    try:
        wait_until(
            lambda: _verified(checks),
            timeout=longest,
            what="verification",
            poll=interval,
            longest_poll=interval,
        )
    except WaitTimeout:
        failed = {"status": "verification_failed", "verification": "failed", "wait_time": longest}
        return answer | failed, 500
    return answer | {"verification": "passed", "wait_time": time.monotonic() - began}, 200


def run_python(wanted: Any) -> Answered:
    """Run a Python program."""
    code = wanted.get("code")
    if not code:
        return _refused("the request has no code"), 400
    try:
        with _script(str(code), ".py") as path:
            done = commands.run([PYTHON, path], PYTHON_SECONDS, most=LARGEST_OUTPUT, env=environment())
    except TimeoutError:
        late = _refused(f"the program did not end within {PYTHON_SECONDS:g} s and was killed")
        return late | {"need_more": False, "output": None}, 500
    output, error = _text(done.stdout), _text(done.stderr)
    if done.returncode and not error:
        error = f"the program ended with status {done.returncode}"
    return {
        "status": "error" if done.returncode else "success",
        "message": "\n".join(part for part in (output, error) if part),
        "need_more": False,
        "output": output,
        "error": error,
        "return_code": done.returncode,
    }, 200


def run_bash_script(wanted: Any) -> Answered:
    """Run a script of bash; what it writes to both its outputs comes as one text."""
    script, folder = wanted.get("script"), wanted.get("working_dir")
    timeout = min(float(wanted.get("timeout", SCRIPT_SECONDS)), LONGEST_COMMAND_SECONDS)
    if not script:
        return _no_script("the request has no script"), 400
    if folder and not os.path.isdir(folder := os.path.expanduser(str(folder))):
        return _no_script(f"there is no folder {folder}"), 400
    try:
        with _script(str(script), ".sh") as path:
            done = commands.run(
                [BASH, path],
                timeout,
                most=LARGEST_OUTPUT,
                env=environment(),
                folder=folder or None,
                one_output=True,
            )
    except TimeoutError:
        return _no_script(f"the script did not end within {timeout:g} s and was killed"), 500
    return {
        "status": "error" if done.returncode else "success",
        "output": _text(done.stdout),
        "error": "",
        "returncode": done.returncode,
    }, 200


def launch(wanted: Any, *, prepare: bool) -> str:
    """Start a program and let it run; returns what was started.

    ``prepare`` starts it with what it needs in a sandbox, without which a browser would end at once; a line
    for the shell is left as it is.
    """
    null = subprocess.DEVNULL
    command = _command(wanted)
    if not wanted.get("shell", False):
        command = applications.ready(_with_browser(command), prepare)
    subprocess.Popen(
        command,
        stdin=null,
        stdout=null,
        stderr=null,
        cwd=Path.home(),
        env=environment(),
        start_new_session=True,
    )
    asked = wanted["command"]
    return asked if isinstance(asked, str) else " ".join(asked)


def _with_browser(words: list[str]) -> list[str]:
    """Chromium with Chrome's folder of profiles, where OSWorld's client starts a Chrome that is not there."""
    if words[0] != CHROME or shutil.which(CHROME) or not shutil.which(CHROMIUM):
        return words
    return [CHROMIUM, f"--user-data-dir={Path.home() / '.config' / CHROME}", *words[1:]]


def environment() -> dict[str, str]:
    """Programs that this protocol starts report what they show, for /accessibility to pass on."""
    silent = accessibility.DISABLED
    return {name: value for name, value in os.environ.items() if name not in silent} | accessibility.ENABLED


def _executed(wanted: Any, timeout: float) -> JSON:
    done = commands.run(_command(wanted), timeout, most=LARGEST_OUTPUT, env=environment())
    return {
        "status": "success",
        "output": _text(done.stdout),
        "error": _text(done.stderr),
        "returncode": done.returncode,
    }


def _command(wanted: Any) -> list[str]:
    """The words of a command as OSWorld's server reads them: a text is split, ~/ is the home folder."""
    command, shell = wanted["command"], bool(wanted.get("shell", False))
    if isinstance(command, str) and not shell:
        command = shlex.split(command)
    words = [command] if isinstance(command, str) else [str(word) for word in command]
    if not words:
        raise ValueError("the command is empty")
    words = [os.path.expanduser(word) if word.startswith("~/") else word for word in words]
    if shell:
        return ["/bin/sh", "-c", *words]
    if words[0] == "python" and shutil.which("python") is None:
        words[0] = "python3"  # OSWorld's client says python; Debian has only this name
    return words


def _verified(checks: JSON) -> bool:
    """Whether a window has the wanted words in its title, and a shell line ends well."""
    if "window_exists" in checks:
        name = str(checks["window_exists"]).lower()
        if not any(name in str(window["title"]).lower() for window in windows.windows()):
            return False
    if "command_success" in checks:
        line = _command({"command": checks["command_success"], "shell": True})
        try:
            return commands.run(line, CHECK_SECONDS, env=environment()).returncode == 0
        except TimeoutError:
            return False
    return True


@contextmanager
def _script(text: str, suffix: str) -> Iterator[str]:
    """The path of a file with a script in it, while inside."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="script-", suffix=suffix) as file:
        file.write(text)
        file.flush()
        yield file.name


def _refused(why: str) -> JSON:
    return {"status": "error", "message": why, "error": why}


def _no_script(why: str) -> JSON:
    return _refused(why) | {"output": why, "error": "", "returncode": -1}


def _text(output: bytes) -> str:
    return output.decode(errors="replace")
