"""Reinforcement: the reasoner learns from what came of its own episodes (GRPO).

A round: some tasks, each with a group of episodes that begin in the same state and are drawn by chance; the
suites' checkers alone say which succeeded. What was done in episodes that did better than their group gets
likelier, what was done in worse ones less likely, the latter in smaller steps. Groups that all succeeded or
all failed teach nothing and are dropped; episodes that the environment failed are left out. Successes of
earlier rounds are shown again, so that what was won is not lost.

Sources: Shao et al., "DeepSeekMath" (2024), for the group's mean in place of a critic; "Succeed or Learn
Slowly" (2509.01720) for small updates on failures; ARPO (2025) for replayed successes; no KL term and no
division by the spread (2507.04103; Liu et al., "Understanding R1-Zero-Like Training", 2025).
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from pydantic import BaseModel
from torch import Tensor

from deskhand.agent.control import Control
from deskhand.benchmarks.registry import load_suite
from deskhand.benchmarks.runner.engines.local import Engine, LocalProcesses
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey, trajectory_folder
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.suite import choose_tasks
from deskhand.disk import replacing
from deskhand.errors import NotExpressible, UsageError
from deskhand.policies.embedded.batches import batch_of
from deskhand.policies.embedded.network import ReasonerConfig
from deskhand.policies.embedded.seeing import Seen, see
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.registry import DEFAULT_SIZE
from deskhand.screens.variation import FIRST_TRAINING_SEED
from deskhand.training.reasoner.attempts import NOTES, Draws
from deskhand.training.reasoner.clone import LearningReasoner, answer_of, losses_of
from deskhand.training.reasoner.lessons import Lesson, read_lessons, write_lessons
from deskhand.training.reasoner.record import SUBSET

log = logging.getLogger(__name__)

STATE, CURVE, BEST, ROUNDS = "grpo.pt", "curve.jsonl", "best.jsonl", "rounds"
NETWORK, WON = "reasoner", "won"
DECIDING = ("verb", "place", "cell", "choices", "text")
"""Parts of a move that were drawn; the others only accompany it."""
CLIPPED = 0.2
"""How far the likelihood of a move may go from what it was in a round: to so much more or less."""
FAILURES = 0.3
"""How much a failure counts against a success."""
REPLAYED, REPLAY_WEIGHT = 16, 0.2
"""Decisions of earlier successes in each update, and how much their imitation counts."""
MOST_KEPT = 4000
"""Decisions of successes that are kept for replay."""
RESTING = 3
"""Rounds for which a task rests whose group all succeeded or all failed."""
BATCH = 32
FIRST_SEED = FIRST_TRAINING_SEED + 500_000
"""Seeds of its own: others record and correct with lower ones."""


@dataclass(frozen=True, slots=True)
class GrpoPlan:
    """How to learn.

    Attributes:
        suite: whose checkers reward.
        tasks: of those that training may see; empty for all.
        rounds: how many.
        groups: tasks in a round.
        group: episodes of each.
        temperature: of what is drawn; at another than 1 what is learnt leans from what was drawn.
        rate: learning rate.
        passes: how often the decisions of a round are learnt from.
        seed: of everything that is drawn.
    """

    suite: str
    tasks: tuple[str, ...] = ()
    rounds: int = 25
    groups: int = 4
    group: int = 8
    temperature: float = 1.0
    rate: float = 1e-4
    passes: int = 1
    seed: int = 0


class RoundReport(BaseModel):
    """What came of a round.

    Attributes:
        number: from 1.
        episodes: that were scored; ``errors`` were left out.
        succeeded: share of them.
        early: share of them that said "finished" and had failed.
        groups: that differed within themselves, of those that were run.
        updates: of the weights.
        decisions: that were learnt from.
        tasks: share of successes by task.
    """

    number: int
    episodes: int
    errors: int
    succeeded: float
    early: float
    groups: str
    updates: int
    decisions: int
    tasks: dict[str, float]


@dataclass(slots=True)
class _Judged:
    """A decision and how much better its episode did than its group."""

    lesson: Lesson
    advantage: float
    before: float = 0.0


@dataclass(slots=True)
class _Tally:
    """What is known of the tasks: rounds for which each rests still, and its share of successes of late."""

    rests: dict[str, int] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)


class Reinforcement:
    """A run of rounds in a folder; it can be killed at any point, and goes on with the same call.

    Args:
        plan: how to learn.
        start: folder of the network to begin with.
        encoder: of texts.
        out: folder of episodes, state, curve and the network.
        engine: where episodes are run.

    Raises:
        UsageError: the suite has no such task, or ``out`` is another run's.
    """

    def __init__(
        self, plan: GrpoPlan, start: Path, encoder: TextEncoder, out: Path, engine: Engine | None = None
    ) -> None:
        self._plan, self._encoder, self._out = plan, encoder, out.resolve()
        self._engine = engine or LocalProcesses(1)
        loaded = load_suite(plan.suite)
        with contextlib.closing(loaded):
            self._tasks = choose_tasks(loaded, plan.tasks, SUBSET)
            self._screen = loaded.screen or DEFAULT_SIZE
        config = ReasonerConfig.from_pretrained(start)
        torch.manual_seed(plan.seed)
        # Not in training mode, in which the balance of the experts moves with what was drawn.
        self._net = LearningReasoner(config).eval()
        self._optimizer = torch.optim.AdamW(self._net.parameters(), lr=plan.rate, weight_decay=0.0)
        self._tally = _Tally()
        self.round = self.updates = 0
        out.mkdir(parents=True, exist_ok=True)
        self._identity = json.dumps([asdict(plan) | {"rounds": 0}, str(start.resolve())], sort_keys=True)
        if not self._resumed():
            from safetensors.numpy import load_file

            self._net.take(load_file(start / "model.safetensors"))
            self._act_as(0)

    def rounds(
        self, control: Control | None = None, shown: Callable[[int, int], None] | None = None
    ) -> Iterator[RoundReport]:
        """Go on to the last round; yields what came of each once it is on disk.

        Args:
            control: stops between and inside episodes.
            shown: is told how many episodes of a round are over, and of how many.
        """
        control = control or Control()
        while self.round < self._plan.rounds and not control.stopping:
            number = self.round + 1
            episodes = self._episodes(number, control, shown)
            if control.stopping:
                return
            yield self._learnt(number, episodes)

    def write(self) -> Path:
        """The network as it is now, as a folder that a policy reads."""
        folder = self._out / NETWORK
        _save(self._net, folder)
        return folder

    def _episodes(
        self, number: int, control: Control, shown: Callable[[int, int], None] | None
    ) -> list[Episode]:
        wanted = self._wanted(number)
        recipe = WorkerRecipe(
            functools.partial(load_suite, self._plan.suite),
            Draws(self._acting(self.round), self._plan.temperature, self._plan.seed),
            functools.partial(Lightbox, self._screen),
            self._round_folder(number),
        )
        found: list[Episode] = []
        run = evaluate(recipe, wanted, engine=self._engine, control=control)
        with contextlib.closing(run):
            for episode in run:
                found.append(episode)
                if shown is not None:
                    shown(len(found), len(wanted))
        return found

    def _wanted(self, number: int) -> list[EpisodeKey]:
        """The episodes of a round: groups of tasks that do not rest, the likeliest to differ more often."""
        chance = random.Random(f"grpo:{self._plan.seed}:{number}")
        awake = [task for task in self._tasks if self._tally.rests.get(task, 0) < number] or list(self._tasks)
        chosen: list[str] = []
        while awake and len(chosen) < self._plan.groups:
            # A task whose share of successes is p teaches by p(1 - p); one that was not tried counts as even.
            shares = [self._tally.shares.get(task, 0.5) for task in awake]
            task = chance.choices(awake, [0.05 + share * (1 - share) for share in shares])[0]
            chosen.append(task)
            awake.remove(task)
        seed = FIRST_SEED + number
        return [EpisodeKey(task, seed, n) for task in chosen for n in range(1, self._plan.group + 1)]

    def _learnt(self, number: int, episodes: Sequence[Episode]) -> RoundReport:
        scored = [one for one in episodes if not one.error]
        groups: dict[str, list[Episode]] = defaultdict(list)
        for one in scored:
            groups[one.task].append(one)
        judged: list[_Judged] = []
        won: list[Lesson] = []
        differing = 0
        for task, group in sorted(groups.items()):
            rewards = [float(one.success) for one in group]
            mean = sum(rewards) / len(rewards)
            self._tally.shares[task] = (self._tally.shares.get(task, mean) + mean) / 2
            if mean in (0.0, 1.0):
                self._tally.rests[task] = number + RESTING
                continue
            differing += 1
            for one, reward in zip(group, rewards, strict=True):
                notes = trajectory_folder(self._round_folder(number), *one.key) / NOTES
                lessons = [lesson for lesson in read_lessons(notes) or () if self._sayable(lesson)]
                judged += [_Judged(lesson, reward - mean) for lesson in lessons]
                won += lessons if one.success else []
        updates = self._update(number, judged, self._kept(number))
        self._keep(number, won)
        report = RoundReport(
            number=number,
            episodes=len(scored),
            errors=len(episodes) - len(scored),
            succeeded=_share(one.success for one in scored),
            early=_share(one.status == "finished" and not one.success for one in scored),
            groups=f"{differing} of {len(groups)}",
            updates=updates,
            decisions=len(judged),
            tasks={task: _share(one.success for one in group) for task, group in sorted(groups.items())},
        )
        self._note_best(number, scored)
        self._end_round(number, report)
        return report

    def _update(self, number: int, judged: Sequence[_Judged], kept: Sequence[Lesson]) -> int:
        """Learn from the decisions of a round; returns how many updates were made."""
        chance = random.Random(f"update:{self._plan.seed}:{number}")
        with torch.no_grad():
            for start in range(0, len(judged), BATCH):
                part = judged[start : start + BATCH]
                for one, likely in zip(part, self._likely([j.lesson for j in part]), strict=True):
                    one.before = float(likely)
        done = 0
        for _ in range(self._plan.passes):
            order = chance.sample(judged, len(judged))
            for start in range(0, len(order), BATCH):
                loss = self._loss(order[start : start + BATCH])
                if kept:
                    again = chance.sample(kept, min(REPLAYED, len(kept)))
                    loss = loss - REPLAY_WEIGHT * self._likely(again).mean()
                self._optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
                self._optimizer.step()
                done += 1
        self.updates += done
        return done

    def _loss(self, judged: Sequence[_Judged]) -> Tensor:
        likely = self._likely([one.lesson for one in judged])
        before = torch.tensor([one.before for one in judged])
        advantages = torch.tensor([one.advantage for one in judged])
        return objective(likely, before, advantages)

    def _likely(self, lessons: Sequence[Lesson]) -> Tensor:
        """The logarithm of how likely each lesson's move is, (lessons,)."""
        views = [self._seen(one) for one in lessons]
        answers = [
            answer_of(one.move, seen, one, self._encoder) for one, seen in zip(lessons, views, strict=True)
        ]
        parts = losses_of(self._net.model, batch_of(views), answers)
        return -torch.stack([parts[name] for name in DECIDING]).sum(0)

    def _seen(self, lesson: Lesson) -> Seen:
        one = lesson
        return see(one.instruction, one.places, one.pictures, one.viewport, one.past, self._encoder)

    def _sayable(self, lesson: Lesson) -> bool:
        try:
            answer_of(lesson.move, self._seen(lesson), lesson, self._encoder)
        except NotExpressible as error:
            log.info("a decision is left out: %s", error)
            return False
        return True

    def _kept(self, number: int) -> list[Lesson]:
        """Decisions of successes of rounds before this one, the latest first."""
        found: list[Lesson] = []
        for path in sorted((self._out / WON).glob("*.npz"), reverse=True):
            if int(path.stem) < number and len(found) < MOST_KEPT:
                found += read_lessons(path) or []
        return found[:MOST_KEPT]

    def _keep(self, number: int, won: Sequence[Lesson]) -> None:
        """A round that is learnt again after a kill keeps its successes once."""
        if won:
            (self._out / WON).mkdir(exist_ok=True)
            write_lessons(self._out / WON / f"{number:04}.npz", won)

    def _note_best(self, number: int, scored: Sequence[Episode]) -> None:
        """The ten best-paid episodes, the shortest first: what is paid without being done is found there."""
        best = sorted((one for one in scored if one.success), key=lambda one: (one.steps, one.task))[:10]
        lines = [
            json.dumps({"round": number, "task": one.task, "seed": one.seed, "steps": one.steps,
                        "instruction": one.instruction, "trajectory": one.trajectory}, ensure_ascii=False)
            for one in best
        ]  # fmt: skip
        path = self._out / BEST
        older = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        older = [line for line in older if json.loads(line)["round"] != number]
        with replacing(path) as whole:
            whole.write_text("".join(f"{line}\n" for line in [*older, *lines]), encoding="utf-8")

    def _end_round(self, number: int, report: RoundReport) -> None:
        """Put a round on disk: the network that acts next, then the state that says so."""
        self.round = number
        self._act_as(number)
        lines = [*(one.model_dump_json() for one in self.curve() if one.number < number)]
        with replacing(self._out / CURVE) as whole:
            whole.write_text("".join(f"{line}\n" for line in [*lines, report.model_dump_json()]))
        state = {
            "identity": self._identity,
            "net": self._net.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "round": number,
            "updates": self.updates,
            "rests": self._tally.rests,
            "shares": self._tally.shares,
        }
        with replacing(self._out / STATE) as whole:
            torch.save(state, whole)
        shutil.rmtree(self._acting(number - 1), ignore_errors=True)

    def curve(self) -> list[RoundReport]:
        """What came of every round so far."""
        path = self._out / CURVE
        if not path.exists():
            return []
        return [RoundReport.model_validate_json(line) for line in path.read_text().splitlines()]

    def _resumed(self) -> bool:
        path = self._out / STATE
        if not path.exists():
            return False
        saved = torch.load(path, weights_only=True)
        if saved["identity"] != self._identity:
            raise UsageError(
                f"{path} belongs to a run with another start or settings: remove it, or choose another --out"
            )
        self._net.load_state_dict(saved["net"])
        self._optimizer.load_state_dict(saved["optimizer"])
        self.round, self.updates = int(saved["round"]), int(saved["updates"])
        self._tally = _Tally(saved["rests"], saved["shares"])
        self._act_as(self.round)
        return True

    def _act_as(self, number: int) -> None:
        """Write the network that acts after a round; each has its own folder, since workers keep them."""
        _save(self._net, self._acting(number))

    def _acting(self, number: int) -> Path:
        return self._out / f"acting-{number}"

    def _round_folder(self, number: int) -> Path:
        return self._out / ROUNDS / f"{number:04}"


def objective(likely: Tensor, before: Tensor, advantages: Tensor) -> Tensor:
    """What is minimised: minus the advantage times how much likelier each move became, within bounds.

    Args:
        likely: (moves,) logarithms of how likely they are now.
        before: (moves,) the same before the updates of the round.
        advantages: (moves,) how much better than their group; those below 0 count ``FAILURES`` times.
    """
    ratio = (likely - before).exp()
    weights = torch.where(advantages < 0, advantages * FAILURES, advantages)
    bounded = ratio.clamp(1 - CLIPPED, 1 + CLIPPED)
    return -torch.minimum(ratio * weights, bounded * weights).mean()


def _share(facts: Iterator[bool]) -> float:
    known = list(facts)
    return round(sum(known) / len(known), 4) if known else 0.0


def _save(net: LearningReasoner, folder: Path) -> None:
    """The network as a policy reads it; in 32 bits, so that what acts is what learns."""
    net.model.save_pretrained(folder)
