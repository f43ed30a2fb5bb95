"""What the readers of all syntaxes produce: calls with arguments, not yet understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from deskhand.actions.dialects.catalogue import Word
from deskhand.errors import ActionParseError

MOST_ACTIONS = 64
MOST_ARGUMENTS = 32
LONGEST_REPLY = 256 * 1024

Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """``name`` as written, empty if there was none; a list of quoted texts is a tuple."""

    name: str
    value: Value
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """``spelled`` is the word as the model wrote it; ``tagged`` says that it came as XML-like tags."""

    word: Word
    spelled: str
    arguments: tuple[Argument, ...]
    position: int
    tagged: bool = False


@dataclass(frozen=True, slots=True)
class Hints:
    """What an error message gives the model: the names that exist and one example in its own dialect."""

    names: str
    example: str


class Source:
    """One reply being read: its text, where it ends, and what had to be mended so far.

    ``end`` leaves out trailing blanks and stop tokens. Positions are offsets into ``text``. ``labelled`` says
    that a label, ``Action:``, is to stand before the actions, ``raw`` that texts between tags have no
    escapes.
    """

    def __init__(
        self, text: str, end: int, hints: Hints, *, labelled: bool = True, raw: bool = False
    ) -> None:
        self.text = text
        self.end = end
        self.hints = hints
        self.labelled, self.raw = labelled, raw
        self.repairs: list[str] = []

    def mended(self, what: str) -> None:
        """Note a repair once."""
        if what not in self.repairs:
            self.repairs.append(what)

    def fail(self, reason: str, position: int) -> NoReturn:
        """Refuse the reply, pointing at ``position``, which is brought back into the text.

        Raises:
            ActionParseError: always.
        """
        raise ActionParseError(reason, min(position, len(self.text)), self.text)

    def fail_unknown(self, spelled: str, position: int) -> NoReturn:
        """Refuse a word that names no action; the error lists those that do."""
        self.fail(f"there is no action named {spelled[:40]!r}; the actions are {self.hints.names}", position)

    def fail_empty(self, position: int) -> NoReturn:
        """Refuse a reply without an action; the error shows how one is written."""
        self.fail(
            f"there is no action in this reply; end it with one, written like this: {self.hints.example}",
            position,
        )
