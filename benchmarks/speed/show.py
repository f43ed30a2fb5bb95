"""How long a trajectory of 2,000 steps takes to become a page, and the page to open in a browser."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Type
from deskhand.benchmarks.speed.sandbox import timed
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, HeaderRecord, Task, Usage
from deskhand.trajectories.viewer.build import write_page
from deskhand.trajectories.writer import TrajectoryWriter

Row = dict[str, Any]
STEPS = 2000
AIM_SECONDS = 2.0
LONGEST_OPENING = 60.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1280, 800
LINE = 24

READY = re.compile(rb'<body[^>]* data-ready="(\d+)"')


def rows(steps: int = STEPS, tries: int = 3) -> Iterator[Row]:
    """Writing the page, its size, and opening it in a headless browser, if there is one."""
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as scratch:
        write_run(Path(scratch) / "run", steps)
        trajectory = Trajectory.open(Path(scratch) / "run")
        page = Path(scratch) / "page.html"
        writing = [timed(lambda: write_page(trajectory, page))]
        yield _row(f"show: writing a page of {steps} steps", writing, "s")
        yield _row(
            "show: its size",
            [page.stat().st_size / 1e6],
            "MB",
            note=f"{WIDTH}x{HEIGHT}, a line changes a step",
        )
        yield _opening(page, steps, tries)


def _opening(page: Path, steps: int, tries: int) -> Row:
    what = f"show: opening a page of {steps} steps until it can be used"
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return _row(what, [], "s", AIM_SECONDS, note="not measured: chromium is not installed")
    times = [opening_seconds(browser, page) for _ in range(tries)]
    return _row(what, [one for one in times if one is not None], "s", AIM_SECONDS)


def opening_seconds(browser: str, page: Path) -> float | None:
    """Seconds from the start of loading until the page takes clicks, as the page itself reports.

    None if the browser did not load it.
    """
    with tempfile.TemporaryDirectory(prefix="deskhand-bench-") as profile:
        line = [browser, "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"]
        if os.geteuid() == 0:
            line.append("--no-sandbox")  # Chromium has no sandbox for root; the page was made here
        line += ["--dump-dom", page.resolve().as_uri()]
        try:
            done = subprocess.run(
                line, capture_output=True, stdin=subprocess.DEVNULL, timeout=LONGEST_OPENING, check=False
            )
        except subprocess.TimeoutExpired:
            return None
    found = READY.search(done.stdout)
    return int(found[1]) / 1000 if found else None


def write_run(folder: Path, steps: int) -> None:
    """A made-up run: a text of coloured words grows line by line, now and then on a fresh screen."""
    random = np.random.default_rng(5)
    header = HeaderRecord(task=Task(instruction="Fill the page with words"), policy="bench", sandbox="none")
    pixels = _desktop()
    with TrajectoryWriter(folder, header) as writer:
        for number in range(1, steps + 1):
            top = 60 + LINE * (number % ((HEIGHT - 120) // LINE))
            if top == 60:
                pixels = _desktop()
            _write_words(pixels, top, random)
            frame = writer.frame(Screenshot(pixels.copy()))
            action: Action = Click(at=ScreenPoint(100, top)) if number % 2 else Type(text=f"line {number}")
            writer.decision(number, frame, _decision(number, action))
            writer.outcome(number, 0, Outcome.done(12.0))
        writer.end(steps, "finished", frame=frame)


def _decision(number: int, action: Action) -> Decision:
    thought = f"The line above this one is written, so I go on with line {number} of the page."
    usage = Usage(prompt_tokens=1200, completion_tokens=40, seconds=1.5)
    return Decision(reply=Reply(thought=thought, actions=(action,)), raw=thought * 4, usage=usage)


def _desktop() -> np.ndarray[Any, np.dtype[np.uint8]]:
    pixels = np.full((HEIGHT, WIDTH, 3), (46, 92, 138), np.uint8)
    pixels[30:-30, 40:-40] = 250
    return pixels


def _write_words(pixels: np.ndarray[Any, np.dtype[np.uint8]], top: int, random: np.random.Generator) -> None:
    """A line of grey noise, harder to keep than small letters: some kilobytes."""
    shades = np.array([20, 90, 170, 250], np.uint8)[random.integers(0, 4, (LINE // 2, 1000))]
    pixels[top : top + LINE // 2, 60:1060] = shades[..., None]


def _row(what: str, values: list[float], unit: str, aim: float | None = None, note: str = "") -> Row:
    return {
        "what": what,
        "median": round(statistics.median(values), 3) if values else None,
        "unit": unit,
        "least": round(min(values), 3) if values else None,
        "most": round(max(values), 3) if values else None,
        "aim": aim,
        "tries": len(values),
        "note": note or ("" if values else "the browser did not load it"),
    }
