"""What every sandbox must do, as checks that can be run on any of them, ours or another's.

    for check in CHECKS: check(make_sandbox)      # or: check_sandbox(make_sandbox)

The checks use a real text editor, so the sandbox must have one; which one is an argument.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    Finished,
    Key,
    KeyDown,
    KeyUp,
    MouseDown,
    MouseUp,
    Move,
    OpenApp,
    PressHome,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.errors import SandboxError, SandboxLost
from deskhand.perception.settle import settle
from deskhand.sandbox.protocol import Sandbox
from deskhand.waiting import WaitTimeout, wait_until

log = logging.getLogger(__name__)

MakeSandbox = Callable[[], Sandbox]
EDITOR = "mousepad"
SCRIPTS = {
    "Latin": "naïve façade “quotes” <<tags>> & {braces} \\ ~ ` ^ | $HOME; rm -rf #%",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
    "Cyrillic": "Съешь же ещё этих мягких булок",
    "Chinese": "中文測試 简体字",
    "Korean": "안녕하세요 다람쥐 헌 쳇바퀴",
    "Emoji": "😀 👍 ❤ 🚀",
}


def _expect(good: bool, what: str) -> None:
    """An assertion that stays when Python runs with -O."""
    if not good:
        raise AssertionError(what)


def _do(sandbox: Sandbox, *actions: Action) -> None:
    for action in actions:
        outcome = sandbox.perform(action)
        _expect(outcome.ok, f"{action} was {outcome.status}: {outcome.reason}")
        settle(sandbox.screenshot, quiet=0.2)


def _saved(sandbox: Sandbox, path: str) -> str:
    """Save the editor's text under a name and read it back."""
    _do(sandbox, Key(keys=("ctrl", "s")))
    settle(sandbox.screenshot, quiet=0.4)
    _do(sandbox, Type(text=path, submit=True))
    return _content(sandbox, path)


def _content(sandbox: Sandbox, path: str) -> str:
    def read() -> bytes:
        with suppress(SandboxError):
            return sandbox.read_file(path)
        return b""

    with suppress(WaitTimeout):
        return wait_until(read, timeout=10, what=path).decode().rstrip("\n")
    raise AssertionError(f"the editor did not save {path}")


def starts_looks_and_closes(make: MakeSandbox) -> None:
    """Entering gives a desktop to look at; closing may be repeated; afterwards it is lost, not None."""
    sandbox = make()
    with sandbox:
        first = sandbox.screenshot()
        _expect(first.viewport.width >= 640 and first.viewport.height >= 400, f"a screen of {first.viewport}")
    sandbox.close()
    try:
        sandbox.screenshot()
    except SandboxLost:
        pass
    else:
        raise AssertionError("a closed sandbox still takes screenshots")
    _expect(sandbox.perform(Wait(seconds=0)).status == "unknown", "a closed sandbox must answer: unknown")


def types_six_scripts_exactly(make: MakeSandbox) -> None:
    """What is typed into an editor is what is saved, in Latin, Greek, Cyrillic, Chinese, Korean, emoji."""
    text = "\n".join(SCRIPTS.values())
    with make() as sandbox:
        sandbox.launch(EDITOR)
        _do(sandbox, Type(text=text))
        found = _saved(sandbox, "scripts.txt")
        _expect(found == text, f"typed {text!r}, found {found!r}")


def puts_the_clipboard_back(make: MakeSandbox) -> None:
    """Typing what needs a paste leaves what a person copied where it was."""
    with make() as sandbox:
        sandbox.launch(EDITOR)
        _do(sandbox, Type(text="keep"), Key(keys=("ctrl", "a")), Key(keys=("ctrl", "c")), Key(keys=("end",)))
        _do(sandbox, Type(text=" 한글 "), Key(keys=("ctrl", "v")))
        found = _saved(sandbox, "clipboard.txt")
        _expect(found == "keep 한글 keep", f"found {found!r}")


def holds_modifiers_and_presses_chords(make: MakeSandbox) -> None:
    """shift+arrows select, a held shift selects with a click, chords reach the program."""
    with make() as sandbox:
        sandbox.launch(EDITOR)
        _do(
            sandbox,
            Type(text="one two"),
            KeyDown(key="shift"),
            *[Key(keys=("left",))] * 3,
            KeyUp(key="shift"),
        )
        _do(
            sandbox,
            Type(text="three"),
            Key(keys=("home",)),
            Key(keys=("shift", "end")),
            Key(keys=("ctrl", "x")),
        )
        _do(sandbox, Key(keys=("ctrl", "v")), Key(keys=("ctrl", "v")))
        found = _saved(sandbox, "chords.txt")
        _expect(found == "one threeone three", f"found {found!r}")


def clicks_and_drags_where_told(make: MakeSandbox) -> None:
    """A double click selects a word, a drag selects a line, the pointer is where it was sent."""
    with make() as sandbox:
        sandbox.launch(EDITOR)
        blank = settle(sandbox.screenshot, quiet=0.3).screenshot
        _do(sandbox, Type(text="word"))
        written = settle(sandbox.screenshot, quiet=0.3).screenshot
        rows, columns = (blank.pixels != written.pixels).any(axis=2).nonzero()
        inside = rows > rows.min() + 20  # below the title bar, which changes too
        row, left = int(rows[inside].mean()), int(columns[inside].min())
        start, end = ScreenPoint(left + 1, row), ScreenPoint(left + 120, row)
        _do(sandbox, Move(at=end))
        _expect(
            sandbox.screenshot().cursor == end, f"the pointer is at {sandbox.screenshot().cursor}, not {end}"
        )
        _do(sandbox, Click(at=ScreenPoint(left + 8, row), count=2), Type(text="Hello"))
        _do(sandbox, Drag(path=(start, end)), Key(keys=("delete",)), Type(text="again"))
        _do(sandbox, MouseDown(at=start), MouseUp(at=end), Click(at=end, hold=("shift",)), Type(text="x"))
        found = _saved(sandbox, "mouse.txt")
        _expect(found in ("x", "xagain", "againx"), f"found {found!r}")
        _expect("Hello" not in found, "the drag selected nothing")


def scrolls_both_ways(make: MakeSandbox) -> None:
    """Down shows other text, up brings the first look back."""
    with make() as sandbox:
        sandbox.write_file("long.txt", "".join(f"line {n}\n" for n in range(300)).encode())
        sandbox.launch(EDITOR, ["long.txt"])
        top = settle(sandbox.screenshot, quiet=0.4).screenshot
        middle = ScreenPoint(top.viewport.width // 2, top.viewport.height // 2)
        _do(sandbox, Move(at=middle))
        top = settle(sandbox.screenshot, quiet=0.4).screenshot
        _do(sandbox, Scroll(at=middle, dy=5))
        down = settle(sandbox.screenshot, quiet=0.4).screenshot
        _expect(down.digest() != top.digest(), "scrolling down changed nothing")
        _do(sandbox, Scroll(at=middle, dy=-5), Scroll(dx=1))
        _expect(
            (settle(sandbox.screenshot, quiet=0.4).screenshot.pixels == top.pixels).all(),
            "up did not undo down",
        )


def refuses_what_must_not_be_done(make: MakeSandbox) -> None:
    """Points outside the screen, forbidden chords, what a desktop lacks, what only ends a run."""
    with make() as sandbox:
        screen = sandbox.screenshot().viewport
        outside = ScreenPoint(screen.width, screen.height - 1)
        refused: tuple[Action, ...] = (
            Click(at=outside),
            Move(at=ScreenPoint(-1, 5)),
            Drag(path=(ScreenPoint(5, 5), outside)),
            Key(keys=("ctrl", "alt", "backspace")),
            Finished(),
            OpenApp(name="no such application; touch /tmp/x"),
            *([PressHome()] if "press_home" not in sandbox.supported else []),
        )
        for action in refused:
            outcome = sandbox.perform(action)
            _expect(outcome.status == "refused" and bool(outcome.reason), f"{action}: {outcome}")
        corner = ScreenPoint(screen.width - 1, screen.height - 1)
        _do(sandbox, Click(at=corner), Click(at=ScreenPoint(0, 0)), TakeScreenshot())


def forbidden_chords_stay_forbidden_in_parts(make: MakeSandbox) -> None:
    """A chord cannot be put together from keys that are held down one by one."""
    with make() as sandbox:
        _do(sandbox, KeyDown(key="ctrl"), KeyDown(key="alt"))
        outcome = sandbox.perform(Key(keys=("backspace",)))
        _expect(outcome.status == "refused", f"{outcome}")
        _do(sandbox, KeyUp(key="alt"), KeyUp(key="ctrl"))


def launches_by_name_only(make: MakeSandbox) -> None:
    """A program that is not installed, or is no name, is an error that says so."""
    with make() as sandbox:
        for name in ("no-such-program", "sh -c id", "../bin/sh", "", "/bin/sh"):
            try:
                sandbox.launch(name)
            except SandboxError:
                continue
            raise AssertionError(f"{name!r} was launched")


def keeps_files_inside_home(make: MakeSandbox) -> None:
    """Files go in and out by relative path; links and paths that leave home are refused."""
    with make() as sandbox:
        sandbox.write_file("a/b.bin", bytes(range(256)))
        _expect(sandbox.read_file("a/b.bin") == bytes(range(256)), "the bytes came back changed")
        sandbox.run(["ln", "-s", "/etc/passwd", "link.txt"])
        sandbox.run(["ln", "-s", "/etc", "folder"])
        _expect([f.path for f in sandbox.files()] == ["a/b.bin"], f"files() found {sandbox.files()}")
        for path in ("/etc/passwd", "../../etc/passwd", "link.txt", "folder/passwd", "a", "missing"):
            try:
                sandbox.read_file(path)
            except SandboxLost:
                raise
            except SandboxError:
                continue
            raise AssertionError(f"{path} was read")


def resets_to_the_same_first_frame(make: MakeSandbox, times: int = 3) -> None:
    """reset() takes files and windows away and shows the same first picture."""
    with make() as sandbox:
        first = settle(sandbox.screenshot, quiet=0.3).screenshot.digest()
        for _ in range(times):
            sandbox.write_file("left.txt", b"x")
            sandbox.launch(EDITOR)
            sandbox.reset()
            _expect(not sandbox.files(), "a file survived the reset")
            _expect(settle(sandbox.screenshot, quiet=0.3).screenshot.digest() == first, "another first frame")


def shares_nothing_with_another(make: MakeSandbox) -> None:
    """Two at once: files, windows, clipboard and keys of one are not in the other."""
    with make() as one, make() as two:
        one.write_file("mine.txt", b"x")
        one.launch(EDITOR)
        _do(one, Type(text="secret"), Key(keys=("ctrl", "a")), Key(keys=("ctrl", "c")))
        _expect(not two.files(), "the other sees this one's files")
        two.launch(EDITOR)
        _do(two, Type(text="I "), Key(keys=("ctrl", "v")))
        _expect("secret" not in _saved(two, "other.txt"), "the other has this one's clipboard")


def reaches_no_network(make: MakeSandbox) -> None:
    """No interface but loopback, nobody listens there, and other socket families cannot be made."""
    program = (
        "import socket,sys\n"
        "names=[n for _,n in socket.if_nameindex()]\n"
        "ok=names==['lo']\n"
        "for family in (socket.AF_VSOCK, socket.AF_PACKET, socket.AF_ALG):\n"
        "    try: socket.socket(family, socket.SOCK_STREAM); ok=False; print(family)\n"
        "    except OSError: pass\n"
        "try: socket.create_connection(('192.0.2.1', 80), 2); ok=False\n"
        "except OSError: pass\n"
        "print(names); sys.exit(0 if ok else 1)\n"
    )
    with make() as sandbox:
        done = sandbox.run(["python3", "-c", program])
        _expect(done.returncode == 0, f"{done.stdout!r} {done.stderr!r}")


def survives_a_fork_bomb_and_a_full_disk(make: MakeSandbox) -> None:
    """Processes and space are bounded, and the desktop still answers afterwards."""
    bomb = "import os,time\nn=0\ntry:\n  while n < 5000:\n    n+=1\n"
    bomb += "    if os.fork()==0: time.sleep(3); os._exit(0)\n"
    bomb += "except OSError: pass\nprint(n)\n"
    fill = "import sys\nwith open('big','wb') as f:\n  for _ in range(1<<14): f.write(bytes(1<<20))\n"
    with make() as sandbox:
        made = int(sandbox.run(["python3", "-c", bomb], timeout=60).stdout or 5000)
        _expect(made < 2000, f"{made} processes were made")
        _expect(sandbox.run(["python3", "-c", fill], timeout=120).returncode != 0, "the disk has no bound")
        sandbox.run(["rm", "-f", "big"])
        began = time.monotonic()
        _expect(bool(sandbox.screenshot().pixels.any()), "no picture")
        log.info("after the bomb a screenshot took %.3f s", time.monotonic() - began)


CHECKS: tuple[Callable[[MakeSandbox], None], ...] = (
    starts_looks_and_closes,
    types_six_scripts_exactly,
    puts_the_clipboard_back,
    holds_modifiers_and_presses_chords,
    clicks_and_drags_where_told,
    scrolls_both_ways,
    refuses_what_must_not_be_done,
    forbidden_chords_stay_forbidden_in_parts,
    launches_by_name_only,
    keeps_files_inside_home,
    resets_to_the_same_first_frame,
    shares_nothing_with_another,
    reaches_no_network,
    survives_a_fork_bomb_and_a_full_disk,
)


def check_sandbox(make: MakeSandbox) -> None:
    """Run every check; the first that fails raises AssertionError with what was found."""
    for check in CHECKS:
        log.info("check_sandbox: %s", check.__name__)
        check(make)
