"""``deskhand sandbox serve``: an address on the first line, a desktop behind it, nothing left afterwards."""

from __future__ import annotations

import json
import netrc
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deskhand.sandbox.remote import RemoteSandbox
from deskhand.waiting import wait_until
from tests.conftest import COMMAND, deskhand, environment
from tests.sandbox.plainly import Client

pytestmark = pytest.mark.lightbox


@contextmanager
def serving(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The real command; leaving ends it, if it runs still."""
    command = [*COMMAND, "sandbox", "serve", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment()) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_its_first_line_is_an_address_that_works_until_ctrl_c() -> None:
    with serving() as process:
        url = first_line(process)
        assert Client(url).get("/platform").text() == "Linux"
        with RemoteSandbox(url) as desk:
            assert desk.run(["id", "-u"]).stdout == b"1000\n"
            desk.reset()
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "")
        assert url.split("@")[0].split(":")[-1] not in error, "the token stands in one place only"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5)


def test_it_ends_on_sigterm_too_and_speaks_json() -> None:
    with serving("--json", "--size", "800x600") as process:
        url = json.loads(first_line(process))["url"]
        assert Client(url).post("/screen_size").json() == {"width": 800, "height": 600}
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 130


def test_the_token_can_stand_in_the_path_or_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "desk.netrc"
    with serving("--address", "path", "--netrc", str(file)) as process:
        url = first_line(process)
        assert Client(url).get("/platform").text() == "Linux"
        assert file.stat().st_mode & 0o777 == 0o600
        found = netrc.netrc(file).authenticators("127.0.0.1")
        assert found is not None
        assert url == f"http://127.0.0.1:{urlsplit(url).port}/{found[2]}"
        again = deskhand("sandbox", "serve", "--netrc", str(file))
        assert (again.returncode, "is there already" in again.stderr) == (2, True)
        assert file.exists(), "another's file is left alone"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert not file.exists()


def test_the_places_of_a_token_are_two() -> None:
    done = deskhand("sandbox", "serve", "--address", "query")
    assert (done.returncode, "user or path" in done.stderr) == (2, True)


def test_a_port_inside_is_forwarded_where_it_is_asked_for() -> None:
    with serving("--json", "--forward", "0:8123") as process:
        said = json.loads(first_line(process))
        started = "python3 -m http.server --bind 127.0.0.1 8123 >/dev/null 2>&1 &"
        Client(said["url"]).post("/execute", {"command": f"echo inside > word.txt; {started}", "shell": True})
        page = Client(f"http://127.0.0.1:{said['ports']['8123']}")
        wait_until(lambda: page.get("/word.txt").status == 200, timeout=60, what="the server inside")
        assert page.get("/word.txt").text() == "inside\n"


@pytest.mark.parametrize("ports", ["x", "1:2:3", "0", "70000", "70000:80", "-1", "9222,8080", "9222:", ""])
def test_what_is_no_port_is_not_forwarded(ports: str) -> None:
    done = deskhand("sandbox", "serve", f"--forward={ports}")
    assert (done.returncode, "--forward is a port" in done.stderr) == (2, True)


def test_a_port_inside_is_forwarded_once() -> None:
    done = deskhand("sandbox", "serve", "--forward", "9222", "--forward", "1:9222")
    assert (done.returncode, "9222 of the sandbox twice" in done.stderr) == (2, True)


def test_a_port_that_is_taken_is_one_sentence_and_exit_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = deskhand("sandbox", "serve", "--port", str(port))
    assert done.returncode == 3
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["host", "http://127.0.0.1:1", "nonsense"])
def test_what_cannot_be_served(name: str) -> None:
    done = deskhand("sandbox", "serve", "--sandbox", name)
    assert done.returncode == 2
    assert "lightbox and vm can be served" in done.stderr
