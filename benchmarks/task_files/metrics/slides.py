"""compare_pptx_files: two presentations, slide by slide, shape by shape, run by run.

What is compared, how exactly, and which numbers and sentences some of its options mean is OSWorld's: each was
written for a task or two, and names a slide of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from pptx.enum.shapes import MSO_SHAPE_TYPE as KIND
from pptx.enum.text import PP_ALIGN
from pptx.oxml.ns import qn
from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.presentations import background, presentation
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

LOWERED_TOP, RIGHT_LEFT, RAISED_TOP = 3_600_000, 4_320_000, 1_980_000
"""Where a shape has to be that was moved down, right or up, in EMU (a 914,400th of an inch)."""
MOVED_TITLE = "Product Comparison"
MAY_MOVE = "Elaborate on what you want to discuss."

Pair = tuple[Any, Any]


class _Options(BaseModel):
    """What is compared."""

    approximately_tolerance: float = 0.005
    examine_number_of_slides: bool = True
    examine_shape: bool = True
    examine_text: bool = True
    examine_indent: bool = True
    examine_font_name: bool = True
    examine_font_size: bool = True
    examine_font_bold: bool = True
    examine_font_italic: bool = True
    examine_color_rgb: bool = True
    examine_font_underline: bool = True
    examine_strike_through: bool = True
    examine_alignment: bool = True
    examine_title_bottom_position: bool = False
    examine_table_bottom_position: bool = False
    examine_run_count: bool = True
    examine_right_position: bool = False
    examine_top_position: bool = False
    examine_shape_for_shift_size: bool = False
    examine_image_size: bool = False
    examine_modify_height: bool = False
    examine_bullets: bool = True
    examine_background_color: bool = True
    examine_note: bool = True


IN_TABLES = {
    "examine_font_name": False,
    "examine_font_size": False,
    "examine_strike_through": False,
    "examine_font_bold": True,
    "examine_font_italic": True,
    "examine_font_underline": True,
}
"""What is compared in the cells of tables, whatever the options say."""


def compare_pptx_files(result: Any, expected: Any, options: Object) -> Score:
    """Two presentations are alike in what their texts, shapes, notes and backgrounds are."""
    option = rules_of(_Options, options)
    one, other = presentation(result).slides, presentation(expected).slides
    if option.examine_number_of_slides and len(one) != len(other):
        return Score(0.0, f"there are {len(one)} slides and not {len(other)}")
    for number, slides in enumerate(zip(one, other, strict=False), start=1):
        if difference := next(_slide(number, slides, option), ""):
            return Score(0.0, f"slide {number}: {difference}")
    return must(True, "")


def _slide(number: int, slides: Pair, option: _Options) -> Iterator[str]:
    """What is different between two slides, of which ``number`` is the place from 1."""
    one, other = slides
    colours = [_background(slide) for slide in slides]
    if option.examine_background_color and colours[0] != colours[1]:
        yield f"the background is {colours[0]} and not {colours[1]}"
    notes = [_notes(slide) for slide in slides]
    if option.examine_note and notes[0] != notes[1]:
        yield f"the notes are {shown(notes[0])} and not {shown(notes[1])}"
    if len(one.shapes) != len(other.shapes):
        yield f"it has {len(one.shapes)} shapes and not {len(other.shapes)}"
    shapes = list(zip(one.shapes, other.shapes, strict=False))
    for place, pair in enumerate(shapes, start=1):
        kinds = pair[0].shape_type, pair[1].shape_type
        found = chain(_moved(number, pair, kinds, option), _tables(pair, kinds, option), _texts(pair, option))
        yield from (f"shape {place}: {difference}" for difference in found)
    if option.examine_bullets and _has_runs(shapes) and _bullets_differ(one, other):
        yield "the paragraphs have other bullets, levels or texts"
    yield from _in_groups(one, other, option)


def _background(slide: Any) -> Any:
    colour = background(slide)
    if colour is not None and not hasattr(colour, "rgb"):
        raise NothingThere("a background has a colour of the theme, which this metric cannot compare")
    return colour.rgb if colour is not None else None


def _notes(slide: Any) -> str:
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    return str(frame.text).strip() if frame is not None else ""


def _near(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two lengths differ by no more than a part of the larger one."""
    if one == other:
        return True
    if one == 0 or other == 0:
        return False
    if one is None or other is None:
        raise NothingThere("a shape has no place of its own")
    return bool(abs(one - other) / max(abs(one), abs(other)) <= tolerance)


def _moved(number: int, pair: Pair, kinds: Pair, option: _Options) -> Iterator[str]:
    """Whether a shape has another place or size, or not the one that an option asks for."""
    one, other = pair

    def same(*sides: str) -> bool:
        tolerance = option.approximately_tolerance
        return all(_near(getattr(one, side), getattr(other, side), tolerance) for side in sides)

    def lowered() -> bool:
        return bool(one.top > other.top and one.top >= LOWERED_TOP)

    moved = not same("left", "top", "width", "height")
    texts = _have_text(pair)
    text = one.text if texts and one.text == other.text else None
    without_text = not one.has_text_frame and not other.has_text_frame
    pictures = kinds == (KIND.PICTURE, KIND.PICTURE)
    wrong = []
    if option.examine_title_bottom_position:
        wrong.append(not lowered() if text == MOVED_TITLE else moved and text is None)
    if option.examine_table_bottom_position:
        wrong.append(not lowered() if number == 3 and kinds == (KIND.TABLE, KIND.TABLE) else moved)
    if option.examine_right_position and number == 2 and without_text:
        wrong.append(one.left <= other.left or one.left < RIGHT_LEFT)
    if option.examine_top_position and number == 2 and pictures:
        wrong.append(one.top >= other.top or one.top > RAISED_TOP)
    if option.examine_shape_for_shift_size:
        wrong.append(moved and text != MAY_MOVE)
    if option.examine_shape:
        wrong.append(moved and any(shape.has_text_frame and shape.text.strip() for shape in pair))
    if option.examine_image_size:
        wrong.append(not same("width", "height") if pictures else moved)
    if option.examine_modify_height:
        only_height = without_text or kinds == (KIND.FREEFORM, KIND.FREEFORM)
        wrong.append(not same("height") if only_height else moved)
    if any(wrong):
        yield f"its place is {_shown_place(one)}; in the expected presentation it is {_shown_place(other)}"


def _shown_place(shape: Any) -> str:
    return f"{shape.left}, {shape.top} ({shape.width} x {shape.height})"


def _tables(pair: Pair, kinds: Pair, option: _Options) -> Iterator[str]:
    """How the texts of two tables look; what they say is not compared here."""
    if kinds[0] != KIND.TABLE:
        return
    if kinds[1] != KIND.TABLE:
        yield "a table is not expected"
        return
    one, other = (shape.table for shape in pair)
    sizes = [(len(table.rows), len(table.columns)) for table in (one, other)]
    if sizes[0] != sizes[1]:
        yield f"the table has {sizes[0]} rows and columns and not {sizes[1]}"
    option = option.model_copy(update=IN_TABLES)
    for rows in zip(one.rows, other.rows, strict=False):
        for cells in zip(rows[0].cells, rows[1].cells, strict=False):
            paragraphs = [cell.text_frame.paragraphs for cell in cells]
            if len(paragraphs[0]) != len(paragraphs[1]):
                yield f"a cell has {len(paragraphs[0])} paragraphs and not {len(paragraphs[1])}"
            for lines in zip(*paragraphs, strict=False):
                yield from _runs_differ(lines, option)


def _texts(pair: Pair, option: _Options) -> Iterator[str]:
    if not _have_text(pair):
        return
    yield from _outline(pair, option)
    for one, other in _paragraphs(pair):
        if option.examine_text and one.text != other.text:
            yield f"the text is {shown(one.text)} and not {shown(other.text)}"
        levels = {one.level, other.level}
        if option.examine_indent and len(levels) > 1 and levels != {0, 1}:
            yield f"{shown(one.text)} has the level {one.level} and not {other.level}"
        yield from _runs_differ((one, other), option)


def _outline(pair: Pair, option: _Options) -> Iterator[str]:
    """Texts, numbers of paragraphs and their alignments."""
    one, other = pair
    if option.examine_text and one.text.strip() != other.text.strip():
        yield f"the text is {shown(one.text)} and not {shown(other.text)}"
    counts = [len(shape.text_frame.paragraphs) for shape in pair]
    if counts[0] != counts[1]:
        yield f"it has {counts[0]} paragraphs and not {counts[1]}"
    for lines in _paragraphs(pair) if option.examine_alignment else ():
        sides = [line.alignment or PP_ALIGN.LEFT for line in lines]
        if sides[0] != sides[1]:
            yield f"{shown(lines[0].text)} is aligned {sides[0].name} and not {sides[1].name}"


def _in_groups(one: Any, other: Any, option: _Options) -> Iterator[str]:
    """The same, for all shapes with text, those in groups too."""
    shapes, others = ([*_with_text(slide.shapes)] for slide in (one, other))
    if len(shapes) != len(others):
        yield f"{len(shapes)} shapes have text and not {len(others)}"
    elif option.examine_alignment:
        for pair in zip(shapes, others, strict=True):
            yield from _outline(pair, option)


def _with_text(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if shape.has_text_frame:
            yield shape
        elif hasattr(shape, "shapes"):
            yield from _with_text(shape.shapes)


def _have_text(pair: Pair) -> bool:
    return all(shape.has_text_frame for shape in pair)


def _paragraphs(pair: Pair) -> Iterator[Pair]:
    one, other = (shape.text_frame.paragraphs for shape in pair)
    return zip(one, other, strict=False)


def _runs(lines: Pair) -> tuple[list[Any], list[Any]]:
    """The runs of two paragraphs; none where both are empty."""
    if any(line.text.strip() for line in lines):
        return list(lines[0].runs), list(lines[1].runs)
    return [], []


def _has_runs(shapes: list[Pair]) -> bool:
    return any(all(_runs(lines)) for pair in shapes if _have_text(pair) for lines in _paragraphs(pair))


def _runs_differ(lines: Pair, option: _Options) -> Iterator[str]:
    runs, others = _runs(lines)
    if option.examine_run_count and len(runs) != len(others):
        yield f"{shown(lines[0].text)} has {len(runs)} runs and not {len(others)}"
    for run, other in zip(runs, others, strict=False):
        for name, what, differ in _FONTS:
            if getattr(option, name) and differ(run.font, other.font):
                yield f"{shown(run.text)} has another {what}"


def _other_colour(one: Any, other: Any) -> bool:
    """Colours of the theme are not compared, nor those that are not set."""
    colours = one.color, other.color
    return all(hasattr(colour, "rgb") for colour in colours) and colours[0].rgb != colours[1].rgb


def _other_underline(one: Any, other: Any) -> bool:
    """Where only one says something, only the single line counts."""
    lines = one.underline, other.underline
    return lines[0] != lines[1] and (None not in lines or any(line is True for line in lines))


def _strike(font: Any) -> str:
    return str(font._element.get("strike", "noStrike"))


_FONTS: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ("examine_font_name", "font", lambda one, other: one.name != other.name),
    ("examine_font_size", "size", lambda one, other: one.size != other.size),
    ("examine_font_bold", "boldness", lambda one, other: bool(one.bold) != bool(other.bold)),
    ("examine_font_italic", "slant", lambda one, other: bool(one.italic) != bool(other.italic)),
    ("examine_color_rgb", "colour", _other_colour),
    ("examine_font_underline", "underline", _other_underline),
    ("examine_strike_through", "strike", lambda one, other: _strike(one) != _strike(other)),
)
"""Options on fonts, what they are about, and whether two fonts differ in it."""


def _bullets_differ(one: Any, other: Any) -> bool:
    """Whether paragraphs have other bullets, or those with bullets other levels.

    OSWorld compares none on slides that have a run without a character.
    """
    bullets = [[*_bullets(slide)] for slide in (one, other)]
    return None not in chain(*bullets) and bullets[0] != bullets[1]


def _bullets(slide: Any) -> Iterator[tuple[str, str | None, str] | None]:
    """The text of each paragraph of a slide, its bullet, and with one its level; None for an empty run."""
    for paragraph in slide.element.iter(qn("a:p")):
        texts = [run.text for run in paragraph.iter(qn("a:t"))]
        if None in texts:
            yield None
            continue
        look = paragraph.find(qn("a:pPr"))
        bullet = look.find(qn("a:buChar")) if look is not None else None
        if "".join(texts).strip():
            char, level = (bullet.get("char"), look.get("lvl", "0")) if bullet is not None else (None, "")
            yield "".join(texts), char, level
