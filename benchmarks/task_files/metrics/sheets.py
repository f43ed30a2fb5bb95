"""``compare_table``: a workbook keeps rules, one after the other; each names the sheets that it is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter, range_boundaries
from pydantic import BaseModel, ConfigDict, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics import styles
from deskhand.benchmarks.task_files.metrics.charts import charts
from deskhand.benchmarks.task_files.metrics.common import rules_of, shown
from deskhand.benchmarks.task_files.metrics.matching import Rule, likeness, matches
from deskhand.benchmarks.task_files.metrics.pivots import pivot_tables
from deskhand.benchmarks.task_files.metrics.workbook import MOST_CELLS, Books, read_book
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import UsageError

Index = int | str


class _Rules(BaseModel):
    rules: Annotated[tuple[dict[str, Any], ...], Field(max_length=500)]


class _Two(BaseModel):
    """Two sheets that are compared."""

    model_config = ConfigDict(extra="ignore")

    sheet_idx0: Index = 0
    sheet_idx1: Index = "EI0"


class _One(BaseModel):
    """A sheet that is looked at."""

    model_config = ConfigDict(extra="ignore")

    sheet_idx: Index = 0


def compare_table(result: Any, expected: Any, options: Object) -> Score:
    """A workbook keeps all of the rules; the first that it does not is reported."""
    rules = rules_of(_Rules, options).rules
    books = Books(read_book(result), read_book(expected) if expected is not None else None)
    for rule in rules:
        check = _KINDS.get(str(rule.get("type")))
        if check is None:
            raise UsageError(f"compare_table knows no rule {str(rule.get('type'))[:60]!r}")
        wrong = check(books, rule)
        if wrong:
            return Score(0.0, f"{rule['type']}: {wrong}")
    return Score(1.0)


def _sheet_name(books: Books, given: Object) -> str:
    found, wanted = books.result.names, books.expected.names if books.expected is not None else []
    return "" if found == wanted else f"the sheets are {shown(found)} and not {shown(wanted)}"


class _Data(_Two):
    precision: Annotated[int, Field(ge=0, le=15)] = 4
    ignore_blanks: bool = False


def _sheet_data(books: Books, given: Object) -> str:
    """The same values, as they were when each workbook was saved."""
    rule = rules_of(_Data, given)
    one, other = books.values(rule.sheet_idx0), books.values(rule.sheet_idx1)
    for place in sorted(one.keys() | other.keys()):
        found, wanted = (_rounded(cells.get(place), rule) for cells in (one, other))
        if found != wanted:
            return f"{get_column_letter(place[1])}{place[0]} is {shown(found)} and not {shown(wanted)}"
    return ""


def _rounded(value: Any, rule: _Data) -> Any:
    if isinstance(value, float):
        return round(value, rule.precision)
    return " ".join(value.split()) if isinstance(value, str) and rule.ignore_blanks else value


class _Print(_Two):
    ignore_case: bool = False


def _sheet_print(books: Books, given: Object) -> str:
    """The same lines in the sheets' plain text, which lies beside each workbook as NAME-SHEET.csv."""
    rule = rules_of(_Print, given)
    found, wanted = (_printed(books, index, rule) for index in (rule.sheet_idx0, rule.sheet_idx1))
    return "" if found == wanted else f"the sheet shows {shown(found)} and not {shown(wanted)}"


def _printed(books: Books, index: Index, rule: _Print) -> list[str]:
    book, name = books.named(index)
    plain = re.sub(r"[/\x00]", "_", name)
    path = book.path.with_name(f"{book.path.stem}-{plain}.csv")
    if not path.is_file() or path.stat().st_size > MOST_CELLS * 16:
        raise NothingThere(f"there is no {path.name} beside the workbook")
    lines = [line.strip() for line in path.read_text(errors="replace").rstrip().splitlines()]
    return [line.lower() for line in lines] if rule.ignore_case else lines


class _Range(BaseModel):
    """How the cells of ranges are compared."""

    range: Annotated[tuple[str, ...], Field(max_length=100)]
    type: str
    threshold: float = 85.0
    ignore_case: bool = False
    ignore_chars: str = ""
    trim_leadings: str = ""
    trim_trailings: str = ""
    normalization: tuple[tuple[str, str], ...] = ()


class _Fuzzy(_Two):
    rules: Annotated[tuple[_Range, ...], Field(max_length=100)]


_ALIKE: dict[str, Callable[[str, str, _Range], bool]] = {
    "includes": lambda one, other, rule: other in one,
    "included_by": lambda one, other, rule: one in other,
    "fuzzy_match": lambda one, other, rule: likeness(one, other) * 100 >= rule.threshold,
    "exact_match": lambda one, other, rule: one == other,
}


def _sheet_fuzzy(books: Books, given: Object) -> str:
    """Cells that hold texts alike."""
    rule = rules_of(_Fuzzy, given)
    one, other = books.values(rule.sheet_idx0), books.values(rule.sheet_idx1)
    for part in rule.rules:
        if part.type not in _ALIKE:
            raise UsageError(f"sheet_fuzzy compares by {', '.join(_ALIKE)}, not {part.type[:40]!r}")
        for place in (place for span in part.range for place in _places(span)):
            found, wanted = (_trimmed(cells.get(place), part) for cells in (one, other))
            if not _ALIKE[part.type](found, wanted, part):
                return f"{get_column_letter(place[1])}{place[0]} is {shown(found)}, expected {shown(wanted)}"
    return ""


def _places(span: str) -> list[tuple[int, int]]:
    try:
        left, top, right, bottom = range_boundaries(span)
        edges = [int(edge) for edge in (left, top, right, bottom)]
    except (ValueError, TypeError) as error:
        raise UsageError(f"{span[:40]!r} is not a range of cells") from error
    left, top, right, bottom = edges
    if (right - left + 1) * (bottom - top + 1) > MOST_CELLS:
        raise UsageError(f"the range {span[:40]} is larger than {MOST_CELLS} cells")
    return [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


def _trimmed(value: Any, rule: _Range) -> str:
    text = "" if value is None else str(value)
    for old, new in rule.normalization:
        text = text.replace(old, new)
    text = text.lstrip(rule.trim_leadings) if rule.trim_leadings else text
    text = text.rstrip(rule.trim_trailings) if rule.trim_trailings else text
    text = "".join(letter for letter in text if letter not in rule.ignore_chars)
    return text.lower() if rule.ignore_case else text


def _freeze(books: Books, given: Object) -> str:
    rule = rules_of(_Two, given)
    found, wanted = (books.sheet(index).freeze_panes for index in (rule.sheet_idx0, rule.sheet_idx1))
    return "" if found == wanted else f"panes are frozen at {found} and not {wanted}"


class _Zoom(_One, Rule):
    pass


def _zoom(books: Books, given: Object) -> str:
    rule = rules_of(_Zoom, given)
    scale = books.sheet(rule.sheet_idx).sheet_view.zoomScale or 100
    return "" if matches(scale, rule) else f"the zoom is {scale}"


class _Cell(_One):
    coordinate: str
    props: Annotated[dict[str, Rule], Field(max_length=50)]


def _check_cell(books: Books, given: Object) -> str:
    """A cell's value, as it was when the workbook was saved, and its styles."""
    rule = rules_of(_Cell, given)
    try:
        place = coordinate_to_tuple(rule.coordinate)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{rule.coordinate[:40]!r} is not a cell") from error
    values, sheet = books.values(rule.sheet_idx), books.sheet(rule.sheet_idx)
    for name, kept in rule.props.items():
        found = values.get(place) if name == "value" else styles.of(sheet.cell(*place), name)
        if not matches(found, kept):
            return f"{name} of {rule.coordinate} is {shown(found)}, expected {kept.method} {shown(kept.ref)}"
    return ""


class _Props(_Two):
    props: Annotated[tuple[str, ...], Field(max_length=50)] = ()


def _style(books: Books, given: Object) -> str:
    """The same styles in every cell, and the same conditional formats."""
    rule = rules_of(_Props, given)
    one, other = (
        styles.sheet(books.sheet(index), rule.props) for index in (rule.sheet_idx0, rule.sheet_idx1)
    )
    for place in sorted(one.keys() | other.keys()):
        if one.get(place) != other.get(place):
            return f"{place} has {shown(one.get(place))} and not {shown(other.get(place))}"
    return ""


def _rows(books: Books, given: Object) -> str:
    return _sizes(books, given, "row_dimensions", {"hidden", "collapsed", "height"})


def _columns(books: Books, given: Object) -> str:
    known = {"width", "auto_size", "hidden", "collapsed", "min", "max"}
    return _sizes(books, given, "column_dimensions", known)


def _sizes(books: Books, given: Object, kind: str, known: set[str]) -> str:
    rule = rules_of(_Props, given)
    unknown = set(rule.props) - known
    if unknown:
        raise UsageError(f"{given['type']} knows {', '.join(sorted(known))}, not {sorted(unknown)[0][:40]!r}")
    found, wanted = (
        {
            str(name): [getattr(one, prop) for prop in rule.props]
            for name, one in getattr(books.sheet(index), kind).items()
        }
        for index in (rule.sheet_idx0, rule.sheet_idx1)
    )
    wrong = [name for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name)]
    return f"{wrong[0]} has {found.get(wrong[0])} and not {wanted.get(wrong[0])}" if wrong else ""


def _filter(books: Books, given: Object) -> str:
    rule = rules_of(_Two, given)
    found, wanted = (styles.filters(books.sheet(index)) for index in (rule.sheet_idx0, rule.sheet_idx1))
    return "" if found == wanted else f"the filter is {shown(found)} and not {shown(wanted)}"


class _Charts(_Two):
    chart_props: Annotated[tuple[str, ...], Field(max_length=50)] = ()


def _chart(books: Books, given: Object) -> str:
    """The same charts: made from the same cells, and with these properties."""
    rule = rules_of(_Charts, given)
    found, wanted = (
        charts(books.sheet(index), rule.chart_props) for index in (rule.sheet_idx0, rule.sheet_idx1)
    )
    return "" if found == wanted else f"the charts are {shown(found)} and not {shown(wanted)}"


class _Pivots(_Two):
    pivot_props: Annotated[tuple[str, ...], Field(max_length=50)] = ()


def _pivot_table(books: Books, given: Object) -> str:
    """The same pivot tables: from the same cells, and with these properties; a missing sheet has none."""
    rule = rules_of(_Pivots, given)
    found, wanted = (_pivots(books, index, rule) for index in (rule.sheet_idx0, rule.sheet_idx1))
    return "" if found == wanted else f"the pivot tables are {shown(found)} and not {shown(wanted)}"


def _pivots(books: Books, index: Index, rule: _Pivots) -> Object:
    try:
        sheet = books.sheet(index)
    except NothingThere:
        return {}
    return pivot_tables(sheet, rule.pivot_props)


class _Validation(_One):
    dv_props: Annotated[tuple[dict[str, Rule], ...], Field(max_length=50)]


def _data_validation(books: Books, given: Object) -> str:
    """Each check of what may be entered keeps one of the sets of rules, and there are enough."""
    rule = rules_of(_Validation, given)
    checks = [styles.validation(one) for one in books.sheet(rule.sheet_idx).data_validations.dataValidation]
    if len(checks) < len(rule.dv_props):
        return f"there are {len(checks)} checks of what may be entered, not {len(rule.dv_props)}"
    for check in checks:
        if not any(all(matches(check.get(k), r) for k, r in props.items()) for props in rule.dv_props):
            return f"what may be entered is {shown(check)}"
    return ""


_KINDS: dict[str, Callable[[Books, Object], str]] = {
    "chart": _chart,
    "check_cell": _check_cell,
    "col_props": _columns,
    "data_validation": _data_validation,
    "filter": _filter,
    "freeze": _freeze,
    "pivot_table": _pivot_table,
    "row_props": _rows,
    "sheet_data": _sheet_data,
    "sheet_fuzzy": _sheet_fuzzy,
    "sheet_name": _sheet_name,
    "sheet_print": _sheet_print,
    "style": _style,
    "zoom": _zoom,
}
"""What is wrong with a workbook by a rule; empty if nothing is."""
