"""A small notes program in Tk: a list of notes, a search, a page to write on. Not for training.

It is shown by ``show.py`` in a sandbox. ``options["scene"]`` says what is open: "menu", "find", "ask",
"preferences", or nothing.
"""

from __future__ import annotations

import contextlib
from typing import Any

from . import pictures
from .words import Wording

with contextlib.suppress(ImportError):  # without python3-tk it still imports, as every module does
    import tkinter as tk
    from tkinter import messagebox, ttk

NOTES = (
    (
        "Packing list",
        "Tent and poles\nTwo sleeping bags\nStove, gas, matches\nRain jackets\nMap of the north shore",
    ),
    ("Books to return", "Atlas of Clouds, due Friday\nThe Summer Book, due Friday\nA History of Salt"),
    (
        "Plum cake",
        "200 g flour, 120 g butter, 80 g sugar, 2 eggs.\nHalve the plums. Bake for 40 minutes at 180.",
    ),
    ("Call the roofer", "Ask about the gutter on the east side, and whether slates are cheaper in autumn."),
    ("Ideas for the choir", "Spring concert: two short pieces, one long one. Ask Margit for the scores."),
    ("Garden", "Beans after the 15th of May. Move the rhubarb. Compost for the roses."),
    ("Measures of the shelf", "Width 84 cm, height 190 cm, depth 32 cm. Five boards."),
    ("Wi-Fi of the hut", "Written on the back of the barometer."),
)
MENUS = {
    "Note": (
        ("New", "Ctrl+N"), ("Duplicate", "Ctrl+D"), ("Rename…", "F2"), ("", ""), ("Export as text…", ""),
        ("Print…", "Ctrl+P"), ("", ""), ("Quit", "Ctrl+Q"),
    ),
    "Edit": (
        ("Undo", "Ctrl+Z"), ("Redo", "Ctrl+Y"), ("", ""), ("Cut", "Ctrl+X"), ("Copy", "Ctrl+C"),
        ("Paste", "Ctrl+V"), ("", ""), ("Find…", "Ctrl+F"),
    ),
    "View": (
        ("Larger letters", "Ctrl++"), ("Smaller letters", "Ctrl+-"), ("", ""), ("Sort by title", ""),
        ("Sort by date", ""),
    ),
    "Help": (("Keys", "F1"), ("About Notes", "")),
}  # fmt: skip
"""Titles of menus -> their entries with their keys; an empty one is a line."""

TOOLS = ("New", "Save", "Delete", "Back", "Forward", "Search", "Settings")


def build(root: tk.Tk, words: Wording, options: dict[str, Any]) -> None:
    """Fill the window, and open what the scene asks for."""
    root.title("Notes")
    root.geometry("900x600")
    menus = _menus(root)
    _toolbar(root, options)
    ttk.Label(root, text=f"{len(NOTES)} notes, all saved", padding=3).pack(side="bottom", fill="x")
    panes = ttk.Frame(root)
    panes.pack(fill="both", expand=True)
    chosen = words.rng.randrange(len(NOTES))
    _list(panes, chosen)
    _page(panes, chosen)
    root.after(150, lambda: _scene(root, menus, options.get("scene", "")))


def _menus(root: tk.Tk) -> list[tk.Menu]:
    bar, made = tk.Menu(root, tearoff=False), []
    for title, entries in MENUS.items():
        menu = tk.Menu(bar, tearoff=False)
        for label, key in entries:
            if label:
                menu.add_command(
                    label=label, accelerator=key, state="disabled" if label == "Redo" else "normal"
                )
            else:
                menu.add_separator()
        bar.add_cascade(label=title, menu=menu)
        made.append(menu)
    root.configure(menu=bar)
    return made


def _toolbar(root: tk.Tk, options: dict[str, Any]) -> None:
    bar = ttk.Frame(root, padding=2)
    bar.pack(fill="x")
    ink = (options.get("colours") or {}).get("ink", "#303030")
    kept = [pictures.picture(root, name, 20, ink) for name in TOOLS]
    root.notes_pictures = kept  # type: ignore[attr-defined]  # they end with their last owner
    for name, image in zip(TOOLS, kept, strict=True):
        ttk.Button(
            bar,
            image=image,
            text=name,
            style="Toolbutton",
            state="disabled" if name == "Forward" else "normal",
        ).pack(side="left")
    root.notes_search = tk.StringVar(root, "")  # type: ignore[attr-defined]
    ttk.Entry(bar, width=22, textvariable=root.notes_search).pack(side="right", padx=6)  # type: ignore[attr-defined]
    ttk.Label(bar, text="Search").pack(side="right")


def _list(panes: ttk.Frame, chosen: int) -> None:
    side = ttk.Frame(panes)
    side.pack(side="left", fill="y")
    rows = tk.Listbox(side, width=26, exportselection=False, activestyle="none")
    rows.insert("end", *(title for title, _ in NOTES))
    rows.selection_set(chosen)
    bar = ttk.Scrollbar(side, command=rows.yview)
    rows.configure(yscrollcommand=bar.set)
    rows.pack(side="left", fill="y", expand=True)
    bar.pack(side="left", fill="y")


def _page(panes: ttk.Frame, chosen: int) -> None:
    page = ttk.Frame(panes, padding=8)
    page.pack(side="left", fill="both", expand=True)
    head = ttk.Frame(page)
    head.pack(fill="x", pady=(0, 6))
    ttk.Label(head, text="Title:").pack(side="left")
    title = ttk.Entry(head, width=34)
    title.insert(0, NOTES[chosen][0])
    title.pack(side="left", padx=6)
    kind = ttk.Combobox(head, values=("Home", "Work", "Choir"), width=10, state="readonly")
    kind.set("Home")
    kind.pack(side="right")
    text = tk.Text(page, wrap="word", height=10, padx=6, pady=6)
    text.insert("1.0", NOTES[chosen][1])
    text.pack(fill="both", expand=True)
    feet = ttk.Frame(page)
    feet.pack(fill="x", pady=(6, 0))
    pin = ttk.Checkbutton(feet, text="Keep at the top")
    pin.state(["!alternate", "selected" if chosen % 2 else "!selected"])
    pin.pack(side="left")
    ttk.Button(feet, text="Save").pack(side="right")
    ttk.Button(feet, text="Discard").pack(side="right", padx=6)
    text.focus_force()


def _scene(root: tk.Tk, menus: list[tk.Menu], scene: str) -> None:
    if scene == "menu":
        menus[0].post(root.winfo_rootx() + 2, root.winfo_rooty())
        menus[0].activate(2)
    elif scene == "find":
        _find(root)
    elif scene == "preferences":
        _preferences(root)
    elif scene == "ask":
        messagebox.Message(
            root,
            title="Delete",
            message="Delete this note?",
            detail="It cannot be brought back.",
            icon="warning",
            type="yesno",
        ).show()


def _window(root: tk.Tk, title: str) -> ttk.Frame:
    window = tk.Toplevel(root)
    window.title(title)
    window.transient(root)
    inside = ttk.Frame(window, padding=12)
    inside.pack(fill="both", expand=True)
    return inside


def _find(root: tk.Tk) -> None:
    inside = _window(root, "Find")
    for row, label in enumerate(("Find:", "Replace with:")):
        ttk.Label(inside, text=label).grid(row=row, column=0, sticky="w", pady=3)
        ttk.Entry(inside, width=30).grid(row=row, column=1, columnspan=3, pady=3)
    for column, label in enumerate(("Match case", "Whole words")):
        box = ttk.Checkbutton(inside, text=label)
        box.state(["!alternate"])
        box.grid(row=2, column=1 + column, sticky="w")
    for column, label in enumerate(("Find next", "Replace", "Close")):
        ttk.Button(inside, text=label).grid(row=3, column=1 + column, pady=(10, 0), padx=2)


def _preferences(root: tk.Tk) -> None:
    inside = _window(root, "Preferences")
    book = ttk.Notebook(inside)
    book.pack(fill="both", expand=True)
    page = ttk.Frame(book, padding=10)
    for title in ("Writing", "Saving", "Keys"):
        book.add(page if title == "Writing" else ttk.Frame(book), text=title)
    root.notes_size, root.notes_wrap = tk.DoubleVar(root, 40), tk.StringVar(root, "words")  # type: ignore[attr-defined]
    ttk.Label(page, text="Size of letters").grid(row=0, column=0, sticky="w")
    ttk.Scale(page, from_=0, to=100, length=160, variable=root.notes_size).grid(row=0, column=1, pady=4)  # type: ignore[attr-defined]
    ttk.Label(page, text="Tab width").grid(row=1, column=0, sticky="w")
    width = ttk.Spinbox(page, from_=1, to=8, width=5)
    width.set(4)
    width.grid(row=1, column=1, sticky="w", pady=4)
    for row, (text, value) in enumerate(
        (("Break lines at words", "words"), ("Break lines anywhere", "letters"), ("Do not break lines", "no"))
    ):
        ttk.Radiobutton(page, text=text, value=value, variable=root.notes_wrap).grid(  # type: ignore[attr-defined]
            row=2 + row, column=0, columnspan=2, sticky="w"
        )
    feet = ttk.Frame(inside)
    feet.pack(fill="x", pady=(10, 0))
    for text in ("Cancel", "OK"):
        ttk.Button(feet, text=text).pack(side="right", padx=3)
