"""Writes H.264 films with the ffmpeg that Debian has: raw pictures go in through a pipe, and no words."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from deskhand.errors import EnvironmentProblem
from deskhand.text import clean

FRAMES_A_SECOND = 10
"""A screen is a still picture, and repeated ones cost next to nothing."""

_FINISH_SECONDS = 60.0
_EVEN = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
"""Players want even sides: an odd one gets a black line more."""


def _ffmpeg() -> str:
    """The path of the encoder."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise EnvironmentProblem("mp4 needs ffmpeg, which is not installed: apt-get install ffmpeg")
    return program


class Mp4Writer:
    """A film that browsers and players show. A context manager: leaving it makes the file whole.

    Args:
        path: the file, which is replaced.
        size: width and height of the pictures, in pixels.
        env: the encoder's environment; this process's own where it is None.

    Raises:
        EnvironmentProblem: ffmpeg is not installed.
    """

    def __init__(self, path: Path, size: tuple[int, int], env: Mapping[str, str] | None = None) -> None:
        width, height = size
        command = [
            _ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{width}x{height}",
            "-framerate", str(FRAMES_A_SECOND), "-i", "pipe:0",
            "-an", "-vf", _EVEN,
            "-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-crf", "20",
            "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(path.absolute()),
        ]  # fmt: skip
        self._shown = 0
        with contextlib.ExitStack() as life:
            self._complaints = life.enter_context(tempfile.TemporaryFile())
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._complaints, env=env
            )
            self._life = life.pop_all()

    def show(self, picture: bytes, until: float) -> None:
        """Let the film show a picture from where it is until so many seconds after its beginning.

        Args:
            picture: RGB, three bytes a pixel, row by row.

        Raises:
            EnvironmentProblem: ffmpeg refuses; says why.
        """
        pipe = self._child.stdin
        assert pipe is not None
        try:
            while self._shown < max(1, round(until * FRAMES_A_SECOND)):
                pipe.write(picture)
                self._shown += 1
        except BrokenPipeError as error:
            raise self._refusal() from error

    def finish(self) -> None:
        """Write what is left, and make the file whole.

        Raises:
            EnvironmentProblem: ffmpeg refuses, or does not end; says why.
        """
        try:
            assert self._child.stdin is not None
            self._child.stdin.close()
            code = self._child.wait(_FINISH_SECONDS)
        except (BrokenPipeError, subprocess.TimeoutExpired) as error:
            raise self._refusal() from error
        if code != 0:
            raise self._refusal()

    def close(self) -> None:
        """End the encoder, if it runs still; the film is good for nothing then. May be called twice."""
        if self._child.poll() is None:  # Ctrl-C, or a damaged picture
            self._child.kill()
            self._child.wait()
        with contextlib.suppress(BrokenPipeError):
            assert self._child.stdin is not None
            self._child.stdin.close()
        self._life.close()

    def _refusal(self) -> EnvironmentProblem:
        self._child.kill()
        self._child.wait()
        self._complaints.seek(0)
        said = clean(self._complaints.read(4000).decode("utf-8", "replace")) or "no reason given"
        return EnvironmentProblem(f"ffmpeg could not make the video: {said}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.finish()
        finally:
            self.close()
