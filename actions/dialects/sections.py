"""The parts of a reply: thought, reflection, and the place where its actions begin.

A label at the beginning of a line (``Action:``) outweighs everything; tags and calls at the
beginning of a line come next; a call in the middle of prose counts only when nothing follows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from deskhand.actions.dialects.calls import Source
from deskhand.actions.dialects.catalogue import BY_SPELLING, INVISIBLE, fold
from deskhand.actions.dialects.patterns import (
    BARE_WORD,
    CALL_ANYWHERE,
    CALL_AT,
    CALL_LINE,
    CALLISH,
    LABEL_AT,
    LABEL_LINE,
    LABEL_MIDLINE,
    NAMED,
    THINK_CLOSE,
    THINK_OPEN,
    TOOL_TAG,
)

_MOST_LABELS = 1000
_MOST_THINK_BLOCKS = 4
_FENCE = re.compile(r"(?:```\w{0,12}|<[a-z_]{1,80}>)[ \t\r]{0,8}")
_EMPHASIS = re.compile(r"[*_`]{1,3}")
_EDGES = " \t\r\n\u00a0" + INVISIBLE


@dataclass(slots=True)
class Parts:
    """What stands before the actions. ``actions_at`` is None if nothing looks like one.

    ``strict`` says that the call stands in prose, so that any prose after it makes it prose too.
    """

    thought: list[str] = field(default_factory=list)
    reflection: list[str] = field(default_factory=list)
    actions_at: int | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the actions begin and where the text before them ends."""

    at: int
    head_end: int
    strict: bool = False


def split(source: Source, start: int = 0) -> Parts:
    """Find the parts of a reply from ``start`` on."""
    parts = Parts()
    at = _leading_thoughts(source, start, parts)
    labels = _labels(source, at)
    begin = _begin(source, at, labels)
    head_end = source.end if begin is None else begin.head_end
    prefilled = source.text.rfind("</", at, head_end)
    if prefilled >= 0:
        at = _after_prefilled(source, at, head_end, parts)
        labels = [label for label in labels if label.start() >= at]
    _collect(source, at, head_end, labels, parts)
    if begin is not None:
        parts.actions_at, parts.strict = begin.at, begin.strict
    return parts


def tidy(text: str) -> str:
    """A thought without blanks and emphasis left over at its edges."""
    text = text.strip(_EDGES)
    return text[:-2].rstrip(_EDGES) if text.endswith("**") and text.count("**") % 2 else text


def _leading_thoughts(source: Source, at: int, parts: Parts) -> int:
    """Take whole ``<think>`` blocks off the front; return where the rest begins."""
    for _ in range(_MOST_THINK_BLOCKS):
        opening = THINK_OPEN.match(source.text, at, source.end)
        if opening is None:
            break
        closing = THINK_CLOSE.search(source.text, opening.end(), source.end)
        at = opening.end()
        if closing is None:
            source.mended("a thinking block was not closed")
            break
        reflects = opening[1].lower() == "reflection"
        _add(parts.reflection if reflects else parts.thought, source.text[at : closing.start()])
        at = closing.end()
    return at


def _after_prefilled(source: Source, at: int, head_end: int, parts: Parts) -> int:
    """A template may have written ``<think>`` itself: then only its closing tag is in the reply."""
    for closing in list(THINK_CLOSE.finditer(source.text, at, head_end))[-1:]:
        _add(parts.thought, source.text[at : closing.start()])
        return closing.end()
    return at


def _labels(source: Source, at: int) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    first = LABEL_AT.match(source.text, at, source.end)
    if first is not None:
        found.append(first)
        at = first.end()
    for label in LABEL_LINE.finditer(source.text, at, source.end):
        if len(found) >= _MOST_LABELS:
            source.fail(f"there are more than {_MOST_LABELS} labelled parts", label.start())
        found.append(label)
    return found


def _begin(source: Source, at: int, labels: list[re.Match[str]]) -> _Start | None:
    text, end = source.text, source.end
    action_labels = [label for label in labels if label["action"]]
    labelled = next((label for label in action_labels if CALLISH.match(text, label.end(), end)), None)
    tag = TOOL_TAG.search(text, at, end)
    if labelled is not None and (tag is None or labelled.start() < tag.start()):
        return _Start(labelled.end(), labelled.start())
    line = CALL_AT.match(text, at, end) or CALL_LINE.search(text, at, end)
    if tag is not None and (line is None or tag.start() <= line.start("call")):
        return _Start(tag.start("call"), tag.start("call"))
    if line is not None:
        if not labels and source.labelled:
            source.mended("the label Action: was missing")
        return _Start(line.start("call"), line.start())
    return _begin_in_prose(source, at, action_labels)


def _begin_in_prose(source: Source, at: int, action_labels: list[re.Match[str]]) -> _Start | None:
    text, end = source.text, source.end
    for midline in islice(LABEL_MIDLINE.finditer(text, at, end), _MOST_LABELS):
        if CALL_AT.match(text, midline.end(), end):
            return _Start(midline.end(), midline.start())
    if action_labels:
        return _Start(action_labels[0].end(), action_labels[0].start())
    for named in islice(CALL_ANYWHERE.finditer(text, at, end), _MOST_LABELS):
        if NAMED.match(text, named.end(), end):
            source.mended("the label Action: was missing")
            return _Start(named.start(), named.start(), strict=True)
    word = BARE_WORD.match(text, at, end)
    alone = word is not None and word["alone"] is not None and word.end() >= end
    if word is not None and alone and fold(word["word"]) in BY_SPELLING:
        source.mended("the label Action: was missing")
        return _Start(at, at)
    return None


def _collect(source: Source, at: int, end: int, labels: list[re.Match[str]], parts: Parts) -> None:
    """File the text before the actions under thought or reflection, label by label."""
    target, begin = parts.thought, at
    for label in labels:
        if label.start() >= end:
            break
        _add(target, source.text[begin : label.start()])
        target = parts.reflection if label["reflection"] else parts.thought
        begin = after_label(source, label)
    _add(target, source.text[begin:end])


def after_label(source: Source, label: re.Match[str]) -> int:
    """Where the text of a labelled part begins: after the emphasis that the label itself opened."""
    closing = _EMPHASIS.match(source.text, label.end(), source.end)
    return closing.end() if closing and closing[0] in label[0] else label.end()


def _without_fences(piece: str) -> str:
    """Drop lines at the end that only open or close a code block, or open the block of the actions."""
    end = len(piece)
    while end:
        line = piece.rfind("\n", 0, end) + 1
        if not _FENCE.fullmatch(piece, line, end):
            break
        end = max(line - 1, 0)
    return piece[:end].rstrip(_EDGES)


def _add(target: list[str], piece: str) -> None:
    piece = _without_fences(tidy(piece))
    if piece.strip("#*`_-<>[]() \n"):
        target.append(piece)
