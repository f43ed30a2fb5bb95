"""A whole random page: bars, columns of blocks, and what may lie over them."""

from __future__ import annotations

import random

from deskhand.screens.pages import blocks
from deskhand.screens.pages.maker import Maker, document
from deskhand.screens.pages.systems import other_controls


def random_page(rng: random.Random) -> str:
    """HTML of a page that looks and holds what chance has it."""
    m = Maker(rng)
    look = other_controls(m) if m.chance(0.4) else ""
    bars = "".join(
        bar(m) for bar in rng.choice(((), (_nav,), (_menu_bar,), (_menu_bar, _tool_bar), (_nav, _tool_bar)))
    )
    side = f'<div class="side">{_side(m)}</div>' if m.chance(0.5) else ""
    count = rng.choice((1, 2, 2))
    columns = "".join(f'<div class="column">{_column(m, rng.randint(2, 6))}</div>' for _ in range(count))
    body = f'{bars}<div class="cols">{side}{columns}</div>'
    return document(m, body, look + _over(m) + _touch(m))


def _column(m: Maker, most: int) -> str:
    found = []
    for _ in range(most):
        title = blocks.heading(m) if m.chance(0.35) else ""
        found.append(f'<div class="block">{title}{m.rng.choice(blocks.BLOCKS)(m)}</div>')
    return "".join(found)


def _nav(m: Maker) -> str:
    brand = f"<b>{m.say('nouns')}</b>" if m.chance(0.7) else m.icon_button("Menu")
    items = "".join(m.link(word) for word in m.several("nouns", 2, 6))
    end = "".join(m.icon_button() for _ in range(m.rng.randint(0, 3)))
    field = m.place(m.field(m.say("actions"), wide=False))[0] if m.chance(0.3) else ""
    button = m.button() if m.chance(0.3) else ""
    return f'<div class="bar">{brand}{items}<span class="push"></span>{field}{end}{button}</div>'


def _menu_bar(m: Maker) -> str:
    items = "".join(
        f'<span role="menuitem" style="padding:.15em .5em">{word}</span>' for word in m.several("nouns", 3, 8)
    )
    return f'<div class="bar" style="gap:.3em;padding:.2em .4em">{items}</div>'


def _tool_bar(m: Maker) -> str:
    return f'<div class="bar" style="padding:.25em .5em">{blocks.toolbar(m)}</div>'


def _side(m: Maker) -> str:
    return m.rng.choice((blocks.links, blocks.tree, blocks.rows, _icon_strip))(m)


def _icon_strip(m: Maker) -> str:
    items = []
    for word in m.several("nouns", 3, 8):
        chosen = ' class="sel" aria-selected="true"' if m.chance(0.15) else ""
        items.append(f'<div role="option"{chosen} style="padding:.4em .7em">{m.icon()} &nbsp;{word}</div>')
    return "".join(items)


def _over(m: Maker) -> str:
    """A dialog, an open menu, or nothing."""
    chance = m.rng.random()
    if chance < 0.2:
        return _dialog(m)
    if chance < 0.38:
        return _menu(m)
    return ""


def _menu(m: Maker) -> str:
    items = []
    picture = m.chance(0.4)
    for word in m.several("actions", 3, 10):
        state = ' class="sel" data-state="selected"' if m.chance(0.1) else ""
        off = ' aria-disabled="true"' if m.chance(0.12) else ""
        keys = (
            f'<span class="muted" data-keys style="margin-left:auto">Ctrl+{m.rng.choice("ABCDNOPSVX")}</span>'
            if m.chance(0.3)
            else ""
        )
        items.append(f'<div role="menuitem"{state}{off}>{m.icon() if picture else ""}{word}{keys}</div>')
        if m.chance(0.15):
            items.append("<hr>")
    left, top = m.rng.randint(10, 700), m.rng.randint(20, 300)
    shadow = "box-shadow:0 4px 12px rgba(0,0,0,.3);" if m.chance(0.6) else ""
    return f'<div class="menu" style="left:{left}px;top:{top}px;{shadow}">{"".join(items)}</div>'


def _dialog(m: Maker) -> str:
    inside = m.rng.choice((blocks.form, blocks.choices, blocks.prose, blocks.rows, blocks.sliders))(m)
    close = m.icon_button("Close") if m.chance(0.7) else ""
    strip = m.chance(0.5)
    colour = (
        "background:var(--accent);color:var(--on-accent);"
        if m.chance(0.5)
        else "border-bottom:1px solid var(--edge);"
    )
    title = ' data-truth="titlebar"' if strip else ""
    paint = colour if strip else ""
    head = f'<div class="head"{title} style="{paint}"><b style="flex:1">{m.say("nouns")}</b>{close}</div>'
    feet = "".join(m.button(text) for text in m.several("actions", 1, 3))
    width = m.rng.randint(280, 520)
    left, top = m.rng.randint(40, 600), m.rng.randint(30, 180)
    veil = "<div class='veil' data-veil></div>" if m.chance(0.5) else ""
    shadow = "box-shadow:0 8px 30px rgba(0,0,0,.4);" if m.chance(0.6) else ""
    return (
        f'{veil}<div class="dialog" role="dialog" '
        f'style="width:{width}px;left:{left}px;top:{top}px;{shadow}">{head}'
        f'<div class="body">{inside}</div><div class="feet">{feet}</div></div>'
    )


def _touch(m: Maker) -> str:
    """What somebody did with the page: a field with the focus, a text that is selected, nothing."""
    chance = m.rng.random()
    pick = m.rng.randrange(1000)
    if chance < 0.5:
        return (
            "<script>addEventListener('load',()=>{const all=[...document.querySelectorAll("
            "'input:not(.hid):not(:disabled),textarea:not(:disabled),button:not(:disabled),"
            "select:not(:disabled)')];"
            f"if(all.length)all[{pick}%all.length].focus({{preventScroll:true}});}});</script>"
        )
    if chance < 0.6:
        return (
            "<script>addEventListener('load',()=>{const all=[...document.querySelectorAll('p')];"
            f"if(all.length)getSelection().selectAllChildren(all[{pick}%all.length]);}});</script>"
        )
    if chance < 0.75:
        return f"<script>addEventListener('load',()=>scrollTo(0,{pick % 400}));</script>"
    return ""
