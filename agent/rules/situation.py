"""What rules see of an action: the typed action itself and what perception found; never the model's words.

Each fact may be unknown (None), which is another thing than being empty.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Action, Click, Key, KeyDown, MouseDown, Type, Zoom, points_of
from deskhand.agent.rules.rulebook import ActionRule
from deskhand.perception.elements.at_point import hit
from deskhand.perception.screen import Element
from deskhand.perception.watch.changes import the
from deskhand.sandbox.abilities import Window

BESIDE = 3
"""Elements whose boxes are no farther apart than so many pixels stand beside each other."""
BESIDE_NAMELESS = 24
"""The same for a thing without a text, whose name may stand under it."""
LONGEST_NAME = 8
"""Words of a text that may be the name of something that can be clicked."""
UNREAD = 2.0
"""A button without a text that is so many times wider than high has one that was not read."""
PASTES = frozenset({"shift", "insert"})
"""The chord that pastes what was marked last, as a middle click does."""
PRESSES = frozenset({"enter", "space"})
"""Keys that press a button."""
BROWSERS = re.compile(r"chrom|firefox|brave|vivaldi|opera|epiphany|edge|falkon|browser", re.IGNORECASE)
_HOST = re.compile(
    r"^(?:https?://)?(?:[^@/\s]+@)?([a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost)(?:[:/?#]|$)", re.IGNORECASE
)
_PATH = re.compile(r"(?:~|(?<![\w.]))/[^\s'\"<>|;]*")


@dataclass(frozen=True, slots=True)
class RuledScreen:
    """What is known of the screen when an action is to be done.

    Attributes:
        elements: reads what is on it, when first asked for.
        windows: those that there are; None where the desktop does not say.
        touched: what was clicked last, where typing goes if nothing has the focus for sure.
    """

    elements: Callable[[], Sequence[Element]]
    windows: Sequence[Window] | None
    touched: ScreenPoint | None = None


class Situation:
    """An action on a screen, as rules see it; each fact is found out when a rule asks for it."""

    def __init__(self, action: Action, screen: RuledScreen) -> None:
        self.action, self._screen = action, screen

    @cached_property
    def chords(self) -> frozenset[frozenset[str]]:
        """The chords that it presses."""
        match self.action:
            case Key(keys=keys):
                return frozenset({frozenset(keys)})
            case KeyDown(key=key):
                return frozenset({frozenset({key})})
            case Click(button="middle") | MouseDown(button="middle"):
                return frozenset({PASTES})
            case Type(text=text, submit=submit) if submit or "\n" in text:
                return frozenset({frozenset({"enter"})})
        return frozenset()

    @property
    def text(self) -> str:
        """What it types."""
        return self.action.text if isinstance(self.action, Type) else ""

    @cached_property
    def elements(self) -> tuple[str, ...] | None:
        """Texts of what it would hit or press, and of what stands beside it; None where that is not known."""
        points = () if isinstance(self.action, Zoom) else points_of(self.action)
        if points:
            found = [_texts_at(point, self._found) for point in dict.fromkeys((points[0], points[-1]))]
            return None if None in found else tuple(text for one in found for text in one or ())
        if isinstance(self.action, Type):
            buttons = self._buttons() if self.chords else ()
            return None if buttons is None else (*self._focused(), *buttons)
        if any(chord & PRESSES for chord in self.chords):
            return self._focused() or self._buttons()
        if self.action.kind in ("click", "mouse_down", "drag"):
            return None  # at the pointer, wherever that is
        return ()

    @property
    def target(self) -> str:
        """What it would hit, in words; empty where that is not known."""
        points = points_of(self.action)
        found = hit(self._found, points[0]) if points else None
        return the(found) if found is not None and found.role != "window" else ""

    @cached_property
    def titles(self) -> tuple[str, ...] | None:
        """Titles of the windows that it may concern."""
        if self._screen.windows is None:
            bars = tuple(one.text for one in self._found if one.role == "titlebar" and one.text)
            return bars or None
        return tuple(str(one.get("title", "")) for one in self._concerned)

    @cached_property
    def applications(self) -> tuple[str, ...] | None:
        """Classes and programs of those windows."""
        if self._screen.windows is None:
            return None
        return tuple(f"{one.get('class', '')} {one.get('instance', '')}" for one in self._concerned)

    @cached_property
    def domains(self) -> tuple[str, ...] | None:
        """Domains of the pages that browsers show."""
        if self.applications is not None and not any(map(BROWSERS.search, self.applications)):
            return ()
        hosts = [_HOST.match(one.text.strip()) for one in self._found if one.role in ("field", "text")]
        found = tuple(hit[1].lower() for hit in hosts if hit is not None)
        return found or None

    @cached_property
    def paths(self) -> tuple[PurePosixPath, ...]:
        """Paths in what it types and in the titles."""
        said = (self.text, *(self.titles or ()))
        return tuple(PurePosixPath(path.rstrip("/") or "/") for text in said for path in _PATH.findall(text))

    @property
    def _found(self) -> Sequence[Element]:
        return self._screen.elements()

    @property
    def _concerned(self) -> Sequence[Window]:
        """Keys go to the active window; a click goes to what lies on top there, which is not known."""
        windows = [one for one in self._screen.windows or () if one.get("mapped", True)]
        active = [one for one in windows if one.get("active")]
        return active if active and not points_of(self.action) else windows

    def _focused(self) -> tuple[str, ...]:
        found = next((one for one in self._found if "focused" in one.state and one.role != "window"), None)
        if found is not None:
            return tuple(text for text in (found.text, found.label) if text)
        return (_texts_at(self._screen.touched, self._found) or ()) if self._screen.touched else ()

    def _buttons(self) -> tuple[str, ...] | None:
        """Texts of what enter may press; None where one of them cannot be read."""
        if any(map(_is_unread, self._found)):
            return None
        return tuple(one.text for one in self._found if one.role in ("button", "link") and one.text)


def _texts_at(point: ScreenPoint, elements: Sequence[Element]) -> tuple[str, ...] | None:
    """Texts of what is at a point, and beside it; None for nothing, and for a picture without a name.

    What is read in a document is no name, so long lines of plain text do not count.
    """
    found = hit(elements, point)
    if found is None or found.role == "window" or _is_unread(found):
        return None
    if found.role == "text" and len(found.text.split()) > LONGEST_NAME:
        return ()
    own = [text for text in (found.text, found.label) if text]
    if found.role == "area":
        return (found.label,) if found.label else ()
    gap = BESIDE if own else BESIDE_NAMELESS
    around = Box(found.box.left - gap, found.box.top - gap, found.box.right + gap, found.box.bottom + gap)
    near = [
        one.text
        for one in elements
        if one is not found
        and one.text
        and one.role not in ("window", "area")
        and one.box.intersection(around).area
    ]
    if not own and not near and found.role in ("icon", "button"):
        return None
    return (*own, *near)


def _is_unread(element: Element) -> bool:
    """Whether it is a button with a text that could not be read; a picture is about as wide as high."""
    named = element.text or element.label
    return element.role == "button" and not named and element.box.width >= UNREAD * element.box.height


def fits(rule: ActionRule, situation: Situation) -> bool | None:
    """Whether a rule fits an action; None where it depends on something that is not known."""
    answers = [_holds(rule, name, situation) for name in _CONDITIONS if getattr(rule, name)]
    if False in answers:
        return False
    return None if None in answers else True


_CONDITIONS = ("action", "keys", "text", "window", "application", "folder", "element", "domain")
"""What costs a look at the screen comes last."""


def _holds(rule: ActionRule, name: str, situation: Situation) -> bool | None:
    match name:
        case "action":
            return situation.action.kind in rule.action
        case "keys":
            return bool(situation.chords & rule.chords)
        case "text":
            return bool(situation.text) and _any(rule.text, (situation.text,))
        case "window":
            return None if situation.titles is None else _any(rule.window, situation.titles)
        case "application":
            return None if situation.applications is None else _any(rule.application, situation.applications)
        case "folder":
            folders = [PurePosixPath(one.rstrip("/") or "/") for one in rule.folder]
            return any(path == one or one in path.parents for path in situation.paths for one in folders)
        case "element":
            return None if situation.elements is None else any(map(rule.words.search, situation.elements))
    domains = situation.domains
    if domains is None:
        return None
    return any(fnmatch.fnmatchcase(one, pattern.lower()) for one in domains for pattern in rule.domain)


def _any(expressions: Sequence[str], texts: Sequence[str]) -> bool:
    return any(re.search(one, text, re.IGNORECASE) for one in expressions for text in texts)
