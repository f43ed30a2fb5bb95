"""A name is whole only where it does not go on, behind a blank or in the next line."""

from __future__ import annotations

from deskhand.actions.geometry import Box
from deskhand.perception.screen import Element
from deskhand.perception.text.wording import Words, neighbours, phrases_of, stacked, twins


def word(text: str, left: int, top: int) -> Element:
    return Element("text", text, Box(left, top, left + 9 * len(text), top + 16))


def names(*rows: tuple[str, int]) -> list[Words]:
    """A line for each text, with its top; words are a blank of 6 pixels apart."""
    lines = []
    for text, top in rows:
        left, line = 20, []
        for part in text.split():
            line.append(word(part, left, top))
            left = line[-1].box.right + 6
        lines.append(tuple(line))
    return lines


def found(name: str, lines: list[Words]) -> Element:
    (one,) = phrases_of(name, lines)
    return one.phrase


def test_a_name_that_goes_on_behind_a_blank_is_another_one() -> None:
    lines = names(("Lesson 29 B", 20), ("Market 31", 60))
    assert neighbours(found("Lesson 29", lines), lines) == ("B",)
    assert neighbours(found("Market 31", lines), lines) == ()


def test_words_far_apart_are_names_of_their_own() -> None:
    lines: list[Words] = [(word("File", 20, 20), word("Edit", 80, 20))]
    assert neighbours(found("File", lines), lines) == ()


def test_the_name_of_an_icon_is_read_over_its_lines() -> None:
    upper, lower = word("minutes of", 494, 291), word("the meeting 2", 480, 309)
    lines: list[Words] = [(upper, word("inbox.txt", 688, 291)), (lower,)]
    (whole,) = stacked("minutes of the meeting 2", lines)
    assert whole.box == upper.box.union(lower.box)
    assert stacked("minutes of the meeting", lines) == []
    assert neighbours(upper, lines) == ("the meeting 2",)


def test_a_line_of_small_letters_belongs_to_the_digits_below_it() -> None:
    upper = Element("text", "invoices", Box(502, 295, 555, 302))
    lower = Element("text", "2026", Box(513, 310, 545, 319))
    (whole,) = stacked("invoices 2026", [(upper,), (lower,)])
    assert whole.box == upper.box.union(lower.box)


def test_rows_of_a_list_are_not_one_name() -> None:
    assert stacked("invoices 2026", names(("invoices", 20), ("2026", 44))) == []


def test_a_name_that_is_there_again_in_its_column_has_a_twin() -> None:
    lines = names(("Lesson 29", 20), ("Lesson 29", 60), ("Lesson 29 B", 100))
    first = next(one.phrase for one in phrases_of("Lesson 29", lines))
    assert twins(first, lines) == 1
