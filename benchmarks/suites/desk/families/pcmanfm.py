"""File managers: PCManFM and those that work alike."""

from __future__ import annotations

import random

from deskhand.benchmarks.moves import (
    Draw,
    Moves,
    OracleMove,
    Parameters,
    click_text,
    done,
    press,
    type_text,
)
from deskhand.screens.variation import distinct, folder_name, short_file_name


def _draw_folder(chance: random.Random, seen: bool) -> Parameters:
    return {"name": folder_name(chance, seen)}


def _folder_moves(p: Parameters) -> list[OracleMove]:
    return [
        press(
            "ctrl+shift+n",
            "I ask for a new folder.",
            "The file manager can make a folder.",
            "A new folder comes first.",
        ),
        type_text(p["name"], "The dialog asks for a name.", "I type the folder's name.", "Now the name."),
        press("enter", "The name is typed, I confirm.", "I confirm the name.", "Enter makes the folder."),
        done(
            "The folder is in the list.",
            "The folder was made.",
            "The new folder is there, done.",
            after="Cancel",
        ),
    ]


def _draw_rename(chance: random.Random, seen: bool) -> Parameters:
    while True:
        names = [short_file_name(chance, seen) for _ in range(4)]
        if distinct(names):
            return {"old": names[0], "new": names[1], "other": names[2], "third": names[3]}


def _rename_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text(
            p["old"],
            "I select the file first.",
            "The file is in the list, I click it.",
            "First I click the file.",
        ),
        press("f2", "It is selected, F2 renames it.", "Now I rename it.", "F2 asks for a new name."),
        press(
            "ctrl+a",
            "The old name must go.",
            "I select the whole old name.",
            "First the old name is selected.",
        ),
        type_text(p["new"], "I type the new name.", "Now the new name.", "The new name goes here."),
        press("enter", "The name is typed, I confirm.", "I confirm the name.", "Enter renames the file."),
        done(
            "The file has its new name.",
            "The list shows the new name.",
            "It is renamed, done.",
            after="Cancel",
        ),
    ]


DRAWS: dict[str, Draw] = {"files-folder": _draw_folder, "files-rename": _draw_rename}
MOVES: dict[str, Moves] = {"files-folder": _folder_moves, "files-rename": _rename_moves}
