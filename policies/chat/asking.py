"""Asks a model's server one question, and again if asking again can help.

Asking has no effect on any desk, so a question may be repeated; an action never is. What is worth
another try: no connection, a time-out, 408, 425, 429, 5xx, an answer that stops half-way, and one
that is not an answer at all. A wait that the server asks for is kept. What a server says may be
shown only cleaned and short, and never with the key in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from deskhand import __version__
from deskhand.credentials import SHORTEST
from deskhand.errors import BackendError, UsageError
from deskhand.policies.chat.refusals import advice, asked_wait, reasons_of_body
from deskhand.policies.chat.transport import (
    MOST_BYTES_OF_AN_ERROR,
    AnswerTooLong,
    BrokenOff,
    NotAnAnswer,
    ServerResponse,
    Transport,
)
from deskhand.text import clean
from deskhand.waiting import Deadline, WaitTimeout, wait_until

log = logging.getLogger(__name__)

RETRIED_STATUSES = frozenset({408, 425, 429})
"""Besides 5xx."""
_SHOWN = 300
Found = TypeVar("Found")


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
class FailedAttempt:
    """Why an attempt gave no answer.

    Attributes:
        reason, advice: what happened, and what to do.
        again: whether another attempt can help.
        wait: what the server asked for, in seconds.
        mended: whether the next question is another one, which the server may take at once.
    """

    reason: str
    advice: str
    again: bool = True
    wait: float | None = None
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """A server: where it is, its key, and the variables of the environment that say so.

    Raises:
        UsageError: ``url`` is no plain address of a server; the address itself is not repeated.
    """

    url: str
    key: str | None
    url_variable: str
    key_variable: str

    def __post_init__(self) -> None:
        """Refuse what would put a secret into every log that shows an address, and what is none."""
        try:
            parts = urlsplit(self.url)
            plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            plain = False
        if not plain or not self.url.isprintable():
            raise UsageError(
                f"{self.url_variable} is not the address of a server: set it to an address such as "
                "http://HOST:PORT/v1"
            )
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise UsageError(
                f"{self.url_variable} must hold no user, password or query: a key belongs in "
                f"{self.key_variable}"
            )

    def __repr__(self) -> str:
        return "Address()"


class Asker:
    """One server. Opens its connection at the first question; ``close`` lets go of it.

    Args:
        server: where it is.
        path: of the questions, behind the server's address.
    """

    def __init__(self, server: Address, path: str, asking: Asking) -> None:
        self._server, self._path, self._asking = server, path, asking
        self._url = server.url.rstrip("/")
        self._transport: Transport | None = None
        self._over: Callable[[], bool] = lambda: False

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def close(self) -> None:
        """Close the connection. May be called twice; a later question opens a new one."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """End a question, and the wait for the next, as soon as ``over`` is true."""
        self._over = over

    def clean(self, text: str) -> str:
        """Text from outside as storable text: no half characters, and not the key."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        key = self._server.key
        if key and len(key) >= SHORTEST:
            text = text.replace(key, "[key]")
        return text

    def shown(self, text: str) -> str:
        """What a server says as a short line for people."""
        return clean(self.clean(text[: 4 * _SHOWN]), _SHOWN)

    @property
    def address(self) -> str:
        """Where the server is."""
        return self.clean(self._url)

    def answered(self, exchange: Callable[[], Found | FailedAttempt]) -> Found:
        """What an exchange finds, tried again where that can help.

        Raises:
            BackendError: there was no answer; says what happened and what to do.
        """
        began = time.monotonic()
        wait = self._asking.first_wait
        attempt = 0
        while True:
            attempt += 1
            result = self._tried(exchange)
            if not isinstance(result, FailedAttempt):
                return result
            if result.mended:
                attempt -= 1
                continue
            if self._hopeless(result) or attempt >= self._asking.attempts:
                # Raised here, outside of any handler: the original exception may hold the key.
                raise BackendError(self._complaint(result, attempt, time.monotonic() - began))
            chosen = wait if result.wait is None else result.wait
            log.warning("%s; asking again in %.1f s (attempt %d)", result.reason, chosen, attempt + 1)
            self._rest(chosen)
            wait = min(wait * 2, self._asking.longest_wait)

    def post(
        self, headers: Mapping[str, str], body: bytes, enough: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[ServerResponse]:
        """Ask once; the exchange is broken off when time is up, the run is over, or ``enough`` is true."""
        if self._transport is None:
            self._transport = Transport(f"{self._url}{self._path}", self._asking.timeout)
        common = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": f"deskhand/{__version__}",
        }
        return self._transport.post(
            {**common, **headers},
            body,
            deadline=Deadline(self._asking.whole),
            over=lambda: self._over() or enough(),
        )

    def refused(self, response: ServerResponse) -> tuple[str, FailedAttempt]:
        """What a server says that does not answer, in full, and as a fault."""
        full = reasons_of_body(b"".join(_at_most(response.pieces(), MOST_BYTES_OF_AN_ERROR)))
        status, said = response.status, self.shown(full) or "no reason"
        if 300 <= status < 400:
            return full, FailedAttempt(
                f"the server answered {status}: it sends on to another address, and no screen is shown there",
                f"set {self._server.url_variable} to the address that answers itself",
                again=False,
            )
        again = (status in RETRIED_STATUSES or status >= 500) and "insufficient_quota" not in full
        return full, FailedAttempt(
            f"the server answered {status} ({said})",
            advice(status, self._server.key_variable, self._server.url_variable),
            again=again,
            wait=asked_wait(response.headers),
        )

    def _tried(self, exchange: Callable[[], Found | FailedAttempt]) -> Found | FailedAttempt:
        try:
            return exchange()
        except BrokenOff:
            if self._over():
                return FailedAttempt("the decision was broken off", "the run is over", again=False)
            return FailedAttempt(
                f"the answer took over {self._asking.whole:g} s", "see whether the server is overloaded"
            )
        except httpx.TimeoutException:
            return FailedAttempt(
                f"no answer within {self._asking.timeout:g} s", "see whether the server is overloaded"
            )
        except httpx.HTTPError as error:
            return FailedAttempt(
                f"the connection failed ({self.shown(str(error) or type(error).__name__)})",
                "see whether the server runs and its address is right",
            )
        except NotAnAnswer as error:
            return FailedAttempt(
                f"the answer is not JSON ({self.shown(str(error))})",
                "see whether the address is that of the API: it often ends in /v1",
            )
        except AnswerTooLong as error:
            return FailedAttempt(
                self.shown(str(error)), "see whether the address is that of a model", again=False
            )

    def _rest(self, seconds: float) -> None:
        try:
            wait_until(self._over, timeout=seconds, what="a server to be given time before it is asked again")
        except WaitTimeout:
            return

    def _hopeless(self, fault: FailedAttempt) -> bool:
        too_long = fault.wait is not None and fault.wait > self._asking.longest_wait
        return too_long or not fault.again

    def _complaint(self, fault: FailedAttempt, attempts: int, seconds: float) -> str:
        tries = "once" if attempts == 1 else f"{attempts} times in {seconds:.1f} s"
        waits = (
            f", which asks for a wait of {fault.wait:.0f} s" if fault.wait and self._hopeless(fault) else ""
        )
        return f"the model server at {self.address} was asked {tries}: {fault.reason}{waits}; {fault.advice}"


def _at_most(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The first pieces, to about ``most`` bytes."""
    for piece in pieces:
        yield piece[:most]
        most -= len(piece)
        if most <= 0:
            return
