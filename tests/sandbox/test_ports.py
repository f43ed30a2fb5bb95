"""Ports of a served sandbox are forwarded where that was asked for, to programs of the same user alone."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
from collections.abc import Iterator

import pytest

from deskhand.benchmarks.task_files.browser.devtools import DevTools
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox import ports
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.ports import user_of_other_end
from deskhand.sandbox.serve import Served
from deskhand.waiting import wait_until
from tests.sandbox.plainly import Answer, Client

pytestmark = pytest.mark.lightbox

PAGE = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/never":
            self.rfile.read(1)
        length = int(self.headers.get("Content-Length", 0))
        sent = self.rfile.read(length).decode() + self.headers.get("Cookie", "")
        said = f"{self.command} {self.path} {self.headers['Host']} {sent}".encode()
        known = "Basic OnBhc3N3b3Jk" in str(self.headers["Authorization"])
        self.send_response(200 if known else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="player"')
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)
    do_POST = do_HEAD = do_GET
http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Page).serve_forever()
"""


def listens(box: Lightbox, port: int) -> bool:
    connect = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
    return box.run(["python3", "-c", connect]).returncode == 0


def start_page(box: Lightbox) -> None:
    box.run(["sh", "-c", 'python3 -c "$0" >/dev/null 2>&1 &', PAGE])
    wait_until(lambda: listens(box, 8080), timeout=60, what="the page to be served inside")


@pytest.fixture(scope="module")
def page(box: Lightbox) -> Iterator[Served]:
    start_page(box)
    with Served(box, forward={8080: 0, 9999: 0}) as served:
        yield served


def at(served: Served, inside: int = 8080) -> str:
    return f"127.0.0.1:{served.forwarded[inside]}"


def asked(served: Served, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    with contextlib.closing(http.client.HTTPConnection(at(served), timeout=60)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, "/requests/status.xml?x=1", body, named)
        response = connection.getresponse()
        return Answer(response.status, response.headers["Content-Type"], response.read())


def test_a_page_inside_is_read_as_osworlds_client_reads_that_of_vlc(page: Served) -> None:
    answer = Client(f"http://:password@{at(page)}").get("/requests/status.xml")
    assert (answer.status, answer.content_type) == (200, "text/xml")
    assert answer.text() == f"GET /requests/status.xml {at(page)} "
    assert asked(page).status == 401, "whose password it is is the page's own affair"


def test_bodies_heads_and_further_requests_on_a_connection_are_passed_on(page: Served) -> None:
    shown = {"Authorization": "Basic OnBhc3N3b3Jk"}
    with contextlib.closing(http.client.HTTPConnection(at(page), timeout=60)) as connection:
        for number in range(5):
            connection.request("POST", f"/{number}", b"sent", shown)
            response = connection.getresponse()
            assert response.read().decode() == f"POST /{number} {at(page)} sent"
            assert response.headers["Location"] is None, "it sends nobody on"
            assert "player" in response.headers["WWW-Authenticate"]
        connection.request("HEAD", "/", headers=shown)
        assert connection.getresponse().status == 200


def test_a_browser_that_is_led_there_gives_no_cookies_and_runs_no_script(page: Served) -> None:
    shown = {"Authorization": "Basic OnBhc3N3b3Jk", "Cookie": "of=another-server"}
    with contextlib.closing(http.client.HTTPConnection(at(page), timeout=60)) as connection:
        connection.request("GET", "/", headers=shown)
        response = connection.getresponse()
        assert response.read().decode() == f"GET / {at(page)} ", "cookies are for all ports of a machine"
        assert response.headers["Content-Security-Policy"] == "sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        connection.request("GET", "/", headers=shown | {"Connection": "Upgrade", "Upgrade": "x"})
        assert b"another-server" not in connection.sock.recv(1 << 16)


def test_where_nothing_listens_the_answer_says_so(page: Served) -> None:
    answer = Client(f"http://{at(page, 9999)}").get("/")
    assert answer.status == 502
    assert "port 9999" in answer.json()["error"]


def test_what_never_answers_is_given_up(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "ANSWER_SECONDS", 0.5)
    answer = Client(f"http://{at(page)}").get("/never")
    assert (answer.status, "0.5 s" in answer.json()["error"]) == (504, True)


def test_nothing_is_forwarded_unless_it_is_asked_for(page: Served, box: Lightbox) -> None:
    with Served(box) as served:
        assert served.forwarded == {}
        client = Client(served.url)
        assert client.post("/desk/connect", {"port": 8080}).status == 404
    assert Client(f"http://{at(page)}").get("/platform").status == 401, "the page's, not the sandbox's own"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate"},
        {"Origin": "http://evil.example", "Connection": "Upgrade", "Upgrade": "websocket"},
    ],
)
def test_pages_of_a_browser_are_refused(page: Served, headers: dict[str, str]) -> None:
    assert asked(page, Authorization="Basic OnBhc3N3b3Jk").status == 200
    answer = asked(page, Authorization="Basic OnBhc3N3b3Jk", **headers)
    assert answer.status == 403
    assert b"GET" not in answer.body


ASK = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], timeout=60)
connection.request("GET", "/", headers={"Authorization": "Basic OnBhc3N3b3Jk"})
response = connection.getresponse()
print(response.status, response.read().decode())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_programs_of_another_user_are_refused(page: Served) -> None:
    def said(user: int) -> str:
        command = ["/usr/bin/python3", "-I", "-S", "-c", ASK, at(page)]
        done = subprocess.run(command, user=user, group=user, extra_groups=[], cwd="/", env={},
                              capture_output=True, text=True, timeout=120, check=True)  # fmt: skip
        return done.stdout

    assert said(0).startswith("200 ")
    assert said(65534).startswith("403 ")
    assert "GET" not in said(65534)


def test_whose_the_other_end_is(page: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")):
            with socket.socket(family) as mine:
                mine.connect((host, listener.getsockname()[1]))
                theirs, _ = listener.accept()
                with theirs:
                    assert user_of_other_end(theirs) == os.geteuid()
                    mine.close()
                    assert user_of_other_end(theirs) is None, "of one that is closed nobody can say it"


def test_a_reset_leads_to_the_new_desktop(lightbox: Lightbox) -> None:
    with Served(lightbox, forward={8080: 0}) as served:
        start_page(lightbox)
        client = Client(f"http://:password@{at(served)}")
        assert client.get("/").status == 200
        assert Client(served.url).post("/desk/reset").status == 200
        assert client.get("/").status == 502
        start_page(lightbox)
        assert client.get("/").status == 200


def test_a_port_that_is_taken_leaves_nothing_open(box: Lightbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()[1]
        other.close()
        with pytest.raises(EnvironmentProblem, match="taken"):
            Served(box, free, {8080: taken.getsockname()[1]}).start()
        socket.create_server(("127.0.0.1", free)).close()


def test_closing_ends_tunnels(page: Served, box: Lightbox) -> None:
    with Served(box, forward={8080: 0}) as served:
        with socket.create_connection(("127.0.0.1", served.forwarded[8080]), 60) as connection:
            lines = ["GET / HTTP/1.1", f"Host: {at(served)}", "Connection: keep-alive, Upgrade", "Upgrade: x"]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            assert connection.recv(12) == b"HTTP/1.1 401"
            served.close()
            while connection.recv(1 << 16):
                pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", served.forwarded[8080]), 5)


def test_devtools_of_a_real_chromium_are_spoken_with(lightbox: Lightbox) -> None:
    with Served(lightbox, forward={1337: 0}) as served:
        lightbox.write_file("page.html", b"<title>Shown</title><p id=a>a</p>")
        lightbox.launch("chromium", ["--remote-debugging-port=1337", f"file://{home(lightbox)}/page.html"])
        tools = DevTools([served.forwarded[1337]])
        wait_until(lambda: any(one["title"] == "Shown" for one in tools.tabs()), timeout=60, what="the page")
        (tab,) = [one for one in tools.tabs() if one["title"] == "Shown"]
        assert f":{served.forwarded[1337]}/" in tab["webSocketDebuggerUrl"], "so clients come back here"
        with contextlib.closing(tools.page(tab["id"])) as shown:
            assert shown.look("function () { return document.body.innerText }", []) == "a"
            large = "function (n) { return 'x'.repeat(n) }"
            assert len(shown.look(large, [5_000_000])) == 5_000_000
        opened = tools.new()
        tools.close(opened)
        version = json.loads(Client(f"http://{at(served, 1337)}").get("/json/version").body)
        assert version["webSocketDebuggerUrl"].startswith(f"ws://{at(served, 1337)}/devtools/browser/")


def test_playwright_connects_as_osworlds_getters_do(lightbox: Lightbox) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    with Served(lightbox, forward={9222: 0}) as served:
        lightbox.write_file("page.html", b"<title>Shown</title>")
        lightbox.launch("chromium", ["--remote-debugging-port=9222", f"file://{home(lightbox)}/page.html"])
        with playwright.sync_playwright() as started:
            browser = started.chromium.connect_over_cdp(f"http://{at(served, 9222)}")
            assert [page.title() for context in browser.contexts for page in context.pages] == ["Shown"]
            browser.close()


def home(box: Lightbox) -> str:
    return box.run(["pwd"]).stdout.decode().strip()
