"""What programs are started with: drawn files, folders, archives, pictures, documents and dialogs."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from html import escape
from importlib.resources import files

from PIL import Image, ImageDraw

from deskhand.sandbox.protocol import Sandbox
from deskhand.screens import phrases

Arguments = Callable[[Sandbox, random.Random], list[str]]
"""Writes what a program is to show into the sandbox's home; returns the program's arguments."""

_FLAT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:body>'
    "<office:{body}>{content}</office:{body}></office:body></office:document>"
)


def nothing(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """No arguments."""
    return []


def always(*arguments: str) -> Arguments:
    """The same arguments each time."""
    return lambda sandbox, chance: list(arguments)


def plain_name(chance: random.Random, ending: str) -> str:
    """A name for a file that is no option and has no spaces."""
    letters = "".join(letter for letter in phrases.word(chance) if letter.isalnum())
    return f"{letters or 'file'}.{ending}"


def text_file(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A file of drawn lines, opened; at times none."""
    if chance.random() < 0.2:
        return []
    name = plain_name(chance, chance.choice(("txt", "txt", "md", "py", "csv")))
    lines = [phrases.phrase(chance) for _ in range(chance.randint(1, 60))]
    sandbox.write_file(name, "\n".join(lines).encode())
    return [name]


def folder(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A folder full of drawn names."""
    for _ in range(chance.randint(3, 40)):
        name = phrases.file_name(chance)
        if chance.random() < 0.3:
            name = f"{name.rpartition('.')[0] or name} d/{phrases.file_name(chance)}"
        sandbox.write_file(f"things/{name}", b"x" * chance.randint(0, 9000))
    return ["things"]


def archive(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A zip archive of drawn names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in {phrases.file_name(chance) for _ in range(chance.randint(2, 30))}:
            inside = f"{phrases.word(chance)}/{name}" if chance.random() < 0.2 else name
            file.writestr(inside, b"x" * chance.randint(0, 5000))
    name = plain_name(chance, "zip")
    sandbox.write_file(name, packed.getvalue())
    return [name]


def _picture(chance: random.Random) -> Image.Image:
    """A page with shapes and lines of text."""
    size = chance.randint(200, 900), chance.randint(200, 900)
    picture = Image.new("RGB", size, (chance.randint(120, 255), chance.randint(120, 255), 255))
    pen = ImageDraw.Draw(picture)
    for _ in range(chance.randint(3, 12)):
        x, y = chance.randint(0, size[0] - 60), chance.randint(0, size[1] - 60)
        colour = tuple(chance.randint(0, 255) for _ in range(3))
        pen.ellipse((x, y, x + chance.randint(10, 200), y + chance.randint(10, 200)), fill=colour)
        pen.text((x, y), phrases.words(chance).encode("ascii", "ignore").decode(), fill=(0, 0, 0))
    return picture


def pictures(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A few pictures, of which one is opened."""
    names = [f"{number}-{plain_name(chance, 'png')}" for number in range(chance.randint(1, 5))]
    for name in names:
        packed = io.BytesIO()
        _picture(chance).save(packed, "PNG")
        sandbox.write_file(name, packed.getvalue())
    return [names[0]]


def pdf(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A document of a few pages."""
    first, *others = [_picture(chance) for _ in range(chance.randint(1, 4))]
    packed = io.BytesIO()
    first.save(packed, "PDF", save_all=True, append_images=others)
    name = plain_name(chance, "pdf")
    sandbox.write_file(name, packed.getvalue())
    return [name]


def letter(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A text document for an office program."""
    parts = []
    for _ in range(chance.randint(2, 14)):
        kind = "h" if chance.random() < 0.2 else "p"
        text = " ".join(phrases.phrase(chance) for _ in range(chance.randint(1, 4)))
        parts.append(f"<text:{kind}>{escape(text)}</text:{kind}>")
    content = _FLAT.format(kind="text", body="text", content="".join(parts))
    sandbox.write_file("letter.fodt", content.encode())
    return ["letter.fodt"]


def sheet(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """A table for an office program."""
    rows = []
    columns = chance.randint(2, 6)
    for _ in range(chance.randint(3, 16)):
        cells = (escape(phrases.words(chance, 2)) for _ in range(columns))
        row = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in cells
        )
        rows.append(f"<table:table-row>{row}</table:table-row>")
    table = f'<table:table table:name="{escape(phrases.word(chance))}">{"".join(rows)}</table:table>'
    content = _FLAT.format(kind="spreadsheet", body="spreadsheet", content=table)
    sandbox.write_file("sheet.fods", content.encode())
    return ["sheet.fods"]


def office(kind: str, content: Arguments) -> Arguments:
    """The arguments of LibreOffice for a kind of document, without greetings and offers of help."""
    quiet = ["--norestore", "--nologo", "--nofirststartwizard", "--nolockcheck", f"--{kind}"]
    return lambda sandbox, chance: [*quiet, *content(sandbox, chance)]


def form(program: str) -> Arguments:
    """One of the programs of ``forms`` and what it is to draw."""
    source = (files("deskhand.screens.forms") / program).read_bytes()

    def arguments(sandbox: Sandbox, chance: random.Random) -> list[str]:
        wanted = {
            "seed": chance.getrandbits(32),
            "words": [phrases.word(chance) for _ in range(150)],
            "phrases": [phrases.phrase(chance) for _ in range(30)],
        }
        sandbox.write_file(".form.json", json.dumps(wanted).encode())
        sandbox.write_file(".form.py", source)
        return [".form.py", ".form.json"]

    return arguments


def zenity(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """One of zenity's dialogs."""
    said = [f"--title={phrases.words(chance)}", f"--text={phrases.phrase(chance)}"]
    kind = chance.choice(("forms", "forms", "list", "list", "list", "scale", "message", "entry", "text-info"))
    if kind == "forms":
        kinds = ("entry", "entry", "entry", "password", "calendar", "combo")
        fields = [
            f"--add-{chance.choice(kinds)}={phrases.words(chance, 2)}" for _ in range(chance.randint(2, 7))
        ]
        return ["--forms", *said, *fields, f"--combo-values={_joined(chance, '|')}"]
    if kind == "list":
        return [*_zenity_list(chance), *said]
    if kind == "scale":
        return ["--scale", *said, f"--value={chance.randint(0, 100)}"]
    if kind == "message":
        return [chance.choice(("--question", "--info", "--warning", "--error")), *said]
    if kind == "text-info":
        return [
            "--text-info",
            said[0],
            "--editable",
            *[f"--checkbox={phrases.words(chance)}"] * chance.randint(0, 1),
        ]
    return [f"--{kind}", *said]


def _zenity_list(chance: random.Random) -> list[str]:
    mode = chance.choice(((), ("--checklist",), ("--radiolist",)))
    columns = chance.randint(1, 3)
    head = [f"--column={phrases.word(chance)}" for _ in range(columns + len(mode))]
    rows = []
    for _ in range(chance.randint(2, 15)):
        rows += [chance.choice(("TRUE", "FALSE"))] if mode else []
        rows += [phrases.words(chance, 2) for _ in range(columns)]
    size = [f"--width={chance.randint(260, 700)}", f"--height={chance.randint(220, 500)}"]
    return ["--list", *mode, *size, *head, *rows]


_YAD_FIELDS = (
    *("", "", "", "NUM", "CHK", "CHK", "CB", "CBE", "SW", "FL", "DT", "SCL", "CLR", "FN", "FBTN", "BTN"),
    *("TXT", "LBL", "RO", "H", "LINK"),
)


def yad(sandbox: Sandbox, chance: random.Random) -> list[str]:
    """One of yad's dialogs: a form of every widget, or a list."""
    said = [f"--title={phrases.words(chance)}", f"--text={phrases.phrase(chance)}"]
    buttons = [f"--button={phrases.words(chance, 2)}:{number}" for number in range(chance.randint(1, 4))]
    if chance.random() < 0.3:
        columns = chance.randint(1, 4)
        head = [f"--column={phrases.word(chance)}" for _ in range(columns)]
        rows = [phrases.words(chance, 2) for _ in range(columns * chance.randint(2, 14))]
        return [
            "--list",
            *said,
            *buttons,
            *head,
            f"--width={chance.randint(300, 800)}",
            "--height=400",
            *rows,
        ]
    fields, values = [], []
    for _ in range(chance.randint(3, 14)):
        kind = chance.choice(_YAD_FIELDS)
        fields.append(f"--field={phrases.words(chance, 2)}{':' if kind else ''}{kind}")
        values.append(_yad_value(chance, kind))
    return ["--form", *said, *buttons, f"--columns={chance.choice((1, 1, 2))}", *fields, *values]


def _yad_value(chance: random.Random, kind: str) -> str:
    if kind in ("CB", "CBE"):
        return _joined(chance, "!")
    if kind in ("NUM", "SCL"):
        return str(chance.randint(0, 100))
    if kind in ("CHK", "SW"):
        return chance.choice(("TRUE", "FALSE"))
    return "" if kind in ("FL", "DT", "CLR", "FN") or chance.random() < 0.3 else phrases.words(chance)


def _joined(chance: random.Random, by: str) -> str:
    return by.join(phrases.words(chance, 2) for _ in range(chance.randint(2, 6)))
