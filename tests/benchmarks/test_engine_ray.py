"""Episodes are run on a Ray cluster, and come out as they do in processes of this machine."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from deskhand.actions.vocabulary import Click, Key
from deskhand.agent.control import Control
from deskhand.benchmarks.runner.engines import cluster as ray_cluster
from deskhand.benchmarks.runner.engines.archive import pack, unpack
from deskhand.benchmarks.runner.engines.desktops import RayDesktop, RayDesktops
from deskhand.benchmarks.runner.engines.local import ThisProcess
from deskhand.benchmarks.runner.engines.on_ray import Ray
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import RESULTS, Episode, EpisodeKey, keys, read_results
from deskhand.benchmarks.runner.run import evaluate
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost, TrajectoryError, UsageError
from deskhand.knowledge.exploring import Budget, Explored, Explorer
from deskhand.knowledge.map import PICTURES, read_map
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.policies import models
from deskhand.policies.embedded.policy import WEIGHTS
from deskhand.policies.embedded.textvectors import TextEncoder
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.processes import tree
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.remote import RemoteSandbox
from deskhand.training.reasoner.attempts import NOTES
from deskhand.training.reasoner.grpo import ROUNDS, GrpoPlan, Reinforcement
from deskhand.training.reasoner.lessons import read_lessons
from deskhand.trajectories.reader import Trajectory
from deskhand.waiting import wait_until
from tests.benchmarks.tiny import TinySuite, broken_anywhere, deadly_anywhere, endless, half_right
from tests.conftest import deskhand, environment

pytestmark = [
    pytest.mark.lightbox,
    pytest.mark.suite,
    pytest.mark.skipif(find_spec("ray") is None, reason="the extra [ray] is not installed"),
]

TASKS = TinySuite().tasks()
SMALL = (Path(__file__).parent / "mapped" / "program.py").read_bytes()


@pytest.fixture(scope="module")
def nodes() -> Iterator[str]:
    """The address of a cluster of two nodes with one processor each, on the loopback behind a token.

    This process is connected to it, so that each test need not be.
    """
    token = {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with ray_cluster.environment({**ray_cluster.OURS, **token}), ray_cluster.short_folder() as folder:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.ray_nodes", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment(), **ray_cluster.OURS, **token},
            text=True,
        )
        with child:
            assert child.stdout is not None
            address = child.stdout.readline().strip()
            assert address.startswith("127.0.0.1:")
            with ray_cluster.cluster(address, 1):
                yield address


def recipe(out: Path, policy: object = half_right) -> WorkerRecipe:
    return WorkerRecipe(TinySuite, policy, Lightbox, out)  # type: ignore[arg-type]


def seen(episodes: list[Episode]) -> list[tuple[object, ...]]:
    """All of an episode but the time it took."""
    return sorted((*e.key, e.policy, e.success, e.status, e.steps, e.instruction, e.error) for e in episodes)


PLANNED = [EpisodeKey(TASKS[0], 0), EpisodeKey(TASKS[1], 1), EpisodeKey(TASKS[0], 0, 2)]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """What is found without a cluster."""
    return seen(list(evaluate(recipe(tmp_path_factory.mktemp("alone")), PLANNED, engine=ThisProcess())))


@pytest.mark.parametrize(
    "send", [pytest.param(False, marks=pytest.mark.slow(reason="the other way is run")), True]
)
def test_two_nodes_find_what_one_process_finds_and_every_trajectory_arrives(
    send: bool, tmp_path: Path, nodes: str, alone: list[tuple[object, ...]]
) -> None:
    together = list(evaluate(recipe(tmp_path / "b"), PLANNED, engine=Ray(2, nodes, send=send)))
    assert alone == seen(together) == seen(read_results(tmp_path / "b" / RESULTS))
    for episode in together:
        trajectory = Trajectory.open(tmp_path / "b" / episode.trajectory)
        assert trajectory.task.instruction == episode.instruction
        assert trajectory.end is not None
        assert (trajectory.folder / "notes.txt").read_text(), "what the policy left beside it arrives too"
        assert trajectory.frame(trajectory.steps[0].frame).viewport.width
    left = {path.name for path in (tmp_path / "b").iterdir()} - {".lock"}
    assert left == {RESULTS, "trajectories"}


@pytest.mark.slow(reason="the engine without Ray is tested for it")
def test_a_lost_worker_costs_one_episode_that_can_be_run_again(tmp_path: Path, nodes: str) -> None:
    plan = recipe(tmp_path, functools.partial(deadly_anywhere, tmp_path))
    planned = keys(TASKS[:1], [1, 0])
    found = {e.seed: e for e in evaluate(plan, planned, engine=Ray(1, nodes))}
    assert [found[n].success for n in range(2)] == [True, False]
    assert "its worker was lost" in found[1].error
    mended = list(evaluate(plan, planned, engine=Ray(1, nodes), rerun_errors=True))
    assert all(e.success for e in mended)


def test_where_one_machine_cannot_be_used_the_other_runs_its_episodes(tmp_path: Path, nodes: str) -> None:
    nobody = functools.partial(RemoteSandbox, "http://127.0.0.1:9")
    plan = replace(recipe(tmp_path), machines=(nobody, Lightbox))
    planned = keys(TASKS[:1], [0, 2])
    found = list(evaluate(plan, planned, engine=Ray(2, nodes)))
    assert ({e.key for e in found}, all(e.success for e in found)) == (set(planned), True)
    with pytest.raises(SandboxLost, match="no answer"):
        list(
            evaluate(replace(plan, machines=(nobody,) * 2, out=tmp_path / "b"), planned, engine=Ray(2, nodes))
        )


@pytest.mark.slow(reason="the engine without Ray is tested for it")
def test_a_mistake_in_a_policy_ends_the_run_with_its_name(tmp_path: Path, nodes: str) -> None:
    plan = recipe(tmp_path, functools.partial(broken_anywhere, os.getpid()))
    with pytest.raises(EnvironmentProblem, match="RuntimeError: a policy with a mistake"):
        list(evaluate(plan, keys(TASKS, [0]), engine=Ray(1, nodes)))


@pytest.mark.slow(reason="the engine without Ray is tested for it")
def test_a_stop_ends_what_is_under_way_and_records_nothing_of_it(tmp_path: Path, nodes: str) -> None:
    control = Control()
    run = evaluate(recipe(tmp_path, endless), keys(TASKS, [0]), engine=Ray(2, nodes), control=control)

    def stop_once_both_began() -> None:
        began = [tmp_path / "trajectories" / f"{task}-0" / "trajectory.jsonl" for task in TASKS[:2]]
        wait_until(lambda: all(path.exists() for path in began), timeout=60, what="two runs")
        control.stop()

    stopper = threading.Thread(target=stop_once_both_began)
    stopper.start()
    assert list(run) == []
    stopper.join()
    assert read_results(tmp_path / RESULTS) == []


@pytest.mark.slow(reason="the engine without Ray is tested for it")
def test_more_workers_than_processors_are_refused(tmp_path: Path, nodes: str) -> None:
    with pytest.raises(UsageError, match="2 processors, fewer than 3 workers"):
        list(evaluate(recipe(tmp_path), keys(TASKS, [0]), engine=Ray(3, nodes)))


WATCHED = """
import json, os, subprocess, sys
from deskhand.benchmarks.runner.engines.cluster import cluster
from tests.benchmarks.test_engine_ray import NO_TOKEN, STRANGER, listening
with cluster(None, 1):
    pass
with cluster(None, 2) as ray:  # a second time in one process, as --baselines needs it
    folder = ray._private.worker._global_node.get_temp_dir_path()
    found = listening(os.getpid())
    said = {"ports": len(found), "addresses": sorted({a for a, _ in found}), "folder": folder}
    line = [sys.executable, "-c", STRANGER, ray.get_runtime_context().gcs_address]
    env = {**os.environ, **NO_TOKEN}
    stranger = subprocess.run(line, capture_output=True, text=True, timeout=60, env=env)
    print(json.dumps({**said, "stranger": stranger.returncode, "words": stranger.stderr[-2000:]}))
"""

STRANGER = """
import sys
from ray._raylet import GcsClient
GcsClient(address=sys.argv[1]).internal_kv_put(b"a", b"b", True, None)
"""
NO_TOKEN = {"RAY_AUTH_MODE": "disabled", "RAY_AUTH_TOKEN": ""}


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses and ports at which a process and all below it take connections."""
    sockets = set()
    for number, _ in tree(pid):
        for name in _links(Path(f"/proc/{number}/fd")):
            if name.startswith("socket:["):
                sockets.add(name[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                address, port = fields[1].split(":")
                found.add((address, int(port, 16)))
    return found


def _links(folder: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                yield str(path.readlink())


LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


@pytest.mark.slow(reason="it starts a cluster of its own")
def test_a_cluster_of_our_own_listens_on_the_loopback_alone_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["ports"] >= 4
    assert set(said["addresses"]) <= LOOPBACK
    assert said["stranger"] != 0, "who has no token may not speak to it"
    assert "token" in said["words"].lower()
    assert not Path(said["folder"]).exists()
    assert list(tmp_path.iterdir()) == [], "nothing is written to a person's home"


def test_an_engine_that_does_not_exist_or_a_cluster_that_does_not_answer_is_said(tmp_path: Path) -> None:
    refused = deskhand("eval", "desk", "--engine", "cloud", "--policy", "oracle")
    assert refused.returncode == 2
    assert "local, ray or ray:ADDRESS" in refused.stderr
    chosen = ("--tasks", "terminal-folder", "--seeds", "0", "--policy", "oracle", "--out", str(tmp_path))
    alone = deskhand("eval", "desk", *chosen, "--engine", "ray:127.0.0.1:1")
    assert alone.returncode == 3
    assert "no Ray cluster answers at 127.0.0.1:1" in " ".join(alone.stderr.split())


def test_without_ray_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'deskhand\[ray\]'"):
        Ray(1)


def test_a_packed_trajectory_is_unpacked_whole_or_not_at_all(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "there" / "task-0"
    (source / "frames").mkdir(parents=True)
    (source / "trajectory.jsonl").write_text("{}\n")
    (source / "frames" / "a.png").write_bytes(b"picture")
    (source / "link").symlink_to("/etc/passwd")
    packed = pack(source)
    unpack(packed, target)
    assert sorted(path.name for path in target.rglob("*")) == ["a.png", "frames", "trajectory.jsonl"]
    unpack(packed, target)
    assert (tmp_path / "there" / "task-0.2" / "trajectory.jsonl").exists(), "what was there is kept"
    for hostile in (b"no archive", packed.replace(b"frames/a.png", b"../../../a.p"), packed[:-40]):
        with pytest.raises(TrajectoryError, match="not a trajectory"):
            unpack(hostile, tmp_path / "other" / "task-1")
    assert list((tmp_path / "other").iterdir()) == []


def reader(_: Sandbox) -> ScreenReader:
    return ScreenReader(sources=PIXELS)


def lose(desktop: Sandbox) -> None:
    """End the process that holds a desktop, as a node that goes down does."""
    assert isinstance(desktop, RayDesktop)
    os.kill(desktop._ask("process"), signal.SIGKILL)


def test_a_desktop_on_a_cluster_is_a_sandbox_that_comes_back_when_it_is_lost(nodes: str) -> None:
    with (
        RayDesktops(1, nodes).makers(Lightbox, reader) as (make_sandbox, make_reader),
        make_sandbox() as made,
    ):
        assert isinstance(made, RayDesktop)
        desktop = made
        desktop.write_file("notes/a.txt", b"apple")
        assert desktop.read_file("notes/a.txt") == b"apple"
        assert desktop.run(["cat", "notes/a.txt"]).stdout == b"apple"
        with pytest.raises(SandboxError, match="no-such-program"):
            desktop.launch("no-such-program")
        desktop.launch("galculator")
        assert [one["title"] for one in desktop.windows()] == ["galculator"]
        seen = make_reader(desktop)
        shot = desktop.screenshot()
        elements = seen.read(shot)
        menu = next(one for one in elements if one.text == "Edit")
        assert seen.zoom(shot, menu.box)
        assert desktop.perform(Click(at=menu.box.centre)).ok
        lose(desktop)
        assert desktop.perform(Key(keys=("escape",))).status == "unknown"
        with pytest.raises(SandboxLost):
            desktop.screenshot()
        desktop.reset()
        assert desktop.windows() == [] and desktop.screenshot().viewport == shot.viewport


@pytest.mark.slow(reason="exploring and desktops on a cluster are tested apart")
def test_two_desktops_on_a_cluster_explore_one_program(nodes: str, tmp_path: Path) -> None:
    made: list[Sandbox] = []

    def progress(now: Explored) -> None:
        if now.tried == 2:
            lose(made[-1])

    given = {"files": {"small.py": SMALL}, "arguments": ["small.py"], "progress": progress}
    out = tmp_path / "map"
    with RayDesktops(2, nodes).makers(Lightbox, reader) as (make_sandbox, make_reader):

        def sandbox() -> Sandbox:
            made.append(make_sandbox())
            return made[-1]

        Explorer(sandbox, make_reader, "python3", out, budget=Budget(500, 30), workers=2, **given).explore()  # type: ignore[arg-type]
    found = read_map(out)
    assert len(made) == 2
    assert {"Options", "Options > Settings..."} <= {found.words_of(one) for one in found.tried()}
    assert all((out / PICTURES / f"{one.picture}.png").exists() for one in found.states)


def test_desktops_that_cannot_be_had_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="workers are 1 to"):
        RayDesktops(0)
    given = ("explore", "--launch", "galculator", "--out", str(tmp_path / "map"))
    refused = deskhand(*given, "--engine", "cloud")
    assert refused.returncode == 2 and "local, ray or ray:ADDRESS" in refused.stderr
    alone = deskhand(*given, "--engine", "ray:127.0.0.1:1")
    assert alone.returncode == 3
    assert "no Ray cluster answers at 127.0.0.1:1" in " ".join(alone.stderr.split())


@pytest.mark.model
@pytest.mark.slow(reason="episodes of a real suite; that notes arrive from two nodes is tested")
def test_a_round_of_reinforcement_runs_on_two_nodes(tmp_path: Path, nodes: str) -> None:
    encoder = TextEncoder(models.require())
    plan = GrpoPlan("composed", ("buttons",), rounds=1, groups=1, group=4)
    [report] = Reinforcement(plan, WEIGHTS, encoder, tmp_path, Ray(2, nodes)).rounds()
    assert report.episodes + report.errors == 4 and report.errors == 0
    folders = sorted((tmp_path / ROUNDS / "0001" / "trajectories").iterdir())
    assert len(folders) == 4 and all(read_lessons(folder / NOTES) for folder in folders)
