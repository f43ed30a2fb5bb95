"""Regular expressions that the readers share, and a search that stays linear.

Every repeated part is possessive (``*+``) and starts on characters that the next part cannot start
on, so nothing backtracks; a whole reply is searched at most once for each pattern (``Finder``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deskhand.actions.dialects.catalogue import INVISIBLE, WORDS

INV = INVISIBLE
WS = rf"[\s{INV}]*+"
"""Blanks of any kind, line ends included."""
HWS = rf"[^\S\n\r{INV}]*+(?:[{INV}]++[^\S\n\r]*+)*+"
"""Blanks inside a line."""
OPEN = r"[(（\[{【]"
CLOSE = r"[)）\]】}]"
COLON = r"[:：]"
QUOTES = "'\"‘’“”＇＂`「」『』«»"
JSON_QUOTE = "[\"'“”‘’„＂＇]"
"""What stands around names and texts in objects that were meant as JSON."""

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
    tails: dict[str, set[str]] = {}
    for spelling in filter(None, spellings):
        tails.setdefault(spelling[0], set()).add(spelling[1:])
    branches = [
        (r"[_\- ]?" if first == "_" else re.escape(first)) + _trie(frozenset(rest))
        for first, rest in sorted(tails.items())
    ]
    if not branches:
        return ""
    optional = "?" if "" in spellings else ""
    return f"(?:{'|'.join(branches)}){optional}"


KNOWN = _trie(frozenset(s for word in WORDS for s in (word.name, *word.aliases))) + r"(?!\w)"
_DOTTED = r"(?:[a-zA-Z_]\w{0,20}\.)?"

KNOWN_CALL = rf"(?=[a-z_])(?<![\w.]){_DOTTED}{KNOWN}[ {INV}]?{OPEN}"
"""A known word with its opening bracket, anywhere."""

_LABELS = {
    "action": r"(?:(?:next|final|my|the|step)[ _])?actions?(?:[ _]?\d{1,3}|[ _]to[ _]take)?|动作|操作|行动",
    "thought": r"thoughts?|think|thinking|reasoning|analysis|action[ _]summary|summary|思考|思路|想法",
    "reflection": r"reflections?|reflect|反思",
}
_EMPH = r"[*_`]{0,3}"
LABEL_CORE = (
    r"[\[【\"']?(?=[a-z思想反动操行])"
    + "(?:" + "|".join(f"(?P<{part}>{words})" for part, words in _LABELS.items()) + ")"
    + rf"[\]】\"']?{HWS}{_EMPH}{HWS}(?:{COLON}|[=\-]>|(?=[\r\n])|(?<=[\]】] )){HWS}"
)  # fmt: skip
_PLAIN_LABEL = re.sub(r"\?P<\w+>", "?:", LABEL_CORE)

FLAGS = re.IGNORECASE | re.MULTILINE

LABEL_AT = re.compile(_PREFIX + LABEL_CORE, FLAGS)
LABEL_LINE = re.compile(_BOL + _PREFIX + LABEL_CORE, FLAGS)
LABEL_MIDLINE = re.compile(rf"(?:\b|(?<=\\n))actions?{HWS}{COLON}{WS}", FLAGS)
JSON_NAME = rf"\{{\s{{0,64}}{JSON_QUOTE}\s{{0,8}}"
_JSON = rf"{JSON_NAME}(?:name|action|action_type|arguments|type|function|thought|note)\s{{0,8}}{JSON_QUOTE}"
_CALL = rf"{_PREFIX}(?:\[{WS}(?={{))?(?P<call>{KNOWN_CALL}|{_JSON})"
CALL_AT = re.compile(_CALL, FLAGS)
CALL_LINE = re.compile(_BOL + _CALL, FLAGS)
CALL_ANYWHERE = re.compile(KNOWN_CALL, FLAGS)
NAMED = re.compile(rf"{WS}\w{{1,20}}{HWS}[=＝]")
TOOL_TAG = re.compile(
    r"(?P<call><(?:seed:tool_call\w{0,60}|tool_call|function_calls|action)>"
    + WS
    + r"(?:<(?:function|invoke)|\{|[a-z_][\w.\-]{0,63}\s{0,16}<arg_key>)"
    + r"|<(?:function|invoke)\w{0,60}(?:\s{0,4}=|\s{1,4}name\s{0,4}=|>\s{0,16}<name>))",
    FLAGS,
)
CALLISH = re.compile(
    rf"(?:{_PREFIX}[\s\"'\[{INV}]*+(?:```\w{{0,12}})?){{0,4}}"
    rf"(?:{_DOTTED}[a-z_][\w\-]{{0,40}}+[ {INV}]?{OPEN}|{JSON_NAME}|<(?:seed|tool_call|function|invoke)"
    rf"|{KNOWN}{HWS}(?:[.!。]?{HWS}(?:[\r\n]|\Z)|[\d\"'‘“<:：=\-]|\w{{1,20}}{HWS}[=＝]))",
    FLAGS,
)
"""Decides whether what follows a label is meant as an action."""

_THINK = r"think[a-z]{0,4}|gui_think|thought|reasoning"
THINK_OPEN = re.compile(rf"{WS}<({_THINK}|reflection)(?:_never_used_\w{{1,64}})?>", FLAGS)
THINK_CLOSE = re.compile(rf"</(?:{_THINK})(?:_never_used_\w{{1,64}})?>", FLAGS)

BARRIER = re.compile(rf"{_BOL}{_PREFIX}(?:{_PLAIN_LABEL})?{_PREFIX}{KNOWN_CALL}", FLAGS)
"""A line that begins a new action; it ends a text whose closing quote is missing."""

_TEXT_NAMES = (
    r"(?:start_?box|start_?point|point|box|bbox|coordinates?|position|submit|press_?enter|clear|status)"
)
_BETWEEN_CALLS = r"(?:[,，;；]|(?:and|then|&|->|→)(?=\s))?"
ENDS_TEXT = re.compile(
    # the bracket closes and the reply, the line or a block ends
    rf"{WS}(?:[,，;；]?{WS}{CLOSE}{WS}(?:\Z|[。.;；,]{HWS}(?:\Z|[\r\n])|```|<[/|]|<(?:seed|tool|function)"
    rf"|{CLOSE}{{1,8}}+{WS}\Z)|[,，;；]{WS}{_TEXT_NAMES}{WS}[=＝]|\Z)"
    # or the bracket closes, or the line ends without it, and another action begins
    rf"|(?:{WS}[,，;；]?{WS}{CLOSE}{WS}{_BETWEEN_CALLS}{WS}(?:then{WS})?|{HWS}[\r\n]{WS})"
    rf"{_PREFIX}(?:{_PLAIN_LABEL}|{KNOWN_CALL})",
    FLAGS,
)
"""What must follow a quote for it to be the one that closes a text."""
MAY_END_TEXT = re.compile(rf"{WS}[,，]?{WS}{CLOSE}")
ENDS_VALUE = re.compile(rf"{WS}(?:[,，、;；)）\]】}}]|\Z|\w{{1,24}}{WS}[=＝])|{HWS}[\r\n]")
"""What must follow a quote for it to close a value that is no text."""
CLOSING_BRACKET = re.compile(r"[)）]")
ENDS_BARE = re.compile(r"[)）](?![)）]{9})|[,，;；](?=\s*+\w)")

UNKNOWN_CALL = re.compile(
    rf"(?=\w)(?:[a-zA-Z_]\w{{0,20}}\.)?(?P<name>[^\W\d][\w\-{INV}]{{0,60}}+){OPEN}", FLAGS
)
BARE_WORD = re.compile(
    rf"(?=[a-z_]){_DOTTED}(?P<word>[a-z_][\w\-]{{0,40}}+){HWS}"
    rf"(?:(?P<alone>[.!。]?{HWS}(?=[\r\n;；`]|</|<\|(?!box)|\Z))"
    rf"|(?P<rest>{COLON}?{HWS}(?=[\d\"'‘“<(\[+\-]|\w{{1,20}}{HWS}[=＝]|[a-zA-Z\\])))",
    FLAGS,
)
"""A word without brackets; whether it is a known one is for the reader to look up."""
_INVENTED = rf"(?:observations?|user|human|environment|tool[ _]response){HWS}{COLON}"
INVENTED = re.compile(_INVENTED, FLAGS)
"""What only the other side says: a model that writes it goes on alone, without having looked."""
LINE_OF_INTEREST = re.compile(
    rf"{_BOL}[ \t{INV}*`#\-]*+(?:<(?:function|invoke)|\[?{JSON_NAME}|</"
    rf"|(?=[\w\[\"'【])(?:\w{{1,40}}+[(（]|{KNOWN}|{_PLAIN_LABEL}|{_INVENTED}))",
    FLAGS,
)
NEWLINE = re.compile(r"[\r\n]")
_STOP = r"(?:</s>|<eos>|\[EOS\]|<end_of_turn>|<\|(?!box_)[a-z_0-9]{1,30}\|>|<｜[^<>｜]{1,40}｜>)"
_TOKEN_NAME = (
    r"begin_of_\w{1,20}|end_of_(?!text|turn|sentence|message|sequence|file)\w{1,20}"
    r"|\w{0,20}(?:calls?|tools?|function|actions?|answer|think|section)_?(?:begin|start|end|sep)"
)
_WRAPPER = rf"<\|(?:{_TOKEN_NAME})\|>"
WRAPPERS = re.compile(
    rf"^(?:[ \t*#_`]*+(?:\w{{1,20}}(?:[ _]\w{{1,20}})?[*_]{{0,3}}{COLON})?|(?:<\w{{1,64}}>)*+)[ \t*_`]*+"
    rf"(?P<opens>(?:{_WRAPPER}[ \t]*+)+)|(?<=[)\]}}>.。!?\"'”])(?P<closes>(?:[ \t]*+{_WRAPPER})+)[ \t]*+$",
    FLAGS,
)
"""Tokens that servers leave around a call or a line: at its beginning, after a label, or at its end."""
STOP_HERE = re.compile(_STOP, FLAGS)
STOP_TOKEN = re.compile(_STOP + r"\Z", FLAGS)


class Finder:
    """Searches one text for many things, at rising positions, each once over the whole text.

    The last hit of each search is kept and reused while it still lies ahead, so that many short
    questions cost together what one pass costs.
    """

    def __init__(self, text: str, end: int) -> None:
        self._text = text
        self._end = end
        self._hits: dict[object, tuple[int, int | None]] = {}

    def start(self, pattern: re.Pattern[str], position: int) -> int | None:
        """Offset of the first hit of ``pattern`` at or after ``position``, None if there is none."""
        return self._cached(pattern, position, lambda: self._search(pattern, position))

    def quote(
        self, pattern: re.Pattern[str], follow: re.Pattern[str] | None, position: int, skip: int = 1
    ) -> int | None:
        """Offset of the last character of the first hit that ``follow`` matches after.

        ``skip`` 0 lets ``follow`` begin on that character itself.
        """
        return self._cached(
            (pattern, follow, skip), position, lambda: self._followed(pattern, follow, position, skip)
        )

    def _cached(self, key: object, position: int, search: Callable[[], int | None]) -> int | None:
        asked, hit = self._hits.get(key, (-1, None))
        if asked < 0 or position < asked or (hit is not None and hit < position):
            hit = search()
            self._hits[key] = (position, hit)
        return hit

    def _search(self, pattern: re.Pattern[str], position: int) -> int | None:
        hit = pattern.search(self._text, position, self._end)
        return None if hit is None else hit.start()

    def _followed(
        self, pattern: re.Pattern[str], follow: re.Pattern[str] | None, position: int, skip: int
    ) -> int | None:
        for hit in pattern.finditer(self._text, position, self._end):
            last = hit.end() - 1
            if follow is None or follow.match(self._text, last + skip, self._end):
                return last
        return None
