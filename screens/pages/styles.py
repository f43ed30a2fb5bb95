"""Looks of random pages: palettes, fonts and ways to draw controls, whose rules are in ``styles.css``."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FONTS = (
    "'DejaVu Sans'", "'DejaVu Serif'", "'Liberation Sans'", "'Liberation Serif'", "'Roboto'", "'Cantarell'",
    "'Open Sans'", "'Nimbus Sans'", "sans-serif", "serif", "'Noto Sans CJK SC'", "'DejaVu Sans Mono'",
)  # fmt: skip
KINDS = ("plain", "boot", "flat", "line", "outline", "soft", "retro", "dense")
CHECKS = ("native", "accent", "drawn", "span")


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a page, each as CSS."""

    ground: str
    ink: str
    panel: str
    edge: str
    accent: str
    on_accent: str
    muted: str
    dark: bool = False


LIGHT = (
    ("#ffffff", "#212529", "#f8f9fa", "#ced4da", "#6c757d"),
    ("#ffffff", "#000000", "#ffffff", "#808080", "#555555"),
    ("#f0f2f5", "#1c1e21", "#ffffff", "#dddfe2", "#65676b"),
    ("#f6f8fa", "#24292f", "#ffffff", "#d0d7de", "#57606a"),
    ("#fdf6e3", "#073642", "#fefbf1", "#d5ccb0", "#657b83"),
    ("#e9eef5", "#1b2a41", "#f7fafd", "#b5c2d3", "#5b6b80"),
    ("#f3e9e2", "#3b2a20", "#fbf5f1", "#d0b8a8", "#7d6455"),
    ("#c0c0c0", "#000000", "#d4d0c8", "#808080", "#404040"),
    ("#ffffff", "#333333", "#fafafa", "#e5e5e5", "#777777"),
)
DARK = (
    ("#121212", "#e0e0e0", "#1e1e1e", "#3a3a3a", "#9e9e9e"),
    ("#0d1117", "#c9d1d9", "#161b22", "#30363d", "#8b949e"),
    ("#282a36", "#f8f8f2", "#343746", "#6272a4", "#a0a8c8"),
    ("#1b2b34", "#d8dee9", "#243742", "#4f5b66", "#a7adba"),
    ("#2d2d2d", "#f2f2f2", "#383838", "#5a5a5a", "#b0b0b0"),
)
ACCENTS = (
    "#0d6efd", "#198754", "#dc3545", "#6f42c1", "#fd7e14", "#0f766e", "#d63384", "#1a73e8", "#333333",
    "#b45309", "#2563eb", "#7c3aed", "#0891b2", "#16a34a",
)  # fmt: skip


def palette(rng: random.Random) -> Palette:
    """A palette by chance; two of five are dark."""
    dark = rng.random() < 0.35
    ground, ink, panel, edge, muted = rng.choice(DARK if dark else LIGHT)
    return Palette(ground, ink, panel, edge, rng.choice(ACCENTS), "#ffffff", muted, dark)


@cache
def _rules() -> str:
    return Path(__file__).with_name("styles.css").read_text(encoding="utf-8")


def sheet(colours: Palette, font: str, pixels: float) -> str:
    """The style sheet of a page, with letters of ``pixels`` CSS pixels; its body has a class of ``KINDS``."""
    link = "#8ab4f8" if colours.dark else "#0b57d0"
    names = {
        "ground": colours.ground, "ink": colours.ink, "panel": colours.panel, "edge": colours.edge,
        "accent": colours.accent, "on-accent": colours.on_accent, "muted": colours.muted, "link": link,
    }  # fmt: skip
    variables = " ".join(f"--{name}: {value};" for name, value in names.items())
    scheme = "dark" if colours.dark else "light"
    own = f":root {{ {variables} color-scheme: {scheme}; }}\n"
    letters = f"{pixels:g}px/1.4 {font}, sans-serif"
    own += f"body {{ background: var(--ground); color: var(--ink); font: {letters}; }}\n"
    return own + _rules()
