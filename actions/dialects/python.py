"""Programs for pyautogui as a dialect (Kimi, OpenCUA): only calls that are known are read, none is run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deskhand.actions.dialects.calls import LONGEST_REPLY, MOST_ACTIONS, Hints, Source
from deskhand.actions.dialects.dialect import check_shape, reply_of
from deskhand.actions.dialects.render import neutral
from deskhand.actions.geometry import CoordinateSystem, ScreenPoint, Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.script import read_script, write_script
from deskhand.actions.vocabulary import (
    TERMINAL_KINDS,
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    KeyDown,
    KeyUp,
    MouseDown,
    MouseUp,
    Move,
    Scroll,
    TakeScreenshot,
    Type,
    Wait,
    points_of,
)
from deskhand.errors import ActionParseError, NotExpressible

_FENCE = re.compile(r"```[a-zA-Z]{0,12}[ \t]*\r?\n(?P<code>.*?)(?:```|\Z)", re.DOTALL)
_CALL = re.compile(r"^[ \t]*(?:pyautogui|computer|time|pyperclip)\.\w+\(", re.MULTILINE)
_LABEL = re.compile(
    r"^[ \t]*(?:#{1,3}[ \t]*|[*_]{1,2})?(?:thought|observation|action|code|step \d{1,3})[*_]{0,2}[ \t]*[:：]"
    r"[*_]{0,2}[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_GAP = re.compile(r"[ \t]*\n\s*\n")
_THINKING = re.compile(r"</?(?:think|thinking)>|◁/?think▷", re.IGNORECASE)
_AT = ScreenPoint(1, 1)
_EXAMPLES: tuple[tuple[Action, str], ...] = (
    (Click(at=_AT), "press the left button once at the point"),
    (Click(at=_AT, count=2), "press the left button twice"),
    (Click(at=_AT, count=3), "press the left button three times"),
    (Click(at=_AT, button="right"), "press the right button once"),
    (Click(at=_AT, button="middle"), "press the middle button once"),
    (Move(at=_AT), "move the pointer to the point"),
    (Drag(path=(_AT,)), "press where the pointer is, release at the point"),
    (Scroll(dy=-5), "turn the wheel at the pointer: above 0 up, below 0 down"),
    (Scroll(dx=5), "turn the wheel sideways: above 0 right"),
    (Type(text="..."), "type the text"),
    (Key(keys=("enter",)), "press a key"),
    (Key(keys=("ctrl", "c")), "press the keys together"),
    (KeyDown(key="shift"), "press a key and keep it down"),
    (KeyUp(key="shift"), "release a key"),
    (MouseDown(at=_AT), "press a button and keep it down"),
    (MouseUp(at=_AT), "release a button"),
    (Wait(), "let 5 seconds pass"),
    (TakeScreenshot(), "look again without doing anything"),
)


@dataclass(frozen=True, slots=True)
class PythonDialect:
    """Calls of pyautogui and ``computer`` in a block of code, after a thought.

    See ``Dialect``. Only calls with literal arguments are taken; anything else makes no action of the reply.
    """

    name: str
    coordinates: CoordinateSystem

    def parse(self, text: str, viewport: Viewport) -> Reply:
        """See ``Dialect.parse``."""
        if len(text) > LONGEST_REPLY:
            raise ActionParseError(f"the reply is over {LONGEST_REPLY} characters long", LONGEST_REPLY, text)
        source = Source(
            text, len(text), Hints("pyautogui's", "```python\npyautogui.click(x=..., y=...)\n```")
        )
        check_shape(source, self.name, self.coordinates, viewport)
        begin = self._after_thinking(source)
        blocks = list(_FENCE.finditer(text, begin))
        calls = _CALL.search(text, begin)
        if blocks:
            code = "\n".join(block["code"] for block in blocks)
            thought, at = text[: blocks[0].start()], blocks[0].start("code")
        elif calls is not None:
            source.mended("the code had no block of its own")
            code, thought, at = text[calls.start() :], text[: calls.start()], calls.start()
        else:
            source.fail_empty(len(text))
        try:
            found = read_script(code, self.coordinates, viewport)
        except ActionParseError as error:
            raise ActionParseError(error.reason, at + (error.position or 0), text) from error
        for repair in found.repairs:
            source.mended(repair)
        if not found.actions:
            source.fail_empty(len(text))
        if len(found.actions) > MOST_ACTIONS:
            source.fail(f"there are more than {MOST_ACTIONS} actions in one reply", at)
        thought = _LABEL.sub("", _THINKING.sub("", thought))
        return reply_of(found.actions, source, _GAP.sub("\n\n", thought).strip())

    def _after_thinking(self, source: Source) -> int:
        """Where what was thought ends: code that was only thought of is not meant.

        Raises:
            ActionParseError: a thinking block is not closed.
        """
        marks = list(_THINKING.finditer(source.text))
        closing = [mark for mark in marks if "/" in mark[0]]
        if closing:
            return closing[-1].end()
        if marks and not source.text[: marks[0].start()].strip():
            source.fail("a thinking block is not closed, so there is no action after it", marks[0].start())
        return 0

    def render(self, actions: Sequence[Action], thought: str, viewport: Viewport) -> str:
        """See ``Dialect.render``."""
        if not 1 <= len(actions) <= MOST_ACTIONS:
            raise NotExpressible(f"a reply holds 1 to {MOST_ACTIONS} actions, not {len(actions)}")
        if len(actions) > 1 and any(action.kind in TERMINAL_KINDS for action in actions):
            raise NotExpressible("finished, call_user and infeasible stand alone in a step")
        code = "\n".join(self._lines(action, viewport) for action in actions)
        # Inside texts, where a fence would end the block and a mark would count as one of thinking.
        code = _THINKING.sub(lambda mark: mark[0].replace("<", "\\x3c").replace("◁", "\\u25c1"), code)
        code = code.replace("`", "\\x60")
        said = neutral(thought).replace("```", "'''")
        return f"{f'Thought: {said}' + chr(10) if said else ''}```python\n{code}\n```"

    def describe(self, kinds: Iterable[str] | None = None) -> str:
        """See ``Dialect.describe``."""
        wanted = None if kinds is None else frozenset(kinds)
        lines = [
            f"{self._example(action)}  # {says}"
            for action, says in _EXAMPLES
            if wanted is None or action.kind in wanted
        ]
        endings = (
            ('computer.terminate(status="success", answer="...")', "finished", "the task is done"),
            ('computer.terminate(status="failure", answer="...")', "infeasible", "the task cannot be done"),
            ('computer.call_user(question="...")', "call_user", "ask the user for help"),
        )
        lines += [f"{text}  # {says}" for text, kind, says in endings if wanted is None or kind in wanted]
        return "\n".join(lines)

    def _example(self, action: Action) -> str:
        text = write_script((action,), self.coordinates, Viewport(1000, 1000)).text
        return re.sub(r"x=[\d.]+, y=[\d.]+", "x=..., y=...", text)

    def _lines(self, action: Action, viewport: Viewport) -> str:
        for point in points_of(action):
            if point not in viewport:
                raise NotExpressible(
                    f"({point.x}, {point.y}) is outside the {viewport.width}x{viewport.height} screen"
                )
        match action:
            case Finished(answer=words) | Infeasible(reason=words):
                status = "success" if isinstance(action, Finished) else "failure"
                more = "" if words is None else f", answer={words!r}"
                return f"computer.terminate(status={status!r}{more})"
            case CallUser(question=words):
                return f"computer.call_user({'' if words is None else f'question={words!r}'})"
        try:
            written = write_script((action,), self.coordinates, viewport)
            back = read_script(written.text, self.coordinates, viewport).actions if written.text else ()
        except (ActionParseError, ValueError) as error:
            raise NotExpressible(f"no calls of pyautogui do this {action.kind}: {error}") from error
        # What takes several calls to say is read as several actions.
        if written.unsaid or len(back) != 1 or back[0].kind != action.kind:
            raise NotExpressible(f"no one call of pyautogui does this {action.kind}")
        return written.text
