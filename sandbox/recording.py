"""Films a desktop while somebody works on it, one film at a time."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

from deskhand.errors import EnvironmentProblem, SandboxError, UsageError
from deskhand.mp4 import FRAMES_A_SECOND, Mp4Writer
from deskhand.perception.pointer import draw_pointer
from deskhand.perception.screen import Screenshot
from deskhand.sandbox.environment import plain

log = logging.getLogger(__name__)

LARGEST_FILM = 90 << 20
LONGEST_FILM_SECONDS = 4 * 3600.0
"""A film that has become so large or so long ends there."""


class ScreenRecorder:
    """Makes films of one desktop. Its methods may be called from any thread.

    Args:
        look: the screen now, with where the pointer is. Raises SandboxError where there is none.
    """

    def __init__(self, look: Callable[[], Screenshot]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._going: _Film | None = None
        self._last: bytes | None = None

    def start(self) -> None:
        """Begin a film; the one before it is forgotten.

        Raises:
            UsageError: one is being made already.
            SandboxError: the screen cannot be seen.
            EnvironmentProblem: ffmpeg is not installed.
        """
        with self._lock:
            if self._going is not None:
                raise UsageError("a recording is going on already: end it with POST /end_recording")
            self._last = None
            self._going = _Film(self._look)

    def end(self) -> bytes:
        """End the film that is being made; returns it, an MP4 file.

        Who lost it on the way may ask again: it is kept until the next one begins.

        Raises:
            UsageError: there is none.
            EnvironmentProblem: ffmpeg could not make it; says why.
        """
        with self._lock:
            if self._going is not None:
                film, self._going = self._going, None
                self._last = film.finished()
            if self._last is None:
                raise UsageError("nothing is being recorded: begin with POST /start_recording")
            return self._last

    def drop(self) -> None:
        """Forget the film that is being made, and the last one."""
        with self._lock:
            self._last = None
            if self._going is not None:
                self._going.close()
                self._going = None


class _Film:
    """A film that grows in a thread of its own until it is finished or closed."""

    def __init__(self, look: Callable[[], Screenshot]) -> None:
        self._look = look
        first = look()
        self._size = first.viewport.width, first.viewport.height
        with contextlib.ExitStack() as life:
            folder = life.enter_context(tempfile.TemporaryDirectory(prefix="deskhand-film-"))
            self._path = Path(folder, "film.mp4")
            self._writer = Mp4Writer(self._path, self._size, env=plain())
            life.callback(self._writer.close)
            self._life = life.pop_all()
        self._problem: EnvironmentProblem | None = None
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._grow, args=(first,), name="recording", daemon=True)
        self._thread.start()

    def finished(self) -> bytes:
        """All of it, as the content of an MP4 file."""
        try:
            self._stop()
            if self._problem is not None:
                raise self._problem
            self._writer.finish()
            return self._path.read_bytes()
        finally:
            self.close()

    def close(self) -> None:
        """Stop, and leave nothing behind."""
        self._stop()
        self._life.close()

    def _stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _grow(self, picture: Screenshot) -> None:
        """A picture stands until the next one was taken, so that the film is as long as what it shows."""
        try:
            over = False
            while not over:
                over = self._over.wait(1 / FRAMES_A_SECOND) or self._is_full()
                try:
                    newer = self._look()
                except SandboxError as error:
                    log.warning("the recording ends: %s", error)
                    break
                self._writer.show(self._data(picture), self._seconds())
                picture = newer
            self._writer.show(self._data(picture), self._seconds() + 1 / FRAMES_A_SECOND)
        except EnvironmentProblem as error:
            self._problem = error

    def _is_full(self) -> bool:
        size = self._path.stat().st_size if self._path.exists() else 0
        return size > LARGEST_FILM or self._seconds() > LONGEST_FILM_SECONDS

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _data(self, shot: Screenshot) -> bytes:
        """Its pixels, with a pointer; the film keeps its size where the screen changes its own."""
        picture = Image.fromarray(shot.pixels)
        if shot.cursor in shot.viewport:
            assert shot.cursor is not None
            draw_pointer(ImageDraw.Draw(picture), (shot.cursor.x, shot.cursor.y))
        return (picture if picture.size == self._size else picture.resize(self._size)).tobytes()
