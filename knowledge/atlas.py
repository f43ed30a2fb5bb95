"""What is known so far while an application is explored; shared by those who explore at the same time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from functools import reduce
from pathlib import Path

from deskhand.actions.geometry import Box
from deskhand.errors import UsageError
from deskhand.knowledge import map as maps
from deskhand.knowledge.controls import SHORTCUT, lists_of, shortcut_of
from deskhand.knowledge.entries import entries_of, has_arrow
from deskhand.knowledge.map import AppMap, Deed, Effect, Kind, MapCommand, MapControl, MapField, MapState
from deskhand.knowledge.recognising import PARTS, Look, brought, features_of, recognised, texts_of
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observation

DEPTH = 4
"""Steps from the start beyond which nothing is tried."""
MOST_CONTROLS, MOST_ENTRIES = 60, 200
"""Of one state, and of a menu, that are tried."""
MOST_SCROLLS, MOST_LISTS = 8, 2
"""Times that anything is scrolled on one path, and lists of one state that are."""
EDGE = 60
"""Pixels above the screen's lower edge where the last entry of a menu stands that may have more."""
MOST_LOST = 3
"""Times that a command is tried whose state or control was not there."""
FIRST = ("menuitem", "tab", "button", "checkbox", "radio", "combo", "icon", "link", "row")
"""Roles that are operated, in the order in which they are tried."""
TYPED, MOST_TYPED = ("field", "area"), 6
"""Roles into which something is typed, and how many fields of one state are tried."""
FILLED = ("field", "area", "combo", "slider", "checkbox", "radio")
"""Roles that are noted as fields."""

Wanted = tuple[str, Deed]
"""A command to be tried: the id of its state, and what is done there."""


class Atlas:
    """States, commands and fields of one application, and what is still to be tried. Thread-safe.

    Args:
        out: folder of the map, which gets the pictures.
        application: as ``launch`` takes it.
        arguments: what it opens.
        tree: whether programs are asked too.
    """

    def __init__(self, out: Path, application: str, arguments: Sequence[str] = (), *, tree: bool) -> None:
        self._out, self._application, self._tree = out, application, tree
        self._arguments = tuple(arguments)
        self._states: dict[str, MapState] = {}
        self._commands: dict[Wanted, MapCommand] = {}
        self._fields: dict[tuple[str, str, str], MapField] = {}
        self._wanted: tuple[deque[Wanted], ...] = (deque(), deque(), deque())
        """What opens a menu comes first, then what menus have and what can be filled in, then the rest."""
        self._lost: dict[Wanted, int] = {}
        self._under_way = 0
        self._size: tuple[int, int] | None = None
        self._before = (0, 0.0)
        self._changed = threading.Condition(threading.RLock())
        self.bytes = 0

    def take_up(self, known: AppMap) -> None:
        """Go on with a map: what was tried is known, what was not is wanted.

        Raises:
            UsageError: it is of another application, or of one that opened something else.
        """
        if known.application != self._application:
            raise UsageError(
                f"{self._out} is the map of {known.application[:60]!r}, not of {self._application[:60]!r}: "
                "choose another --out"
            )
        if known.arguments != self._arguments:
            opened = ", ".join(known.arguments)[:200] or "nothing"
            raise UsageError(
                f"{self._out} is the map of a program that opened {opened}: go on with the same --open, or "
                "choose another --out"
            )
        self._size, self._before = known.size, (known.steps, known.seconds)
        self._states = {state.id: state for state in known.states}
        self._fields = {(one.state, one.role, one.name or repr(one.box)): one for one in known.fields}
        self._commands = {(one.state, one.deed): one for one in known.commands}
        for key, one in self._commands.items():
            if not one.effect:
                self._want(key)

    def next(self, seconds: float) -> Wanted | None:
        """The next command to be tried; None where none came up for so long.

        Whoever gets one says ``over`` afterwards.
        """
        with self._changed:
            self._changed.wait_for(lambda: any(self._wanted) or not self._under_way, seconds)
            queue = next((queue for queue in self._wanted if queue), None)
            if queue is None:
                return None
            self._under_way += 1
            return queue.popleft()

    def _want(self, task: Wanted, *, opens: bool = False) -> None:
        state, deed = self._states[task[0]], task[1]
        opens = opens or (not state.path and deed.on.role == "menuitem")
        menu = state.kind == "menu" or deed.on.role == "menuitem" or deed.way == "type"
        self._wanted[0 if opens else 1 if menu else 2].append(task)

    def over(self) -> None:
        """A command was tried."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    @property
    def is_through(self) -> bool:
        """Whether nothing is left to be tried, and nobody is trying anything."""
        with self._changed:
            return not any(self._wanted) and not self._under_way

    @property
    def counts(self) -> tuple[int, int, int]:
        """Commands tried, commands known, states known."""
        with self._changed:
            tried = sum(bool(one.effect) for one in self._commands.values())
            return tried, len(self._commands), len(self._states)

    def state(self, ident: str | None) -> MapState | None:
        """A state by its id."""
        return self._states.get(ident or "")

    def states(self) -> list[MapState]:
        """Every state."""
        with self._changed:
            return list(self._states.values())

    def begin(self, seen: Observation) -> str:
        """The id of the state that the application starts in, which this screen shows.

        Raises:
            UsageError: the map is of a screen of another size.
        """
        size = (seen.viewport.width, seen.viewport.height)
        with self._changed:
            if self._size not in (None, size):
                raise UsageError(
                    f"the map in {self._out} is of a screen of {self._size}, not {size}: choose another --out"
                )
            self._size = size
            start = maps.ident(())
            if start not in self._states:
                title = next((one.text for one in seen.elements if one.role == "titlebar"), "")
                self._enter(seen, (), "window", title or self._application, ())
            return start

    def at(
        self, seen: Observation, path: tuple[Deed, ...], kind: Kind | None, name: str, new: Sequence[Element]
    ) -> str:
        """The id of the state that a screen shows, which is noted if it is new; empty for none.

        Args:
            path: how it was reached.
            kind: of what appeared; None where nothing did.
            name: of the state, if it is new.
            new: elements that appeared.
        """
        with self._changed:
            # What is only a part of the screen leaves most of it as it was, so it is sought among its kind.
            # What it brought must be new, too: a menu stays open under the one beside it.
            texts = Look.at(new).texts
            part = kind in PARTS
            alike = [
                one for one in self._states.values() if not part or (one.kind == kind and brought(one, texts))
            ]
            there = recognised(Look.at(seen.elements), alike)
            if not there and depth_of(path) <= DEPTH and kind is not None:
                there = self._enter(seen, path, kind, name, new)
            return there

    def below(self, seen: Observation, path: tuple[Deed, ...], new: Sequence[Element]) -> str:
        """The id of the state that shows what lies further down in a list or a menu.

        Args:
            path: to it; its last step scrolls.
            new: what came up.
        """
        with self._changed:
            above = self._states[maps.ident(path[:-1])]
            return self._enter(seen, path, above.kind, above.name, new)

    def _enter(
        self, seen: Observation, path: tuple[Deed, ...], kind: Kind, name: str, new: Sequence[Element]
    ) -> str:
        number = maps.ident(path)
        if number in self._states:
            number = maps.ident(path, repr(sorted(texts_of(seen.elements))))
        shown = new if path else seen.elements
        own = {"menu": entries_of(shown), "dialog": shown}.get(kind, ())
        self._states[number] = MapState(
            id=number,
            kind=kind,
            name=name[:300],
            path=path,
            features=tuple(sorted(features_of(seen.elements)))[:2_000],
            own=tuple(sorted(texts_of(own)))[:200],
            texts=tuple(sorted(texts_of(seen.elements)))[:2_000],
            picture=self._picture(seen.screenshot, Box(0, 0, seen.viewport.width, seen.viewport.height)),
        )
        self._note_fields(number, shown)
        if depth_of(path) < DEPTH:
            openers = self._openers(seen, shown) if kind == "menu" else ()
            for deed in (*self._scrolls(seen, path, shown, kind), *self._deeds(seen, shown, kind)):
                key = (number, deed)
                if key not in self._commands:
                    keys = shortcut_of(deed.on, seen.elements) if kind == "menu" else ""
                    self._commands[key] = MapCommand(state=number, deed=deed, shortcut=keys)
                    self._want(key, opens=deed.way == "scroll" or deed.on.name in openers)
            self._changed.notify_all()
        return number

    def _note_fields(self, number: str, shown: Iterable[Element]) -> None:
        for element in shown:
            if element.role in FILLED:
                one = MapField(
                    state=number,
                    role=element.role,
                    name=element.label[:300],
                    box=element.box,
                    value=(element.text or ", ".join(sorted(element.state)))[:300],
                    checked="checked" in element.state if "tree" in element.sources else None,
                )
                self._fields.setdefault((number, one.role, one.name or repr(one.box)), one)

    def _openers(self, seen: Observation, shown: Sequence[Element]) -> set[str]:
        """The names of a menu's entries that open one of their own."""
        boxes = seen.change.boxes if seen.change is not None else ()
        return {
            entry.text
            for entry in entries_of(shown)
            for box in boxes
            if box.contains(entry.box.centre) and has_arrow(entry, box, seen.screenshot)
        }

    def _deeds(self, seen: Observation, shown: Sequence[Element], kind: Kind) -> list[Deed]:
        """What is tried in a new state: each control, some fields, the context menu of what is largest."""
        bars = [element.box for element in seen.elements if element.role == "titlebar"]
        menu = kind == "menu"
        chosen = [
            element
            for element in (entries_of(shown) if menu else shown)
            if (element.role in FIRST or menu)
            and "disabled" not in element.state
            and not any(bar.contains(element.box.centre) for bar in bars)
            and not (menu and SHORTCUT.fullmatch(element.text))
        ]
        chosen.sort(key=lambda one: FIRST.index(one.role) if one.role in FIRST else 0)
        most = MOST_ENTRIES if menu else MOST_CONTROLS
        found = [Deed(on=self._control(seen, element)) for element in chosen[:most]]
        areas = [element for element in shown if element.role == "area" and kind in ("window", "view")]
        if areas:
            largest = max(areas, key=lambda one: one.box.area)
            found.append(Deed(way="right", on=self._control(seen, largest, named=False)))
        fields = [] if menu else [element for element in shown if element.role in TYPED]
        for element in fields[:MOST_TYPED]:
            on = MapControl(role=element.role, name=element.label[:300], box=element.box)
            found.append(Deed(way="type", on=on))
        return list(dict.fromkeys(found))

    def _scrolls(
        self, seen: Observation, path: tuple[Deed, ...], shown: Sequence[Element], kind: Kind
    ) -> list[Deed]:
        """What may hold more than it shows: a menu at the screen's edge, lists of a dialog."""
        count = sum(deed.way == "scroll" for deed in path)
        if not path or count >= MOST_SCROLLS:
            return []
        if count and path[-1].way == "scroll":
            return [path[-1]]
        if kind != "menu":
            boxes = lists_of(shown)[:MOST_LISTS]
            return [Deed(way="scroll", on=MapControl(role="list", box=box)) for box in boxes]
        boxes = [one.box for one in entries_of(shown)]
        if not boxes or max(box.bottom for box in boxes) < seen.viewport.height - EDGE:
            return []
        return [Deed(way="scroll", on=MapControl(role="menu", box=reduce(Box.union, boxes)))]

    def _control(self, seen: Observation, element: Element, *, named: bool = True) -> MapControl:
        name = (element.text or element.label)[:300] if named else ""
        picture = "" if name else self._picture(seen.screenshot, element.box)
        return MapControl(role=element.role, name=name, box=element.box, picture=picture)

    def _picture(self, seen: Screenshot, box: Box) -> str:
        pixels = seen.crop(box).copy()
        if not pixels.size:
            return ""
        name, size = maps.write_picture(pixels, self._out)
        self.bytes += size
        return name

    def done(
        self,
        task: Wanted,
        effect: Effect,
        *,
        leads_to: str = "",
        said: str = "",
        undone: bool | None = None,
        looks: tuple[Screenshot, Screenshot] | None = None,
        saved: tuple[str, str] | None = None,
    ) -> None:
        """Note what a command did.

        Args:
            looks: the screen without what it did, and with it; what differs is kept.
            saved: folder and ending of a file that it saved.
        """
        with self._changed:
            one = self._commands[task]
            found: dict[str, object] = {"effect": effect, "leads_to": leads_to, "said": said[:300]}
            found |= {"undone": undone, "saved": saved}
            box = difference(*looks).box if looks is not None else None
            if looks is not None and box is not None:
                before, after = (self._picture(look, box) for look in looks)
                found |= {"changed": box, "before": before, "after": after}
            self._commands[task] = one.model_copy(update={**found, "tries": one.tries + 1})

    def failed(self, task: Wanted, said: str) -> None:
        """Note that a command could not be tried: it is tried again later, a few times."""
        with self._changed:
            one = self._commands[task]
            times = self._lost[task] = self._lost.get(task, 0) + 1
            update: dict[str, object] = {"tries": one.tries + 1, "failures": one.failures + 1}
            if times < MOST_LOST:
                self._want(task)
            else:
                update |= {"effect": "lost", "said": said[:300]}
            self._commands[task] = one.model_copy(update=update)

    def write(self, steps: int, seconds: float) -> AppMap:
        """Write the map as it is.

        Args:
            steps, seconds: spent now; what was spent before is added.
        """
        with self._changed:
            found = AppMap(
                application=self._application,
                arguments=self._arguments,
                size=self._size or (0, 0),
                tree=self._tree,
                seconds=round(self._before[1] + seconds, 1),
                steps=self._before[0] + steps,
                states=tuple(sorted(self._states.values(), key=lambda one: (len(one.path), one.id))),
                commands=tuple(sorted(self._commands.values(), key=_place)),
                fields=tuple(sorted(self._fields.values(), key=lambda one: (one.state, one.box.top))),
            )
        maps.write_map(found, self._out)
        return found


def depth_of(path: Sequence[Deed]) -> int:
    """How many steps a path has, those left out that only show more of the same."""
    return sum(deed.way != "scroll" for deed in path)


def _place(command: MapCommand) -> tuple[str, int, int, str]:
    box = command.deed.on.box
    return command.state, box.top, box.left, command.deed.words
