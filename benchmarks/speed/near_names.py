"""Replays among names that could be taken for the recorded one: nothing may be done to another thing.

A thing is clicked when it is recorded. When it is replayed it is gone and a near name is there, or two near
names are, or the name is there twice, or a near name stands beside it. Things of a page are rows, dates,
amounts, people and tabs in Chromium; files are renamed in PCManFM.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from deskhand.actions.vocabulary import Key
from deskhand.agent.limits import Limits
from deskhand.agent.loop import run
from deskhand.agent.replay import Replayed, replay
from deskhand.benchmarks.moves import OracleMove, click_text, done, press, type_text
from deskhand.benchmarks.oracle import MovesPolicy
from deskhand.benchmarks.speed.replaying.near import (
    KINDS,
    SITUATIONS,
    NearList,
    NearSituation,
    changed_list,
    named,
    page,
    recorded_list,
)
from deskhand.errors import EnvironmentProblem
from deskhand.perception.watch.settle import settle
from deskhand.policies.replay.script import ReplayPlan, script_of
from deskhand.sandbox.abilities import list_windows
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task
from deskhand.waiting import WaitTimeout, wait_until

Row = dict[str, Any]
Verdict = Literal["right", "stopped", "wrong"]
RECORDING = Limits(steps=12, seconds=120)
WAIT = 60.0
RENAMED = "changed.dat"
COLUMNS = {
    "attempts": "replays among names like the recorded one",
    "right": "the recorded thing was there, and it was taken",
    "stopped": "nothing was done, as is right where it is not there, or is there twice",
    "wrong": "another thing was taken, or one of two that are called the same",
    "named": "of the stops those that say which name was looked for",
}


@dataclass(frozen=True, slots=True)
class NearCase:
    """One attempt, and what became of it."""

    kind: str
    situation: NearSituation
    number: int
    name: str
    verdict: Verdict
    named: bool
    reason: str


def near_cases(sandbox: Sandbox, out: Path, count: int) -> Iterator[NearCase]:
    """``count`` attempts, as many of each kind as of every other; each kind's desktop is started once."""
    each = [count // len(KINDS) + (number < count % len(KINDS)) for number in range(len(KINDS))]
    for kind, attempts in zip(KINDS, each, strict=True):
        if attempts:
            screen = _Files(sandbox) if kind == "file" else _Page(sandbox, kind)
            yield from _of_kind(screen, kind, sandbox, out / "near" / kind, attempts)


class _Page:
    """A list of names in Chromium."""

    def __init__(self, sandbox: Sandbox, kind: str) -> None:
        self._sandbox, self._kind, self._number = sandbox, kind, 0
        sandbox.reset()
        sandbox.write_file("list.html", page(kind, NearList(("Nothing",), None), 0))
        sandbox.launch("chromium", ["file:///home/agent/list.html"])
        self._wait("List 0")

    def show(self, listed: NearList) -> None:
        """Have the page list these."""
        self._number += 1
        self._sandbox.write_file("list.html", page(self._kind, listed, self._number))
        self._sandbox.perform(Key(keys=("f5",)))
        self._wait(f"List {self._number}")

    def moves(self, name: str) -> list[OracleMove]:
        """How a thing is taken."""
        return [click_text(name, "I choose it."), done("It is chosen.", when="It was noted")]

    def taken(self, listed: NearList) -> int | None:
        """Which thing was taken."""
        title = next((one for one in self._titles() if one.startswith("chosen ")), "")
        return int(title.split()[1]) if title else None

    def _titles(self) -> list[str]:
        return [window["title"] for window in list_windows(self._sandbox)]

    def _wait(self, title: str) -> None:
        wait_until(
            lambda: any(one.startswith(f"{title} ") for one in self._titles()),
            timeout=WAIT,
            what=title,
            poll=0.1,
        )
        settle(self._sandbox.screenshot, quiet=0.4, timeout=10.0)


class _Files:
    """Files in PCManFM."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        sandbox.reset()
        sandbox.run(["mkdir", "things"])
        sandbox.launch("pcmanfm", ["/home/agent/things"])

    def show(self, listed: NearList) -> None:
        """Have the folder hold these."""
        self._sandbox.run(["find", "things", "-mindepth", "1", "-delete"])
        for name in dict.fromkeys(listed.names):
            self._sandbox.write_file(f"things/{name}", name.encode())
        self._sandbox.perform(Key(keys=("esc",)))
        before = self._sandbox.screenshot()
        self._sandbox.perform(Key(keys=("f5",)))
        settle(self._sandbox.screenshot, quiet=0.6, timeout=10.0, since=before, answer=2.0)

    def moves(self, name: str) -> list[OracleMove]:
        """How a file is renamed."""
        return [
            click_text(name, "I select it."),
            press("f2", "I rename it."),
            press("ctrl+a", "All of the name.", when="Cancel"),
            type_text(RENAMED, "Its new name."),
            press("enter", "I confirm it."),
            done("It is renamed.", after="Cancel"),
        ]

    def taken(self, listed: NearList) -> int | None:
        """Which file was renamed: its content says what it was called."""
        there = self._sandbox.run(["cat", f"things/{RENAMED}"]).stdout.decode()
        return listed.names.index(there) if there else None


def _of_kind(
    screen: _Page | _Files, kind: str, sandbox: Sandbox, out: Path, attempts: int
) -> Iterator[NearCase]:
    number = 0
    while number < attempts:
        chance = random.Random(f"near:{kind}:{number}")
        name = named(kind, chance)
        before = recorded_list(_safe(kind, name), chance)
        before = NearList(tuple(_safe(kind, one) for one in before.names), before.meant)
        screen.show(before)
        folder = out / f"{number}"
        task = Task(instruction=f"Take {name}")
        run(task, sandbox, MovesPolicy("oracle", screen.moves(name), number), limits=RECORDING, out=folder)
        if _waited(lambda: screen.taken(before)) != before.meant:  # noqa: B023 - called at once
            raise EnvironmentProblem(f"{kind} {name!r} could not be recorded: see {folder}")
        script = _impatient(script_of(Trajectory.open(folder)))
        for situation in SITUATIONS[: attempts - number]:
            listed = changed_list(kind, name, before, situation, chance)
            screen.show(listed)
            found = replay(script, sandbox, task=task, out=out / f"{number}-{situation.replace(' ', '-')}")
            yield _case(kind, situation, number, name, listed, found, screen.taken(listed))
            number += 1


def _impatient(script: ReplayPlan) -> ReplayPlan:
    """The same without the recording's times: what is not there does not come later."""
    return replace(script, steps=tuple(replace(step, seconds=0.0) for step in script.steps))


def _safe(kind: str, name: str) -> str:
    return name if kind != "file" or "." in name else f"{name.lower()}.txt"


def _waited(taken: Callable[[], int | None]) -> int | None:
    """What was taken, once something was."""
    try:
        wait_until(lambda: taken() is not None, timeout=10.0, what="something to be taken", poll=0.1)
    except WaitTimeout:
        return None
    return taken()


def _case(
    kind: str,
    situation: NearSituation,
    number: int,
    name: str,
    listed: NearList,
    found: Replayed,
    taken: int | None,
) -> NearCase:
    drift = found.report.drift
    # A file cannot be there twice: there it is there once, and to take it is right.
    meant = listed.names.index(name) if kind == "file" and situation == "twice" else listed.meant
    verdict: Verdict = "stopped" if taken is None and drift is not None else "wrong"
    if taken is not None and taken == meant:
        verdict = "right"
    reason = drift.reason if drift is not None else found.result.reason
    shown = ", ".join(listed.names)
    return NearCase(kind, situation, number, name, verdict, name in reason, f"{reason} (among {shown})")


def near_table(done: Sequence[NearCase]) -> list[Row]:
    """A row a kind, a row a situation, and one for all."""
    kinds = [(kind, [one for one in done if one.kind == kind]) for kind in KINDS]
    situations = [
        (situation, [one for one in done if one.situation == situation]) for situation in SITUATIONS
    ]
    return [_row(name, some) for name, some in [*kinds, *situations, ("all", list(done))] if some]


def _row(name: str, some: Sequence[NearCase]) -> Row:
    verdicts = Counter(one.verdict for one in some)
    return {
        "names": name,
        "attempts": len(some),
        **{verdict: verdicts[verdict] for verdict in ("right", "stopped", "wrong")},
        "named": sum(one.named for one in some if one.verdict == "stopped"),
    }
