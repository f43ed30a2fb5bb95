"""The page of a trajectory, in a real browser, by clicking and typing as a person does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Drag, Scroll, Type
from deskhand.errors import UsageError
from deskhand.perception.screen import Element
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Candidate, Decision, Target, Usage
from deskhand.trajectories.viewer.build import write_page
from deskhand.trajectories.writer import TrajectoryWriter
from tests.conftest import deskhand
from tests.trajectories.samples import header, look, write_sample

CHROMIUM = "/usr/bin/chromium"
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u2028'\"&amp;{{7*7}}\x1b[31m\u202e"
AT = ScreenPoint(14, 15)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in which nothing may go wrong: no script error, no dialog, no request but for the page itself."""
    tab = browser.new_page(viewport={"width": 1300, "height": 800})
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    tab.on("request", lambda request: faults.append(request.url) if not _own(request.url) else None)
    yield tab
    tab.close()
    assert faults == []


def _own(url: str) -> bool:
    return url.startswith(("file://", "blob:"))


def step(
    writer: TrajectoryWriter, number: int, shade: int, action: Action, *, thought: str = "", ok: bool = True
) -> str:
    frame = writer.frame(look(shade))
    reply = Reply(thought=thought, reflection="well", actions=(action,), repairs=("a comma",))
    usage = Usage(prompt_tokens=120, completion_tokens=7, seconds=0.5)
    target = Target(role="button", name="Save", box=Box(10, 10, 20, 20))
    writer.decision(number, frame, Decision(reply=reply, raw="Action: click", usage=usage), targets=[target])
    writer.outcome(number, 0, Outcome.done(12.5) if ok else Outcome.refused("outside the screen"))
    return frame


@pytest.fixture
def trajectory(tmp_path: Path) -> Trajectory:
    """Four steps of different kinds; the third changes nothing, and the second was refused."""
    with TrajectoryWriter(tmp_path / "run", header("Save the note")) as writer:
        step(writer, 1, 40, Click(at=AT), thought="I open the file")
        step(writer, 2, 90, Type(text="hello"), ok=False)
        step(writer, 3, 120, Scroll(at=AT, dy=3))
        last = step(writer, 4, 120, Drag(path=(AT, ScreenPoint(60, 50))), thought="I drag it over")
        writer.decision(5, last, Decision(reply=None, raw="hm", error="no action in it"))
        writer.end(5, "limit", reason="5 steps were not enough", frame=last)
    return Trajectory.open(tmp_path / "run")


def opened(page: Page, path: Path, fragment: str = "") -> Page:
    page.goto(path.as_uri() + fragment)
    page.wait_for_selector("body[data-ready]")
    return page


def shown(page: Page) -> str:
    """The number of the step that is shown."""
    return page.locator("#strip [aria-current]").get_attribute("data-step") or ""


def drawn(page: Page, place: int = 0) -> list[int]:
    """The colours of a canvas at the middle of the sample's square and beside it, once it is drawn."""
    page.locator("figure canvas[data-drawn]").nth(place).wait_for()
    return page.evaluate(
        "n => { const c = document.querySelectorAll('figure canvas')[n].getContext('2d');"
        "return [...c.getImageData(12, 18, 1, 1).data, ...c.getImageData(40, 40, 1, 1).data]; }",
        place,
    )


def test_it_shows_the_first_step_with_its_screens(page: Page, trajectory: Trajectory, tmp_path: Path) -> None:
    assert write_page(trajectory, tmp_path / "a.html") == ()
    opened(page, tmp_path / "a.html")
    assert shown(page) == "1"
    expect(page.locator("h2")).to_have_text("Step 1: click the button 'Save'")
    expect(page.locator("#view")).to_contain_text("I open the file")
    expect(page.locator("#view")).to_contain_text("120 in, 7 out")
    expect(page.locator("#view")).to_contain_text("12.5 ms")
    page.locator("#marks").uncheck()
    page.wait_for_selector("figure canvas[data-drawn=plain]")
    assert drawn(page) == [40, 40, 40, 255, 0, 0, 0, 255]
    assert drawn(page, 1) == [90, 90, 90, 255, 0, 0, 0, 255]


def test_what_was_done_is_drawn_on_the_screen_before(
    page: Page, trajectory: Trajectory, tmp_path: Path
) -> None:
    write_page(trajectory, tmp_path / "a.html")
    opened(page, tmp_path / "a.html")
    marked = drawn(page)
    page.locator("#marks").uncheck()
    page.wait_for_selector("figure canvas[data-drawn=plain]")
    ring = "() => document.querySelector('figure canvas').getContext('2d').getImageData(28, 15, 1, 1).data[0]"
    plain = page.evaluate(ring)
    page.locator("#marks").check()
    page.wait_for_selector("figure canvas[data-drawn=marked]")
    assert page.evaluate(ring) != plain
    assert marked[4:] == [0, 0, 0, 255]


def test_what_was_considered_is_listed_and_framed_with_its_probability(page: Page, tmp_path: Path) -> None:
    candidates = (
        Candidate(role="action", name="click", probability=0.97),
        Candidate(role="button", name="Save", probability=0.9, box=Box(30, 30, 50, 44)),
        Candidate(role="button", name="Cancel", probability=0.004, box=Box(60, 2, 76, 12)),
    )
    with TrajectoryWriter(tmp_path / "run", header("Save the note")) as writer:
        frame = writer.frame(look(40))
        reply = Reply(actions=(Click(at=AT),))
        writer.decision(1, frame, Decision(reply=reply, candidates=candidates))
        writer.outcome(1, 0, Outcome.done(1.0))
        writer.end(1, "finished", frame=frame)
    write_page(Trajectory.open(tmp_path / "run"), tmp_path / "a.html")
    opened(page, tmp_path / "a.html")
    rows = page.locator("table.candidates tr").all_inner_texts()
    assert [row.split() for row in rows] == [
        ["action", "click", "97", "%"],
        ["button", "Save", "90", "%"],
        ["button", "Cancel", "0.4", "%"],
    ]
    drawn(page)
    pixel = "([x, y]) => [...document.querySelector('figure canvas').getContext('2d')"
    pixel += ".getImageData(x, y, 1, 1).data]"
    assert page.evaluate(pixel, [50, 38])[:3] == [217, 119, 6], "the likely one is framed"
    assert page.evaluate(pixel, [60, 8])[:3] != [217, 119, 6], "the unlikely one is not"


def test_steps_are_chosen_by_clicks_and_keys(page: Page, trajectory: Trajectory, tmp_path: Path) -> None:
    write_page(trajectory, tmp_path / "a.html")
    opened(page, tmp_path / "a.html")
    page.locator("#strip button").nth(2).click()
    assert shown(page) == "3"
    expect(page.locator("figcaption").nth(1)).to_have_text("nothing changed")
    for key, number in (("j", "4"), ("k", "3"), ("End", "5"), ("ArrowUp", "4"), ("Home", "1"), ("k", "1")):
        page.keyboard.press(key)
        assert shown(page) == number, key
    page.keyboard.press("End")
    expect(page.locator("#view")).to_contain_text("no action in it")
    page.locator("details summary").click()
    expect(page.locator("details")).to_contain_text("5 steps were not enough")


def test_steps_are_searched_and_filtered(page: Page, trajectory: Trajectory, tmp_path: Path) -> None:
    write_page(trajectory, tmp_path / "a.html")
    opened(page, tmp_path / "a.html")
    visible = page.locator("#strip button:visible")
    page.keyboard.press("/")
    page.keyboard.type("DRAG IT")
    expect(visible).to_have_count(1)
    assert shown(page) == "4"
    page.locator("#search").fill("nowhere")
    expect(page.locator("#status")).to_have_text("No step fits.")
    page.locator("#search").fill("")
    for choice, numbers in (
        ("bad", ["2", "5"]),
        ("error", ["5"]),
        ("still", ["3", "4", "5"]),
        ("scroll", ["3"]),
    ):
        page.locator("#filter").select_option(choice)
        assert visible.evaluate_all("all => all.map(one => one.dataset.step)") == numbers, choice


def test_a_link_leads_to_a_step(page: Page, trajectory: Trajectory, tmp_path: Path) -> None:
    write_page(trajectory, tmp_path / "a.html")
    opened(page, tmp_path / "a.html", "#step-4")
    assert shown(page) == "4"
    page.keyboard.press("k")
    page.wait_for_url("**#step-3")
    page.evaluate("location.hash = '#step-2'")
    expect(page.locator("#strip [aria-current]")).to_have_attribute("data-step", "2")


def test_it_is_dark_or_light(page: Page, trajectory: Trajectory, tmp_path: Path) -> None:
    write_page(trajectory, tmp_path / "a.html")
    page.emulate_media(color_scheme="light")
    opened(page, tmp_path / "a.html")
    back = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(back)
    page.locator("#theme").click()
    dark = page.evaluate(back)
    assert dark != light
    page.keyboard.press("t")
    assert page.evaluate(back) == light
    page.emulate_media(color_scheme="dark")
    page.evaluate("delete document.documentElement.dataset.theme")
    assert page.evaluate(back) == dark
    page.locator("#help").click()
    expect(page.locator("#keys")).to_be_visible()


def test_two_are_shown_side_by_side(page: Page, trajectory: Trajectory, tmp_path: Path) -> None:
    write_sample(tmp_path / "other")
    write_page(trajectory, tmp_path / "a.html", other=Trajectory.open(tmp_path / "other"))
    opened(page, tmp_path / "a.html")
    expect(page.locator("article")).to_have_count(2)
    expect(page.locator("article").nth(0)).to_contain_text("I open the file")
    expect(page.locator("article").nth(1)).to_contain_text('type "héllo"')
    page.keyboard.press("End")
    expect(page.locator("article").nth(1)).to_contain_text("no such step")


def test_foreign_text_is_shown_and_does_nothing(page: Page, tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path / "run", header(HOSTILE)) as writer:
        frame = writer.frame(look(9))
        reply = Reply(thought=HOSTILE, reflection=HOSTILE, actions=(Type(text=HOSTILE),), repairs=(HOSTILE,))
        target = Target(role=HOSTILE[:40], name=HOSTILE, box=Box(-(10**12), 0, 10**12, 5))
        other = Candidate(role=HOSTILE[:40], name=HOSTILE, probability=1, box=target.box)
        decision = Decision(reply=reply, raw=HOSTILE, candidates=(other,))
        writer.decision(1, frame, decision, targets=[target])
        writer.outcome(1, 0, Outcome.failed(HOSTILE))
        writer.note(1, HOSTILE)
        far = Click(at=ScreenPoint(10**30, -(10**30)))
        writer.decision(2, frame, Decision(reply=Reply(actions=(far,)), raw=""))
        writer.decision(3, frame, Decision(reply=None, raw=HOSTILE, error=HOSTILE))
        writer.add_file("a&b<i>.txt", b"x")
        writer.end(3, HOSTILE, answer=HOSTILE, reason=HOSTILE, frame=frame)
    elements = (Element("button", HOSTILE, Box(1, 1, 9, 9)),)
    write_page(Trajectory.open(tmp_path / "run"), tmp_path / "a.html", reader=lambda screenshot: elements)
    opened(page, tmp_path / "a.html")
    drawn(page)
    expect(page.locator("#view")).to_contain_text("</script><script>alert(2)</script>")
    for _ in range(2):
        page.keyboard.press("j")
        drawn(page)
    page.locator("details summary").click()
    assert page.locator("img, #view script").count() == 0
    source = (tmp_path / "a.html").read_text()
    assert "<img" not in source
    assert not re.search("[\u2028\u202e\x1b]", source)


def test_what_was_masked_and_hidden_is_said(page: Page, tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path / "run", header()) as writer:
        frame = writer.frame(look())
        reply = Reply(actions=(Type(text=HIDDEN_TEXT),))
        writer.decision(1, frame, Decision(reply=reply), masked=[Box(30, 30, 60, 50)], hidden=[0])
        writer.outcome(1, 0, Outcome.done())
    write_page(Trajectory.open(tmp_path / "run"), tmp_path / "a.html")
    opened(page, tmp_path / "a.html")
    expect(page.locator("#view")).to_contain_text("what was typed is hidden")
    expect(page.locator("#view")).to_contain_text("1 regions")
    expect(page.locator("details")).to_contain_text("no end was recorded")


def test_a_missing_frame_is_told_where_it_is_missing(
    page: Page, trajectory: Trajectory, tmp_path: Path
) -> None:
    digest = trajectory.steps[0].frame
    for path in (trajectory.folder / "frames").glob(f"{digest}.*"):
        path.unlink()
    faults = write_page(Trajectory.open(trajectory.folder), tmp_path / "a.html")
    assert any(digest in fault for fault in faults)
    opened(page, tmp_path / "a.html")
    expect(page.locator("figcaption.no").first).to_contain_text("cannot be read")


def test_a_run_without_steps_is_a_page_too(page: Page, tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path / "run", header("Nothing yet")):
        pass
    write_page(Trajectory.open(tmp_path / "run"), tmp_path / "a.html")
    opened(page, tmp_path / "a.html")
    expect(page.locator("#status")).to_have_text("Nothing was decided in this run.")


def test_two_thousand_steps_are_at_hand(page: Page, tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path / "run", header()) as writer:
        decision = Decision(reply=Reply(actions=(Click(at=AT),)))
        frames = [writer.frame(look(shade)) for shade in range(200)]
        for number in range(1, 2001):
            writer.decision(number, frames[number % 200], decision)
            writer.outcome(number, 0, Outcome.done())
        writer.end(2000, "finished", frame=frames[0])
    write_page(Trajectory.open(tmp_path / "run"), tmp_path / "a.html")
    opened(page, tmp_path / "a.html")
    assert page.locator("#strip button").count() == 2000
    painted = "[...document.querySelectorAll('#strip canvas')].filter(one => one.width !== 300).length"
    drawn(page)
    assert page.evaluate(painted) < 50
    page.keyboard.press("End")
    assert shown(page) == "2000"
    drawn(page)


def test_nothing_is_replaced(trajectory: Trajectory, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("mine")
    with pytest.raises(UsageError, match="is not replaced"):
        write_page(trajectory, tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text() == "mine"


def test_the_command_writes_the_page(trajectory: Trajectory, tmp_path: Path) -> None:
    done = deskhand("show", str(trajectory.folder), "--out", str(tmp_path / "a.html"), "--json", "--no-open")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"page": str(tmp_path / "a.html"), "steps": 5, "missing": 0}
    again = deskhand("show", str(trajectory.folder), "--json", "--no-open")
    assert Path(json.loads(again.stdout)["page"]).is_file()
    assert deskhand("show", str(tmp_path / "nowhere")).returncode == 3


def test_an_unchanged_screen_is_in_the_page_once(trajectory: Trajectory, tmp_path: Path) -> None:
    write_page(trajectory, tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text().count('id="picture-') == 3
