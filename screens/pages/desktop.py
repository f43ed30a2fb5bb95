"""Random desktops of other systems, as a page: windows over each other, icons with names, a bar or a dock.

Programs of this machine look like this machine. A screen of another system comes as a picture, from a remote
desktop or a virtual machine; its windows overlap and its controls are drawn otherwise (``systems``).
"""

from __future__ import annotations

import random

from deskhand.screens.pages import blocks, icons
from deskhand.screens.pages.maker import Maker, document
from deskhand.screens.pages.systems import WindowFrame, other_controls

CONTENTS = (
    blocks.form, blocks.form, blocks.choices, blocks.choices, blocks.choices, blocks.switches, blocks.sliders,
    blocks.sliders, blocks.rows, blocks.files, blocks.tree, blocks.prose, blocks.table, blocks.tabs,
    blocks.tabs,
    blocks.buttons, blocks.toolbar, blocks.scroll_box, blocks.search, blocks.native_list,
)  # fmt: skip
SKIES = (
    "linear-gradient(160deg, {a}, {b})",
    "radial-gradient(circle at 30% 20%, {a}, {b} 70%)",
    "{a}",
    "repeating-linear-gradient(45deg, {a} 0 60px, {b} 60px 130px)",
    "radial-gradient(circle at 75% 80%, {b} 0 18%, {a} 60%), {a}",
)


def desktop_page(rng: random.Random) -> str:
    """HTML of a desktop with one to four windows, or with one dialog over a window that is in front."""
    m = Maker(rng)
    look = other_controls(m)
    frame = WindowFrame(rng)
    count = rng.choice((1, 2, 2, 3, 3, 4))
    windows = "".join(_window(m, frame, number, number == count - 1) for number in range(count))
    over = _dialog(m, frame) if m.chance(0.4) else ""
    body = f'<div class="sky">{_icons(m)}{windows}{over}{_bar(m)}{_menu_bar(m) if frame.left else ""}</div>'
    return document(m, body, f"<style>{_rules(m)}</style>{look}")


def _rules(m: Maker) -> str:
    rng = m.rng
    a, b = (f"hsl({rng.randrange(360)} {rng.randint(10, 70)}% {rng.randint(12, 80)}%)" for _ in range(2))
    sky = rng.choice(SKIES).format(a=a, b=b)
    large = rng.choice((32, 40, 48))
    return f"""
body {{ overflow: hidden; }}
.sky {{ position: fixed; inset: 0; background: {sky}; }}
.win {{ position: absolute; display: flex; flex-direction: column; overflow: hidden;
  background: var(--panel); color: var(--ink); }}
.title {{ display: flex; align-items: center; flex: none; padding: 0 6px; overflow: hidden;
  white-space: nowrap; }}
.title .name {{ flex: 1; overflow: hidden; }}
.title button {{ display: inline-flex; align-items: center; justify-content: center; border: 0; padding: 0;
  background: none; color: inherit; flex: none; }}
.title svg {{ width: 11px; height: 11px; }}
.inside {{ flex: 1; padding: {rng.choice((6, 10, 14, 20))}px; overflow: hidden; }}
.strip {{ display: flex; gap: .2em; padding: 1px 4px; flex: none; }}
.strip span {{ padding: .15em .6em; }}
.spot {{ position: absolute; width: {rng.choice((72, 84, 96))}px; text-align: center; color: #fff;
  text-shadow: 0 1px 2px #000; padding: 4px 2px; line-height: 1.2; }}
.spot .ic {{ width: {large}px; height: {large}px; display: block; margin: 0 auto 3px; }}
.dock {{ position: absolute; z-index: 90; display: flex; align-items: center; gap: 2px; }}
.dock button {{ border: 0; background: none; color: inherit; padding: 6px 9px; }}
.dock .ic {{ width: 22px; height: 22px; }}
"""


def _icons(m: Maker) -> str:
    """Files and programs on the desktop, close to each other; their names are next to one another."""
    if m.chance(0.3):
        return ""
    step_x, step_y = m.rng.choice(((76, 84), (90, 96), (102, 100)))
    down = m.chance(0.6)
    start = m.rng.choice((4, 1190)) if down else 4
    found = []
    for number, word in enumerate(m.several("nouns", 3, 10)):
        place = (0, number) if down else (number, 0)
        left, top = start + place[0] * step_x, 30 + place[1] * step_y
        colour = f"hsl({m.rng.randrange(360)} 60% 70%)"
        picture = icons.svg(
            m.rng.choice(("Open", "New", "Image", "Copy", "Delete", "Home")), filled=m.chance(0.3)
        )
        name = f"{word} {m.rng.randint(1, 99)}" if m.chance(0.3) else word
        found.append(
            f'<div class="spot" data-truth="row" style="left:{left}px;top:{top}px">'
            f'<span style="color:{colour}">{picture}</span>{name}</div>'
        )
    return "".join(found)


def _title(m: Maker, frame: WindowFrame, text: str, front: bool) -> str:
    buttons = "".join(
        f'<button title="{name}" style="{style}">'
        + (
            '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.4">'
            f'<path d="{path}"/></svg>'
            if path
            else ""
        )
        + "</button>"
        for name, path, style in frame.signs()
    )
    picture = f'<span style="margin-right:6px">{m.icon()}</span>' if frame.pictured else ""
    align = "text-align:center;" if frame.centred else ""
    weight = "font-weight:bold;" if frame.bold else ""
    dull = "" if front else "filter:saturate(.4) opacity(.85);"
    name = f'<span class="name" style="{align}{weight}">{text}</span>'
    inner = f"{buttons}{name}" if frame.left else f"{picture}{name}{buttons}"
    style = f"height:{frame.high}px;{frame.lively};{dull}"
    return f'<div class="title" data-truth="titlebar" style="{style}">{inner}</div>'


def _window(m: Maker, frame: WindowFrame, number: int, front: bool) -> str:
    rng = m.rng
    width, height = rng.randint(280, 860), rng.randint(220, 640)
    left, top = rng.randint(-40, max(0, 1240 - width)), rng.randint(24, max(30, 740 - height))
    strip = "".join(f'<span data-truth="menuitem">{word}</span>' for word in m.several("nouns", 3, 7))
    menus = f'<div class="strip">{strip}</div>' if m.chance(0.35) else ""
    tools = f'<div class="strip">{blocks.toolbar(m)}</div>' if m.chance(0.35) else ""
    columns = 2 if width > 560 and m.chance(0.5) else 1
    inside = "".join(
        f'<div class="column">{"".join(_block(m) for _ in range(rng.randint(1, 4)))}</div>'
        for _ in range(columns)
    )
    if m.chance(0.15):
        text = m.say("sentences") if m.chance(0.7) else ""
        fills = "position:absolute;inset:0;width:100%;border:0"
        inside = f'<textarea class="ctl" style="{fills}" placeholder="{m.say("labels")}">{text}</textarea>'
    style = f"left:{left}px;top:{top}px;width:{width}px;height:{height}px;z-index:{10 + number};"
    style += f"border:{frame.edge};border-radius:{frame.corner}px;box-shadow:{frame.shade};"
    return (
        f'<div class="win" data-truth="window" style="{style}">'
        f"{_title(m, frame, m.say('nouns'), front)}{menus}{tools}"
        f'<div class="inside" style="position:relative"><div class="cols" style="padding:0">{inside}</div>'
        "</div></div>"
    )


def _block(m: Maker) -> str:
    title = blocks.heading(m) if m.chance(0.25) else ""
    return f'<div class="block">{title}{m.rng.choice(CONTENTS)(m)}</div>'


def _dialog(m: Maker, frame: WindowFrame) -> str:
    """A question over everything: a sentence, sometimes a field or boxes to tick, and buttons."""
    rng = m.rng
    more = rng.choice(
        (
            lambda: "",
            lambda: "",
            lambda: blocks.choices(m),
            lambda: m.place(m.field())[0],
            lambda: m.check_box(),
        )
    )()
    picture = (
        f'<span style="font-size:34px;color:var(--accent)">{m.icon(rng.choice(("Warning", "Info")))}</span>'
        if m.chance(0.6)
        else ""
    )
    feet = "".join(m.button(text) for text in m.several("actions", 1, 3))
    width = rng.randint(300, 520)
    left, top = rng.randint(120, 640), rng.randint(90, 380)
    title = _title(m, frame, m.say("nouns"), True) if m.chance(0.85) else ""
    style = f"left:{left}px;top:{top}px;width:{width}px;z-index:60;border:{frame.edge};"
    style += f"border-radius:{frame.corner}px;box-shadow:{frame.shade};"
    side = rng.choice(("flex-end", "flex-end", "center"))
    return (
        f'<div class="win" data-truth="window" style="{style}">{title}'
        f'<div class="inside" style="display:flex;gap:12px">{picture}<div style="flex:1">{m.say("sentences")}'
        f'<div style="margin-top:.6em">{more}</div></div></div>'
        f'<div class="tools" style="justify-content:{side};padding:10px;gap:.6em">{feet}</div></div>'
    )


def _bar(m: Maker) -> str:
    """A task bar along an edge, or a dock in the middle of the lower one."""
    rng = m.rng
    programs = "".join(m.icon_button() for _ in range(rng.randint(4, 10)))
    ground = rng.choice(("rgba(20,22,28,.88)", "rgba(245,245,248,.9)", "var(--accent)", "#c0c0c0"))
    ink = "#111" if ground in ("rgba(245,245,248,.9)", "#c0c0c0") else "#fff"
    high = rng.choice((28, 34, 40, 48))
    clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    if m.chance(0.35):
        width = rng.randint(380, 760)
        return (
            f'<div class="dock" style="left:calc(50% - {width // 2}px);width:{width}px;bottom:6px;'
            f'justify-content:center;background:{ground};color:{ink};border-radius:14px;padding:4px">{programs}</div>'
        )
    start = (
        f'<button style="font-weight:bold">{m.say("actions")}</button>'
        if m.chance(0.4)
        else m.icon_button("Grid")
    )
    find = (
        f'<input class="ctl" style="width:180px" placeholder="{m.say("actions")}">' if m.chance(0.3) else ""
    )
    open_now = "".join(
        f'<button style="border:1px solid #8888;min-width:110px;text-align:left">{word}</button>'
        for word in m.several("nouns", 0, 3)
    )
    tray = "".join(m.icon_button() for _ in range(rng.randint(1, 4)))
    return (
        f'<div class="dock" style="left:0;right:0;bottom:0;height:{high}px;background:{ground};color:{ink}">'
        f'{start}{find}{programs}{open_now}<span style="flex:1"></span>{tray}'
        f'<span style="padding:0 10px">{clock}</span></div>'
    )


def _menu_bar(m: Maker) -> str:
    """The menus of the program in front, along the upper edge of the screen."""
    words = "".join(f'<span data-truth="menuitem">{word}</span>' for word in m.several("nouns", 4, 8))
    ground = m.rng.choice(("rgba(250,250,250,.85)", "rgba(30,30,34,.8)"))
    ink = "#111" if ground.startswith("rgba(250") else "#fff"
    return (
        '<div class="dock strip" style="left:0;right:0;top:0;height:24px;font-size:13px;'
        f'background:{ground};color:{ink}">{words}<span style="flex:1"></span>'
        f"<span>{m.rng.randint(1, 12)}:{m.rng.randint(10, 59)}</span></div>"
    )
