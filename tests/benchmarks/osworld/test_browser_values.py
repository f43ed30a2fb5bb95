"""What is said of a browser, judged: addresses, days, and what metrics take for the same."""

from __future__ import annotations

import socket
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deskhand.benchmarks.task_files import lookup, needs
from deskhand.benchmarks.task_files.browser import devtools, program
from deskhand.benchmarks.task_files.browser.addresses import same_address
from deskhand.benchmarks.task_files.browser.urls import ShopFilters, UrlParameters, filters_of, parameters_of
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.relative_time import rule_on
from deskhand.benchmarks.task_files.task import ConfigStep, parse_task
from deskhand.errors import EnvironmentProblem, SandboxError, UsageError
from deskhand.sandbox.protocol import Completed
from tests.benchmarks.osworld.places import place


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.airbnb.com", "https://airbnb.com.au/", True),
        ("airbnb.com", "http://airbnb.co.uk", True),
        ("https://airbnb.com", "http://airbnb.com", False),
        ("https://blog.airbnb.com", "https://airbnb.com", False),
        ("http://localhost:8000/a", "http://localhost/a", True),
        ("http://127.0.0.1/a", "http://127.0.0.2/a", False),
        ("http://[::1]:80/a", "http://[::1]/a", True),
        ("https://a.com/b/", "https://a.com/b", False),
        ("https://a.com/b?x=1", "https://a.com/b?x=2", False),
        (None, None, True),
        (None, "https://a.com", False),
    ],
)
def test_addresses_are_the_same_but_for_what_does_not_matter(one: Any, other: Any, same: bool) -> None:
    assert same_address(one, other) is same
    assert same_address(other, one) is same


@pytest.mark.parametrize(
    ("words", "today", "days"),
    [
        ({"from": "tomorrow"}, "2024-02-28", ["2024-2-29"]),
        ({"from": "10th next month"}, "2024-12-31", ["2025-1-10"]),
        ({"from": "next Monday"}, "2024-07-01", ["2024-7-8"]),
        ({"from": "next Monday", "to": "next Friday"}, "2024-07-05", ["2024-7-8", "2024-7-12"]),
        ({"from": "next Friday", "to": "next Sunday"}, "2024-07-05", ["2024-7-12", "2024-7-14"]),
        ({"from": "next week Saturday", "to": "next week Sunday"}, "2024-07-07", ["2024-7-13", "2024-7-14"]),
        ({"from": "first monday four months later"}, "2024-08-20", ["2024-12-2"]),
        ({"from": "this Saturday", "to": "this Sunday"}, "2024-07-07", ["2024-7-6", "2024-7-7"]),
    ],
)
def test_days_are_those_that_words_mean_on_a_day(words: dict[str, str], today: str, days: list[str]) -> None:
    names = ["from", "to"] if len(days) == 2 else ["time"]
    form = "{Year}-{MonthD}-{DayD}"
    rules = {"relativeTime": words, "expected": dict.fromkeys(names, form) | {"city": form}, "more": 1}
    found = rule_on(rules, date.fromisoformat(today))
    assert [found["expected"][name] for name in names] == days
    assert found["expected"]["city"] == form and found["more"] == 1


def test_unknown_days_are_an_error_of_the_file(tmp_path: Path) -> None:
    for rules in ({"relativeTime": {"from": "someday"}, "expected": {"time": ""}}, {"expected": {}}):
        with pytest.raises(UsageError, match="rule_relativeTime"):
            lookup.get(place(tmp_path), {"type": "rule_relativeTime", "rules": rules})
    with pytest.raises(UsageError, match="expects no 'to'"):
        rule_on(
            {"relativeTime": {"from": "tomorrow", "to": "next Friday"}, "expected": {"from": ""}},
            date(2024, 1, 1),
        )


def test_parts_of_addresses_have_the_names_that_tasks_give_them() -> None:
    given = UrlParameters.model_validate({"parse_keys": ["q", "m[]", "no"], "replace": {"q": "time"}})
    assert parameters_of("https://a.com/?q=a%20b&q=c&m[]=1,2", given) == {
        "time": "a b",
        "m[]": "1,2",
        "no": "",
    }
    shop = ShopFilters(parse_keys=("Men_regular_size_t", "Price_discount_range"))
    path = "mens-clothing/shirts/Men_regular_size_t,Price_discount_range/L,50_PERCENT_%20off%20%26%20more"
    assert filters_of(f"https://www.macys.com/{path}?id=1", shop) == {
        "mens_clothing": True,
        "shirts": True,
        "short_sleeve": None,
        "Men_regular_size_t": "L",
        "Price_discount_range": "50_PERCENT_ off & more",
    }


AUTHORS = {"type": "liked_authors_websites_urls", "urls": [["https://a/", "https://b/"], "https://c/"]}


def authors(*urls: str) -> dict[str, Any]:
    pages = [{"type": "url", "url": url} for url in urls]
    folder = {"type": "folder", "name": "Liked Authors", "children": pages}
    return {"bookmark_bar": {"children": [folder]}}


@pytest.mark.parametrize(
    ("name", "rule", "good", "bad"),
    [
        (
            "is_expected_active_tab",
            {"type": "url", "url": "https://www.a.com/"},
            "https://a.com",
            "https://b.com",
        ),
        (
            "is_expected_active_tab_approximate",
            {"type": "url", "url": "x://a?q"},
            {"url": "x://a"},
            {"url": "x://b"},
        ),
        ("is_expected_url_pattern_match", {"expected": ["^https", "/b$"]}, "https://a/b", "https://a/c"),
        (
            "is_expected_search_query",
            {"expect": {"pattern": "q=a(&|$)"}},
            {"url": "x://?q=a"},
            {"url": "x://?q=ab"},
        ),
        (
            "is_expected_tabs",
            {"type": "url", "urls": ["a.com", "b.com"]},
            [{"url": "http://b.com/"}, {"url": "http://a.org"}],
            [{"url": "http://a.com"}],
        ),
        (
            "is_expected_installed_extensions",
            {"expected": ["Zoom Chrome Extension"]},
            ["x", "Zoom for Google Chrome"],
            ["x"],
        ),
        (
            "is_cookie_deleted",
            {"type": "domains", "domains": [".amazon.com"]},
            [[1, ".aws.com"]],
            [[1, "amazon.de"]],
        ),
        (
            "check_history_deleted",
            {"type": "keywords", "keywords": ["you"]},
            [["https://a", "you"]],
            [["https://you"]],
        ),
        ("check_enabled_experiments", {"type": "names", "names": ["a"]}, ["a@2"], ["a", "b"]),
        (
            "check_font_size",
            {"type": "range", "min": 16, "max": 99},
            {"default_font_size": 17},
            {"default_font_size": 16},
        ),
        ("is_shortcut_on_desktop", {"type": "exec", "exec": "a b"}, {"x": "Exec=a b %U\n"}, {"x": "Exec=c"}),
        (
            "is_expected_bookmarks",
            AUTHORS,
            authors("https://b/", "https://c/"),
            authors("https://a/", "https://b/", "https://c/"),
        ),
        ("match_in_list", {"expected": ["a", "b"]}, "b", "c"),
    ],
)
def test_browsers_are_judged(name: str, rule: Any, good: Any, bad: Any) -> None:
    metric = lookup.metric(name)
    assert metric(good, rule, {}).reward == 1
    assert metric(bad, rule, {}).reward == 0
    with pytest.raises(UsageError):
        metric(good, {"type": "something"}, {})


def test_what_a_strangers_browser_says_is_no_address(tmp_path: Path) -> None:
    for value in (None, 5, {}, {"url": None}, {"url": ["a"]}, ""):
        with pytest.raises(NothingThere):
            lookup.metric("is_expected_active_tab")(value, {"type": "url", "url": "a"}, {})
    there = place(tmp_path)
    for text in (b"", b"[1]", b"[" * 100_000, b"\xff"):
        there.sandbox.write_file(f"{program.PROFILES}/Default/Preferences", text)
        there.sandbox.write_file(f"{program.PROFILES}/Default/History", text or b"x" * 5000)
        with pytest.raises(NothingThere):
            lookup.get(there, {"type": "profile_name"})
        with pytest.raises(NothingThere):
            lookup.get(there, {"type": "history", "dest": "../../h"})


def test_a_task_names_the_sites_that_it_opens() -> None:
    def sites(instruction: str, *urls: Any) -> tuple[str, ...]:
        steps = [{"type": "chrome_open_tabs", "parameters": {"urls_to_open": list(urls)}}]
        content = {
            "id": "x",
            "instruction": instruction,
            "config": steps,
            "evaluator": {"func": "infeasible"},
        }
        return needs.sites(parse_task(content, "x"))

    assert sites("See (https://A.org/b), please", "http://u:p@c.com:80/", "https://a.org") == (
        "a.org",
        "c.com",
    )
    assert (
        sites("See http://localhost:3000, 127.0.0.1", "http://127.0.0.1/", "file:///a", "chrome://flags", 5)
        == ()
    )
    assert sites("http://-x http://", "https://printer.local/") == ()


def test_chromium_stands_in_only_where_there_is_no_chrome(tmp_path: Path) -> None:
    there = place(tmp_path)
    words = ["google-chrome", "--remote-debugging-port=1337"]
    assert program.command(there, words) == words
    there.sandbox.lacks = "google-chrome"  # type: ignore[attr-defined]
    flag = f"--user-data-dir={there.home}/{program.PROFILES}"
    assert program.command(there, words) == ["chromium", flag, "--remote-debugging-port=1337"]
    assert program.command(there, ["xterm"]) == ["xterm"]


def test_a_sandbox_without_a_browser_is_an_environment_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = place(tmp_path)
    monkeypatch.setattr(type(there), "lacks", lambda self, name: True)
    with pytest.raises(EnvironmentProblem, match="neither google-chrome nor chromium"):
        program.make_profile(there)


@pytest.mark.parametrize(
    ("command", "forwards"),
    [
        (["socat", "tcp-listen:9222,fork", "tcp:localhost:1337"], True),
        ("socat tcp-listen:9222,fork tcp:localhost:1337", True),
        (["socat", "-"], False),
        (["google-chrome"], False),
        (5, False),
    ],
)
def test_a_step_that_only_leads_a_port_on_is_left_out(command: Any, forwards: bool) -> None:
    assert program.forwards(ConfigStep(type="launch", parameters={"command": command})) is forwards


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        '{"gone": "no browser"}',
        '{"answer": 5}',
        '{"answer": [{"id": 1}]}',
        '{"answer": ' + "[" * 100_000,
    ],
)
def test_a_machine_that_says_something_else_has_no_tabs(tmp_path: Path, said: str) -> None:
    there = place(tmp_path)
    there.sandbox.run = lambda command, **more: Completed(0, said.encode(), b"")  # type: ignore[method-assign]
    for getter in ("open_tabs_info", "active_url_from_accessTree", "active_tab_info"):
        with pytest.raises(NothingThere, match="browser"):
            lookup.get(there, {"type": getter})
    with pytest.raises(SandboxError, match="cannot be opened"):
        lookup.do(there, ConfigStep(type="chrome_open_tabs", parameters={"urls_to_open": ["about:blank"]}))


def test_what_answers_without_an_end_is_no_browser() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def chatter() -> None:
            talker, _ = server.accept()
            with talker:
                try:
                    while True:
                        talker.sendall(b"x" * 4096)
                except OSError:
                    return  # nobody listens any more

        talking = threading.Thread(target=chatter)
        talking.start()
        with pytest.raises(devtools.BrowserGone, match="no WebSocket"):
            devtools.PageSocket(f"ws://127.0.0.1:{server.getsockname()[1]}/devtools")
        talking.join(10)
