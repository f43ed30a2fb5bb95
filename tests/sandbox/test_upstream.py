"""OSWorld's own client drives a served lightbox; skipped where DESKHAND_OSWORLD_COPY names no copy of it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.serve import Served

pytestmark = pytest.mark.lightbox

COPY = os.environ.get("DESKHAND_OSWORLD_COPY", "")
PNG = "89504e470d0a1a0a"


needs_copy = pytest.mark.skipif(
    not COPY, reason="DESKHAND_OSWORLD_COPY names no folder with OSWorld's desktop_env"
)


def client_on(served: Served, work: Path, *more: str) -> dict[str, Any]:
    """What came of OSWorld's client on a served desktop; it reported no error."""
    file = work / "netrc"
    file.write_text(served.netrc)
    script = Path(__file__).with_name("osworld_client.py")
    done = subprocess.run(
        [sys.executable, str(script), COPY, served.path_url, str(work), *more],
        env=os.environ | {"NETRC": str(file), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "ERROR" not in done.stderr, done.stderr[-4000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@needs_copy
def test_its_controllers_and_its_environment_work_as_with_its_own_server(
    lightbox: Lightbox, tmp_path: Path
) -> None:
    pytest.importorskip("requests")
    picture = io.BytesIO()
    Image.new("RGB", (64, 40), (10, 90, 30)).save(picture, "PNG")
    lightbox.write_file("picture.png", picture.getvalue())
    with Served(lightbox) as served:
        found = client_on(served, tmp_path)
    desk = found["controllers"]
    assert (desk["setup"], desk["stdout"], desk["file"], desk["typed"]) == (
        True,
        "done\n",
        "hello\n",
        "typed\n",
    )
    assert desk["picture"] == PNG
    assert "note.txt" in desk["tree"]
    assert (desk["cursor"], desk["screen"]) == ({"x": 640, "y": 400}, {"width": 1280, "height": 800})
    assert set(desk["window"]) == {"width", "height"}
    assert (desk["platform"], desk["machine"]) == ("Linux", os.uname().machine)
    assert desk["desktop"] == "/home/agent/Desktop"
    assert desk["folder"] == {"type": "directory", "name": "Desktop", "children": []}
    assert bytes.fromhex(desk["wallpaper"]) == picture.getvalue()
    assert (desk["python"]["status"], desk["python"]["output"]) == ("success", "42\n")
    assert (desk["bash"]["status"], desk["bash"]["output"]) == ("success", "/tmp\n")
    film = cv2.VideoCapture(str(tmp_path / "film.mp4"))
    assert film.read()[1].shape == (800, 1280, 3)
    film.release()
    task = found["environment"]
    assert (task["scores"], task["done"]) == ([0.0, 1.0], True), "not yet, and then done"
    assert (task["instruction"], task["picture"]) == ("Write the word ready into answer.txt.", PNG)
    assert task["tree"].startswith("<")


@needs_copy
def test_its_set_up_and_its_getter_reach_a_browser_through_a_forwarded_port(
    lightbox: Lightbox, tmp_path: Path
) -> None:
    for package in ("requests", "playwright"):
        pytest.importorskip(package)
    for name in ("One", "Two"):
        lightbox.write_file(f"{name.lower()}.html", f"<title>{name}</title>{name}".encode())
    with Served(lightbox, forward={1337: 0}) as served:
        found = client_on(served, tmp_path, "browser", str(served.forwarded[1337]))
    assert found["tabs"] == [
        {"title": name, "url": f"file:///home/agent/{name.lower()}.html"} for name in ("One", "Two")
    ]
    assert found["scores"] == [0.0, 1.0], "two tabs, then one"


@needs_copy
@pytest.mark.skipif(shutil.which("vlc") is None, reason="no vlc: apt-get install vlc")
def test_its_getter_reaches_a_player_through_a_forwarded_port(lightbox: Lightbox, tmp_path: Path) -> None:
    pytest.importorskip("requests")
    film = cv2.VideoWriter(str(tmp_path / "film.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for shade in range(1200):
        film.write(np.full((48, 64, 3), shade % 256, np.uint8))
    film.release()
    lightbox.write_file("film.mp4", (tmp_path / "film.mp4").read_bytes())
    settings = b"[qt]\nqt-privacy-ask=0\n[lua]\nhttp-password=password\n[core]\nextraintf=http\n"
    lightbox.write_file(".config/vlc/vlcrc", settings)
    with Served(lightbox, forward={8080: 0}) as served:
        found = client_on(served, tmp_path, "player", str(served.forwarded[8080]))
    assert found["scores"] == [0.0, 1.0], "nothing is played, and then the film"
