"""A served sandbox answers OSWorld's requests to whoever has the token, and nothing else to anybody."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from deskhand.actions.vocabulary import TakeScreenshot
from deskhand.errors import EnvironmentProblem, SandboxError
from deskhand.sandbox.checks.canaries import new_canary, search
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.remote import RemoteSandbox
from deskhand.sandbox.serve import Served
from deskhand.waiting import wait_until
from tests.sandbox.plainly import Client

pytestmark = pytest.mark.lightbox


@pytest.fixture(scope="module")
def served(box: Lightbox) -> Iterator[Served]:
    with Served(box) as served:
        yield served


def without_token(url: str) -> str:
    parts = urlsplit(url)
    return f"http://{parts.hostname}:{parts.port}"


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


@pytest.mark.parametrize("shown", ["", "desk:@", "desk:wrong@", "desk:%FF@"])
def test_without_the_token_nothing_is_done(served: Served, box: Lightbox, shown: str) -> None:
    client = Client(without_token(served.url).replace("//", f"//{shown}"))
    assert client.get("/screenshot").status == 401
    assert client.post("/execute", {"command": ["touch", "done"]}).status == 401
    assert client.post("/desk/reset").status == 401
    assert box.run(["test", "-e", "done"]).returncode != 0


def test_a_client_without_headers_carries_the_token_in_the_path(served: Served, box: Lightbox) -> None:
    client = Client(served.path_url)
    assert client.get("/platform").text() == "Linux"
    assert client.ask("HEAD", "/screenshot").status == 200
    assert client.post("/execute", {"command": ["echo", "a"]}).json()["output"] == "a\n"
    assert client.form("/file", file_path="~/nothing").status == 404
    missing = client.get("/desk/health")
    assert missing.status == 404
    assert served._token not in missing.text()
    with RemoteSandbox(served.path_url) as remote:
        assert remote.run(["echo", "here"]).stdout == b"here\n"
        with pytest.raises(SandboxError) as caught:
            remote.run(["no-such-program"])
        assert served._token not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    ["/{wrong}/execute", "/{part}/execute", "/x/{token}/execute", "//execute", "/execute/{token}",
     "/{token}x/execute", "/execute?{token}", "/%{token}/execute", "{token}", "http://[/{token}/execute",
     "/é/execute"],
)  # fmt: skip
def test_a_path_without_the_whole_token_first_does_nothing(served: Served, box: Lightbox, path: str) -> None:
    token = served._token
    path = path.format(token=token, part=token[:-1], wrong=token[:-1] + ("0" if token[-1] != "0" else "1"))
    body = b'{"command": ["touch", "done-by-path"]}'
    said = raw(
        served,
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body,
    )
    assert said.split()[1] in ((b"404",) if path == token else (b"401",)), said
    assert box.run(["test", "-e", "done-by-path"]).returncode != 0


def test_a_path_with_the_token_is_refused_to_other_names_and_pages(served: Served) -> None:
    line = f"GET /{served._token}/platform HTTP/1.1\r\n"
    assert raw(served, f"{line}Host: 127.0.0.1\r\n\r\n".encode()).endswith(b"Linux")
    for head in ("Host: evil.example", "Host: 127.0.0.1\r\nOrigin: http://evil.example"):
        assert raw(served, f"{line}{head}\r\n\r\n".encode()).startswith(b"HTTP/1.1 403 ")
    said = raw(served, f"{line}Host: localhost\r\n\r\n".encode())
    assert b"Referrer-Policy: no-referrer" in said
    assert b"Cache-Control: no-store" in said


def test_the_token_is_of_its_own_and_new_each_time(served: Served, box: Lightbox) -> None:
    with Served(box) as other:
        assert other.url.split("@")[0] != served.url.split("@")[0]
        stranger = served.url.split("@")[0] + "@" + other.url.split("@")[1]
        assert Client(stranger).get("/platform").status == 401
    assert box._client is not None
    assert box._client._token not in served.url


def test_the_token_of_its_address_cannot_be_read_inside(box: Lightbox) -> None:
    serving = Served(box)
    serving._token = new_canary()
    with serving as served, RemoteSandbox(served.url) as remote:
        assert remote.perform(TakeScreenshot()).ok
        assert served._token in served.url
        assert search(box) == {}


@pytest.mark.parametrize(
    "path", ["/desk/health", "/desk/screenshot", "/desk/windows", "/desk/files", "/", "//"]
)
def test_the_hosts_own_requests_are_not_passed_on(served: Served, path: str) -> None:
    assert Client(served.url).get(path).status == 404


@pytest.mark.parametrize("path", ["/desk/run", "/desk/rekey", "/desk/perform", "/desk/write?path=x"])
def test_nor_are_those_that_do_something(served: Served, path: str) -> None:
    assert Client(served.url).post(path, {}).status == 404


def test_only_this_machine_can_reach_it(served: Served) -> None:
    assert served._server is not None
    assert served._server.socket.getsockname()[0] == "127.0.0.1"


def test_many_requests_leave_no_connections(served: Served, box: Lightbox) -> None:
    """Each of a plain client's requests has a connection and a thread of its own, here and in the guest."""
    client = Client(served.url)

    def open_here() -> int:
        return len(os.listdir("/proc/self/fd"))

    def threads_inside() -> int:
        return len(box.run(["sh", "-c", "ls /proc/2/task"]).stdout.split())

    client.get("/platform")
    here, inside = open_here(), threads_inside()
    for _ in range(60):
        assert client.get("/platform").status == 200
    assert open_here() < here + 20
    assert threads_inside() < inside + 20


def test_reset_makes_the_desktop_new_under_the_same_address(lightbox: Lightbox) -> None:
    with Served(lightbox) as served:
        client = Client(served.url)
        first = client.get("/screenshot?pointer=no").body
        client.post("/execute", {"command": "touch left; xterm >/dev/null 2>&1 &", "shell": True})
        assert client.post("/desk/reset").json() == {"status": "success"}
        assert client.post("/execute", {"command": ["ls"]}).json()["output"] == ""
        assert client.get("/screenshot?pointer=no").body == first


def test_closing_waits_for_a_reset_and_lets_no_other_begin(
    lightbox: Lightbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, closed, resets = threading.Event(), threading.Event(), threading.Event(), [0]
    real = lightbox.reset

    def slow() -> None:
        resets[0] += 1
        begun.set()
        assert go_on.wait(30)
        real()

    monkeypatch.setattr(lightbox, "reset", slow)
    served = Served(lightbox)
    served.start()
    server, url = served._server, served.url
    assert server is not None

    def ask() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            Client(url).post("/desk/reset")

    def close() -> None:
        served.close()
        closed.set()

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    assert begun.wait(20)
    wait_until(lambda: server.count() == 2, timeout=20, what="both requests")
    closing = threading.Thread(target=close)
    closing.start()
    wait_until(lambda: served._closed, timeout=20, what="the end to begin")
    assert not closed.is_set(), "it waits for the reset"
    go_on.set()
    for thread in (closing, *asking):
        thread.join(60)
    assert closed.is_set()
    assert lightbox.run(["true"]).returncode == 0, "the reset was ended, not cut short"
    assert resets == [1]


def test_a_sandbox_that_is_gone_is_said_to_be_and_a_reset_brings_it_back(lightbox: Lightbox) -> None:
    with Served(lightbox) as served:
        client = Client(served.url)
        lightbox.close()
        answer = client.get("/screenshot")
        assert answer.status == 503
        assert "not running" in answer.json()["message"]
        assert client.post("/desk/reset").status == 200
        assert client.get("/screenshot").status == 200


def test_a_port_that_is_taken_is_an_error_that_says_so(box: Lightbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentProblem, match=f"port {port} .*taken"):
            Served(box, port).start()


def test_a_port_may_be_chosen_and_is_free_again_afterwards(box: Lightbox) -> None:
    with Served(box) as first:
        port = port_of(first.url)
    with Served(box, port) as second:
        assert port_of(second.url) == port
        assert Client(second.url).get("/platform").text() == "Linux"
    second.close()


def test_closing_ends_connections_that_are_open(box: Lightbox) -> None:
    with Served(box) as served:
        connection = http.client.HTTPConnection("127.0.0.1", port_of(served.url), timeout=20)
        shown = base64.b64encode(f"desk:{urlsplit(served.url).password}".encode()).decode()
        connection.request("GET", "/platform", headers={"Authorization": f"Basic {shown}"})
        assert connection.getresponse().read() == b"Linux"
        kept = connection.sock
        assert kept is not None
        served.close()
        assert kept.recv(1) == b"", "the other end has hung up"
        connection.close()
    assert box.screenshot().pixels.any(), "the sandbox keeps running"


def raw(served: Served, request: bytes) -> bytes:
    """What a served sandbox says to some bytes, to its end."""
    with socket.create_connection(("127.0.0.1", port_of(served.url)), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def with_token(served: Served, *lines: str) -> bytes:
    shown = base64.b64encode(f"desk:{urlsplit(served.url).password}".encode()).decode()
    return "\r\n".join([*lines, f"Authorization: Basic {shown}", "", ""]).encode()


def test_sixty_six_that_drip_without_a_token_keep_no_client_out(served: Served, box: Lightbox) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(66):
            port = port_of(served.url)
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            connection.sendall(b"POST /execute HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\nX: ")
        with RemoteSandbox(served.url) as remote:
            assert remote.run(["echo", "here"]).stdout == b"here\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("Host: evil.example",),
        ("Host: 127.0.0.1", "Origin: http://evil.example"),
        ("Host: localhost", "Origin: null", "Content-Type: text/plain"),
        ("Host: localhost", "Sec-Fetch-Site: cross-site"),
    ],
)
def test_what_a_page_of_a_browser_sends_is_refused_token_or_not(
    served: Served, box: Lightbox, lines: tuple[str, ...]
) -> None:
    """A browser that once opened the address shows its token to it whatever page asks."""
    body = b'{"command": ["touch", "done-by-a-page"]}'
    head = with_token(served, "POST /execute HTTP/1.1", *lines, f"Content-Length: {len(body)}")
    said = raw(served, head + body)
    assert said.startswith(b"HTTP/1.1 403 ")
    assert b'{"error": "' in said
    assert box.run(["test", "-e", "done-by-a-page"]).returncode != 0


def test_a_head_and_a_body_have_a_bound(served: Served) -> None:
    line, host = "GET /platform HTTP/1.1", "Host: 127.0.0.1"
    assert raw(served, with_token(served, line, host)).endswith(b"Linux")
    assert raw(served, with_token(served, line, host, "X: " + "x" * 100_000)).startswith(b"HTTP/1.1 431 ")
    giant = with_token(served, "POST /execute HTTP/1.1", host, f"Content-Length: {1 << 40}")
    assert raw(served, giant).startswith(b"HTTP/1.1 413 ")
