"""Makes a set of screens: programs, looks and scenes, drawn; a screenshot and the truth of each."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from deskhand.actions.vocabulary import Key
from deskhand.errors import SandboxError, SandboxLost
from deskhand.perception.elements.accessibility import elements_of
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.difference import difference
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.abilities import read_accessibility
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.screens.programs import Program
from deskhand.screens.scenes import Scene
from deskhand.screens.sets import ScreenSet, TrueScreen
from deskhand.screens.themes import Theme, draw

log = logging.getLogger(__name__)

MOST_FAILURES = 4
"""So often in a row may a program give no screen; then it is left out."""

LEAST_ELEMENTS = 3
SETTLE_SECONDS = 4.0
QUIET_SECONDS = 0.2

Progress = Callable[[int, int], None]
"""Called with how many screens there are, and of how many."""


def collect(
    folder: Path,
    programs: Sequence[Program],
    screens: int,
    seed: int,
    *,
    at_once: int = 2,
    progress: Progress = lambda done, total: None,
) -> ScreenSet:
    """Add screens of some programs to a set until it has so many of them, each program its share.

    A set that was cut off is gone on with. The same seed gives the same looks, content and scenes. The
    set stays smaller if no program gives a screen any more.

    Args:
        screens: how many the set is to have in all.
        at_once: how many sandboxes work side by side.
    """
    there = ScreenSet(folder)
    maker = _Maker(there, programs, screens, seed, progress)
    with ThreadPoolExecutor(at_once, "screens") as pool:
        list(pool.map(lambda _: maker.work(), range(at_once)))
    return there


class _Maker:
    """Hands out runs, one for each start of a program, and writes what they give."""

    def __init__(
        self, there: ScreenSet, programs: Sequence[Program], screens: int, seed: int, progress: Progress
    ) -> None:
        self._set, self._seed, self._progress = there, seed, progress
        self._lock = threading.Lock()
        self._names = set(there.names())
        self._total = screens
        self._failures = dict.fromkeys((program.name for program in programs), 0)
        self._runs = self._draw_runs(programs)

    def _draw_runs(self, programs: Sequence[Program]) -> Iterator[tuple[Program, str]]:
        """A start of each program in turn, for as long as one of them gives screens."""
        number = 0
        while fit := [one for one in programs if self._failures[one.name] < MOST_FAILURES]:
            for program in fit:
                run = f"{program.name}-{self._seed}-{number}"
                if f"{run}-0" not in self._names:
                    yield program, run
            number += 1

    def work(self) -> None:
        """Take runs and make them, until there are enough screens."""
        while True:
            with self._lock:
                drawn = next(self._runs, None) if len(self._names) < self._total else None
            if drawn is None:
                return
            program, run = drawn
            try:
                made = self._make(program, run)
            except SandboxError as error:
                log.warning("%s gave no screen: %s", run, error)
                made = 0
            with self._lock:
                self._failures[program.name] = 0 if made else self._failures[program.name] + 1

    def _make(self, program: Program, run: str) -> int:
        """Start a program once and look at it; returns how many screens that gave."""
        chance, made = random.Random(run), 0
        look = draw(chance)
        with Lightbox(look.size, accessible=True) as sandbox:
            look.apply(sandbox)
            program.start(sandbox, look, chance)
            looks = ScreenSampler(sandbox, program)
            for number in range(program.looks):
                scene = _next_scene(looks, program, chance) if number else "start"
                found = looks.take() if scene else None
                if found is not None:
                    screen = _named(program, f"{run}-{number}", look, scene, found[1])
                    if program.split == "test":
                        screen = replace(screen, accessible=_accessible(sandbox, found[0]))
                    self._add(screen, found[0])
                    made += 1
                elif number == 0:
                    break
        return made

    def _add(self, screen: TrueScreen, screenshot: Screenshot) -> None:
        with self._lock:
            if len(self._names) >= self._total:
                return
            self._set.add(screen, screenshot.pixels)
            self._names.add(screen.name)
            self._progress(len(self._names), self._total)


def _named(program: Program, name: str, look: Theme, scene: str, elements: tuple[Element, ...]) -> TrueScreen:
    words = look.words(program.toolkit)
    return TrueScreen(name, program.split, program.name, program.toolkit, words, scene, elements)


def _accessible(sandbox: Sandbox, screenshot: Screenshot) -> tuple[Element, ...]:
    """What an agent would know that only asks the programs; nothing where they report nothing."""
    try:
        return elements_of(read_accessibility(sandbox), screenshot.viewport)
    except SandboxLost:
        raise
    except SandboxError:
        return ()


class ScreenSampler:
    """Takes settled screenshots of one program, each with the truth of it.

    Attributes:
        elements: the truth of the last look.
    """

    def __init__(self, sandbox: Sandbox, program: Program) -> None:
        self.sandbox, self._program = sandbox, program
        self.elements: tuple[Element, ...] = ()
        self._seen: set[str] = set()
        self._last: Screenshot | None = None

    def take(self) -> tuple[Screenshot, tuple[Element, ...]] | None:
        """The screen now; None if it was seen already, does not hold still or shows too little."""
        screenshot = settle(
            self.sandbox.screenshot,
            timeout=SETTLE_SECONDS,
            quiet=QUIET_SECONDS,
            since=self._last,
            answer=self.sandbox.answer_seconds,
        ).screenshot
        self._last = screenshot
        digest = screenshot.digest()
        if digest in self._seen:
            return None
        elements = self._program.truth(self.sandbox, screenshot)
        after = difference(screenshot, self.sandbox.screenshot())
        if after and after.share > 0.002 and not after.only_caret:
            return None
        self.elements = elements
        self._seen.add(digest)
        return (screenshot, elements) if len(elements) >= LEAST_ELEMENTS else None


def _next_scene(looks: ScreenSampler, program: Program, chance: random.Random) -> str:
    """Do something to the program; returns what, or "" if nothing could be done."""
    if chance.random() < 0.7:  # leave what the last scene opened
        looks.sandbox.perform(Key(keys=("escape",)))
    scenes: list[Scene] = list(program.scenes)
    for scene in chance.sample(scenes, len(scenes)):
        if scene.do(looks.sandbox, chance, looks.elements):
            return scene.name
    return ""
