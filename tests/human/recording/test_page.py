"""The page in which a person operates a sandbox, by clicking in a real browser; and whoever else asks."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import Click, Finished, Key, OpenApp, Scroll, Type
from deskhand.human.pages import link_server as serving
from deskhand.human.recording import pages
from deskhand.human.recording.server import COOKIE, PageServer
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.records import HIDDEN_TEXT
from deskhand.waiting import wait_until
from tests.human.recording.desk import Person, actions, holding, recorded, words

pytestmark = pytest.mark.lightbox

SECRET = "Xyzzy-4711"


class Served:
    """A recording with its page's server."""

    def __init__(self, person: Person, server: PageServer) -> None:
        self.person, self.server = person, server

    @property
    def url(self) -> str:
        return self.server.url


@pytest.fixture(scope="module")
def accessible() -> Iterator[Lightbox]:
    with Lightbox(accessible=True) as sandbox:
        yield sandbox


@pytest.fixture
def served(accessible: Lightbox, tmp_path: Path) -> Iterator[Served]:
    accessible.reset()
    accessible.launch("mousepad")
    with recorded(accessible, tmp_path / "t", tree=True) as person, PageServer(person.recording) as server:
        yield Served(person, server)


@pytest.fixture
def bare(accessible: Lightbox, tmp_path: Path) -> Iterator[Served]:
    """A recording of whatever is on the desktop."""
    with recorded(accessible, tmp_path / "t") as person, PageServer(person.recording) as server:
        yield Served(person, server)


def open_page(page: Any, served: Served) -> Any:
    page.goto(served.url)
    page.wait_for_selector("#connection.recording")
    page.wait_for_selector("#screen[data-number]")
    return page


def at(page: Any, x: int, y: int) -> tuple[float, float]:
    """Where a pixel of the desktop is in the page."""
    box = page.locator("#screen").bounding_box()
    return box["x"] + (x + 0.5) * box["width"] / 1280, box["y"] + (y + 0.5) * box["height"] / 800


def lines(page: Any, count: int) -> list[str]:
    page.wait_for_selector(f"#lines li.action >> nth={count - 1}")
    return list(page.locator("#lines li").all_inner_texts())


def test_a_person_types_clicks_and_is_done(served: Served, page: Any) -> None:
    open_page(page, served)
    served.person.until_reported()
    page.mouse.click(*at(page, 640, 400))
    page.keyboard.type("Hello Wörld", delay=5)
    page.keyboard.insert_text("漢字")
    page.keyboard.press("Control+a")
    page.mouse.click(*at(page, 700, 500), button="right")
    page.mouse.move(*at(page, 300, 300))
    page.keyboard.press("Escape")
    page.mouse.wheel(0, 300)
    shown = lines(page, 6)
    page.fill("#answer", "it says <b>hello</b>")
    page.click("#done")
    page.wait_for_selector("text=The recording has ended: finished")
    result = served.person.end()
    assert (result.status, result.answer) == ("finished", "it says <b>hello</b>")
    found = served.person.trajectory
    assert actions(found.steps) == [
        Click(at=ScreenPoint(640, 400)),
        Type(text="Hello Wörld漢字"),
        Key(keys=("ctrl", "a")),
        Click(at=ScreenPoint(700, 500), button="right"),
        Key(keys=("esc",)),
        Scroll(at=ScreenPoint(300, 300), dy=3),
        Finished(answer="it says <b>hello</b>"),
    ]
    assert words(found.steps)[0] == "the text area"
    assert [line[0] for line in shown] == ["1", "2", "3", "4", "5", "6"]
    assert shown[0] == "1click the text area"
    assert all(step.outcomes[0].ok for step in found.steps[:-1])


def test_what_is_hidden_reaches_neither_page_nor_folder(served: Served, page: Any, tmp_path: Path) -> None:
    open_page(page, served)
    page.click("#hide")
    page.wait_for_selector("#hide[aria-pressed=true]")
    page.keyboard.type(SECRET)
    page.keyboard.press("Control+a")
    lines(page, 2)
    assert SECRET not in page.content()
    page.click("#stop")
    assert served.person.end().status == "stopped"
    assert actions(served.person.trajectory.steps)[0] == Type(text=HIDDEN_TEXT)
    assert holding(tmp_path, SECRET) == []


def test_a_region_is_marked_by_dragging_and_the_mark_removed_again(served: Served, page: Any) -> None:
    open_page(page, served)
    page.click("#mask")
    page.mouse.move(*at(page, 200, 300))
    page.mouse.down()
    page.mouse.move(*at(page, 400, 380), steps=3)
    page.mouse.up()
    page.wait_for_selector(".masked")
    [mask] = served.person.recording.feed.state.masks
    assert mask == Box(200, 300, 400, 380)
    page.click(".masked button")
    page.wait_for_selector(".masked", state="detached")
    assert served.person.recording.feed.state.masks == ()
    served.person.done()
    assert actions(served.person.trajectory.steps) == [Finished()], "the drag was none of the desktop's"


def test_notes_are_shown_as_text_and_a_pause_is_told(served: Served, page: Any) -> None:
    open_page(page, served)
    page.fill("#note", "<img src=x onerror=alert(1)> look")
    page.click("#noting button")
    page.wait_for_selector("#lines li.note")
    assert page.locator("#lines img").count() == 0
    page.click("#pause")
    page.wait_for_selector("text=Paused: nothing is recorded")
    page.click("#pause")
    page.wait_for_selector("#connection.recording")
    served.person.done()
    notes = [note.text for note in served.person.trajectory.notes]
    assert notes[0] == "<img src=x onerror=alert(1)> look"
    assert len(notes) == 3


def test_keys_that_a_browser_keeps_can_be_sent(served: Served, page: Any) -> None:
    open_page(page, served)
    page.select_option("#chords", "Alt+F4")
    assert lines(page, 1)[0].endswith("press alt+f4")
    served.person.done()


@pytest.mark.slow(reason="a second page that waits is tested")
def test_another_browser_is_told_that_it_is_open_elsewhere(served: Served, page: Any, browser: Any) -> None:
    open_page(page, served)
    with contextlib.closing(browser.new_context()) as other:
        second = other.new_page()
        assert second.goto(served.url).status == 409
        assert "open elsewhere" in second.inner_text("h1")
        assert not second.is_visible("#over"), "it cannot be taken from there"
    page.keyboard.press("F5")
    lines(page, 1)


def test_a_second_page_waits_until_the_first_is_gone(served: Served, page: Any) -> None:
    open_page(page, served)
    second = page.context.new_page()
    assert second.goto(served.url).status == 409
    second.wait_for_selector("#over")
    page.close()
    second.wait_for_selector("#connection.recording")


@pytest.mark.slow(reason="a second page that waits is tested")
def test_a_second_page_can_take_over(served: Served, page: Any) -> None:
    open_page(page, served)
    second = page.context.new_page()
    second.goto(served.url)
    second.click("#over")
    second.wait_for_selector("#connection.recording")
    page.bring_to_front()
    page.keyboard.type("x")
    page.wait_for_selector("text=open in another page")
    second.bring_to_front()
    second.keyboard.press("F5")
    assert lines(second, 1) == ["1press f5"]


def test_a_page_that_is_closed_midway_ends_the_recording_with_all_that_was_done(
    served: Served, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page(page, served)
    page.keyboard.type("half of it")
    wait_until(lambda: served.server.inbox.next == 20, timeout=20, what="all keys to arrive")
    monkeypatch.setattr(pages, "AWAY_SECONDS", 1.0)
    page.close()
    result = served.person.end()
    assert result.status == "stopped"
    assert "closed" in result.reason
    found = served.person.trajectory
    assert actions(found.steps) == [Type(text="half of it")]
    assert found.end is not None
    assert found.end.frame is not None


def test_a_page_that_nobody_opens_ends_the_recording(bare: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "OPEN_SECONDS", 0.0)
    result = bare.person.end()
    assert (result.status, "not opened" in result.reason) == ("stopped", True)


# Without a browser: whoever asks the server.


class Asker:
    """Asks a page's server as a browser of the same origin would, or not."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.cookie = self.page = ""
        self.next = 0

    def ask(self, method: str, path: str, body: Any = None, **headers: str | None) -> tuple[int, Any, Any]:
        authority = urlsplit(self.served.url).netloc
        base = urlsplit(self.served.url).path
        sent: dict[str, str | None] = {"Host": authority, "Cookie": f"{COOKIE}={self.cookie}"}
        if method == "POST":
            sent |= {"Origin": f"http://{authority}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        connection = http.client.HTTPConnection(authority, timeout=20)
        with contextlib.closing(connection):
            target = path if path.startswith("/") else base + path
            connection.request(method, target, data, {k: v for k, v in sent.items() if v is not None})
            response = connection.getresponse()
            return response.status, response.read(), response.headers

    def enter(self) -> None:
        status, body, headers = self.ask("GET", "")
        assert status == 200
        self.cookie = headers["Set-Cookie"].partition(";")[0].partition("=")[2]
        self.page = body.decode().partition('data-page="')[2].partition('"')[0]

    def send(self, *events: Any, first: int | None = None) -> tuple[int, Any]:
        batch = {"page": self.page, "first": self.next if first is None else first, "events": list(events)}
        status, body, _ = self.ask("POST", "events", batch)
        answer = json.loads(body)
        self.next = answer.get("next", self.next)
        return status, answer


def pressed(key: str, t: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"kind": "key_down", "t": t, "key": key, **more}


@pytest.fixture
def asker(bare: Served) -> Asker:
    asker = Asker(bare)
    asker.enter()
    return asker


@pytest.fixture(scope="module")
def refused(accessible: Lightbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """Asks one recording, of which nothing is ever done."""
    folder = tmp_path_factory.mktemp("refused") / "t"
    with recorded(accessible, folder) as person, PageServer(person.recording) as server:
        person.recording.away = lambda: ""  # on a busy machine the page asks nothing for longer than it may
        asker = Asker(Served(person, server))
        asker.enter()
        yield asker
        assert person.recording._inbox.empty()
        assert done_by(asker.served) == []


def done_by(served: Served) -> list[Any]:
    """All that was recorded, after the person stops."""
    served.person.done()
    return actions(served.person.trajectory.steps)[:-1]


def test_the_page_comes_with_a_cookie_for_itself_and_a_policy(bare: Served) -> None:
    status, _, headers = Asker(bare).ask("GET", "")
    assert status == 200
    for word in ("HttpOnly", "SameSite=Strict", f"Path={bare.server.base}"):
        assert word in headers["Set-Cookie"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_without_the_token_there_is_nothing(bare: Served) -> None:
    for path in ("/", "/wrong/", "/../", "/wrong/screen", "/favicon.icoo"):
        status, body, headers = Asker(bare).ask("GET", path)
        assert status == 404
        assert bare.server.token.encode() not in body
        assert "Set-Cookie" not in headers
    assert Asker(bare).ask("GET", "")[0] == 200, "the link still counts"


def test_the_token_alone_does_nothing_once_it_was_used(asker: Asker) -> None:
    stranger = Asker(asker.served)
    stranger.page = asker.page
    assert stranger.ask("GET", "")[0] == 409
    assert stranger.send(pressed("F5"))[0] == 403
    assert stranger.ask("GET", f"screen?page={asker.page}&after=0")[0] == 403
    assert stranger.ask("POST", "command", {"page": asker.page, "command": {"do": "stop"}})[0] == 403
    assert done_by(asker.served) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": None},
        {"Host": "evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Content_Type": "text/plain"},
    ],
)
def test_what_other_pages_send_is_refused(refused: Asker, headers: dict[str, str | None]) -> None:
    body = {"page": refused.page, "first": 0, "events": [pressed("F5")]}
    assert refused.ask("POST", "events", body, **headers)[0] == 403


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "press", "t": 0, "x": 5000, "y": 5, "button": "left"},
        {"kind": "press", "t": 0, "x": -1, "y": 5, "button": "left"},
        {"kind": "press", "t": 0, "x": 10**30, "y": 5, "button": "left"},
        {"kind": "press", "t": 0, "x": 1.5, "y": 5, "button": "left"},
        {"kind": "press", "t": 0, "x": 1, "y": 5, "button": "fourth"},
        {"kind": "press", "t": -1, "x": 1, "y": 5, "button": "left"},
        {"kind": "wheel", "t": 0, "x": 1, "y": 5, "dy": 10**9},
        {"kind": "key_down", "t": 0, "key": "NoSuchKey"},
        {"kind": "key_down", "t": 0, "key": "a", "text": "\u0007"},
        {"kind": "key_down", "t": 0, "key": "a" * 1000},
        {"kind": "text", "t": 0, "text": "x" * 10_000},
        {"kind": "text", "t": 0, "text": "a\nb"},
        {"kind": "run", "t": 0, "command": "ls"},
        {"kind": "move", "t": 0, "x": 1, "y": 1, "more": True},
        "press",
        None,
        [[]],
    ],
)
def test_an_event_that_makes_no_sense_is_refused_and_none_of_its_batch_done(
    refused: Asker, event: Any
) -> None:
    status, answer = refused.send(pressed("F5"), event)
    assert status == 400
    assert "error" in answer


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 50_000, b'{"page": NaN}', b"\xff\xfe", b'{"page":"x","first":1e400,"events":[]}'],
)
def test_a_body_that_makes_no_sense_is_refused(refused: Asker, body: bytes) -> None:
    assert refused.ask("POST", "events", body)[0] == 400
    assert refused.ask("POST", "command", body)[0] == 400


def test_a_body_that_is_too_long_is_not_read(refused: Asker) -> None:
    assert refused.ask("POST", "events", b" ", Content_Length=str(1 << 40))[0] in (411, 413)
    assert refused.ask("POST", "events", b" " * (serving.LARGEST_BODY + 1))[0] == 413


@pytest.mark.parametrize(
    "command",
    [
        {"do": "mask", "box": [0, 0, 5000, 100]},
        {"do": "mask", "box": [100, 100, 50, 50]},
        {"do": "note", "text": "x" * 5000},
        {"do": "pause", "on": "perhaps"},
        {"do": "open", "path": "/etc/passwd"},
    ],
)
def test_a_command_that_makes_no_sense_is_refused(refused: Asker, command: Any) -> None:
    assert refused.ask("POST", "command", {"page": refused.page, "command": command})[0] == 400


def test_events_are_done_in_order_and_at_most_once(asker: Asker) -> None:
    assert asker.send(pressed("F5", 0), pressed("F6", 10))[1] == {"next": 2}
    assert asker.send(pressed("F6", 10), pressed("F7", 20), first=1)[1] == {"next": 3}, "one came again"
    assert asker.send(pressed("F5", 0), first=0)[1] == {"next": 3}
    status, answer = asker.send(pressed("F9", 30), first=7)
    assert (status, answer["next"]) == (409, 3)
    asker.served.person.until(3)
    assert done_by(asker.served) == [Key(keys=("f5",)), Key(keys=("f6",)), Key(keys=("f7",))]


def test_a_key_of_another_alphabet_is_known_by_its_place(asker: Asker) -> None:
    asker.send(pressed("Control"), pressed("ф", 1, code="KeyA"), {"kind": "key_up", "t": 2, "key": "Control"})
    asker.send(pressed("ф", 3, code="KeyA", text="ф"), pressed("Numpad7", 4, code="Numpad7"))
    asker.served.person.until(3)
    assert done_by(asker.served) == [Key(keys=("ctrl", "a")), Type(text="ф"), Key(keys=("num7",))]


def test_strangers_that_drip_headers_do_not_end_a_recording(asker: Asker) -> None:
    """As many as there were places for all; the page's own questions go on, on new connections too."""
    authority = urlsplit(asker.served.url).netloc
    host, _, port = authority.partition(":")
    with contextlib.ExitStack() as stack:
        for _ in range(66):
            connection = stack.enter_context(socket.create_connection((host, int(port)), timeout=60))
            connection.sendall(b"GET / HTTP/1.1\r\nHost: " + authority.encode() + b"\r\nX-Slow: ")
        for number in range(3):
            assert asker.send(pressed("F5", number))[0] == 200
        assert asker.ask("GET", f"alive?page={asker.page}")[0] == 200
    asker.served.person.until(3)
    assert len(done_by(asker.served)) == 3


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.0.2.1", None])
def test_a_name_that_only_leads_here_is_refused_in_a_sentence(refused: Asker, host: str | None) -> None:
    """DNS rebinding: the page of another site, under its own name, which leads to this machine by now."""
    skip = {"Host": host} if host is not None else {"Host": ""}
    status, body, headers = refused.ask("GET", "", **skip)
    assert status == 403
    assert "address" in json.loads(body)["error"]
    assert "Set-Cookie" not in headers


def test_a_program_is_opened_from_the_page_and_recorded(page: Any, tmp_path: Path) -> None:
    """On a desktop of its own: a reset would end the recording that others of this file still ask."""
    with Lightbox() as box, recorded(box, tmp_path / "t") as person, PageServer(person.recording) as server:
        open_page(page, Served(person, server))
        page.wait_for_selector("#opening:visible")
        page.select_option("#programs", "Mousepad")
        assert "open" in lines(page, 1)[0]
        wait_until(lambda: "Mousepad" in str(box.windows()), timeout=30, what="the editor")
        page.click("#done")
        assert person.end().status == "finished"
    assert actions(person.trajectory.steps)[0] == OpenApp(name="Mousepad")
