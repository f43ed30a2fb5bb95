"""Explores an application alone: operates every control that it finds, and notes what came of it.

Breadth first: what needs the fewest steps is tried first, each from a known state. Where the screen is no
longer one that is known, the sandbox is made new, which takes less than a second, and the path is gone again.
What was found so far is a map at any moment.
"""

from __future__ import annotations

import logging
import posixpath
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from deskhand.actions.vocabulary import Action, Click, Key, Type
from deskhand.errors import DeskhandError, SandboxError, UsageError
from deskhand.knowledge import map as maps
from deskhand.knowledge.atlas import Atlas, Wanted
from deskhand.knowledge.controls import (
    appeared,
    appeared_in,
    find,
    find_field,
    is_written,
    kind_of,
    lies_at,
    said_of,
    scroll_of,
    scrolled_into,
    title_of,
)
from deskhand.knowledge.map import AppMap, Deed, Effect, MapState
from deskhand.knowledge.merging import copy_pictures, merged
from deskhand.knowledge.recognising import SAME, Look, brought, features_of, fits, likeness, recognised
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.observe import Observation, Observer, Reader
from deskhand.sandbox.abilities import ListsWindows
from deskhand.sandbox.protocol import Sandbox
from deskhand.waiting import WaitTimeout, wait_until

log = logging.getLogger(__name__)

MOST_ESCAPES, MOST_RESTARTS, MOST_LOOKS = 3, 4, 3
SAMPLE = "apple river"
"""What is typed into fields, to see whether they take it."""
SAVED_SECONDS = 2.0
"""Within which a file is there, once the dialog that saves it is gone."""
LOOKS_SECONDS = 0.5
"""How often somebody without anything to try looks whether the budget is used up."""
WRITTEN_EVERY = 20
"""Commands after which the map is written."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What exploring may use up.

    Attributes:
        seconds: of time.
        steps: deeds, those of the paths included.
        megabytes: of pictures.
    """

    seconds: float = 600.0
    steps: int = 5_000
    megabytes: float = 200.0


@dataclass(frozen=True, slots=True)
class Explored:
    """Where exploring is: commands that were tried, commands known, states known, steps, seconds."""

    tried: int
    commands: int
    states: int
    steps: int
    seconds: float


@dataclass(slots=True)
class _Visit:
    """One sandbox in which the application runs.

    Attributes:
        seen: the screen now.
        state: id of the state that it is in; None where it is none that is known.
        under: what was seen last without a menu over it.
        is_clean: whether nothing was done in it yet.
    """

    sandbox: Sandbox
    reader: Reader
    observer: Observer
    seen: Observation
    state: str | None = None
    under: Observation | None = None
    is_clean: bool = True

    def look(self) -> Observation:
        """The screen, once it has settled."""
        self.seen = self.observer.observe()
        return self.seen


class Explorer:
    """Explores one application.

    Args:
        make_sandbox: makes a sandbox that is not started; never one of a real desktop.
        make_reader: makes what finds elements, for a sandbox that runs.
        application: as ``launch`` takes it.
        out: folder of the map; a map that is there is gone on with.
        budget: what may be used up now.
        files: contents of files that the home is given, by path.
        arguments: what the application opens.
        tree: whether the readers ask programs; noted in the map.
        workers: sandboxes at the same time.
        merge: folders of other maps of the application, which are gone on with too.
        progress: is told where it is, after every command.

    Attributes:
        stopping: set it from outside, and what is under way is ended and the map written.

    Raises:
        UsageError: ``out`` or ``merge`` holds the map of another application, or of another screen.
        TrajectoryError: a map is damaged, or of another version.
    """

    def __init__(
        self,
        make_sandbox: Callable[[], Sandbox],
        make_reader: Callable[[Sandbox], Reader],
        application: str,
        out: Path,
        *,
        budget: Budget = Budget(),
        files: Mapping[str, bytes] | None = None,
        arguments: Sequence[str] = (),
        tree: bool = False,
        workers: int = 1,
        merge: Sequence[Path] = (),
        progress: Callable[[Explored], None] | None = None,
    ) -> None:
        self._make_sandbox, self._make_reader = make_sandbox, make_reader
        self._application, self._arguments = application, tuple(arguments)
        self._files, self._budget = dict(files or {}), budget
        self._workers, self._progress = workers, progress
        self._kept = [name for name in self._arguments if name in self._files]
        self._atlas = Atlas(out, application, self._kept, tree=tree)
        self._out = out
        self._merged: Mapping[Path, AppMap] = {}
        self._steps, self._began = 0, time.monotonic()
        self._fault: DeskhandError | None = None
        self.stopping = False
        known = [out] if (out / maps.MAP).is_file() else []
        if known or merge:
            self._merged = {folder: maps.read_map(folder) for folder in merge}
            read = [*map(maps.read_map, known), *self._merged.values()]
            self._atlas.take_up(reduce(merged, read))

    def explore(self) -> AppMap:
        """Explore until nothing is left, or the budget is used up; returns the map, which is on disk.

        Raises:
            SandboxError, EnvironmentProblem: the application cannot be started at all.
            UsageError: the map is of a screen of another size; a file cannot be kept in a map.
        """
        self._began, known = time.monotonic(), self._atlas.counts[0]
        for folder, found in self._merged.items():
            copy_pictures(found, folder, self._out)
        maps.write_files({name: self._files[name] for name in self._kept}, self._out)
        names = [f"explorer-{number}" for number in range(1, self._workers)]
        others = [threading.Thread(target=self._work, name=name) for name in names]
        for other in others:
            other.start()
        try:
            self._work()
            for other in others:
                other.join()
        finally:
            self.stopping = True
        fault = self._fault
        if fault is not None and (isinstance(fault, UsageError) or self._atlas.counts[0] == known):
            raise fault
        return self._write()

    def _write(self) -> AppMap:
        return self._atlas.write(self._steps, time.monotonic() - self._began)

    def _work(self) -> None:
        """Try commands in a sandbox of one's own until none is left."""
        try:
            with self._make_sandbox() as sandbox:
                visit = self._started(sandbox)
                while not self.stopping and not self._is_spent():
                    task = self._atlas.next(LOOKS_SECONDS)
                    if task is None:
                        if self._atlas.is_through:
                            return
                        continue
                    try:
                        visit = self._tried(visit, task)
                    finally:
                        self._atlas.over()
                    self._tell()
        except DeskhandError as error:
            log.info("an explorer ends: %s", error)
            self._fault = self._fault or error

    def _tried(self, visit: _Visit, task: Wanted) -> _Visit:
        """Try a command; where its sandbox fails, go on with a new one."""
        try:
            self._try(visit, task)
        except SandboxError as error:
            log.info("%s: %s", task[1].words, error)
            self._atlas.failed(task, str(error))
            return self._restarted(visit.sandbox)
        return visit

    def _restarted(self, sandbox: Sandbox) -> _Visit:
        """Start again in a new sandbox, after a failure; tried a few times.

        Raises:
            SandboxError: that failed each time.
        """
        for _ in range(MOST_RESTARTS - 1):
            try:
                return self._renewed(sandbox)
            except SandboxError as error:
                log.info("the application did not start again: %s", error)
        return self._renewed(sandbox)

    def _renewed(self, sandbox: Sandbox) -> _Visit:
        sandbox.reset()
        return self._started(sandbox)

    def _is_spent(self) -> bool:
        budget = self._budget
        return (
            time.monotonic() - self._began > budget.seconds
            or self._steps > budget.steps
            or self._atlas.bytes > budget.megabytes * 1e6
        )

    def _tell(self) -> None:
        counts = self._atlas.counts
        if counts[0] % WRITTEN_EVERY == 0:
            self._write()
        if self._progress is not None:
            self._progress(Explored(*counts, self._steps, time.monotonic() - self._began))

    def _started(self, sandbox: Sandbox) -> _Visit:
        """Start the application in a clean home, and look at it."""
        for path, data in sorted(self._files.items()):
            sandbox.write_file(path, data)
        sandbox.launch(self._application, self._arguments)
        self._steps += 1
        reader = self._make_reader(sandbox)
        observer = Observer(sandbox.screenshot, reader, answer=sandbox.answer_seconds)
        seen = observer.observe()
        return _Visit(sandbox, reader, observer, seen, self._atlas.begin(seen))

    def _anew(self, visit: _Visit) -> None:
        """Bring a visit back to the start, in a new sandbox."""
        fresh = self._renewed(visit.sandbox)
        visit.reader, visit.observer, visit.seen = fresh.reader, fresh.observer, fresh.seen
        visit.state, visit.under, visit.is_clean = fresh.state, None, True

    def _try(self, visit: _Visit, task: Wanted) -> None:
        """Go to a command's state, do it, and note what came of it."""
        state, deed = self._atlas.state(task[0]), task[1]
        assert state is not None
        if not self._reach(visit, state):
            self._atlas.failed(task, "its state was not reached again")
            return
        before = visit.seen
        if not self._do(visit, deed):
            self._atlas.failed(task, "it was not there again")
            return
        self._note(visit, task, state, before)

    def _reach(self, visit: _Visit, goal: MapState) -> bool:
        """Bring the application into a state: on from where it is, back by Escape, or from the start."""
        if visit.state == goal.id:
            return True
        if not self._is_on_the_way(visit, goal):
            self._back(visit)
        if not self._is_on_the_way(visit, goal):
            self._anew(visit)
        here = self._atlas.state(visit.state)
        assert here is not None
        clean = visit.is_clean
        if self._follow(visit, goal, len(here.path)):
            return True
        if clean:
            return False
        self._anew(visit)
        return self._follow(visit, goal, 0)

    def _is_on_the_way(self, visit: _Visit, goal: MapState) -> bool:
        here = self._atlas.state(visit.state)
        return here is not None and here.path == goal.path[: len(here.path)]

    def _follow(self, visit: _Visit, goal: MapState, done: int) -> bool:
        """Do what is left of a path; whether that led to its end."""
        for number, deed in enumerate(goal.path[done:], done):
            visit.state = maps.ident(goal.path[:number])
            if not self._do(visit, deed):
                visit.state = None
                return False
        there = self._seen_soon(visit, lambda: fits(goal, Look.at(visit.seen.elements)) > 0)
        visit.state = goal.id if there else None
        return there

    def _seen_soon(self, visit: _Visit, is_there: Callable[[], bool]) -> bool:
        """Whether a screen shows something, now or at one of a few later looks: programs may be slow."""
        for _ in range(MOST_LOOKS - 1):
            if is_there():
                return True
            visit.look()
        return is_there()

    def _back(self, visit: _Visit) -> None:
        """Leave menus and dialogs by Escape, to a state that lies on the way to this one."""
        here = self._atlas.state(visit.state)
        if here is None:
            return
        above = [one for one in self._atlas.states() if one.path == here.path[: len(one.path)]]
        visit.state = None
        for _ in range(MOST_ESCAPES):
            visit.sandbox.perform(Key(keys=("escape",)))
            self._steps += 1
            found = recognised(Look.at(visit.look().elements), above)
            if found and found != here.id:
                visit.state = found
                return

    def _do(self, visit: _Visit, deed: Deed) -> bool:
        """Do a deed on the control where it is now; False where it is not there."""
        here = self._atlas.state(visit.state)
        if here is not None and here.kind != "menu":
            visit.under = visit.seen
        if deed.way == "scroll":
            return self._performed(visit, [scroll_of(deed)])
        typed = deed.way == "type"

        def control() -> Element | None:
            elements = visit.seen.elements
            return find_field(deed.on.name, deed.on.box, elements) if typed else find(deed.on, elements)

        self._seen_soon(visit, lambda: control() is not None)
        found = control()
        if found is None:
            return False
        at = found.box.centre
        actions: list[Action] = [Click(at=at, button="right" if deed.way == "right" else "left")]
        if typed:
            actions += [Key(keys=("ctrl", "a")), Type(text=SAMPLE)]
        return self._performed(visit, actions)

    def _performed(self, visit: _Visit, actions: Sequence[Action]) -> bool:
        """Do what a deed is, and look at what came of it."""
        done = all(visit.sandbox.perform(action).ok for action in actions)
        visit.is_clean = False
        self._steps += 1
        visit.look()
        return done

    def _note(self, visit: _Visit, task: Wanted, source: MapState, before: Observation) -> None:
        """Note what a deed did, and the state that it opened."""
        deed = task[1]
        after = self._answered(visit, source, before) if source.kind == "menu" else visit.seen
        visit.state = None
        if isinstance(visit.sandbox, ListsWindows) and not visit.sandbox.windows():
            self._atlas.done(task, "ends", said="the program ended")
            return
        if deed.way == "scroll":
            new = scrolled_into(deed.on.box, before, after)
            below = self._atlas.below(after, (*source.path, deed), new) if new else ""
            visit.state = below or (source.id if fits(source, Look.at(after.elements)) else None)
            self._atlas.done(task, "opens" if below else "nothing", leads_to=below, said=said_of(after))
            return
        if deed.way == "type":
            field = find_field(deed.on.name, deed.on.box, after.elements)
            held = is_written(SAMPLE, field.box if field is not None else deed.on.box, after.elements)
            said = said_of(after)
            saved = self._saved(visit, source) if source.path and deed.on.role == "field" else None
            done: Effect = "saves" if saved else "changes" if held else "nothing"
            self._atlas.done(task, done, said=said, saved=saved)
            return
        is_open = brought(source, Look.at(after.elements).texts) if source.kind == "menu" else None
        new = appeared_in(deed, before, after) if is_open else appeared(before, after)
        said, kind = said_of(after), kind_of(deed, before, after, new, is_open)
        boxes = after.change.boxes if after.change is not None else ()
        same = likeness(features_of(after.elements), features_of(before.elements)) >= SAME
        if kind is None and same and all(lies_at(box, deed.on.box) for box in boxes):
            visit.state = source.id
            ticked = self._ticked(visit, deed) if deed.on.role == "checkbox" and boxes else None
            self._atlas.done(task, "changes" if ticked else "nothing", said=said, looks=ticked)
            return
        there = self._atlas.at(after, (*source.path, deed), kind, title_of(kind, deed, new), new)
        target = self._atlas.state(there)
        visit.state = there or None
        if target is None:
            looks = (before.screenshot, after.screenshot) if kind is None else None
            self._atlas.done(task, "changes" if kind is None else "opens", said=said, looks=looks)
            return
        back = len(target.path) < len(source.path) and target.path == source.path[: len(target.path)]
        if there == source.id or (back and source.kind == "menu"):
            # A menu closes whatever is chosen in it: what counts is what the window looks like then.
            under = visit.under if back and visit.under is not None else before
            looks = under.screenshot, after.screenshot
            change = difference(*looks)
            still = there == source.id and source.kind == "menu"  # what was clicked in it is marked
            if not change or change.only_caret or still:
                self._atlas.done(task, "nothing", said=said)
            else:
                undone = self._undone(visit, under)
                self._atlas.done(task, "changes", said=said, undone=undone, looks=looks)
            return
        effect: Effect = "closes" if back else "opens"
        self._atlas.done(task, effect, leads_to=there, said=said)

    def _saved(self, visit: _Visit, source: MapState) -> tuple[str, str] | None:
        """Folder and ending of the file that Enter saves under what was typed; None where it saves none."""
        if not self._performed(visit, [Key(keys=("enter",))]) or fits(source, Look.at(visit.seen.elements)):
            return None

        def named() -> list[str]:
            return [
                one.path for one in visit.sandbox.files() if posixpath.basename(one.path).startswith(SAMPLE)
            ]

        try:
            folder, name = posixpath.split(
                wait_until(named, timeout=SAVED_SECONDS, what="a file of that name")[0]
            )
        except WaitTimeout:
            return None
        return folder[:300], name.removeprefix(SAMPLE)[:300]

    def _answered(self, visit: _Visit, menu: MapState, before: Observation) -> Observation:
        """The screen once a menu has closed or opened something: a slow program takes a while."""
        for _ in range(MOST_LOOKS):
            if fits(menu, Look.at(visit.seen.elements)) == 0 or appeared(before, visit.seen):
                break
            shot = visit.look().screenshot
            reader = visit.reader
            visit.seen = Observation(shot, reader.read, before.screenshot, reader.zoom)
        return visit.seen

    def _ticked(self, visit: _Visit, deed: Deed) -> tuple[Screenshot, Screenshot] | None:
        """The screen without a box's tick, or with it, as it was at first, and as it is once it was clicked.

        The pointer lies on it and the keyboard is there, which shows; so it is clicked back, and what then
        differs is the tick. None where nothing does.
        """
        clicked = visit.seen.screenshot
        if not self._do(visit, deed):
            return None
        change = difference(visit.seen.screenshot, clicked)
        inside = bool(change) and all(lies_at(box, deed.on.box) for box in change.boxes)
        return (visit.seen.screenshot, clicked) if inside else None

    def _undone(self, visit: _Visit, before: Observation) -> bool:
        """Whether Ctrl+Z brings the screen back to what it was before."""
        visit.sandbox.perform(Key(keys=("ctrl", "z")))
        self._steps += 1
        now = visit.look()
        if likeness(features_of(now.elements), features_of(before.elements)) < SAME:
            visit.state = None
        change = difference(before.screenshot, now.screenshot)
        return not change or change.only_caret
