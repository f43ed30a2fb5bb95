"""Films of a trajectory: what is drawn, how long it stays, and what the encoders make of it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Action, Click, Drag, Finished, Move, Scroll, Type
from deskhand.errors import EnvironmentProblem, TrajectoryError
from deskhand.perception.screen import Pixels
from deskhand.trajectories.export.catalogue import export_format
from deskhand.trajectories.export.exchange import ExportOptions
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Target
from deskhand.trajectories.viewer.film import ACCENT, BOX, LAST_SHOT, LONGEST_SHOT, SHORTEST_SHOT, Film
from tests.trajectories.export import stories
from tests.trajectories.export.stories import HEIGHT, WIDTH, decide, quiet

CENTRE = ScreenPoint(100, 50)


def film(tmp_path: Path, *decided: Decision, **options: float) -> Film:
    return Film(stories.write(tmp_path / "ours", decided), **options)  # type: ignore[arg-type]


def pictures(made: Film) -> list[Pixels]:
    return [np.asarray(shot.picture) for shot in made.shots()]


def count(pixels: Pixels, colour: tuple[int, int, int], box: Box) -> int:
    """How many pixels of a box have about a colour."""
    part = pixels[max(0, box.top) : box.bottom, max(0, box.left) : box.right].astype(int)
    return int((abs(part - np.array(colour)).max(axis=2) < 40).sum())


def around(point: ScreenPoint, by: int) -> Box:
    return Box(point.x - by, point.y - by, point.x + by, point.y + by)


@pytest.mark.parametrize(
    "action",
    [
        Click(at=CENTRE),
        Click(at=CENTRE, count=3, button="right"),
        Drag(path=(CENTRE, ScreenPoint(20, 20))),
        Scroll(at=CENTRE, dy=3),
        Scroll(at=CENTRE, dx=-3, dy=-1),
    ],
)
def test_an_action_is_drawn_where_it_happens(action: Action, tmp_path: Path) -> None:
    bare, drawn, _ = pictures(film(tmp_path, decide(Move(at=CENTRE)), decide(action)))
    assert count(bare, ACCENT, Box(0, 0, WIDTH, HEIGHT)) == 0
    assert count(drawn, ACCENT, around(CENTRE, 30)) > 5
    assert count(bare, (0, 0, 0), Box(100, 50, 114, 72)) > 30, "the pointer stands with its tip at the point"


def test_the_pointer_stays_where_it_was_and_the_target_has_a_frame(tmp_path: Path) -> None:
    first, second, third, last = pictures(
        film(
            tmp_path,
            decide(Drag(path=(ScreenPoint(5, 50), CENTRE))),
            decide(Type(text="x")),
            decide(Finished()),
        )
    )
    assert count(first, BOX, Box(5, 5, 45, 35)) > 50
    for later in (second, third, last):
        assert count(later, (0, 0, 0), Box(100, 50, 114, 72)) > 30
    assert count(last, BOX, Box(5, 5, 45, 35)) == 0


def test_the_caption_says_the_step_and_the_action(tmp_path: Path) -> None:
    one, other = pictures(film(tmp_path, decide(Click(at=CENTRE)), decide(Click(at=CENTRE), thought="")))[:2]
    below = slice(HEIGHT + 1, None)
    assert (one[below] != other[below]).any()
    assert one[below].max() > 200


def test_hostile_words_do_not_leave_the_caption(tmp_path: Path) -> None:
    bad = "A" * 5000 + "\n\x1b[31m\u202e" * 500
    made = film(tmp_path, decide(Type(text=bad), thought=bad))
    assert len({picture.shape for picture in pictures(made)}) == 1


def test_a_target_and_a_point_far_outside_harm_nobody(tmp_path: Path) -> None:
    far = 10**9
    trajectory = stories.write(tmp_path / "ours", [decide(Drag(path=(ScreenPoint(-far, far), CENTRE)))])
    target = Target(role="button", name="x" * 2000, box=Box(-far, -far, far, far))
    step = trajectory.steps[0].model_copy(update={"targets": (target,)})
    assert len(pictures(Film(replace(trajectory, steps=(step,))))) == 2


def test_time_is_shown_as_it_passed_within_bounds(tmp_path: Path) -> None:
    made = film(tmp_path, decide(Click(at=CENTRE)), decide(Click(at=CENTRE), thought="b"))
    assert made.durations() == [1.5, LONGEST_SHOT, LAST_SHOT]
    assert [shot.seconds for shot in made.shots()] == made.durations()
    fast = Film(made.trajectory, speed=10)
    assert fast.durations() == [0.15, LONGEST_SHOT / 10, LAST_SHOT]
    quick = made.trajectory.steps[0]
    steps = (quick.model_copy(update={"seconds": 2.99}), made.trajectory.steps[1])
    assert Film(replace(made.trajectory, steps=steps)).durations()[0] == SHORTEST_SHOT


def test_a_large_screen_is_made_smaller_and_sides_are_even(tmp_path: Path) -> None:
    made = film(tmp_path, decide(Click(at=CENTRE)), size=160)
    width, height = made.size
    assert width == 160 and width % 2 == height % 2 == 0
    assert all(picture.shape == (height, width, 3) for picture in pictures(made))


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrajectoryError, match="no steps"):
        film(tmp_path)


def test_a_gif_has_its_pictures_and_durations(tmp_path: Path) -> None:
    trajectory = stories.write(tmp_path / "ours", [decide(Click(at=CENTRE)), decide(Type(text="a"))])
    export_format("gif").write(trajectory, tmp_path / "a.gif", ExportOptions(), quiet)
    with Image.open(tmp_path / "a.gif") as image:
        frames = int(getattr(image, "n_frames", 1))
        durations = []
        for at in range(frames):
            image.seek(at)
            durations.append(image.info["duration"])
    assert durations == [1500, 3000, 3000]


@pytest.fixture
def ours(tmp_path: Path) -> Trajectory:
    return stories.write(tmp_path / "ours", [decide(Click(at=CENTRE)), decide(Type(text="a"))])


def test_an_mp4_is_a_film_that_players_read(ours: Trajectory, tmp_path: Path) -> None:
    probe = shutil.which("ffprobe")
    if probe is None:
        pytest.skip("ffmpeg is not installed")
    out = tmp_path / "-a 'b'.mp4"
    export_format("mp4").write(ours, out, ExportOptions(), quiet)
    asked = [probe, "-v", "error", "-show_entries", "stream=codec_name,pix_fmt,width,height:format=duration"]
    probe = subprocess.run(
        [*asked, "-of", "default=nw=1", f"file:{out}"], capture_output=True, text=True, check=True
    )
    values = dict(line.split("=") for line in probe.stdout.split())
    assert (values["codec_name"], values["pix_fmt"]) == ("h264", "yuv420p")
    assert (int(values["width"]), int(values["height"])) == Film(ours).size
    assert float(values["duration"]) == pytest.approx(7.5, abs=0.2)


def test_without_ffmpeg_the_package_is_named(
    ours: Trajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentProblem, match="apt-get install ffmpeg"):
        export_format("mp4").write(ours, tmp_path / "a.mp4", ExportOptions(), quiet)


def test_an_encoder_that_refuses_is_quoted_and_leaves_nothing(
    ours: Trajectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin" / "ffmpeg"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "no such encoder" >&2\nexit 1\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:/usr/bin:/bin")
    with pytest.raises(EnvironmentProblem, match="no such encoder"):
        export_format("mp4").write(ours, tmp_path / "a.mp4", ExportOptions(), quiet)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "ours"]
