"""A terminal with a shell."""

from __future__ import annotations

import random

from deskhand.benchmarks.moves import Draw, Moves, OracleMove, Parameters, done, press, type_text
from deskhand.screens.variation import file_name, folder_name, words


def _draw_folder(chance: random.Random, seen: bool) -> Parameters:
    return {"name": folder_name(chance, seen)}


def _draw_file(chance: random.Random, seen: bool) -> Parameters:
    return {"text": words(chance, seen), "name": file_name(chance, seen)}


def _shell_folder_moves(p: Parameters) -> list[OracleMove]:
    return [
        type_text(
            f"mkdir {p['name']}",
            "A shell waits, mkdir makes a folder.",
            "I type the mkdir command.",
            "mkdir is the command.",
        ),
        press("enter", "I run the command.", "The command is typed, so enter.", "Enter runs it."),
        done("The folder was made.", "The command ran without an error.", "The prompt is back, it is done."),
    ]


def _shell_file_moves(p: Parameters) -> list[OracleMove]:
    return [
        type_text(
            f"echo {p['text']} > {p['name']}",
            "echo can write the file.",
            "I write the file with echo.",
            "A shell waits, echo writes text.",
        ),
        press("enter", "I run the command.", "The command is typed, so enter.", "Enter runs it."),
        done("The file was written.", "The command ran without an error.", "The prompt is back, it is done."),
    ]


DRAWS: dict[str, Draw] = {"shell-folder": _draw_folder, "shell-file": _draw_file}
MOVES: dict[str, Moves] = {"shell-folder": _shell_folder_moves, "shell-file": _shell_file_moves}
