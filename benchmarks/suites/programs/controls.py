"""Parts of programs that hold a value or are pressed: fields, choices, numbers, buttons, menus, tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deskhand.benchmarks.browsing.moves import Moves, press
from deskhand.benchmarks.composing.goals import Goal, Within
from deskhand.benchmarks.suites.programs.drawing import (
    ICONS,
    Doing,
    ProgramDrawing,
    ProgramGoal,
    ProgramPart,
)
from deskhand.benchmarks.suites.programs.window import (
    ProgramWindow,
    click,
    clicking,
    fill,
    into_view,
    leave,
    set_to,
)

Make = Callable[[ProgramDrawing], ProgramPart]
NEAR = 6
"""How far off a slider may be, of 100."""
SLIDING = ((0.0, "least"), (0.5, "middle"), (1.0, "most"))
"""Where a slider may be wanted, and how that is said."""


def fields(d: ProgramDrawing) -> ProgramPart:
    """Fields with labels beside, above or inside them."""
    manner = d.chance.choice(("left", "left", "above", "inside"))
    lines, goals, start = [], [], {}
    for label in d.several("labels", 1, 4):
        own = d.new_id()
        value = d.words.value() if manner != "inside" and d.chance.random() < 0.4 else ""
        lines.append({"id": own, "label": label, "value": value})
        start[own] = value
        goals.append(_typing(d, own, label))
        if value:
            goals.append(_emptying(d, own, label))
    spec = {"kind": "fields", "manner": manner, "lines": lines, "width": d.chance.randint(16, 34)}
    return ProgramPart(spec, tuple(goals), start)


def area(d: ProgramDrawing) -> ProgramPart:
    """A field of several lines."""
    own, label = d.new_id(), d.word("labels")
    value = d.words.paragraph(2) if d.chance.random() < 0.4 else ""
    size = {"width": d.chance.randint(220, 380), "height": d.chance.randint(60, 130)}
    spec = {"kind": "area", "id": own, "label": label, "value": value, **size}
    goals = [_typing(d, own, label), *([_emptying(d, own, label)] if value else [])]
    return ProgramPart(spec, tuple(goals), {own: value})


def check_boxes(d: ProgramDrawing) -> ProgramPart:
    """Check boxes, switches, or buttons that stay down; some of them set."""
    lines, goals, start = [], [], {}
    for text in d.several("options", 2, 5):
        own, on = d.new_id(), d.chance.random() < 0.45
        lines.append({"id": own, "text": text, "on": on})
        start[own] = on
        said = d.said("unticking" if on else "ticking")
        goals.append(Goal(said, {"name": text}, {own: not on}, clicking(own, f"the check box {text!r}")))
    look = d.chance.choice(("check", "check", "check", "switch", "toggle"))
    spec = {"kind": "checks", "look": look, "spacing": d.chance.choice((0, 4, 8)), "lines": lines}
    return ProgramPart(spec, tuple(goals), start)


def radio_buttons(d: ProgramDrawing) -> ProgramPart:
    """Radio buttons, one of them chosen."""
    lines = [{"id": d.new_id(), "text": text, "on": False} for text in d.several("options", 2, 5)]
    d.chance.choice(lines)["on"] = True
    goals = [
        Goal(
            d.said("option"),
            {"name": str(line["text"])},
            {str(one["id"]): one is line for one in lines},
            clicking(str(line["id"]), f"the option {line['text']!r}"),
        )
        for line in lines
        if not line["on"]
    ]
    spec = {"kind": "radios", "across": d.chance.random() < 0.3, "lines": lines}
    return ProgramPart(spec, tuple(goals), {str(line["id"]): line["on"] for line in lines})


def combo(d: ProgramDrawing) -> ProgramPart:
    """A list that drops down."""
    own, label, entries = d.new_id(), d.word("labels"), d.several("nouns", 3, 7)
    value = d.chance.choice(entries)

    def goal(number: int) -> ProgramGoal:
        def doing(window: ProgramWindow) -> Moves:
            if not window.is_open(f"{own} list"):
                yield from leave(window)
                yield from into_view(window, own)
                if window.look().fields[own][1]:  # a click that gave it the keyboard need not have opened it
                    yield press("space")
                else:
                    yield from click(window, own, f"the list {label!r}, to open it")
            yield from click(window, f"{own} {number}", f"{entries[number]!r} in the list")

        named = {"name": entries[number], "list": label}
        return Goal(d.said("combo"), named, {own: entries[number]}, doing)

    spec = {"kind": "combo", "id": own, "label": label, "entries": entries, "value": value}
    goals = tuple(goal(number) for number, entry in enumerate(entries) if entry != value)
    return ProgramPart(spec, goals, {own: value})


def slider(d: ProgramDrawing) -> ProgramPart:
    """A slider from 0 to 100."""
    own, label, now = d.new_id(), d.word("labels"), d.chance.randint(0, 100)

    def goal(share: float, said: str) -> ProgramGoal:
        near = Within(share * 100 - NEAR, share * 100 + NEAR)
        doing: Doing = lambda window: set_to(window, own, share, f"the slider {label!r}")  # noqa: E731
        return Goal(d.said(said), {"name": label}, {own: near}, doing)

    spec = {
        "kind": "slider",
        "id": own,
        "label": label,
        "value": now,
        "number": d.chance.random() < 0.4,
        "width": d.chance.choice((160, 220, 300)),
    }
    goals = tuple(goal(share, said) for share, said in SLIDING if abs(share * 100 - now) > 3 * NEAR)
    return ProgramPart(spec, goals, {own: now})


def spin(d: ProgramDrawing) -> ProgramPart:
    """A number with buttons that make it less and more."""
    own, label = d.new_id(), d.word("labels")
    most = d.chance.choice((10, 100, 1000))
    now = d.chance.randint(0, most)

    def goal(count: int) -> ProgramGoal:
        def doing(window: ProgramWindow) -> Moves:
            yield from fill(window, own, str(count), f"the number of {label!r}")
            if window.held(own) != count:
                yield press("enter")

        return Goal(d.said("setting"), {"name": label, "count": str(count)}, {own: count}, doing)

    spec = {"kind": "spin", "id": own, "label": label, "value": now, "least": 0, "most": most}
    counts = {d.chance.randint(0, most) for _ in range(4)} - {now}
    return ProgramPart(spec, tuple(goal(count) for count in sorted(counts)), {own: now})


def buttons(d: ProgramDrawing) -> ProgramPart:
    """Buttons with texts."""
    made = [{"id": d.new_id(), "text": text} for text in d.several("actions", 2, 4)]
    spec = {"kind": "buttons", "spacing": d.chance.choice((0, 6, 12)), "buttons": made}
    return ProgramPart(spec, tuple(pressing(d, one["id"], one["text"]) for one in made))


def toolbar(d: ProgramDrawing) -> ProgramPart:
    """Buttons with pictures alone."""
    made = [{"id": d.new_id(), "icon": icon, "text": ICONS[icon]} for icon in d.icons(4, 9)]
    goals = tuple(
        Goal(
            d.said("icon"),
            {"name": one["text"]},
            {f"pressed {one['id']}": True},
            clicking(one["id"], f"the icon {one['text']!r}"),
        )
        for one in made
    )
    spec = {
        "kind": "toolbar",
        "buttons": made,
        "tips": d.chance.random() < 0.5,
        "size": d.chance.choice((2, 3)),
    }
    return ProgramPart(spec, goals, is_bar=True)


def menu_bar(d: ProgramDrawing) -> ProgramPart:
    """Menus that open, with entries; some of them can be ticked."""
    menus, goals, start = [], [], {}
    for title in d.several("nouns", 2, 5):
        head, entries = d.new_id(), []
        for text in d.several("actions", 2, 5):
            entry = {"id": d.new_id(), "text": text}
            entries.append(entry)
            goals.append(_in_menu(d, head, title, entry["id"], text))
        if d.chance.random() < 0.4:
            own, text, on = d.new_id(), d.word("options"), d.chance.random() < 0.5
            entries.append({"id": own, "text": text, "on": on})  # type: ignore[dict-item]
            start[own] = on
            goals.append(_in_menu(d, head, title, own, text, on))
        menus.append({"id": head, "text": title, "entries": entries})
    return ProgramPart({"kind": "menu_bar", "menus": menus}, tuple(goals), start, is_bar=True)


def _in_menu(
    d: ProgramDrawing, head: str, title: str, own: str, text: str, on: bool | None = None
) -> ProgramGoal:
    def doing(window: ProgramWindow) -> Moves:
        if not window.is_open(f"{head} menu"):
            yield from leave(window)
            yield from click(window, head, f"the menu {title!r}")
        yield from click(window, own, f"{text!r} in the menu")

    said = d.said("menu" if on is None else "unswitching" if on else "switching")
    wanted = {f"pressed {own}": True} if on is None else {own: not on}
    return Goal(said, {"name": text, "menu": title}, wanted, doing)


def facts(d: ProgramDrawing) -> ProgramPart:
    """Names with a value beside each, to be read."""
    lines, goals = [], []
    for label in d.several("labels", 2, 5):
        own, value = d.new_id(), d.words.number()
        lines.append({"id": own, "label": label, "value": value})
        goals.append(asking(d, own, value, label))
    return ProgramPart({"kind": "facts", "lines": lines}, tuple(goals))


def tabs(d: ProgramDrawing, inside: Sequence[Make]) -> ProgramPart:
    """Tabs with a part each; what is wanted of one needs its tab."""
    pages, goals = [], []
    start: dict[str, object] = {}
    for make in inside:
        own, title, part = d.new_id(), d.word("nouns"), make(d)
        pages.append({"id": own, "text": title, "part": part.spec})
        goals += [goal.behind(d.seen, title, _on_tab(goal, own, title)) for goal in part.goals]
        start.update(part.start)
    return ProgramPart({"kind": "tabs", "pages": pages}, tuple(goals), start)


def _on_tab(goal: ProgramGoal, own: str, title: str) -> Doing:
    def doing(window: ProgramWindow) -> Moves:
        if f"{own} page" not in window.look().places:
            yield from leave(window)
            yield from click(window, own, f"the tab {title!r}")
        yield from goal.doing(window)

    return doing


def _typing(d: ProgramDrawing, own: str, label: str) -> ProgramGoal:
    text = d.words.value()
    doing: Doing = lambda window: fill(window, own, text, f"the field {label!r}")  # noqa: E731
    return Goal(d.said("typing"), {"text": text, "name": label}, {own: text}, doing)


def _emptying(d: ProgramDrawing, own: str, label: str) -> ProgramGoal:
    doing: Doing = lambda window: fill(window, own, "", f"the field {label!r}")  # noqa: E731
    return Goal(d.said("emptying"), {"name": label}, {own: ""}, doing)


def pressing(d: ProgramDrawing, own: str, text: str) -> ProgramGoal:
    """A button is to be pressed."""
    return Goal(
        d.said("pressing"), {"name": text}, {f"pressed {own}": True}, clicking(own, f"the button {text!r}")
    )


def asking(d: ProgramDrawing, own: str, value: str, what: str) -> ProgramGoal:
    """A value is to be read."""

    def doing(window: ProgramWindow) -> Moves:
        yield from leave(window)
        yield from into_view(window, own)

    return Goal(d.said("asking"), {"name": what}, doing=doing, answer=value)
