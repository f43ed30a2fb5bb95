# mypy: ignore-errors
"""A program whose map has a goal of each kind. Runs inside the sandbox."""

import os

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

window = Gtk.Window(title="note.txt - Small")
window.set_default_size(420, 300)
names = Gtk.Box(spacing=40)
for name in ("Andrew", "Bertha", "Caroline"):
    names.add(Gtk.Button(label=name))


def settings():
    shown = Gtk.Dialog(title="Settings", transient_for=window)
    shown.set_default_size(360, 200)
    inside = shown.get_content_area()
    inside.set_spacing(12)
    inside.add(Gtk.CheckButton(label="Remember this"))
    line = Gtk.Box(spacing=12)
    line.add(Gtk.Label(label="Nickname:"))
    line.add(Gtk.Entry(width_chars=24))
    inside.add(line)
    shown.add_button("Cancel", 0)
    shown.connect("response", lambda one, _: one.destroy())
    shown.show_all()


def export():
    shown = Gtk.Dialog(title="Export", transient_for=window)
    shown.set_default_size(360, 160)
    line, name = Gtk.Box(spacing=12), Gtk.Entry(width_chars=24)
    line.add(Gtk.Label(label="File name:"))
    line.add(name)

    def save(_):
        with open(os.path.expanduser(f"~/{name.get_text()}.csv"), "w") as written:
            written.write("a,b")
        shown.destroy()

    name.connect("activate", save)
    shown.get_content_area().add(line)
    shown.add_button("Cancel", 0)
    shown.connect("response", lambda one, _: one.destroy())
    shown.show_all()


def entry(menu, label, action):
    item = Gtk.MenuItem(label=label)
    item.connect("activate", lambda _: action())
    menu.append(item)


bar, top, inside = Gtk.MenuBar(), Gtk.MenuItem(label="Options"), Gtk.Menu()
entry(inside, "Settings...", settings)
entry(inside, "Export...", export)
entry(inside, "Show names", names.show_all)
entry(inside, "Nothing at all", lambda: None)
top.set_submenu(inside)
bar.append(top)
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
box.pack_start(bar, False, False, 0)
box.pack_start(names, False, False, 60)
window.add(box)
window.connect("destroy", Gtk.main_quit)
window.show_all()
names.hide()
Gtk.main()
