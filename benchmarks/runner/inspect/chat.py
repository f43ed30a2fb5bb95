"""What inspect-ai's model is asked and how it answers, and an episode as a conversation for its viewer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    ContentImage,
    ContentText,
    Model,
    ModelOutput,
)

from deskhand.actions.words import describe
from deskhand.benchmarks.runner.episodes import Episode, trajectory_folder
from deskhand.benchmarks.runner.inspect.desks import Messages
from deskhand.policies.chat.client import Answer
from deskhand.policies.chat.conversation import data_url
from deskhand.trajectories.reader import Trajectory

_CUTS = {"max_tokens": "at the limit of its length", "model_length": "at the limit of its length",
         "content_filter": "by the provider's content filter"}  # fmt: skip


async def answer(model: Model, messages: Messages) -> Answer:
    """Ask a model with messages as OpenAI-compatible servers take them."""
    output = await model.generate([_message(one) for one in messages])
    usage = output.usage
    return Answer(
        text=output.completion,
        reasoning="".join(_reasoning(output)),
        cut=_CUTS.get(output.stop_reason, "") if output.choices else "",
        prompt_tokens=usage.input_tokens if usage else 0,
        completion_tokens=usage.output_tokens if usage else 0,
    )


def _message(said: dict[str, Any]) -> ChatMessage:
    """A message as OpenAI-compatible servers take it, as inspect-ai has it."""
    if said["role"] == "assistant":
        return ChatMessageAssistant(content=said["content"])
    return ChatMessageUser(
        content=[
            ContentText(text=part["text"])
            if part["type"] == "text"
            else ContentImage(image=part["image_url"]["url"])
            for part in said["content"]
        ]
    )


def _reasoning(output: ModelOutput) -> Iterator[str]:
    content = output.choices[0].message.content if output.choices else ""
    if not isinstance(content, str):
        yield from (str(part.reasoning) for part in content if part.type == "reasoning")


def story(out: Path, found: Episode) -> Iterator[ChatMessage]:
    """An episode as a conversation, for the viewer: what was asked for, each step, and the last screen."""
    yield ChatMessageUser(content=found.instruction or f"{found.task} with seed {found.seed}")
    if found.trajectory:
        run = Trajectory.open(trajectory_folder(out, *found.key))
        for step in run.steps:
            reply = step.decision.reply
            done = [describe(action) for action in reply.actions] if reply else []
            words = step.decision.raw or "\n".join([reply.thought if reply else step.decision.error, *done])
            yield ChatMessageAssistant(content=words)
        if run.end is not None and run.end.frame is not None:
            last = run.frame(run.end.frame)
            picture = ContentImage(image=data_url(last, last.viewport))
            yield ChatMessageUser(content=[ContentText(text="The last screen."), picture])
    yield ChatMessageAssistant(content=found.error or found.reason or found.status)
