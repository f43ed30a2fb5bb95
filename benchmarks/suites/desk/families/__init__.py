"""Draws of parameters, oracles' moves and makers of files, by the names that task files call them.

Each module of this package is about one application, or about several that are used together. It may
have ``DRAWS``, ``MOVES`` and ``FILES``; a task's file names an entry of each that it needs. Modules are
found by being here. A name stands in one module only.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deskhand.benchmarks.moves import Draw, MakeFile, Moves


@dataclass(frozen=True, slots=True)
class Tables:
    """What the modules of this package offer, by name."""

    draws: Mapping[str, Draw]
    moves: Mapping[str, Moves]
    files: Mapping[str, MakeFile]


@functools.cache
def tables() -> Tables:
    """All that the modules offer; they are imported one by one when this is first asked for."""
    found: dict[str, dict[str, Any]] = {"DRAWS": {}, "MOVES": {}, "FILES": {}}
    homes: dict[tuple[str, str], str] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for table, entries in found.items():
            for name, entry in getattr(module, table, {}).items():
                if (table, name) in homes:
                    raise ValueError(f"{table} has {name!r} in {homes[table, name]} and in {module.__name__}")
                entries[name], homes[table, name] = entry, module.__name__
    return Tables(found["DRAWS"], found["MOVES"], found["FILES"])
