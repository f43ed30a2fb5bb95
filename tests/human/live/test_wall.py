"""The wall of an evaluation: what its workers write is seen in a real browser while they write it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Type
from deskhand.human.live.wall import Wall, WallServer
from deskhand.trajectories.writer import TrajectoryWriter
from deskhand.waiting import wait_until
from tests.trajectories.samples import decide, header, look

CLICK = Click(at=ScreenPoint(15, 15))


class Shown:
    """A wall with its server, and how often it was stopped."""

    def __init__(self, wall: Wall, server: WallServer, stops: list[str]) -> None:
        self.wall, self.server, self.stops = wall, server, stops


@contextlib.contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    stops: list[str] = []
    with Wall(folder, "desk <b>bold</b>") as wall, WallServer(wall, lambda: stops.append("stop")) as server:
        yield Shown(wall, server, stops)


def test_an_episode_is_on_the_wall_while_it_goes_on_and_below_it_afterwards(
    page: Any, tmp_path: Path
) -> None:
    with shown(tmp_path) as made, TrajectoryWriter(tmp_path / "one-0", header()) as writer:
        page.goto(made.server.url)
        page.wait_for_selector("#title:has-text('desk <b>bold</b>')")
        writer.decision(1, writer.frame(look(0)), decide(CLICK))
        page.wait_for_selector("#screens figcaption:has-text('one-0, step 1: click at (15, 15)')")
        loaded = "document.querySelector('#screens img').naturalWidth"
        wait_until(lambda: page.evaluate(loaded) > 0, timeout=30, what="the picture of the episode")
        writer.decision(2, writer.frame(look(90)), decide(Type(text="<i>x</i>")))
        page.wait_for_selector("#screens figcaption:has-text('step 2: type \"<i>x</i>\"')")
        writer.end(2, "finished", frame=writer.frame(look(90)))
        page.wait_for_selector("#screens figure", state="detached")
        made.wall.finished("one-0", "not done", "the file <b>is</b> not there")
        page.wait_for_selector("#over li:has-text('one-0: not done, the file <b>is</b> not there')")
        assert "1 not done" in page.locator("#counts").inner_text()
        made.wall.end()
        page.wait_for_selector("#counts:has-text('Ended: ')")


def test_what_is_no_trajectory_yet_is_passed_over(page: Any, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "trajectory.jsonl").write_text('{"type": "hea')
    (tmp_path / "file").write_text("x")
    with shown(tmp_path) as made, TrajectoryWriter(tmp_path / "two-0", header()) as writer:
        writer.decision(1, writer.frame(look(0)), decide(CLICK))
        page.goto(made.server.url)
        page.wait_for_selector("#screens figure")
        assert page.locator("#screens figure").count() == 1
        assert made.wall.picture("half") == made.wall.picture("../two-0") == b""


def test_who_is_invited_watches_and_only_who_is_in_charge_stops(
    browser: Any, page: Any, tmp_path: Path
) -> None:
    with shown(tmp_path) as made, contextlib.closing(browser.new_context()) as elsewhere:
        page.goto(made.server.url)
        page.click("#invite")
        page.wait_for_selector("#link:visible")
        guest = elsewhere.new_page()
        assert guest.goto(made.server.url).status == 409, "the link was used"
        guest.goto(page.input_value("#link"))
        guest.wait_for_selector("#title:has-text('desk')")
        status = guest.evaluate(
            "fetch('command', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({page: document.body.dataset.page, do: 'stop'})})"
            ".then((one) => one.status)"
        )
        assert status == 403 and made.stops == []
        with page.expect_response("**/command"):
            page.click("#stop")
        assert made.stops == ["stop"]
