"""How often a map's command is among the first five for a wish in other words: by words, meaning, both."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from deskhand.errors import UsageError
from deskhand.knowledge.map import AppMap, MapCommand, read_map
from deskhand.knowledge.retrieval import By, Vectors, relevant, stems
from deskhand.perception.text.similarity import letters

FIRST = 5
WAYS: tuple[By, ...] = ("words", "meaning", "both")
COLUMNS = {
    "wishes": "wishes in other words than the command's",
    "words": "of 100 wishes, whose command is among the first five by the words that both have",
    "meaning": "by how near both are in meaning (the text encoder)",
    "both": "by both together, as policies are given them",
    "first": "of 100 wishes, whose command is the very first by both",
}


def rows(folders: Sequence[Path], vectors: Vectors) -> Iterator[dict[str, Any]]:
    """One row a map, then all together.

    Raises:
        UsageError: no map has a command of which a wish is known.
    """
    total, hits = 0, dict.fromkeys((*WAYS, "first"), 0)
    for folder in folders:
        found = read_map(folder)
        asked = list(wishes(found))
        here: dict[str, int] = {
            by: sum(_is_found(found, wish, one, vectors, by) for wish, one in asked) for by in WAYS
        }
        here["first"] = sum(_is_found(found, wish, one, vectors, "both", 1) for wish, one in asked)
        yield _row(found.application[:40], len(asked), here)
        total += len(asked)
        hits = {name: hits[name] + here[name] for name in hits}
    if not total:
        raise UsageError("no map has a command of which a wish is known: explore longer, or another program")
    if len(folders) > 1:
        yield _row("all", total, hits)


def wishes(found: AppMap) -> Iterator[tuple[str, Sequence[MapCommand]]]:
    """Wishes of what a map has, each with the commands that do it; no word of theirs is in it."""
    known = tomllib.loads((files("deskhand.benchmarks.speed") / "wishes.toml").read_text(encoding="utf-8"))
    by_name: dict[str, list[MapCommand]] = {}
    for command in found.commands:
        if command.deed.way == "click" and command.effect not in ("", "lost", "nothing"):
            by_name.setdefault(letters(command.deed.on.name), []).append(command)
    for name, asked in known.items():
        commands = by_name.get(name, ())
        own = {stem for command in commands for stem in stems(command.deed.on.name)}
        yield from ((wish, commands) for wish in asked if commands and not own & {*stems(wish)})


def _is_found(
    found: AppMap, wish: str, commands: Sequence[MapCommand], vectors: Vectors, by: By, most: int = FIRST
) -> bool:
    first = relevant(found, wish, most, vectors=vectors, by=by)
    return any(one in commands for one in first)


def _row(name: str, count: int, hits: Mapping[str, int]) -> dict[str, Any]:
    shares = {by: round(100 * hit / count, 1) if count else None for by, hit in hits.items()}
    return {"map": name, "wishes": count, **shares}
