"""Parts of programs that open a dialog: a question, a form, a chooser of files or of colours."""

from __future__ import annotations

from dataclasses import replace

from deskhand.benchmarks.browsing.moves import Moves, press
from deskhand.benchmarks.composing.goals import Goal, is_reached
from deskhand.benchmarks.suites.programs import controls
from deskhand.benchmarks.suites.programs.drawing import Doing, ProgramDrawing, ProgramGoal, ProgramPart
from deskhand.benchmarks.suites.programs.window import ProgramWindow, appear, click, fill, leave
from deskhand.screens.variation import file_name

FOLDERS = ("Documents", "Letters", "Work", "Papers")
INSIDE = (controls.fields, controls.check_boxes, controls.combo, controls.spin)
COLOURS = {
    "red": "#e01b24", "orange": "#ff7800", "yellow": "#f6d32d", "green": "#2ec27e", "blue": "#1c71d8",
    "purple": "#813d9c", "brown": "#865e3c", "black": "#000000", "white": "#ffffff", "grey": "#9a9996",
}  # fmt: skip
ACROSS = 5
"""Colours in a row of their dialog."""

Answers = list[dict[str, object]]


def _answers(d: ProgramDrawing, yes: str, no: str) -> tuple[Answers, str]:
    """The buttons at a dialog's foot, in any order, and the id of that which confirms."""
    own = d.new_id()
    made: Answers = [{"id": own, "text": yes, "yes": True}, {"id": d.new_id(), "text": no, "yes": False}]
    d.chance.shuffle(made)
    return made, own


def _opened(window: ProgramWindow, own: str, text: str) -> Moves:
    """Open the dialog of a button, unless it is open; what lies over it stays."""
    dialog = f"{own} dialog"
    if dialog not in window.look().open:
        yield from leave(window)
        yield from click(window, own, f"the button {text!r}")


def question(d: ProgramDrawing) -> ProgramPart:
    """A button behind which something has to be confirmed."""
    own, text = d.new_id(), d.word("actions")
    answers, yes = _answers(d, confirm := d.word("actions"), d.word("actions"))

    def doing(window: ProgramWindow) -> Moves:
        yield from _opened(window, own, text)
        yield from leave(inside := window.inside(f"{own} dialog"))
        yield from click(inside, yes, f"{confirm!r} in the dialog")

    spec = {
        "kind": "question",
        "id": own,
        "text": f"{text}…",
        "title": d.word("nouns"),
        "question": d.words.some("sentences"),
        "answers": answers,
    }
    named = {"name": text, "confirm": confirm}
    return ProgramPart(spec, (Goal(d.said("dialog"), named, {f"pressed {yes}": True}, doing),))


def form(d: ProgramDrawing) -> ProgramPart:
    """A button behind which a form counts once it is confirmed."""
    own, text = d.new_id(), d.word("nouns")
    answers, yes = _answers(d, confirm := d.word("actions"), d.word("actions"))
    inside = [make(d) for make in d.chance.sample(INSIDE, d.chance.randint(1, 3))]
    goals = [_confirmed(d, goal, own, text, yes, confirm) for part in inside for goal in part.goals]
    spec = {
        "kind": "form",
        "id": own,
        "text": f"{text}…",
        "title": text,
        "answers": answers,
        "inside": [part.spec for part in inside],
    }
    start = {one: value for part in inside for one, value in part.start.items()}
    return ProgramPart(spec, tuple(goals), start)


def _confirmed(
    d: ProgramDrawing, goal: ProgramGoal, own: str, text: str, yes: str, confirm: str
) -> ProgramGoal:
    """What is wanted of a form, and that it is confirmed."""

    def doing(window: ProgramWindow) -> Moves:
        yield from _opened(window, own, text)
        inside = window.inside(f"{own} dialog")
        if not is_reached(goal, inside.look().live):
            yield from goal.doing(inside)
        yield from leave(inside)
        yield from click(inside, yes, f"{confirm!r} in the dialog")

    said = tuple(place.replace("{goal}", one) for place in d.said("within") for one in goal.said)
    return replace(goal, said=said, named={**goal.named, "dialog": text, "confirm": confirm}, doing=doing)


def files(d: ProgramDrawing) -> ProgramPart:
    """A button that opens a file of a folder, or saves one there."""
    own, text, saves = d.new_id(), d.word("actions"), d.chance.random() < 0.4
    names = sorted({file_name(d.chance, d.seen) for _ in range(d.chance.randint(3, 9))})
    answers, yes = _answers(d, "Save" if saves else "Open", "Cancel")
    new = [name for name in (file_name(d.chance, d.seen) for _ in range(4)) if name not in names]
    spec = {
        "kind": "file",
        "id": own,
        "text": f"{text}…",
        "title": d.word("nouns"),
        "saves": saves,
        "folder": f"{d.chance.choice(FOLDERS)} {own[1:]}",
        "files": names,
        "answers": answers,
    }

    def goal(name: str) -> ProgramGoal:
        doing = _saving(own, text, yes, name) if saves else _opening(own, text, yes, name)
        named = {"name": name, "button": text}
        return Goal(d.said("saving" if saves else "opening"), named, {f"file {own}": name}, doing)

    goals = tuple(goal(name) for name in (new if saves else names))
    return ProgramPart(spec, goals, {f"file {own}": None})


def _opening(own: str, text: str, yes: str, name: str) -> Doing:
    def doing(window: ProgramWindow) -> Moves:
        inside, row = window.inside(f"{own} dialog"), f"{own} file {name}"
        yield from _opened(window, own, text)
        yield from leave(inside)
        yield from appear(inside, row)
        if row not in inside.look().places:  # somebody went to another folder
            yield press("escape")
            yield from _opened(window, own, text)
        if inside.held(own) != name:
            yield from click(inside, row, f"the file {name!r}")
        yield from click(inside, yes, "'Open'")

    return doing


def _saving(own: str, text: str, yes: str, name: str) -> Doing:
    def doing(window: ProgramWindow) -> Moves:
        inside = window.inside(f"{own} dialog")
        yield from _opened(window, own, text)
        yield from appear(inside, f"{own} name")
        yield from fill(inside, f"{own} name", name, "the field for the name")
        yield from click(inside, yes, "'Save'")

    return doing


def colour(d: ProgramDrawing) -> ProgramPart:
    """A button with a colour, which opens a dialog to choose another."""
    own, label = d.new_id(), d.word("labels")
    names = d.chance.sample(tuple(COLOURS), d.chance.choice((5, 8, 10)))
    value = d.chance.choice(names)

    def goal(number: int) -> ProgramGoal:
        def doing(window: ProgramWindow) -> Moves:
            inside = window.inside(f"{own} dialog")
            yield from _opened(window, own, label)
            yield from leave(inside)
            if inside.held(f"{own} marked") != number:
                yield from click(inside, f"{own} {number}", f"the colour {names[number]}")
            yield from click(inside, f"{own} select", "'Select'")

        named = {"name": label, "colour": names[number]}
        return Goal(d.said("colour"), named, {own: names[number]}, doing)

    spec = {
        "kind": "colour",
        "id": own,
        "label": label,
        "title": d.word("nouns"),
        "across": ACROSS,
        "colours": [{"name": name, "code": COLOURS[name]} for name in names],
        "value": value,
    }
    goals = tuple(goal(number) for number, name in enumerate(names) if name != value)
    return ProgramPart(spec, goals, {own: value})
