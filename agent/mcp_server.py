"""deskhand as tools for other agents, over the Model Context Protocol: open a desktop, look, act, run a task.

What a client asks for is done by the same code as on the command line, and under the same rules: an action
that a rule asks about is asked of the person at the client, where the client can ask one, and else refused.
The real desktop is never among the desktops. Work runs in threads; a call that the client cancels is stopped.

Needs the package mcp (extra ``[mcp]``).
"""

from __future__ import annotations

import base64
import functools
import io
import json
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from PIL import Image as Picture
from pydantic import BaseModel, Field, ValidationError

from deskhand import __version__, paths
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import ACTION, TERMINAL_KINDS, Action
from deskhand.actions.words import describe
from deskhand.agent.checks import Checks
from deskhand.agent.control import Control
from deskhand.agent.limits import Limits
from deskhand.agent.listener import Silent
from deskhand.agent.loop import run
from deskhand.agent.opening import check_opening
from deskhand.agent.replay import replay
from deskhand.agent.rules.guard import Guard, RuleQuestion, Ruling
from deskhand.agent.rules.rulebook import Rulebook
from deskhand.errors import DeskhandError, UsageError
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.perception.screen import Element
from deskhand.perception.watch.observe import Observer
from deskhand.policies.registry import HOSTED, load_policy
from deskhand.policies.replay.script import script_of
from deskhand.sandbox.abilities import break_off_when
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.registry import load_sandbox
from deskhand.text import clean, first_fault
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Decision, Task

MOST_DESKTOPS = 8
MOST_ACTIONS = 64
LARGEST_FILE = 4 << 20
"""Bytes of a file that are handed over."""
POLICIES = ("embedded", "openai", *HOSTED)
"""Policies that a client may have a task done by."""
KINDS = ("lightbox", "vm")
"""Desktops that a client may open; of ``vm`` also ``vm:IMAGE``."""
INSTRUCTIONS = (
    "Operates desktops apart from the person's own. Open one with open_desktop, look at it with "
    "look (a picture, and the elements with their boxes), and act on it with act, whose points are "
    "pixels of that picture. run_task lets its own agent do a whole task. close_desktop ends a desktop "
    "and all in it."
)

Found = TypeVar("Found")


class Agreement(BaseModel):
    """What a person is asked for before an action that a rule asks about."""

    allow: bool = Field(description="whether it may do this")


@dataclass
class _Desktop:
    """A desktop that a client opened."""

    sandbox: Sandbox
    observer: Observer
    guard: Guard | None
    asking: Context
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    stack: ExitStack = field(default_factory=ExitStack)


class _Telling(Silent):
    """Hands each decision of a run on, from the thread in which it is made."""

    def __init__(self, tell: Callable[[int, str], None]) -> None:
        self._tell = tell

    def decided(self, step: int, decision: Decision) -> None:
        """Tell the step and what is to be done."""
        actions = decision.reply.actions if decision.reply is not None else ()
        self._tell(step, clean("; ".join(map(describe, actions)) or decision.error, 300))


class DesktopTools:
    """The tools of one server, and the desktops that are open.

    Args:
        rules: before every action; None where everything is allowed.
        waived: names of rules whose questions are answered with yes beforehand.
    """

    def __init__(self, rules: Rulebook | None, waived: tuple[str, ...] = ()) -> None:
        if rules is not None:
            Guard(rules, None, waived)  # says now that there is no such rule
        self._rules, self._waived = rules, waived
        self._desktops: dict[str, _Desktop] = {}
        self._opened = 0

    def server(self) -> MCPServer:
        """A server with these tools."""
        found = MCPServer("deskhand", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")
        for tool in (
            self.open_desktop, self.look, self.act, self.run_task, self.replay_task, self.read_file,
            self.close_desktop,
        ):  # fmt: skip
            # A look is a picture and a text; what the others return has a structure.
            structured = None if tool.__name__ != "look" else False
            found.add_tool(_worded(tool), name=tool.__name__, structured_output=structured)
        return found

    async def close(self) -> None:
        """Close every desktop."""
        for name in list(self._desktops):
            with suppress(DeskhandError):
                await self.close_desktop(name)

    async def open_desktop(
        self, ctx: Context, sandbox: str = "lightbox", application: str | None = None
    ) -> dict[str, Any]:
        """Open a desktop: a lightbox (a third of a second) or a virtual machine (vm), with a program or none.

        Returns its name, for the other tools, and its size in pixels.
        """
        if sandbox.partition(":")[0] not in KINDS:
            raise UsageError(f"a desktop is {' or '.join(KINDS)}, not {sandbox[:40]!r}")
        if len(self._desktops) >= MOST_DESKTOPS:
            raise UsageError(f"{MOST_DESKTOPS} desktops are open: close one first")
        made = load_sandbox(sandbox)
        stack = ExitStack()
        stack.callback(made.close)
        try:
            await _in_thread(made.start)
            if application is not None:
                await _in_thread(lambda: made.launch(application))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(stack.close)
            raise
        self._opened += 1
        name = f"desktop-{self._opened}"
        reader = ScreenReader(sources=PIXELS)
        observer = Observer(made.screenshot, reader, answer=made.answer_seconds)
        self._desktops[name] = self._guarded(made, observer, stack, ctx)
        viewport = (await _in_thread(made.screenshot)).viewport
        return {"desktop": name, "width": viewport.width, "height": viewport.height}

    async def look(self, desktop: str, elements: bool = True) -> list[Any]:
        """Look at a desktop: a picture of the screen, and what is on it (role, text, box in pixels)."""
        one = self._desktop(desktop)
        async with one.lock:
            seen = await _in_thread(one.observer.observe)
            found = await _in_thread(lambda: seen.elements) if elements else ()
        out = io.BytesIO()
        Picture.fromarray(seen.screenshot.pixels).save(out, "PNG", compress_level=3)
        picture = Image(data=out.getvalue(), format="png")
        listed = json.dumps([_element(one) for one in found], ensure_ascii=False)
        return [picture, listed] if elements else [picture]

    async def act(self, ctx: Context, desktop: str, actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Do actions in order, up to the first that is not done; says of each what became of it.

        An action is an object with a kind: click {at: {x, y}, button, count, hold}, type {text, submit,
        clear}, key {keys, times}, scroll {at, dx, dy}, drag {path: [{x, y}, ...]}, move {at}, wait
        {seconds}, long_press {at, seconds}, open_app {name}. Points are pixels of the picture.
        """
        one = self._desktop(desktop)
        if not 1 <= len(actions) <= MOST_ACTIONS:
            raise UsageError(f"act takes 1 to {MOST_ACTIONS} actions")
        wanted = [_action(number, action) for number, action in enumerate(actions, 1)]
        async with one.lock:
            return await _stoppable(one, lambda control: self._acted(ctx, one, wanted, control))

    async def run_task(
        self,
        ctx: Context,
        desktop: str,
        task: str,
        policy: str = "embedded",
        model: str | None = None,
        steps: int = 30,
        seconds: float = 600.0,
    ) -> dict[str, Any]:
        """Let deskhand's own agent do a task in words on an open desktop; progress tells each step.

        policy: embedded (offline), openai, anthropic, openai-computer or gemini, with a model's name.
        Returns the status, the answer if there is one, the steps, and the folder of the trajectory.
        """
        one = self._desktop(desktop)
        if not task.strip():
            raise UsageError("the task is empty")
        if policy not in POLICIES:  # others are named by a path, which no model may choose
            raise UsageError(f"a policy is one of {', '.join(POLICIES)}, not {policy[:40]!r}")
        decider = load_policy(policy, model=model)

        def work(control: Control) -> dict[str, Any]:
            one.asking = ctx
            try:
                result = run(
                    Task(instruction=task),
                    one.sandbox,
                    decider,
                    limits=Limits(steps=steps, seconds=seconds),
                    listener=_Telling(functools.partial(_progress, ctx, steps)),
                    control=control,
                    guard=one.guard,
                )
            finally:
                decider.close()
            return result.as_json()

        async with one.lock:
            return await _stoppable(one, work)

    async def replay_task(self, ctx: Context, desktop: str, trajectory: str) -> dict[str, Any]:
        """Replay a recorded run, by its name below the folder of runs; each screen is verified."""
        one = self._desktop(desktop)
        runs = paths.runs_dir().resolve()
        folder = (runs / trajectory).resolve()
        if not folder.is_relative_to(runs):
            raise UsageError(f"{trajectory[:80]!r} is no run in {runs}")
        script = script_of(Trajectory.open(folder))
        check_opening(script.trajectory.task, one.sandbox.name)

        def work(control: Control) -> dict[str, Any]:
            one.asking = ctx
            listener = _Telling(functools.partial(_progress, ctx, None))
            done = replay(script, one.sandbox, control=control, listener=listener, guard=one.guard)
            drift = done.report.drift
            return {**done.result.as_json(), "drift": None if drift is None else drift.reason}

        async with one.lock:
            return await _stoppable(one, work)

    async def read_file(self, desktop: str, path: str) -> dict[str, str]:
        """Read a file of a desktop's home folder: as text, or as base64 where it is none."""
        one = self._desktop(desktop)
        data = await _in_thread(lambda: one.sandbox.read_file(path))
        if len(data) > LARGEST_FILE:
            raise UsageError(f"the file has {len(data)} bytes, and at most {LARGEST_FILE} are handed over")
        try:
            return {"text": data.decode()}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(data).decode()}

    async def close_desktop(self, desktop: str) -> str:
        """Close a desktop; nothing of it is left."""
        one = self._desktop(desktop)
        async with one.lock:
            self._desktops.pop(desktop, None)
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(one.stack.close)
        return f"{desktop} is closed"

    def _desktop(self, name: str) -> _Desktop:
        if name not in self._desktops:
            known = ", ".join(self._desktops) or "none is open"
            raise UsageError(f"there is no desktop {name[:40]!r}: {known}")
        return self._desktops[name]

    def _guarded(self, made: Sandbox, observer: Observer, stack: ExitStack, ctx: Context) -> _Desktop:
        """A desktop with its rules, whose questions go to whoever called last."""
        one = _Desktop(made, observer, None, ctx, stack=stack)
        if self._rules is not None:
            one.guard = Guard(self._rules, lambda question: _ask(one.asking, question), self._waived)
        return one

    def _acted(
        self, ctx: Context, one: _Desktop, actions: list[Action], control: Control
    ) -> list[dict[str, Any]]:
        """Do actions under the rules, in a thread."""
        one.asking = ctx
        checks = Checks(one.sandbox, one.sandbox.screenshot, one.observer, one.guard, _unrecorded)
        seen = one.observer.observe()
        done: list[dict[str, Any]] = []
        for index, action in enumerate(actions):
            if control.stopping:
                break
            outcome = checks.refusal(1, index, action, seen) or one.sandbox.perform(action)
            done.append(_outcome(action, outcome))
            if not outcome.ok:
                break
        return done


def _worded(tool: Callable[..., Any]) -> Callable[..., Any]:
    """A tool whose errors are sentences: the protocol's own would be the exception's name."""

    @functools.wraps(tool)
    async def guarded(*arguments: Any, **options: Any) -> Any:
        try:
            return await tool(*arguments, **options)
        except DeskhandError as error:
            raise ToolError(clean(str(error), 1000)) from error

    return guarded


async def _in_thread(work: Callable[[], Found]) -> Found:
    return await anyio.to_thread.run_sync(work)


async def _stoppable(one: _Desktop, work: Callable[[Control], Found]) -> Found:
    """Work in a thread; where the client cancels the call, what is being done is stopped and waited for."""
    control, ended = Control(), anyio.Event()
    found: list[Found] = []
    failed: list[BaseException] = []

    def doing() -> None:
        break_off_when(one.sandbox, lambda: control.stopping)
        try:
            found.append(work(control))
        except BaseException as error:  # noqa: BLE001 - it is raised again where it was asked for
            failed.append(error)
        finally:
            break_off_when(one.sandbox, lambda: False)
            anyio.from_thread.run_sync(ended.set)

    async with anyio.create_task_group() as group:
        group.start_soon(_shielded, doing)
        try:
            await ended.wait()
        except BaseException:
            control.stop()
            with anyio.CancelScope(shield=True):
                await ended.wait()
            raise
    if failed:
        raise failed[0]
    return found[0]


async def _shielded(work: Callable[[], None]) -> None:
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(work)


def _progress(ctx: Context, total: int | None, step: int, words: str) -> None:
    of = None if total is None else float(total)
    with suppress(Exception):  # a client that does not listen any more
        anyio.from_thread.run(ctx.report_progress, float(step), of, words)


def _ask(ctx: Context, question: RuleQuestion) -> bool | None:
    """Ask the person at the client; None where it cannot ask one, or nobody answers in time."""
    rule = question.rule or "otherwise"
    words = f"May it do this? {question.words} (rule {rule}: {question.why})"

    async def asked() -> bool | None:
        with anyio.move_on_after(question.seconds):
            said = await ctx.elicit(clean(words, 500), Agreement)
            return bool(said.action == "accept" and said.data.allow)
        return None

    try:
        return anyio.from_thread.run(asked)
    except Exception:  # noqa: BLE001 - a client without a person to ask answers with an error of any kind
        return None


def _unrecorded(index: int, ruling: Ruling) -> None:
    """A single action belongs to no trajectory."""


def _action(number: int, wanted: dict[str, Any]) -> Action:
    try:
        action = ACTION.validate_python(wanted)
    except ValidationError as error:
        raise UsageError(f"action {number}: {first_fault(error)}") from error
    if action.kind in TERMINAL_KINDS:
        raise UsageError(f"action {number}: {action.kind} ends a run, and here is none")
    return action


def _outcome(action: Action, outcome: Outcome) -> dict[str, Any]:
    return {"action": describe(action), "status": outcome.status, "reason": outcome.reason}


def _element(one: Element) -> dict[str, Any]:
    box = [one.box.left, one.box.top, one.box.right, one.box.bottom]
    found: dict[str, Any] = {"role": one.role, "text": one.text, "box": box}
    more = {"label": one.label, "state": sorted(one.state)}
    return {**found, **{name: value for name, value in more.items() if value}}
