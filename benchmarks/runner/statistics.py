"""What a run's results say: success with an interval, repeats, rewards, costs; and two runs as pairs.

Episodes whose environment failed are counted apart and are in no other number. A task's episodes
resemble each other, so intervals come from a bootstrap that draws tasks, not episodes (Field and Welsh,
"Bootstrapping clustered data", 2007). Several attempts of a task with one seed give pass@k, the chance
that at least one of k succeeds (Chen et al., "Evaluating Large Language Models Trained on Code", 2021),
and pass^k, the chance that all k do (Yao et al., "tau-bench", 2024).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from deskhand.benchmarks.runner.episodes import Episode

SEED = 20_240_229
RESAMPLES = 10_000
CONFIDENCE = 0.95
CHUNK = 1 << 22
"""Numbers drawn at once at most."""

CONVENTIONS: Mapping[str, Callable[[float], bool]] = {
    "raw > 0": lambda raw: raw > 0,
    "raw > 0.8": lambda raw: raw > 0.8,
    "raw == 1": lambda raw: raw == 1,
}
"""What counts as success in published tables of tasks that give partial rewards."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a number, both inside."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """``done`` of ``of``, and the interval of the quotient; None with fewer than two tasks."""

    done: int
    of: int
    interval: Interval | None = None

    @property
    def rate(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.done / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Repeats:
    """What k attempts give.

    Attributes:
        at_least_one: pass@k, 0 to 1.
        every: pass^k, 0 to 1.
        starts: tasks with a seed that have at least k attempts: what both are means over.
    """

    k: int
    at_least_one: float
    every: float
    starts: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What the episodes of one policy say.

    Attributes:
        success: of the episodes whose environment did not fail.
        errors: episodes whose environment failed.
        tasks: tasks with at least one episode that counts.
        conventions: success by each reading of the raw reward.
        reward: mean raw reward; as steps, seconds (wall time), tokens (both kinds) and cost None of nothing.
        priced: episodes whose cost is known, which ``cost`` is a mean over.
        success_cost: the cost of all of these for each success among them; None without one.
    """

    success: Share
    errors: int
    tasks: int
    conventions: Mapping[str, Share]
    repeats: tuple[Repeats, ...]
    reward: float | None
    steps: float | None
    seconds: float | None
    tokens: float | None
    cost: float | None
    priced: int
    success_cost: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, A and B, by the episodes that both have: same task, version, seed and attempt.

    Attributes:
        both, only_a, only_b, neither: pairs by who succeeded.
        difference: success of A less that of B, -1 to 1, over the pairs; None without pairs.
        interval: of the difference, drawing tasks; None with fewer than two.
        p_value: exact McNemar test, two-sided: how likely the pairs that differ would be split at least
            as unevenly if A and B were equally good. It takes pairs as independent.
        left_out: episodes of either run that have no partner, a changed task or an environment error.
    """

    both: int
    only_a: int
    only_b: int
    neither: int
    difference: float | None
    interval: Interval | None
    p_value: float
    left_out: int

    @property
    def pairs(self) -> int:
        """How many episodes both runs have."""
        return self.both + self.only_a + self.only_b + self.neither


def summarize(episodes: Iterable[Episode], *, seed: int = SEED) -> Summary:
    """All numbers of some episodes, one for each key."""
    every = list(episodes)
    valid = [e for e in every if not e.error]
    priced = [e for e in valid if e.cost is not None]
    costs = [e.cost for e in priced if e.cost is not None]
    return Summary(
        success=share(valid, lambda e: e.success, seed=seed),
        errors=len(every) - len(valid),
        tasks=len({e.task for e in valid}),
        conventions={
            name: share(valid, lambda e, reads=reads: reads(e.raw), seed=seed)  # type: ignore[misc]
            for name, reads in CONVENTIONS.items()
        },
        repeats=repeats(valid),
        reward=_mean([e.raw for e in valid]),
        steps=_mean([e.steps for e in valid]),
        seconds=_mean([e.seconds for e in valid]),
        tokens=_mean([e.prompt_tokens + e.completion_tokens for e in valid]),
        cost=_mean(costs),
        priced=len(costs),
        success_cost=sum(costs) / done if (done := sum(e.success for e in priced)) else None,
    )


def share(episodes: Sequence[Episode], done: Callable[[Episode], bool], *, seed: int = SEED) -> Share:
    """How many of the episodes whose environment did not fail, with an interval that draws tasks.

    Where all or none are done every draw is alike and would give no width; there the interval is the
    exact one of Clopper and Pearson (1934) over tasks.
    """
    valid = [e for e in episodes if not e.error]
    groups = _grouped((e.task, float(done(e))) for e in valid)
    count = sum(done(e) for e in valid)
    interval = bootstrap(groups, seed=seed)
    if interval is not None and count in (0, len(valid)):
        reach = ((1 - CONFIDENCE) / 2) ** (1 / len(groups))
        interval = Interval(reach, 1.0) if count else Interval(0.0, 1 - reach)
    return Share(count, len(valid), interval)


def bootstrap(groups: Sequence[Sequence[float]], *, seed: int = SEED) -> Interval | None:
    """Percentile interval of the mean of all values, when whole groups are drawn with replacement.

    Args:
        groups: the values of each task; none is empty.

    Returns:
        the interval of ``CONFIDENCE``, the same for the same seed; None of fewer than two groups.
    """
    if len(groups) < 2:
        return None
    sums = np.array([sum(group) for group in groups], dtype=np.float64)
    counts = np.array([len(group) for group in groups], dtype=np.float64)
    chance = np.random.default_rng(seed)
    means = np.concatenate([_drawn(chance, sums, counts, n) for n in _portions(len(groups))])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def repeats(episodes: Iterable[Episode]) -> tuple[Repeats, ...]:
    """pass@k and pass^k for every k from 1 to the most attempts that one task with one seed has."""
    tried: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for e in episodes:
        if not e.error:
            tried[e.task, e.seed].append(e.success)
    counts = [(len(found), sum(found)) for found in tried.values()]
    most = max((n for n, _ in counts), default=0)
    return tuple(_repeats(k, [(n, c) for n, c in counts if n >= k]) for k in range(1, most + 1))


def pass_at_k(n: int, c: int, k: int) -> float:
    """Chance that at least one of ``k`` drawn without replacement from ``n``, ``c`` of them good, is good."""
    return 1 - comb(n - c, k) / comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """Chance that all of ``k`` drawn without replacement from ``n``, ``c`` of them good, are good."""
    return comb(c, k) / comb(n, k)


def compare(a: Iterable[Episode], b: Iterable[Episode], *, seed: int = SEED) -> Comparison:
    """Two runs, paired by task, seed and attempt; each has one episode for each key."""
    ours, theirs = _paired(a), _paired(b)
    pairs = [(one, theirs[key]) for key, one in ours.items() if key in theirs]
    counted = [(x.success, y.success) for x, y in pairs]
    groups = _grouped((x.task, float(x.success) - float(y.success)) for x, y in pairs)
    return Comparison(
        both=counted.count((True, True)),
        only_a=counted.count((True, False)),
        only_b=counted.count((False, True)),
        neither=counted.count((False, False)),
        difference=_mean([value for group in groups for value in group]),
        interval=bootstrap(groups, seed=seed),
        p_value=mcnemar(counted.count((True, False)), counted.count((False, True))),
        left_out=ours.total + theirs.total - 2 * len(pairs),
    )


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p-value of McNemar's test, from the pairs in which only one succeeded."""
    n, fewer = only_a + only_b, min(only_a, only_b)
    tail = sum(comb(n, i) for i in range(fewer + 1))
    return float(min(1.0, 2 * tail / 2**n))


class _Paired(dict[Hashable, Episode]):
    """Episodes by what pairs them; ``total`` counts also those that cannot be paired."""

    total = 0


def _paired(episodes: Iterable[Episode]) -> _Paired:
    found = _Paired()
    for e in episodes:
        found.total += 1
        if not e.error:
            found[e.version, *e.key] = e
    return found


def _grouped(values: Iterable[tuple[str, float]]) -> list[list[float]]:
    """Values by task, tasks by name, so that their order in the file changes nothing."""
    groups: dict[str, list[float]] = defaultdict(list)
    for task, value in values:
        groups[task].append(value)
    return [groups[task] for task in sorted(groups)]


def _portions(groups: int) -> list[int]:
    size = max(1, min(RESAMPLES, CHUNK // groups))
    whole, rest = divmod(RESAMPLES, size)
    return [size] * whole + ([rest] if rest else [])


def _drawn(
    chance: np.random.Generator, sums: NDArray[np.float64], counts: NDArray[np.float64], times: int
) -> NDArray[np.float64]:
    chosen = chance.integers(0, len(sums), (times, len(sums)))
    means: NDArray[np.float64] = sums[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    return means


def _repeats(k: int, counts: Sequence[tuple[int, int]]) -> Repeats:
    return Repeats(
        k,
        sum(pass_at_k(n, c, k) for n, c in counts) / len(counts),
        sum(pass_hat_k(n, c, k) for n, c in counts) / len(counts),
        len(counts),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
