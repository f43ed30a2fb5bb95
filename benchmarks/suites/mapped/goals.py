"""What can be wanted of an application, as its map has it: a state, a box, what a field holds, an effect.

A goal that the screen shows at the start is none, nor one whose own screen would not be recognised, nor
one of two that are asked for in the same words.
"""

from __future__ import annotations

import hashlib
import posixpath
import random
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from deskhand.knowledge.map import JOINT, AppMap, Deed, MapCommand, MapField, MapState
from deskhand.knowledge.recognising import is_at, look_of
from deskhand.perception.text.similarity import letters
from deskhand.screens.variation import Variation, words
from deskhand.text import clean
from deskhand.trajectories.folders import slug

LONGEST_NAME = 80
LETTER = 10
"""Pixels of a letter across, at most, in what is typed into a field."""
ROLES = {"area": "text area", "field": "text field"}
"""What can be written into, as it is called where it has no name."""
STATES = ("menu", "dialog", "view")
"""Kinds of goals that are a state of the application."""
LASTING = frozenset({"effect", "view", "file"})
"""Kinds of goals after which the application is no longer as it was at the start."""
FEWEST_OWN = 2
"""Things that only a view has: one alone may be a mistake of reading."""
MOST_CHAINED, MOST_DRAWS = 4, 20
"""Goals of one task, and times that they are drawn: not every draw finds such as go together."""


@dataclass(frozen=True, slots=True)
class MapGoal:
    """One thing to be done.

    Attributes:
        name: of the task.
        kind: a key of ``sentences.toml``.
        state: where it is to be seen; for an effect, where its command stands.
        named: what the sentences name.
        command: what is done in the state, and what that changes; None for a state.
        field: what is filled in or ticked, as it was at first; None where nothing is.
        text: what is to be written, or the name of a file, once it is drawn.
    """

    name: str
    kind: str
    state: MapState
    named: Mapping[str, str] = field(hash=False)
    command: MapCommand | None = None
    field: MapField | None = None
    text: str = ""

    @property
    def way(self) -> tuple[Deed, ...]:
        """The path to its state."""
        return self.state.path

    def drawn(self, chance: random.Random, seen: bool) -> MapGoal:
        """The goal with a text, where it wants one.

        Args:
            seen: whether the text may be one that training sees.
        """
        if self.kind not in ("field", "file"):
            return self
        joint = " " if self.kind == "field" else "-"
        text = f"{words(chance, seen)}{joint}{words(chance, seen)}"
        most = self.field.box.width // LETTER if self.field is not None else len(text)
        while len(text) > most and joint in text:
            text = text.rpartition(joint)[0]  # what does not show cannot be checked
        return replace(self, text=text, named={**self.named, "value": repr(text)})

    @property
    def file(self) -> str:
        """The file that is there once its text is a file's name; empty for other goals."""
        saved = self.command.saved if self.command is not None else None
        return posixpath.join(saved[0], f"{self.text}{saved[1]}") if saved is not None and self.text else ""

    def asked(self, chance: random.Random, seen: bool) -> str:
        """One of its sentences."""
        return chance.choice(sentences(self.kind, seen)).format(**self.named)


def sentences(kind: str, seen: bool) -> Sequence[str]:
    """What is said for a kind of goal: what training may see, or what is kept for measuring."""
    return _sentences()[kind]["seen" if seen else "kept"]


@cache
def _sentences() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("sentences.toml").read_text(encoding="utf-8"))


def goals_of(found: AppMap) -> tuple[MapGoal, ...]:
    """The goals of a map, each with a name of its own, those of few steps first."""
    every = [*_states(found), *_commands(found), *_fields(found)]
    asked = Counter(_words(one) for one in every)
    goals = {one.name: one for one in every if asked[_words(one)] == 1}
    return tuple(sorted(goals.values(), key=lambda one: (len(one.way), one.kind, one.name)))


def _words(goal: MapGoal) -> tuple[str, str]:
    """What tells a goal from others: the title of a dialog, else all that is named."""
    words = goal.named.get("title") or " ".join(goal.named.values())
    return goal.kind, letters(words)


def _states(found: AppMap) -> Iterator[MapGoal]:
    start = next((one for one in found.states if not one.path), None)
    for state in found.states:
        way = _way(state.path)
        if not way or state.kind not in STATES or start is None or state.path[-1].way == "scroll":
            continue
        if not is_at(state, look_of(state), found.states) or is_at(state, look_of(start), found.states):
            continue
        if state.kind == "view" and len({*state.features} - _before(state, found)) < FEWEST_OWN:
            continue
        named = {"way": way}
        if state.kind == "dialog":
            named["title"] = _quoted(state.name)
        yield MapGoal(_name(state.kind, state.name, state.id), state.kind, state, named)


def _before(state: MapState, found: AppMap) -> set[str]:
    """What can be seen at the start and one step before a state."""
    ways = ((), state.path[:-1])
    return {feature for one in found.states if one.path in ways for feature in one.features}


def _commands(found: AppMap) -> Iterator[MapGoal]:
    """What commands change, and boxes that were operated or of which a program said how they are."""
    fields = {(one.state, one.role, one.name or one.value): one for one in found.fields}
    for command in found.commands:
        state, control = found.state(command.state), command.deed.on
        if state is None or not letters(control.name) or command.deed.way == "type":
            continue
        here = f"{state.id}{command.deed!r}"
        known = fields.get((state.id, control.role, control.name))
        named = {"name": _quoted(control.name), "where": where_of(state)}
        is_shown = command.effect == "changes" and command.before and command.after
        if known is not None and known.checked is not None and control.role in ("checkbox", "radio"):
            kind = "option" if control.role == "radio" else "untick" if known.checked else "tick"
            if kind != "option" or not known.checked:
                yield MapGoal(_name(kind, control.name, here), kind, state, named, command, known)
        elif control.role == "checkbox" and is_shown and state.kind != "menu":
            yield MapGoal(_name("box", control.name, here), "box", state, named, command)
        elif is_shown and (way := _way((*state.path, command.deed))):
            yield MapGoal(_name("effect", control.name, here), "effect", state, {"way": way}, command)


def _fields(found: AppMap) -> Iterator[MapGoal]:
    """What can be written into: those fields in which it stood when it was tried."""
    counts = Counter((one.state, one.role) for one in found.fields)
    typed = [one for one in found.commands if one.deed.way == "type" and one.effect == "changes"]
    took = {(one.state, one.deed.on.role, one.deed.on.box) for one in typed}
    saves = {(one.state, one.deed.on.role, one.deed.on.box): one for one in found.commands if one.saved}
    for one in found.fields:
        state = found.state(one.state)
        saving = saves.get((one.state, one.role, one.box))
        if state is not None and saving is not None and (way := _way(state.path)):
            yield MapGoal(_name("file", way, state.id), "file", state, {"way": way}, saving, one)
        if state is None or (one.state, one.role, one.box) not in took:
            continue
        if not letters(one.name) and counts[one.state, one.role] > 1:
            continue
        name = _quoted(one.name) if letters(one.name) else f"the {ROLES[one.role]}"
        named = {"name": name, "where": where_of(state)}
        here = f"{state.id}{one.role}{one.name or one.box!r}"
        yield MapGoal(_name("field", one.name or one.role, here), "field", state, named, field=one)


def where_of(state: MapState) -> str:
    """A state as a place, in words."""
    if state.kind == "dialog":
        return f"the dialog {_quoted(state.name)}"
    return _way(state.path) or "the window"


def _way(path: Sequence[Deed]) -> str:
    """A path in words; empty where a step of it has no name."""
    steps = [
        f"context menu of {deed.on.name or f'the {ROLES.get(deed.on.role, deed.on.role)}'}"
        if deed.way == "right"
        else deed.on.name
        for deed in path
        if deed.way != "scroll"
    ]
    return _quoted(JOINT.join(steps)) if steps and all(letters(step) for step in steps) else ""


def _quoted(words: str) -> str:
    """A stranger's words in one line, and in quotation marks."""
    return repr(" ".join(clean(words).split())[:LONGEST_NAME])


def _name(kind: str, words: str, what: str) -> str:
    digest = hashlib.blake2b(what.encode(), digest_size=3).hexdigest()
    return "-".join(part for part in (kind, slug(words), digest) if part)


def chained(
    goals: Sequence[MapGoal], count: int, chance: random.Random, *, tree: bool
) -> tuple[MapGoal, ...]:
    """So many goals that can be reached one after the other; empty where there are not so many.

    Args:
        tree: whether programs have to be asked, which shows only how things are in the end.
    """
    for _ in range(MOST_DRAWS):
        chosen: list[MapGoal] = []
        for goal in chance.sample(list(goals), len(goals)):
            if len(chosen) < count and all(_go_together(one, goal, tree=tree) for one in chosen):
                chosen.append(goal)
        if len(chosen) == count:
            # The paths of a map begin as the application does, so what stays changed comes last.
            return tuple(sorted(chosen, key=lambda one: one.kind in LASTING))
    return ()


def _go_together(one: MapGoal, other: MapGoal, *, tree: bool) -> bool:
    kinds = {one.kind, other.kind}
    if tree:
        return one.state == other.state and not kinds & {*STATES, "effect", "file"}
    if "effect" in kinds and any(goal.kind != "effect" and not goal.way for goal in (one, other)):
        return False
    pairs = (one, other), (other, one)
    on_the_way = any(a.kind in STATES and b.way[: len(a.way)] == a.way for a, b in pairs)
    return not kinds <= LASTING and not on_the_way


@dataclass(frozen=True, slots=True)
class MapCase:
    """One task with one seed: its goals in order, and how they are asked for."""

    goals: tuple[MapGoal, ...]
    instruction: str

    @classmethod
    def drawn(cls, task: str, goals: Sequence[MapGoal], variation: Variation) -> MapCase:
        """Draw texts and wording."""
        chance = variation.chance(task)
        made = tuple(goal.drawn(chance, variation.parameters_seen) for goal in goals)
        seen = variation.wording_seen
        first, *rest = [goal.asked(chance, seen) for goal in made]
        said = first
        for sentence in rest:
            joint = chance.choice(sentences("chain", seen))
            own = joint.endswith(". ") or sentence.startswith("I ")
            said += joint + (sentence if own else sentence[0].lower() + sentence[1:])
        return cls(made, said)
