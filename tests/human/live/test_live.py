"""The live page of a run, used in a real browser on a real desktop."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import CallUser, Click, Finished, Key, Type, Wait
from deskhand.agent.limits import Limits
from deskhand.agent.rules.rulebook import ActionRule, Rulebook
from deskhand.human.live import server, viewers
from deskhand.human.live.viewers import Viewers
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.remote import RemoteSandbox
from deskhand.sandbox.serve import Served
from deskhand.trajectories.export.catalogue import EXPORTS
from deskhand.trajectories.export.exchange import ExportOptions
from deskhand.waiting import pause, wait_until
from tests.editor import saved
from tests.human.live.watched import PATIENCE, Watched, reply, taken_over, watched
from tests.human.recording.desk import holding

pytestmark = pytest.mark.lightbox

DONE = reply(Finished(answer="yes"), thought="all done")
MIDDLE = ScreenPoint(640, 400)
ASKS_ABOUT_CLICKS = Rulebook(
    seconds=30.0, rule=(ActionRule(name="clicks", decision="ask", action=("click",), why="It clicks."),)
)


@pytest.fixture(scope="module")
def box() -> Iterator[Lightbox]:
    with Lightbox() as sandbox:
        yield sandbox


@pytest.fixture
def editor(box: Lightbox) -> Lightbox:
    box.reset()
    box.launch("mousepad")
    return box


def open_page(page: Any, made: Watched, link: str = "") -> Any:
    page.goto(link or made.server.url)
    page.wait_for_selector("#screen[data-number]")
    return page


def phase(page: Any, name: str) -> None:
    page.wait_for_selector(f"#phase[data-phase={name}]")


def at(page: Any, x: int, y: int) -> tuple[float, float]:
    """Where a pixel of the desktop is in the page."""
    box = page.locator("#screen").bounding_box()
    return box["x"] + (x + 0.5) * box["width"] / 1280, box["y"] + (y + 0.5) * box["height"] / 800


def test_a_person_steps_through_a_run_and_sees_what_comes(
    editor: Lightbox, page: Any, tmp_path: Path
) -> None:
    thought = "<img src=x onerror=alert(1)> I click"
    replies = (reply(Click(at=MIDDLE), thought=thought), reply(Type(text="abc"), thought="I type"), DONE)
    with watched(editor, tmp_path / "run", *replies, paused=True) as made:
        open_page(page, made)
        phase(page, "paused")
        assert page.locator("#task").inner_text() == "write <b>it</b> (recalled)"
        assert made.policy.histories == [], "nothing is decided yet"
        page.keyboard.press("s")
        page.wait_for_selector("#action:has-text('click at (640, 400)')")
        assert page.locator("#thought").inner_text() == thought
        mark = page.locator(".mark").bounding_box()
        across, down = at(page, 640, 400)
        assert (
            abs(mark["x"] + mark["width"] / 2 - across) < 3 and abs(mark["y"] + mark["height"] / 2 - down) < 3
        )
        assert made.live.changes(-1, 0)["steps"][0]["outcomes"] == [], "nothing is done yet"
        page.keyboard.press("s")
        page.wait_for_selector("#action:has-text('type \"abc\"')")
        assert made.live.changes(-1, 0)["steps"][0]["outcomes"] == [["ok", ""]]
        page.keyboard.press("p")
        page.wait_for_selector("#phase:has-text('Ended: finished')")
        assert made.end().status == "finished"
        assert page.locator("#steps li").count() == 3
        assert page.locator("#steps img").first.evaluate("one => one.naturalWidth") == 480
        assert page.locator("#pause").is_disabled()
    assert saved(editor, "stepped.txt") == "abc"


def test_a_person_takes_over_in_the_middle_of_an_action(editor: Lightbox, page: Any, tmp_path: Path) -> None:
    long = reply(
        Click(at=MIDDLE), *[Type(text="no end\n" * 2800)] * 6, Type(text="never"), thought="I write a lot"
    )
    with watched(editor, tmp_path / "run", long, DONE) as made:
        open_page(page, made)
        page.wait_for_selector("#action:has-text('no end')")
        page.click("#take")
        phase(page, "driving")
        page.wait_for_selector("#phase:has-text('You operate')")
        page.mouse.click(*at(page, 640, 400))
        page.keyboard.press("Control+a")
        page.keyboard.type("By hand", delay=5)
        wait_until(
            lambda: len([one for one in made.live.changes(-1, 0)["steps"] if one["by"] == "person"]) >= 2,
            timeout=PATIENCE,
            what="what the person did",
        )
        page.keyboard.press("Control+Shift+Enter")
        page.wait_for_selector("#phase:has-text('Ended: finished')")
        result = made.end()
    assert result.status == "finished"
    steps = made.trajectory.steps
    assert [step.by for step in steps] == ["", *["person"] * 3, ""]
    first, *by_hand, last = steps
    *done, ended = [outcome.status for outcome in first.outcomes]
    assert (set(done), ended) == ({"ok"}, "failed") and len(done) < 7, "what comes after it is never begun"
    typed = [step.decision.reply.actions[0] for step in by_hand if step.decision.reply is not None]
    assert isinstance(typed[0], Click) and typed[1:] == [Key(keys=("ctrl", "a")), Type(text="By hand")]
    [told] = [note for step in made.policy.histories[-1] for note in step.notes if "took over" in note]
    assert "press ctrl+a" in told and 'type "By hand"' in told and "Since then" in told
    assert [step.step for step in made.policy.histories[-1]] == [1], "its own past has its own steps"
    assert last.step == 5
    EXPORTS["sft"].write(made.trajectory, tmp_path / "sft", ExportOptions(corrections=True), lambda *_: None)
    assert len((tmp_path / "sft" / "metadata.jsonl").read_text().splitlines()) == 3
    assert saved(editor, "taken.txt") == "By hand"


def test_what_a_model_writes_is_shown_before_it_has_decided(box: Lightbox, page: Any, tmp_path: Path) -> None:
    with watched(box, tmp_path / "run", DONE, aloud="I look <b>at</b>\nthe menu") as made:
        open_page(page, made)
        page.wait_for_selector("#writing:has-text('I look <b>at</b>')")
        assert page.locator("#steps li").count() == 0
        made.policy.goes_on.set()
        page.wait_for_selector("#phase:has-text('Ended: finished')")
        assert page.locator("#writing").inner_text() == ""


def test_rules_ask_on_the_page_and_take_the_answer(box: Lightbox, page: Any, tmp_path: Path) -> None:
    click = reply(Click(at=MIDDLE), thought="I click")
    with watched(box, tmp_path / "run", click, click, DONE, rules=ASKS_ABOUT_CLICKS) as made:
        open_page(page, made)
        phase(page, "asking")
        assert page.locator("#asking").inner_text() == "click at (640, 400)"
        assert "It clicks." in page.locator("#why").inner_text()
        page.wait_for_selector("#yes:enabled")
        page.keyboard.press("n")
        page.wait_for_selector("#steps li:has-text('refused: rule clicks: a person said no')")
        page.wait_for_selector("#question:visible")
        page.wait_for_selector("#yes:enabled")
        page.keyboard.press("y")
        page.wait_for_selector("#phase:has-text('Ended: finished')")
        made.end()
    assert [step.outcomes[0].status for step in made.trajectory.steps[:2]] == ["refused", "ok"]


def test_what_it_asks_is_answered_in_a_line(box: Lightbox, page: Any, tmp_path: Path) -> None:
    ask = reply(CallUser(question="Which <i>name</i>?"), thought="I do not know")
    with watched(box, tmp_path / "run", ask, DONE) as made:
        open_page(page, made)
        page.wait_for_selector("#asked:has-text('It asks: Which <i>name</i>?')")
        page.keyboard.press("/")
        page.keyboard.type("Anna")
        page.keyboard.press("Enter")
        page.wait_for_selector("#phase:has-text('Ended: finished')")
        made.end()
    assert made.policy.histories[-1][-1].notes == ("the person says: Anna",)
    assert made.trajectory.steps[0].outcomes[0].ok


def test_an_invitation_lets_one_browser_watch(box: Lightbox, browser: Any, page: Any, tmp_path: Path) -> None:
    waits = [reply(Wait(seconds=0.1), thought="I wait")] * 2
    with (
        watched(box, tmp_path / "run", *waits, DONE, paused=True) as made,
        contextlib.closing(browser.new_context()) as second,
        contextlib.closing(browser.new_context()) as third,
    ):
        open_page(page, made)
        other = second.new_page()
        assert other.goto(made.server.url).status == 409, "the link was used"
        page.click("#invite")
        page.wait_for_selector("#link:visible")
        link = page.input_value("#link")
        open_page(other, made, link)
        assert third.new_page().goto(link).status == 409, "and so was the invitation"
        assert not other.locator("#pause").is_visible() and not other.locator("#take").is_visible()
        name = other.evaluate("document.body.dataset.page")
        refused = other.evaluate(
            "page => fetch('command', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({page, command: {do: 'resume'}})}).then(answer => answer.status)",
            name,
        )
        assert refused == 403
        page.click("#pause")
        for one in (page, other):
            one.wait_for_selector("#phase:has-text('Ended: finished')")


def test_a_page_that_closes_while_it_operates_leaves_the_agent_standing(
    box: Lightbox, page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "POLL_SECONDS", 1.5)
    monkeypatch.setattr(viewers, "ALIVE_SECONDS", 5.0)
    with watched(box, tmp_path / "run", DONE, paused=True) as made:
        open_page(page, made)
        page.keyboard.press("t")
        phase(page, "driving")
        again = page.context.new_page()
        page.close()
        open_page(again, made)
        again.wait_for_selector("#phase:has-text('Someone operates')")
        assert made.live.control.taken and made.policy.histories == []
        again.click("#take")
        again.wait_for_selector("#phase:has-text('You operate')")
        again.select_option("#programs", "Mousepad")
        wait_until(lambda: made.live.changes(-1, 0)["steps"], timeout=PATIENCE, what="the recorded program")
        again.keyboard.type("x")
        wait_until(lambda: len(made.live.changes(-1, 0)["steps"]) > 1, timeout=PATIENCE, what="the letter")
        again.click("#back-paused")
        phase(again, "paused")
        assert made.policy.histories == []
        again.click("#pause")
        again.wait_for_selector("#phase:has-text('Ended: finished')")
    assert [step.by for step in made.trajectory.steps] == ["person", "person", ""]


def test_a_stop_ends_a_run_that_a_person_has_taken_over(box: Lightbox, page: Any, tmp_path: Path) -> None:
    with watched(box, tmp_path / "run", DONE, paused=True) as made:
        open_page(page, made)
        page.click("#take")
        phase(page, "driving")
        page.click("#stop")
        page.wait_for_selector("#phase:has-text('Ended: stopped')")
        assert made.end().status == "stopped"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits(width: int, scheme: str, box: Lightbox, browser: Any, tmp_path: Path) -> None:
    with (
        watched(box, tmp_path / "run", reply(Wait(seconds=0)), DONE, paused=True) as made,
        contextlib.closing(
            browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        ) as one,
    ):
        page = open_page(one.new_page(), made)
        phase(page, "paused")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for button in ("#pause", "#step", "#take", "#stop", "#invite"):
            page.locator(button).scroll_into_view_if_needed()
            shown = page.locator(button).bounding_box()
            assert shown["x"] >= 0 and shown["x"] + shown["width"] <= width
        colours = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )
        bright = [sum(map(int, one[4:-1].split(","))) for one in colours]
        assert (bright[0] > bright[1]) == (scheme == "dark")


def test_who_has_no_cookie_or_another_origin_gets_nothing(box: Lightbox, page: Any, tmp_path: Path) -> None:
    with watched(box, tmp_path / "run", DONE, paused=True) as made:
        open_page(page, made)
        name = page.evaluate("document.body.dataset.page")
        [cookie] = page.context.cookies()
        known = {"Cookie": f"{cookie['name']}={cookie['value']}", "Content-Type": "application/json"}

        def ask(method: str, path: str, body: Any = None, **headers: str) -> int:
            connection = http.client.HTTPConnection(made.server.authority, timeout=20)
            with contextlib.closing(connection):
                data = None if body is None else json.dumps(body).encode()
                connection.request(method, made.server.base + path, data, headers)
                return connection.getresponse().status

        resume = {"page": name, "command": {"do": "resume"}}
        origin = f"http://{made.server.authority}"
        assert ask("GET", f"state?page={name}") == 403
        assert ask("GET", f"screen?page={name}") == 403
        assert ask("POST", "command", resume, Origin=origin, **{"Content-Type": "application/json"}) == 403
        assert ask("POST", "command", resume, **known, Origin="http://evil.example") == 403
        assert ask("POST", "command", resume, **known, Origin=origin, Host="evil.example") == 403
        assert ask("POST", "command", {**resume, "more": 1}, **known, Origin=origin) == 400
        assert (
            ask("POST", "command", {"page": "x", "command": {"do": "resume"}}, **known, Origin=origin) == 403
        )
        event = {"kind": "key_down", "t": 1.0, "key": "x", "text": "x"}
        batch = {"page": name, "first": 0, "events": [event]}
        assert ask("POST", "events", batch, **known, Origin=origin) == 409, "it did not take over"
        assert made.live.control.paused


def test_a_person_takes_over_on_another_machine_too(box: Lightbox, tmp_path: Path) -> None:
    with Served(box) as served, RemoteSandbox(served.url) as remote:
        steps = taken_over(remote, tmp_path / "run")
    assert [step.by for step in steps] == ["person", "person", ""]
    assert all(outcome.ok for step in steps[:2] for outcome in step.outcomes)


def test_the_time_that_a_person_takes_does_not_count_and_what_they_hide_stays_hidden(
    editor: Lightbox, page: Any, tmp_path: Path
) -> None:
    with watched(editor, tmp_path / "run", DONE, paused=True, limits=Limits(seconds=12)) as made:
        open_page(page, made)
        page.keyboard.press("t")
        page.wait_for_selector("#phase:has-text('You operate')")
        page.click("#hide")
        page.wait_for_selector("#hide[aria-pressed=true]")
        page.mouse.click(*at(page, 640, 400))
        page.keyboard.type("Hunter-4711", delay=5)
        wait_until(lambda: len(made.live.changes(-1, 0)["steps"]) > 1, timeout=PATIENCE, what="two steps")
        pause(14, why="the run's own time would be over by now")
        page.keyboard.press("Control+Shift+Enter")
        page.wait_for_selector("#phase:has-text('Ended: finished')")
    assert made.end().status == "finished"
    assert holding(tmp_path, "Hunter-4711", "4711") == []
    assert [step.by for step in made.trajectory.steps] == ["person", "person", ""]


def test_a_sentence_in_the_making_answers_no_question(box: Lightbox, page: Any, tmp_path: Path) -> None:
    click = reply(Click(at=MIDDLE), thought="I click")
    rules = ASKS_ABOUT_CLICKS.model_copy(update={"seconds": 4.0})
    with watched(box, tmp_path / "run", click, DONE, rules=rules, paused=True) as made:
        open_page(page, made)
        page.keyboard.press("/")
        page.keyboard.type("Why ")
        made.live.control.resume()
        phase(page, "asking")
        page.keyboard.type("yes and no")
        assert page.input_value("#line") == "Why yes and no"
        page.wait_for_selector("#phase:has-text('Ended: finished')")
    assert made.trajectory.steps[0].outcomes[0].reason.startswith("rule clicks: nobody answered")


def test_a_person_who_only_looks_cannot_give_back_what_another_page_operates(
    box: Lightbox, page: Any, tmp_path: Path
) -> None:
    with watched(box, tmp_path / "run", DONE, paused=True) as made:
        open_page(page, made)
        page.keyboard.press("t")
        page.wait_for_selector("#phase:has-text('You operate')")
        again = open_page(page.context.new_page(), made)
        name = again.evaluate("document.body.dataset.page")
        for wish in ({"do": "give"}, {"do": "hide", "on": False}, {"do": "open", "name": "Mousepad"}):
            refused = again.evaluate(
                "([page, command]) => fetch('command', {method: 'POST',"
                " headers: {'Content-Type': 'application/json'}, body: JSON.stringify({page, command})})"
                ".then(answer => answer.status)",
                [name, wish],
            )
            assert refused == 409
        assert made.live.control.taken


def test_an_invitation_is_used_up_by_whoever_follows_it() -> None:
    doors = Viewers()
    code = doors.invite("in charge")
    first = doors.enter("", code)
    assert first is not None and doors.role(first) == "in charge"
    assert doors.enter("", code) is None
    code = doors.invite("in charge")
    assert doors.enter(first, code) == first and doors.enter("", code) is None
