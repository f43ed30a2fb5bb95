"""The small language: pages are written, answers are read, and both agree with actions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Drag, Finished, Infeasible, Key, Type, Wait
from deskhand.errors import ActionParseError, NotExpressible
from deskhand.perception.screen import Element
from deskhand.policies.embedded import language
from deskhand.policies.embedded.language import (
    LanguageMove,
    ScreenPage,
    answer_text,
    from_action,
    read_answer,
    to_action,
)
from deskhand.trajectories.records import Decision, Step


def element(text: str, left: int = 0, top: int = 0) -> Element:
    return Element("text", text, Box(left, top, left + 40, top + 20))


def page(instruction: str = "Do it", *texts: str) -> ScreenPage:
    elements = tuple(element(text, top=30 * n) for n, text in enumerate(texts))
    return ScreenPage(instruction, labels=language.labels_of(texts), elements=elements)


def step(*actions: Action, raw: str = "", changed: bool | None = True, notes: tuple[str, ...] = ()) -> Step:
    decision = Decision(reply=Reply(actions=actions), raw=raw)
    return Step(step=1, frame="", decision=decision, changed=changed, notes=notes)


@given(
    thought=st.text(max_size=40).filter(lambda t: "\n" not in t),
    verb=st.sampled_from(sorted(set(language.VERBS) - {"key", *language.ALONE})),
    argument=st.text(min_size=1, max_size=60),
)
def test_every_answer_reads_back_whatever_its_text_holds(thought: str, verb: str, argument: str) -> None:
    move = LanguageMove(verb, argument)
    assert read_answer(answer_text(thought, move)) == (thought, move)


@pytest.mark.parametrize("chord", language.CHORDS)
def test_every_chord_reads_back_and_is_a_key_action(chord: str) -> None:
    assert read_answer(f"now\nkey {chord}") == ("now", LanguageMove("key", chord))
    assert isinstance(to_action(LanguageMove("key", chord), page()), Key)


@pytest.mark.parametrize(
    "text", ["", "only a thought", "t\nfly", 't\nclick "', "t\nkey ctrl+alt+delete", "t\nwait 5"]
)
def test_what_is_no_answer_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ActionParseError):
        read_answer(text)


def test_actions_and_moves_are_the_same_thing_on_a_page() -> None:
    shown = page("Type 'hello there' and press it", "File", "Save", "File")
    moves = [
        LanguageMove("click", "Save"),
        LanguageMove("double", "File #2"),
        LanguageMove("triple", "Save"),
        LanguageMove("right", "File"),
        LanguageMove("type", "hello there"),
        LanguageMove("type+enter", "hello"),
        LanguageMove("write", "12*34"),
        LanguageMove("write+enter", "mkdir reports"),
        LanguageMove("answer", "Save"),
        LanguageMove("key", "ctrl+shift+s"),
        LanguageMove("wait"),
        LanguageMove("finished"),
        LanguageMove("infeasible"),
    ]
    for move in moves:
        assert from_action(to_action(move, shown), shown) == move


def test_a_click_lands_on_the_element_that_is_named() -> None:
    shown = page("x", "File", "Save")
    assert to_action(LanguageMove("click", "Save"), shown) == Click(at=shown.elements[1].box.centre)
    with pytest.raises(ActionParseError, match="not on the screen"):
        to_action(LanguageMove("click", "Print"), shown)


def test_what_the_language_cannot_say_is_not_expressible() -> None:
    shown = page("x", "File")
    for action in (
        Click(at=ScreenPoint(500, 500)),
        Click(at=shown.elements[0].box.centre, hold=("ctrl",)),
        Click(at=shown.elements[0].box.centre, button="middle"),
        Drag(path=(ScreenPoint(0, 0), ScreenPoint(5, 5))),
        Key(keys=("ctrl", "alt", "t")),
        Finished(answer="not on the screen"),
    ):
        with pytest.raises(NotExpressible):
            from_action(action, shown)


def test_the_same_text_twice_gets_two_names() -> None:
    assert language.labels_of(["OK", "OK", "Cancel", "OK"]) == ("OK", "OK #2", "Cancel", "OK #3")
    assert language.labels_of(["OK #2", "OK", "OK"]) == ("OK #2", "OK", "OK #3")


def test_a_crowded_screen_keeps_what_the_task_names_and_its_order() -> None:
    many = [element(f"row {n}") for n in range(200)] + [element("Save the budget")]
    chosen = language.choose_elements(many, "Open the budget")
    assert len(chosen) == language.MOST_LABELS
    assert chosen[-1].text == "Save the budget"
    assert chosen[0].text == "row 0"


def test_signs_that_are_no_text_are_left_out() -> None:
    texts = ["★", "00网", "+", "File", "日本", "  "]
    assert [e.text for e in language.choose_elements([element(t) for t in texts], "x")] == [
        "00网",
        "+",
        "File",
        "日本",
    ]


def test_a_huge_task_keeps_its_beginning_and_its_end() -> None:
    prompt = ScreenPage("begin " + "x" * 50_000 + " end").prompt()
    assert len(prompt) < 800
    assert "begin" in prompt and "end" in prompt


def test_the_past_says_what_was_done_and_what_became_of_it() -> None:
    refused = step(Wait()).model_copy(update={"outcomes": (Outcome.refused("outside the screen"),)})
    told = list(
        language.past_of(
            [
                step(Type(text="hello")),
                step(Type(text="a.txt", submit=True)),
                step(Key(keys=("ctrl", "s")), changed=False),
                step(Click(at=ScreenPoint(1, 1)), raw='it is there\nclick "Save"'),
                refused,
                step(Key(keys=("enter",)), notes=("the same action was already tried on this same screen",)),
                Step(step=7, frame="", decision=Decision(reply=None, raw="hm")),
            ]
        )
    )
    assert told == [
        "type hello",
        "type+enter a.txt",
        "key ctrl+s (no change)",
        "click Save",
        "wait (refused: outside the screen)",
        "key enter (again, do something else)",
        "nothing (not understood)",
    ]


def test_a_long_past_is_cut_but_its_numbers_go_on() -> None:
    prompt = ScreenPage("x", past=tuple(f"key f{n}" for n in range(1, 16))).prompt()
    assert "\n6 key f6\n" in prompt and prompt.endswith("\n15 key f15")
    assert "key f5\n" not in prompt


def test_spans_begin_and_end_at_words() -> None:
    sources = ["Save 'deskhand was here' as note.txt로, café"]
    for whole in ("deskhand was here", "note.txt", "note", "txt", "café", "'deskhand was here'"):
        assert language.find_span(whole, sources)
    for cut in ("eskhand", "deskhand wa", "", " was", "here' "):
        assert not language.find_span(cut, sources)


def test_ends_of_a_task_are_their_own_actions() -> None:
    assert to_action(LanguageMove("finished"), page()) == Finished()
    assert to_action(LanguageMove("answer", "408"), page("x", "408")) == Finished(answer="408")
    assert to_action(LanguageMove("infeasible"), page()) == Infeasible()


def test_a_thing_that_is_called_otherwise_than_the_task_says_is_not_clicked() -> None:
    for task, other in (
        ("Delete the file report.txt", "reports.txt"),
        ("Open Invoice 12 and read it", "Invoice 13"),
        ("Rename 'minutes 3.txt'", "minutes 8.txt"),
        ("Click 2026-03-14", "2026-03-15"),
    ):
        with pytest.raises(ActionParseError, match="another thing"):
            to_action(LanguageMove("click", other), page(task, other))
    for task, same in (
        ("Rename report.txt to report2.txt", "report.txt"),
        ("Save it as file.txt", "File"),
        ("Save it as note.txt", "note.txt - Mousepad"),
        ("Open rep0rt.txt", "report.txt"),
        ("Write the number 12", "Page 1 of 1"),
    ):
        assert to_action(LanguageMove("click", same), page(task, same)).kind == "click"
