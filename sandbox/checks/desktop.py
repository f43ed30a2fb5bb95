"""A sandbox is a desktop: it shows, types, clicks, launches, keeps files and becomes new again."""

from __future__ import annotations

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
from deskhand.perception.screen import Pixels, Screenshot
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.abilities import ListsWindows, ReportsAccessibility
from deskhand.sandbox.checks.common import EDITOR, SHOWN_SECONDS, MakeSandbox, do, expect, saved
from deskhand.sandbox.protocol import Sandbox
from deskhand.waiting import wait_until

SCRIPTS = {
    "Latin": "naïve façade “quotes” <<tags>> & {braces} \\ ~ ` ^ | $HOME; rm -rf #%",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
    "Cyrillic": "Съешь же ещё этих мягких булок",
    "Chinese": "中文測試 简体字",
    "Korean": "안녕하세요 다람쥐 헌 쳇바퀴",
    "Emoji": "😀 👍 ❤ 🚀",
}


def starts_looks_and_closes(make: MakeSandbox) -> None:
    """Entering gives a desktop to look at; closing may be repeated; afterwards it is lost, not None."""
    sandbox = make()
    with sandbox:
        first = sandbox.screenshot()
        expect(first.viewport.width >= 640 and first.viewport.height >= 400, f"a screen of {first.viewport}")
    sandbox.close()
    try:
        sandbox.screenshot()
    except SandboxLost:
        pass
    else:
        raise AssertionError("a closed sandbox still takes screenshots")
    expect(sandbox.perform(Wait(seconds=0)).status == "unknown", "a closed sandbox must answer: unknown")


def reports_accessibility_or_why_not(make: MakeSandbox) -> None:
    """What the programs report is XML; where they report nothing, the error says what is missing."""
    with make() as sandbox:
        if not isinstance(sandbox, ReportsAccessibility):
            return
        sandbox.launch(EDITOR)
        try:
            report = sandbox.accessibility()
        except SandboxLost:
            raise
        except SandboxError as error:
            expect(len(str(error)) > 20, f"an error must say what is missing, not {str(error)!r}")
        else:
            expect(report.lstrip().startswith("<"), f"no XML: {report[:40]!r}")


def types_six_scripts_exactly(make: MakeSandbox) -> None:
    """What is typed into an editor is what is saved, in Latin, Greek, Cyrillic, Chinese, Korean, emoji."""
    text = "\n".join(SCRIPTS.values())
    with make() as sandbox:
        sandbox.launch(EDITOR)
        do(sandbox, Type(text=text))
        found = saved(sandbox, "scripts.txt")
        expect(found == text, f"typed {text!r}, found {found!r}")


def puts_the_clipboard_back(make: MakeSandbox) -> None:
    """Typing what needs a paste leaves what a person copied where it was."""
    with make() as sandbox:
        sandbox.launch(EDITOR)
        do(sandbox, Type(text="keep"), Key(keys=("ctrl", "a")), Key(keys=("ctrl", "c")), Key(keys=("end",)))
        do(sandbox, Type(text=" 한글 "), Key(keys=("ctrl", "v")))
        found = saved(sandbox, "clipboard.txt")
        expect(found == "keep 한글 keep", f"found {found!r}")


def holds_modifiers_and_presses_chords(make: MakeSandbox) -> None:
    """shift+arrows select, also repeated, a held shift selects with a click, chords reach the program."""
    with make() as sandbox:
        sandbox.launch(EDITOR)
        do(
            sandbox,
            Type(text="one two"),
            KeyDown(key="shift"),
            Key(keys=("left",), times=3),
            KeyUp(key="shift"),
        )
        do(
            sandbox,
            Type(text="three"),
            Key(keys=("home",)),
            Key(keys=("shift", "end")),
            Key(keys=("ctrl", "x")),
        )
        do(sandbox, Key(keys=("ctrl", "v")), Key(keys=("ctrl", "v")))
        found = saved(sandbox, "chords.txt")
        expect(found == "one threeone three", f"found {found!r}")


def clicks_and_drags_at_the_point(make: MakeSandbox) -> None:
    """A double click selects a word, a drag selects a line, the pointer is where it was sent.

    What names no place is done at the pointer. A text may replace what is there.
    """
    with make() as sandbox:
        bare = _middle(sandbox)
        sandbox.launch(EDITOR)
        wait_until(
            lambda: bool((_middle(sandbox) != bare).any()),
            timeout=SHOWN_SECONDS,
            what="the editor to be drawn",
        )
        blank = settle(sandbox.screenshot, quiet=0.3).screenshot
        do(sandbox, Type(text="replaced"), Type(text="word", clear=True))
        row, left = wait_until(
            lambda: _written_at(sandbox, blank), timeout=SHOWN_SECONDS, what="the typed word on the screen"
        )
        start, end = ScreenPoint(left + 1, row), ScreenPoint(left + 120, row)
        do(sandbox, Move(at=end))
        expect(
            sandbox.screenshot().cursor == end, f"the pointer is at {sandbox.screenshot().cursor}, not {end}"
        )
        do(sandbox, Move(at=ScreenPoint(left + 8, row)), Click(count=2), Type(text="Hello"))
        do(sandbox, Move(at=start), Drag(path=(end,)), Key(keys=("delete",)), Type(text="again"))
        do(sandbox, MouseDown(at=start), MouseUp(at=end), Click(at=end, hold=("shift",)), Type(text="x"))
        found = saved(sandbox, "mouse.txt")
        expect(found in ("x", "xagain", "againx"), f"found {found!r}")
        expect("Hello" not in found, "the drag selected nothing")


def _written_at(sandbox: Sandbox, blank: Screenshot) -> tuple[int, ...]:
    """Middle row and first column of an editor's first word; nothing before it and the title are drawn."""
    written = settle(sandbox.screenshot, quiet=0.3).screenshot
    rows, columns = (blank.pixels != written.pixels).any(axis=2).nonzero()
    inside = rows > rows.min(initial=written.viewport.height) + 20  # below the title bar, which changes too
    return (int(rows[inside].mean()), int(columns[inside].min())) if inside.any() else ()


def scrolls_both_ways(make: MakeSandbox) -> None:
    """Down shows other text, up brings the first look back."""
    with make() as sandbox:
        sandbox.write_file("long.txt", "".join(f"line {n}\n" for n in range(300)).encode())
        sandbox.launch(EDITOR, ["long.txt"])
        wait_until(lambda: _has_text(sandbox), timeout=SHOWN_SECONDS, what="the file's text on the screen")
        top = settle(sandbox.screenshot, quiet=0.4).screenshot
        middle = ScreenPoint(top.viewport.width // 2, top.viewport.height // 2)
        do(sandbox, Move(at=middle))
        top = settle(sandbox.screenshot, quiet=0.4).screenshot

        def looks_as_at_first() -> bool:
            now = settle(sandbox.screenshot, quiet=0.4).screenshot
            text = slice(middle.x)  # the scroll bar, to the right of it, comes and goes by itself
            return bool((now.pixels[:, text] == top.pixels[:, text]).all())

        do(sandbox, Scroll(at=middle, dy=5))
        wait_until(lambda: not looks_as_at_first(), timeout=SHOWN_SECONDS, what="the text to scroll down")
        do(sandbox, Scroll(at=middle, dy=-5), Scroll(dx=1))
        wait_until(looks_as_at_first, timeout=SHOWN_SECONDS, what="up to undo down")


def _has_text(sandbox: Sandbox) -> bool:
    """Whether the middle of the screen has lines of text: of an empty editor all rows there are alike."""
    middle = _middle(sandbox)
    return bool((middle != middle[0]).any())


def _middle(sandbox: Sandbox) -> Pixels:
    """Some rows in the middle of the screen, at rest; an editor's text covers them."""
    pixels = settle(sandbox.screenshot, quiet=0.4).screenshot.pixels
    half = pixels.shape[0] // 2
    return pixels[half - 40 : half + 40]


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
            expect(outcome.status == "refused" and bool(outcome.reason), f"{action}: {outcome}")
        corner = ScreenPoint(screen.width - 1, screen.height - 1)
        do(sandbox, Click(at=corner), Click(at=ScreenPoint(0, 0)), TakeScreenshot())


def forbidden_chords_stay_forbidden_in_parts(make: MakeSandbox) -> None:
    """A chord cannot be put together from keys that are held down one by one."""
    with make() as sandbox:
        do(sandbox, KeyDown(key="ctrl"), KeyDown(key="alt"))
        outcome = sandbox.perform(Key(keys=("backspace",)))
        expect(outcome.status == "refused", f"{outcome}")
        do(sandbox, KeyUp(key="alt"), KeyUp(key="ctrl"))


def launches_by_name_only(make: MakeSandbox) -> None:
    """A program's window is there once it is launched; what is not installed, or is no name, is an error."""
    with make() as sandbox:
        sandbox.launch(EDITOR)
        if isinstance(sandbox, ListsWindows):
            titles = [str(window["title"]) for window in sandbox.windows()]
            expect(any("mousepad" in title.casefold() for title in titles), f"no editor's window: {titles}")
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
        expect(sandbox.read_file("a/b.bin") == bytes(range(256)), "the bytes came back changed")
        sandbox.run(["ln", "-s", "/etc/passwd", "link.txt"])
        sandbox.run(["ln", "-s", "/etc", "folder"])
        expect([f.path for f in sandbox.files()] == ["a/b.bin"], f"files() found {sandbox.files()}")
        for path in ("/etc/passwd", "../../etc/passwd", "link.txt", "folder/passwd", "a", "missing"):
            try:
                sandbox.read_file(path)
            except SandboxLost:
                raise
            except SandboxError:
                continue
            raise AssertionError(f"{path} was read")


def resets_to_the_same_first_frame(make: MakeSandbox, times: int = 20) -> None:
    """reset() takes files and windows away and shows the same first picture, time after time."""
    with make() as sandbox:
        first = settle(sandbox.screenshot, quiet=0.3).screenshot.digest()
        for number in range(times):
            sandbox.write_file("left.txt", b"x")
            if number < 2:
                sandbox.launch(EDITOR)
            sandbox.reset()
            expect(not sandbox.files(), "a file survived the reset")
            expect(settle(sandbox.screenshot, quiet=0.3).screenshot.digest() == first, "another first frame")
