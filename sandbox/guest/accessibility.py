"""What applications tell of themselves through AT-SPI, as the XML that OSWorld's guest server makes of it.

    python3 -m deskhand.sandbox.guest.accessibility

A program of its own, because an application that hangs would hang whoever asks it. It prints the
tree; where the desktop has no AT-SPI it ends with status 3 and says what is missing. Only
applications that were started without NO_AT_BRIDGE tell anything.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

UNAVAILABLE = 3
TREE_SECONDS = 30.0
ANSWER_MILLISECONDS = 500
MOST_DEPTH = 50
MOST_CHILDREN = 1024
MOST_NODES = 10_000
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
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLACEHOLDERS = str.maketrans("", "", "\ufffc\ufffd")


class Unavailable(Exception):
    """This desktop has no AT-SPI."""


def tree() -> str:
    """The tree of all applications that tell of themselves, as XML.

    Raises:
        Unavailable: the desktop has no AT-SPI; the message says what is missing.
        OSError: the applications did not answer in time, or the program that asks them ended badly.
    """
    program = [sys.executable, "-m", "deskhand.sandbox.guest.accessibility"]
    try:
        # In / nothing can lie that would be imported in place of a library.
        done = subprocess.run(program, capture_output=True, timeout=TREE_SECONDS, cwd="/", check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"the applications did not tell what they show within {TREE_SECONDS:g} s") from error
    said = done.stderr.decode(errors="replace").strip()[-500:]
    if done.returncode == UNAVAILABLE:
        raise Unavailable(said)
    if done.returncode:
        raise OSError(f"asking the applications ended with status {done.returncode}: {said}")
    return done.stdout.decode()


def focused_terminal(xml: str) -> str | None:
    """The text of the terminal that has the keyboard; None if no such terminal tells its text."""
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


class _Reader:
    """Turns AT-SPI objects into XML elements, boundedly many."""

    def __init__(self, atspi: Any) -> None:
        self._atspi = atspi
        self._broken = importlib.import_module("gi.repository.GLib").Error
        self._left = MOST_NODES

    def desktop(self) -> ElementTree.Element:
        root = ElementTree.Element("desktop-frame")
        self._add_children(root, self._atspi.get_desktop(0), 1)
        return root

    def _add_children(self, parent: ElementTree.Element, node: Any, depth: int) -> None:
        for index in range(min(node.get_child_count(), MOST_CHILDREN)):
            if depth > MOST_DEPTH or self._left <= 0:
                return
            try:
                child = node.get_child_at_index(index)
                if child is not None:
                    self._left -= 1
                    parent.append(self._element(child, depth))
            except self._broken:
                continue  # it went away or does not answer; the others still tell

    def _element(self, node: Any, depth: int) -> ElementTree.Element:
        role = (node.get_role_name() or "unknown").strip().replace(" ", "-")
        states = {state.value_nick.replace("-", "_") for state in node.get_state_set().get_states()}
        element = ElementTree.Element(role if _NAME.fullmatch(role) else "unknown")
        element.set("name", _clean(node.get_name()))
        for state in sorted(states):
            element.set(_in("st", state), "true")
        for name, value in (node.get_attributes() or {}).items():
            if _NAME.fullmatch(name):
                element.set(_in("attr", name), _clean(value))
        if {"visible", "showing"} <= states:
            self._place(element, node)
        self._describe(element, node)
        self._add_children(element, node, depth + 1)
        return element

    def _place(self, element: ElementTree.Element, node: Any) -> None:
        component = node.get_component_iface()
        if component is not None:
            box = component.get_extents(self._atspi.CoordType.SCREEN)
            element.set(_in("cp", "screencoord"), str((box.x, box.y)))
            element.set(_in("cp", "size"), str((box.width, box.height)))

    def _describe(self, element: ElementTree.Element, node: Any) -> None:
        """Text, kind, value and actions."""
        text = node.get_text_iface()
        if text is not None:
            length = min(self._atspi.Text.get_character_count(text), LONGEST_TEXT)
            element.text = _clean(self._atspi.Text.get_text(text, 0, length)) or None
        if node.get_image_iface() is not None:
            element.set("image", "true")
        if node.get_selection_iface() is not None:
            element.set("selection", "true")
        value = node.get_value_iface()
        if value is not None:
            element.set(_in("val", "value"), str(value.get_current_value()))
            element.set(_in("val", "min"), str(value.get_minimum_value()))
            element.set(_in("val", "max"), str(value.get_maximum_value()))
            element.set(_in("val", "step"), str(value.get_minimum_increment()))
        action = node.get_action_iface()
        for number in range(action.get_n_actions() if action is not None else 0):
            name = (action.get_action_name(number) or "").replace(" ", "-")
            if _NAME.fullmatch(name):
                element.set(_in("act", f"{name}_desc"), _clean(action.get_action_description(number)))
                element.set(_in("act", f"{name}_kb"), _clean(action.get_key_binding(number)))


def _in(prefix: str, name: str) -> str:
    return f"{{{NAMESPACES[prefix]}}}{name}"


def _clean(text: str | None) -> str:
    """A text without what XML cannot hold and without the placeholders of embedded objects."""
    return _NO_XML.sub("", (text or "").translate(_PLACEHOLDERS))


def main() -> None:
    for prefix, place in NAMESPACES.items():
        ElementTree.register_namespace(prefix, place)
    try:
        reader = _Reader(_load())
    except Unavailable as error:
        sys.stderr.write(str(error))
        sys.exit(UNAVAILABLE)
    sys.stdout.buffer.write(ElementTree.tostring(reader.desktop(), encoding="utf-8"))
    sys.stdout.flush()
    os._exit(0)  # libatspi's own clean-up can hang on an application that does


if __name__ == "__main__":
    main()
