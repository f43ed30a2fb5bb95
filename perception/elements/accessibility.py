"""Elements out of what applications report about themselves: AT-SPI, as XML in the form of OSWorld's guest.

What is reported is a stranger's data. It may be endless, deep, full of nonsense and of entities; what
comes out of it is bounded, and what makes no sense is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from deskhand.actions.geometry import Box, Viewport
from deskhand.perception.elements.tree import Node, parse, plain
from deskhand.perception.screen import STATES, Element

MOST_LAYERS = 64
"""Windows, menus and popovers that may lie over each other."""

LEAST_SIDE = 3
"""Pixels below which nothing can be seen or hit."""

LEAST_SHOWN = 0.5
"""Share of an element that must not be clipped away."""

LEAST_READ = 0.85
"""The same for one that is known by what stands on it."""

LEAST_CELL = 40
"""Pixels of a cell at its left that are enough to know it by."""

HIGHEST_TITLE = 120

_ROLES = {
    "push-button": "button",
    "button": "button",
    "push-button-menu": "button",
    "toggle-button": "button",
    "table-column-header": "button",
    "table-row-header": "button",
    "column-header": "button",
    "row-header": "button",
    "check-box": "checkbox",
    "switch": "checkbox",
    "radio-button": "radio",
    "text": "field",
    "entry": "field",
    "password-text": "field",
    "editbar": "field",
    "date-editor": "field",
    "spin-button": "field",
    "terminal": "area",
    "document-text": "area",
    "combo-box": "combo",
    "slider": "slider",
    "dial": "slider",
    "scroll-bar": "scrollbar",
    "page-tab": "tab",
    "menu": "menuitem",
    "menu-item": "menuitem",
    "check-menu-item": "menuitem",
    "radio-menu-item": "menuitem",
    "table-cell": "row",
    "tree-item": "row",
    "list-item": "row",
    "icon": "row",
    "canvas": "row",
    "link": "link",
    "label": "text",
    "static": "text",
    "heading": "text",
    "caption": "text",
    "paragraph": "text",
    "tool-tip": "text",
    "frame": "window",
    "dialog": "window",
    "alert": "window",
    "window": "window",
    "file-chooser": "window",
    "color-chooser": "window",
    "font-chooser": "window",
}
"""AT-SPI's name of a role, as at-spi2 writes it with hyphens -> ours."""

_WINDOWS = frozenset(name for name, role in _ROLES.items() if role == "window")
_ELSEWHERE = frozenset({"menu", "menu-item", "combo-box", "page-tab", "application", "popup-menu"})
"""What is inside these is not painted inside their box: an open menu, the page of a tab."""

_MENUS = frozenset({"menu", "menu-item", "popup-menu"})
"""What opens over everything that was reported before it."""

_HOLDERS = frozenset({"panel", "filler"})
"""What a popover reports that it is."""

_CELLS = frozenset({"table-cell", "list-item", "tree-item", "table-column-header", "column-header"})

_LISTS = frozenset({"list", "list-box", "tree", "table", "tree-table"})
_CLOSED = _LISTS | {"menu-bar"}

_WITH_TEXT = frozenset({"titlebar", "button", "row", "menuitem", "tab", "link", "combo", "checkbox", "radio"})
"""Roles whose labels inside them are their own text."""

_ROOMS = frozenset({"field", "area", "scrollbar", "slider"})
"""Roles that are known although a part of them is hidden."""

_CELL = re.compile(r"[A-Z]{1,3}[0-9]{1,7}")
"""The name of a sheet's cell, which is its place."""

_SYMBOL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-(symbolic|rtl)|gtk-[a-z-]+")
"""The name of a picture in an icon theme, which programs report where they have no other."""


@dataclass(slots=True, eq=False)
class _Layer:
    """Something that lies over others: a window, an open menu, a popover. ``rank`` grows upwards."""

    rank: tuple[int, int, int]
    box: Box | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: what its ancestors leave of the screen, and what they are.

    ``around`` is what its parent reported, ``shift`` how far from there things really are (see ``_shift``).
    """

    clip: Box
    layer: _Layer
    within: str = ""
    parent: str = ""
    window: bool = False
    around: Box | None = None
    shift: tuple[int, int] = (0, 0)


def elements_of(xml: str, viewport: Viewport, stacking: Sequence[Box] = ()) -> tuple[Element, ...]:
    """What a person would name among what the applications report, with the source "tree".

    Boxes are as reported, cut at the screen and at whatever holds them. What lies under an open menu,
    a popover or a window that is known to be higher is left out; of windows it is known that the
    active one is the highest.

    Args:
        xml: what ``Sandbox.accessibility`` returns.
        viewport: the screen.
        stacking: the boxes of all windows with their frames, the lowest first, where that is known.

    Raises:
        SandboxError: it is no such tree: no XML, cut off, with a document type, or over 32 MiB.
    """
    screen = Box(0, 0, viewport.width, viewport.height)
    walk = _Walk(screen, tuple(stacking))
    walk.go(parse(xml), _Place(screen, _Layer((-1, 0, 0), None)))
    return tuple(shown for layer, element in walk.found if (shown := walk.shown(layer, element)))


class _Walk:
    """Goes through a tree and gathers its elements and the layers that they lie in."""

    def __init__(self, screen: Box, stacking: tuple[Box, ...]) -> None:
        self._screen = screen
        self.found: list[tuple[_Layer, Element]] = []
        self._stacking = stacking
        self._layers: list[_Layer] = []

    def go(self, node: Node, place: _Place) -> None:
        """Take the element of a node, if it is one, and those in it."""
        reported = node.box()
        if node.tag in _CLOSED and reported is None:
            return  # a list or a menu bar that is not there; Qt and LibreOffice say that its entries show
        place = replace(place, shift=_shift(node, reported, place))
        reported, around = _moved(reported, place.shift), reported
        box = None if reported is None else reported.intersection(place.clip)
        role = _role(node, place)
        if node.tag in _WINDOWS and not place.window and box is not None:
            place = replace(place, layer=self._layer(self._height(node, box), box))
        head = _moved(_head(node), place.shift) if node.tag == "toggle-button" else reported
        found = _element(node, role, head, head.intersection(place.clip)) if role and head else None
        if found is not None:
            self.found.append((place.layer, found))
        self._go_in(node, found, box, replace(place, around=around))

    def _go_in(self, node: Node, found: Element | None, box: Box | None, place: _Place) -> None:
        within = found.role if found is not None and found.role in _WITH_TEXT else place.within
        layer, elsewhere = place.layer, node.tag in (*_MENUS, "combo-box")
        if elsewhere:
            layer = self._opened(node, place) or layer
        window = node.tag in _WINDOWS
        inner = _Place(
            self._screen if elsewhere else place.clip if box is None or node.tag == "page-tab" else box,
            layer,
            "" if node.tag in _ELSEWHERE or window else within,
            node.tag,
            place.window or window,
            place.around,
            place.shift,
        )
        for number, child in enumerate(node.children):
            over = self._popover(node, number, inner) if window else None
            self.go(child, inner if over is None else replace(inner, layer=over))

    def shown(self, layer: _Layer, element: Element) -> Element | None:
        """What higher layers leave of an element; None where that is not enough to know it by."""
        box = element.box
        for other in self._layers:
            if other.box is not None and other.rank > layer.rank:
                box = _without(box, other.box)
        least = LEAST_SHOWN if element.role in _ROOMS else LEAST_READ
        if element.role == "window":
            return element if box.area else None
        return replace(element, box=box) if box.area >= least * element.box.area else None

    def _layer(self, rank: tuple[int, int, int], box: Box | None) -> _Layer:
        layer = _Layer(rank, box)
        if len(self._layers) < MOST_LAYERS:
            self._layers.append(layer)
        return layer

    def _height(self, node: Node, box: Box) -> tuple[int, int, int]:
        """How high a window lies."""
        overlaps = [(box.overlap(other), number) for number, other in enumerate(self._stacking)]
        overlap, number = max(overlaps, default=(0.0, 0))
        if overlap > 0.5:
            return (number + 1, 0, 0)
        return (len(self._stacking) + 1 if "active" in node.states else 0, 0, 0)

    def _opened(self, node: Node, place: _Place) -> _Layer | None:
        """The layer of the items of an open menu, or of the list that a combo box opened."""
        inside = node.children
        if node.tag == "combo-box":
            inside = [child for child in inside if child.tag in _LISTS]
        boxes = [box for child in inside if "showing" in child.states and (box := child.box())]
        if not boxes:
            return None
        high, higher, _ = place.layer.rank
        return self._layer((high, higher + 10, 0), reduce(Box.union, boxes).intersection(self._screen))

    def _popover(self, node: Node, number: int, inner: _Place) -> _Layer | None:
        """The layer of a window's child that lies over one that was reported before it."""
        child = node.children[number]
        box = child.box() if child.tag in _HOLDERS and number < MOST_LAYERS else None
        if box is None or "showing" not in child.states:
            return None
        box = box.intersection(inner.clip)
        others = (child.box() for child in node.children[:number] if "showing" in child.states)
        if not any(other is not None and other.intersection(box).area > box.area / 3 for other in others):
            return None
        high, higher, _ = inner.layer.rank
        return self._layer((high, higher + 1, number), box)


def _head(node: Node) -> Box | None:
    """The box of a button; of one that shows what is below it, as GTK's expanders do, without that."""
    box = node.box()
    tops = [inner.top for inner in _boxes(node, 3) if box is not None and inner.top > box.top + LEAST_SIDE]
    return replace(box, bottom=min(box.bottom, *tops)) if box is not None and tops else box


def _boxes(node: Node, depth: int) -> Iterator[Box]:
    for child in node.children[:20]:
        box = child.box() if "showing" in child.states else None
        if box is not None:
            yield box
        if depth:
            yield from _boxes(child, depth - 1)


def _shift(node: Node, reported: Box | None, place: _Place) -> tuple[int, int]:
    """How far things inside a node are from where they are reported to be.

    LibreOffice leaves its menu bar out when it reckons where the rest of its window is. What it reports
    of the rest's outermost part is wrong by that much, and what GTK reports of the part around it is
    right; the other way round where GTK's widgets stand in one of its tool bars.
    """
    if reported is None or place.around is None or (reported.width, reported.height) != _size(place.around):
        return place.shift
    across, down = reported.left - place.around.left, reported.top - place.around.top
    if place.shift == (0, 0) and node.tag == "root-pane":
        return -across, -down
    return (0, 0) if (across, down) == place.shift != (0, 0) else place.shift


def _size(box: Box) -> tuple[int, int]:
    return box.width, box.height


def _moved(box: Box | None, by: tuple[int, int]) -> Box | None:
    if box is None or by == (0, 0):
        return box
    return Box(box.left + by[0], box.top + by[1], box.right + by[0], box.bottom + by[1])


def _without(box: Box, cover: Box) -> Box:
    """A box without what lies over it, as the largest box that is left beside the cover."""
    common = box.intersection(cover)
    if not common.area:
        return box
    rests = (
        replace(box, bottom=common.top),
        replace(box, top=common.bottom),
        replace(box, right=common.left),
        replace(box, left=common.right),
    )
    return max(rests, key=lambda rest: rest.area)


def _role(node: Node, place: _Place) -> str:
    """Our role of a node; empty for what nobody would name."""
    role = _ROLES.get(node.tag, "")
    if node.tag == "icon" and place.parent in ("text", "entry", "password-text"):
        return "icon"
    if node.tag == "icon" and not {"selectable", "focusable"} & node.states:
        return ""
    if node.tag == "radio-button" and place.within == "titlebar":
        return "tab"  # they switch pages and have no round mark
    if node.tag == "panel" and place.within != "titlebar" and _is_title_bar(node):
        return "titlebar"
    if node.tag == "toggle-button" and not _name_or_text(node) and _is_gtk_switch(node):
        return "checkbox"
    if node.tag == "check-box" and place.parent == "tool-bar":
        return "button"  # one that stays pressed; Qt calls all of those check boxes
    if role == "field" and "multi_line" in node.states:
        return "area"
    if role == "row" and {"checked", "checkable"} & node.states and not _name_or_text(node):
        return "checkbox"
    if role == "row" and place.parent == node.tag == "table-cell":
        return ""  # the picture or the text of a cell that holds both
    if role == "window" and (place.window or any(child.tag == "menu" for child in node.children)):
        return ""
    if role == "text" and place.within:
        return ""
    if place.parent == "combo-box" and role in ("field", "button"):
        return ""
    return role


def _element(node: Node, role: str, reported: Box, box: Box) -> Element | None:
    if "showing" not in node.states or box.width < LEAST_SIDE or box.height < LEAST_SIDE:
        return None
    if role not in ("window", "area") and not _is_enough(node, reported, box):
        return None
    text, label = _words(node, role)
    if role == "text" and not text:
        return None
    if role == "button" and not _may_be_painted(text, box):
        role, text, label = "icon", "", label or text
    return Element(role, text, box, label, _state(node, role), ("tree",))


def _is_enough(node: Node, reported: Box, box: Box) -> bool:
    """Whether enough of a node is not clipped away; a cell is wide, and what it shows is at its left."""
    if node.tag in _CELLS and box.left == reported.left and box.width >= LEAST_CELL:
        return box.height >= LEAST_SHOWN * reported.height
    return box.area >= LEAST_SHOWN * reported.area


def _words(node: Node, role: str) -> tuple[str, str]:
    """What is painted on a node, and what belongs to it beside that."""
    label = plain(node.facts.get("labelledby", ""))
    if role in ("field", "area"):
        if node.tag == "password-text":
            return "", node.name or label
        text = node.text.strip() or node.facts.get("placeholder-text", "")
        return plain(text, lines=role == "area"), node.name or label
    if role == "window":
        return node.name, ""
    if role in ("scrollbar", "slider"):
        return "", node.name or label
    if role == "icon" or _SYMBOL.fullmatch(node.name):
        return "", plain(node.facts.get("description", "")) or node.name or label
    if role == "titlebar":
        return _joined(node), ""
    if role == "row" and "editable" in node.states and _CELL.fullmatch(node.name):
        return plain(node.text), node.name
    text = _name_or_text(node) or _joined(node)
    return text, "" if text else label or plain(node.facts.get("description", ""))


def _is_gtk_switch(node: Node) -> bool:
    """GTK's switch passes for a toggle button, but all its buttons could hold a picture."""
    return node.facts.get("toolkit") == "gtk" and "image" not in node.facts


def _is_title_bar(node: Node) -> bool:
    box = node.box()
    return box is not None and box.height < HIGHEST_TITLE and _ends_a_window(node, 3)


def _ends_a_window(node: Node, depth: int) -> bool:
    """Whether a bar holds the button that closes its window: that is what a title bar has."""
    if node.tag == "push-button" and node.name in ("Close", "Minimize", "Maximize"):
        return "showing" in node.states and "focusable" not in node.states
    return depth > 0 and any(_ends_a_window(child, depth - 1) for child in node.children[:20])


def _name_or_text(node: Node) -> str:
    return node.name or plain(node.text)


def _joined(node: Node) -> str:
    """The texts inside a node, each once."""
    return " ".join(dict.fromkeys(_labels(node, 4)))


def _labels(node: Node, depth: int) -> Iterator[str]:
    """The texts of labels and fields inside a node that has no name of its own."""
    for child in node.children[:20]:
        if "showing" not in child.states:
            continue
        if _ROLES.get(child.tag) in ("text", "field", "row") and _name_or_text(child):
            yield plain(child.text) or child.name
        elif depth:
            yield from _labels(child, depth - 1)


def _state(node: Node, role: str) -> frozenset[str]:
    """Those of our states that are reported."""
    found = {state for state in STATES if state != "disabled" and state in node.states}
    if role == "button" and "pressed" in node.states:
        found.add("checked")
    if role == "window":
        return frozenset({"focused"} if "active" in node.states else ())
    if role != "text" and not {"enabled", "sensitive"} & node.states:
        found.add("disabled")
    return frozenset(found)


def _may_be_painted(text: str, box: Box) -> bool:
    """Whether a text could stand in a box: on a button that is too narrow for its name there is none."""
    needed = sum(9 if ord(letter) > 0x2E80 else 4.5 for letter in text)
    return bool(text) and needed <= box.width - 4
