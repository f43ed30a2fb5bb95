"""A dialog that nobody expects. It runs inside the sandbox."""

from __future__ import annotations

import sys

import gi  # type: ignore[import-not-found]

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # type: ignore[import-not-found]  # noqa: E402


def main(title: str, text: str, first: str, second: str) -> None:
    window = Gtk.Window(title=title, window_position=Gtk.WindowPosition.CENTER, border_width=16)
    lines = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=16)
    buttons = Gtk.Box(spacing=8, homogeneous=True)
    lines.add(Gtk.Label(label=text))
    for label in (first, second):
        button = Gtk.Button(label=label)
        button.connect("clicked", Gtk.main_quit)
        buttons.add(button)
    lines.add(buttons)
    window.add(lines)
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    window.present()
    Gtk.main()


if __name__ == "__main__":
    main(*sys.argv[1:5])
