"""Five jobs, one in each application: how it is recorded, and how its result is checked from outside."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from deskhand.actions.vocabulary import Type
from deskhand.benchmarks.moves import OracleMove, click_text, done, press, type_text
from deskhand.sandbox.abilities import list_windows
from deskhand.sandbox.protocol import Sandbox

Values = dict[str, str]

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
PAGE = """<!doctype html><meta charset="utf-8"><title>Visitors</title>
<style>body{font:20px 'DejaVu Sans',sans-serif;margin:40px} input,button{font:inherit;margin:6px}
label{display:block}</style><h1>Visitors</h1>
<form><label>Visitor <input id="visitor" size="30" autocomplete="off"></label>
<label>Wish <input id="wish" size="50" autocomplete="off"></label><button>Send</button></form>
<script>const value = name => document.getElementById(name).value;
document.querySelector("form").onsubmit = event => {event.preventDefault();
const all = [value("visitor"), value("wish")]; document.title = JSON.stringify(all);
document.body.innerHTML = "<h1></h1><p>Thank you, your wish was heard.</p>";
document.querySelector("h1").textContent = all[0];};</script>"""


@dataclass(frozen=True, slots=True)
class WorkflowJob:
    """A job that is recorded once, and done again with other values.

    Attributes:
        name: of the application.
        instruction: the task, with the names of values in braces.
        recorded: the values of the recording.
        rows: those it is done again with.
        prepare: puts what the application needs into a fresh desktop.
        made: what is there afterwards, in the order of the values.
    """

    name: str
    instruction: str
    launch: str
    arguments: tuple[str, ...]
    moves: Callable[[Values], list[OracleMove]]
    recorded: Values
    rows: tuple[Values, ...]
    made: Callable[[Sandbox, Values], Sequence[str]]
    prepare: Callable[[Sandbox], None] = lambda sandbox: None


def _save(p: Values, gone: str) -> list[OracleMove]:
    return [
        press("ctrl+s", "I save."),
        type_text(p["file"], "The dialog asks for a name.", when="Cancel"),
        press("enter", "I confirm the name."),
        done("It is saved.", after=gone),
    ]


def _editor_moves(p: Values) -> list[OracleMove]:
    return [type_text(p["text"], "I type the text."), *_save(p, "Cancel")]


def _sheet_moves(p: Values) -> list[OracleMove]:
    return [
        type_text(p["person"], "I type the name."),
        press("tab", "The next cell."),
        OracleMove(("I type the amount.",), Type(text=p["amount"], submit=True)),
        *_save(p, "Cancel"),
    ]


def _page_moves(p: Values) -> list[OracleMove]:
    return [
        click_text("Visitor", "I go to the first field."),
        type_text(p["visitor"], "I type who it is."),
        press("tab", "The next field."),
        type_text(p["wish"], "I type the wish."),
        click_text("Send", "I send it."),
        done("It was heard.", when="Thank you"),
    ]


def _folder_moves(p: Values) -> list[OracleMove]:
    return [
        press("ctrl+shift+n", "I ask for a folder."),
        type_text(p["outer"], "I type its name.", when="Cancel"),
        press("enter", "I confirm it."),
        click_text(p["outer"], "I open it.", count=2, after="Cancel"),
        press("ctrl+shift+n", "I ask for a folder in it."),
        type_text(p["inner"], "I type its name.", when="Cancel"),
        press("enter", "I confirm it."),
        done("Both are there.", after="Cancel"),
    ]


def _text_file(sandbox: Sandbox, p: Values) -> list[str]:
    return [sandbox.read_file(p["file"]).decode().rstrip("\n")]


def _document(sandbox: Sandbox, p: Values) -> list[str]:
    body = _content(sandbox.read_file(p["file"]))
    return ["\n".join(text for one in body.iter(f"{_TEXT}p") if (text := _spelt(one)))]


def _sheet(sandbox: Sandbox, p: Values) -> list[str]:
    body = _content(sandbox.read_file(p["file"]))
    return [text for one in body.iter(f"{_TABLE}table-cell") if (text := _spelt(one))]


def _content(data: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return ElementTree.fromstring(packed.read("content.xml"))


def _spelt(element: ElementTree.Element) -> str:
    """The text of an element, in which several blanks are elements of their own."""
    return "".join(element.itertext())


def _page(sandbox: Sandbox) -> None:
    sandbox.write_file("visitors.html", PAGE.encode())


def _sent(sandbox: Sandbox, p: Values) -> list[str]:
    titles = [window["title"] for window in list_windows(sandbox)]
    title = next((one for one in titles if one.startswith("[")), "[]")
    return list(json.loads(title.rpartition("]")[0] + "]"))


def _folders(sandbox: Sandbox, p: Values) -> list[str]:
    found = sandbox.run(
        ["find", ".", "-mindepth", "1", "-not", "-path", "./.*", "-type", "d", "-printf", "%P\\n"]
    )
    deepest = max(found.stdout.decode().splitlines(), key=lambda path: path.count("/"), default="")
    return deepest.split("/")


def _some_files(sandbox: Sandbox) -> None:
    for name in ("archive.txt", "inbox.txt", "plans.txt", "zoo.txt"):
        sandbox.write_file(name, b"something\n")


LONG = "the quarterly numbers of all nine regional offices arrived on Tuesday at noon, ok"
JOBS: tuple[WorkflowJob, ...] = (
    WorkflowJob(
        "mousepad",
        "Type '{text}' and save it as {file}",
        "mousepad",
        (),
        _editor_moves,
        {"text": "buy milk and bread", "file": "note.txt"},
        (
            {"text": "A", "file": "a.txt"},
            {"text": "Invoice 4711 of 2026-03-09: 1,250.75 EUR", "file": "invoice 4711.txt"},
            {"text": "Привет, мир 北京 ελληνικά", "file": "письмо.txt"},
            {"text": LONG[:80], "file": "quarterly-report-2026-final.txt"},
        ),
        _text_file,
    ),
    WorkflowJob(
        "LibreOffice Calc",
        "Write '{person}' and {amount} beside it, and save the sheet as {file}",
        "localc",
        (),
        _sheet_moves,
        {"person": "Anna Berg", "amount": "120", "file": "people.ods"},
        (
            {"person": "B", "amount": "7", "file": "b.ods"},
            {"person": "Ольга Петрова", "amount": "99850", "file": "список.ods"},
            {
                "person": "Maximilian von und zu Hohenstein-Wallenfels",
                "amount": "31",
                "file": "long list 2.ods",
            },
            {"person": "room 12, 3rd floor", "amount": "405", "file": "rooms-2026.ods"},
        ),
        _sheet,
    ),
    WorkflowJob(
        "LibreOffice Writer",
        "Write '{text}' and save the document as {file}",
        "lowriter",
        (),
        _editor_moves,
        {"text": "the red kite climbs above the hill", "file": "letter.odt"},
        (
            {"text": "7", "file": "7.odt"},
            {"text": "a reply to Ms 王小明 and Mr Müller", "file": "réponse.odt"},
            {"text": LONG[:80], "file": "numbers of nine offices.odt"},
            {"text": "order 90817 was sent on 2026-11-30", "file": "order-90817.odt"},
        ),
        _document,
    ),
    WorkflowJob(
        "Chromium",
        "Fill in '{visitor}' as the visitor and '{wish}' as the wish, and send it",
        "chromium",
        ("file:///home/agent/visitors.html",),
        _page_moves,
        {"visitor": "Paula", "wish": "a table at the window"},
        (
            {"visitor": "Q", "wish": "x"},
            {"visitor": "Søren Ångström-Nuñez", "wish": "2 beds from 2026-12-01 to 2026-12-05"},
            {"visitor": "田中 花子", "wish": "静かな部屋 and тёплый плед"},
            {"visitor": "Dr. Eleonora Featherstonehaugh the 3rd", "wish": LONG[:80]},
        ),
        _sent,
        _page,
    ),
    WorkflowJob(
        "pcmanfm",
        "Make a folder '{outer}' and in it a folder '{inner}'",
        "pcmanfm",
        ("/home/agent",),
        _folder_moves,
        {"outer": "garden", "inner": "tulips"},
        (
            {"outer": "x1", "inner": "y"},
            {"outer": "invoices 2026", "inner": "march 09"},
            {"outer": "работа", "inner": "北京"},
            {"outer": "minutes of the meeting", "inner": "everything that was said by the board in spring"},
        ),
        _folders,
        _some_files,
    ),
)
