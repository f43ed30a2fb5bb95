"""What the embedded reasoner can say and see: places, moves, texts composed of tokens, and the network."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import (
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    Move,
    Scroll,
    Type,
    Wait,
)
from deskhand.errors import ActionParseError, BackendError, NotExpressible
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.batches import batch_of
from deskhand.policies.embedded.deciding import _bounds, _closing, _is_joined, decide, load
from deskhand.policies.embedded.network import ReasonerConfig, ReasonerModel, relations
from deskhand.policies.embedded.places import (
    COLUMNS,
    MOST_ELEMENTS,
    ROWS,
    SQUARE,
    ScreenPlace,
    place_at,
    places_of,
)
from deskhand.policies.embedded.pointed import (
    VERBS,
    Piece,
    PointedMove,
    actions_of,
    move_of,
    pieces_of,
    text_of,
)
from deskhand.policies.embedded.policy import EmbeddedPolicy, _wrong_target
from deskhand.policies.embedded.seeing import PastMove, done_in, pictures_of, see, stands_in
from deskhand.policies.embedded.spelling import END, WHOLE, pieces_from, tokens_of
from deskhand.policies.embedded.textvectors import WIDTH, TaskWords, TextEncoder
from deskhand.policies.registry import load_policy
from deskhand.trajectories.records import Candidate, Decision, Step, Task

SCREEN = Viewport(640, 480)
TASK = 'Type "Anna Müller" into Name, then press ctrl+s'
ELEMENTS = (
    Element("window", "Address", Box(40, 20, 600, 460), id=1),
    Element("text", "Name", Box(60, 60, 100, 76)),
    Element("field", "", Box(120, 56, 420, 80), label="Name"),
    Element("button", "Save", Box(500, 400, 560, 424)),
    Element("button", "Save", Box(500, 430, 560, 454)),
)
PLACES = places_of(ELEMENTS, SCREEN, TASK)
WORDS = (" ", "I", " click", " the", " field", ".")
SMALL = ReasonerConfig(width=64, layers=2, heads=4, experts=4, hidden=64, words=WORDS)


class WordByWord:
    """Stands in for the text encoder where only shapes matter: words are pieces, vectors follow from them."""

    def words(self, text: str) -> TaskWords:
        spans, at = [], 0
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            spans.append((start, at))
        return TaskWords(self.wholes([text[a:b] for a, b in spans]).reshape(-1, WIDTH), tuple(spans))

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        return self.words(text).spans

    def prepare(self, texts: Sequence[str]) -> None:
        pass

    def wholes(self, texts: Sequence[str]) -> np.ndarray:
        rows = [
            np.random.default_rng(crc32(t.encode())).normal(size=WIDTH) if t else np.zeros(WIDTH)
            for t in texts
        ]
        return np.array(rows, np.float32).reshape(-1, WIDTH)


READS: TextEncoder = WordByWord()  # type: ignore[assignment]


def spans_of(text: str) -> tuple[tuple[int, int], ...]:
    return READS.words(text).spans


def seen(places: Sequence[ScreenPlace] = PLACES, past: Sequence[PastMove] = (), task: str = TASK):
    pixels = np.arange(SCREEN.width * SCREEN.height * 3, dtype=np.uint32).astype(np.uint8)
    pixels = pixels.reshape(SCREEN.height, SCREEN.width, 3)
    return see(task, places, pictures_of(places, pixels), SCREEN, past, READS)


# Places.


def test_the_smallest_element_under_a_point_is_its_place_and_a_square_where_there_is_none() -> None:
    assert PLACES[place_at(PLACES, ScreenPoint(530, 410)) or 0].text == "Save"
    assert PLACES[place_at(PLACES, ScreenPoint(300, 300)) or 0].role == "window"
    square = PLACES[place_at(PLACES, ScreenPoint(630, 470)) or 0]
    assert (square.role, square.box) == (SQUARE, Box(533, 360, 640, 480))
    assert place_at(PLACES, ScreenPoint(640, 480)) is None


def test_of_more_elements_than_can_be_seen_those_stay_that_the_task_names() -> None:
    many = [Element("text", f"word{n}", Box(n % 600, n % 400, n % 600 + 9, n % 400 + 9)) for n in range(700)]
    places = places_of(many, SCREEN, "click word699 and word3")
    assert len(places) == MOST_ELEMENTS + COLUMNS * ROWS
    texts = [place.text for place in places]
    assert "word699" in texts and "word3" in texts
    assert texts.index("word3") < texts.index("word699"), "the order of reading stays"


def test_no_elements_are_no_reason_not_to_point() -> None:
    places = places_of((), SCREEN)
    assert {place.role for place in places} == {SQUARE}
    assert sum(place.box.area for place in places) == SCREEN.width * SCREEN.height


# Moves.


@given(st.integers(0, SCREEN.width - 1), st.integers(0, SCREEN.height - 1))
def test_a_point_that_is_said_and_understood_is_in_the_same_place_and_near(x: int, y: int) -> None:
    at = ScreenPoint(x, y)
    move = move_of([Click(at=at)], TASK, PLACES)
    [click] = actions_of(move, TASK, PLACES)
    assert isinstance(click, Click)
    place = PLACES[move.place]
    assert place.box.contains(click.at)
    assert abs(click.at.x - x) <= max(4, 0.15 * place.box.width)
    assert abs(click.at.y - y) <= max(4, 0.15 * place.box.height)


AT = PLACES[3].box.centre
SAID: tuple[tuple[Action, ...], ...] = (
    (Click(at=AT, hold=("ctrl",)),),
    (Click(at=AT, count=3),),
    (Click(at=AT, button="right"),),
    (Click(at=AT, button="middle"),),
    (Click(at=AT),) * 4,
    (Drag(path=(AT, PLACES[2].box.centre)),),
    (Scroll(at=AT, dy=-10),),
    (Scroll(dx=3),),
    (Type(text="Anna Müller"),),
    (Type(text="Anna Müller", submit=True),),
    (Key(keys=("ctrl", "s")),),
    (Key(keys=("down",)),) * 5,
    (Wait(seconds=2.0),),
    (Finished(),),
    (Finished(answer="Anna"),),
    (Infeasible(),),
    (CallUser(),),
)


@pytest.mark.parametrize("actions", SAID, ids=lambda actions: actions[0].kind)
def test_what_is_said_is_understood_as_it_was(actions: tuple[Action, ...]) -> None:
    assert actions_of(move_of(actions, TASK, PLACES), TASK, PLACES) == actions


@pytest.mark.parametrize(
    ("actions", "why"),
    [
        ((Move(at=AT),), "move"),
        ((Click(at=AT), Type(text="a")), "different actions"),
        ((Click(at=AT),) * 6, "different actions"),
        ((Click(at=ScreenPoint(700, 9)),), "not on the screen"),
        ((Click(at=AT, hold=("alt",)),), "alt"),
        ((Scroll(dx=1, dy=1),), "one way"),
        ((Key(keys=("ctrl", "shift", "alt", "a")),), "no chord"),
        ((Drag(path=tuple(ScreenPoint(n, n) for n in range(9))),), "curve"),
    ],
)
def test_what_no_move_does_is_refused_with_the_reason(actions: tuple[Action, ...], why: str) -> None:
    with pytest.raises(NotExpressible, match=why):
        move_of(actions, TASK, PLACES)


def test_a_move_that_points_at_nothing_or_presses_what_is_forbidden_is_no_action() -> None:
    with pytest.raises(ActionParseError, match="points at nothing"):
        actions_of(PointedMove("click", place=len(PLACES)), TASK, PLACES)
    with pytest.raises(ActionParseError, match="forbidden"):
        actions_of(PointedMove("key", modifiers=("ctrl", "alt"), key="delete"), TASK, PLACES)


# Texts.


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=40))
def test_any_text_is_put_together_again(text: str) -> None:
    assert text_of(pieces_of(text, TASK, PLACES), TASK, PLACES) == text


def test_what_the_task_says_is_copied_and_only_the_rest_is_written() -> None:
    assert [p.written for p in pieces_of("Anna Müller", TASK, PLACES)] == [""]
    assert [p.written for p in pieces_of("mkdir Anna", TASK, PLACES)] == ["mkdir ", ""]
    assert [p.written for p in pieces_of("nna", TASK, PLACES)] == ["nna"], "no part of a word is copied"
    assert pieces_of("Save", TASK, PLACES)[0].source == 3, "a text on the screen is taken whole"


@pytest.mark.parametrize("text", ["Anna Müller", "mkdir Anna", "Save", "", "a > b.txt", "x\ty\n"])
def test_a_text_is_spelled_and_read_back(text: str) -> None:
    spans = READS.words("the name is Anna Müller .").spans
    task = "the name is Anna Müller ."
    tokens = tokens_of(pieces_of(text, task, PLACES), spans, PLACES, spans_of)
    assert tokens[-1].token == END
    assert text_of(pieces_from(tokens, spans, PLACES, spans_of), task, PLACES) == text


@pytest.mark.parametrize("part", [(0, 5), (6, 11), (13, 20), (6, 20), (0, 20)])
def test_a_part_of_a_text_on_the_screen_is_taken_in_whole_words(part: tuple[int, int]) -> None:
    places = (ScreenPlace("text", "there lives Mr Novak", Box(0, 0, 9, 9)),)
    pieces = (Piece(source=0, start=part[0], end=part[1]),)
    if part == (13, 20):
        with pytest.raises(NotExpressible, match="no word pieces bound"):
            tokens_of(pieces, (), places, spans_of)
        return
    tokens = tokens_of(pieces, (), places, spans_of)
    assert (tokens[0].first == WHOLE) == (part == (0, 20))
    assert pieces_from(tokens, (), places, spans_of) == pieces


def test_what_cannot_be_spelled_says_why() -> None:
    with pytest.raises(NotExpressible, match="no token writes '한'"):
        tokens_of(pieces_of("한", TASK, PLACES), (), PLACES, spans_of)
    with pytest.raises(NotExpressible, match="40 tokens"):
        tokens_of(pieces_of("q" * 40, TASK, PLACES), (), PLACES, spans_of)


# What is seen.


def test_a_part_stands_in_a_text_only_as_whole_words() -> None:
    assert stands_in("press ok now", "ok") == 6
    assert stands_in("a book", "ok") == -1
    assert stands_in("a book, ok", "ok") == 8


def test_what_was_done_is_known_with_its_place_and_what_came_of_it() -> None:
    reply = Reply(thought="", actions=(Click(at=AT), Type(text="abc")))
    failed = Outcome(status="failed", reason="x", milliseconds=1.0)
    step = Step(step=1, frame="f", decision=Decision(reply=reply), outcomes=(failed,), changed=False)
    click, typed = done_in(step, TASK, PLACES)
    assert (click.verb, click.text, click.point, click.failed, click.changed) == (
        "click",
        "Save",
        AT,
        True,
        False,
    )
    assert (typed.verb, typed.text) == ("type", "abc")
    nothing = Step(step=2, frame="f", decision=Decision(reply=None))
    assert done_in(nothing, TASK, PLACES) == [PastMove("", failed=True)]


def test_twins_differ_and_a_place_that_was_clicked_is_marked() -> None:
    view = seen(past=[PastMove("click", "Save", PLACES[4].box.centre)])
    assert not np.array_equal(view.clues[3], view.clues[4])
    assert not np.array_equal(view.boxes[3], view.boxes[4])


# The network.


def test_how_places_lie_to_each_other() -> None:
    boxes = torch.tensor([[[0.0, 0, 1, 1, 1, 1], [0.1, 0.1, 0.2, 0.15, 0, 0], [0.25, 0.1, 0.5, 0.15, 0, 0]]])
    found = relations(boxes)[0]
    assert found[0, 1] == 1 and found[1, 0] == 2, "holds, and lies in"
    assert found[1, 2] == 4 and found[2, 1] == 3, "right beside each other in a row"
    assert found.diagonal().sum() == 0


def test_a_decision_does_not_depend_on_what_it_is_batched_with() -> None:
    torch.manual_seed(0)
    model = ReasonerModel(SMALL).eval()
    short = seen(places_of(ELEMENTS[:2], SCREEN), task="click Name")
    long = seen(past=[PastMove("type", "x")] * 5, task=TASK + " and again" * 20)
    with torch.inference_mode():
        alone = model.choices(model.understand(batch_of([short])))["verb"][0]
        beside = model.choices(model.understand(batch_of([short, long])))["verb"][0]
    assert torch.allclose(alone, beside, atol=1e-5)


def test_what_is_copied_of_a_task_is_whole_words() -> None:
    task = 'Enter "rUT3X is" into it'
    cuts = [0, 5, 6, 7, 10, 11, 12, 13, 15, 16, 17, 21, 22, 24]  # rUT3X in three pieces
    spans = tuple((a, b) for a, b in itertools.pairwise(cuts) if task[a] != " ")
    vectors = np.random.default_rng(0).normal(size=(len(spans), WIDTH)).astype(np.float32)
    whole = {(a, b) for a in cuts for b in cuts if a < b and a not in (6, 13) and not {a, b} & {10, 11}}
    for number in range(20):
        torch.manual_seed(number)
        model = ReasonerModel(SMALL).eval()
        view = replace(
            seen(task=task), words=vectors, spans=spans, word_clues=np.zeros((len(spans), 5), np.float32)
        )
        start, end = decide(model, view, task, PLACES, READS).part
        assert (start, end) in whole
        assert start != 7 or end == 15, "what is quoted is copied whole"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("type 'it is so' now", 6, 14),
        ("type 'I don't know' now", 6, 18),
        ("type “so” now", 6, 8),
        ("type 'so now", 6, None),
        ("type '' now", 6, None),
        ("Anna's cat's tail", 5, None),
        ("type so", 5, None),
        ("type so", 0, None),
        ("'type so'", 1, None),
    ],
)
def test_where_a_quotation_ends(text: str, start: int, end: int | None) -> None:
    assert _closing(text, start) == end


def test_a_copy_ends_where_it_may_for_where_it_begins() -> None:
    task = "empty a.txt, write 'old plan' into it"
    spans = [hit.span() for hit in re.finditer(r"\w+", task)]
    bounds = _bounds(task, spans)
    said = [task[start:end] for start, end in spans]
    begins = [word for word, bound in zip(said, bounds.begins[0].tolist(), strict=True) if bound == 0]
    assert begins == ["empty", "a", "write", "old", "into", "it"]
    ends = {
        word: [other for other, bound in zip(said, row, strict=True) if bound == 0]
        for word, row in zip(said, bounds.ends.tolist(), strict=True)
    }
    assert ends["old"] == ["plan"], "a quotation is copied whole"
    assert ends["a"] == ["empty", "txt", "write", "into", "it"], "and none is broken into"


@pytest.mark.parametrize("task", ["?", "x" * 10_000, "<b>[CLS] [SEP]</b> \x00 ]]>", "저장해 주세요"])
@pytest.mark.parametrize(
    "elements",
    [(), ELEMENTS * 100, (Element("banana", "fruit", Box(0, 0, 40, 20)),)],
    ids=["no elements", "500 elements", "a role that there is not"],
)
def test_any_screen_and_task_gets_a_move_that_can_be_done(task: str, elements: tuple[Element, ...]) -> None:
    torch.manual_seed(1)
    model = ReasonerModel(SMALL).eval()
    places = places_of(elements, SCREEN, task)
    decided = decide(model, seen(places, task=task), task, places, READS)
    assert actions_of(decided.move, task, places)


@pytest.mark.parametrize("content", [b"", b"junk", None], ids=["empty", "junk", "missing"])
@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_network_that_cannot_be_used_is_an_error_with_its_folder(
    content: bytes | None, name: str, tmp_path: Path
) -> None:
    ReasonerModel(SMALL).save_pretrained(tmp_path / "net")
    (tmp_path / "net" / name).unlink()
    if content is not None:
        (tmp_path / "net" / name).write_bytes(content)
    with pytest.raises(BackendError, match=r"the reasoner in .*net cannot be used"):
        load(tmp_path / "net")


def test_sizes_of_which_no_network_can_be_made_are_refused(tmp_path: Path) -> None:
    ReasonerModel(SMALL).save_pretrained(tmp_path)
    said = json.loads((tmp_path / "config.json").read_text())
    for sizes in ({"width": 7}, {"width": -1}, {"heads": 0}, {"words": 5}, {"layers": None}):
        (tmp_path / "config.json").write_text(json.dumps(said | sizes))
        with pytest.raises(BackendError, match="cannot be used"):
            load(tmp_path)


def test_weights_of_another_size_and_weights_that_lack_a_part_are_refused(tmp_path: Path) -> None:
    ReasonerModel(SMALL).save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    save_file(dict(list(weights.items())[:-1]), tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(BackendError, match="cannot be used"):
        load(tmp_path)
    ReasonerModel(ReasonerConfig()).save_pretrained(tmp_path / "large")
    (tmp_path / "large" / "model.safetensors").replace(tmp_path / "model.safetensors")
    with pytest.raises(BackendError, match="cannot be used"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("save as old-plan_2.txt now", ["save", "as", "old-plan_2.txt", "now"]),
        ("write to a.b@mail.example.", ["write", "to", "a.b@mail.example", "."]),
        (
            "from 0-9 at 7:30, not bags:409",
            ["from", "0", "-", "9", "at", "7:30", ",", "not", "bags", ":", "409"],
        ),
        ("-x", ["-", "x"]),
    ],
)
def test_a_name_is_never_cut(text: str, parts: list[str]) -> None:
    words = [""]
    for at, character in enumerate(text):
        if at and not _is_joined(text, at):
            words.append("")
        words[-1] += character
    assert [word for word in words if word.strip()] == parts


# The policy.


@pytest.mark.model
def test_the_policy_decides_alike_for_alike_and_tells_what_else_was_likely(
    untrained: Path, encoder: Path
) -> None:
    pixels = np.zeros((SCREEN.height, SCREEN.width, 3), np.uint8)
    observation = Observation(Screenshot(pixels), find_elements=lambda _: ELEMENTS)
    decisions = []
    for _ in range(2):
        policy = load_policy(f"embedded:{untrained}")
        assert isinstance(policy, EmbeddedPolicy)
        policy.begin(Task(instruction=TASK))
        decisions.append(policy.decide(observation, ()))
        policy.close()
    assert decisions[0].raw == decisions[1].raw
    assert decisions[0].reply == decisions[1].reply
    assert '"sure"' in decisions[0].raw
    assert decisions[0].candidates == decisions[1].candidates
    kinds = [one for one in decisions[0].candidates if one.box is None]
    elements = [one for one in decisions[0].candidates if one.box is not None]
    assert {one.role for one in kinds} == {"action"} and kinds[0].name in VERBS
    for some in (kinds, elements):
        assert [one.probability for one in some] == sorted((one.probability for one in some), reverse=True)


@pytest.mark.model
def test_unsure_twice_in_a_row_it_asks(untrained: Path, encoder: Path, tmp_path: Path) -> None:
    network = load(untrained)
    with torch.no_grad():
        network.chosen["verb"].bias[VERBS.index("click")] = 100.0  # where it clicks, it does not know
    network.save_pretrained(tmp_path)
    pixels = np.zeros((SCREEN.height, SCREEN.width, 3), np.uint8)
    observation = Observation(Screenshot(pixels), find_elements=lambda _: ELEMENTS)
    policy = load_policy(f"embedded:{tmp_path}")
    policy.begin(Task(instruction=TASK))
    first = policy.decide(observation, ())
    assert first.reply is not None and not isinstance(first.reply.actions[0], CallUser), "it knows nothing"
    sure = Candidate(role="action", name="click", probability=0.99)
    for before, asks in ((first.candidates, True), ((sure,), False), ((), False)):
        step = Step(step=1, frame="", decision=first.model_copy(update={"candidates": before}))
        reply = policy.decide(observation, (step,)).reply
        assert reply is not None
        assert isinstance(reply.actions[0], CallUser) is asks
    policy.close()


def test_it_points_at_nothing_that_the_task_names_otherwise() -> None:
    places = (
        ScreenPlace("row", "reports.txt", Box(0, 0, 9, 9)),
        ScreenPlace("row", "a.txt", Box(0, 9, 9, 18)),
    )
    assert "another thing" in _wrong_target(PointedMove("click", 0), "open report.txt", places)
    assert _wrong_target(PointedMove("click", 1), "open a.txt", places) == ""
    assert _wrong_target(PointedMove("scroll", 0), "open report.txt", places) == ""
    assert _wrong_target(PointedMove("key", key="a"), "open report.txt", places) == ""
    assert "2 times" in _wrong_target(PointedMove("double", 1), "open a.txt", (*places, places[1]))
