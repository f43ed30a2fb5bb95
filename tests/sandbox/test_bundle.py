"""What is carried into a sandbox is all that its programs import, and nothing else."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.sandbox.bundle import CODE, WHEELS, bundle
from deskhand.sandbox.guest.errand import OLDEST
from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "src" / "deskhand"
CARRIED = frozenset({"pyautogui", "mss", "Xlib", "six"})


def imported(path: Path) -> set[str]:
    """Every module that a file imports anywhere in it, with full names."""
    found: set[str] = set()
    for node in _walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names if _is_module(node, alias.name)}
    return found


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything below, but what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _walk(node)


def _is_module(node: ast.ImportFrom, name: str) -> bool:
    return (PACKAGE.parent / (node.module or "").replace(".", "/") / f"{name}.py").exists()


def carried_module(name: str) -> str:
    """The file of the list that a module of deskhand is."""
    relative = name.removeprefix("deskhand").strip(".").replace(".", "/")
    return f"{relative}.py" if f"{relative}.py" in CODE else f"{relative}/__init__.py".lstrip("/")


def test_carried_files_import_only_what_is_carried_too() -> None:
    for file in CODE:
        for name in imported(PACKAGE / file):
            top = name.partition(".")[0]
            if top == "deskhand":
                assert carried_module(name) in CODE, f"{file} imports {name}"
            elif top != "__future__":
                assert top in CARRIED or top in sys.stdlib_module_names, f"{file} imports {name}"


def test_carried_files_can_be_read_by_the_oldest_python_of_remote_machines() -> None:
    for file in CODE:
        ast.parse((PACKAGE / file).read_text(), file, feature_version=OLDEST)
    # This one must get as far as to say that a Python is too old.
    ast.parse((PACKAGE / "sandbox/guest/errand.py").read_text(), feature_version=(3, 6))


def test_every_file_of_the_guest_is_carried() -> None:
    written = {path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / "sandbox/guest").rglob("*.py")}
    assert written <= set(CODE)


def test_nothing_is_carried_that_nobody_imports() -> None:
    programs = ("session", "machine", "errand")  # the others are programs too, and are imported as well
    needed = {f"sandbox/guest/{name}.py" for name in programs}
    for file in CODE:
        needed |= {carried_module(n) for n in imported(PACKAGE / file) if n.split(".")[0] == "deskhand"}
    assert {file for file in CODE if not file.endswith("__init__.py")} == {
        file for file in needed if not file.endswith("__init__.py")
    }


def test_carried_wheels_need_no_others(tmp_path: Path) -> None:
    """Under the system's python3, with the folder alone, everything loads but what wants a display."""
    folder, _ = bundle(tmp_path)
    program = (
        "import sys, deskhand.sandbox.guest.files, deskhand.actions.clipboard, deskhand.actions.typist\n"
        "import mss, Xlib.display, six\n"
        "here = [m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)]\n"
        "print([f for f in here if 'site-packages' in f])\n"
    )
    env = {"PYTHONPATH": str(folder), "PYTHONNOUSERSITE": "1", "PATH": "/usr/bin", "HOME": "/nonexistent"}
    done = subprocess.run(
        ["/usr/bin/python3", "-S", "-c", program], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert WHEELS == ("pyautogui", "mss", "Xlib", "six")


def test_the_same_code_makes_the_same_folder_once(tmp_path: Path) -> None:
    first, digest = bundle(tmp_path)
    assert bundle(tmp_path) == (first, digest)
    assert [path.name for path in tmp_path.iterdir()] == [f"guest-{digest}"]


def test_its_files_are_readable_by_others_and_writable_by_none_but_the_owner(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        folder, _ = bundle(tmp_path)
    finally:
        os.umask(old)
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode & 0o777
        assert mode == (0o755 if path.is_dir() else 0o644), path


def test_a_file_that_is_named_like_a_package_does_not_get_into_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "six.py").write_text("raise SystemExit('not the package')\n")
    monkeypatch.syspath_prepend(tmp_path)
    home, _ = bundle(tmp_path / "state")
    assert "not the package" not in (home / "six.py").read_text()
