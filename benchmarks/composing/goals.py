"""What can be wanted of something composed: how it is said, what becomes of its state, and how it is done."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from deskhand.actions.vocabulary import Finished, Infeasible
from deskhand.agent.result import RunResult
from deskhand.benchmarks.browsing.moves import Do, Moves, press, write
from deskhand.benchmarks.composing.wording import sentences
from deskhand.benchmarks.suite import Score

State = Mapping[str, Any]
"""What each control holds, by its id, and what else was done: "pressed e7", "chosen e9"."""
Shown = TypeVar("Shown")
"""What a goal is done on: a page, or a program's window."""
MARKS = ("{}", "{}", "'{}'", '"{}"')


@runtime_checkable
class Allows(Protocol):
    """What is wanted where several values will do."""

    def allows(self, now: Any) -> bool:
        """Whether a value is one of them."""
        ...


@dataclass(frozen=True, slots=True)
class Within:
    """A number that is near enough."""

    least: float
    most: float

    def allows(self, now: Any) -> bool:
        """Whether it is a number between the two."""
        try:
            return self.least <= float(now) <= self.most
        except (TypeError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class Goal(Generic[Shown]):
    """One thing to be done.

    Attributes:
        said: sentences for it; names in braces are those of ``named``.
        named: what the sentences name.
        wanted: of the state, what it is when it is done; what ``Allows`` where several values will do.
        doing: what is left to be done, from any state; for a question, what brings the answer into view.
        answer: what is to be answered, for a question.
        possible: whether what is shown allows it.
        beside: parts of the state that may change on the way.
    """

    said: tuple[str, ...]
    named: Mapping[str, str]
    wanted: State = field(default_factory=dict)
    doing: Callable[[Shown], Moves] = lambda shown: iter(())
    answer: str = ""
    possible: bool = True
    beside: tuple[str, ...] = ()

    def words(self, chance: random.Random) -> str:
        """One of its sentences."""
        marked = {name: chance.choice(MARKS).format(text) for name, text in self.named.items()}
        return chance.choice(self.said).format(**marked)

    def behind(self, seen: bool, tab: str, doing: Callable[[Shown], Moves]) -> Goal[Shown]:
        """The same on a tab: said so, and done by ``doing``. A question is not asked there."""
        if self.answer:
            return replace(self, said=())
        said = tuple(place.replace("{goal}", one) for place in sentences("on_tab", seen) for one in self.said)
        return replace(self, said=said, named={**self.named, "tab": tab}, doing=doing)


def instruction(goals: Sequence[Goal[Any]], chance: random.Random, seen: bool = True) -> str:
    """All of them in one sentence or two, as somebody would ask for them.

    Args:
        seen: whether in words that training may see.
    """
    text = goals[-1].words(chance)
    for goal in reversed(goals[:-1]):
        text = chance.choice(sentences("chain", seen)).format(goal.words(chance), text)
    if not text.endswith("?"):
        text = chance.choice(sentences("frame", seen)).format(text)
    return text[0].upper() + text[1:] if chance.random() < 0.7 else text


def is_met(state: State, name: str, wanted: Any) -> bool:
    """Whether the state is what is wanted, in one thing."""
    now = state.get(name)
    return wanted.allows(now) if isinstance(wanted, Allows) else bool(now == wanted)


def is_reached(goal: Goal[Any], state: State) -> bool:
    """Whether the state is what a goal wants, in everything."""
    return all(is_met(state, name, wanted) for name, wanted in goal.wanted.items())


def solve(goals: Sequence[Goal[Shown]], state_of: Callable[[Shown], State]) -> Callable[[Shown, str], Moves]:
    """Does all of them, one after the other, from any state."""

    def moves(shown: Shown, instruction: str) -> Moves:
        for goal in goals:
            if not goal.possible:
                name = next(iter(goal.named.values()))
                yield Do(f"There is no {name} here.", (Infeasible(reason=f"{name} is not here"),))
                return
            if goal.answer:
                yield from goal.doing(shown)
                yield Do("I read it.", (Finished(answer=goal.answer),))
                return
            if not is_reached(goal, state_of(shown)):
                yield from goal.doing(shown)

    return moves


def fill(look: Callable[[], tuple[str, bool, bool]], click: Callable[..., Moves], text: str) -> Moves:
    """Make a field hold a text, from whatever it holds and wherever the keyboard is.

    Args:
        look: what the field holds, whether it has the keyboard, and whether all of it is marked.
        click: clicks it; takes ``count``.
    """
    for _ in range(4):
        value, focused, marked = look()
        if value == text:
            return
        if focused and (marked or not value):
            yield write(text) if text else press("delete")
        elif focused:
            yield press("ctrl", "a")
        elif value:
            yield from click(count=3)
        else:
            yield from click(count=1)


def scored(goals: Sequence[Goal[Any]], start: State, now: State, result: RunResult) -> Score:
    """Whether all is as it was asked for and the rest as it was, and the right thing was said of it."""
    wanted = {name: value for goal in goals for name, value in goal.wanted.items()}
    beside = {name for goal in goals for name in goal.beside}
    others = sorted({*start, *now} - set(wanted) - beside)
    differ = [name for name in others if now.get(name) != start.get(name)]
    changed = [name for name in differ if not _is_gone(name, now, wanted)]
    if changed:
        return Score(0.0, f"changed without being asked: {', '.join(changed[:5])}")
    missing = [name for name, value in wanted.items() if not is_met(now, name, value)]
    if missing:
        return Score(0.0, f"not as it was asked for: {', '.join(missing[:5])}")
    return _said(goals, result)


def _is_gone(name: str, now: State, wanted: State) -> bool:
    """Whether a control is not there any more because its row was to be removed."""
    return name not in now and any(one.startswith("removed ") for one in wanted)


def _said(goals: Sequence[Goal[Any]], result: RunResult) -> Score:
    """The reward, by what was said in the end, and why it is none."""
    gave_up = result.status in ("infeasible", "needs_user")
    if not all(goal.possible for goal in goals):
        return Score(1.0) if gave_up else Score(0.0, "it was not said that this cannot be done")
    if gave_up:
        return Score(0.0, "it was given up")
    answer = goals[0].answer
    if answer and answer.casefold() not in (result.answer or "").casefold():
        return Score(0.0, f"the answer is {answer!r}, not {(result.answer or '')[:80]!r}")
    return Score(1.0)
