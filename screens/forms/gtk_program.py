"""Shows a GTK program that was drawn outside, and reports what its controls hold and where they are.

    python3 -m forms.gtk_program DESK program.json

The file describes the window: its title and its parts, see ``gtk_parts``. DESK is the folder beside this
file in which the program is asked, see ``answering``. It runs under the sandbox's own python3 with
python3-gi.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from .answering import EVERY_MS, AnsweringDesk
from .gtk_parts import GtkParts
from .gtk_report import GtkReport

WIDEST, HIGHEST = 1180, 600
"""Of a window's content, in units of GTK; what is longer scrolls."""
MARGIN = 16


def window_of(gtk: Any, report: GtkReport, wanted: dict[str, Any]) -> Any:
    """The whole window."""
    window = gtk.Window(title=wanted["title"])
    outer, inner = gtk.Box(orientation=1), gtk.Box(spacing=24, margin=MARGIN)
    parts = GtkParts(gtk, report, window)
    for spec in wanted["bars"]:
        outer.pack_start(parts.build(spec), False, False, 0)
    for column in wanted["columns"]:
        box = gtk.Box(orientation=1, spacing=wanted["spacing"])
        for spec in column:
            box.pack_start(parts.build(spec), False, False, 0)
        inner.pack_start(box, False, False, 0)
    scroller = gtk.ScrolledWindow()
    scroller.set_propagate_natural_width(True)
    scroller.set_propagate_natural_height(True)
    scroller.set_max_content_width(WIDEST)
    scroller.set_max_content_height(HIGHEST)
    scroller.add(inner)
    outer.pack_start(scroller, True, True, 0)
    foot = gtk.Label(label=" ", xalign=0, margin=6)
    outer.pack_end(foot, False, False, 0)
    report.tell = foot.set_text
    report.add("foot", foot)
    window.add(outer)
    return window


def main(arguments: list[str]) -> None:
    gi = importlib.import_module("gi")
    gi.require_version("Gtk", "3.0")
    gtk = importlib.import_module("gi.repository.Gtk")
    timers = importlib.import_module("gi.repository.GLib")
    desk, file = arguments
    here = Path(__file__).parent
    report = GtkReport(gtk)
    window = window_of(gtk, report, json.loads((here / Path(file).name).read_text(encoding="utf-8")))

    def closed(*_: Any) -> bool:
        """The window goes; the program stays, and says so."""
        report.done["closed"] = True
        window.hide()
        return True

    window.connect("delete-event", closed)
    answering = AnsweringDesk(here / Path(desk).name, report.as_json)

    def look() -> bool:
        answering.look()
        return True

    window.show_all()
    window.set_focus(None)
    for do in report.first:
        do()
    timers.timeout_add(EVERY_MS, look, priority=timers.PRIORITY_LOW)  # after what was clicked and typed
    gtk.main()


if __name__ == "__main__":
    main(sys.argv[1:])
