"""Our metrics beside OSWorld's own, on generated files.

They run where DESKHAND_OSWORLD_COPY names a copy of OSWorld, whose code is loaded from there.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.osworld import decks
from tests.benchmarks.osworld.upstream import PAIRS, module, needs_copy, ours, theirs

pytestmark = needs_copy
SWITCHES = (
    "number_of_slides shape text indent font_name font_size font_bold font_italic color_rgb font_underline "
    "strike_through alignment title_bottom_position table_bottom_position run_count right_position "
    "top_position shape_for_shift_size image_size modify_height bullets background_color note"
).split()


@pytest.fixture(scope="module")
def slides() -> Any:
    return module("slides")


def options_of(number: int) -> dict[str, Any]:
    """Nothing in a third of the pairs, one switch in another third, else several."""
    draw = random.Random(number)
    chosen = draw.sample(SWITCHES, (0, 1, draw.randint(2, 6))[number % 3])
    found: dict[str, Any] = {f"examine_{name}": draw.random() < 0.5 for name in chosen}
    return found | ({"approximately_tolerance": 0.01} if draw.random() < 0.1 else {})


def test_presentations_are_compared_as_osworld_does(tmp_path: Path, slides: Any) -> None:
    verdicts = {}
    for number in range(PAIRS):
        result, gold, what = decks.pair(tmp_path, number)
        options = {**options_of(number), "enable_debug": False}
        mine = ours("compare_pptx_files", result, gold, options)
        assert mine == theirs(slides, "compare_pptx_files", result, gold, options), (number, what, options)
        verdicts[number] = mine
    assert 0.2 < sum(verdicts.values()) / PAIRS < 0.8


@pytest.mark.parametrize(
    ("name", "changes", "rules"),
    [
        ("check_slide_orientation_Portrait", ("slide size",), (None,)),
        (
            "check_transition",
            ("transition", "more slides", "fewer slides"),
            tuple(
                {"slide_idx": at, "transition_type": kind}
                for at in (0, 1, 7)
                for kind in ("dissolve", "push")
            ),
        ),
        (
            "check_page_number_colors",
            ("master colour",),
            tuple({"color": colour} for colour in ("red", "green", "blue", "black", "pink")),
        ),
        (
            "evaluate_presentation_fill_to_rgb_distance",
            ("background", "theme background"),
            (
                {"rgb": [0, 0, 255]},
                {"rgb": [0, 0, 255], "original_rgb": [255, 255, 255]},
                {"rgb": [255, 0, 0]},
            ),
        ),
    ],
)
def test_properties_of_slides_are_judged_as_osworld_does(
    tmp_path: Path, slides: Any, name: str, changes: tuple[str, ...], rules: tuple[Any, ...]
) -> None:
    rewards = set()
    for number in range(PAIRS):
        result, _, _ = decks.pair(tmp_path, number, changes)
        rule = rules[number % len(rules)]
        mine = ours(name, result, rule, {})
        assert mine == pytest.approx(theirs(slides, name, result, rule, {}), abs=1e-12), (number, rule)
        rewards.add(mine)
    assert len(rewards) > 1


def test_a_stretched_picture_is_judged_as_osworld_does(tmp_path: Path, slides: Any) -> None:
    name, rewards = "check_image_stretch_and_center", set()
    for number in range(PAIRS):
        result, gold, _ = decks.pair(tmp_path, number, ("stretched", "picture", "slide size"))
        mine = ours(name, result, gold, {})
        assert mine == theirs(slides, name, result, gold, {}), number
        rewards.add(mine)
    assert rewards == {0.0, 1.0}


def settings(number: int) -> str:
    """A file of LibreOffice's settings with one of the two that metrics look at, or another, or broken."""
    draw = random.Random(number)
    path, name = draw.choice(
        (
            ("/org.openoffice.Office.Common/Save/Document", "AutoSaveTimeIntervall"),
            ("/org.openoffice.Office.Common/Save/Document", "AutoSave"),
            ("/org.openoffice.Office.Impress/Misc/Start", "EnablePresenterScreen"),
            ("/org.openoffice.Office.Impress/Misc/Start", "EnableSdremote"),
        )
    )
    value = draw.choice(("3", " 3 ", "30", "", "false", "False", "true"))
    item = f'<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
    items = "".join(f'<item oor:path="{path}">{item}</item>' for _ in range(draw.choice((0, 1, 1, 1, 2))))
    end = draw.choice(("</oor:items>",) * 5 + ("",))
    return f'<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}{end}'


def test_settings_of_libreoffice_are_judged_as_osworld_does(tmp_path: Path, slides: Any) -> None:
    rewards = []
    for number in range(PAIRS):
        path = tmp_path / "registrymodifications.xcu"
        path.write_text(settings(number))
        for name, rule in (
            ("check_auto_saving_time", {"minutes": 3}),
            ("check_presenter_console_disable", None),
        ):
            rewards.append(ours(name, path, rule, {}))
            assert rewards[-1] == theirs(slides, name, path, rule, {}), (name, path.read_text())
    assert set(rewards) == {0.0, 1.0}


def test_a_panel_of_slides_is_found_as_osworld_does(slides: Any) -> None:
    rewards = set()
    for number in range(PAIRS):
        draw = random.Random(number)
        kind = draw.choice(("document-frame", "panel"))
        name = draw.choice(("Slides View", "slides view", "Notes", ""))
        inner = f'<{kind} name="{name}"/>' if draw.random() < 0.8 else ""
        tree = f'<desktop-frame><application name="soffice">{inner}</application></desktop-frame>'
        rewards.add(ours("check_left_panel", tree, None, {}))
        assert ours("check_left_panel", tree, None, {}) == theirs(
            slides, "check_left_panel", tree, None, {}
        ), tree
    assert rewards == {0.0, 1.0}


def test_lists_of_gsettings_are_judged_as_osworld_does() -> None:
    rewards, names, system = set(), ("a.desktop", "b c.desktop", "d'e.desktop"), module("basic_os")
    for number in range(PAIRS):
        draw = random.Random(number)
        said = str(draw.choices(names, k=draw.randint(0, 3))) + draw.choice(("\n", "\n", ""))
        said = draw.choice((said,) * 6 + ("", "@as []\n", "nothing"))
        rule = {"expected": draw.sample(names, draw.randint(0, 3))}
        mine = ours("check_gnome_favorite_apps", said, rule, {})
        assert mine == theirs(system, "check_gnome_favorite_apps", said, rule, {}), (said, rule)
        rewards.add(mine)
    assert rewards == {0.0, 1.0}
