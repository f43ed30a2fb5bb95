"""A whole composed page: parts by chance, and what is to be done with some of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deskhand.benchmarks.browsing.moves import TaskPage
from deskhand.benchmarks.composing.goals import Goal, instruction
from deskhand.benchmarks.suites.composed import parts
from deskhand.benchmarks.suites.composed.parts import Drawing, Part
from deskhand.screens.pages.maker import document

SCRIPT = Path(__file__).with_name("page.js")
Make = Callable[[Drawing], Part]
FIELDS: tuple[Make, ...] = (parts.fields, parts.fields, parts.area)
CHOICES: tuple[Make, ...] = (parts.check_boxes, parts.radio_buttons, parts.combo)
NUMBERS: tuple[Make, ...] = (parts.slider, parts.counter, parts.stars)
LISTS: tuple[Make, ...] = (parts.rows, parts.rows, parts.table, parts.days)
BUTTONS: tuple[Make, ...] = (parts.buttons, parts.toolbar, parts.menu_bar)
READ: tuple[Make, ...] = (parts.table, parts.facts)
IN_TABS: tuple[Make, ...] = (*FIELDS, *CHOICES, *NUMBERS, parts.rows, parts.buttons)
ALL: tuple[Make, ...] = (*FIELDS, *CHOICES, *NUMBERS, *LISTS, *BUTTONS, *READ, parts.tree, parts.dialog)
MOST_OTHERS = 4
QUESTION, IMPOSSIBLE = "questions", "impossible"


def _tabs(d: Drawing) -> Part:
    return parts.tabs(d, d.chance.sample(IN_TABS, d.chance.randint(2, 4)))


TASKS: Mapping[str, tuple[tuple[Make, ...], int]] = {
    "fields": (FIELDS, 1),
    "choices": (CHOICES, 1),
    "numbers": (NUMBERS, 1),
    "lists": (LISTS, 1),
    "buttons": (BUTTONS, 1),
    "trees": ((parts.tree,), 1),
    "dialogs": ((parts.dialog,), 1),
    "tabs": ((_tabs,), 1),
    QUESTION: (READ, 1),
    IMPOSSIBLE: (ALL, 1),
    "two": ((*ALL, _tabs), 2),
    "three": ((*ALL, _tabs), 3),
    "five": ((*ALL, _tabs), 5),
}
"""Of each task: of which parts its goals are, and how many goals it has."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A page and what is to be done with it.

    Attributes:
        document: its HTML.
        instruction: what is asked for.
        goals: in their order.
    """

    document: str
    instruction: str
    goals: tuple[Goal[TaskPage], ...]


def composed(task: str, seed: int) -> Composed:
    """The page of a task with a seed; the same one each time."""
    chance = random.Random(f"composed:{task}:{seed}")
    kinds, count = TASKS[task]
    d = Drawing(chance)
    wanted: list[Part] = []
    while len(wanted) < count:
        part = chance.choice(kinds)(d)
        if any(_fits(goal, task) for goal in part.goals):
            wanted.append(part)
    goals = [chance.choice([goal for goal in part.goals if _fits(goal, task)]) for part in wanted]
    if task == IMPOSSIBLE:
        goals = [_absent(d)]
    others = [chance.choice(ALL)(d) for _ in range(chance.randint(0, MOST_OTHERS))]
    return Composed(_document(d, [*wanted, *others]), instruction(goals, chance), tuple(goals))


def _fits(goal: Goal[TaskPage], task: str) -> bool:
    return bool(goal.said) and bool(goal.answer) is (task == QUESTION)


def _absent(d: Drawing) -> Goal[TaskPage]:
    """What could be wanted of a part that the page does not have."""
    goals = [goal for goal in d.chance.choice(ALL)(d).goals if goal.said]
    if not goals:
        return _absent(d)
    goal = d.chance.choice(goals)
    return Goal(goal.said, goal.named, possible=False)


def _document(d: Drawing, made: list[Part]) -> str:
    """The parts in one column or two, in any order, with a line below that tells what was done."""
    d.chance.shuffle(made)
    columns: list[list[str]] = [[] for _ in range(d.chance.choice((1, 1, 2)))]
    for number, part in enumerate(made):
        title = (
            f"<h3 style='margin:.2em 0 .5em'>{d.maker.say('sentences')}</h3>"
            if d.chance.random() < 0.2
            else ""
        )
        columns[number % len(columns)].append(f'<div class="block">{title}{part.markup}</div>')
    inside = "".join(f'<div class="column">{"".join(column)}</div>' for column in columns)
    said = '<p id="said" class="muted" style="padding:0 1em">&nbsp;</p>'
    return document(
        d.maker, f'<div class="cols">{inside}</div>{said}', f"<script>{SCRIPT.read_text()}</script>"
    )
