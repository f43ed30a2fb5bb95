"""Asks an OpenAI-compatible server: one question a step, streamed, with what each server takes of it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deskhand import credentials
from deskhand.policies.chat.aloud import Aloud
from deskhand.policies.chat.asking import Address, Asker, Asking, FailedAttempt
from deskhand.policies.chat.refusals import fewer_pictures, reasons
from deskhand.policies.chat.stream import CUT, LONGEST_ANSWER, WHOLE, Gathered, gather
from deskhand.policies.chat.transport import BrokenOff, ServerResponse

log = logging.getLogger(__name__)

HOSTED = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said: its text, its separate reasoning if the server sends one, and the cost.

    ``cut`` says in words that the text is not whole ("at 2048 tokens"); empty if it is. ``refusal`` is
    what the model said instead, where the server marks it as a refusal.
    """

    text: str
    reasoning: str = ""
    cut: str = ""
    refusal: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


class ChatClient(Asker):
    """One server with OpenAI's chat interface.

    ``pictures`` is how many are sent at most, the newest; None sends all. It falls where the server says
    that it takes fewer. ``aloud`` hears what the model writes.
    """

    def __init__(self, *, base_url: str | None, api_key: str | None, asking: Asking) -> None:
        """Raises UsageError if ``base_url`` is no plain address; None is the hosted service."""
        server = Address(base_url or HOSTED, api_key, credentials.SERVER, credentials.OPENAI_KEY)
        super().__init__(server, "/chat/completions", asking)
        self.pictures: int | None = None
        self.aloud = Aloud()
        # Options that some servers refuse by name; each is left out after the first refusal.
        self._refused: set[str] = set()

    def ask(self, messages: Sequence[dict[str, Any]], *, model: str, **options: Any) -> Answer:
        """One question, streamed, asked again where that can help.

        Raises:
            BackendError: there was no answer; says what happened and what to do.
        """
        return self.answered(lambda: self._exchange(messages, model, options))

    def _exchange(
        self, messages: Sequence[dict[str, Any]], model: str, options: dict[str, Any]
    ) -> Answer | FailedAttempt:
        """Ask once and gather the pieces of the answer."""
        chosen = {name: value for name, value in options.items() if name not in self._refused}
        shown = messages if self.pictures is None else with_pictures(messages, self.pictures)
        question = {"model": model, "messages": list(shown), "stream": True, **chosen}
        headers = {
            "authorization": f"Bearer {self._server.key or 'none'}",
            "accept": "text/event-stream, application/json",
        }
        began = time.monotonic()
        gathered = Gathered()
        try:
            with self.post(headers, json.dumps(question).encode(), gathered.settled) as response:
                if response.status != 200:
                    return self._refusal(response, chosen, count_pictures(shown))
                gather(
                    response.pieces(),
                    gathered,
                    lambda: self.aloud.hear(lambda: self.clean(gathered.so_far())),
                )
        except BrokenOff:
            if not gathered.settled():
                raise
        return self._judged(gathered, time.monotonic() - began)

    def _judged(self, found: Gathered, seconds: float) -> Answer | FailedAttempt:
        """Judge what came: an answer, or a fault where it stopped half-way."""
        cut = CUT.get(found.finish, "")
        if found.error is not None:
            said = self.shown(reasons(found.error))
            return FailedAttempt(f"the server broke off with an error ({said})", "see the server's own log")
        if found.length > LONGEST_ANSWER:
            cut = f"after {LONGEST_ANSWER} characters"
        elif not found.chosen:
            return FailedAttempt(
                "the answer holds no choice of a model",
                "see whether the address is that of the API (it often ends in /v1) and the server can stream",
            )
        elif not cut and not (found.finish in WHOLE or (found.ended and not found.finish)):
            how = f" ({self.shown(found.finish)})" if found.finish else ""
            return FailedAttempt(f"the answer stopped half-way{how}", "see whether the server still runs")
        return Answer(
            text=self.clean(found.text()),
            reasoning=self.clean(found.separate_reasoning()),
            refusal=self.clean(found.refusal),
            cut=cut,
            prompt_tokens=found.prompt_tokens,
            completion_tokens=found.completion_tokens,
            seconds=seconds,
        )

    def _refusal(self, response: ServerResponse, options: dict[str, Any], pictures: int) -> FailedAttempt:
        """Why the server does not answer; what it refuses by name is left out of the next question."""
        full, fault = self.refused(response)
        status = response.status
        if status not in (400, 413, 422):
            return fault
        fewer = fewer_pictures(full, pictures) if status != 413 or full else pictures // 2
        for name in options:
            if status != 413 and name in full:
                log.warning("the server refuses the option %s: asking without it", name)
                self._refused.add(name)
                return FailedAttempt(fault.reason, "", mended=True)
        if fewer is not None and 0 < fewer < pictures:
            log.warning(
                "the server takes no %d pictures (%s): asking with %d from now on (--pictures %d)",
                pictures, self.shown(full) or "no reason", fewer, fewer,
            )  # fmt: skip
            self.pictures = fewer
            return FailedAttempt(fault.reason, "", mended=True)
        return fault


def with_pictures(messages: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The same messages with only the newest ``most`` pictures."""
    kept: list[dict[str, Any]] = []
    for message in reversed(messages):
        content = message["content"]
        if isinstance(content, list):
            parts: list[dict[str, Any]] = []
            for part in reversed(content):
                if part["type"] != "image_url":
                    parts.append(part)
                elif most > 0:
                    parts.append(part)
                    most -= 1
            left = parts[::-1] or [{"type": "text", "text": "(an earlier screenshot)"}]
            message = {**message, "content": left}
        kept.append(message)
    return kept[::-1]


def count_pictures(messages: Sequence[dict[str, Any]]) -> int:
    """How many pictures the messages hold."""
    return sum(
        part["type"] == "image_url"
        for message in messages
        if isinstance(message["content"], list)
        for part in message["content"]
    )
