"""Orders for a terminal and the command that does each, for lessons on screens that show a prompt.

The desk suite has two tasks in terminals; people want a dozen things of them. What is to be typed follows
from the order, so no command has been run for these lessons.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from deskhand.training.reasoner import words
from deskhand.training.reasoner.wordings import (
    SHELL_COPY,
    SHELL_COUNT,
    SHELL_FILE,
    SHELL_FOLDER,
    SHELL_LIST,
    SHELL_READ,
    SHELL_REMOVE,
    SHELL_RENAME,
    SHELL_TOUCH,
    framed,
    quoted,
)

_Names = Callable[[random.Random], dict[str, str]]


def _one(chance: random.Random) -> dict[str, str]:
    return {"name": words.file_name(chance)}


def _two(chance: random.Random) -> dict[str, str]:
    return {"old": words.file_name(chance), "new": words.file_name(chance)}


def _folder(chance: random.Random) -> dict[str, str]:
    return {"name": words.folder_name(chance)}


def _text(chance: random.Random) -> dict[str, str]:
    return {"name": words.file_name(chance), "text": words.plain_words(chance)}


ORDERS: tuple[tuple[str, tuple[str, ...], _Names], ...] = (
    ("touch {name}", SHELL_TOUCH, _one),
    ("ls", SHELL_LIST, lambda chance: {}),
    ("rm {name}", SHELL_REMOVE, _one),
    ("cat {name}", SHELL_READ, _one),
    ("wc -l {name}", SHELL_COUNT, _one),
    ("mv {old} {new}", SHELL_RENAME, _two),
    ("cp {old} {new}", SHELL_COPY, _two),
    ("mkdir {name}", SHELL_FOLDER, _folder),
    ("echo {text} > {name}", SHELL_FILE, _text),
)
"""A command, what is said for it, and what draws the names in both."""


def order(chance: random.Random) -> tuple[str, str]:
    """What somebody wants of a terminal, and the command that does it."""
    command, said, draw = chance.choice(ORDERS)
    names = draw(chance)
    template = chance.choice(said)
    told = {**names, "q": quoted(chance, names["text"]) if "text" in names else ""}
    sentence = template.format(**told)
    # A name at the beginning keeps its small letter.
    return framed(chance, sentence) if template[0].islower() else sentence, command.format(**names)
