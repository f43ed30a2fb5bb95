"""The pivot tables of a sheet as plain values that can be compared."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from openpyxl.utils.cell import coordinate_to_tuple

from deskhand.benchmarks.task_files.metrics.common import shown
from deskhand.benchmarks.task_files.place import NothingThere

_SHOWN = {
    "name": "name",
    "show_total": "visualTotals",
    "show_empty_row": "showEmptyRow",
    "show_empty_col": "showEmptyCol",
    "show_headers": "showHeaders",
    "location": "location",
}


def pivot_tables(sheet: Any, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """A sheet's pivot tables by the cells that they are made from, each with these properties.

    Columns of the source without a choice, at its ends, are not counted as part of it.

    Raises:
        NothingThere: one is not whole.
    """
    try:
        return dict(_described(pivot, names) for pivot in sheet._pivots)
    except (AttributeError, TypeError, ValueError) as error:
        raise NothingThere(f"a pivot table cannot be read: {shown(str(error))}") from error


def _described(pivot: Any, names: Collection[str]) -> tuple[str, dict[str, Any]]:
    choices = [[(one.h, one.x) for one in field.items if one.x is not None] for field in pivot.pivotFields]
    chosen = [number for number, choice in enumerate(choices) if choice]
    before = chosen[0] if chosen else len(choices)
    after = len(choices) - chosen[-1] - 1 if chosen else 0
    kept = choices[before : len(choices) - after]
    found: dict[str, Any] = {name: getattr(pivot, own) for name, own in _SHOWN.items() if name in names}
    if "filter" in names or "selection" in names:
        found["selection"] = kept if "ordered" in names else [set(choice) for choice in kept]
    if "filter" in names:
        found["filter_fields"] = {field.fld for field in pivot.pageFields}
    if "col_fields" in names:
        found["col_fields"] = [field.x - before for field in pivot.colFields]
    if "row_fields" in names:
        found["row_fields"] = [field.x - before for field in pivot.rowFields]
    if "data_fields" in names:
        found["data_fields"] = [
            (
                field.fld - before,
                field.name if "data_fields_name" in names else "",
                field.subtotal,
                field.showDataAs,
            )
            for field in pivot.dataFields
        ]
    return _source(pivot.cache.cacheSource, before, after), found


def _source(source: Any, before: int, after: int) -> str:
    """Where a pivot table's values come from: the kind of source, its corners, its sheet."""
    first, last = source.worksheetSource.ref.split(":")
    (top, left), (bottom, right) = coordinate_to_tuple(first), coordinate_to_tuple(last)
    corners = f"{top},{left + before}:{bottom},{right - after}"
    return f"{source.type};{corners};{source.worksheetSource.sheet}"
