"""The table of desktop programs: what comes up, what is not here, and why one does not come up."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.benchmarks.speed import programs as bench_programs
from deskhand.benchmarks.speed.programs import COLUMNS, DesktopProgram, programs, rows
from deskhand.errors import UsageError
from deskhand.sandbox.lightbox import Lightbox
from tests.conftest import deskhand

BLANK = b"""
from Xlib import display
d = display.Display()
s = d.screen()
s.root.create_window(50, 50, 400, 300, 0, s.root_depth, background_pixel=s.white_pixel).map()
d.sync()
while True:
    d.next_event()
"""
pytestmark = pytest.mark.lightbox


@pytest.mark.slow(reason="a window that never comes is waited for; the command prints a row of one that does")
def test_a_program_that_comes_up_one_that_is_absent_and_one_that_ends() -> None:
    absent = DesktopProgram(package="no-such-package", program="no-such-program", made_with="X")
    ends = DesktopProgram(package="coreutils", program="cat", made_with="X", file="page.pdf")
    up, gone, over = rows((*programs(["mousepad"]), absent, ends))
    assert list(up) == ["package", "made with", "comes up", "s", "window", "why"]
    assert set(COLUMNS) < set(up)
    assert (up["comes up"], up["why"]) == ("yes", "")
    assert "Mousepad" in up["window"]
    assert up["s"] > 0
    assert (gone["comes up"], gone["why"]) == ("absent", "apt-get install no-such-package")
    assert over["comes up"] == "no"
    assert over["why"]


def test_a_blank_window_is_not_painted(lightbox: Lightbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_programs, "PAINT_SECONDS", 1.0)
    lightbox.write_file("blank.py", BLANK)
    lightbox.launch("python3", ["blank.py"])
    assert not bench_programs.painted(lightbox)
    lightbox.launch("mousepad")
    assert bench_programs.painted(lightbox)


def test_the_list_has_sixty_packages_each_once() -> None:
    listed = programs()
    assert len(listed) == len({one.package for one in listed}) == 60
    with pytest.raises(UsageError, match="no package 'nothing'"):
        programs(["nothing"])


def test_the_command_prints_the_packages_and_a_row(tmp_path: Path) -> None:
    done = deskhand("bench", "programs", "--packages", "--only", "xterm,gimp")
    assert done.stdout == "xterm gimp\n" or done.stdout == "gimp xterm\n"
    done = deskhand("bench", "programs", "--only", "xterm", "--json")
    assert '"comes up": "yes"' in done.stdout, done.stderr
    done = deskhand("bench", "programs", "--folder", str(tmp_path))
    assert done.returncode == 2
    assert "no folder root" in " ".join(done.stderr.split())


@pytest.mark.slow(reason="every program of the list that is here is started, which takes a minute")
def test_every_program_of_the_list_that_is_here_comes_up() -> None:
    found = list(rows(programs()))
    assert [row for row in found if row["comes up"] == "no"] == []
    assert [row for row in found if row["comes up"] == "yes"]
