"""The guest's code and wheels as one read-only folder, named by the hash of what is in it.

The same folder is given to every sandbox. It holds the few files of deskhand that run inside, and
the pure Python packages that they import, taken from the installation that is running now. So a
guest can never be of another version than its host.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import deskhand
from deskhand.errors import EnvironmentProblem

CODE = (
    "__init__.py",
    "serving.py",
    "waiting.py",
    "actions/__init__.py",
    "actions/clipboard.py",
    "actions/executor.py",
    "actions/focus.py",
    "actions/keyboard.py",
    "actions/keys.py",
    "actions/typist.py",
    "sandbox/__init__.py",
    "sandbox/guest/__init__.py",
    "sandbox/guest/accessibility.py",
    "sandbox/guest/applications.py",
    "sandbox/guest/busy.py",
    "sandbox/guest/commands.py",
    "sandbox/guest/desktop.py",
    "sandbox/guest/downloads.py",
    "sandbox/guest/errand.py",
    "sandbox/guest/files.py",
    "sandbox/guest/forms.py",
    "sandbox/guest/http.py",
    "sandbox/guest/keeper.py",
    "sandbox/guest/kinds.py",
    "sandbox/guest/machine.py",
    "sandbox/guest/once.py",
    "sandbox/guest/osworld.py",
    "sandbox/guest/programs.py",
    "sandbox/guest/scripts.py",
    "sandbox/guest/seat.py",
    "sandbox/guest/server.py",
    "sandbox/guest/session.py",
    "sandbox/guest/wallpaper.py",
    "sandbox/guest/windows.py",
)
"""Files of deskhand that run inside a sandbox; the import contract and the tests read this list."""

_DISTRIBUTIONS = {"pyautogui": "pyautogui", "mss": "mss", "Xlib": "python-xlib", "six": "six"}
WHEELS = tuple(_DISTRIBUTIONS)
"""Packages that run inside a sandbox. They are found through their distributions: an import would also
find a file of the same name that happens to lie beside the script that runs."""


def bundle(folder: Path) -> tuple[Path, str]:
    """Make the guest's folder under ``folder`` if it is not there yet.

    Returns:
        its path and the hash of its content. Safe against others who make it at the same time.
    """
    sources = _sources()
    digest = _digest(sources)
    home = folder / f"guest-{digest}"
    if home.is_dir():
        return home, digest
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".guest-", dir=folder))
    try:
        for name, source in sources.items():
            target = made / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        for path in (made, *made.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        os.rename(made, home)
    except OSError:
        if not home.is_dir():
            raise
        # Another process was first, with the same content.
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return home, digest


@cache
def archive() -> tuple[bytes, str]:
    """The same content as one zip file, and that file's SHA-256; the same content makes the same file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, source in sorted(_sources().items()):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, source.read_bytes())
    return packed.getvalue(), hashlib.sha256(packed.getvalue()).hexdigest()


def _sources() -> dict[str, Path]:
    """Relative name inside the folder -> file on this machine."""
    package = Path(deskhand.__file__).parent
    found = {f"deskhand/{name}": package / name for name in CODE}
    for wheel, name in _DISTRIBUTIONS.items():
        try:
            place = Path(str(distribution(name).locate_file(wheel)))
        except PackageNotFoundError as error:
            raise EnvironmentProblem(f"the Python package {name} is missing: pip install {name}") from error
        if not place.is_dir():
            found[f"{wheel}.py"] = place.with_suffix(".py")
            continue
        for path in sorted(place.rglob("*.py")):
            found[f"{wheel}/{path.relative_to(place)}"] = path
    return found


def _digest(sources: dict[str, Path]) -> str:
    h = hashlib.sha256()
    for name, path in sorted(sources.items()):
        content = path.read_bytes()
        h.update(f"{name}\0{len(content)}\0".encode())
        h.update(content)
    return h.hexdigest()[:16]
