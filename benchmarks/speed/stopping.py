"""How long a stop takes to be in effect: during an action, and while a model is asked.

Measured from the moment of the stop to the moment at which nothing more is done or waited for. A person who
wants to stop an agent does not wait for the end of its sentence.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Drag, Key, LongPress, Type, Wait
from deskhand.agent.control import Control, Driven
from deskhand.agent.listener import Silent
from deskhand.agent.loop import run
from deskhand.perception.watch.observe import Observation
from deskhand.perception.watch.settle import settle
from deskhand.policies.chat.openai_server import OpenAIPolicy
from deskhand.policies.protocol import Policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.records import Decision, Step, Task
from deskhand.trajectories.writer import TrajectoryWriter
from deskhand.waiting import pause, wait_until

INTO_SECONDS = 0.5
"""How long what is stopped has been going on."""
ACTIONS: dict[str, Action] = {
    "typing a long text": Type(text="hello world\n" * 1600),
    "a drag": Drag(path=tuple(ScreenPoint(350 + n % 500, 300) for n in range(1000))),
    "a wait": Wait(seconds=60),
    "a key held": Key(keys=("shift",), seconds=30),
    "a long press": LongPress(at=ScreenPoint(600, 300), seconds=30),
}


TAKEN = ("typing a long text", "a drag", "a wait")
"""Actions in which a person takes over."""


class _One:
    """A policy that decides on one action, and says when it did."""

    name = "one"

    def __init__(self, action: Action) -> None:
        self._action = action
        self.asked = threading.Event()

    def begin(self, task: Task) -> None:
        """Nothing is needed."""

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The action, again and again."""
        self.asked.set()
        return Decision(reply=Reply(actions=(self._action,)))

    def close(self) -> None:
        """Nothing was taken."""


class _Ended(Silent):
    """Remembers when an action was over."""

    at = 0.0

    def acted(self, step: int, action: Action, outcome: Outcome) -> None:
        """Note the time."""
        self.at = time.monotonic()


class _Asking(OpenAIPolicy):
    """Remembers when its last question was over."""

    ended = 0.0

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Ask, and note the time whatever comes of it."""
        try:
            return super().decide(observation, history)
        finally:
            self.ended = time.monotonic()


class _Taking:
    """A person who takes over: notes when the desktop is theirs, and ends the run."""

    at = 0.0

    def __init__(self) -> None:
        self.control = Control(self)

    def drive(
        self, sandbox: Sandbox, writer: TrajectoryWriter, step: int, masks: Sequence[Box], left: float
    ) -> Driven:
        """Note the time."""
        self.at = time.monotonic()
        self.control.stop()
        return Driven(step)


def taking_seconds(desktop: Lightbox, policy: Policy, going: threading.Event) -> float:
    """Seconds from taking over to having the desktop."""
    person = _Taking()
    began = _interrupt(desktop, policy, going, Silent(), person.control, person.control.take_over)
    return person.at - began


def _taking_from(desktop: Lightbox, url: str, asked: threading.Event) -> float:
    """The same while a model's server is asked."""
    asked.clear()
    with contextlib.closing(_Asking("m", dialect="ui-tars-1.0", base_url=url, api_key="none")) as policy:
        return taking_seconds(desktop, policy, asked)


def action_seconds(desktop: Lightbox, action: Action) -> float:
    """Seconds from the stop to the end of an action."""
    policy, ended = _One(action), _Ended()
    stopped = _stop_during(desktop, policy, policy.asked, ended)
    return ended.at - stopped


def question_seconds(desktop: Lightbox, url: str, asked: threading.Event) -> float:
    """Seconds from the stop to the end of a question to a model's server."""
    asked.clear()
    policy = _Asking("m", dialect="ui-tars-1.0", base_url=url, api_key="none")
    stopped = _stop_during(desktop, policy, asked, Silent())
    policy.close()
    return policy.ended - stopped


def _stop_during(desktop: Lightbox, policy: Policy, going: threading.Event, listener: Silent) -> float:
    """Run a policy, stop it once what it does is going on, wait for the end; when the stop was."""
    control = Control()
    return _interrupt(desktop, policy, going, listener, control, control.stop)


def _interrupt(
    desktop: Lightbox,
    policy: Policy,
    going: threading.Event,
    listener: Silent,
    control: Control,
    interrupt: Callable[[], None],
) -> float:
    """The same with any way to interrupt; when that was."""
    with tempfile.TemporaryDirectory() as folder:
        doing = threading.Thread(
            target=run,
            args=(Task(instruction="go on"), desktop, policy),
            kwargs={"out": Path(folder) / "run", "control": control, "listener": listener},
        )
        doing.start()
        wait_until(going.is_set, timeout=60, what="the run to be under way")
        pause(INTO_SECONDS, why="what is stopped is going on")
        began = time.monotonic()
        interrupt()
        doing.join()
    return began


@contextmanager
def _slow_server(says: Callable[[], bytes]) -> Iterator[tuple[str, threading.Event]]:
    """A model's server that never comes to an end; what it says comes again and again."""
    asked, over = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            asked.set()
            try:
                while not over.wait(0.02):
                    self.wfile.write(says())
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def measured(tries: int) -> Iterator[tuple[str, list[float]]]:
    """What is stopped, and the seconds of each try."""
    token = b'data: {"choices": [{"delta": {"content": "so "}}]}\n\n'
    with Lightbox() as desktop:
        desktop.launch("mousepad")
        settle(desktop.screenshot, quiet=0.5)
        for name, action in ACTIONS.items():
            yield f"stop during {name}", [action_seconds(desktop, action) for _ in range(tries)]
        for name in TAKEN:
            policies = [_One(ACTIONS[name]) for _ in range(tries)]
            yield (
                f"take over during {name}",
                [taking_seconds(desktop, one, one.asked) for one in policies],
            )
        for name, says in (("a model that is silent", b""), ("a long page of tokens", token)):
            with _slow_server(partial(bytes, says)) as (url, asked):
                yield f"stop during {name}", [question_seconds(desktop, url, asked) for _ in range(tries)]
                yield (
                    f"take over during {name}",
                    [_taking_from(desktop, url, asked) for _ in range(tries)],
                )
