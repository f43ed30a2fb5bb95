"""Two maps of one application as one: what looks the same is one state, what either has tried is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deskhand.disk import replacing, writing
from deskhand.errors import UsageError
from deskhand.knowledge.map import DEEPEST, PICTURES, AppMap, MapCommand, MapState, picture
from deskhand.knowledge.recognising import is_at, look_of


def merged(one: AppMap, other: AppMap) -> AppMap:
    """A map with what either of two has; of what both have tried, what the first found.

    Raises:
        UsageError: they are of different applications, of other files, or of screens of other sizes.
    """
    for what, mine, theirs in (
        ("of", one.application, other.application),
        ("with the files", one.arguments, other.arguments),
        ("of a screen of", one.size, other.size),
    ):
        if mine != theirs:
            raise UsageError(
                f"maps {what} {str(mine)[:80]!r} and {str(theirs)[:80]!r} are not merged: "
                "explore the same application in the same way"
            )
    same = _same(one, other)
    states = {state.id: state for state in one.states}
    new = [state for state in other.states if same[state.id] not in states]
    states |= {state.id: _led_to(state, one, other, same) for state in new}
    commands = {_key(command): command for command in one.commands}
    for command in other.commands:
        moved = command.model_copy(
            update={"state": same[command.state], "leads_to": same.get(command.leads_to, command.leads_to)}
        )
        had = commands.get(_key(moved))
        commands[_key(moved)] = moved if had is None else _joined(had, moved)
    fields = {(field.state, field.role, field.name or repr(field.box)): field for field in one.fields}
    for field in other.fields:
        key = (same[field.state], field.role, field.name or repr(field.box))
        fields.setdefault(key, field.model_copy(update={"state": same[field.state]}))
    return one.model_copy(
        update={
            "states": tuple(states.values()),
            "commands": tuple(commands.values()),
            "fields": tuple(fields.values()),
            "seconds": one.seconds + other.seconds,
            "steps": one.steps + other.steps,
            "tree": one.tree or other.tree,
        }
    )


def _same(one: AppMap, other: AppMap) -> Mapping[str, str]:
    """For each state of the other map its id in the merged one: by its path, or because it looks the same."""
    found: dict[str, str] = {}
    for state in other.states:
        alike = next((mine.id for mine in one.states if is_at(mine, look_of(state), one.states)), state.id)
        found[state.id] = state.id if one.state(state.id) is not None else _own(alike, state, one)
    return found


def _own(alike: str, state: MapState, one: AppMap) -> str:
    """The id of a state that looks alike, where it is of the same kind; else the state's own."""
    mine = one.state(alike)
    return alike if mine is not None and mine.kind == state.kind else state.id


def _led_to(state: MapState, one: AppMap, other: AppMap, same: Mapping[str, str]) -> MapState:
    """A state with the path that leads to it in the merged map: by the states that both have."""
    ids = {known.path: known.id for known in other.states}
    for number in range(len(state.path) - 1, 0, -1):
        mine = one.state(same.get(ids.get(state.path[:number], ""), ""))
        if mine is not None:
            return state.model_copy(update={"path": (*mine.path, *state.path[number:])[:DEEPEST]})
    return state


def _key(command: MapCommand) -> tuple[str, str, str, str]:
    return command.state, command.deed.way, command.deed.on.role, command.deed.words


def _joined(one: MapCommand, other: MapCommand) -> MapCommand:
    """What is known of a command: as the first map has it, where that tried it."""
    known = one if one.effect not in ("", "lost") or other.effect in ("", "lost") else other
    tries = {"tries": one.tries + other.tries, "failures": one.failures + other.failures}
    return known.model_copy(update={**tries, "shortcut": one.shortcut or other.shortcut})


def copy_pictures(found: AppMap, source: Path, target: Path) -> None:
    """Copy the pictures of a map that lie in another map's folder and are not there yet.

    Raises:
        TrajectoryError: one is a link, or too large.
        LogError: one cannot be written.
    """
    names = {state.picture for state in found.states}
    for command in found.commands:
        names |= {command.before, command.after, command.deed.on.picture}
    for name in sorted(names - {""}):
        path, data = target / PICTURES / f"{name}.png", picture(source, name)
        if data and not path.exists():
            with writing("a picture of the map", target):
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as whole:
                    whole.write_bytes(data)
