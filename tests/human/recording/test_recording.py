"""What a person does at a sandbox is done there and kept as an agent's trajectory would be."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Click, Drag, Finished, Key, Scroll, Type
from deskhand.human.recording import gestures, recording
from deskhand.human.recording.camera import Camera
from deskhand.human.recording.events import Finish, Hide, MaskRequest, Note, Pause
from deskhand.perception.screen import PAINT, Pixels
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.records import HIDDEN_TEXT, Step
from deskhand.waiting import wait_until
from tests.human.recording.desk import LOGIN, Person, actions, holding, recorded, words

pytestmark = pytest.mark.lightbox

SECRET, USER = "Xyzzy-4711", "annabel"


@pytest.fixture(scope="module")
def accessible() -> Iterator[Lightbox]:
    with Lightbox(accessible=True) as sandbox:
        yield sandbox


def log_in(box: Lightbox) -> dict[str, Box]:
    """A fresh desktop with a form on it; where its fields are."""
    box.reset()
    if box.run(["python3", "-c", "import gi; gi.require_version('Gtk', '3.0')"]).returncode:
        pytest.skip("no GTK for Python: apt-get install python3-gi gir1.2-gtk-3.0")
    box.write_file(".login.py", LOGIN.encode())
    box.launch("python3", [".login.py"])
    left, top, right, bottom = next(one for one in box.surfaces() if one["title"] == "Log in")["box"]
    across = (left + right) // 2
    rows = np.linspace(top, bottom, 7).astype(int).tolist()
    return {
        name: Box(across + 20, row, across + 40, row)
        for name, row in zip(("user", "password", "remarks", "show", "save"), rows[1:], strict=False)
    }


def press(person: Person, box: Box) -> None:
    person.click(box.left, box.top)


def test_a_text_is_typed_and_saved_and_each_step_tells_its_screen_and_target(
    accessible: Lightbox, tmp_path: Path
) -> None:
    accessible.reset()
    accessible.launch("mousepad")
    with recorded(accessible, tmp_path / "t", tree=True) as person:
        person.until_reported()
        person.click(640, 400)
        person.type("Grüße an Anna")
        person.until_reported("Grüße an Anna")
        person.chord("ctrl", "s")
        person.until(3)
        wait_until(lambda: "Save As" in str(accessible.windows()), timeout=20, what="the dialog")
        person.until_reported("Create Folder")
        person.type("note.txt")
        person.key("enter")
        person.until(4)
        result = person.done("it is saved")
    assert (result.status, result.answer, result.files) == ("finished", "it is saved", ("note.txt",))
    assert (tmp_path / "t" / "files" / "note.txt").read_text().strip() == "Grüße an Anna"
    found = person.trajectory
    assert found.header.policy == "person"
    assert found.repairs == ()
    [click, text, save, name, done] = actions(found.steps)
    assert (click.kind, click.count) == ("click", 1)
    assert text == Type(text="Grüße an Anna")
    assert save == Key(keys=("ctrl", "s"))
    assert name == Type(text="note.txt", submit=True)
    assert done == Finished(answer="it is saved")
    assert words(found.steps)[:3] == ["the text area", "the text area", None]
    assert (words(found.steps)[3] or "").startswith("the field")
    assert all(step.outcomes[0].ok for step in found.steps[:4])
    assert person.said[0] == "click the text area"
    frames = [step.frame for step in found.steps]
    assert frames[1] != frames[2], "the screen before the keys shows the text"
    assert found.end is not None
    assert found.end.frame == frames[4]


def test_the_mouse_drags_scrolls_and_holds_modifiers(accessible: Lightbox, tmp_path: Path) -> None:
    accessible.reset()
    accessible.launch("mousepad")
    with recorded(accessible, tmp_path / "t") as person:
        person.click(600, 300)
        person.type("one two three")
        person.chord("ctrl", "a")
        person.until(3)
        person.event("key_down", key="shift")
        person.click(500, 400)
        person.event("key_up", key="shift")
        person.event("wheel", at=ScreenPoint(600, 400), dy=2)
        person.event("press", at=ScreenPoint(300, 300))
        person.event("move", at=ScreenPoint(350, 320))
        person.event("move", at=ScreenPoint(400, 400))
        person.event("release", at=ScreenPoint(400, 400))
        person.until(6)
        person.done()
    tail = actions(person.trajectory.steps)[3:6]
    assert tail[0] == Click(at=ScreenPoint(500, 400), hold=("shift",))
    assert tail[1] == Scroll(at=ScreenPoint(600, 400), dy=2)
    assert isinstance(tail[2], Drag)
    assert (tail[2].path[0], tail[2].path[-1]) == (ScreenPoint(300, 300), ScreenPoint(400, 400))


@pytest.mark.parametrize("tree", [True, False], ids=["told by the program", "seen on the screen"])
def test_a_password_is_in_no_file_and_on_no_frame(accessible: Lightbox, tmp_path: Path, tree: bool) -> None:
    fields = log_in(accessible)
    with recorded(accessible, tmp_path / "t", tree=tree) as person:
        if tree:
            person.until_reported()
        press(person, fields["user"])
        person.type(USER)
        press(person, fields["password"])
        person.type(SECRET)
        press(person, fields["show"])
        person.until(5)
        press(person, fields["save"])
        person.until(6)
        wait_until(lambda: len(accessible.files()) == 2, timeout=20, what="the saved files")
        result = person.done(f"it was {SECRET}")
    found = person.trajectory
    typed = [action for action in actions(found.steps) if isinstance(action, Type)]
    assert [action.text for action in typed] == [USER, HIDDEN_TEXT]
    assert [step.hidden for step in found.steps[:5]] == [(), (), (), (0,), ()]
    assert holding(tmp_path, SECRET) == []
    assert SECRET not in " ".join(person.said)
    assert result.answer == f"it was {HIDDEN_TEXT}"
    assert result.files == ("user.txt",), "the other file holds the password"
    for step in found.steps[4:]:
        assert is_painted(found.frame(step.frame).pixels, fields["password"]), f"step {step.step}"
        assert covers(step, fields["password"])
    assert not is_painted(found.frame(found.steps[5].frame).pixels, fields["user"])


def test_what_a_person_hides_is_hidden_wherever_it_shows(accessible: Lightbox, tmp_path: Path) -> None:
    fields = log_in(accessible)
    with recorded(accessible, tmp_path / "t", tree=True) as person:
        person.until_reported()
        press(person, fields["user"])
        person.recording.submit([Hide(True)])
        person.type(SECRET)
        person.recording.submit([Hide(False)])
        press(person, fields["remarks"])
        person.type(f"it is {SECRET}")
        person.recording.submit([Note(f"the word is {SECRET}")])
        press(person, fields["save"])
        person.until(5)
        person.done()
    found = person.trajectory
    assert [action.text for action in actions(found.steps) if isinstance(action, Type)] == [HIDDEN_TEXT] * 2
    assert holding(tmp_path, SECRET) == []
    assert found.notes[0].text == f"the word is {HIDDEN_TEXT}"
    last = found.steps[4]
    assert is_painted(found.frame(last.frame).pixels, fields["user"])
    assert is_painted(found.frame(last.frame).pixels, fields["remarks"])


def test_a_marked_region_is_painted_over_until_the_mark_is_removed(
    accessible: Lightbox, tmp_path: Path
) -> None:
    accessible.reset()
    box = Box(200, 300, 260, 340)
    with recorded(accessible, tmp_path / "t") as person:
        person.recording.submit([MaskRequest(box)])
        person.key("f5")
        person.recording.submit([MaskRequest(box, on=False)])
        person.key("f6")
        person.until(2)
        person.done()
    masked, plain, _ = person.trajectory.steps
    assert covers(masked, box)
    pixels = person.trajectory.frame(masked.frame).pixels
    assert (pixels[box.top : box.bottom, box.left : box.right] == PAINT).all()
    assert plain.masked == ()
    assert plain.frame != masked.frame


def test_while_it_is_paused_all_is_done_and_nothing_recorded(accessible: Lightbox, tmp_path: Path) -> None:
    accessible.reset()
    accessible.launch("mousepad")
    with recorded(accessible, tmp_path / "t") as person:
        person.type("before ")
        person.recording.submit([Pause(True)])
        person.type("meanwhile ")
        person.recording.submit([Pause(False)])
        person.type("after")
        person.chord("ctrl", "s")
        person.until(3)
        wait_until(lambda: "Save As" in str(accessible.windows()), timeout=20, what="the dialog")
        person.type("note.txt")
        person.key("enter")
        person.until(4)
        person.done()
    typed = [action.text for action in actions(person.trajectory.steps) if isinstance(action, Type)]
    assert typed == ["before ", "after", "note.txt"]
    assert (tmp_path / "t/files/note.txt").read_text().strip() == "before meanwhile after"
    assert sum("paused" in note.text for note in person.trajectory.notes) == 1


def changed(camera: Camera, since: int) -> bool:
    return camera.newest.number > since


SLOW = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
window = Gtk.Window(title="Slow")
window.set_default_size(400, 200)
label = Gtk.Label(label="working")
window.add(label)
window.connect("key-press-event", lambda *_: GLib.timeout_add(1200, label.set_text, "there it is"))
window.show_all()
Gtk.main()
"""


def test_a_pause_is_a_wait_only_if_the_screen_changed_in_it(
    accessible: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gestures, "PAUSE_SECONDS", 0.6)
    monkeypatch.setattr(recording, "ANSWER_SECONDS", 0.3)
    accessible.reset()
    accessible.write_file(".slow.py", SLOW.encode())
    accessible.launch("python3", [".slow.py"])
    with recorded(accessible, tmp_path / "t") as person:
        rested = person.recording
        for press in ("f5", "f6"):
            shown = rested.camera.newest.number
            person.key(press)
            if press == "f5":
                wait_until(partial(changed, rested.camera, shown), timeout=20, what="the late answer")
        person.until(3)
        wait_until(lambda: rested._rested is not None, timeout=20, what="a moment of rest")
        wait_until(lambda: time.monotonic() - rested._acted > 2, timeout=20, what="a pause")
        person.key("f8")
        person.until(4)
        person.done()
    kinds = [action.kind for action in actions(person.trajectory.steps)]
    assert kinds == ["key", "wait", "key", "key", "finished"]


def test_a_forbidden_chord_is_recorded_as_refused(accessible: Lightbox, tmp_path: Path) -> None:
    with recorded(accessible, tmp_path / "t") as person:
        person.chord("ctrl", "alt", "delete")
        person.key("f5")
        person.until(2)
        result = person.end(Finish(done=False))
    assert result.status == "stopped"
    assert [step.outcomes[0].status for step in person.trajectory.steps] == ["refused", "ok"]


def test_a_sandbox_that_dies_ends_the_recording(tmp_path: Path) -> None:
    with Lightbox() as box, recorded(box, tmp_path / "t") as person:
        person.key("f5")
        person.until(1)
        assert box.pid is not None
        os.kill(box.pid, signal.SIGKILL)
        result = person.end()
    assert result.status == "sandbox_lost"
    assert person.trajectory.end is not None
    assert person.trajectory.end.status == "sandbox_lost"


def test_a_log_that_cannot_be_written_ends_the_recording(
    accessible: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded(accessible, tmp_path / "t") as person:
        person.key("f5")
        person.until(1)
        person.recording.writer.close()
        person.key("f6")
        result = person.end()
    assert result.status == "log_error"
    assert len(person.trajectory.steps) == 1


def covers(step: Step, place: Box) -> bool:
    return any(box.contains(place.centre) or box.intersection(place) == place for box in step.masked)


def is_painted(pixels: Pixels, place: Box) -> bool:
    return bool((pixels[place.top, place.left : place.right] == PAINT).all())
