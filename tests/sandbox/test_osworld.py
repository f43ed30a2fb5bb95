"""OSWorld's guest protocol over a served lightbox: asked as OSWorld's own client asks it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Move
from deskhand.sandbox.guest.osworld import ANSWERS
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.serve import Served
from deskhand.waiting import wait_until
from tests.sandbox.plainly import Answer, Client

pytestmark = pytest.mark.lightbox

PREFIX = "import pyautogui; import time; pyautogui.FAILSAFE = False; "
"""What OSWorld's client puts before every command that it sends."""

NAMESPACE = "https://accessibility.ubuntu.example.org/ns/"


@pytest.fixture(scope="module")
def client(box: Lightbox) -> Iterator[Client]:
    with Served(box) as served:
        yield Client(served.url)


@pytest.fixture
def desk(lightbox: Lightbox) -> Iterator[Client]:
    """A desktop of its own, for tests that leave windows and files."""
    with Served(lightbox) as served:
        yield Client(served.url)


def python(client: Client, command: str) -> Answer:
    """OSWorld's execute_python_command."""
    return client.post("/execute", {"command": ["python", "-c", PREFIX + command], "shell": False})


def picture(answer: Answer) -> Any:
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert answer.body.startswith(b"\x89PNG\r\n\x1a\n")
    return np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB"))


def titles(box: Lightbox) -> list[str]:
    return [str(window["title"]) for window in box.windows()]


def test_a_screenshot_has_the_pointer_in_it_unless_it_is_not_wanted(client: Client, box: Lightbox) -> None:
    assert box.perform(Move(at=ScreenPoint(300, 200))).ok
    bare, drawn = picture(client.get("/screenshot?pointer=no")), picture(client.get("/screenshot"))
    assert (bare == box.screenshot().pixels).all()
    rows, columns = (bare != drawn).any(axis=2).nonzero()
    assert rows.size, "there is a pointer"
    assert abs(rows - 200).max() < 40
    assert abs(columns - 300).max() < 40


def test_its_client_asks_by_head_whether_the_server_is_there(client: Client) -> None:
    there = client.ask("HEAD", "/screenshot")
    assert (there.status, there.body, there.content_type) == (200, b"", "image/png")
    assert client.ask("HEAD", "/nowhere").status == 404
    assert client.get("/platform").body == b"Linux", "the connection is good for more"


def test_its_clients_commands_move_the_real_pointer(client: Client, box: Lightbox) -> None:
    answer = python(client, "pyautogui.moveTo(123, 45); pyautogui.click()")
    assert answer.status == 200
    assert answer.json() == {"status": "success", "output": "", "error": "", "returncode": 0}
    assert client.get("/cursor_position").json() == [123, 45]
    assert box.screenshot().cursor == ScreenPoint(123, 45)


def test_its_client_learns_the_platform_and_the_screen(client: Client) -> None:
    assert client.get("/platform").text() == "Linux"
    told = python(client, "import platform; print(platform.system())").json()
    assert told["output"].strip() == "Linux", "nothing else is on standard output"
    assert client.post("/screen_size").json() == {"width": 1280, "height": 800}


@pytest.mark.parametrize(
    ("wanted", "output"),
    [
        ({"command": ["echo", "a  b", "$HOME"]}, "a  b $HOME\n"),
        ({"command": "echo 'a  b' $HOME", "shell": False}, "a  b $HOME\n"),
        ({"command": "echo $HOME | tr a-z A-Z", "shell": True}, "/HOME/AGENT\n"),
        ({"command": ["echo $0 $1", "x", "y"], "shell": True}, "x y\n"),
        ({"command": ["echo", "~/a"]}, "/home/agent/a\n"),
        ({"command": ["printf", "\\377"]}, "\N{REPLACEMENT CHARACTER}"),
    ],
)
@pytest.mark.parametrize("path", ["/execute", "/setup/execute"])
def test_commands_are_read_as_its_own_server_reads_them(
    client: Client, path: str, wanted: dict[str, Any], output: str
) -> None:
    answer = client.post(path, wanted)
    assert (answer.status, answer.json()["status"], answer.json()["output"]) == (200, "success", output)


def test_a_command_that_fails_is_told_with_what_it_said(client: Client) -> None:
    told = client.post("/execute", {"command": "echo out; echo err >&2; exit 3", "shell": True}).json()
    assert told == {"status": "success", "output": "out\n", "error": "err\n", "returncode": 3}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"command": ["no-such-program"]}, "no-such-program"),
        ({"command": []}, "empty"),
        ({"command": "'open"}, "quotation"),
        ({"command": ["sleep", "60"], "timeout": 0.1}, "0.1 s"),
        ({"command": ["a\0b"]}, "null"),
        ({"command": 5}, "iterable"),
        ([], "list"),
        (None, "None"),
    ],
)
def test_a_command_that_cannot_be_run_is_an_error_that_says_so(
    client: Client, wanted: Any, said: str
) -> None:
    answer = client.post("/execute", wanted)
    assert answer.status == 500
    assert answer.json()["status"] == "error"
    assert said in answer.json()["message"]


@pytest.mark.parametrize(("method", "path"), sorted(ANSWERS))
@pytest.mark.parametrize("body", [b"", b"not JSON", b'"a"', b'{"path": 5, "window_name": [], "command": {}}'])
def test_nonsense_is_answered_and_the_guest_lives(
    client: Client, method: str, path: str, body: bytes
) -> None:
    if method == "POST":
        answer = client.send(path, body, "application/json")
        assert answer.status in (200, 400, 404, 500, 501)
        assert answer.status == 200 or answer.json()["message"] or answer.json()["error"]
    assert client.get("/platform").text() == "Linux"


def test_windows_are_found_by_title_and_by_class(desk: Client, lightbox: Lightbox) -> None:
    for program in ("mousepad", "xterm -T Scratch"):
        assert desk.post("/setup/launch", {"command": program}).text() == f"{program} launched successfully"
    wait_until(lambda: len(titles(lightbox)) == 2, timeout=20, what="both windows")

    def active() -> list[str]:
        return [str(window["title"]) for window in lightbox.windows() if window["active"]]

    by_part = {"window_name": "MOUSEpad", "strict": False, "by_class": False}
    assert desk.post("/setup/activate_window", by_part).text() == "Window activated successfully"
    assert active() == ["Untitled 1 - Mousepad"]
    by_name = {"window_name": "Scratch", "strict": True}
    assert desk.post("/setup/activate_window", by_name).status == 200
    assert active() == ["Scratch"]
    for wanted in ({"window_name": "scratch", "strict": True}, {"window_name": "Scratch", "by_class": True}):
        answer = desk.post("/setup/activate_window", wanted)
        assert (answer.status, answer.json()["status"]) == (404, "error")
    by_class = {"window_name": "xterm.XTerm", "strict": True, "by_class": True}
    assert desk.post("/setup/close_window", by_class).text() == "Window closed successfully."
    wait_until(
        lambda: titles(lightbox) == ["Untitled 1 - Mousepad"], timeout=10, what="the terminal to close"
    )


def test_files_go_in_and_out_unchanged_wherever_the_user_may_write(client: Client, box: Lightbox) -> None:
    data = bytes(range(256)) * 40 + b"\r\n--line\r\n\r\n"
    answer = client.upload("/setup/upload", data, to="~/deep/er/file.bin")
    assert (answer.status, answer.text()) == (200, f"File Uploaded: {len(data)} bytes")
    assert box.read_file("deep/er/file.bin") == data
    assert client.form("/file", file_path="/home/agent/deep/er/file.bin").body == data
    assert client.form("/file", file_path="$HOME/deep/er/file.bin").body == data
    assert client.upload("/setup/upload", b"", to="/tmp/empty").status == 200
    assert client.form("/file", file_path="/tmp/empty").body == b""
    box.run(["rm", "-r", "deep", "/tmp/empty"])


def test_files_that_cannot_be_given_or_taken(client: Client, box: Lightbox) -> None:
    assert client.form("/file", file_path="/nowhere").json()["error"] == "File not found"
    assert client.form("/file", file_path="/nowhere").status == 404
    assert client.form("/file", file_path="/home").status == 500
    assert client.form("/file").status == 400
    assert client.upload("/setup/upload", b"x", to="/usr/bin/x").status == 500
    box.run(["mkfifo", "pipe"])
    assert client.form("/file", file_path="~/pipe").status == 500, "a pipe is no wait"
    assert client.upload("/setup/upload", b"x", to="~/pipe").status == 500
    box.run(["rm", "pipe"])


def test_a_file_is_opened_by_an_application_for_its_kind(desk: Client, lightbox: Lightbox) -> None:
    for name in ("my notes.txt", "report", "folder/inner.txt"):
        lightbox.write_file(name, b"some words\n")
    for name in ("my notes.txt", "report", "folder"):
        answer = desk.post("/setup/open_file", {"path": f"~/{name}"})
        assert answer.status == 200, answer.text()
        assert any(name in title for title in titles(lightbox)), titles(lightbox)
    assert desk.post("/setup/open_file", {"path": "galculator"}).status == 200
    assert "galculator" in titles(lightbox)


@pytest.mark.parametrize("path", ["~/missing.txt", "no-such-program", "/bin/sh -c id"])
def test_what_cannot_be_opened_is_not_found(client: Client, path: str) -> None:
    assert client.post("/setup/open_file", {"path": path}).status == 404


def test_a_file_of_a_kind_that_nothing_opens(client: Client, box: Lightbox) -> None:
    box.write_file("thing", b"\0\1\2")
    answer = client.post("/setup/open_file", {"path": "~/thing"})
    assert (answer.status, "octet-stream" in answer.json()["message"]) == (404, True)
    box.run(["rm", "thing"])


def test_a_folder_is_listed_with_all_below_it_and_no_link_is_followed(client: Client, box: Lightbox) -> None:
    box.write_file("top/inner/file", b"x")
    box.run(["ln", "-s", "..", "top/inner/loop"])
    answer = client.post("/list_directory", {"path": "/home/agent/top"})
    assert answer.json() == {
        "directory_tree": {
            "type": "directory",
            "name": "top",
            "children": [
                {
                    "type": "directory",
                    "name": "inner",
                    "children": [{"type": "file", "name": "file"}, {"type": "file", "name": "loop"}],
                }
            ],
        }
    }
    assert client.post("/list_directory", {"path": "/home/agent/top/inner/file"}).status == 400
    box.run(["rm", "-r", "top"])


def test_applications_that_this_protocol_starts_tell_of_their_elements(
    desk: Client, lightbox: Lightbox
) -> None:
    desk.post("/setup/launch", {"command": ["mousepad"]})

    def told() -> ElementTree.Element | None:
        answer = desk.get("/accessibility")
        assert answer.status == 200, answer.text()
        return ElementTree.fromstring(answer.json()["AT"]).find("./application[@name='mousepad']/frame")

    frame = wait_until(told, timeout=20, what="mousepad to tell of its window")
    assert frame.get(f"{{{NAMESPACE}state}}active") == "true"
    button = frame.find(".//push-button[@name='Save']")
    assert button is not None
    assert button.get(f"{{{NAMESPACE}action}}click_desc") is not None
    field = frame.find(".//text")
    assert field is not None
    assert field.get(f"{{{NAMESPACE}state}}focused") == "true"
    place = (field.get(f"{{{NAMESPACE}component}}screencoord"), field.get(f"{{{NAMESPACE}component}}size"))
    assert all(pair is not None and len(pair.strip("()").split(", ")) == 2 for pair in place), place
    assert desk.get("/terminal").json() == {"output": None, "status": "success"}, "no terminal is open"


def test_the_application_of_a_file_that_is_opened_tells_of_its_elements(
    desk: Client, lightbox: Lightbox
) -> None:
    lightbox.write_file("told.txt", b"some words\n")
    assert desk.post("/setup/open_file", {"path": "~/told.txt"}).status == 200

    def told() -> bool:
        return "told.txt" in desk.get("/accessibility").json()["AT"]

    assert wait_until(told, timeout=20, what="the editor to tell of its window")


def test_a_desktop_without_what_tells_says_what_is_missing(client: Client, box: Lightbox) -> None:
    """The same program that the answer comes from, under a Python that finds no bindings."""
    done = box.run(["python3", "-S", "-m", "deskhand.sandbox.guest.accessibility"])
    assert done.returncode == 3
    assert b"gir1.2-atspi-2.0" in done.stderr
