"""Desk tasks done with the mouse where the oracle uses the keyboard: for recordings that have targets."""

from __future__ import annotations

from collections.abc import Callable

from deskhand.actions.vocabulary import Finished, Type
from deskhand.benchmarks.moves import ClickText, OracleMove, Parameters


def _click(text: str) -> OracleMove:
    return OracleMove((f"I click {text}.",), ClickText(text))


def _save_moves(p: Parameters) -> list[OracleMove]:
    return [
        OracleMove(("I type the text.",), Type(text=p["text"])),
        _click("File"),
        _click("Save As"),
        OracleMove(("The dialog asks for a name.",), Type(text=p["name"])),
        _click("Save"),
        OracleMove(("The file is saved.",), Finished(), after="Save As"),
    ]


BY_MOUSE: dict[str, Callable[[Parameters], list[OracleMove]]] = {
    "editor-save": _save_moves,
    "other-editor-save": _save_moves,
}
"""Moves by the name of the family."""
