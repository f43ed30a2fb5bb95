"""Policies that ask a hosted model through the vendor's own computer tool.

The conversation is made anew for each question, from the steps and what the model answered in them, word for
word; of its own a policy remembers only pictures.
"""

from __future__ import annotations

import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from deskhand.actions.dialects.render import pixel_in
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import CallUser, Finished
from deskhand.errors import BackendError, UsageError
from deskhand.knowledge.known import KnownMap
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.asking import Address, Asker, Asking, FailedAttempt
from deskhand.policies.chat.conversation import (
    closer_look,
    data_url,
    hosted_words,
    located,
    regions_of,
    sent_size,
)
from deskhand.policies.chat.transport import NotAnAnswer
from deskhand.policies.hosted.anthropic import Anthropic
from deskhand.policies.hosted.arguments import ShownScreen
from deskhand.policies.hosted.gemini import Gemini
from deskhand.policies.hosted.openai_computer import OpenAIComputer
from deskhand.policies.hosted.past import planned, turn_of, with_looks
from deskhand.policies.hosted.turns import HostedAnswer, Talk, Vendor
from deskhand.policies.profiles.profile import Profile, chosen_profile
from deskhand.text import printable
from deskhand.trajectories.records import Decision, Step, Task, Usage

_ALL: tuple[Vendor, ...] = (Anthropic(), OpenAIComputer(), Gemini())
VENDORS = {one.name: one for one in _ALL}
"""By the policy's name."""
_PREFIX = "data:image/png;base64,"


@dataclass(frozen=True, slots=True)
class _Shown:
    """A screen as it was sent: base64 of a PNG; and where the pointer was, in the model's numbers."""

    picture: str
    pointer: str


class HostedPolicy:
    """Asks one hosted model on every step.

    A vendor's safety check ends the run as ``needs_user``, unless a person is there to say yes.

    Args:
        vendor: name of the policy.
        model: the model's name at the vendor; by default DESKHAND_MODEL.
        profile: the profile's name or file; may be left out for models whose name identifies it.
        settings: other values of the profile, each as ``FIELD=VALUE``.
        base_url, api_key: in place of the environment's.
        asking: bounds of time-outs and retries.

    Raises:
        UsageError: no model or profile is named, or there is no such profile or field.
        BackendError: there is no key.
    """

    def __init__(
        self,
        vendor: str,
        model: str | None = None,
        *,
        profile: str | None = None,
        settings: Sequence[str] = (),
        base_url: str | None = None,
        api_key: str | None = None,
        asking: Asking | None = None,
    ) -> None:
        self._vendor = VENDORS[vendor]
        self._model = model or os.environ.get("DESKHAND_MODEL") or ""
        if not self._model:
            raise UsageError(f"the {vendor} policy needs a model: name it with --model or DESKHAND_MODEL")
        self._profile = tool_profile(vendor, self._model, profile, settings)
        variables = self._vendor.key_variables
        set_here = next((name for name in variables if os.environ.get(name)), variables[0])
        key = api_key or os.environ.get(set_here)
        url = base_url or os.environ.get(self._vendor.url_variable)
        if not key and not url:
            raise BackendError(f"no key is set: set {' or '.join(variables)} to yours")
        address = Address(url or self._vendor.url, key or None, self._vendor.url_variable, set_here)
        # An answer comes as a whole, so nothing may come for as long as it takes.
        self._asker = Asker(address, self._vendor.path(self._model), asking or Asking(timeout=Asking().whole))
        self._key = key or "none"
        self.name = printable(self._asker.clean(f"{vendor}:{self._model}/{self._profile.name}"))[:200]
        self._confirm: Callable[[str], bool] | None = None
        self._task: Task | None = None
        self._applications: tuple[str, ...] = ()
        self._known: tuple[str, ...] = ()
        self._shown: OrderedDict[str, _Shown] = OrderedDict()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def may_open(self, names: Sequence[str]) -> None:
        """See ``deskhand.policies.protocol.OpensApplications``."""
        self._applications = tuple(names)

    def know(self, known: KnownMap | None) -> None:
        """See ``deskhand.policies.protocol.ReadsMap``."""
        self._known = tuple(known.lines) if known is not None else ()

    def confirm_with(self, ask: Callable[[str], bool]) -> None:
        """See ``deskhand.policies.protocol.AsksFirst``."""
        self._confirm = ask

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """See ``deskhand.policies.protocol.BreaksOff``."""
        self._asker.break_off_when(over)

    def begin(self, task: Task) -> None:
        """Forget the run before. Asks nothing yet."""
        self._task = task
        self._shown.clear()

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Ask the model.

        Raises:
            BackendError: there was no answer, or asking again cannot help.
        """
        if self._task is None:
            raise BackendError("begin(task) comes before decide()")
        talk = self._talk(self._task.instruction, observation, history)
        body = self._vendor.question(self._model, talk, self._profile)
        began = time.monotonic()
        data = self._asker.answered(lambda: self._exchange(body))
        answer = self._vendor.answer(data)
        usage = Usage(
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            seconds=round(time.monotonic() - began, 3),
            cost=self._profile.prices.of(answer.prompt_tokens, answer.completion_tokens),
        )
        return self._decided(answer, observation, usage)

    def close(self) -> None:
        """Close the connection."""
        self._asker.close()

    def _exchange(self, body: dict[str, Any]) -> dict[str, Any] | FailedAttempt:
        headers = {**self._vendor.headers(self._key, self._profile), "accept": "application/json"}
        with self._asker.post(headers, json.dumps(body).encode()) as response:
            if response.status != 200:
                return self._asker.refused(response)[1]
            text = b"".join(response.pieces()).decode("utf-8", "replace")
        try:
            data = json.loads(self._asker.clean(text))
        except (ValueError, RecursionError) as error:
            raise NotAnAnswer(text[:200]) from error
        if not isinstance(data, dict):
            raise NotAnAnswer(text[:200])
        return data

    def _decided(self, answer: HostedAnswer, observation: Observation, usage: Usage) -> Decision:
        raw = json.dumps(answer.content, ensure_ascii=False)
        if answer.stop:
            error = f"the answer was cut off {answer.stop}"
            return Decision(reply=None, raw=raw, usage=usage, error=error)
        thought = "\n".join(part for part in (answer.thought, answer.text if answer.calls else "") if part)
        if not answer.calls:
            if answer.paused or not answer.text:
                error = "the answer holds neither an action nor a word: go on, or say that you are finished"
                return Decision(reply=None, raw=raw, usage=usage, error=error)
            reply = Reply(thought=thought, actions=(Finished(answer=answer.text),))
            return Decision(reply=reply, raw=raw, usage=usage)
        plans = planned(answer.calls, self._vendor, self._screen(observation.screenshot))
        actions = [action for plan in plans for action in plan.actions]
        if not actions:
            return Decision(reply=None, raw=raw, usage=usage, error=plans[0].fault)
        warnings = [plan.call.warning for plan in plans if plan.actions and plan.call.checks]
        if warnings and not (self._confirm is not None and self._confirm("\n".join(warnings))):
            question = f"The model's vendor wants a person to agree first: {'; '.join(warnings)}"
            return Decision(
                reply=Reply(thought=thought, actions=(CallUser(question=question),)), raw=raw, usage=usage
            )
        placed = located(actions, observation.screenshot.cursor)
        return Decision(reply=Reply(thought=thought, actions=placed), raw=raw, usage=usage)

    def _screen(self, screenshot: Screenshot) -> ShownScreen:
        return ShownScreen(screenshot.viewport, self._profile.coordinates)

    def _talk(self, instruction: str, observation: Observation, history: Sequence[Step]) -> Talk:
        """The conversation so far, its last picture the screen as it is."""
        screenshot = observation.screenshot
        newest = screenshot.digest()
        self._remember(newest, screenshot)
        frames = [*(step.frame for step in history), newest]
        keeps = self._vendor.keeps_pictures(self._profile)
        first = 0 if keeps else self._profile.history.first_shown(len(frames))
        shown = [self._shown.get(one) if n >= first else None for n, one in enumerate(frames)]
        screen = self._screen(screenshot)
        gone = _Shown("", "")
        turns = [
            turn_of(step, self._vendor, screen, (after or gone).picture, (after or gone).pointer)
            for step, after in zip(history, shown[1:], strict=True)
        ]
        looks = [closer_look(self._profile, screenshot, region) for region in regions_of(history)]
        if any(looks):
            turns[-1] = with_looks(turns[-1], [look.removeprefix(_PREFIX) for look in looks])
        system, task = hosted_words(instruction, self._applications, self._known)
        size = sent_size(self._profile, screenshot.viewport)
        return Talk(system, task, shown[0].picture if shown[0] else "", turns, size)

    def _remember(self, digest: str, screenshot: Screenshot) -> None:
        if digest not in self._shown:
            picture = data_url(screenshot, sent_size(self._profile, screenshot.viewport))
            self._shown[digest] = _Shown(picture.removeprefix(_PREFIX), self._pointer(screenshot))
        self._shown.move_to_end(digest)
        most = None if self._vendor.keeps_pictures(self._profile) else self._profile.history.pictures
        while most is not None and len(self._shown) > most:
            self._shown.popitem(last=False)

    def _pointer(self, screenshot: Screenshot) -> str:
        if screenshot.cursor is None:
            return "the pointer's place is not known"
        x, y = pixel_in(screenshot.cursor, self._profile.coordinates, screenshot.viewport)
        return f"X={x:g},Y={y:g}"


def tool_profile(vendor: str, model: str, profile: str | None, settings: Sequence[str]) -> Profile:
    """The profile of a model with a computer tool.

    Raises:
        UsageError: there is none, or it is that of another vendor's tool.
    """
    found = chosen_profile(model, profile, None, settings)
    if found.vendor != vendor:
        raise UsageError(
            f"the profile {found.name} is not for the {vendor} policy: name one of its own with --profile"
        )
    return found
