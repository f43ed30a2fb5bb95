"""Moving pictures of a trajectory: gif by pillow, mp4 by the ffmpeg that Debian has."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from PIL import Image

from deskhand.errors import EnvironmentProblem
from deskhand.progress import Progress
from deskhand.text import clean
from deskhand.trajectories.export.exchange import (
    ExportOptions,
    check_suffix,
    new_file,
    part_of,
    publish,
)
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.viewer.film import Film

FRAMES_A_SECOND = 10
"""Of an mp4: a screen is a still picture, and repeated ones cost next to nothing."""

COLOURS = 192
_TIMEOUT = 60.0


def gif(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write a gif that plays once.

    Raises:
        UsageError: ``out`` exists, does not end in .gif, or size or speed are out of range.
        LogError: it cannot be written.
        TrajectoryError: there are no steps, or a frame is missing or damaged.
    """
    check_suffix(out, ".gif")
    film = Film(trajectory, size=options.size, speed=options.speed)
    durations = [max(20, round(shot * 1000)) for shot in film.durations()]
    pictures = _few_colours(film, progress)
    with new_file(out) as file:
        first = next(pictures)
        first.save(file, "GIF", save_all=True, append_images=pictures, duration=durations, disposal=1)
    return []


def _few_colours(film: Film, progress: Progress) -> Iterator[Image.Image]:
    for number, shot in enumerate(film.shots(), 1):
        progress(f"writing the pictures ({number} of {film.count})", number / film.count)
        yield shot.picture.quantize(COLOURS, dither=Image.Dither.NONE)


def mp4(trajectory: Trajectory, out: Path, options: ExportOptions, progress: Progress) -> list[str]:
    """Write an H.264 film that browsers and players show.

    Raises:
        EnvironmentProblem: ffmpeg is not installed, or refuses.
        UsageError: ``out`` exists, does not end in .mp4, or size or speed are out of range.
        LogError: it cannot be written.
        TrajectoryError: there are no steps, or a frame is missing or damaged.
    """
    check_suffix(out, ".mp4")
    program = ffmpeg()
    film = Film(trajectory, size=options.size, speed=options.speed)
    part = part_of(out)
    try:
        _encode(program, film, part, progress)
        publish(part, out)
    finally:
        part.unlink(missing_ok=True)
    return []


def ffmpeg() -> str:
    """The path of the encoder.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise EnvironmentProblem("mp4 needs ffmpeg, which is not installed: apt-get install ffmpeg")
    return program


def _encode(program: str, film: Film, part: Path, progress: Progress) -> None:
    """Give every picture to the encoder as raw pixels; it gets none of the trajectory's words."""
    width, height = film.size
    command = [
        program, "-hide_banner", "-loglevel", "error", "-nostdin", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{width}x{height}",
        "-framerate", str(FRAMES_A_SECOND), "-i", "pipe:0",
        "-an", "-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage", "-crf", "20",
        "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(part.absolute()),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints)
        assert child.stdin is not None
        try:
            _feed(child.stdin, film, progress)
            code = child.wait(_TIMEOUT)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            child.kill()
            code = child.wait() or 1
        finally:
            if child.poll() is None:  # Ctrl-C, or a damaged frame
                child.kill()
                child.wait()
        if code != 0:
            complaints.seek(0)
            said = clean(complaints.read(4000).decode("utf-8", "replace")) or "no reason given"
            raise EnvironmentProblem(f"ffmpeg could not make the video: {said}")


def _feed(pipe: IO[bytes], film: Film, progress: Progress) -> None:
    shown, due = 0, 0.0
    with pipe:
        for number, shot in enumerate(film.shots(), 1):
            progress(f"writing the pictures ({number} of {film.count})", number / film.count)
            due += shot.seconds
            data = shot.picture.tobytes()
            while shown < max(1, round(due * FRAMES_A_SECOND)):
                pipe.write(data)
                shown += 1
