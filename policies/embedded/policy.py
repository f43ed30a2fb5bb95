"""The embedded policy: it looks at places, decides a move, and remembers what it pointed at."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from deskhand import paths
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import CallUser, Infeasible
from deskhand.errors import ActionParseError, BackendError
from deskhand.knowledge.known import KnownMap
from deskhand.perception.watch.observe import Observation
from deskhand.policies import models
from deskhand.policies.embedded.doubt import EVEN, UNSURE, is_nowhere, is_unsure_again, seen_closely
from deskhand.policies.embedded.following import MapFollower
from deskhand.policies.embedded.named import wrong_target
from deskhand.policies.embedded.places import SQUARE, ScreenPlace, places_of
from deskhand.policies.embedded.pointed import GIVES_WAY, PointedMove, actions_of
from deskhand.policies.embedded.threads import SpareProcessors
from deskhand.trajectories.records import Candidate, Decision, Step, Task, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deskhand.policies.embedded.deciding import Decided, Pick
    from deskhand.policies.embedded.network import ReasonerModel
    from deskhand.policies.embedded.seeing import PastMove
    from deskhand.policies.embedded.textvectors import TextEncoder

SHOWN = 5
"""So many of the likeliest verbs and places are kept with a decision."""
SAME = 0.5
"""Overlap of two boxes of the same thing, looked at twice."""
BY_MAP = '{"by": "map"}'
"""What the log has of a decision that follows the map."""
ASKS = "I am not sure how to go on. What should I do next?"
EMPTY = "the screen shows nothing"
ASKS_TEXT = "I am not sure what to write. What should it be?"


WEIGHTS = Path(__file__).parent / "weights"
"""The network that ships with deskhand: ``config.json`` and ``model.safetensors``."""


class EmbeddedPolicy:
    """The embedded reasoner: it runs on the processor, offline.

    The network and the text encoder are read once a process and shared. A decision takes as many threads
    as other programs leave processors. Decisions are a function of task, screen and history alone. After
    two unsure ones in a row it looks closer, and asks unless that changes its mind; it also asks instead of
    writing a text that is rather wrong than right. With a map it goes to what the task names on it; where the
    network would give up or ask, it first follows what the map has for the task.

    Args:
        folder: of the network, in transformers' own form, or of a skill, which is added to the network
            that ships with deskhand; default: that one alone.
        threads: how many a decision takes; None for as many as other programs leave processors.
        temperature: 0 to decide what is likeliest; above, to draw by chance, as learning by reinforcement
            does. Then it decides all by itself: it neither asks when unsure nor checks what it points at.
        seed: of what is drawn.
    """

    def __init__(
        self,
        folder: Path = WEIGHTS,
        threads: int | None = None,
        *,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.name = _name_of(folder, temperature)
        self._temperature, self._seed = temperature, seed
        self._pick: Pick | None = None
        self._folder, self._fixed_threads = folder, threads
        self._task: Task | None = None
        self._known: KnownMap | None = None
        self._follower: MapFollower | None = None
        self._seen: list[tuple[ScreenPlace, ...]] = []

    def know(self, known: KnownMap | None) -> None:
        """See ``deskhand.policies.protocol.ReadsMap``."""
        self._known = known

    def begin(self, task: Task) -> None:
        """Get ready for ``task``; the first call in a process reads network and encoder.

        Raises:
            EnvironmentProblem: the text encoder is missing; BackendError: the weights are. Says what to run.
        """
        _reasoner(self._folder), _encoder()
        self._task = task
        self._follower = None
        if self._known is not None and not self._temperature:
            self._follower = MapFollower(self._known)
        self._seen = []
        if self._temperature:
            import torch

            from deskhand.policies.embedded.deciding import drawn

            self._pick = drawn(torch.Generator().manual_seed(self._seed), self._temperature)

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Decide the next step; see ``policies.protocol.Policy``."""
        if self._task is None:
            raise BackendError("begin(task) comes before decide()")
        import torch

        from deskhand.policies.embedded.seeing import done_in

        instruction = self._task.instruction
        places = places_of(observation.elements, observation.viewport, instruction, observation.change)
        started = time.monotonic()
        spare, most = _threads()
        torch.set_num_threads(self._fixed_threads or spare.threads(most))
        self._seen = [*self._seen[: len(history)], *[()] * (len(history) - len(self._seen)), places]
        named = self._follower.step(observation, history) if self._follower is not None else None
        if named is not None:
            return Decision(reply=named, raw=BY_MAP, usage=Usage(seconds=time.monotonic() - started))
        past = [
            done
            for step, shown in zip(history, self._seen, strict=False)
            for done in done_in(step, instruction, shown)
        ]
        decided, pictures = self._thinks(observation, places, past)
        doubts = self._pick is None and bool(history) and is_unsure_again(history[-1].decision, decided.sure)
        if doubts:
            point = places[max(range(len(places)), key=decided.places.__getitem__)].box.centre
            elements = seen_closely(observation, point)
            closer = places_of(elements, observation.viewport, instruction, observation.change)
            again, shown = self._thinks(observation, closer, past)
            if again.sure >= UNSURE and not _is_alike(again.move, closer, decided.move, places):
                decided, places, pictures, doubts = again, closer, shown, False
                self._seen[-1] = places
        self.decided(observation, places, pictures, past, decided)
        usage = Usage(seconds=time.monotonic() - started)
        raw, candidates = _in_short(decided, instruction), _candidates(decided, places)
        try:
            actions = actions_of(decided.move, instruction, places)
        except ActionParseError as error:
            return Decision(reply=None, raw=raw, usage=usage, error=str(error), candidates=candidates)
        reply = Reply(thought=decided.thought, actions=actions)
        if self._pick is not None:
            return Decision(reply=reply, raw=raw, usage=usage, candidates=candidates)
        wrong = _wrong_target(decided.move, instruction, places)
        gives_way = decided.move.verb in GIVES_WAY
        if wrong:
            reply = Reply(thought="That is not what I look for.", actions=(CallUser(question=wrong),))
        elif is_nowhere(decided.move, places, observation.screenshot):
            reply = Reply(thought="The screen is empty.", actions=(Infeasible(reason=EMPTY),))
        elif decided.spelt < EVEN:
            reply = Reply(thought="I do not know what to write.", actions=(CallUser(question=ASKS_TEXT),))
        elif gives_way or doubts:
            if not gives_way:
                reply = Reply(thought="I was not sure twice, so I ask.", actions=(CallUser(question=ASKS),))
            guess = None
            if self._follower is not None:
                guess = self._follower.guess(decided.part[0], reply, observation, history)
            if guess is not None and guess is not reply:
                return Decision(reply=guess, raw=BY_MAP, usage=usage, candidates=candidates)
        return Decision(reply=reply, raw=raw, usage=usage, candidates=candidates)

    def _thinks(
        self, observation: Observation, places: tuple[ScreenPlace, ...], past: Sequence[PastMove]
    ) -> tuple[Decided, NDArray[np.uint8]]:
        """What the network decides on a look, and what its places look like."""
        from deskhand.policies.embedded.deciding import decide, likeliest
        from deskhand.policies.embedded.seeing import pictures_of, see

        assert self._task is not None
        instruction, encoder = self._task.instruction, _encoder()
        pictures = pictures_of(places, observation.screenshot.pixels)
        seen = see(instruction, places, pictures, observation.viewport, past, encoder)
        pick = self._pick or likeliest
        return decide(_reasoner(self._folder), seen, instruction, places, encoder, pick), pictures

    def decided(
        self,
        observation: Observation,
        places: tuple[ScreenPlace, ...],
        pictures: NDArray[np.uint8],
        past: Sequence[PastMove],
        decided: Decided,
    ) -> None:
        """Is told of every decision of the network, for those who learn from them; nothing is done here."""

    def close(self) -> None:
        """Forget the task. The network stays for the next policy of this process."""
        self._task, self._seen = None, []


def _name_of(folder: Path, temperature: float) -> str:
    """The policy's name, which differs where its decisions may: results are kept by it."""
    name = "embedded"
    if folder != WEIGHTS:
        paths.set_torch_folder()
        from deskhand.policies.embedded import skill

        with contextlib.suppress(OSError):  # weights that are not there are missed when a task begins
            name = f"embedded:{folder.name}-{skill.digest(folder)[:8]}"
    return f"{name} at temperature {temperature:g}" if temperature else name


def _in_short(decided: Decided, instruction: str) -> str:
    """What was decided on, as JSON for the log."""
    facts = {
        "part": instruction[slice(*decided.part)],
        "sure": round(decided.sure, 3),
        "spelt": round(decided.spelt, 3),
        "changes": round(decided.changes, 3),
    }
    return json.dumps(facts, ensure_ascii=False)


def _is_alike(
    move: PointedMove, places: Sequence[ScreenPlace], other: PointedMove, others: Sequence[ScreenPlace]
) -> bool:
    """Whether two moves, each on places of its own, do the same to the same thing."""
    if move.verb != other.verb or (move.place < 0) != (other.place < 0):
        return False
    return move.place < 0 or places[move.place].box.overlap(others[other.place].box) > SAME


def _wrong_target(move: PointedMove, instruction: str, places: Sequence[ScreenPlace]) -> str:
    """Why a place that a move acts on is not what the task names; empty if nothing speaks against it."""
    if move.place < 0 or move.verb == "scroll":
        return ""
    place = places[move.place]
    return wrong_target(place.text, place.role, instruction, ((one.role, one.text) for one in places))


def _candidates(decided: Decided, places: Sequence[ScreenPlace]) -> tuple[Candidate, ...]:
    """The likeliest kinds of action, then the likeliest places of what points at one."""
    verbs = sorted(decided.verbs.items(), key=lambda item: -item[1])[:SHOWN]
    found = [Candidate(role="action", name=verb, probability=round(share, 4)) for verb, share in verbs]
    if decided.move.place >= 0:
        likeliest = sorted(range(len(places)), key=lambda n: -decided.places[n])[:SHOWN]
        for place, share in ((places[n], decided.places[n]) for n in likeliest):
            name = f"at {place.box.centre.x},{place.box.centre.y}" if place.role == SQUARE else place.text
            found.append(
                Candidate(
                    role=place.role, name=name[:300], probability=min(1.0, round(share, 4)), box=place.box
                )
            )
    return tuple(found)


@lru_cache(maxsize=1)
def _reasoner(folder: Path) -> ReasonerModel:
    paths.set_torch_folder()
    from deskhand.policies.embedded import skill
    from deskhand.policies.embedded.deciding import load

    if not skill.is_skill(folder):
        return load(folder)
    network = load(WEIGHTS)
    skill.add_to(network, folder, WEIGHTS)
    return network


@lru_cache(maxsize=1)
def _threads() -> tuple[SpareProcessors, int]:
    """What other programs leave of the processors, and the most threads that torch would take."""
    import torch

    return SpareProcessors(), torch.get_num_threads()


def _encoder() -> TextEncoder:
    from deskhand.policies.embedded.textvectors import shared_encoder

    return shared_encoder(models.require())
