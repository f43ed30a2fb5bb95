"""Text editors: Mousepad and those that work alike."""

from __future__ import annotations

import random

from deskhand.benchmarks.moves import Draw, Moves, OracleMove, Parameters, done, press, type_text
from deskhand.screens.variation import file_name, sentence, words


def _draw_save(chance: random.Random, seen: bool) -> Parameters:
    return {"text": sentence(chance, seen), "name": file_name(chance, seen)}


def _save_moves(p: Parameters) -> list[OracleMove]:
    return [
        type_text(
            p["text"],
            "The editor is empty, so I type the text.",
            "First I type the text.",
            "I write the text.",
        ),
        press(
            "ctrl+s",
            "The text is there, now I save it.",
            "I typed it, next is saving.",
            "Now I save the file.",
        ),
        type_text(
            p["name"], "The save dialog asks for a name.", "I enter the file name.", "A name is wanted here."
        ),
        press("enter", "The name is typed, I confirm.", "I confirm the name.", "Enter saves the file."),
        done(
            "The file is saved.",
            "The title shows the saved file.",
            "It is saved, so I am done.",
            after="Save As",
        ),
    ]


def _draw_append(chance: random.Random, seen: bool) -> Parameters:
    lines = [words(chance, seen) for _ in range(chance.randint(2, 4))]
    return {"text": sentence(chance, seen), "name": file_name(chance, seen), "old": "\n".join(lines)}


def _append_moves(p: Parameters) -> list[OracleMove]:
    return [
        press(
            "ctrl+end", "I go to the end of the file.", "The end is where the line goes.", "First to the end."
        ),
        type_text(
            p["text"], "At the end, I type the line.", "Now I type the new line.", "I add the line here."
        ),
        press("ctrl+s", "The line is there, now I save.", "I save the change.", "Now I save the file."),
        done("The line is added and saved.", "The file is saved.", "It is saved, so I am done."),
    ]


def _rewrite_moves(p: Parameters) -> list[OracleMove]:
    return [
        press(
            "ctrl+a",
            "I select the old text first.",
            "All of it must go, so I select all.",
            "First I select all.",
        ),
        type_text(
            p["text"],
            "Typing replaces the selection.",
            "Now I type the new text.",
            "I write the new text over it.",
        ),
        press("ctrl+s", "The new text is there, now I save.", "I save the change.", "Now I save the file."),
        done("The new text is saved.", "The file is saved.", "It is saved, so I am done."),
    ]


DRAWS: dict[str, Draw] = {"editor-save": _draw_save, "editor-append": _draw_append}
MOVES: dict[str, Moves] = {
    "editor-save": _save_moves,
    "editor-append": _append_moves,
    "editor-rewrite": _rewrite_moves,
}
