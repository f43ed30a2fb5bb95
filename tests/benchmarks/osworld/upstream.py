"""OSWorld's own metrics, loaded from a copy, and ours as they are compared with them.

The copy is the folder that DESKHAND_OSWORLD_COPY names. Of what its code imports, only what the compared
metrics use must be installed; for the rest an empty module stands in.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.place import NothingThere

COPY = os.environ.get("DESKHAND_OSWORLD_COPY", "")
PAIRS = 240
needs_copy = pytest.mark.skipif(not COPY, reason="DESKHAND_OSWORLD_COPY names no copy of OSWorld")

PACKAGES = ("desktop_env", "desktop_env.evaluators", "desktop_env.evaluators.metrics")
UNUSED = ("easyocr", "acoustid", "borb", "borb.pdf", "pdfplumber", "formulas", "xmltodict", "tldextract")


class Absent(ModuleType):
    """Stands in for a package of which what is compared uses nothing."""

    __path__: ClassVar[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *given, **named: None})


def module(name: str, *needed: str) -> Any:
    """A module of OSWorld's metrics, without what its package imports beside it.

    A test is skipped where one of the packages ``needed`` is not installed.
    """
    for package in needed:
        pytest.importorskip(package)
    for package in PACKAGES:
        if package not in sys.modules:
            made = ModuleType(package)
            made.__path__ = [str(Path(COPY).joinpath(*package.split(".")))]
            sys.modules[package] = made
    for package in UNUSED:
        root = package.partition(".")[0]
        if isinstance(sys.modules.get(root), Absent) or importlib.util.find_spec(root) is None:
            sys.modules[package] = Absent(package)
    return importlib.import_module(f"{PACKAGES[-1]}.{name}")


def ours(name: str, result: Any, expected: Any, options: dict[str, Any]) -> float:
    """Our verdict. What neither can read is not done."""
    try:
        return lookup.metric(name)(result, expected, options).reward
    except (NothingThere, NotImplementedError, TypeError, ValueError, ArithmeticError, LookupError):
        return 0.0


def theirs(module: Any, name: str, result: Any, expected: Any, options: dict[str, Any]) -> float:
    """OSWorld's verdict; 0 where its code breaks off."""
    given = [_text(part) for part in (result, expected) if part is not None]
    try:
        return float(getattr(module, name)(*given, **options) or 0)
    except Exception:  # noqa: BLE001 - whatever their code does not catch
        return 0.0


def _text(value: Any) -> Any:
    """Files as OSWorld names them."""
    if isinstance(value, list):
        return [_text(one) for one in value]
    return str(value) if isinstance(value, Path) else value


class Compared:
    """Verdicts on generated pairs, each the same as OSWorld's."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.rewards: list[float] = []

    def __call__(
        self, name: str, result: Any, expected: Any, options: dict[str, Any] | None = None, near: float = 1e-9
    ) -> None:
        """Compare one pair; ``near`` is by how much rewards may differ."""
        mine = ours(name, result, expected, options or {})
        other = theirs(self.module, name, result, expected, options or {})
        assert mine == pytest.approx(other, abs=near), (len(self.rewards), name, result, expected, options)
        self.rewards.append(mine)

    def are_of_both_kinds(self, least: int = PAIRS) -> None:
        """There were enough pairs, of which some are right and some are not."""
        gc.collect()  # what OSWorld's code has left open is closed while its test may still be warned of it
        assert len(self.rewards) >= least
        assert max(self.rewards) > min(self.rewards)
