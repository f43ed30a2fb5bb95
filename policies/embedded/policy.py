"""The embedded policy: decides offline, on the processor, from a list of what is on the screen."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from deskhand.errors import ActionParseError, BackendError
from deskhand.perception.watch.observe import Observation
from deskhand.policies import models
from deskhand.policies.embedded.language import answer_text, page_of, to_reply
from deskhand.trajectories.records import Decision, Step, Task, Usage

if TYPE_CHECKING:
    from deskhand.policies.embedded.decoding import Decoder

log = logging.getLogger(__name__)


class EmbeddedPolicy:
    """SmolLM2-135M with the adapter that ships with deskhand.

    The model is read once a process and shared by all policies with the same adapter. Decisions are
    a function of task, screen and history alone: the same ones give the same decision.

    Args:
        adapter: folder of another adapter than the one that ships.
        threads: how many a decision takes; None for as many as other programs leave processors.
    """

    name = "embedded"

    def __init__(self, adapter: Path | None = None, threads: int | None = None) -> None:
        self._adapter = adapter
        self._threads = threads
        self._task: Task | None = None

    def begin(self, task: Task) -> None:
        """Get ready for ``task``; the first call in a process reads the model.

        Raises:
            EnvironmentProblem: the weights are missing; BackendError: the adapter is. Says what to run.
        """
        _decoder(models.require(), self._adapter)
        self._task = task

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Decide the next step; see ``policies.protocol.Policy``."""
        if self._task is None:
            raise BackendError("begin(task) comes before decide()")
        page = page_of(self._task, observation, history)
        started = time.monotonic()
        decoded = _decoder(models.require(), self._adapter).answer(page, self._threads)
        usage = Usage(
            prompt_tokens=decoded.prompt_tokens,
            completion_tokens=decoded.completion_tokens,
            seconds=time.monotonic() - started,
        )
        raw = answer_text(decoded.thought, decoded.move)
        try:
            reply = to_reply(decoded.thought, decoded.move, page)
        except ActionParseError as error:
            return Decision(reply=None, raw=raw, usage=usage, error=str(error))
        return Decision(reply=reply, raw=raw, usage=usage)

    def close(self) -> None:
        """Forget the task. The model stays for the next policy of this process."""
        self._task = None


@lru_cache(maxsize=1)
def _decoder(folder: Path, adapter: Path | None) -> Decoder:
    from deskhand.policies.embedded import llama
    from deskhand.policies.embedded.adapter import load, packaged
    from deskhand.policies.embedded.decoding import Decoder, Speller

    changes, description = load(adapter or packaged(), models.SMOLLM2.member_sha256)
    model = llama.load(folder)
    model.merge(changes)
    log.info("the embedded reasoner is ready (%d demonstrations)", description.samples)
    return Decoder(model, Speller.read(folder))
