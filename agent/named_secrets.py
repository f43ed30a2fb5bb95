"""Secrets of a task that are named, not shown: a policy writes ``{{NAME}}``, and the value is typed.

The value reaches the desktop's keyboard and nothing else: no model, log, note, file or picture has it. What
shows it on the screen is painted over before anybody looks: texts that read like it, and what changed when
it was typed, for as long as that stands there.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, Type
from deskhand.credentials import SECRET
from deskhand.errors import UsageError
from deskhand.perception.screen import Element, Pixels, Screenshot
from deskhand.perception.text.lines import TextReader
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observation, Observes
from deskhand.perception.watch.settle import settle
from deskhand.trajectories.records import HeaderRecord
from deskhand.trajectories.redaction.secrets import SHORTEST_FOUND, Secrets, clipped, showing

SECRETS = "secrets"
"""In a header's configuration: the names of those that the run typed."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
LARGEST_TYPED = 0.3
"""Share of the screen that may change where a secret is typed; more is another screen."""
STILL = 0.25
"""A region stands as it was while fewer of its pixels differ: a caret blinks."""
ANSWER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Typed:
    """Where a secret was typed, and how that looked."""

    box: Box
    pixels: Pixels


class NamedSecrets:
    """The secrets of one run, perhaps none.

    Args:
        values: by name.

    Raises:
        UsageError: a name is none, or a value is so short that it stands everywhere.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            if NAME.fullmatch(name) is None:
                raise UsageError(f"{name[:60]!r} is no name of a secret: small letters, digits and _")
            if len(value.strip()) < SHORTEST_FOUND or not value.isprintable():
                raise UsageError(
                    f"the value of the secret {name} cannot be kept off the screen: it has fewer than "
                    f"{SHORTEST_FOUND} letters, or several lines"
                )
        self.names = sorted(values)
        self._values = {f"{{{{{name}}}}}": value for name, value in values.items()}
        self._found = Secrets()
        for value in values.values():
            self._found.add(value)
        self._reader = TextReader()
        self._lock = threading.Lock()
        self._typed: list[_Typed] = []
        self._painted: tuple[str, Screenshot] | None = None
        self._typing = threading.Event()
        self._before: Screenshot | None = None

    def check(self, instruction: str) -> None:
        """Each secret has its place in the task.

        Raises:
            UsageError: one has none.
        """
        for place in self._values:
            if place not in instruction:
                raise UsageError(f"the task has no place for a secret: write {place} where it is to be typed")

    def scrubbed(self, text: str) -> str:
        """A text with names for values."""
        for place, value in sorted(self._values.items(), key=lambda one: -len(one[1])):
            text = re.sub(re.escape(value), lambda _, place=place: place, text, flags=re.IGNORECASE)  # type: ignore[misc]
        return text

    def add_to(self, found: Secrets) -> None:
        """Have others look for them too."""
        for value in self._values.values():
            found.add(value)

    def may_keep(self, path: str, content: bytes) -> bool:
        """Whether none stands in a file or its name."""
        return not (self._found.in_text(path) or self._found.in_bytes(content))

    def perform(
        self, action: Action, do: Callable[[Action], Outcome], capture: Callable[[], Screenshot]
    ) -> Outcome:
        """Do an action with the values in place of their names, and remember where they can be read."""
        filled = self._filled(action)
        if filled is action:
            return do(action)
        with self._unseen():
            # Whatever happens from here on, the next look is compared with this one.
            self._before = capture()
            outcome = do(filled)
            settle(capture, since=self._before, answer=ANSWER_SECONDS)
        return outcome.model_copy(update={"reason": self.scrubbed(outcome.reason)})

    def paint(self, screenshot: Screenshot) -> Screenshot:
        """A screen without them; while one is typed, the last that was painted."""
        if not self._values:
            return screenshot
        with self._lock:
            if self._typing.is_set() and self._painted is not None:
                return self._painted[1]
            if self._before is not None:
                self._remember(self._before, screenshot)
                self._before = None
            digest = screenshot.digest()
            if self._painted is None or self._painted[0] != digest:
                boxes = clipped(
                    (*showing(self._found, self._reader.read(screenshot)), *self._standing(screenshot)),
                    screenshot.viewport,
                )
                self._painted = digest, screenshot.painted(boxes) if boxes else screenshot
            return self._painted[1]

    def hidden_from(self, elements: Sequence[Element]) -> tuple[Element, ...]:
        """Elements as programs report them, with names for values."""
        return tuple(
            replace(one, text=self.scrubbed(one.text), label=self.scrubbed(one.label)) for one in elements
        )

    def _filled(self, action: Action) -> Action:
        if not isinstance(action, Type):
            return action
        text = action.text
        for place, value in self._values.items():
            text = text.replace(place, value)
        return action if text == action.text else action.model_copy(update={"text": text})

    def _remember(self, before: Screenshot, after: Screenshot) -> None:
        """What changed while a secret was typed, all of it or a part."""
        if before.viewport != after.viewport:
            return
        change = difference(before, after)
        if change and change.share < LARGEST_TYPED:
            boxes = clipped(change.boxes, after.viewport)
            self._typed += [_Typed(box, _crop(after, box).copy()) for box in boxes]
            self._painted = None

    def _standing(self, screenshot: Screenshot) -> Iterator[Box]:
        """Where a secret was typed and the screen still looks as it did then."""
        for one in self._typed:
            now = _crop(screenshot, one.box)
            if now.shape == one.pixels.shape and np.any(now != one.pixels, axis=2).mean() < STILL:
                yield one.box

    @contextmanager
    def _unseen(self) -> Iterator[None]:
        self._typing.set()
        try:
            yield
        finally:
            self._typing.clear()


class UnseeingObserver:
    """An observer whose observations have no secret on them.

    Args:
        observer: looks.
        secrets: what is not to be seen.
    """

    def __init__(self, observer: Observes, secrets: NamedSecrets) -> None:
        self._observer, self._secrets = observer, secrets
        self._previous: Screenshot | None = None

    def observe(self) -> Observation:
        """As ``Observer.observe``; what reads its elements sees the painted screen too."""
        seen = self._observer.observe()
        shot = self._secrets.paint(seen.screenshot)
        found = Observation(
            shot,
            lambda screenshot: self._secrets.hidden_from(seen.find_elements(screenshot)),
            self._previous,
            lambda screenshot, box: self._secrets.hidden_from(seen.find_closely(screenshot, box)),
        )
        self._previous = shot
        return found


def secrets_in(header: HeaderRecord) -> tuple[str, ...]:
    """The names of the secrets that a recorded run typed; names that are none are left out."""
    found = header.configuration.get(SECRETS, ())
    names = found if isinstance(found, list | tuple) else ()
    return tuple(one for one in names if isinstance(one, str) and NAME.fullmatch(one))


def secrets_of(names: Sequence[str], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The values of secrets, from DESKHAND_SECRET_NAME.

    Raises:
        UsageError: one has none.
    """
    values = {}
    for name in names:
        variable = SECRET + name.upper()
        if variable not in environment:
            raise UsageError(f"the secret {name[:60]} has no value: set {variable[:80]}")
        values[name] = environment[variable]
    return values


def _crop(screenshot: Screenshot, box: Box) -> Pixels:
    return screenshot.pixels[box.top : box.bottom, box.left : box.right]
