# mypy: ignore-errors
"""A program with a menu beside a menu, one longer than the screen, and a list longer than its dialog."""

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

KINDS = ("Alder", "Beech", "Cedar", "Elder", "Hazel", "Larch", "Maple", "Poplar", "Spruce", "Willow")
PARTS = ("bark", "bud", "leaf", "root", "seed")


def menu(name, entries):
    top, inside = Gtk.MenuItem(label=name), Gtk.Menu()
    for entry in entries:
        inside.append(Gtk.MenuItem(label=entry) if isinstance(entry, str) else entry)
    top.set_submenu(inside)
    return top


def choose(_):
    shown = Gtk.Dialog(title="Choose a tree", transient_for=window)
    shown.set_default_size(320, 300)
    rows = Gtk.ListStore(str)
    for number, kind in enumerate(KINDS * 3):
        rows.append([f"{kind} {('first', 'second', 'third')[number // len(KINDS)]}"])
    table = Gtk.TreeView(model=rows, headers_visible=False)
    table.append_column(Gtk.TreeViewColumn("", Gtk.CellRendererText(), text=0))
    frame = Gtk.ScrolledWindow(vexpand=True)
    frame.add(table)
    shown.get_content_area().add(frame)
    shown.add_button("Cancel", 0)
    shown.connect("response", lambda one, _: one.destroy())
    shown.show_all()


window = Gtk.Window(title="Forest")
window.set_default_size(420, 300)
tree = Gtk.MenuItem(label="Choose...")
tree.connect("activate", choose)
near = menu("Nearby", ["Meadow", "River bank"])
long = menu("Everything", [f"{kind} {part}" for kind in KINDS for part in PARTS])
bar = Gtk.MenuBar()
bar.append(menu("Forest", [tree, near, long]))
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
box.pack_start(bar, False, False, 0)
window.add(box)
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
