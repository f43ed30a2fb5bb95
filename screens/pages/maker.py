"""Random pages: HTML with many looks, whose elements say what they look like where HTML does not."""

from __future__ import annotations

import html
import random
from collections.abc import Callable

from deskhand.screens.forms.words import Wording
from deskhand.screens.pages import icons
from deskhand.screens.pages.styles import CHECKS, FONTS, KINDS, palette, sheet

CJK = "'Noto Sans CJK SC'"


class Maker:
    """The choices of one page, and the small parts of which its blocks are made.

    Args:
        rng: where chance comes from; the same one makes the same page.
        language: of the words; None for one by chance.
    """

    def __init__(self, rng: random.Random, language: str | None = None) -> None:
        self.rng = rng
        self.words = Wording(rng, language)
        self.kind = rng.choice(KINDS)
        self.check = rng.choice(CHECKS)
        self.colours = palette(rng)
        self.font = rng.choice(FONTS)
        self.pixels = rng.choice((11, 12, 13, 13.333, 14, 14, 15, 16, 16, 17, 18))
        self.icon_width = rng.choice((1.3, 1.6, 2.0, 2.5, 3.0))
        self.icon_filled = rng.random() < 0.2
        self.underline = rng.random() < 0.6
        self._count = 0

    def chance(self, of: float) -> bool:
        """True with a likelihood of ``of``, 0 to 1."""
        return self.rng.random() < of

    def new_id(self) -> str:
        """An id that no other element of the page has."""
        self._count += 1
        return f"e{self._count}"

    def say(self, kind: str) -> str:
        """A word, escaped."""
        return html.escape(self.words.some(kind))

    def several(self, kind: str, least: int, most: int) -> list[str]:
        """Different words, escaped."""
        return [html.escape(word) for word in self.words.several(kind, self.rng.randint(least, most))]

    def off(self, of: float = 0.08) -> str:
        """The attribute of a control that cannot be used, with a likelihood of ``of``; else nothing."""
        return " disabled" if self.chance(of) else ""

    def icon(self, name: str | None = None) -> str:
        """A picture; a name or any."""
        name = name or self.rng.choice(tuple(icons.PATHS))
        return icons.svg(name, filled=self.icon_filled, width=self.icon_width)

    def icon_button(self, name: str | None = None) -> str:
        """A button that is a picture, with or without a frame."""
        name = name or self.rng.choice(tuple(icons.PATHS))
        frame = "btn" if self.chance(0.25) else "iconbtn"
        return f'<button class="{frame}" title="{name}"{self.off(0.05)}>{self.icon(name)}</button>'

    def button(self, text: str | None = None, main: bool | None = None) -> str:
        """A button with a text, sometimes with a picture too; or a link that looks like one."""
        text = text or self.say("actions")
        main = self.chance(0.35) if main is None else main
        look = "btn main" if main else "btn"
        inner = f"{self.icon()} {text}" if self.chance(0.12) else text
        if self.kind == "plain" and self.chance(0.3):
            return f'<input type="submit" value="{text}"{self.off()}>'
        if self.kind != "plain" and self.chance(0.12):
            return f'<a class="{look}" href="#" data-truth="button" style="text-decoration:none">{inner}</a>'
        return f'<button class="{look}"{self.off()}>{inner}</button>'

    def link(self, text: str | None = None) -> str:
        """A link, underlined or not as the page has it."""
        text = text or self.say("nouns")
        look = "" if self.underline else ' class="plainlink"'
        return f'<a href="#"{look}>{text}</a>'

    def field(self, label: str = "", wide: bool = True) -> str:
        """A field of one line; ``label`` names one that has no label of its own."""
        value = html.escape(self.words.value()) if self.chance(0.5) else ""
        kind = self.rng.choice(("text", "text", "text", "email", "search", "tel", "password", "number"))
        if kind == "number":
            value = str(self.rng.randint(0, 500)) if value else ""
        hint = f' placeholder="{label or self.say("labels")}"' if label or self.chance(0.3) else ""
        size = "ctl wide" if wide else "ctl"
        return f'<input id="{{id}}" class="{size}" type="{kind}" value="{value}"{hint}{self.off(0.06)}>'

    def area(self, wide: bool = True) -> str:
        """A field of several lines, with or without text; ``{id}`` is where its id goes."""
        text = html.escape(self.words.paragraph(self.rng.randint(1, 6))) if self.chance(0.6) else ""
        hint = f' placeholder="{self.say("sentences")}"' if self.chance(0.4) else ""
        size = "ctl wide" if wide else "ctl"
        return (
            f'<textarea id="{{id}}" class="{size}" rows="{self.rng.randint(2, 7)}" '
            f'cols="{self.rng.randint(20, 45)}"{hint}{self.off(0.04)}>{text}</textarea>'
        )

    def combo(self) -> str:
        """A list that drops down, with 3 to 7 entries; ``{id}`` is where its id goes."""
        options = self.several(self.rng.choice(("options", "nouns", "labels")), 3, 7)
        inside = "".join(f"<option>{word}</option>" for word in options)
        return f'<select id="{{id}}" class="ctl"{self.off(0.06)}>{inside}</select>'

    def slider(self) -> str:
        """A slider from 0 to 100; ``{id}`` is where its id goes."""
        width = self.rng.choice((100, 160, 220, 300))
        value = self.rng.randint(0, 100)
        return f'<input id="{{id}}" type="range" value="{value}" style="width:{width}px"{self.off(0.05)}>'

    def control(self) -> str:
        """Any control that stands beside a label; ``{id}`` is where its id goes."""
        makers: tuple[Callable[[], str], ...] = (
            self.field,
            self.field,
            self.field,
            self.combo,
            self.area,
            self.slider,
        )
        return self.rng.choice(makers)()

    def check_box(
        self,
        kind: str = "checkbox",
        name: str = "",
        checked: bool | None = None,
        text: str = "",
        own: str = "",
    ) -> str:
        """A check box or radio button with its text; one with an id of its ``own`` can be used."""
        text = text or self.say("options")
        checked = self.chance(0.45) if checked is None else checked
        state = (" checked" if checked else "") + ("" if own else self.off(0.07))
        own = own or self.new_id()
        group = f' name="{name}"' if name else ""
        if self.check == "span":
            mark = "mark round" if kind == "radio" else "mark"
            indicator = f'<span class="{mark}" data-part="{own}"></span>'
            return (
                f'<label><input class="hid" id="{own}" type="{kind}"{group}{state}>{indicator}{text}</label>'
            )
        look = ' class="drawn"' if self.check == "drawn" else ""
        box = f'<input id="{own}"{look} type="{kind}"{group}{state}>'
        if self.chance(0.5):
            return f"<label>{box} {text}</label>"
        return f'<span>{box} <label for="{own}">{text}</label></span>'

    def switch(self, text: str, own: str = "", checked: bool | None = None) -> str:
        """A toggle switch, its text beside it or at the other end of the line; see ``check_box``."""
        checked = self.chance(0.5) if checked is None else checked
        state = (" checked" if checked else "") + ("" if own else self.off(0.06))
        own = own or self.new_id()
        box = f'<input id="{own}" type="checkbox" role="switch" class="switch"{state}>'
        label = f'<label for="{own}">{text}</label>'
        if self.chance(0.5):
            return f"<div>{box}{label}</div>"
        return f'<div style="display:flex;max-width:32em"><span style="flex:1">{label}</span>{box}</div>'

    def place(self, control: str) -> tuple[str, str]:
        """A control with an id, and that id."""
        own = self.new_id()
        return control.replace("{id}", own), own


def document(maker: Maker, body: str, extra: str = "") -> str:
    """A whole page."""
    font = CJK if maker.words.language in ("zh", "ko") else maker.font
    css = sheet(maker.colours, font, maker.pixels)
    kinds = f"{maker.kind} accent" if maker.check == "accent" else maker.kind
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Page</title>'
        f'<style>{css}</style></head><body class="{kinds}">{body}{extra}</body></html>'
    )
