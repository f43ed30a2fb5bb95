"""The real desktop: it is acted on as a sandbox is, and one chord of a person ends that at any moment."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from Xlib import XK, X, display

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action, Click, Finished, Key, KeyDown, MouseDown, Move, Type, Wait
from deskhand.agent.given import GivenFile, Opening
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost, UsageError
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.checks.canaries import new_canary
from deskhand.sandbox.host.desktop import HostDesktop
from deskhand.sandbox.processes import tree
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Task
from deskhand.waiting import pause, wait_until
from tests.agent.desk import Deciding, acting, go
from tests.display import Desk, desk, person

__all__ = ["desk", "person"]

pytestmark = pytest.mark.screen
# python-xlib leaves the sockets of an attempt that failed to the garbage collector.
failing_to_connect = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


class Host:
    """The person's desktop being driven, and whether the stop key was heard."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.desktop = HostDesktop(self.stopped.set)

    def do(self, *actions: Action) -> None:
        for action in actions:
            outcome = self.desktop.perform(action)
            assert outcome.ok, f"{action}: {outcome}"


@pytest.fixture
def host(person: Desk) -> Iterator[Host]:
    host = Host()
    with host.desktop:
        yield host


def stop(person: Desk) -> None:
    """What a person does: the keys come from another program, as they would from a keyboard."""
    person.key("Escape", hold="Shift_L")


def held(person: Desk) -> tuple[int, int]:
    """Modifiers and buttons that are down, as a mask, and how many keys are."""
    connection = display.Display(person.display)
    try:
        mask = connection.screen().root.query_pointer().mask
        return mask, sum(byte.bit_count() for byte in connection.query_keymap())
    finally:
        connection.close()


class Doing(threading.Thread):
    """One long action, done in another thread."""

    def __init__(self, host: Host, action: Action) -> None:
        super().__init__()
        self._host, self._action = host, action
        self.outcome: Outcome | None = None
        self.start()

    def run(self) -> None:
        self.outcome = self._host.desktop.perform(self._action)

    def result(self) -> Outcome:
        self.join(30)
        assert self.outcome is not None, "the action was not cut short"
        return self.outcome


def test_it_is_a_sandbox_that_acts_on_the_persons_display(person: Desk, host: Host) -> None:
    assert isinstance(host.desktop, Sandbox)
    host.desktop.launch("mousepad")
    host.do(Type(text="naïve 中文"), Key(keys=("ctrl", "s")))
    settle(host.desktop.screenshot, quiet=0.4)
    host.do(Type(text="note.txt", submit=True))
    path = person.home / "note.txt"
    wait_until(lambda: path.exists() and path.read_text().strip(), timeout=10, what="the saved file")
    assert path.read_text().strip() == "naïve 中文"
    host.do(Move(at=ScreenPoint(33, 44)))
    assert host.desktop.screenshot().cursor == ScreenPoint(33, 44)
    with person.camera() as camera:

        def alike() -> bool:
            return bool((camera().pixels == host.desktop.screenshot().pixels).all())

        wait_until(alike, timeout=10, what="the person's own screen between two blinks of a caret")


def test_what_looks_acts_and_is_launched_has_no_key_of_the_persons(
    person: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = new_canary()
    for name in ("OPENAI_API_KEY", "DESKHAND_SECRET_PIN", "ANYTHING"):
        monkeypatch.setenv(name, canary)
    with open(__file__) as inherited, Host().desktop as desktop:
        os.set_inheritable(inherited.fileno(), True)
        before = tree(os.getpid())
        desktop.launch("mousepad")
        there = {number for number, _ in tree(os.getpid())} - {os.getpid()}
        opened = [f"/proc/{number}/fd/{fd}" for number in there for fd in os.listdir(f"/proc/{number}/fd")]
        began = [Path(f"/proc/{number}/environ").read_bytes() for number in there]
        assert len(there) >= len(before), "the application is seen"
        assert not any(canary.encode() in variables for variables in began)
        assert not any(os.path.exists(fd) and os.path.samefile(fd, __file__) for fd in opened)


def test_files_are_the_persons_and_none_is_a_runs(person: Desk, host: Host) -> None:
    host.desktop.write_file("a/b.txt", b"x")
    assert (person.home / "a" / "b.txt").read_bytes() == b"x"
    assert host.desktop.read_file("a/b.txt") == b"x"
    with pytest.raises(SandboxError, match="home"):
        host.desktop.read_file("/etc/passwd")
    assert host.desktop.files() == ()
    assert host.desktop.run(["pwd"]).stdout.decode().strip() == str(person.home)


def test_it_is_not_reset(host: Host) -> None:
    with pytest.raises(SandboxError, match="cannot be reset"):
        host.desktop.reset()
    host.do(Wait(seconds=0))


@pytest.mark.parametrize(
    "action",
    [Click(at=ScreenPoint(5000, 5)), Key(keys=("ctrl", "alt", "delete")), Finished()],
    ids=lambda action: action.kind,
)
def test_the_gate_stands_before_it_too(host: Host, action: Action) -> None:
    assert host.desktop.perform(action).status == "refused"


def test_closing_releases_keys_and_leaves_applications_open(person: Desk) -> None:
    host = Host()
    with host.desktop:
        host.desktop.launch("mousepad")
        host.do(KeyDown(key="ctrl"), MouseDown(at=ScreenPoint(640, 400)))
        assert held(person) == (X.ControlMask | X.Button1Mask, 1)
        [window] = host.desktop.windows()
    assert held(person) == (0, 0)
    os.kill(window["pid"], 0)
    assert host.desktop.perform(Wait(seconds=0)).status == "unknown"
    with pytest.raises(SandboxLost):
        host.desktop.screenshot()
    host.desktop.close()
    with host.desktop:
        assert [found["id"] for found in host.desktop.windows()] == [window["id"]], "it can be started again"
    assert not host.stopped.is_set()


def test_what_the_person_had_copied_is_still_there_afterwards(person: Desk) -> None:
    line = ["xclip", "-selection", "clipboard"]
    person.launch("mousepad")
    person.wait_for_window()
    quiet = subprocess.DEVNULL
    subprocess.run(line, input=b"mine", stdout=quiet, stderr=quiet, check=True)
    host = Host()
    with host.desktop:
        host.do(Click(at=ScreenPoint(640, 400)), Type(text="中文"))
    copied = subprocess.run([*line, "-o"], capture_output=True, check=True, timeout=10).stdout
    assert copied == b"mine"


def test_the_stop_key_ends_all_acting_and_releases_everything(person: Desk, host: Host) -> None:
    host.do(KeyDown(key="ctrl"), MouseDown(at=ScreenPoint(640, 400)))
    action = Doing(host, Wait(seconds=200))
    pause(0.3, why="the wait is on its way into the process that acts")
    stop(person)
    outcome = action.result()
    assert outcome.status == "unknown"
    assert "Shift+Esc" in outcome.reason
    assert host.stopped.wait(10)
    wait_until(lambda: held(person) == (0, 0), timeout=10, what="the release of everything")
    later = host.desktop.perform(Type(text="x"))
    assert later.status == "refused"
    assert "Shift+Esc" in later.reason
    for doing in (lambda: host.desktop.launch("mousepad"), lambda: host.desktop.run(["true"])):
        with pytest.raises(SandboxLost, match="Shift"):
            doing()
    assert host.desktop.screenshot().viewport.width == 1280, "one can still look"


def test_the_stop_key_cuts_typing_short(person: Desk, host: Host) -> None:
    """Sums are typed slowly, since calculators miss keys that come fast."""
    host.desktop.launch("mousepad")
    blank = settle(host.desktop.screenshot, quiet=0.4).screenshot
    action = Doing(host, Type(text="1" * 400, submit=True))
    wait_until(lambda: host.desktop.screenshot().digest() != blank.digest(), timeout=20, what="a digit")
    stop(person)
    assert action.result().status == "unknown"
    left = settle(host.desktop.screenshot, quiet=1.0, timeout=10)
    assert left.stable
    assert held(person) == (0, 0)


def test_the_stop_key_is_heard_while_a_menu_has_the_keyboard(person: Desk, host: Host) -> None:
    """An open menu grabs the keyboard, and other programs' grabs are silent then."""
    menu = display.Display(person.display)
    window = menu.screen().root.create_window(0, 0, 9, 9, 0, X.CopyFromParent, override_redirect=True)
    window.map()
    menu.sync()
    assert window.grab_keyboard(True, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime) == X.GrabSuccess
    menu.sync()
    stop(person)
    assert host.stopped.wait(10)
    menu.close()


@pytest.mark.parametrize("name", ["ctrl", "alt", "win", "numlock", "capslock"])
def test_the_stop_key_is_heard_whatever_else_is_down(person: Desk, host: Host, name: str) -> None:
    host.do(KeyDown(key=name))
    stop(person)
    assert host.stopped.wait(10)


@pytest.mark.parametrize("name", ["Escape", "Shift_L"])
def test_half_the_chord_stops_nothing(person: Desk, host: Host, name: str) -> None:
    person.key(name)
    person.key("Shift_R")
    person.key("Escape")
    host.do(Wait(seconds=0))
    assert not host.stopped.is_set()


@pytest.mark.parametrize(
    ("held_down", "action"),
    [
        ((), Key(keys=("shift", "esc"))),
        ((), Key(keys=("?", "esc"))),
        (("ctrl", "alt", "shiftright"), Key(keys=("esc",))),
        (("shift",), Type(text="\x1b")),
        (("esc",), KeyDown(key="shiftleft")),
    ],
    ids=str,
)
def test_an_agent_cannot_press_the_stop_key(host: Host, held_down: tuple[str, ...], action: Action) -> None:
    host.do(*(KeyDown(key=key) for key in held_down))
    outcome = host.desktop.perform(action)
    assert outcome.status == "refused"
    assert "stops an agent" in outcome.reason
    host.do(Wait(seconds=0))
    assert not host.stopped.is_set()


def test_text_with_capitals_and_escapes_is_not_the_stop_key(host: Host) -> None:
    host.do(Type(text="A\x1bB\x1b?"), Key(keys=("esc",)), Key(keys=("shift", "f10")), Key(keys=("esc",)))
    assert not host.stopped.is_set()


def test_a_stop_key_that_another_program_has_is_found_out_before_anything_is_done(
    person: Desk, state: Path
) -> None:
    other = display.Display(person.display)
    code = other.keysym_to_keycode(XK.XK_Escape)
    other.screen().root.grab_key(code, X.ShiftMask | X.Mod2Mask, True, X.GrabModeAsync, X.GrabModeAsync)
    other.sync()
    host = Host()
    with pytest.raises(EnvironmentProblem, match=r"Shift\+Esc.*taken by another program"):
        host.desktop.start()
    assert list((state / "live").glob("*")) == []
    other.close()
    with host.desktop:
        host.do(Wait(seconds=0))
    with host.desktop:
        host.do(Wait(seconds=0))


def test_two_cannot_drive_one_desktop(person: Desk, host: Host) -> None:
    with pytest.raises(EnvironmentProblem, match="another deskhand"):
        HostDesktop().start()
    with pytest.raises(SandboxError, match="already in use"):
        host.desktop.start()
    host.do(Wait(seconds=0))


@failing_to_connect
@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DISPLAY": ""}, "DISPLAY is not set"),
        ({"DISPLAY": ":99", "WAYLAND_DISPLAY": "wayland-0"}, "Wayland"),
        ({"DISPLAY": ":99", "XDG_SESSION_TYPE": "wayland"}, "Wayland"),
        ({"DISPLAY": ":9999"}, "cannot be reached"),
        ({"DISPLAY": "nonsense"}, "cannot be reached"),
        ({"DISPLAY": "localhost:9999"}, "cannot be reached"),
    ],
)
def test_a_machine_without_a_desktop_to_drive_says_what_to_do(
    environment: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XAUTHORITY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EnvironmentProblem, match=words) as found:
        HostDesktop().start()
    assert "--sandbox lightbox" in str(found.value)
    del found
    gc.collect()


@failing_to_connect
def test_a_display_that_goes_is_a_lost_sandbox_and_no_stop(person: Desk) -> None:
    host = Host()
    with host.desktop:
        action = Doing(host, Wait(seconds=200))
        pause(0.3, why="the wait is on its way into the process that acts")
        person.lose()
        assert action.result().status == "unknown"
        assert host.desktop.perform(Type(text="x")).status == "unknown"
        with pytest.raises(SandboxLost):
            host.desktop.screenshot()
    assert not host.stopped.is_set()
    gc.collect()


def test_a_stop_key_whose_watch_breaks_ends_all_acting(person: Desk, host: Host) -> None:
    def broken(event: object) -> bool:
        raise RuntimeError("an event like no other")

    stop_key = host.desktop._stop_key
    assert stop_key is not None
    stop_key._stops = broken  # type: ignore[method-assign]
    action = Doing(host, Wait(seconds=200))
    pause(0.3, why="the wait is on its way into the process that acts")
    person.key("a")
    assert action.result().status == "unknown"
    with pytest.raises(SandboxLost, match="an event like no other"):
        host.desktop.launch("mousepad")
    assert not host.stopped.is_set(), "nobody pressed it"


def test_a_hand_that_was_killed_is_a_lost_sandbox(person: Desk, host: Host, state: Path) -> None:
    """As `deskhand sandbox stop` does it."""
    host.do(KeyDown(key="ctrl"))
    [told] = (state / "live").glob("*/process.json")
    os.kill(json.loads(told.read_text())["pid"], signal.SIGKILL)
    assert host.desktop.perform(Wait(seconds=1)).status == "unknown"
    with pytest.raises(SandboxLost, match=r"ended|no longer answers"):
        host.desktop.launch("mousepad")

    def lost() -> bool:
        try:
            host.desktop.screenshot()
        except SandboxLost:
            return True
        return False

    wait_until(lost, timeout=10, what="the loss to be noticed")
    host.desktop.close()
    assert held(person) == (0, 0)


CONTROLLER = """
import os, sys
from deskhand.actions.vocabulary import KeyDown, Wait
from deskhand.sandbox.host.desktop import HostDesktop
desktop = HostDesktop()
desktop.start()
assert desktop.perform(KeyDown(key="ctrl")).ok
print(desktop._hand.pid, desktop._eye.pid, flush=True)
desktop.perform(Wait(seconds=200))
"""


def test_a_killed_controller_leaves_nobody_acting_and_nothing_pressed(person: Desk, state: Path) -> None:
    quiet = subprocess.DEVNULL
    controller = subprocess.Popen([sys.executable, "-c", CONTROLLER], stdout=subprocess.PIPE, stderr=quiet)
    assert controller.stdout is not None
    with controller.stdout as told:
        pids = [int(word) for word in told.readline().split()]
        assert len(pids) == 2
        assert held(person)[0] == X.ControlMask
        controller.kill()
        controller.wait()

    def gone() -> bool:
        with contextlib.suppress(ProcessLookupError):
            return not [os.kill(pid, 0) for pid in pids]
        return not any(Path(f"/proc/{pid}").exists() for pid in pids)

    wait_until(gone, timeout=20, what="the end of the processes")
    assert held(person) == (0, 0)
    with HostDesktop() as desktop:
        assert desktop.perform(Wait(seconds=0)).ok
    assert list((state / "live").glob("*")) == [], "what it left was reaped"


def test_a_file_is_opened_as_a_copy_in_the_runs_own_folder(person: Desk, host: Host, tmp_path: Path) -> None:
    """Nothing comes into the person's home folder, and the copy comes back as it was left."""
    original = tmp_path / "mine" / "a list.txt"
    original.parent.mkdir()
    original.write_text("one\n")
    edit = [Key(keys=("ctrl", "home")), Type(text="done "), Key(keys=("ctrl", "s"))]
    result, trajectory = go(
        host.desktop,
        Deciding(*(acting(action) for action in edit), acting(Finished())),
        tmp_path / "out",
        task=Task(instruction="x", launch="l3afpad"),
        patient=True,
        open=(original,),
    )
    assert (result.status, result.files) == ("finished", ("a list.txt",)), result
    assert (tmp_path / "out/opened/a list.txt").read_text() == "done one\n"
    assert (tmp_path / "out/files/a list.txt").read_text() == "done one\n"
    assert original.read_text() == "one\n"
    assert trajectory.task.given == ("a list.txt",)
    assert not (Path.home() / original.name).exists()
    again = Opening(trajectory.task, [GivenFile("a list.txt", b"")])
    with pytest.raises(UsageError, match="there already"):
        again.lay(host.desktop, lambda: tmp_path / "out")
