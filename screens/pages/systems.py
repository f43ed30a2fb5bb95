"""Controls as other systems draw them: check boxes, radio buttons, switches, sliders, fields, window frames.

No system is copied. What makes them differ (sizes, corners, edges, fillings, marks, knobs) is drawn by
chance, so a page may look like one of them, like a mixture, or like one that comes after them.
"""

from __future__ import annotations

import random
from urllib.parse import quote

from deskhand.screens.pages.maker import Maker
from deskhand.screens.pages.styles import Palette

MARKS = (
    "M4 12l5 6L20 5",  # a tick
    "M4 12l5 6L20 5",
    "M5 5l14 14M19 5L5 19",  # a cross
    "M5 12h14",  # a dash
    "M5 5h14v14H5z",  # a square
)

FILL = (
    "<script>for(const one of document.querySelectorAll('input[type=range]'))"
    "one.style.setProperty('--at',one.value+'%');</script>"
)
"""The filled part of a slider ends at its thumb."""


def other_controls(m: Maker) -> str:
    """Makes the controls of a page those of another system; what is to be put into the page."""
    m.check = "drawn"
    m.kind += " sys"
    rules = "\n".join((_boxes(m.rng, m.colours), _switches(m.rng), _sliders(m.rng), _fields(m.rng)))
    return f"<style>{rules}</style>{FILL}"


def _mark(shape: str, ink: str, width: float) -> str:
    filled = ink if shape.endswith("z") else "none"
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{shape}" fill="{filled}" '
        f'stroke="{ink}" stroke-width="{width:g}" stroke-linecap="round"/></svg>'
    )
    return f'url("data:image/svg+xml,{quote(picture)}") center / 78% no-repeat'


def _boxes(rng: random.Random, colours: Palette) -> str:
    """Of check boxes and radio buttons: an edge, or a face, or both; a mark on the accent or on the face."""
    size = rng.choice((11, 12, 13, 13, 14, 15, 16, 16, 18, 20, 22))
    edge = rng.choice(("var(--muted)", "var(--ink)", "var(--edge)", "#8a8a8a", "#1c5180", "var(--accent)"))
    width = rng.choice((1, 1, 1, 1.5, 2))
    face = rng.choice(("var(--panel)", "var(--ground)", "#fff", "transparent"))
    if colours.dark:
        face = rng.choice(("var(--panel)", "var(--ground)", "transparent"))
    border = rng.choice((f"{width}px solid {edge}",) * 4 + (f"{max(2, width)}px inset #b8b8b8", "0"))
    if border == "0":
        face = "color-mix(in srgb, var(--ink) 18%, var(--panel))"
    depth = rng.choice(("none",) * 3 + ("inset 0 1px 2px rgba(0,0,0,.35)", "0 1px 1px rgba(0,0,0,.3)"))
    filled = rng.random() < 0.6
    accent = rng.choice(("var(--accent)",) * 3 + ("linear-gradient(#7ab2f8, #2a6fd6)",))
    ink = "#ffffff" if filled or colours.dark else rng.choice(("#000000", "#21a121", "#2b59c3"))
    mark = _mark(rng.choice(MARKS), ink, rng.choice((2, 3, 4, 4.5)))
    on = f"background: {mark}, {accent if filled else face}" + (
        "; border-color: transparent" if filled else ""
    )
    corner = rng.choice((0, 0, 2, 3, 3, 4, 5, 6))
    dot = rng.choice((30, 40, 50, 60))
    ring = rng.random() < 0.4
    dot_ink = "var(--accent)" if ring or not filled else "#fff"
    radio = f"background: radial-gradient(circle, {dot_ink} {dot - 3}%, transparent {dot + 3}%), "
    radio += face if dot_ink != "#fff" else "var(--accent)"
    gap = rng.choice((3, 5, 6, 8, 10, 12))
    return f"""
.sys .drawn {{ width: {size}px; height: {size}px; border: {border}; border-radius: {corner}px;
  background: {face}; box-shadow: {depth}; margin: 0 {gap}px 0 0;
  vertical-align: -{max(1, size // 6)}px; flex: none; }}
.sys .drawn::before {{ display: none; }}
.sys .drawn[type=radio] {{ border-radius: 50%; }}
.sys .drawn:checked {{ {on}; }}
.sys .drawn[type=radio]:checked {{ {radio}; border-color: {"var(--accent)" if ring else edge}; }}"""


def _switches(rng: random.Random) -> str:
    """A knob in a groove: inside it or wider than it, the groove filled or only drawn."""
    height = rng.choice((12, 14, 16, 18, 20, 20, 22, 24, 28, 31))
    width = round(height * rng.choice((1.6, 1.75, 1.9, 2, 2.2, 2.6)))
    outlined = rng.random() < 0.4
    inset = rng.choice((1, 2, 2, 3, 4, -2))
    inset = max(inset, 3) if outlined else inset
    knob = height - 2 * inset - (4 if outlined else 0)
    round_off = rng.choice((height, height, height, 3, 0))
    off = "transparent" if outlined else rng.choice(("var(--edge)", "#b9b9bd", "var(--muted)"))
    edge = "2px solid var(--muted)" if outlined else "0"
    body = rng.choice(("#fff", "#fff", "#f4f4f4"))
    off_knob = "var(--muted)" if outlined else body
    shade = rng.choice(("none", "0 1px 3px rgba(0,0,0,.4)"))
    corner = "50%" if round_off == height else f"{round_off}px"
    travel = width - knob - inset - (4 if outlined else 0)
    return f"""
.sys .switch {{ width: {width}px; height: {height}px; border-radius: {round_off}px; background: {off};
  border: {edge}; margin: 0 .5em; vertical-align: -{height // 4}px; }}
.sys .switch::before {{ left: {inset}px; top: {inset}px; width: {knob}px; height: {knob}px;
  border-radius: {corner}; background: {off_knob}; box-shadow: {shade}; }}
.sys .switch:checked {{ background: var(--accent); border-color: var(--accent); }}
.sys .switch:checked::before {{ left: {travel}px; background: {body}; }}"""


def _sliders(rng: random.Random) -> str:
    """A thumb on a track, which is filled up to it or not, with ticks below or not."""
    track = rng.choice((2, 2, 3, 4, 4, 5, 6, 8))
    high = rng.choice((10, 12, 14, 16, 18, 20, 21, 22, 24))
    wide = rng.choice((high, high, high, max(6, high // 2), 8))
    corner = rng.choice(("50%", "50%", "3px", "0", "2px 2px 50% 50%"))
    face = rng.choice(("var(--accent)", "#fff", "#fff", "var(--panel)", "linear-gradient(#fff, #d8d8d8)"))
    edge = (
        "0"
        if face == "var(--accent)" and rng.random() < 0.7
        else f"1px solid {rng.choice(('#8a8a8a', '#bbb'))}"
    )
    shade = rng.choice(("none", "0 1px 3px rgba(0,0,0,.35)", "0 0 0 4px var(--panel)"))
    groove = rng.choice(("var(--edge)", "var(--muted)", "color-mix(in srgb, var(--ink) 22%, var(--panel))"))
    fill = f"linear-gradient(90deg, var(--accent) var(--at, 50%), {groove} var(--at, 50%))"
    ground = fill if rng.random() < 0.6 else groove
    border = rng.choice(("0", "0", "1px solid #9a9a9a", "1px inset #ccc"))
    return f"""
.sys input[type=range] {{ appearance: none; background: transparent; height: {high + 2}px; margin: 2px 4px;
  vertical-align: middle; }}
.sys input[type=range]::-webkit-slider-runnable-track {{ height: {track}px; border-radius: {track}px;
  background: {ground}; border: {border}; box-sizing: content-box; }}
.sys input[type=range]::-webkit-slider-thumb {{ appearance: none; width: {wide}px; height: {high}px;
  border-radius: {corner}; background: {face}; border: {edge}; box-shadow: {shade};
  margin-top: {(track - high) / 2:g}px; }}"""


def _fields(rng: random.Random) -> str:
    """Fields and areas: a frame, an underline, or only a face; hints in a grey of their own."""
    grey = rng.choice(("#8a8a8a", "#9b9b9b", "#777", "#aaa"))
    below = rng.choice(
        ("", "", "border-bottom: 2px solid var(--muted);", "border-bottom: 1px solid var(--ink);")
    )
    corner = rng.choice((0, 2, 3, 4, 6, 8))
    shade = rng.choice(("none", "none", "inset 0 1px 2px rgba(0,0,0,.2)", "0 0 0 3px rgba(80,140,250,.45)"))
    resize = rng.choice(("none", "both"))
    return f"""
.sys ::placeholder {{ color: {grey}; }}
.sys .ctl {{ border-radius: {corner}px; {below} }}
.sys textarea {{ resize: {resize}; }}
.sys .ctl:focus {{ outline: none; box-shadow: {shade}; border-color: var(--accent); }}"""


class WindowFrame:
    """How the windows of one page are framed, by chance: their bars, edges, and the signs in their corners.

    Attributes:
        left: the buttons stand at the left, as on a Mac.
        lights: they are coloured discs.
        high: height of the bar, in CSS pixels.
    """

    def __init__(self, rng: random.Random) -> None:
        self.left = rng.random() < 0.4
        self.lights = rng.random() < (0.85 if self.left else 0.12)
        self.high = rng.choice((20, 22, 24, 26, 28, 30, 32, 38, 44))
        self.wide = rng.choice((18, 24, 30, 36, 46))
        self.boxed = not self.lights and rng.random() < 0.3
        self.centred = self.left or rng.random() < 0.3
        self.pictured = not self.left and rng.random() < 0.6
        self.corner = rng.choice((0, 0, 4, 6, 8, 10, 12))
        self.edge = rng.choice(
            ("1px solid var(--edge)", "1px solid rgba(0,0,0,.35)", "3px solid var(--accent)", "0")
        )
        self.shade = rng.choice(("0 10px 40px rgba(0,0,0,.45)", "0 2px 12px rgba(0,0,0,.35)", "none"))
        self.bold = rng.random() < 0.4
        self.red = rng.random() < 0.4
        fading = "color-mix(in srgb, var(--accent) 55%, #fff)"
        self.lively = rng.choice(
            (
                "background: var(--panel); color: var(--ink)",
                "background: var(--ground); color: var(--ink)",
                "background: var(--accent); color: #fff",
                f"background: linear-gradient(90deg, var(--accent), {fading}); color: #fff",
                "background: linear-gradient(#e9e9e9, #cfcfcf); color: #222",
                "background: #24262b; color: #eee",
            )
        )
        if self.edge == "0" and self.shade == "none":
            self.edge = "1px solid var(--muted)"

    def signs(self) -> list[tuple[str, str, str]]:
        """Name, path of its picture and style of each button of a bar, in the order in which they stand."""
        if self.lights:
            made = [
                (name, "", f"background:{colour};border-radius:50%;width:12px;height:12px;margin:0 4px")
                for name, colour in (("Close", "#ff5f57"), ("Minimize", "#febc2e"), ("Maximize", "#28c840"))
            ]
            return made if self.left else made[::-1]
        box = f"width:{self.wide}px;height:{self.high - (6 if self.boxed else 2)}px;"
        if self.boxed:
            box += "border:1px outset #ccc;background:#d4d0c8;color:#000;margin:0 1px;"
        close = box + ("background:#e04343;color:#fff;" if self.red else "")
        made = [
            ("Minimize", "M5 19h14" if self.boxed else "M5 12h14", box),
            ("Maximize", "M5 5h14v14H5z", box),
            ("Close", "M5 5l14 14M19 5L5 19", close),
        ]
        return made[::-1] if self.left else made
