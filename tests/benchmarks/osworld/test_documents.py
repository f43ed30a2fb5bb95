"""Metrics on workbooks, documents and pictures, with files that the real libraries wrote."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.errors import EnvironmentProblem, UsageError
from tests.benchmarks.osworld.test_metrics import no, score, yes

Change = Callable[[Any], None]
ROWS = (("Item", "Price"), ("Apple", 3), ("Pear", 4.25))


def book(path: Path, change: Change = lambda sheet: None, rows: Any = ROWS) -> Path:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "Sales"
    for row in rows:
        sheet.append(row)
    change(sheet)
    made.save(path)
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return book(tmp_path / "gold.xlsx")


def two(kind: str, **more: Any) -> dict[str, Any]:
    return {"rules": [{"type": kind, "sheet_idx0": 0, "sheet_idx1": "EI0", **more}]}


def test_sheets_with_the_same_values(tmp_path: Path, gold: Path) -> None:
    yes("compare_table", book(tmp_path / "a.xlsx"), gold, **two("sheet_data"))
    other = book(tmp_path / "b.xlsx", rows=(*ROWS[:2], ("Pear", 4.5)))
    no("compare_table", other, gold, **two("sheet_data"))
    assert "B3 is 4.5 and not 4.25" in score("compare_table", other, gold, **two("sheet_data")).reason
    yes("compare_table", other, gold, **two("sheet_data", precision=0))
    blank = book(tmp_path / "c.xlsx", rows=(("Item ", "Price"), *ROWS[1:]))
    no("compare_table", blank, gold, **two("sheet_data"))
    yes("compare_table", blank, gold, **two("sheet_data", ignore_blanks=True))
    no("compare_table", book(tmp_path / "d.xlsx", rows=(*ROWS, ("Plum", 1))), gold, **two("sheet_data"))


def test_names_of_sheets(tmp_path: Path, gold: Path) -> None:
    rules = {"rules": [{"type": "sheet_name"}]}
    yes("compare_table", book(tmp_path / "a.xlsx"), gold, **rules)
    no("compare_table", book(tmp_path / "b.xlsx", lambda sheet: setattr(sheet, "title", "x")), gold, **rules)


def test_a_rule_names_sheets_by_number_or_name_in_either_workbook(tmp_path: Path, gold: Path) -> None:
    one = book(tmp_path / "a.xlsx")
    for first, second in ((0, "EI0"), ("RNSales", "ENSales"), ("RI0", 0)):
        rule = {"type": "sheet_data", "sheet_idx0": first, "sheet_idx1": second}
        yes("compare_table", one, gold, rules=[rule])
    with pytest.raises(NothingThere, match="no sheet Other"):
        score("compare_table", one, gold, rules=[{"type": "freeze", "sheet_idx0": "RNOther"}])
    for index in ("ENOther", "XI0", "EI7"):
        with pytest.raises(UsageError):
            score("compare_table", one, gold, rules=[{"type": "freeze", "sheet_idx1": index}])


def test_cells(tmp_path: Path) -> None:
    def bold(sheet: Any) -> None:
        sheet["A1"].font = Font(bold=True, color="FFFF0000", name="Arial", size=14)
        sheet["A2"].fill = PatternFill("solid", fgColor="FF00FF00")
        sheet["B3"].number_format = "0.00"

    path = book(tmp_path / "a.xlsx", bold)

    def cell(place: str, **props: Any) -> dict[str, Any]:
        kept = {name: {"method": "eq", "ref": ref} for name, ref in props.items()}
        return {"rules": [{"type": "check_cell", "sheet_idx": 0, "coordinate": place, "props": kept}]}

    yes("compare_table", path, None, **cell("A1", value="Item", font_bold=True, font_color="FFFF0000"))
    yes("compare_table", path, None, **cell("A1", font_name="Arial", font_size=14, font_italic=False))
    yes("compare_table", path, None, **cell("A2", bgcolor="FF00FF00", fill_type="patternFill", merge=False))
    yes("compare_table", path, None, **cell("B3", value="4.25", number_format="0.00"))
    no("compare_table", path, None, **cell("B3", value=4))
    no("compare_table", path, None, **cell("A2", font_bold=True))
    no("compare_table", path, None, **cell("Z99", value="Item"))
    for wrong in (cell("A1", shadow=1), cell("1A", value=1)):
        with pytest.raises(UsageError):
            score("compare_table", path, None, **wrong)


def test_looks_sizes_filters_and_panes(tmp_path: Path, gold: Path) -> None:
    def change(sheet: Any) -> None:
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = "A1:B3"
        sheet.auto_filter.add_filter_column(0, ["Apple"])
        sheet.column_dimensions["A"].width = 30
        sheet.row_dimensions[1].height = 20
        sheet["A1"].font = Font(bold=True)

    one, again = book(tmp_path / "a.xlsx", change), book(tmp_path / "b.xlsx", change)
    kinds: dict[str, dict[str, Any]] = {
        "freeze": {},
        "filter": {},
        "col_props": {"props": ["width"]},
        "row_props": {"props": ["height", "hidden"]},
        "style": {"props": ["font_bold", "font_color"]},
    }
    for kind, more in kinds.items():
        yes("compare_table", one, again, **two(kind, **more))
        no("compare_table", one, gold, **two(kind, **more))
    with pytest.raises(UsageError, match="col_props"):
        score("compare_table", one, again, **two("col_props", props=["__class__"]))


def test_charts(tmp_path: Path, gold: Path) -> None:
    def charted(title: str, last: int = 3) -> Change:
        def change(sheet: Any) -> None:
            chart = BarChart()
            chart.title, chart.x_axis.title = title, "Item"
            chart.add_data(Reference(sheet, min_col=2, min_row=2, max_row=last))
            chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last))
            sheet.add_chart(chart, "D2")

        return change

    one, again = book(tmp_path / "a.xlsx", charted("Sales")), book(tmp_path / "b.xlsx", charted("Sales"))
    every = [
        "type",
        "title",
        "legend",
        "direction",
        "anchor",
        "width",
        "height",
        "xtitle",
        "ytitle",
        "ztitle",
    ]
    yes("compare_table", one, again, **two("chart", chart_props=every))
    no("compare_table", one, gold, **two("chart"))
    no("compare_table", book(tmp_path / "c.xlsx", charted("Sales", last=2)), one, **two("chart"))
    other = book(tmp_path / "d.xlsx", charted("Prices"))
    yes("compare_table", other, one, **two("chart", chart_props=["type"]))
    no("compare_table", other, one, **two("chart", chart_props=["title"]))
    with pytest.raises(UsageError, match="colour"):
        score("compare_table", one, again, **two("chart", chart_props=["colour"]))


def test_zoom_and_what_may_be_entered(tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        sheet.sheet_view.zoomScale = 150
        check = DataValidation(type="list", formula1='"Pass,Fail"')
        check.add("C2:C3")
        sheet.add_data_validation(check)

    path = book(tmp_path / "a.xlsx", change)
    yes("compare_table", path, None, rules=[{"type": "zoom", "sheet_idx": 0, "method": "ge", "ref": 150}])
    no("compare_table", path, None, rules=[{"type": "zoom", "sheet_idx": 0, "method": "lt", "ref": 150}])
    entered = {
        "type": {"method": "eq", "ref": "list"},
        "formula1": {"method": "str_set_eq", "ref": ["Fail", "Pass"]},
        "ranges": {"method": "eq", "ref": "C2:C3"},
    }
    yes("compare_table", path, None, rules=[{"type": "data_validation", "dv_props": [entered]}])
    no("compare_table", path, None, rules=[{"type": "data_validation", "dv_props": [entered] * 2}])
    other = {"type": {"method": "eq", "ref": "whole"}}
    no("compare_table", path, None, rules=[{"type": "data_validation", "dv_props": [other]}])


def test_cells_with_texts_alike(tmp_path: Path, gold: Path) -> None:
    one = book(tmp_path / "a.xlsx", rows=(("item ", "Price"), ("Apples", 3), ("Pear", 4.25)))

    def alike(kind: str, span: str, **more: Any) -> dict[str, Any]:
        return two("sheet_fuzzy", rules=[{"range": [span], "type": kind, **more}])

    yes("compare_table", one, gold, **alike("includes", "A2:A3"))
    no("compare_table", one, gold, **alike("exact_match", "A2:A3"))
    yes("compare_table", one, gold, **alike("exact_match", "A1", ignore_case=True, trim_trailings=" "))
    yes("compare_table", one, gold, **alike("fuzzy_match", "A2", threshold=90))
    no("compare_table", one, gold, **alike("fuzzy_match", "A2", threshold=95))
    for wrong in (alike("nearly", "A1"), alike("includes", "A1:XFD1048576"), alike("includes", "hello")):
        with pytest.raises(UsageError):
            score("compare_table", one, gold, **wrong)


def test_sheets_as_they_are_printed(tmp_path: Path, gold: Path) -> None:
    one = book(tmp_path / "a.xlsx")
    with pytest.raises(NothingThere, match=r"a-Sales\.csv"):
        score("compare_table", one, gold, **two("sheet_print"))
    (tmp_path / "a-Sales.csv").write_text("Item,Price\nApple,3.00\n\n")
    (tmp_path / "gold-Sales.csv").write_text("item,price\napple,3.00\n")
    no("compare_table", one, gold, **two("sheet_print"))
    yes("compare_table", one, gold, **two("sheet_print", ignore_case=True))


def test_what_is_no_workbook_is_not_done(tmp_path: Path, gold: Path) -> None:
    path = tmp_path / "a.xlsx"
    for data in (b"", b"hello", b"PK\x03\x04 broken"):
        path.write_bytes(data)
        with pytest.raises(NothingThere):
            score("compare_table", path, gold, **two("sheet_data"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
    with pytest.raises(NothingThere):
        score("compare_table", path, gold, **two("sheet_data"))


def test_a_workbook_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path, gold: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/a.xml", "w") as big:
        for _ in range(201):
            big.write(bytes(1 << 20))
    with pytest.raises(EnvironmentProblem, match="MiB unpacked"):
        score("compare_table", path, gold, **two("sheet_data"))


def test_a_sheet_with_a_cell_far_away_is_not_walked_through(tmp_path: Path, gold: Path) -> None:
    path = book(tmp_path / "a.xlsx", lambda sheet: sheet.cell(1_048_576, 16_384, "far"))
    with pytest.raises(EnvironmentProblem, match="larger than"):
        score("compare_table", path, gold, **two("sheet_data"))


def letter(path: Path, *texts: str, change: Change = lambda made: None) -> Path:
    made = docx.Document()
    for text in texts or ("Dear all,", "hello"):
        made.add_paragraph(text)
    change(made)
    made.save(str(path))
    return path


def test_documents_with_the_same_text(tmp_path: Path) -> None:
    one, other = letter(tmp_path / "a.docx"), letter(tmp_path / "b.docx", "Dear  all,", "", "hello")
    yes("compare_docx_files", one, other)
    no("compare_docx_files", one, other, ignore_blanks=False)
    no("compare_docx_files", one, letter(tmp_path / "c.docx", "Dear all,", "goodbye"))
    swapped = letter(tmp_path / "d.docx", "hello", "Dear all,")
    no("compare_docx_files", one, swapped)
    yes("compare_docx_files", one, swapped, ignore_order=True)
    no("compare_docx_files", one, letter(tmp_path / "e.docx", "DEAR ALL,", "hello"))
    yes("compare_docx_files", one, tmp_path / "e.docx", ignore_case=True)
    assert 0.6 < score("compare_docx_files", one, tmp_path / "c.docx", content_only=True).reward < 0.9


def test_the_text_of_an_odt_document(tmp_path: Path) -> None:
    path = tmp_path / "a.odt"
    space = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "content.xml", f'<a xmlns:text="{space}"><text:p>Dear <text:span>all,</text:span></text:p></a>'
        )
    yes("compare_docx_files", path, letter(tmp_path / "b.docx", "Dear all,"))
    no("compare_docx_files", path, letter(tmp_path / "b.docx", "Dear you,"))


def test_what_documents_look_like(tmp_path: Path) -> None:
    def centred(made: Any) -> None:
        made.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        made.paragraphs[1].paragraph_format.line_spacing = 2.0
        made.paragraphs[0].runs[0].font.name = "Arial"
        made.paragraphs[1].runs[0].font.name = "Arial"
        made.paragraphs[1].runs[0].font.subscript = True
        made.paragraphs[1].runs[0].add_break(WD_BREAK.PAGE)
        made.sections[0].footer.paragraphs[0].text = "Page 1"

    plain, changed = letter(tmp_path / "a.docx"), letter(tmp_path / "b.docx", change=centred)
    again = letter(tmp_path / "c.docx", change=centred)
    yes("is_first_line_centered", changed)
    no("is_first_line_centered", plain)
    yes("compare_line_spacing", changed, again)
    no("compare_line_spacing", plain, changed)
    yes("compare_font_names", changed, {"font_name": "Arial"})
    no("compare_font_names", plain, {"font_name": "Arial"})
    yes("compare_subscript_contains", changed, again)
    no("compare_subscript_contains", plain, changed)
    no("compare_subscript_contains", plain, plain)
    yes("contains_page_break", changed)
    yes("contains_page_break", changed, {"page_break_count": 1})
    no("contains_page_break", changed, {"page_break_count": 2})
    no("contains_page_break", plain)
    yes("has_page_numbers_in_footers", changed)
    no("has_page_numbers_in_footers", plain)


def test_tables_and_pictures_in_documents(tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), "red").save(tmp_path / "a.png")

    def filled(made: Any) -> None:
        made.add_table(1, 2).cell(0, 1).text = "Apple"
        made.add_picture(str(tmp_path / "a.png"))

    plain, changed = letter(tmp_path / "a.docx"), letter(tmp_path / "b.docx", change=filled)
    for metric in ("compare_docx_tables", "compare_docx_images"):
        yes(metric, changed, letter(tmp_path / "c.docx", change=filled))
        no(metric, plain, changed)


def test_what_is_no_document_is_not_done(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(b"hello")
    for metric in ("is_first_line_centered", "contains_page_break"):
        with pytest.raises(NothingThere):
            score(metric, path)
    book(path)
    with pytest.raises(NothingThere, match="not a docx"):
        score("is_first_line_centered", path)


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    picture = Image.new("RGB", (120, 80), (90, 120, 160))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((10, 10, 50, 60), fill=(200, 150, 60))
    pen.rectangle((70, 30, 110, 70), fill=(40, 60, 30))
    picture.save(tmp_path / "gold.png")
    return tmp_path / "gold.png"


def saved(picture: Image.Image, path: Path) -> Path:
    picture.save(path)
    return path


def test_sizes_of_pictures(tmp_path: Path, drawn: Path) -> None:
    yes("check_image_size", drawn, {"width": 120, "height": 80})
    yes("check_image_size", drawn, {"height": 80})
    no("check_image_size", drawn, {"width": 80})
    framed = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    framed.paste(Image.open(drawn), (10, 10))
    path = saved(framed, tmp_path / "framed.png")
    no("check_image_size", path, {"width": 120})
    yes("check_image_size", path, {"width": 120, "ignore_transparent": True})
    yes("check_structure_sim_resized", path, drawn)


def test_pictures_alike_mirrored_darker_and_of_more_contrast(tmp_path: Path, drawn: Path) -> None:
    with Image.open(drawn) as opened:
        picture = opened.copy()
    dark = saved(ImageEnhance.Brightness(picture).enhance(0.6), tmp_path / "dark.png")
    strong = saved(ImageEnhance.Contrast(picture).enhance(1.6), tmp_path / "strong.png")
    mirrored = saved(ImageOps.mirror(picture), tmp_path / "mirrored.png")
    larger = saved(picture.resize((240, 160)), tmp_path / "larger.png")
    other = saved(Image.effect_noise((120, 80), 90).convert("RGB"), tmp_path / "other.png")
    near = saved(ImageEnhance.Brightness(picture).enhance(1.01), tmp_path / "near.png")
    yes("compare_image_list", [drawn, dark], [drawn, dark])
    no("compare_image_list", [drawn, dark], [drawn, near])
    no("compare_image_list", [drawn], [drawn, dark])
    yes("check_structure_sim", near, drawn)
    no("check_structure_sim", other, drawn)
    no("check_structure_sim", larger, drawn)
    yes("check_structure_sim_resized", larger, drawn)
    yes("check_image_mirror", mirrored, drawn)
    no("check_image_mirror", drawn, drawn)
    yes("check_brightness_decrease_and_structure_sim", dark, drawn)
    no("check_brightness_decrease_and_structure_sim", drawn, dark)
    no("check_brightness_decrease_and_structure_sim", saved(Image.new("RGB", (120, 80)), dark), drawn)
    yes("check_contrast_increase_and_structure_sim", strong, drawn)
    no("check_contrast_increase_and_structure_sim", drawn, strong)
    no("check_contrast_increase_and_structure_sim", other, drawn)


def test_what_is_no_picture_is_not_done(tmp_path: Path, drawn: Path) -> None:
    path = tmp_path / "a.png"
    for data in (b"", b"hello", drawn.read_bytes()[:200]):
        path.write_bytes(data)
        with pytest.raises(NothingThere):
            score("check_image_size", path, {"width": 120})
    Image.new("1", (10_000, 10_000)).save(path)
    with pytest.raises(EnvironmentProblem, match="pixels"):
        score("check_image_size", path, {"width": 120})
