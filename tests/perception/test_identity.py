"""Whether two texts name one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.perception.text.identity import _CONFUSED, is_cut, may_be, near_name, nearest, same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("report.txt", "reports.txt"), ("report.txt", "report1.txt"), ("report.txt", "Report.txt"),
        ("report.txt", "export.txt"), ("report.txt", "report (copy).txt"), ("12.03.2024", "13.03.2024"),
        ("1,200.00", "1,300.00"), ("Anna Meyer", "Anne Meyer"), ("Row 1", "Row 2"), ("Save", "Save all"),
        ("export", "export.csv"), ("notes-1", "notes-2"),
    ],
)  # fmt: skip
def test_what_differs_in_a_letter_or_a_digit_is_another_thing(one: str, other: str) -> None:
    assert not same_name(one, other) and not may_be(one, other) and not is_cut(one, other)
    assert near_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Save As…", "Save As..."), ("Save As", "Save As…"), ("Name:", "Name"), ("a  b", "a b"),
        ("“x”", '"x"'),
        ("report (copy).txt", "report(copy).txt"), ("2020–2024", "2020-2024"),
    ],
)  # fmt: skip
def test_blanks_and_the_drawing_of_marks_make_no_other_thing(one: str, other: str) -> None:
    assert same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("File", "Eile"), ("Save copy", "Save çopy"), ("lnvoice", "Invoice"), ("modern", "modem")],
)
def test_what_is_read_for_one_another_leaves_it_open(one: str, other: str) -> None:
    assert may_be(one, other) and not same_name(one, other)


def test_a_name_that_says_that_it_is_cut_may_be_a_longer_one() -> None:
    assert is_cut("quarterly_re…", "quarterly_report.ods")
    assert not is_cut("quarterly_re", "quarterly_report.ods")
    assert not is_cut("qu…", "quarterly_report.ods")


def test_the_near_ones_are_told_nearest_first() -> None:
    names = ["zebra.ods", "export.txt", "reports.txt", "report.txt", "Report.txt"]
    assert nearest("report.txt", names) == ["Report.txt", "reports.txt", "export.txt"]


def test_no_two_digits_are_read_for_one_another() -> None:
    assert all(sum(letter.isdigit() for letter in group) <= 1 for group in _CONFUSED)


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20))
def test_a_text_is_itself(text: str) -> None:
    assert not near_name(text, text)
    assert same_name(text, text) and may_be(text, text)
