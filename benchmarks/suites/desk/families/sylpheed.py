"""A mail reader: Sylpheed with a few messages on the disk and no network."""

from __future__ import annotations

import random
from collections.abc import Sequence
from email.message import EmailMessage

from deskhand.benchmarks.moves import (
    Draw,
    MakeFile,
    Moves,
    OracleMove,
    Parameters,
    click_text,
    done,
    infeasible,
    press,
    type_text,
)
from deskhand.screens.variation import ADJECTIVES, Pool, nouns, number, sentence

PEOPLE = Pool(
    ("Anna", "Boris", "Carla", "David", "Emma", "Frank", "Greta", "Henry", "Irene", "James"),
    ("Karin", "Lorenz", "Maria", "Nadia", "Oscar", "Paula", "Robert", "Sofia", "Thomas", "Vera"),
)
MESSAGES = 4

_FOLDERS = (
    ("inbox", "inbox"),
    ("outbox", "sent"),
    ("draft", "draft"),
    ("queue", "queue"),
    ("trash", "trash"),
)
_ACCOUNT = {
    "account_name": "Home", "is_default": "1", "name": "Sam", "address": "sam@example.org", "protocol": "5",
    "receive_server": "localhost", "smtp_server": "localhost", "user_id": "sam",
}  # fmt: skip
_SETTINGS = {
    "receive_at_startup": "0", "autochk_newmail": "0", "open_inbox_on_startup": "1",
    "remember_last_selected_folder": "0", "enable_trayicon": "0", "enable_junk": "0",
    "mainwin_x": "360", "mainwin_y": "220", "mainview_width": "640", "mainview_height": "410",
    "summaryview_width": "640", "summaryview_height": "150", "folderview_height": "410",
    "auto_update_check": "0",
}  # fmt: skip


def _draw(chance: random.Random, seen: bool) -> Parameters:
    """Some messages, one of which is meant; a folder; and the words of another message."""
    folder, subject, name, *things = nouns(chance, seen, MESSAGES + 3)
    subjects = [f"{chance.choice(ADJECTIVES.part(seen)).capitalize()} {thing}" for thing in things]
    people = chance.sample(PEOPLE.part(seen), MESSAGES + 1)
    index = chance.randrange(1, MESSAGES)  # the first is shown at the start
    return {
        "number": str(index + 1),
        "subject": subjects[index],
        "person": people[index],
        "stranger": people[-1],
        "address": f"{people[-1].lower()}@example.org",
        "folder": folder.capitalize(),
        "topic": f"{subject.capitalize()} {number(chance, seen, 2, 99)}",
        "name": f"{name}{number(chance, seen, 2, 99)}.txt",
        "text": sentence(chance, seen),
        "code": str(number(chance, seen, 1001, 9998)),
        "subjects": "|".join(subjects),
        "people": "|".join(people[:MESSAGES]),
    }


def _message(index: int) -> MakeFile:
    def make(p: Parameters) -> bytes:
        person, subject = p["people"].split("|")[index], p["subjects"].split("|")[index]
        meant = str(index + 1) == p["number"]
        message = EmailMessage()
        message["From"] = f"{person} <{person.lower()}@example.org>"
        message["To"] = "Sam <sam@example.org>"
        message["Subject"] = subject
        message["Date"] = f"Mon, {index + 1:02} Mar 2021 10:0{index}:00 +0000"
        message["Message-ID"] = f"<{index + 1}@example.org>"
        code = p["code"] if meant else str(int(p["code"]) + 100 + index)
        message.set_content(f"Hello Sam,\n\nthe number is {code}.\n\nYours, {person}\n")
        if meant and "attached" in p:
            message.add_attachment(f"{p['text']}\n", filename=p["name"])
        return bytes(message)

    return make


def _folders(p: Parameters) -> bytes:
    items = [*_FOLDERS, ("normal", p["folder"])]
    lines = [f'<folderitem type="{kind}" name="{name}" path="{name}" />' for kind, name in items]
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<folderlist>\n<folder type="mh" name="Mailbox" path="Mail">'
    )
    return "\n".join([head, *lines, "</folder>\n</folderlist>\n"]).encode()


def _settings(section: str, values: dict[str, str]) -> MakeFile:
    lines = [f"[{section}]", *(f"{name}={value}" for name, value in values.items())]
    return lambda p: ("\n".join(lines) + "\n").encode()


def _open(p: Parameters) -> OracleMove:
    thoughts = "I click the message first.", f"The message from {p['person']} is in the list."
    return click_text(p["subject"], *thoughts)


def _delete_moves(p: Parameters) -> list[OracleMove]:
    return [
        _open(p),
        press("delete", "It is selected, Delete puts it into the trash.", "Now I delete it."),
        done("The message is gone from the list.", "It is in the trash."),
    ]


def _move_moves(p: Parameters) -> list[OracleMove]:
    return [
        _open(p),
        press("ctrl+o", "I ask for the folders to move it to.", "It is selected, so I move it."),
        press("end", "The folder is the last of the list.", "I go down to the folder.", when="Select folder"),
        press("enter", "I confirm the folder.", "It is chosen, so enter."),
        done("The message is in its folder.", "It was moved.", after="Select folder"),
    ]


def _draft_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text("Compose", "I begin a new message.", "The button Compose makes a message."),
        type_text(p["address"], "First the address.", "I type whom it goes to.", when="Signature"),
        press("tab", "I go on to the next field.", "Tab leads to the next field."),
        press("tab", "Nobody else gets a copy, on to the subject.", "I pass the field Cc."),
        type_text(p["topic"], "Now the subject.", "I type the subject."),
        press("tab", "Next is the text.", "I go on to the text."),
        type_text(p["text"], "Now the text itself.", "I write the message."),
        press("ctrl+s", "Ctrl+S keeps it as a draft.", "I save it among the drafts."),
        done("The draft is saved.", "It is kept and not sent."),
    ]


def _attachment_moves(p: Parameters) -> list[OracleMove]:
    return [
        _open(p),
        click_text(p["name"], "The attachment is below the text, I click it.", "I click the attached file."),
        click_text("Save as", "Its menu can save it.", "I save it.", when="Save as"),
        press("enter", "The name is there already, I confirm.", "I confirm the place and the name."),
        done("The file is saved.", "The attachment lies in the home folder."),
    ]


def _missing_moves(p: Parameters) -> list[OracleMove]:
    return [
        click_text("From", "I sort by who wrote, to look for the name.", "I look at who wrote."),
        infeasible(f"no message is from {p['stranger']}", f"Nobody called {p['stranger']} has written."),
    ]


def _attached(chance: random.Random, seen: bool) -> Parameters:
    return {**_draw(chance, seen), "attached": "yes"}


def _messages(indexes: Sequence[int]) -> dict[str, MakeFile]:
    return {f"mail-{index + 1}": _message(index) for index in indexes}


DRAWS: dict[str, Draw] = {"mail": _draw, "mail-attached": _attached}
MOVES: dict[str, Moves] = {
    "mail-delete": _delete_moves,
    "mail-move": _move_moves,
    "mail-draft": _draft_moves,
    "mail-attachment": _attachment_moves,
    "mail-missing": _missing_moves,
}
FILES: dict[str, MakeFile] = {
    "mail-folders": _folders,
    "mail-account": _settings("Account: 1", _ACCOUNT),
    "mail-settings": _settings("Common", _SETTINGS),
    **_messages(range(MESSAGES)),
}
