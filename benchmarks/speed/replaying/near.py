"""Things that are known by their names, names that could be taken for theirs, and lists of both."""

from __future__ import annotations

import html
import random
from dataclasses import dataclass
from typing import Literal

NearSituation = Literal["gone", "two near", "twice", "beside"]
SITUATIONS: tuple[NearSituation, ...] = ("gone", "two near", "twice", "beside")
"""The thing is gone and one near it is there; or two near it; it is there twice; one near it is beside it."""

NOUNS = (
    "report", "invoice", "garden", "minutes", "harbour", "picture", "lesson", "market", "window", "journey",
)  # fmt: skip
FIRST = ("Anna", "Marc", "Julia", "Stefan", "Carla", "Nora", "Erik", "Paula", "Tomas", "Lena")
LAST = ("Berg", "Hansen", "Keller", "Moreau", "Novak", "Silva", "Weber", "Rossi", "Lund", "Kovacs")
OTHERS = (
    "Apples",
    "Bicycle",
    "Clouds",
    "Desert",
    "Elephant",
    "Forest",
    "Guitar",
    "Kettle",
    "Yellow",
    "Zebra",
)

PAGE = """<!doctype html><meta charset="utf-8"><title>List {number}</title>
<style>body{{font:20px 'DejaVu Sans',sans-serif;margin:30px}}
li,button{{font:inherit;padding:6px 20px;margin:4px}}
li{{list-style:none;border:1px solid #ccc;width:340px;cursor:pointer}}</style>
<h1>{head}</h1><p id="note">Choose one of these.</p>{body}<script>
document.querySelectorAll("[data-name]").forEach(one => one.onclick = () => {{
document.title = "chosen " + one.dataset.number;
document.getElementById("note").textContent = "It was noted, thank you."; }});</script>"""


@dataclass(frozen=True, slots=True)
class NearList:
    """What a screen lists: names from top to bottom, and where the thing itself is, if it is."""

    names: tuple[str, ...]
    meant: int | None


def named(kind: str, chance: random.Random) -> str:
    """A name of a kind of ``KINDS``."""
    noun, number = chance.choice(NOUNS), chance.randint(12, 98)
    match kind:
        case "file":
            return f"{noun}.txt"
        case "row":
            return f"{noun.capitalize()} {number}"
        case "date":
            return f"2026-{chance.randint(1, 12):02}-{chance.randint(10, 28)}"
        case "amount":
            return f"{chance.randint(1, 8)},{chance.randint(112, 898)}.{chance.randint(10, 98)}"
        case "person":
            return f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        case _:
            return f"{noun.capitalize()}{chance.choice(('', f' {number}'))}"


KINDS = ("file", "row", "date", "amount", "person", "tab")


def near_to(kind: str, name: str, chance: random.Random) -> list[str]:
    """Names that could be taken for a name, in an order that is drawn."""
    digits = [n for n, c in enumerate(name) if c.isdigit()]
    found = []
    for at in digits[-3:]:
        found.append(name[:at] + str((int(name[at]) + chance.choice((1, 5))) % 10) + name[at + 1 :])
    if kind == "file":
        stem, _, end = name.rpartition(".")
        found += [f"{stem}s.{end}", f"{stem}1.{end}", f"{name.capitalize()}", f"{stem} (copy).{end}"]
        found += [f"{stem}.{end}~", f"{stem[:-1]}.{end}", f"my{stem}.{end}"]
    elif kind in ("row", "tab"):
        first, blank, rest = name.partition(" ")
        found += [f"{first}s{blank}{rest}", f"{first[:-1]}{blank}{rest}", f"{name} B", name.lower()]
    elif kind == "person":
        first, _, last = name.partition(" ")
        found += [
            f"{first} {last}s",
            f"{first[:-1]} {last}",
            f"{first}e {last}",
            f"{first[0]}. {last}",
            f"Dr. {name}",
        ]
    found = [one for one in dict.fromkeys(found) if one != name]
    chance.shuffle(found)
    return found


def recorded_list(name: str, chance: random.Random) -> NearList:
    """What is listed when it is recorded: a thing among others that are not like it."""
    others = chance.sample(OTHERS, 4)
    at = chance.randint(0, 4)
    return NearList((*others[:at], name, *others[at:]), at)


def changed_list(
    kind: str, name: str, before: NearList, situation: NearSituation, chance: random.Random
) -> NearList:
    """What is listed when it is replayed: near names where the thing was, or anywhere."""
    others = [one for one in before.names if one != name]
    near = near_to(kind, name, chance)
    came = {
        "gone": near[:1], "two near": near[:2], "twice": [name, name], "beside": [name, near[0]],
    }[situation]  # fmt: skip
    at = before.meant or 0
    if chance.random() < 0.5:
        chance.shuffle(came)
        at = chance.randint(0, len(others))
    names = (*others[:at], *came, *others[at:])
    return NearList(names, names.index(name) if situation == "beside" else None)


def page(kind: str, listed: NearList, number: int) -> bytes:
    """A page that lists names and notes in its title which one was clicked."""
    rows = [f'data-name data-number="{n}">{html.escape(name)}</' for n, name in enumerate(listed.names)]
    if kind == "tab":
        body = '<div role="tablist">' + "".join(f'<button role="tab" {row}button>' for row in rows) + "</div>"
    else:
        body = "<ul>" + "".join(f"<li {row}li>" for row in rows) + "</ul>"
    head = {"tab": "Sheets", "date": "Days", "amount": "Amounts", "person": "People"}.get(kind, "Things")
    return PAGE.format(number=number, head=head, body=body).encode()
