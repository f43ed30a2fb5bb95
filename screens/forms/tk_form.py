"""A Tk program whose window is random: every widget of Tk and its themed set, as chance has it.

It is shown by ``show.py`` in a sandbox, which gives it words and a look and reports what is on it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from . import pictures
from .words import Wording

with contextlib.suppress(ImportError):  # without python3-tk it still imports, as every module does
    import tkinter as tk
    from tkinter import messagebox, ttk


class TkForm:
    """The choices of one window, and what its parts need of each other."""

    def __init__(self, root: tk.Tk, words: Wording, options: dict[str, Any]) -> None:
        self.root, self.words, self.rng = root, words, words.rng
        self.themed = 0.75 if self.rng.random() < 0.6 else 0.25
        self.colours = options.get("colours") or {}
        self.side = round(self.rng.choice((16, 16, 20, 24)) * float(options.get("scaling", 1.333)) / 1.333)
        self.kept: list[Any] = []
        self.count = 0
        self.colon = self.rng.random() < 0.4
        self.pad = self.rng.choice((2, 4, 6, 8))
        self.menus: list[tk.Menu] = []
        self.can_focus: list[Any] = []
        self.combos: list[Any] = []

    def chance(self, of: float) -> bool:
        return self.rng.random() < of

    def kit(self) -> bool:
        """Whether the next widget is a themed one."""
        return self.chance(self.themed)

    def off(self, of: float = 0.08) -> Any:
        return "disabled" if self.chance(of) else "normal"

    def variable(self, value: str) -> tk.StringVar:
        self.count += 1
        made = tk.StringVar(self.root, value, f"v{self.count}")
        self.kept.append(made)
        return made

    def icon(self) -> tk.PhotoImage:
        ink = self.colours.get("ink", self.rng.choice(("#202020", "#303030", "#1a4a8a")))
        colour = (
            ink
            if self.chance(0.5)
            else self.rng.choice(("#c0392b", "#2e7d32", "#1565c0", "#e67e22", "#8e44ad"))
        )
        second = self.rng.choice((None, None, "#f1c40f", "#7f8c8d"))
        made: tk.PhotoImage = pictures.picture(
            self.root, self.rng.choice(tuple(pictures.SHAPES)), self.side, colour, second
        )
        self.kept.append(made)
        return made

    def label(self, where: Any, text: str) -> Any:
        return ttk.Label(where, text=text) if self.kit() else tk.Label(where, text=text)

    def button(self, where: Any, text: str = "") -> Any:
        text, state = text or self.words.some("actions"), self.off()
        if self.kit():
            made: Any = ttk.Button(where, text=text, state=state)
        else:
            made = tk.Button(
                where,
                text=text,
                state=state,
                relief=self.rng.choice(("raised", "raised", "flat", "groove", "ridge")),
            )
        if self.chance(0.1):
            made.configure(image=self.icon(), compound="left")
        self.can_focus.append(made)
        return made

    def icon_button(self, where: Any) -> Any:
        picture, state = self.icon(), self.off(0.05)
        if self.kit():
            return ttk.Button(
                where, image=picture, state=state, style=self.rng.choice(("Toolbutton", "TButton"))
            )
        return tk.Button(
            where, image=picture, state=state, relief=self.rng.choice(("raised", "flat", "flat", "groove"))
        )

    def field(self, where: Any, width: int) -> Any:
        value = self.words.value() if self.chance(0.55) else ""
        variable = self.variable(value)
        state: Any = self.rng.choice(("normal", "normal", "normal", self.off(0.2), "readonly"))
        show = "•" if self.chance(0.08) else ""
        maker = ttk.Entry if self.kit() else tk.Entry
        made = maker(where, width=width, textvariable=variable, show=show, state=state)
        self.can_focus.append(made)
        return made

    def spin(self, where: Any, width: int) -> Any:
        maker = ttk.Spinbox if self.kit() else tk.Spinbox
        return maker(
            where,
            from_=0,
            to=999,
            width=min(width, 8),
            textvariable=self.variable(str(self.rng.randint(0, 99))),
        )

    def combo(self, where: Any, width: int) -> Any:
        values = self.words.several("options", 6)
        chosen = self.variable(self.rng.choice(values) if self.chance(0.85) else "")
        if self.kit() or self.chance(0.4):
            state = self.rng.choice(
                ("normal", "readonly", "readonly", "disabled" if self.chance(0.3) else "readonly")
            )
            made: Any = ttk.Combobox(where, values=values, textvariable=chosen, width=width, state=state)
            self.combos.append(made)
            return made
        return tk.OptionMenu(where, chosen, *values)

    def area(self, where: Any, width: int) -> Any:
        made = tk.Text(where, width=width, height=self.rng.randint(2, 7), wrap="word")
        if self.chance(0.65):
            made.insert(
                "1.0",
                "\n".join(
                    self.words.paragraph(self.rng.randint(1, 2)) for _ in range(self.rng.randint(1, 3))
                ),
            )
            if self.chance(0.2):
                made.tag_add("sel", "1.0", "1.20")
        self.can_focus.append(made)
        return made

    def slider(self, where: Any, width: int) -> Any:
        variable = tk.DoubleVar(self.root, self.rng.randint(0, 100))
        self.kept.append(variable)
        orient: Any = "vertical" if self.chance(0.15) else "horizontal"
        length = self.rng.choice((90, 140, 200))
        if self.kit():
            return ttk.Scale(where, from_=0, to=100, variable=variable, length=length, orient=orient)
        return tk.Scale(
            where,
            from_=0,
            to=100,
            variable=variable,
            length=length,
            orient=orient,
            showvalue=self.chance(0.6),
        )

    def control(self, where: Any) -> Any:
        makers: tuple[Callable[[Any, int], Any], ...] = (
            self.field, self.field, self.field, self.spin, self.combo, self.combo, self.slider, self.area,
        )  # fmt: skip
        return self.rng.choice(makers)(where, self.rng.randint(10, 28))


def build(root: tk.Tk, words: Wording, options: dict[str, Any]) -> None:
    """Fill the window, and open a menu, a list or a dialog by chance."""
    form = TkForm(root, words, options)
    root.deskhand_form = form  # type: ignore[attr-defined]  # pictures and variables end with their last owner
    root.title(words.some("nouns"))
    if form.chance(0.6):
        _menu_bar(form)
    if form.chance(0.5):
        _tool_bar(form).pack(fill="x")
    if form.chance(0.4):
        status = form.label(root, words.some("sentences"))
        status.pack(side="bottom", fill="x")
    body: Any = ttk.Frame(root) if form.kit() else tk.Frame(root)
    body.pack(fill="both", expand=True, padx=form.pad, pady=form.pad)
    large = form.chance(0.5)
    columns = form.rng.choice((3, 3, 4)) if large else form.rng.choice((1, 2, 2, 3))
    for _ in range(columns):
        column: Any = ttk.Frame(body) if form.kit() else tk.Frame(body)
        column.pack(side="left", fill="both", expand=form.chance(0.6), anchor="n", padx=form.pad)
        for _ in range(form.rng.randint(2, 5) if large else form.rng.randint(1, 4)):
            _section(form, column).pack(fill="x", anchor="w", pady=form.pad)
    if large:
        root.attributes("-zoomed", True)
    elif form.chance(0.4):
        width, height = form.rng.randint(500, 1270), form.rng.randint(350, 760)
        root.geometry(f"{width}x{height}")
    root.after(150, lambda: _touch(form))


def _section(form: TkForm, where: Any, inner: bool = False) -> Any:
    """A part of the window, sometimes in a frame with a title."""
    holder: Any
    chance = form.rng.random()
    if chance < 0.3:
        title = form.words.some("nouns")
        if form.kit():
            holder = ttk.Labelframe(where, labelwidget=ttk.Label(where, text=title), padding=form.pad)
        else:
            holder = tk.LabelFrame(
                where, labelwidget=tk.Label(where, text=title), padx=form.pad, pady=form.pad
            )
    else:
        holder = ttk.Frame(where) if form.kit() else tk.Frame(where)
    parts = _PARTS if not inner else tuple(part for part in _PARTS if part is not _notebook)
    form.rng.choice(parts)(form, holder)
    return holder


def _fields(form: TkForm, where: Any) -> None:
    above = form.chance(0.25)
    for number, text in enumerate(form.words.several("labels", form.rng.randint(2, 6))):
        label = form.label(where, text + (":" if form.colon else ""))
        control = form.control(where)
        if above:
            label.grid(row=2 * number, column=0, sticky="w")
            control.grid(row=2 * number + 1, column=0, sticky="w", pady=(0, 6))
        else:
            label.grid(row=number, column=0, sticky=form.rng.choice(("w", "e")), padx=(0, 6), pady=2)
            control.grid(row=number, column=1, sticky="w", pady=2)


def _checks(form: TkForm, where: Any) -> None:
    side = "left" if form.chance(0.2) else "top"
    for text in form.words.several("options", form.rng.randint(2, 6)):
        variable = form.variable(form.rng.choice("01"))
        maker = ttk.Checkbutton if form.kit() else tk.Checkbutton
        made: Any = maker(where, text=text, variable=variable, onvalue="1", offvalue="0", state=form.off())
        if form.chance(0.3):
            made.pack(side=side, fill="x")
        else:
            made.pack(side=side, anchor="w")
        form.can_focus.append(made)


def _radios(form: TkForm, where: Any) -> None:
    texts = form.words.several("options", form.rng.randint(2, 5))
    variable, kit = form.variable(form.rng.choice(texts)), form.kit()
    buttons = not kit and form.chance(0.15)
    side = "left" if form.chance(0.3) else "top"
    for text in texts:
        maker = ttk.Radiobutton if kit else tk.Radiobutton
        made: Any = maker(where, text=text, variable=variable, value=text, state=form.off())
        if buttons:
            made.configure(indicatoron=False, padx=6)
        made.pack(side=side, anchor="w")


def _buttons(form: TkForm, where: Any) -> None:
    side = form.rng.choice(("left", "left", "right", "top"))
    for text in form.words.several("actions", form.rng.randint(2, 5)):
        form.button(where, text).pack(side=side, padx=3, pady=3)


def _icons(form: TkForm, where: Any) -> None:
    for _ in range(form.rng.randint(3, 10)):
        form.icon_button(where).pack(side="left", padx=form.rng.choice((0, 1, 3)))


def _scrolled(form: TkForm, where: Any, made: Any, across: bool = False) -> None:
    """Put a widget into its place with scroll bars."""
    maker: Any = ttk.Scrollbar if form.kit() else tk.Scrollbar
    down = maker(where, orient="vertical", command=made.yview)
    made.configure(yscrollcommand=down.set)
    if across:
        flat = maker(where, orient="horizontal", command=made.xview)
        made.configure(xscrollcommand=flat.set)
        flat.pack(side="bottom", fill="x")
    down.pack(side="right", fill="y")
    made.pack(side="left", fill="both", expand=True)


def _list(form: TkForm, where: Any) -> None:
    kind = form.rng.choice(("nouns", "people", "options", "actions"))
    made = tk.Listbox(
        where, height=form.rng.randint(4, 9), width=form.rng.randint(14, 32), exportselection=False
    )
    texts = form.words.several(kind, form.rng.randint(4, 20))
    made.insert("end", *texts)
    if form.chance(0.8):
        made.selection_set(form.rng.randrange(len(texts)))
    if form.chance(0.7):
        _scrolled(form, where, made, form.chance(0.2))
        made.yview_moveto(form.rng.choice((0, 0, 0.3)))
    else:
        made.pack(anchor="w")


def _table(form: TkForm, where: Any) -> None:
    """A tree view: a table, a tree, or a tree with columns."""
    manner: Any = form.rng.choice(("headings", "tree", "tree headings"))
    columns = form.words.several("labels", form.rng.randint(1, 4)) if "headings" in manner else []
    made = ttk.Treeview(
        where, columns=[str(n) for n in range(len(columns))], show=manner, height=form.rng.randint(4, 9)
    )
    for number, text in enumerate(columns):
        made.heading(str(number), text=text)
        made.column(str(number), width=form.rng.randint(70, 130), stretch=form.chance(0.5))
    if "tree" in manner:
        made.column("#0", width=form.rng.randint(130, 200))
        if "headings" in manner:
            made.heading("#0", text=form.words.some("labels"))
    items = []
    for text in form.words.several("nouns", form.rng.randint(3, 8)):
        item = made.insert(
            "",
            "end",
            text=text if "tree" in manner else "",
            values=_values(form, columns),
            open=form.chance(0.6),
        )
        items.append(item)
        if "tree" in manner and form.chance(0.5):
            for child in form.words.several("nouns", form.rng.randint(1, 4)):
                items.append(made.insert(item, "end", text=child, values=_values(form, columns)))
    if form.chance(0.7):
        made.selection_set(form.rng.choice(items))
    _scrolled(form, where, made)


def _values(form: TkForm, columns: list[str]) -> list[str]:
    return [form.words.number() if form.chance(0.5) else form.words.some("nouns") for _ in columns]


def _notebook(form: TkForm, where: Any) -> None:
    made: Any = ttk.Notebook(where)
    texts = form.words.several("nouns", form.rng.randint(2, 5))
    for text in texts:
        page = ttk.Frame(made, padding=form.pad)
        _section(form, page, inner=True).pack(fill="x", anchor="w")
        made.add(page, text=text, state="disabled" if form.chance(0.04) else "normal")
    made.select(form.rng.randrange(len(texts)))
    made.pack(fill="both", expand=True)


def _text(form: TkForm, where: Any) -> None:
    _scrolled(form, where, form.area(where, form.rng.randint(20, 50)))


def _sliders(form: TkForm, where: Any) -> None:
    for text in form.words.several("labels", form.rng.randint(1, 3)):
        row: Any = ttk.Frame(where) if form.kit() else tk.Frame(where)
        row.pack(anchor="w")
        form.label(row, text).pack(side="left", padx=4)
        form.slider(row, 0).pack(side="left")


def _prose(form: TkForm, where: Any) -> None:
    for _ in range(form.rng.randint(1, 3)):
        made = form.label(where, form.words.paragraph(form.rng.randint(1, 3)))
        made.configure(wraplength=form.rng.choice((200, 300, 400)), justify="left")
        made.pack(anchor="w")
    if form.chance(0.3):
        ttk.Separator(where).pack(fill="x", pady=4)
    if form.chance(0.3):
        ttk.Progressbar(where, length=180, value=form.rng.randint(0, 100)).pack(anchor="w", pady=3)


def _drawing(form: TkForm, where: Any) -> None:
    canvas = tk.Canvas(
        where, width=form.rng.randint(120, 260), height=form.rng.randint(60, 140), background="white"
    )
    for _ in range(form.rng.randint(1, 5)):
        x, y = form.rng.randint(0, 180), form.rng.randint(0, 100)
        draw = form.rng.choice((canvas.create_line, canvas.create_oval, canvas.create_rectangle))
        draw(x, y, x + form.rng.randint(10, 80), y + form.rng.randint(5, 50), width=2)
    canvas.pack(anchor="w")


_PARTS: tuple[Callable[[TkForm, Any], None], ...] = (
    _fields, _fields, _fields, _checks, _checks, _radios, _radios, _buttons, _icons, _list, _list, _table,
    _table, _notebook, _notebook, _text, _sliders, _prose, _drawing,
)  # fmt: skip


def _menu_bar(form: TkForm) -> None:
    bar = tk.Menu(form.root)
    for text in form.words.several("nouns", form.rng.randint(2, 7)):
        menu = _menu(form, bar)
        bar.add_cascade(label=text, menu=menu, state="disabled" if form.chance(0.04) else "normal")
        form.menus.append(menu)
    form.root.configure(menu=bar)


def _menu(form: TkForm, parent: Any) -> tk.Menu:
    menu = tk.Menu(parent, tearoff=form.chance(0.1))
    radio = form.variable("0")
    for number, text in enumerate(form.words.several("actions", form.rng.randint(3, 10))):
        key = f"Ctrl+{form.rng.choice('ABCFNOPQSVXZ')}" if form.chance(0.3) else ""
        chance, state = form.rng.random(), form.off(0.12)
        if chance < 0.7:
            picture: Any = {"image": form.icon(), "compound": "left"} if form.chance(0.1) else {}
            menu.add_command(label=text, accelerator=key, state=state, **picture)
        elif chance < 0.8:
            menu.add_checkbutton(
                label=text, variable=form.variable(form.rng.choice("01")), onvalue="1", state=state
            )
        elif chance < 0.87:
            menu.add_radiobutton(label=text, variable=radio, value=str(number % 2), state=state)
        else:
            menu.add_cascade(label=text, menu=tk.Menu(menu, tearoff=False), state=state)
        if form.chance(0.15):
            menu.add_separator()
    return menu


def _tool_bar(form: TkForm) -> Any:
    bar: Any = ttk.Frame(form.root) if form.kit() else tk.Frame(form.root, relief="raised", borderwidth=1)
    for _ in range(form.rng.randint(3, 12)):
        form.icon_button(bar).pack(side="left", padx=1, pady=1)
        if form.chance(0.12):
            ttk.Separator(bar, orient="vertical").pack(side="left", fill="y", padx=3)
    if form.chance(0.3):
        form.field(bar, 16).pack(side="left", padx=4)
    return bar


def _touch(form: TkForm) -> None:
    """Open a menu, a list or a dialog, or give something the keyboard."""
    chance = form.rng.random()
    root = form.root
    if chance < 0.2 and form.menus:
        number = form.rng.randrange(len(form.menus))
        _post(form, form.menus[number], root.winfo_rootx() + number * 60, root.winfo_rooty())
    elif chance < 0.28:
        menu = _menu(form, root)
        _post(
            form,
            menu,
            root.winfo_rootx() + form.rng.randint(10, 300),
            root.winfo_rooty() + form.rng.randint(10, 200),
        )
    elif chance < 0.36 and form.combos:
        combo = form.rng.choice(form.combos)
        if "disabled" not in combo.state() and combo.winfo_viewable():
            root.tk.call("ttk::combobox::Post", str(combo))
    elif chance < 0.48:
        _dialog(form)
    elif form.can_focus and chance < 0.9:
        form.rng.choice(form.can_focus).focus_force()


def _post(form: TkForm, menu: tk.Menu, x: int, y: int) -> None:
    menu.post(x, y)
    if form.chance(0.6) and menu.index("end") is not None:
        menu.activate(form.rng.randint(0, int(menu.index("end") or 0)))


def _dialog(form: TkForm) -> None:
    """A question of Tk's own, or a window with controls."""
    if form.chance(0.6):
        kind = form.rng.choice(("ok", "okcancel", "yesno", "yesnocancel", "retrycancel"))
        icon = form.rng.choice(("info", "warning", "question", "error"))
        text = form.words.some("sentences")
        more = form.words.paragraph(2) if form.chance(0.4) else ""
        messagebox.Message(
            form.root, title=form.words.some("nouns"), message=text, detail=more, icon=icon, type=kind
        ).show()
        return
    window = tk.Toplevel(form.root)
    if form.colours:
        window.configure(background=form.colours["ground"])
    window.title(form.words.some("nouns"))
    window.transient(form.root)
    _section(form, window).pack(padx=10, pady=10, anchor="w")
    feet: Any = ttk.Frame(window) if form.kit() else tk.Frame(window)
    feet.pack(fill="x", padx=10, pady=8)
    _buttons(form, feet)
