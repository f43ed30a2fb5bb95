"""A person's recordings are learnt as a skill of its own: kept apart, used by name, removed by its folder."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Action, Click, Finished, Key, Type
from deskhand.errors import BackendError, UsageError
from deskhand.policies.embedded import skill
from deskhand.policies.embedded.deciding import decide, load
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.pointed import PointedMove, pieces_of, text_of
from deskhand.policies.embedded.policy import WEIGHTS, EmbeddedPolicy
from deskhand.policies.embedded.seeing import see
from deskhand.policies.registry import load_policy
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.paraphrase import paraphrased
from deskhand.training.reasoner.recordings import ShownTasks, shown_in, teach
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT
from tests.policies.test_embedded import WordByWord
from tests.training.recorded import elements_of, record

READS = WordByWord()
SHOWN: tuple[Action, ...] = (
    Click(at=ScreenPoint(12, 24)),
    Key(keys=("f2",)),
    Type(text="plan.txt"),
    Finished(),
)


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESKHAND_SKILLS", str(tmp_path / "skills"))
    return tmp_path / "skills"


@pytest.fixture
def shown(tmp_path: Path) -> ShownTasks:
    return shown_in([record(tmp_path / f"run-{n}", *SHOWN).folder for n in range(2)], elements_of)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ShownTasks]:
    folder = tmp_path_factory.mktemp("taught")
    shown = shown_in([record(folder / f"run-{n}", *SHOWN).folder for n in range(2)], elements_of)
    return teach(shown, READS, folder / "rename", steps=40, work=folder / "work"), shown  # type: ignore[arg-type]


def moves(model: ReasonerModel, lessons: Sequence[Lesson]) -> list[tuple[str, int, str]]:
    found = []
    for one in lessons:
        seen = see(one.instruction, one.places, one.pictures, one.viewport, one.past, READS)  # type: ignore[arg-type]
        move = decide(model, seen, one.instruction, one.places, READS).move  # type: ignore[arg-type]
        found.append((move.verb, move.place, text_of(move.pieces, one.instruction, one.places)))
    return found


def test_what_was_shown_is_done_with_the_skill_and_the_weights_are_as_they_were(
    taught: tuple[Path, ShownTasks],
) -> None:
    folder, shown = taught
    before = skill.digest(WEIGHTS)
    wanted = [("click", 1, ""), ("key", -1, ""), ("type", -1, "plan.txt"), ("finished", -1, "")]
    plain, skilled = load(WEIGHTS), load(WEIGHTS)
    skill.add_to(skilled, folder, WEIGHTS)
    assert moves(skilled, shown.lessons[:4]) == wanted
    assert moves(plain, shown.lessons[:4]) != wanted
    skill.digest.cache_clear()
    assert skill.digest(WEIGHTS) == before
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4 << 20
    card = (folder / skill.CARD).read_text()
    assert "Rename draft.txt to plan.txt" in card and "embedded:rename" in card


def test_a_skill_is_used_by_name_or_folder_and_gone_with_its_folder(
    taught: tuple[Path, ShownTasks], own_place: Path
) -> None:
    folder, _ = taught
    shutil.copytree(folder, own_place / "rename")
    assert skill.skills() == ("rename",)
    for spec in ("rename", str(folder)):
        policy = load_policy(f"embedded:{spec}")
        assert isinstance(policy, EmbeddedPolicy)
    shutil.rmtree(own_place / "rename")
    with pytest.raises(UsageError, match="no skill"):
        load_policy("embedded:rename")


def test_a_skill_is_not_replaced(taught: tuple[Path, ShownTasks]) -> None:
    folder, shown = taught
    with pytest.raises(UsageError, match="already holds a skill"):
        teach(shown, READS, folder, work=folder / "work")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("other weights", "other weights"),
        ("cut", "skill.safetensors is damaged"),
        ("no facts", "skill.json is damaged"),
        ("later format", "format 2"),
        ("one half", "in no pairs"),
        ("other shape", "does not fit"),
        ("other name", "does not fit"),
    ],
)
def test_a_skill_that_does_not_fit_is_an_error_that_says_why(
    taught: tuple[Path, ShownTasks], tmp_path: Path, damage: str, words: str
) -> None:
    folder = Path(shutil.copytree(taught[0], tmp_path / "skill"))
    facts, path = json.loads((folder / skill.FACTS).read_text()), folder / skill.MATRICES
    matrices = load_file(path)
    name = min(matrices)
    match damage:
        case "other weights":
            facts["base"] = "0" * 16
        case "cut":
            path.write_bytes(path.read_bytes()[:1000])
        case "no facts":
            facts = []
        case "later format":
            facts["format"] = 2
        case "one half":
            del matrices[name]
            save_file(matrices, path)
        case "other shape":
            matrices[name] = torch.zeros(3, 3)
            save_file(matrices, path)
        case "other name":
            save_file({f"strange.{key}": value for key, value in matrices.items()}, path)
    (folder / skill.FACTS).write_text(json.dumps(facts))
    with pytest.raises(BackendError, match=words):
        skill.add_to(load(WEIGHTS), folder, WEIGHTS)


@pytest.mark.parametrize("name", ["", "a/b", "../x", "x" * 61, "a b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a skill"):
        skill.place_of(name)


def test_recordings_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    one = record(tmp_path / "one", *SHOWN)
    two = record(tmp_path / "two", Key(keys=("delete",)), Finished())
    with pytest.raises(UsageError, match=r"one and .*two contradict each other.*click 'draft.txt'.*key"):
        shown_in([one.folder, two.folder], elements_of)


def test_hidden_texts_and_failed_steps_are_not_learnt(tmp_path: Path) -> None:
    run = record(tmp_path / "run", SHOWN[0], Type(text=HIDDEN_TEXT), Finished())
    shown = shown_in([run.folder], elements_of)
    assert [lesson.move.verb for lesson in shown.lessons] == ["click", "finished"]
    assert shown.left_out and "1 of 3 steps" in shown.left_out[0]
    failed = _rewritten(run, tmp_path / "failed", '"status":"ok"', '"status":"failed"')
    assert [one.move.verb for one in shown_in([failed.folder], elements_of).lessons] == ["finished"]


def test_where_a_person_took_over_what_they_did_is_learnt(tmp_path: Path) -> None:
    run = record(tmp_path / "run", *SHOWN)
    lines = (run.folder / "trajectory.jsonl").read_text().splitlines()
    marked = [_by_person(line) if '"step":2' in line else line for line in lines]
    (run.folder / "trajectory.jsonl").write_text("\n".join(marked) + "\n")
    assert [step.by for step in Trajectory.open(run.folder).steps] == ["", "person", "", ""]
    assert [one.move.verb for one in shown_in([run.folder], elements_of).lessons] == ["key", "finished"]


@pytest.mark.parametrize(("old", "new", "words"), [
    ('"status":"finished"', '"status":"limit"', "ended limit"),
    ('"instruction":"Rename draft.txt to plan.txt"', '"instruction":" "', "no task in words"),
])  # fmt: skip
def test_a_recording_that_shows_nothing_right_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    run = _rewritten(record(tmp_path / "run", *SHOWN), tmp_path / "other", old, new)
    with pytest.raises(UsageError, match=words):
        shown_in([run.folder], elements_of)


def test_other_words_keep_what_is_typed_and_named(shown: ShownTasks) -> None:
    typed = next(one for one in shown.lessons if one.move.verb == "type")
    typed = replace(typed, instruction="Rename the file draft.txt to plan.txt, then save the document")
    typed = replace(typed, move=PointedMove("type", pieces=pieces_of("plan.txt", typed.instruction, ())))
    sentences = set()
    for seed in range(40):
        other = paraphrased(typed, random.Random(seed))
        sentences.add(other.instruction)
        assert text_of(other.move.pieces, other.instruction, other.places) == text_of(
            typed.move.pieces, typed.instruction, typed.places
        )
        assert "draft.txt" in other.instruction
    assert len(sentences) > 20


def _by_person(line: str) -> str:
    return json.dumps({**json.loads(line), "by": "person"}) if '"decision"' in line else line


def _rewritten(run: Trajectory, folder: Path, old: str, new: str) -> Trajectory:
    shutil.copytree(run.folder, folder)
    path = folder / "trajectory.jsonl"
    text = path.read_text().replace('": ', '":').replace('", ', '",')
    assert old in text
    path.write_text(text.replace(old, new))
    return Trajectory.open(folder)
