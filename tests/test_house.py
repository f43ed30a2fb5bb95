"""The house itself: where things are, what imports what, and what no line of it does."""

from __future__ import annotations

import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import deskhand
from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "src" / "deskhand"
ROOMS = sorted(path.name for path in PACKAGE.iterdir() if path.is_symlink())


@cache
def tree(path: Path) -> ast.Module:
    """A file as its parts; each is read once."""
    return ast.parse(path.read_text())


SOURCES = sorted(
    path
    for top in (*ROOMS, "src/deskhand")
    for path in (REPOSITORY / top).rglob("*.py")
    if "__pycache__" not in path.parts and not any(parent.is_symlink() for parent in path.parents)
)
MODEL_FILES = ("deskhand.policies.embedded", "deskhand.training")
"""Rooms in which importing torch is what a module is for."""


def module_name(path: Path) -> str:
    relative = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else REPOSITORY)
    parts = ["deskhand", *relative.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = sorted(module_name(path) for path in SOURCES)


def test_every_room_is_a_link_to_the_top_folder_of_its_name() -> None:
    assert ROOMS
    for room in ROOMS:
        assert os.readlink(PACKAGE / room) == f"../../{room}"
        assert (REPOSITORY / room / "__init__.py").is_file()


def test_every_top_folder_with_code_is_a_room() -> None:
    listed = subprocess.run(
        ["git", "-C", str(REPOSITORY), "ls-files", "*/__init__.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    tops = {line.partition("/")[0] for line in listed.stdout.splitlines()} - {"src", "tests"}
    assert tops == set(ROOMS)


def test_no_room_runs_anything_when_it_is_imported_as_a_package() -> None:
    for room in ROOMS:
        body = ast.parse((REPOSITORY / room / "__init__.py").read_text()).body
        assert all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body), room


def test_no_file_has_grown_past_500_lines() -> None:
    long = {str(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: count for path, count in long.items() if count > 500} == {}


# No import goes in a circle (see below), so what the first import of a module does is the same whether
# others were imported before it.
IMPORTER = """
import contextlib, io, json, os, sys, traceback
for module in sys.argv[1:]:
    said, before = io.StringIO(), set(os.listdir(os.environ["HOME"]))
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            __import__(module)
        fault = ""
    except BaseException:
        fault = traceback.format_exc()
    found = {
        "module": module, "fault": fault, "said": said.getvalue(), "torch": "torch" in sys.modules,
        "made": sorted(set(os.listdir(os.environ["HOME"])) - before),
    }
    print(json.dumps(found), flush=True)
"""


def test_each_module_imports_anywhere_and_says_nothing(tmp_path: Path) -> None:
    """Without a display, with a home that is read-only, and torch only where a model is."""
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env |= {"HOME": str(home), "XAUTHORITY": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    in_turn = sorted(MODULES, key=lambda module: module.startswith(MODEL_FILES))
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER, *in_turn], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    all_found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [found["module"] for found in all_found] == in_turn
    for found in all_found:
        assert found["fault"] == found["said"] == "" and found["made"] == [], found
        assert not found["torch"] or found["module"].startswith(MODEL_FILES), found["module"]


def test_the_command_loads_nothing_large_before_it_is_needed() -> None:
    large = "{'torch', 'numpy', 'cv2', 'deskhand.actions.dialects'}"
    program = f"import sys; from deskhand.cli import app; sys.exit(len({large} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_all_that_is_public_can_be_had() -> None:
    for name in deskhand.__all__:
        assert getattr(deskhand, name) is not None
    assert set(dir(deskhand)) == set(deskhand.__all__)
    with pytest.raises(AttributeError, match="no attribute"):
        deskhand.nothing  # type: ignore[attr-defined]


def test_what_a_module_lists_as_public_it_has() -> None:
    for module in MODULES:
        if "guest" not in module:
            loaded = importlib.import_module(module)
            assert [name for name in getattr(loaded, "__all__", ()) if not hasattr(loaded, name)] == []


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from the files that git knows, as a release would be."""
    if find_spec("setuptools") is None:
        pytest.skip("no setuptools here to build with")
    listed = subprocess.run(
        ["git", "-C", str(REPOSITORY), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("source")
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith("tests/") or not (REPOSITORY / name).exists():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name, follow_symlinks=False)
    line = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", "out"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next((folder / "out").glob("*.whl"))


def test_the_wheel_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = [name for name in content.namelist() if ".dist-info/" not in name]
    source = wheel.parent.parent
    ending = (".py", ".typed", ".jinja", ".json", ".safetensors", ".html", ".css", ".js", ".toml")
    wanted = set()
    for top, prefix in [("src/deskhand", "deskhand"), *((room, f"deskhand/{room}") for room in ROOMS)]:
        for path in (source / top).rglob("*"):
            in_image = path.is_relative_to(source / "sandbox/image")
            if path.is_file() and (path.suffix in ending or in_image):
                wanted.add(f"{prefix}/{path.relative_to(source / top).as_posix()}")
    assert len(names) == len(set(names)), "nothing stands in it twice"
    assert set(names) == wanted


def test_the_wheel_is_small_and_has_the_command(wheel: Path) -> None:
    assert wheel.stat().st_size < 32 << 20, "most of it is the reasoner's 22 MB"
    with zipfile.ZipFile(wheel) as content:
        entries = next(name for name in content.namelist() if name.endswith("entry_points.txt"))
        assert "deskhand = deskhand.cli.app:main" in content.read(entries).decode()


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a file, with the name that is called as it is written."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


sources = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())


@sources
def test_only_one_module_sleeps(path: Path) -> None:
    if path == PACKAGE / "waiting.py":
        return
    assert "time.sleep" not in imported(path)
    assert not [name for name, _ in calls(path) if name.endswith(".sleep") or name == "sleep"]


@sources
def test_nothing_is_evaluated_executed_or_unpickled(path: Path) -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "runpy.run_path"}
    for name, call in calls(path):
        assert name not in forbidden, f"line {call.lineno}"
        words = {word.arg: word.value for word in call.keywords}
        shell = words.get("shell")
        assert shell is None or (isinstance(shell, ast.Constant) and shell.value is False), call.lineno
        if name == "torch.load":
            assert ast.unparse(words.get("weights_only", ast.Constant(None))) == "True", call.lineno
    assert not {n.partition(".")[0] for n in imported(path)} & {"pickle", "marshal", "shelve", "dill", "code"}


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.is_relative_to(REPOSITORY / "sandbox") and "guest" not in path.parts],
    ids=lambda path: path.relative_to(REPOSITORY).as_posix(),
)
def test_what_a_sandbox_is_made_of_inherits_no_environment(path: Path) -> None:
    for name, call in calls(path):
        if name.startswith("subprocess."):
            given = {word.arg: ast.unparse(word.value).partition("(")[0] for word in call.keywords}
            assert given.get("env") in ("plain", "persons", "_environment"), call.lineno
        assert not name.startswith(("os.exec", "os.spawn", "os.posix_spawn")), call.lineno
    assert not [name for name in imported(path) if name.startswith("subprocess.")]


@sources
def test_no_failure_is_swallowed_whole(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            nothing = all(isinstance(line, ast.Pass) for line in node.body)
            assert not (nothing and caught in ("everything", "Exception", "BaseException")), node.lineno


def test_no_function_is_longer_than_80_lines() -> None:
    long = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= 80
    ]
    assert long == []


def test_no_public_class_has_the_name_of_another() -> None:
    found: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(path.relative_to(REPOSITORY).as_posix())
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def needed(path: Path) -> set[str]:
    """The modules of deskhand that a module imports when it runs, in functions too."""
    module = ast.parse(path.read_text())  # its own, since it is changed
    for node in ast.walk(module):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = [ast.Pass()]
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)
            found |= whole or {node.module}
    return found & set(MODULES)


def test_no_modules_import_each_other_in_a_circle() -> None:
    left = {module_name(path): needed(path) - {module_name(path)} for path in SOURCES}
    while free := {module for module, uses in left.items() if not uses & left.keys()}:
        left = {module: uses for module, uses in left.items() if module not in free}
    assert sorted(left) == [], "what remains needs itself"


def test_what_is_public_is_documented() -> None:
    """Of functions, classes and their methods without an underscore, nine in ten say what they are for."""
    said = []
    for path in SOURCES:
        for node in tree(path).body:
            inside = node.body if isinstance(node, ast.ClassDef) else []
            for one in (node, *inside):
                if isinstance(one, ast.FunctionDef | ast.ClassDef) and not one.name.startswith("_"):
                    said.append(ast.get_docstring(one) is not None)
    assert sum(said) / len(said) >= 0.9
