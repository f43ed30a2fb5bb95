"""The parts of composed pages: each draws itself in a page's look and says what can be wanted of it."""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deskhand.actions.vocabulary import Click, Type
from deskhand.benchmarks.browsing.moves import Do, Moves, TaskPage
from deskhand.benchmarks.composing.goals import Goal, Within
from deskhand.benchmarks.composing.wording import DistinctWords, sentences
from deskhand.benchmarks.suites.composed.doing import by_id, click, fill, into_view, set_to
from deskhand.screens.pages import icons
from deskhand.screens.pages.maker import Maker

NEAR = 6
"""How far off a slider may be, of 100."""
MOST_ROWS = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page.

    Attributes:
        markup: of the part.
        goals: what can be wanted of it.
    """

    markup: str
    goals: tuple[Goal[TaskPage], ...]


class Drawing(DistinctWords):
    """What the parts of one page are made with; no text stands on it twice.

    Args:
        chance: the same one makes the same page.
    """

    def __init__(self, chance: random.Random) -> None:
        self.maker = Maker(chance, "en")
        super().__init__(chance, self.maker.words)

    def new_id(self) -> str:
        """Of an element."""
        return self.maker.new_id()


def fields(d: Drawing) -> Part:
    """Fields with labels beside, above or inside them."""
    manner = d.chance.choice(("left", "above", "inside"))
    lines, goals = [], []
    for label in d.several("labels", 1, 4):
        own, value = d.new_id(), _typed(d) if d.chance.random() < 0.4 else ""
        hint = f' placeholder="{html.escape(label)}"' if manner == "inside" else ""
        value = "" if manner == "inside" else value
        control = f'<input id="{own}" class="ctl wide" type="text" value="{html.escape(value)}"{hint}>'
        name = "" if manner == "inside" else f'<label for="{own}">{html.escape(label)}</label>'
        lines.append(f"{name}{control}")
        goals.append(_typing(d, own, label))
        if value:
            goals.append(_emptying(own, label))
    look = "row2" if manner == "left" else "stack"
    return Part(f'<div class="{look}" style="max-width:440px">{"".join(lines)}</div>', tuple(goals))


def area(d: Drawing) -> Part:
    """A field of several lines."""
    own, label = d.new_id(), d.word("labels")
    text = html.escape(d.words.paragraph(2)) if d.chance.random() < 0.4 else ""
    control = f'<textarea id="{own}" class="ctl wide" rows="{d.chance.randint(2, 5)}">{text}</textarea>'
    name = f'<label for="{own}">{html.escape(label)}</label>'
    markup = f'<div class="stack" style="max-width:420px">{name}{control}</div>'
    return Part(markup, (_typing(d, own, label),))


def check_boxes(d: Drawing) -> Part:
    """Check boxes or switches, some of them set."""
    switches = d.chance.random() < 0.3
    lines, goals = [], []
    for text in d.several("options", 2, 5):
        own, now = d.new_id(), d.chance.random() < 0.45
        if switches:
            lines.append(f'<div style="margin:.6em 0">{d.maker.switch(html.escape(text), own, now)}</div>')
        else:
            box = d.maker.check_box("checkbox", checked=now, text=html.escape(text), own=own)
            lines.append(f'<div style="margin:.3em 0">{box}</div>')
        goals.append(_ticking(own, text, now))
    return Part("".join(lines), tuple(goals))


def radio_buttons(d: Drawing) -> Part:
    """Radio buttons, one of them chosen."""
    texts, group = d.several("options", 2, 5), d.new_id()
    chosen = d.chance.randrange(len(texts))
    owns = [d.new_id() for _ in texts]
    boxes = [
        d.maker.check_box("radio", group, number == chosen, html.escape(text), owns[number])
        for number, text in enumerate(texts)
    ]
    goals = [
        Goal(
            sentences("option"),
            {"name": text},
            {one: one == own for one in owns},
            _clicking(_mark(own), f"the option {text!r}"),
        )
        for text, own in zip(texts, owns, strict=True)
        if own != owns[chosen]
    ]
    return Part("".join(f'<div style="margin:.3em 0">{box}</div>' for box in boxes), tuple(goals))


def combo(d: Drawing) -> Part:
    """A list that drops down."""
    own, label, entries = d.new_id(), d.word("labels"), d.several("nouns", 3, 7)
    options = "".join(f"<option>{html.escape(entry)}</option>" for entry in entries)
    markup = (
        f'<label for="{own}">{html.escape(label)}</label> <select id="{own}" class="ctl">{options}</select>'
    )

    def goal(entry: str) -> Goal[TaskPage]:
        def doing(page: TaskPage) -> Moves:
            if not page.js(f"document.activeElement === {by_id(own)}"):
                yield from click(page, by_id(own), f"the list {label!r}, to open it")
            yield Do(f"I type {entry!r} and press enter.", (Type(text=entry, submit=True),))

        said = sentences("combo")
        return Goal(said, {"name": entry, "list": label}, {own: entry}, doing)

    return Part(markup, tuple(goal(entry) for entry in entries[1:]))


def slider(d: Drawing) -> Part:
    """A slider from 0 to 100."""
    own, label, now = d.new_id(), d.word("labels"), d.chance.randint(0, 100)
    width = d.chance.choice((160, 220, 300))
    markup = (
        f'<label for="{own}">{html.escape(label)}</label> '
        f'<input id="{own}" type="range" value="{now}" style="width:{width}px">'
    )
    goals = [
        Goal(
            sentences(said),
            {"name": label},
            {own: Within(share * 100 - NEAR, share * 100 + NEAR)},
            lambda page, share=share: set_to(page, own, share, f"the slider {label!r}"),  # type: ignore[misc]
        )
        for share, said in SLIDING
        if abs(share * 100 - now) > 3 * NEAR
    ]
    return Part(markup, tuple(goals))


SLIDING = ((0.02, "least"), (0.5, "middle"), (0.98, "most"))
"""Where a slider may be wanted, and how that is said."""


def counter(d: Drawing) -> Part:
    """A number with buttons that make it less and more."""
    own, label, now = d.new_id(), d.word("nouns"), d.chance.randint(1, 6)
    less, more = d.new_id(), d.new_id()
    number = f'<input id="{own}" class="ctl" style="width:3.5em" value="{now}" readonly>'
    markup = (
        f'<div class="tools"><span>{html.escape(label)}</span>'
        f"{_icon(d, 'Remove', less, f'step {own} -1')}{number}{_icon(d, 'Add', more, f'step {own} 1')}</div>"
    )

    def goal(count: int) -> Goal[TaskPage]:
        def doing(page: TaskPage) -> Moves:
            off = count - int(page.js(f"{by_id(own)}.value"))
            button, which = by_id(more if off > 0 else less), "plus" if off > 0 else "minus"
            yield from into_view(page, button)
            times = min(abs(off), 5)
            thought = f"I click the {which} of {label!r}" + (f" {times} times." if times > 1 else ".")
            yield Do(thought, (Click(at=page.at(button)),) * times)

        said = sentences("counting")
        return Goal(said, {"name": label, "count": str(count)}, {own: str(count)}, doing)

    return Part(markup, tuple(goal(count) for count in range(0, 9) if count != now))


def rows(d: Drawing) -> Part:
    """A list to select from, which may be longer than its box."""
    group, entries = d.new_id(), d.several(d.chance.choice(("nouns", "people")), 4, MOST_ROWS)
    # A box that a notch of the wheel, 120 pixels, does not scroll past.
    height = f"max-height:{d.chance.randint(150, 260)}px;" if d.chance.random() < 0.6 else ""
    lines, goals = [], []
    for entry in entries:
        own = d.new_id()
        lines.append(f'<div role="option" id="{own}" data-act="choose {group}">{html.escape(entry)}</div>')
        goals.append(_choosing(group, own, entry))
    style = f"{height}width:{d.chance.randint(160, 320)}px"
    return Part(f'<div class="scroller listbox" style="{style}">{"".join(lines)}</div>', tuple(goals))


def table(d: Drawing) -> Part:
    """A table to read, each row with a name; some have buttons that remove a row."""
    columns, names = d.several("labels", 2, 4), d.several("people", 3, 6)
    removes = d.chance.random() < 0.5
    head = "".join(f"<th>{html.escape(one)}</th>" for one in ("", *columns))
    lines, goals = [], []
    for name in names:
        row = d.new_id()
        cells = [f"<td>{html.escape(name)}</td>"]
        for column in columns:
            own, value = d.new_id(), d.words.number()
            cells.append(f'<td id="{own}" data-answer="{own}">{html.escape(value)}</td>')
            goals.append(_asking(own, value, f"{column} of {name}"))
        if removes:
            button = d.new_id()
            cells.append(f"<td>{_icon(d, 'Delete', button, f'remove {row}')}</td>")
            said = sentences("removing")
            doing = _clicking(by_id(button), f"the bin in the row of {name!r}")
            goals.append(Goal(said, {"name": name}, {f"removed {row}": True}, doing))
        lines.append(f'<tr id="{row}">{"".join(cells)}</tr>')
    return Part(f"<table><tr>{head}</tr>{''.join(lines)}</table>", tuple(goals))


def facts(d: Drawing) -> Part:
    """Names with a value beside each, to be read."""
    lines, goals = [], []
    for label in d.several("labels", 2, 5):
        own, value = d.new_id(), d.words.number()
        lines.append(f'<span class="muted">{html.escape(label)}</span>')
        lines.append(f'<span id="{own}" data-answer="{own}">{html.escape(value)}</span>')
        goals.append(_asking(own, value, label))
    return Part(f'<div class="row2" style="max-width:360px">{"".join(lines)}</div>', tuple(goals))


def buttons(d: Drawing) -> Part:
    """Buttons with texts."""
    made, goals = [], []
    for text in d.several("actions", 2, 5):
        own = d.new_id()
        look = "btn main" if d.chance.random() < 0.3 else "btn"
        made.append(f'<button id="{own}" class="{look}" data-act="press {own}">{html.escape(text)}</button>')
        goals.append(_pressing(own, text))
    return Part(f'<div class="tools" style="gap:.6em">{"".join(made)}</div>', tuple(goals))


def toolbar(d: Drawing) -> Part:
    """Buttons with pictures alone."""
    made, goals = [], []
    for name in d.chance.sample(tuple(icons.PATHS), d.chance.randint(4, 9)):
        own = d.new_id()
        made.append(_icon(d, name, own, f"press {own}"))
        said = sentences("icon")
        doing = _clicking(by_id(own), f"the icon {name!r}")
        goals.append(Goal(said, {"name": name.lower()}, {f"pressed {own}": True}, doing))
    return Part(f'<div class="tools">{"".join(made)}</div>', tuple(goals))


def menu_bar(d: Drawing) -> Part:
    """Menus that open, with entries."""
    heads, popups, goals = [], [], []
    for title in d.several("nouns", 2, 5):
        head, popup, items = d.new_id(), d.new_id(), []
        opens = f'data-act="open {popup}" style="padding:.15em .5em"'
        heads.append(f'<span id="{head}" role="menuitem" {opens}>{html.escape(title)}</span>')
        for entry in d.several("actions", 2, 5):
            own = d.new_id()
            items.append(f'<div id="{own}" role="menuitem" data-act="press {own}">{html.escape(entry)}</div>')
            goals.append(_in_menu(head, own, title, entry))
        popups.append(f'<div id="{popup}" class="menu" data-popup hidden>{"".join(items)}</div>')
    return Part(
        f'<div class="bar" style="gap:.3em;padding:.2em .4em">{"".join(heads)}</div>{"".join(popups)}',
        tuple(goals),
    )


def tree(d: Drawing) -> Part:
    """Branches that are closed, with leaves to choose."""
    group, lines, goals = d.new_id(), [], []
    for title in d.several("nouns", 2, 4):
        arrow, inside, leaves = d.new_id(), d.new_id(), []
        lines.append(
            f"<div>{_icon(d, 'Expand', arrow, f'fold {inside}')} <span>{html.escape(title)}</span></div>"
        )
        for leaf in d.several("nouns", 1, 4):
            own = d.new_id()
            leaves.append(f'<div><span id="{own}" data-act="choose {group}">{html.escape(leaf)}</span></div>')
            goals.append(_in_tree(group, arrow, own, title, leaf))
        lines.append(f'<div id="{inside}" style="padding-left:2.4em" hidden>{"".join(leaves)}</div>')
    return Part("".join(lines), tuple(goals))


def dialog(d: Drawing) -> Part:
    """A button that opens a dialog, in which something is confirmed or not."""
    button, popup, yes, no = (d.new_id() for _ in range(4))
    text, confirm, cancel = d.word("actions"), d.word("actions"), d.word("actions")
    title = d.word("nouns")
    left, top = d.chance.randint(60, 500), d.chance.randint(60, 200)
    shadow = "box-shadow:0 8px 30px rgba(0,0,0,.4);" if d.chance.random() < 0.6 else ""
    feet = [
        f'<button id="{yes}" class="btn main" data-act="press {yes}">{html.escape(confirm)}</button>',
        f'<button id="{no}" class="btn" data-act="close">{html.escape(cancel)}</button>',
    ]
    d.chance.shuffle(feet)
    style = f"left:{left}px;top:{top}px;width:360px;{shadow}"
    box = (
        f'<div id="{popup}" class="dialog" data-popup hidden style="{style}">'
        f'<div class="head"><b>{html.escape(title)}</b></div>'
        f'<div class="body">{html.escape(d.words.some("sentences"))}</div>'
        f'<div class="feet">{"".join(feet)}</div></div>'
    )
    opener = f'<button id="{button}" class="btn" data-act="open {popup}">{html.escape(text)}…</button>'

    doing = _behind(button, f"the button {text!r}", yes, f"{confirm!r} in the dialog")
    said = sentences("dialog")
    goal = Goal(said, {"name": text, "confirm": confirm}, {f"pressed {yes}": True}, doing)
    return Part(opener + box, (goal,))


def days(d: Drawing) -> Part:
    """A month, of which a day can be chosen."""
    group, cells, goals = d.new_id(), ["<span></span>"] * d.chance.randint(0, 6), []
    for day in range(1, 31):
        own = d.new_id()
        style = "padding:.3em .5em;text-align:center"
        cells.append(f'<span id="{own}" data-act="choose {group}" style="{style}">{day}</span>')
        ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
        said = sentences("day")
        doing = _clicking(by_id(own), f"day {day}")
        goals.append(
            Goal(said, {"day": f"{day}{ending}", "number": str(day)}, {f"chosen {group}": own}, doing)
        )
    title = f"<b>{html.escape(d.word('nouns'))}</b>"
    return Part(
        f'{title}<div style="display:grid;grid-template-columns:repeat(7,2.6em)">{"".join(cells)}</div>',
        tuple(goals),
    )


def stars(d: Drawing) -> Part:
    """Five stars: five times the same picture, which only its place tells apart."""
    group, label, made, goals = d.new_id(), d.word("nouns"), [], []
    for count in range(1, 6):
        own = d.new_id()
        made.append(_icon(d, "Star", own, f"rate {group} {count}"))
        said = sentences("stars")
        doing = _clicking(by_id(own), f"star {count}")
        goals.append(Goal(said, {"name": label, "count": str(count)}, {f"rated {group}": count}, doing))
    return Part(f'<div class="tools"><span>{html.escape(label)}</span>{"".join(made)}</div>', tuple(goals))


def tabs(d: Drawing, inside: Sequence[Callable[[Drawing], Part]]) -> Part:
    """Tabs with a part each; what is wanted of one needs its tab."""
    group, heads, bodies, goals = d.new_id(), [], [], []
    for number, make in enumerate(inside):
        own, title, part = d.new_id(), d.word("nouns"), make(d)
        active, hidden = (" active", "") if not number else ("", " hidden")
        acts = f'role="tab" data-act="tab {group}"'
        heads.append(f'<div id="{own}" class="tab{active}" {acts}>{html.escape(title)}</div>')
        bodies.append(f'<div id="{own}-body" style="padding:1em"{hidden}>{part.markup}</div>')
        goals += [_on_tab(goal, own, title) for goal in part.goals]
    markup = f'<div class="tablist">{"".join(heads)}</div><div class="tabbody">{"".join(bodies)}</div>'
    return Part(markup, tuple(goals))


def _on_tab(goal: Goal[TaskPage], own: str, title: str) -> Goal[TaskPage]:
    def doing(page: TaskPage) -> Moves:
        if not page.there(by_id(f"{own}-body")):
            yield from click(page, by_id(own), f"the tab {title!r}")
        yield from goal.doing(page)

    return goal.behind(True, title, doing)


def _typed(d: Drawing) -> str:
    return d.words.value()


def _typing(d: Drawing, own: str, label: str) -> Goal[TaskPage]:
    text = _typed(d)
    said = sentences("typing")
    doing: Callable[[TaskPage], Moves] = lambda page: fill(page, own, text, f"the field {label!r}")  # noqa: E731
    return Goal(said, {"text": text, "name": label}, {own: text}, doing)


def _emptying(own: str, label: str) -> Goal[TaskPage]:
    said = sentences("emptying")
    return Goal(said, {"name": label}, {own: ""}, lambda page: fill(page, own, "", f"the field {label!r}"))


def _ticking(own: str, text: str, now: bool) -> Goal[TaskPage]:
    said = sentences("unticking" if now else "ticking")
    return Goal(said, {"name": text}, {own: not now}, _clicking(_mark(own), f"the check box {text!r}"))


def _choosing(group: str, own: str, text: str) -> Goal[TaskPage]:
    said = sentences("choosing")
    return Goal(
        said, {"name": text}, {f"chosen {group}": own}, _clicking(by_id(own), f"{text!r} in the list")
    )


def _pressing(own: str, text: str) -> Goal[TaskPage]:
    said = sentences("pressing")
    return Goal(said, {"name": text}, {f"pressed {own}": True}, _clicking(by_id(own), f"the button {text!r}"))


def _asking(own: str, value: str, what: str) -> Goal[TaskPage]:
    said = sentences("asking")
    shown = f"document.querySelector('[data-answer={own}]')"
    return Goal(said, {"name": what}, doing=lambda page: into_view(page, shown), answer=value)


def _in_menu(head: str, own: str, title: str, entry: str) -> Goal[TaskPage]:
    doing = _behind(head, f"the menu {title!r}", own, f"{entry!r} in the menu")
    return Goal(sentences("menu"), {"name": entry, "menu": title}, {f"pressed {own}": True}, doing)


def _in_tree(group: str, arrow: str, own: str, title: str, leaf: str) -> Goal[TaskPage]:
    doing = _behind(arrow, f"the arrow before {title!r}", own, repr(leaf))
    return Goal(sentences("tree"), {"name": leaf, "branch": title}, {f"chosen {group}": own}, doing)


def _behind(opener: str, opener_words: str, own: str, words: str) -> Callable[[TaskPage], Moves]:
    """Click what is only to be seen once something else was opened."""

    def doing(page: TaskPage) -> Moves:
        if not page.there(by_id(own)):
            yield from click(page, by_id(opener), opener_words)
        yield from click(page, by_id(own), words)

    return doing


def _clicking(element: str, what: str) -> Callable[[TaskPage], Moves]:
    return lambda page: click(page, element, what)


def _mark(own: str) -> str:
    """What of a check box is to be seen."""
    return f"(document.querySelector('[data-part={own}]') ?? {by_id(own)})"


def _icon(d: Drawing, name: str, own: str, act: str) -> str:
    frame = "btn" if d.chance.random() < 0.25 else "iconbtn"
    return f'<button id="{own}" class="{frame}" title="{name}" data-act="{act}">{d.maker.icon(name)}</button>'
