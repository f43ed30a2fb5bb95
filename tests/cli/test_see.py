"""deskhand see: pictures and desktops, as a table, as JSON, with marks; and what is no picture."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from deskhand.actions.geometry import Box, Viewport
from deskhand.cli import app as cli
from deskhand.cli.see import _row
from deskhand.perception.pictures import load_picture
from deskhand.perception.screen import Element
from tests.conftest import deskhand as run_command
from tests.perception.drawn import Drawing
from tests.perception.test_pictures import bad_files

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("DESKHAND_SANDBOX", raising=False)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "screen.png"
    Drawing().write(30, 40, "Documents").write(30, 120, "Pictures").picture.save(path)
    return path


@pytest.fixture
def see(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The command in this process: exit code, what it printed, what it complained of."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deskhand", "see", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


def test_a_picture_is_a_table_of_its_elements(see: Any, picture: Path) -> None:
    code, out, err = see(picture)
    assert (code, err) == (0, "")
    assert re.search(r"screen.png, 800x600: \d+ elements", out)
    assert out.index("Documents") < out.index("Pictures")
    for column in ("id", "role", "text", "label", "state", "box", "confidence", "sources"):
        assert column in out


def test_json_is_one_object_a_line_with_the_whole_element(see: Any, picture: Path) -> None:
    code, out, err = see(picture, "--json")
    assert (code, err) == (0, "")
    found = {element["text"]: element for element in map(json.loads, out.splitlines())}
    assert {"Documents", "Pictures"} <= set(found)
    first = found["Documents"]
    assert set(first) == {"id", "role", "text", "label", "state", "box", "confidence", "sources", "parent"}
    left, top, right, bottom = first["box"]
    assert 0 <= left < right <= 800 and 0 <= top < bottom <= 600
    assert "ocr" in first["sources"]


def test_only_the_roles_that_are_asked_for(see: Any, picture: Path) -> None:
    everything = [json.loads(line) for line in see(picture, "--json")[1].splitlines()]
    roles = {element["role"] for element in everything}
    for role in roles:
        shown = [json.loads(line) for line in see(picture, "--json", "--role", role)[1].splitlines()]
        assert shown == [element for element in everything if element["role"] == role]
    assert see(picture, "--json", "--role", "slider") == (0, "", "")
    code, _, err = see(picture, "--role", "knob")
    assert code == 2 and "no role 'knob'" in err and "slider" in err


def test_a_region_is_looked_at_enlarged(see: Any, picture: Path) -> None:
    code, out, _ = see(picture, "--zoom", "10,100,200,150", "--json")
    assert code == 0
    named = {element["text"]: element for element in map(json.loads, out.splitlines())}
    assert "Documents" not in named
    assert Box(*named["Pictures"]["box"]).overlap(Box(31, 122, 85, 140)) > 0.4


@pytest.mark.parametrize(
    "zoom", ["1,2,3", "a,b,c,d", "10,10,5,20", "-1,0,5,5", "1e3,0,5,5", "900,0,990,50", ""]
)
def test_a_region_that_is_none_is_a_mistake_of_use(see: Any, picture: Path, zoom: str) -> None:
    code, out, err = see(picture, f"--zoom={zoom}")
    assert (code, out) == (2, "") and ("region" in err or "screen is 800x600" in err)


def test_marks_are_written_as_a_picture(see: Any, picture: Path, tmp_path: Path) -> None:
    before = picture.read_bytes()
    assert see(picture, "--marks", tmp_path / "marks.png")[0] == 0
    marked, plain = (load_picture(path).pixels for path in (tmp_path / "marks.png", picture))
    assert marked.shape == plain.shape and (marked != plain).any()
    assert picture.read_bytes() == before


def test_marks_replace_no_picture_and_need_a_folder(see: Any, picture: Path, tmp_path: Path) -> None:
    before = picture.read_bytes()
    for target, said in ((picture, "overwrite the picture"), (tmp_path / "no/marks.png", "no such folder")):
        code, _, err = see(picture, "--marks", target)
        assert code == 2 and said in err
    assert picture.read_bytes() == before


def test_whatever_is_no_picture_is_a_mistake_of_use_and_is_said(see: Any, tmp_path: Path) -> None:
    for name in bad_files(tmp_path):
        if "\0" in name:
            continue  # no shell can pass it
        code, out, err = see(tmp_path / name)
        assert (code, out) == (2, ""), name
        assert err.startswith("deskhand: ") and "Traceback" not in err


@pytest.mark.parametrize(
    ("mode", "size"),
    [("RGB", (1, 1)), ("L", (90, 60)), ("RGBA", (90, 60)), ("I;16", (90, 60)), ("P", (3, 400))],
)
def test_a_picture_without_anything_is_an_honest_empty_list(
    see: Any, tmp_path: Path, mode: str, size: Any
) -> None:
    Image.new(mode, size).save(tmp_path / "a.png")
    assert see(tmp_path / "a.png", "--json") == (0, "", "")
    code, out, _ = see(tmp_path / "a.png")
    assert code == 0 and "no elements" in out


def test_a_picture_and_a_desktop_are_not_looked_at_together(see: Any, picture: Path) -> None:
    for option in (
        ["--sandbox", "lightbox"],
        ["--launch", "xterm"],
        ["--open", "a.txt"],
        ["--size", "800x600"],
    ):
        code, _, err = see(picture, *option)
        assert code == 2 and "a picture file or a desktop" in err


def test_the_real_desktop_is_looked_at_only_with_consent(see: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    code, out, err = see("--sandbox", "host")
    assert code == 2 and out == "" and "--yes-drive-my-desktop" in err
    code, out, err = see("--sandbox", "host", "--yes-drive-my-desktop", "--open", "a.txt")
    assert code == 2 and out == "" and "open it yourself" in err


def test_names_from_a_screen_cannot_command_a_terminal(see: Any, tmp_path: Path) -> None:
    row = _row(Element("button", "\x1b]0;owned\x07Save\n[red]x" + "y" * 300, Box(0, 0, 9, 9), id=1))
    assert str(row["text"]).isprintable() and len(str(row["text"])) <= 60
    name = "[red]\x1b[31m.png"
    Drawing().write(30, 40, "Documents").picture.save(tmp_path / name)
    code, out, _ = see(tmp_path / name)
    assert code == 0 and "\x1b" not in out and "[red]" in out


@pytest.mark.lightbox
def test_a_desktop_with_a_file_is_started_looked_at_and_removed(tmp_path: Path) -> None:
    marks, note = tmp_path / "marks.png", tmp_path / "harvest.txt"
    note.write_text("pumpkins and barley\n")
    run = run_command("see", "--launch", "mousepad", "--open", str(note), "--marks", str(marks), "--json")
    assert run.returncode == 0, run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert any("pumpkins" in element["text"] for element in found), found
    assert note.read_text() == "pumpkins and barley\n"
    assert load_picture(marks).viewport == Viewport(1280, 800)
