"""Screens of real programs: what is told agrees with what is painted, and a set goes on where it stopped."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from deskhand.actions.geometry import Box, Viewport
from deskhand.actions.vocabulary import Key
from deskhand.errors import SandboxError, UsageError
from deskhand.perception.screen import Element
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens import collect as collecting
from deskhand.screens.collect import ScreenSampler, collect
from deskhand.screens.programs import PROGRAMS, choose, missing
from deskhand.screens.scenes import MENU, keys
from deskhand.screens.sets import SPLITS, ScreenSet
from deskhand.screens.themes import Theme, draw
from deskhand.screens.truth import arrange, once, windows_of
from deskhand.waiting import wait_until

FORMS = {program.name: program for program in PROGRAMS if program.name.endswith("-form")}
NEEDS = {"gtk-form": "import gi; gi.require_version('Gtk', '3.0')", "qt-form": "import PyQt5.QtWidgets"}


def require(sandbox: Sandbox, name: str) -> None:
    if sandbox.run(["python3", "-c", NEEDS[name]]).returncode:
        pytest.skip(f"{name} needs python3-gi, gir1.2-gtk-3.0 or python3-pyqt5")


def first_look(sandbox: Sandbox, name: str, look: Theme) -> ScreenSampler:
    look.apply(sandbox)
    FORMS[name].start(sandbox, look, random.Random("one"))
    looks = ScreenSampler(sandbox, FORMS[name])
    assert looks.take() is not None
    return looks


@pytest.mark.lightbox
@pytest.mark.parametrize("name", sorted(NEEDS))
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_what_a_form_tells_is_where_it_is_painted(name: str, scale: float) -> None:
    look = Theme(scale=scale, size=Viewport(1600, 1000))
    with Lightbox(look.size, accessible=True) as sandbox:
        require(sandbox, name)
        looks = first_look(sandbox, name, look)
        pixels = sandbox.screenshot().pixels
        window = next(element for element in looks.elements if element.role == "window")
        assert len(looks.elements) > 8
        for element in looks.elements:
            inside = pixels[element.box.top : element.box.bottom, element.box.left : element.box.right]
            assert element.role in ("field", "area") or inside.std() > 0, element
            assert element.box.intersection(window.box).area >= 0.9 * element.box.area, element


@pytest.mark.lightbox
@pytest.mark.parametrize("name", sorted(NEEDS))
def test_a_form_draws_another_one_when_it_is_asked_to(name: str) -> None:
    with Lightbox(accessible=True) as sandbox:
        require(sandbox, name)
        looks = first_look(sandbox, name, Theme())
        before = {element.text for element in looks.elements}
        assert keys("f5").do(sandbox, random.Random(1), looks.elements)
        wait_until(looks.take, timeout=20, what="another form")
        assert {element.text for element in looks.elements} != before


@pytest.mark.lightbox
def test_an_open_menu_is_told_and_what_it_hides_is_not() -> None:
    program = next(one for one in PROGRAMS if one.name == "mousepad")
    if missing([program]):
        pytest.skip("no mousepad: apt-get install mousepad")
    with Lightbox(accessible=True) as sandbox:
        program.start(sandbox, Theme(), random.Random(3))
        looks = ScreenSampler(sandbox, program)
        assert looks.take() is not None
        (area,) = (element for element in looks.elements if element.role == "area")
        assert sandbox.perform(Key(keys=("alt", "f"))).ok
        wait_until(looks.take, timeout=20, what="the menu")
        entries = [element for element in looks.elements if element.text in ("New", "Open...", "Quit")]
        assert [element.role for element in entries] == ["menuitem"] * 3
        (rest,) = (element for element in looks.elements if element.role == "area")
        assert rest.box.area < area.box.area
        assert not any(rest.box.intersection(entry.box).area for entry in entries)


@pytest.mark.lightbox
def test_a_windows_frame_has_a_title_and_buttons() -> None:
    with Lightbox(accessible=True) as sandbox:
        sandbox.launch("xterm")
        (window,) = windows_of(sandbox)
        arrange(sandbox, "place", window.id, 100, 120, 0, 0)
        wait_until(
            lambda: windows_of(sandbox)[0].box[:2] == (100, 120), timeout=10, what="the window to move"
        )
        arrange(sandbox, "maximize", window.id)
        wait_until(lambda: windows_of(sandbox)[0].box[0] == 0, timeout=10, what="the window to grow")
        found = PROGRAMS[0].truth(sandbox, sandbox.screenshot())
        (bar,) = (element for element in found if element.role == "titlebar")
        assert bar.text == windows_of(sandbox)[0].title
        buttons = [element for element in found if element.role == "icon"]
        assert len(buttons) >= 3
        assert all(button.box.intersection(bar.box).area for button in buttons)


@pytest.mark.slow(reason="it starts programs under several looks")
@pytest.mark.lightbox
def test_a_set_is_made_and_gone_on_with(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with Lightbox() as sandbox:
        require(sandbox, "gtk-form")
    forms = [FORMS["gtk-form"]]
    collect(tmp_path, forms, 2, 7, at_once=1, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    first = {screen.name: screen for screen in ScreenSet(tmp_path)}
    made = collect(tmp_path, forms, 3, 7, at_once=1)
    assert first.keys() < made.names()
    assert len(made.names()) == 3
    assert {(s.split, s.toolkit, s.application) for s in made} == {("train", "gtk", "gtk-form")}
    assert all(len(screen.elements) >= collecting.LEAST_ELEMENTS for screen in made)


class Broken:
    """A program that never starts."""

    name, split, toolkit, executable, scenes, looks = "broken", "train", "gtk", "sh", (MENU,), 2
    starts = 0

    def start(self, sandbox: Sandbox, look: Theme, chance: random.Random) -> None:
        Broken.starts += 1
        raise SandboxError("it never starts")

    def truth(self, sandbox: Sandbox, screenshot: object) -> tuple[Element, ...]:
        return ()


@pytest.mark.lightbox
def test_a_program_that_gives_no_screen_is_left_out_in_the_end(tmp_path: Path) -> None:
    assert collect(tmp_path, [Broken()], 5, 1, at_once=1).names() == frozenset()
    assert Broken.starts == collecting.MOST_FAILURES


def test_what_is_told_twice_stands_once() -> None:
    place, other = Box(1, 2, 30, 12), Box(1, 22, 30, 32)
    link, row = Element("link", "more", place), Element("row", "notes", other)
    told = [Element("text", "more", place), link, row, Element("row", "", other)]
    assert once(told) == [link, row]
    header = Element("button", "Name", other)
    assert once([row, header]) == [header]


def test_splits_differ_by_application() -> None:
    names = {split: {program.name for program in choose(split)} for split in SPLITS}
    assert all(names.values())
    assert len(set().union(*names.values())) == sum(len(of) for of in names.values()) == len(PROGRAMS)


@pytest.mark.parametrize(("split", "names"), [("exam", []), ("train", ["thunar"]), ("test", ["nothing"])])
def test_a_split_or_program_that_is_not_there_is_refused(split: str, names: list[str]) -> None:
    with pytest.raises(UsageError, match=r"no (split|program)"):
        choose(split, names)


def test_programs_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "yad" else f"/usr/bin/{name}")
    assert missing(choose("train")) == ["yad"]


def test_the_same_seed_draws_the_same_look_and_others_differ() -> None:
    assert draw(random.Random(4)) == draw(random.Random(4))
    assert len({draw(random.Random(seed)) for seed in range(40)}) > 35
    assert draw(random.Random(4)).words("gtk").count(",") == 4


def test_a_sandbox_that_does_not_know_its_windows_is_refused() -> None:
    class Elsewhere:
        name = "elsewhere"

    with pytest.raises(SandboxError, match="use lightbox or vm"):
        windows_of(Elsewhere())  # type: ignore[arg-type]
