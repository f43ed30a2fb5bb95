"""Presentations to compare: one that has a bit of everything, and changes of single properties, by a seed."""

from __future__ import annotations

import copy
import functools
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pptx
from PIL import Image
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_UNDERLINE, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Pt

Change = Callable[[Any, random.Random], None]
COLOURS = (RGBColor(255, 0, 0), RGBColor(0, 0, 255), RGBColor(255, 255, 255), RGBColor(10, 200, 30))


def picture(colour: str = "red") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    file.seek(0)
    return file


@functools.cache
def deck() -> bytes:
    """Three slides: title, bullets and notes; runs, a picture and a group; a table and a drawn shape."""
    made = pptx.Presentation()
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Product Comparison"
    first.placeholders[1].text = "one\ntwo\n\nthree"
    first.notes_slide.notes_text_frame.text = "Say hello."
    first.background.fill.solid()
    first.background.fill.fore_color.rgb = COLOURS[2]
    second = made.slides.add_slide(made.slide_layouts[6])
    frame = second.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame
    for text in ("Elaborate on ", "what you want", " to discuss."):
        run = frame.paragraphs[0].add_run()
        run.text, run.font.size, run.font.name = text, Pt(18), "Arial"
    second.shapes.add_picture(picture(), Inches(2), Inches(3), Inches(2), Inches(1))
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.text = "in a group"
    second.shapes.add_textbox(Inches(6), Inches(5), Inches(1), Inches(1))
    third = made.slides.add_slide(made.slide_layouts[6])
    table = third.shapes.add_table(2, 3, Inches(1), Inches(4.5), Inches(6), Inches(1)).table
    for number in range(6):
        table.cell(number // 3, number % 3).text = f"cell {number}"
    drawn = third.shapes.build_freeform(Inches(1), Inches(1))
    drawn.add_line_segments([(Inches(3), Inches(1)), (Inches(2), Inches(3))])
    drawn.convert_to_shape()
    third.shapes.add_shape(
        MSO_SHAPE.OVAL, Inches(5), Inches(1), Inches(2), Inches(2)
    ).text_frame.text = "oval"
    for layout in [layout for layout in made.slide_layouts if not layout.used_by_slides]:
        made.slide_layouts.remove(layout)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _slide(made: Any, draw: random.Random) -> Any:
    return draw.choice(list(made.slides))


def _shape(made: Any, draw: random.Random, *kinds: int) -> Any:
    every = [shape for slide in made.slides for shape in slide.shapes]
    return draw.choice([shape for shape in every if not kinds or shape.shape_type in kinds] or every)


def _paragraph(made: Any, draw: random.Random) -> Any:
    """A paragraph with text; now and then one of a table or a group."""
    every = [shape for slide in made.slides for shape in slide.shapes]
    every += [inner for shape in every if hasattr(shape, "shapes") for inner in shape.shapes]
    frames = [shape.text_frame for shape in every if shape.has_text_frame]
    frames += [cell.text_frame for shape in every if shape.has_table for cell in shape.table.iter_cells()]
    return draw.choice([line for frame in frames for line in frame.paragraphs if line.runs])


def _font(made: Any, draw: random.Random) -> Any:
    return draw.choice(_paragraph(made, draw).runs).font


def _move(part: float) -> Change:
    def moved(made: Any, draw: random.Random) -> None:
        shape, side = _shape(made, draw), draw.choice(("left", "top", "width", "height"))
        setattr(shape, side, Emu(int((getattr(shape, side) or Inches(1)) * part)))

    return moved


def _set_font(name: str, *values: Any) -> Change:
    return lambda made, draw: setattr(_font(made, draw), name, draw.choice(values))


def _colour(made: Any, draw: random.Random) -> None:
    _font(made, draw).color.rgb = draw.choice(COLOURS)


def _theme_colour(made: Any, draw: random.Random) -> None:
    _font(made, draw).color.theme_color = MSO_THEME_COLOR.ACCENT_1


def _strike(made: Any, draw: random.Random) -> None:
    _font(made, draw)._element.set("strike", draw.choice(("noStrike", "sngStrike", "dblStrike")))


def _text(made: Any, draw: random.Random) -> None:
    line = _paragraph(made, draw)
    line.runs[0].text = draw.choice((line.runs[0].text.upper(), line.text + " ", "other", "  "))


def _empty_run(made: Any, draw: random.Random) -> None:
    _paragraph(made, draw).add_run()


def _extra_run(made: Any, draw: random.Random) -> None:
    _paragraph(made, draw).add_run().text = draw.choice((" ", "more"))


def _paragraph_more(made: Any, draw: random.Random) -> None:
    line = _paragraph(made, draw)._p
    line.addnext(copy.deepcopy(line) if draw.random() < 0.5 else parse_xml(f"<a:p {nsdecls('a')}/>"))


def _bullet(made: Any, draw: random.Random) -> None:
    look = _paragraph(made, draw)._p.get_or_add_pPr()
    for old in look.xpath("a:buChar|a:buAutoNum|a:buNone|a:buClr"):
        look.remove(old)
    kinds = ('buChar char="•"', 'buChar char="-"', 'buAutoNum type="arabicPeriod"', "buNone")
    if draw.random() < 0.3:
        look.append(parse_xml(f'<a:buClr {nsdecls("a")}><a:srgbClr val="FF0000"/></a:buClr>'))
    look.append(parse_xml(f"<a:{draw.choice(kinds)} {nsdecls('a')}/>"))


def _notes(made: Any, draw: random.Random) -> None:
    _slide(made, draw).notes_slide.notes_text_frame.text = draw.choice(("", " ", "Say bye.", "Say hello. "))


def _background(made: Any, draw: random.Random) -> None:
    slide = _slide(made, draw)
    place = draw.choice((slide, slide, slide.slide_layout.slide_master)).background
    kind = draw.randrange(4)
    if kind < 2:
        place.fill.solid()
        place.fill.fore_color.rgb = draw.choice(COLOURS)
    elif kind == 2:
        place.fill.background()
    else:
        place.fill.gradient()


def _theme_background(made: Any, draw: random.Random) -> None:
    fill = _slide(made, draw).background.fill
    fill.solid()
    fill.fore_color.theme_color = MSO_THEME_COLOR.ACCENT_2


def _more_slides(made: Any, draw: random.Random) -> None:
    made.slides.add_slide(draw.choice(list(made.slide_layouts)))


def _fewer_slides(made: Any, draw: random.Random) -> None:
    ids = made.slides._sldIdLst
    made.part.drop_rel(ids[-1].rId)
    ids.remove(ids[-1])


def _order(made: Any, draw: random.Random) -> None:
    ids = made.slides._sldIdLst
    ids.append(ids[0])


def _layers(made: Any, draw: random.Random) -> None:
    shapes = _slide(made, draw).shapes
    shapes._spTree.append(shapes[0]._element)


def _shape_more(made: Any, draw: random.Random) -> None:
    shapes = _slide(made, draw).shapes
    shapes._spTree.append(copy.deepcopy(draw.choice(list(shapes))._element))


def _shape_gone(made: Any, draw: random.Random) -> None:
    element = _shape(made, draw)._element
    element.getparent().remove(element)


def _other_picture(made: Any, draw: random.Random) -> None:
    slide = made.slides[0]
    slide.shapes.add_picture(picture("blue"), 0, 0, Inches(2))


def _table_size(made: Any, draw: random.Random) -> None:
    for shape in [shape for slide in made.slides for shape in slide.shapes if shape.has_table]:
        rows = shape.table._tbl.tr_lst
        rows[-1].addnext(copy.deepcopy(rows[-1]))


def _far(side: str, *inches: float) -> Change:
    def moved(made: Any, draw: random.Random) -> None:
        shape = _shape(made, draw, *draw.choice(((19,), (13,), (14,), ())))
        setattr(shape, side, Inches(draw.choice(inches)))

    return moved


def _height(made: Any, draw: random.Random) -> None:
    _shape(made, draw, 5, 13).height = Inches(draw.choice((0.5, 2, 3)))


def _whole_text(made: Any, draw: random.Random) -> None:
    shape = _shape(made, draw, 17, 14)
    if shape.has_text_frame:
        shape.text_frame.text = draw.choice(
            ("Product Comparison", "Elaborate on what you want to discuss.", "")
        )


def _group_alignment(made: Any, draw: random.Random) -> None:
    for shape in [shape for slide in made.slides for shape in slide.shapes if hasattr(shape, "shapes")]:
        for inner in shape.shapes:
            inner.text_frame.paragraphs[0].alignment = draw.choice((PP_ALIGN.LEFT, PP_ALIGN.RIGHT))


def _group_gone(made: Any, draw: random.Random) -> None:
    for shape in [shape for slide in made.slides for shape in slide.shapes if hasattr(shape, "shapes")]:
        shape._element.remove(shape.shapes[0]._element)


def _alignment(made: Any, draw: random.Random) -> None:
    _paragraph(made, draw).alignment = draw.choice((None, PP_ALIGN.LEFT, PP_ALIGN.CENTER, PP_ALIGN.RIGHT))


def _level(made: Any, draw: random.Random) -> None:
    _paragraph(made, draw).level = draw.choice((0, 1, 2))


def _size_of_slides(made: Any, draw: random.Random) -> None:
    width, height = draw.choice(((7, 10), (10, 10), (10, 7)))
    made.slide_width, made.slide_height = Inches(width), Inches(height)


def _stretched(made: Any, draw: random.Random) -> None:
    """A picture on the first slide, that fills it, or nearly."""
    shape = made.slides[0].shapes.add_picture(picture(draw.choice(("red", "red", "blue"))), 0, 0)
    off = draw.choice((0, 0, 0.2, 0.4, 0.49, 0.51, 0.7))
    shape.width, shape.height = made.slide_width - Inches(off), made.slide_height - Inches(off * 0.9)
    shape.left, shape.top = Inches(draw.choice((0, off / 2, off, 0.6))), Inches(draw.choice((0, off / 2)))


def _transition(made: Any, draw: random.Random) -> None:
    slide = _slide(made, draw)
    kind = draw.choice(("dissolve", "fade", "push"))
    slide.element.append(parse_xml(f"<p:transition {nsdecls('p')}><p:{kind}/></p:transition>"))


def _master_colour(made: Any, draw: random.Random) -> None:
    """The colour of a placeholder of the master: the slide number's, the date's, or any text's."""
    kinds = draw.choice((("sldNum",), ("dt", "ftr"), ("title", "body", "dt", "ftr", "sldNum")))
    colour = draw.choice(("FF0000", "C8320A", "0000FF", "0A14B4", "00FF00", "000000", "1E1E28", "C83296"))
    for holder in made.slide_master.element.iter(qn("p:sp")):
        if (mark := holder.find(f".//{qn('p:ph')}")) is not None and mark.get("type") in kinds:
            look = next(holder.iter(qn("a:rPr"), qn("a:defRPr")), None)
            fill = f'<a:solidFill {nsdecls("a")}><a:srgbClr val="{colour}"/></a:solidFill>'
            if look is not None:
                look.insert(0, parse_xml(fill))


CHANGES: dict[str, Change] = {
    "text": _text,
    "empty run": _empty_run,
    "extra run": _extra_run,
    "paragraph": _paragraph_more,
    "whole text": _whole_text,
    "font": _set_font("name", "Arial", "Courier", None),
    "size": _set_font("size", Pt(18), Pt(20), None),
    "bold": _set_font("bold", True, False, None),
    "italic": _set_font("italic", True, False, None),
    "underline": _set_font("underline", True, False, None, MSO_UNDERLINE.DOUBLE_LINE, MSO_UNDERLINE.WORDS),
    "strike": _strike,
    "colour": _colour,
    "theme colour": _theme_colour,
    "alignment": _alignment,
    "level": _level,
    "bullet": _bullet,
    "notes": _notes,
    "background": _background,
    "theme background": _theme_background,
    "more slides": _more_slides,
    "fewer slides": _fewer_slides,
    "order": _order,
    "layers": _layers,
    "shape more": _shape_more,
    "shape gone": _shape_gone,
    "picture": _other_picture,
    "table size": _table_size,
    "moved": _move(1.2),
    "moved a little": _move(1.004),
    "down": _far("top", 3, 4, 5, 6),
    "right": _far("left", 4, 5, 6),
    "up": _far("top", 0, 1, 2),
    "height": _height,
    "group alignment": _group_alignment,
    "group gone": _group_gone,
    "slide size": _size_of_slides,
    "transition": _transition,
    "master colour": _master_colour,
    "stretched": _stretched,
}
"""Changes of one property each, by their names."""


def made(path: Path, changes: list[tuple[str, int]]) -> Path:
    """The deck with some changes, each with its seed."""
    result = pptx.Presentation(io.BytesIO(deck()))
    for name, seed in changes:
        CHANGES[name](result, random.Random(seed))
    result.save(path)
    return path


def pair(folder: Path, number: int, names: tuple[str, ...] = tuple(CHANGES)) -> tuple[Path, Path, str]:
    """Two presentations and what is different: one property, or in every eighth pair none.

    Both may have changes that are no difference between them.
    """
    draw = random.Random(number)
    common = [
        (name, draw.getrandbits(32)) for name in draw.sample(names, draw.randint(0, min(2, len(names))))
    ]
    own = [] if number % 8 == 0 else [(names[number % len(names)], draw.getrandbits(32))]
    result, gold = made(folder / "result.pptx", common + own), made(folder / "gold.pptx", common)
    return result, gold, ", ".join(name for name, _ in own)
