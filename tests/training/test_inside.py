"""A look inside the reasoner: where tokens are sent, what that says, and whether it is as sure as right."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Finished, Type
from deskhand.benchmarks.runner.episodes import Episode
from deskhand.policies.embedded.batches import batch_of
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.seeing import PLACE_ROLES, see
from deskhand.training.curve import draw
from deskhand.training.reasoner import calibration, experts, inside_page
from deskhand.training.reasoner.calibration import Sureness
from deskhand.training.reasoner.experts import LabelledTokens
from deskhand.training.reasoner.inside import FIRST_ROLE, InsideView, application_of, look_inside
from deskhand.training.reasoner.lessons import Lesson, collected, kept_episodes
from deskhand.training.reasoner.record import seed_of
from tests.conftest import deskhand
from tests.training.recorded import elements_of, record
from tests.training.test_clone import READS, SMALL


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Lessons of three recorded runs of two tasks."""
    for name in ("rename-100000", "rename-100001", "editor-save-100002"):
        record(tmp_path / "runs" / name, Click(at=ScreenPoint(12, 24)), Type(text="plan.txt"), Finished())
    collected(sorted((tmp_path / "runs").iterdir()), tmp_path / "kept", elements_of)
    return tmp_path / "kept"


@pytest.fixture
def model() -> ReasonerModel:
    torch.manual_seed(3)
    network = ReasonerModel(SMALL)
    network.eval()
    return network


def views_of(model: ReasonerModel, kept: Path) -> list[InsideView]:
    return list(look_inside(model, ((name, "kept", some) for name, some in kept_episodes(kept)), READS))  # type: ignore[arg-type]


def test_each_token_of_a_decision_has_its_kind_and_its_experts(model: ReasonerModel, kept: Path) -> None:
    views = views_of(model, kept)
    assert [view.episode for view in views[::3]] == [
        "kept/editor-save-100002", "kept/rename-100000", "kept/rename-100001",
    ]  # fmt: skip
    assert {view.application for view in views} == {"Text editor", "kept"}
    lessons: list[Lesson] = next(some for name, some in kept_episodes(kept) if name == "rename-100000")
    lesson, view = lessons[1], views[4]
    counts = np.bincount(view.tokens)
    assert list(counts[:FIRST_ROLE]) == [1, len(READS.words(lesson.instruction).spans), len(lesson.past)]
    roles = [PLACE_ROLES[number - FIRST_ROLE] for number in view.tokens[counts[:FIRST_ROLE].sum() :]]
    assert roles == [place.role for place in lesson.places]
    assert list(view.sent) == [2] and view.sent[2].shape == (len(view.tokens), SMALL.chosen)
    assert np.all(view.sent[2][:, 0] != view.sent[2][:, 1]) and view.sent[2].max() < SMALL.experts


def test_what_is_watched_is_what_the_experts_did_and_watching_ends(model: ReasonerModel, kept: Path) -> None:
    lesson = next(kept_episodes(kept))[1][0]
    seen = batch_of(
        [see(lesson.instruction, lesson.places, lesson.pictures, lesson.viewport, lesson.past, READS)]  # type: ignore[arg-type]
    )
    with torch.inference_mode():
        with model.watching() as sent:
            watched = model.understand(seen).decision
            first = sent[2].clone()
            layer = model.layers[1].think
            layer.balance[:] = torch.tensor([9.0, 9, 0, 0])
            model.understand(seen)
            assert set(sent[2].flatten().tolist()) == {0, 1}, "a bias on the choice chooses"
        layer.balance.zero_()
        assert torch.equal(model.understand(seen).decision, watched)
    assert set(sent[2].flatten().tolist()) == {0, 1}, "nobody watches any more"
    assert not torch.equal(first, sent[2])


def tokens(labels: np.ndarray, sent: np.ndarray) -> LabelledTokens:
    """Under labels of which each is shuffled with all."""
    one = labels.astype(np.int64)
    return LabelledTokens(
        "role", ("a", "b"), one, {2: sent.astype(np.int8)}, lambda chance: chance.permutation(one)
    )


def test_labels_that_choose_experts_say_much_and_labels_by_chance_say_nothing() -> None:
    chance = np.random.default_rng(1)
    labels = chance.integers(0, 2, 400)
    pairs = np.array([[0, 1], [2, 3]])
    [row] = experts.meaning_rows([tokens(labels, pairs[labels])], 4)
    assert row["bits said"] == pytest.approx(1, abs=0.01) and row["bits of choice"] == pytest.approx(
        2, abs=0.01
    )
    assert row["in words"] == "much" and row["beyond chance, %"] > 45
    [row] = experts.meaning_rows([tokens(labels, pairs[chance.integers(0, 2, 400)])], 4)
    assert row["in words"] in ("no more than chance", "next to nothing") and row["bits said"] < 0.02
    shares = experts.share_rows([tokens(labels, pairs[labels])], 4)
    first = shares[0]
    assert [first[f"expert {n}"] for n in range(1, 5)] == [50, 50, 0, 0]
    assert first["from even"] == pytest.approx(1) and first["from all"] == pytest.approx(1, abs=0.1)
    assert experts.short_rows(shares)[0]["layer 2"] == "1: 50 %, 2: 50 % (1.00)"
    assert [row["label"] for row in shares] == ["a", "b", "all"]


def test_shuffled_roles_stay_on_their_screen_and_shuffled_tasks_stay_whole(
    model: ReasonerModel, kept: Path
) -> None:
    views = views_of(model, kept)
    _, roles, verbs, applications = experts.labelled(views)
    chance = np.random.default_rng(0)
    ends = np.cumsum([(view.tokens >= FIRST_ROLE).sum() for view in views])
    others = [roles.shuffled(chance) for _ in range(5)]
    for other in others:
        for mine, shuffled in zip(np.split(roles.labels, ends), np.split(other, ends), strict=True):
            assert sorted(mine) == sorted(shuffled)
    assert any(not np.array_equal(other, roles.labels) for other in others)
    assert len(verbs.labels) == len(applications.labels) == len(views)
    for _ in range(5):
        shuffled = applications.shuffled(chance)
        assert set(shuffled[:3]).isdisjoint(shuffled[3:]), "each task has one application"


def view(episode: str, verb: float, right: bool, place: float | None = None) -> InsideView:
    """A decision between two verbs, and two places if it points."""
    places = np.array([] if place is None else [place, 1 - place])
    verbs = np.array([verb, 1 - verb])
    return InsideView(episode, "k", "a", "click", np.zeros(1, np.int8), {}, verbs, places, right, right)


def test_how_sure_it_is_is_verb_times_place_and_a_temperature_makes_it_less() -> None:
    sureness = Sureness([view("a", 0.8, True, 0.9), view("b", 0.8, True)])
    assert sureness.at() == pytest.approx([0.72, 0.8])
    assert sureness.at(2) == pytest.approx([2 / 3 * 0.75, 2 / 3])
    assert sureness.at(1e6) == pytest.approx([0.25, 0.5], abs=1e-4)


def test_bins_and_error_say_how_far_sure_is_from_right() -> None:
    sure, right = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 1.0]), np.array([1, 1, 0, 0, 1, 1], bool)
    rows = calibration.bin_rows(sure, right, ~right)
    assert [row["decisions"] for row in rows] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 5]
    assert (rows[9]["mean sure, %"], rows[9]["whole move right, %"]) == (96, 60)
    assert rows[9]["verb and place right, %"] == 40 and rows[0]["mean sure, %"] is None
    assert calibration.calibration_error(sure, right) == pytest.approx((5 * 0.36 + 0.45) / 6)
    assert calibration.calibration_error(np.array([0.5, 0.5]), np.array([True, False])) == 0


def test_a_temperature_of_one_half_makes_the_other_half_as_sure_as_right() -> None:
    views = [view(f"e{number}", 0.99, number % 10 < 7) for number in range(200)]
    one, two = calibration.halves(views)
    assert not {v.episode for v in one} & {v.episode for v in two} and len(one) == len(two) == 100
    rows = calibration.temperature_rows(views)
    assert len(rows) == 4
    for row in rows:
        assert row["temperature"] > 3 and row["then log loss"] < row["log loss"]
        assert row["error"] > 20 and row["then error"] < 15 and row["sure, %"] == 99
    assert [row["decisions of"] for row in calibration.total_rows(views)] == ["all", "a"]


def test_the_page_stands_alone_and_shows_names_as_text(
    model: ReasonerModel, kept: Path, tmp_path: Path
) -> None:
    views = views_of(model, kept) * 10
    sets = experts.labelled(views)
    shares = experts.share_rows(sets, SMALL.experts)
    bins = calibration.bin_rows(*calibration.judged(views))
    page = inside_page.write_inside(
        tmp_path / "out", "<script>alert(1)</script>", experts.meaning_rows(sets, SMALL.experts), shares,
        calibration.total_rows(views), bins, calibration.temperature_rows(views),
    )  # fmt: skip
    text = page.read_text()
    assert "<script" not in text and "&lt;script&gt;alert(1)" in text and "http://" not in text
    pictures = re.findall(r"src='data:image/png;base64,([^']+)'", text)
    assert len(pictures) == 2
    shades = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0]))).convert("RGB"))
    assert shades.shape[1] > SMALL.experts * 30 and len(np.unique(shades.reshape(-1, 3), axis=0)) > 10
    assert "<td>Text editor" in text and "<td>square" in text


def test_a_line_with_gaps_is_drawn(tmp_path: Path) -> None:
    draw(tmp_path / "gaps.png", "gaps", {"some": [None, 0.5, None, 1.0], "none": [None, None]})
    with Image.open(tmp_path / "gaps.png") as picture:
        assert picture.size == (760, 420)


@pytest.mark.parametrize(
    ("name", "seed"), [("a-b-100010", 100010), ("a-7.attempt2", 7), ("a", -1), ("a-²", -1)]
)
def test_the_seed_of_a_recording_is_in_its_name(name: str, seed: int) -> None:
    assert seed_of(name) == seed


def test_a_task_of_no_known_application_is_named_by_its_folder() -> None:
    assert application_of("editor-save", "desk") == "Text editor"
    assert application_of("buttons", "composed") == "composed"


@pytest.mark.model
def test_the_command_looks_into_the_weights_that_ship(kept: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = deskhand("bench", "experts", str(kept), "--from-seed", "100001", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    meaning = [row for row in rows if "in words" in row]
    assert {row["layer"] for row in meaning} == {2, 4, 6} and {row["by"] for row in meaning} == {
        "token", "role", "verb", "application",
    }  # fmt: skip
    assert sum(row["decisions"] for row in rows if "sure, %" in row and "right is" not in row) == 6
    assert sorted(path.name for path in out.iterdir()) == ["calibration.png", "experts.html", "experts.png"]
    none = deskhand("bench", "experts", str(kept), "--from-seed", "200000", "--out", str(out))
    assert none.returncode == 2 and "--from-seed" in none.stderr
    empty = deskhand("bench", "experts", str(tmp_path / "nothing"), "--out", str(out))
    assert empty.returncode != 0 and "holds no lessons" in empty.stderr


@pytest.mark.model
def test_the_command_reads_the_screens_of_an_oracles_results(kept: Path, tmp_path: Path) -> None:
    results, out = kept.parent / "runs", tmp_path / "out"
    lines = [
        Episode(
            suite="desk", task=task, version="1", seed=seed, policy="oracle", instruction="x",
            status="finished", success=success, trajectory=f"{task}-{seed}",
        ).model_dump_json()
        for task, seed, success in (
            ("rename", 100000, True), ("rename", 100001, True), ("editor-save", 100002, False),
        )
    ]  # fmt: skip
    (results / "results.jsonl").write_text("".join(f"{line}\n" for line in lines))
    done = deskhand("bench", "experts", str(results), "--from-seed", "100001", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    [read] = (out / "lessons").iterdir()
    assert [path.name for path in read.iterdir()] == ["rename-100001.npz"], "what failed teaches nothing"
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["decisions"] for row in rows if row.get("decisions of") == "runs"] == [3]
