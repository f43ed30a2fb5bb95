"""What of a map a task names, in its order: states to be reached, commands to be used, fields to be filled.

Only what is named clearly counts: by a path ("Image > Rotate"), in quotation marks, or by a name of two words
or more. Where two things could be meant, none is; where one of them is forbidden, there is no plan.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from deskhand.knowledge.map import JOINT, AppMap, Deed, MapCommand, MapField, MapState, words_of_path
from deskhand.knowledge.retrieval import COMMON, stems
from deskhand.perception.text.similarity import letters

QUOTED = re.compile(r"(?<!\w)'(.{1,300}?)'(?!\w)|\"(.{1,300}?)\"|“(.{1,300}?)”|«(.{1,300}?)»")
_NAMELESS = {"field": re.compile(r"\btext field\b", re.I), "area": re.compile(r"\btext area\b", re.I)}
"""Fields that are asked for by what they are."""
_KIND = re.compile(r"\b(menu|dialog)\s+['\"“«]?$", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"(\b(no|not|nothing|never|nor|without|avoid|except|but|instead of|rather than|dont|leave|keep|skip|"
    r"ignore|refrain|cancel|forbidden|prohibited)|n['’]t)\b[^.;!?\n]{0,80}$",
    re.IGNORECASE,
)
"""What stands before that which is not to be done."""
_FORBIDDEN_BEHIND = re.compile(
    r"[^.;!?\n]{0,80}?(\b((must|should|shall|may|can|is to|are to|has to|have to) ?(not|never)|forbidden|"
    r"prohibited|taboo|off[ -]limits|not allowed|alone|untouched|unchanged|as (it is|they are))\b|"
    r"\b(must|should|can)n['’]t\b)",
    re.IGNORECASE,
)
"""What stands behind it."""
_TO_BE = re.compile(
    r"\b(on|off|set|active|selected|cleared|(un)?tick(ed)?|unchecked|uncheck|check(?![ -]?box)(ed)?|"
    r"(en|dis)abled?|(de)?activated?)\b",
    re.IGNORECASE,
)
"""What says how a check box is to be, so that it may be so already."""
_IN_WINDOW = re.compile(r"\s+in the window\b", re.IGNORECASE)
FEWEST_WORDS = 2
"""Of a name that is taken for one without quotation marks."""
MOST_QUOTED = 100
"""Texts in quotation marks that are looked for; of more something is left over."""
LEFT_OVER = 2
"""Words of a task that may say something else, and still all that it asks for is named."""
_OPERATING = frozenset(
    "open click choose press push select go get bring show see look switch take pull have need want i me it "
    "is not am of on off in at by once one time then next after that through when done menu dialog window "
    "check box toggle setting change other state option command run program do type write enter put fill "
    "text field area should read as flip item button tab view page use screen up down let what shows into "
    "its to have my with there".split()
)
"""Words about how a program is operated."""
_ASKS = re.compile(
    r"\s*(what|which|who|whose|when|where|why|how|is|are|was|were|does|do you|did|can you (tell|say)|tell|"
    r"say|find out|read out|verify|(check|see|look) (whether|if|that))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class MapAim:
    """Something that is to be reached on a map.

    Attributes:
        state: where it is; the state itself, where there is neither command nor field.
        command: what is used there.
        field, text: what is filled in there, and with what.
        at: first and last character (exclusive) of its name in the task.
    """

    state: MapState
    command: MapCommand | None = None
    field: MapField | None = None
    text: str = ""
    at: tuple[int, int] = (0, 0)

    @property
    def way(self) -> tuple[Deed, ...]:
        """The path to its state."""
        return self.state.path

    @property
    def is_state(self) -> bool:
        """Whether it is a state that is to be seen, and nothing is done in it."""
        return self.command is None and self.field is None

    @property
    def words(self) -> str:
        """The path and what is at its end, in words."""
        way = self.way if self.command is None else (*self.way, self.command.deed)
        steps = [words_of_path(way)] if way else []
        if self.field is not None:
            steps.append(self.field.name or f"the text {self.field.role}")
        return JOINT.join(steps)


@dataclass(frozen=True, slots=True)
class MapPlan:
    """What of a task its map has.

    Attributes:
        aims: in the order in which the task names them.
        is_whole: whether the task asks for nothing else.
    """

    aims: tuple[MapAim, ...] = ()
    is_whole: bool = False


def is_question(task: str) -> bool:
    """Whether a task wants something to be said, so that nothing may be changed for it."""
    return task.rstrip().endswith("?") or _ASKS.match(task) is not None


def plan_of(found: AppMap, task: str) -> MapPlan:
    """What of a map a task names. For a question that is only what can be looked at."""
    return _Reading(found, task).plan()


def aim_of(found: AppMap, command: MapCommand) -> MapAim | None:
    """What a command is used for: the state that it opens, or its use."""
    opened = found.state(command.leads_to) if command.effect == "opens" else None
    if opened is not None and opened.path:
        return MapAim(opened)
    state = found.state(command.state)
    return MapAim(state, command) if state is not None else None


Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Mention:
    """A part of a task that names something of the map, and all that it may name."""

    at: Span
    meant: tuple[MapAim, ...]

    @property
    def places(self) -> set[str]:
        """The states that it may name."""
        return {one.state.id for one in self.meant if one.is_state}


class _Reading:
    """One task that is read with a map beside it."""

    def __init__(self, found: AppMap, task: str) -> None:
        self._found, self._task, self._low = found, task, task.casefold()
        quotes = itertools.islice(QUOTED.finditer(task), MOST_QUOTED)
        self._quotes = [(match.span(), next(filter(None, match.groups()))) for match in quotes]

    def plan(self) -> MapPlan:
        """What is named clearly, and whether that is all."""
        quoted = [_Mention(at, tuple(self._of_kind(at, self._meant(text)))) for at, text in self._quotes]
        values = [self._quotes[n] for n, one in enumerate(quoted) if not one.meant]
        mentions = [one for one in quoted if one.meant] + list(self._unquoted())
        if any(map(self._is_forbidden, mentions)):
            return MapPlan()  # what is forbidden of several things is for a reader to tell
        aims = [aim for one in mentions if (aim := _clear(one, mentions)) is not None]
        aims = sorted([*aims, *self._nameless(aims, bool(values))], key=lambda one: one.at)
        aims = [one for number, one in enumerate(aims) if not _is_place_of(number, aims)]
        is_seen = any(map(_is_box, aims)) and _TO_BE.search(self._task) is not None
        if is_seen:  # whether it is so already the map does not say: its place is shown
            aims = [replace(one, command=None) if _is_box(one) else one for one in aims]
        filled, used = _with_values(aims, values)
        if is_question(self._task):
            return MapPlan(tuple(one for one in filled if one.is_state))
        spans = [*(one.at for one in aims), *(one.at for one in mentions), *(at for at, _ in used)]
        is_all = 0 < len(filled) == len(aims) and self._left_over(spans) <= LEFT_OVER
        return MapPlan(tuple(filled), is_all and not is_seen)

    def _is_forbidden(self, one: _Mention) -> bool:
        before, behind = self._task[: one.at[0]], self._task[one.at[1] :]
        return bool(_FORBIDDEN.search(before) or _FORBIDDEN_BEHIND.match(behind))

    @cached_property
    def _commands(self) -> list[MapCommand]:
        return [
            one
            for one in self._found.commands
            if one.effect in ("opens", "changes") and one.is_sure and one.deed.way not in ("type", "scroll")
        ]

    def _meant(self, text: str) -> list[MapAim]:
        """All that a text in quotation marks may name: by its whole path, or by its own name."""
        steps = [letters(step) for step in text.split(JOINT)]
        if len(steps) > 1:
            states = [MapAim(one) for one in self._found.states if _steps(one.path) == steps]
            every = [one for one in self._commands if _steps(self._found.path_of(one)) == steps]
            return states or [aim for one in every if (aim := aim_of(self._found, one)) is not None]
        [name] = steps
        if not name:
            return []
        return list(self._called(name))

    def _of_kind(self, at: Span, meant: list[MapAim]) -> list[MapAim]:
        """Those that are a menu or a dialog, where it says so before the name; else all."""
        said = _KIND.search(self._task[: at[0]])
        kind = said[1].casefold() if said is not None else ""
        return [one for one in meant if one.is_state and one.state.kind == kind] or meant

    def _called(self, name: str) -> Iterator[MapAim]:
        states = [
            one
            for one in self._found.states
            if one.path and name in (letters(one.name), letters(one.path[-1].words))
        ]
        yield from map(MapAim, states)
        for command in self._commands:
            if letters(command.deed.on.name) == name:
                aim = aim_of(self._found, command)
                if aim is not None and aim.state not in states:
                    yield aim
        for field in self._found.fields:
            state = self._found.state(field.state)
            if state is not None and field.role in _NAMELESS and letters(field.name) == name:
                yield MapAim(state, field=field)

    def _unquoted(self) -> Iterator[_Mention]:
        """Paths, and names of several words, that stand in the task without quotation marks."""
        taken = [at for at, _ in self._quotes]
        paths = {self._found.words_of(one) for one in self._commands}
        names = {one.deed.on.name for one in self._commands}
        names = {one for one in names if len(one.split()) >= FEWEST_WORDS}
        for name in sorted(names | {one for one in paths if JOINT in one}, key=len, reverse=True):
            parts = [part.rstrip(".…") for part in name.split() if part.rstrip(".…")]
            if not all(part.casefold() in self._low for part in parts):
                continue  # a map has thousands of names, and a pattern takes its time
            pattern = r"(?<!\w)" + r"[.…]*\s+".join(map(re.escape, parts)) + r"(?!\w)"
            match = re.search(pattern, self._task, re.IGNORECASE)
            if match is None or any(_overlap(match.span(), one) for one in taken):
                continue
            taken.append(match.span())
            yield _Mention(match.span(), tuple(self._meant(name)))

    def _nameless(self, aims: Sequence[MapAim], has_value: bool) -> Iterator[MapAim]:
        """Fields that are asked for by what they are, each the only one of its place."""
        start = next((one for one in self._found.states if not one.path), None)
        for role, pattern in _NAMELESS.items():
            for match in pattern.finditer(self._task):
                at = match.span()
                if not has_value or any(_overlap(at, quote) for quote, _ in self._quotes):
                    continue
                places = [one for one in aims if one.is_state]
                near = min(places, key=lambda one: _distance(one.at, at), default=None)
                in_window = _IN_WINDOW.match(self._task, at[1]) is not None
                state = start if near is None or in_window else near.state
                fields = [one for one in self._found.fields if state and one.state == state.id]
                fields = [one for one in fields if one.role == role]
                if state is not None and len(fields) == 1:
                    yield MapAim(state, field=fields[0], at=at)

    def _left_over(self, named: Sequence[Span]) -> int:
        """How many words of the task say something that is not on the map."""
        rest = list(self._task)
        for start, end in named:
            rest[start:end] = " " * (end - start)
        return len(stems("".join(rest), without=COMMON | _OPERATING))


def _steps(path: Sequence[Deed]) -> list[str]:
    return [letters(deed.words) for deed in path if deed.way != "scroll"]


def _clear(mention: _Mention, mentions: Sequence[_Mention]) -> MapAim | None:
    """The one thing that is meant, in a place that is named too if there is one; None where several are."""
    places = [(_distance(one.at, mention.at), one.places) for one in mentions if one is not mention]

    def away(aim: MapAim) -> int:
        """Letters between the mention and that of the aim's own place; -1 where that is not named."""
        return min((off for off, found in places if aim.state.id in found), default=-1)

    inside = [one for one in mention.meant if not one.is_state and away(one) >= 0]
    inside = [one for one in inside if away(one) == min(map(away, inside))]
    best = inside or [one for one in mention.meant if one.is_state] or mention.meant
    shortest = min((len(one.way) for one in best), default=0)
    best = [one for one in best if len(one.way) == shortest]
    return replace(best[0], at=mention.at) if len({(one.state.id, one.words) for one in best}) == 1 else None


def _with_values(
    aims: Sequence[MapAim], values: Sequence[tuple[Span, str]]
) -> tuple[list[MapAim], list[tuple[Span, str]]]:
    """The aims, each field with the text that is quoted next to it; a field without one is none."""
    filled: list[MapAim] = []
    left = list(values)
    for one in aims:
        if one.field is None:
            filled.append(one)
        elif left:
            value = min(left, key=lambda value: _distance(value[0], one.at))
            left.remove(value)
            filled.append(replace(one, text=value[1]))
    return filled, [value for value in values if value not in left]


def _is_box(aim: MapAim) -> bool:
    return aim.command is not None and aim.command.deed.on.role == "checkbox"


def _is_place_of(number: int, aims: Sequence[MapAim]) -> bool:
    """Whether an aim is only the place of the one that is named before or after it."""
    one = aims[number]
    if not one.is_state:
        return False
    before, after = aims[max(0, number - 1) : number], aims[number + 1 : number + 2]
    used = [other for other in before if not other.is_state]
    return any(other.state.id == one.state.id for other in (*used, *after))


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _distance(one: Span, other: Span) -> int:
    return max(other[0] - one[1], one[0] - other[1], 0)
