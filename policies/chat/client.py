"""Asks an OpenAI-compatible server one question, and again if asking again can help.

Asking has no effect on any desk, so a question may be repeated; an action never is. What is worth
another try: no connection, a time-out, 408, 425, 429, 5xx, an answer that stops half-way, and one
that is not an answer at all. A wait that the server asks for is kept. What a server says may be
shown only cleaned and short, and never with the key in it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from deskhand import __version__
from deskhand.credentials import SHORTEST
from deskhand.errors import BackendError, UsageError
from deskhand.policies.chat.refusals import advice, asked_wait, fewer_pictures, reasons, reasons_of_body
from deskhand.policies.chat.stream import CUT, LONGEST_ANSWER, WHOLE, Gathered, NotAnAnswer, gather
from deskhand.policies.chat.transport import MOST_BYTES_OF_AN_ERROR, BrokenOff, TooMuch, Transport
from deskhand.text import clean
from deskhand.waiting import Deadline, WaitTimeout, wait_until

log = logging.getLogger(__name__)

RETRIED_STATUSES = frozenset({408, 425, 429})
"""Besides 5xx."""

HOSTED = "https://api.openai.com/v1"
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


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why an attempt gave no answer; ``wait`` is what the server asked for, in seconds."""

    reason: str
    advice: str
    again: bool = True
    wait: float | None = None
    unknown_option: str = ""
    pictures: int | None = None


class ChatClient:
    """One server. Opens its connection at the first question; ``close`` lets go of it.

    ``pictures`` is how many are sent at most, the newest; None sends all. It falls where the server says
    that it takes fewer.
    """

    def __init__(self, *, base_url: str | None, api_key: str | None, asking: Asking) -> None:
        """Raises UsageError if ``base_url`` is no plain address; None is the hosted service."""
        if base_url is not None:
            _check_address(base_url)
        self._url = (base_url or HOSTED).rstrip("/")
        self._key = api_key
        self._asking = asking
        self._transport: Transport | None = None
        self._over: Callable[[], bool] = lambda: False
        self.pictures: int | None = None
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
            if result.pictures is not None:
                self.pictures = result.pictures
                attempt -= 1
                continue
            if self._hopeless(result) or attempt >= self._asking.attempts:
                # Raised here, outside of any handler: the original exception may hold the key.
                raise BackendError(self._complaint(result, attempt, time.monotonic() - began))
            chosen = wait if result.wait is None else result.wait
            log.warning("%s; asking again in %.1f s (attempt %d)", result.reason, chosen, attempt + 1)
            self._rest(chosen)
            wait = min(wait * 2, self._asking.longest_wait)

    def close(self) -> None:
        """Close the connection. May be called twice; a later question opens a new one."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """End a question, and the wait for the next, as soon as ``over`` is true."""
        self._over = over

    def _rest(self, seconds: float) -> None:
        try:
            wait_until(self._over, timeout=seconds, what="a server to be given time before it is asked again")
        except WaitTimeout:
            return

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
        shown = messages if self.pictures is None else with_pictures(messages, self.pictures)
        question = {"model": model, "messages": list(shown), "stream": True, **chosen}
        try:
            return self._exchange(json.dumps(question).encode(), chosen, count_pictures(shown))
        except BrokenOff:
            if self._over():
                return _Fault("the decision was broken off", "the run is over", again=False)
            return _Fault(
                f"the answer took over {self._asking.whole:g} s", "see whether the server is overloaded"
            )
        except httpx.TimeoutException:
            return _Fault(
                f"no answer within {self._asking.timeout:g} s", "see whether the server is overloaded"
            )
        except httpx.HTTPError as error:
            return _Fault(
                f"the connection failed ({self._shown(str(error) or type(error).__name__)})",
                "see whether the server runs and its address is right",
            )
        except NotAnAnswer as error:
            return _Fault(
                f"the answer is not JSON ({self._shown(str(error))})",
                "see whether the address is that of the API: it often ends in /v1",
            )
        except TooMuch as error:
            return _Fault(self._shown(str(error)), "see whether the address is that of a model", again=False)

    def _exchange(self, body: bytes, options: dict[str, Any], pictures: int) -> Answer | _Fault:
        """Ask once and gather the pieces of the answer."""
        began = time.monotonic()
        headers = {
            "authorization": f"Bearer {self._key or 'none'}",
            "content-type": "application/json",
            "accept": "text/event-stream, application/json",
            "accept-encoding": "identity",
            "user-agent": f"deskhand/{__version__}",
        }
        whole = Deadline(self._asking.whole)
        gathered = Gathered()
        try:
            with self._connected().post(
                headers, body,
                deadline=whole, over=lambda: self._over() or gathered.settled(),
            ) as response:  # fmt: skip
                if response.status != 200:
                    said = b"".join(_at_most(response.pieces(), MOST_BYTES_OF_AN_ERROR))
                    return self._status_fault(response.status, response.headers, said, options, pictures)
                gather(response.pieces(), gathered)
        except BrokenOff:
            if not gathered.settled():
                raise
        return self._judged(gathered, time.monotonic() - began)

    def _judged(self, found: Gathered, seconds: float) -> Answer | _Fault:
        """Judge what came: an answer, or a fault where it stopped half-way."""
        cut = CUT.get(found.finish, "")
        if found.error is not None:
            said = self._shown(reasons(found.error))
            return _Fault(f"the server broke off with an error ({said})", "see the server's own log")
        if found.length > LONGEST_ANSWER:
            cut = f"after {LONGEST_ANSWER} characters"
        elif not found.chosen:
            return _Fault(
                "the answer holds no choice of a model",
                "see whether the address is that of the API (it often ends in /v1) and the server can stream",
            )
        elif not cut and not (found.finish in WHOLE or (found.ended and not found.finish)):
            how = f" ({self._shown(found.finish)})" if found.finish else ""
            return _Fault(f"the answer stopped half-way{how}", "see whether the server still runs")
        return Answer(
            text=self.clean(found.text()),
            reasoning=self.clean(found.separate_reasoning()),
            refusal=self.clean(found.refusal),
            cut=cut,
            prompt_tokens=found.prompt_tokens,
            completion_tokens=found.completion_tokens,
            seconds=seconds,
        )

    def _status_fault(
        self, status: int, headers: Mapping[str, str], body: bytes, options: dict[str, Any], pictures: int
    ) -> _Fault:
        full = reasons_of_body(body)
        said = self._shown(full) or "no reason"
        if 300 <= status < 400:
            return _Fault(
                f"the server answered {status}: it sends on to another address, and no screen is shown there",
                "set OPENAI_BASE_URL to the address that answers itself",
                again=False,
            )
        if status in (400, 413, 422):
            fewer = fewer_pictures(full, pictures) if status != 413 or full else pictures // 2
            for name in options:
                if status != 413 and name in full:
                    log.warning("the server refuses the option %s: asking without it", name)
                    return _Fault(said, "", unknown_option=name)
            if fewer is not None and 0 < fewer < pictures:
                log.warning(
                    "the server takes no %d pictures (%s): asking with %d from now on (--pictures %d)",
                    pictures, said, fewer, fewer,
                )  # fmt: skip
                return _Fault(said, "", pictures=fewer)
        again = (status in RETRIED_STATUSES or status >= 500) and "insufficient_quota" not in full
        wait = asked_wait(headers)
        return _Fault(f"the server answered {status} ({said})", advice(status), again=again, wait=wait)

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
        return self.clean(self._url)

    def _shown(self, text: str) -> str:
        """What a server says as a short line for people."""
        return clean(self.clean(text[: 4 * _SHOWN]), _SHOWN)

    def _connected(self) -> Transport:
        if self._transport is None:
            self._transport = Transport(f"{self._url}/chat/completions", self._asking.timeout)
        return self._transport


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


def _at_most(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The first pieces, to about ``most`` bytes."""
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return


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
        raise UsageError(
            "OPENAI_BASE_URL is not the address of a server: set it to an address such as http://HOST:PORT/v1"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            "OPENAI_BASE_URL must hold no user, password or query: a key belongs in OPENAI_API_KEY"
        )
