"""Moving pictures of a trajectory: gif by pillow, mp4 by the ffmpeg that Debian has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from deskhand.mp4 import Mp4Writer
from deskhand.progress import Progress
from deskhand.trajectories.export.exchange import (
    ExportOptions,
    check_suffix,
    new_file,
    part_of,
    publish,
)
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.viewer.film import Film

COLOURS = 192


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
    film = Film(trajectory, size=options.size, speed=options.speed)
    part, due = part_of(out), 0.0
    try:
        with Mp4Writer(part, film.size) as writer:
            for number, shot in enumerate(film.shots(), 1):
                progress(f"writing the pictures ({number} of {film.count})", number / film.count)
                due += shot.seconds
                writer.show(shot.picture.tobytes(), due)
        publish(part, out)
    finally:
        part.unlink(missing_ok=True)
    return []
