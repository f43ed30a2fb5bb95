"""Lessons made of screens alone: point at what is named, read what stands beside it, give up what is absent.

Any recorded screen will do, whatever its task was. What is asked for follows from its places, so that the
answer is known without anybody having done it. This teaches what no suite's tasks have enough of: plain
orders about a program that was never seen, questions, things that are not there, tasks for another
program, orders for a terminal, and wishes that are not understood.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deskhand.actions.geometry import Box
from deskhand.benchmarks.suites.desk.family import families
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import PointedMove, pieces_of
from deskhand.policies.embedded.seeing import PastMove
from deskhand.training.reasoner import words
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.questions import BESIDE, question
from deskhand.training.reasoner.shell import order
from deskhand.training.reasoner.wishes import WISHES

KIND = "look"
BROWSER, TERMINAL = "a page", "xterm"
CLICKED = {
    "button": ("click the button {}", "press {}", "press the {} button", "click on {}", "hit the button {}"),
    "menuitem": ("open the menu {}", "choose {}", "click {} in the menu", "pick the entry {}"),
    "tab": ("go to the tab {}", "open the tab {}", "switch to {}"),
    "link": ("follow the link {}", "click the link {}", "open {}"),
    "checkbox": ("tick {}", "click the check box {}", "toggle {}", "change the check box {}"),
    "radio": ("choose the option {}", "select {}", "click the radio button {}"),
    "row": ("select {}", "click {} in the list", "choose the row {}", "click on {}"),
    "field": ("click into the field {}", "put the cursor into {}", "focus the field {}"),
    "combo": ("open the list {}", "click {}"),
    "text": ("click on {}", "click the text {}", "click {}"),
    "icon": ("click the icon {}", "click {}"),
}  # fmt: skip
"""Orders to click, by role."""
OTHERWISE = {
    "double": ("double click {}", "double-click on {}", "open {} with a double click"),
    "right": ("right click {}", "click {} with the right button", "open the context menu of {}"),
}
FRAMES = ("{}", "{}", "{}", "please {}", "could you {}", "{} please", "now {}")
MARKS = ("{}", "{}", "'{}'", '"{}"')
LEAST_LETTERS, LONGEST = 3, 40
SHARES = {
    "click": 0.22, "question": 0.33, "absent": 0.1, "missing": 0.05, "done": 0.05, "elsewhere": 0.1,
    "wish": 0.15,
}  # fmt: skip

LISTED = 0.4
"""Share of the orders for a terminal that come after a listing of its folder."""
ON_FILES = ("rm", "cat", "wc", "mv", "cp")
"""Commands about a file that is there."""
LETTER, LINE = 8, 15
"""Pixels of a letter across, and of a line down, in the terminals that are recorded."""
SHELL = 0.7
"""How often a prompt is given an order for a terminal: the suites have two, people want a dozen."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other screens have, to be asked for in vain.

    Attributes:
        texts: of their places.
        tasks: instructions, by the program that they are for.
    """

    texts: tuple[str, ...]
    tasks: Mapping[str, tuple[str, ...]]


def elsewhere(lessons: Sequence[Lesson]) -> Elsewhere:
    """What the screens of these lessons have."""
    texts = {place.text for lesson in lessons for place in lesson.places if len(place.text) > 2}
    tasks: dict[str, set[str]] = {}
    for lesson in lessons:
        tasks.setdefault(program_of(lesson.kind), set()).add(lesson.instruction)
    return Elsewhere(
        tuple(sorted(text for text in texts if len(text) <= LONGEST)),
        {program: tuple(sorted(found)) for program, found in sorted(tasks.items())},
    )


def program_of(kind: str) -> str:
    """The program that a kind of task is for; what the desk suite does not have is a page of a browser."""
    return next((family.application for family in families() if family.name == kind), BROWSER)


def is_prompt(lesson: Lesson) -> bool:
    """Whether a terminal waits for a first command."""
    return not lesson.past and program_of(lesson.kind) == TERMINAL


def look(lesson: Lesson, others: Elsewhere, chance: random.Random) -> Lesson | None:
    """A lesson about the screen of another; None where nothing on it can be named."""
    kind = chance.choices(list(SHARES), list(SHARES.values()))[0]
    program, prompt = program_of(lesson.kind), is_prompt(lesson)
    if kind == "missing":
        return _missing(lesson, chance)
    places = tuple(replace(place, changed=False) for place in lesson.places)
    lesson = replace(lesson, places=places, past=(), changed=None, thought="", kind=KIND)
    if prompt and chance.random() < SHELL:
        return _shell(lesson, chance)
    if kind == "question":
        return _question(lesson, chance)
    if kind == "absent":
        return _absent(lesson, others.texts, chance)
    if kind == "elsewhere":
        return _elsewhere(lesson, program, others.tasks, chance)
    if kind == "wish":
        return _wish(lesson, others.texts, chance)
    return _click(lesson, chance, done=kind == "done")


def nameable(places: Sequence[ScreenPlace]) -> list[int]:
    """The places whose text names them and no other."""
    counts = Counter(place.text.casefold() for place in places)
    return [
        number
        for number, place in enumerate(places)
        if place.role != SQUARE
        and LEAST_LETTERS <= sum(map(str.isalnum, place.text)) <= len(place.text) <= LONGEST
        and counts[place.text.casefold()] == 1
    ]


def _click(lesson: Lesson, chance: random.Random, *, done: bool) -> Lesson | None:
    named = [n for n in nameable(lesson.places) if lesson.places[n].role in CLICKED]
    if not named:
        return None
    # What can be acted on is asked for more often than mere text, of which there is more.
    number = chance.choices(named, [3 if lesson.places[n].actionable else 1 for n in named])[0]
    place = lesson.places[number]
    verb = "click"
    orders = CLICKED[place.role]
    if place.role in ("row", "icon", "text") and chance.random() < 0.3:
        verb = chance.choice(list(OTHERWISE))
        orders = OTHERWISE[verb]
    order = _said(chance.choice(orders), place.text, chance)
    if done:
        past = (PastMove(verb, place.text, place.box.centre, changed=True),)
        return replace(lesson, instruction=order, past=past, move=PointedMove("finished"))
    return replace(lesson, instruction=order, move=PointedMove(verb, number))


def _question(lesson: Lesson, chance: random.Random) -> Lesson | None:
    asked = question(lesson.places, chance)
    if asked is None:
        return None
    text, answer, places = asked
    text = _capital(chance.choice(FRAMES).format(text), chance)
    return replace(lesson, instruction=text, places=places, move=PointedMove("answer", pieces=(answer,)))


def _absent(lesson: Lesson, strangers: Sequence[str], chance: random.Random) -> Lesson | None:
    shown = " ".join(place.text.casefold() for place in lesson.places)
    missing = [
        text for text in chance.sample(strangers, min(20, len(strangers))) if text.casefold() not in shown
    ]
    if not missing:
        return None
    orders = [
        order for role in ("button", "tab", "link", "checkbox", "radio", "row") for order in CLICKED[role]
    ]
    order = chance.choice(orders) if chance.random() < 0.6 else chance.choice(BESIDE).rstrip("?")
    text = _said(order, missing[0], chance)
    return replace(lesson, instruction=text, move=PointedMove("infeasible"))


def _missing(lesson: Lesson, chance: random.Random) -> Lesson | None:
    """The task of this screen about what is not there: another name stands for what it points at."""
    move = lesson.move
    text = lesson.places[move.place].text if not lesson.past and move.place >= 0 else ""
    shown = " ".join(place.text.casefold() for place in lesson.places)
    other = _another(text, chance)
    if len(text) < LEAST_LETTERS or lesson.instruction.count(text) != 1 or other.casefold() in shown:
        return None
    task = lesson.instruction.replace(text, other)
    return replace(
        lesson, instruction=task, move=PointedMove("infeasible"), changed=None, thought="", kind=KIND
    )


def _another(name: str, chance: random.Random) -> str:
    """Another name of the same kind."""
    if name.isdecimal():
        return str(chance.randint(10 ** (len(name) - 1), 10 ** len(name)))
    if re.fullmatch(r"[\w\-]+\.[a-z]{1,5}", name):
        return words.file_name(chance)
    other = " ".join(words.word(chance) for _ in name.split())
    return other.capitalize() if name[:1].isupper() else other


def _elsewhere(
    lesson: Lesson, program: str, tasks: Mapping[str, tuple[str, ...]], chance: random.Random
) -> Lesson | None:
    """A task for another program: here it cannot be done. A terminal may do what others do."""
    programs = [other for other in tasks if other != program]
    if not programs or program == TERMINAL:
        return None
    task = chance.choice(tasks[chance.choice(programs)])
    return replace(lesson, instruction=task, move=PointedMove("infeasible"))


def _shell(lesson: Lesson, chance: random.Random) -> Lesson:
    """An order for a terminal that waits for one: the command is typed."""
    said, command = order(chance)
    if chance.random() < LISTED:
        lesson = _listed(lesson, command, chance)
    move = PointedMove("type", pieces=pieces_of(command, said, ()))
    return replace(lesson, instruction=said, move=move)


def _listed(lesson: Lesson, command: str, chance: random.Random) -> Lesson:
    """The same with a listing above the prompt, in which the file stands that the command is about."""
    at = next((n for n, place in enumerate(lesson.places) if place.text.endswith("$")), None)
    if at is None:
        return lesson
    verb, *rest = command.split()
    names = [word for word in rest if word != "-l"][:1] if verb in ON_FILES else []
    names += [words.file_name(chance) for _ in range(chance.randint(1, 4))]
    prompt = lesson.places[at]
    texts = (f"{prompt.text} ls", "  ".join(sorted(names)), prompt.text)
    lines = tuple(_line(prompt, text, number) for number, text in enumerate(texts))
    pictures = np.insert(lesson.pictures, [at, at], lesson.pictures[at], axis=0)
    return replace(lesson, places=(*lesson.places[:at], *lines, *lesson.places[at + 1 :]), pictures=pictures)


def _line(prompt: ScreenPlace, text: str, number: int) -> ScreenPlace:
    """A line of a terminal, so many under the first."""
    box = prompt.box
    top = box.top + number * LINE
    return replace(prompt, text=text, box=Box(box.left, top, box.left + LETTER * len(text), top + box.height))


def _wish(lesson: Lesson, strangers: Sequence[str], chance: random.Random) -> Lesson:
    """A wish that is not understood: ask."""
    shown = [lesson.places[number].text for number in nameable(lesson.places)]
    texts = shown if shown and (not strangers or chance.random() < 0.7) else strangers
    wish = _said(chance.choice(WISHES), chance.choice(texts) if texts else "it", chance)
    return replace(lesson, instruction=wish, move=PointedMove("ask"))


def _said(order: str, text: str, chance: random.Random) -> str:
    order = order.format(chance.choice(MARKS).format(text))
    return _capital(chance.choice(FRAMES).format(order), chance)


def _capital(sentence: str, chance: random.Random) -> str:
    return sentence[0].upper() + sentence[1:] if chance.random() < 0.7 else sentence
