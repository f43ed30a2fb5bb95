# mypy: ignore-errors
"""A program to be explored: a menu with what a program may do, good and bad. Runs inside the sandbox."""

import os

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

window = Gtk.Window(title="note.txt - Trial")
window.set_default_size(420, 300)
text = Gtk.TextView()


def dialog(title, parent=window):
    shown = Gtk.Dialog(title=title, transient_for=parent)
    shown.set_default_size(260, 160)
    shown.get_content_area().add(Gtk.CheckButton(label="Remember this"))
    again = Gtk.Button(label="Another one")
    again.connect("clicked", lambda _: dialog(title, shown))
    shown.get_content_area().add(again)
    shown.add_button("Cancel", 0)
    shown.connect("response", lambda one, _: one.destroy())
    shown.show_all()


def menu(name, *entries):
    top, inside = Gtk.MenuItem(label=name), Gtk.Menu()
    for label, action in entries:
        item = Gtk.MenuItem(label=label)
        item.connect("activate", lambda _, run=action: run())
        inside.append(item)
    top.set_submenu(inside)
    return top


bar = Gtk.MenuBar()
bar.append(
    menu(
        "File",
        ("Settings...", lambda: dialog("Settings")),
        ("Write a line", lambda: text.get_buffer().insert_at_cursor("a new line of text\n" * 4)),
        ("Break down", lambda: os._exit(1)),
    )
)
bar.append(menu("Help", ("Nothing at all", lambda: None), ("Nothing either", lambda: None)))
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
box.pack_start(bar, False, False, 0)
box.pack_start(text, True, True, 0)
window.add(box)
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
