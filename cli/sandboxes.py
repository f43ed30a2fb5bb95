"""The sandbox that a command's options ask for: chosen, agreed to where it is the real desktop, started."""

from __future__ import annotations

import contextlib
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from deskhand.actions.geometry import Viewport
from deskhand.cli import completion
from deskhand.cli.console import progress_bar
from deskhand.credentials import SANDBOX
from deskhand.errors import DeskhandError, UsageError
from deskhand.progress import Progress

if TYPE_CHECKING:
    from deskhand.sandbox.protocol import Sandbox

SMALLEST_SIDE, LARGEST_SIDE = 200, 8192
CONSENT = "--yes-drive-my-desktop"
WORD = "drive"
"""What a person types to agree that the real desktop is driven."""

SandboxOption = Annotated[
    str,
    typer.Option(
        help="Desktop: lightbox, vm, vm:IMAGE, host (your real one), http://HOST:PORT or an installed one.",
        envvar=SANDBOX,
        autocompletion=completion.sandboxes,
    ),
]
SuiteSandboxesOption = Annotated[
    list[str],
    typer.Option(
        "--sandbox",
        help="Desktop: lightbox, vm, vm:IMAGE or http://HOST:PORT; repeatable for several machines.",
        envvar=SANDBOX,
        autocompletion=completion.sandboxes,
    ),
]
SizeOption = Annotated[
    str | None, typer.Option(help="Screen size WxH in pixels, for lightbox and vm; default: 1280x800.")
]
RootOption = Annotated[
    str, typer.Option(help="Programs of a lightbox: those of this machine (host) or of an image (image).")
]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a command does with the real desktop, in the words in which a person is asked about it.

    Attributes:
        option: stands in place of being asked.
        word: what is typed to agree.
        does: what is done, after "deskhand will" and, with an s, after "deskhand".
        meaning: what follows from it.
        stop: what the stop key does, after its name.
    """

    option: str
    word: str
    does: str
    meaning: str
    stop: str


DRIVING = Purpose(
    CONSENT,
    WORD,
    "drive",
    "with your pointer and keyboard.\n"
    "Nothing is kept apart: whatever it decides is done to your programs, files and accounts, and cannot "
    "be undone.\n"
    "Everything on the screen goes to the policy, a server's too, and into the trajectory.",
    "stops it at once",
)
RECORDING = Purpose(
    "--yes-record-my-desktop",
    "record",
    "record",
    "and does nothing there itself.\n"
    "Everything on the screen and everything you type goes into the trajectory, but for what is known to be "
    "a password.",
    "ends the recording",
)

ConsentOption = Annotated[
    bool, typer.Option(CONSENT, help="Agree to driving the real desktop, for --sandbox host.")
]


class ChosenSandbox:
    """A sandbox as asked for: what makes no sense is said when it is made, the rest when it is opened.

    Raises:
        UsageError: there is no such sandbox, or it has no such option.
    """

    def __init__(
        self,
        spec: str,
        *,
        size: str | None = None,
        share: Path | None = None,
        root: str = "host",
        agreed: bool = False,
        accessible: bool = False,
        purpose: Purpose = DRIVING,
    ) -> None:
        from deskhand.sandbox.registry import load_sandbox

        self._is_host, self._agreed, self._purpose = spec == "host", agreed, purpose
        self._accessible = accessible
        if agreed and not self._is_host:
            raise UsageError(f"{purpose.option} is for --sandbox host")
        self._stop: Callable[[], None] = _stop
        self._progress: Progress | None = None
        self._sandbox = load_sandbox(
            spec,
            size=parse_size(size),
            share=share,
            root=root,
            on_progress=self._show_progress,
            on_stop=lambda: self._stop(),
            may_use_host=self._is_host,  # nothing is driven before open() has asked
            accessible=accessible,
        )

    @contextlib.contextmanager
    def open(self, console: Console, *, quiet: bool) -> Iterator[Sandbox]:
        """The sandbox, started, for the body of a with statement.

        Args:
            console: where the run is shown; the banner stays below it.
            quiet: show no progress and write to standard error only.
        """
        from deskhand.sandbox.abilities import enable_accessibility

        if self._is_host and not self._agreed:
            _ask(self._purpose)
        with contextlib.ExitStack() as stack:
            with contextlib.nullcontext(None) if quiet else progress_bar() as self._progress:
                desktop = stack.enter_context(self._sandbox)
            if self._accessible and not self._is_host:
                enable_accessibility(desktop)
            self._progress = None
            if self._is_host:
                beside = quiet or not console.is_terminal
                stack.enter_context(_banner(Console(stderr=True) if beside else console, self._purpose))
            yield desktop

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Have ``stop`` called, in another thread, at the stop key; without this the run is stopped."""
        self._stop = stop

    def _show_progress(self, doing: str, share: float | None) -> None:
        if self._progress is not None:
            self._progress(doing, share)


def parse_size(text: str | None) -> Viewport | None:
    """A screen's size from "1280x800"; None stays None.

    Raises:
        UsageError: it is no size, or none that a desktop can have.
    """
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,5})[xX×]([0-9]{1,5})", text.strip())
    sides = [int(side) for side in found.groups()] if found else []
    if not sides or not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides):
        raise UsageError(
            f"--size must be WIDTHxHEIGHT in pixels, {SMALLEST_SIDE} to {LARGEST_SIDE} each, as 1920x1080, "
            f"not {text[:40]!r}"
        )
    return Viewport(*sides)


def _ask(purpose: Purpose) -> None:
    """Have a person type that the real desktop may be used, having read what that means.

    Raises:
        UsageError: nobody is there to be asked.
        DeskhandError: they did not agree.
    """
    from deskhand.sandbox.host.display import find_display
    from deskhand.sandbox.host.stop_key import NAME

    display = find_display()
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"--sandbox host {purpose.does}s your real desktop, and there is no terminal to ask you on: "
            f"add {purpose.option}"
        )
    console = Console(stderr=True, highlight=False)
    console.print(
        f"[bold]deskhand will {purpose.does} your real desktop[/bold] (display {escape(display[:40])}), as "
        f"you, {purpose.meaning}\n"
        f"[bold]{NAME}[/bold] {purpose.stop}. Close what it shall not see or touch.",
        soft_wrap=True,
    )
    console.print(f"Type [bold]{purpose.word}[/bold] to let it: ", end="")
    if sys.stdin.readline().strip().lower() != purpose.word:
        raise DeskhandError("you did not agree, so nothing was done")


@contextlib.contextmanager
def _banner(console: Console, purpose: Purpose) -> Iterator[None]:
    """While inside, the terminal says that the real desktop is used and what stops it."""
    from deskhand.sandbox.host.stop_key import NAME

    words = f" deskhand {purpose.does}s your real desktop. {NAME} {purpose.stop}. "
    text = Text(words, style="bold white on red")
    if not console.is_terminal:
        console.print(text, soft_wrap=True)
        yield
        return
    with Live(text, console=console, auto_refresh=False, transient=True):
        yield


def _stop() -> None:
    """Stop the run as SIGTERM does, from whatever thread: a decision that takes long is cut short too."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGTERM)
