"""A dialog that nobody expects. It runs inside the sandbox, under its python3 with python3-gi."""

from __future__ import annotations

import importlib
import sys


def main(title: str, text: str, first: str, second: str) -> None:
    """Show a window with a title, a text and two buttons until one is clicked or it is closed."""
    gi = importlib.import_module("gi")
    gi.require_version("Gtk", "3.0")
    gtk = importlib.import_module("gi.repository.Gtk")
    window = gtk.Window(title=title, window_position=gtk.WindowPosition.CENTER, border_width=16)
    lines = gtk.Box(orientation=gtk.Orientation.VERTICAL, spacing=16)
    buttons = gtk.Box(spacing=8, homogeneous=True)
    lines.add(gtk.Label(label=text))
    for label in (first, second):
        button = gtk.Button(label=label)
        button.connect("clicked", gtk.main_quit)
        buttons.add(button)
    lines.add(buttons)
    window.add(lines)
    window.connect("destroy", gtk.main_quit)
    window.show_all()
    window.present()
    gtk.main()


if __name__ == "__main__":
    main(*sys.argv[1:5])
