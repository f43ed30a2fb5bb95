"""What a GTK program draws itself: a month, a canvas, a player."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from .gtk_report import Box, placed, way_of

Spec = dict[str, Any]
PEN = 2
"""Points to each side of a stroke's middle."""
WEEK, WEEKS = 7, 6
ARROWS = ("month back", "month on", "year back", "year on")


def _date(parts: Any, spec: Spec) -> Any:
    gtk, own = parts.gtk, spec["id"]
    month = gtk.Calendar()
    month.select_month(spec["month"] - 1, spec["year"])
    month.select_day(spec["day"])

    def value() -> str:
        year, number, day = month.get_date()
        return f"{year:04}-{number + 1:02}-{day:02}"

    parts.values[own] = value
    parts.report.add(own, month)
    for number, name in enumerate(ARROWS):
        parts.report.add(f"{own} {name}", month, lambda number=number: _calendar_arrow(month, number))
    for day in range(1, 32):
        parts.report.add(f"{own} day {day}", month, lambda day=day: _day_box(month, day))
    return parts.labelled(spec["label"], month, "above")


def _windows(month: Any) -> list[tuple[int, int, int, int]]:
    """The windows of GDK that a month consists of: x, y, width, height in its parent's."""
    size = month.get_allocation()
    found = [tuple(one.get_geometry())[:4] for one in month.get_window().get_children()]
    return [
        (x, y, w, h)
        for x, y, w, h in found
        if size.x <= x and size.y <= y and x + w <= size.x + size.width and y + h <= size.y + size.height
    ]


def _calendar_arrow(month: Any, number: int) -> Box | None:
    """Where an arrow of its head is, from the left: the four smallest windows."""
    if not month.get_mapped():
        return None
    small = sorted(_windows(month), key=lambda one: one[2] * one[3])[: len(ARROWS)]
    small.sort()
    return placed(month.get_window(), *small[number]) if len(small) == len(ARROWS) else None


def _day_box(month: Any, day: int) -> Box | None:
    """Where a day is: the largest window has six weeks of seven days, the first of another month at least."""
    dates = importlib.import_module("calendar")
    year, number, _ = month.get_date()
    first, days = dates.monthrange(year, number + 1)
    if not month.get_mapped() or day > days:
        return None
    x, y, width, height = max(_windows(month), key=lambda one: one[2] * one[3])
    before = (first + 1) % WEEK or WEEK  # weeks begin on Sunday where no language is set
    at = before + day - 1
    row, column = divmod(at, WEEK)
    left, top = x + width * column // WEEK, y + height * row // WEEKS
    return placed(month.get_window(), left, top, width // WEEK, height // WEEKS)


class _Sheet:
    """A picture that strokes are drawn on, as points of red, green and blue."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.points = bytearray(b"\xff" * (3 * width * height))

    def wipe(self) -> None:
        self.points[:] = b"\xff" * len(self.points)

    def stroke(self, x: float, y: float, to_x: float, to_y: float) -> None:
        steps = max(1, round(max(abs(to_x - x), abs(to_y - y))))
        for step in range(steps + 1):
            at_x = round(x + (to_x - x) * step / steps)
            at_y = round(y + (to_y - y) * step / steps)
            for row in range(max(0, at_y - PEN), min(self.height, at_y + PEN + 1)):
                left, right = max(0, at_x - PEN), min(self.width, at_x + PEN + 1)
                if left < right:
                    start = 3 * (row * self.width + left)
                    self.points[start : start + 3 * (right - left)] = bytes((30, 30, 120)) * (right - left)


def _canvas(parts: Any, spec: Spec) -> Any:
    """A sheet to draw on with the mouse, and a button that wipes it."""
    gtk, own, width, height = parts.gtk, spec["id"], spec["width"], spec["height"]
    lib, pictures = (importlib.import_module(f"gi.repository.{name}") for name in ("GLib", "GdkPixbuf"))
    sheet, strokes = _Sheet(width, height), [list(one) for one in spec["strokes"]]
    image, area = gtk.Image(), gtk.EventBox(halign=gtk.Align.START)
    area.add(image)
    at: list[tuple[float, float]] = []

    def paint() -> None:
        data = lib.Bytes.new(bytes(sheet.points))
        image.set_from_pixbuf(pictures.Pixbuf.new_from_bytes(data, 0, False, 8, width, height, 3 * width))

    def inside(event: Any) -> tuple[float, float]:
        return min(max(event.x, 0), width - 1), min(max(event.y, 0), height - 1)

    def pressed(_: Any, event: Any) -> bool:
        at[:] = [inside(event)]
        strokes.append([at[0][0] / width, at[0][1] / height] * 2)
        sheet.stroke(*at[0], *at[0])
        paint()
        return True

    def moved(_: Any, event: Any) -> bool:
        if at:
            now = inside(event)
            strokes[-1][2:] = [now[0] / width, now[1] / height]
            sheet.stroke(*at[0], *now)
            at[:] = [now]
            paint()
        return True

    def released(widget: Any, event: Any) -> bool:
        moved(widget, event)
        at.clear()
        return True

    def wipe(_: Any) -> None:
        strokes.clear()
        sheet.wipe()
        paint()

    for x, y, to_x, to_y in strokes:
        sheet.stroke(x * width, y * height, to_x * width, to_y * height)
    paint()
    for signal, do in (
        ("button-press-event", pressed),
        ("motion-notify-event", moved),
        ("button-release-event", released),
    ):
        area.connect(signal, do)
    clear = gtk.Button(label=spec["clear"]["text"], halign=gtk.Align.START)
    clear.connect("clicked", wipe)
    parts.values[own] = lambda: [[round(one, 3) for one in stroke] for stroke in strokes]
    parts.report.add(own, area)
    parts.report.add(spec["clear"]["id"], clear)
    frame = gtk.Frame(label=spec["label"], halign=gtk.Align.START)
    box = gtk.Box(orientation=1, spacing=6, margin=6)
    box.add(area)
    box.add(clear)
    frame.add(box)
    return frame


def _player(parts: Any, spec: Spec) -> Any:
    """A piece that plays: a button for play and pause, and a slider for the position."""
    gtk, own, length = parts.gtk, spec["id"], spec["length"]
    timers = importlib.import_module("gi.repository.GLib")
    plays, sought = [spec["plays"]], [spec["position"]]
    button, scale = gtk.Button(), gtk.Scale.new_with_range(0, 0, length, 1)
    scale.set_value(spec["position"])
    scale.set_draw_value(False)
    scale.set_size_request(spec["width"], -1)
    time = gtk.Label()

    def show() -> None:
        name = "media-playback-pause" if plays[0] else "media-playback-start"
        button.set_image(gtk.Image.new_from_icon_name(name, 2))
        now = int(scale.get_value())
        time.set_text(f"{now // 60}:{now % 60:02} / {length // 60}:{length % 60:02}")

    def turn(_: Any) -> None:
        plays[0] = not plays[0]
        show()

    def seek(_: Any, __: Any, value: float) -> bool:
        sought[0] = min(max(value, 0.0), float(length))
        return False

    def tick() -> bool:
        if plays[0]:
            scale.set_value(min(length, scale.get_value() + 1))
        return True

    button.connect("clicked", turn)
    scale.connect("change-value", seek)
    scale.connect("value-changed", lambda _: show())
    timers.timeout_add_seconds(1, tick)
    show()
    parts.values[f"plays {own}"] = lambda: plays[0]
    parts.values[f"position {own}"] = lambda: sought[0]
    parts.report.add(own, button)
    parts.report.add(f"{own} way", scale, lambda: way_of(scale))
    box = gtk.Box(spacing=8)
    for one in (button, gtk.Label(label=spec["label"]), scale, time):
        box.pack_start(one, False, False, 0)
    return box


KINDS: dict[str, Callable[[Any, Spec], Any]] = {"date": _date, "canvas": _canvas, "player": _player}
