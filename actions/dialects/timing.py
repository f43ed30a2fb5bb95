"""How long reading takes, for ``make bench``: an ordinary reply, and the worst that 64 KiB can be."""

from __future__ import annotations

import time
from contextlib import suppress

from deskhand.actions.dialects.dialect import Dialect
from deskhand.actions.geometry import Viewport
from deskhand.errors import ActionParseError

SIZE = 64 * 1024
_SCREEN = Viewport(1920, 1080)
_HEADS = (
    "",
    "Action: ",
    "Action: type(content='",
    "Thought: t\nAction: type(content=",
    "Action: click(start_box='",
    "<think>",
    "<seed:tool_call><function=type><parameter=content>",
    'Action: {"',
)
_UNITS = (
    "(",
    ")",
    "'",
    '"',
    "\\",
    "Action:",
    "\nAction: ",
    "Thought: x\n",
    "<point>",
    "<",
    "\n",
    " ",
    "{",
    "[",
    ", ",
    "', ",
    "')\n",
    "type(content='",
    "type x\n",
    "wait() ",
    "</think>",
    "<function=click>",
    "<function=",
    "<parameter=content>",
    '<tool_call>{"a":',
    "```\n",
    "- , ",
    "你",
    "“",
    "\u2028",
    "a",
    "9",
)


def hostile_replies() -> list[str]:
    """64 KiB texts of one repeated piece each: what a careless reader takes minutes for."""
    return [(head + unit * (SIZE // len(unit) + 1))[:SIZE] for head in _HEADS for unit in _UNITS]


def parse_seconds(dialect: Dialect, texts: list[str]) -> list[float]:
    """Processor seconds that each text takes to be read or refused."""
    return [_seconds(dialect, text) for text in texts]


def _seconds(dialect: Dialect, text: str) -> float:
    start = time.process_time()
    with suppress(ActionParseError):  # a refusal is a result too; what counts is how long it took
        dialect.parse(text, _SCREEN)
    return time.process_time() - start
