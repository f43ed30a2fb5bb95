"""Fills parameters into a task: names in braces, in every text of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"\{(\w+)\}")
MOST_DEPTH = 50


def filled(value: Any, parameters: Mapping[str, str], depth: int = MOST_DEPTH) -> Any:
    """A JSON value with ``{name}`` replaced in its texts, in one pass, where there is such a parameter.

    What a parameter brings in is not looked at again; other braces stay as they are.

    Raises:
        ValueError: it is nested too deeply.
    """
    if isinstance(value, str):
        return _NAME.sub(lambda found: parameters.get(found[1], found[0]), value)
    if depth == 0 and isinstance(value, dict | list):
        raise ValueError(f"a task is nested more than {MOST_DEPTH} levels deep")
    if isinstance(value, dict):
        return {key: filled(item, parameters, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, parameters, depth - 1) for item in value]
    return value
