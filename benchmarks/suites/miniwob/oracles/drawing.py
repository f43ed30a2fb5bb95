"""Tasks with shapes: to find, to count, to move and to draw."""

from __future__ import annotations

import json
import math
import re

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Drag
from deskhand.benchmarks.browsing.moves import (
    Do,
    Moves,
    NotThere,
    TaskPage,
    css,
    found,
    nth,
    quoted,
    reading,
    wait,
)
from deskhand.benchmarks.suites.miniwob.oracles.dragging import beside
from deskhand.benchmarks.suites.miniwob.oracles.registry import does

KINDS = {"rect": "rectangle", "circle": "circle", "polygon": "triangle"}


def shapes(page: TaskPage) -> list[dict[str, str]]:
    """Each shape of the drawing: its number, what it is, its kind, colour and size."""
    said = page.js(
        """[...document.querySelectorAll('#area_svg > *')].map((e, number) => {
        const size = e.tagName === 'text' ? parseFloat(e.getAttribute('font-size')) : e.getBBox().width;
        return {number, tag: e.tagName, text: e.textContent, colour: e.getAttribute('fill'), size};
        })"""
    )
    found_shapes = []
    for one in said:
        text = str(one["text"])
        drawn = one["tag"] != "text"
        found_shapes.append(
            {
                "number": str(one["number"]),
                "what": KINDS.get(str(one["tag"]), "") if drawn else text,
                "kind": "shape" if drawn else "digit" if text.isdigit() else "letter",
                "colour": str(one["colour"]),
                "size": "large" if float(one["size"]) >= 19 else "small",
            }
        )
    return found_shapes


def described(page: TaskPage, words: str) -> list[dict[str, str]]:
    """The shapes of which all words are true: "large red circle"."""
    return [
        shape
        for shape in shapes(page)
        if all(word == "item" or word in shape.values() for word in words.split())
    ]


@does("click-shape", anywhere=True)
def click_shape(page: TaskPage, instruction: str) -> Moves:
    """Clicks the first shape of which all that is said is true."""
    words = found("Click on a (.*)", instruction)[1].strip(" .")
    for shape in described(page, words)[:1]:
        yield page.click(nth("#area_svg > *", int(shape["number"])), f"a {words}")


@does("count-shape", anywhere=True)
def count_shape(page: TaskPage, instruction: str) -> Moves:
    """Counts the shapes of which all that is said is true, and clicks that number."""
    words = found("How many (.*)s are there", instruction)[1]
    number = len(described(page, words))
    yield page.click(reading("#count-buttons button", str(number)), f"{number}, as many as there are")


@does("identify-shape", anywhere=True)
def identify_shape(page: TaskPage, instruction: str) -> Moves:
    """Clicks the name of what is drawn."""
    shape = shapes(page)[0]
    kind = shape["what"] if shape["kind"] == "shape" else shape["kind"]
    yield page.click(css(f"button[data-type={json.dumps(kind)}]"), f"{kind}, for that is what it is")


@does("count-sides", anywhere=True)
def count_sides(page: TaskPage, instruction: str) -> Moves:
    """Clicks the number of sides, which follows from what the page drew by chance."""
    sides = int(float(page.js("deskhandDrawn[1]")) * 5 + 3)
    yield page.click(css(f"button[data-sides='{sides}']"), f"{sides}, as many as the shape has sides")


@does("click-shades")
def click_shades(page: TaskPage, instruction: str) -> Moves:
    """Clicks every shade of the colour that is named."""
    colour = found("shades of (.*) and", instruction)[1]
    selector = f"#area span[data-color={json.dumps(colour)}]"
    for number in range(page.count(selector)):
        yield page.click(nth(selector, number), f"a shade of {colour}")
    yield page.submit()


@does("click-pie", "click-pie-nodelay")
def click_pie(page: TaskPage, instruction: str) -> Moves:
    """Opens the wheel, waits for it, and clicks the item that is quoted."""
    text = quoted(instruction)[0]
    yield page.click(css("[id*=spreader]"), "the middle, to open the menu")
    yield wait(1.0)
    yield page.click(reading("#divWheel text", text), f"{text!r} in the menu")


QUERY = 50
"""Height of the instruction, in pixels of the page."""


def click_board(page: TaskPage, at: ScreenPoint, what: str) -> Do:
    """Click so that the page draws its point at ``at``: it forgets that its board has a margin."""
    board = page.box(css("svg"))
    margin = board.left, board.top - QUERY * page.scale()
    return page.click_at(beside(at, -margin[0], -margin[1]), what)


@does("circle-center")
def circle_center(page: TaskPage, instruction: str) -> Moves:
    """Clicks the middle of the circle."""
    yield page.click(css("circle"), "the middle of the circle")
    yield page.submit()


@does("find-midpoint")
def find_midpoint(page: TaskPage, instruction: str) -> Moves:
    """Clicks half way between the two points."""
    a, b = (page.at(nth(".black-circle", number)) for number in (0, 1))
    yield click_board(page, between(a, b, 0.5), "the point in the middle")
    yield page.submit()


def between(a: ScreenPoint, b: ScreenPoint, part: float) -> ScreenPoint:
    """The point that lies at a part of the way from ``a`` to ``b``."""
    return ScreenPoint(round(a.x + (b.x - a.x) * part), round(a.y + (b.y - a.y) * part))


def distance(a: ScreenPoint, b: ScreenPoint) -> float:
    """Between two points, in pixels."""
    return math.hypot(a.x - b.x, a.y - b.y)


@does("bisect-angle")
def bisect_angle(page: TaskPage, instruction: str) -> Moves:
    """Clicks where the bisector cuts the line between the ends of the angle."""
    a, b = (page.at(nth(".init-black", number)) for number in (0, 1))
    corner = page.at(css(".init-blue"))
    one, other = distance(corner, a), distance(corner, b)
    # A bisector cuts the side across in the ratio of the two others.
    yield click_board(page, between(a, b, one / (one + other)), "a point half way between the two lines")
    yield page.submit()


@does("right-angle")
def right_angle(page: TaskPage, instruction: str) -> Moves:
    """Clicks a point square to the line from its corner, as far out as the board has room.

    Raises:
        NotThere: the board has no room on either side.
    """
    end, corner, board = page.at(css("#init-black")), page.at(css("#init-blue")), page.box(css("svg"))
    dx, dy = corner.x - end.x, corner.y - end.y
    for far in (1.0, 0.8, 0.6, 0.4, 0.25, 0.15):
        for turn in (1, -1):
            point = beside(corner, -dy * far * turn, dx * far * turn)
            if board.contains(point):
                yield click_board(page, point, "a point at a right angle to the line")
                yield page.submit()
                return
    raise NotThere("there is no room for a right angle")


@does("draw-circle")
def draw_circle(page: TaskPage, instruction: str) -> Moves:
    """Drags around the point in 36 straight pieces, 25 pixels of the page away from it."""
    middle, far = page.at(css("#circ")), 25 * page.scale()
    turns = [2 * math.pi * part / 36 for part in range(37)]
    path = tuple(beside(middle, far * math.cos(turn), far * math.sin(turn)) for turn in turns)
    yield Do("I draw a circle around the point.", (Drag(path=path),))
    yield page.click(css("#controls button"), "the button that submits")


@does("drag-single-shape")
def drag_single_shape(page: TaskPage, instruction: str) -> Moves:
    """Drags the shape 15 pixels of the page in the direction that the instruction names."""
    where = found(r"item (\w+)", instruction)[1]
    start, far = page.at(css(".black-shape")), 15 * page.scale()
    dx, dy = {"right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1)}[where]
    yield page.drag(start, beside(start, dx * far, dy * far), f"the shape {where}")
    yield page.submit()


MOVABLE = "#area_svg > :not(#shape-container)"


@does("drag-shapes")
def drag_shapes(page: TaskPage, instruction: str) -> Moves:
    """Drags every shape of the kind that is named into the box."""
    kind = found("all (.*)s into", instruction)[1]
    tags = page.js(f"[...document.querySelectorAll({json.dumps(MOVABLE)})].map((e) => e.tagName)")
    goal = page.at(css("#shape-container"))
    for number, tag in enumerate(tags):
        if KINDS.get(str(tag)) == kind:
            yield page.drag(page.at(nth(MOVABLE, number)), goal, f"a {kind} into the box")
    yield page.submit()


@does("drag-shapes-2")
def drag_shapes_2(page: TaskPage, instruction: str) -> Moves:
    """Drags the shapes of the kind or colour that is named into the left box, all others into the right."""
    words = re.sub("s$", "", found("all (.*) into the left", instruction)[1].removesuffix(" shapes"))
    facts = page.js(
        f"[...document.querySelectorAll({json.dumps(MOVABLE)})].map((e) =>"
        " [e.tagName, e.getAttribute('fill')])"
    )
    boxes = [page.at(nth("#shape-container", number)) for number in (0, 1)]
    for number, (tag, colour) in enumerate(facts):
        side = 0 if words in (KINDS.get(str(tag)), colour) else 1
        where = "right" if side else "left"
        yield page.drag(page.at(nth(MOVABLE, number)), boxes[side], f"a shape into the {where} box")
    yield page.submit()
