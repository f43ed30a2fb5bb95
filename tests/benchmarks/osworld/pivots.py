"""Workbooks with pivot tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.pivot.cache import CacheDefinition, CacheField, CacheSource, WorksheetSource
from openpyxl.pivot.record import RecordList
from openpyxl.pivot.table import (
    DataField,
    FieldItem,
    Location,
    PageField,
    PivotField,
    RowColField,
    TableDefinition,
)

WHOLE: dict[str, Any] = {
    "ref": "A1:D9",
    "name": "Pivot",
    "rows": (0,),
    "columns": (1,),
    "pages": (),
    "data": ((2, "Sum", "sum"),),
    "hidden": (),
}
"""A pivot table of four columns, the last of which is not used."""


def pivot_book(path: Path, changes: Mapping[str, Any] | None = None, sheet: str = "Sheet2") -> Path:
    """A workbook with data, and on a second sheet a pivot table; ``changes`` are other facts than WHOLE's."""
    facts = {**WHOLE, **(changes or {})}
    book = Workbook()
    data = book.active
    assert data is not None
    data.title = "Data"
    for row in (("Name", "Year", "Price", "Note"), ("a", "1", 2, "x"), ("b", "2", 3, "y")):
        data.append(row)
    source = CacheSource(type="worksheet", worksheetSource=WorksheetSource(ref=facts["ref"], sheet="Data"))
    fields = tuple(CacheField(name=name) for name in ("Name", "Year", "Price", "Note"))
    cache = CacheDefinition(cacheSource=source, cacheFields=fields)
    cache.records = RecordList()
    used = {*facts["rows"], *facts["columns"], *facts["pages"]}
    table = TableDefinition(
        name=facts["name"],
        cacheId=1,
        dataCaption="Data",
        location=Location(ref="A1:C4", firstHeaderRow=1, firstDataRow=2, firstDataCol=1),
        pivotFields=tuple(_field(number, used, facts["hidden"]) for number in range(4)),
        rowFields=tuple(RowColField(x=number) for number in facts["rows"]),
        colFields=tuple(RowColField(x=number) for number in facts["columns"]),
        pageFields=tuple(PageField(fld=number, hier=-1) for number in facts["pages"]),
        dataFields=tuple(DataField(fld=fld, name=name, subtotal=kind) for fld, name, kind in facts["data"]),
    )
    table.cache = cache
    book.create_sheet(sheet).add_pivot(table)
    book.save(path)
    return path


def _field(number: int, used: set[int], hidden: tuple[int, ...]) -> PivotField:
    items = (
        tuple(FieldItem(x=place, h=place in hidden or None) for place in range(2)) if number in used else ()
    )
    return PivotField(showAll=False, items=(*items, FieldItem(t="default")) if items else ())
