"""Tk programs in a sandbox, and what they report of themselves."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from weakref import WeakKeyDictionary

from deskhand.errors import SandboxError
from deskhand.perception.screen import Element, Screenshot
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.forms.asking import AskedProgram
from deskhand.screens.scenes import GENERAL, Scene
from deskhand.screens.sets import element_of
from deskhand.screens.themes import Theme
from deskhand.screens.truth import framed

FILES = (
    "__init__.py", "answering.py", "show.py",
    "tree.py", "description.py", "pictures.py", "words.py", "words.json",
    "tk_form.py", "notes.py", "converter.py",
)  # fmt: skip
"""What goes into the sandbox, as a package of its own."""

MOST_ELEMENTS = 2000

PLAIN_SCALING = 96 / 72
"""Pixels a point on a plain screen."""

THEMES = ("default", "clam", "alt", "classic")
FONTS = (
    "DejaVu Sans", "DejaVu Sans", "Liberation Sans", "Nimbus Sans", "Cantarell", "Roboto", "Open Sans",
    "DejaVu Serif", "Liberation Serif", "Helvetica",
)  # fmt: skip
COLOURS = (
    {"ground": "#2b2b2b", "ink": "#e0e0e0", "field": "#3c3f41", "chosen": "#2f65ca"},
    {"ground": "#1e1e2e", "ink": "#cdd6f4", "field": "#313244", "chosen": "#89547a"},
    {"ground": "#f5f0e6", "ink": "#3b2f20", "field": "#fffaf0", "chosen": "#b07030"},
    {"ground": "#e8f0f8", "ink": "#102030", "field": "#ffffff", "chosen": "#3070b0"},
    {"ground": "#ffffff", "ink": "#202020", "field": "#f4f4f4", "chosen": "#0a7a50"},
    {"ground": "#002b36", "ink": "#93a1a1", "field": "#073642", "chosen": "#268bd2"},
)


@dataclass(frozen=True, slots=True)
class TkLook:
    """How a Tk program looks.

    Attributes:
        theme: of the themed widgets.
        font: family.
        points: its size.
        scaling: pixels a point: 1.333 on a plain screen.
        colours: ground, ink, field and chosen; None for the theme's own.
        language: of the words; None for one by chance.
        scene: what the applications, not the random forms, have open.
    """

    theme: str = "default"
    font: str = "DejaVu Sans"
    points: int = 10
    scaling: float = PLAIN_SCALING
    colours: dict[str, str] | None = None
    language: str | None = None
    scene: str = ""

    def __str__(self) -> str:
        colours = self.colours["ground"] if self.colours else "plain"
        return f"{self.theme}, {self.font} {self.points}, x{self.scaling / PLAIN_SCALING:.2g}, {colours}"


def draw_look(rng: random.Random) -> TkLook:
    """A look by chance."""
    scaling = PLAIN_SCALING * rng.choice((1, 1, 1, 1, 1.2, 1.5, 2))
    points = rng.choice((8, 9, 10, 10, 11, 12)) if scaling < 1.5 * PLAIN_SCALING else rng.choice((8, 9, 10))
    colours = rng.choice(COLOURS) if rng.random() < 0.4 else None
    return TkLook(rng.choice(THEMES), rng.choice(FONTS), points, scaling, colours)


class TkProgram(AskedProgram):
    """One Tk program that runs in a sandbox. A program that does not answer any more is a SandboxError.

    Args:
        sandbox: a running desktop with python3-tk.
        name: "tk_form", or one of the applications.
        seed: the same one makes the same window.
        look: how it looks.
    """

    def __init__(self, sandbox: Sandbox, name: str, seed: int | str, look: TkLook) -> None:
        options = json.dumps(asdict(look))
        super().__init__(sandbox, FILES, "show", lambda desk: [name, str(seed), desk, options])

    def elements(self) -> tuple[Element, ...]:
        """What is to be seen of the program now, as it reports it.

        Raises:
            SandboxError: it does not answer, or what it says is no truth.
        """
        try:
            return tuple(element_of(one) for one in self.ask()[:MOST_ELEMENTS])
        except (ValueError, TypeError, KeyError) as error:
            raise SandboxError(f"a Tk program reported no elements: {str(error)[:600]}") from error


class TkApplication:
    """A Tk program as one of the catalogue.

    Args:
        name: unique in the catalogue.
        split: "train", "dev" or "test".
        module: which of the programs here.
        opened: what it may have open when it starts.
        turns: how often another window is chosen, against other scenes.
        looks: how often to look before it is started anew.
    """

    toolkit = "tk"
    executable = "python3"

    def __init__(
        self,
        name: str,
        split: str,
        module: str,
        opened: tuple[str, ...] = ("",),
        turns: int = 2,
        looks: int = 8,
    ) -> None:
        self.name, self.split, self.looks = name, split, looks
        self._module, self._opened = module, opened
        self.scenes: Sequence[Scene] = (*GENERAL, *[Scene("another window", self._another)] * turns)
        self._running: WeakKeyDictionary[Sandbox, TkProgram] = WeakKeyDictionary()

    def start(self, sandbox: Sandbox, look: Theme, chance: random.Random) -> None:
        drawn = replace(
            draw_look(chance), font=look.font, points=look.points, scaling=PLAIN_SCALING * look.scale
        )
        self._show(sandbox, drawn, chance)

    def _show(self, sandbox: Sandbox, look: TkLook, chance: random.Random) -> None:
        look = replace(look, scene=chance.choice(self._opened))
        self._running[sandbox] = TkProgram(sandbox, self._module, chance.getrandbits(32), look)

    def _another(self, sandbox: Sandbox, chance: random.Random, elements: Sequence[Element]) -> bool:
        self._running[sandbox].end()
        self._show(sandbox, draw_look(chance), chance)
        return True

    def truth(self, sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
        return framed(sandbox, screenshot, self._running[sandbox].elements())


TK_PROGRAMS = (
    TkApplication("tk-form", "train", "tk_form", turns=8, looks=16),
    TkApplication("tk-notes", "dev", "notes", ("", "", "menu", "find", "ask", "preferences")),
    TkApplication("tk-converter", "test", "converter", ("", "", "menu", "units", "ask", "history")),
)
"""The programs whose truth is reported by Tk."""
