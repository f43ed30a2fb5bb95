"""What no vendor's computer tool can say, and every agent needs: to ask, and to give up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deskhand.actions.vocabulary import Action, CallUser, Infeasible
from deskhand.policies.hosted.arguments import Arguments, ShownScreen

FUNCTIONS: Mapping[str, tuple[str, str, str]] = {
    "ask_user": (
        "Ask the person for whom you work, and stop. Use it only where you cannot go on without an answer.",
        "question",
        "what you want to know",
    ),
    "give_up": ("Say that the task cannot be done here, and stop.", "reason", "why it cannot be done"),
}
"""By name: what each is for, its one argument, and what that is."""


def schema(name: str) -> dict[str, Any]:
    """JSON schema of a function's arguments."""
    _, argument, says = FUNCTIONS[name]
    return {
        "type": "object",
        "properties": {argument: {"type": "string", "description": says}},
        "required": [argument],
        "additionalProperties": False,
    }


def called(name: str, values: Any, screen: ShownScreen) -> tuple[Action, ...]:
    """What a call of a function means.

    Raises:
        ActionParseError: its argument is missing or odd.
    """
    argument = FUNCTIONS[name][1]
    text = Arguments(name, values, screen, (argument,)).text(argument)
    return (CallUser(question=text) if name == "ask_user" else Infeasible(reason=text),)
