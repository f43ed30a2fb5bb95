"""Episodes are run in several processes, and whatever is killed, the results come out the same."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.benchmarks.runner.engines import local as engine
from deskhand.benchmarks.runner.engines.local import Engine, LocalProcesses, ThisProcess
from deskhand.benchmarks.runner.engines.threads import Threads
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe, first_free
from deskhand.benchmarks.runner.episodes import (
    RESULTS,
    Episode,
    EpisodeKey,
    keys,
    read_results,
    trajectory_folder,
)
from deskhand.benchmarks.runner.run import evaluate
from deskhand.benchmarks.suite import Suite
from deskhand.errors import EnvironmentProblem, LogError, SandboxLost, UsageError
from deskhand.policies.protocol import Policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.remote import RemoteSandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.waiting import wait_until
from tests.benchmarks.tiny import TinySuite, Vanishing, broken, deadly, endless, half_right, hanging
from tests.conftest import COMMAND, environment

pytestmark = [pytest.mark.lightbox, pytest.mark.suite]

TASKS = TinySuite().tasks()


def recipe(out: Path, policy: object = half_right, sandbox: object = Lightbox) -> WorkerRecipe:
    return WorkerRecipe(TinySuite, policy, sandbox, out)  # type: ignore[arg-type]


def seen(episodes: list[Episode]) -> list[tuple[object, ...]]:
    """All of an episode but the time it took."""
    return sorted((*e.key, e.policy, e.success, e.status, e.steps, e.instruction, e.error) for e in episodes)


@pytest.mark.slow(reason="the killed run, resumed, finds it too")
def test_two_workers_find_what_one_finds_and_keep_every_trajectory(tmp_path: Path) -> None:
    planned = [
        EpisodeKey(TASKS[0], 0),
        EpisodeKey(TASKS[1], 1),
        EpisodeKey(TASKS[0], 0, 2),
        EpisodeKey(TASKS[1], 2),
    ]
    alone = list(evaluate(recipe(tmp_path / "a"), planned, engine=ThisProcess()))
    together = list(evaluate(recipe(tmp_path / "b"), planned, engine=LocalProcesses(2)))
    assert seen(alone) == seen(together)
    assert sum(e.success for e in alone) == 2
    assert {e.key for e in together} == set(planned)
    for episode in together:
        trajectory = Trajectory.open(tmp_path / "b" / episode.trajectory)
        assert trajectory.task.instruction == episode.instruction
        assert trajectory.end is not None
        assert (episode.prompt_tokens, episode.completion_tokens, episode.cost) == (10, 2, 0.25)
        assert episode.reward == float(episode.success)
        assert episode.category == TinySuite().category(episode.task)
    header = json.loads((tmp_path / "b" / RESULTS).read_text().splitlines()[0])
    assert (header["format"], header["suite"], header["policy"]) == (1, "tiny", "half")
    assert header["version"]


def test_threads_find_what_one_process_finds(tmp_path: Path) -> None:
    planned = keys(TASKS[:2], [0, 1])
    alone = list(evaluate(recipe(tmp_path / "a"), planned, engine=ThisProcess()))
    together = list(evaluate(recipe(tmp_path / "b"), planned, engine=Threads(2)))
    assert seen(alone) == seen(together) and any(one.success for one in alone)


def test_a_lost_worker_costs_one_episode_that_can_be_run_again(tmp_path: Path) -> None:
    planned = keys(TASKS[:1], [0, 1, 2])
    plan = recipe(tmp_path, functools.partial(deadly, tmp_path))
    found = {e.seed: e for e in evaluate(plan, planned, engine=LocalProcesses(1))}
    assert [found[n].success for n in range(3)] == [True, False, True]
    assert "signal 9" in found[1].error
    kept = list(evaluate(plan, planned, engine=LocalProcesses(1)))
    assert [e.error != "" for e in kept] == [False, True, False]
    mended = list(evaluate(plan, planned, engine=LocalProcesses(1), rerun_errors=True))
    assert all(e.success for e in mended)
    assert len(read_results(tmp_path / RESULTS)) == 4, "nothing is taken out of the file"


@pytest.mark.slow(reason="it waits for a time-out, and a worker that is lost is tested")
def test_a_worker_that_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 10.0)
    limits = Limits(seconds=5)
    plan = WorkerRecipe(TinySuite, hanging, Lightbox, tmp_path, limits)
    found = list(evaluate(plan, keys(TASKS[:1], [0, 1]), engine=LocalProcesses(1)))
    assert "no result within 15 s" in found[0].error
    assert not found[1].error


@pytest.mark.slow(reason="a worker that is gone is")
def test_a_sandbox_that_is_gone_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vanishing, "marks", tmp_path, raising=False)
    found = list(evaluate(recipe(tmp_path, sandbox=Vanishing), keys(TASKS, [0])))
    assert [bool(e.error) for e in found] == [True, False, False]
    assert "lost" in found[0].error
    assert found[1].success


SEVERAL = pytest.mark.parametrize("several", [LocalProcesses, Threads])


@SEVERAL
def test_a_mistake_in_a_policy_ends_the_run_with_its_name(
    tmp_path: Path, several: Callable[[int], Engine]
) -> None:
    with pytest.raises(EnvironmentProblem, match="RuntimeError: a policy with a mistake"):
        list(evaluate(recipe(tmp_path, broken), keys(TASKS, [0]), engine=several(1)))


@SEVERAL
@pytest.mark.parametrize("unusable", [0, 1])
def test_where_one_machine_cannot_be_used_the_other_runs_its_episodes(
    tmp_path: Path, several: Callable[[int], Engine], unusable: int
) -> None:
    nobody = functools.partial(RemoteSandbox, "http://127.0.0.1:9")
    machines = (nobody, Lightbox) if unusable == 0 else (Lightbox, nobody)
    plan = replace(recipe(tmp_path), machines=machines)
    planned = keys(TASKS, [0, 2])
    found = list(evaluate(plan, planned, engine=several(2)))
    assert ({e.key for e in found}, all(e.success for e in found)) == (set(planned), True)
    (last,) = evaluate(replace(plan, out=tmp_path / "c"), planned[:1], engine=several(2))
    assert last.success, "one that has had nothing to do yet is another, too"
    with pytest.raises(SandboxLost, match="no answer"):
        list(
            evaluate(replace(plan, machines=(nobody, nobody), out=tmp_path / "b"), planned, engine=several(2))
        )


def test_each_worker_gets_a_place_that_no_other_has() -> None:
    places: list[int] = []
    for _ in range(4):
        places.append(first_free(place for place in places))
    assert places == [0, 1, 2, 3]
    assert first_free([0, 2, 3]) == 1


@SEVERAL
def test_a_stop_ends_what_is_under_way_and_records_nothing_of_it(
    tmp_path: Path, several: Callable[[int], Engine]
) -> None:
    control = Control()
    run = evaluate(recipe(tmp_path, endless), keys(TASKS, [0]), engine=several(2), control=control)

    def decided(log: Path) -> bool:
        """A log that has just been made is removed again by a stop; one that holds a decision stays."""
        return log.exists() and b'"decision"' in log.read_bytes()

    def stop_once_both_began() -> None:
        began = [tmp_path / "trajectories" / f"{task}-0" / "trajectory.jsonl" for task in TASKS[:2]]
        wait_until(lambda: all(map(decided, began)), timeout=60, what="two runs")
        control.stop()

    stopper = threading.Thread(target=stop_once_both_began)
    stopper.start()
    assert list(run) == []
    stopper.join()
    assert read_results(tmp_path / RESULTS) == []
    for task in TASKS[:2]:
        end = Trajectory.open(trajectory_folder(tmp_path, task, 0)).end
        assert end is not None
        assert end.status == "stopped"


def test_leaving_early_stops_the_workers(tmp_path: Path) -> None:
    run = evaluate(recipe(tmp_path), keys(TASKS, range(50)), engine=LocalProcesses(2))
    next(run)
    run.close()
    assert 1 <= len(read_results(tmp_path / RESULTS)) < 150


@contextlib.contextmanager
def a_disk_that_can_be_filled() -> Iterator[Callable[[], None]]:
    """From the call of what it gives on, no file of this process can grow, as on a full disk.

    The limit ends with the block, for the test's own report may go to a file, too.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300, before[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_takes_nothing_more_ends_the_run_and_says_so(tmp_path: Path) -> None:
    with a_disk_that_can_be_filled() as fill_the_disk:

        def policy(suite: Suite, key: EpisodeKey) -> Policy:
            if key.seed == 1:
                fill_the_disk()
            return half_right(suite, key)

        with pytest.raises(LogError, match="raise the limit"):
            list(evaluate(recipe(tmp_path, policy), keys(TASKS[:1], range(3))))
    assert [e.seed for e in read_results(tmp_path / RESULTS)] == [0]


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LogError, match="a part of the path is a file"):
        list(evaluate(recipe(tmp_path / "file" / "out"), keys(TASKS, [0])))


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    first = evaluate(recipe(tmp_path), keys(TASKS, [0, 1]))
    next(first)
    with pytest.raises(UsageError, match="another run is writing"):
        list(evaluate(recipe(tmp_path), keys(TASKS, [0])))
    first.close()


def results(out: Path) -> int:
    path = out / RESULTS
    return len(path.read_text().splitlines()) if path.exists() else 0


def line(out: Path, *more: str) -> list[str]:
    chosen = ("--policy", "oracle", "--tasks", "terminal-folder", "--seeds", "0-2")
    return [*COMMAND, "eval", "desk", *chosen, "--out", str(out), "--json", *more]


def finish(out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line(out, *more), env=environment(), capture_output=True, text=True, check=False)


def test_a_killed_run_that_is_resumed_equals_an_uninterrupted_one(tmp_path: Path, state: Path) -> None:
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    child = subprocess.Popen(
        line(cut, "--workers", "2"), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: results(cut) >= 2, timeout=120, what="a result after the header")
    child.kill()
    child.wait()
    path = cut / RESULTS
    path.write_bytes(path.read_bytes()[:-30])  # as if the power had gone, too
    done = finish(cut)
    assert done.returncode == 0, done.stderr
    assert finish(whole).returncode == 0
    assert seen(read_results(path)) == seen(read_results(whole / RESULTS))
    assert len({e.key for e in read_results(path)}) == 3
    wait_until(lambda: not list((state / "live").glob("*")), timeout=60, what="no sandbox left")


@pytest.mark.parametrize(
    "workers", [pytest.param("1", marks=pytest.mark.slow(reason="two workers are tested")), "2"]
)
def test_ctrl_c_ends_the_command_and_its_workers_cleanly(workers: str, tmp_path: Path, state: Path) -> None:
    child = subprocess.Popen(
        line(tmp_path, "--workers", workers, "--repeat", "5"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: results(tmp_path) >= 2, timeout=120, what="a result")
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to the workers, too
    out, err = child.communicate(timeout=120)
    assert child.returncode == 130, err
    assert "Traceback" not in err
    assert "Stopping" in err
    assert out.startswith("{")
    assert len(read_results(tmp_path / RESULTS)) < 15
    wait_until(lambda: not list((state / "live").glob("*")), timeout=60, what="no sandbox left")


def test_keys_are_in_order_and_limited() -> None:
    assert keys(["a", "b"], [0, 1], repeat=2, limit=5) == [
        *(
            EpisodeKey("a", 0),
            EpisodeKey("b", 0),
            EpisodeKey("a", 1),
            EpisodeKey("b", 1),
            EpisodeKey("a", 0, 2),
        ),
    ]
