"""What a trajectory costs on disk beside one PNG a step, and how long the log of a step takes.

Runs of a lightbox, 50 steps each, by actions that are written here, so that they are the same every time:
an editor that is typed into, a calculator and its menus, a terminal whose whole screen changes.
"""

from __future__ import annotations

import io
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

from PIL import Image

from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Key, Type
from deskhand.benchmarks.speed.sandbox import timed
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.records import Decision, HeaderRecord, Task, Usage
from deskhand.trajectories.writer import TrajectoryWriter

Row = dict[str, Any]
STEPS = 50
AIM_PERCENT, AIM_MS = 15.0, 20.0
COLUMNS = {
    "frames": "different screens among them",
    "frame_bytes": "what the frames take, a step",
    "log_bytes": "what trajectory.jsonl takes, a step",
    "png_bytes": "what one PNG of each step's screen would take, a step (Pillow's default compression)",
    "percent": f"frames and log together, of one PNG a step; the aim is {AIM_PERCENT:g} or less",
    "log_ms": f"median of writing a step's frame, decision and outcome; the aim is {AIM_MS:g} or less",
}
THOUGHT = (
    "I look at the screen and see what the last action did, so now I go on with the next part of the task."
)


@dataclass
class _Measured:
    """What one run was."""

    png: int = 0
    frame: int = 0
    log: int = 0
    digests: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)

    def row(self, application: str) -> Row:
        """A line of the table: bytes and milliseconds a step, and percent of one PNG a step."""
        steps = len(self.seconds)
        return {
            "application": application,
            "steps": steps,
            "frames": len(self.digests),
            "frame_bytes": round(self.frame / steps),
            "log_bytes": round(self.log / steps),
            "png_bytes": round(self.png / steps),
            "percent": round(100 * (self.frame + self.log) / self.png, 2),
            "log_ms": round(statistics.median(self.seconds) * 1e3, 2),
        }


def rows(
    steps: int = STEPS, done: Callable[[str, float], object] = lambda application, share: None
) -> Iterator[Row]:
    """A row for each application, and one for all together.

    Args:
        done: called with the application and the share of its steps, after each step.
    """
    total = _Measured()
    with Lightbox() as desktop:
        for application, actions in SCRIPTS.items():
            desktop.reset()
            desktop.launch(application)
            measured = _run(desktop, list(islice(cycle(actions), steps)), partial(done, application))
            yield measured.row(application)
            total.png += measured.png
            total.frame += measured.frame
            total.log += measured.log
            total.digests |= measured.digests
            total.seconds += measured.seconds
    yield total.row("all")


def _run(desktop: Lightbox, actions: Sequence[Action], done: Callable[[float], object]) -> _Measured:
    measured = _Measured()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run"
        header = HeaderRecord(task=Task(instruction="bench"), policy="bench", sandbox=desktop.name)
        with TrajectoryWriter(folder, header) as writer:
            for step, action in enumerate(actions, start=1):
                screen = settle(desktop.screenshot, quiet=0.15).screenshot
                measured.png += png_size(screen)
                measured.seconds.append(_step(desktop, writer, step, screen, action, measured.digests))
                done(step / len(actions))
        measured.frame = sum(path.stat().st_size for path in (folder / "frames").iterdir())
        measured.log = writer.path.stat().st_size
    return measured


def _step(
    desktop: Lightbox, writer: TrajectoryWriter, step: int, screen: Screenshot, action: Action, seen: set[str]
) -> float:
    """Do one step; returns the seconds that its log took."""
    usage = Usage(prompt_tokens=2000, completion_tokens=60, seconds=1.0)
    reply = Reply(thought=THOUGHT, actions=(action,))
    decision = Decision(reply=reply, raw=f"Thought: {THOUGHT}\nAction: {action!r}", usage=usage)
    outcomes: list[Outcome] = []

    def decide() -> None:
        frame = writer.frame(screen)
        seen.add(frame)
        writer.decision(step, frame, decision)

    before = timed(decide)
    outcomes.append(desktop.perform(action))
    return before + timed(lambda: writer.outcome(step, 0, outcomes[0]))


def png_size(screen: Screenshot) -> int:
    """Bytes of a screenshot as PNG."""
    out = io.BytesIO()
    Image.fromarray(screen.pixels).save(out, "PNG")
    return out.tell()


def _lines(*lines: str) -> tuple[Action, ...]:
    return tuple(Type(text=line, submit=True) for line in lines)


def _keys(*chords: str) -> tuple[Action, ...]:
    return tuple(Key(keys=tuple(chord.split("+"))) for chord in chords)


_FOLDERS = [
    (folder, 4 + 3 * number)
    for number, folder in enumerate(
        "/usr /etc /usr/bin /usr/lib /usr/share /usr/share/doc /etc/ssl /var".split()
    )
]
_FILES = [
    (f"/etc/{name}", 6 + 2 * number)
    for number, name in enumerate(
        "services passwd protocols bash.bashrc profile debconf.conf rpc mime.types".split()
    )
]

SCRIPTS: dict[str, tuple[Action, ...]] = {
    "mousepad": (
        *_lines("Dear Ms Lindqvist,", "", "thank you for the offer of the third of May."),
        *_lines("We would like to order:"),
        *chain.from_iterable(
            (*_lines(f"{number} boxes of item {number * 137}"), *_keys("home", "shift+up"))
            for number in range(1, 9)
        ),
        *_keys("ctrl+end", "alt+e", "down", "down", "escape", "ctrl+f"),
        Type(text="boxes"),
        *_keys("escape", "ctrl+a", "ctrl+c", "ctrl+end", "ctrl+v", "ctrl+v", "ctrl+home", "ctrl+s"),
        Type(text="order.txt", submit=True),
        *_keys("pagedown", "pagedown", "alt+f", "escape", "ctrl+home", "ctrl+h", "escape"),
    ),
    "galculator": (
        *chain.from_iterable(
            (*_keys(*first), Type(text=sign), *_keys(*second), *_keys("enter"))
            for first, sign, second in map(str.split, ("12 + 7", "98 * 4", "5 - 33", "81 / 9"))
        ),
        *_keys("alt+f", "escape", "alt+e", "down", "escape", "alt+v", "down", "down", "escape"),
        *_keys("1", "2", "3", "4", "5", "6", "backspace", "backspace", "delete", "alt+h", "escape"),
        *_keys("7", "7", "enter", "escape", "3", "alt+v", "escape", "9", "4", "2"),
    ),
    "xterm": (
        *_lines(*(f"ls -l {folder} | head -{lines}" for folder, lines in _FOLDERS)),
        *_lines(*(f"head -{lines} {file}" for file, lines in _FILES)),
        *_lines("clear", "uname -a", "echo done", "seq 1 200", "df", "seq 7 7 700 | column"),
        *_lines("set | head -20"),
        *_lines(*(f"for n in 1 2 3 4; do echo round {n} of {n * 31}; done" for n in range(1, 9))),
        *_lines("clear", *(f"expr {n} '*' {n + 17}" for n in range(20, 28)), "ls -R /usr/share/doc/bash"),
    ),
}  # fmt: skip
"""What is done in each application; a script that ends begins again."""
