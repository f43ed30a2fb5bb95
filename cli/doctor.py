"""``deskhand doctor``: what this machine lacks, and how to get it."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

from deskhand.errors import DeskhandError

Finding = tuple[bool, str, str]
"""Whether it is there, what was found, and the command that gets it."""


def doctor(json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """Say what this machine has of what deskhand needs, and the command that gets what is missing.

    It starts a lightbox for real. Ends with 3 if something that `deskhand run` needs is missing.

    Example: deskhand doctor
    """
    from deskhand.cli.console import print_rows

    rows: list[dict[str, Any]] = []
    for name, check in CHECKS.items():
        good, found, fix = check()
        rows.append(
            {
                "what": name,
                "ok": "yes" if good else "NO",
                "found": found,
                "how to get it": "" if good else fix,
            }
        )
    print_rows("doctor", rows, as_json=json)
    raise typer.Exit(0 if all(row["ok"] == "yes" for row in rows) else 3)


def _python() -> Finding:
    return sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or newer"


def _package(name: str) -> Finding:
    try:
        return True, version(name), ""
    except PackageNotFoundError:
        return False, "not installed", f"pip install {name}"


def _program(name: str, package: str) -> Finding:
    path = shutil.which(name)
    return path is not None, path or "not found", f"apt-get install {package}"


def _user_namespaces() -> Finding:
    limit = Path("/proc/sys/user/max_user_namespaces")
    count = limit.read_text().strip() if limit.exists() else "0"
    return count != "0", f"at most {count}", "sysctl -w user.max_user_namespaces=10000"


def _lightbox() -> Finding:
    from deskhand.sandbox.lightbox import Lightbox

    try:
        with Lightbox() as desktop:
            screen = desktop.screenshot().viewport
    except DeskhandError as error:
        return False, "does not start", str(error)
    return True, f"{screen.width}x{screen.height} screen", ""


def _model() -> Finding:
    from deskhand.policies.models import folder_of, is_present

    return is_present(), str(folder_of()), "deskhand models pull"


def _checks() -> dict[str, Callable[[], Finding]]:
    from deskhand.sandbox.bubblewrap import PROGRAMS

    checks: dict[str, Callable[[], Finding]] = {"Python": _python}
    for name in ("torch", "transformers", "pyautogui", "mss", "rapidocr", "openai"):
        checks[name] = lambda name=name: _package(name)  # type: ignore[misc]
    for program, package in PROGRAMS.items():
        checks[program] = lambda program=program, package=package: _program(program, package)  # type: ignore[misc]
    checks |= {"user namespaces": _user_namespaces, "lightbox": _lightbox, "embedded reasoner": _model}
    return checks


CHECKS = _checks()
