# mypy: ignore-errors
"""Writes the commands that can be chosen in the menus of programs that report them, as JSON: paths of names.

It runs inside a sandbox, under the sandbox's own Python.
"""

import json
import sys

COMMANDS = ("menu item", "check menu item", "radio menu item")
DEEPEST, MOST, WIDEST = 12, 2000, 300


def walk(atspi, glib, node, path, depth, found):
    """Add the commands below a node, whose menus have these names."""
    if depth > DEEPEST or len(found) > MOST:
        return
    for number in range(min(node.get_child_count(), WIDEST)):
        try:
            child = node.get_child_at_index(number)
            role, name = child.get_role_name(), (child.get_name() or "").strip()
            states = child.get_state_set()
            there = all(map(states.contains, (atspi.StateType.SENSITIVE, atspi.StateType.VISIBLE)))
            if role in (*COMMANDS, "menu") and not there:
                continue  # what is grey or hidden cannot be tried
        except glib.Error:  # the node went while it was asked; the others count
            continue
        here = [*path, name] if name and role in (*COMMANDS, "menu") else path
        if name and role in COMMANDS:
            found.append(here)
        walk(atspi, glib, child, here, depth + 1, found)


def main():
    """Ask every program on the desktop."""
    import gi

    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, GLib

    Atspi.init()
    commands = []
    walk(Atspi, GLib, Atspi.get_desktop(0), [], 0, commands)
    sys.stdout.write(json.dumps(commands))


if __name__ == "__main__":
    main()
