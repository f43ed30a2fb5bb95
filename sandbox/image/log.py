"""How far a build is and why it failed, read from what mmdebstrap, apt and dpkg print.

A system is installed in two rounds: first what every Debian needs, then the rest. Each round says
how many packages it installs, and then of each that it is fetched, unpacked and set up.
"""

from __future__ import annotations

import re
from collections import deque

_COUNT = re.compile(r"\d+ upgraded, (?P<count>\d+) newly installed")
_PHASES = (
    ("Get:", "fetching packages", 0.3),
    ("Unpacking ", "unpacking packages", 0.4),
    ("Setting up ", "setting up packages", 0.3),
)
"""How a line of each phase begins, what to say of it, and its part of a round."""
_ROUNDS = (0.2, 0.8)
"""What part of all the work each round is."""
_MOST_LINES = 60
_REASON = re.compile(r"(E: |W: |dpkg: error|mke2fs: |.*No space left on device|.*Could not resolve)")


class BuildLog:
    """Reads a build's output line by line; ``doing`` says where it is, ``share`` how far, from 0 to 1."""

    def __init__(self) -> None:
        self.doing = "fetching the lists of packages"
        self.share = 0.0
        self._round = -1
        self._packages = 0
        self._done = [0, 0, 0]
        self._last: deque[str] = deque(maxlen=_MOST_LINES)

    def read(self, line: str) -> None:
        """Take in the next line."""
        self._last.append(line)
        counted = _COUNT.match(line)
        if counted:
            self._round, self._packages = self._round + 1, int(counted["count"])
            self._done = [0, 0, 0]
        elif "update-initramfs: Generating" in line:
            self.doing = "making the initial ramdisk"
        for at, (beginning, doing, _) in enumerate(_PHASES):
            if line.startswith(beginning) and 0 <= self._round < len(_ROUNDS):
                self._done[at] = min(self._done[at] + 1, self._packages)
                self.doing = f"{doing} ({self._done[at]} of {self._packages})"
        self.share = max(self.share, self._computed())

    def reason(self) -> str:
        """Why it failed: the last lines that complain, else the last lines."""
        complaints = [line for line in self._last if _REASON.match(line)]
        return "; ".join(
            dict.fromkeys(" ".join(line.split()) for line in (complaints or list(self._last))[-4:])
        )

    def _computed(self) -> float:
        if not 0 <= self._round < len(_ROUNDS) or not self._packages:
            return self.share
        within = sum(
            part * done / self._packages for (*_, part), done in zip(_PHASES, self._done, strict=True)
        )
        return sum(_ROUNDS[: self._round]) + _ROUNDS[self._round] * within
