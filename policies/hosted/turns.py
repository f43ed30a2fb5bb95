"""What is said between a hosted model with a computer tool and us, whoever the vendor is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deskhand.actions.geometry import Viewport
from deskhand.actions.vocabulary import Action
from deskhand.policies.hosted.arguments import ShownScreen
from deskhand.policies.profiles.profile import Profile

NOT_EXECUTED = "Not executed: an earlier computer action in this turn failed."


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One thing that a model wants done.

    Attributes:
        id: by which its result is told.
        name: of the tool's member or the function.
        arguments: as they came.
        toolset: of which it is a member, where its result has to say so.
        checks: of the vendor's safety, in its own form; nothing is done before a person said yes.
        warning: those checks in words.
    """

    id: str
    name: str
    arguments: Any
    toolset: str = ""
    checks: tuple[Any, ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True)
class HostedAnswer:
    """What a model answered.

    Attributes:
        content: as it came, to be sent back unchanged.
        calls: what it wants done, in order.
        text: what it said; without calls that it is finished, and the answer.
        thought: its thinking as far as the vendor shows it.
        stop: why it ended, in words, where it is not whole; empty if it is.
        paused: it wants to be asked to go on.
        prompt_tokens, completion_tokens: those read from a cache included.
    """

    content: Any
    calls: tuple[ToolCall, ...] = ()
    text: str = ""
    thought: str = ""
    stop: str = ""
    paused: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class CallResult:
    """What became of a call: words, whether it failed, and the picture of a closer look (base64 of a PNG)."""

    call: ToolCall
    words: str = ""
    failed: bool = False
    closer: str = ""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A step of the past.

    Attributes:
        answer: what the model said; None where somebody else acted.
        results: of its calls, in order.
        words: what else it should know.
        picture: of the screen afterwards, base64 of a PNG; empty where it is no longer sent.
        agreed: whether a person said yes to its safety checks.
        summary: what was done, in a few words, for where nothing else of it is sent.
    """

    answer: HostedAnswer | None
    results: tuple[CallResult, ...]
    words: str
    picture: str
    agreed: bool
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, to be put into a vendor's words.

    Attributes:
        system: what holds for every task.
        task: the task, and what else begins.
        picture: of the first screen, base64 of a PNG; empty where it is no longer sent.
        turns: what followed, oldest first.
        size: of the pictures, in pixels.
    """

    system: str
    task: str
    picture: str
    turns: Sequence[PastTurn]
    size: Viewport


def count_of(usage: Any, name: str) -> int:
    """A number of tokens that a response states; 0 where it states none."""
    value = usage.get(name) if isinstance(usage, Mapping) else None
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


class Vendor(Protocol):
    """How one vendor's computer tool is asked and understood. Stateless.

    Attributes:
        name: of the policy.
        key_variables: of the environment, the first that is set counts.
        url_variable: of the environment, a server in place of the vendor's.
        url: of the vendor's own server.
    """

    name: str
    key_variables: tuple[str, ...]
    url_variable: str
    url: str

    def path(self, model: str) -> str:
        """Of the questions, behind the server's address."""
        ...

    def headers(self, key: str, profile: Profile) -> dict[str, str]:
        """What a request says of itself."""
        ...

    def keeps_pictures(self, profile: Profile) -> bool:
        """Whether the server leaves out old pictures itself, so that all of them are sent."""
        ...

    def question(self, model: str, talk: Talk, profile: Profile) -> dict[str, Any]:
        """The body of a request."""
        ...

    def answer(self, data: Mapping[str, Any]) -> HostedAnswer:
        """What a response says. Odd parts are passed over."""
        ...

    def reread(self, content: Any) -> HostedAnswer:
        """The same from the content alone, as it was kept."""
        ...

    def actions(self, call: ToolCall, screen: ShownScreen) -> tuple[Action, ...]:
        """What a call means.

        Raises:
            ActionParseError: nothing that can be done.
        """
        ...
