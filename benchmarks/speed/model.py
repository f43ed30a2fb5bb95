"""What a model in this process saves: by what it keeps of a conversation, and by answers at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Click
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.conversation import Conversation
from deskhand.policies.local.loading import LoadedModel, load, quiet
from deskhand.policies.local.model import LocalModel
from deskhand.policies.profiles.profile import Profile, chosen_profile
from deskhand.trajectories.records import Decision, Step

Row = dict[str, Any]
STEPS = 10
ANSWER = 16
"""Tokens of each answer: what is measured is reading, not writing."""
AT_ONCE, WRITTEN = 4, 96
"""Conversations that ask at the same time, and tokens of each answer: what is measured is writing."""
SCREEN = (800, 1280, 3)


def rows(folder: str, profile: str | None, settings: Sequence[str], steps: int = STEPS) -> Iterator[Row]:
    """An episode with the cache kept and one without, on the same screens.

    Raises:
        UsageError: there is no such folder or profile.
        BackendError: the model cannot be loaded or asked.
    """
    chosen, loaded = _loaded(folder, profile, settings)
    found = {reuse: _episode(LocalModel(loaded, reuse=reuse), chosen, steps) for reuse in (False, True)}
    for reuse, (tokens, computed, seconds, _) in found.items():
        yield {
            "what": "cache kept" if reuse else "all computed anew",
            "steps": steps,
            "prompt tokens": tokens,
            "computed": computed,
            "share": round(computed / tokens, 3),
            "seconds": round(seconds, 2),
            "answers": "the same" if found[True][3] == found[False][3] else "different",
        }


def together(folder: str, profile: str | None, settings: Sequence[str]) -> Iterator[Row]:
    """Questions of several conversations, one after another and at the same time.

    Raises:
        UsageError: there is no such folder or profile.
        BackendError: the model cannot be loaded or asked.
    """
    chosen, loaded = _loaded(folder, profile, settings)
    shot = Observation(Screenshot(np.full(SCREEN, 235, np.uint8)))
    asked = [
        Conversation(chosen, language="English").messages(f"Press box {n}.", shot, ()) for n in range(AT_ONCE)
    ]
    found: dict[int, tuple[float, list[str]]] = {}
    for threads in (1, AT_ONCE):
        models = [LocalModel(loaded) for _ in asked]
        with ThreadPoolExecutor(threads) as pool:
            began = time.monotonic()
            answers = [
                pool.submit(one.ask, talk, max_tokens=WRITTEN)
                for one, talk in zip(models, asked, strict=True)
            ]
            texts = [one.result().text for one in answers]
            found[threads] = time.monotonic() - began, texts
    for threads, (seconds, texts) in found.items():
        yield {
            "what": "one after another" if threads == 1 else "at the same time",
            "conversations": AT_ONCE,
            "answer tokens": WRITTEN,
            "seconds": round(seconds, 2),
            "answers": "the same" if texts == found[1][1] else "different",
        }


def _loaded(folder: str, profile: str | None, settings: Sequence[str]) -> tuple[Profile, LoadedModel]:
    chosen = chosen_profile(folder.rstrip("/"), profile, None, settings)
    quiet()
    how = chosen.local
    return chosen, load(folder, device=how.device, dtype=how.dtype, bits=how.bits)


def _episode(model: LocalModel, profile: Profile, steps: int) -> tuple[int, int, float, list[str]]:
    """Prompt tokens, how many of them were computed, seconds, and the answers.

    Each answer in the conversation is a click, as a model that works would give it.
    """
    talk, chance = Conversation(profile, language="English"), np.random.default_rng(0)
    history: list[Step] = []
    pixels = np.full(SCREEN, 235, np.uint8)
    tokens, answers = 0, []
    began = time.monotonic()
    for number in range(1, steps + 1):
        left, top = (int(chance.integers(0, side - 80)) for side in (SCREEN[1], SCREEN[0]))
        pixels = pixels.copy()
        pixels[top : top + 60, left : left + 80] = chance.integers(0, 255, 3)
        shot = Observation(Screenshot(pixels))
        messages = talk.messages("Press each box that appears.", shot, history)
        answer = model.ask(messages, max_tokens=ANSWER)
        tokens += answer.prompt_tokens
        answers.append(answer.text)
        click = Click(at=ScreenPoint(left + 40, top + 30))
        said = profile.spoken().render([click], "A box appeared, I press it.", shot.viewport)
        decision = Decision(reply=profile.spoken().parse(said, shot.viewport), raw=said)
        history.append(
            Step(step=number, frame=shot.screenshot.digest(), decision=decision, outcomes=(Outcome.done(),))
        )
    seconds = time.monotonic() - began
    return tokens, model.kept.computed or tokens, seconds, answers
