"""Live sandboxes are listed with what they are, and can be ended by name from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deskhand.errors import SandboxLost
from deskhand.sandbox.instances import found, new_instance, stop
from deskhand.sandbox.lightbox import Lightbox
from tests.conftest import deskhand

pytestmark = pytest.mark.lightbox


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory, state: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that no other test uses, where other users may enter."""
    folder = state / f"own-{tmp_path_factory.mktemp('own').name}"
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("DESKHAND_STATE", str(folder))
    return folder


def test_a_running_lightbox_is_listed_and_a_closed_one_is_not(own: Path) -> None:
    assert found(own) == []
    with Lightbox() as desktop:
        (one,) = found(own)
        assert (one.kind, one.pid, one.owned) == ("lightbox", desktop.pid, True)
        assert 0 <= one.age_s < 600
        rows = [json.loads(line) for line in deskhand("sandbox", "list", "--json").stdout.splitlines()]
        (row,) = (row for row in rows if row["what"] == "sandbox")
        assert (row["name"], row["kind"], row["pid"], row["owned"]) == (one.name, "lightbox", one.pid, "yes")
    assert found(own) == []


def test_a_sandbox_whose_controller_is_gone_is_not_owned(own: Path) -> None:
    instance = new_instance(own, "vm")
    assert [one.owned for one in found(own)] == [True]
    (own / "live" / "left").mkdir()
    (own / "live" / "left.lock").touch()
    assert {one.name: one.owned for one in found(own)} == {instance.folder.name: True, "left": False}
    instance.remove()


def test_a_stopped_sandbox_is_lost_to_its_controller(own: Path) -> None:
    with Lightbox() as stopped, Lightbox() as other:
        name = next(one.name for one in found(own) if one.pid == stopped.pid)
        done = deskhand("sandbox", "stop", name)
        assert done.returncode == 0, done.stderr
        with pytest.raises(SandboxLost):
            stopped.screenshot()
        assert other.screenshot().pixels.any()
        stopped.reset()
        assert stopped.screenshot().pixels.any()


def test_all_can_be_stopped_at_once(own: Path) -> None:
    with Lightbox() as one, Lightbox() as other:
        done = deskhand("sandbox", "stop", "--all")
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 2
        for desktop in (one, other):
            with pytest.raises(SandboxLost):
                desktop.screenshot()


def test_what_to_stop_must_be_said_and_must_be_there(own: Path) -> None:
    with Lightbox() as desktop:
        (one,) = found(own)
        for arguments in ((), ("nobody",), ("..",), (one.name, "--all")):
            done = deskhand("sandbox", "stop", *arguments)
            assert done.returncode == 2
            assert one.name in done.stderr
        assert not stop(own, "../live/" + one.name)
        assert desktop.screenshot().pixels.any()
