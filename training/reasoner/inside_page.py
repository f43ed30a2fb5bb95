"""What was seen inside the reasoner, as one self-contained web page with pictures. It has no script."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deskhand.disk import replacing, writing
from deskhand.text import clean
from deskhand.training.curve import draw, shade

PAGE, SHADES, CURVE = "experts.html", "experts.png", "calibration.png"

Rows = Sequence[Mapping[str, Any]]

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1100px; padding: 1rem; color: #222; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; font-size: 13px; }
td, th { text-align: left; padding: .15rem .5rem; border-bottom: 1px solid #eee; vertical-align: top; }
img { max-width: 100%; }
small { color: #666; }
"""
_MEANING = (
    "Each token is sent to some of the experts of each layer. Bits said: how much a label says about which "
    "experts those are, of the bits of choice that there are. By chance: the same with shuffled labels; "
    "kinds of token among those of one decision, roles among the places of one screen, verbs among the "
    "decisions of one task, applications among tasks. What is not above the most by chance means nothing."
)
_SHARES = (
    "Which share of the tokens goes to which expert, in percent; if all experts were alike, each row would "
    "be even. From even: by how many bits the choice is narrower than an even one. From all: how many bits "
    "it is away from that of all tokens of the kind. In the picture 4.2 is expert 2 of layer 4."
)
_CALIBRATION = (
    "Sure: how likely the verb and the place are together to the network. Well calibrated is what is right "
    "as often as it is sure. Error: the expected calibration error, the mean difference of both in the ten "
    "bins, in points."
)
_TEMPERATURE = (
    "A temperature above 1 makes every decision less sure and changes none. It was fitted on one half of "
    "the episodes; the numbers are of the other half, as it is and then with the temperature."
)


def write_inside(
    out: Path, title: str, meaning: Rows, shares: Rows, totals: Rows, bins: Rows, temperatures: Rows
) -> Path:
    """Write the page and its two pictures into a folder.

    Args:
        title: what was looked into.
        meaning, shares: see ``experts``; totals, bins, temperatures: see ``calibration``.

    Returns:
        the page.

    Raises:
        LogError: it cannot be written.
    """
    with writing("the page", out):
        out.mkdir(parents=True, exist_ok=True)
        _shades(out / SHADES, shares)
        names = ("mean sure, %", "verb and place right, %", "whole move right, %")
        lines = {name.removesuffix(", %"): [_share(row[name]) for row in bins] for name in names}
        draw(out / CURVE, "How sure, and how often right", lines, "tenth of sureness:")
        parts = [
            "<!doctype html><html lang='en'><meta charset='utf-8'>",
            "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
            "img-src data:; style-src 'unsafe-inline'\">",
            f"<title>Inside the reasoner</title><style>{_STYLE}</style>",
            f"<h1>Inside the reasoner</h1><p>{_text(title)}</p>",
            f"<h2>Do experts mean anything?</h2><p>{_MEANING}</p>{_table(meaning)}",
            f"<h2>Which experts fire for what</h2><p>{_SHARES}</p>{_image(out / SHADES)}{_table(shares)}",
            f"<h2>As sure as right?</h2><p>{_CALIBRATION}</p>{_image(out / CURVE)}",
            f"{_table(bins)}{_table(totals)}",
            f"<h2>With a temperature</h2><p>{_TEMPERATURE}</p>{_table(temperatures)}",
        ]
        with replacing(out / PAGE) as whole:
            whole.write_text("".join(parts), encoding="utf-8")
    return out / PAGE


def _shades(path: Path, shares: Rows) -> None:
    """Rows are labels, columns the experts of one layer after the other."""
    layers = sorted({row["layer"] for row in shares})
    experts = [name for name in shares[0] if name.startswith("expert ")]
    columns = [f"{layer}.{name.removeprefix('expert ')}" for layer in layers for name in experts]
    blocks: dict[str, dict[str, list[float | None]]] = {}
    for row in shares:
        block = blocks.setdefault(f"by {row['by']}, %", {})
        mine = block.setdefault(row["label"], [None] * len(columns))
        start = layers.index(row["layer"]) * len(experts)
        mine[start : start + len(experts)] = [row[name] / 100 for name in experts]
    shade(path, columns, {name: list(block.items()) for name, block in blocks.items()})


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _table(rows: Rows) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{_text(str(name))}" for name in rows[0])
    body = ("".join(f"<td>{_text('-' if v is None else str(v))}" for v in row.values()) for row in rows)
    return f"<table><tr>{head}{''.join(f'<tr>{row}' for row in body)}</table>"


def _image(path: Path) -> str:
    return f"<img alt='' src='data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}'>"


def _text(words: str) -> str:
    return html.escape(clean(words))
