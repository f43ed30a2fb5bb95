"""What OSWorld's clients have run, fetched, painted and measured on a served lightbox."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.serve import Served
from deskhand.waiting import wait_until
from tests.sandbox.plainly import Client

pytestmark = pytest.mark.lightbox


@pytest.fixture(scope="module")
def client(box: Lightbox) -> Iterator[Client]:
    with Served(box) as served:
        yield Client(served.url)


@pytest.fixture
def desk(lightbox: Lightbox) -> Iterator[Client]:
    """A desktop of its own, for tests that leave windows and files."""
    with Served(lightbox) as served:
        yield Client(served.url)


def test_a_python_program_is_run_and_both_its_outputs_come_back(client: Client) -> None:
    code = "import os, sys\nprint(os.getcwd(), '\\N{SNOWMAN}', \"'\")\nprint('no', file=sys.stderr)\n"
    answer = client.post("/run_python", {"code": code})
    assert answer.status == 200
    assert answer.json() == {
        "status": "success",
        "message": "/home/agent \N{SNOWMAN} '\n\nno\n",
        "need_more": False,
        "output": "/home/agent \N{SNOWMAN} '\n",
        "error": "no\n",
        "return_code": 0,
    }


def test_a_python_program_that_fails_is_an_answer_with_its_reason(client: Client, box: Lightbox) -> None:
    answer = client.post("/run_python", {"code": "print('so far'); 1 / 0"})
    told = answer.json()
    assert (answer.status, told["status"], told["return_code"], told["output"]) == (
        200,
        "error",
        1,
        "so far\n",
    )
    assert "ZeroDivisionError" in told["error"]
    assert "ZeroDivisionError" in told["message"]
    silent = client.post("/run_python", {"code": "raise SystemExit(3)"}).json()
    assert (silent["status"], silent["return_code"], silent["output"]) == ("error", 3, "")
    assert "3" in silent["error"]
    assert box.run(["sh", "-c", "ls /tmp/script-*"]).returncode != 0, "no program is left behind"


@pytest.mark.parametrize(
    ("path", "body"), [("/run_python", {"code": ""}), ("/run_bash_script", {"script": ""})]
)
def test_a_script_that_is_missing_is_said_to_be(client: Client, path: str, body: Any) -> None:
    for wanted in (body, {}):
        answer = client.post(path, wanted)
        assert (answer.status, answer.json()["status"]) == (400, "error")
        assert "no " in answer.json()["message"]


def test_a_bash_script_runs_in_its_folder_and_its_outputs_are_one_text(client: Client) -> None:
    script = "pwd\necho oops >&2\n[[ -n $BASH_VERSION ]] && echo 'it is bash'"
    wanted = {"script": script, "timeout": 20, "working_dir": "~/.config"}
    answer = client.post("/run_bash_script", wanted)
    assert answer.status == 200
    assert answer.json() == {
        "status": "success",
        "output": "/home/agent/.config\noops\nit is bash\n",
        "error": "",
        "returncode": 0,
    }
    failed = client.post("/run_bash_script", {"script": "echo a; exit 7", "working_dir": None}).json()
    assert failed == {"status": "error", "output": "a\n", "error": "", "returncode": 7}


def test_a_bash_script_that_takes_too_long_or_has_no_folder(client: Client) -> None:
    late = client.post("/run_bash_script", {"script": "sleep 60", "timeout": 0.2})
    assert (late.status, late.json()["returncode"]) == (500, -1)
    assert "0.2 s" in late.json()["output"]
    nowhere = client.post("/run_bash_script", {"script": "touch ran", "working_dir": "/nowhere"})
    assert (nowhere.status, nowhere.json()["returncode"]) == (400, -1)
    assert "/nowhere" in nowhere.json()["output"]


@pytest.mark.parametrize("path", ["/execute_with_verification", "/setup/execute_with_verification"])
def test_a_command_is_verified_by_a_window_and_by_another_command(
    desk: Client, lightbox: Lightbox, path: str
) -> None:
    wanted = {
        "command": "(sleep 0.5; touch ready; exec xterm -T 'All Set') >/dev/null 2>&1 & echo started",
        "shell": True,
        "verification": {"window_exists": "all set", "command_success": "test -e ready"},
        "max_wait_time": 60,
        "check_interval": 0.1,
    }
    answer = desk.post(path, wanted)
    told = answer.json()
    assert (answer.status, told["status"], told["verification"]) == (200, "success", "passed")
    assert (told["output"], told["error"], told["returncode"]) == ("started\n", "", 0)
    assert 0 <= told["wait_time"] <= 60
    assert "All Set" in [window["title"] for window in lightbox.windows()]


@pytest.mark.parametrize("verification", [{"window_exists": "nobody's"}, {"command_success": "false"}])
def test_what_is_not_verified_in_time_is_said_with_what_the_command_did(
    client: Client, verification: dict[str, str]
) -> None:
    wanted = {"command": ["echo", "done"], "verification": verification, "max_wait_time": 0.3}
    answer = client.post("/execute_with_verification", wanted)
    told = answer.json()
    assert (answer.status, told["status"], told["verification"]) == (500, "verification_failed", "failed")
    assert (told["output"], told["returncode"]) == ("done\n", 0)


def test_without_verification_it_is_a_command_like_any_other(client: Client, box: Lightbox) -> None:
    told = client.post("/execute_with_verification", {"command": ["echo", "a"]}).json()
    assert told == {"status": "success", "output": "a\n", "error": "", "returncode": 0}
    wrong = {"command": ["touch", "ran"], "verification": ["window_exists"]}
    assert client.post("/execute_with_verification", wrong).status == 500
    assert box.run(["test", "-e", "ran"]).returncode != 0, "what makes no sense is not begun"


def test_a_browser_that_is_started_as_osworld_starts_it_shows_a_window(
    desk: Client, lightbox: Lightbox
) -> None:
    chrome = ["google-chrome", "--remote-debugging-port=1337"]
    assert desk.post("/setup/launch", {"command": chrome}).status == 200
    wait_until(lightbox.windows, timeout=90, what="the browser's window")
    kept = ["test", "-e", ".config/google-chrome/Local State"]
    wait_until(lambda: lightbox.run(kept).returncode == 0, timeout=60, what="Chrome's folder of profiles")


def test_the_size_of_a_window_is_asked_by_its_class(desk: Client, lightbox: Lightbox) -> None:
    desk.post("/setup/launch", {"command": ["xterm", "-geometry", "80x24"]})
    wait_until(lightbox.windows, timeout=20, what="the window")
    named, classed = (desk.form("/window_size", app_class_name=name) for name in ("xterm", "XTERM"))
    assert (named.status, named.json()) == (200, classed.json())
    (frame,) = (surface["box"] for surface in lightbox.surfaces() if not surface["popup"])
    width, height = named.json()["width"], named.json()["height"]
    assert frame[2] - frame[0] - 20 < width <= frame[2] - frame[0], "its frame is thin at the sides"
    assert frame[3] - frame[1] - 60 < height < frame[3] - frame[1], "and has a title"
    assert desk.form("/window_size", app_class_name="nobodys").status == 404
    missing = desk.form("/window_size")
    assert (missing.status, "app_class_name" in missing.json()["error"]) == (400, True)


def test_the_desktops_folder_is_there(client: Client) -> None:
    folder = client.post("/desktop_path").json()["desktop_path"]
    assert folder == "/home/agent/Desktop"
    tree = client.post("/list_directory", {"path": folder}).json()["directory_tree"]
    assert (tree["type"], tree["name"]) == ("directory", "Desktop")


def test_a_wallpaper_is_shown_and_given_back(desk: Client, lightbox: Lightbox) -> None:
    assert desk.post("/wallpaper").status == 404
    file = io.BytesIO()
    Image.new("RGB", (640, 400), (200, 30, 10)).save(file, "PNG")
    lightbox.write_file("Pictures/red one.png", file.getvalue())
    changed = desk.post("/setup/change_wallpaper", {"path": "~/Pictures/red one.png"})
    assert (changed.status, changed.text()) == (200, "Wallpaper changed successfully")
    assert np.abs(lightbox.screenshot().pixels.astype(int) - (200, 30, 10)).max() < 8, "all of the screen"
    shown = desk.post("/wallpaper")
    assert (shown.status, shown.content_type, shown.body) == (200, "image/png", file.getvalue())


def test_what_is_no_wallpaper_changes_nothing(client: Client, box: Lightbox) -> None:
    before = box.screenshot().pixels
    assert client.post("/setup/change_wallpaper", {"path": "~/missing.png"}).status == 404
    assert client.post("/setup/change_wallpaper", {}).status == 400
    box.write_file("words.png", b"no picture")
    assert client.post("/setup/change_wallpaper", {"path": "~/words.png"}).status == 500
    assert client.post("/wallpaper").status == 404
    assert (box.screenshot().pixels == before).all()


def test_a_file_is_fetched_from_a_server_inside(desk: Client, lightbox: Lightbox) -> None:
    data = bytes(range(256)) * 1000
    lightbox.write_file("www/file.bin", data)
    desk.post("/setup/launch", {"command": ["python", "-m", "http.server", "8123", "-d", "www"]})
    here = "import socket; socket.create_connection(('127.0.0.1', 8123))"
    wait_until(
        lambda: lightbox.run(["python3", "-c", here]).returncode == 0, timeout=20, what="the server inside"
    )
    wanted = {"url": "http://127.0.0.1:8123/file.bin", "path": "~/got/it.bin"}
    answer = desk.post("/setup/download_file", wanted)
    assert (answer.status, answer.text()) == (200, f"File downloaded successfully: {len(data)} bytes")
    assert lightbox.read_file("got/it.bin") == data
    missing = desk.post("/setup/download_file", {"url": "http://127.0.0.1:8123/no", "path": "~/got/no"})
    assert (missing.status, "404" in missing.json()["message"]) == (500, True)
    assert lightbox.run(["ls", "-A", "got"]).stdout == b"it.bin\n", "nothing half-way is left"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://example.com/x", "file:///etc/passwd", "x", ""]
)
def test_what_a_sandbox_does_not_reach_is_not_fetched(client: Client, box: Lightbox, url: str) -> None:
    answer = client.post("/setup/download_file", {"url": url, "path": "~/fetched"})
    assert answer.status == 500
    assert answer.json()["message"]
    assert box.run(["test", "-e", "fetched"]).returncode != 0


def test_a_download_lacks_nothing_of_what_it_needs(client: Client) -> None:
    assert client.post("/setup/download_file", {"url": "http://127.0.0.1/"}).status == 400
    assert client.post("/setup/download_file", {"path": "~/a"}).status == 400
