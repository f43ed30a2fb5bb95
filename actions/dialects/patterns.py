"""Regular expressions that the readers share, and a search that stays linear.

Every repeated part is possessive (``*+``) and starts on characters that the next part cannot start
on, so nothing backtracks; a whole reply is searched at most once for each pattern (``Finder``).
"""

from __future__ import annotations

import re

from deskhand.actions.dialects.catalogue import BY_SPELLING, INVISIBLE, WORDS

INV = INVISIBLE
WS = rf"[\s{INV}]*+"
"""Blanks of any kind, line ends included."""
HWS = rf"[^\S\n\r{INV}]*+(?:[{INV}]++[^\S\n\r]*+)*+"
"""Blanks inside a line."""
OPEN = r"[(（\[{【]"
CLOSE = r"[)）\]】}]"
COLON = r"[:：]"
QUOTES = "'\"‘’“”＇＂`「」『』«»"

_BOL = r"[\n\r\u2028\u2029](?=[^\n\r\u2028\u2029])"
"""A line break. It is consumed because a search for characters is faster than one for places; what
stands at the very beginning is matched by itself (``LABEL_AT``, ``CALL_AT``)."""
_TAG = r"</?[a-zA-Z_]{1,24}>"
_PREFIX = (
    rf"(?:[ \t\u00a0\u3000{INV}]++|[#*_`~+•·●○–—\-]++|{_TAG}|\(?\d{{1,3}}[.)、]"
    r"|(?<=```)[a-z]{1,10}(?=\s))*+"
)
"""What may stand before a label or a call on its line: bullets, numbers, emphasis, fences, tags."""



def _trie(spellings: frozenset[str]) -> str:
    """One expression for many words that shares their beginnings: several times faster than a list."""
    branches = [
        re.escape(first).replace("_", r"[_\- ]?") + _trie(frozenset(s[1:] for s in spellings if s[:1] == first))
        for first in sorted({s[0] for s in spellings if s})
    ]
    if not branches:
        return ""
    optional = "?" if "" in spellings else ""
    return f"(?:{'|'.join(branches)}){optional}"


KNOWN = _trie(frozenset(s for word in WORDS for s in (word.name, *word.aliases))) + r"(?!\w)"
_DOTTED = r"(?:[a-zA-Z_]\w{0,20}\.)?"

KNOWN_CALL = rf"(?<![\w.]){_DOTTED}{KNOWN}[ {INV}]?{OPEN}"
"""A known word with its opening bracket, anywhere."""

_LABELS = {
    "action": r"(?:(?:next|final|my|the|step)[ _])?actions?(?:[ _]?\d{1,3}|[ _]to[ _]take)?|动作|操作|行动",
    "thought": r"thoughts?|think|thinking|reasoning|analysis|action[ _]summary|summary|思考|思路|想法",
    "reflection": r"reflections?|reflect|反思",
}
_EMPH = r"[*_`]{0,3}"
LABEL_CORE = (
    r"(?=[a-z思想反动操行])(?:(?P<thought>" + _LABELS["thought"] + r")|(?P<reflection>" + _LABELS["reflection"] + r")"
    r"|(?P<action>" + _LABELS["action"] + r"))"
    rf"{HWS}{_EMPH}{HWS}(?:{COLON}{HWS}{_EMPH}|(?=[\r\n])){HWS}"
)
_PLAIN_LABEL = re.sub(r"\?P<\w+>", "?:", LABEL_CORE)

FLAGS = re.IGNORECASE | re.MULTILINE

LABEL_AT = re.compile(_PREFIX + LABEL_CORE, FLAGS)
LABEL_LINE = re.compile(_BOL + _PREFIX + LABEL_CORE, FLAGS)
CALL_AT = re.compile(
    rf"{_PREFIX}(?P<call>{KNOWN_CALL}|{{{WS}[\"'](?:name|action|arguments|type)[\"'])", FLAGS
)
CALL_LINE = re.compile(
    rf"{_BOL}{_PREFIX}(?P<call>{KNOWN_CALL}|{{{WS}[\"'](?:name|action|arguments|type)[\"'])", FLAGS
)
CALL_ANYWHERE = re.compile(rf"(?P<call>{KNOWN_CALL})", FLAGS)
NAMED_CALL = re.compile(rf"(?P<call>{KNOWN_CALL}{WS}\w{{1,20}}{HWS}[=＝])", FLAGS)
LABEL_MIDLINE = re.compile(rf"\bactions?{HWS}{COLON}{WS}{_PREFIX}(?P<call>{KNOWN_CALL})", FLAGS)
TOOL_TAG = re.compile(
    r"(?P<call><(?:seed:tool_call\w{0,60}|tool_call|function_calls|action)>"
    + WS
    + r"(?:<(?:function|invoke)|\{)|<(?:function|invoke)\w{0,60}(?:\s{0,4}=|\s{1,4}name\s{0,4}=))",
    FLAGS,
)
CALLISH = re.compile(
    rf"(?:{_PREFIX}[\s\"'\[{INV}]*+(?:```\w{{0,12}})?){{0,4}}"
    rf"(?:{_DOTTED}[a-z_][\w\-]{{0,40}}+[ {INV}]?{OPEN}|\{{{WS}\"|<(?:seed|tool_call|function|invoke)"
    rf"|{KNOWN}{HWS}[.!。]?{HWS}(?:$|[\r\n]|\Z)|{KNOWN}{HWS}(?:[\d\"'‘“<:：=\-]|\w{{1,20}}{HWS}[=＝]))",
    FLAGS,
)
"""Decides whether what follows a label is meant as an action."""

THINK_OPEN = re.compile(
    rf"{WS}<(think|thinking|gui_think|thought|reasoning|reflection)(?:_never_used_\w{{1,64}})?>", FLAGS
)
THINK_CLOSE = re.compile(
    r"</(?:think|thinking|gui_think|thought|reasoning)(?:_never_used_\w{1,64})?>", FLAGS
)

_ACTION = rf"{_PREFIX}(?:{_PLAIN_LABEL})?{_PREFIX}{KNOWN_CALL}"
ACTION_AT = re.compile(_ACTION, FLAGS)
BARRIER = re.compile(_BOL + _ACTION, FLAGS)
"""A line that begins a new action; it ends a text whose closing quote is missing."""

_NEXT_ACTION = (
    rf"(?:\Z|[。.]{HWS}(?:\Z|[\r\n])|```|<[/|]|<(?:seed|tool|function)|{CLOSE}{{1,8}}+{WS}\Z"
    rf"|{_PREFIX}(?:{_PLAIN_LABEL}|{KNOWN_CALL})|[,，;；]{WS}(?:{KNOWN_CALL}|\Z)"
    rf"|(?:and|then|&|->|→){WS}(?:then{WS})?{KNOWN_CALL})"
)
_TEXT_NAMES = (
    r"(?:start_?box|start_?point|point|box|bbox|coordinates?|position|submit|press_?enter|clear|status)"
)
ENDS_TEXT = (
    rf"(?={WS}(?:[,，;；]?{WS}{CLOSE}{WS}{_NEXT_ACTION}|[,，;；]{WS}{_TEXT_NAMES}{WS}[=＝]|\Z)"
    rf"|{HWS}[\r\n]{WS}{_PREFIX}(?:{_PLAIN_LABEL}|{KNOWN_CALL}))"
)
"""What must follow a quote for it to be the one that closes a text."""
MAY_END_TEXT = rf"(?={WS}[,，]?{WS}{CLOSE})"
ENDS_VALUE = rf"(?={WS}(?:[,，、;；)）\]】}}]|\Z|\w{{1,24}}{WS}[=＝])|{HWS}[\r\n])"
"""What must follow a quote for it to close a value that is no text."""

BARE_TEXT_END = re.compile(
    rf"(?:[)）](?={WS}{_NEXT_ACTION})|[,，;；](?={WS}{_TEXT_NAMES}{WS}[=＝]))", FLAGS
)
BARE_TEXT_MAYBE = re.compile(r"[)）]")

UNKNOWN_CALL = re.compile(rf"(?:[a-zA-Z_]\w{{0,20}}\.)?(?P<name>[^\W\d][\w\-{INV}]{{0,60}}+){OPEN}", FLAGS)
BARE_WORD = re.compile(
    rf"{_DOTTED}(?P<word>{KNOWN}){HWS}(?:(?P<alone>[.!。]?{HWS}(?=[\r\n;；`]|</|<\|(?!box)|\Z))"
    rf"|(?P<rest>{COLON}?{HWS}(?=[\d\"'‘“<(\[+\-]|\w{{1,20}}{HWS}[=＝]|[a-zA-Z\\])))",
    FLAGS,
)
NEWLINE = re.compile(r"[\r\n]")
_STOP = r"(?:</s>|<eos>|\[EOS\]|<end_of_turn>|<\|(?!box_)[a-z_0-9]{1,30}\|>|<｜[^<>｜]{1,40}｜>)"
STOP_HERE = re.compile(_STOP, FLAGS)
STOP_TOKEN = re.compile(_STOP + r"\Z", FLAGS)


class Finder:
    """Searches one text for many patterns, at rising positions, each pattern once over the whole.

    The last hit of each pattern is kept and reused while it still lies ahead, so that many short
    questions cost together what one pass costs.
    """

    def __init__(self, text: str, end: int) -> None:
        self._text = text
        self._end = end
        self._hits: dict[re.Pattern[str], tuple[int, re.Match[str] | None]] = {}

    def match(self, pattern: re.Pattern[str], position: int) -> re.Match[str] | None:
        """The first hit that starts at or after ``position``."""
        asked, hit = self._hits.get(pattern, (-1, None))
        if asked < 0 or position < asked or (hit is not None and hit.start() < position):
            hit = pattern.search(self._text, position, self._end)
            self._hits[pattern] = (position, hit)
        return hit

    def last(self, pattern: re.Pattern[str], position: int) -> int | None:
        """Offset of the last character of the first hit, None if there is none."""
        hit = self.match(pattern, position)
        return None if hit is None else hit.end() - 1

    def start(self, pattern: re.Pattern[str], position: int) -> int | None:
        """Offset of the first character of the first hit, None if there is none."""
        hit = self.match(pattern, position)
        return None if hit is None else hit.start()


assert all(BY_SPELLING)
