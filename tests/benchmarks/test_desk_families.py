"""The desk suite's families: what they are made on, what their checks look at, how oracles wait."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Finished, Type, Wait
from deskhand.benchmarks import serving_pages as serving
from deskhand.benchmarks.moves import click_text, done, type_text
from deskhand.benchmarks.oracle import MOST_WAITS, MovesPolicy
from deskhand.benchmarks.suites.desk.family import families
from deskhand.benchmarks.suites.desk.suite import DeskSuite
from deskhand.benchmarks.task_files.metrics.bookmarks import deskhand_bookmark, is_expected_bookmarks
from deskhand.benchmarks.task_files.metrics.deskhand import (
    deskhand_json_lines,
    deskhand_line,
    deskhand_message,
    deskhand_same_bytes,
)
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.windows import SQUARE, _painted
from deskhand.errors import UsageError
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Step

SUITE = DeskSuite()
FAMILIES = families()


def test_there_are_many_families_on_many_applications_some_over_two_and_some_infeasible() -> None:
    assert len(FAMILIES) >= 25
    alone = {family.application for family in FAMILIES if " and " not in family.application}
    assert len(alone) >= 9
    assert sum(" and " in family.application for family in FAMILIES) >= 3
    assert sum(family.infeasible for family in FAMILIES) >= 4


def test_no_task_takes_more_than_twelve_steps() -> None:
    lengths = [len(family.moves(SUITE.case(family.name, 0).parameters)) for family in FAMILIES]
    assert min(lengths) == 1
    assert max(lengths) <= 12


def test_every_step_of_an_oracle_has_a_thought() -> None:
    for family in FAMILIES:
        for move in family.moves(SUITE.case(family.name, 0).parameters):
            assert move.thoughts
            assert all(thought.endswith((".", "!", "?")) for thought in move.thoughts), family.name


# Oracles wait for what they need to see.


def screen(*texts: str) -> Observation:
    elements = tuple(
        Element(role="text", text=text, box=Box(10, 20 * n, 90, 20 * n + 15))
        for n, text in enumerate(texts, 1)
    )
    pixels = np.zeros((200, 100, 3), np.uint8)
    return Observation(Screenshot(pixels), lambda shown: elements)


def steps(policy: MovesPolicy, screens: Sequence[Observation]) -> list[object]:
    history: list[Step] = []
    actions: list[object] = []
    for number, observation in enumerate(screens, 1):
        decision = policy.decide(observation, history)
        assert decision.reply is not None
        actions.append(decision.reply.actions[0])
        history.append(Step(step=number, frame="0" * 32, decision=decision))
    return actions


def test_an_oracle_waits_until_what_it_needs_is_shown() -> None:
    policy = MovesPolicy("oracle", [type_text("a", "I type.", when="Save As"), done("Done.")], 0)
    kinds = [
        type(action) for action in steps(policy, [screen("File"), screen("File", "Save As"), screen("File")])
    ]
    assert kinds == [Wait, Type, Finished]


def test_an_oracle_does_not_wait_for_ever() -> None:
    policy = MovesPolicy("oracle", [click_text("OK", "I click.", when="OK"), done("Done.")], 0)
    kinds = [type(action) for action in steps(policy, [screen("File")] * (MOST_WAITS + 2))]
    assert kinds[:MOST_WAITS] == [Wait] * MOST_WAITS
    assert kinds[-1] is Finished


# Checks of ours.


def written(tmp_path: Path, data: bytes, name: str) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    document = Document()
    document.add_paragraph("plain")
    document.add_paragraph().add_run("strong").bold = True
    document.add_paragraph("middle").alignment = WD_ALIGN_PARAGRAPH.CENTER
    data = io.BytesIO()
    document.save(data)
    return written(tmp_path, data.getvalue(), "letter.docx")


@pytest.mark.parametrize(
    ("text", "look", "good"),
    [
        ("strong", "bold", True),
        ("plain", "bold", False),
        ("middle", "centred", True),
        ("strong", "centred", False),
        ("plain", "italic", False),
    ],
)
def test_a_line_has_a_look_as_the_only_one(letter: Path, text: str, look: str, good: bool) -> None:
    score = deskhand_line(letter, {"text": text, "look": look}, {})
    assert score.success is good
    assert good or text in score.reason


def aligned(tmp_path: Path, how: str) -> Path:
    document = Document()
    document.add_paragraph("aside").paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    document.paragraphs[0]._p.pPr.find(qn("w:jc")).set(qn("w:val"), how)
    document.save(str(tmp_path / "a.docx"))
    return tmp_path / "a.docx"


@pytest.mark.parametrize(("how", "good"), [("right", True), ("end", True), ("start", False), ("odd", False)])
def test_right_has_two_words_in_a_document(tmp_path: Path, how: str, good: bool) -> None:
    path = aligned(tmp_path, how)
    assert deskhand_line(path, {"text": "aside", "look": "right-aligned"}, {}).success is good


def test_a_look_that_nobody_knows_is_told(letter: Path) -> None:
    with pytest.raises(UsageError, match="look"):
        deskhand_line(letter, {"text": "plain", "look": "loud"}, {})


def test_what_is_no_document_is_not_done(tmp_path: Path) -> None:
    with pytest.raises(NothingThere):
        deskhand_line(written(tmp_path, b"PK no", "a.docx"), {"text": "a", "look": "bold"}, {})


def test_a_message_has_its_address_subject_and_text(tmp_path: Path) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = "anna@example.org", "Plans"
    message.set_content("See you.\n")
    path = written(tmp_path, bytes(message), "1")
    rule = {"to": "anna@example.org", "subject": "Plans", "text": "See you."}
    assert deskhand_message(path, rule, {}).success
    for name in rule:
        score = deskhand_message(path, {**rule, name: "other"}, {})
        assert not score.success
        assert "other" in score.reason


def message_to(tmp_path: Path, address: str, kind: str = "text/plain", subject: str = "Plans") -> Path:
    head = f"To: {address}\nSubject: {subject}\nMIME-Version: 1.0\nContent-Type: {kind}\n\n"
    return written(tmp_path, f"{head}See you.\n".encode(), "1")


@pytest.mark.parametrize(
    "address", ["a@", "anna@", "a@[", '"', "<", "a@b, ;:", "=?nothing?q?a?=", "=?utf-8?b?a?="]
)
def test_an_address_that_nobody_can_send_to_is_another(tmp_path: Path, address: str) -> None:
    rule = {"to": "anna@example.org", "subject": "Plans", "text": "See you."}
    score = deskhand_message(message_to(tmp_path, address), rule, {})
    assert not score.success
    assert "the address is" in score.reason
    assert deskhand_message(message_to(tmp_path, address), {**rule, "to": address}, {}).success


@pytest.mark.parametrize(
    "kind", ["text/plain; charset=martian", "text/plain; charset=rot13", "text/plain; ="]
)
def test_a_text_in_a_charset_that_nobody_knows_is_read_as_well_as_it_can_be(
    tmp_path: Path, kind: str
) -> None:
    rule = {"to": "anna@example.org", "subject": "Plans", "text": "See you."}
    assert deskhand_message(message_to(tmp_path, rule["to"], kind), rule, {}).success


def test_words_of_other_alphabets_are_decoded_in_subject_and_text(tmp_path: Path) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = "anna@example.org", "Pläne für 東京"
    message.set_content("Bis später.\n", charset="iso-8859-1")
    message.add_attachment("another text\n", filename="a.txt")
    rule = {"to": "anna@example.org", "subject": "Pläne für 東京", "text": "Bis später."}
    score = deskhand_message(written(tmp_path, bytes(message), "1"), rule, {})
    assert score.success, score.reason


def test_an_empty_file_is_another_message(tmp_path: Path) -> None:
    assert not deskhand_message(
        written(tmp_path, b"", "1"), {"to": "a", "subject": "b", "text": "c"}, {}
    ).success


def test_files_are_the_same_by_their_bytes(tmp_path: Path) -> None:
    one, same, other = (
        written(tmp_path, data, name) for data, name in ((b"a", "1"), (b"a", "2"), (b"b", "3"))
    )
    assert deskhand_same_bytes(one, same, {}).success
    assert not deskhand_same_bytes(one, other, {}).success


def test_forms_are_compared_as_objects() -> None:
    assert deskhand_json_lines('{"a": "1"}\n', [{"a": "1"}], {}).success
    assert not deskhand_json_lines('{"a": "1"}\n{"a": "1"}\n', [{"a": "1"}], {}).success
    for broken in ("no", "[" * 200_000, '{"a": 1'):
        with pytest.raises(NothingThere):
            deskhand_json_lines(broken, [], {})


def test_a_bookmark_is_found_wherever_it_lies() -> None:
    page = {"type": "url", "name": "Boats", "url": "http://a/"}
    deep = {"other": {"children": [{"type": "folder", "name": "x", "children": [page]}]}}
    assert deskhand_bookmark(deep, {"name": "Boats", "url": "http://a/"}, {}).success
    assert not deskhand_bookmark(deep, {"name": "Ships", "url": "http://a/"}, {}).success
    assert not deskhand_bookmark({}, {"name": "Boats", "url": "http://a/"}, {}).success


def test_the_bar_of_bookmarks_has_exactly_what_is_expected() -> None:
    bar = {
        "bookmark_bar": {"children": [{"type": "folder", "name": "x"}, {"type": "url", "url": "http://a/"}]}
    }
    assert is_expected_bookmarks(bar, {"type": "bookmark_bar_folders_names", "names": ["x"]}, {}).success
    assert is_expected_bookmarks(
        bar, {"type": "bookmark_bar_websites_urls", "urls": ["http://a/"]}, {}
    ).success
    assert not is_expected_bookmarks(bar, {"type": "bookmark_bar_websites_urls", "urls": []}, {}).success
    assert not is_expected_bookmarks("no", {"type": "bookmark_bar_folders_names", "names": ["x"]}, {}).success


_ASK = """
import sys, urllib.parse, urllib.request
form = urllib.parse.urlencode({"thing": "a<b", "count": "2"}).encode()
base = "http://127.0.0.1:8000/"
print(urllib.request.urlopen(base + "index.html").read().decode())
print(urllib.request.urlopen(base + "order", data=form).read().decode())
"""


@pytest.mark.lightbox
def test_pages_are_served_inside_the_sandbox_and_forms_are_kept(lightbox: Lightbox) -> None:
    lightbox.write_file("serving.py", Path(serving.__file__).read_bytes())
    lightbox.write_file("site/index.html", b"hello")
    begun = lightbox.run(["python3", "serving.py", "site", "8000", "orders.jsonl"])
    assert begun.returncode == 0, begun.stderr
    asked = lightbox.run(["python3", "-c", _ASK])
    assert asked.returncode == 0, asked.stderr
    assert b"hello" in asked.stdout
    assert b"Thank you" in asked.stdout
    assert b"a&lt;b" in asked.stdout
    assert json.loads(lightbox.read_file("orders.jsonl")) == {"thing": "a<b", "count": "2"}


def painted(squares: int) -> Place:
    """A place whose screen has so many squares with two colours."""
    pixels = np.zeros((200, 400, 3), np.uint8)
    for number in range(squares):
        pixels[SQUARE * (number // 20), SQUARE * (number % 20)] = 255

    class Shown:
        def screenshot(self) -> Screenshot:
            return Screenshot(pixels)

    return Place(cast(Sandbox, Shown()), Path())


@pytest.mark.parametrize(
    ("squares", "detail", "good"), [(0, 0, True), (29, 30, False), (30, 30, True), (100, 900, True)]
)
def test_a_window_is_painted_once_the_screen_has_detail(squares: int, detail: int, good: bool) -> None:
    assert _painted(painted(squares), detail) is good
