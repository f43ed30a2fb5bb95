"""What exploring finds is compared with what the program reports of its menus."""

from __future__ import annotations

import pytest

from deskhand.benchmarks.speed.exploring import is_in, menu_commands, rows
from tests.knowledge.test_map import example


@pytest.mark.lightbox
def test_a_program_reports_its_menus_with_their_paths() -> None:
    found = menu_commands("galculator")
    assert {("File", "Quit"), ("View", "Buttons", "Display Control")} <= set(found)
    assert ("Calculator", "Angle units", "Degrees") not in found, "it is grey"


def test_a_command_is_in_a_map_under_the_same_menus_alone() -> None:
    found = example()
    assert is_in(("Edit", "Find and Replace..."), found)
    assert is_in(("Edit", "Find and RepIace"), found), "as it may be read"
    for path in (("Edit", "Delete"), ("File", "Undo"), ("Undo",), ("Edit", "More", "Undo")):
        assert not is_in(path, found), path


@pytest.mark.lightbox
@pytest.mark.slow(reason="exploring and reporting are tested, and this takes a minute")
def test_the_row_says_which_share_was_found() -> None:
    [row] = rows(["galculator"], 8.0, steps=30)
    assert row["reported"] >= 10 and row["reported"] / 2 < row["found"] <= row["reported"]
    assert row["steps"] < 60
    assert row["%"] == round(100 * row["found"] / row["reported"], 1)
