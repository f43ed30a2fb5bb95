"""Tasks from a map: what is a goal, how a screen shows it, and that the oracle reaches what it asks for."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deskhand.actions.geometry import Box
from deskhand.benchmarks.contract import check_suite
from deskhand.benchmarks.registry import load_suite
from deskhand.benchmarks.suite import choose_tasks
from deskhand.benchmarks.suites.mapped.checking import GoalChecker, SeenScreen, agreement
from deskhand.benchmarks.suites.mapped.goals import MapCase, chained, goals_of
from deskhand.benchmarks.suites.mapped.suite import MapSuite
from deskhand.errors import TrajectoryError, UsageError
from deskhand.knowledge.exploring import Budget, Explorer
from deskhand.knowledge.map import MAP, AppMap, MapCommand, MapField, read_map, write_map, write_picture
from deskhand.knowledge.recognising import features_of
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Element, Screenshot
from deskhand.sandbox.lightbox import Lightbox
from deskhand.screens.variation import Variation
from tests.knowledge.test_map import deed, example

PROGRAM = Path(__file__).with_name("program.py").read_bytes()


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a small program, made by exploring it."""
    out = tmp_path_factory.mktemp("maps") / "small"
    given = {"files": {"small.py": PROGRAM}, "arguments": ["small.py"]}
    reader = lambda _: ScreenReader(sources=PIXELS)  # noqa: E731
    Explorer(Lightbox, reader, "python3", out, budget=Budget(700, 60), **given).explore()  # type: ignore[arg-type]
    return out


def suite_of(folder: Path) -> MapSuite:
    """The suite of a program that is in nobody's menu."""
    return MapSuite(folder, may_start=lambda name: name == "python3")


def task_named(suite: MapSuite, kind: str, words: str = "") -> str:
    [name] = [one for one in suite.tasks() if one == kind or one.startswith(f"{kind}-{words}")]
    return name


@pytest.mark.lightbox
def test_what_can_be_done_again_is_a_goal_in_words(explored: Path) -> None:
    suite = suite_of(explored)
    asked = {task: suite.case(task, 0).instruction for task in suite.tasks()}
    assert "'Options'" in asked[task_named(suite, "menu", "options")]
    assert "Settings" in asked[task_named(suite, "dialog", "settings")]
    assert "'Remember this' in the dialog 'Settings'" in asked[task_named(suite, "box")]
    field = task_named(suite, "field")
    assert "'Nickname:'" in asked[field]
    file = suite.case(task_named(suite, "file"), 0)
    assert "Options > Export" in file.instruction and repr(file.goals[0].text) in file.instruction
    assert file.goals[0].file == f"{file.goals[0].text}.csv"
    assert any("Options > Show names" in text for text in asked.values())
    assert not any("Nothing at all" in text for text in asked.values()), "what does nothing is no goal"
    words = {suite.case(field, seed).goals[0].text for seed in range(9)}
    assert len(words) == 9, "each seed has a text of its own"
    assert len({suite.case(field, seed).instruction for seed in range(100_000, 100_009)}) == 9
    chain = suite.case("chain-3", 1)
    assert len(chain.goals) == len({goal.name for goal in chain.goals}) == 3
    assert suite.case("chain-3", 1) == chain
    assert set(choose_tasks(suite, subset="trained")) == set(suite.tasks())


@pytest.mark.lightbox
@pytest.mark.suite
@pytest.mark.parametrize(
    "kind",
    [
        "field",
        "file",
        "chain-2",
        *(
            pytest.param(kind, marks=pytest.mark.slow(reason="a field and a chain go the same ways"))
            for kind in ("menu", "dialog", "box", "chain-3")
        ),
    ],
)
def test_the_oracle_reaches_a_goal_and_nobody_else_does(explored: Path, kind: str, tmp_path: Path) -> None:
    suite = suite_of(explored)
    task = next(one for one in suite.tasks() if one == kind or one.startswith(f"{kind}-"))
    check_suite(suite, Lightbox, tasks=[task], seed=3, out=tmp_path)


@pytest.mark.lightbox
def test_a_program_that_is_in_no_menu_is_not_started_for_a_strangers_map(explored: Path) -> None:
    with Lightbox() as sandbox, pytest.raises(UsageError, match="'python3', which is no application"):
        suite = MapSuite(explored)
        suite.prepare(suite.tasks()[0], sandbox, 0)


DIALOG = (
    Element("text", "text2", Box(0, 50, 9, 59)),
    Element("field", "", Box(0, 0, 9, 9), label="Search for:"),
    Element("checkbox", "Match case", Box(0, 0, 50, 20)),
)
"""What the screen shows while the example's dialog is open."""


def pictured(folder: Path, size: int = 40) -> AppMap:
    """The example's map with a command whose effect is known by pictures, and a field that takes a text."""
    found = example()
    start, before, after = (np.full((480, 640, 3), 200, np.uint8) for _ in range(3))
    after[:size, :size] = 20
    names = [write_picture(one, folder)[0] for one in (start, before[:size, :size], after[:size, :size])]
    changed = MapCommand(
        state=found.states[1].id,
        deed=deed("Dark corner"),
        effect="changes",
        changed=Box(0, 0, size, size),
        before=names[1],
        after=names[2],
    )
    typed = MapCommand(
        state=found.states[2].id,
        deed=deed("Search for:", "field").model_copy(
            update={
                "way": "type",
                "on": deed("Search for:", "field").on.model_copy(update={"box": Box(0, 0, 9, 9)}),
            }
        ),
        effect="changes",
    )
    states = [
        state.model_copy(update={"texts": (f"text{n}",), "own": (f"text{n}",) if n else ()})
        for n, state in enumerate(found.states)
    ]
    states[0] = states[0].model_copy(update={"picture": names[0]})
    states[2] = states[2].model_copy(update={"features": tuple(features_of(DIALOG))})
    made = found.model_copy(update={"states": tuple(states), "commands": (*found.commands, changed, typed)})
    write_map(made, folder)
    return read_map(folder)


def test_an_effect_is_seen_where_most_of_what_it_changed_is_as_it_left_it(tmp_path: Path) -> None:
    found = pictured(tmp_path)
    [goal] = [one for one in goals_of(found) if one.kind == "effect"]
    assert goal.named == {"way": "'Edit > Dark corner'"}
    checker = GoalChecker(found, tmp_path)
    screen = np.full((480, 640, 3), 200, np.uint8)
    assert not checker.is_met(goal, SeenScreen(Screenshot(screen.copy()), ()))
    screen[:40, :38] = 20
    assert checker.is_met(goal, SeenScreen(Screenshot(screen.copy()), ()))
    screen[:40, 30:40] = 200
    assert not checker.is_met(goal, SeenScreen(Screenshot(screen), ())), "a quarter of it is as before"
    light, dark = (np.full((4, 4, 3), shade, np.uint8) for shade in (200, 20))
    assert agreement(dark, light, dark) == 1 and agreement(dark, light, light) == 0
    assert agreement(dark[:2], light, dark) == 0


def test_what_is_so_at_the_start_is_no_goal(tmp_path: Path) -> None:
    found = pictured(tmp_path)
    assert any(one.startswith("effect-") for one in MapSuite(tmp_path).tasks())
    dark = np.full((480, 640, 3), 20, np.uint8)
    start = found.states[0].model_copy(update={"picture": write_picture(dark, tmp_path)[0]})
    write_map(found.model_copy(update={"states": (start, *found.states[1:])}), tmp_path)
    assert not any(one.startswith("effect-") for one in MapSuite(tmp_path).tasks())


def test_a_field_holds_what_was_asked_for_and_nothing_else(tmp_path: Path) -> None:
    found = pictured(tmp_path)
    [goal] = [one for one in goals_of(found) if one.kind == "field"]
    goal = goal.drawn(random.Random(0), True)
    checker, shot = GoalChecker(found, tmp_path), Screenshot(np.zeros((480, 640, 3), np.uint8))

    def met(text: str, *others: Element) -> bool:
        field = Element("field", text, Box(0, 0, 9, 9), label="Search for:")
        return checker.is_met(goal, SeenScreen(shot, (field, DIALOG[2], *others)))

    assert met(goal.text, DIALOG[0])
    assert not met(goal.text), "the dialog is not open"
    assert not met(f"{goal.text} and more words", DIALOG[0]) and not met("", DIALOG[0])


def test_a_file_is_there_under_the_name_that_was_asked_for_or_it_is_not(tmp_path: Path) -> None:
    found = pictured(tmp_path)
    typed = found.commands[-1].model_copy(update={"effect": "saves", "saved": ("Documents", ".csv")})
    made = found.model_copy(update={"commands": (*found.commands[:-1], typed)})
    [goal] = [one for one in goals_of(made) if one.kind == "file"]
    assert goal.named == {"way": "'Edit > Find and Replace...'"}
    assert not any(one.kind == "field" for one in goals_of(made)), "its name is no text that stays"
    goal = goal.drawn(random.Random(0), True)
    checker, shot = GoalChecker(made, tmp_path), Screenshot(np.zeros((480, 640, 3), np.uint8))

    def met(*files: str) -> bool:
        return checker.is_met(goal, SeenScreen(shot, (), frozenset(files)))

    assert met(f"Documents/{goal.text}.csv", "words.txt")
    assert not met() and not met(f"{goal.text}.csv", f"Documents/{goal.text}")
    for seed in range(9):
        chain = chained(goals_of(made), 2, random.Random(seed), tree=False)
        assert "file" not in [one.kind for one in chain[:-1]], "what saves comes last"


def test_goals_in_the_same_words_are_none(tmp_path: Path) -> None:
    found = pictured(tmp_path)
    twin = found.commands[-2].model_copy(update={"deed": deed("Dark corner", top=100)})
    twice = found.model_copy(update={"commands": (*found.commands, twin)})
    assert not any(one.kind == "effect" for one in goals_of(twice))


def test_a_chain_ends_with_what_a_command_changed_and_passes_by_no_other_goal(tmp_path: Path) -> None:
    goals = goals_of(pictured(tmp_path))
    kinds = {goal.kind for goal in goals}
    assert kinds == {"menu", "dialog", "field", "effect"}
    for seed in range(20):
        chosen = chained(goals, 2, random.Random(seed), tree=False)
        assert len(chosen) == 2 and "effect" not in [goal.kind for goal in chosen[:-1]]
        assert {goal.kind for goal in chosen} != {"menu", "dialog"}, "the menu is on the way to the dialog"
    assert chained(goals, 4, random.Random(0), tree=False) == ()
    case = MapCase.drawn("chain-2", chained(goals, 2, random.Random(0), tree=False), Variation.of(0))
    assert all(next(iter(goal.named.values()))[1:-1] in case.instruction for goal in case.goals)


def test_what_a_program_says_of_its_boxes_is_wanted_the_other_way(tmp_path: Path) -> None:
    found = pictured(tmp_path)
    place = found.states[2].id
    box = deed("Match case", "checkbox")
    for ticked, kind in ((False, "tick"), (True, "untick")):
        known = MapField(state=place, role="checkbox", value="Match case", box=box.on.box, checked=ticked)
        made = found.model_copy(
            update={"fields": (known,), "commands": (*found.commands, MapCommand(state=place, deed=box))}
        )
        [goal] = [one for one in goals_of(made) if one.kind in ("tick", "untick")]
        assert goal.kind == kind
        shot, met = Screenshot(np.zeros((480, 640, 3), np.uint8)), {}
        for now in (True, False):
            element = replace(DIALOG[2], state=frozenset({"checked"} if now else ()))
            met[now] = GoalChecker(made, tmp_path).is_met(goal, SeenScreen(shot, (*DIALOG[:2], element)))
        assert met == {True: kind == "tick", False: kind == "untick"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    pictured(tmp_path / "map")
    yield tmp_path / "map"


def test_a_map_that_is_of_no_use_is_refused_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    assert load_suite(f"map:{folder}").name == "map-trial"
    for name, words in (("map:", "map:FOLDER"), (f"map:{tmp_path}", "deskhand explore")):
        with pytest.raises(UsageError, match=words):
            load_suite(name)
    facts = json.loads((folder / MAP).read_text())
    (folder / MAP).write_text(json.dumps({**facts, "format": 2}))
    with pytest.raises(TrajectoryError, match="has format 2"):
        load_suite(f"map:{folder}")
    write_map(AppMap(application="trial", size=(640, 480)), folder)
    with pytest.raises(UsageError, match=r"has no goal .*explore --launch trial"):
        load_suite(f"map:{folder}")
    shutil.rmtree(folder)
    with pytest.raises(UsageError, match="deskhand explore"):
        load_suite(f"map:{folder}")


def test_an_unknown_task_is_answered_with_the_nearest(folder: Path) -> None:
    suite = MapSuite(folder)
    with pytest.raises(UsageError, match="did you mean 'chain-2'"):
        suite.case("chain2", 0)
    assert suite.version("chain-2") != suite.version(suite.tasks()[0])
