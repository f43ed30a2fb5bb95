"""Metrics of ours: the look of a document's lines, a message, the same bytes, what a web form sent."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable, Mapping
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from typing import Any, Literal

from docx.oxml.ns import qn
from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import bytes_of, must, rules_of, shown, text_of
from deskhand.benchmarks.task_files.metrics.documents import document
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.task import Object

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
    "centred": lambda paragraph: _alignment(paragraph) == "center",
    "right-aligned": lambda paragraph: _alignment(paragraph) in ("right", "end"),
}


def _alignment(paragraph: Any) -> str:
    """The word for it in the file; "end" and "start" are how newer files call right and left."""
    found = paragraph._p.find(f"{qn('w:pPr')}/{qn('w:jc')}")
    return "" if found is None else str(found.get(qn("w:val")))


class _Message(BaseModel):
    to: str
    subject: str
    text: str


def deskhand_message(result: Any, expected: Any, options: Object) -> Score:
    """A message goes to somebody, and has a subject and a text."""
    rule = rules_of(_Message, expected)
    # The policy that keeps headers as they stand: addresses that nobody can send to break the newer one.
    message = email.message_from_bytes(bytes_of(result), policy=email.policy.compat32)
    found = [_header(message, "To"), _header(message, "Subject"), _body(message)]
    wanted = [rule.to, rule.subject, rule.text]
    for what, one, other in zip(("address", "subject", "text"), found, wanted, strict=True):
        if one.strip() != other:
            return Score(0.0, f"the {what} is {shown(one.strip())} and not {shown(other)}")
    return Score(1.0)


def _header(message: Message, name: str) -> str:
    """A header's text; as it stands where its encoding makes no sense."""
    raw = str(message.get(name, ""))
    try:
        return str(make_header(decode_header(raw)))
    except (ValueError, LookupError, MessageError):
        return raw


def _body(message: Message) -> str:
    """The first plain text of a message that is no attachment."""
    for part in message.walk():
        if part.get_content_type() == "text/plain" and part.get_content_disposition() != "attachment":
            data = part.get_payload(decode=True)
            return _decoded(data, part.get_content_charset("utf-8")) if isinstance(data, bytes) else ""
    return ""


def _decoded(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, errors="replace")
    except (LookupError, ValueError):
        return data.decode(errors="replace")


def deskhand_same_bytes(result: Any, expected: Any, options: Object) -> Score:
    """Two files of the same content."""
    return must(bytes_of(result) == bytes_of(expected), "the file has another content")


def deskhand_json_lines(result: Any, expected: Any, options: Object) -> Score:
    """A text of one JSON object a line has exactly these objects."""
    try:
        found = [json.loads(line) for line in text_of(result).splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise NothingThere("the file does not contain JSON") from error
    return must(found == expected, f"there is {shown(found)} and not {shown(expected)}")
