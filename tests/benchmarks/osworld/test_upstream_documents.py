"""Our metrics on documents, workbooks, PDF files and archives beside OSWorld's own, on generated files."""

from __future__ import annotations

import copy
import io
import random
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.shared import Pt, RGBColor
from openpyxl import Workbook
from PIL import Image

from tests.benchmarks.osworld.papers import letter, odt, paper
from tests.benchmarks.osworld.pivots import pivot_book
from tests.benchmarks.osworld.upstream import PAIRS, Compared, module, needs_copy

pytestmark = [needs_copy, pytest.mark.filterwarnings("ignore")]  # OSWorld leaves files open
DOCS = ("skimage", "odf", "rapidfuzz")
WORDS = ("apple", "One", "bird", "tree  house", "über", "Ice", "42", "")


def saved(path: Path, document: Any) -> Path:
    document.save(str(path))
    return path


def written(draw: random.Random, texts: list[str]) -> Any:
    """A document whose runs have drawn looks."""
    made = docx.Document()
    for text in texts:
        part = made.add_paragraph()
        for word in text.split(" "):
            run = part.add_run(word + " ")
            run.italic = draw.choice((None, None, None, True, False))
            run.font.size = draw.choice((Pt(14), Pt(14), Pt(14), None, Pt(12)))
    return made


def texts(draw: random.Random) -> list[str]:
    return [" ".join(draw.choices(WORDS, k=draw.randint(0, 3))) for _ in range(draw.randint(1, 4))]


def nearly(draw: random.Random, lines: list[str]) -> list[str]:
    """The same lines, mostly."""
    return [*lines, "more"] if draw.random() < 0.15 else list(lines)


def test_italic_words_and_struck_paragraphs(tmp_path: Path) -> None:
    theirs = module("docs", *DOCS)
    italic, struck = Compared(theirs), Compared(theirs)
    for number in range(PAIRS):
        draw = random.Random(number)
        lines = texts(draw)
        made, gold = written(draw, nearly(draw, lines)), written(draw, lines)
        for run in made.paragraphs[-1].runs if made.paragraphs else ():
            run.font.strike = draw.choice((True, True, True, True, True, None))
        one, other = saved(tmp_path / "a.docx", made), saved(tmp_path / "b.docx", gold)
        italic("check_italic_font_size_14", one, other)
        struck("evaluate_strike_through_last_paragraph", one, other)
    italic.are_of_both_kinds()
    struck.are_of_both_kinds()


def test_tab_stops(tmp_path: Path) -> None:
    compared = Compared(module("docs", *DOCS))
    kinds = (WD_TAB_ALIGNMENT.LEFT, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_ALIGNMENT.CLEAR)
    for number in range(PAIRS):
        draw = random.Random(number)
        one, other = docx.Document(), docx.Document()
        for _ in range(draw.randint(0, 3)):
            text = draw.choice(("a b c\td e", "a b c\td", "a b\tc", "", "a  b c"))
            parts = [document.add_paragraph(text) for document in (one, other)]
            for _ in range(draw.randint(0, 2)):
                position, kind = Pt(draw.choice((0, 100, 300))), draw.choice(kinds)
                apart = draw.choice((0, 0, 0, 5))
                parts[0].paragraph_format.tab_stops.add_tab_stop(position + Pt(apart), kind)
                parts[1].paragraph_format.tab_stops.add_tab_stop(position, draw.choice((kind,) * 5 + kinds))
        options = draw.choice(({}, {"word_number_split_by_tabstop": 3, "index": draw.choice((0, 0, 1))}))
        compared(
            "check_tabstops", saved(tmp_path / "a.docx", one), saved(tmp_path / "b.docx", other), options
        )
    compared.are_of_both_kinds()


def test_coloured_words_in_tables(tmp_path: Path) -> None:
    compared = Compared(module("docs", *DOCS))
    for number in range(PAIRS):
        draw = random.Random(number)
        made = docx.Document()
        table = made.add_table(1, 2)
        for cell in table.rows[0].cells:
            word = draw.choice(WORDS)
            run = cell.paragraphs[0].add_run(word)
            right = (255, 0, 0) if word and word[0].lower() in "aeiou" else (0, 0, 255)
            near = tuple(min(255, max(0, part + draw.choice((0, 0, 9, -9, 30)))) for part in right)
            run.font.color.rgb = draw.choice((RGBColor(*right), RGBColor(*near), RGBColor(*near), None))
        one = saved(tmp_path / "a.docx", made)
        compared("evaluate_colored_words_in_tables", one, one, draw.choice(({}, {"threshold": 10})))
    compared.are_of_both_kinds()


def test_differences_of_colours() -> None:
    pytest.importorskip("skimage")
    from skimage.color import deltaE_ciede2000, rgb2lab

    from deskhand.benchmarks.task_files.metrics.writing import colour_difference

    for number in range(1000):
        draw = random.Random(number)
        one, other = (tuple(draw.choice((0, 255, draw.randint(0, 255))) for _ in range(3)) for _ in range(2))
        wanted = deltaE_ciede2000(*(rgb2lab([part / 255 for part in colour]) for colour in (one, other)))
        assert colour_difference(one, other) == pytest.approx(float(wanted), abs=1e-3)  # type: ignore[arg-type]


def test_lists_of_records(tmp_path: Path) -> None:
    compared = Compared(module("docs", *DOCS))
    for number in range(PAIRS):
        draw = random.Random(number)
        original = [f"12:0{n},T{draw.randint(1, 3)},x,y" for n in range(5)] + ["a head", ""]
        gold = list({line.split(",")[1] if "," in line else line: line for line in original}.values())
        found = draw.choice((gold, gold, original, [*gold, "new"], gold[1:], [f" {line} " for line in gold]))
        paths = [
            letter(tmp_path / f"{name}.docx", part)
            for name, part in (("a", found), ("b", gold), ("c", original))
        ]
        compared("compare_unique_train_records", paths[0], paths[1:])
    compared.are_of_both_kinds()


def test_lists_of_references(tmp_path: Path) -> None:
    compared = Compared(module("docs", *DOCS))
    for number in range(PAIRS):
        draw = random.Random(number)
        items = [f"Author {draw.randint(1, 9)}, {draw.choice(WORDS)}" for _ in range(draw.randint(0, 3))]
        heads = [draw.choice(("References",) * 5 + ("Sources",)) for _ in range(2)]
        found = [draw.choice((item, item, "Nobody, 1999")) for item in items]
        one = letter(tmp_path / "a.docx", ["Text", heads[0], *found])
        other = letter(tmp_path / "b.docx", ["Text", heads[1], *items, ""])
        compared("compare_references", one, other, draw.choice(({}, {"reference_base_result": 0.6})))
    compared.are_of_both_kinds()


def test_documents_without_their_empty_lines(tmp_path: Path) -> None:
    compared = Compared(module("docs", *DOCS))
    for number in range(PAIRS):
        draw = random.Random(number)
        part = texts(draw)
        gaps = [line for text in part for line in draw.choice(([text], [text], ["", text], [text, "x"]))]
        one, other = letter(tmp_path / "a.docx", gaps), letter(tmp_path / "b.docx", part)
        options = {"ignore_blanks": draw.random() < 0.5}
        compared("compare_docx_files_and_ignore_new_lines", one, other, options)
    compared.are_of_both_kinds()


def test_addresses_and_cities(tmp_path: Path) -> None:
    addresses = Compared(module("general", "rapidfuzz"))
    cities = Compared(module("table", "pandas", "rapidfuzz"))
    names = ["Montréal", "montreal!", "New  York City", "LA", "Lille", None, 5, "x Lille y"]
    for number in range(PAIRS):
        draw = random.Random(number)
        words = [
            draw.choice(("深圳市福田区", "福田区水围村", "abc", "abd"))
            for _ in range(draw.choice((3, 3, 3, 2)))
        ]
        path = letter(tmp_path / "a.docx", [" ".join(words[:2]), *words[2:]])
        addresses("fuzzy_place_math", path, {"expected": draw.sample(["深圳市福田区", "abc", "福田"], 2)})
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        wanted: list[Any] = []
        for row in range(2, draw.choice((23, 23, 23, 20))):
            found = draw.choice(names)
            sheet.cell(row, 3, found)
            good = found if isinstance(found, str) else str(found)
            wanted.append(draw.choice((good, [good], ["none", good])) if draw.random() < 0.99 else "Paris")
        wanted = wanted[: draw.choice((21, 21, 21, 20))]
        book.save(tmp_path / "a.xlsx")
        cities("compare_conference_city_in_order", tmp_path / "a.xlsx", {"expected": wanted})
    addresses.are_of_both_kinds()
    cities.are_of_both_kinds()


def test_marked_words(tmp_path: Path) -> None:
    compared = Compared(module("docs", *DOCS))
    for number in range(PAIRS):
        draw = random.Random(number)
        lines = texts(draw)
        one = odt(
            tmp_path / "a.odt", nearly(draw, lines), draw.choice(("#ffff00", "#ffff00", "#00ff00", "")), draw
        )
        compared("check_highlighted_words", one, odt(tmp_path / "b.odt", lines, "", draw))
    compared.are_of_both_kinds()


def pages(draw: random.Random) -> list[list[str]]:
    words = ("Invoice", "Total 12.50", "Due (soon)", "Ship to", "a b c", "x=1")
    return [[draw.choice(words) for _ in range(draw.randint(1, 4))] for _ in range(draw.randint(1, 3))]


def other_pages(draw: random.Random, gold: list[list[str]]) -> list[list[str]]:
    found = copy.deepcopy(gold)
    if draw.random() < 0.5:
        found[-1].append("Paid")
    return found


def test_texts_of_pdf_files(tmp_path: Path) -> None:
    compared, counted = (
        Compared(module("chrome", "fitz", "rapidfuzz", "imagehash")),
        Compared(module("pdf", "fitz")),
    )
    for number in range(PAIRS):
        draw = random.Random(number)
        gold = pages(draw)
        one, other = paper(tmp_path / "a.pdf", other_pages(draw, gold)), paper(tmp_path / "b.pdf", gold)
        if draw.random() < 0.1:
            one.write_bytes(one.read_bytes()[: draw.choice((0, 20))])
        if draw.random() < 0.5:
            compared("compare_pdfs", one, other)
        else:
            compared("compare_pdfs", [one, other], [other, other])
        relation = draw.choice(("eq", "ne", "lt", "le", "gt", "ge"))
        counted("check_pdf_pages", one, {"relation": relation, "ref_value": draw.randint(1, 3)})
    compared.are_of_both_kinds()
    counted.are_of_both_kinds()


def test_pictures_in_pdf_files(tmp_path: Path) -> None:
    compared = Compared(module("chrome", "fitz", "rapidfuzz", "imagehash"))
    for number in range(PAIRS):
        draw = random.Random(number)
        pictures = [shades(draw) for _ in range(draw.randint(0, 3))]
        found = [draw.choice((one, one, one, shades(draw))) for one in pictures]
        found += [shades(draw)] if draw.random() < 0.1 else []
        one = paper(tmp_path / "a.pdf", [["x"]], found)
        compared("compare_pdf_images", one, paper(tmp_path / "b.pdf", [["y"]], pictures))
    compared.are_of_both_kinds()


def shades(draw: random.Random) -> Image.Image:
    small = Image.frombytes("RGB", (4, 3), bytes(draw.randint(0, 255) for _ in range(36)))
    return small.resize((40, 30), Image.Resampling.BICUBIC)


def archive(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            for name, data in files.items():
                packed.writestr(name, data)
        return path
    with tarfile.open(path, "w:gz") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return path


def contents(draw: random.Random, kind: str, folder: str, tmp_path: Path) -> Iterator[tuple[str, bytes]]:
    for name in draw.sample("abcd", draw.randint(1, 3)):
        if kind == "pdf":
            data = paper(tmp_path / "one.pdf", pages(draw)).read_bytes()
        else:
            data = draw.choice((b"one", b"two\n", b"three"))
        yield f"{folder}{name}.{kind}", data


def test_archives(tmp_path: Path) -> None:
    theirs = module("chrome", "fitz", "rapidfuzz", "imagehash", "PyPDF2")
    compared, zipped = Compared(theirs), Compared(module("vscode", "PyPDF2"))
    for number in range(PAIRS):
        draw = random.Random(number)
        place = tmp_path / str(number)
        place.mkdir()
        kind, folder = draw.choice(("pdf", "text")), draw.choice(("", "papers/"))
        gold = dict(contents(draw, kind, folder, tmp_path))
        found = dict(gold)
        if draw.random() < 0.4:
            found[draw.choice(sorted(gold))] = draw.choice(sorted(gold.values()))
        if draw.random() < 0.2:
            found.pop(draw.choice(sorted(gold)))
        end = draw.choice(("zip", "tar.gz"))
        one, other = archive(place / f"a.{end}", found), archive(place / f"b.{end}", gold)
        compared("compare_archive", one, other, {"file_path": folder.rstrip("/"), "file_type": kind})
        if end == "zip":
            zipped("compare_zip_files", one, other)
        else:
            again = dict(reversed(found.items()))
            zipped("compare_zip_files", archive(place / "c.zip", again), archive(place / "d.zip", gold))
    compared.are_of_both_kinds()
    zipped.are_of_both_kinds()


def test_books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Compared(module("others", "mutagen", "rapidfuzz"))
    for number in range(PAIRS):
        draw = random.Random(number)
        place = tmp_path / str(number)
        place.mkdir()
        gold = {"toc.ncx": b"<a>\n<navPoint id='1'/>\n</a>", "content.opf": b"<dc:identifier>1\n<b/>\n"}
        gold = dict(draw.sample(sorted(gold.items()), draw.randint(0, 2)))
        for name in draw.sample("ab", draw.randint(0, 2)):
            body = "".join(f"<p>{draw.choice(WORDS)}</p>\n" for _ in range(draw.randint(0, 3)))
            gold[f"{name}.html"] = f"<html><body>{body}</body></html>".encode()
        found = dict(gold)
        if draw.random() < 0.4:
            found["b.html"] = b"<html><body><p>other<br>text</body></html>"
        one, other = archive(place / "a.zip", found), archive(place / "b.zip", gold)
        compared("compare_epub", one, other)
    compared.are_of_both_kinds()


def test_pivot_tables(tmp_path: Path) -> None:
    compared = Compared(module("table", "pandas", "rapidfuzz"))
    changes: tuple[dict[str, Any], ...] = (
        {}, {}, {"ref": "A1:D8"}, {"name": "Other"}, {"rows": (0, 1), "columns": ()},
        {"pages": (1,), "columns": ()},
        {"hidden": (1,)}, {"data": ((2, "Total", "sum"),)}, {"data": ((2, "Sum", "count"),)}, {"rows": (3,)},
        {"data": ((2, "Sum", "sum"), (0, "Count", "count"))},
    )  # fmt: skip
    names = (
        "col_fields",
        "filter",
        "row_fields",
        "data_fields",
        "selection",
        "name",
        "data_fields_name",
        "ordered",
    )
    for number in range(PAIRS):
        draw = random.Random(number)
        one = pivot_book(
            tmp_path / "a.xlsx", draw.choice(changes), draw.choice(("Sheet2",) * 6 + ("Sheet3",))
        )
        other = pivot_book(tmp_path / "b.xlsx", draw.choice(changes) if draw.random() < 0.2 else {})
        rule = {"type": "pivot_table", "sheet_idx0": "RNSheet2", "sheet_idx1": "ENSheet2"}
        rule["pivot_props"] = draw.sample(names, draw.randint(0, 5))  # type: ignore[assignment]
        compared("compare_table", one, other, {"rules": [rule]})
    compared.are_of_both_kinds()
