"""Desktops on a Ray cluster: an actor each, which holds a sandbox and reads its screen where that is.

Whoever uses one has it as any other sandbox. It is lost when its actor or its node is, and ``reset`` gets
another one somewhere in the cluster.
"""

from __future__ import annotations

import contextlib
import logging
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np

import deskhand
from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import Action
from deskhand.benchmarks.runner.engines.cluster import cluster, imported
from deskhand.benchmarks.runner.engines.local import CLOSE_SECONDS, MOST_WORKERS
from deskhand.benchmarks.runner.engines.messages import Message, error_of, fault_of
from deskhand.errors import EnvironmentProblem, SandboxLost, UsageError
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Reader
from deskhand.sandbox.abilities import Window
from deskhand.sandbox.protocol import Completed, GuestFile, Sandbox

log = logging.getLogger(__name__)

MakeSandbox = Callable[[], Sandbox]
MakeReader = Callable[[Sandbox], Reader]
ANSWER_SECONDS = 300.0
"""Within which an actor answers, whatever it is asked; starting a desktop on a busy node takes longest."""

OWN = frozenset({"process", "start", "screenshot", "new_reader", "read", "zoom"})
"""What an actor does itself; all else is asked of its sandbox."""


class RayDesktops:
    """Makes desktops on a cluster, at most so many at once. Use it inside ``with``.

    Args:
        workers: how many; each takes one processor of the cluster.
        address: HOST:PORT of a cluster that runs, or ``auto``; by default RAY_ADDRESS, and without that a
            cluster is started here.

    Raises:
        UsageError: as many workers make no sense.
        EnvironmentProblem: Ray is not installed.
    """

    def __init__(self, workers: int, address: str | None = None) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise UsageError(f"workers are 1 to {MOST_WORKERS}, not {workers}")
        self._count = workers
        self._address = address or os.environ.get("RAY_ADDRESS") or None
        imported(self._address is None)

    @contextlib.contextmanager
    def makers(
        self, make_sandbox: MakeSandbox, make_reader: MakeReader
    ) -> Iterator[tuple[MakeSandbox, MakeReader]]:
        """The same two makers, but that what they make is on the cluster, which is there for a while.

        Args:
            make_sandbox, make_reader: are sent to the cluster's nodes and called there.

        Raises:
            EnvironmentProblem: there is no such cluster, or none can be started.
            UsageError: it is too small.
        """
        with cluster(self._address, self._count) as ray:

            def sandbox() -> Sandbox:
                return RayDesktop(ray, make_sandbox, make_reader)

            def reader(made: Sandbox) -> Reader:
                assert isinstance(made, RayDesktop)
                return made.new_reader()

            yield sandbox, reader


@dataclass(frozen=True, slots=True)
class Packed:
    """A screenshot on its way; a screen is mostly plain, so little of it is left to be sent."""

    data: bytes
    shape: tuple[int, ...]
    seconds: float
    cursor: ScreenPoint | None

    @classmethod
    def of(cls, seen: Screenshot) -> Packed:
        """Pack one."""
        return cls(zlib.compress(seen.pixels.tobytes(), 1), seen.pixels.shape, seen.seconds, seen.cursor)

    def unpacked(self) -> Screenshot:
        """The same screenshot."""
        pixels = np.frombuffer(zlib.decompress(self.data), np.uint8).reshape(self.shape)
        return Screenshot(pixels, self.seconds, self.cursor)


class DesktopActor:
    """A sandbox and what reads its screen, at some node."""

    def __init__(self, make_sandbox: MakeSandbox, make_reader: MakeReader, version: str) -> None:
        self._make_sandbox, self._make_reader, self._version = make_sandbox, make_reader, version
        self._sandbox: Sandbox | None = None
        self._reader: Reader | None = None

    def answer(self, what: str, *given: Any, **named: Any) -> tuple[Any, str]:
        """What a method returns, and what failed as JSON: empty where nothing did.

        Args:
            what: a method of this class or of the sandbox.
        """
        try:
            return getattr(self if what in OWN else self._sandbox, what)(*given, **named), ""
        except Exception as error:
            log.debug("%s fails", what, exc_info=True)
            return None, fault_of(error).model_dump_json()

    def process(self) -> int:
        """Which process of its node this is."""
        return os.getpid()

    def screenshot(self) -> Packed:
        """The screen now."""
        assert self._sandbox is not None
        return Packed.of(self._sandbox.screenshot())

    def new_reader(self) -> None:
        """Forget what was read before: the desktop is a new one."""
        assert self._sandbox is not None
        self._reader = self._make_reader(self._sandbox)

    def read(self, screenshot: Packed) -> tuple[Element, ...]:
        """What is on a screenshot."""
        assert self._reader is not None
        return self._reader.read(screenshot.unpacked())

    def zoom(self, screenshot: Packed, box: Box) -> tuple[Element, ...]:
        """What is in a region of a screenshot, looked at more closely."""
        assert self._reader is not None
        return self._reader.zoom(screenshot.unpacked(), box)

    def start(self) -> tuple[str, frozenset[str], float]:
        """Start the sandbox; its name, the actions that it supports, and how long programs take to answer."""
        if deskhand.__version__ != self._version:
            raise EnvironmentProblem(
                f"the cluster's nodes have deskhand {deskhand.__version__}, this machine {self._version}: "
                "install the same everywhere"
            )
        self._sandbox = self._make_sandbox()
        self._sandbox.start()
        return self._sandbox.name, self._sandbox.supported, self._sandbox.answer_seconds

    def close(self) -> None:
        """Remove the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()


class RayDesktop:
    """A sandbox on a node of a cluster.

    Args:
        ray: connected.
        make_sandbox, make_reader: called at the node.
    """

    def __init__(self, ray: Any, make_sandbox: MakeSandbox, make_reader: MakeReader) -> None:
        self._ray, self._makers = ray, (make_sandbox, make_reader)
        self._actor: Any = None
        self.name, self.answer_seconds = "ray", 0.0
        self.supported: frozenset[str] = frozenset()

    def start(self) -> None:
        """Start an actor, and the sandbox in it."""
        kind = self._ray.remote(
            num_cpus=1, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )(DesktopActor)  # fmt: skip
        self._actor = kind.remote(*self._makers, deskhand.__version__)
        self.name, self.supported, self.answer_seconds = self._ask("start")

    def reset(self) -> None:
        """Back to the clean desktop; in another actor where this one is lost."""
        if self._actor is None:
            self.start()
            return
        self._ask("reset")

    def screenshot(self) -> Screenshot:
        """The screen now."""
        seen: Packed = self._ask("screenshot")
        return seen.unpacked()

    def perform(self, action: Action) -> Outcome:
        """Do one action at most once; unknown where the desktop is lost."""
        try:
            done: Outcome = self._ask("perform", action)
        except SandboxLost as error:
            return Outcome.unknown(str(error))
        return done

    def launch(self, application: str, arguments: Sequence[str] = ()) -> None:
        """Start an installed program of the node by name."""
        self._ask("launch", application, tuple(arguments))

    def run(self, command: Sequence[str], *, timeout: float = 30.0, stdin: bytes = b"") -> Completed:
        """Run a program to its end."""
        done: Completed = self._ask("run", tuple(command), timeout=timeout, stdin=stdin)
        return done

    def read_file(self, path: str) -> bytes:
        """A file of the guest's home."""
        data: bytes = self._ask("read_file", path)
        return data

    def write_file(self, path: str, data: bytes) -> None:
        """Write a file of the guest's home."""
        self._ask("write_file", path, data)

    def files(self) -> tuple[GuestFile, ...]:
        """The files that were made in the guest's home."""
        found: tuple[GuestFile, ...] = self._ask("files")
        return found

    def windows(self) -> Sequence[Window]:
        """The windows that a task list would show."""
        found: Sequence[Window] = self._ask("windows")
        return found

    def new_reader(self) -> Reader:
        """What reads this screen, at the node where it is."""
        self._ask("new_reader")
        return _RayReader(self._ask)

    def close(self) -> None:
        """Remove the sandbox, and then its actor."""
        actor, self._actor = self._actor, None
        if actor is not None:
            with contextlib.suppress(self._ray.exceptions.RayError):
                self._ray.get(actor.close.remote(), timeout=CLOSE_SECONDS)
            self._ray.kill(actor)

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

    def _ask(self, what: str, *given: Any, **named: Any) -> Any:
        if self._actor is None:
            raise SandboxLost("the desktop on the cluster is gone")
        try:
            said = self._actor.answer.remote(what, *given, **named)
            answer, fault = self._ray.get(said, timeout=ANSWER_SECONDS)
        except self._ray.exceptions.RayError as error:  # what fails in an actor is answered, not raised
            actor, self._actor = self._actor, None
            self._ray.kill(actor)
            words = str(error).strip().partition("\n")[0][:300]
            raise SandboxLost(f"the desktop on the cluster is gone: {words}") from error
        if fault:
            raise error_of(Message.model_validate_json(fault))
        return answer


@dataclass(frozen=True, slots=True)
class _RayReader:
    ask: Callable[..., tuple[Element, ...]]

    def read(self, screenshot: Screenshot) -> tuple[Element, ...]:
        return self.ask("read", Packed.of(screenshot))

    def zoom(self, screenshot: Screenshot, box: Box) -> tuple[Element, ...]:
        return self.ask("zoom", Packed.of(screenshot), box)
