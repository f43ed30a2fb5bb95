"""``deskhand doctor``: what this machine lacks, and how to get it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

from deskhand.cli.options import ProfileOption, SetOption
from deskhand.errors import DeskhandError, UsageError

Finding = tuple[bool, str, str]
"""Whether it is there, what was found, and the command that gets it."""


def doctor(
    model: Annotated[
        str | None,
        typer.Option(
            help="Model to look at instead of this machine: its name at the server of OPENAI_BASE_URL, or "
            "local:FOLDER.",
            show_default=False,
        ),
    ] = None,
    profile: ProfileOption = None,
    profile_set: SetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File for a profile as the model was found to be, ending in .toml.", show_default=False
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a line instead of a table.")
    ] = False,
) -> None:
    """Check what deskhand needs on this machine, and print the command that installs what is missing.

    It starts a real lightbox. The exit code is 3 if something is missing that `deskhand run` needs by
    default. Optional parts are for virtual machines and for the real desktop.

    With --model it checks a model or its server: it is asked to click targets that are drawn, on screens of
    three sizes, and more. So it is found out in which numbers it answers, whether pictures are shrunk, left
    out or older ones, and whether long requests are cut. The exit code is 1 if something is wrong.

    Example: deskhand doctor

    Example: deskhand doctor --model Qwen3-VL-8B-Instruct --out mine.toml
    """
    from deskhand.cli.console import print_rows

    if model is not None:
        raise typer.Exit(_calibrated(model, profile, profile_set or (), out, json))
    if profile or profile_set or out:
        raise UsageError("--profile, --profile-set and --out belong to a model: name it with --model")
    needed = [_row(name, check, "NO") for name, check in _needed().items()]
    found = {row["what"] for row in needed}
    optional = [
        _row(name, check, "no (optional)") for name, check in _optional().items() if name not in found
    ]
    print_rows("doctor", needed + optional, as_json=json)
    raise typer.Exit(0 if all(row["ok"] == "yes" for row in needed) else 3)


def _calibrated(
    model: str, profile: str | None, settings: Sequence[str], out: Path | None, as_json: bool
) -> int:
    """Print what is wrong with a model; 1 if anything is."""
    from deskhand.cli.console import print_rows
    from deskhand.disk import write_new_file
    from deskhand.policies.chat.calibration import as_toml, calibrate

    if out is not None and out.suffix != ".toml":
        raise UsageError(f"{out} is to be a profile: let its name end in .toml")
    found = calibrate(model, profile, settings)
    rows = [
        {"check": one.check, "ok": "yes" if one.good else "NO", "found": one.found, "what to do": one.advice}
        for one in found.run()
    ]
    print_rows(f"doctor: {model}", rows, as_json=as_json)
    if out is not None and found.measured is not None:
        write_new_file(out, as_toml(found.measured, out.stem).encode())
        typer.echo(f"The profile is in {out}: use it with --profile {out}", err=True)
    return 0 if all(one.good for one in found.findings) else 1


def _row(name: str, check: Callable[[], Finding], missing: str) -> dict[str, Any]:
    good, found, fix = check()
    return {
        "what": name,
        "ok": "yes" if good else missing,
        "found": found,
        "how to get it": "" if good else fix,
    }


def _python() -> Finding:
    return sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or newer"


def _package(name: str) -> Finding:
    try:
        return True, version(name), ""
    except PackageNotFoundError:
        return False, "not installed", f"pip install {name}"


def _program(name: str, package: str) -> Finding:
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
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


def _acceleration() -> Finding:
    from deskhand.sandbox.vm import acceleration, qemu

    if shutil.which(qemu.QEMU) is None:
        return False, "QEMU is not installed", f"apt-get install {qemu.PROGRAMS[qemu.QEMU]}"
    return True, acceleration.verdict_text(), ""


def _images() -> Finding:
    from deskhand import paths
    from deskhand.sandbox.image.store import images

    names = [image.name for image in images()]
    return bool(names), ", ".join(names) or f"none in {paths.images_dir()}", "deskhand sandbox build"


def _host() -> Finding:
    from deskhand.sandbox.host.display import connect, find_display

    try:
        name = find_display()
        display = connect(name)
    except DeskhandError as error:
        return False, "cannot be driven", str(error)
    screen = display.screen()
    display.close()
    return True, f"display {name}, {screen.width_in_pixels}x{screen.height_in_pixels}", ""


def _needed() -> dict[str, Callable[[], Finding]]:
    from deskhand.sandbox.bubblewrap import PROGRAMS

    checks: dict[str, Callable[[], Finding]] = {"Python": _python}
    for name in ("torch", "transformers", "pyautogui", "mss", "rapidocr", "httpx"):
        checks[name] = partial(_package, name)
    checks |= {program: partial(_program, program, package) for program, package in PROGRAMS.items()}
    checks |= {"user namespaces": _user_namespaces, "lightbox": _lightbox, "embedded reasoner": _model}
    return checks


def _optional() -> dict[str, Callable[[], Finding]]:
    from deskhand.sandbox.image import build
    from deskhand.sandbox.vm import qemu

    programs = qemu.PROGRAMS | build.PROGRAMS
    checks: dict[str, Callable[[], Finding]] = {
        program: partial(_program, program, package) for program, package in programs.items()
    }
    return checks | {"acceleration": _acceleration, "images": _images, "real desktop": _host}
