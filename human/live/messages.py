"""What a live page may send, checked. It is a stranger's data until it is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Simple(_Sent):
    """A wish without details. ``give`` lets the agent go on, ``give-paused`` has it stand still first."""

    do: Literal["pause", "resume", "step", "stop", "take", "give", "give-paused", "invite"]


class Tell(_Sent):
    """A line for the agent."""

    do: Literal["tell"]
    text: str = Field(min_length=1, max_length=2000)


class YesOrNo(_Sent):
    """Yes or no to a question, by its number."""

    do: Literal["answer"]
    id: int = Field(strict=True, ge=0, le=1 << 40)
    yes: bool = Field(strict=True)


class HideTyped(_Sent):
    """Hide what the person types, or no longer."""

    do: Literal["hide"]
    on: bool = Field(strict=True)


class OpenForMe(_Sent):
    """Open a program of the menu, for whoever has taken over."""

    do: Literal["open"]
    name: str = Field(min_length=1, max_length=200)


LiveWish = Annotated[Simple | Tell | YesOrNo | HideTyped | OpenForMe, Field(discriminator="do")]


class LiveCommand(_Sent):
    """One wish of one page."""

    page: str = Field(max_length=64)
    command: LiveWish


LIVE_COMMAND: TypeAdapter[LiveCommand] = TypeAdapter(LiveCommand)


class WallCommand(_Sent):
    """What whoever is in charge of a wall wants."""

    page: str = Field(max_length=64)
    do: Literal["stop", "invite"]


WALL_COMMAND: TypeAdapter[WallCommand] = TypeAdapter(WallCommand)
