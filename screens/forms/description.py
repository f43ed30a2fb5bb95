"""What is to be seen of a Tk program, read from its widget tree: roles, boxes, texts, labels, states.

It runs beside the program, under the sandbox's python3, and knows only Tk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .tree import Rectangle, Tree

WidgetFacts = dict[str, Any]
MOST_ROWS = 400
LEAST_SEEN = 0.6
"""Share of a widget's box that must be seen, or else it is left out."""

_LEAST = {"text": 0.8, "field": 0.35, "area": 0.35, "combo": 0.35, "slider": 0.35, "scrollbar": 0.35}
"""The same by role: more for what is known by its text, less for what is known by its frame."""

CELL_PAD = 28
"""Room for the air and the indent around a cell's text, in pixels."""

COLUMNS, LINES = 12, 5
"""How many points of a box are looked at to know what covers it."""


def describe(root: Any) -> list[WidgetFacts]:
    """Everything that can be seen of the program, in no order."""
    tree = Tree(root)
    described: list[WidgetFacts] = []
    focus = str(tree.ask("focus"))
    for path in tree.every():
        if not tree.shown(path):
            continue
        describer = _DESCRIBERS.get(tree.kind(path))
        for one in describer(tree, path) if describer else ():
            box = _seen(tree, path, one["box"], _LEAST.get(one["role"], LEAST_SEEN))
            if box is None:
                continue
            if path == focus and one["role"] in _TAKES_KEYS:
                one["state"].append("focused")
            described.append({**one, "box": list(box)})
    _name_fields(described)
    return described


_TAKES_KEYS = ("field", "area", "combo", "button", "icon", "checkbox", "radio", "slider")


def _facts(
    role: str, box: Rectangle, text: str = "", state: tuple[str, ...] = (), label: str = ""
) -> WidgetFacts:
    return {"role": role, "box": box, "text": " ".join(text.split()), "label": label, "state": list(state)}


def _states(tree: Tree, path: str) -> tuple[str, ...]:
    return ("disabled",) if tree.in_state(path, "disabled") else ()


def _meet(a: Rectangle, b: Rectangle) -> Rectangle:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _seen(tree: Tree, path: str, box: Rectangle, least: float) -> Rectangle | None:
    """The part of a widget's box that its holders leave and nothing covers; None for less than ``least``."""
    cut, up = box, path
    while up:
        cut = _meet(cut, tree.room(up))
        if tree.kind(up) == "Menu" or str(tree.ask("winfo", "toplevel", up)) == up:
            break
        up = str(tree.ask("winfo", "parent", up))
    if cut[2] - cut[0] < 3 or cut[3] - cut[1] < 3:
        return None
    points = [(column, line) for column in range(COLUMNS) for line in range(LINES)]
    seen = [point for point in points if _on_top(tree, path, cut, point)]
    whole = max(1, (box[2] - box[0]) * (box[3] - box[1]))
    part = len(seen) / len(points) * (cut[2] - cut[0]) * (cut[3] - cut[1]) / whole
    if part < least:
        return None
    if len(seen) > 0.95 * len(points):
        return cut
    wide, high = (cut[2] - cut[0]) / COLUMNS, (cut[3] - cut[1]) / LINES
    columns, lines = [x for x, _ in seen], [y for _, y in seen]
    return (
        round(cut[0] + min(columns) * wide),
        round(cut[1] + min(lines) * high),
        round(cut[0] + (max(columns) + 1) * wide),
        round(cut[1] + (max(lines) + 1) * high),
    )


def _on_top(tree: Tree, path: str, box: Rectangle, point: tuple[int, int]) -> bool:
    x = int(box[0] + (point[0] + 0.5) * (box[2] - box[0]) / COLUMNS)
    y = int(box[1] + (point[1] + 0.5) * (box[3] - box[1]) / LINES)
    for window, frame in tree.frames().items():
        own = path == window or path.startswith(f"{window}.")
        if not own and frame[0] <= x < frame[2] and frame[1] <= y < frame[3]:
            return False
    found = str(tree.ask("winfo", "containing", x, y))
    return (
        found == path or found.startswith(path.rstrip(".") + ".") or path.startswith(found.rstrip(".") + ".")
    )


def _label(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    """The lines of a label, each for itself."""
    text = tree.option(path, "text")
    if not text.strip():
        return
    box = tree.room(path)
    lines = _wrapped(tree, path, text)
    height = _line_height(tree, path)
    if len(lines) == 1:
        yield _facts("text", box, text)
        return
    top = (box[1] + box[3] - height * len(lines)) // 2
    for number, line in enumerate(lines):
        here = (box[0], top + number * height, box[2], top + (number + 1) * height)
        if line.strip():
            yield _facts("text", here, line)


def _font(tree: Tree, path: str) -> str:
    own = tree.option(path, "font")
    if own:
        return own
    style = tree.option(path, "style") or tree.kind(path)
    return str(tree.ask("ttk::style", "lookup", style, "-font")) or "TkDefaultFont"


def _line_height(tree: Tree, path: str) -> int:
    return int(tree.ask("font", "metrics", _font(tree, path), "-linespace"))


def _wrapped(tree: Tree, path: str, text: str) -> list[str]:
    """The lines of a label's text as Tk breaks it: at its ends of line, and where a line is full."""
    length = tree.option(path, "wraplength", "0")
    widest = round(float(tree.ask("winfo", "pixels", path, length))) if length not in ("", "0") else 0
    font, lines = _font(tree, path), []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if widest > 0 and line and int(tree.ask("font", "measure", font, longer)) > widest:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _button(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    text = tree.option(path, "text")
    picture = tree.option(path, "image") and tree.option(path, "compound") in ("", "none", "image")
    if text and not picture:
        yield _facts("button", tree.room(path), text, _states(tree, path))
    elif tree.option(path, "image"):
        yield _facts("icon", tree.room(path), "", _states(tree, path), text)


def _choice(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    """A check box, a radio button, or a button that stays down."""
    kind = tree.kind(path)
    role = "radio" if "adio" in kind else "checkbox"
    if kind.startswith("T"):
        on, flat = tree.in_state(path, "selected"), "Toolbutton" in tree.option(path, "style")
    else:
        name = "value" if role == "radio" else "onvalue"
        on, flat = tree.variable(path) == tree.option(path, name), tree.option(path, "indicatoron") == "0"
    state = (*(("checked",) if on else ()), *_states(tree, path))
    yield _facts("button" if flat else role, tree.room(path), tree.option(path, "text"), state)


def _field(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    text = str(tree.ask(path, "get"))
    cover = tree.option(path, "show")
    yield _facts("field", tree.room(path), cover[:1] * len(text) if cover else text, _states(tree, path))


def _combo(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    text = str(tree.ask(path, "get")) if tree.kind(path) == "TCombobox" else tree.option(path, "text")
    yield _facts("combo", tree.room(path), text, _states(tree, path))


def _menu_button(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    """A menu button that shows a variable is what others call a combo box."""
    if tree.option(path, "textvariable"):
        yield from _combo(tree, path)
    else:
        yield from _button(tree, path)


def _area(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    yield _facts("area", tree.room(path), str(tree.ask(path, "get", "1.0", "end-1c")), _states(tree, path))


def _slider(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    left, top, right, bottom = tree.room(path)
    if tree.kind(path) == "Scale":
        thick = tree.number(path, "width") + 2 * (
            tree.number(path, "borderwidth") + tree.number(path, "highlightthickness")
        )
        across = tree.option(path, "orient") == "horizontal"
        if across and bottom - top > thick:
            value = (left, top, right, bottom - thick)
            yield _facts("text", value, _scale_value(tree, path))
            top = bottom - thick
        elif not across and right - left > thick:
            yield _facts("text", (left, top, right - thick, bottom), _scale_value(tree, path))
            left = right - thick
    yield _facts("slider", (left, top, right, bottom), "", _states(tree, path))


def _scale_value(tree: Tree, path: str) -> str:
    value = float(tree.ask(path, "get"))
    return f"{value:g}"


def _scroll_bar(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    yield _facts("scrollbar", tree.room(path), "", _states(tree, path))


def _list(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    left, top, right, bottom = tree.room(path)
    edge = tree.number(path, "borderwidth") + tree.number(path, "highlightthickness")
    chosen = {int(index) for index in tree.several(path, "curselection")}
    first, last = int(tree.ask(path, "nearest", 0)), int(tree.ask(path, "nearest", bottom - top))
    for index in range(max(0, first), min(last + 1, first + MOST_ROWS)):
        place = tree.several(path, "bbox", index)
        if len(place) != 4:
            continue
        x, y, width, height = map(int, place)
        box = (left + x, top + y, left + x + width, top + y + height)
        state: tuple[str, ...] = _states(tree, path)
        if index in chosen:
            box, state = (left + edge, box[1], right - edge, box[3]), (*state, "selected")
        yield _facts(
            "row", _meet(box, (left, top, right, bottom - edge)), str(tree.ask(path, "get", index)), state
        )


def _table(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    """The cells and headings of a tree view, and the arrows that open its branches."""
    left, top, _, _ = tree.room(path)
    shown = tree.several(path, "cget", "-show") or ()
    names = [str(name) for name in tree.several(path, "cget", "-columns")]
    displayed = [str(name) for name in tree.several(path, "cget", "-displaycolumns")]
    names = names if displayed in ([], ["#all"]) else displayed
    columns = (["#0"] if "tree" in map(str, shown) else []) + names
    chosen = {str(item) for item in tree.several(path, "selection")}
    for item in _items(tree, path, ""):
        for column in columns:
            place = tree.several(path, "bbox", item, column)
            if len(place) != 4:
                continue
            x, y, width, height = map(int, place)
            branch = column == "#0" and tree.several(path, "children", item)
            arrow = _arrow(tree, path, x, y, width, height) if branch else None
            if arrow:
                yield _facts("icon", (left + arrow[0], top + y, left + arrow[1], top + y + height))
                x, width = arrow[1], x + width - arrow[1]
            text = _cell(tree, path, item, column)
            state = ("selected",) if item in chosen else ()
            if not state:
                font = str(tree.ask("ttk::style", "lookup", "Treeview", "-font")) or "TkDefaultFont"
                width = min(width, int(tree.ask("font", "measure", font, text)) + CELL_PAD)
            if text or state:
                yield _facts("row", (left + x, top + y, left + x + width, top + y + height), text, state)
    if "headings" in map(str, shown):
        yield from _headings(tree, path, columns)


def _items(tree: Tree, path: str, parent: str) -> Iterator[str]:
    for item in map(str, tree.several(path, "children", parent)):
        yield item
        if int(tree.ask(path, "item", item, "-open") or 0):
            yield from _items(tree, path, item)


def _cell(tree: Tree, path: str, item: str, column: str) -> str:
    if column == "#0":
        return str(tree.ask(path, "item", item, "-text"))
    return str(tree.ask(path, "set", item, column))


def _arrow(tree: Tree, path: str, x: int, y: int, width: int, height: int) -> tuple[int, int] | None:
    """Where the arrow of a branch begins and ends, across; None for a leaf."""
    middle = y + height // 2
    hits = [
        at
        for at in range(x, x + min(width, 80))
        if "indicator" in str(tree.ask(path, "identify", "element", at, middle))
    ]
    return (hits[0], hits[-1] + 1) if hits else None


def _headings(tree: Tree, path: str, columns: list[str]) -> Iterator[WidgetFacts]:
    left, top, right, bottom = tree.room(path)
    heights = [y for y in range(bottom - top) if str(tree.ask(path, "identify", "region", 8, y)) == "heading"]
    if not heights:
        return
    at = left
    edge = next(
        (x for x in range(8) if str(tree.ask(path, "identify", "region", x, heights[0] + 2)) == "heading"), 0
    )
    at = left + edge
    for column in columns:
        width = int(tree.ask(path, "column", column, "-width"))
        box = (at, top + heights[0], min(at + width, right), top + heights[-1] + 1)
        text = str(tree.ask(path, "heading", column, "-text"))
        if text and box[0] < box[2]:
            yield _facts("button", box, text)
        at += width


def _tabs(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    """The tabs of a notebook: where each is is found by probing."""
    left, top, right, bottom = tree.room(path)
    found: dict[int, Rectangle] = {}
    for y in range(0, min(bottom - top, 80), 2):
        for x in range(0, right - left, 2):
            index = tree.ask(path, "index", f"@{x},{y}")
            if index == "" or int(index) < 0 or not str(tree.ask(path, "identify", "tab", x, y)):
                continue
            box = found.get(int(index), (x, y, x, y))
            found[int(index)] = (min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y))
    if not found:
        return
    current = int(tree.ask(path, "index", "current"))
    for index, box in found.items():
        state = ("selected",) if index == current else ()
        if str(tree.ask(path, "tab", index, "-state")) == "disabled":
            state = (*state, "disabled")
        whole = (left + box[0], top + box[1], left + box[2] + 2, top + box[3] + 2)
        yield _facts("tab", whole, str(tree.ask(path, "tab", index, "-text")), state)


def _menu(tree: Tree, path: str) -> Iterator[WidgetFacts]:
    """The entries of a menu bar or of an open menu, found by probing."""
    left, top, right, bottom = tree.room(path)
    bar = tree.option(path, "type") == "menubar"
    spots = [(x, y) for x in range(2, right - left, 2) for y in range(4, bottom - top, 8)] if bar else [
        (6, y) for y in range(bottom - top)
    ]  # fmt: skip
    found: dict[int, Rectangle] = {}
    for x, y in spots:
        index = str(tree.ask(path, "index", f"@{x},{y}"))
        if not index.isdecimal():
            continue
        here = (left + x, top, left + x + 2, bottom) if bar else (left, top + y, right, top + y + 1)
        box = found.get(int(index), here)
        found[int(index)] = (
            min(box[0], here[0]),
            min(box[1], here[1]),
            max(box[2], here[2]),
            max(box[3], here[3]),
        )
    for number, room in found.items():
        one = _entry(tree, path, number, room, bar)
        if one:
            yield one


def _entry(tree: Tree, path: str, index: int, box: Rectangle, bar: bool) -> WidgetFacts | None:
    kind = str(tree.ask(path, "type", index))
    if kind in ("separator", "tearoff"):
        return None
    state = []
    if str(tree.ask(path, "entrycget", index, "-state")) == "disabled":
        state.append("disabled")
    if str(tree.ask(path, "index", "active")) == str(index):
        state.append("selected")
    if kind in ("checkbutton", "radiobutton"):
        name = str(tree.ask(path, "entrycget", index, "-variable"))
        on = str(tree.ask(path, "entrycget", index, "-onvalue" if kind == "checkbutton" else "-value"))
        if int(tree.ask("info", "exists", f"::{name}")) and str(tree.ask("set", f"::{name}")) == on:
            state.append("checked")
    edge = tree.number(path, "borderwidth") + tree.number(path, "activeborderwidth")
    across, down = (0, edge + 1) if bar else (edge, 0)
    inner = (box[0] + across, box[1] + down, box[2] - across, box[3] - down)
    return _facts("menuitem", inner, str(tree.ask(path, "entrycget", index, "-label")), tuple(state))


def _name_fields(described: list[WidgetFacts]) -> None:
    """Fields are named by the text to their left, or else by the one above them."""
    texts = [one for one in described if one["role"] == "text"]
    for one in described:
        if one["label"] or one["role"] not in ("field", "area", "combo", "slider"):
            continue
        left, top, _, bottom = one["box"]
        beside = [
            (left - text["box"][2], text)
            for text in texts
            if -4 <= left - text["box"][2] < 60
            and min(bottom, text["box"][3]) - max(top, text["box"][1])
            > 0.5 * (text["box"][3] - text["box"][1])
        ]
        above = [
            (top - text["box"][3], text)
            for text in texts
            if -3 <= top - text["box"][3] < 10 and abs(text["box"][0] - left) < 14
        ]
        best = min(beside or above, key=lambda pair: pair[0], default=None)
        if best:
            one["label"] = best[1]["text"].rstrip(" :*")


_DESCRIBERS: dict[str, Callable[[Tree, str], Iterator[WidgetFacts]]] = {
    "Label": _label,
    "TLabel": _label,
    "Button": _button,
    "TButton": _button,
    "Checkbutton": _choice,
    "TCheckbutton": _choice,
    "Radiobutton": _choice,
    "TRadiobutton": _choice,
    "Entry": _field,
    "TEntry": _field,
    "Spinbox": _field,
    "TSpinbox": _field,
    "TCombobox": _combo,
    "Menubutton": _menu_button,
    "TMenubutton": _menu_button,
    "Text": _area,
    "Scale": _slider,
    "TScale": _slider,
    "Scrollbar": _scroll_bar,
    "TScrollbar": _scroll_bar,
    "Listbox": _list,
    "Treeview": _table,
    "TNotebook": _tabs,
    "Menu": _menu,
}
