"""Metrics of ours: the look of a document's lines, a message, the same bytes, what a web form sent."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel

from deskhand.benchmarks.osworld.metrics.common import bytes_of, must, rules_of, shown, text_of
from deskhand.benchmarks.osworld.metrics.documents import document
from deskhand.benchmarks.osworld.place import NothingThere
from deskhand.benchmarks.osworld.task import Object
from deskhand.benchmarks.suite import Score

Look = Literal["bold", "italic", "underlined", "centred", "right-aligned"]


class _Line(BaseModel):
    """A line of a document that has a look, as the only one."""

    text: str
    look: Look


def deskhand_line(result: Any, expected: Any, options: Object) -> Score:
    """A document has a line of a look, and no other line has it."""
    rule = rules_of(_Line, expected)
    lines = [one for one in document(result).paragraphs if one.text.strip()]
    found = [one.text for one in lines if _LOOKS[rule.look](one)]
    return must(found == [rule.text], f"{rule.look} are {shown(found)} and not {shown([rule.text])}")


def _runs(test: Callable[[Any], Any]) -> Callable[[Any], bool]:
    """Whether all of a paragraph's text passes a test."""
    return lambda paragraph: all(test(run) for run in paragraph.runs if run.text.strip())


_LOOKS: Mapping[str, Callable[[Any], bool]] = {
    "bold": _runs(lambda run: run.bold),
    "italic": _runs(lambda run: run.italic),
    "underlined": _runs(lambda run: run.underline),
    "centred": lambda paragraph: _alignment(paragraph) == "CENTER",
    "right-aligned": lambda paragraph: _alignment(paragraph) == "RIGHT",
}


def _alignment(paragraph: Any) -> str:
    found = paragraph.paragraph_format.alignment
    return "" if found is None else str(found.name)


class _Message(BaseModel):
    to: str
    subject: str
    text: str


def deskhand_message(result: Any, expected: Any, options: Object) -> Score:
    """A message goes to somebody, and has a subject and a text."""
    rule = rules_of(_Message, expected)
    message = email.message_from_bytes(bytes_of(result), policy=email.policy.default)
    body = message.get_body(("plain",))
    found = [str(message["to"]), str(message["subject"]), str(body.get_content()) if body is not None else ""]
    wanted = [rule.to, rule.subject, rule.text]
    for what, one, other in zip(("address", "subject", "text"), found, wanted, strict=True):
        if one.strip() != other:
            return Score(0.0, f"the {what} is {shown(one.strip())} and not {shown(other)}")
    return Score(1.0)


def deskhand_same_bytes(result: Any, expected: Any, options: Object) -> Score:
    """Two files of the same content."""
    return must(bytes_of(result) == bytes_of(expected), "the file has another content")


def deskhand_json_lines(result: Any, expected: Any, options: Object) -> Score:
    """A text of one JSON object a line has exactly these objects."""
    try:
        found = [json.loads(line) for line in text_of(result).splitlines() if line.strip()]
    except ValueError as error:
        raise NothingThere("the file holds something else than JSON") from error
    return must(found == expected, f"there is {shown(found)} and not {shown(expected)}")
