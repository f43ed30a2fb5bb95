"""Turns a run into the messages that a vision-language model is asked with.

    user       the prompt, its last line the instruction, then the first screenshot
    assistant  the first reply, as the model wrote it
    user       what became of it, then the next screenshot
    ...

Roles always alternate, because some servers insist on it. All replies stay as text; only the last
screenshots stay, the newest at the very end.
"""

from __future__ import annotations

import base64
import io
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import Any

import jinja2
from PIL import Image

from deskhand.actions.dialects import Dialect
from deskhand.actions.geometry import SmartResized, Viewport
from deskhand.actions.vocabulary import DESKTOP_KINDS, TERMINAL_KINDS, Type
from deskhand.errors import ActionParseError, BackendError
from deskhand.perception.marks import legend, markable, marked
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.client import Answer
from deskhand.text import printable
from deskhand.trajectories.records import Decision, Step, Usage

SENT_PIXELS = 2700 * 28 * 28
"""Most pixels of a picture in frames that do not depend on its size: 2.1 million."""

MOST_MARKS = 150
"""More marks than this would be a longer list than a prompt should have."""

LONGEST_NAME = 60
"""Characters of an application's name that a model is sent."""

_LONGEST_FEEDBACK = 2000
_SHOWN = Type(text="hello", submit=True)
"""The action of the prompt's one example: every dialect has words for it, and it names no place."""


class Conversation:
    """The pictures of one run, ready to be sent, and the messages around them."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        screenshots: int,
        language: str,
        max_pixels: int | None = None,
        marks: bool = False,
    ) -> None:
        """``screenshots`` is how many stay in the conversation, the newest included.

        With ``marks`` the pictures carry numbered marks, and the newest comes with a list of their elements.
        """
        self._dialect = dialect
        self._kept = max(1, screenshots)
        self._language = language
        self._max_pixels = max_pixels or SENT_PIXELS
        self._marks = marks
        self._pictures: OrderedDict[str, str] = OrderedDict()

    def forget(self) -> None:
        """Begin anew."""
        self._pictures.clear()

    def messages(
        self,
        instruction: str,
        observation: Observation,
        history: Sequence[Step],
        *,
        applications: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """Every message for the next decision, oldest first.

        Args:
            applications: those that can be opened, where none was at the start.
        """
        screenshot = observation.screenshot
        newest = screenshot.digest()
        shown = markable(observation.elements)[:MOST_MARKS] if self._marks else ()
        self._remember(newest, screenshot, shown)
        frames = [step.frame for step in history] + [newest]
        first_shown = len(frames) - self._kept
        messages: list[dict[str, Any]] = []
        text = prompt_words(
            self._dialect,
            instruction,
            screenshot.viewport,
            language=self._language,
            marks=self._marks,
            applications=applications,
        )
        for number, frame in enumerate(frames):
            picture = self._pictures.get(frame) if number >= first_shown else None
            messages.append(_user(text, picture))
            if number < len(history):
                messages.append({"role": "assistant", "content": history[number].decision.raw or "(no text)"})
                text = feedback(history[number])
        if shown:
            words = f"Marks in this picture:\n{legend(shown)}"
            messages[-1]["content"].append({"type": "text", "text": words})
        return messages

    def _remember(self, digest: str, screenshot: Screenshot, elements: Sequence[Element]) -> None:
        if digest not in self._pictures:
            if elements:
                screenshot = Screenshot(marked(screenshot, elements))
            self._pictures[digest] = data_url(
                screenshot, sent_size(self._dialect, screenshot.viewport, self._max_pixels)
            )
        self._pictures.move_to_end(digest)
        while len(self._pictures) > self._kept:
            self._pictures.popitem(last=False)


def decision_of(answer: Answer, dialect: Dialect, viewport: Viewport, usage: Usage) -> Decision:
    """What an answer decides; text that is no action makes a decision without a reply, and says why."""
    if answer.cut:
        # Half a reply could be mended into an action that was never meant: half a text typed.
        error = f"the reply was cut off {answer.cut}; reply more briefly"
        return Decision(reply=None, raw=answer.text, usage=usage, error=error)
    if answer.refusal and not answer.text.strip():
        error = f"the model refused: {answer.refusal.strip()[:500]}"
        return Decision(reply=None, raw=answer.refusal, usage=usage, error=error)
    try:
        reply = dialect.parse(answer.text, viewport)
    except ActionParseError as fault:
        return Decision(reply=None, raw=answer.text, usage=usage, error=str(fault))
    if answer.reasoning and not reply.thought:
        reply = reply.model_copy(update={"thought": answer.reasoning.strip()})
    return Decision(reply=reply, raw=answer.text, usage=usage)


def prompt_words(
    dialect: Dialect,
    instruction: str,
    viewport: Viewport,
    *,
    language: str = "English",
    marks: bool = False,
    applications: Sequence[str] = (),
) -> str:
    """What a model is sent before the first screenshot, the instruction last."""
    return _template("vision.jinja").render(
        actions=dialect.describe(DESKTOP_KINDS | TERMINAL_KINDS),
        coordinates=dialect.coordinates.describe(viewport),
        example=dialect.render((_SHOWN,), "what you think, in a few sentences", viewport),
        language=language,
        instruction=instruction,
        marks=marks,
        applications=", ".join(printable(name, " ")[:LONGEST_NAME] for name in applications),
    )


def sent_size(dialect: Dialect, viewport: Viewport, max_pixels: int = SENT_PIXELS) -> Viewport:
    """The size in which a screenshot is sent.

    Coordinates in resized pixels fix it, so that the server's own resizing changes nothing. Other
    frames are relative: there it is the screen's, shrunk in proportion to ``max_pixels``.

    Raises:
        BackendError: the screen has a shape that the model's family refuses.
    """
    if isinstance(dialect.coordinates, SmartResized):
        try:
            return dialect.coordinates.resized(viewport)
        except ValueError as error:
            raise BackendError(f"the screenshot cannot be sent to the model: {error}") from error
    shrink = (viewport.width * viewport.height / max_pixels) ** 0.5
    if shrink <= 1:
        return viewport
    return Viewport(max(1, int(viewport.width / shrink)), max(1, int(viewport.height / shrink)))


def data_url(screenshot: Screenshot, size: Viewport) -> str:
    """A screenshot as a PNG data URL of ``size`` pixels."""
    picture = Image.fromarray(screenshot.pixels)
    if picture.size != (size.width, size.height):
        picture = picture.resize((size.width, size.height), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def feedback(step: Step) -> str:
    """What became of a step, for the model that decided it; empty if there is nothing to say."""
    lines: list[str] = []
    if step.decision.reply is None:
        lines.append(f"Your last reply could not be read: {step.decision.error}")
        lines.append("Nothing was done. Reply again, exactly in the format above.")
    else:
        for action, outcome in zip(step.decision.reply.actions, step.outcomes, strict=False):
            noted = outcome.reason and any(outcome.reason in note for note in step.notes)
            if not outcome.ok and not noted:
                lines.append(f"{action.kind}: {outcome.status}. {outcome.reason}".rstrip())
    lines.extend(note for note in step.notes if not step.decision.error or step.decision.error not in note)
    return "\n".join(dict.fromkeys(lines))[:_LONGEST_FEEDBACK]


def _user(text: str, picture: str | None) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    if text:
        parts.append({"type": "text", "text": text})
    if picture is not None:
        parts.append({"type": "image_url", "image_url": {"url": picture}})
    return {"role": "user", "content": parts or [{"type": "text", "text": "(an earlier screenshot)"}]}


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("deskhand.policies.chat", "prompts"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # the result is read by a model, not by a browser
        keep_trailing_newline=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
