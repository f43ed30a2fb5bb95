"""Model servers as they are: shapes after public reports, and servers that are lazy or hostile."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from typing import Any

import pytest

from deskhand.errors import BackendError
from deskhand.policies.chat.asking import Asking
from deskhand.policies.chat.client import Answer, ChatClient
from deskhand.policies.chat.refusals import fewer_pictures
from tests.policies import server as model
from tests.policies.server import Behaviour, Handler, ModelServer, fails, says, serving

QUICK = Asking(timeout=5, whole=5, attempts=2, first_wait=0.001)
SHORT = Asking(timeout=5, whole=0.5, attempts=1)
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def talk(pictures: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for number in range(pictures):
        content = [{"type": "text", "text": f"look {number}"}, PICTURE] if number else [PICTURE]
        messages += [{"role": "user", "content": content}, {"role": "assistant", "content": "Action: wait()"}]
    return messages[:-1]


def ask(server: ModelServer, asking: Asking = QUICK, **options: Any) -> Answer:
    client = ChatClient(base_url=server.url, api_key="k" * 20, asking=asking)
    try:
        return client.ask(talk(1), model="m", **options)
    finally:
        client.close()


def body(data: Any, kind: str = "application/json") -> Behaviour:
    """One body, whatever was asked for."""

    def behave(handler: Handler) -> None:
        handler.head(200, kind)
        handler.wfile.write(data if isinstance(data, bytes) else json.dumps(data).encode())

    return behave


def events(*pieces: Any) -> Behaviour:
    def behave(handler: Handler) -> None:
        handler.head()
        for piece in pieces:
            handler.event(piece)

    return behave


def whole(message: dict[str, Any], finish: str | None = "stop") -> dict[str, Any]:
    return {
        "choices": [{"message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 7},
    }


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(body(whole({"role": "assistant", "content": "hello"})), id="not streamed"),
        pytest.param(body(whole({"content": "hello"}), "text/event-stream"), id="called events"),
        pytest.param(body(whole({"content": "hello"}, None)), id="a body without an ending"),
        pytest.param(events(model.piece("hello"), "[DONE]"), id="done without an ending"),
        pytest.param(events(whole({"content": "hello"}), "[DONE]"), id="a message instead of a delta"),
        pytest.param(
            events(model.piece(content=[{"type": "text", "text": "hel"}, "lo"], finish="stop")), id="parts"
        ),
        pytest.param(says("", content=None, reasoning_content="hello"), id="all of it reasoning_content"),
        pytest.param(says("", reasoning="hello"), id="all of it reasoning"),
        pytest.param(says("hello", finish="eos"), id="eos"),
        pytest.param(says("hello", finish="end_turn"), id="end_turn"),
    ],
)  # fmt: skip
def test_a_whole_answer_is_read(behaviour: Behaviour) -> None:
    with serving(behaviour) as server:
        assert ask(server).text == "hello"
    assert len(server.questions) == 1


def test_tools_that_are_called_are_read() -> None:
    calls = [
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "click", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"x": 1, '}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"y": 2}'}}]},
    ]
    pieces = [model.piece(**call) for call in calls]
    with serving(events(*pieces, model.piece(finish="tool_calls"), "[DONE]")) as server:
        answer = ask(server)
    assert answer.text == '<tool_call>{"name": "click", "arguments": {"x": 1, "y": 2}}</tool_call>'


def test_a_refusal_is_told_apart() -> None:
    with serving(says("", content=None, refusal="I will not.")) as server:
        answer = ask(server)
    assert (answer.text, answer.refusal) == ("", "I will not.")


@pytest.mark.parametrize("finish", ["error", "abort", "cancelled", "something new"])
def test_an_ending_that_is_not_known_as_good_is_none(finish: str) -> None:
    with serving(says("Action: type(content='rm -r", finish=finish)) as server:
        with pytest.raises(BackendError, match=f"half-way.*{finish}"):
            ask(server)
        assert len(server.questions) == 2


def test_an_option_is_left_out_that_a_server_refuses_in_its_own_shape() -> None:
    detail = {
        "detail": [
            {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}
        ]
    }

    def refuses(handler: Handler) -> None:
        handler.head(422, "application/json")
        handler.wfile.write(json.dumps(detail).encode())

    with serving(refuses, says("hello")) as server:
        assert ask(server, seed=1, max_tokens=5).text == "hello"
    assert ["seed" in question for question in server.questions] == [True, False]
    assert server.questions[1]["max_tokens"] == 5


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"detail": [{"loc": ["body", "messages"], "msg": "value is odd"}]}, "body.messages: value is odd"),
        ({"message": "no such model"}, "no such model"),
        ({"errors": [{"reason": "tired"}]}, "tired"),
        ("plain words", "plain words"),
        ([["x"] * 3], "x"),
    ],
)
def test_a_server_is_quoted_whatever_the_shape(said: Any, words: str) -> None:
    def refuses(handler: Handler) -> None:
        handler.head(404, "application/json")
        handler.wfile.write(json.dumps(said).encode())

    with serving(refuses) as server, pytest.raises(BackendError) as caught:
        ask(server)
    assert f"404 ({words})" in str(caught.value)


@pytest.mark.parametrize(
    ("said", "sent", "fewer"),
    [
        ("At most 1 image(s) may be provided in one request.", 5, 1),
        ("Too many images: the limit is 3", 5, 3),
        ("You exceeded the maximum number of images", 4, 2),
        ("images: maximum 10 allowed", 12, 10),
        ("This model's maximum context length is 4096 tokens", 5, 2),
        ("prompt is too long: 210000 tokens", 2, 1),
        ("invalid image url", 5, None),
        ("no such model", 5, None),
    ],
)
def test_what_a_server_says_of_pictures_is_understood(said: str, sent: int, fewer: int | None) -> None:
    assert fewer_pictures(said, sent) == fewer


def test_fewer_pictures_are_sent_from_then_on_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    behaviour = (fails(400, "At most 2 image(s) may be provided in one prompt."), says("hello"))
    with serving(*behaviour) as server:
        client = ChatClient(base_url=server.url, api_key=None, asking=QUICK)
        for _ in range(3):
            assert client.ask(talk(4), model="m").text == "hello"
        client.close()
    assert [len(json.dumps(question).split("image_url")) // 2 for question in server.questions] == [
        4,
        2,
        2,
        2,
    ]
    kept = server.questions[-1]["messages"]
    assert kept[0]["content"] == [{"type": "text", "text": "(an earlier screenshot)"}]
    assert kept[-1]["content"][-1]["type"] == "image_url"
    assert len([record for record in caplog.records if "--pictures 2" in record.getMessage()]) == 1


def test_no_picture_is_sent_on_to_another_address() -> None:
    with serving(says("hello")) as other:

        def moves(handler: Handler) -> None:
            handler.head(307, location=f"{other.url}/chat/completions")

        with serving(moves) as server, pytest.raises(BackendError, match=r"307.*OPENAI_BASE_URL"):
            ask(server)
        assert len(server.questions) == 1 and other.questions == []


def test_what_unpacks_to_more_than_an_answer_can_be_is_refused() -> None:
    bomb = gzip.compress(bytes(100_000_000))

    def behave(handler: Handler) -> None:
        handler.head(200, "application/json", content_encoding="gzip")
        handler.wfile.write(bomb)

    with serving(behave) as server, pytest.raises(BackendError, match="over"):
        ask(server)


def test_a_packed_answer_is_read() -> None:
    def behave(handler: Handler) -> None:
        handler.head(200, "application/json", content_encoding="gzip")
        handler.wfile.write(gzip.compress(json.dumps(whole({"content": "hello"})).encode()))

    with serving(behave) as server:
        assert ask(server).text == "hello"


def drips(piece: bytes, *, head: bytes = b"") -> Behaviour:
    """Send ``head``, then the same piece for ever."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(head)
        while not handler.server.over.wait(0.01):
            handler.wfile.write(piece)
            handler.wfile.flush()

    return behave


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
DRIPS = {
    "headers": drips(b"x-more: 1\r\n", head=b"HTTP/1.1 200 OK\r\n"),
    "comments": drips(b": still here\n\n", head=HEAD),
    "one long line": drips(b"data: xxxxxxxx", head=HEAD),
    "events of nothing": drips(b"data: {}\n\n", head=HEAD),
    "an error's body": drips(b"no ", head=b"HTTP/1.1 500 no\r\ncontent-type: text/plain\r\n\r\n"),
}


@pytest.mark.parametrize("behaviour", DRIPS.values(), ids=DRIPS)
def test_what_drips_is_given_up_when_time_is_up(behaviour: Behaviour) -> None:
    with serving(behaviour) as server, pytest.raises(BackendError, match=r"over 0\.5 s"):
        ask(server, SHORT)


@pytest.mark.parametrize("behaviour", [*DRIPS.values(), model.is_silent], ids=[*DRIPS, "silence"])
def test_a_question_is_broken_off_when_nobody_waits_for_the_answer(behaviour: Behaviour) -> None:
    over = threading.Event()
    with serving(behaviour) as server:
        client = ChatClient(base_url=server.url, api_key=None, asking=Asking(timeout=60, whole=60))
        client.break_off_when(over.is_set)
        timer = threading.Timer(0.3, over.set)
        timer.start()
        with pytest.raises(BackendError, match="broken off"):
            client.ask(talk(1), model="m")
        client.close()
        timer.join()
    assert len(server.questions) == 1


def test_what_comes_after_the_ending_is_not_waited_for() -> None:
    def behave(handler: Handler) -> None:
        handler.head()
        handler.event(model.piece("hello", finish="stop"))
        while not handler.server.over.wait(0.01):
            handler.event(model.piece(""))

    with serving(behave) as server:
        assert ask(server).text == "hello"


def test_an_ending_after_which_the_line_stays_open_is_one() -> None:
    def behave(handler: Handler) -> None:
        handler.head()
        handler.event(model.piece("hello", finish="stop"))
        handler.wfile.flush()
        handler.server.over.wait(30)

    with serving(behave) as server:
        assert ask(server, Asking(timeout=20, whole=20, attempts=1)).text == "hello"


@pytest.mark.parametrize("data", [b"[" * 200_000, b'data: {"a":' * 3 + b"[" * 200_000 + b"\n\n"])
def test_json_that_is_nested_without_end_is_a_clear_error(data: bytes) -> None:
    with serving(body(data)) as server, pytest.raises(BackendError, match="not JSON"):
        ask(server)


@pytest.mark.parametrize("number", [10**300, -1, True, 1.5, "9", None])
def test_a_cost_that_can_be_none_is_none(number: Any) -> None:
    with serving(body({**whole({"content": "hello"}), "usage": {"prompt_tokens": number}})) as server:
        assert ask(server).prompt_tokens == 0


def test_keys_stay_out_of_what_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), serving(says("hello")) as server:
        ask(server)
    assert "k" * 20 not in caplog.text
