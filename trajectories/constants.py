"""Which constants of a recording came from its instruction, and what to call them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice

from deskhand.actions.vocabulary import Type
from deskhand.errors import UsageError
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.workflow import NAME, RESERVED, Kind, Parameter, Use, whole

QUOTED = re.compile(r"'([^']{1,500})'|\"([^\"]{1,500})\"|“([^”]{1,500})”|‘([^’]{1,500})’")
TOKEN = re.compile(r"[^\s,;:!?()'\"]+")
SHORTEST = 3
LONGEST_NAME = 30
MOST_SECRETS = 100
COMMON = frozenset(
    "the and for with into from that this then than not but are was has have its file files folder folders "
    "text line lines name names new old save open close type write enter put make create add change rename "
    "call called named replace delete copy move press click please document sentence word words".split()
)
"""Words of instructions that are no values."""

SKIPPED = frozenset("a an the as to is be it in into of called named with under name new".split())
"""What may stand between a value and the word that says what it is."""

NO_NAMES = frozenset(
    "type write enter put save store keep make create add rename replace compute "
    "calculate say jot and or by that what from for".split()
)
FILE = re.compile(r"[\w .-]{1,100}\.[A-Za-z0-9]{1,5}")


def parameters_of(recording: Trajectory, named: Mapping[str, str] | None = None) -> tuple[Parameter, ...]:
    """The parameters of a workflow: what was typed and stands in the instruction, and what a user names.

    Args:
        named: constants by the names that they shall have; each must have been typed.

    Raises:
        UsageError: a name is none, or its constant was never typed.
    """
    given = dict(named or {})
    for name, constant in given.items():
        if not NAME.fullmatch(name) or name in RESERVED:
            raise UsageError(
                f"{name[:40]!r} is not a valid name: use small letters, digits and "
                "underscores, and no Python keyword"
            )
        if not _uses(recording, constant):
            raise UsageError(
                f"{constant[:60]!r} was never typed in the recording, so {name} would "
                "change nothing: name a typed text"
            )
    taken: dict[str, Parameter] = {}
    for name, constant in given.items():
        taken[name] = Parameter(
            name=name, type=_kind(constant), constant=constant, uses=tuple(_uses(recording, constant))
        )
    covered = list(given.values())
    for constant in _from_instruction(recording):
        if any(constant in other or other in constant for other in covered):
            continue
        name = _free(_called(recording.task.instruction, constant), taken)
        taken[name] = Parameter(
            name=name, type=_kind(constant), constant=constant, uses=tuple(_uses(recording, constant))
        )
        covered.append(constant)
    for use in islice(_hidden(recording), MOST_SECRETS):
        name = _free("secret", taken)
        taken[name] = Parameter(name=name, type="secret", uses=(use,))
    return tuple(taken.values())


def _texts(recording: Trajectory) -> Iterator[tuple[int, int, str]]:
    """Step, action and text of everything that was typed and is known."""
    for step in recording.steps:
        for index, action in enumerate(step.decision.reply.actions if step.decision.reply else ()):
            if isinstance(action, Type) and index not in step.hidden and action.text.strip():
                yield step.step, index, action.text


def _hidden(recording: Trajectory) -> Iterator[Use]:
    for step in recording.steps:
        yield from (Use(step=step.step, action=index) for index in step.hidden)


def _uses(recording: Trajectory, constant: str) -> list[Use]:
    if not constant:
        return []
    whole = _whole(constant)
    return [Use(step=step, action=index) for step, index, text in _texts(recording) if whole.search(text)]


def _whole(constant: str) -> re.Pattern[str]:
    return re.compile(whole(constant))


def _from_instruction(recording: Trajectory) -> list[str]:
    """Longest first: whole typed texts that the instruction has, then its phrases that were typed."""
    instruction = recording.task.instruction
    typed = list(dict.fromkeys(text for _, _, text in _texts(recording)))
    whole = [text for text in typed if _whole(text).search(instruction)]
    quoted = [next(part for part in found.groups() if part) for found in QUOTED.finditer(instruction)]
    words = [word.rstrip(".") for word in TOKEN.findall(instruction)]
    phrases = [
        *quoted,
        *(w for w in words if len(w) >= SHORTEST or w.isdigit() if w.casefold() not in COMMON),
    ]
    parts = [one for one in phrases if one.strip() and any(_whole(one).search(text) for text in typed)]
    return sorted(dict.fromkeys([*whole, *parts]), key=lambda text: -len(text))


def _kind(constant: str) -> Kind:
    if re.fullmatch(r"[+-]?[0-9]+", constant):
        return "integer"
    if re.fullmatch(r"[+-]?[0-9]+[.,][0-9]+", constant):
        return "number"
    try:
        date.fromisoformat(constant)
    except ValueError:
        return "text"
    return "date"


def _called(instruction: str, constant: str) -> str:
    """What the instruction calls a value: the noun before it; else what it looks like."""
    if FILE.fullmatch(constant):
        return "file"
    found = _whole(constant).search(instruction)
    before = [w.casefold() for w in re.findall(r"[A-Za-z]+", instruction[: found.start()])] if found else []
    while before and before[-1] in SKIPPED:
        before.pop()
    noun = before[-1] if before else ""
    noun = noun[:LONGEST_NAME]
    if NAME.fullmatch(noun) and noun not in NO_NAMES | RESERVED:
        return noun
    return {"integer": "number", "number": "number", "date": "date"}.get(_kind(constant), "text")


def _free(name: str, taken: Mapping[str, Parameter]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
