"""Asks the browser of a sandbox through the port of its DevTools, from inside the sandbox."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from deskhand.benchmarks.task_files.place import NothingThere, Place

ASKED_SECONDS = 120.0
PORTS = (1337, 9222)
"""Where the tasks have DevTools listen, and where OSWorld's own harness asks for them."""


@cache
def _source() -> str:
    return Path(__file__).with_name("devtools.py").read_text()


def ask(place: Place, **asked: Any) -> Any:
    """Ask; ``devtools.py`` says what.

    Raises:
        NothingThere: no browser answers; the agent may have closed it.
    """
    line = ["python3", "-c", _source(), json.dumps({"ports": PORTS, **asked})]
    done = place.run(line, timeout=ASKED_SECONDS)
    try:
        said = json.loads(done.stdout)
        if "answer" in said:
            return said["answer"]
        reason = str(said["gone"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NothingThere(f"the browser cannot be asked: {done.stderr[-200:]!r}") from error
    raise NothingThere(f"the browser cannot be asked: {reason}")
