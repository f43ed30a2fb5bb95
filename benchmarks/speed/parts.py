"""How fast the parts are, on this machine, now. Medians of several tries; nothing here is asserted.

Every row names what was measured, the median, its unit, the spread, the aim where there is one, and
how many tries it is made of.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from deskhand.actions import dialects
from deskhand.actions.dialects.timing import hostile_replies, parse_seconds
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Click, Key, Type
from deskhand.benchmarks.speed import sandbox as bench_sandbox
from deskhand.benchmarks.speed.sandbox import timed
from deskhand.benchmarks.speed.stopping import measured
from deskhand.perception.screen import Screenshot
from deskhand.perception.text.lines import TextReader
from deskhand.perception.watch.observe import Observation, Observer
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.records import Decision, HeaderRecord, Step, Task
from deskhand.trajectories.writer import TrajectoryWriter
from deskhand.waiting import wait_until

Row = dict[str, Any]
PANGRAM = "안녕하세요 中文測試 é 😀 “quotes” Привет κόσμε naïve — "


def _row(what: str, values: list[float], unit: str, aim: float | None = None, note: str = "") -> Row:
    return {
        "what": what,
        "median": round(statistics.median(values), 3),
        "unit": unit,
        "least": round(min(values), 3),
        "most": round(max(values), 3),
        "aim": aim,
        "tries": len(values),
        "note": note,
    }


def typing_rows() -> Iterator[Row]:
    """Exact typing into a lightbox's editor, and the memory of this process."""
    with Lightbox() as desktop:
        yield from _typing_rows(desktop)
    yield _row("agent: resident memory of this process", [_resident_megabytes(os.getpid())], "MB")


def _typing_rows(desktop: Lightbox) -> Iterator[Row]:
    """Characters a second, counted only if the file that is saved holds every one of them."""
    for name, text in (("ASCII", "The quick brown fox; <tag> & {x}! "), ("Unicode", PANGRAM)):
        text = (text * 12).strip()
        desktop.reset()
        desktop.launch("mousepad")
        settle(desktop.screenshot, quiet=0.5)
        seconds = timed(partial(desktop.perform, Type(text=text)))
        path = f"{name}.txt"
        settle(desktop.screenshot, quiet=0.5)
        before = desktop.screenshot()
        desktop.perform(Key(keys=("ctrl", "s")))
        settle(desktop.screenshot, quiet=0.5, since=before, answer=3.0)
        desktop.perform(Type(text=path, submit=True))
        wait_until(partial(_is_there, desktop, path), timeout=10, what=f"the editor to save {path}", poll=0.1)
        exact = desktop.read_file(path).decode().rstrip("\n") == text
        rate = len(text) / seconds if exact else 0.0
        yield _row(
            f"typing: exact {name} characters a second", [rate], "1/s", note="" if exact else "not exact"
        )


def _is_there(desktop: Lightbox, path: str) -> bool:
    return any(file.path == path and file.size for file in desktop.files())


def loop_rows(tries: int = 15) -> Iterator[Row]:
    """One step without a model: act, settle on a static screen, observe, log; and bytes a step."""
    with Lightbox() as desktop, tempfile.TemporaryDirectory() as scratch:
        desktop.launch("mousepad")
        settle(desktop.screenshot, quiet=0.5)
        quiet = 0.15
        observer = Observer(desktop.screenshot, TextReader(), quiet=quiet)
        header = HeaderRecord(task=Task(instruction="bench"), policy="bench", sandbox=desktop.name)
        with TrajectoryWriter(Path(scratch) / "t", header) as writer:
            parts: dict[str, list[float]] = {"act": [], "settle and observe": [], "log": []}
            for number in range(1, tries + 1):
                _one_step(desktop, observer, writer, number, parts)
        size = sum(p.stat().st_size for p in Path(scratch).rglob("*") if p.is_file())
        for name, values in parts.items():
            yield _row(f"step: {name}", [v * 1e3 for v in values], "ms")
        whole = [sum(values) * 1e3 for values in zip(*parts.values(), strict=True)]
        yield _row("step: whole, without the model", whole, "ms")
        yield _row("step: of it the quiet window", [quiet * 1e3], "ms", note="no dwell: the action is a key")
        yield _row("step: overhead", [one - quiet * 1e3 for one in whole], "ms", 150)
        yield _row("trajectory: bytes a step", [size / tries], "B", note="typing into mousepad")


def _one_step(
    desktop: Lightbox,
    observer: Observer,
    writer: TrajectoryWriter,
    number: int,
    parts: dict[str, list[float]],
) -> None:
    action = Type(text="x") if number % 2 else Key(keys=("backspace",))
    decision = Decision(reply=Reply(thought="bench", actions=(action,)))
    seen: list[Observation] = []
    parts["settle and observe"].append(timed(lambda: seen.append(observer.observe())))

    def log() -> None:
        writer.decision(number, writer.frame(seen[0].screenshot), decision)

    parts["log"].append(timed(log))
    parts["act"].append(timed(lambda: desktop.perform(action)))


def parse_rows(tries: int = 2000) -> Iterator[Row]:
    """Reading one reply, by dialect; and the worst of some hostile texts of 64 KiB."""
    screen = Viewport(1920, 1080)
    for name in dialects.names():
        dialect = dialects.get(name)
        text = dialect.render([Click(at=ScreenPoint(500, 400))], "I click the button.", screen)
        each = [timed(partial(dialect.parse, text, screen)) * 1e3 for _ in range(tries)]
        yield _row(f"parse: {name}", each, "ms")
    hostile = parse_seconds(dialects.get("ui-tars-1.5"), hostile_replies())
    yield _row("parse: hostile texts of 64 KiB, CPU time", [one * 1e3 for one in hostile], "ms", 50)


def reading_rows(tries: int = 5) -> Iterator[Row]:
    """Reading the text of a screen: the first look, and one where nothing changed."""
    with Lightbox() as desktop:
        desktop.launch("mousepad")
        desktop.perform(Type(text="a few words to read on this screen"))
        shot = settle(desktop.screenshot, quiet=0.5).screenshot
    TextReader().read(shot)  # loads the models
    yield _row(
        "reading: first look at mousepad",
        [timed(lambda: TextReader().read(shot)) * 1e3 for _ in range(tries)],
        "ms",
    )
    reader = TextReader()
    reader.read(shot)
    again = Screenshot(shot.pixels.copy())
    yield _row(
        "reading: the same screen again",
        [timed(lambda: reader.read(again)) * 1e3 for _ in range(tries)],
        "ms",
    )


def embedded_rows(tries: int = 5) -> Iterator[Row]:
    """One decision of the embedded policy on a real screen, text already read."""
    from deskhand.policies.registry import load_policy

    with Lightbox() as desktop:
        desktop.launch("mousepad")
        shot = settle(desktop.screenshot, quiet=0.5).screenshot
    reader = TextReader()
    policy = load_policy("embedded")
    task = Task(instruction="Type the sentence 'deskhand was here' and save the file as note.txt")
    policy.begin(task)
    history: list[Step] = []
    observation = Observation(shot, reader.read)
    assert observation.elements
    policy.decide(observation, history)
    times = [timed(lambda: policy.decide(observation, history)) for _ in range(tries)]
    yield _row("embedded: one decision", times, "s", 0.15)
    yield from _beside_others(task, observation, tries)
    yield _row("agent: resident memory with the reasoner", [_resident_megabytes(os.getpid())], "MB")
    policy.close()


def stop_rows(tries: int = 3) -> Iterator[Row]:
    """From a stop to the moment at which nothing more is done or waited for."""
    for name, seconds in measured(tries):
        yield _row(name, [one * 1e3 for one in seconds], "ms", 250)


GROUPS: dict[str, Callable[[], Iterator[Row]]] = {
    "sandbox": bench_sandbox.rows,
    "typing": typing_rows,
    "loop": loop_rows,
    "parse": parse_rows,
    "reading": reading_rows,
    "embedded": embedded_rows,
    "stop": stop_rows,
}


def _beside_others(task: Task, observation: Observation, tries: int) -> Iterator[Row]:
    """One decision on one thread, on two, and on as many as are chosen, in turn, beside other programs."""
    import torch

    from deskhand.policies.embedded.policy import EmbeddedPolicy

    choices = {"1 thread": 1, "2 threads": 2, "by load": None}
    policies = {name: EmbeddedPolicy(threads=threads) for name, threads in choices.items()}
    for beside in range(3):
        times: dict[str, list[float]] = {name: [] for name in policies}
        taken: dict[str, list[int]] = {name: [] for name in policies}
        with _busy(beside):
            for _ in range(tries):
                for name, policy in policies.items():
                    policy.begin(task)
                    times[name].append(timed(partial(policy.decide, observation, ())))
                    taken[name].append(torch.get_num_threads())
        for name, found in times.items():
            what = f"embedded: one decision beside {beside} busy programs, {name}"
            yield _row(what, found, "s", note=f"threads: {' '.join(map(str, taken[name]))}")


@contextlib.contextmanager
def _busy(count: int) -> Iterator[None]:
    """So many programs that each use a processor, for the body of a with statement."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            started.append(subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]))
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _resident_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
