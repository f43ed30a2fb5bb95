"""A map as one web page that can be walked through, and as a manual in Markdown.

Everything on it was read from a screen: it is shown as plain text. The page has no script and loads nothing.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from deskhand.errors import UsageError
from deskhand.knowledge.map import AppMap, MapCommand, MapField, MapState, picture, words_of_path
from deskhand.perception.pictures import read_picture
from deskhand.text import clean

EFFECTS = {
    "opens": "opens",
    "changes": "changes what is shown",
    "nothing": "does nothing that is to be seen",
    "closes": "goes back to",
    "saves": "is the name of a file that Enter saves",
    "ends": "ends the program",
    "lost": "could not be tried",
    "": "not tried yet",
}
LARGEST_SIDE = 8192
"""Pixels; no screen of a map is larger."""
WIDTH = 640
"""Pixels of a state's picture across."""
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1000px; padding: 1rem; color: #222; }
section { border-top: 1px solid #ccc; padding: 1rem 0; }
section:target { background: #f4f8ff; }
img.state { max-width: 100%; border: 1px solid #bbb; }
img.control { vertical-align: middle; max-height: 24px; border: 1px solid #ddd; }
table { border-collapse: collapse; width: 100%; margin-top: .6rem; }
td, th { text-align: left; padding: .2rem .5rem; border-bottom: 1px solid #eee; vertical-align: top; }
kbd { background: #eee; padding: 0 .3em; border-radius: 3px; }
small { color: #666; }
"""


def page(found: AppMap, folder: Path) -> str:
    """The page of a map.

    Args:
        folder: of the map, for its pictures.
    """
    tried = sum(1 for _ in found.tried())
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'>",
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
        "img-src data:; style-src 'unsafe-inline'\">",
        f"<title>Map of {_text(found.application)}</title><style>{_STYLE}</style>",
        f"<h1>Map of {_text(found.application)}</h1>",
        f"<p>{len(found.states)} states, {tried} of {len(found.commands)} commands tried, "
        f"{found.steps} steps in {found.seconds / 60:.1f} minutes, "
        f"{found.size[0]}x{found.size[1]} pixels{', with the accessibility tree' if found.tree else ''}.</p>",
    ]
    parts += [_section(found, state, folder) for state in found.states]
    return "".join(parts)


def _section(found: AppMap, state: MapState, folder: Path) -> str:
    here = [command for command in found.commands if command.state == state.id]
    fields = [field for field in found.fields if field.state == state.id]
    way = _text(words_of_path(state.path)) or "at the start"
    shown = _image(picture(folder, state.picture), "state", WIDTH)
    rows = "".join(_row(found, command, folder) for command in here)
    table = f"<table><tr><th>command<th>keys<th>effect<th>undone by Ctrl+Z{rows}</table>" if rows else ""
    return (
        f"<section id='{state.id}'><h2>{_text(state.name)} <small>{state.kind}</small></h2>"
        f"<p>{way}</p>{shown}{table}{_fields(fields)}</section>"
    )


def _row(found: AppMap, command: MapCommand, folder: Path) -> str:
    control = command.deed.on
    name = _text(command.deed.words) + _image(picture(folder, control.picture), "control", 0)
    target = found.state(command.leads_to)
    leads = f" <a href='#{target.id}'>{_text(target.name)}</a>" if target is not None else ""
    said = f"<br><small>{_text(command.said)}</small>" if command.said else ""
    keys = f"<kbd>{_text(command.shortcut)}</kbd>" if command.shortcut else ""
    undone = {True: "yes", False: "no", None: ""}[command.undone]
    return f"<tr><td>{name}<td>{keys}<td>{EFFECTS[command.effect]}{leads}{said}<td>{undone}"


def _fields(fields: Sequence[MapField]) -> str:
    if not fields:
        return ""
    rows = "".join(
        f"<tr><td>{_text(one.name) or 'without a name'}<td>{_text(one.role)}<td>{_text(one.value)}"
        for one in fields
    )
    return f"<table><tr><th>field<th>kind<th>value at first{rows}</table>"


def _image(data: bytes, kind: str, width: int) -> str:
    """A picture inside the page, made anew from its pixels; nothing where it is none."""
    try:
        pixels = cv2.cvtColor(
            read_picture(io.BytesIO(data), "a picture of the map").pixels, cv2.COLOR_RGB2BGR
        )
    except UsageError:
        return ""
    if max(pixels.shape[:2]) > LARGEST_SIDE:
        return ""
    if width and pixels.shape[1] > width:
        size = (width, max(1, round(pixels.shape[0] * width / pixels.shape[1])))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, 80])
    text = base64.b64encode(packed.tobytes()).decode()
    return f" <img class='{kind}' alt='' src='data:image/webp;base64,{text}'>"


def _text(words: str) -> str:
    return html.escape(clean(words))


def manual(found: AppMap) -> str:
    """What was found as a manual in Markdown: each command by its path, with its keys and its effect."""
    lines = [f"# {_marked(found.application)}", ""]
    lines += ["What its menus, dialogs and buttons do, as found by trying them.", ""]
    for state in found.states:
        here = [one for one in found.commands if one.state == state.id and one.effect not in ("", "lost")]
        fields = [one for one in found.fields if one.state == state.id and one.name]
        if not here and not fields:
            continue
        lines += [f"## {_marked(words_of_path(state.path) or state.name)}", ""]
        lines += list(_entries(found, here))
        lines += [
            f"- {one.role} **{_marked(one.name)}**: {_marked(one.value) or 'empty'} at first"
            for one in fields
        ]
        lines += [""]
    return "\n".join(lines)


def _entries(found: AppMap, commands: Sequence[MapCommand]) -> Iterator[str]:
    for one in commands:
        target = found.state(one.leads_to)
        keys = f" ({_marked(one.shortcut)})" if one.shortcut else ""
        leads = (
            f" *{_marked(target.name)}*" if target is not None and one.effect in ("opens", "closes") else ""
        )
        undone = "; Ctrl+Z takes it back" if one.undone else ""
        yield f"- **{_marked(one.deed.words)}**{keys} {EFFECTS[one.effect]}{leads}{undone}"


def _marked(words: str) -> str:
    """Words as plain text in Markdown: nothing in them is markup."""
    plain = re.sub(r"([\\`*_{}()\[\]#|!~])", r"\\\1", " ".join(clean(words).split()))
    return html.escape(plain, quote=False)
