"""Two models, one after the other: one says in words what to operate, another says where that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deskhand.actions.dialects import Dialect
from deskhand.actions.dialects.builder import Builder
from deskhand.actions.dialects.calls import LONGEST_REPLY, MOST_ACTIONS, Argument, Call, Hints, Source
from deskhand.actions.dialects.catalogue import COORDINATES, fold, role_of
from deskhand.actions.dialects.dialect import reply_of
from deskhand.actions.dialects.families import FAMILIES
from deskhand.actions.dialects.reading import read, text_end
from deskhand.actions.dialects.tools import SYNTAXES, ToolWriter
from deskhand.actions.geometry import CoordinateSystem, ScreenPixels, ScreenPoint, Viewport, to_screen
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action
from deskhand.errors import ActionParseError, NotExpressible
from deskhand.perception.screen import Screenshot
from deskhand.policies.chat.client import Answer
from deskhand.policies.chat.conversation import data_url, sent_size
from deskhand.policies.chat.targets import numbers_of
from deskhand.policies.profiles.profile import POINTS, Profile

LONGEST_TARGET = 300
"""Characters of what a planner may call a thing."""
_PLACES = ("point", "end", "path", "region")
_TARGETS = {"target": "coordinate", "to": "end_coordinate"}
"""Arguments that name a thing, and what its place is called instead."""

Ask = Callable[[Sequence[dict[str, Any]]], Answer]


@dataclass(slots=True)
class Grounder:
    """Says where things are on a screenshot.

    Attributes:
        profile: of its family: the numbers in which it answers, the size of pictures.
        ask: asks it; raises BackendError.
        prompt_tokens, completion_tokens: of all its answers.
    """

    profile: Profile
    ask: Ask
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def find(self, screenshot: Screenshot, target: str) -> ScreenPoint | None:
        """The point of what is called so; None where it says that there is none, or says no point.

        Raises:
            BackendError: there was no answer.
        """
        viewport = screenshot.viewport
        numbers = self.profile.coordinates.describe(viewport)
        words = (
            f"Point at this on the screenshot: {target}\n"
            f"Answer with its point (x, y) alone, in {numbers}, counted from the top left corner. "
            "If it is not there, answer (-1, -1)."
        )
        picture = data_url(screenshot, sent_size(self.profile, viewport))
        parts = [
            {"type": "image_url", "image_url": {"url": picture}},
            {"type": "text", "text": words},
        ]
        answer = self.ask([{"role": "user", "content": parts}])
        self.prompt_tokens += answer.prompt_tokens
        self.completion_tokens += answer.completion_tokens
        return None if answer.cut else self._point(answer.text, viewport)

    def _point(self, text: str, viewport: Viewport) -> ScreenPoint | None:
        if self.profile.dialect != POINTS:
            if min(numbers_of(text) or (0, 0)) < 0:
                return None  # it would count as a point a little outside
            try:
                actions = self.profile.spoken().parse(text, viewport).actions
            except ActionParseError:
                pass
            else:
                return getattr(actions[0], "at", None)
        return point_in(text, self.profile.coordinates, viewport)


def point_in(text: str, coordinates: CoordinateSystem, viewport: Viewport) -> ScreenPoint | None:
    """The one point that a text says, or the middle of its box; None where it says neither, or (-1, -1)."""
    found = numbers_of(text)
    placed = to_screen(*found, coordinates, viewport) if found is not None and min(found) >= 0 else None
    return None if placed is None else placed.point


@dataclass(frozen=True, slots=True)
class PlannersDialect:
    """How a planner writes actions: calls of a tool whose targets are words.

    ``find`` says where a target is; without it nothing that has one can be read.
    """

    name: str = "planner"
    coordinates: CoordinateSystem = field(default_factory=ScreenPixels)
    find: Callable[[str], ScreenPoint | None] | None = None

    def at(self, find: Callable[[str], ScreenPoint | None]) -> Dialect:
        """The same for one screenshot."""
        return replace(self, find=find)

    def parse(self, text: str, viewport: Viewport) -> Reply:
        """See ``Dialect.parse``; every target is looked for, and one that is not there makes no action."""
        if len(text) > LONGEST_REPLY:
            raise ActionParseError(f"the reply is over {LONGEST_REPLY} characters long", LONGEST_REPLY, text)
        writer = self._writer()
        example = next(iter(writer.described({"click"}))).partition("  #")[0]
        hints = Hints(", ".join(writer.names), example)
        source = Source(text, text_end(text), hints, labelled=False)
        found = read(source)
        builder = Builder(source, self.coordinates, viewport, press_holds=False, as_tool=True)
        actions: list[Action] = []
        for call in found.calls:
            actions += builder.build(self._placed(source, call))
        if len(actions) > MOST_ACTIONS:
            source.fail(f"there are more than {MOST_ACTIONS} actions in one reply", source.end)
        return reply_of(actions, source, "\n".join(found.thought), "\n".join(found.reflection))

    def render(self, actions: Sequence[Action], thought: str, viewport: Viewport) -> str:
        """See ``Dialect.render``; what has a place cannot be said, since its words are not known."""
        text = self._writer().reply(actions, thought, self.coordinates, viewport)
        if any(f'"{name}":' in text for name in _TARGETS):
            raise NotExpressible("a planner names things by words, not by places")
        return text

    def describe(self, kinds: Iterable[str] | None = None) -> str:
        """See ``Dialect.describe``."""
        listed = "\n".join(self._writer().described(kinds))
        return listed.replace("[x, y]", '"what it is and where, in a few words"')

    def _writer(self) -> ToolWriter:
        return ToolWriter(self.name, FAMILIES["planner"], SYNTAXES["json"])

    def _placed(self, source: Source, call: Call) -> Call:
        """A call with places where it had words."""
        arguments: list[Argument] = []
        for argument in call.arguments:
            if argument.name not in _TARGETS:
                role = role_of(call.word, argument.name)
                if role in _PLACES or fold(argument.name) in COORDINATES or not argument.name:
                    source.fail("say in words what is meant, as target, not by numbers", argument.position)
                arguments.append(argument)
                continue
            words = argument.value if isinstance(argument.value, str) else " ".join(argument.value)
            if not words.strip() or len(words) > LONGEST_TARGET:
                source.fail(f"{argument.name} says in a few words what is meant", argument.position)
            point = self.find(words.strip()) if self.find is not None else None
            if point is None:
                source.fail(
                    f"{words.strip()[:80]!r} was not found on the screen: describe it in other words, or "
                    "look whether it is there",
                    argument.position,
                )
            named = _TARGETS[argument.name]
            arguments.append(Argument(named, f"({point.x},{point.y})", argument.position))
        return replace(call, arguments=tuple(arguments))
