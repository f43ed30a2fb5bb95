"""Shows a Tk program in a sandbox and has it report what is to be seen of it.

    python3 -m forms.show PROGRAM SEED DESK OPTIONS

PROGRAM is a module beside this file with ``build(root, words, options)``; OPTIONS is JSON: theme, font,
points, scaling, colours. For each file ``wish-N`` that the harness writes into the folder DESK beside
this file, the truth comes as ``truth-N.json``; at a file ``end`` the program ends. It runs under the
sandbox's own python3.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import random
import sys
from pathlib import Path
from typing import Any

from . import converter, notes, tk_form
from .answering import EVERY_MS, AnsweringDesk
from .description import describe
from .words import Wording

with contextlib.suppress(ImportError):  # without python3-tk it still imports, as every module does
    import tkinter as tk
    from tkinter import font, ttk

PROGRAMS = {"tk_form": tk_form.build, "notes": notes.build, "converter": converter.build}


def main(arguments: list[str]) -> None:
    name, seed, desk, options = *arguments[:3], json.loads(arguments[3])
    if name not in PROGRAMS:
        raise SystemExit(f"no program {name[:40]!r}")
    if importlib.util.find_spec("tkinter") is None:
        raise SystemExit("python3 has no Tk here: apt-get install python3-tk")
    root = tk.Tk()
    root.withdraw()
    dress(root, options)
    words = Wording(random.Random(f"{name} {seed}"), options.get("language"))
    PROGRAMS[name](root, words, options)
    root.deiconify()
    answering = AnsweringDesk(Path(__file__).parent / Path(desk).name, lambda: describe(root))

    def look() -> None:
        answering.look()
        root.after(EVERY_MS, look)

    look()
    root.mainloop()


def dress(root: tk.Tk, options: dict[str, Any]) -> None:
    """Theme, fonts, scale and colours, before anything is built."""
    root.tk.call("tk", "scaling", float(options.get("scaling", 1.333)))
    for name in (
        "TkDefaultFont",
        "TkTextFont",
        "TkMenuFont",
        "TkHeadingFont",
        "TkCaptionFont",
        "TkTooltipFont",
    ):
        font.nametofont(name, root).configure(
            family=options.get("font", "DejaVu Sans"), size=int(options.get("points", 10)), weight="normal"
        )
    root.option_add("*font", "TkDefaultFont")
    style = ttk.Style(root)
    style.theme_use(options.get("theme", "default"))
    style.configure("Treeview", rowheight=font.nametofont("TkDefaultFont", root).metrics("linespace") + 4)
    colours = options.get("colours")
    if colours:
        _colour(root, style, colours)
    else:
        _match(root, str(style.lookup(".", "background")))


def _match(root: tk.Tk, ground: str) -> None:
    """Give classic widgets the ground of the themed ones that they stand among."""
    root.configure(background=ground)
    for option in ("background", "highlightBackground"):
        root.option_add(f"*{option}", ground)
    for name in ("Entry", "Text", "Listbox", "Spinbox"):
        root.option_add(f"*{name}.background", "#ffffff")


def _colour(root: tk.Tk, style: ttk.Style, colours: dict[str, str]) -> None:
    """Colours of classic widgets by the option database, of themed ones by the style."""
    ground, ink, field, chosen = (colours[name] for name in ("ground", "ink", "field", "chosen"))
    root.configure(background=ground)
    for option, colour in (
        ("background", ground), ("foreground", ink), ("highlightBackground", ground), ("activeBackground",
        field), ("activeForeground", ink), ("selectBackground", chosen), ("selectForeground", "#ffffff"),
        ("troughColor", field), ("insertBackground", ink), ("selectColor", field), ("buttonBackground",
        ground),
    ):  # fmt: skip
        root.option_add(f"*{option}", colour)
    for name in ("Entry", "Text", "Listbox", "Spinbox"):
        root.option_add(f"*{name}.background", field)
        root.option_add(f"*{name}.foreground", ink)
    style.configure(
        ".", background=ground, foreground=ink, fieldbackground=field, troughcolor=field, insertcolor=ink
    )
    style.configure(
        ".", selectbackground=chosen, selectforeground="#ffffff", bordercolor=field, arrowcolor=ink
    )
    style.configure("Treeview", background=field, fieldbackground=field, foreground=ink)
    style.map("Treeview", background=[("selected", chosen)], foreground=[("selected", "#ffffff")])
    style.map("TNotebook.Tab", background=[("selected", field)])
    style.map("TCombobox", fieldbackground=[("readonly", field)], foreground=[("readonly", ink)])
    style.map("TButton", background=[("active", field)])


if __name__ == "__main__":
    main(sys.argv[1:])
