"""A remote machine is a sandbox like any other; what is no such machine, or a bad one, is said to be."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import ScreenPoint, Viewport
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Key,
    KeyDown,
    KeyUp,
    MouseDown,
    Move,
    OpenApp,
    TakeScreenshot,
    Type,
    Wait,
)
from deskhand.agent.given import GivenFile, Opening
from deskhand.errors import DeskhandError, SandboxError, SandboxLost, UsageError
from deskhand.perception.watch.settle import settle
from deskhand.sandbox import contract, remote
from deskhand.sandbox.bundle import archive
from deskhand.sandbox.checks import canaries, desktop
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.registry import load_sandbox
from deskhand.sandbox.remote import ERRAND, RemoteSandbox
from deskhand.sandbox.serve import Served
from deskhand.trajectories.records import Task
from deskhand.waiting import wait_until
from tests.conftest import checks
from tests.sandbox.served import ServedLightbox
from tests.sandbox.strange import Answering, Asked, machine

pytestmark = pytest.mark.lightbox

HELD = """
import json
from Xlib import display
d = display.Display()
keys = [n * 8 + bit for n, byte in enumerate(d.query_keymap()) for bit in range(8) if byte >> bit & 1]
print(json.dumps([d.screen().root.query_pointer().mask & 0x1f00, keys]))
"""


@pytest.fixture(scope="module")
def served(box: Lightbox) -> Iterator[Served]:
    with Served(box) as served:
        yield served


@pytest.fixture
def desk(served: Served) -> Iterator[RemoteSandbox]:
    """The lightbox of this file, driven from afar."""
    with RemoteSandbox(served.url) as desk:
        yield desk


def held(box: Lightbox) -> Any:
    """Buttons and keys that the display says are down."""
    return json.loads(box.run(["python3", "-c", HELD]).stdout)


def png(width: int, height: int, *, claimed: tuple[int, int] | None = None) -> bytes:
    """A grey picture; ``claimed`` is the size that its head tells."""
    out = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 99, np.uint8)).save(out, "PNG")
    data = bytearray(out.getvalue())
    if claimed is not None:
        data[16:24] = struct.pack(">II", *claimed)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


PNG = png(640, 480)


# It does what every sandbox must do.


QUICK = (
    canaries.keeps_secrets_outside, desktop.clicks_and_drags_at_the_point, desktop.launches_by_name_only,
    desktop.types_six_scripts_exactly,
)  # fmt: skip


@pytest.mark.parametrize("check", checks(contract.CHECKS, QUICK, "the lightbox behind it passes them all"))
def test_a_remote_sandbox_passes(check: Any) -> None:
    check(ServedLightbox)


@pytest.mark.timeout(1800)
@pytest.mark.slow(reason="it takes minutes")
def test_four_at_once_pass_twice_in_a_row() -> None:
    contract.check_sandbox(ServedLightbox, times=2, at_once=4)


def test_it_has_the_protocols_methods() -> None:
    assert isinstance(RemoteSandbox("http://127.0.0.1:1"), Sandbox)


# What one short program cannot remember for the next.


def test_keys_and_buttons_stay_down_from_one_program_to_the_next(desk: RemoteSandbox, box: Lightbox) -> None:
    for action in (KeyDown(key="shift"), MouseDown(at=ScreenPoint(5, 5)), TakeScreenshot()):
        assert desk.perform(action).ok
    buttons, keys = held(box)
    assert buttons
    assert len(keys) == 1
    desk.close()
    assert held(box) == [0, []], "closing lets go of them"


def test_a_key_of_a_shifted_character_takes_its_shift_back(desk: RemoteSandbox, box: Lightbox) -> None:
    assert desk.perform(KeyDown(key="?")).ok
    assert len(held(box)[1]) == 2
    assert desk.perform(KeyUp(key="?")).ok
    assert held(box) == [0, []]


def test_a_chord_cannot_be_put_together_over_several_programs(desk: RemoteSandbox, box: Lightbox) -> None:
    for key in ("ctrlleft", "altleft"):
        assert desk.perform(KeyDown(key=key)).ok
    for action in (Key(keys=("delete",)), KeyDown(key="f1"), Key(keys=("shift", "backspace"))):
        outcome = desk.perform(action)
        assert outcome.status == "refused", outcome
        assert "forbidden" in outcome.reason
    desk.close()
    assert held(box) == [0, []]


def test_what_was_copied_outlives_the_program_that_put_it_back(lightbox: Lightbox) -> None:
    """And the keeper of it goes once something else is copied."""

    def keepers() -> int:
        return lightbox.run(["pgrep", "-c", "-f", "guest.keeper"]).stdout.count(b"1")

    with Served(lightbox) as served, RemoteSandbox(served.url) as desk:
        desk.launch("mousepad")
        lightbox.run(["sh", "-c", "printf mine | xclip -selection clipboard >/dev/null 2>&1"])
        assert desk.perform(Type(text="Ж")).ok
        assert lightbox.run(["xclip", "-selection", "clipboard", "-o"]).stdout == b"mine"
        assert keepers() == 1
        lightbox.run(["sh", "-c", "printf other | xclip -selection clipboard >/dev/null 2>&1"])
        wait_until(lambda: keepers() == 0, timeout=10, what="the keeper to go")


def test_a_text_as_long_as_an_action_may_have(lightbox: Lightbox) -> None:
    """In ASCII it would be longer than an argument of a program may be."""
    text = "漢字😀é" * 5000
    with Served(lightbox) as served, RemoteSandbox(served.url) as desk:
        lightbox.write_file("empty.txt", b"")
        desk.launch("mousepad", ["empty.txt"])
        assert desk.perform(Type(text=text)).ok
        settle(desk.screenshot, quiet=0.5, timeout=20)
        assert desk.perform(Key(keys=("ctrl", "s"))).ok

        def saved() -> bytes:
            return desk.read_file("empty.txt")

        assert wait_until(saved, timeout=20, what="the file").decode().rstrip("\n") == text


def test_a_request_that_is_too_long_is_not_sent(desk: RemoteSandbox) -> None:
    with pytest.raises(SandboxError, match="131072"):
        desk.run(["true", "x" * 200_000])
    assert desk.run(["true"]).returncode == 0


def test_a_long_wait_is_several(desk: RemoteSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "LONGEST_WAIT_SECONDS", 0.2)
    outcome = desk.perform(Wait(seconds=0.5))
    assert outcome.ok
    assert outcome.milliseconds >= 500


def test_programs_get_their_input_and_give_their_output_unchanged(desk: RemoteSandbox) -> None:
    data = bytes(range(256)) * 1000
    done = desk.run(["sh", "-c", "cat; echo err >&2; exit 3"], stdin=data)
    assert (done.returncode, done.stdout, done.stderr) == (3, data, b"err\n")
    with pytest.raises(SandboxError, match=r"0\.2 s"):
        desk.run(["sleep", "60"], timeout=0.2)
    with pytest.raises(SandboxError, match="no-such-program"):
        desk.run(["no-such-program"])


# Our code there is ours.


def test_requests_of_osworlds_protocol_are_passed_on(desk: RemoteSandbox, box: Lightbox) -> None:
    desk.write_file("listed/a.txt", b"x")
    for sandbox in (desk, box):
        told = json.loads(sandbox.ask_osworld("/list_directory", {"path": "/home/agent/listed"}))
        assert [child["name"] for child in told["directory_tree"]["children"]] == ["a.txt"]
        assert sandbox.ask_osworld("/platform") == b"Linux"
        with pytest.raises(SandboxError, match="nobody"):
            sandbox.ask_osworld("/setup/close_window", {"window_name": "nobody"})


def test_a_file_named_like_a_library_does_not_get_into_our_programs(
    desk: RemoteSandbox, box: Lightbox
) -> None:
    names = ("json", "os", "stat", "six", "Xlib", "base64", "deskhand", "pyautogui", "subprocess")
    for name in names:
        box.write_file(f"{name}.py", b"open('/home/agent/evil', 'w').close()\nraise SystemExit(1)\n")
    try:
        assert desk.perform(Move(at=ScreenPoint(50, 60))).ok
        assert desk.screenshot().cursor == ScreenPoint(50, 60)
        assert "evil" not in [file.path for file in desk.files()]
    finally:
        box.run(["rm", "-f", "evil", *(f"{name}.py" for name in names)])


def errand(box: Lightbox, verb: str, *before: str, **request: Any) -> Any:
    """Our program, run as a machine's server would run it."""
    argument = json.dumps({"code": archive()[1], "verb": verb, **request})
    return json.loads(box.run([*before, "python3", "-c", ERRAND, argument]).stdout)


@pytest.mark.parametrize("place", [".cache/deskhand", ".cache/deskhand/guest-*"])
def test_code_that_another_user_could_have_changed_is_not_run(
    desk: RemoteSandbox, box: Lightbox, place: str
) -> None:
    box.run(["sh", "-c", f"chmod 777 {place}"])
    outcome = desk.perform(Move(at=ScreenPoint(1, 2)))
    assert (outcome.status, "only this user" in outcome.reason) == ("failed", True)
    box.run(["sh", "-c", f"chmod 700 {place}"])
    assert desk.perform(Move(at=ScreenPoint(1, 2))).ok


def test_an_archive_that_is_not_the_announced_one_is_not_unpacked(lightbox: Lightbox) -> None:
    assert errand(lightbox, "prepare")["answer"] == {"folder": "/home/agent/.cache/deskhand", "there": False}
    lightbox.write_file(".cache/deskhand/a.zip", archive()[0] + b"x")
    assert "announced" in errand(lightbox, "install", archive="a.zip")["error"]
    assert lightbox.run(["ls", ".cache/deskhand"]).stdout == b"", "nothing of it stays"
    assert "No such file" in errand(lightbox, "hello")["error"]


def test_a_machine_whose_server_names_no_display(desk: RemoteSandbox, box: Lightbox) -> None:
    told = errand(box, "hello", "env", "-u", "DISPLAY")
    assert told["answer"] == {"width": 1280, "height": 800, "pointer": list(told["answer"]["pointer"])}


def test_a_python_that_is_too_old_is_named(box: Lightbox) -> None:
    program = ERRAND.replace("OLDEST = (3, 10)", "OLDEST = (9, 9)")
    assert program != ERRAND
    done = box.run(["python3", "-c", program, json.dumps({"code": "x", "verb": "prepare"})])
    assert "its python3 is 3." in json.loads(done.stdout)["error"]


def test_a_slow_machine_is_given_more_time_to_show_what_happened(served: Served) -> None:
    relay, never = Relay(served.url), threading.Event()

    def slowly(asked: Asked) -> None:
        never.wait(0.3)
        relay(asked)

    with machine(slowly) as url, RemoteSandbox(through(url, served)) as far:
        assert far.answer_seconds > 2.3


def test_starting_again_finds_the_code_there(desk: RemoteSandbox, box: Lightbox) -> None:
    before = box.run(["ls", "-i", ".cache/deskhand"]).stdout
    desk.close()
    desk.start()
    assert box.run(["ls", "-i", ".cache/deskhand"]).stdout == before
    with pytest.raises(SandboxError, match="already"):
        desk.start()


# Addresses and tokens.


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "127.0.0.1:5000",
        "ftp://desk:secret@host",
        "http://desk:secret@host:99999",
        "http://desk:secret@host:port",
        "http://desk:secret@",
        "http://desk:secret@host/?x=1",
        "http://[desk:secret@host",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_address_is_a_usage_error_that_repeats_no_token(url: str) -> None:
    with pytest.raises(UsageError, match="http://HOST:PORT") as caught:
        RemoteSandbox(url)
    assert "secret" not in str(caught.value)


def test_a_wrong_token_is_said_to_be_without_repeating_it(served: Served) -> None:
    address = served.url.partition("@")[2]
    for url in (f"http://{address}", f"http://desk:secret-of-mine@{address}"):
        with pytest.raises(SandboxError, match="token") as caught:
            RemoteSandbox(url).start()
        assert "secret-of-mine" not in str(caught.value)


def test_nobody_there(served: Served) -> None:
    with pytest.raises(SandboxLost, match=r"no answer from http://127\.0\.0\.1:1 ") as caught:
        RemoteSandbox("http://desk:secret@127.0.0.1:1").start()
    assert "secret" not in str(caught.value)
    with pytest.raises(SandboxLost, match=r"no answer from http://host\.invalid:80 "):
        RemoteSandbox("http://host.invalid").start()
    with pytest.raises(SandboxLost, match="no answer"):
        RemoteSandbox(served.url.replace("http:", "https:")).start()


def test_a_screen_of_another_size_than_wanted(served: Served) -> None:
    with pytest.raises(SandboxError, match="1280x800, not 1920x1080"):
        RemoteSandbox(served.url, Viewport(1920, 1080)).start()
    with RemoteSandbox(served.url, Viewport(1280, 800)) as desk:
        assert desk.viewport == Viewport(1280, 800)


@pytest.fixture
def secrecy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What an https server of this machine needs, which clients trust for the time of a test."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl: apt-get install openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=127.0.0.1"]
    subprocess.run([*made, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_https_works_and_asks_for_a_trusted_certificate(
    served: Served, secrecy: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with machine(Relay(served.url), secrecy) as url:
        with RemoteSandbox(through(url, served)) as desk:
            assert desk.perform(Move(at=ScreenPoint(31, 41))).ok
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(SandboxLost, match="certificate"):
            RemoteSandbox(through(url, served)).start()


def test_https_that_talks_too_slowly_is_cut_off_too(secrecy: ssl.SSLContext) -> None:
    for slow in (dripping, dripping_head, silent):
        with machine(slow, secrecy) as url, pytest.raises(SandboxLost, match=r"within 0\.5 s"):
            RemoteSandbox(url, patience=0.5).start()


# Machines that are not what they should be.


def sends(body: bytes, status: int = 200, length: int | None = None) -> Answering:
    return lambda asked: asked.reply(body, status, length)


def endless(asked: Asked) -> None:
    asked.send_response(200)
    asked.end_headers()
    while True:
        asked.wfile.write(bytes(1 << 20))


def dripping(asked: Asked) -> None:
    asked.send_response(200)
    asked.end_headers()
    while True:
        asked.wfile.write(b"x")
        threading.Event().wait(0.02)


def dripping_head(asked: Asked) -> None:
    asked.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
    dripping(asked)


def silent(asked: Asked) -> None:
    asked.connection.settimeout(20)
    asked.rfile.read(1)


def hanging_up(asked: Asked) -> None:
    return


@contextlib.contextmanager
def endless_tls() -> Iterator[str]:
    """A port that answers a TLS greeting with the head of a record, of which a byte comes now and then."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"\x16\x03\x03\x40\x00")
                    while not over.wait(0.02):
                        connection.sendall(b"x")

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def packing(asked: Asked) -> None:
    asked.send_response(200)
    asked.send_header("Content-Encoding", "gzip")
    asked.end_headers()
    asked.wfile.write(gzip.compress(PNG))


def garbage(asked: Asked) -> None:
    asked.wfile.write(b"\0\1\2 what is it\r\n\r\n")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (sends(b"hello"), "does not speak OSWorld"),
        (sends(b""), "does not speak OSWorld"),
        (sends(b"<html>not here</html>", 404), "status 404"),
        (sends(b'{"message": "so sorry"}', 500), "so sorry"),
        (sends(b"[" * 200_000, 500), "status 500"),
        (sends(b"", 302), "status 302.*another address"),
        (sends(b"", 401), "token"),
        (sends(b"", 503), "status 503"),
        (sends(PNG[:33]), "does not speak OSWorld"),
        (sends(PNG[:200]), "does not speak OSWorld"),
        (sends(PNG[:100] + bytes([PNG[100] ^ 255]) + PNG[101:]), "does not speak OSWorld"),
        (sends(png(64, 48, claimed=(40_000, 40_000))), "its size is 40000x40000"),
        (sends(png(64, 48, claimed=(16_000, 16_000))), "its size is 16000x16000"),
        (sends(png(64, 48, claimed=(0, 5))), "its size is 0x5"),
        (sends(png(64, 48, claimed=(8000, 8000))), "its size is 8000x8000"),
        (packing, r"not asked for \('gzip'\)"),
        (sends(PNG[:8] + PNG[33:]), "does not speak OSWorld"),
        (sends(PNG[:33] + png(64, 48, claimed=(5000, 5000))[8:33] + PNG[33:]), "does not speak OSWorld"),
        (sends(PNG, length=len(PNG) + 5), "broke off"),
        (endless, "over 96 MiB"),
        (dripping, r"within 0\.5 s"),
        (dripping_head, r"within 0\.5 s"),
        (silent, r"within 0\.5 s"),
        (hanging_up, "broke off"),
        (garbage, "broke off"),
    ],
)
def test_a_machine_that_shows_no_screen(answer: Answering, said: str) -> None:
    patience = 0.5 if answer in (dripping, dripping_head, silent) else 20.0
    with machine(answer) as url, pytest.raises(SandboxError, match=said):
        RemoteSandbox(url, patience=patience).start()


def test_nothing_follows_a_machine_that_sends_on_to_another() -> None:
    seen: list[str] = []

    def elsewhere(asked: Asked) -> None:
        seen.append(asked.path)
        asked.reply(PNG)

    with machine(elsewhere) as other:

        def sends_on(asked: Asked) -> None:
            asked.send_response(307)
            asked.send_header("Location", f"{other}/screenshot")
            asked.send_header("Content-Length", "0")
            asked.end_headers()

        with machine(sends_on) as url, pytest.raises(SandboxError, match="nothing is sent"):
            RemoteSandbox(url.replace("//", "//desk:secret@")).start()
    assert seen == []


@pytest.mark.parametrize("answer", [dripping, dripping_head, silent, endless_tls])
def test_whoever_waits_no_longer_is_let_go_however_patient_it_was(answer: Any) -> None:
    """A handshake that never ends, too: the address may say https."""
    over = threading.Event()
    with contextlib.ExitStack() as stack:
        if answer is endless_tls:
            url = stack.enter_context(endless_tls())
        else:
            url = stack.enter_context(machine(answer))
        desk = RemoteSandbox(url, patience=3600)
        desk.break_off_when(over.is_set)
        found: list[str] = []

        def start() -> None:
            try:
                desk.start()
            except SandboxLost as error:
                found.append(str(error))

        thread = threading.Thread(target=start)
        thread.start()
        over.set()
        thread.join(60)
        assert not thread.is_alive()
        assert "the run is over" in found[0]


def test_a_handshake_that_drips_has_an_end() -> None:
    with endless_tls() as url, pytest.raises(SandboxLost, match=r"within 0\.5 s"):
        RemoteSandbox(url, patience=0.5).start()


def asks(asked: Asked, verb: str) -> bool:
    """Whether a machine is asked to run our program for this."""
    return json.dumps(json.dumps({"verb": verb})[1:-1])[1:-1].encode() in asked.body


def executed(output: object, returncode: int = 0) -> bytes:
    text = output if isinstance(output, str) else json.dumps(output)
    told = {"status": "success", "output": text, "error": "it broke", "returncode": returncode}
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (sends(b"hello"), "something else"),
        (sends(b"[]"), "something else"),
        (sends(b'{"output": 5, "returncode": "x"}'), "something else"),
        (sends(executed("", 1)), "status 1: it broke"),
        (sends(executed("[]", 1)), "status 1: it broke"),
        (sends(executed("[" * 200_000, 1)), "status 1: it broke"),
        (sends(executed({"answer": 5})), "is invalid"),
        (sends(executed({"answer": {"folder": "/" * 5000, "there": True}})), "is invalid"),
        (sends(executed({"error": "no way"})), "no way.*Linux.*python3"),
        (sends(b'{"message": "No such file: \'python3\'"}', 500), "python3.*Linux"),
        (sends(b"", 404), "status 404"),
        (sends(executed("x" * (5 << 20))), "over 4 MiB"),
        (silent, r"within 0\.6 s"),
    ],
)
def test_a_machine_that_runs_no_programs(
    answer: Answering, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if answer is silent:
        monkeypatch.setattr(remote, "ACTION_SECONDS", 0.1)

    def answered(asked: Asked) -> None:
        if asked.path.startswith("/screenshot"):
            asked.reply(PNG)
        else:
            answer(asked)

    patience = 0.5 if answer is silent else 20.0
    with machine(answered) as url, pytest.raises(SandboxError, match=said):
        RemoteSandbox(url, patience=patience).start()


def test_a_machine_that_shows_another_screen_than_it_points_on() -> None:
    def answered(asked: Asked) -> None:
        if asked.path.startswith("/screenshot"):
            asked.reply(PNG)
        elif asks(asked, "prepare"):
            asked.reply(executed({"answer": {"folder": "/x", "there": True}}))
        else:
            asked.reply(executed({"answer": {"width": 1280, "height": 960, "pointer": [1, 1]}}))

    with machine(answered) as url, pytest.raises(SandboxError, match="640x480, but for hands 1280x960"):
        RemoteSandbox(url).start()


# Actions at most once.


class Relay:
    """Passes requests on to a real machine, until it is told to do something else with actions.

    Attributes:
        seen: how many requests to do an action came.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.port is not None
        self._port = parts.port
        self.with_actions: Callable[[Asked, bytes], None] | None = None
        self.seen = 0

    def __call__(self, asked: Asked) -> None:
        doing = asks(asked, "perform")
        self.seen += doing
        if doing and self.with_actions is hanging_up_before:
            return
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {name: asked.headers[name] for name in ("Authorization", "Content-Type")}
        connection.request(asked.command, asked.path, asked.body, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if doing and self.with_actions is not None:
            self.with_actions(asked, answer)
        else:
            asked.reply(answer, response.status)


def hanging_up_before(asked: Asked, answer: bytes) -> None:
    raise AssertionError("the machine is not asked")


def hanging_up_after(asked: Asked, answer: bytes) -> None:
    return


def breaking_off(asked: Asked, answer: bytes) -> None:
    asked.reply(answer[:-9], length=len(answer))


def lying(told: object) -> Callable[[Asked, bytes], None]:
    return lambda asked, answer: asked.reply(executed({"answer": told}))


def failing(asked: Asked, answer: bytes) -> None:
    asked.reply(b'{"status": "error", "message": "timed out"}', 500)


LOST = (
    hanging_up_before,
    hanging_up_after,
    breaking_off,
    failing,
    lying(None),
    lying({"outcome": {"status": "great"}, "hand": {}, "pointer": [1, 1]}),
    lying({"outcome": {"status": "ok"}, "hand": {"keys": ["a"] * 1000}, "pointer": [1, 1]}),
    lying({"outcome": {"status": "ok"}, "hand": {"keys": ["a" * 1000]}, "pointer": [1, 1]}),
    lying({"outcome": {"status": "ok"}, "hand": {"typed_at": float("nan")}, "pointer": [1, 1]}),
    lying({"outcome": {"status": "ok"}, "hand": {}, "pointer": ["left", 1]}),
)


def through(url: str, served: Served) -> str:
    """The address of something that passes requests on, with the token of what it passes them to."""
    shown = served.url.removeprefix("http://").partition("@")[0]
    return url.replace("//", f"//{shown}@")


@pytest.fixture
def relayed(served: Served) -> Iterator[tuple[Relay, RemoteSandbox]]:
    relay = Relay(served.url)
    with (
        machine(relay) as url,
        RemoteSandbox(url.replace("//", f"//{served.url[7:].split('@')[0]}@")) as desk,
    ):
        yield relay, desk


@pytest.mark.parametrize("lost", LOST)
def test_an_action_whose_answer_is_lost_is_unknown_and_never_sent_again(
    relayed: tuple[Relay, RemoteSandbox], box: Lightbox, lost: Callable[[Asked, bytes], None]
) -> None:
    relay, desk = relayed
    assert desk.perform(Move(at=ScreenPoint(10, 10))).ok
    relay.with_actions, seen = lost, relay.seen
    outcome = desk.perform(Move(at=ScreenPoint(77, 88)))
    assert (outcome.status, bool(outcome.reason)) == ("unknown", True)
    assert relay.seen == seen + 1
    there = ScreenPoint(10, 10) if lost is hanging_up_before else ScreenPoint(77, 88)
    assert box.screenshot().cursor == there
    relay.with_actions = None
    assert desk.perform(Move(at=ScreenPoint(5, 6))).ok, "the next one is another matter"


def test_a_key_that_may_be_down_is_taken_to_be(relayed: tuple[Relay, RemoteSandbox], box: Lightbox) -> None:
    relay, desk = relayed
    relay.with_actions = hanging_up_after
    assert desk.perform(KeyDown(key="ctrl")).status == "unknown"
    relay.with_actions = None
    assert desk.perform(KeyDown(key="alt")).ok
    assert desk.perform(Key(keys=("delete",))).status == "refused"
    desk.close()
    assert held(box) == [0, []]


def test_a_machine_that_goes_away_is_lost_and_unknown(lightbox: Lightbox) -> None:
    with Served(lightbox) as served:
        desk = RemoteSandbox(served.url)
        desk.start()
        assert desk.perform(KeyDown(key="shift")).ok
    actions: tuple[Action, ...] = (Click(at=ScreenPoint(5, 5)), Wait(seconds=0), OpenApp(name="x"))
    for action in actions:
        assert desk.perform(action).status == "unknown"
    for lost in (desk.screenshot, desk.windows, desk.files, lambda: desk.run(["id"]), desk.reset):
        with pytest.raises(SandboxLost):
            lost()
    desk.close()
    desk.close()


def test_a_machine_that_knows_no_reset_says_so() -> None:
    def plain(asked: Asked) -> None:
        """As much of OSWorld's own server as a start needs."""
        if asked.path.startswith("/screenshot"):
            asked.reply(PNG)
        elif asks(asked, "prepare"):
            asked.reply(executed({"answer": {"folder": "/x", "there": True}}))
        elif asked.path == "/execute":
            asked.reply(executed({"answer": {"width": 640, "height": 480, "pointer": [1, 2]}}))
        else:
            asked.reply(b"<!doctype html><title>404 Not Found</title>", 404)

    with machine(plain) as url, RemoteSandbox(url) as desk:
        with pytest.raises(SandboxError, match="cannot be reset"):
            desk.reset()
        assert desk.screenshot().cursor == ScreenPoint(1, 2)


def test_a_command_of_this_machine_makes_a_remote_one_clean(lightbox: Lightbox, tmp_path: Path) -> None:
    """Words go to no shell; the machine is used again once it answers."""
    done = tmp_path / "done; rm -rf x"
    with Served(lightbox) as served:
        with load_sandbox(served.url, reset=f"touch '{done}'") as desk:
            desk.reset()
            assert done.exists() and desk.screenshot().viewport == lightbox.viewport
        for line, why in (("false", "status 1"), ("/no/such/program", "cannot be run")):
            with load_sandbox(served.url, reset=line) as desk, pytest.raises(DeskhandError, match=why):
                desk.reset()
        with load_sandbox(served.url, reset="none") as desk:
            desk.reset()
        with load_sandbox(served.url, reset="none") as desk, pytest.raises(SandboxError, match="--limit 1"):
            desk.reset()
    for line in ("", "'"):
        with pytest.raises(UsageError, match="reset command"):
            load_sandbox("http://127.0.0.1:9", reset=line)
    with pytest.raises(UsageError, match="leave out --reset"):
        load_sandbox("lightbox", reset="true")


def test_a_file_of_another_machine_is_not_written_over_by_one_that_is_given(
    desk: RemoteSandbox, box: Lightbox, tmp_path: Path
) -> None:
    assert desk.applications() == box.applications()
    box.write_file("theirs.txt", b"theirs")
    with pytest.raises(UsageError, match="not written over"):
        Opening(Task(instruction="x"), [GivenFile("theirs.txt", b"mine")]).lay(desk, lambda: tmp_path)
    assert box.read_file("theirs.txt") == b"theirs"
    task = Opening(Task(instruction="x"), [GivenFile("given.txt", b"mine")]).lay(desk, lambda: tmp_path)
    assert box.read_file("given.txt") == b"mine"
    assert task.launch == desk.opener("given.txt") == box.opener("given.txt")
    box.write_file("odd.bin", b"\0")
    with pytest.raises(SandboxError, match="no application on this desktop opens"):
        desk.opener("odd.bin")
