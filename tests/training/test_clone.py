"""The embedded reasoner learns from recorded runs: lessons are what the policy would see, and are learnt."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.vocabulary import Click, Drag, Finished, Type, Wait
from deskhand.errors import UsageError
from deskhand.policies.embedded.deciding import decide, load
from deskhand.policies.embedded.network import ReasonerConfig
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import Piece, PointedMove, actions_of, text_of
from deskhand.policies.embedded.seeing import see
from deskhand.training.reasoner import clone
from deskhand.training.reasoner.lessons import Lesson, collected, lessons_of
from deskhand.training.runs import Settings
from deskhand.trajectories.reader import Trajectory
from tests.policies.test_embedded import WordByWord
from tests.training.recorded import elements_of, record

WORDS = ("thought", *(f"\n{number}" for number in range(5)))
SMALL = ReasonerConfig(width=64, layers=2, heads=4, experts=4, hidden=64, words=WORDS)
READS = WordByWord()


@pytest.fixture
def run(tmp_path: Path) -> Trajectory:
    path = tuple(ScreenPoint(n, n) for n in range(9))
    return record(
        tmp_path / "rename-7",
        Click(at=ScreenPoint(12, 24)),
        Drag(path=path),
        Type(text="plan.txt"),
        Finished(),
    )


@pytest.fixture
def lessons(run: Trajectory) -> list[Lesson]:
    return lessons_of(run, elements_of)


def test_each_step_that_is_a_move_is_a_lesson_and_the_others_are_its_past(lessons: list[Lesson]) -> None:
    assert [lesson.move.verb for lesson in lessons] == ["click", "type", "finished"]
    assert lessons[0].places[lessons[0].move.place].text == "draft.txt"
    assert [done.verb for done in lessons[1].past] == ["click", ""], "a curve is seen, not learnt"
    assert [done.text for done in lessons[2].past] == ["draft.txt", "drag", "plan.txt"]
    assert {lesson.kind for lesson in lessons} == {"rename"}
    assert not any(place.changed for place in lessons[1].places)


def test_what_was_read_once_is_kept_and_what_is_damaged_is_read_again(
    run: Trajectory, tmp_path: Path
) -> None:
    looks = []

    def reads(screenshot):  # type: ignore[no-untyped-def]
        looks.append(screenshot)
        return elements_of(screenshot)

    first = collected([run.folder], tmp_path / "kept", reads)
    assert len(looks) == 4
    again = collected([run.folder], tmp_path / "kept", reads)
    assert len(looks) == 4
    for one, two in zip(first, again, strict=True):
        assert np.array_equal(one.pictures, two.pictures)
        assert (one.move, one.places, one.past) == (two.move, two.places, two.past)
    [kept] = (tmp_path / "kept").iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    assert len(collected([run.folder], tmp_path / "kept", reads)) == 3
    assert len(looks) == 8


def test_a_run_without_its_frames_is_left_out(run: Trajectory, tmp_path: Path) -> None:
    for frame in (run.folder / "frames").iterdir():
        frame.unlink()
    assert collected([run.folder], tmp_path / "kept", elements_of) == []


def test_elements_in_another_order_mean_the_same(lessons: list[Lesson]) -> None:
    for seed in range(5):
        for lesson in lessons:
            other = clone.shuffled(lesson, random.Random(seed))
            assert actions_of(other.move, other.instruction, other.places) == actions_of(
                lesson.move, lesson.instruction, lesson.places
            )
            assert other.places[-1] == lesson.places[-1]


def test_a_few_lessons_are_learnt_by_heart_and_told_by_the_weights(
    lessons: list[Lesson], tmp_path: Path
) -> None:
    settings = Settings(steps=80, rate=3e-3, warmup=5, average=0.9)
    weights = clone.train(lessons, READS, tmp_path / "out", settings, config=SMALL, batch=6)  # type: ignore[arg-type]
    model = load(weights)
    for lesson in lessons:
        view = see(lesson.instruction, lesson.places, lesson.pictures, lesson.viewport, lesson.past, READS)  # type: ignore[arg-type]
        found = decide(model, view, lesson.instruction, lesson.places, READS)  # type: ignore[arg-type]
        assert actions_of(found.move, lesson.instruction, lesson.places) == actions_of(
            lesson.move, lesson.instruction, lesson.places
        )
        assert found.thought == lesson.thought


def test_what_a_question_asks_for_is_taken_out_of_its_line(lessons: list[Lesson], tmp_path: Path) -> None:
    first = lessons[0]
    told = (replace(first.places[0], text="there lives Mr Novak with two cats"), *first.places[1:])

    def asked(question: str, start: int, end: int) -> Lesson:
        move = PointedMove("answer", pieces=(Piece(source=0, start=start, end=end),))
        return replace(first, instruction=question, places=told, move=move, thought="", kind="look")

    questions = [
        asked("who is there ?", 12, 20),
        asked("how many cats ?", 26, 29),
        asked("all of it ?", 0, 34),
    ]
    settings = Settings(steps=80, rate=3e-3, warmup=5, average=0.9)
    weights = clone.train(questions, READS, tmp_path / "out", settings, config=SMALL, batch=6)  # type: ignore[arg-type]
    model = load(weights)
    for one in questions:
        view = see(one.instruction, one.places, one.pictures, one.viewport, (), READS)  # type: ignore[arg-type]
        move = decide(model, view, one.instruction, one.places, READS).move  # type: ignore[arg-type]
        said = text_of(move.pieces, one.instruction, one.places)
        assert said == text_of(one.move.pieces, one.instruction, one.places)


def test_a_network_that_knows_fewer_parts_is_a_beginning_and_another_one_is_not(tmp_path: Path) -> None:
    net = clone.LearningReasoner(SMALL)
    known = net.weights()
    fewer = {name: value * 0 for name, value in known.items() if not name.startswith("excerpts.")}
    net.take(fewer)
    now = net.weights()
    assert not any(now[name].any() for name in fewer)
    assert all((now[name] == known[name]).all() for name in known if name not in fewer)
    with pytest.raises(UsageError, match="another network: see nothing"):
        net.take({**known, "nothing": known["word.weight"]})
    with pytest.raises(UsageError, match="another network"):
        net.take({**known, "word.weight": known["word.weight"][:2]})


def test_a_run_that_goes_on_ends_as_one_that_was_never_stopped(
    lessons: list[Lesson], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(steps=12, warmup=2)

    def learn(out: Path) -> Path:
        folder = clone.train(lessons, READS, out, settings, config=SMALL, batch=4)  # type: ignore[arg-type]
        return folder / "model.safetensors"

    whole = load_file(learn(tmp_path / "whole"))
    losses = clone.CloneRun.losses

    def stops(run, batch):  # type: ignore[no-untyped-def]
        if run.step == 6:
            run._save()
            raise KeyboardInterrupt
        return losses(run, batch)

    monkeypatch.setattr(clone.CloneRun, "losses", stops)
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "cut")
    monkeypatch.undo()
    cut = load_file(learn(tmp_path / "cut"))
    assert all(np.allclose(whole[name], cut[name], rtol=2e-3, atol=1e-6) for name in whole)
    with pytest.raises(UsageError, match="other data or settings"):
        clone.train(lessons, READS, tmp_path / "cut", Settings(steps=13), config=SMALL)  # type: ignore[arg-type]


def test_the_part_of_the_task_at_hand_is_what_a_move_copies_or_points_at() -> None:
    task = "rename draft.txt to plan.txt"
    places = (
        ScreenPlace("row", "Draft.txt", Box(0, 0, 9, 9)),
        ScreenPlace("row", "song.mp3", Box(9, 0, 18, 9)),
    )
    pictures = np.zeros((2, 16, 16, 3), np.uint8)

    def part(move: PointedMove) -> str:
        lesson = Lesson(task, places, pictures, Viewport(20, 20), (), move, None, "", "rename")
        view = see(task, places, pictures, lesson.viewport, (), READS)  # type: ignore[arg-type]
        first, last = clone.answer_of(move, view, lesson, READS).part
        return task[view.spans[first][0] : view.spans[last][1]] if first >= 0 else ""

    assert part(PointedMove("click", 0)) == "draft.txt"
    assert part(PointedMove("click", 1)) == ""
    assert part(PointedMove("type", pieces=(Piece("my "), Piece(start=20, end=28)))) == "plan.txt"
    assert part(PointedMove("wait")) == ""


def test_a_wait_is_a_lesson_too_and_what_came_of_it_is_marked(tmp_path: Path) -> None:
    run = record(tmp_path / "x-1", Wait(seconds=2.0), Finished())
    wait, finished = lessons_of(run, elements_of)
    assert (wait.move.verb, wait.changed, finished.move.verb) == ("wait", True, "finished")
    changed = [place.text for place in finished.places if place.changed and place.role != SQUARE]
    assert changed == ["File", "plan.txt"], "the whole screen is another"
