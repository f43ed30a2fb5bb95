"""The learner acts and an oracle says what would be right: what is done, what is kept, what is learnt."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Infeasible, Type
from deskhand.errors import EnvironmentProblem, TrajectoryError, UsageError
from deskhand.perception.reader import ScreenReader
from deskhand.policies import models
from deskhand.policies.embedded.network import ReasonerConfig, ReasonerModel
from deskhand.training.reasoner.correction import (
    CorrectedPolicy,
    corrected,
    corrections_file,
    corrections_of,
    read_corrections,
    taught,
)
from deskhand.training.reasoner.lessons import collected, kept_lessons, lessons_of
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Task
from tests.training.recorded import elements_of, record

CLICK, TYPE = Click(at=ScreenPoint(12, 24)), Type(text="plan.txt")


class Says:
    """A policy that says one thing."""

    def __init__(self, action: Action | None) -> None:
        self.name, self._action, self.closed = "says", action, False

    def begin(self, task: Task) -> None:
        self.closed = False

    def decide(self, observation, history):  # type: ignore[no-untyped-def]
        reply = None if self._action is None else Reply(thought="so", actions=(self._action,))
        return Decision(reply=reply)

    def close(self) -> None:
        self.closed = True


def decided(policy: CorrectedPolicy, steps: int) -> list[Action | None]:
    policy.begin(Task(instruction="x"))
    replies = [policy.decide(None, ()).reply for _ in range(steps)]  # type: ignore[arg-type]
    return [None if reply is None else reply.actions[0] for reply in replies]


def test_the_learner_acts_and_what_the_oracle_said_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a-1.jsonl"
    assert decided(CorrectedPolicy(Says(CLICK), Says(TYPE), 0.0, 1, path), 3) == [CLICK] * 3
    assert [reply.actions for reply in read_corrections(path) if reply] == [(TYPE,)] * 3
    assert decided(CorrectedPolicy(Says(CLICK), Says(TYPE), 1.0, 1, path), 2) == [TYPE] * 2
    mixed = CorrectedPolicy(Says(CLICK), Says(TYPE), 0.5, 1, path)
    both = decided(mixed, 30)
    assert CLICK in both and TYPE in both and decided(mixed, 30) == both, "drawn from the seed"
    assert decided(CorrectedPolicy(Says(CLICK), Says(None), 0.0, 1, path), 2) == [CLICK] * 2
    assert read_corrections(path) == [None, None]
    early = CorrectedPolicy(Says(Finished()), Says(TYPE), 0.0, 1, path)
    assert decided(early, 2) == [TYPE] * 2, "the learner does not end what the oracle would go on with"
    assert decided(CorrectedPolicy(Says(Finished()), Says(Infeasible()), 0.0, 1, path), 1) == [Finished()]


@pytest.mark.parametrize("content", ["junk\n", '{"thought": 1}\n', None])
def test_corrections_that_cannot_be_read_are_an_error_with_their_file(
    content: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a-1.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TrajectoryError, match="a-1"):
        read_corrections(path)


def test_lessons_are_what_would_have_been_right_after_what_was_done(tmp_path: Path) -> None:
    run = record(tmp_path / "rename-7", CLICK, TYPE, Finished())
    right = [Reply(thought="first", actions=(TYPE,)), None, Reply(thought="end", actions=(Finished(),))]
    first, last = lessons_of(run, elements_of, right)
    assert (first.move.verb, first.thought, last.move.verb) == ("type", "first", "finished")
    assert [done.verb for done in last.past] == ["click", "type"], "the past is what was done"
    assert first.changed is None and last.changed is not None, "what a move would have changed is not known"
    assert lessons_of(run, elements_of, []) == []


def test_a_folder_without_lessons_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrajectoryError, match="holds no lessons: make some"):
        kept_lessons(tmp_path)
    (tmp_path / "a-1.npz").write_bytes(b"junk")
    with pytest.raises(TrajectoryError, match="a-1"):
        kept_lessons(tmp_path)


def test_only_tasks_with_such_an_oracle_are_corrected(tmp_path: Path) -> None:
    from deskhand.benchmarks.registry import load_suite

    suite = load_suite("miniwob")
    open_to_training = set(suite.subsets()["trained"])
    assert set(taught(suite)) < open_to_training
    with pytest.raises(UsageError, match="desk"):
        taught(load_suite("desk"))
    with pytest.raises(UsageError, match="no oracle corrects"):
        list(corrected("miniwob", tmp_path, tmp_path, 1, 1, tasks=["stock-market"]))
    with pytest.raises(UsageError, match="a round has"):
        list(corrected("miniwob", tmp_path, tmp_path, 0, 1))


@pytest.mark.lightbox
@pytest.mark.model
@pytest.mark.skipif(find_spec("miniwob") is None, reason="pip install --no-deps miniwob==1.1.0")
@pytest.mark.slow(reason="episodes of eight steps on real pages; what corrects them is tested without")
def test_a_network_that_knows_nothing_is_corrected_on_real_pages(tmp_path: Path) -> None:
    try:
        models.pull()
    except EnvironmentProblem as error:
        pytest.skip(f"the text encoder cannot be had: {error}")
    torch.manual_seed(3)
    ReasonerModel(ReasonerConfig()).save_pretrained(tmp_path / "net")
    tasks = ["click-test-2"]
    [(total, folder)] = corrected("miniwob", tmp_path / "net", tmp_path / "out", 1, 1, tasks=tasks, share=0.5)
    assert total == 1
    run = Trajectory.open(folder)
    task, _, seed = folder.name.rpartition("-")
    right = read_corrections(corrections_file(tmp_path / "out", task, int(seed)))
    assert len(right) == len(run.steps) > 0
    lessons = collected([folder], tmp_path / "lessons", ScreenReader().read, corrections=corrections_of)
    assert [one.move for one in kept_lessons(tmp_path / "lessons")] == [one.move for one in lessons]
    assert lessons[0].move.verb == "click"
    place = lessons[0].places[lessons[0].move.place]
    assert place.box.contains(right[0].actions[0].at)  # type: ignore[union-attr]
