"""Metrics on documents of word processors: docx, and for their text odt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.markup import parsed
from deskhand.benchmarks.task_files.metrics.matching import likeness
from deskhand.benchmarks.task_files.metrics.packed import DAMAGED, member, packed
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

_ODT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


class _Text(BaseModel):
    """How texts are compared."""

    ignore_blanks: bool = True
    ignore_case: bool = False
    ignore_order: bool = False
    content_only: bool = False
    fuzzy_match: bool = False
    delete_empty_lines: bool = False


def compare_docx_files(result: Any, expected: Any, options: Object) -> Score:
    """Two documents with the same text; with ``content_only`` or ``fuzzy_match`` how alike the texts are."""
    option = rules_of(_Text, options)
    one, other = paragraphs(result), paragraphs(expected)
    if option.delete_empty_lines:
        one, other = ([text for text in texts if text.strip()] for texts in (one, other))
    if option.ignore_order:
        one, other = sorted(one), sorted(other)
    if option.content_only or option.ignore_blanks:
        one, other = [" ".join(" ".join(one).split())], [" ".join(" ".join(other).split())]
    if option.ignore_case:
        one, other = [text.lower() for text in one], [text.lower() for text in other]
    if option.content_only or (option.fuzzy_match and len(one) == len(other)):
        parts = [likeness(text, wanted) for text, wanted in zip(one, other, strict=True)]
        alike = sum(parts) / len(parts) if parts else 1.0
        return Score(alike, "" if alike >= 1 else f"the texts are alike by {alike:.0%}")
    return must(one == other, f"the text is {shown(_first(one, other))} and not {shown(_first(other, one))}")


def _first(one: list[str], other: list[str]) -> str:
    """The first paragraph that the other does not have at its place."""
    different = (text for number, text in enumerate(one) if number >= len(other) or other[number] != text)
    return next(different, "")


def paragraphs(value: Any) -> list[str]:
    """The texts of a document's paragraphs.

    Raises:
        NothingThere: it is no document.
    """
    path = packed(value, "document")
    if path.suffix != ".odt":
        return [paragraph.text for paragraph in document(value).paragraphs]
    root = parsed(member(value, "document", "content.xml"), path.name)
    return [_own_text(paragraph) for paragraph in root.iter(f"{_ODT}p")]


def _own_text(paragraph: Any) -> str:
    """What stands in a paragraph of an odt document and in its spans; as in OSWorld not what is in these."""
    parts = [paragraph.text]
    for part in paragraph:
        if part.tag == f"{_ODT}span":
            parts += [part.text, *(inner.tail for inner in part)]
        parts.append(part.tail)
    return "".join(filter(None, parts))


def document(value: Any) -> Any:
    """A docx document that a getter gave.

    Raises:
        NothingThere: it is none.
    """
    path = packed(value, "document")
    try:
        return docx.Document(str(path))
    except (OpcError, *DAMAGED) as error:
        raise NothingThere(f"{path.name} is not a docx document: {shown(str(error))}") from error


def compare_docx_tables(result: Any, expected: Any, options: Object) -> Score:
    """Two documents with the same texts in their tables."""
    one, other = (
        [
            [[cell.text.strip() for cell in row.cells] for row in table.rows]
            for table in document(value).tables
        ]
        for value in (result, expected)
    )
    return must(one == other, f"the tables are {shown(one)} and not {shown(other)}")


def compare_docx_images(result: Any, expected: Any, options: Object) -> Score:
    """Two documents with the same pictures."""
    one, other = (sorted(_pictures(value)) for value in (result, expected))
    return must(one == other, f"the document has {len(one)} pictures, and not the expected {len(other)}")


def _pictures(value: Any) -> Iterator[str]:
    for link in document(value).part.rels.values():
        if link.reltype.endswith("/image") and not link.is_external:
            yield hashlib.sha256(link.target_part.blob).hexdigest()


def compare_line_spacing(result: Any, expected: Any, options: Object) -> Score:
    """Two documents with the same text and the same distance of lines in every paragraph."""
    same = compare_docx_files(result, expected, {})
    if not same.success:
        return same
    one, other = (
        [paragraph.paragraph_format.line_spacing for paragraph in document(value).paragraphs]
        for value in (result, expected)
    )
    return must(one == other, f"the distances of lines are {shown(one)} and not {shown(other)}")


class _Font(BaseModel):
    font_name: str


def compare_font_names(result: Any, expected: Any, options: Object) -> Score:
    """All of a document's text has a font."""
    wanted = rules_of(_Font, expected).font_name
    others = {run.font.name for run in _runs(result) if run.text.strip()} - {wanted}
    return must(not others, f"there is text in {', '.join(sorted(map(str, others))[:5])}")


def compare_subscript_contains(result: Any, expected: Any, options: Object) -> Score:
    """A document has its subscripts where the expected one has them."""
    one, other = (
        [run.text for run in _runs(value) if run.font.subscript and run.text.strip()]
        for value in (result, expected)
    )
    return must(bool(other) and one == other, f"the subscripts are {shown(one)} and not {shown(other)}")


def _runs(value: Any) -> Iterator[Any]:
    for paragraph in document(value).paragraphs:
        yield from paragraph.runs


class _Breaks(BaseModel):
    page_break_count: int | None = None


def contains_page_break(result: Any, expected: Any, options: Object) -> Score:
    """A document has a page break; as many as are expected, where a number is."""
    wanted = rules_of(_Breaks, expected or {}).page_break_count
    breaks = document(result).element.body.iter(qn("w:br"))
    count = sum(part.get(qn("w:type")) == "page" for part in breaks)
    good = count > 0 if wanted is None else count == wanted
    return must(good, f"the document has {count} page breaks")


def has_page_numbers_in_footers(result: Any, expected: Any, options: Object) -> Score:
    """Every section's footer shows the number of its page: a field, or a digit."""
    sections = document(result).sections
    good = [any(_has_number(part) for part in section.footer.paragraphs) for section in sections]
    return must(bool(good) and all(good), "a footer shows no page number")


def _has_number(paragraph: Any) -> bool:
    fields = [str(part.text) for part in paragraph._p.iter(qn("w:instrText"))]
    simple = [str(part.get(qn("w:instr"))) for part in paragraph._p.iter(qn("w:fldSimple"))]
    return any("PAGE" in text for text in (*fields, *simple)) or any(c.isdigit() for c in paragraph.text)


def is_first_line_centered(result: Any, expected: Any, options: Object) -> Score:
    """A document's first paragraph is centred."""
    parts = document(result).paragraphs
    if not parts:
        return Score(0.0, "the document is empty")
    found = parts[0].paragraph_format.alignment
    return must(found == WD_ALIGN_PARAGRAPH.CENTER, f"the first paragraph is aligned {found}")
