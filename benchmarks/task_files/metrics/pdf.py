"""Metrics on PDF files: their text, their pages and their pictures."""

from __future__ import annotations

import io
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from pydantic import BaseModel
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import file_of, must, rules_of, shown
from deskhand.benchmarks.task_files.metrics.matching import likeness
from deskhand.benchmarks.task_files.metrics.pictures import FORMATS, MOST_PIXELS, fingerprint
from deskhand.benchmarks.task_files.place import LARGEST_LOCAL, NothingThere, TooMuch
from deskhand.benchmarks.task_files.task import Object

MOST_PAGES = 2000
MOST_PICTURES = 1000
NEAR = 5
"""Bits of 64 in which the fingerprints of two pictures that show the same may differ."""

_DAMAGED = (PyPdfError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
_COMPARING: dict[str, Callable[[int, int], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip


def pdf(value: Any) -> PdfReader:
    """A PDF file that a getter gave.

    Raises:
        NothingThere: it is none.
        TooMuch: it has too many pages.
    """
    path = file_of(value, LARGEST_LOCAL)
    try:
        reader = PdfReader(path)
        count = len(reader.pages)
    except _DAMAGED as error:
        raise NothingThere(f"{path.name} is not a PDF file: {shown(str(error))}") from error
    if count > MOST_PAGES:
        raise TooMuch(f"{path.name} has {count} pages: more than {MOST_PAGES} are not read")
    return reader


def text_of_pdf(value: Any) -> str:
    """The text of all pages.

    Raises:
        NothingThere: it is no PDF file.
    """
    reader = pdf(value)
    try:
        pages = (page.extract_text().rstrip("\n") for page in reader.pages)
        return "".join(f"{text}\n" for text in pages if text).strip()
    except _DAMAGED as error:
        raise NothingThere(f"the text of the PDF file cannot be read: {shown(str(error))}") from error


def compare_pdfs(result: Any, expected: Any, options: Object) -> Score:
    """How alike the texts of two PDF files are, as a reward; of several pairs their mean."""
    one, other = (result, expected) if isinstance(expected, list) else ([result], [expected])
    if not isinstance(one, list) or not other:
        raise NothingThere("a list of PDF files is expected")
    rewards = [_alike(*pair) for pair in zip(one, other, strict=False)]
    reward = sum(rewards) / len(other)
    return Score(reward, "" if reward >= 1 else f"the texts of the PDF files are alike by {reward:.0%}")


def _alike(one: Any, other: Any) -> float:
    try:
        return likeness(text_of_pdf(one), text_of_pdf(other))
    except NothingThere:
        if isinstance(other, Path):
            text_of_pdf(other)  # what is expected must be readable; if it is not, that is said
        return 0.0


class _Pages(BaseModel):
    relation: Literal["eq", "ne", "lt", "le", "gt", "ge"]
    ref_value: int


def check_pdf_pages(result: Any, expected: Any, options: Object) -> Score:
    """A PDF file has so many pages, or more, or fewer."""
    rule, count = rules_of(_Pages, expected), len(pdf(result).pages)
    good = _COMPARING[rule.relation](count, rule.ref_value)
    return must(good, f"there are {count} pages, and {rule.relation} {rule.ref_value} is wanted")


def compare_pdf_images(result: Any, expected: Any, options: Object) -> Score:
    """How many of the pictures in two PDF files, which have as many, show the same."""
    one, other = _pictures(pdf(result)), _pictures(pdf(expected))
    if len(one) != len(other):
        return Score(0.0, f"there are {len(one)} pictures and not {len(other)}")
    if not one:
        return Score(1.0)
    pairs = zip(one, other, strict=True)
    good = sum(int((fingerprint(a) != fingerprint(b)).sum()) <= NEAR for a, b in pairs)
    return Score(good / len(one), "" if good == len(one) else f"{len(one) - good} pictures are others")


def _pictures(reader: PdfReader) -> list[Image.Image]:
    """All pictures, page by page; those that cannot be read are left out."""
    found: list[Image.Image] = []
    for page in reader.pages:
        for name in page.images.keys():  # noqa: SIM118 - this mapping has no iterator of its own
            try:
                found.append(_opened(page.images[name].data))
            except (*_DAMAGED, Image.DecompressionBombError, NotImplementedError):
                continue
            if len(found) > MOST_PICTURES:
                raise TooMuch(f"a PDF file has over {MOST_PICTURES} pictures: that many are not read")
    return found


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=(*FORMATS, "JPEG2000")) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise TooMuch(f"a picture in a PDF file has over {MOST_PIXELS} pixels")
        opened.load()
        return opened.copy()
