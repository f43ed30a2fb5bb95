"""What a dialect made of a model's text."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from deskhand.actions.vocabulary import Action


class Reply(BaseModel):
    """What a dialect made of a model's text.

    Attributes:
        thought: the step-by-step thought, without its label; empty if there was none.
        reflection: what the model noted about its last step, where the dialect has a place for it.
        actions: what to do, in order; at least one.
        repairs: what had to be mended to read the text, in words; empty for a clean reply.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    thought: str = ""
    reflection: str = ""
    actions: tuple[Action, ...]
    repairs: tuple[str, ...] = ()
