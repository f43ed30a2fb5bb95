"""Tasks that are done by dragging."""

from __future__ import annotations

import re

from deskhand.actions.geometry import ScreenPoint
from deskhand.benchmarks.browsing.moves import Moves, TaskPage, css, found, nth
from deskhand.benchmarks.suites.miniwob.oracles.registry import does


def beside(point: ScreenPoint, dx: float, dy: float) -> ScreenPoint:
    """The point so many pixels to the right and below, never left of or above the screen."""
    return ScreenPoint(max(0, round(point.x + dx)), max(0, round(point.y + dy)))


@does("drag-box")
def drag_box(page: TaskPage, instruction: str) -> Moves:
    """Drags the smaller box into the larger one."""
    small, large = page.at(css("#draggableSmall")), page.at(css("#draggableLarge"))
    yield page.drag(small, large, "the smaller box into the larger one")
    yield page.submit()


@does("drag-circle")
def drag_circle(page: TaskPage, instruction: str) -> Moves:
    """Drags the circle 30 pixels of the page in the direction that the instruction names."""
    where = found(r"circle (\w+)", instruction)[1]
    start, far = page.at(css("circle")), 30 * page.scale()
    dx, dy = {"right": (1, 0), "left": (-1, 0), "up": (0, -1), "down": (0, 1)}[where]
    yield page.drag(start, beside(start, dx * far, dy * far), f"the circle {where}")
    yield page.submit()


@does("drag-sort-numbers")
def drag_sort_numbers(page: TaskPage, instruction: str) -> Moves:
    """Puts number after number where it belongs, until the list is in order."""
    for _ in range(8):
        numbers = [int(text) for text in page.texts("#sortable li")]
        wrong = [place for place, number in enumerate(sorted(numbers)) if numbers[place] != number]
        if not wrong:
            break
        number = sorted(numbers)[wrong[0]]
        start = page.at(nth("#sortable li", numbers.index(number)))
        goal = page.box(nth("#sortable li", wrong[0]))
        yield page.drag(start, ScreenPoint(start.x, goal.top + 3), f"{number} to its place")
    yield page.submit()


@does("draw-line")
def draw_line(page: TaskPage, instruction: str) -> Moves:
    """Draws a line of 50 pixels of the page through the point, upright or level."""
    middle, far = page.at(css("#circ")), 25 * page.scale()
    dx, dy = (0.0, far) if "vertical" in instruction else (far, 0.0)
    yield page.drag(beside(middle, -dx, -dy), beside(middle, dx, dy), "a line through the point")
    yield page.submit(css("#controls button, #subbtn"))


@does("highlight-text", "highlight-text-2")
def highlight_text(page: TaskPage, instruction: str) -> Moves:
    """Marks the paragraph that the instruction names, from its beginning to its end."""
    which = re.search(r"the (\d)", instruction)
    text = nth("#area p", int(which[1]) - 1) if which else css("#area p, #randomText")
    sides = page.js(
        f"""(() => {{ const range = document.createRange(), k = devicePixelRatio;
        range.selectNodeContents({text});
        const lines = [...range.getClientRects()].filter((rect) => rect.width > 0);
        const a = lines[0], b = lines[lines.length - 1];
        return [a.left * k, (a.top + a.height / 2) * k, b.right * k, (b.top + b.height / 2) * k]; }})()"""
    )
    x, y, right, bottom = (round(side) for side in sides)
    start, end = ScreenPoint(x + 1, y), ScreenPoint(right + 4, bottom)
    yield page.drag(start, end, "from the beginning to the end of the text")
    yield page.submit()


@does("resize-textarea")
def resize_textarea(page: TaskPage, instruction: str) -> Moves:
    """Drags the corner of the text area 20 pixels of the page out or in, along one side."""
    corner = page.at(css(".ui-resizable-se"))
    far = (20 if "larger" in instruction else -20) * page.scale()
    dx, dy = far if "width" in instruction else 0, far if "height" in instruction else 0
    yield page.drag(corner, beside(corner, dx, dy), "the corner of the text area")
    yield page.submit()


@does("drag-items")
def drag_items(page: TaskPage, instruction: str) -> Moves:
    """Moves a name in the list up, down, or to the place that the instruction names."""
    match = found(r"Drag (\w+) (?:to the (top|bottom|\d)|(up|down) by)", instruction)
    names = page.texts("#sortable li div")
    old = names.index(match[1])
    if match[3]:
        new = old + (1 if match[3] == "down" else -1)
    else:
        new = {"top": 0, "bottom": len(names) - 1}.get(
            match[2], int(match[2]) - 1 if match[2].isdigit() else 0
        )
    start, goal = page.at(nth("#sortable li", old)), page.box(nth("#sortable li", new))
    end = goal.bottom - 3 if new > old else goal.top + 3
    yield page.drag(start, ScreenPoint(start.x, end), f"{match[1]} to place {new + 1}")


PLACES = ["top left", "top center", "top right", "center left", "center", "center right"]
PLACES += ["bottom left", "bottom center", "bottom right"]


@does("drag-items-grid")
def drag_items_grid(page: TaskPage, instruction: str) -> Moves:
    """Moves a name to another place of the grid of three by three, a little past its middle."""
    match = found(r"Drag (\w+) (?:to the (.*)\.|(up|down|left|right) by)", instruction)
    names = page.texts("#sortable li div")
    old = names.index(match[1])
    by = {"up": -3, "down": 3, "left": -1, "right": 1}
    new = old + by[match[3]] if match[3] else PLACES.index(match[2])
    start, goal = page.at(nth("#sortable li", old)), page.at(nth("#sortable li", new))
    far = 3 * page.scale()
    past = beside(goal, far if goal.x > start.x else -far if goal.x < start.x else 0, 0)
    yield page.drag(start, past, f"{match[1]} to the place of {names[new]}")


FACING = {5: 86, 4: 177, 3: 269, 2: 0}
"""By how many degrees the cube is turned to the side when a number on its belt faces the user."""


def turn(there: float, wanted: float) -> float:
    """Degrees from one angle to another, the shorter way."""
    return (wanted - there + 180) % 360 - 180


@does("drag-cube")
def drag_cube(page: TaskPage, instruction: str) -> Moves:
    """Turns the cube until the number is in front, learning from each drag how far it turns."""
    wanted, reach = int(found(r"\d", instruction)[0]), {"x": 1.0, "y": 1.0}
    middle = page.at(css("#area .viewport"))
    for _ in range(16):
        if page.text(css(".cube-image.active")) == str(wanted):
            break
        x, y = page.js("[cube.viewport.positionX, cube.viewport.positionY]")
        up = turn(y, {6: 88, 1: 264}.get(wanted, 0))
        axis, off = ("y", -up) if abs(up) > 30 else ("x", turn(x, FACING.get(wanted, x)))
        far = max(-50.0, min(50.0, off / reach[axis])) * page.scale()
        end = beside(middle, *((far, 0) if axis == "x" else (0, far)))
        yield page.drag(middle, end, "the cube, to turn it")
        after = page.js("[cube.viewport.positionX, cube.viewport.positionY]")
        moved = turn(x, after[0]) if axis == "x" else -turn(y, after[1])
        # How far it turns for a drag depends on how fast the drag is.
        reach[axis] = max(0.3, min(8.0, abs(moved) / (abs(far) / page.scale() or 1)))
    yield page.submit()
