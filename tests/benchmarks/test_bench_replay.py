"""The table of replaying: recordings on changed desktops, each done right, stopped in time, or wrong."""

from __future__ import annotations

import gettext
import io
import random
from pathlib import Path

import pytest

from deskhand.benchmarks.speed.near_names import near_cases
from deskhand.benchmarks.speed.replay import ReplayCase, cases, static_row, table, variations_named
from deskhand.benchmarks.speed.replaying.names import catalogue
from deskhand.benchmarks.speed.replaying.near import (
    KINDS,
    SITUATIONS,
    changed_list,
    named,
    near_to,
    recorded_list,
)
from deskhand.benchmarks.speed.workflow import rows as workflow_rows
from deskhand.errors import UsageError
from deskhand.sandbox.lightbox import Lightbox


@pytest.mark.slow(reason="it replays on several desktops")
@pytest.mark.lightbox
@pytest.mark.suite
def test_a_recording_is_done_again_or_stopped_in_time(box: Lightbox, tmp_path: Path) -> None:
    chosen = variations_named("unchanged, window moved, extra dialog")
    done = list(cases(box, tmp_path, seeds=[1], variations=chosen, tasks=["terminal-folder"]))
    assert {case.variation: case.verdict for case in done} == {
        "unchanged": "right",
        "window moved": "right",
        "extra dialog": "stopped",
    }, done


@pytest.mark.lightbox
@pytest.mark.slow(reason="the verification of steps is tested with replays")
def test_every_step_on_a_static_screen_is_verified(box: Lightbox, tmp_path: Path) -> None:
    row = static_row(box, tmp_path, steps=6)
    assert (row["right"], row["stopped"], row["waits"]) == (1, 0, 0)


def test_shares_are_told_for_each_desktop_and_for_all_that_changed() -> None:
    done = [
        ReplayCase("unchanged", "t", 0, "right", 4, 2.0, 0, ""),
        ReplayCase("window moved", "t", 0, "right", 4, 2.0, 1, ""),
        ReplayCase("other theme", "t", 0, "stopped", 2, 9.0, 3, "drift"),
        ReplayCase("other theme", "t", 1, "wrong", 4, 2.0, 0, "no file"),
    ]
    rows = {row["desktop"]: row for row in table(done)}
    assert rows["other theme"] == {
        "desktop": "other theme",
        "cases": 2,
        "right": 0,
        "stopped": 1,
        "wrong": 1,
        "right_share": 0.0,
        "steps_a_second": None,
        "waits": 3,
    }
    assert (rows["all changed"]["cases"], rows["all changed"]["right_share"]) == (3, 0.333)
    assert rows["unchanged"]["steps_a_second"] == 2.0


def test_an_unknown_desktop_is_named() -> None:
    with pytest.raises(UsageError, match="no desktop 'upside down'"):
        variations_named("unchanged,upside down")


def test_the_catalogue_of_other_names_is_what_gettext_reads() -> None:
    names = {"_Save": "_Store", "Open…": "Öffnen…", "": "ignored"}
    read = gettext.GNUTranslations(io.BytesIO(catalogue({k: v for k, v in names.items() if k})))
    assert read.gettext("_Save") == "_Store"
    assert read.gettext("Open…") == "Öffnen…"
    assert read.gettext("Cancel") == "Cancel"


def test_near_names_are_others_and_lists_have_them_where_they_should() -> None:
    for kind in KINDS:
        chance = random.Random(kind)
        name = named(kind, chance)
        near = near_to(kind, name, chance)
        assert len(near) >= 2 and name not in near
        before = recorded_list(name, chance)
        lists = {s: changed_list(kind, name, before, s, chance) for s in SITUATIONS}
        assert [lists[s].names.count(name) for s in SITUATIONS] == [0, 0, 2, 1]
        beside = lists["beside"]
        assert beside.meant is not None and beside.names[beside.meant] == name


@pytest.mark.slow(reason="it replays in Chromium and in a file manager")
@pytest.mark.lightbox
def test_nothing_is_done_to_a_thing_of_another_name(box: Lightbox, tmp_path: Path) -> None:
    done = list(near_cases(box, tmp_path, 12))
    assert [one for one in done if one.verdict == "wrong"] == []
    assert any(one.verdict == "stopped" and one.named for one in done)


@pytest.mark.slow(reason="it works in five applications with twenty rows")
@pytest.mark.lightbox
def test_rows_of_really_different_values_are_done_or_stopped(box: Lightbox, tmp_path: Path) -> None:
    done = list(workflow_rows(box, tmp_path))
    assert len(done) == 20
    assert [row for row in done if row["verdict"] == "wrong"] == []
    assert sum(row["verdict"] == "right" for row in done) >= 17, done
