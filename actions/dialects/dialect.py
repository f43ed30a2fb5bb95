"""The seam between actions and the text in which a family of models writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import ValidationError

from deskhand.actions.dialects.builder import Builder, alone
from deskhand.actions.dialects.calls import LONGEST_REPLY, MOST_ACTIONS, Hints, Source
from deskhand.actions.dialects.patterns import WRAPPERS
from deskhand.actions.dialects.reading import read, text_end
from deskhand.actions.geometry import CoordinateSystem, Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action
from deskhand.errors import ActionParseError
from deskhand.text import first_fault

_SURROGATES = re.compile("[\ud800-\udfff]")
_BOX_BEGINS = "<|begin_of_box|>"
_BOX = re.compile(re.escape(_BOX_BEGINS) + r"(?P<inside>.*?)(?:<\|end_of_box\|>|\Z)", re.DOTALL)
_MEMORY = re.compile(r"Memory\s*:", re.IGNORECASE)


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


class ActionWriter(Protocol):
    """The writing half of a dialect."""

    @property
    def ends(self) -> str:
        """What ends a call; empty where nothing does."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """The names of the actions that it writes."""
        ...

    def reply(
        self, actions: Sequence[Action], thought: str, coordinates: CoordinateSystem, viewport: Viewport
    ) -> str:
        """A whole reply; raises NotExpressible."""
        ...

    def described(self, kinds: Iterable[str] | None = None) -> Iterable[str]:
        """The list of actions for the prompt."""
        ...


@dataclass(frozen=True, slots=True)
class TextDialect:
    """A dialect that the common reader reads: coordinates, and a way of writing.

    ``parse`` takes the syntaxes of all families; only the coordinates and how it writes are a dialect's own.

    Attributes:
        name: see ``Dialect``.
        coordinates: see ``Dialect``.
        writer: writes its actions.
        press_holds: whether ``press`` means to keep a key down.
        as_tool: whether it calls a computer tool: no label stands before its calls, a click without a place
            is one where the pointer is, a drag with one place begins there, the wheel turns by pixels.
    """

    name: str
    coordinates: CoordinateSystem
    writer: ActionWriter
    press_holds: bool = False
    as_tool: bool = False

    @property
    def ends(self) -> str:
        """What ends a call, so that a model need not be asked for more; empty where nothing does."""
        return self.writer.ends

    def parse(self, text: str, viewport: Viewport) -> Reply:
        """See ``Dialect.parse``.

        What ends a run (finished, call_user, infeasible) stands alone in its step: actions before
        it are kept and it is left out, and if it comes first the rest is left out; with a repair.
        """
        source = self._source(_SURROGATES.sub("\ufffd", text))
        check_shape(source, self.name, self.coordinates, viewport)
        found = read(source)
        builder = Builder(
            source,
            self.coordinates,
            viewport,
            press_holds=self.press_holds,
            as_tool=self.as_tool,
        )
        actions = [action for call in found.calls for action in builder.build(call)]
        if len(actions) > MOST_ACTIONS:
            source.fail(f"there are more than {MOST_ACTIONS} actions in one reply", source.end)
        return reply_of(actions, source, "\n".join(found.thought), "\n".join(found.reflection))

    def render(self, actions: Sequence[Action], thought: str, viewport: Viewport) -> str:
        """See ``Dialect.render``; points are written in the dialect's coordinates."""
        return self.writer.reply(actions, thought, self.coordinates, viewport)

    def describe(self, kinds: Iterable[str] | None = None) -> str:
        """See ``Dialect.describe``; ``kinds`` leaves only what a sandbox can do."""
        return "\n".join(self.writer.described(kinds))

    def _source(self, text: str) -> Source:
        first = next(iter(self.writer.described({"click"})), "").partition("  #")[0]
        hints = Hints(", ".join(self.writer.names), first if "<" in first[:1] else f"Action: {first}")
        if len(text) > LONGEST_REPLY:
            raise ActionParseError(f"the reply is over {LONGEST_REPLY} characters long", LONGEST_REPLY, text)
        text, boxed = unboxed(text)
        text, wrapped = WRAPPERS.subn(_blanked, text)
        source = Source(text, text_end(text), hints, labelled=not self.as_tool, raw=self.as_tool)
        if boxed:
            source.mended(boxed)
        if wrapped:
            source.mended("tokens around a call were left out")
        if source.text[source.end :].strip():
            source.mended("a stop token was left out")
        return source


def check_shape(source: Source, name: str, coordinates: CoordinateSystem, viewport: Viewport) -> None:
    """Refuse a reply about a screen that has no such coordinates.

    Raises:
        ActionParseError: it has none.
    """
    try:
        coordinates.size(viewport)
    except ValueError as error:
        source.fail(f"this screen has no coordinates in {name}: {error}", 0)


def reply_of(actions: Sequence[Action], source: Source, thought: str, reflection: str = "") -> Reply:
    """What was read, as a reply.

    Raises:
        ActionParseError: it cannot be kept.
    """
    try:
        return Reply(
            thought=thought,
            reflection=reflection,
            actions=alone(list(actions), source),
            repairs=tuple(source.repairs),
        )
    except ValidationError as error:
        raise ActionParseError(f"the reply cannot be kept: {first_fault(error)}") from error


def unboxed(text: str) -> tuple[str, str]:
    """A reply whose action stands in box tokens (GLM), as one with a label before it; and what was left out.

    What follows the box is the model's memory, which is no action. Of several boxes only the tokens are
    left out, later.
    """
    found = _BOX.search(text)
    if found is None or text.count(_BOX_BEGINS) != 1:
        return text, ""
    before, after = text[: found.start()].rstrip(), text[found.end() :].strip()
    left_out = "text after the box was left out" if after and not _MEMORY.match(after) else ""
    return f"{before}\nAction: {found['inside'].strip()}", left_out
