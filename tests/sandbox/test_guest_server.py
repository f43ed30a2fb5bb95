"""The guest server answers what is asked wrongly, and a guest that dies is said to be lost."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import Any

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.vocabulary import LongPress, Move, Wait
from deskhand.errors import SandboxLost
from deskhand.sandbox.client import GuestClient, _Connection
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.processes import alive, tree
from deskhand.waiting import wait_until

pytestmark = pytest.mark.lightbox


def client(box: Lightbox) -> GuestClient:
    assert box._client is not None
    return box._client


def ask(
    box: Lightbox, method: str, path: str, body: bytes = b"", token: str | None = None, **headers: str
) -> tuple[int, Any]:
    """One request that a careful client would never make."""
    connection = _Connection(client(box)._address, 20)
    sent = {"Authorization": f"Bearer {client(box)._token if token is None else token}", **headers}
    try:
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("token", ["", "wrong", "0" * 32, "ü"])
def test_a_wrong_token_is_answered_with_401_and_nothing_is_done(box: Lightbox, token: str) -> None:
    status, answer = ask(box, "POST", "/desk/run", b'{"command": ["touch", "done"], "timeout": 5}', token)
    assert status == 401
    assert "token" in answer["error"]
    assert box.run(["test", "-e", "done"]).returncode != 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/desk/perform", b"not JSON"),
        ("/desk/perform", b"\xff\xfe"),
        ("/desk/perform", b"["),
        ("/desk/launch", b"[]"),
        ("/desk/launch", b'{"program": "xterm"}'),
        ("/desk/launch", b'{"program": "xterm", "arguments": 5}'),
        ("/desk/run", b'{"command": "id", "timeout": "soon"}'),
        ("/desk/run", b'{"command": ["no-such-program"], "timeout": 5}'),
        ("/desk/run", b'{"command": ["a\\u0000b"], "timeout": 5}'),
        ("/desk/run", b'{"command": [], "timeout": 5}'),
        ("/desk/run", b'{"command": ["sleep", "60"], "timeout": 0.1}'),
        ("/desk/read", b'"a"'),
        ("/desk/read", b'{"path": 5}'),
        ("/desk/read", b'{"path": "a\\u0000b"}'),
        ("/desk/read", b'{"path": "\\ud800"}'),
        ("/desk/read", b'{"path": "' + b"a" * 5000 + b'"}'),
        ("/desk/write", b"x"),
        ("/desk/write?path=", b"x"),
        ("/desk/write?path=%00", b"x"),
        ("/desk/perform", b"[" * 200_000),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_the_guest_lives(
    box: Lightbox, path: str, body: bytes
) -> None:
    status, answer = ask(box, "POST", path, body)
    assert status == 400
    assert answer["error"]
    assert ask(box, "GET", "/desk/health")[0] == 200


@pytest.mark.parametrize(
    "action",
    [
        [],
        "click",
        None,
        {},
        {"kind": []},
        {"kind": "key", "keys": ["a"], "times": 0},
        {"kind": "key", "keys": ["a"], "seconds": 31},
        {"kind": "key", "keys": ["a"], "times": 100, "seconds": 30},
        {"kind": "type", "text": "a", "clear": 1},
        {"kind": "click", "at": {"x": 1.5, "y": 2}},
        {"kind": "click", "at": {"x": True, "y": 2}},
        {"kind": "click", "at": {"x": 5, "y": 5}, "count": 9},
        {"kind": "click", "at": {"x": 5, "y": 5}, "button": "x"},
        {"kind": "click", "at": {"x": 5, "y": 5}, "hold": [["ctrl"]]},
        {"kind": "click", "at": {"x": 5, "y": 5}, "hold": ["a"]},
        {"kind": "move", "at": {"x": -1, "y": 2}},
        {"kind": "move", "at": {"x": 10**30, "y": 2}},
        {"kind": "drag", "path": []},
        {"kind": "drag", "path": [{"x": 1, "y": 1}] * 1001},
        {"kind": "scroll", "dy": 10**6},
        {"kind": "type", "text": 5},
        {"kind": "type", "text": "a" * 20_001},
        {"kind": "type", "text": "a\0b"},
        {"kind": "type", "text": "\ud800"},
        {"kind": "key", "keys": []},
        {"kind": "key", "keys": ["a"] * 6},
        {"kind": "key", "keys": ["no such key"]},
        {"kind": "key", "keys": ["ctrl", "alt", "delete"]},
        {"kind": "key_down", "key": "Return"},
        {"kind": "wait", "seconds": -1},
        {"kind": "wait", "seconds": "5"},
        {"kind": "wait", "seconds": 1e9},
        {"kind": "long_press", "at": {"x": 5, "y": 5}, "seconds": 1e9},
        {"kind": "open_app", "name": 5},
        {"kind": "__class__"},
        {"kind": "_release"},
    ],
)
def test_an_action_that_no_host_would_send_has_an_outcome_that_is_not_ok(box: Lightbox, action: Any) -> None:
    status, answer = ask(box, "POST", "/desk/perform", json.dumps(action).encode())
    assert status == 200
    assert Outcome.model_validate(answer).status in ("refused", "failed")
    assert answer["reason"]


def test_garbage_instead_of_http_does_not_end_the_guest(box: Lightbox) -> None:
    connection = _Connection(client(box)._address, 20)
    for garbage in (b"\0" * 1000, b"GET\r\n\r\n", b"POST /perform HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        connection.connect()
        connection.sock.sendall(garbage)
        connection.close()
    assert box.screenshot().pixels.any()


def test_an_unknown_place_is_answered_with_404(box: Lightbox) -> None:
    assert ask(box, "GET", "/execute")[0] == 404
    assert ask(box, "POST", "/desk/health")[0] == 404


def test_a_body_over_the_bound_is_not_read(box: Lightbox) -> None:
    connection = _Connection(client(box)._address, 20)
    connection.putrequest("POST", "/desk/write?path=big")
    connection.putheader("Content-Length", str(1 << 40))
    connection.putheader("Authorization", f"Bearer {client(box)._token}")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert box.screenshot().pixels.any()


def test_a_strangers_body_is_not_waited_for(box: Lightbox) -> None:
    connection = _Connection(client(box)._address, 20)
    connection.putrequest("POST", "/desk/write?path=big")
    connection.putheader("Content-Length", str(50 << 20))
    connection.putheader("Authorization", "Bearer wrong")
    connection.endheaders()
    kept = connection.sock.dup()
    response = connection.getresponse()
    assert response.status == 401
    response.read()
    assert kept.recv(1) == b"", "the guest has hung up"
    kept.close()


def test_many_threads_may_ask_at_once(box: Lightbox) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(box.screenshot().pixels.size)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8


def test_a_sandbox_killed_in_the_middle_of_an_action_is_unknown_then_lost(lightbox: Lightbox) -> None:
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(lightbox.perform(Wait(seconds=60))))
    thread.start()
    assert lightbox.pid is not None
    processes = tree(lightbox.pid)
    os.kill(lightbox.pid, signal.SIGKILL)
    thread.join(20)
    assert [outcome.status for outcome in outcomes] == ["unknown"]
    wait_until(lambda: not alive(processes), timeout=10, what="the sandbox's processes to end")
    for lost in (lightbox.screenshot, lightbox.windows, lightbox.files, lambda: lightbox.run(["id"])):
        with pytest.raises(SandboxLost):
            lost()  # type: ignore[operator]
    assert lightbox.perform(Move(at=ScreenPoint(1, 1))).status == "unknown"
    lightbox.reset()
    assert lightbox.screenshot().pixels.any(), "a reset makes a lost one new"


def test_an_xserver_that_dies_is_no_silence(lightbox: Lightbox) -> None:
    """The display goes, the guest stays: what needs a screen says so instead of hanging."""
    lightbox.run(["pkill", "-KILL", "Xvfb"])
    outcome = lightbox.perform(Move(at=ScreenPoint(5, 5)))
    assert outcome.status in ("failed", "unknown")
    with pytest.raises(SandboxLost):
        lightbox.screenshot()


def test_a_guest_of_other_code_is_refused(box: Lightbox) -> None:
    from deskhand.errors import SandboxError

    with pytest.raises(SandboxError, match="another version"):
        client(box).check("another hash", timeout=5)


def test_a_long_press_whose_host_went_away_still_ends(box: Lightbox) -> None:
    connection = _Connection(client(box)._address, 20)
    body = LongPress(at=ScreenPoint(300, 300), seconds=2.0).model_dump_json()
    connection.request("POST", "/desk/perform", body, {"Authorization": f"Bearer {client(box)._token}"})
    wait_until(lambda: held(box)[0], timeout=10, what="the press to begin")
    connection.close()
    assert box.perform(Move(at=ScreenPoint(5, 5))).ok, "one action at a time: this one waited for the other"
    assert held(box) == [0, []]


def held(box: Lightbox) -> Any:
    """Buttons and keys that the display says are down."""
    program = (
        "import json\nfrom Xlib import display\nd = display.Display()\n"
        "keys = [i for i, byte in enumerate(d.query_keymap()) if byte]\n"
        "print(json.dumps([d.screen().root.query_pointer().mask & 0x1f00, keys]))\n"
    )
    return json.loads(box.run(["python3", "-c", program]).stdout.splitlines()[-1])
