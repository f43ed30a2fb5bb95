"""Episodes whose policy reads a map of the application: what it is given, and what a resumed run compares."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deskhand.agent.maps import ChosenMap
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey
from deskhand.benchmarks.runner.run import RESULTS, evaluate
from deskhand.benchmarks.suite import Suite
from deskhand.cli.run import _renew
from deskhand.errors import UsageError
from deskhand.knowledge.known import KnownMap
from deskhand.knowledge.map import write_map
from deskhand.lines import ResultLines
from deskhand.policies.protocol import ReadsMap
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task
from deskhand.waiting import wait_until
from tests.benchmarks.tiny import Answering, TinySuite
from tests.cli.test_command import call
from tests.knowledge.test_map import example

ASK = Task(instruction="Replace every apple by pear", launch="Trial")


class Reading(Answering):
    """Says what the seed is, and reads maps."""

    def know(self, known: KnownMap | None) -> None:
        self.known = known


def reading(suite: Suite, key: EpisodeKey) -> Reading:
    return Reading(str(key.seed), "reading")


class Asking(TinySuite):
    """Asks for something that the map has."""

    def prepare(self, task: str, sandbox: Sandbox, seed: int) -> Task:
        super().prepare(task, sandbox, seed)
        return ASK.unopened


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A map where `auto` finds it."""
    monkeypatch.setenv("DESKHAND_MAPS", str(tmp_path / "maps"))
    write_map(example(), tmp_path / "maps" / "trial")
    return tmp_path / "maps" / "trial"


def test_the_map_of_the_launched_program_or_a_named_one_is_read(folder: Path) -> None:
    policy = Reading("x")
    assert isinstance(policy, ReadsMap)
    known = ChosenMap("auto").known(ASK, policy)
    assert known is not None and "Find and Replace" in known.lines[0]
    named = ChosenMap(str(folder)).known(ASK.unopened, policy)
    assert named is not None and named.lines == known.lines
    assert ChosenMap("auto").known(ASK.unopened, policy) is ChosenMap("none").known(ASK, policy) is None
    assert ChosenMap("auto").known(ASK, Answering("x")) is None
    assert ChosenMap("auto").used(Answering("x")) == {}
    with pytest.raises(UsageError, match="answering reads no map"):
        ChosenMap(str(folder)).known(ASK, Answering("x"))
    with pytest.raises(UsageError, match="deskhand explore"):
        ChosenMap(str(folder.parent)).check(policy)


def test_a_map_that_cannot_be_written_fails_no_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = KnownMap(folder, ASK.instruction)
    known.walked(known.found.commands[0], led=True)
    shutil.rmtree(folder)
    _renew(known)
    printed = capsys.readouterr()
    assert "what this run found out" in printed.err and not printed.out


@pytest.mark.lightbox
def test_a_resumed_run_reads_the_same_map(folder: Path, tmp_path: Path) -> None:
    out, keys = tmp_path / "out", [EpisodeKey("ask-one", 1)]

    def run(name: str) -> list[Episode]:
        recipe = WorkerRecipe(TinySuite, reading, Lightbox, out, map=ChosenMap(name))
        return list(evaluate(recipe, keys))

    replaced = example().model_copy(update={"application": "ask which number"})
    assert run(str(folder))[0].success
    header = ResultLines(out / RESULTS, Episode).header()
    assert list(header["settings"]["maps"]) == ["trial"]
    assert run("auto")[0].success, "the same map under another name"
    for name, changed in (("none", None), ("auto", replaced)):
        if changed is not None:
            write_map(changed, folder)
        with pytest.raises(UsageError, match=r"with the maps trial .*--map"):
            run(name)


@pytest.mark.lightbox
def test_what_the_map_has_for_a_task_is_a_note_of_its_episode(folder: Path, tmp_path: Path) -> None:
    recipe = WorkerRecipe(Asking, reading, Lightbox, tmp_path / "out", map=ChosenMap(str(folder)))
    list(evaluate(recipe, [EpisodeKey("ask-one", 1)]))
    [note] = Trajectory.open(tmp_path / "out" / "trajectories" / "ask-one-1").notes
    assert "known of the application from its map: Edit > Find and Replace" in note.text


def test_a_policy_that_reads_none_is_refused_with_a_named_map(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKHAND_RUNS", str(tmp_path / "runs"))
    code = call(monkeypatch, "eval", "desk", "--policy", "random", "--map", str(folder))
    assert code == 2 and "reads no map" in capsys.readouterr().err and not (tmp_path / "runs").exists()


@pytest.mark.lightbox
def test_where_nothing_is_launched_the_open_window_says_which_map(folder: Path) -> None:
    write_map(example(), folder.parent / "xterm")
    with Lightbox() as sandbox:
        assert ChosenMap().known(ASK.unopened, Reading("x"), sandbox) is None
        sandbox.launch("xterm")
        wait_until(lambda: bool(sandbox.windows()), timeout=30, what="the terminal's window")
        known = ChosenMap().known(ASK.unopened, Reading("x"), sandbox)
        assert known is not None and known.folder.name == "xterm"
        assert ChosenMap().known(ASK.model_copy(update={"launch": "other"}), Reading("x"), sandbox) is None
