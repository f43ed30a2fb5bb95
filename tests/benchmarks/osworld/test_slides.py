"""Metrics on presentations: pairs that differ in one property, and what they are said to be."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pptx
import pytest
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.text import MSO_UNDERLINE, PP_ALIGN
from pptx.util import Inches

from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.errors import UsageError
from tests.benchmarks.osworld import decks
from tests.benchmarks.osworld.test_metrics import no, score, yes


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return decks.made(tmp_path / "gold.pptx", [])


def changed(path: Path, change: Any) -> Path:
    """The deck with a change of one property."""
    made = pptx.Presentation(str(decks.made(path, [])))
    change(*made.slides)
    made.save(path)
    return path


def first_font(slide: Any) -> Any:
    return slide.shapes[0].text_frame.paragraphs[0].runs[0].font


def cell_font(slide: Any) -> Any:
    return slide.shapes[0].table.cell(0, 0).text_frame.paragraphs[0].runs[0].font


PROPERTIES: dict[str, Any] = {
    "examine_font_name": lambda one, two, three: setattr(first_font(two), "name", "Courier"),
    "examine_font_size": lambda one, two, three: setattr(first_font(two), "size", 254000),
    "examine_font_bold": lambda one, two, three: setattr(first_font(two), "bold", True),
    "examine_font_italic": lambda one, two, three: setattr(first_font(two), "italic", True),
    "examine_font_underline": lambda one, two, three: setattr(first_font(two), "underline", True),
    "examine_strike_through": lambda one, two, three: first_font(two)._element.set("strike", "sngStrike"),
    "examine_alignment": lambda one, two, three: setattr(
        two.shapes[0].text_frame.paragraphs[0], "alignment", PP_ALIGN.CENTER
    ),
    "examine_indent": lambda one, two, three: setattr(two.shapes[0].text_frame.paragraphs[0], "level", 2),
    "examine_note": lambda one, two, three: setattr(one.notes_slide.notes_text_frame, "text", "Say bye."),
    "examine_shape": lambda one, two, three: setattr(three.shapes[2], "left", Inches(2)),
    "examine_bullets": lambda one, two, three: decks.CHANGES["bullet"](
        one.part.package.presentation_part.presentation, random.Random(3)
    ),
    "examine_run_count": lambda one, two, three: two.shapes[0].text_frame.paragraphs[0].add_run(),
    "examine_background_color": lambda one, two, three: setattr(
        one.background.fill.fore_color, "rgb", RGBColor(1, 2, 3)
    ),
}


@pytest.mark.parametrize("option", PROPERTIES)
def test_a_property_counts_unless_its_option_says_otherwise(tmp_path: Path, gold: Path, option: str) -> None:
    other = changed(tmp_path / "other.pptx", PROPERTIES[option])
    no("compare_pptx_files", other, gold)
    no("compare_pptx_files", gold, other)
    yes("compare_pptx_files", other, gold, **{option: False})


def test_colours_count_where_both_have_one(tmp_path: Path, gold: Path) -> None:
    def red(one: Any, two: Any, three: Any) -> None:
        first_font(two).color.rgb = RGBColor(255, 0, 0)

    def blue(one: Any, two: Any, three: Any) -> None:
        first_font(two).color.rgb = RGBColor(0, 0, 255)

    one, other = changed(tmp_path / "red.pptx", red), changed(tmp_path / "blue.pptx", blue)
    assert "colour" in score("compare_pptx_files", one, other).reason
    yes("compare_pptx_files", one, other, examine_color_rgb=False)
    yes("compare_pptx_files", one, gold)


@pytest.mark.parametrize(
    "change",
    [
        lambda one, two, three: setattr(first_font(two), "bold", False),
        lambda one, two, three: setattr(first_font(two), "underline", MSO_UNDERLINE.DOUBLE_LINE),
        lambda one, two, three: setattr(two.shapes[0].text_frame.paragraphs[0], "alignment", PP_ALIGN.LEFT),
        lambda one, two, three: setattr(two.shapes[0].text_frame.paragraphs[0], "level", 1),
        lambda one, two, three: setattr(three.shapes[2], "left", Inches(5.01)),
        lambda one, two, three: setattr(two.shapes[3], "left", Inches(1)),  # a box without text
        lambda one, two, three: setattr(cell_font(three), "size", 254000),
        lambda one, two, three: setattr(three.shapes[0].table.cell(0, 0), "text", "other"),
        lambda one, two, three: setattr(two.notes_slide.notes_text_frame, "text", " "),
    ],
)
def test_what_osworld_takes_for_alike(tmp_path: Path, gold: Path, change: Any) -> None:
    yes("compare_pptx_files", changed(tmp_path / "other.pptx", change), gold, examine_bullets=False)


def test_tables_groups_and_numbers_of_things_count_whatever_the_options_say(
    tmp_path: Path, gold: Path
) -> None:
    options = {f"examine_{name}": False for name in ("text", "font_bold", "shape", "bullets", "run_count")}
    for number, change in enumerate(
        (
            lambda one, two, three: setattr(cell_font(three), "bold", True),
            lambda one, two, three: two.shapes[0].text_frame.add_paragraph(),
            lambda one, two, three: two.shapes.add_textbox(0, 0, 1, 1),
            lambda one, two, three: two.shapes[2]._element.remove(two.shapes[2].shapes[0]._element),
            lambda one, two, three: setattr(
                two.shapes[2].shapes[0].text_frame.paragraphs[0], "alignment", PP_ALIGN.RIGHT
            ),
        )
    ):
        no("compare_pptx_files", changed(tmp_path / f"{number}.pptx", change), gold, **options)


def test_bullets_are_not_compared_where_a_run_is_empty(tmp_path: Path) -> None:
    """As OSWorld does it: its reading of bullets gives up there."""

    def broken(one: Any, two: Any, three: Any) -> None:
        one.placeholders[1].text_frame.paragraphs[2].add_run()

    def other(one: Any, two: Any, three: Any) -> None:
        broken(one, two, three)
        PROPERTIES["examine_bullets"](one, two, three)

    gold = changed(tmp_path / "gold.pptx", broken)
    yes("compare_pptx_files", changed(tmp_path / "a.pptx", other), gold)


def test_slides_that_only_one_has(tmp_path: Path, gold: Path) -> None:
    fewer = decks.made(tmp_path / "fewer.pptx", [("fewer slides", 0)])
    assert "2 slides and not 3" in score("compare_pptx_files", fewer, gold).reason
    yes("compare_pptx_files", fewer, gold, examine_number_of_slides=False)
    no("compare_pptx_files", decks.made(tmp_path / "order.pptx", [("order", 0)]), gold)


def test_shapes_that_were_to_be_moved(tmp_path: Path, gold: Path) -> None:
    def to(slide: int, numbers: tuple[int, ...], side: str, inches: float) -> Any:
        def change(*slides: Any) -> None:
            for number in numbers:
                setattr(slides[slide].shapes[number], side, Inches(inches))

        return change

    for number, (option, slide, shapes, side, good, bad) in enumerate(
        (
            ("title_bottom_position", 0, (0,), "top", 5, 2),
            ("table_bottom_position", 2, (0,), "top", 5, 4),
            ("right_position", 1, (1, 2), "left", 6, 3),
            ("top_position", 1, (1,), "top", 1, 2.5),
            ("modify_height", 2, (1,), "left", 3, None),
        )
    ):
        options = {"examine_shape": False, f"examine_{option}": True}
        right = changed(tmp_path / f"{number}.pptx", to(slide, shapes, side, good))
        yes("compare_pptx_files", right, gold, **options)
        if bad is not None:
            wrong = changed(tmp_path / f"{number}-wrong.pptx", to(slide, shapes, side, bad))
            no("compare_pptx_files", wrong, gold, **options)
    for option in ("image_size", "modify_height"):
        other = changed(tmp_path / "other.pptx", to(1, (1,), "height", 2))
        no("compare_pptx_files", other, gold, **{"examine_shape": False, f"examine_{option}": True})


def test_options_that_are_not_known_are_left_alone_as_osworld_does(tmp_path: Path, gold: Path) -> None:
    yes("compare_pptx_files", gold, gold, examine_shape_lenient_height=True, _note="none")
    with pytest.raises(UsageError, match="examine_text"):
        score("compare_pptx_files", gold, gold, examine_text="sometimes")


def test_what_is_no_presentation(tmp_path: Path, gold: Path) -> None:
    for number, data in enumerate((b"", b"PK\3\4 cut off", gold.read_bytes()[:-2000])):
        path = tmp_path / f"{number}.pptx"
        path.write_bytes(data)
        for name, rules in (("compare_pptx_files", gold), ("check_slide_orientation_Portrait", None)):
            with pytest.raises(NothingThere, match="presentation"):
                score(name, path, rules)
    coloured = tmp_path / "theme.pptx"
    decks.made(coloured, [("theme background", 0)])
    with pytest.raises(NothingThere, match="theme"):
        score("compare_pptx_files", coloured, gold)


def test_backgrounds_near_a_colour(tmp_path: Path) -> None:
    def fill(*colours: RGBColor | None) -> Any:
        def change(*slides: Any) -> None:
            for slide, colour in zip(slides, colours, strict=False):
                slide.background.fill.solid()
                if colour is None:
                    slide.background.fill.fore_color.theme_color = MSO_THEME_COLOR.ACCENT_1
                else:
                    slide.background.fill.fore_color.rgb = colour

        return change

    name, blue, white = (
        "evaluate_presentation_fill_to_rgb_distance",
        RGBColor(0, 0, 255),
        RGBColor(*[255] * 3),
    )
    rules = {"rgb": [0, 0, 255], "original_rgb": [255, 255, 255]}
    yes(name, changed(tmp_path / "a.pptx", fill(blue, blue, blue)), rules)
    part = score(name, changed(tmp_path / "b.pptx", fill(blue, RGBColor(0, 0, 0), None)), rules)
    assert part.reward == pytest.approx((1 + 1 - 1 / 3**0.5) / 3)
    assert not part.success
    assert score(name, changed(tmp_path / "c.pptx", fill(white, white, None)), rules).reward == 0


def test_single_properties(tmp_path: Path, gold: Path) -> None:
    no("check_slide_orientation_Portrait", gold)
    made = pptx.Presentation(str(gold))
    made.slide_width, made.slide_height = made.slide_height, made.slide_width
    made.save(tmp_path / "portrait.pptx")
    yes("check_slide_orientation_Portrait", tmp_path / "portrait.pptx")
    moving = decks.made(tmp_path / "moving.pptx", [("transition", 0)])
    rules = [
        {"slide_idx": at, "transition_type": kind} for at in range(3) for kind in ("dissolve", "fade", "push")
    ]
    assert [score("check_transition", moving, rule).success for rule in rules].count(True) == 1
    with pytest.raises(NothingThere, match=r"slide4\.xml"):
        score("check_transition", moving, {"slide_idx": 3, "transition_type": "push"})
    with pytest.raises(UsageError, match="transition_type"):
        score("check_transition", moving, {"slide_idx": 0, "transition_type": "x}y"})


def test_the_colour_of_slide_numbers(tmp_path: Path) -> None:
    found = set()
    for seed in range(12):
        path = decks.made(tmp_path / "a.pptx", [("master colour", seed)])
        names = ("red", "green", "blue", "black")
        found |= {name for name in names if score("check_page_number_colors", path, {"color": name}).success}
    assert {"red", "blue"} <= found
    no("check_page_number_colors", decks.made(tmp_path / "b.pptx", []), {"color": "red"})


def test_a_picture_that_fills_the_slide(tmp_path: Path) -> None:
    def add(width: float, left: float, colour: str = "red") -> Any:
        def change(one: Any, *others: Any) -> None:
            one.shapes.add_picture(decks.picture(colour), Inches(left), 0, Inches(width), Inches(7.5))

        return change

    original = changed(tmp_path / "original.pptx", add(2, 0))
    name = "check_image_stretch_and_center"
    yes(name, changed(tmp_path / "a.pptx", add(10, 0)), original)
    yes(name, changed(tmp_path / "b.pptx", add(9.6, 0.2)), original)
    no(name, changed(tmp_path / "c.pptx", add(9, 0.5)), original)
    no(name, changed(tmp_path / "d.pptx", add(10, 0.6)), original)
    no(name, changed(tmp_path / "e.pptx", add(10, 0, "blue")), original)
    no(name, original, decks.made(tmp_path / "f.pptx", []))


def test_settings_of_libreoffice(tmp_path: Path) -> None:
    path = tmp_path / "registrymodifications.xcu"

    def write(where: str, name: str, value: str) -> Path:
        prop = f'<prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        item = f'<item oor:path="/org.openoffice.Office.{where}">{prop}</item>'
        space = "http://openoffice.org/2001/registry"
        path.write_text(f'<?xml version="1.0"?><oor:items xmlns:oor="{space}">{item}</oor:items>')
        return path

    saving = ("Common/Save/Document", "AutoSaveTimeIntervall")
    yes("check_auto_saving_time", write(*saving, "3"), {"minutes": 3})
    no("check_auto_saving_time", write(*saving, "10"), {"minutes": 3})
    no("check_auto_saving_time", write("Common/Save/Other", saving[1], "3"), {"minutes": 3})
    screen = ("Impress/Misc/Start", "EnablePresenterScreen")
    yes("check_presenter_console_disable", write(*screen, "false"))
    no("check_presenter_console_disable", write(*screen, "true"))
    no("check_presenter_console_disable", write(*saving, "3"))
    path.write_text("<items")
    with pytest.raises(NothingThere, match="settings is not XML"):
        score("check_presenter_console_disable", path)


def test_the_panel_of_slides() -> None:
    yes("check_left_panel", '<desktop-frame><document-frame name="Slides View"/></desktop-frame>')
    no("check_left_panel", '<desktop-frame><panel name="Slides View"/></desktop-frame>')
