"""The seam between actions and the text in which a family of models writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import ValidationError

from deskhand.actions.dialects.builder import Builder, alone
from deskhand.actions.dialects.calls import LONGEST_REPLY, MOST_ACTIONS, Hints, Source
from deskhand.actions.dialects.catalogue import BY_NAME, Word
from deskhand.actions.dialects.patterns import WRAPPERS
from deskhand.actions.dialects.reading import read, text_end
from deskhand.actions.dialects.render import Style, Writer
from deskhand.actions.geometry import CoordinateSystem, Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action
from deskhand.errors import ActionParseError
from deskhand.text import first_fault

_SURROGATES = re.compile("[\ud800-\udfff]")
_SHOWN = {
    "text": r"...", "keys": "ctrl c", "key": "ctrl", "direction": "down", "name": "...",
}  # fmt: skip
_SHOWN_NAMES = {"text": "content", "keys": "key", "name": "app_name"}
_OPTIONAL = {
    "scroll": " (direction: up, down, left or right)",
    "finished": " (content may be left out)",
}


def _blanked(hit: re.Match[str]) -> str:
    """The same text with blanks for its tokens, so that places in it stay where they are."""
    part = "opens" if hit["opens"] else "closes"
    start, end = hit.start(part) - hit.start(), hit.end(part) - hit.start()
    return hit[0][:start] + " " * (end - start) + hit[0][end:]


@runtime_checkable
class Dialect(Protocol):
    """How one family of models writes actions. Stateless: one object serves all runs."""

    @property
    def name(self) -> str:
        """The name by which ``dialects.get`` knows it."""
        ...

    @property
    def coordinates(self) -> CoordinateSystem:
        """The numbers in which its points are written."""
        ...

    def parse(self, text: str, viewport: Viewport) -> Reply:
        """What a model's text says, with points in pixels of ``viewport``.

        Raises:
            ActionParseError: it says nothing that can be done; the only error for any text.
        """
        ...

    def render(self, actions: Sequence[Action], thought: str, viewport: Viewport) -> str:
        """The text that ``parse`` reads as these actions, points to one unit of its coordinates.

        Raises:
            NotExpressible: the dialect has no words for one of them.
        """
        ...

    def describe(self, kinds: Iterable[str] | None = None) -> str:
        """The list of actions for the prompt, one a line, exactly as ``render`` writes them.

        ``kinds`` leaves only those: what a sandbox supports, and what ends a run.
        """
        ...


@dataclass(frozen=True, slots=True)
class TextDialect:
    """A dialect of the UI-TARS family: coordinates, a style of writing and a choice of words.

    ``parse`` takes the syntaxes of the whole family; only the coordinates are this dialect's own.
    """

    name: str
    coordinates: CoordinateSystem
    style: Style
    words: tuple[str, ...]

    def parse(self, text: str, viewport: Viewport) -> Reply:
        """See ``Dialect.parse``.

        What ends a run (finished, call_user, infeasible) stands alone in its step: actions before
        it are kept and it is left out, and if it comes first the rest is left out; with a repair.
        """
        source = self._source(_SURROGATES.sub("\ufffd", text))
        self._check_shape(source, viewport)
        found = read(source)
        builder = Builder(source, self.coordinates, viewport, press_holds="press" in self.words)
        actions = [action for call in found.calls for action in builder.build(call)]
        if len(actions) > MOST_ACTIONS:
            source.fail(f"there are more than {MOST_ACTIONS} actions in one reply", source.end)
        try:
            return Reply(
                thought="\n".join(found.thought),
                reflection="\n".join(found.reflection),
                actions=alone(actions, source),
                repairs=tuple(source.repairs),
            )
        except ValidationError as error:
            raise ActionParseError(f"the reply cannot be kept: {first_fault(error)}") from error

    def render(self, actions: Sequence[Action], thought: str, viewport: Viewport) -> str:
        """See ``Dialect.render``; points are written in the dialect's coordinates."""
        return self._writer().reply(actions, thought, self.coordinates, viewport)

    def describe(self, kinds: Iterable[str] | None = None) -> str:
        """See ``Dialect.describe``; ``kinds`` leaves only what a sandbox can do."""
        wanted = None if kinds is None else frozenset(kinds)
        words = (BY_NAME[name] for name in self.words)
        return "\n".join(self._line(word) for word in words if wanted is None or word.kind in wanted)

    def _line(self, word: Word) -> str:
        return f"{self._example(word)}  # {word.says}{_OPTIONAL.get(word.kind, '')}"

    def _example(self, word: Word) -> str:
        writer = self._writer()
        arguments = []
        for role in word.takes:
            if role == "point" and word.kind != "type":
                arguments.append((role, writer.point(*(("x1", "y1") if word.kind == "drag" else ("x", "y")))))
            elif role == "end":
                arguments.append((role, writer.point("x2", "y2")))
            elif role in _SHOWN:
                arguments.append((_SHOWN_NAMES.get(role, role), _SHOWN[role]))
        return writer.call(word, arguments)

    def _writer(self) -> Writer:
        return Writer(self.name, self.style, self.words)

    def _source(self, text: str) -> Source:
        example = self._example(BY_NAME["click"])
        hints = Hints(", ".join(self.words), example if self.style == "tags" else f"Action: {example}")
        if len(text) > LONGEST_REPLY:
            raise ActionParseError(f"the reply is over {LONGEST_REPLY} characters long", LONGEST_REPLY, text)
        text, wrapped = WRAPPERS.subn(_blanked, text)
        source = Source(text, text_end(text), hints)
        if wrapped:
            source.mended("tokens around a call were left out")
        if source.text[source.end :].strip():
            source.mended("a stop token was left out")
        return source

    def _check_shape(self, source: Source, viewport: Viewport) -> None:
        try:
            self.coordinates.size(viewport)
        except ValueError as error:
            source.fail(f"this screen has no coordinates in {self.name}: {error}", 0)
