"""What is read off the windows of applications, as lists of texts, with the reader's mistakes.

The lists imitate what the text reader makes of real programs: titles, menus, dialogs, file lists.
No picture is drawn, because the reasoner sees none.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from deskhand.policies.embedded.language import MOST_LABELS, WORDLESS, is_readable, labels_of, wordless
from deskhand.training.reasoner import words

_EDITOR_MENUS = (
    ("File", "Edit", "Search", "View", "Document", "Help"),
    ("File", "Edit", "Search", "View", "Document", "Help"),
    ("File", "Edit", "View", "Search", "Tools", "Help"),
    ("File", "Edit", "Format", "View", "Help"),
    ("File", "Edit", "Insert", "Options", "Help"),
    ("Document", "Edit", "Help"),
)
_EDITORS = ("Mousepad", "Mousepad", "Mousepad", "Notes", "Text Editor", "Writer", "Scribe", "Pad", "Quill")
_MANAGER_MENUS = (
    ("File", "Edit", "View", "Bookmarks", "Go", "Tools", "Help"),
    ("File", "Edit", "View", "Bookmarks", "Go", "Tools", "Help"),
    ("File", "Edit", "Go", "View", "Tools", "Help"),
    ("Places", "Edit", "View", "Help"),
)
_BUTTONS = {
    "Cancel": ("XCancel", "Cancel", "Cancel"),
    "OK": ("GQK", "OK", "QK", "OOK"),
    "Yes": ("OYes", "Yes"),
    "No": ("ONo", "No"),
    "File": ("Eile", "File"),
    "Modified": ("Modifie", "Modified"),
}
"""What icons and underlined letters make of some texts."""
_HOMES = ("/home/user", "/home/user", "/home/desk", "/root", "/home/anna", "/tmp/home", "/home/guest")
_PROMPTS = (
    "bash-5.2$",
    "bash-5.2$",
    "bash-5.2$",
    "user@desk:~$",
    "user@lightbox:~$",
    "root@vm:~#",
    "$",
    "bash-5.2$",
    "guest@box:~$",
    "anna@pc:~/work$",
    "sh-5.2$",
)
_MISREAD = {
    "l": "1I",
    "1": "lI",
    "I": "l1",
    "0": "O",
    "O": "0",
    "o": "0",
    "S": "5",
    "e": "c",
    "-": "—",
    ".": ",",
}
_JUNK = ("00", "x", "|", "T", "à", "白", "十", "0", "日", "网", "□", "★", "0O", "c", "v", "—", "°", "-0")


def editor(chance: random.Random, name: str, text: Sequence[str], edited: bool) -> list[str]:
    """An editor's window. ``name`` is the open file's, or empty."""
    program = chance.choice(_EDITORS)
    shown = name or chance.choice(("Untitled 1", "Untitled 1", "Untitled", "(Untitled)", "New Document 1"))
    if name and chance.random() < 0.7:
        shown = f"{chance.choice(('~', '~', *_HOMES))}/{name}"
    title = f"{'*' if edited else ''}{shown} - {program}"
    lines = [line for line in text if line]
    if lines and chance.random() < 0.5:
        lines[-1] += "|"  # the caret
    return [title, *_menu(chance, chance.choice(_EDITOR_MENUS)), *lines]


def save_dialog(chance: random.Random, name: str, files: Sequence[str]) -> list[str]:
    """The dialog that asks for a name to save under."""
    texts = [chance.choice(("Save As", "Save As", "Save File", "Save as", "Save")), "Name:"]
    if name:
        texts.append(_entry(chance, name))
    texts += [chance.choice(("home", "user", "Create Folder"))] if chance.random() < 0.5 else []
    texts += chance.sample(("Home", "Desktop", "Documents", "Recent"), chance.randint(1, 3))
    texts += ["Name", "Size", "Type", "Modified"] if chance.random() < 0.8 else []
    for file in files:
        texts += (
            [file, f"{chance.randint(1, 900)} bytes", "Text", _clock(chance)]
            if chance.random() < 0.7
            else [file]
        )
    texts += ["+ Other Locations"] if chance.random() < 0.7 else []
    texts += ["Encoding: Default (UTF-8)", "Text Files"] if chance.random() < 0.6 else []
    return [*texts, "Cancel", "Save"]


def ask_to_save(chance: random.Random) -> list[str]:
    """The question of a closing editor with unsaved text."""
    return [
        "Save Changes",
        "Do you want to save the changes before closing?",
        "If you don't save the document, all the changes will be lost.",
        "Cancel",
        "Don't Save",
        "Save",
    ]


def ask_to_replace(chance: random.Random, name: str) -> list[str]:
    """The question of a save dialog when the name is taken."""
    return [f'A file named "{name}" already exists. Do you want to replace it?', "Cancel", "Replace"]


def calculator(chance: random.Random, display: str) -> list[str]:
    """A calculator; small keys are often not read."""
    keys = "7 8 9 4 5 6 1 2 3 0 + - * / = % sqrt AC C <- MS MR M+ ( ) . +/-".split()
    seen = [key for key in keys if chance.random() < 0.55]
    program = chance.choice(("galculator", "galculator", "galculator", "Calculator", "Calc"))
    menu = chance.choice((("File", "Edit", "View", "Calculator", "Help"), ("File", "View", "Help")))
    return [program, *_menu(chance, menu), *([display] if display else []), *seen]


def terminal(chance: random.Random, lines: Sequence[str]) -> list[str]:
    """A terminal: commands behind their prompts ("$ ..."), and what they printed."""
    prompt = chance.choice(_PROMPTS)
    title = [chance.choice(("xterm", "Terminal", prompt.rstrip("$#")))] if chance.random() < 0.5 else []
    return [
        *title,
        *(f"{prompt} {line[2:]}".strip() if line.startswith("$ ") else line for line in lines),
        prompt,
    ]


def manager(chance: random.Random, files: Sequence[str], selected: str = "") -> list[str]:
    """A file manager's window with what is in the folder."""
    home = chance.choice(_HOMES)
    texts = [
        chance.choice((home.rsplit("/", 1)[-1], "Home Folder", home)),
        *_menu(chance, chance.choice(_MANAGER_MENUS)),
    ]
    texts += [home] if chance.random() < 0.8 else []
    texts += chance.sample(
        ("Places", "Home Folder", "Desktop", "Trash Can", "Applications", "Devices"), chance.randint(1, 4)
    )
    texts += sorted(files, key=str.lower)
    status = (
        f'"{selected}" ({chance.randint(1, 4000)} bytes) plain text document'
        if selected
        else f"{len(files)} items"
    )
    texts += [status]
    return texts + (
        [f"Free space: {chance.randint(1, 90)}.{chance.randint(0, 9)} GiB"] if chance.random() < 0.8 else []
    )


def name_dialog(chance: random.Random, folder: bool, name: str) -> list[str]:
    """The dialog that asks for the name of a new folder, or for another name of a file."""
    if folder:
        title = chance.choice(("Creating New Folder", "New Folder", "Create Folder"))
        asking = chance.choice(
            ("Enter a name for the newly created folder:", "Folder name:", "Name of the folder:")
        )
    else:
        title = chance.choice(("Rename File", "Rename", "Change Name"))
        asking = chance.choice(("Please enter a new name:", "New name:", "Enter a new name:"))
    return [
        title,
        asking,
        *([_entry(chance, name)] if name else []),
        "Cancel",
        chance.choice(("OK", "OK", "Rename" if not folder else "Create")),
    ]


def confirm_delete(chance: random.Random, name: str) -> list[str]:
    """The question before a file goes to the trash."""
    asking = chance.choice(
        (f"Do you want to move the file '{name}' to trash can?", f"Do you want to delete the file '{name}'?")
    )
    return ["Confirm", asking, "No", "Yes"]


def error(chance: random.Random, what: str) -> list[str]:
    """A message that something went wrong."""
    return [chance.choice(("Error", "Warning", "Problem")), what, chance.choice(("OK", "Close"))]


def over(chance: random.Random, behind: Sequence[str], dialog: Sequence[str]) -> list[str]:
    """A dialog over a window, read line by line: most of the window is before or behind its texts."""
    cut = chance.randint(min(3, len(behind)), len(behind))
    hidden = [text for text in behind[cut:] if chance.random() < 0.5]
    return [*behind[:cut], *dialog, *hidden]


@dataclass(frozen=True, slots=True)
class Screen:
    """Labels as they are shown, and for each original text the label that it became, if it is there."""

    labels: tuple[str, ...]
    became: dict[str, str]


def read(
    chance: random.Random, texts: Sequence[str], keep: Sequence[str] = (), exact: Sequence[str] = ()
) -> Screen:
    """Read texts the way the text reader does: now and then wrong, merged with a neighbour, or not at all.

    Args:
        chance: decides; some screens are read perfectly.
        texts: what is there, in reading order.
        keep: texts that are not lost or merged, because a sample needs them.
        exact: texts that are not misread either.
    """
    trouble = chance.choice((0.0, 0.0, 0.01, 0.03, 0.06))
    empty = chance.choice((0.0, 0.0, 0.02, 0.08))
    read_as: list[tuple[str, str]] = []
    for n, text in enumerate(texts):
        if n == 1 and chance.random() < 0.4:
            read_as.append(("", chance.choice(("00", "00", "0", "-0", "x"))))  # the window's buttons
        safe = text in keep or text in exact
        if not safe and chance.random() < trouble:
            continue
        seen = text if text in exact else _misread(chance, text, trouble)
        if text in _BUTTONS and chance.random() < 0.5:
            seen = chance.choice(_BUTTONS[text])
        mergeable = read_as and not safe and read_as[-1][0] not in (*keep, *exact)
        if mergeable and len(text) < 12 and chance.random() < trouble * 2:
            before = read_as.pop()
            read_as.append(("", f"{before[1]} {seen}"))
        else:
            read_as.append((text, seen))
        if chance.random() < trouble:
            read_as.append(("", chance.choice(_JUNK)))
        if chance.random() < empty:  # something to fill or tick, or taken for it
            label = chance.choice(("", "", text, words.word(chance)))
            read_as.append(("", wordless(chance.choice(WORDLESS), label)))
    shown = [(original, seen) for original, seen in read_as if is_readable(seen)][:MOST_LABELS]
    labels = labels_of([seen for _, seen in shown])
    became: dict[str, str] = {}
    for (original, _), label in zip(shown, labels, strict=True):
        became.setdefault(original, label)
    return Screen(labels, became)


def other_files(chance: random.Random, most: int = 5) -> list[str]:
    """Files that happen to be there."""
    return list(
        dict.fromkeys(
            words.file_name(chance, ending=chance.random() < 0.8) for _ in range(chance.randint(0, most))
        )
    )


def _menu(chance: random.Random, entries: Sequence[str]) -> list[str]:
    """A menu bar: mostly an element an entry, sometimes read as one line."""
    if chance.random() < 0.25:
        cut = chance.randint(1, len(entries))
        return [" ".join(entries[:cut]), *([" ".join(entries[cut:])] if entries[cut:] else [])]
    return list(entries)


def _misread(chance: random.Random, text: str, trouble: float) -> str:
    if chance.random() > trouble * 3:
        return text
    if text.startswith("["):  # what an element is cannot be misread
        role, _, label = text.partition(" ")
        return f"{role} {_misread(chance, label, 1.0)}" if label else text
    match chance.randrange(3):
        case 0 if " " in text:
            at = chance.choice([n for n, c in enumerate(text) if c == " "])
            return text[:at] + text[at + 1 :]
        case 1:
            places = [n for n, c in enumerate(text) if c in _MISREAD]
            if places:
                at = chance.choice(places)
                return text[:at] + chance.choice(_MISREAD[text[at]]) + text[at + 1 :]
    return text + "|" if chance.random() < 0.3 else text


def _entry(chance: random.Random, name: str) -> str:
    """A name in a field, with its caret or its frame."""
    return chance.choice((name, name, f"{name}|", f"[{name}"))


def _clock(chance: random.Random) -> str:
    return f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}"
