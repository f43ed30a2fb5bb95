"""The charts of a sheet as plain values that can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from deskhand.errors import UsageError


def _title(title: Any) -> str | None:
    """The words of a chart's or an axis's title."""
    rich = title.tx.rich if title is not None and title.tx is not None else None
    if rich is None:
        return None
    return "".join(run.t or "" for paragraph in rich.p for run in paragraph.r or ())


def _anchor(chart: Any) -> Any:
    """The cells between which a chart lies."""
    corners = (getattr(chart.anchor, "_from", None), getattr(chart.anchor, "to", None))
    return [(corner.col, corner.row) if corner is not None else None for corner in corners]


_PROPS: Mapping[str, Callable[[Any], Any]] = {
    "type": lambda chart: chart.tagname,
    "title": lambda chart: _title(chart.title),
    "legend": lambda chart: chart.legend.position if chart.legend is not None else None,
    "direction": lambda chart: getattr(chart, "barDir", None),
    "anchor": _anchor,
    "width": lambda chart: chart.width,
    "height": lambda chart: chart.height,
    "xtitle": lambda chart: _title(getattr(getattr(chart, "x_axis", None), "title", None)),
    "ytitle": lambda chart: _title(getattr(getattr(chart, "y_axis", None), "title", None)),
    "ztitle": lambda chart: _title(getattr(getattr(chart, "z_axis", None), "title", None)),
}


def charts(sheet: Any, names: Iterable[str]) -> dict[str, list[Any]]:
    """A sheet's charts by the cells that they are made from, each with these properties.

    Raises:
        UsageError: there is no such property.
    """
    names = tuple(names)
    unknown = [name for name in names if name not in _PROPS]
    if unknown:
        raise UsageError(f"a chart has {', '.join(sorted(_PROPS))}, and no {unknown[0][:40]!r}")
    return {_source(chart): [_PROPS[name](chart) for name in names] for chart in sheet._charts}


def _source(chart: Any) -> str:
    """The cells of each series: its values, and its categories or x values."""
    parts = []
    for series in chart.series:
        values = getattr(series, "val", None) or getattr(series, "yVal", None)
        categories = getattr(series, "cat", None) or getattr(series, "xVal", None)
        parts.append(f"{_cells(values)} by {_cells(categories)}")
    return "; ".join(parts)


def _cells(source: Any) -> str:
    for kind in ("numRef", "strRef", "multiLvlStrRef"):
        reference = getattr(source, kind, None)
        if reference is not None:
            return str(reference.f).replace("'", "").replace("$", "")
    return "nothing"
