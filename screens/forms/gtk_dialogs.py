"""Dialogs of a GTK program: questions, forms, choosers of files and colours."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .gtk_report import Box, Field, box_of, cell, field_of

Spec = dict[str, Any]
YES, NO = 1, 0
SWATCH = 18


def _opener(parts: Any, spec: Spec, show: Callable[[], None]) -> Any:
    """The button that opens a dialog."""
    button = parts.gtk.Button(label=spec["text"], halign=parts.gtk.Align.START)
    button.connect("clicked", lambda _: show())
    parts.report.add(spec["id"], button)
    return button


def _kept(parts: Any, own: str, dialog: Any, answered: Callable[[int], None]) -> Callable[[], None]:
    """A dialog that is hidden and shown again, never destroyed; what shows it."""
    parts.report.dialogs[f"{own} dialog"] = dialog

    def response(_: Any, answer: int) -> None:
        dialog.hide()
        answered(answer)

    dialog.connect("response", response)
    dialog.connect("delete-event", lambda one, _: one.hide_on_delete())
    return lambda: dialog.present() if dialog.get_mapped() else dialog.show()


def _answers(parts: Any, spec: Spec, dialog: Any) -> None:
    """The buttons at a dialog's foot, in the order that the description gives them."""
    for one in spec["answers"]:
        button = dialog.add_button(one["text"], YES if one["yes"] else NO)
        parts.report.add(one["id"], button)


def _question(parts: Any, spec: Spec) -> Any:
    """A button behind which a question has to be confirmed."""
    gtk = parts.gtk
    dialog = gtk.MessageDialog(transient_for=parts.window, modal=True, title=spec["title"])
    dialog.set_property("message-type", 2)
    dialog.set_property("text", spec["question"])
    _answers(parts, spec, dialog)
    [yes] = [one for one in spec["answers"] if one["yes"]]

    def answered(answer: int) -> None:
        if answer == YES:
            parts.report.press(yes["id"], yes["text"])

    return _opener(parts, spec, _kept(parts, spec["id"], dialog, answered))


def _form(parts: Any, spec: Spec) -> Any:
    """A button behind which a form counts once it is confirmed."""
    gtk = parts.gtk
    dialog = gtk.Dialog(transient_for=parts.window, modal=True, title=spec["title"])
    live: dict[str, Callable[[], Any]] = {}
    inside = type(parts)(gtk, parts.report, dialog, live)
    content = dialog.get_content_area()
    content.set_spacing(10)
    content.set_border_width(12)
    for one in spec["inside"]:
        content.pack_start(inside.build(one), False, False, 0)
    _answers(parts, spec, dialog)
    content.show_all()
    held = {own: get() for own, get in live.items()}
    for own in held:
        parts.values[own] = lambda own=own: held[own]
        parts.report.live[own] = live[own]

    def answered(answer: int) -> None:
        if answer == YES:
            held.update({own: get() for own, get in live.items()})
            parts.report.tell(f"Done: {spec['title']}")
        for own, value in held.items():
            inside.setters[own](value)

    return _opener(parts, spec, _kept(parts, spec["id"], dialog, answered))


def walk(widget: Any, gtk: Any) -> Iterator[Any]:
    """A widget and all that is in it, its inner parts too."""
    yield widget
    found: list[Any] = []
    if isinstance(widget, gtk.Container):
        widget.forall(found.append)
    for child in found:
        yield from walk(child, gtk)


def _file(parts: Any, spec: Spec) -> Any:
    """A button that opens or saves a file of a folder."""
    gtk, own, saves = parts.gtk, spec["id"], spec["saves"]
    folder = Path.home() / spec["folder"]
    action = gtk.FileChooserAction.SAVE if saves else gtk.FileChooserAction.OPEN
    dialog = gtk.FileChooserDialog(title=spec["title"], transient_for=parts.window, modal=True, action=action)
    _answers(parts, spec, dialog)
    dialog.set_default_response(YES)
    parts.report.done[f"file {own}"] = None

    def answered(answer: int) -> None:
        name = dialog.get_filename() if answer == YES else None
        if name is not None:
            parts.report.done[f"file {own}"] = os.path.relpath(name, folder)
            parts.report.tell(f"Done: {Path(name).name}")

    def marked() -> str:
        name = dialog.get_filename() if dialog.get_mapped() else None
        return os.path.relpath(name, folder) if name else ""

    shown = _kept(parts, own, dialog, answered)
    parts.report.live[own] = marked

    def show() -> None:
        dialog.unselect_all()
        dialog.set_current_folder(str(folder))
        if saves:
            dialog.set_current_name("")
        shown()

    if saves:
        parts.report.fields[f"{own} name"] = lambda: _name_field(dialog, gtk)
        parts.report.add(f"{own} name", dialog, lambda: _box_of_first(dialog, gtk, gtk.Entry))
    for name in spec["files"]:
        parts.report.add(f"{own} file {name}", dialog, lambda name=name: _file_box(dialog, gtk, name))
    return _opener(parts, spec, show)


def _first(dialog: Any, gtk: Any, kind: Any) -> Any:
    if not dialog.get_mapped():
        return None
    shown = (one for one in walk(dialog, gtk) if isinstance(one, kind) and one.get_mapped())
    return next(shown, None)


def _box_of_first(dialog: Any, gtk: Any, kind: Any) -> Box | None:
    found = _first(dialog, gtk, kind)
    return None if found is None else box_of(found)


def _name_field(dialog: Any, gtk: Any) -> Field:
    entry = _first(dialog, gtk, gtk.Entry)
    return field_of(entry) if entry is not None else ("", False, False)


def _file_box(dialog: Any, gtk: Any, name: str) -> Box | None:
    view = _first(dialog, gtk, gtk.TreeView)
    model = view.get_model() if view is not None else None
    for row in model or ():
        if row[0] == name:
            return cell(view, row.path, view.get_column(0))
    return None


def _colour(parts: Any, spec: Spec) -> Any:
    """A button with a colour, which opens a dialog to choose another."""
    gtk, own = parts.gtk, spec["id"]
    gdk, pictures = (importlib.import_module(f"gi.repository.{name}") for name in ("Gdk", "GdkPixbuf"))
    colours = [gdk.RGBA() for _ in spec["colours"]]
    for rgba, colour in zip(colours, spec["colours"], strict=True):
        rgba.parse(colour["code"])
    dialog = gtk.ColorChooserDialog(title=spec["title"], transient_for=parts.window, modal=True)
    dialog.set_use_alpha(False)
    dialog.add_palette(0, spec["across"], colours)
    picture = pictures.Pixbuf.new(0, False, 8, 2 * SWATCH, SWATCH)
    button = gtk.Button(halign=gtk.Align.START)
    chosen = [spec["value"]]

    def paint() -> None:
        code = next(one["code"] for one in spec["colours"] if one["name"] == chosen[0])
        picture.fill(int(code[1:], 16) << 8 | 0xFF)
        button.set_image(gtk.Image.new_from_pixbuf(picture))

    def answered(answer: int) -> None:
        if answer == gtk.ResponseType.OK:
            number = _index(colours, dialog.get_rgba())
            chosen[0] = spec["colours"][number]["name"] if number >= 0 else chosen[0]
            paint()

    def swatch(number: int) -> Box | None:
        if not dialog.get_mapped():
            return None
        found = [one for one in walk(dialog, gtk) if type(one).__name__ == "GtkColorSwatch"]
        boxes = [box for one in found if (box := box_of(one)) is not None]
        boxes.sort(key=lambda box: (box[1], box[0]))
        return boxes[number] if number < len(boxes) else None

    paint()
    shown = _kept(parts, own, dialog, answered)
    button.connect("clicked", lambda _: shown())
    parts.values[own] = lambda: chosen[0]
    parts.report.add(own, button)
    for number in range(len(colours)):
        parts.report.add(f"{own} {number}", dialog, lambda number=number: swatch(number))
    parts.report.add(f"{own} select", dialog.get_widget_for_response(gtk.ResponseType.OK))
    parts.report.live[f"{own} marked"] = lambda: _index(colours, dialog.get_rgba())
    return parts.labelled(spec["label"], button)


def _index(colours: list[Any], now: Any) -> int:
    """Which of the colours is marked in the dialog; -1 for another."""
    same = [n for n, one in enumerate(colours) if one.to_string() == now.to_string()]
    return same[0] if same else -1


KINDS: dict[str, Callable[[Any, Spec], Any]] = {
    "question": _question,
    "form": _form,
    "file": _file,
    "colour": _colour,
}
