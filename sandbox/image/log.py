"""How far a build is and why it failed, read from what mmdebstrap, apt and dpkg print.

A system is installed in two rounds: first what every Debian needs, then the rest. Each round says
how many packages it installs, and then of each that it is fetched, unpacked and set up.
"""

from __future__ import annotations

import re

_COUNT = re.compile(r"\d+ upgraded, (?P<count>\d+) newly installed")
_PHASES = (
    ("Get:", "fetching packages", 0.3),
    ("Unpacking ", "unpacking packages", 0.4),
    ("Setting up ", "setting up packages", 0.3),
)
"""How a line of each phase begins, what to say of it, and its part of a round."""
_ROUNDS = (0.2, 0.8)
"""What part of all the work each round is."""
_MOST_COMPLAINTS = 3
_MOST_CHARACTERS = 300
_COMPLAINT = re.compile(r"E: |dpkg: error|mke2fs: |.*No space left on device")
_CONSEQUENCE = re.compile(r"E: (Sub-process|Some index files|apt-get |setup failed|mmdebstrap |setup_|env )")
"""What is said because something else went wrong before."""


class BuildLog:
    """Reads a build's output line by line; ``doing`` says where it is, ``share`` how far, from 0 to 1."""

    def __init__(self) -> None:
        self.doing = "fetching the lists of packages"
        self.share = 0.0
        self._round = -1
        self._packages = 0
        self._done = [0, 0, 0]
        self._complaints: list[str] = []
        self._last = ""

    def read(self, line: str) -> None:
        """Take in the next line."""
        if line.strip():
            self._last = line
        if (
            _COMPLAINT.match(line)
            and not _CONSEQUENCE.match(line)
            and len(self._complaints) < _MOST_COMPLAINTS
        ):
            self._complaints.append(line)
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

    @property
    def disk_full(self) -> bool:
        """Whether there was no room left."""
        return any("No space left on device" in line for line in self._complaints)

    def reason(self) -> str:
        """Why it failed: what was complained of first, else the last line."""
        shown = dict.fromkeys(" ".join(line.split())[:_MOST_CHARACTERS] for line in self._complaints)
        return "; ".join(shown) or self._last[:_MOST_CHARACTERS] or "nothing was said"

    def _computed(self) -> float:
        if not 0 <= self._round < len(_ROUNDS) or not self._packages:
            return self.share
        within = sum(
            part * done / self._packages for (*_, part), done in zip(_PHASES, self._done, strict=True)
        )
        return sum(_ROUNDS[: self._round]) + _ROUNDS[self._round] * within
