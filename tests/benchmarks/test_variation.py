"""What training may see and what is kept for measuring never meet."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from pathlib import Path

import pytest

from deskhand.benchmarks.suites.desk import family as family_module
from deskhand.benchmarks.suites.desk.family import FOLDER, Family, read_family
from deskhand.benchmarks.suites.desk.family import families as all_families
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.benchmarks.task_files import lookup
from deskhand.errors import UsageError
from deskhand.screens import variation
from deskhand.screens.variation import FIRST_TRAINING_SEED, Pool, Variation

SUITE = DeskSuite()
GOLDEN = Path(__file__).parent / "golden" / "desk.json"
POOLS = {name: value for name, value in vars(variation).items() if isinstance(value, Pool)}
TRAINING = range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + 300)
FAMILIES = all_families()
families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@pytest.mark.parametrize("name", POOLS)
def test_the_two_parts_of_a_pool_are_disjoint(name: str) -> None:
    if name == "ENDINGS":
        return  # a file's ending is no parameter by itself, and most files are txt
    pool = POOLS[name]
    assert not set(pool.seen) & set(pool.unseen)
    assert len(set(pool.seen)) == len(pool.seen)
    assert len(set(pool.unseen)) == len(pool.unseen)


@families
def test_wordings_for_training_and_for_measuring_are_disjoint(family: Family) -> None:
    assert family.wordings
    assert family.held_out
    assert not set(map(str.casefold, family.wordings)) & set(map(str.casefold, family.held_out))


@families
def test_every_wording_names_the_same_parameters(family: Family) -> None:
    named = [set(re.findall(r"{(\w+)}", text)) for text in (*family.wordings, *family.held_out)]
    most = set().union(*named)
    parameters = family.draw(Variation.of(0).chance(family.name), True)
    assert most <= set(parameters)
    for names in named:
        assert names == most or "the open file" in family.wordings[named.index(names)]


def test_seeds_say_what_is_new() -> None:
    assert [(v.parameters_seen, v.wording_seen) for v in map(Variation.of, range(5))] == [
        *((True, True), (False, True), (False, True), (True, False), (False, False)),
    ]
    assert [Variation.of(n).parameters_seen for n in range(5)] == [
        Variation.of(n + 5).parameters_seen for n in range(5)
    ]
    for seed in TRAINING:
        assert Variation.of(seed).parameters_seen
        assert Variation.of(seed).wording_seen


@families
def test_training_draws_only_from_what_it_may_see(family: Family) -> None:
    unseen = {word.casefold() for name in ("NOUNS", "VERBS", "ADJECTIVES") for word in POOLS[name].unseen}
    for seed in TRAINING:
        case = SUITE.case(family.name, seed)
        drawn = set(re.findall(r"[a-z]+", " ".join(case.parameters.values()).casefold()))
        assert not drawn & unseen
        assert any(case.instruction == text.format(**case.parameters) for text in family.wordings)


@families
def test_what_is_measured_as_new_was_never_drawn_in_training(family: Family) -> None:
    trained = {SUITE.case(family.name, seed).instruction for seed in TRAINING}
    for seed in itertools.chain(range(1, 200, 5), range(4, 200, 5)):
        case = SUITE.case(family.name, seed)
        assert case.instruction not in trained
        if "text" in case.parameters:
            words = set(re.findall(r"[a-z]+", case.parameters["text"].casefold()))
            assert words & {w.casefold() for p in POOLS.values() for w in p.unseen}


def test_numbers_of_the_calculator_are_odd_in_training_and_even_when_new() -> None:
    for seed in TRAINING:
        assert int(SUITE.case("calculator", seed).parameters["a"]) % 2 == 1
    for seed in range(200):
        odd = Variation.of(seed).parameters_seen
        assert int(SUITE.case("calculator", seed).parameters["a"]) % 2 == int(odd)


def test_sums_are_right_and_never_below_zero() -> None:
    for seed in range(300):
        drawn = SUITE.case("calculator", seed).parameters
        assert eval(drawn["typed"]) == int(drawn["result"]) >= 0  # our own digits and signs
        assert drawn["a"] in drawn["typed"]
        assert drawn["typed"].endswith(drawn["b"])


@families
def test_the_same_seed_gives_the_same_case_and_others_give_others(family: Family) -> None:
    assert SUITE.case(family.name, 7) == SUITE.case(family.name, 7)
    instructions = {SUITE.case(family.name, seed).instruction for seed in range(20)}
    assert len(instructions) > 15


@families
def test_instructions_are_plain_sentences_of_the_right_part(family: Family) -> None:
    for seed in range(40):
        case = SUITE.case(family.name, seed)
        assert "{" not in case.instruction
        assert case.instruction.isprintable()
        wordings = family.wordings if Variation.of(seed).wording_seen else family.held_out
        assert case.instruction in {text.format(**case.parameters) for text in wordings}


@families
def test_names_of_files_are_plain_and_differ_from_each_other(family: Family) -> None:
    for seed in range(100):
        drawn = SUITE.case(family.name, seed).parameters
        names = [drawn[key] for key in ("name", "old", "new", "other", "third") if key in drawn]
        if family.name in ("editor-append", "editor-rewrite"):
            names = names[:1]  # "old" is a text there
        for name in names:
            assert re.fullmatch(r"[A-Za-z0-9_-]+(\.[a-z]+)?", name)
        assert len(set(names)) == len(names)


def test_families_on_at_least_four_applications_two_of_them_never_trained_on() -> None:
    assert len(FAMILIES) >= 10
    assert len({family.application for family in FAMILIES}) >= 4
    untrained = {family.application for family in FAMILIES if not family.trained}
    assert len(untrained) >= 2
    assert not untrained & {family.application for family in FAMILIES if family.trained}


def test_seeds_draw_the_same_instructions_as_ever(request: pytest.FixtureRequest) -> None:
    """Results of different days can be compared. ``--update-golden`` writes what is drawn now."""
    drawn = {task: [SUITE.case(task, seed).instruction for seed in range(5)] for task in SUITE.tasks()}
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(json.dumps(drawn, indent=1, ensure_ascii=False) + "\n")
    kept = json.loads(GOLDEN.read_text())
    assert kept
    for task, instructions in kept.items():
        assert drawn[task] == instructions, task


def test_a_version_is_a_hash_of_the_task_and_its_sources(tmp_path: Path) -> None:
    versions = {SUITE.version(task) for task in SUITE.tasks()}
    assert len(versions) == len(FAMILIES)
    assert all(re.fullmatch(r"[0-9a-f]{12}", version) for version in versions)
    assert SUITE.version("calculator") == DeskSuite().version("calculator")
    copy = tmp_path / "calculator.json"
    text = (FOLDER / "calculator.json").read_text()
    copy.write_text(text)
    assert read_family(copy).version == SUITE.version("calculator")
    copy.write_text(text.replace("the calculator's display", "the display"))
    assert read_family(copy).version != SUITE.version("calculator")


CHECKING = (
    "doing.py", "place.py", "steps.py", "windows.py", "metrics/common.py", "metrics/matching.py",
    "metrics/workbook.py", "metrics/documents.py", "metrics/packed.py",
)  # fmt: skip


@pytest.mark.parametrize("name", CHECKING)
def test_a_version_changes_with_a_module_that_its_check_uses_and_no_file_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, before = FOLDER / "document-look.json", SUITE.version("document-look")
    copy = shutil.copytree(lookup._FOLDER, tmp_path / lookup._FOLDER.name)
    monkeypatch.setattr(lookup, "_FOLDER", copy)
    assert read_family(path).version == before
    with (copy / name).open("a") as file:
        file.write("# another check\n")
    lookup.source_of.cache_clear()
    assert read_family(path).version != before


@pytest.mark.parametrize("name", ["families/chromium.py", "moves.py", "serving_pages.py", "variation.py"])
def test_a_version_changes_with_what_draws_does_makes_or_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, before = FOLDER / "several-web-sheet.json", SUITE.version("several-web-sheet")
    top, *rest = Path(name).parts
    originals = {place.name: place for place in family_module.SOURCES}
    for place in family_module.SOURCES:
        (shutil.copytree if place.is_dir() else shutil.copy)(place, tmp_path / place.name)
    with (tmp_path / name).open("a") as file:
        file.write("# another source\n")
    changed = tuple(tmp_path / place.name for place in family_module.SOURCES)
    monkeypatch.setattr(family_module, "SOURCES", changed)
    assert read_family(path).version != before
    (tmp_path / name).write_bytes(originals[top].joinpath(*rest).read_bytes())
    lookup.source_of.cache_clear()
    assert read_family(path).version == before


def test_an_unknown_task_is_a_usage_error_that_names_them() -> None:
    with pytest.raises(UsageError, match="editor-save"):
        SUITE.version("nothing")
