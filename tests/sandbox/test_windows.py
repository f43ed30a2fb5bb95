"""What counts as a window to work in: no panel, no background, no picture while a program loads.

And where the pointer is when it opens.
"""

from __future__ import annotations

import json

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Key, Type
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import wait_until

pytestmark = pytest.mark.lightbox

PROGRAM = """
import json, sys
from Xlib import X, Xatom, display
from deskhand.sandbox.guest.windows import windows
from deskhand.waiting import wait_until
screen = display.Display()
root = screen.screen().root
window = root.create_window(0, 0, 300, 40, 0, X.CopyFromParent)
if sys.argv[1]:
    kind = screen.intern_atom("_NET_WM_WINDOW_TYPE_" + sys.argv[1])
    window.change_property(screen.intern_atom("_NET_WM_WINDOW_TYPE"), Xatom.ATOM, 32, [kind])
window.map()
screen.sync()
def ours(**options):
    return [found for found in windows(**options) if found["id"] == window.id]
wait_until(lambda: ours(with_panels=True), timeout=20, what="the window to be managed")
print(json.dumps(len(ours())))
"""


@pytest.mark.parametrize(
    ("kind", "listed"), [("DOCK", 0), ("DESKTOP", 0), ("SPLASH", 0), ("NORMAL", 1), ("DIALOG", 1), ("", 1)]
)
def test_only_windows_to_work_in_are_listed(box: Lightbox, kind: str, listed: int) -> None:
    done = box.run(["python3", "-c", PROGRAM, kind])
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == listed


def test_the_pointer_of_a_new_desktop_rests_where_it_lights_nothing(box: Lightbox) -> None:
    shot = box.screenshot()
    done = box.run(["python3", "-c", "import pyautogui; pyautogui.press('shift')"])
    assert done.returncode == 0, "no fail-safe of a script ends it"
    assert shot.cursor == ScreenPoint(shot.viewport.width - 2, shot.viewport.height - 2)


def test_the_keys_that_agents_know_open_a_terminal(box: Lightbox) -> None:
    box.perform(Key(keys=("ctrl", "alt", "t")))
    wait_until(lambda: len(box.windows()) == 1, timeout=60, what="the terminal")
    settle(box.screenshot, quiet=0.5, timeout=60)
    box.perform(Type(text="echo done > said", submit=True))
    wait_until(lambda: "said" in {one.path for one in box.files()}, timeout=60, what="the file")
    box.reset()
