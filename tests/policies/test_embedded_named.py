"""What is pointed at is what the task names, or nothing is done: names of files, amounts, dates, versions."""

from __future__ import annotations

import pytest

from deskhand.policies.embedded.named import wrong_target

ROWS = [
    ("row", "Invoice 12"),
    ("row", "Invoice 13"),
    ("row", "report.txt"),
    ("window", "report.txt - Editor"),
]
TWICE = [*ROWS, ("row", "Invoice 12"), ("text", "report.txt")]


def said(text: str, task: str, shown: list[tuple[str, str]] = ROWS, role: str = "row") -> str:
    return wrong_target(text, role, task, shown)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Invoice 13", "open Invoice 12"),
        ("report.txt", "rename reports.txt to old.txt"),
        ("report.txt", "delete 'Report.txt'"),
        ("v2.10", "choose v2.1"),
        ("12/09/2017", "Select 12/09/2016 as the date"),
        ("plan2.txt", "plan3.txt를 지워 줘"),
        ("plan2.txt", "把plan3.txt删除"),
    ],
)
def test_another_name_is_another_thing(text: str, task: str) -> None:
    assert "is another thing than" in said(text, task)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Invoice 12", "open Invoice 12"),
        ("Open…", "open Invoice 12"),
        ("report.txt - Editor", "save report.txt"),
        ("Settings", "open the settings"),
        ("11", "Select 10/11/2016 as the date"),
        ("9", "Select 12/09/2016 as the date"),
        ("2016", "Select 2016-12-09"),
        ("30", "set the alarm to 7:30"),
        ("plan3.txt", "plan3.txt를 지워 줘"),
        ("plan3.txt", "把plan3.txt删除"),
        ("Invoice 12", "Invoice 12를 열어 줘"),
    ],
)
def test_the_thing_itself_and_what_has_no_name_are_right(text: str, task: str) -> None:
    assert said(text, task) == ""


def test_of_two_that_are_alike_none_is_taken() -> None:
    assert "is there 2 times" in said("Invoice 12", "delete Invoice 12", TWICE)
    assert said("report.txt", "open report.txt", TWICE) == "", "a title or a text is no second file"


@pytest.mark.parametrize(
    "task", ["delete the second Invoice 12", "delete both Invoice 12", "the last Invoice 12"]
)
def test_a_task_that_says_which_may_have_it(task: str) -> None:
    assert said("Invoice 12", task, TWICE) == ""


def test_a_twin_that_the_task_does_not_name_is_nobodys_business() -> None:
    shown = [*TWICE, ("button", "Page 2"), ("button", "Page 2")]
    assert said("Page 2", "delete Invoice 13", shown, "button") == ""
