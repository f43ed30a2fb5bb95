"""Metrics on single properties of presentations: pptx."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any

import pptx
from pptx.enum.dml import MSO_FILL
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.exc import PythonPptxError
from pptx.oxml.ns import qn
from pptx.util import Inches
from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.markup import parsed
from deskhand.benchmarks.task_files.metrics.packed import DAMAGED, member, packed
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

FARTHEST = math.dist((0, 0, 0), (255, 255, 255))
IMAGE_OFF = Inches(0.5)
CLEARLY = 50
"""What a channel is above the others where a colour has its name."""

Colour = tuple[int, int, int]
Channel = Annotated[int, Field(ge=0, le=255)]


def presentation(value: Any) -> Any:
    """A presentation that a getter gave.

    Raises:
        NothingThere: it is none.
    """
    path = packed(value, "presentation")
    try:
        return pptx.Presentation(str(path))
    except (PythonPptxError, *DAMAGED) as error:
        raise NothingThere(f"{path.name} is not a pptx presentation: {shown(str(error))}") from error


def background(slide: Any) -> Any:
    """The colour of a slide's background, its own or its master's; None where no single colour fills it."""
    fill = slide.background.fill
    if fill.type == MSO_FILL.BACKGROUND:
        fill = slide.slide_layout.slide_master.background.fill
    return fill.fore_color if fill.type == MSO_FILL.SOLID else None


class _Fill(BaseModel):
    rgb: tuple[Channel, Channel, Channel]
    original_rgb: tuple[Channel, Channel, Channel] | None = None


def evaluate_presentation_fill_to_rgb_distance(result: Any, expected: Any, options: Object) -> Score:
    """How near the backgrounds are to a colour, in the mean of all slides.

    A slide that has none, one of the theme, or still the original colour, is not near at all.
    """
    rules, slides = rules_of(_Fill, expected), presentation(result).slides
    if not len(slides):
        return Score(0.0, "the presentation has no slides")
    colours = [getattr(background(slide), "rgb", None) for slide in slides]
    far = [
        1.0 if colour is None or colour == rules.original_rgb else math.dist(colour, rules.rgb) / FARTHEST
        for colour in colours
    ]
    near = 1 - sum(far) / len(far)
    return Score(near, "" if near >= 1 else f"the backgrounds are {shown([str(one) for one in colours])}")


def check_slide_orientation_Portrait(result: Any, expected: Any, options: Object) -> Score:
    """The slides are higher than they are wide."""
    made = presentation(result)
    width, height = made.slide_width, made.slide_height
    return must(width < height, f"the slides are {width} wide and {height} high")


def check_image_stretch_and_center(result: Any, expected: Any, options: Object) -> Score:
    """The first picture of the original's first slide fills the slide now."""
    made, original = presentation(result), presentation(expected)
    pictures = list(_pictures(original))
    if not pictures:
        return Score(0.0, "the original has no picture on its first slide")
    same = [picture for picture in _pictures(made) if picture.image.blob == pictures[0].image.blob]
    if not same:
        return Score(0.0, "the picture is not on the first slide any more")
    picture, width, height = same[-1], original.slide_width, original.slide_height
    off = (
        picture.width - width,
        picture.height - height,
        picture.left - (width - picture.width) / 2,
        picture.top - (height - picture.height) / 2,
    )
    return must(all(abs(one) <= IMAGE_OFF for one in off), "the picture does not fill the slide")


def _pictures(made: Any) -> Iterator[Any]:
    """The pictures of the first slide."""
    for slide in list(made.slides)[:1]:
        yield from (shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE)


class _Transition(BaseModel):
    slide_idx: Annotated[int, Field(ge=0)]
    transition_type: Annotated[str, Field(pattern=r"^\w+$")]


def check_transition(result: Any, expected: Any, options: Object) -> Score:
    """A slide, counted from 0 by its file's name, comes with a transition of a type."""
    rules = rules_of(_Transition, expected)
    name = f"ppt/slides/slide{rules.slide_idx + 1}.xml"
    slide = parsed(member(result, "presentation", name), name)
    transition = slide.find(f".//{qn('p:transition')}")
    wanted = qn(f"p:{rules.transition_type}")
    good = transition is not None and transition.find(f".//{wanted}") is not None
    return must(good, f"slide {rules.slide_idx + 1} has no transition {rules.transition_type}")


class _NumberColour(BaseModel):
    color: str


def check_page_number_colors(result: Any, expected: Any, options: Object) -> Score:
    """The slide numbers of the first master have a colour: red, green, blue or black.

    As in OSWorld it is the last colour of text in that master that is not black; without one the last of all
    colours there. Other names of colours are true of any.
    """
    rules = rules_of(_NumberColour, expected)
    name = "ppt/slideMasters/slideMaster1.xml"
    found = _number_colour(parsed(member(result, "presentation", name), name))
    if found is None:
        return Score(0.0, "the master of the slides has no colours")
    good = _is_called(found, rules.color)
    return must(good, f"the slide numbers have the colour {found} and are not {shown(rules.color)}")


def _number_colour(master: Any) -> Colour | None:
    holders = sorted(master.iter(qn("p:ph")), key=lambda one: one.get("type") != "sldNum")
    own = [_colours(one)[:1] for one in holders if one.get("type") in ("sldNum", "ftr", "dt")]
    text = [colour for one in master.iter(qn("a:rPr")) for colour in _colours(one)]
    every = _colours(master)
    ordered = [colour for colours in own for colour in colours]
    ordered += [colour for colour in (*reversed(text), *reversed(every)) if colour != "000000"]
    return next((_rgb(colour) for colour in (*ordered, *every[-1:]) if colour), None)


def _colours(element: Any) -> list[str]:
    """The colours, as six digits, that fill something in there."""
    fills = element.iter(qn("a:solidFill"))
    return [colour.get("val") for fill in fills for colour in fill.iter(qn("a:srgbClr"))]


def _rgb(digits: str) -> Colour | None:
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        return None
    return red, green, blue


def _is_called(colour: Colour, name: str) -> bool:
    if name == "black":
        return max(colour) < CLEARLY
    if name not in ("red", "green", "blue"):
        return True
    own = ("red", "green", "blue").index(name)
    return all(colour[own] > colour[other] + CLEARLY for other in {0, 1, 2} - {own})
