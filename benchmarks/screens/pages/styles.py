"""Looks of random pages: palettes, fonts and ways to draw controls, as CSS."""

from __future__ import annotations

import random
from dataclasses import dataclass

FONTS = (
    "'DejaVu Sans'", "'DejaVu Serif'", "'Liberation Sans'", "'Liberation Serif'", "'Roboto'", "'Cantarell'",
    "'Open Sans'", "'Nimbus Sans'", "sans-serif", "serif", "'Noto Sans CJK SC'", "'DejaVu Sans Mono'",
)  # fmt: skip
KINDS = ("plain", "boot", "flat", "line", "outline", "soft", "retro", "dense")
CHECKS = ("native", "accent", "drawn", "span")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a page, each as CSS."""

    ground: str
    ink: str
    panel: str
    edge: str
    accent: str
    on_accent: str
    muted: str
    dark: bool = False


LIGHT = (
    ("#ffffff", "#212529", "#f8f9fa", "#ced4da", "#6c757d"),
    ("#ffffff", "#000000", "#ffffff", "#808080", "#555555"),
    ("#f0f2f5", "#1c1e21", "#ffffff", "#dddfe2", "#65676b"),
    ("#f6f8fa", "#24292f", "#ffffff", "#d0d7de", "#57606a"),
    ("#fdf6e3", "#073642", "#fefbf1", "#d5ccb0", "#657b83"),
    ("#e9eef5", "#1b2a41", "#f7fafd", "#b5c2d3", "#5b6b80"),
    ("#f3e9e2", "#3b2a20", "#fbf5f1", "#d0b8a8", "#7d6455"),
    ("#c0c0c0", "#000000", "#d4d0c8", "#808080", "#404040"),
    ("#ffffff", "#333333", "#fafafa", "#e5e5e5", "#777777"),
)
DARK = (
    ("#121212", "#e0e0e0", "#1e1e1e", "#3a3a3a", "#9e9e9e"),
    ("#0d1117", "#c9d1d9", "#161b22", "#30363d", "#8b949e"),
    ("#282a36", "#f8f8f2", "#343746", "#6272a4", "#a0a8c8"),
    ("#1b2b34", "#d8dee9", "#243742", "#4f5b66", "#a7adba"),
    ("#2d2d2d", "#f2f2f2", "#383838", "#5a5a5a", "#b0b0b0"),
)
ACCENTS = (
    "#0d6efd", "#198754", "#dc3545", "#6f42c1", "#fd7e14", "#0f766e", "#d63384", "#1a73e8", "#333333", "#b45309",
    "#2563eb", "#7c3aed", "#0891b2", "#16a34a",
)  # fmt: skip


def palette(rng: random.Random) -> Palette:
    """A palette by chance; two of five are dark."""
    dark = rng.random() < 0.35
    ground, ink, panel, edge, muted = rng.choice(DARK if dark else LIGHT)
    return Palette(ground, ink, panel, edge, rng.choice(ACCENTS), "#ffffff", muted, dark)


_COMMON = """
* { box-sizing: border-box; }
html, body { margin: 0; padding: 0; }
body { min-height: 100vh; }
button, input, select, textarea { font: inherit; }
a { color: var(--link); }
.plainlink { text-decoration: none; }
.bar { display: flex; align-items: center; gap: 1.1em; padding: .55em 1em; }
.bar .push { flex: 1; }
.cols { display: flex; gap: 1.2em; padding: 1em; align-items: flex-start; }
.side { flex: 0 0 13em; }
.column { flex: 1; min-width: 0; }
.block { margin: 0 0 1.3em; }
.grid { display: grid; gap: .8em; grid-template-columns: repeat(var(--n, 3), minmax(0, 1fr)); }
.card { padding: .9em; }
.row2 { display: grid; grid-template-columns: 9em minmax(0, 1fr); gap: .55em .8em; align-items: center; }
.stack { display: grid; gap: .3em; }
.stack .gap { margin-top: .5em; }
.tools { display: flex; gap: .3em; align-items: center; flex-wrap: wrap; }
.muted { color: var(--muted); }
.ic { width: 1.25em; height: 1.25em; vertical-align: middle; display: inline-block; }
.iconbtn { display: inline-flex; padding: .35em; cursor: pointer; background: none; border: 0; color: inherit; }
ul.plain { list-style: none; margin: 0; padding: 0; }
.tablist { display: flex; gap: .2em; }
.menu { position: absolute; z-index: 20; padding: .3em 0; min-width: 11em; background: var(--panel); color: var(--ink);
  border: 1px solid var(--edge); }
.menu > div { padding: .3em 1em; cursor: default; display: flex; gap: .6em; align-items: center; }
.menu > hr { border: 0; border-top: 1px solid var(--edge); margin: .3em 0; }
.veil { position: fixed; inset: 0; background: rgba(0,0,0,.4); z-index: 30; }
.dialog { position: fixed; z-index: 40; background: var(--panel); color: var(--ink); border: 1px solid var(--edge); }
.dialog .head { display: flex; align-items: center; padding: .6em .9em; }
.dialog .body { padding: .9em; }
.dialog .feet { display: flex; gap: .5em; justify-content: flex-end; padding: .6em .9em; }
.scroller { overflow: auto; border: 1px solid var(--edge); padding: .4em; }
.listbox > div { padding: .25em .6em; cursor: default; }
.sel { background: var(--accent); color: var(--on-accent); }
table { border-collapse: collapse; }
th, td { padding: .35em .7em; text-align: left; }
label { cursor: default; }
.hid { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.mark { display: inline-block; width: 1.05em; height: 1.05em; vertical-align: -.15em; border: 1.5px solid var(--muted);
  margin-right: .4em; position: relative; background: var(--panel); }
.mark.round { border-radius: 50%; }
.hid:checked + .mark { background: var(--accent); border-color: var(--accent); }
.hid:checked + .mark::after { content: ""; position: absolute; left: 28%; top: 5%; width: 30%; height: 62%;
  border: solid #fff; border-width: 0 2px 2px 0; transform: rotate(45deg); box-sizing: border-box; }
.hid:checked + .mark.round::after { left: 25%; top: 25%; width: 50%; height: 50%; background: #fff; border: 0;
  border-radius: 50%; }
.drawn { appearance: none; width: 1.1em; height: 1.1em; border: 1.5px solid var(--muted); margin: 0 .35em 0 0;
  vertical-align: -.2em; background: var(--panel); display: inline-grid; place-content: center; }
.drawn[type=radio] { border-radius: 50%; }
.drawn:checked { border-color: var(--accent); }
.drawn:checked::before { content: ""; width: .6em; height: .6em; background: var(--accent); }
.drawn[type=radio]:checked::before { border-radius: 50%; }
.switch { appearance: none; width: 2.3em; height: 1.25em; border-radius: 1em; background: var(--edge); position: relative;
  margin: 0 .5em 0 0; vertical-align: -.25em; flex: none; }
.switch::before { content: ""; position: absolute; left: .15em; top: .15em; width: .95em; height: .95em;
  border-radius: 50%; background: #fff; }
.switch:checked { background: var(--accent); }
.switch:checked::before { left: 1.2em; }
.accent input { accent-color: var(--accent); }
.btn:disabled, .ctl:disabled, .iconbtn:disabled, .switch:disabled, .drawn:disabled, .hid:disabled + .mark,
[aria-disabled=true] { opacity: .55; }
"""

_CONTROLS = {
    "plain": "",
    "boot": """
.ctl, .btn { border: 1px solid var(--edge); border-radius: 4px; padding: .37em .75em; background: var(--panel); color: inherit; }
.wide { width: 100%; }
.btn { background: var(--muted); color: #fff; border-color: var(--muted); }
.btn.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.card, .tabbody { border: 1px solid var(--edge); border-radius: 4px; background: var(--panel); }
.tab { padding: .45em 1em; border: 1px solid transparent; border-radius: 4px 4px 0 0; }
.tab.active { border-color: var(--edge); border-bottom-color: var(--panel); background: var(--panel); }
.bar { background: var(--panel); border-bottom: 1px solid var(--edge); }
tr { border-top: 1px solid var(--edge); }
""",
    "flat": """
.ctl { border: 0; padding: .5em .8em; background: color-mix(in srgb, var(--ink) 9%, var(--panel)); color: inherit; }
.wide { width: 100%; }
.btn { border: 0; padding: .5em 1.1em; background: color-mix(in srgb, var(--ink) 14%, var(--panel)); color: inherit; }
.btn.main { background: var(--accent); color: var(--on-accent); }
.card, .tabbody { background: var(--panel); }
.tab { padding: .6em 1em; } .tab.active { background: var(--accent); color: var(--on-accent); }
.bar { background: var(--accent); color: var(--on-accent); --link: var(--on-accent); }
tr:nth-child(even) { background: color-mix(in srgb, var(--ink) 6%, var(--ground)); }
""",
    "line": """
.ctl { border: 0; border-bottom: 1px solid var(--muted); padding: .4em .1em; background: transparent; color: inherit; }
.wide { width: 100%; }
.btn { border: 0; background: none; color: var(--accent); text-transform: uppercase; padding: .5em .6em; letter-spacing: .05em; }
.btn.main { background: var(--accent); color: var(--on-accent); padding: .5em 1.1em; border-radius: 3px;
  box-shadow: 0 2px 4px rgba(0,0,0,.35); }
.card, .tabbody { background: var(--panel); box-shadow: 0 1px 4px rgba(0,0,0,.3); }
.tab { padding: .6em 1em; text-transform: uppercase; } .tab.active { border-bottom: 2px solid var(--accent); color: var(--accent); }
.bar { background: var(--accent); color: var(--on-accent); --link: var(--on-accent); box-shadow: 0 2px 5px rgba(0,0,0,.3); }
tr { border-bottom: 1px solid var(--edge); }
""",
    "outline": """
.ctl, .btn { border: 2px solid var(--ink); padding: .35em .7em; background: var(--ground); color: inherit; }
.wide { width: 100%; }
.btn.main { background: var(--ink); color: var(--ground); }
.card, .tabbody { border: 2px solid var(--ink); }
.tab { padding: .4em .9em; border: 2px solid var(--ink); } .tab.active { background: var(--ink); color: var(--ground); }
.bar { border-bottom: 2px solid var(--ink); }
th, td { border: 1px solid var(--ink); }
""",
    "soft": """
.ctl, .btn { border: 1px solid var(--edge); border-radius: 999px; padding: .45em 1.1em; background: var(--panel); color: inherit; }
textarea.ctl { border-radius: 14px; }
.wide { width: 100%; }
.btn.main { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
.card, .tabbody, .dialog { border-radius: 14px; background: var(--panel); box-shadow: 0 4px 14px rgba(0,0,0,.15); }
.tab { padding: .4em 1.1em; border-radius: 999px; } .tab.active { background: var(--accent); color: var(--on-accent); }
.bar { background: var(--panel); box-shadow: 0 1px 6px rgba(0,0,0,.15); }
.drawn[type=checkbox], .mark { border-radius: 4px; } .mark.round { border-radius: 50%; }
tr + tr { border-top: 1px solid var(--edge); }
""",
    "retro": """
.ctl { border: 2px inset #b0b0b0; padding: 2px 4px; } .btn { border: 2px outset #c8c8c8; padding: 2px 12px; background: #d4d0c8; color: #000; }
.card, .tabbody { border: 2px groove #c0c0c0; }
.tab { padding: .25em .8em; border: 2px outset #c8c8c8; border-bottom: 0; background: #d4d0c8; color: #000; }
.tab.active { padding-bottom: .4em; font-weight: bold; }
.bar { background: #d4d0c8; color: #000; --link: #000080; border-bottom: 2px groove #c0c0c0; }
th { background: #d4d0c8; color: #000; } th, td { border: 1px solid #808080; }
""",
    "dense": """
.ctl, .btn { border: 1px solid var(--edge); border-radius: 2px; padding: .12em .45em; background: var(--panel); color: inherit; }
.btn { background: color-mix(in srgb, var(--ink) 8%, var(--panel)); }
.btn.main { background: var(--accent); color: var(--on-accent); }
.card, .tabbody { border: 1px solid var(--edge); padding: .5em; }
.tab { padding: .2em .7em; border: 1px solid var(--edge); border-bottom: 0; color: var(--muted); }
.tab.active { color: var(--ink); background: var(--panel); border-top: 2px solid var(--accent); }
.bar { background: var(--panel); border-bottom: 1px solid var(--edge); padding: .25em .7em; gap: .8em; }
th, td { padding: .12em .5em; border: 1px solid var(--edge); } th { background: var(--panel); }
.row2 { gap: .25em .6em; }
""",
}


def sheet(kind: str, colours: Palette, font: str, pixels: float) -> str:
    """The style sheet of a page: ``kind`` of ``KINDS``, letters of ``pixels`` CSS pixels."""
    link = "#8ab4f8" if colours.dark else "#0b57d0"
    names = {
        "ground": colours.ground, "ink": colours.ink, "panel": colours.panel, "edge": colours.edge,
        "accent": colours.accent, "on-accent": colours.on_accent, "muted": colours.muted, "link": link,
    }  # fmt: skip
    variables = " ".join(f"--{name}: {value};" for name, value in names.items())
    scheme = "dark" if colours.dark else "light"
    own = f":root {{ {variables} color-scheme: {scheme}; }}\n"
    own += f"body {{ background: var(--ground); color: var(--ink); font: {pixels:g}px/1.4 {font}, sans-serif; }}\n"
    return own + _COMMON + _CONTROLS[kind]
