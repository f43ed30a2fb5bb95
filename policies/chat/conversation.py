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
import numpy as np
from PIL import Image

from deskhand.actions.dialects import Dialect
from deskhand.actions.dialects.render import pixel_in
from deskhand.actions.geometry import Box, ScreenPoint, Viewport
from deskhand.actions.vocabulary import (
    DESKTOP_KINDS,
    INWARD_KINDS,
    TERMINAL_KINDS,
    Action,
    Click,
    Drag,
    Type,
    Zoom,
    points_of,
)
from deskhand.errors import ActionParseError, BackendError
from deskhand.perception.marks import legend, markable, marked
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.client import Answer
from deskhand.policies.profiles.profile import Profile
from deskhand.text import printable
from deskhand.trajectories.records import Decision, Step, Usage

MOST_ENLARGED = 4
"""A region that is looked at closely is enlarged at most so often."""
MOST_MARKS = 150
"""More marks than this would be a longer list than a prompt should have."""

LONGEST_NAME = 60
LONGEST_KNOWN = 200
"""Characters of an application's name that a model is sent."""

LONGEST_SHAPE = 20
"""A closer look is at most so often longer than wide."""
_LONGEST_FEEDBACK = 2000
_SHOWN = Type(text="hello", submit=True)
"""The action of the prompt's one example: every dialect has words for it, and it names no place."""


class Conversation:
    """The pictures of one run, ready to be sent, and the messages around them."""

    def __init__(
        self, profile: Profile, dialect: Dialect | None = None, *, language: str, marks: bool = False
    ) -> None:
        """``profile`` says how the model is asked; ``dialect`` stands in place of the profile's.

        With ``marks`` the pictures carry numbered marks, and the newest comes with a list of their elements.
        """
        self._profile, self._dialect = profile, dialect or profile.spoken()
        self._language = language
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
        known: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """Every message for the next decision, oldest first.

        Args:
            applications: those that can be opened, where none was at the start.
            known: what the map of the application has for the task.
        """
        screenshot = observation.screenshot
        newest = screenshot.digest()
        shown = markable(observation.elements)[:MOST_MARKS] if self._marks else ()
        self._remember(newest, screenshot, shown)
        frames = [step.frame for step in history] + [newest]
        first_shown = self._profile.history.first_shown(len(frames))
        messages: list[dict[str, Any]] = []
        text = prompt_words(
            self._dialect,
            instruction,
            screenshot.viewport,
            language=self._language,
            marks=self._marks,
            applications=applications,
            known=known,
            told=self._profile.frame.told,
        )
        for number, frame in enumerate(frames):
            picture = self._pictures.get(frame) if number >= first_shown else None
            messages.append(_user(text, picture))
            if number < len(history):
                messages.append({"role": "assistant", "content": history[number].decision.raw or "(no text)"})
                text = feedback(history[number])
        for region in regions_of(history):
            # Before the screenshot: where a server takes fewer pictures, it is the closer look that goes.
            messages[-1]["content"][-1:-1] = self._closer(screenshot, region)
        if shown:
            words = f"Marks in this picture:\n{legend(shown)}"
            messages[-1]["content"].append({"type": "text", "text": words})
        return messages

    def _remember(self, digest: str, screenshot: Screenshot, elements: Sequence[Element]) -> None:
        if digest not in self._pictures:
            if elements:
                screenshot = Screenshot(marked(screenshot, elements))
            self._pictures[digest] = data_url(screenshot, sent_size(self._profile, screenshot.viewport))
        self._pictures.move_to_end(digest)
        while len(self._pictures) > self._profile.history.pictures:
            self._pictures.popitem(last=False)

    def _closer(self, screenshot: Screenshot, region: Box) -> list[dict[str, Any]]:
        """A part of the newest screenshot, enlarged, and what it is."""
        closer = closer_look(self._profile, screenshot, region)
        if not closer:
            return []
        region = shapely(region, screenshot.viewport)
        first, last = (
            pixel_in(point, self._dialect.coordinates, screenshot.viewport, edge=True)
            for point in (ScreenPoint(region.left, region.top), ScreenPoint(region.right, region.bottom))
        )
        place = f"({first[0]:g}, {first[1]:g}) to ({last[0]:g}, {last[1]:g})"
        words = f"This is {place} closely; after it the whole screen, on which places are given as before:"
        return [{"type": "text", "text": words}, {"type": "image_url", "image_url": {"url": closer}}]


def closer_look(profile: Profile, screenshot: Screenshot, region: Box) -> str:
    """A part of a screenshot, enlarged, as a data URL; empty where it lies outside."""
    pixels = screenshot.crop(shapely(region, screenshot.viewport))
    if not pixels.size:
        return ""
    height, width = pixels.shape[:2]
    room = profile.picture.max_pixels / (width * height)
    scale = max(min(MOST_ENLARGED, room**0.5), 1.0)
    size = Viewport(round(width * scale), round(height * scale))
    return data_url(Screenshot(np.ascontiguousarray(pixels)), size)


def shapely(region: Box, screen: Viewport) -> Box:
    """A region as far as it lies on a screen, and not much longer than wide, which servers refuse."""
    whole = Box(0, 0, screen.width, screen.height)
    found = region.intersection(whole)
    if not found.area:
        return found
    least = -(-max(found.width, found.height) // LONGEST_SHAPE)
    left, top = min(found.left, screen.width - least), min(found.top, screen.height - least)
    wide = Box(left, top, max(found.right, left + least), max(found.bottom, top + least))
    return wide.intersection(whole)


def regions_of(history: Sequence[Step]) -> tuple[Box, ...]:
    """What the last step asked to look at closely."""
    last = history[-1] if history else None
    actions = last.decision.reply.actions if last is not None and last.decision.reply is not None else ()
    done = zip(actions, last.outcomes if last is not None else (), strict=False)
    return tuple(action.region for action, outcome in done if isinstance(action, Zoom) and outcome.ok)


def located(actions: Sequence[Action], pointer: ScreenPoint | None) -> tuple[Action, ...]:
    """Actions with their places, where they have none and it is known where the pointer will be.

    What is done at a known place can be found again, checked and shown; what is done at the pointer cannot.
    """
    found: list[Action] = []
    for action in actions:
        if isinstance(action, Click) and action.at is None and pointer is not None:
            action = action.model_copy(update={"at": pointer})
        elif isinstance(action, Drag) and len(action.path) == 1 and pointer is not None:
            action = action.model_copy(update={"path": (pointer, *action.path)})
        if not isinstance(action, Zoom):
            pointer = (*points_of(action)[-1:], pointer)[0]
        found.append(action)
    return tuple(found)


def decision_of(
    answer: Answer,
    dialect: Dialect,
    viewport: Viewport,
    usage: Usage,
    pointer: ScreenPoint | None = None,
) -> Decision:
    """What an answer decides; text that is no action makes a decision without a reply, and says why.

    Args:
        pointer: where the pointer is, if that is known.
    """
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
    reply = reply.model_copy(update={"actions": located(reply.actions, pointer)})
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
    known: Sequence[str] = (),
    told: bool = True,
) -> str:
    """What a model is sent before the first screenshot, the instruction last.

    Args:
        known: what the map of the application has for the task, a line a command.
        told: whether it is said in which numbers places are given.
    """
    return _template("vision.jinja").render(
        actions=dialect.describe(DESKTOP_KINDS | INWARD_KINDS | TERMINAL_KINDS),
        coordinates=dialect.coordinates.describe(viewport) if told else "",
        example=dialect.render((_SHOWN,), "what you think, in a few sentences", viewport),
        language=language,
        instruction=instruction,
        marks=marks,
        applications=", ".join(printable(name, " ")[:LONGEST_NAME] for name in applications),
        known=[printable(line, " ")[:LONGEST_KNOWN] for line in known],
    )


def hosted_words(
    instruction: str, applications: Sequence[str] = (), known: Sequence[str] = ()
) -> tuple[str, str]:
    """What a model with a computer tool of its own is sent: what holds for every task, and the task."""
    names = ", ".join(printable(name, " ")[:LONGEST_NAME] for name in applications)
    lines = [printable(line, " ")[:LONGEST_KNOWN] for line in known]
    words = _template("hosted.jinja").render(applications=names, known=lines)
    return words, f"## Task\n{instruction}"


def sent_size(profile: Profile, viewport: Viewport) -> Viewport:
    """The size in which a screenshot is sent, so that the server's own resizing changes nothing.

    Raises:
        BackendError: the screen has a shape that the model's family refuses.
    """
    try:
        return profile.picture.size(viewport)
    except ValueError as error:
        raise BackendError(f"the screenshot cannot be sent to the model: {error}") from error


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
        left = len(step.decision.reply.actions) - len(step.outcomes)
        if step.outcomes and not step.outcomes[-1].ok and left > 0:
            lines.append(
                f"The {left} action{'s' * (left > 1)} after it {'were' if left > 1 else 'was'} not done."
            )
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
