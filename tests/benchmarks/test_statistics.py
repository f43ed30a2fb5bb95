"""The numbers are right where they can be worked out by hand, and keep their promises everywhere else."""

from __future__ import annotations

import itertools
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.statistics import (
    Interval,
    bootstrap,
    compare,
    mcnemar,
    pass_at_k,
    pass_hat_k,
    repeats,
    summarize,
)
from deskhand.benchmarks.runner.tables import comparison_rows, total_rows


def episode(task: str = "a", seed: int = 0, success: bool = False, **more: object) -> Episode:
    facts = {"suite": "tiny", "version": task, "policy": "p", "instruction": "x", "status": "finished"}
    return Episode.model_validate({**facts, "task": task, "seed": seed, "success": success, **more})


def outcomes(**tasks: str) -> list[Episode]:
    """outcomes(a="10e"): task a is done with seed 0, not done with 1, and its environment failed with 2."""
    return [
        episode(task, seed, mark == "1", error="lost" if mark == "e" else "")
        for task, marks in tasks.items()
        for seed, mark in enumerate(marks)
    ]


def test_success_is_over_the_episodes_whose_environment_did_not_fail() -> None:
    found = summarize(outcomes(a="110", b="1e0", c="ee"))
    assert (found.success.done, found.success.of, found.errors, found.tasks) == (3, 5, 3, 2)
    assert found.success.rate == pytest.approx(0.6)


def test_nothing_gives_no_number_and_no_fault() -> None:
    found = summarize([])
    assert (found.success.rate, found.success.interval, found.reward, found.repeats) == (None, None, None, ())
    assert summarize(outcomes(a="ee")).success.rate is None
    assert [row["value"] for row in total_rows(found, "p")][:2] == [None, None]


def test_the_three_readings_of_a_raw_reward() -> None:
    rewards = (-1.0, 0.0, 0.5, 0.8, 0.9, 1.0)
    found = summarize([episode(seed=n, reward=raw) for n, raw in enumerate(rewards)])
    assert {name: one.done for name, one in found.conventions.items()} == {
        **{"raw > 0": 4, "raw > 0.8": 2, "raw == 1": 1},
    }
    assert found.reward == pytest.approx(2.2 / 6)


def test_an_old_line_without_a_reward_counts_by_its_success() -> None:
    found = summarize([episode(success=True), episode(seed=1)])
    assert [one.done for one in found.conventions.values()] == [1, 1, 1]
    assert found.reward == 0.5


def test_means_leave_out_errors_and_cost_is_over_what_has_one() -> None:
    found = summarize(
        [
            episode(seed=0, steps=2, seconds=1.0, prompt_tokens=100, completion_tokens=10, cost=0.5),
            episode(seed=1, steps=4, seconds=3.0, prompt_tokens=300, completion_tokens=30),
            episode(seed=2, steps=90, seconds=90.0, prompt_tokens=9, cost=9.0, error="lost"),
        ]
    )
    assert (found.steps, found.seconds, found.tokens) == (3, 2, 220)
    assert (found.cost, found.priced) == (0.5, 1)


def test_a_success_costs_what_all_episodes_cost_together() -> None:
    tried = [episode(seed=n, success=n == 0, cost=0.25) for n in range(4)]
    assert summarize(tried).success_cost == 1.0
    assert summarize(tried[1:]).success_cost is None
    assert summarize([episode(success=True)]).success_cost is None


def test_pass_at_k_and_pass_hat_k_by_hand() -> None:
    # Of 3 attempts 2 are good: drawing 2, one pair of three is all good, and none is all bad.
    assert pass_at_k(3, 2, 2) == 1
    assert pass_hat_k(3, 2, 2) == pytest.approx(1 / 3)
    assert pass_at_k(4, 1, 2) == pytest.approx(1 / 2)
    tried = [episode("a", 0, n < 2, attempt=n + 1) for n in range(3)] + [
        *(episode("a", 1, False, attempt=n + 1) for n in range(2)),
    ]
    first, second, third = repeats([*tried, episode("a", 1, True, attempt=3, error="lost")])
    assert (first.at_least_one, first.every, first.starts) == (pytest.approx(1 / 3), pytest.approx(1 / 3), 2)
    assert (second.at_least_one, second.every, second.starts) == (1 / 2, pytest.approx(1 / 6), 2)
    assert (third.at_least_one, third.every, third.starts) == (1, 0, 1)


@given(st.integers(1, 7).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_both_are_what_trying_every_choice_of_k_gives(numbers: tuple[int, int, int]) -> None:
    n, c, k = numbers
    choices = list(itertools.combinations([i < c for i in range(n)], k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, choices)) / len(choices))
    assert pass_hat_k(n, c, k) == pytest.approx(sum(map(all, choices)) / len(choices))
    assert len(choices) == comb(n, k)


groups = st.lists(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=5), min_size=2, max_size=12)


@given(groups)
def test_an_interval_lies_between_the_worst_and_the_best_task(values: list[list[float]]) -> None:
    found = bootstrap(values, seed=1)
    assert found is not None
    means = [sum(group) / len(group) for group in values]
    assert min(means) - 1e-9 <= found.low <= found.high <= max(means) + 1e-9
    assert found == bootstrap(values, seed=1)


@given(groups)
def test_turning_success_into_failure_mirrors_the_interval(values: list[list[float]]) -> None:
    found = bootstrap(values)
    mirrored = bootstrap([[1 - value for value in group] for group in values])
    assert found is not None
    assert mirrored is not None
    assert (mirrored.low, mirrored.high) == (pytest.approx(1 - found.high), pytest.approx(1 - found.low))


def test_an_interval_by_hand() -> None:
    # Two tasks, one always done: drawing two of them gives 0, 1/2, 1 with chances 1/4, 1/2, 1/4.
    assert bootstrap([[1.0], [0.0]]) == Interval(0, 1)
    assert bootstrap([[1.0, 1.0]] * 5) == Interval(1, 1)
    assert bootstrap([[1.0, 0.0]]) is None
    # 100 tasks of one episode, half of them done: the normal approximation is 0.5 +- 1.96 * 0.05.
    found = bootstrap([[1.0], [0.0]] * 50)
    assert found is not None
    assert found.low == pytest.approx(0.402, abs=0.011)
    assert found.high == pytest.approx(0.598, abs=0.011)


def test_all_or_nothing_has_the_width_of_the_exact_interval_over_tasks() -> None:
    # The chance that n tasks are all done is p ** n, and 0.025 of it is left out on one side.
    every, none = summarize(outcomes(a="11", b="1")).success, summarize(outcomes(a="00", b="0")).success
    assert every.interval == Interval(pytest.approx(0.025**0.5), 1.0)
    assert none.interval == Interval(0.0, pytest.approx(1 - 0.025**0.5))


def test_tasks_are_drawn_and_not_episodes() -> None:
    # 100 episodes, but two tasks that always end alike: nothing narrower than everything is known.
    assert bootstrap([[1.0] * 50, [0.0] * 50]) == Interval(0, 1)


def test_the_order_of_the_lines_changes_nothing() -> None:
    some = outcomes(a="110", b="100", c="111", d="000")
    assert summarize(some) == summarize(some[::-1])


def test_two_runs_are_paired_by_hand() -> None:
    a = outcomes(a="1110", b="1100", c="1e")
    b = outcomes(a="1000", b="1010", c="11", d="1")
    found = compare(a, b)
    assert (found.both, found.only_a, found.only_b, found.neither, found.pairs) == (3, 3, 1, 2, 9)
    assert found.difference == pytest.approx(2 / 9)
    assert found.p_value == pytest.approx(2 * (1 + 4) / 16)
    assert found.left_out == 3  # c with seed 1 on both sides, and d
    rows = comparison_rows(a, b)
    assert [(row["task"], row["only A"], row["only B"]) for row in rows] == [
        *(("all", 3, 1), ("a", 2, 0), ("b", 1, 1)),
    ]


def test_a_task_that_has_changed_is_no_pair() -> None:
    found = compare([episode(version="1")], [episode(version="2")])
    assert (found.pairs, found.left_out, found.difference, found.p_value) == (0, 2, None, 1)


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 5) == 1
    assert mcnemar(10, 0) == pytest.approx(2 / 1024)
    assert mcnemar(1, 7) == pytest.approx(2 * (1 + 8) / 256)
    assert 0 < mcnemar(3000, 2000) < 1e-40


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_a_probability_and_takes_no_side(a: int, b: int) -> None:
    assert 0 < mcnemar(a, b) <= 1
    assert mcnemar(a, b) == mcnemar(b, a)
    if a >= b:
        assert mcnemar(a + 1, b) <= mcnemar(a, b)


marks = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.sampled_from("01e")), max_size=30)


@given(marks, marks)
def test_swapping_two_runs_turns_the_difference_round(
    one: list[tuple[str, int, str]], other: list[tuple[str, int, str]]
) -> None:
    def made(some: list[tuple[str, int, str]]) -> list[Episode]:
        kept = {(task, seed): mark for task, seed, mark in some}
        return [
            episode(t, s, mark == "1", error="lost" if mark == "e" else "") for (t, s), mark in kept.items()
        ]

    a, b = made(one), made(other)
    there, back = compare(a, b), compare(b, a)
    assert (there.only_a, there.only_b, there.pairs) == (back.only_b, back.only_a, back.pairs)
    assert there.p_value == back.p_value
    assert there.left_out == back.left_out == len(a) + len(b) - 2 * there.pairs
    if there.pairs:
        assert there.difference == pytest.approx(-(back.difference or 0.0))
