"""Desktops that are not as they were when a trajectory was recorded."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action
from deskhand.agent.listener import Silent
from deskhand.benchmarks.speed.replaying.names import catalogue
from deskhand.errors import SandboxError
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.abilities import list_windows
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.themes import Theme
from deskhand.screens.truth import arrange

HOME = "/home/agent"
NAMES = ".names/en"
DOMAINS = ("gtk30", "gtk20", "mousepad", "l3afpad", "thunar", "libfm", "pcmanfm", "galculator")
OTHER_NAMES = {"_Save": "_Store", "Save": "Store", "_OK": "_Do it", "OK": "Do it", "Clr": "Empty"}

DARK = Theme(gtk="Adwaita:dark", title="Onyx")
LARGE = Theme(points=13, title="Clearlooks")
XTERM = "XTerm*faceName: DejaVu Sans Mono\nXTerm*faceSize: {size}\n{more}"
GTK2_DARK = """
style "dark" {
  bg[NORMAL] = "#383838"  fg[NORMAL] = "#eeeeee"  base[NORMAL] = "#2a2a2a"  text[NORMAL] = "#eeeeee"
  bg[PRELIGHT] = "#505050"  fg[PRELIGHT] = "#ffffff"  bg[ACTIVE] = "#303030"  fg[ACTIVE] = "#eeeeee"
}
class "GtkWidget" style "dark"
"""


class Intruder(Silent):
    """Has a dialog appear before a step of the replay, counted from 1."""

    def __init__(self, sandbox: Sandbox, before: int) -> None:
        self.sandbox, self.before = sandbox, before
        self._acted = 0

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        """Counts the action, waits left out, and shows the dialog after the one before its step."""
        if action.kind == "wait":
            return
        self._acted += 1
        if self._acted == self.before - 1:
            show_dialog(self.sandbox)


@dataclass(frozen=True, slots=True)
class DesktopVariation:
    """One way in which a desktop can differ.

    Attributes:
        prepare: before the program is started; returns what its environment says.
        started: once its window is there.
        intrudes: a dialog appears on the way.
    """

    name: str
    prepare: Callable[[Sandbox], dict[str, str]] = field(default=lambda _: {})
    started: Callable[[Sandbox, random.Random], None] = field(default=lambda sandbox, chance: None)
    intrudes: bool = False


@cache
def _dialog() -> str:
    return (files("deskhand.benchmarks.speed.replaying") / "dialog.py").read_text()


def show_dialog(sandbox: Sandbox) -> None:
    """Have a dialog appear that takes the keyboard."""
    words = ("Software updates", "New versions of 12 packages are there.", "Install now", "Remind me later")
    sandbox.write_file(".dialog.py", _dialog().encode())
    before = sandbox.screenshot()
    sandbox.launch("python3", [".dialog.py", *words])
    settle(sandbox.screenshot, since=before, answer=2.0)


def _moved(sandbox: Sandbox, chance: random.Random) -> None:
    window = next((one for one in list_windows(sandbox) if one["active"]), None)
    if window is None:
        raise SandboxError("no window is active, so none can be moved")
    arrange(sandbox, "place", window["id"], chance.randint(10, 200), chance.randint(30, 150), 0, 0)


def _dark(sandbox: Sandbox) -> dict[str, str]:
    DARK.apply(sandbox)
    more = "XTerm*background: #202020\nXTerm*foreground: #e0e0e0\n"
    sandbox.write_file(".Xdefaults", XTERM.format(size=11, more=more).encode())
    sandbox.write_file(".gtkrc-2.0", GTK2_DARK.encode())
    return {"GTK_THEME": DARK.gtk}


def _large(sandbox: Sandbox) -> dict[str, str]:
    LARGE.apply(sandbox)
    sandbox.write_file(".Xdefaults", XTERM.format(size=14, more="").encode())
    return {}


def _renamed(sandbox: Sandbox) -> dict[str, str]:
    for domain in DOMAINS:
        sandbox.write_file(f"{NAMES}/LC_MESSAGES/{domain}.mo", catalogue(OTHER_NAMES))
    # gettext looks below its own folder, from which this leads to the home.
    return {"LANGUAGE": f"../../..{HOME}/{NAMES}"}


VARIATIONS: tuple[DesktopVariation, ...] = (
    DesktopVariation("unchanged"),
    DesktopVariation("window moved", started=_moved),
    DesktopVariation("other theme", prepare=_dark),
    DesktopVariation("other font size", prepare=_large),
    DesktopVariation("renamed button", prepare=_renamed),
    DesktopVariation("extra dialog", intrudes=True),
)
