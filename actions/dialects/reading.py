"""From a reply's text to calls: walks through the actions and steps over what lies between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from deskhand.actions.dialects.calls import MOST_ACTIONS, Argument, Call, Source
from deskhand.actions.dialects.catalogue import BY_NAME, BY_SPELLING, INVISIBLE, Word, fold
from deskhand.actions.dialects.patterns import (
    BARE_WORD,
    CALL_ANYWHERE,
    INVENTED,
    JSON_NAME,
    JSON_QUOTE,
    LABEL_AT,
    LABEL_LINE,
    LINE_OF_INTEREST,
    NEWLINE,
    STOP_HERE,
    STOP_TOKEN,
    THINK_CLOSE,
    UNKNOWN_CALL,
    Finder,
)
from deskhand.actions.dialects.scanner import Scanner
from deskhand.actions.dialects.sections import Parts, after_label, split, tidy
from deskhand.actions.dialects.tags import at_keyed, at_tag, read_function, read_json, read_keyed

_MOST_ITEMS = 400
_MOST_STOP_TOKENS = 32
_MOST_THOUGHTS = 3
_JUNK = re.compile(
    rf"(?:[\s{INVISIBLE}]++|[-=]>|[#*_~+•·●○–—\-]++|[;；,，.。、:：|&]++|`++(?:[a-z]{{1,12}}(?=[\r\n]))?"
    rf"|(?!\[EOS\]|{JSON_NAME})[)）\]】}}\[({{（【\"'‘’“”]|\d{{1,3}}[.)、:](?=\s)"
    r"|</?(?!function|invoke|think|gui_think|thought|reasoning|s>|eos>|end_of_turn>)[a-z_][^<>\r\n]{0,120}>"
    r"|(?:and|then|next|finally|然后|接着)(?=[\s,，:])|\\[nrt](?![a-z]))++",
    re.IGNORECASE,
)
_HEAD_OF_CALL = re.compile(rf"(?:[a-zA-Z_]\w{{0,20}}\.)?(?P<word>.*?)[ {INVISIBLE}]?[(（\[{{【]", re.DOTALL)
_JSON_AT = re.compile(rf"{JSON_NAME}[a-z_]{{1,20}}\s{{0,8}}{JSON_QUOTE}\s{{0,8}}[:：]", re.IGNORECASE)
_FUNCTION = re.compile(r"<(?:function|invoke)", re.IGNORECASE)
_ANSWER = re.compile(r"(<answer>)(?P<text>[^<]{1,4000}+)</answer>\s*+\Z", re.IGNORECASE)


@dataclass(slots=True)
class Read:
    """Everything that a reply says, before its calls are understood."""

    thought: list[str] = field(default_factory=list)
    reflection: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


def text_end(text: str) -> int:
    """Where a reply ends without its trailing blanks and stop tokens."""
    end = len(text)
    for _ in range(_MOST_STOP_TOKENS):
        while end and (text[end - 1].isspace() or text[end - 1] in INVISIBLE):
            end -= 1
        hit = STOP_TOKEN.search(text, max(0, end - 48), end)
        if hit is None:
            break
        end = hit.start()
    return end


def read(source: Source) -> Read:
    """Read a whole reply.

    Raises:
        ActionParseError: it holds no action, or one that cannot be read.
    """
    parts = split(source)
    if parts.actions_at is None:
        return _answer(source, parts)
    found = Read(parts.thought, parts.reflection)
    _Walk(source, found, strict=parts.strict).run(parts.actions_at)
    return found


def _answer(source: Source, parts: Parts) -> Read:
    """A reply that only answers, in a block of its own."""
    block = _ANSWER.search(source.text, 0, source.end)
    if block is None:
        source.fail_empty(source.end)
    source.mended("an answer in a block of its own was taken as finished")
    answer = Argument("content", block["text"].strip(), block.start("text"))
    thought = [before for piece in parts.thought if (before := tidy(piece.partition(block[1])[0]))]
    return Read(thought, parts.reflection, [Call(BY_NAME["finished"], "answer", (answer,), block.start())])


class _Walk:
    """One pass over the actions of a reply, always forward."""

    def __init__(self, source: Source, found: Read, *, strict: bool) -> None:
        self.source = source
        self.found = found
        self.strict = strict
        self.finder = Finder(source.text, source.end)
        self.scanner = Scanner(source, self.finder)
        self.fresh_line = True  # has no call been read on this line yet?
        self.thoughts_ended = 0
        self.nearly: tuple[Word, int] | None = None  # a word that stood there without arguments

    def run(self, position: int) -> None:
        """Read every call from ``position`` on into ``found``; where there is none, the error says why."""
        start = position
        for _ in range(_MOST_ITEMS):
            position = self._junk(position)
            if position >= self.source.end:
                break
            position = self._item(position)
            if len(self.found.calls) > MOST_ACTIONS:
                self.source.fail(f"there are more than {MOST_ACTIONS} actions in one reply", position)
        else:
            self.source.fail("there is too much text between the actions", position)
        if not self.found.calls:
            self._explain(start)

    def _junk(self, position: int) -> int:
        """Step over separators, bullets, fences and tags; tags of functions are not stepped over."""
        hit = _JUNK.match(self.source.text, position, self.source.end)
        if hit is None:
            return position
        if "```" in hit[0]:
            self.source.mended("a code fence was left out")
        if NEWLINE.search(hit[0]):
            self.fresh_line = True
        return hit.end()

    def _item(self, position: int) -> int:
        text, end = self.source.text, self.source.end
        if STOP_HERE.match(text, position, end):
            self.source.mended("text after a stop token was left out")
            return end
        if self.found.calls and self.fresh_line and INVENTED.match(text, position, end):
            self.source.mended("what follows an invented observation was left out")
            return end
        if THINK_CLOSE.match(text, position, end):
            return self._thought_ends(position)
        label = LABEL_AT.match(text, position, end)
        if label is not None:
            return self._label(label)
        if _FUNCTION.match(text, position, end) and at_tag(self.source, position):
            return self._add(*read_function(self.source, position))
        if at_keyed(self.source, position):
            return self._add(*read_keyed(self.source, position))
        if _JSON_AT.match(text, position, end):
            calls, thought, after = read_json(self.source, position)
            self.found.calls.extend(calls)
            self.found.thought += [thought] if thought else []
            return after
        return self._call(position)

    def _add(self, call: Call, after: int) -> int:
        self.found.calls.append(call)
        self.fresh_line = False
        return after

    def _call(self, position: int) -> int:
        text, end = self.source.text, self.source.end
        hit = CALL_ANYWHERE.match(text, position, end) or UNKNOWN_CALL.match(text, position, end)
        if hit is not None and (self.fresh_line or CALL_ANYWHERE.match(text, position, end)):
            return self._bracketed(hit)
        bare = BARE_WORD.match(text, position, end) if self.fresh_line else None
        if bare is not None and fold(bare["word"]) in BY_SPELLING:
            after = self._bare(bare)
            if after is not None:
                return after
        return self._prose(position)

    def _bracketed(self, hit: re.Match[str]) -> int:
        head = _HEAD_OF_CALL.match(hit[0])
        spelled = (head["word"] if head else hit[0]).strip()
        word = BY_SPELLING.get(fold(spelled))
        if word is None:
            self.source.fail_unknown(spelled, hit.start())
        return self._add(*self.scanner.call(word, spelled, hit.start(), hit.end()))

    def _bare(self, hit: re.Match[str]) -> int | None:
        """A word without brackets: alone on its line, or with arguments that cannot be prose."""
        word = BY_SPELLING[fold(hit["word"])]
        if hit["alone"] is not None:
            return self._add(Call(word, hit["word"], (), hit.start()), hit.end())
        unquoted = self.source.text[hit.end() : hit.end() + 1].isalpha()
        named = re.compile(r"\w{1,20}\s{0,4}[=＝]").match(self.source.text, hit.end())
        if unquoted and not named and not set(word.takes) & {"keys", "key", "direction", "seconds"}:
            self.nearly = self.nearly or (word, hit.start())
            return None
        return self._add(*self.scanner.unbracketed(word, hit["word"], hit.start(), hit.end()))

    def _prose(self, position: int) -> int:
        """Step over prose, up to the next thing on this line or below that looks like an action."""
        if self.strict:
            self.source.fail_empty(position)
        text, end = self.source.text, self.source.end
        line_end = self.finder.start(NEWLINE, position) or end
        if self.fresh_line:
            inline = CALL_ANYWHERE.search(text, position, line_end)
            if inline is not None and not text[inline.end() - 2].isspace():
                self.source.mended("prose before an action was left out")
                return inline.start()
        if self.found.calls and text[position:line_end].strip(" \t`*.。"):
            self.source.mended("prose after an action was left out")
        self.fresh_line = True
        return self._next_line_of_interest(line_end)

    def _next_line_of_interest(self, line_end: int) -> int:
        """The next line that begins like an action, so that long prose costs one search."""
        return self.finder.start(LINE_OF_INTEREST, line_end) or self.source.end

    def _label(self, label: re.Match[str]) -> int:
        """A label between actions: a further ``Action:`` is stepped over, a thought is kept."""
        self.fresh_line = True
        if label["action"]:
            return label.end()
        stop = self.finder.start(LABEL_LINE, label.end()) or self.source.end
        piece = tidy(self.source.text[after_label(self.source, label) : stop])
        if piece:
            (self.found.reflection if label["reflection"] else self.found.thought).append(piece)
        self.source.mended("the reply had more than one thought")
        return max(stop, label.end())

    def _thought_ends(self, position: int) -> int:
        """What was read so far stood inside a thinking block that the prompt had opened: drop it."""
        closing = THINK_CLOSE.match(self.source.text, position, self.source.end)
        self.thoughts_ended += 1
        if closing is None or self.thoughts_ended > _MOST_THOUGHTS:
            self.source.fail("thinking ends more often than it begins", position)
        self.found.calls.clear()
        self.source.mended("actions inside a thinking block were left out")
        rest = split(self.source, closing.end())
        if rest.actions_at is None:
            self.source.fail_empty(self.source.end)
        self.found.thought[:] = [tidy(self.source.text[:position]), *rest.thought]
        self.found.reflection.extend(rest.reflection)
        return rest.actions_at

    def _explain(self, start: int) -> None:
        if self.nearly is not None:
            word, position = self.nearly
            self.source.fail(
                f"{word.name!r} is not followed by its arguments in brackets; "
                f"write an action like this: {self.source.hints.example}",
                position,
            )
        self.source.fail_empty(start)
