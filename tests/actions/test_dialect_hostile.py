"""Replies that were made to break a reader: mutated, endless, or full of code."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from deskhand.actions import dialects
from deskhand.actions.dialects.timing import hostile_replies, parse_seconds
from deskhand.actions.geometry import Viewport
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Type
from deskhand.errors import ActionParseError
from tests.actions.test_dialect_vectors import REPAIRED, SCREEN, VECTORS

MUTATIONS = 10_000
# the promise is 50 ms; the bound here is for a busy machine and still far below anything quadratic
SHORT = 0.2

SEEDS = [
    *(f"Thought: t\nAction: {raw}" for raw, *_ in [*VECTORS, *REPAIRED]),
    "<gui_think>t</gui_think><seed:tool_call><function=drag><parameter=start_point>"
    "<point>34 325</point></parameter><parameter=end_point><point>3 5</point></parameter></function>"
    "</seed:tool_call>",
    '<tool_call>{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [100, 200]}}'
    "</tool_call>",
    "<think>a</think>\n**Action:** scroll(direction='down', point=[1,2], amount=3); wait(2s)",
]
PIECES = [
    "'",
    '"',
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "=",
    ",",
    ";",
    ":",
    "\n",
    "\r",
    " ",
    "\t",
    "\x00",
    "#",
    "```",
    "Action:",
    "Thought:",
    "<point>",
    "</point>",
    "<|box_start|>",
    "<|im_end|>",
    "click(",
    "type(content='",
    "</think>",
    "<function=",
    "<parameter=",
    "<tool_call>",
    "9" * 400,
    "1e999",
    "-",
    "nan",
    "٣",
    "（",
    "’",
    "\ud800",
    "😀",
    "\u200b",
    "start_box",
    "hold=",
    "x=",
    "direction=",
    "keys=",
    "wait()",
    "finished()",
    '{"action":',
    "path=",
    "count=1.5",
]


def mutate(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(text))
        to = min(len(text), at + rng.randint(0, 12))
        match rng.randint(0, 5):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + rng.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + rng.choice(PIECES) + text[to:]
            case 3:
                text = (
                    text[:at] + chr(rng.choice([rng.randint(0, 127), rng.randint(0, 0x10FFFF)])) + text[at:]
                )
            case 4:
                text = text[:at] + text[at:to] * rng.randint(1, 4) + text[to:]
            case _:
                text = text[:at] + rng.choice(SEEDS)[rng.randint(0, 30) :]
    return text


def test_ten_thousand_mutated_replies_are_read_or_refused_and_nothing_else() -> None:
    rng = random.Random(20)
    readers = [dialects.get(name) for name in dialects.names()]
    read = 0
    for number in range(MUTATIONS):
        text = mutate(rng.choice(SEEDS), rng)
        try:
            reply = readers[number % 4].parse(text, SCREEN)
        except ActionParseError as error:
            assert error.reason and 0 <= error.position <= len(text)
        else:
            read += 1
            assert reply.actions
            assert Reply.model_validate_json(reply.model_dump_json()) == reply
    assert MUTATIONS * 0.3 < read < MUTATIONS  # the mutations neither spare nor destroy everything


def test_64_kib_of_anything_is_read_in_a_time_that_grows_with_its_length() -> None:
    texts, dialect = hostile_replies(), dialects.get("ui-tars-2")
    for text, seconds in zip(texts, parse_seconds(dialect, texts), strict=True):
        if seconds < SHORT:  # a few milliseconds tell nothing of growth
            continue
        whole, half = (min(parse_seconds(dialect, [part] * 3)) for part in (text, text[: len(text) // 2]))
        assert whole < 3 * half, f"{whole:.2f} s for {text[:60]!r}..., {half:.2f} s for half of it"


def test_reading_time_grows_with_the_length_and_not_with_its_square() -> None:
    dialect = dialects.get("ui-tars-1.5")
    for head, unit in [("Action: type(content=", ")"), ("Action: type(content='", "')\n"), ("", "\n\\")]:
        short, long = head + unit * 4_000, head + unit * 64_000
        once = min(parse_seconds(dialect, [short] * 3))
        sixteen = min(parse_seconds(dialect, [long[:250_000]] * 3))
        assert sixteen < max(64 * once, 0.2)


@pytest.mark.parametrize(
    "payload",
    [
        "__import__('os').system('touch {canary}')",
        "$(touch {canary})",
        "`touch {canary}`",
        "'; touch {canary}; '",
        "'+open('{canary}','w').write('x')+'",
        "{{}}.__class__.__mro__[1].__subclasses__()",
        "{{0.__class__}}",
        "%(x)s %s %n",
        "{{% import os %}}",
        '"""\nimport pathlib; pathlib.Path(\'{canary}\').touch()\n"""',
    ],
)
def test_code_in_a_reply_is_only_text(payload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = tmp_path / "canary"
    monkeypatch.chdir(tmp_path)
    code = payload.format(canary=canary)
    for text in (
        f"Thought: {code}\nAction: click(start_box='(100,200)')",
        f"Thought: t\nAction: click(start_box='({code},200)')",
        f"Thought: t\nAction: click(start_box={code})",
        f"Thought: t\nAction: wait({code})",
        f"Thought: t\nAction: hotkey(key='{code}')",
        f"Thought: t\nAction: type(content='{code}')",
        f"Thought: t\nAction: {code}",
        f"<seed:tool_call><function=type><parameter=content>{code}</parameter></function></seed:tool_call>",
    ):
        for name in dialects.names():
            try:
                dialects.get(name).parse(text, SCREEN)
            except ActionParseError:
                continue
    assert not canary.exists()
    assert os.listdir(tmp_path) == []


def test_code_between_quotes_is_typed_as_it_stands() -> None:
    code = "__import__('os').system('ls')"
    for name in dialects.names():
        dialect = dialects.get(name)
        text = dialect.render([Type(text=code)], code, SCREEN)
        reply = dialect.parse(text, SCREEN)
        assert (reply.actions, reply.thought) == ((Type(text=code),), code)


def test_no_reader_evaluates_anything() -> None:
    folder = Path(dialects.__file__).parent
    source = "\n".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    for forbidden in (
        "eval(",
        "exec(",
        "literal_eval",
        "compile(text",
        "subprocess",
        "importlib",
        "getattr(builtins",
    ):
        assert forbidden not in source.replace("re.compile(", "")


def test_a_screen_that_the_frame_cannot_hold_is_refused_like_any_bad_reply() -> None:
    with pytest.raises(ActionParseError, match="ratio"):
        dialects.get("ui-tars-1.5").parse("Action: wait()", Viewport(3000, 2))
