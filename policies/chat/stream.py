"""Puts an answer together from what a server sends: events, or one JSON body, in anybody's shape.

Servers differ, so nothing about a shape is trusted: what is missing or odd is passed over, and what
says that the answer is not whole is kept.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from deskhand.policies.chat.transport import NotAnAnswer

LONGEST_ANSWER = 64 * 1024
"""Characters of an answer, its reasoning included."""
LONGEST_LINE = 1024 * 1024
"""Bytes of one event."""
WHOLE = frozenset(
    "stop eos eos_token end_turn stop_sequence tool_calls tool_call function_call completed done".split()
)
"""Endings that say that the answer is whole."""
CUT = {
    "length": "at the limit of its length", "max_tokens": "at the limit of its length",
    "content_filter": "by the server's content filter",
}  # fmt: skip
"""Endings that say that it is not, and will not be if the same is asked again."""
_SETTLED_SECONDS = 2.0
_MOST_AFTER_THE_END = 16
_MOST_TOKENS = 1_000_000_000
_MOST_CALLS = 64


@dataclass(slots=True)
class Gathered:
    """An answer as far as it came.

    Attributes:
        finish: what the server said of its ending, in its words; empty if it said nothing.
        ended: the server said that nothing more comes.
        finished_at: when it said of its ending, by the monotonic clock.
        error: what it said of an error in the middle of the answer.
        refusal: what the model said instead of an answer, where the server keeps that apart.
    """

    content: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    refusal: str = ""
    finish: str = ""
    finished_at: float = 0.0
    ended: bool = False
    error: Any = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    length: int = 0
    chosen: bool = False
    calls: dict[int, list[str]] = field(default_factory=dict)
    after: int = 0

    def text(self) -> str:
        """What the model said: its text, then the tools that it called, then, if there is neither, its
        reasoning, because some servers file the whole reply there."""
        calls = [_written(name, arguments) for name, arguments in self.calls.values() if name]
        said = "\n".join(filter(None, ["".join(self.content), *calls]))
        return said if said.strip() else "".join(self.reasoning)

    def so_far(self) -> str:
        """All that was written, in the order in which models write it: reasoning first."""
        return "".join([*self.reasoning, *self.content])

    def separate_reasoning(self) -> str:
        """The reasoning, where the text is not made of it."""
        return "".join(self.reasoning) if "".join(self.content).strip() or self.calls else ""

    @property
    def full(self) -> bool:
        """Whether nothing more need be read."""
        too_much = self.length > LONGEST_ANSWER or self.after > _MOST_AFTER_THE_END
        return self.ended or self.error is not None or too_much

    def settled(self) -> bool:
        """Whether the ending was received a while ago: the rest, such as the cost, has come by now."""
        return bool(self.finish) and time.monotonic() - self.finished_at > _SETTLED_SECONDS

    def add(self, data: object) -> None:
        """Take one event, or the one body."""
        self.after += bool(self.finish)
        if not isinstance(data, dict):
            return
        if data.get("error") and not data.get("choices"):
            self.error = data["error"]
            return
        usage = data.get("usage")
        self.prompt_tokens = _count(usage, "prompt_tokens") or self.prompt_tokens
        self.completion_tokens = _count(usage, "completion_tokens") or self.completion_tokens
        choices = data.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return
        choice = choices[0]
        said = next((choice[key] for key in ("delta", "message") if isinstance(choice.get(key), dict)), None)
        if said is not None:
            self._said(said)
        elif isinstance(choice.get("text"), str):
            self._keep(self.content, choice["text"])
        if isinstance(choice.get("finish_reason"), str):
            self.finish, self.finished_at = choice["finish_reason"][:40], time.monotonic()
            self.chosen = True

    def _said(self, said: dict[str, Any]) -> None:
        self.chosen = self.chosen or bool(said)
        for piece in _texts(said.get("content")):
            self._keep(self.content, piece)
        for name in ("reasoning_content", "reasoning", "thinking"):
            found = list(_texts(said.get(name)))
            for piece in found:
                self._keep(self.reasoning, piece)
            if found:
                break
        if isinstance(said.get("refusal"), str):
            self.refusal = (self.refusal + said["refusal"])[:LONGEST_ANSWER]
        calls = said.get("tool_calls")
        old = said.get("function_call")
        listed = calls if isinstance(calls, list) else [{"function": old}] if isinstance(old, dict) else []
        for place, call in enumerate(listed[:_MOST_CALLS]):
            if isinstance(call, dict) and isinstance(call.get("function"), dict):
                given = call.get("index")
                index = given if isinstance(given, int) else place
                if len(self.calls) < _MOST_CALLS or index in self.calls:
                    self._called(self.calls.setdefault(index, ["", ""]), call["function"])

    def _called(self, call: list[str], function: dict[str, Any]) -> None:
        for place, name in enumerate(("name", "arguments")):
            piece = function.get(name)
            piece = json.dumps(piece) if isinstance(piece, dict) else piece
            if isinstance(piece, str):
                call[place] += piece
                self.length += len(piece)

    def _keep(self, pieces: list[str], piece: str) -> None:
        pieces.append(piece)
        self.length += len(piece)


def gather(pieces: Iterator[bytes], into: Gathered, heard: Callable[[], object] = lambda: None) -> None:
    """Read the body of an answer to its end, or as far as it has to be read.

    Args:
        heard: is called after each event that was added.

    Raises:
        NotAnAnswer: it is neither events nor JSON, or an event is over ``LONGEST_LINE``.
    """
    events = False
    rest: list[str] = []
    for line in _lines(pieces):
        if line.startswith("data:"):
            events = True
            data = line[5:].strip()
            if data == "[DONE]":
                into.ended = True
            elif data:
                into.add(_json(data))
                heard()
        elif not events and line.strip() and not line.startswith((":", "event:", "id:", "retry:")):
            rest.append(line)
            if sum(map(len, rest)) > LONGEST_LINE:
                raise NotAnAnswer(f"the answer is over {LONGEST_LINE} characters")
        if into.full:
            return
    if rest and not events:
        into.add(_json("\n".join(rest)))
        into.ended = True


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if b"\n" in piece:
            *whole, last = b"".join(held).split(b"\n")
            held, size = [last], len(last)
            for line in whole:
                yield line.decode("utf-8", "replace").removesuffix("\r")
        if size > LONGEST_LINE:
            raise NotAnAnswer(f"a line of the answer is over {LONGEST_LINE} bytes")
    if size:
        yield b"".join(held).decode("utf-8", "replace")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise NotAnAnswer("its JSON is nested too deeply") from None
    except ValueError as error:
        raise NotAnAnswer(str(error)) from None


def _texts(value: object) -> Iterator[str]:
    """The texts of a content: one, or a list of parts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, str):
                yield part
            elif isinstance(part, dict):
                yield from (
                    part[key] for key in ("text", "content", "thinking") if isinstance(part.get(key), str)
                )


def _written(name: str, arguments: str) -> str:
    """A called tool as the dialects read it."""
    return f'<tool_call>{{"name": {json.dumps(name)}, "arguments": {arguments.strip() or "{}"}}}</tool_call>'


def _count(usage: object, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    known = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_TOKENS
    return value if known and isinstance(value, int) else 0
