"""A served desktop is filmed as OSWorld's client asks for it: begin, work, end, and an MP4 comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.errors import SandboxLost, UsageError
from deskhand.perception.screen import Pixels, Screenshot
from deskhand.sandbox import recording
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.recording import ScreenRecorder
from deskhand.sandbox.serve import Served
from deskhand.waiting import wait_until
from tests.sandbox.plainly import Client

lightboxes = pytest.mark.lightbox


@pytest.fixture
def desk(lightbox: Lightbox) -> Iterator[Client]:
    with Served(lightbox) as served:
        yield Client(served.url)


def pictures(film: bytes, folder: Path) -> list[Pixels]:
    """Every picture of a film, as a player of its own reads them, RGB."""
    file = folder / "film.mp4"
    file.write_bytes(film)
    player, found = cv2.VideoCapture(str(file)), []
    while (read := player.read())[0]:
        found.append(np.asarray(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB), np.uint8))
    player.release()
    return found


@lightboxes
def test_a_film_shows_the_screen_the_work_and_the_pointer(
    desk: Client, lightbox: Lightbox, tmp_path: Path
) -> None:
    before = lightbox.screenshot().pixels
    begun = desk.post("/start_recording")
    assert (begun.status, begun.json()["status"]) == (200, "success")
    desk.post("/execute", {"command": ["python", "-c", "import pyautogui; pyautogui.moveTo(60, 50)"]})
    desk.post("/setup/launch", {"command": ["xterm", "-geometry", "80x24"]})
    wait_until(lightbox.windows, timeout=20, what="the window")
    after = lightbox.screenshot().pixels
    ended = desk.post("/end_recording")
    assert (ended.status, ended.content_type) == (200, "video/mp4")
    film = pictures(ended.body, tmp_path)
    assert film[0].shape == before.shape

    def far(one: Pixels, other: Pixels) -> float:
        return float(np.abs(one.astype(int) - other).mean())

    assert far(film[0], before) < far(film[0], after), "it begins with the empty desktop"
    assert far(film[-1], after) < far(film[-1], before), "and ends with the window"
    arrow = film[-1][50:65, 60:66]
    assert arrow.min() < 60, "the pointer is in it, where a program moved it"
    assert after[50:65, 60:66].min() > 30


@lightboxes
def test_one_film_at_a_time_which_can_be_asked_for_again(desk: Client) -> None:
    none = desk.post("/end_recording")
    assert (none.status, "start_recording" in none.json()["message"]) == (400, True)
    assert desk.post("/start_recording").status == 200
    twice = desk.post("/start_recording")
    assert (twice.status, "already" in twice.json()["message"]) == (400, True)
    film = desk.post("/end_recording")
    assert film.status == 200
    assert desk.post("/end_recording").body == film.body, "who lost it on the way asks again"
    assert desk.post("/start_recording").status == 200


@lightboxes
def test_a_reset_ends_a_film_and_nothing_of_it_is_left(desk: Client) -> None:
    assert desk.post("/start_recording").status == 200
    assert desk.post("/desk/reset").status == 200
    assert desk.post("/end_recording").status == 400
    assert desk.post("/start_recording").status == 200


@lightboxes
def test_a_sandbox_that_is_gone_cannot_be_filmed(lightbox: Lightbox) -> None:
    with Served(lightbox) as served:
        lightbox.close()
        answer = Client(served.url).post("/start_recording")
        assert (answer.status, "not running" in answer.json()["message"]) == (503, True)


@lightboxes
def test_without_ffmpeg_the_package_is_named(
    lightbox: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Served(lightbox) as served:
        monkeypatch.setenv("PATH", str(tmp_path))
        answer = Client(served.url).post("/start_recording")
        assert (answer.status, "apt-get install ffmpeg" in answer.json()["message"]) == (500, True)


def still(shade: int = 100, width: int = 64, height: int = 48) -> Screenshot:
    return Screenshot(np.full((height, width, 3), shade, np.uint8), cursor=ScreenPoint(10**9, 5))


@pytest.fixture
def films() -> Iterator[Callable[[Callable[[], Screenshot]], ScreenRecorder]]:
    """Makes recorders that end with the test."""
    made: list[ScreenRecorder] = []

    def make(look: Callable[[], Screenshot]) -> ScreenRecorder:
        made.append(ScreenRecorder(look))
        return made[-1]

    yield make
    for recorder in made:
        recorder.drop()
    assert not [thread for thread in threading.enumerate() if thread.name == "recording"]


Films = Callable[[Callable[[], Screenshot]], ScreenRecorder]


def test_a_screen_that_is_lost_ends_the_film_which_keeps_what_was_seen(films: Films, tmp_path: Path) -> None:
    seen, lost = [still(40), still(40), still(220)], threading.Event()

    def look() -> Screenshot:
        if not seen:
            lost.set()
            raise SandboxLost("it is gone")
        return seen.pop(0)

    recorder = films(look)
    recorder.start()
    assert lost.wait(60)
    film = pictures(recorder.end(), tmp_path)
    assert abs(int(film[0].mean()) - 40) < 8
    assert abs(int(film[-1].mean()) - 220) < 8


def test_a_film_keeps_its_size_and_odd_sides_are_made_even(films: Films, tmp_path: Path) -> None:
    sizes, looks = [(63, 47), (80, 60)], []

    def look() -> Screenshot:
        looks.append(1)
        return still(100, *sizes[len(looks) > 1])

    recorder = films(look)
    recorder.start()
    wait_until(lambda: len(looks) > 3, timeout=60, what="pictures of both sizes")
    assert {picture.shape for picture in pictures(recorder.end(), tmp_path)} == {(48, 64, 3)}


@pytest.mark.parametrize("bound", ["LARGEST_FILM", "LONGEST_FILM_SECONDS"])
def test_a_film_that_would_grow_without_a_bound_ends(
    films: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(recording, bound, -1)
    recorder = films(still)
    recorder.start()
    wait_until(
        lambda: not [one for one in threading.enumerate() if one.name == "recording"],
        timeout=60,
        what="the film to end by itself",
    )
    with pytest.raises(UsageError, match="already"):
        recorder.start()
    assert pictures(recorder.end(), tmp_path)
