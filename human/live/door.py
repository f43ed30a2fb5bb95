"""Another link to a live page, for whoever may: a unix socket that only this user can reach.

The socket's name is the trajectory's id, so ``deskhand live RUN`` finds it. Asked in one line, it says one,
the link.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from deskhand import paths
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.trajectories.reader import Trajectory

ASKS = b"link\n"
LONGEST_LINE = 1000
ANSWER_SECONDS = 10.0
LONGEST_PATH = 100
"""Bytes of a socket's path that every system takes."""


def door_of(run: str) -> Path:
    """Where the door of a run is, by its trajectory's id."""
    return paths.state_dir() / "watched" / f"{run}.sock"


class Door:
    """Says a new link to whoever connects, until it is closed. A context manager.

    Args:
        run: the trajectory's id.
        link: makes a link.

    Raises:
        EnvironmentProblem: the socket cannot be made here.
    """

    def __init__(self, run: str, link: Callable[[], str]) -> None:
        self._path, self._link = door_of(run), link
        if len(os.fsencode(self._path)) > LONGEST_PATH:
            raise EnvironmentProblem(
                f"{self._path} is too long for a socket: set DESKHAND_STATE to a shorter folder"
            )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.parent.chmod(0o700)
            _remove_left(self._path.parent)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self._path))
            self._path.chmod(0o600)
            self._listener.listen(4)
        except OSError as error:
            raise EnvironmentProblem(f"{self._path} cannot be made: {error.strerror}") from error
        self._thread = threading.Thread(target=self._serve, name="door", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(ANSWER_SECONDS)
                if connection.makefile("rb").readline(len(ASKS) + 1) != ASKS:
                    continue
                try:
                    line = f"link {self._link()}\n"
                except UsageError as error:
                    line = f"no {error}\n"
                connection.sendall(line.encode())


def _remove_left(folder: Path) -> None:
    """Remove the doors of runs that were killed: nobody listens there any more."""
    for path in folder.glob("*.sock"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            try:
                connection.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError:
                continue


def another_link(folder: Path) -> str:
    """A link to the live page of a run that goes on, by its trajectory's folder.

    Raises:
        TrajectoryError: there is no trajectory.
        UsageError: the run is over, or has no page.
    """
    trajectory = Trajectory.open(folder)
    if trajectory.end is not None:
        raise UsageError(f"{folder}: this run is over; see it with deskhand show {folder}")
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(str(door_of(trajectory.header.id)))
            connection.sendall(ASKS)
            line = connection.makefile("rb").readline(LONGEST_LINE).decode("utf-8", "replace").strip()
    except OSError as error:
        raise UsageError(f"{folder}: this run has no live page: start it with deskhand run --live") from error
    kind, _, rest = line.partition(" ")
    if kind != "link":
        raise UsageError(f"{folder}: no link was given: {rest}")
    return rest
