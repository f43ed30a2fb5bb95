"""How cells look, and what sheets filter and check, as plain values that can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from openpyxl.cell.cell import MergedCell

from deskhand.benchmarks.task_files.metrics.workbook import cells_of
from deskhand.errors import UsageError

_CHECKED = (
    "type", "formula1", "formula2", "operator", "allowBlank", "showDropDown", "showInputMessage",
    "showErrorMessage", "error", "errorTitle", "errorStyle", "prompt", "promptTitle", "imeMode",
)  # fmt: skip


def _colour(colour: Any) -> Any:
    """A colour as aRGB; a theme's or an index as what it is."""
    if colour is None:
        return None
    return colour.rgb if colour.type == "rgb" else f"{colour.type}:{getattr(colour, colour.type)}"


_STYLES: Mapping[str, Callable[[Any], Any]] = {
    "number_format": lambda cell: cell.number_format if cell.data_type == "n" else None,
    "font_name": lambda cell: cell.font.name,
    "font_family": lambda cell: cell.font.family,
    "font_color": lambda cell: _colour(cell.font.color),
    "font_bold": lambda cell: bool(cell.font.bold),
    "font_italic": lambda cell: bool(cell.font.italic),
    "font_underline": lambda cell: cell.font.underline,
    "font_size": lambda cell: cell.font.size,
    "hyperlink": lambda cell: cell.hyperlink.target if cell.hyperlink is not None else "",
}
"""Styles that only a cell with something in it has."""

_PAINTED: Mapping[str, Callable[[Any], Any]] = {
    "fill_type": lambda cell: cell.fill.tagname,
    "bgcolor": lambda cell: _colour(getattr(cell.fill, "fgColor", None)),
    "fgcolor": lambda cell: _colour(getattr(cell.fill, "fgColor", None)),
    "horizontal": lambda cell: cell.alignment.horizontal,
    "vertical": lambda cell: cell.alignment.vertical,
    "merge": lambda cell: isinstance(cell, MergedCell),
}


def of(cell: Any, name: str) -> Any:
    """A cell's style by the name that rules call it; None for text styles of an empty cell.

    Raises:
        UsageError: there is no such style.
    """
    if name in _PAINTED:
        return _PAINTED[name](cell)
    if name not in _STYLES:
        known = ", ".join(sorted((*_STYLES, *_PAINTED)))
        raise UsageError(f"a rule has the style {name[:40]!r}, which is not known; there are {known}")
    return _STYLES[name](cell) if cell.value is not None else None


def sheet(sheet: Any, names: Iterable[str]) -> dict[str, Any]:
    """The styles of a sheet's cells by their names, and its conditional formats by their ranges.

    Empty cells without any style are left out.
    """
    cells_of(sheet)  # it is not too large
    names, found = tuple(names), dict[str, Any]()
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None or cell.has_style:
                found[cell.coordinate] = [of(cell, name) for name in names]
    for part in sheet.conditional_formatting:
        found[f"where {part.sqref}"] = [_conditional(rule) for rule in part.rules]
    return found


def _conditional(rule: Any) -> Any:
    look = rule.dxf
    return [
        rule.type,
        rule.operator,
        tuple(rule.formula),
        _colour(look.font.color) if look is not None and look.font is not None else None,
        _colour(look.fill.bgColor) if look is not None and look.fill is not None else None,
    ]


def filters(sheet: Any) -> Any:
    """What a sheet filters by: its range, and for each column the values or conditions."""
    return [sheet.auto_filter.ref, sorted(_column(column) for column in sheet.auto_filter.filterColumn)]


def _column(column: Any) -> Any:
    values = sorted(map(str, column.filters.filter)) if column.filters is not None else []
    custom = column.customFilters
    own = [(str(one.operator), str(one.val)) for one in custom.customFilter] if custom is not None else []
    return column.colId, values, bool(column.filters.blank) if column.filters is not None else False, own


def validation(check: Any) -> dict[str, Any]:
    """A check of what may be entered, with its ranges."""
    found = {name: getattr(check, name) for name in _CHECKED}
    return {**found, "ranges": str(check.sqref)}
