"""Sandboxes by name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.geometry import Viewport
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.registry import load_sandbox, sandbox_names

OFFERED = """
from deskhand.sandbox.lightbox import Lightbox
class Own(Lightbox):
    def __init__(self, argument, size, share, on_progress):
        super().__init__()
        self.name = f"own {argument} {size} {share} {on_progress}"
def broken(**settings):
    raise RuntimeError("no such thing")
def half(**settings):
    return object()
"""


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package, installed as packages are: a module and its entry points."""
    (tmp_path / "offered_sandboxes.py").write_text(OFFERED)
    info = tmp_path / "offered_sandboxes-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offered-sandboxes\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[deskhand.sandboxes]\nown = offered_sandboxes:Own\nbroken = offered_sandboxes:broken\n"
        "half = offered_sandboxes:half\ngone = offered_sandboxes:gone\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


def test_an_unknown_name_lists_the_known_and_the_nearest() -> None:
    known = r"Known: host, http\[s\]://HOST:PORT, lightbox, vm\[:IMAGE\]"
    with pytest.raises(
        UsageError, match=rf"there is no sandbox 'light-box'; did you mean 'lightbox'\? {known}"
    ):
        load_sandbox("light-box")
    with pytest.raises(UsageError, match=rf"there is no sandbox 'zzz'\. {known}"):
        load_sandbox("zzz")


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("lightbox", "lightbox"),
        ("vm", "vm"),
        ("host", "host"),
        ("http://127.0.0.1:5000", "remote"),
        ("https://desk:token@desk.example:5000", "remote"),
    ],
)
def test_every_name_makes_its_sandbox_and_starts_nothing(spec: str, name: str, state: Path) -> None:
    before = sorted((state / "live").glob("*"))
    made = load_sandbox(spec, may_use_host=True)
    assert isinstance(made, Sandbox)
    assert made.name == name
    assert sorted((state / "live").glob("*")) == before


def test_a_lightbox_and_a_machine_have_the_size_that_is_asked_for() -> None:
    for spec in ("lightbox", "vm"):
        made: Any = load_sandbox(spec, size=Viewport(1920, 1080))
        assert made.viewport == Viewport(1920, 1080)
        made = load_sandbox(spec)
        assert made.viewport == Viewport(1280, 800)


def test_the_real_desktop_is_only_had_by_those_who_were_allowed_to() -> None:
    with pytest.raises(UsageError, match="was not agreed"):
        load_sandbox("host")


@pytest.mark.parametrize("spec", ["lightbox:", "lightbox:x", "host:x", "vm:", "", ":", "http:", "https://"])
def test_a_spec_that_makes_no_sense_is_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        load_sandbox(spec, may_use_host=True)


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        ("vm", {"share": Path("/tmp")}),
        ("vm", {"root": "image"}),
        ("host", {"size": Viewport(800, 600)}),
        ("host", {"share": Path("/tmp")}),
        ("host", {"root": "image"}),
        ("http://127.0.0.1:5000", {"size": Viewport(800, 600)}),
        ("http://127.0.0.1:5000", {"share": Path("/tmp")}),
        ("https://127.0.0.1:5000", {"root": "image"}),
        ("lightbox", {"root": "/"}),
    ],
    ids=str,
)
def test_an_option_that_a_sandbox_has_not_is_refused_by_name(spec: str, options: dict[str, Any]) -> None:
    [option] = options
    word = {"share": "shared folder", "size": "size", "root": "root|programs"}[option]
    with pytest.raises(UsageError, match=word):
        load_sandbox(spec, may_use_host=True, **options)


@pytest.mark.parametrize(("spec", "options"), [("vm:none-such", {}), ("lightbox", {"root": "image"})])
def test_an_image_that_is_missing_is_named_with_the_command_that_builds_it(
    spec: str, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKHAND_IMAGES", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="deskhand sandbox build"):
        load_sandbox(spec, **options)


@pytest.mark.usefixtures("offered")
def test_another_packages_sandbox_gets_all_settings() -> None:
    made = load_sandbox("own:x:y", size=Viewport(8, 9), share=Path("/s"))
    assert made.name == "own x:y Viewport(width=8, height=9) /s None"
    assert isinstance(made, Lightbox)
    assert {"own", "lightbox", "vm", "host", "http"} <= set(sandbox_names())


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("name", "words"), [("broken", "no such thing"), ("half", "lacks"), ("gone", "gone")]
)
def test_another_packages_failure_is_said_with_its_name(name: str, words: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"{name}.*offered-sandboxes.*{words}"):
        load_sandbox(name)


def test_the_registry_loads_no_sandbox() -> None:
    code = (
        "import json, sys, deskhand.sandbox.registry; "
        "print(json.dumps([n for n in sys.modules if n.startswith(('deskhand.sandbox.', 'cv2', 'Xlib'))]))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(json.loads(shown.stdout)) <= {"deskhand.sandbox.protocol", "deskhand.sandbox.registry"}
