"""The blocks of random pages: forms, tables, lists, tabs, menus, cards, dialogs and the like."""

from __future__ import annotations

from collections.abc import Callable

from deskhand.screens.pages.maker import Maker


def heading(m: Maker, level: int = 3) -> str:
    """A line of large text; 1 is the largest ``level``."""
    return f"<h{level} style='margin:.2em 0 .5em'>{m.say('nouns')}</h{level}>"


def form(m: Maker) -> str:
    """Labelled controls: labels to the left, above, or only inside."""
    manner = m.rng.choice(("left", "above", "inside", "left", "above"))
    lines = []
    for label in m.several("labels", 3, 7):
        if manner == "inside":
            lines.append(m.place(m.field(label))[0])
            continue
        control, own = m.place(m.control())
        colon = ":" if m.chance(0.3) else ""
        star = ' <span style="color:#c00">*</span>' if m.chance(0.1) else ""
        lines.append(f'<label for="{own}">{label}{colon}{star}</label>{control}')
        if manner == "above":
            lines.append('<div class="gap"></div>')
    if m.chance(0.4):
        lines.append(("<span></span>" if manner == "left" else "") + f"<div>{m.check_box()}</div>")
    feet = f'<div class="tools" style="margin-top:.8em">{m.button(main=True)}{m.button(main=False)}</div>'
    look = "row2" if manner == "left" else "stack"
    width = m.rng.choice((320, 420, 520, 640))
    gap = ' style="gap:.6em"' if manner == "inside" else ""
    inside = f'<div class="{look}"{gap}>{"".join(lines)}</div>{feet}'
    return f'<form style="max-width:{width}px" onsubmit="return false">{inside}</form>'


def choices(m: Maker) -> str:
    """Check boxes or radio buttons, in a column or a row."""
    kind = m.rng.choice(("checkbox", "radio"))
    name = m.new_id()
    texts = m.several("options", 2, 6)
    chosen = m.rng.randrange(len(texts))
    boxes = [
        m.check_box(kind, name, (number == chosen) if kind == "radio" else None, text)
        for number, text in enumerate(texts)
    ]
    if m.chance(0.3):
        return f'<div class="tools" style="gap:1.2em">{"".join(boxes)}</div>'
    inside = "".join(f'<div style="margin:.3em 0">{box}</div>' for box in boxes)
    if m.chance(0.3):
        frame = "border:1px solid var(--edge);max-width:24em"
        return f'<fieldset style="{frame}"><legend>{m.say("labels")}</legend>{inside}</fieldset>'
    return inside


def switches(m: Maker) -> str:
    """Toggle switches below each other."""
    return "".join(
        f'<div style="margin:.6em 0">{m.switch(text)}</div>' for text in m.several("options", 2, 6)
    )


def sliders(m: Maker) -> str:
    """Labelled sliders below each other, some with a number beside."""
    lines = []
    for label in m.several("labels", 1, 4):
        control, own = m.place(m.slider())
        value = f'<span class="muted">{m.rng.randint(0, 100)}</span>' if m.chance(0.5) else ""
        lines.append(f'<div style="margin:.4em 0"><label for="{own}">{label}</label> {control} {value}</div>')
    return "".join(lines)


def table(m: Maker) -> str:
    """A table to read, or a grid of cells of which one row is selected."""
    columns = m.several("labels", 3, 6)
    grid = m.chance(0.45)
    cell = ' data-truth="row"' if grid else ""
    chosen = m.rng.randrange(8)
    head = "".join(f"<th>{word}</th>" for word in columns)
    kinds = [m.rng.choice(("number", "people", "nouns", "link", "check")) for _ in columns]
    lines = []
    for number in range(m.rng.randint(3, 11)):
        cells = []
        for kind in kinds:
            if kind == "link" and not grid:
                cells.append(f"<td>{m.link()}</td>")
            elif kind == "check" and not grid:
                cells.append(f'<td><input type="checkbox"{" checked" if m.chance(0.4) else ""}></td>')
            else:
                word = (
                    m.words.number() if kind == "number" else m.say("people" if kind == "people" else "nouns")
                )
                picked = ' data-state="selected" class="sel"' if grid and number == chosen else ""
                cells.append(f"<td{cell}{picked}>{word}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def tabs(m: Maker) -> str:
    """A row of tabs, one of them chosen, and what it shows."""
    words = m.several("nouns", 2, 6)
    chosen = m.rng.randrange(len(words))
    heads = []
    for number, word in enumerate(words):
        mark = " active" if number == chosen else ""
        plain = "font-weight:bold" if m.kind == "plain" and mark else ""
        inner = f"{m.icon()} {word}" if m.chance(0.1) else word
        heads.append(
            f'<div class="tab{mark}" role="tab" style="{plain}" '
            f'aria-selected="{str(bool(mark)).lower()}">{inner}</div>'
        )
    inside = m.rng.choice((form, choices, prose, sliders, switches))(m)
    return (
        f'<div class="tablist">{"".join(heads)}</div><div class="tabbody" style="padding:1em">{inside}</div>'
    )


def prose(m: Maker) -> str:
    """Paragraphs with links in them."""
    parts = []
    for _ in range(m.rng.randint(1, 3)):
        words = m.words.paragraph(m.rng.randint(2, 6)).replace("&", "and").split(" ")
        for _ in range(m.rng.randint(0, 2)):
            at = m.rng.randrange(len(words))
            if not words[at].startswith("<"):
                words[at] = m.link(words[at])
        if m.chance(0.3):
            at = m.rng.randrange(len(words))
            words[at] = words[at] if "<" in words[at] else f"<b>{words[at]}</b>"
        parts.append(f"<p style='margin:.4em 0;max-width:{m.rng.randint(25, 60)}em'>{' '.join(words)}</p>")
    return heading(m) + "".join(parts)


def links(m: Maker) -> str:
    """A list of links, with or without bullets."""
    items = "".join(f"<li style='margin:.25em 0'>{m.link(word)}</li>" for word in m.several("nouns", 3, 9))
    return f'<ul class="{"plain" if m.chance(0.5) else ""}">{items}</ul>'


def rows(m: Maker) -> str:
    """A list to select from, in a frame that may scroll."""
    words = m.several(m.rng.choice(("nouns", "people", "options")), 4, 14)
    chosen = m.rng.randrange(len(words))
    picture = m.chance(0.3)
    lines = []
    for number, word in enumerate(words):
        mark = ' class="sel" aria-selected="true"' if number == chosen else ""
        lines.append(f'<div role="option"{mark}>{(m.icon() + " ") if picture else ""}{word}</div>')
    height = f"max-height:{m.rng.randint(5, 10)}em;" if m.chance(0.6) else ""
    width = m.rng.randint(150, 360)
    return f'<div class="scroller listbox" style="{height}max-width:{width}px">{"".join(lines)}</div>'


def native_list(m: Maker) -> str:
    """A list of the browser's own of which several entries are to be seen."""
    words = m.several("nouns", 4, 12)
    chosen = m.rng.randrange(len(words))
    options = "".join(
        f"<option{' selected' if n == chosen else ''}>{w}</option>" for n, w in enumerate(words)
    )
    look = "ctl" if m.kind in ("retro", "dense") else ""
    return f'<select size="{m.rng.randint(3, 8)}" class="{look}">{options}</select>'


def scroll_box(m: Maker) -> str:
    """Text that is larger than the box it scrolls in."""
    text = "".join(f"<p>{m.words.paragraph(4)}</p>" for _ in range(5))
    size = f"height:{m.rng.randint(80, 200)}px;width:{m.rng.randint(220, 480)}px"
    return f'<div class="scroller" style="{size}">{text}</div>'


def cards(m: Maker) -> str:
    """Cards side by side, each with a title, a sentence, and a button or a link."""
    found = []
    for _ in range(m.rng.randint(2, 6)):
        picture = (
            f'<div style="font-size:{m.rng.choice((30, 50, 70))}px;color:var(--muted)">{m.icon()}</div>'
            if m.chance(0.4)
            else ""
        )
        foot = m.button() if m.chance(0.6) else m.link()
        more = m.icon_button() if m.chance(0.3) else ""
        found.append(
            f'<div class="card">{picture}<b>{m.say("nouns")}</b><div class="muted">{m.say("sentences")}</div>'
            f'<div class="tools" style="margin-top:.5em">{foot}{more}</div></div>'
        )
    return f'<div class="grid" style="--n:{m.rng.randint(2, 3)}">{"".join(found)}</div>'


def toolbar(m: Maker) -> str:
    """Icon buttons in a row, with lines between some, at times with a list that drops down."""
    parts = []
    for _ in range(m.rng.randint(4, 14)):
        parts.append(m.icon_button())
        if m.chance(0.12):
            parts.append('<span style="border-left:1px solid var(--edge);height:1.4em;margin:0 .3em"></span>')
    if m.chance(0.3):
        parts.append(m.place(m.combo())[0])
    return f'<div class="tools">{"".join(parts)}</div>'


def search(m: Maker) -> str:
    """A field and a button beside it."""
    field = m.place(m.field(m.say("actions"), wide=False))[0]
    button = m.icon_button("Search") if m.chance(0.4) else m.button()
    return f'<div class="tools">{field}{button}</div>'


def pages(m: Maker) -> str:
    """Page numbers and crumbs."""
    numbers = "".join(
        f'<a href="#" class="plainlink" style="padding:.2em .5em">{n}</a>'
        for n in range(1, m.rng.randint(4, 9))
    )
    crumbs = f" {m.rng.choice('/>›»')} ".join(m.link() for _ in range(3))
    strip = f"{m.icon_button('Previous')}{numbers}{m.icon_button('Next')}"
    return f'<div style="margin-bottom:.6em">{crumbs}</div><div class="tools">{strip}</div>'


def tree(m: Maker) -> str:
    """Branches with arrows, some of them open."""
    lines = []
    for word in m.several("nouns", 3, 7):
        lines.append(_branch(m, word, 0, "Expand"))
        if m.chance(0.5):
            lines += [_branch(m, child, 1, "Next") for child in m.several("nouns", 1, 4)]
    return f'<div style="max-width:18em">{"".join(lines)}</div>'


def _branch(m: Maker, word: str, depth: int, mark: str) -> str:
    mark = m.icon(mark)
    chosen = ' class="sel" data-state="selected"' if m.chance(0.08) else ""
    return (
        f'<div style="padding-left:{depth * 1.4}em;margin:.15em 0"><span data-truth="icon">{mark}</span> '
        f'<span data-truth="row"{chosen}>{word}</span></div>'
    )


def files(m: Maker) -> str:
    """A folder of icons with names under them."""
    found = []
    for word in m.several("nouns", 4, 12):
        picture = m.icon(m.rng.choice(("Open", "New", "Image", "Copy")))
        chosen = ' class="sel" data-state="selected"' if m.chance(0.1) else ""
        found.append(
            f'<div data-truth="row"{chosen} style="width:7em;text-align:center;padding:.4em">'
            f'<div style="font-size:2.4em">{picture}</div>{word}</div>'
        )
    return f'<div class="tools">{"".join(found)}</div>'


def login(m: Maker) -> str:
    """A card with two fields, a check box, a button and a link."""
    fields = "".join(
        f'<div style="margin:.5em 0">{m.place(m.field(label))[0]}</div>'
        for label in m.several("labels", 2, 2)
    )
    return (
        f'<div class="card" style="max-width:300px">{heading(m, 2)}{fields}<div>{m.check_box()}</div>'
        f"<p>{m.button(main=True)}</p>{m.link()}</div>"
    )


def chat(m: Maker) -> str:
    """Messages from both sides, and the field for the next one."""
    lines = []
    for number in range(m.rng.randint(2, 5)):
        side = "margin-left:auto;" if number % 2 else ""
        lines.append(
            f'<div class="card" style="{side}max-width:60%;margin-bottom:.5em">{m.say("sentences")}</div>'
        )
    field = m.place(m.field(m.say("labels")))[0]
    return f'{"".join(lines)}<div style="display:flex;gap:.5em">{field}{m.icon_button("Send")}</div>'


def calendar(m: Maker) -> str:
    """A month with its days in seven columns, one of them chosen."""
    first = m.rng.randint(0, 6)
    days = [""] * first + [str(day) for day in range(1, 31)]
    cells = []
    today = m.rng.randint(1, 30)
    for day in days:
        if not day:
            cells.append("<span></span>")
            continue
        mark = ' class="sel" data-state="selected"' if int(day) == today else ""
        cells.append(
            f'<span{mark} data-truth="row" style="padding:.35em .5em;text-align:center">{day}</span>'
        )
    title = f"<b>{m.say('nouns')} 2026</b>"
    head = f'<div class="tools">{m.icon_button("Previous")}{title}{m.icon_button("Next")}</div>'
    return f'{head}<div style="display:grid;grid-template-columns:repeat(7,2.6em)">{"".join(cells)}</div>'


def stars(m: Maker) -> str:
    """A rating, and a count with plus and minus."""
    found = "".join(m.icon_button("Star") for _ in range(5))
    field = f'<input class="ctl" style="width:3.5em" value="{m.rng.randint(1, 9)}">'
    count = f"{m.icon_button('Remove')}{field}{m.icon_button('Add')}"
    return f'<div class="tools">{found}</div><div class="tools">{count}</div>'


def buttons(m: Maker) -> str:
    """Buttons in a row."""
    made = "".join(m.button(text) for text in m.several("actions", 2, 7))
    return f'<div class="tools" style="gap:.6em">{made}</div>'


BLOCKS: tuple[Callable[[Maker], str], ...] = (
    form, form, form, choices, choices, choices, switches, switches, sliders, table, table, tabs, tabs,
    prose, links, rows, rows, native_list, scroll_box, cards, toolbar, toolbar, search, pages, tree, files,
    login, chat, calendar, stars, buttons, buttons,
)  # fmt: skip
