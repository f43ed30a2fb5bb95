"""Chrome's tasks in a real Chromium: nothing done scores 0, the right end scores 1."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.vocabulary import Key
from deskhand.agent.result import RunResult
from deskhand.benchmarks.suites.osworld.suite import OsworldSuite
from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.browser import program
from deskhand.benchmarks.task_files.browser.asking import ask
from deskhand.benchmarks.task_files.browser.tabs import tabs_of
from deskhand.benchmarks.task_files.doing import one, set_up
from deskhand.benchmarks.task_files.place import PROXY_VARIABLE, Place
from deskhand.benchmarks.task_files.task import Check, ConfigStep, OsworldTask, parse_task
from deskhand.benchmarks.task_files.windows import WindowStep, await_window
from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import wait_until

pytestmark = pytest.mark.lightbox

LAUNCH = {"type": "launch", "parameters": {"command": ["google-chrome", "--remote-debugging-port=1337"]}}
FORWARD = {
    "type": "launch",
    "parameters": {"command": ["socat", "tcp-listen:9222,fork", "tcp:localhost:1337"]},
}
END = ConfigStep(type="launch", parameters={"command": ["pkill", "chrome"]})
PREFERENCES, HISTORY = f"{program.PROFILES}/Default/Preferences", f"{program.PROFILES}/Default/History"
VIDEO, NEWS = "https://www.youtube.com/watch?v=1", "https://news.example/"

PAGE = """<!doctype html><title>Cars</title>
<h1 class="place from">Boston <b>Logan</b></h1><h1 class="place">Here</h1>
<p class="route">SEA<i>to</i>NYC</p><div class="visit"><h3>Monday</h3></div><input id="who" value="Ada">
<p class="chip">Black</p><p class="chip">On sale</p><p>Only $5</p>
<ul class="list"><li class="catAllProducts"><span>Toys</span></li></ul>"""


def task(*config: Any, instruction: str = "Do it", **evaluator: Any) -> OsworldTask:
    return parse_task(
        {
            "id": "x",
            "instruction": instruction,
            "config": list(config),
            "evaluator": evaluator or {"func": "infeasible"},
        },
        "x",
    )


def start(place: Place, *config: Any) -> None:
    """Set a task up, and start what it leaves for the run to start."""
    begun = set_up(task(*config), place, 0)
    if begun.launch is not None:
        place.sandbox.launch(begun.launch, begun.arguments)


def opens(*urls: str) -> dict[str, Any]:
    return {"type": "chrome_open_tabs", "parameters": {"urls_to_open": list(urls)}}


@pytest.fixture
def there(box: Lightbox, tmp_path: Path) -> Iterator[Place]:
    yield Place(box, tmp_path)
    box.reset()


def scores(place: Place, checks: dict[str, Check]) -> dict[str, float]:
    return {name: one(check, place).reward for name, check in checks.items()}


def check(func: str, getter: Any, **rules: Any) -> Check:
    found = {"type": getter} if isinstance(getter, str) else getter
    return Check(func, found, {"type": "rule", "rules": rules}, {})


PROFILE = {
    "track": check("exact_match", "enable_do_not_track", expected="true"),
    "safe": check("exact_match", "enable_safe_browsing", expected="true"),
    "delete": check("exact_match", "data_delete_automacally", expected="true"),
    "name": check("exact_match", "profile_name", expected="Thomas"),
    "start": check("exact_match", "new_startup_page", expected="true"),
    "letters": check("check_font_size", "chrome_font_size", type="range", min=16, max=99999),
    "engine": check("match_in_list", "default_search_engine", expected=["Microsoft Bing", "Bing"]),
    "flags": check(
        "check_enabled_experiments", "enabled_experiments", type="names", names=["smooth-scrolling"]
    ),
    "history": check(
        "check_history_deleted", {"type": "history", "dest": "h"}, type="keywords", keywords=["youtube"]
    ),
    "folder": check(
        "is_expected_bookmarks", "bookmarks", type="bookmark_bar_folders_names", names=["Favorites"]
    ),
    "shortcut": check("is_shortcut_on_desktop", "shortcuts_on_desktop", type="name", name="Play 2048"),
}
ENGINE = {
    "template_url_data": {
        "short_name": "Microsoft Bing",
        "keyword": "bing.com",
        "url": "https://www.bing.com/search?q={searchTerms}",
    }
}


def change(place: Place, path: str, how: Callable[[Any], None]) -> None:
    found = json.loads(place.sandbox.read_file(path))
    how(found)
    place.sandbox.write_file(path, json.dumps(found).encode())


def wanted(found: dict[str, Any]) -> None:
    found |= {"enable_do_not_track": True, "default_search_provider_data": ENGINE}
    found |= {"webkit": {"webprefs": {"default_font_size": 20}}, "session": {"restore_on_startup": 5}}
    found.setdefault("safebrowsing", {})["enabled"] = True
    found["profile"] |= {"name": "Thomas", "default_content_setting_values": {"cookies": 4}}


def test_a_profile_is_judged_by_what_the_browser_keeps(there: Place, tmp_path: Path) -> None:
    visits = [
        {"url": url, "title": "", "visit_time_from_now_in_seconds": 60 * number}
        for number, url in enumerate((VIDEO, NEWS))
    ]
    started = """echo '{"session": {"restore_on_startup": 4, "startup_urls": ["about:blank"]}}' > """
    start(
        there,
        {"type": "update_browse_history", "parameters": {"history": visits}},
        {"type": "execute", "parameters": {"command": f"{started}/home/user/{PREFERENCES}", "shell": True}},
        LAUNCH,
        FORWARD,
    )
    lookup.do(there, END)
    assert scores(there, PROFILE) == dict.fromkeys(PROFILE, 0.0)
    change(there, PREFERENCES, wanted)
    state = f"{program.PROFILES}/Local State"
    change(
        there,
        state,
        lambda found: found.setdefault("browser", {}).update(enabled_labs_experiments=["smooth-scrolling@2"]),
    )
    path = there.copy(there.sandbox.read_file(HISTORY), "edited")
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute("SELECT count(*) FROM urls").fetchone()[0] == 2
        connection.execute("DELETE FROM urls WHERE url LIKE '%youtube%'")
    there.sandbox.write_file(HISTORY, path.read_bytes())
    folder = {
        "children": [],
        "guid": "00000000-0000-4000-a000-000000000abc",
        "id": "9",
        "name": "Favorites",
        "type": "folder",
    }
    bar = {
        "children": [folder],
        "guid": "0bc5d13f-2cba-5d74-951f-3f233fe6c908",
        "id": "1",
        "name": "Bookmarks bar",
        "type": "folder",
    }
    there.sandbox.write_file(
        f"{program.PROFILES}/Default/Bookmarks",
        json.dumps({"roots": {"bookmark_bar": bar}, "version": 1}).encode(),
    )
    there.sandbox.write_file("Desktop/game.desktop", b"[Desktop Entry]\nName=Play 2048\nExec=x\n")
    lookup.do(there, ConfigStep.model_validate(LAUNCH))
    lookup.do(there, END)
    assert scores(there, PROFILE) == dict.fromkeys(PROFILE, 1.0)


def test_tabs_are_judged_by_what_the_browser_shows(there: Place) -> None:
    pages = [f"file://{there.home}/{name}.html" for name in "abc"]
    for name in "abc":
        there.sandbox.write_file(f"{name}.html", PAGE.encode())
    closes = {"type": "chrome_close_tabs", "parameters": {"urls_to_close": pages[2:]}}
    shows = {"type": "activate_window", "parameters": {"window_name": "Google Chrome"}}
    start(there, LAUNCH, FORWARD, opens(*pages), closes, shows)
    checks = {
        "all": check("is_expected_tabs", "open_tabs_info", type="url", urls=pages),
        "third": check("is_expected_active_tab", "active_url_from_accessTree", type="url", url=pages[2]),
        "near": check("is_expected_active_tab_approximate", "active_tab_info", type="url", url=pages[2]),
        "pattern": check("is_expected_url_pattern_match", "active_tab_info", expected=["^file:", "c.html$"]),
        "search": check("is_expected_search_query", "active_tab_info", expect={"pattern": "c[.]html"}),
    }
    assert scores(there, checks) == dict.fromkeys(checks, 0.0)
    there.sandbox.perform(Key(keys=("ctrl", "shift", "t")))
    wait_until(
        lambda: scores(there, checks) == dict.fromkeys(checks, 1.0), timeout=10, what="the tab to be back"
    )


CONTENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"category": "class", "class_singleObject": {"from": "a", "none": "b"}}, {"a": "Boston Logan", "b": ""}),
    ({"category": "class", "class_multiObject": {"place": {"1": "to", "5": "no"}}}, {"to": "Here", "no": ""}),
    (
        {"category": "class", "class_multiObject_child": {"route": {"0": "a", "1": "b"}}},
        {"a": "SEA", "b": "NYC"},
    ),
    ({"category": "class", "class_multiObject_only_child": {"visit": {"0": "day"}}}, {"day": "Monday"}),
    (
        {"category": "class", "class_multiObject_search_exist": {"chip": ["Black", "Red", "is_other_exist"]}},
        {"Black": True, "Red": False, "is_other_exist": True},
    ),
    (
        {"category": "xpath", "xpathObject": {"//h1[2]": "a", "//h7": "b", "((": "c"}},
        {"a": "Here", "b": "", "c": ""},
    ),
    ({"category": "input", "inputObject": {"//input[@id='who']": "a"}}, {"a": "Ada"}),
    ({"category": "label", "labelObject": {"only": "a"}}, {"a": "Only $5"}),
    (
        {
            "category": "class&url",
            "class_multiObject": {"chip": ["black", "on sale"]},
            "class_multiObject_li": {"list": ["Toys"]},
            "url_include_expected": ["html", "shoes"],
            "url_include_expected_multichoice": {"page": "Page"},
        },
        {
            "black": True,
            "on sale": True,
            "toys": True,
            "is_other_exist": False,
            "html": True,
            "shoes": False,
            "page": True,
        },
    ),
]


def test_a_page_is_read_as_it_stands(there: Place) -> None:
    hostile = "<script>document.querySelectorAll = () => []; Array.prototype.map = () => 1</script>"
    there.sandbox.write_file("page.html", (PAGE + hostile).encode())
    start(there, LAUNCH, FORWARD, opens(f"file://{there.home}/page.html?a=1&a=2&b=x,y"))
    for asked, said in CONTENTS:
        assert lookup.get(there, {"type": "active_tab_html_parse", **asked}) == said, asked
    parts = {"type": "active_tab_url_parse", "parse_keys": ["a", "c"], "replace": {"a": "time"}}
    assert lookup.get(there, parts) == {"time": "1", "c": ""}
    part = {
        "type": "url_dashPart",
        "partIndex": -1,
        "needDeleteId": True,
        "returnType": "json",
        "key": "page",
    }
    assert lookup.get(there, part) == {"page": "page.html"}
    shop = {"type": "url_path_parse", "parse_keys": ["Men_regular_size_t"]}
    assert lookup.get(there, shop)["Men_regular_size_t"] is None
    assert "Logan" in lookup.get(there, {"type": "active_tab_info"})["content"]
    lookup.do(there, END)
    gone = check("is_expected_url_pattern_match", "active_tab_info", expected=["."])
    score = one(gone, there)
    assert score.reward == 0 and "browser" in score.reason


CHOOSE_LIGHT = """() => {
  const find = (root) => [...root.querySelectorAll('*')].flatMap(
    (one) => [one, ...(one.shadowRoot ? find(one.shadowRoot) : [])]);
  const menu = find(document).find((one) => one.id === 'colorSchemeModeSelect');
  menu.value = '1';
  menu.dispatchEvent(new Event('change', {bubbles: true, composed: true}));
}"""


def choose_light(place: Place) -> None:
    """Choose the light mode on the page of settings that is open."""
    ask(place, do="look", tab=tabs_of(place)[0].id, function=CHOOSE_LIGHT, given=[])


def test_the_mode_is_the_one_that_the_settings_show(there: Place) -> None:
    dark = """echo '{"browser": {"theme": {"color_scheme": 2, "color_scheme2": 2}}}' > /home/user/"""
    made = {"type": "execute", "parameters": {"command": dark + PREFERENCES, "shell": True}}
    start(there, made, LAUNCH, FORWARD, opens("chrome://settings/appearance"))
    light = {
        "mode": check("match_in_list", "chrome_appearance_mode_ui", expected=["light", "system"]),
        "page": check(
            "is_expected_url_pattern_match", "active_tab_info", expected=["^chrome://settings/appearance/?$"]
        ),
    }
    wait_until(lambda: scores(there, light) == {"mode": 0.0, "page": 1.0}, timeout=10, what="the dark mode")
    choose_light(there)
    wait_until(lambda: scores(there, light) == {"mode": 1.0, "page": 1.0}, timeout=10, what="the light mode")


def test_an_unpacked_extension_is_found_where_osworld_has_it(there: Place) -> None:
    manifest = {"name": "hello", "version": "1", "manifest_version": 3}
    there.sandbox.write_file("Desktop/hello/manifest.json", json.dumps(manifest).encode())
    found = check("is_in_list", "find_unpacked_extension_path", expected="/home/user/Desktop/hello")
    start(there, LAUNCH, FORWARD)
    lookup.do(there, END)
    assert one(found, there).reward == 0
    loads = [
        "--disable-features=DisableLoadExtensionCommandLineSwitch",
        f"--load-extension={there.home}/Desktop/hello",
    ]
    start(there, {"type": "launch", "parameters": {"command": ["google-chrome", *loads]}})
    lookup.do(there, END)
    assert one(found, there).reward == 1


SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Set-Cookie", "a=1; Max-Age=9999")
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8137), Answer).serve_forever()
"""


def test_cookies_are_gone_when_the_browser_has_none(there: Place) -> None:
    there.sandbox.run(["sh", "-c", 'setsid -f python3 -c "$1" >/dev/null 2>&1', "sh", SERVER])
    start(there, LAUNCH, FORWARD, opens("http://localhost:8137/"))
    gone = check(
        "is_cookie_deleted", {"type": "cookie_data", "dest": "Cookies"}, type="domains", domains=["localhost"]
    )
    lookup.do(there, END)
    assert one(gone, there).reward == 0
    there.run(["rm", f"{there.home}/{program.PROFILES}/Default/Cookies"])
    lookup.do(there, ConfigStep.model_validate(LAUNCH))
    lookup.do(there, END)
    assert one(gone, there).reward == 1


def test_whoever_starts_chromium_again_has_the_same_profile(there: Place) -> None:
    start(there, LAUNCH, FORWARD)
    lookup.do(there, END)
    there.sandbox.write_file("again.html", PAGE.encode())
    there.sandbox.launch("chromium", [f"file://{there.home}/again.html"])
    await_window(there, WindowStep(window_name="Cars - Chromium", strict=True))
    lookup.do(there, END)
    rows = lookup.get(there, {"type": "history", "dest": "h"})
    assert [row[:2] for row in rows] == [[f"file://{there.home}/again.html", "Cars"]]


def test_a_task_of_the_internet_is_an_environment_problem_before_it_begins(there: Place) -> None:
    begun = {"type": "execute", "parameters": {"command": ["touch", "begun"]}}
    for wrong in (
        task(begun, LAUNCH, FORWARD, opens("https://www.example.com/a"), func="is_expected_tabs"),
        task(begun, instruction="Clone https://example.org/repository for me.", func="is_expected_tabs"),
    ):
        with pytest.raises(
            EnvironmentProblem, match=r"needs the internet: (www\.)?example\.(com|org) is not found"
        ):
            set_up(wrong, there, 0)
    assert b"begun" not in there.run(["ls"]).stdout
    unseen = opens("http://127.0.0.1:9/")
    with pytest.raises(EnvironmentProblem, match="does not reach"):
        start(there, LAUNCH, FORWARD, unseen)


def test_what_is_there_is_not_installed_again_and_nobody_is_made_administrator(there: Place) -> None:
    line = "echo {CLIENT_PASSWORD} | sudo -S apt-get update -y && echo x | sudo -S apt install grep -y && "
    made = {"type": "execute", "parameters": {"command": f"{line}echo done > said", "shell": True}}
    set_up(task(made, func="exact_match"), there, 0)
    assert there.read("said") == b"done\n"
    for command in ("echo x | sudo -S mkdir a", f"{line.replace('grep', 'no-such-program')} true"):
        with pytest.raises(EnvironmentProblem, match="nobody become its administrator"):
            set_up(
                task(
                    {"type": "execute", "parameters": {"command": command, "shell": True}}, func="exact_match"
                ),
                there,
                0,
            )


def test_placeholders_are_the_screen_and_the_password(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_OSWORLD_PASSWORD", "secret")
    size = there.sandbox.screenshot().viewport
    text = "{SCREEN_WIDTH_HALF} {SCREEN_HEIGHT} {CLIENT_PASSWORD} {OTHER} {}"
    assert there.word(text) == f"{size.width // 2} {size.height} secret {{OTHER}} {{}}"


PROXY = """
import http.server
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<title>Asked for " + self.path.encode() + b"</title>")
http.server.HTTPServer(("127.0.0.1", 18888), Answers).serve_forever()
"""
SHOP = "http://shop.example/cars"


def test_a_task_that_asks_for_a_proxy_opens_its_pages_through_the_one_that_is_set(
    box: Lightbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.write_file("proxy.py", PROXY.encode())
    box.run(["sh", "-c", "setsid -f python3 proxy.py </dev/null >/dev/null 2>&1"])
    expected = {"type": "rule", "rules": {"type": "url", "urls": [SHOP]}}
    asked = {
        **{"id": "x", "instruction": "Look", "proxy": True, "config": [LAUNCH, FORWARD, opens(SHOP)]},
        "evaluator": {"func": "is_expected_tabs", "result": {"type": "open_tabs_info"}, "expected": expected},
    }
    (tmp_path / "x.json").write_text(json.dumps(asked))
    (tmp_path / "y.json").write_text(json.dumps({**asked, "id": "y", "proxy": False}))
    monkeypatch.setenv(PROXY_VARIABLE, "http://127.0.0.1:18888")
    suite = OsworldSuite(tmp_path)
    with pytest.raises(EnvironmentProblem, match=r"shop\.example is not found"):
        suite.prepare("y", box, 0)
    suite.prepare("x", box, 0)
    assert suite.score("x", box, 0, RunResult("finished", None, "", 1, 1.0, tmp_path)).success
    assert [tab.title for tab in tabs_of(Place(box, tmp_path))] == [f"Asked for {SHOP}"]
    box.reset()


@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "http://me:secret@127.0.0.1:1", "http://a:1 --no-sandbox"]
)
def test_what_is_no_address_of_a_proxy_is_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PROXY_VARIABLE, address)
    with pytest.raises(UsageError, match="DESKHAND_OSWORLD_PROXY must be") as told:
        OsworldSuite(tmp_path)
    assert "secret" not in str(told.value)
