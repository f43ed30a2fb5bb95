"""A unit converter in Tk with classic widgets and a table of past conversions. Not for training.

It is shown by ``show.py`` in a sandbox. ``options["scene"]`` says what is open: "menu", "units", "ask",
"history", or nothing.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .words import Wording

with contextlib.suppress(ImportError):  # without python3-tk it still imports, as every module does
    import tkinter as tk
    from tkinter import messagebox, ttk

UNITS = {
    "Length": ("metres", "feet", "inches", "miles", "nautical miles", "light seconds"),
    "Mass": ("kilograms", "pounds", "ounces", "stones", "tonnes"),
    "Temperature": ("Celsius", "Fahrenheit", "Kelvin"),
    "Volume": ("litres", "pints", "gallons", "cups", "barrels"),
    "Speed": ("km/h", "mph", "knots", "m/s"),
}
PAST = (
    ("12 metres", "39.37 feet", "09:14"),
    ("3.5 pounds", "1.588 kilograms", "09:20"),
    ("68 Fahrenheit", "20 Celsius", "10:02"),
    ("2 gallons", "7.571 litres", "10:31"),
    ("55 mph", "88.51 km/h", "11:47"),
    ("9 stones", "57.15 kilograms", "12:05"),
)


def build(root: tk.Tk, words: Wording, options: dict[str, Any]) -> None:
    """Fill the window, and open what the scene asks for."""
    root.title("Unit converter")
    root.converter_kept = []  # type: ignore[attr-defined]  # variables end with their last owner
    menu = _menu(root)
    quantity = words.rng.choice(tuple(UNITS))
    _quantities(root, quantity)
    _conversion(root, quantity, words)
    _precision(root, words)
    _past(root, words)
    _buttons(root)
    root.after(150, lambda: _scene(root, menu, options.get("scene", ""), quantity))


def _keep(root: tk.Tk, value: str) -> tk.StringVar:
    made = tk.StringVar(root, value)
    root.converter_kept.append(made)  # type: ignore[attr-defined]
    return made


def _menu(root: tk.Tk) -> tk.Menu:
    bar = tk.Menu(root, tearoff=False)
    first = tk.Menu(bar, tearoff=False)
    for text, key in (("Copy result", "Ctrl+C"), ("Paste value", "Ctrl+V"), ("Swap units", "Ctrl+W")):
        first.add_command(label=text, accelerator=key)
    first.add_separator()
    first.add_checkbutton(label="Stay on top", variable=_keep(root, "1"), onvalue="1")
    first.add_checkbutton(label="Group thousands", variable=_keep(root, "0"), onvalue="1")
    first.add_separator()
    first.add_command(label="Clear the list", state="disabled")
    first.add_command(label="Quit", accelerator="Ctrl+Q")
    bar.add_cascade(label="Conversion", menu=first)
    for text in ("Units", "Constants", "Help"):
        bar.add_cascade(label=text, menu=tk.Menu(bar, tearoff=False))
    root.configure(menu=bar)
    return first


def _quantities(root: tk.Tk, chosen: str) -> None:
    frame = tk.LabelFrame(root, labelwidget=tk.Label(root, text="Quantity"), padx=6, pady=4)
    frame.grid(row=0, column=0, rowspan=2, sticky="ns", padx=8, pady=8)
    variable = _keep(root, chosen)
    for name in UNITS:
        tk.Radiobutton(frame, text=name, value=name, variable=variable).pack(anchor="w")


def _conversion(root: tk.Tk, quantity: str, words: Wording) -> None:
    frame = tk.Frame(root)
    frame.grid(row=0, column=1, sticky="w", padx=8, pady=8)
    units = UNITS[quantity]
    for row, (label, value, unit) in enumerate(
        (("From", str(words.rng.randint(1, 900)), units[0]), ("To", "", units[1]))
    ):
        tk.Label(frame, text=label).grid(row=row, column=0, sticky="w", padx=4, pady=4)
        field = tk.Entry(frame, width=16, textvariable=_keep(root, value))
        field.grid(row=row, column=1, padx=4)
        combo = ttk.Combobox(
            frame, values=units, textvariable=_keep(root, unit), width=16, state="readonly", name=f"unit{row}"
        )
        combo.grid(row=row, column=2, padx=4)
    tk.Button(frame, text="Swap").grid(row=0, column=3, rowspan=2, padx=8)
    root.after(100, field.focus_force)


def _precision(root: tk.Tk, words: Wording) -> None:
    frame = tk.Frame(root)
    frame.grid(row=1, column=1, sticky="w", padx=8)
    tk.Label(frame, text="Digits").pack(side="left")
    digits = tk.Scale(frame, from_=0, to=12, orient="horizontal", length=150)
    digits.set(words.rng.randint(0, 12))
    digits.pack(side="left", padx=6)
    for text, value in (("Round", "1"), ("Scientific", "0")):
        tk.Checkbutton(frame, text=text, variable=_keep(root, value), onvalue="1", offvalue="0").pack(
            side="left"
        )


def _past(root: tk.Tk, words: Wording) -> None:
    frame = tk.Frame(root)
    frame.grid(row=2, column=0, columnspan=2, sticky="ew", padx=8, pady=4)
    table = ttk.Treeview(frame, columns=("from", "to", "at"), show="headings", height=6)
    for name, text, width in (("from", "From", 190), ("to", "To", 190), ("at", "Time", 90)):
        table.heading(name, text=text)
        table.column(name, width=width)
    rows = [table.insert("", "end", values=row) for row in PAST]
    table.selection_set(words.rng.choice(rows))
    bar = tk.Scrollbar(frame, command=table.yview)
    table.configure(yscrollcommand=bar.set)
    bar.pack(side="right", fill="y")
    table.pack(side="left", fill="both", expand=True)


def _buttons(root: tk.Tk) -> None:
    frame = tk.Frame(root)
    frame.grid(row=3, column=0, columnspan=2, sticky="e", padx=8, pady=8)
    for text in ("Convert", "Copy", "Remove row", "Close"):
        made = tk.Button(frame, text=text, state="disabled" if text == "Remove row" else "normal", padx=10)
        made.pack(side="left", padx=4)


def _scene(root: tk.Tk, menu: tk.Menu, scene: str, quantity: str) -> None:
    if scene == "menu":
        menu.post(root.winfo_rootx() + 2, root.winfo_rooty())
        menu.activate(4)
    elif scene == "ask":
        messagebox.Message(
            root,
            title="Unit converter",
            message="Clear the list of past conversions?",
            icon="question",
            type="okcancel",
        ).show()
    elif scene == "units":
        for frame in root.winfo_children():
            for child in frame.winfo_children():
                if child.winfo_name() == "unit0":
                    root.tk.call("ttk::combobox::Post", str(child))
    elif scene == "history":
        _constants(root, quantity)


def _constants(root: tk.Tk, quantity: str) -> None:
    window = tk.Toplevel(root)
    window.title(f"Units of {quantity.lower()}")
    window.transient(root)
    rows = tk.Listbox(window, width=30, height=7, exportselection=False)
    rows.insert("end", *UNITS[quantity])
    rows.selection_set(1)
    rows.pack(padx=10, pady=10)
    tk.Label(window, text="Symbol").pack(anchor="w", padx=10)
    tk.Entry(window, width=12).pack(anchor="w", padx=10)
    for text in ("Add", "Done"):
        tk.Button(window, text=text).pack(side="right", padx=6, pady=10)
