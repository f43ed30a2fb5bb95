"""Programs in a sandbox tell what they show, if they are asked to; those that misbehave end nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deskhand.actions.geometry import Box
from deskhand.actions.vocabulary import Key
from deskhand.errors import SandboxError
from deskhand.perception.elements.accessibility import elements_of
from deskhand.perception.screen import Element
from deskhand.sandbox.client import GuestClient
from deskhand.sandbox.guest.accessibility import UNFINISHED
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.waiting import wait_until
from tests.sandbox import strange
from tests.sandbox.served import ServedLightbox

pytestmark = pytest.mark.lightbox

WINDOW = """
import gi, os, signal
gi.require_version("Gtk", "3.0")
gi.require_version("Atk", "1.0")
from gi.repository import Atk, GLib, Gtk
window = Gtk.Window(title=TITLE)
window.set_default_size(300, 200)
box = Gtk.Box(orientation=1)
window.add(box)
def show():
    window.show_all()
    Gtk.main()
"""
SOUND = (
    WINDOW.replace("TITLE", '"Sound"')
    + """
entry = Gtk.Entry(text="Anna")
label = Gtk.Label(label="_Name:", use_underline=True, mnemonic_widget=entry)
for widget in (label, entry, Gtk.CheckButton(label="Wrap lines", active=True), Gtk.Button(label="Apply")):
    box.add(widget)
show()
"""
)
HANGING = (
    WINDOW.replace("TITLE", '"Hanging"')
    + """
box.add(Gtk.Button(label="Never"))
GLib.timeout_add(500, lambda: os.kill(os.getpid(), signal.SIGSTOP))
show()
"""
)
DYING = (
    WINDOW.replace("TITLE", '"Dying"')
    + """
for _ in range(200):
    box.add(Gtk.Label(label="mortal"))
GLib.timeout_add(4000, os._exit, 1)
show()
"""
)
CROWDED = (
    WINDOW.replace("TITLE", '"Crowded"')
    + """
inner = box
for _ in range(90):
    deeper = Gtk.Box(orientation=1)
    inner.add(deeper)
    inner = deeper
for _ in range(6000):
    inner.add(Gtk.Label(label="again"))
show()
"""
)
LONG = (
    WINDOW.replace("TITLE", '"Long"')
    + """
store = Gtk.ListStore(str, str)
for number in range(3000):
    store.append([f"row {number}", "x"])
view = Gtk.TreeView(model=store)
for column in (0, 1):
    view.append_column(Gtk.TreeViewColumn(f"column {column}", Gtk.CellRendererText(), text=column))
pane = Gtk.ScrolledWindow()
pane.add(view)
box.pack_start(pane, True, True, 0)
GLib.timeout_add(200, lambda: view.scroll_to_cell(Gtk.TreePath.new_from_string("2000"), None, True, 0, 0))
show()
"""
)


@pytest.fixture
def accessible() -> Iterator[Lightbox]:
    with Lightbox(accessible=True) as sandbox:
        done = sandbox.run(["python3", "-c", "import gi; gi.require_version('Gtk', '3.0')"])
        if done.returncode:
            pytest.skip("no GTK for Python: apt-get install python3-gi gir1.2-gtk-3.0")
        yield sandbox


def start(sandbox: Sandbox, program: str) -> None:
    name = f"program{abs(hash(program))}.py"
    sandbox.write_file(name, program.encode())
    sandbox.launch("python3", [name])


def told(sandbox: Sandbox) -> tuple[Element, ...]:
    return elements_of(sandbox.accessibility(), sandbox.screenshot().viewport)


def names(sandbox: Sandbox) -> set[str]:
    return {element.name for element in told(sandbox)}


def test_a_program_tells_its_elements_where_they_are(accessible: Lightbox) -> None:
    start(accessible, SOUND)
    found = {element.name: element for element in told(accessible)}
    assert found["Sound"].role == "window"
    assert (found["Anna"].role, found["Anna"].label) == ("field", "Name:")
    assert found["Anna"].state == {"focused"}
    assert (found["Wrap lines"].role, found["Wrap lines"].state) == ("checkbox", {"checked"})
    frame = found["Sound"].box
    surface = next(one for one in accessible.surfaces() if one["title"] == "Sound")
    assert Box(*surface["box"]) == frame
    assert all(element.box.intersection(frame) == element.box for element in found.values())


def test_what_is_typed_is_told(accessible: Lightbox) -> None:
    start(accessible, SOUND)
    assert accessible.perform(Key(keys=("ctrl", "a"))).ok
    assert accessible.perform(Key(keys=("b",))).ok
    wait_until(lambda: "b" in names(accessible), timeout=20, what="the field to tell its new text")


def test_a_sandbox_whose_programs_were_not_asked_to_tell_says_so() -> None:
    with Lightbox() as sandbox, pytest.raises(SandboxError, match="accessible=True"):
        sandbox.accessibility()


def test_a_program_that_hangs_keeps_no_other_from_reporting(accessible: Lightbox) -> None:
    start(accessible, HANGING)
    start(accessible, SOUND)
    wait_until(lambda: UNFINISHED in accessible.accessibility()[:600], timeout=30, what="one program to hang")
    assert "Wrap lines" in names(accessible)


def test_a_program_that_dies_while_it_is_asked_takes_only_itself_along(accessible: Lightbox) -> None:
    start(accessible, SOUND)
    start(accessible, DYING)

    def gone() -> bool:
        assert "Wrap lines" in names(accessible), (
            "asked again and again, also in the moment of the other's death"
        )
        return {window["title"] for window in accessible.windows()} == {"Sound"}

    wait_until(gone, timeout=60, what="the other program to die")
    assert "Wrap lines" in names(accessible)


def test_of_a_tree_that_hardly_ends_a_part_is_told(accessible: Lightbox) -> None:
    start(accessible, CROWDED)
    xml = accessible.accessibility()
    assert f'{UNFINISHED}="true"' in xml[:600]
    assert xml.count("<label") < 10_000
    elements_of(xml, accessible.viewport)


def test_a_long_list_tells_the_rows_that_show(accessible: Lightbox) -> None:
    start(accessible, LONG)
    wait_until(lambda: "row 2001" in names(accessible), timeout=30, what="the list to be scrolled")
    rows = {name for name in names(accessible) if name.startswith("row ")}
    assert "row 0" not in rows
    assert 3 <= len(rows) < 100


def test_a_remote_machine_is_asked_over_osworlds_protocol() -> None:
    with ServedLightbox() as sandbox:
        sandbox.launch("mousepad")
        wait_until(lambda: "Edit" in names(sandbox), timeout=30, what="mousepad to tell of its menus")


def test_a_remote_machine_that_answers_with_something_else_is_lost() -> None:
    with ServedLightbox() as sandbox:

        def answer(asked: strange.Asked) -> None:
            asked.reply(b'{"AT": 5}')

        with strange.machine(answer) as url:
            sandbox._machine = type(sandbox._machine)(url)
            with pytest.raises(SandboxError, match="/accessibility with something else"):
                sandbox.accessibility()


def test_a_guest_that_tells_nonsense_is_lost() -> None:
    def answer(asked: strange.Asked) -> None:
        asked.reply(b'{"xml": [1]}')

    with strange.machine(answer) as url:
        client = GuestClient(int(url.rpartition(":")[2]), "token")
        with pytest.raises(SandboxError, match="is invalid"):
            client.accessibility()
