"""A report tells what a run found, shows where it went wrong, and lets nothing foreign do anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from deskhand.benchmarks.runner.episodes import RESULTS, Episode, Header
from deskhand.benchmarks.runner.report import content as content_module
from deskhand.benchmarks.runner.report.build import markdown, page, write_report
from deskhand.benchmarks.runner.report.content import content_of
from deskhand.errors import UsageError
from tests.benchmarks.test_statistics import episode
from tests.cli.test_command import call
from tests.trajectories.samples import write_sample
from tests.trajectories.viewer.test_page import CHROMIUM, HOSTILE


def run_of(folder: Path, *episodes: Episode) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [Header(suite="tiny", policy="p", version="1"), *episodes]
    (folder / RESULTS).write_text("".join(one.model_dump_json() + "\n" for one in lines))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A success, two failures, of which one has its trajectory, and an error; an oracle beside them."""
    out = tmp_path / "run"
    write_sample(out / "trajectories" / "b-0")
    run_of(out / "baselines" / "oracle", episode("a", 0, True, policy="oracle"))
    return run_of(
        out,
        episode("a", 0, True, category="odd", steps=3),
        episode("b", 0, category="even", reason="there is no file", trajectory="trajectories/b-0"),
        episode("b", 1, category="even", attempt=2, reason="nothing"),
        episode("a", 1, category="odd", error="the sandbox was lost"),
    )


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """A tab in which nothing may go wrong: no dialog, no fault, no request but for the page itself."""
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1000, "height": 900})
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        tab.on("request", lambda request: _note(faults, request.url))
        yield tab
        browser.close()
    assert faults == []


def _note(faults: list[str], url: str) -> None:
    if not url.startswith(("file://", "data:")):
        faults.append(url)


def test_a_page_shows_tables_failures_and_the_screen_where_they_ended(
    run: Path, tmp_path: Path, browser_page: Page
) -> None:
    content = write_report(run, tmp_path / "report.html")
    assert (len(content.failures), len(content.errors), content.left_out) == (2, 1, 0)
    browser_page.goto((tmp_path / "report.html").as_uri())
    expect(browser_page.locator("h1")).to_have_text("tiny, policy p")
    expect(browser_page.locator("h2")).to_have_text(
        ["In all", "By category", "By task", "Not done (2)", "Environment errors (1)"]
    )
    expect(browser_page.get_by_role("cell", name="oracle")).not_to_have_count(0)
    first = browser_page.locator("article").first
    expect(first).to_contain_text("there is no file")
    expect(first).to_contain_text("after 0 steps")
    width = first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width == 80, "the sample's screen, which is smaller than a picture may be"
    expect(browser_page.locator("article").nth(1)).to_contain_text("attempt 2")
    expect(browser_page.locator("article").nth(1)).to_contain_text("no picture")


def test_foreign_text_is_shown_and_does_nothing(tmp_path: Path, browser_page: Page) -> None:
    foreign = dict.fromkeys(("suite", "category", "instruction", "status", "reason", "trajectory"), HOSTILE)
    run = run_of(
        tmp_path / "run", episode(HOSTILE, policy=HOSTILE, **foreign), episode("b", 1, policy=HOSTILE)
    )
    write_report(run, tmp_path / "report.html")
    browser_page.goto((tmp_path / "report.html").as_uri())
    expect(browser_page.locator("article").first).to_contain_text("<img src=x onerror=alert(1)>")
    assert browser_page.locator("img, script").count() == 0
    source = (tmp_path / "report.html").read_text()
    assert "\x1b" not in source
    assert "\u202e" not in source


def test_markdown_has_the_same_and_no_foreign_marks(run: Path, tmp_path: Path) -> None:
    write_report(run, tmp_path / "report.md")
    report = (tmp_path / "report.md").read_text()
    titles = re.findall("(?m)^#+ (.*)$", report)
    assert titles == ["tiny, policy p", "In all", "By category", "By task", "Not done", "Environment errors"]
    assert "| b | 0 | 1 | finished | there is no file |" in report
    evil = "a|b\n\n# c <img src=x> [d](http://e) `f` **g**"
    bad = markdown(content_of(run_of(tmp_path / "bad", episode(instruction="x", reason=evil))))
    assert "a\\|b \\# c \\<img src=x\\> \\[d\\](http://e) \\`f\\` \\*\\*g\\*\\*" in bad


@pytest.mark.parametrize("where", ["../outside", "/etc", "link", "trajectories/link", "a\0b", "missing"])
def test_a_results_file_does_not_lead_out_of_its_folder(where: str, tmp_path: Path) -> None:
    write_sample(tmp_path / "outside")
    run = run_of(tmp_path / "run", episode(trajectory=where))
    (run / "trajectories").mkdir()
    for link in (run / "link", run / "trajectories" / "link"):
        link.symlink_to(tmp_path / "outside")
    (failure,) = content_of(run).failures
    assert failure.picture == failure.last == ""
    assert failure.missing.startswith("no picture")


def test_there_are_not_more_pictures_than_a_browser_likes(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_module, "MOST_PICTURES", 0)
    monkeypatch.setattr(content_module, "MOST_FAILURES", 2)
    content = content_of(run)
    assert [failure.picture for failure in content.failures] == ["", ""]
    assert content.left_out == 1
    assert "1 more are in the results file" in page(content)
    assert "1 more are in the results file" in markdown(content)


def test_nothing_is_replaced_and_endings_are_known(run: Path, tmp_path: Path) -> None:
    (tmp_path / "there.html").touch()
    with pytest.raises(UsageError, match="is not replaced"):
        write_report(run, tmp_path / "there.html")
    with pytest.raises(UsageError, match=r"\.html or \.md"):
        write_report(run, tmp_path / "report.pdf")


def test_results_of_several_policies_are_kept_apart(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", episode(policy="one"), episode(policy="two"))
    with pytest.raises(UsageError, match=r"several policies \(one, two\)"):
        content_of(run)


def test_the_command_writes_a_page_or_prints(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    assert call(monkeypatch, "eval", "report", str(run), "--out", str(out)) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_text().startswith("<!doctype html>")
    assert call(monkeypatch, "eval", "report", str(run)) == 0
    assert capsys.readouterr().out.startswith("# tiny, policy p\n")
    assert call(monkeypatch, "eval", "report", str(run), "--json") == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last == {"report": None, "failures": 2, "errors": 1}
    assert call(monkeypatch, "eval", "report", str(tmp_path)) == 2
