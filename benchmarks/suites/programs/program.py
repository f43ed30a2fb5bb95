"""A whole program: parts by chance, and what is to be done with some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deskhand.benchmarks.composing.goals import Goal, State, instruction, is_reached
from deskhand.benchmarks.suites.programs import controls, dialogs, drawn, lists
from deskhand.benchmarks.suites.programs.drawing import ProgramDrawing, ProgramGoal, ProgramPart, Spec
from deskhand.screens import themes
from deskhand.screens.themes import USUAL, Theme
from deskhand.screens.variation import Variation

Make = Callable[[ProgramDrawing], ProgramPart]
FIELDS: tuple[Make, ...] = (controls.fields, controls.fields, controls.area)
CHOICES: tuple[Make, ...] = (controls.check_boxes, controls.radio_buttons, controls.combo)
NUMBERS: tuple[Make, ...] = (controls.slider, controls.spin)
DIALOGS: tuple[Make, ...] = (dialogs.question, dialogs.form)
PICKERS: tuple[Make, ...] = (dialogs.colour, drawn.month)
READ: tuple[Make, ...] = (lists.table, controls.facts)
IN_TABS: tuple[Make, ...] = (
    *FIELDS, *CHOICES, *NUMBERS, lists.rows, lists.table, controls.buttons, drawn.player
)  # fmt: skip
ALL: tuple[Make, ...] = (
    *FIELDS, *CHOICES, *NUMBERS, *DIALOGS, *PICKERS, *READ, lists.rows, lists.menu_rows, lists.tree,
    controls.buttons, controls.toolbar, controls.menu_bar, dialogs.files, drawn.canvas, drawn.player,
)  # fmt: skip
MOST_OTHERS = 3
LARGEST_POINTS, LARGEST_SCALE = 11, 1.5
"""A larger font would make a window that is wider than the screen."""
QUESTION, IMPOSSIBLE = "questions", "impossible"


def _tabs(d: ProgramDrawing) -> ProgramPart:
    return controls.tabs(d, d.chance.sample(IN_TABS, d.chance.randint(2, 4)))


TASKS: Mapping[str, tuple[tuple[Make, ...], int]] = {
    "fields": (FIELDS, 1),
    "choices": (CHOICES, 1),
    "numbers": (NUMBERS, 1),
    "buttons": ((controls.buttons,), 1),
    "toolbars": ((controls.toolbar,), 1),
    "menus": ((controls.menu_bar,), 1),
    "context-menus": ((lists.menu_rows,), 1),
    "lists": ((lists.rows,), 1),
    "tables": ((lists.table,), 1),
    "trees": ((lists.tree,), 1),
    "dialogs": (DIALOGS, 1),
    "files": ((dialogs.files,), 1),
    "pickers": (PICKERS, 1),
    "canvases": ((drawn.canvas,), 1),
    "players": ((drawn.player,), 1),
    "tabs": ((_tabs,), 1),
    QUESTION: (READ, 1),
    IMPOSSIBLE: (ALL, 1),
    "two": ((*ALL, _tabs), 2),
    "three": ((*ALL, _tabs), 3),
    "four": ((*ALL, _tabs), 4),
    "six": ((*ALL, _tabs), 6),
}
"""Of each task: of which parts its goals are, and how many goals it has."""


@dataclass(frozen=True, slots=True)
class DrawnProgram:
    """A program and what is to be done with it.

    Attributes:
        window: its description, for ``screens/forms/gtk_program.py``.
        look: theme, icons and font.
        files: those that are there at the start, by their path in the home folder.
        start: what its controls hold at first.
        instruction: what is asked for.
        goals: in their order.
    """

    window: Spec
    look: Theme
    files: tuple[str, ...]
    start: State
    instruction: str
    goals: tuple[ProgramGoal, ...]


def program(task: str, seed: int) -> DrawnProgram:
    """The program of a task with a seed; the same one each time."""
    variation = Variation.of(seed)
    chance = variation.chance(f"programs:{task}")
    kinds, count = TASKS[task]
    d = ProgramDrawing(chance, variation.wording_seen)
    wanted: list[ProgramPart] = []
    while len(wanted) < count:
        part = _again_unless_second(d, kinds, wanted)
        if any(_fits(goal, part.start, task) for goal in part.goals):
            wanted.append(part)
    goals = [chance.choice([one for one in part.goals if _fits(one, part.start, task)]) for part in wanted]
    if task == IMPOSSIBLE:
        goals = [_absent(d)]
    made = list(wanted)
    for _ in range(chance.randint(0, MOST_OTHERS)):
        made.append(_again_unless_second(d, ALL, made))
    start = {own: value for part in made for own, value in part.start.items()}
    window = _window(d, made)
    files = tuple(f"{one['folder']}/{name}" for one in _specs(window) for name in one.get("files", ()))
    look = themes.draw(chance)
    look = replace(
        look,
        size=USUAL,
        points=min(look.points, LARGEST_POINTS),
        scale=min(look.scale, LARGEST_SCALE),
    )
    said = instruction(goals, chance, variation.wording_seen)
    return DrawnProgram(window, look, files, start, said, tuple(goals))


def _again_unless_second(d: ProgramDrawing, kinds: tuple[Make, ...], there: list[ProgramPart]) -> ProgramPart:
    """A part by chance; a second bar of a kind would be no program that anybody writes."""
    while True:
        part = d.chance.choice(kinds)(d)
        if not part.is_bar or all(one.spec["kind"] != part.spec["kind"] for one in there):
            return part


def _fits(goal: ProgramGoal, start: State, task: str) -> bool:
    """Whether a goal is of a task's kind, and not reached already."""
    if not goal.said or bool(goal.answer) is not (task == QUESTION):
        return False
    return bool(goal.answer) or not is_reached(goal, start)


def _absent(d: ProgramDrawing) -> ProgramGoal:
    """What could be wanted of a part that the program does not have."""
    while True:
        goals = [goal for goal in d.chance.choice(ALL)(d).goals if goal.said]
        if goals:
            goal = d.chance.choice(goals)
            return Goal(goal.said, goal.named, possible=False)


def _window(d: ProgramDrawing, made: list[ProgramPart]) -> dict[str, Any]:
    """The parts in one column or two, in any order, below the bars."""
    bars = sorted((part for part in made if part.is_bar), key=lambda part: str(part.spec["kind"]))
    others = [part.spec for part in made if not part.is_bar]
    d.chance.shuffle(others)
    columns: list[list[Spec]] = [[] for _ in range(2 if len(others) > 3 else d.chance.choice((1, 1, 2)))]
    for number, spec in enumerate(others):
        columns[number % len(columns)].append(spec)
    return {
        "title": d.word("nouns"),
        "bars": [part.spec for part in bars],
        "columns": columns,
        "spacing": d.chance.choice((8, 14, 20)),
    }


def _specs(spec: Any) -> Iterator[Mapping[str, Any]]:
    """All descriptions of choosers of files in a window's."""
    if isinstance(spec, Mapping):
        if spec.get("kind") == "file":
            yield spec
        for one in spec.values():
            yield from _specs(one)
    elif isinstance(spec, list):
        for one in spec:
            yield from _specs(one)
