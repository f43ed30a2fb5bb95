"""Metrics on how the text of documents looks, and on lists in them; its words are compared by documents."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any

from docx.enum.text import WD_TAB_ALIGNMENT
from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.documents import compare_docx_files, document, paragraphs
from deskhand.benchmarks.task_files.metrics.markup import parsed
from deskhand.benchmarks.task_files.metrics.matching import likeness
from deskhand.benchmarks.task_files.metrics.packed import member
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

LEAST_GAIN = 0.01
MARKED = "#ffff00"
RED, BLUE = (255, 0, 0), (0, 0, 255)
RECORD_PARTS = 4

_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_STYLE, _TEXT, _OFFICE = f"{{{_OPEN}:style:1.0}}", f"{{{_OPEN}:text:1.0}}", f"{{{_OPEN}:office:1.0}}"
_BACKGROUND = f"{{{_OPEN}:xsl-fo-compatible:1.0}}background-color"

Colour = tuple[int, int, int]


class _Tabs(BaseModel):
    """How many words stand in a part of each paragraph, counted by its tabs."""

    word_number_split_by_tabstop: int | None = None
    index: int = 0


def check_tabstops(result: Any, expected: Any, options: Object) -> Score:
    """How near each paragraph's tab stops lie to the expected ones, as a reward."""
    rules, (found, wanted) = rules_of(_Tabs, options), (document(result), document(expected))
    one, other = ([part for part in each.paragraphs if part.text.strip()] for each in (found, wanted))
    if len(one) != len(other) or not one:
        return Score(0.0, f"there are {len(one)} paragraphs with text and not {len(other)}")
    if rules.word_number_split_by_tabstop is not None:
        for part in one:
            words = part.text.split("\t")[rules.index].split()
            if len(words) != rules.word_number_split_by_tabstop:
                return Score(0.0, f"{shown(part.text)} has {len(words)} words before a tab")
    page = wanted.sections[0]
    width, apart = page.page_width - page.left_margin - page.right_margin, 0.0
    for part, gold in zip(one, other, strict=True):
        stops, goal = _stops(part), _stops(gold)
        if [kind for kind, _ in stops] != [kind for kind, _ in goal]:
            return Score(0.0, f"{shown(part.text)} has other tab stops")
        apart += sum(abs(a - b) for (_, a), (_, b) in zip(stops, goal, strict=True)) / width
    reward = 1 - apart / len(one)
    return Score(reward, "" if reward >= 1 else f"the tab stops are apart by {1 - reward:.1%} of the width")


def _stops(paragraph: Any) -> list[tuple[Any, int]]:
    """The tab stops of a paragraph with their kinds, without those that only take others away."""
    stops = [(stop.alignment, int(stop.position)) for stop in paragraph.paragraph_format.tab_stops]
    idle = (WD_TAB_ALIGNMENT.LEFT, 0)
    return [stop for stop in stops if stop[0] != WD_TAB_ALIGNMENT.CLEAR and stop != idle]


def check_highlighted_words(result: Any, expected: Any, options: Object) -> Score:
    """An odt document with the expected text has no words that are marked in yellow."""
    same = compare_docx_files(result, expected, {})
    if not same.success:
        return same
    roots = [parsed(member(result, "document", name), name) for name in ("content.xml", "styles.xml")]
    marked = {name for root in roots for name in _marked(root)}
    spans = (span.get(f"{_TEXT}style-name") for span in roots[0].iter(f"{_TEXT}span"))
    return must(not any(name in marked for name in spans), "there are words marked in yellow")


def _marked(root: Any) -> Iterator[str]:
    """The names of the styles of single texts that have a yellow background."""
    for styles in root.iter(f"{_OFFICE}automatic-styles"):
        for style in styles:
            if any(properties.get(_BACKGROUND) == MARKED for properties in style):
                yield style.get(f"{_STYLE}name")


def evaluate_strike_through_last_paragraph(result: Any, expected: Any, options: Object) -> Score:
    """A document with the expected text has its last paragraph struck through."""
    same = compare_docx_files(result, expected, {})
    if not same.success:
        return same
    parts = document(result).paragraphs
    good = bool(parts) and all(run.font.strike for run in parts[-1].runs)
    return must(good, "the last paragraph is not struck through")


def check_italic_font_size_14(result: Any, expected: Any, options: Object) -> Score:
    """A document with the expected text has all that is italic in 14 points."""
    same = compare_docx_files(result, expected, {})
    if not same.success:
        return same
    runs = (run for paragraph in document(result).paragraphs for run in paragraph.runs)
    wrong = [run.text for run in runs if run.italic and (run.font.size is None or run.font.size.pt != 14)]
    return must(not wrong, f"{shown(wrong[:1])} is italic and not in 14 points")


class _Nearness(BaseModel):
    threshold: float = 3.5


def evaluate_colored_words_in_tables(result: Any, expected: Any, options: Object) -> Score:
    """Words in tables of a document with the expected text: red if they begin with a vowel, else blue."""
    most, same = rules_of(_Nearness, options).threshold, compare_docx_files(result, expected, {})
    if not same.success:
        return same
    for run in _table_runs(result):
        wanted = RED if run.text[0].lower() in "aeiou" else BLUE
        colour = run.font.color.rgb
        if colour is None or colour_difference(tuple(colour), wanted) > most:
            return Score(0.0, f"{shown(run.text)} has the colour {colour}")
    return Score(1.0)


def _table_runs(value: Any) -> Iterator[Any]:
    cells = (cell for table in document(value).tables for row in table.rows for cell in row.cells)
    for paragraph in (paragraph for cell in cells for paragraph in cell.paragraphs):
        yield from (run for run in paragraph.runs if run.text)


def colour_difference(one: Colour, other: Colour) -> float:
    """The difference of two colours as an eye sees it (CIEDE2000; Sharma, Wu and Dalal, 2005)."""
    (l1, a1, b1), (l2, a2, b2) = _lab(one), _lab(other)
    mean_chroma = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * math.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = h2 - h1 if c1 * c2 else 0.0
    turn -= 360 * round(turn / 360) if abs(turn) > 180 else 0
    light, chroma, hue = l2 - l1, c2 - c1, 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    mean_light, mean_chroma = (l1 + l2) / 2, (c1 + c2) / 2
    mean_hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    weight = (
        1
        - 0.17 * math.cos(math.radians(mean_hue - 30))
        + 0.24 * math.cos(math.radians(2 * mean_hue))
        + 0.32 * math.cos(math.radians(3 * mean_hue + 6))
        - 0.20 * math.cos(math.radians(4 * mean_hue - 63))
    )
    off = (mean_light - 50) ** 2
    scale_light = 1 + 0.015 * off / math.sqrt(20 + off)
    scale_chroma, scale_hue = 1 + 0.045 * mean_chroma, 1 + 0.015 * mean_chroma * weight
    bend = 60 * math.exp(-(((mean_hue - 275) / 25) ** 2))
    rotation = -2 * math.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)) * math.sin(math.radians(bend))
    parts = (light / scale_light, chroma / scale_chroma, hue / scale_hue)
    return math.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2])


def _lab(colour: Colour) -> tuple[float, float, float]:
    """A colour in CIELAB, with the white of daylight (D65)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour)
    )
    x = (0.412453 * red + 0.357580 * green + 0.180423 * blue) / 0.95047
    y = 0.212671 * red + 0.715160 * green + 0.072169 * blue
    z = (0.019334 * red + 0.119193 * green + 0.950227 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def compare_unique_train_records(result: Any, expected: Any, options: Object) -> Score:
    """Lines "a,ID,b,c" of the original (the second expected file), each ID once, those of the first one."""
    if not isinstance(expected, list) or len(expected) < 2:
        raise NothingThere("two expected documents are needed: the right one, and the original")
    lines, gold, original = (
        [text.strip() for text in paragraphs(value) if text.strip()]
        for value in (result, expected[0], expected[1])
    )
    extra = set(lines) - set(original)
    if extra:
        return Score(0.0, f"{shown(min(extra))} is not in the original")
    one, other = _ids(lines), _ids(gold)
    if len(set(one)) != len(one):
        return Score(0.0, "a record is there twice")
    same = set(one) == set(other) and len(lines) == len(gold)
    return must(
        same, f"there are {len(lines)} lines with {len(one)} records, not {len(gold)} with {len(other)}"
    )


def _ids(lines: list[str]) -> list[str]:
    return [parts[1].strip() for parts in (line.split(",") for line in lines) if len(parts) == RECORD_PARTS]


class _Lines(BaseModel):
    ignore_blanks: bool = True


def compare_docx_files_and_ignore_new_lines(result: Any, expected: Any, options: Object) -> Score:
    """Two documents with the same text but for empty paragraphs."""
    one, other = ([text for text in paragraphs(value) if text] for value in (result, expected))
    if rules_of(_Lines, options).ignore_blanks:
        one, other = [" ".join(" ".join(one).split())], [" ".join(" ".join(other).split())]
    return must(one == other, f"the text is {shown(one)} and not {shown(other)}")


class _References(BaseModel):
    reference_indicator: str = "References"
    reference_base_result: Annotated[float, Field(lt=1)] = 0.5


def compare_references(result: Any, expected: Any, options: Object) -> Score:
    """How alike the lists of references of two documents are, beyond what the original has, as a reward."""
    rules = rules_of(_References, options)
    one, other = (_after(paragraphs(value), rules.reference_indicator) for value in (result, expected))
    if one is None or other is None:
        return must(one is other, f"{shown(rules.reference_indicator)} stands in one of the documents only")
    if len(one) != len(other) or not one:
        return Score(0.0, f"there are {len(one)} references and not {len(other)}")
    alike = sum(likeness(a, b) for a, b in zip(one, other, strict=True)) / len(one)
    base = rules.reference_base_result
    reward = (alike - base) / (1 - base) if alike >= base + LEAST_GAIN else 0.0
    return Score(reward, "" if reward >= 1 else f"the references are alike by {alike:.0%}")


def _after(texts: list[str], heading: str) -> list[str] | None:
    """The paragraphs with text after the first that is the heading; None without one."""
    if heading not in texts:
        return None
    return [text for text in texts[texts.index(heading) + 1 :] if text.strip()]
