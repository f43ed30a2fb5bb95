"""A remote machine: any desktop whose server speaks OSWorld's guest protocol.

That protocol runs programs and takes screenshots; it knows nothing of typed actions. So our own code
is brought to the machine once, and each action is a short program there: always the same text, with
the action as data (``guest/errand.py``). What such a program cannot remember, the keys and buttons
that are down, is kept here and goes with every action.
"""

from __future__ import annotations

import json
import logging
import posixpath
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self, TypeVar, cast

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from deskhand.actions import gate
from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import (
    DESKTOP_KINDS,
    Action,
    Button,
    Key,
    KeyDown,
    LongPress,
    MouseDown,
    OpenApp,
    Type,
    Wait,
)
from deskhand.errors import SandboxError, SandboxLost
from deskhand.perception.screen import Screenshot
from deskhand.sandbox import guest
from deskhand.sandbox.abilities import Window, osworld_request
from deskhand.sandbox.bundle import archive
from deskhand.sandbox.osworld import LARGEST_ANSWER, PATIENCE_SECONDS, Machine, RemoteRefusal
from deskhand.sandbox.protocol import Completed, GuestFile
from deskhand.text import first_fault

log = logging.getLogger(__name__)

ERRAND = (Path(guest.__file__).parent / "errand.py").read_text()
"""The one program that a remote machine is asked to run."""

RESET = "/desk/reset"
"""Beyond OSWorld's protocol: back to the clean desktop. ``deskhand sandbox serve`` offers it."""

LEAST_ANSWER_SECONDS, MOST_ANSWER_SECONDS = 0.8, 3.0
ANSWERS_A_PROGRAM = 8.0
"""A program that does next to nothing shows how fast the machine is and how far away: another one begins
to show what was done to it within this many times as long."""

NEEDS = "deskhand needs Linux there, with an X display and python3, 3.10 or newer"
ACTION_SECONDS = 30.0
KEY_SECONDS = 0.1
CHARACTER_SECONDS = 0.02
WINDOW_SECONDS = 40.0
RESET_SECONDS = 180.0
LONGEST_WAIT_SECONDS = 60.0
"""OSWorld's own server ends every program after 120 s, so a longer wait is several."""

LONGEST_ARGUMENT = 128 << 10
"""Bytes that Linux lets one argument of a program have."""

SMALL_ANSWER = 4 << 20
LARGEST_TREE = 32 << 20
MOST_REASON = 2000

T = TypeVar("T")


class _Hand(BaseModel):
    """What is held down on the machine; see ``Executor.state``."""

    model_config = ConfigDict(frozen=True)

    keys: tuple[Annotated[str, Field(max_length=20)], ...] = Field(default=(), max_length=50)
    buttons: tuple[Button, ...] = Field(default=(), max_length=3)
    typed_at: float = Field(default=0.0, allow_inf_nan=False)
    lent_shift: bool = False
    lent_lock: bool = False

    def after(self, action: Action) -> _Hand:
        """What must be taken to be down after an action of which nobody knows whether it was done."""
        match action:
            case KeyDown(key=key) if key not in self.keys:
                return self.model_copy(update={"keys": (*self.keys, key)})
            case MouseDown(button=button) if button not in self.buttons:
                return self.model_copy(update={"buttons": (*self.buttons, button)})
        return self


class _Hello(BaseModel):
    width: int
    height: int
    pointer: tuple[int, int]


class _Prepared(BaseModel):
    folder: str = Field(max_length=4096)
    there: bool


class _Performed(BaseModel):
    outcome: Outcome
    hand: _Hand
    pointer: tuple[int, int] | None


class _Ran(BaseModel):
    returncode: int
    stdout: Base64Bytes
    stderr: Base64Bytes


class _AccessibilityAnswer(BaseModel):
    AT: str


_WINDOWS = TypeAdapter(list[dict[str, Any]])
_NAMES = TypeAdapter(tuple[str, ...])
_FILES = TypeAdapter(tuple[GuestFile, ...])
_BYTES = TypeAdapter(Base64Bytes)


class RemoteSandbox:
    """The desktop of a machine that speaks OSWorld's guest protocol.

    It is as separate from everything else as that machine is; what is done there stays done, unless
    the machine is one of ours (``deskhand sandbox serve``), which can be reset.

    Args:
        url: http://HOST:PORT or http://desk:TOKEN@HOST:PORT, or the same with https.
        size: what its screen must be; any will do where it is None.
        patience: seconds to wait for an answer, beside the time that a request itself takes.
        renew: makes the machine clean from here; it is given what says whether the machine answers again. By
            default the machine itself is asked.

    Attributes:
        viewport: its screen, in pixels; 1x1 before it was seen.
    """

    name = "remote"
    supported = DESKTOP_KINDS

    def __init__(
        self,
        url: str,
        size: Viewport | None = None,
        patience: float = PATIENCE_SECONDS,
        renew: Callable[[Callable[[], bool]], None] | None = None,
    ) -> None:
        self._renew = renew
        self.viewport = size or Viewport(1, 1)
        self._size = size
        self._machine = Machine(url, patience)
        self._folder: str | None = None
        self._hand = _Hand()
        self._pointer: ScreenPoint | None = None
        self._answer_seconds = LEAST_ANSWER_SECONDS

    @property
    def answer_seconds(self) -> float:
        """Seconds, estimated from how long the machine took to run a first program."""
        return self._answer_seconds

    def start(self) -> None:
        """Look at the machine and bring our code to it, if it is not there yet.

        Raises:
            SandboxLost: nobody answers there.
            SandboxError: it does not speak the protocol, wants another token, or lacks what we need.
        """
        if self._folder is not None:
            raise SandboxError("this remote sandbox is already running")
        try:
            self._arrive()
        except SandboxError:
            if self._renew is None:
                raise
            self._renew(self._answers)  # a machine that is stuck is what the command is for
            self._arrive()

    def reset(self) -> None:
        """Back to a clean desktop, by a command given for it, or on machines that offer that.

        Raises:
            SandboxError: this one does not, or the command failed.
        """
        machine = self._running()
        if self._renew is not None:
            self._renew(self._answers)
            self._arrive()
            return
        try:
            machine.ask("POST", RESET, extra=RESET_SECONDS)
        except RemoteRefusal as error:
            if error.status not in (404, 405):
                raise
            raise SandboxError(
                f"{machine.address} cannot be reset: OSWorld's protocol has no request for it; machines of "
                "`deskhand sandbox serve` can, and --reset COMMAND gives a command of this machine for it"
            ) from error
        self._arrive()

    def screenshot(self) -> Screenshot:
        """The machine's screen now, (H, W, 3) RGB; ``viewport`` follows its size."""
        pixels = self._running().screenshot()
        shot = Screenshot(pixels, time.monotonic(), self._pointer)
        self.viewport = shot.viewport
        return shot

    def perform(self, action: Action) -> Outcome:
        """As the protocol has it; a long wait is asked for in parts."""
        if self._folder is None:
            return Outcome.unknown("this remote sandbox is not running; call start()")
        refusal = gate.check(action, self.viewport, self.supported)
        if refusal is not None:
            return refusal
        if isinstance(action, Wait):
            return self._wait(action.seconds)
        return self._act(action)

    def launch(self, application: str, arguments: Sequence[str] = ()) -> None:
        """As the protocol has it; our code on the machine waits for the window."""
        self._running()
        self._ask("launch", WINDOW_SECONDS, program=application, arguments=list(arguments))

    def run(self, command: Sequence[str], *, timeout: float = 30.0, stdin: bytes = b"") -> Completed:
        """As every sandbox's; OSWorld's own server ends a program after 120 s."""
        self._running()
        given = self._send(stdin) if stdin else ""
        answer = self._ask(
            "run", timeout + 10, LARGEST_ANSWER, command=list(command), timeout=timeout, stdin=given
        )
        ran = _validated(TypeAdapter(_Ran), answer)
        return Completed(ran.returncode, ran.stdout, ran.stderr)

    def windows(self) -> list[Window]:
        """The windows that a task list would show: id, title, class, pid, active, mapped."""
        self._running()
        return cast(list[Window], _validated(_WINDOWS, self._ask("windows", ACTION_SECONDS)))

    def applications(self) -> tuple[str, ...]:
        """The names of the applications of the machine's menu, sorted."""
        self._running()
        return _validated(_NAMES, self._ask("applications", ACTION_SECONDS))

    def opener(self, target: str) -> str:
        """The program that opens a file of the machine's home or an address, as ``launch`` takes it."""
        self._running()
        return _validated(TypeAdapter(str), self._ask("opener", ACTION_SECONDS, target=target))

    def accessibility(self) -> str:
        """What the machine's programs report that they show, as XML.

        Raises:
            SandboxLost: the answer is of another form.
        """
        answer = self._running().ask("GET", "/accessibility", most=LARGEST_TREE)
        try:
            return _AccessibilityAnswer.model_validate_json(answer).AT
        except ValidationError as error:
            raise SandboxLost(
                f"{self._machine.address} answered /accessibility with something else"
            ) from error

    def ask_osworld(self, path: str, wanted: Mapping[str, Any] | None = None) -> bytes:
        """Send a request of OSWorld's guest protocol, once, with an object if it takes one.

        Raises:
            SandboxError: it was refused; says why.
        """
        method, body, content_type = osworld_request(path, wanted)
        return self._running().ask(method, path, body, content_type=content_type, extra=WINDOW_SECONDS)

    def read_file(self, path: str) -> bytes:
        """As the protocol has it; read by our code on the machine."""
        self._running()
        return _validated(_BYTES, self._ask("read", ACTION_SECONDS, LARGEST_ANSWER, path=path))

    def write_file(self, path: str, data: bytes) -> None:
        """As the protocol has it; the content travels ahead as a file of its own."""
        self._running()
        self._ask("write", ACTION_SECONDS, path=path, data=self._send(data))

    def files(self) -> tuple[GuestFile, ...]:
        """As the protocol has it; listed by our code on the machine."""
        self._running()
        return _validated(_FILES, self._ask("files", ACTION_SECONDS))

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """As ``abilities.EndsRequests`` has it."""
        self._machine.over = over

    def close(self) -> None:
        """Let go of the machine, and of every key and button that is down there. Our code stays there."""
        if self._folder is None:
            return
        try:
            if self._hand.keys or self._hand.buttons:
                self._ask("release", ACTION_SECONDS, hand=self._hand.model_dump())
        except SandboxError as error:
            log.warning("keys may still be down on the remote machine: %s", error)
        finally:
            self._folder = None
            self._hand = _Hand()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answers(self) -> bool:
        """Whether the machine can be used: it shows a screen."""
        try:
            self._machine.screenshot()
        except SandboxError:
            return False
        return True

    def _running(self) -> Machine:
        if self._folder is None:
            raise SandboxLost("this remote sandbox is not running; call start()")
        return self._machine

    def _arrive(self) -> None:
        """Bring our code to the machine and greet its desktop."""
        self._folder, self._hand, address = None, _Hand(), self._machine.address
        pixels = self._machine.screenshot()
        seen = Viewport(pixels.shape[1], pixels.shape[0])
        if self._size not in (None, seen):
            raise SandboxError(f"the screen of {address} is {_words(seen)}, not {_words(self._size)}")
        try:
            folder = self._install()
            hello = _validated(TypeAdapter(_Hello), self._ask("hello", ACTION_SECONDS))
        except SandboxLost:
            raise
        except SandboxError as error:
            raise SandboxError(f"{address} cannot be used ({error}): {NEEDS}") from error
        if (hello.width, hello.height) != (seen.width, seen.height):
            raise SandboxError(
                f"the screen of {address} is {_words(seen)}, but for hands {hello.width}x{hello.height}"
            )
        self.viewport, self._pointer, self._folder = seen, ScreenPoint(*hello.pointer), folder

    def _install(self) -> str:
        """Bring our code to the machine, if it is not there; returns the folder it is in."""
        packed, _ = archive()
        began = time.monotonic()
        prepared = _validated(TypeAdapter(_Prepared), self._ask("prepare", ACTION_SECONDS))
        likely = ANSWERS_A_PROGRAM * (time.monotonic() - began)
        self._answer_seconds = min(max(likely, LEAST_ANSWER_SECONDS), MOST_ANSWER_SECONDS)
        if not prepared.there:
            name = f"{secrets.token_hex(8)}.zip"
            self._machine.upload(posixpath.join(prepared.folder, name), packed)
            self._ask("install", ACTION_SECONDS, archive=name)
        return prepared.folder

    def _send(self, data: bytes) -> str:
        """Put data beside our code on the machine; returns its name there."""
        assert self._folder is not None
        name = f"{secrets.token_hex(8)}.data"
        self._machine.upload(posixpath.join(self._folder, name), data)
        return name

    def _wait(self, seconds: float) -> Outcome:
        began = time.monotonic()
        while True:
            part = min(seconds, LONGEST_WAIT_SECONDS)
            outcome = self._act(Wait(seconds=part))
            seconds -= part
            if not outcome.ok or seconds <= 0:
                return outcome.model_copy(update={"milliseconds": (time.monotonic() - began) * 1e3})

    def _act(self, action: Action) -> Outcome:
        """Do one action at most once."""
        hand, wanted = self._hand.model_dump(mode="json"), action.model_dump(mode="json")
        try:
            answer = self._ask("perform", _seconds(action), action=wanted, hand=hand)
            done = _validated(TypeAdapter(_Performed), answer)
        except (SandboxLost, RemoteRefusal) as error:
            self._hand = self._hand.after(action)
            return Outcome.unknown(str(error))
        except SandboxError as error:
            return Outcome.failed(str(error))
        self._hand = done.hand
        self._pointer = None if done.pointer is None else ScreenPoint(*done.pointer)
        return done.outcome.model_copy(update={"reason": done.outcome.reason[:MOST_REASON]})

    def _ask(self, verb: str, seconds: float, most: int = SMALL_ANSWER, **request: Any) -> Any:
        """Have the machine run our program once; returns what it answers.

        Raises:
            SandboxLost: no answer, or none of our program's.
            Refused: the machine did not run it, or did not let it end.
            SandboxError: our program says that it cannot be done; nothing was done.
        """
        _, code = archive()
        argument = _argument({"code": code, "verb": verb, **request})
        done = self._machine.execute(["python3", "-c", ERRAND, argument], seconds, most)
        try:
            answer = json.loads(done.output)
            if "answer" in answer:
                return answer["answer"]
            complaint = str(answer["error"])[:MOST_REASON]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            said = (done.error or done.output).strip()[-MOST_REASON:]
            raise SandboxLost(
                f"python3 of {self._machine.address} ended with status {done.returncode}: {said}"
            ) from error
        raise SandboxError(complaint)


def _validated(expected: TypeAdapter[T], answer: Any) -> T:
    try:
        return expected.validate_python(answer)
    except ValidationError as error:
        raise SandboxLost(f"the remote machine's answer is invalid: {first_fault(error)}") from error


def _words(size: Viewport | None) -> str:
    return "of any size" if size is None else f"{size.width}x{size.height}"


def _seconds(action: Action) -> float:
    """How long an action may take on the machine."""
    match action:
        case Wait(seconds=seconds) | LongPress(seconds=seconds):
            return ACTION_SECONDS + seconds
        case Key(times=times, seconds=seconds):
            return ACTION_SECONDS + times * (seconds + KEY_SECONDS)
        case Type(text=text):
            return ACTION_SECONDS + CHARACTER_SECONDS * len(text)
        case OpenApp():
            return WINDOW_SECONDS
    return ACTION_SECONDS


def _argument(request: dict[str, Any]) -> str:
    """A request as one argument of a program: in ASCII, unless that makes it too long."""
    text = json.dumps(request)
    if len(text) >= LONGEST_ARGUMENT:
        text = json.dumps(request, ensure_ascii=False)
    size = len(text.encode(errors="surrogatepass"))
    if size >= LONGEST_ARGUMENT:
        raise SandboxError(f"a remote machine takes requests below {LONGEST_ARGUMENT} bytes, not {size}")
    return text
