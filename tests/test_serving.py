"""A server of this machine holds its bounds, whoever asks and however slowly: real sockets throughout."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from deskhand.serving import BoundedHandler, BoundedServer, Bounds, Response
from deskhand.waiting import wait_until

TOKEN = "Bearer 4711"
QUICK = Bounds(body=1000, head=4000, strangers=4, known=6, seconds=0.5, idle=0.5)
PATIENT = Bounds(body=1000, head=4000, strangers=8, known=6, seconds=60.0, idle=60.0)


class Echo(BoundedHandler):
    """Answers with the body to whoever has the token; /wait answers when the test says so."""

    go_on = threading.Event()

    def judge(self) -> Response | None:
        return None if self.headers.get("Authorization") == TOKEN else Response.refused(401, "no token")

    def respond(self, body: bytes) -> Response:
        if self.path == "/wait":
            assert self.go_on.wait(60)
        much = bytes(64 << 20) if self.path == "/much" else b"nothing"  # more than the kernel keeps
        return Response(body or much, "text/plain")


@pytest.fixture
def serving() -> Iterator[Callable[[Bounds], BoundedServer]]:
    with contextlib.ExitStack() as stack:

        def start(bounds: Bounds) -> BoundedServer:
            server = BoundedServer(socket.create_server(("127.0.0.1", 0), backlog=128), Echo, bounds)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.hang_up)
            stack.callback(server.shutdown)
            return server

        Echo.go_on.clear()
        yield start
        Echo.go_on.set()


def port_of(server: BoundedServer) -> int:
    return int(server.socket.getsockname()[1])


def dial(server: BoundedServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(server)), timeout=60)


def head(method: str = "GET", path: str = "/", **headers: str | None) -> bytes:
    told: dict[str, str | None] = {"Host": "127.0.0.1", "Authorization": TOKEN}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in told.items() if value is not None]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """One answer; (0, b"") where the other end hangs up without one."""
    with connection.makefile("rb") as file:
        status = file.readline()
        length = 0
        for line in iter(file.readline, b"\r\n"):
            if not line:
                return 0, b""
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return int(status.split()[1]), file.read(length)


def asked(server: BoundedServer, data: bytes) -> tuple[int, bytes]:
    with dial(server) as connection:
        connection.sendall(data)
        return answer(connection)


def hung_up(connection: socket.socket) -> bool:
    """Whether the other end ends a connection within the socket's minute."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionError:
        pass
    return True


def drip(connection: socket.socket, over: threading.Event) -> None:
    """Send a header that never ends, a byte now and then, until nobody takes it any more."""
    with contextlib.suppress(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        while not over.wait(0.05):
            connection.sendall(b"x")


Serving = Callable[[Bounds], BoundedServer]


def test_who_has_the_token_is_answered_again_and_again_on_one_connection(serving: Serving) -> None:
    with dial(serving(PATIENT)) as connection:
        for _ in range(3):
            connection.sendall(head("POST", Content_Length="5") + b"hello")
            assert answer(connection) == (200, b"hello")
        connection.sendall(head())
        assert answer(connection) == (200, b"nothing")


def test_sixty_six_strangers_that_drip_keep_nobody_out(serving: Serving) -> None:
    server, over = serving(PATIENT), threading.Event()
    with contextlib.ExitStack() as stack, dial(server) as known:
        known.sendall(head())
        assert answer(known)[0] == 200
        threads = []
        for _ in range(66):
            connection = stack.enter_context(dial(server))
            threads.append(threading.Thread(target=drip, args=(connection, over)))
            threads[-1].start()
        try:
            known.sendall(head("POST", Content_Length="2") + b"on")
            assert answer(known) == (200, b"on"), "the connection that is known goes on"
            for _ in range(10):
                assert asked(server, head())[0] == 200, "and another one is answered beside them"
            most = PATIENT.strangers + 2
            wait_until(lambda: server.count() <= most, timeout=60, what="the strangers before the last to go")
        finally:
            over.set()
            for thread in threads:
                thread.join()


def test_a_stranger_that_drips_has_seconds_altogether_and_not_for_each_byte(serving: Serving) -> None:
    with dial(serving(QUICK)) as connection:
        over = threading.Event()
        thread = threading.Thread(target=drip, args=(connection, over))
        thread.start()
        assert hung_up(connection)
        over.set()
        thread.join()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        head("POST", Content_Length="900"),
        head("POST", Content_Length="900") + b"x" * 899,
        head(),  # answered, and then nothing more comes
    ],
)
def test_what_never_comes_is_not_waited_for(serving: Serving, sent: bytes) -> None:
    server = serving(QUICK)
    with dial(server) as connection:
        connection.sendall(sent)
        assert hung_up(connection)
    wait_until(lambda: server.count() == 0, timeout=60, what="the connection to be forgotten")


def test_one_that_does_not_take_its_answer_is_ended(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deskhand.serving.SLOWEST", 1 << 40)
    server = serving(QUICK)
    with dial(server) as connection:
        connection.sendall(head(path="/much"))
        wait_until(lambda: server.count() == 1, timeout=60, what="the connection")
        wait_until(lambda: server.count() == 0, timeout=60, what="its end")


def test_work_that_takes_long_is_not_cut_off(serving: Serving) -> None:
    server = serving(QUICK)
    with dial(server) as connection:
        connection.sendall(head(path="/wait"))
        wait_until(lambda: server.count() == 1, timeout=60, what="the connection")
        [line] = server._lines.values()
        wait_until(lambda: line.end is None, timeout=60, what="the work to begin")
        with dial(server) as other:
            assert hung_up(other), "a stranger's time passes meanwhile"
        Echo.go_on.set()
        assert answer(connection) == (200, b"nothing")


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        (head(Authorization=None), 401, "token"),
        (head(Authorization="Bearer 4712"), 401, "token"),
        (head(Host="evil.example"), 403, "evil.example"),
        (head(Host="evil.example", Authorization=None), 403, "evil.example"),
        (head(Host="127.0.0.1.evil.example"), 403, "evil.example"),
        (head(Host="127.0.0.1@evil.example"), 403, "evil.example"),
        (head(Host="192.0.2.7"), 403, "192.0.2.7"),
        (head(Host=None), 403, "no name"),
        (head(Host=""), 403, "address"),
        (head(Host="127.0.0.1:99999"), 403, "address"),
        (head(Host="localhost").replace(b"\r\n\r\n", b"\r\nHost: evil.example\r\n\r\n"), 403, "address"),
        (head(Origin="http://evil.example"), 403, "another site"),
        (head(Origin="https://127.0.0.1"), 403, "another site"),
        (head(Origin="http://127.0.0.1:1"), 403, "another site"),
        (head(Origin="null"), 403, "another site"),
        (head(Sec_Fetch_Site="cross-site"), 403, "another site"),
        (head("POST", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate"), 403, "another site"),
        (head("PUT"), 501, "PUT"),
        (b"hello there you\r\n\r\n", 400, "you"),
        (head("POST"), 411, "Content-Length"),
        (head("POST", Transfer_Encoding="chunked") + b"1\r\nx\r\n0\r\n\r\n", 411, "Content-Length"),
        (head("POST", Content_Length="1001"), 413, "1000 bytes"),
        (head("POST", Content_Length="9" * 18), 413, "1000 bytes"),
        (head("POST", Content_Length="9" * 3000), 413, "1000 bytes"),
        (head("POST", Content_Length="-1"), 400, "no number"),
        (head("POST", Content_Length="+1") + b"x", 400, "no number"),
        (head("POST", Content_Length="1\r\nContent-Length: 2"), 400, "no number"),
        (head(X_Much="x" * 5000), 431, "4000 bytes"),
        (head(path="/" + "x" * 5000), 431, "4000 bytes"),
        (b"x" * 70_000, 431, "4000 bytes"),
        (head().replace(b"\r\n\r\n", b"\r\n") + b"X: y\r\n" * 2000, 431, "headers"),
    ],
)
def test_what_is_refused_is_told_why_and_hung_up_on(
    serving: Serving, sent: bytes, status: int, why: str
) -> None:
    with dial(serving(PATIENT)) as connection:
        connection.sendall(sent)
        got, said = answer(connection)
        assert (got, why in json.loads(said)["error"]) == (status, True)
        connection.shutdown(socket.SHUT_WR)
        assert hung_up(connection)


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1:1", "[::1]:80", "LOCALHOST"])
def test_this_machines_own_names_are_answered_whatever_port_leads_here(serving: Serving, host: str) -> None:
    assert asked(serving(PATIENT), head(Host=host))[0] == 200
    assert asked(serving(PATIENT), head(Host=host, Origin=f"http://{host}"))[0] == 200


def test_a_link_that_a_person_follows_is_no_strangers_page(serving: Serving) -> None:
    link = head(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    assert asked(serving(PATIENT), link)[0] == 200


def test_a_strangers_body_is_not_asked_for(serving: Serving) -> None:
    server = serving(PATIENT)
    waiting = {"Expect": "100-continue", "Content_Length": "5"}
    with dial(server) as connection:
        connection.sendall(head("POST", Authorization=None, **waiting))
        assert answer(connection)[0] == 401
    with dial(server) as connection:
        connection.sendall(head("POST", **waiting))
        assert answer(connection)[0] == 100
        connection.sendall(b"hello")
        assert answer(connection) == (200, b"hello")


def test_strangers_for_whom_there_is_a_place_are_not_ended(serving: Serving) -> None:
    server = serving(PATIENT)
    with contextlib.ExitStack() as stack:
        strangers = []
        for number in range(1, PATIENT.known + 1):
            strangers.append(stack.enter_context(dial(server)))
            wait_until(lambda number=number: server.count() == number, timeout=60, what="its place")
        for connection in strangers:
            connection.sendall(head())
            assert answer(connection)[0] == 200


def test_there_are_only_so_many_at_once_even_with_the_token(serving: Serving) -> None:
    server = serving(PATIENT)
    with contextlib.ExitStack() as stack:
        kept = [stack.enter_context(dial(server)) for _ in range(PATIENT.known)]
        for connection in kept:
            connection.sendall(head())
            assert answer(connection)[0] == 200
        assert asked(server, head())[0] == 503
        kept[0].close()
        wait_until(lambda: asked(server, head())[0] == 200, timeout=60, what="its place")
        kept[1].sendall(head())
        assert answer(kept[1])[0] == 200


def test_hanging_up_ends_all_of_them(serving: Serving) -> None:
    server = serving(PATIENT)
    with dial(server) as known, dial(server) as stranger:
        known.sendall(head())
        assert answer(known)[0] == 200
        wait_until(lambda: server.count() == 2, timeout=60, what="both")
        server.shutdown()
        server.hang_up()
        assert hung_up(known)
        assert hung_up(stranger)
