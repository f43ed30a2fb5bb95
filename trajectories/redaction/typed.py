"""What is typed and named inside regions of the screen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Action, Click, Key, KeyDown, KeyUp, LongPress, MouseDown, Type
from deskhand.trajectories.records import HIDDEN_TEXT, DecisionRecord, Target

TITLE = 48
"""Pixels at the top of a window that show its name."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What is to be hidden.

    Attributes:
        boxes: regions, in pixels of the frames.
        first, last: the steps in whose frames; the screen after the last step of all counts to it.
        text: whether texts are hidden too: what was typed into a region, what the elements in it are called,
            and both wherever they are said.
        typed: numbers of steps whose typed texts are hidden, wherever they went.
    """

    boxes: tuple[Box, ...]
    first: int = 0
    last: int = 1_000_000_000
    text: bool = True
    typed: frozenset[int] = frozenset()

    def covers(self, step: int) -> bool:
        """Whether the step is among those whose frames are painted over."""
        return self.first <= step <= self.last

    def touches(self, box: Box) -> bool:
        """Whether a box has a pixel in one of the regions."""
        return any(box.intersection(one).area for one in self.boxes)

    def holds(self, point: ScreenPoint) -> bool:
        """Whether a point lies in one of the regions."""
        return any(one.contains(point) for one in self.boxes)

    def names(self, role: str, box: Box) -> bool:
        """Whether the mask covers where an element shows its name."""
        if role == "window":
            box = replace(box, bottom=min(box.bottom, box.top + TITLE))
        return self.touches(box)


def _writes(action: Action) -> str:
    """What an action writes, by text or by one key; empty if it writes nothing."""
    match action:
        case Type(text=text):
            return text
        case Key(keys=(*held, key), times=times) if len(key) == 1 and not set(held) - {"shift"}:
            return key * times
        case KeyDown(key=key) | KeyUp(key=key) if len(key) == 1:
            return key
    return ""


@dataclass
class Typed:
    """Follows where the keyboard's focus is, and gathers what is written and named inside a mask.

    Attributes:
        actions: step and index of every action that wrote there.
        texts: what they wrote; keys one after another as one text.
        names: what the elements there are called.
        remarks: what could not be judged, in words.
    """

    mask: Mask
    actions: set[tuple[int, int]] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    focus: ScreenPoint | None = None
    spelled: str = ""

    def look(self, record: DecisionRecord) -> None:
        """Take the next decision into account; decisions come in the order of their steps."""
        inside = self.mask.text and self.mask.covers(record.step)
        for target in record.targets if inside else ():
            if target is not None and target.name and self.mask.names(target.role, target.box):
                self.names.append(target.name)
        for index, action in enumerate(record.decision.reply.actions if record.decision.reply else ()):
            target = record.targets[index] if index < len(record.targets) else None
            if isinstance(action, Click | LongPress | MouseDown):
                self.focus = action.at or self.focus
            elif isinstance(action, Key) and "tab" in action.keys:
                self.focus = None
            text = _writes(action)
            meant = record.step in self.mask.typed or (
                text and inside and self._goes_there(record.step, target)
            )
            if text and text != HIDDEN_TEXT and meant:
                self.actions.add((record.step, index))
                self._write(action, text)
            else:
                self._spell("")

    def _write(self, action: Action, text: str) -> None:
        if isinstance(action, Type):
            self._spell("")
            self.texts.append(text)
        elif not isinstance(action, KeyUp):
            self._spell(text)

    def _spell(self, key: str) -> None:
        """Put single keys together to the text that they write."""
        if key:
            if self.spelled:
                self.texts.pop()
            self.spelled += key
            self.texts.append(self.spelled)
        else:
            self.spelled = ""

    def _goes_there(self, step: int, target: Target | None) -> bool:
        if target is not None and target.role != "window":
            return self.mask.touches(target.box)
        if self.focus is None:
            self.remarks.append(
                f"step {step}: where its text went is not recorded; it stays, and --hide-text {step} hides it"
            )
            return False
        return self.mask.holds(self.focus)
