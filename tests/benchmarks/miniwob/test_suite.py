"""The miniwob suite keeps what it says: seeds, versions, rewards, and a browser that does not stay broken."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Key, MouseDown
from deskhand.agent.loop import run
from deskhand.agent.result import RunResult
from deskhand.benchmarks.browsing.browser import FOLDER, Browser, PageLeft
from deskhand.benchmarks.browsing.moves import Moves, TaskPage, wait
from deskhand.benchmarks.registry import load_suite
from deskhand.benchmarks.suite import Suite, choose_tasks
from deskhand.benchmarks.suites.miniwob import pages
from deskhand.benchmarks.suites.miniwob.oracles import ORACLES
from deskhand.benchmarks.suites.miniwob.suite import SCREEN, MiniwobSuite
from deskhand.errors import SandboxError, UsageError
from deskhand.perception.screen import Pixels
from deskhand.perception.watch.settle import settle
from deskhand.sandbox.lightbox import Lightbox
from deskhand.screens.pages import split
from deskhand.screens.pages.miniwob import installed, packed
from deskhand.waiting import wait_until
from tests.conftest import few

pytestmark = [
    pytest.mark.suite,
    pytest.mark.skipif(find_spec("miniwob") is None, reason="pip install --no-deps miniwob==1.1.0"),
]


@pytest.fixture(scope="module")
def screen() -> Iterator[Lightbox]:
    with Lightbox(SCREEN) as desktop:
        yield desktop


@pytest.fixture(scope="module")
def suite() -> MiniwobSuite:
    return MiniwobSuite()


def nothing(folder: Path) -> RunResult:
    return RunResult("finished", None, "", 0, 0.0, folder)


def shown(screen: Lightbox) -> Pixels:
    """The screen once it stands still."""
    return settle(screen.screenshot, quiet=0.15, timeout=5).screenshot.pixels


def titles(screen: Lightbox) -> list[str]:
    return [window["title"] for window in screen.windows()]


def other_titles(screen: Lightbox, before: list[str]) -> bool:
    return titles(screen) != before


def changed(task: str, page: str, folder: Path) -> MiniwobSuite:
    """The suite with another page for one task."""
    html = folder / "html"
    if not html.exists():
        for name in (*pages.SHARED, "miniwob"):
            shutil.copytree(installed() / name, html / name)
    (html / "miniwob" / f"{task}.html").write_text(page)
    return MiniwobSuite(html=html)


def test_it_is_a_suite_with_the_sets_of_the_literature(suite: MiniwobSuite) -> None:
    assert isinstance(suite, Suite)
    assert isinstance(load_suite("miniwob"), MiniwobSuite)
    assert suite.category("enter-text") == "entering"
    sizes = {name: len(tasks) for name, tasks in suite.subsets().items()}
    assert sizes["browsergym-125"] == 125
    assert sizes["androidworld-91"] == 91
    assert sizes["synapse-64"] == 64
    assert sizes["webgum-56"] == 56
    assert sizes["oracle"] >= 100
    for tasks in suite.subsets().values():
        assert set(tasks) <= set(suite.tasks())
        assert all((installed() / "miniwob" / f"{task}.html").is_file() for task in tasks)


def test_the_nearest_names_are_offered(suite: MiniwobSuite, screen: Lightbox) -> None:
    with pytest.raises(UsageError, match=r"click-buton.*'click-button'"):
        suite.prepare("click-buton", screen, 0)
    with pytest.raises(UsageError, match=r"synapse-46.*'synapse-64'"):
        suite.subset("synapse-46")
    with pytest.raises(UsageError, match=r"click-tset.*'click-test'"):
        choose_tasks(suite, ["click-tset"])
    with pytest.raises(UsageError, match="raw > 0"):
        MiniwobSuite("half")


def test_a_version_is_that_of_the_task_and_changes_with_its_page(suite: MiniwobSuite, tmp_path: Path) -> None:
    page = (installed() / "miniwob" / "click-test.html").read_text()
    assert changed("click-test", page, tmp_path).version("click-test") == suite.version("click-test")
    other = changed("click-test", page + "<!-- changed -->", tmp_path)
    assert other.version("click-test") != suite.version("click-test")
    assert other.version("click-link") == suite.version("click-link")
    versions = [suite.version(task) for task in suite.tasks()]
    assert len(set(versions)) == len(versions)


def test_what_training_may_see_and_what_is_kept_from_it_share_no_task(suite: MiniwobSuite) -> None:
    parts = suite.subsets()
    assert set(parts["trained"]) | set(parts["untrained"]) | set(split.COPIES) == set(suite.tasks())
    assert not set(split.COPIES) & {*parts["trained"], *parts["untrained"]}
    assert not set(parts["trained"]) & set(parts["untrained"])
    assert not {"email-inbox", "email-inbox-forward", "click-menu-2"} & set(parts["trained"])
    assert len(set(parts["untrained"]) & set(parts["androidworld-91"])) >= 20


@pytest.mark.lightbox
def test_an_episode_ends_when_the_page_has_given_its_reward(
    suite: MiniwobSuite, screen: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = suite.prepare("click-test", screen, 0)
    clicks = ORACLES["click-test"]

    def over() -> bool:
        return suite.over("click-test", screen)

    def clicks_and_waits(page: TaskPage, instruction: str) -> Moves:
        yield from clicks(page, instruction)
        while True:
            yield wait(0.5)

    assert not over()
    monkeypatch.setitem(ORACLES, "click-test", clicks_and_waits)  # type: ignore[arg-type]
    result = run(prepared, screen, suite.oracle("click-test", 0), out=tmp_path / "run", over=over)
    assert result.status == "ended"
    assert over()


@pytest.mark.lightbox
def test_the_seed_makes_the_task(suite: MiniwobSuite, screen: Lightbox) -> None:
    prepared = [suite.prepare("enter-text", screen, seed).instruction for seed in (3, 4, 3)]
    assert prepared[0] == prepared[2] != prepared[1]


@pytest.mark.lightbox
def test_what_is_done_after_the_end_changes_no_reward(
    suite: MiniwobSuite, screen: Lightbox, tmp_path: Path
) -> None:
    prepared = suite.prepare("click-test", screen, 0)
    assert not suite.score("click-test", screen, 0, nothing(tmp_path)).success
    result = run(prepared, screen, suite.oracle("click-test", 0), limits=suite.limits, out=tmp_path / "run")
    score = suite.score("click-test", screen, 0, result)
    assert score.success and score.reward == 1.0
    for x in range(50, 500, 100):
        screen.perform(Click(at=ScreenPoint(x, 300)))
    assert suite.score("click-test", screen, 0, result) == score


@pytest.mark.lightbox
def test_conventions_read_one_reward_differently(screen: Lightbox, tmp_path: Path) -> None:
    for convention, success in (("raw > 0", True), ("raw == 1", False)):
        suite = MiniwobSuite(convention)
        prepared = suite.prepare("circle-center", screen, 0)
        result = run(prepared, screen, suite.oracle("circle-center", 0), out=tmp_path / convention[-1])
        score = suite.score("circle-center", screen, 0, result)
        assert 0.8 < score.reward < 1
        assert score.success is success


@pytest.mark.lightbox
def test_two_suites_in_one_sandbox_do_not_take_each_others_answers(screen: Lightbox) -> None:
    one, other = MiniwobSuite(), MiniwobSuite()
    for suite in (one, other, one, other):
        assert suite.prepare("click-test", screen, 0).instruction == "Click the button."


@pytest.mark.lightbox
def test_an_agent_cannot_leave_the_page_too_large_or_a_button_held(
    suite: MiniwobSuite, screen: Lightbox
) -> None:
    suite.prepare("click-test", screen, 0)
    start = shown(screen)
    screen.perform(Key(keys=("ctrl", "=")))
    screen.perform(Key(keys=("ctrl", "t")))
    screen.perform(MouseDown(at=ScreenPoint(200, 300)))
    suite.reset(screen)
    suite.prepare("click-test", screen, 0)
    assert (shown(screen) == start).all()


@pytest.mark.lightbox
@pytest.mark.parametrize("chords", few(["alt+f4", "alt+home", "ctrl+w", "ctrl+t ctrl+1 ctrl+w"], 2))
def test_an_agent_that_closes_or_leaves_the_page_has_failed(
    suite: MiniwobSuite, screen: Lightbox, tmp_path: Path, chords: str
) -> None:
    suite.prepare("click-test", screen, 0)
    *earlier, last = (Key(keys=tuple(chord.split("+"))) for chord in chords.split())
    for chord in earlier:
        before = titles(screen)
        screen.perform(chord)
        wait_until(functools.partial(other_titles, screen, before), timeout=10, what="another page")
    screen.perform(last)
    wait_until(lambda: suite.over("click-test", screen), timeout=10, what="the page to be left")
    score = suite.score("click-test", screen, 0, nothing(tmp_path))
    assert not score.success and score.reward == 0
    assert "before" in score.reason
    suite.reset(screen)
    assert suite.prepare("click-test", screen, 0).instruction == "Click the button."


@pytest.mark.lightbox
def test_a_page_that_is_closed_while_it_is_asked_has_been_left() -> None:
    with Lightbox(SCREEN) as screen, ThreadPoolExecutor(1) as asking:
        browser = Browser(screen, packed(installed()))
        browser.start()
        browser.open("miniwob/click-test.html", "(document.adoptedStyleSheets = [], 'begun')")
        for chord in (("ctrl", "t"), ("ctrl", "1")):  # with a second page the browser outlives the first
            before = titles(screen)
            screen.perform(Key(keys=chord))
            wait_until(functools.partial(other_titles, screen, before), timeout=10, what="another page")
        never = asking.submit(browser.js, "new Promise(() => {})")
        wait_until(
            lambda: b"Promise" in screen.read_file(f"{FOLDER}/ask.json"), timeout=10, what="the question"
        )
        screen.perform(Key(keys=("ctrl", "w")))
        with pytest.raises(PageLeft):
            never.result(timeout=60)


@pytest.mark.lightbox
def test_a_browser_that_was_killed_is_an_error_of_the_sandbox_and_started_again(
    suite: MiniwobSuite, screen: Lightbox, tmp_path: Path
) -> None:
    suite.prepare("click-test", screen, 0)
    assert screen.run(["/usr/bin/pkill", "-KILL", "chromium"]).returncode == 0
    with pytest.raises(SandboxError, match="Chromium"):
        suite.score("click-test", screen, 0, nothing(tmp_path))
    assert suite.prepare("click-test", screen, 0).instruction == "Click the button."


@pytest.mark.lightbox
def test_a_page_that_does_not_become_ready_is_an_error_of_the_sandbox(
    screen: Lightbox, tmp_path: Path
) -> None:
    page = (installed() / "miniwob" / "click-test.html").read_text()
    never = page.replace("</head>", "<script>WOB_TASK_READY = false;</script></head>")
    with pytest.raises(SandboxError, match="did not become ready"):
        changed("click-test", never, tmp_path).prepare("click-test", screen, 0)
