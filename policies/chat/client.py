"""Asks an OpenAI-compatible server one question, and again if asking again can help.

Asking has no effect on any desk, so a question may be repeated; an action never is. What is worth
another try: no connection, a time-out, 408, 425, 429, 5xx, an answer that stops half-way, and one
that is not an answer at all. A wait that the server asks for is kept. What a server says may be
shown only cleaned and short, and never with the key in it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import openai

from deskhand.credentials import SHORTEST
from deskhand.errors import BackendError, UsageError
from deskhand.text import clean
from deskhand.waiting import Deadline, pause

log = logging.getLogger(__name__)

RETRIED_STATUSES = frozenset({408, 425, 429})
"""Besides 5xx."""

LONGEST_ANSWER = 64 * 1024
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Asking:
    """How long and how often to ask.

    Attributes:
        timeout: seconds without a byte after which an attempt is given up.
        whole: seconds that one answer may take from question to end.
        attempts: how often a question is asked at most.
        first_wait: seconds before the second attempt where the server names none; then doubled.
        longest_wait: seconds; a server that asks for a longer wait than this is given up.
    """

    timeout: float = 120.0
    whole: float = 600.0
    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said: its text, its separate reasoning if the server tells one, and the cost.

    ``cut`` says in words that the text is not whole ("at 2048 tokens"); empty if it is.
    """

    text: str
    reasoning: str = ""
    cut: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why an attempt gave no answer; ``wait`` is what the server asked for, in seconds."""

    reason: str
    advice: str
    again: bool = True
    wait: float | None = None
    unknown_option: str = ""


class ChatClient:
    """One server. Opens its connection at the first question; ``close`` lets go of it."""

    def __init__(self, *, base_url: str | None, api_key: str | None, asking: Asking) -> None:
        """Raises UsageError if ``base_url`` is no plain address; None is the hosted service."""
        if base_url is not None:
            _check_address(base_url)
        self._base_url = base_url
        self._key = api_key
        self._asking = asking
        self._client: openai.OpenAI | None = None
        # Options that some servers refuse by name; each is left out after the first refusal.
        self._refused: set[str] = set()

    def __repr__(self) -> str:
        return "ChatClient()"

    def ask(self, messages: Sequence[dict[str, Any]], *, model: str, **options: Any) -> Answer:
        """One question, streamed, asked again where that can help.

        Raises:
            BackendError: there was no answer; says what happened and what to do.
        """
        began = time.monotonic()
        wait = self._asking.first_wait
        attempt = 0
        while True:
            attempt += 1
            result = self._attempt(messages, model, options)
            if isinstance(result, Answer):
                return result
            if result.unknown_option:
                self._refused.add(result.unknown_option)
                attempt -= 1
                continue
            if self._hopeless(result) or attempt >= self._asking.attempts:
                # Raised here, outside of any handler: the original exception may hold the key.
                raise BackendError(self._complaint(result, attempt, time.monotonic() - began))
            chosen = wait if result.wait is None else result.wait
            log.warning("%s; asking again in %.1f s (attempt %d)", result.reason, chosen, attempt + 1)
            pause(chosen, why="the server is given time before the same question is asked again")
            wait = min(wait * 2, self._asking.longest_wait)

    def close(self) -> None:
        """Close the connection. May be called twice; a later question opens a new one."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def clean(self, text: str) -> str:
        """Text from outside as storable text: no half characters, and not the key."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        if self._key and len(self._key) >= SHORTEST:
            text = text.replace(self._key, "[key]")
        return text

    def _attempt(
        self, messages: Sequence[dict[str, Any]], model: str, options: dict[str, Any]
    ) -> Answer | _Fault:
        chosen = {name: value for name, value in options.items() if name not in self._refused}
        try:
            return self._stream(messages, model, chosen)
        except openai.APITimeoutError:
            return _Fault(
                f"no answer within {self._asking.timeout:g} s", "see whether the server is overloaded"
            )
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            return _Fault(
                f"the connection failed ({self._shown(cause)})",
                "see whether the server runs and its address is right",
            )
        except openai.APIStatusError as error:
            return self._status_fault(error, chosen)
        except openai.OpenAIError as error:
            return _Fault(
                f"the server broke off with an error ({self._shown(error)})", "see the server's own log"
            )
        except _transport_errors() as error:
            return _Fault(f"the connection broke ({self._shown(error)})", "see whether the server still runs")
        except ValueError as error:
            return _Fault(
                f"the answer is not JSON ({self._shown(error)})",
                "see whether the address is that of the API: it often ends in /v1",
            )

    def _stream(
        self, messages: Sequence[dict[str, Any]], model: str, options: dict[str, Any]
    ) -> Answer | _Fault:
        """Ask and gather the pieces of the answer."""
        began = time.monotonic()
        pieces = _Pieces(Deadline(self._asking.whole))
        create: Any = self._connected().chat.completions.create
        with create(model=model, messages=list(messages), stream=True, **options) as stream:
            for chunk in stream:
                pieces.add(chunk)
                if pieces.late or pieces.length > LONGEST_ANSWER:
                    break
        if pieces.late:
            return _Fault(
                f"the answer took over {self._asking.whole:g} s", "see whether the server is overloaded"
            )
        return self._whole(pieces, time.monotonic() - began)

    def _whole(self, pieces: _Pieces, seconds: float) -> Answer | _Fault:
        """Judge what came: an answer, or a fault where it stopped half-way."""
        cut = ""
        if pieces.length > LONGEST_ANSWER:
            cut = f"after {LONGEST_ANSWER} characters"
        elif pieces.finish == "length":
            cut = "at the limit of its length"
        elif pieces.finish == "content_filter":
            cut = "by the server's content filter"
        elif not pieces.finish:
            if pieces.length:
                return _Fault("the answer stopped half-way", "see whether the server still runs")
            return _Fault(
                "the answer holds no choice of a model",
                "see whether the address is that of the API (it often ends in /v1) and the server can stream",
            )
        return Answer(
            text=self.clean(pieces.text()),
            reasoning=self.clean("".join(pieces.reasoning)),
            cut=cut,
            prompt_tokens=pieces.prompt_tokens,
            completion_tokens=pieces.completion_tokens,
            seconds=seconds,
        )

    def _status_fault(self, error: openai.APIStatusError, options: dict[str, Any]) -> _Fault:
        status = error.status_code
        said = self._shown(error)
        if status in (400, 422):
            for name in options:
                if name in said:
                    log.warning("the server refuses the option %s: asking without it", name)
                    return _Fault(said, "", unknown_option=name)
        again = (status in RETRIED_STATUSES or status >= 500) and error.code != "insufficient_quota"
        wait = _asked_wait(error.response.headers)
        return _Fault(f"the server answered {status} ({said})", _advice(status), again=again, wait=wait)

    def _hopeless(self, fault: _Fault) -> bool:
        too_long = fault.wait is not None and fault.wait > self._asking.longest_wait
        return too_long or not fault.again

    def _complaint(self, fault: _Fault, attempts: int, seconds: float) -> str:
        tries = "once" if attempts == 1 else f"{attempts} times in {seconds:.1f} s"
        waits = (
            f", which asks for a wait of {fault.wait:.0f} s" if fault.wait and self._hopeless(fault) else ""
        )
        return f"the model server at {self.address} was asked {tries}: {fault.reason}{waits}; {fault.advice}"

    @property
    def address(self) -> str:
        """Where the server is."""
        return self.clean(str(self._connected().base_url))

    def _shown(self, error: BaseException) -> str:
        """What an error says as a short line for people."""
        text = str(error) or type(error).__name__
        return clean(self.clean(text[: 4 * _SHOWN]), _SHOWN)

    def _connected(self) -> openai.OpenAI:
        if self._client is None:
            limits = openai.Timeout(self._asking.timeout, connect=min(10.0, self._asking.timeout))
            self._client = openai.OpenAI(
                # A server of one's own often needs no key, but the client insists on one.
                api_key=self._key or "none",
                base_url=self._base_url,
                timeout=limits,
                max_retries=0,
            )
        return self._client


class _Pieces:
    """Gathers a streamed answer. Servers differ, so nothing about a piece's shape is trusted."""

    def __init__(self, deadline: Deadline) -> None:
        self.content: list[str] = []
        self.reasoning: list[str] = []
        self.finish = ""
        self.length = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self._deadline = deadline

    @property
    def late(self) -> bool:
        """Whether time is up before the server said that it had finished."""
        return self._deadline.passed() and not self.finish

    def text(self) -> str:
        """The answer as far as it came, without the reasoning."""
        return "".join(self.content)

    def add(self, chunk: object) -> None:
        """Take one piece of the stream; what it lacks or has in another shape is passed over."""
        usage = getattr(chunk, "usage", None)
        self.prompt_tokens = _count(usage, "prompt_tokens") or self.prompt_tokens
        self.completion_tokens = _count(usage, "completion_tokens") or self.completion_tokens
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return
        delta = getattr(choices[0], "delta", None)
        self._keep(self.content, getattr(delta, "content", None))
        self._keep(
            self.reasoning, getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None)
        )
        finish = getattr(choices[0], "finish_reason", None)
        if isinstance(finish, str):
            self.finish = finish

    def _keep(self, pieces: list[str], piece: object) -> None:
        if isinstance(piece, str):
            pieces.append(piece)
            self.length += len(piece)


def _check_address(url: str) -> None:
    """Refuse what would put a secret into every log that shows an address, and what is none.

    Raises:
        UsageError: with the reason; the address itself is not repeated.
    """
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        plain = False
    if not plain or not url.isprintable():
        raise UsageError("OPENAI_BASE_URL is no address of a server: http://HOST:PORT/v1 is one")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            "OPENAI_BASE_URL must hold no user, password or query: a key belongs in OPENAI_API_KEY"
        )


def _count(usage: object, name: str) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _advice(status: int) -> str:
    match status:
        case 401 | 403:
            return "set OPENAI_API_KEY to a key that this server takes"
        case 404:
            return "check the model's name (--model) and the address (OPENAI_BASE_URL, often ending in /v1)"
        case 413:
            return "the pictures are too large for it: set a lower limit of pixels, or keep fewer screenshots"
        case 429:
            return "its limit is reached: wait, or use another key or server"
        case _ if status >= 500:
            return "see the server's own log, or try again later"
        case _:
            return "see whether this model takes pictures and a conversation of this length"


def _asked_wait(headers: Any) -> float | None:
    """Seconds that a server asks to wait, from Retry-After as seconds or a date; None if it asks none."""
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _transport_errors() -> tuple[type[Exception], ...]:
    """What the library beneath the client raises in the middle of a stream.

    Older clients let it through as it is, and which library that is depends on their version.
    """
    beneath = (sys.modules.get(name) for name in ("httpx", "httpx2"))
    return tuple(module.HTTPError for module in beneath if module is not None)
