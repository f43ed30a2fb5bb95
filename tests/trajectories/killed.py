"""Writes trajectories and is killed, N times: ``python -m tests.trajectories.killed FOLDER SEED N``.

Forked from one process that has imported everything, a child writes trajectories of five steps one after
another and tells through a pipe what is written. It is killed by SIGKILL after a random number of such words
and a random while of counting. What had been told by then is printed, a line of JSON for each kill.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from deskhand.actions.outcome import Outcome
from deskhand.trajectories.writer import TrajectoryWriter
from tests.trajectories.samples import CLICK, decide, header, look

STEPS = 5
MOST_WORDS = 30


def shade(trajectory: int, step: int) -> int:
    """What the screen of a step shows: two steps in three look different from the one before."""
    return (trajectory * 31 + step - step // 3) % 250


def write(folder: Path, trajectory: int, tell: Callable[[str], None]) -> None:
    with TrajectoryWriter(folder / str(trajectory), header()) as writer:
        tell(f"{trajectory} header 0")
        for step in range(1, STEPS + 1):
            frame = writer.frame(look(shade(trajectory, step)))
            writer.decision(step, frame, decide(CLICK, raw=f"{trajectory} {step} " + "x" * 500))
            tell(f"{trajectory} decision {step}")
            writer.outcome(step, 0, Outcome.done(step))
            tell(f"{trajectory} outcome {step}")
        writer.add_file("made/by/run.txt", b"x" * 5000)
        writer.end(STEPS, "finished", frame=writer.frame(look(251)))
        tell(f"{trajectory} end 0")


def kill_one(folder: Path, chance: random.Random) -> list[str]:
    """What a child had told when it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        for number in itertools.count():
            write(folder, number, lambda word: os.write(writing, word.encode() + b"\n") and None)
    os.close(writing)
    said = b""
    wanted = chance.randrange(MOST_WORDS)
    while said.count(b"\n") < wanted:
        said += os.read(reading, 1)
    for _ in range(chance.randrange(40_000)):
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 65536):
        said += more
    os.close(reading)
    return said.decode().splitlines()


def main(folder: Path, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    for number in range(kills):
        place = folder / str(number)
        place.mkdir()
        print(json.dumps(kill_one(place, chance)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
