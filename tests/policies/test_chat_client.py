"""Asking a server: what is asked again, what is not, and what is said when it ends badly."""

from __future__ import annotations

import logging
import os
import re
import socket
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from deskhand.errors import BackendError, UsageError
from deskhand.policies.chat.asking import Asking
from deskhand.policies.chat.client import LONGEST_ANSWER, Answer, ChatClient
from tests.policies import server as model
from tests.policies.server import Behaviour, ModelServer, fails, says, serving

KEY = "sk-secret-0123456789"
QUICK = Asking(timeout=0.3, whole=5, attempts=3, first_wait=0.001, longest_wait=2)
QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def ask(server: ModelServer, asking: Asking = QUICK, **options: Any) -> Answer:
    client = ChatClient(base_url=server.url, api_key=KEY, asking=asking)
    try:
        return client.ask(QUESTION, model="m", **options)
    finally:
        client.close()
        client.close()


def test_a_streamed_answer_is_put_together_with_its_cost() -> None:
    with serving(says("héllo 你好 😀")) as server:
        answer = ask(server, stream_options={"include_usage": True})
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens) == ("héllo 你好 😀", 321, 12)
    assert server.keys == [f"Bearer {KEY}"]
    assert server.paths == ["/v1/chat/completions"]
    assert server.questions[0]["stream"] is True


def test_a_server_that_tells_no_cost_gives_zero() -> None:
    with serving(says("hello", usage=False)) as server:
        answer = ask(server)
    assert (answer.prompt_tokens, answer.completion_tokens) == (0, 0)


FAULTS: list[tuple[Behaviour, str]] = [
    (model.is_silent, "no answer within 0.3 s"),
    (fails(429), "429"),
    (fails(500, "the engine is cold"), r"500 .*the engine is cold"),
    (fails(503), "503"),
    (fails(408), "408"),
    (model.stops_half_way, "stopped half-way"),
    (model.breaks_a_promise_of_length, "connection failed"),
    (model.cuts_an_event, "not JSON"),
    (model.resets, "connection failed"),
    (model.answers_a_page, "not JSON"),
    (model.has_no_choices, "no choice of a model"),
    (model.sends_an_error_event, "the engine died"),
    (model.talks_odd_shapes, "no choice of a model"),
]


@pytest.mark.parametrize(("fault", "words"), FAULTS)
def test_a_passing_fault_is_asked_again_until_it_is_answered(fault: Behaviour, words: str) -> None:
    with serving(fault, fault, says("hello")) as server:
        assert ask(server).text == "hello"
    assert len(server.questions) == 3
    assert server.questions[0] == server.questions[2]


@pytest.mark.parametrize(("fault", "words"), FAULTS)
def test_a_lasting_fault_ends_after_bounded_attempts_and_says_what_happened(
    fault: Behaviour, words: str
) -> None:
    with serving(fault) as server, pytest.raises(BackendError, match=words) as caught:
        ask(server)
    assert len(server.questions) == 3
    assert "3 times" in str(caught.value)
    assert "; " in str(caught.value)  # what to do follows
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("status", "advice"),
    [(400, "takes pictures"), (401, "OPENAI_API_KEY"), (403, "OPENAI_API_KEY"), (404, "--model")],
)
def test_a_refusal_is_not_asked_again(status: int, advice: str) -> None:
    with serving(fails(status)) as server, pytest.raises(BackendError, match=f"once.*{status}.*{advice}"):
        ask(server)
    assert len(server.questions) == 1


def waits(caplog: pytest.LogCaptureFixture) -> list[float]:
    """The waits that were logged, in seconds, as they were chosen."""
    found = (re.search(r"asking again in ([\d.]+) s", record.getMessage()) for record in caplog.records)
    return [float(match[1]) for match in found if match]


def test_a_wait_that_the_server_asks_for_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    with serving(fails(429, retry_after="0.3"), says("hello")) as server:
        assert ask(server).text == "hello"
    assert waits(caplog) == [0.3]


def test_a_wait_may_be_a_date(caplog: pytest.LogCaptureFixture) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=1.5), usegmt=True)
    with serving(fails(503, retry_after=moment), says("hello")) as server:
        assert ask(server).text == "hello"
    assert 0 <= waits(caplog)[0] <= 2


@pytest.mark.parametrize("value", ["soon", "-5", "", "Mon, 99 Foo 2026", "nan"])
def test_a_senseless_wait_does_no_harm(value: str) -> None:
    with serving(fails(429, retry_after=value), says("hello")) as server:
        assert ask(server).text == "hello"


@pytest.mark.parametrize(("value", "words"), [("3600", "wait of 3600 s"), ("1e400", "wait of inf s")])
def test_a_wait_beyond_the_bound_is_not_begun(value: str, words: str) -> None:
    with (
        serving(fails(429, retry_after="3600")) as server,
        pytest.raises(BackendError, match="wait of 3600 s"),
    ):
        ask(server)
    assert len(server.questions) == 1


def test_waits_grow_where_the_server_names_none(caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking(attempts=4, first_wait=0.1, longest_wait=0.3)
    with serving(fails(500)) as server, pytest.raises(BackendError):
        ask(server, asking)
    assert waits(caplog) == [0.1, 0.2, 0.3]


def test_an_exhausted_account_is_not_asked_again() -> None:
    def broke(handler: model.Handler) -> None:
        handler.head(429, "application/json")
        handler.wfile.write(b'{"error": {"message": "pay first", "code": "insufficient_quota"}}')

    with serving(broke) as server, pytest.raises(BackendError, match="pay first"):
        ask(server)
    assert len(server.questions) == 1


def test_an_option_that_a_server_refuses_by_name_is_left_out_from_then_on() -> None:
    with serving(fails(400, "unknown field: stream_options"), says("hello"), says("again")) as server:
        client = ChatClient(base_url=server.url, api_key=KEY, asking=QUICK)
        options: dict[str, Any] = {"stream_options": {"include_usage": True}, "seed": 1}
        assert client.ask(QUESTION, model="m", **options).text == "hello"
        assert client.ask(QUESTION, model="m", **options).text == "again"
        client.close()
    assert ["stream_options" in question for question in server.questions] == [True, False, False]
    assert all(question["seed"] == 1 for question in server.questions)


def test_nobody_there_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = ChatClient(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, asking=QUICK)
    with pytest.raises(BackendError, match=rf"127\.0\.0\.1:{port}.*3 times.*connection failed"):
        client.ask(QUESTION, model="m")
    client.close()


@pytest.mark.parametrize(
    ("finish", "words"), [("length", "limit of its length"), ("content_filter", "filter")]
)
def test_an_answer_that_the_server_cut_is_marked(finish: str, words: str) -> None:
    with serving(says("Thought: lo", finish=finish)) as server:
        assert words in ask(server).cut


def test_an_endless_answer_is_cut() -> None:
    def endless(handler: model.Handler) -> None:
        handler.head()
        while not handler.server.over.is_set():
            handler.event(model.piece("x" * 1000))

    with serving(endless) as server:
        answer = ask(server)
    assert "characters" in answer.cut
    assert LONGEST_ANSWER < len(answer.text) <= LONGEST_ANSWER + 1000


def test_an_answer_that_drips_without_end_is_given_up() -> None:
    def drips(handler: model.Handler) -> None:
        handler.head()
        while not handler.server.over.wait(0.02):
            handler.event(model.piece(""))

    asking = Asking(timeout=5, whole=0.2, attempts=2, first_wait=0.001)
    with serving(drips) as server, pytest.raises(BackendError, match=r"over 0\.2 s"):
        ask(server, asking)
    assert len(server.questions) == 2


def test_half_characters_and_the_key_do_not_get_into_an_answer() -> None:
    with serving(says(f"a\ud800b {KEY} c")) as server:
        assert ask(server).text == "a?b [key] c"


def test_reasoning_beside_the_answer_is_kept_apart() -> None:
    with serving(says("hello", reasoning_content="let me see")) as server:
        answer = ask(server)
    assert (answer.text, answer.reasoning) == ("hello", "let me see")


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that any library logs, at its most talkative."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("status", [401, 500])
def test_the_key_is_in_nothing_that_is_raised_or_logged(
    status: int, everything_logged: pytest.LogCaptureFixture
) -> None:
    behaviour = fails(status, f"Incorrect key: {KEY}\x1b[31m\nred " + "x" * 10_000)
    with serving(behaviour) as server:
        client = ChatClient(base_url=server.url, api_key=KEY, asking=QUICK)
        with pytest.raises(BackendError) as caught:
            client.ask(QUESTION, model="m")
        client.close()
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown
    assert KEY not in repr(client)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    own = [record for record in everything_logged.records if record.name.startswith("deskhand")]
    assert not any(KEY in record.getMessage() for record in own)
    assert KEY not in everything_logged.text


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{KEY}@127.0.0.1/v1",
        f"http://127.0.0.1/v1?key={KEY}",
        f"http://127.0.0.1/v1#{KEY}",
        f"127.0.0.1:8000/{KEY}",
        f"file:///{KEY}",
        f"http://[{KEY}/v1",
        f"http://127.0.0.1:99999/{KEY}",
        f"http://127.0.0.1/\n{KEY}",
    ],
)
def test_an_address_that_is_none_or_carries_a_secret_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError, match="OPENAI_BASE_URL") as caught:
        ChatClient(base_url=url, api_key=None, asking=QUICK)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_no_connection_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with serving(fails(500), says("hello")) as server:
        ask(server)
    assert len(os.listdir("/proc/self/fd")) == before
