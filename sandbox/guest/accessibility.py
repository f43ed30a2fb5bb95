"""What applications report about themselves through AT-SPI, as XML in the form of OSWorld's guest server.

    python3 -I accessibility.py [SECONDS] [--showing]

A program of its own, because an application that hangs would hang whoever asks it. It prints the
tree, or what it had read of it when the time was up; where the desktop has no AT-SPI it ends with
status 3 and says what is missing. Only applications that were started without NO_AT_BRIDGE report
anything. With the argument --showing it is brief: it leaves out what is not shown with all that is
below it, and values, actions and the like.

Beyond OSWorld's form, ``unfinished`` on the outermost element says that it does not hold all;
``labelledby`` on an element is the name of what labels it, ``description`` what it
says of itself beyond its name: its tip.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

MARK = "programs-report"
"""A file of the session's folder, for programs that others start: they were given their variables before."""
DISABLED = {"NO_AT_BRIDGE": "1"}
ENABLED = {"GTK_MODULES": "gail:atk-bridge", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
"""Environment in which programs do not report what they show, or report it."""

UNFINISHED, SHOWING = "unfinished", "--showing"
SYSTEM_PYTHON = "/usr/bin/python3"
UNAVAILABLE = 3
READING_SECONDS = 5.0 * float(os.environ.get("DESKHAND_SLOWNESS", "1"))
MORE_SECONDS = 20.0
"""Starting, connecting and printing take their time too."""
ANSWER_MILLISECONDS = 1000
MOST_DEPTH = 50
MOST_CHILDREN = 1024
VERY_MANY_CHILDREN = 4096
MOST_OF_VERY_MANY = 100
"""Such a container is a text or a list with a million of them; its first ones show what it is."""
MANY_CHILDREN = 300
"""Of a list with so many entries most do not show; each would have to be asked whether it does."""
MOST_CELLS, MOST_EMPTY_CELLS = 400, 2
"""Cells of such a list or sheet, and empty ones that end a row of a sheet."""
MOST_NODES = 10_000
MOST_SILENCES = 1
"""So often may an application leave a question unanswered; then it is not asked any more."""
LONGEST_TEXT = 20_000

_PLACE = "https://accessibility.ubuntu.example.org/ns/"
NAMESPACES = {
    "st": f"{_PLACE}state",
    "attr": f"{_PLACE}attributes",
    "cp": f"{_PLACE}component",
    "val": f"{_PLACE}value",
    "act": f"{_PLACE}action",
}
"""OSWorld's own names; its agents look attributes up by them."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_CELL = re.compile(r"[A-Z]{1,3}[0-9]{1,7}")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLACEHOLDERS = str.maketrans("", "", "\ufffc\ufffd")


_LABELLED = frozenset({"text", "entry", "password-text", "spin-button", "combo-box", "slider"})
_WITH_ATTRIBUTES = frozenset({"text", "entry", "toggle-button", "spin-button"})
_NOBODYS = frozenset(
    {"filler", "separator", "progress-bar", "level-bar", "animation", "ruler", "application"}
)
_WITH_TIPS = frozenset({"push-button", "toggle-button", "icon"})
_NAMED = frozenset({"label", "menu", "menu-item", "table-cell", "list-item", "push-button", "page-tab"})
"""Roles of which the name says as much as the text; questions that a brief tree leaves out."""


class Unavailable(Exception):
    """This desktop has no AT-SPI."""


def enable_accessibility() -> None:
    """Have the programs that are started from now on report what they show: by this process, and by keys."""
    for name in DISABLED:
        os.environ.pop(name, None)
    os.environ.update(ENABLED)
    Path(os.environ["XDG_RUNTIME_DIR"], MARK).touch()


def tree(*, showing: bool = False, seconds: float = READING_SECONDS) -> str:
    """The tree of all applications that report themselves, as XML.

    Args:
        showing: be brief, which is faster: leave out what is not shown with all that is below it, and
            values, actions and the like.
        seconds: how long to read; what was read so far is the answer then.

    Raises:
        Unavailable: the desktop has no AT-SPI; the message says what is missing.
        OSError: the applications did not answer in time, or the program that asks them ended badly.
    """
    # Isolated, so that nothing that lies beside this file is imported in place of a library; and the
    # system's python, which has the bindings, where this one may be another.
    python = SYSTEM_PYTHON if os.path.exists(SYSTEM_PYTHON) else sys.executable
    program = [python, "-I", __file__, str(seconds), *([SHOWING] * showing)]
    try:
        done = subprocess.run(program, capture_output=True, timeout=seconds + MORE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(
            f"the applications did not report what they show within {seconds + MORE_SECONDS:g} s"
        ) from error
    said = done.stderr.decode(errors="replace").strip()[-500:]
    if done.returncode == UNAVAILABLE:
        raise Unavailable(said)
    if done.returncode:
        raise OSError(f"asking the applications ended with status {done.returncode}: {said}")
    return done.stdout.decode()


def focused_terminal(xml: str) -> str | None:
    """The text of the terminal that has the keyboard; None if no such terminal reports its text."""
    for terminal in ElementTree.fromstring(xml).iter("terminal"):
        if terminal.get(_in("st", "focused")) == "true":
            return (terminal.text or "").rstrip()
    return None


def _load() -> Any:
    """libatspi's Python binding, connected."""
    try:
        gi = importlib.import_module("gi")
        gi.require_version("Atspi", "2.0")
        atspi = importlib.import_module("gi.repository.Atspi")
    except (ImportError, ValueError) as error:
        raise Unavailable(
            f"this desktop has no AT-SPI ({error}): it needs at-spi2-core, python3-gi, gir1.2-atspi-2.0"
        ) from error
    if atspi.init() not in (0, 1):
        raise Unavailable("this desktop's AT-SPI has no bus: it needs at-spi2-core and a session bus")
    atspi.set_timeout(ANSWER_MILLISECONDS, ANSWER_MILLISECONDS)
    return atspi


class _Silent(Exception):
    """An application does not answer any more."""


class _Reader:
    """Turns AT-SPI objects into XML elements, boundedly many and for a bounded time.

    The tree grows from its root, so that it can be printed as it is at any moment.

    Args:
        showing: be brief, and leave out what is not shown with all that is below it.
    """

    def __init__(self, atspi: Any, seconds: float, *, showing: bool) -> None:
        self._atspi = atspi
        self._showing = showing
        self._broken = importlib.import_module("gi.repository.GLib").Error
        self._left = MOST_NODES
        self._silences = 0
        self.deadline = time.monotonic() + seconds
        self.root = ElementTree.Element("desktop-frame")

    def read(self) -> None:
        """Read all applications, one after the other; one that fails takes only its own rest with it."""
        desktop = self._atspi.get_desktop(0)
        for index in range(min(desktop.get_child_count(), MOST_CHILDREN)):
            self._silences = 0
            try:
                self._add(self.root, desktop.get_child_at_index(index), 1)
            except (_Silent, self._broken):
                self.root.set(UNFINISHED, "true")

    def _add(self, parent: ElementTree.Element, node: Any, depth: int) -> None:
        if node is None:
            return
        if depth > MOST_DEPTH or self._left <= 0 or time.monotonic() > self.deadline:
            self.root.set(UNFINISHED, "true")
            return
        self._left -= 1
        element, states = self._element(node)
        if self._showing and depth > 1 and "showing" not in states:
            return
        parent.append(element)
        with self._hushed():
            self._add_values(element, node, states)
            if element.tag == "link" and element.get(_in("cp", "size")) is None:
                self._place_link(element, node, len(parent.findall("link")) - 1)
        for child in self._children(node, states):
            with self._hushed():
                self._add(element, child, depth + 1)

    def _children(self, node: Any, states: set[str]) -> Iterator[Any]:
        """The children; of a container with many of them, those that show or the first."""
        count = node.get_child_count()
        if count > MANY_CHILDREN and "manages_descendants" in states:
            table, component = node.get_table_iface(), node.get_component_iface()
            if table is not None and component is not None:
                yield from self._headers(node, table)
                yield from self._cells(table, *self._corner(table, component))
                return
        most = MOST_OF_VERY_MANY if count > VERY_MANY_CHILDREN else MOST_CHILDREN
        for index in range(min(count, most)):
            child = None
            with self._hushed():
                child = node.get_child_at_index(index)
                if child is not None and "manages_descendants" in states and not _shows(child):
                    child = None
            if child is not None:
                yield child

    def _headers(self, node: Any, table: Any) -> Iterator[Any]:
        """The headers of a table's columns, where they are its first children."""
        for index in range(min(table.get_n_columns(), MOST_OF_VERY_MANY)):
            child = node.get_child_at_index(index)
            if child is None or "header" not in (child.get_role_name() or ""):
                return
            yield child

    def _corner(self, table: Any, component: Any) -> tuple[int, int]:
        """Row and column of the first cell of a table that shows; a header may stand before it."""
        place, kind = component.get_extents(self._atspi.CoordType.SCREEN), self._atspi.CoordType.SCREEN
        for down in (3, 40, place.height // 3, place.height // 2):
            found = component.get_accessible_at_point(place.x + 5, place.y + down, kind)
            index = -1 if found is None else found.get_index_in_parent()
            if index >= 0 and table.get_row_at_index(index) >= 0:
                return table.get_row_at_index(index), max(0, table.get_column_at_index(index))
        return 0, 0

    def _cells(self, table: Any, top: int, left: int) -> Iterator[Any]:
        """The cells of a table that show, from its first on; of a sheet those that hold something."""
        rows, columns, added = table.get_n_rows(), table.get_n_columns(), 0
        is_sheet = columns > MOST_OF_VERY_MANY
        for row in range(top, min(rows, top + MOST_OF_VERY_MANY)):
            empty = 0
            for column in range(left, min(columns, left + MOST_OF_VERY_MANY)):
                cell = table.get_accessible_at(row, column)
                shows = cell is not None and _shows(cell)
                if added >= MOST_CELLS or (column == left and not shows):
                    return
                empty = 0 if shows and not (is_sheet and not self._holds_text(cell)) else empty + 1
                if empty == MOST_EMPTY_CELLS:
                    break
                added += 1
                yield cell

    def _holds_text(self, node: Any) -> bool:
        text = node.get_text_iface()
        return text is not None and self._atspi.Text.get_character_count(text) > 0

    @contextlib.contextmanager
    def _hushed(self) -> Iterator[None]:
        """Go on where something went away; give an application up that leaves us waiting."""
        asked = time.monotonic()
        try:
            yield
        except self._broken as error:
            if time.monotonic() - asked >= ANSWER_MILLISECONDS / 1000 * 0.9:
                self._silences += 1
            if self._silences > MOST_SILENCES:
                raise _Silent from error

    def _element(self, node: Any) -> tuple[ElementTree.Element, set[str]]:
        role = (node.get_role_name() or "unknown").strip().replace(" ", "-")
        states = {state.value_nick.replace("-", "_") for state in node.get_state_set().get_states()}
        element = ElementTree.Element(role if _NAME.fullmatch(role) else "unknown")
        element.set("name", _clean(node.get_name()))
        for state in sorted(states):
            element.set(_in("st", state), "true")
        return element, states

    def _add_values(self, element: ElementTree.Element, node: Any, states: set[str]) -> None:
        """Place, attributes, text and all else; every question takes its time, so few are asked if brief."""
        brief = self._showing
        if {"visible", "showing"} <= states and not (brief and element.tag in _NOBODYS):
            self._place(element, node)
        if not brief or element.tag in _WITH_ATTRIBUTES:
            for name, value in (node.get_attributes() or {}).items():
                if _NAME.fullmatch(name):
                    element.set(_in("attr", name), _clean(value))
        if not brief or element.tag in _WITH_TIPS:
            description = node.get_description()
            if description:
                element.set("description", _clean(description))
        self._say(element, node)
        if not brief:
            self._describe(element, node)
        if not brief or (element.tag == "table-cell" and not (element.get("name") or element.text)):
            self._act(element, node)
        if not brief or "editable" in states or element.tag in _LABELLED:
            self._relate(element, node)

    def _relate(self, element: ElementTree.Element, node: Any) -> None:
        """Who labels it."""
        for relation in node.get_relation_set():
            if relation.get_relation_type() == self._atspi.RelationType.LABELLED_BY:
                names = [relation.get_target(i).get_name() for i in range(min(relation.get_n_targets(), 3))]
                element.set("labelledby", _clean(" ".join(name for name in names if name)))

    def _place(self, element: ElementTree.Element, node: Any) -> None:
        component = node.get_component_iface()
        if component is not None:
            box = component.get_extents(self._atspi.CoordType.SCREEN)
            element.set(_in("cp", "screencoord"), str((box.x, box.y)))
            element.set(_in("cp", "size"), str((box.width, box.height)))

    def _place_link(self, element: ElementTree.Element, node: Any, number: int) -> None:
        """A link in a text that reports no place of its own: where the text says that its letters are."""
        parent = node.get_parent()
        links, text = parent.get_hypertext_iface(), parent.get_text_iface()
        link = None if links is None or text is None else links.get_link(number)
        if link is None:
            return
        first, last = self._atspi.Hyperlink.get_start_index(link), self._atspi.Hyperlink.get_end_index(link)
        box = self._atspi.Text.get_range_extents(text, first, last, self._atspi.CoordType.SCREEN)
        element.set(_in("cp", "screencoord"), str((box.x, box.y)))
        element.set(_in("cp", "size"), str((box.width, box.height)))
        element.set("name", _clean(self._atspi.Text.get_text(text, first, min(last, first + LONGEST_TEXT))))

    def _say(self, element: ElementTree.Element, node: Any) -> None:
        """Text, and whether it could hold a picture."""
        text = node.get_text_iface()
        if text is not None and not (self._showing and _is_said(element)):
            length = min(self._atspi.Text.get_character_count(text), LONGEST_TEXT)
            element.text = _clean(self._atspi.Text.get_text(text, 0, length)) or None
        if node.get_image_iface() is not None:
            element.set("image", "true")

    def _describe(self, element: ElementTree.Element, node: Any) -> None:
        """Kind and value."""
        if node.get_selection_iface() is not None:
            element.set("selection", "true")
        value = node.get_value_iface()
        if value is not None:
            element.set(_in("val", "value"), str(value.get_current_value()))
            element.set(_in("val", "min"), str(value.get_minimum_value()))
            element.set(_in("val", "max"), str(value.get_maximum_value()))
            element.set(_in("val", "step"), str(value.get_minimum_increment()))

    def _act(self, element: ElementTree.Element, node: Any) -> None:
        """What can be done with it."""
        action = node.get_action_iface()
        for number in range(action.get_n_actions() if action is not None else 0):
            name = (action.get_action_name(number) or "").replace(" ", "-")
            if _NAME.fullmatch(name):
                element.set(_in("act", f"{name}_desc"), _clean(action.get_action_description(number)))
                element.set(_in("act", f"{name}_kb"), _clean(action.get_key_binding(number)))


def _is_said(element: ElementTree.Element) -> bool:
    """Whether the text is the name; the name of a sheet's cell is its place."""
    name = element.get("name", "")
    return bool(name) and element.tag in _NAMED and not _CELL.fullmatch(name)


def _shows(node: Any) -> bool:
    return any(state.value_nick == "showing" for state in node.get_state_set().get_states())


def _in(prefix: str, name: str) -> str:
    return f"{{{NAMESPACES[prefix]}}}{name}"


def _clean(text: str | None) -> str:
    """A text without what XML cannot hold and without the placeholders of embedded objects."""
    return _NO_XML.sub("", (text or "").translate(_PLACEHOLDERS))


def main() -> None:
    for prefix, place in NAMESPACES.items():
        ElementTree.register_namespace(prefix, place)
    try:
        arguments = [word for word in sys.argv[1:] if word != SHOWING]
        seconds = float(arguments[0]) if arguments else READING_SECONDS
        reader = _Reader(_load(), seconds, showing=SHOWING in sys.argv)
    except Unavailable as error:
        sys.stderr.write(str(error))
        sys.exit(UNAVAILABLE)
    reading = threading.Thread(target=reader.read, daemon=True)
    reading.start()
    # A call into libatspi may wait longer than its limit: what was read so far is the answer then.
    reading.join(seconds + 2 * ANSWER_MILLISECONDS / 1000)
    if reading.is_alive():
        reader.root.set(UNFINISHED, "true")
    reader.deadline = 0.0
    sys.stdout.buffer.write(ElementTree.tostring(reader.root, encoding="utf-8"))
    sys.stdout.flush()
    os._exit(0)  # libatspi's own clean-up can hang on an application that does


if __name__ == "__main__":
    main()
