"""Lessons made of screens alone: what is named is there once, and an answer stands beside it."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace

import numpy as np

from deskhand.actions.geometry import Box, Viewport
from deskhand.benchmarks.suites.desk.family import families
from deskhand.benchmarks.suites.harm.tasks import tasks as harm_tasks
from deskhand.policies.embedded.places import SQUARE, ScreenPlace
from deskhand.policies.embedded.pointed import PointedMove, text_of
from deskhand.policies.embedded.seeing import PastMove
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.looks import BROWSER, KIND, Elsewhere, elsewhere, look, nameable
from deskhand.training.reasoner.shell import ORDERS
from deskhand.training.reasoner.wishes import WISHES

PLACES = (
    ScreenPlace("button", "Save", Box(0, 0, 60, 20), actionable=True),
    ScreenPlace("text", "Price:", Box(0, 40, 60, 60)),
    ScreenPlace("text", "12.50", Box(80, 42, 120, 58)),
    ScreenPlace("text", "Euro", Box(140, 42, 180, 58)),
    ScreenPlace("row", "twice", Box(0, 80, 60, 100)),
    ScreenPlace("row", "Twice", Box(0, 100, 60, 120)),
    ScreenPlace("window", "A window", Box(0, 0, 200, 200), changed=True),
    ScreenPlace("icon", "", Box(100, 0, 120, 20)),
    ScreenPlace(SQUARE, "", Box(0, 0, 200, 200)),
)
OTHERS = Elsewhere(
    ("Forecast", "Save", "holiday.jpg"),
    {"localc": ("sort the table",), "mousepad": ("write a note",), BROWSER: ("click the pony",)},
)


def lesson_of(kind: str, places: tuple[ScreenPlace, ...] = PLACES, instruction: str = "x") -> Lesson:
    pictures = np.zeros((len(places), 16, 16, 3), np.uint8)
    return Lesson(instruction, places, pictures, Viewport(200, 200), (), PointedMove("wait"), True, "t", kind)


def looks(places: tuple[ScreenPlace, ...] = PLACES, kind: str = "editor-save") -> list[Lesson]:
    found = [look(lesson_of(kind, places), OTHERS, random.Random(seed)) for seed in range(300)]
    return [one for one in found if one is not None]


def test_only_what_is_there_once_is_named() -> None:
    assert [PLACES[n].text for n in nameable(PLACES)] == ["Save", "Price:", "12.50", "Euro", "A window"]


def test_what_is_ordered_is_pointed_at_and_what_was_done_is_finished() -> None:
    clicks = [one for one in looks() if one.move.verb in ("click", "double", "right")]
    for one in clicks:
        assert one.places[one.move.place].text in one.instruction
        assert one.places[one.move.place].role != "window" and one.past == ()
    assert {"click", "double", "right"} == {one.move.verb for one in clicks}
    done = [one for one in looks() if one.move.verb == "finished"]
    assert done and all(one.past[0].text in one.instruction and one.past[0].changed for one in done)


def test_a_question_is_answered_from_the_screen() -> None:
    answers = [one for one in looks() if one.move.verb == "answer"]
    own = [one for one in answers if one.places == tuple(replace(p, changed=False) for p in PLACES)]
    assert {text_of(one.move.pieces, one.instruction, one.places) for one in own} == {"12.50", "Euro"}
    assert 0 < len(own) < len(answers), "the others are about facts"


def given_up(kind: str) -> list[str]:
    return [one.instruction for one in looks(kind=kind) if one.move.verb == "infeasible"]


def test_what_is_not_on_the_screen_is_given_up() -> None:
    absent = [task for task in given_up("editor-save") if "Forecast" in task or "holiday.jpg" in task]
    others = set(given_up("editor-save")) - set(absent)
    assert absent and others == {"sort the table", "click the pony"}  # not the task of this program


def test_its_own_task_about_another_thing_is_given_up() -> None:
    lesson = replace(lesson_of("editor-save", instruction="Press 'Save' twice"), move=PointedMove("click", 0))
    found = [look(lesson, OTHERS, random.Random(seed)) for seed in range(300)]
    missing = [
        one for one in found if one is not None and re.fullmatch(r"Press '\w+' twice", one.instruction)
    ]
    assert missing and all(one.move.verb == "infeasible" for one in missing)
    assert not any("Save" in one.instruction for one in missing)
    done = [
        look(replace(lesson, past=(PastMove("click"),)), OTHERS, random.Random(seed)) for seed in range(300)
    ]
    assert not any(one is not None and one.instruction.startswith("Press '") for one in done)


def test_a_terminal_may_do_what_other_programs_do() -> None:
    assert {"sort the table", "write a note"} <= set(given_up("click-button"))
    assert all("Forecast" in task or "holiday.jpg" in task for task in given_up("terminal-file"))


def test_a_prompt_is_given_commands_that_the_order_names() -> None:
    typed = [one for one in looks(kind="terminal-file") if one.move.verb == "type"]
    said = {text_of(one.move.pieces, one.instruction, one.places): one.instruction for one in typed}
    assert len({command.split()[0] for command in said}) >= 6
    for command, sentence in said.items():
        assert all(word in sentence for word in command.split()[1:] if word not in ("-l", ">")), sentence
    busy = replace(lesson_of("terminal-file"), past=(PastMove("type", "ls"),))
    later = [look(busy, OTHERS, random.Random(seed)) for seed in range(100)]
    assert not any(one.move.verb == "type" for one in later if one is not None)


def test_some_prompts_stand_under_a_listing_with_the_file_in_question() -> None:
    prompt = (ScreenPlace("text", "bash-5.2$", Box(0, 0, 80, 14)), PLACES[-1])
    typed = [one for one in looks(prompt, "terminal-file") if one.move.verb == "type"]
    listed = [one for one in typed if len(one.places) == 4]
    assert 0.2 < len(listed) / len(typed) < 0.6
    for one in listed:
        assert [place.text for place in one.places[::2]] == ["bash-5.2$ ls", "bash-5.2$"]
        assert len(one.pictures) == 4 and one.places[-1].role == SQUARE
        verb, *rest = text_of(one.move.pieces, one.instruction, one.places).split()
        if verb in ("rm", "cat", "mv", "cp"):
            assert rest[0] in one.places[1].text.split()


def test_what_is_not_understood_is_asked_about() -> None:
    asked = [one.instruction for one in looks() if one.move.verb == "ask"]
    assert len(asked) > 30
    assert any("Save" in wish for wish in asked)


def test_other_screens_give_their_texts_and_tasks() -> None:
    long = ScreenPlace("text", "x" * 50, Box(0, 0, 9, 9))
    lessons = [
        lesson_of("editor-save", instruction="write"),
        lesson_of("editor-append", (*PLACES, long), "append"),
        lesson_of("click-button", instruction="click"),
    ]
    found = elsewhere(lessons)
    assert found.tasks == {"mousepad": ("append", "write"), BROWSER: ("click",)}
    assert "Price:" in found.texts and long.text not in found.texts


def test_no_wish_is_a_task_of_a_suite() -> None:
    def words(sentence: str) -> str:
        return " ".join(re.findall(r"\w+", re.sub(r"\{.*?\}", "", sentence.casefold())))

    tasks = {words(task.ask) for task in harm_tasks().values()}
    tasks |= {words(text) for family in families() for text in (*family.wordings, *family.held_out)}
    wishes = {words(wish) for wish in (*WISHES, *(said for _, sentences, _ in ORDERS for said in sentences))}
    assert not wishes & tasks
    assert len(set(WISHES)) == len(WISHES)


def test_each_kind_has_its_share_and_nothing_of_the_lesson_is_left() -> None:
    found = looks()
    counts = Counter(one.move.verb for one in found)
    assert 270 < len(found) < 300, "only a task that names what it points at can name what is missing"
    assert all(counts[verb] > 10 for verb in ("click", "answer", "infeasible", "finished", "ask"))
    assert {(one.kind, one.thought, one.changed) for one in found} == {(KIND, "", None)}
    assert not any(place.changed for one in found for place in one.places)


def test_a_screen_on_which_nothing_can_be_named_teaches_only_what_is_absent() -> None:
    found = looks(PLACES[-2:])
    assert {one.move.verb for one in found} == {"infeasible", "ask"}
