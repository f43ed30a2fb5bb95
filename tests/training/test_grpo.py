"""Reinforcement: what succeeded gets likelier, what failed less likely, and a killed run goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from deskhand.actions.geometry import Box, Viewport
from deskhand.benchmarks.runner.engines.local import LocalProcesses
from deskhand.errors import UsageError
from deskhand.policies.embedded.deciding import decide, drawn, load
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.pointed import VERBS, PointedMove
from deskhand.policies.embedded.seeing import see
from deskhand.training.curve import draw
from deskhand.training.reasoner.attempts import NOTES
from deskhand.training.reasoner.grpo import (
    BEST,
    CURVE,
    FAILURES,
    ROUNDS,
    STATE,
    GrpoPlan,
    Reinforcement,
    _Judged,
    objective,
)
from deskhand.training.reasoner.lessons import Lesson, read_lessons
from tests.policies.test_embedded import SMALL, WordByWord

READS = WordByWord()


@pytest.fixture
def start(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    ReasonerModel(SMALL).save_pretrained(tmp_path / "start")
    return tmp_path / "start"


@pytest.fixture(autouse=True)
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "offered_suites-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offered-suites\nVersion: 1\n")
    suite = "[deskhand.suites]\nonestep = tests.benchmarks.tiny:OneStepSuite\n"
    (info / "entry_points.txt").write_text(suite)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")


def lesson(move: PointedMove) -> Lesson:
    places = tuple(
        ScreenPlace("button", text, Box(20, 40 * n, 90, 40 * n + 20))
        for n, text in enumerate(("Save", "Open"))
    )
    pictures = np.zeros((2, 16, 16, 3), np.uint8)
    return Lesson("press save", places, pictures, Viewport(400, 300), (), move, None, "", "drawn")


def test_the_objective_moves_towards_success_within_bounds_and_less_away_from_failure() -> None:
    before, advantages = torch.zeros(2), torch.tensor([0.5, -0.5])
    likely = torch.zeros(2, requires_grad=True)
    objective(likely, before, advantages).backward()  # type: ignore[no-untyped-call]
    assert likely.grad is not None
    up, down = (-likely.grad).tolist()
    assert up > 0 > down and abs(down) == pytest.approx(FAILURES * up)
    far = torch.tensor([1.0, -1.0], requires_grad=True)
    objective(far, before, advantages).backward()  # type: ignore[no-untyped-call]
    assert far.grad is not None and far.grad.tolist() == [0, 0], "what moved far enough moves no further"


def test_a_decision_that_did_better_gets_likelier_and_the_other_less(start: Path, tmp_path: Path) -> None:
    plan = GrpoPlan("onestep", group=2, rate=1e-3)
    run = Reinforcement(plan, start, READS, tmp_path / "out")  # type: ignore[arg-type]
    good, bad = lesson(PointedMove("click", 0)), lesson(PointedMove("finished"))

    def shares() -> list[float]:
        with torch.no_grad():
            return run._likely([good, bad]).exp().tolist()

    before = shares()
    for number in range(5):
        run._update(number, [_Judged(good, 0.5), _Judged(bad, -0.5)], [])
    after = shares()
    assert after[0] > before[0] and after[1] < before[1]


def test_what_is_drawn_follows_its_seed_and_a_low_temperature_the_likeliest(start: Path) -> None:
    model, one = load(start), lesson(PointedMove("finished"))
    seen = see(one.instruction, one.places, one.pictures, one.viewport, (), READS)  # type: ignore[arg-type]

    def moves(temperature: float, seed: int) -> list[PointedMove]:
        pick = drawn(torch.Generator().manual_seed(seed), temperature)
        return [decide(model, seen, one.instruction, one.places, READS, pick).move for _ in range(30)]  # type: ignore[arg-type]

    assert moves(1.0, 1) == moves(1.0, 1) != moves(1.0, 2)
    assert len({move.verb for move in moves(1.0, 1)}) > 3
    best = decide(model, seen, one.instruction, one.places, READS).move  # type: ignore[arg-type]
    assert {move.verb for move in moves(1e-4, 1)} == {best.verb}
    shares = decide(model, seen, one.instruction, one.places, READS).verbs  # type: ignore[arg-type]
    assert set(shares) == set(VERBS)


@pytest.mark.lightbox
@pytest.mark.model
def test_a_run_goes_on_after_a_round_and_what_it_did_is_on_disk(start: Path, tmp_path: Path) -> None:
    from deskhand.policies import models
    from deskhand.policies.embedded.textvectors import TextEncoder

    encoder, out = TextEncoder(models.require()), tmp_path / "out"
    plan = GrpoPlan("onestep", rounds=1, groups=1, group=6, temperature=1.0)
    shown: list[tuple[int, int]] = []
    [first] = Reinforcement(plan, start, encoder, out, LocalProcesses(2)).rounds(
        shown=lambda done, of: shown.append((done, of))
    )
    assert first.episodes == 6 and shown[-1] == (6, 6)
    assert first.tasks == {"ask-two": first.succeeded}
    folders = sorted((out / ROUNDS / "0001" / "trajectories").iterdir())
    notes = [read_lessons(folder / NOTES) for folder in folders]
    assert len(folders) == 6 and all(one is not None and len(one) == 1 for one in notes)
    assert {one.move.verb for found in notes for one in found or []} != set()
    differing = 0 < first.succeeded < 1
    assert (first.updates, first.groups) == ((1, "1 of 1") if differing else (0, "0 of 1"))
    assert differing == (0 < first.decisions <= 6), "a text that is too long to be said is left out"
    later = GrpoPlan("onestep", rounds=2, groups=1, group=6, temperature=1.0)
    again = Reinforcement(later, start, encoder, out, LocalProcesses(2))
    assert again.round == 1
    assert [report.number for report in again.rounds()] == [2]
    assert [json.loads(line)["number"] for line in (out / CURVE).read_text().splitlines()] == [1, 2]
    assert all(json.loads(line)["steps"] <= 1 for line in (out / BEST).read_text().splitlines())
    assert load(again.write()) is not None
    with pytest.raises(UsageError, match="another start or settings"):
        Reinforcement(GrpoPlan("onestep", group=7), start, encoder, out)
    (out / STATE).unlink()
    assert Reinforcement(plan, start, encoder, out).round == 0


def test_a_task_that_training_may_not_see_is_refused(start: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no task in trained 'ask-one'"):
        Reinforcement(GrpoPlan("onestep", ("ask-one",)), start, READS, tmp_path / "out")  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [[], [0.5], [0.1, 0.9, 0.4]])
def test_a_curve_is_a_picture(tmp_path: Path, values: Sequence[float]) -> None:
    draw(tmp_path / "curve.png", "desk", {"succeeded": values, "finished too early": values})
    picture = Image.open(tmp_path / "curve.png")
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or []}
    assert ((0, 92, 200) in colours) and picture.size == (760, 420)


def test_the_network_of_another_kind_is_refused(start: Path, tmp_path: Path) -> None:
    wider = replace(SMALL, width=128)
    wider.save_pretrained(start)
    with pytest.raises(UsageError, match="another network"):
        Reinforcement(GrpoPlan("onestep"), start, READS, tmp_path / "out")  # type: ignore[arg-type]
