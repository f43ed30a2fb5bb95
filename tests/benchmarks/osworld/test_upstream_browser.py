"""Our getters and metrics on browsers beside OSWorld's own, on generated values.

They run where DESKHAND_OSWORLD_COPY names a copy of OSWorld. Packages that its modules import and that these
functions do not use need not be there; of the list of suffixes only those of the hosts below are known then.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import json
import random
import sys
import types
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from deskhand.benchmarks.task_files.browser import profile, urls
from deskhand.benchmarks.task_files.getters import Nothing
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.benchmarks.task_files.relative_time import MEANINGS, rule_on
from tests.benchmarks.osworld.places import place
from tests.benchmarks.osworld.upstream import COPY, PAIRS, Absent, needs_copy, ours, theirs

pytestmark = [needs_copy, pytest.mark.filterwarnings("ignore:The `fitz` API:FutureWarning")]

PACKAGES = (
    "pdfplumber docx formulas rapidfuzz fitz borb imagehash pytz pydrive xmltodict tldextract playwright "
    "requests bs4 yaml"
).split()
SUFFIXES = ("com.au", "org.au", "co.uk", "com", "org", "net", "io", "de", "au", "uk")
HOSTS = (
    "www.airbnb.com",
    "airbnb.com",
    "airbnb.com.au",
    "www.airbnb.co.uk",
    "blog.airbnb.com",
    "www.blog.airbnb.com",
    "AIRBNB.com",
    "airbnb.com:8080",
    "user@airbnb.org",
    "localhost:8000",
    "127.0.0.1:80",
    "settings",
    ".airbnb.com",
)


def extracted(netloc: str) -> Any:
    """What tldextract says of the hosts of these tests."""
    host = netloc.rpartition("@")[2].partition(":")[0].strip(".")
    suffix = next((one for one in SUFFIXES if host.endswith(f".{one}")), "")
    if host.replace(".", "").isdigit():
        return types.SimpleNamespace(subdomain="", domain=host, suffix="")
    sub, _, domain = host.removesuffix(f".{suffix}").rpartition(".")
    return types.SimpleNamespace(subdomain=sub, domain=domain, suffix=suffix)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Any]:
    """Imports a module of OSWorld's evaluators without the others of its package."""
    with pytest.MonkeyPatch.context() as patch:
        for name in PACKAGES:
            if importlib.util.find_spec(name) is None:
                absent = Absent(name)
                if name == "tldextract":
                    absent.extract = extracted  # type: ignore[attr-defined]
                patch.setitem(sys.modules, name, absent)
        for name in ("borb.pdf", "pydrive.auth", "pydrive.drive", "rapidfuzz.fuzz"):
            if isinstance(sys.modules.get(name.partition(".")[0]), Absent):
                patch.setitem(sys.modules, name, Absent(name))
        for name in (
            "desktop_env",
            "desktop_env.evaluators",
            *(f"desktop_env.evaluators.{kind}" for kind in ("metrics", "getters")),
        ):
            package = types.ModuleType(name)
            package.__path__ = [str(Path(COPY, *name.split(".")))]
            patch.setitem(sys.modules, name, package)
        known = set(sys.modules)
        yield lambda name: importlib.import_module(f"desktop_env.evaluators.{name}")
        for name in set(sys.modules) - known:
            if name.startswith("desktop_env"):
                patch.delitem(sys.modules, name)


def address(draw: random.Random) -> str:
    scheme = draw.choice(("https://", "http://", "HTTPS://", "chrome://", ""))
    path = draw.choice(("", "/", "/a", "/a/", "/a/b?x=1", "/?x=1", "/a#top", "?x=1", "/a;b", "/a?x=2"))
    return f"{scheme}{draw.choice(HOSTS)}{path}"


def pair(draw: random.Random) -> tuple[str, str]:
    """Two addresses, often nearly the same."""
    one = address(draw)
    other = draw.choice((one, f"{one}/", one.replace("www.", ""), one.replace(".com", ".org"), address(draw)))
    return one, other


def url_values(draw: random.Random) -> tuple[Any, Any]:
    one, other = pair(draw)
    return draw.choice((one, {"url": one, "title": "t"})), {"type": "url", "url": other}


def patterns(draw: random.Random) -> tuple[Any, Any]:
    some = ("airbnb", r"^https?://(www\.)?airbnb\.", "/a$", "x=1", "settings", r"\.com")
    return draw.choice((address(draw), {"url": address(draw)})), {
        "expected": draw.sample(some, draw.randint(0, 2))
    }


def query(draw: random.Random) -> tuple[Any, Any]:
    return {"url": address(draw)}, {
        "expect": {"pattern": draw.choice(("(?i)airbnb", "x=1(?:&|$|#)", "localhost"))}
    }


def tabs(draw: random.Random) -> tuple[Any, Any]:
    pairs = [pair(draw) for _ in range(draw.randint(0, 3))]
    wanted = [other for _, other in pairs]
    draw.shuffle(wanted)
    return [{"url": one, "title": ""} for one, _ in pairs], {
        "type": "url",
        "urls": wanted + draw.choice(([], [], ["x.com"])),
    }


def extensions(draw: random.Random) -> tuple[Any, Any]:
    names = ("Zoom Chrome Extension", "Zoom for Google Chrome", "Grammarly", "Speechify")
    return draw.sample(names, draw.randint(0, 3)), {"expected": draw.sample(names, draw.randint(0, 2))}


def cookies(draw: random.Random) -> tuple[Any, Any]:
    rows = [
        [1, draw.choice((".amazon.com", "www.amazon.com", "amazon.de", ".airbnb.com"))]
        for _ in range(draw.randint(0, 2))
    ]
    return rows, {
        "type": "domains",
        "domains": draw.sample((".amazon.com", "airbnb.com"), draw.randint(0, 2)),
    }


def visited(draw: random.Random) -> tuple[Any, Any]:
    rows = [[address(draw), "t", 1] for _ in range(draw.randint(0, 3))]
    return rows, {
        "type": "keywords",
        "keywords": draw.sample(("airbnb", "x=1", "settings"), draw.randint(0, 2)),
    }


def experiments(draw: random.Random) -> tuple[Any, Any]:
    names = ("a@1", "b@2", "c")
    return draw.sample(names, draw.randint(0, 2)), {
        "type": "names",
        "names": draw.sample("abc", draw.randint(0, 2)),
    }


def sizes(draw: random.Random) -> tuple[Any, Any]:
    rule = draw.choice(({"type": "value", "value": 16}, {"type": "range", "min": 16, "max": 99999}))
    return {"default_font_size": draw.choice((9, 16, 20, 16.0, 100_000))}, rule


def shortcuts(draw: random.Random) -> tuple[Any, Any]:
    lines = (
        "Name=Play 2048",
        "Name=play",
        "Exec=chromium --app=1",
        "GenericName=Play 2048",
        "Type=Application",
    )
    text = "\n".join(draw.sample(lines, draw.randint(0, 4))) + draw.choice(("\n", ""))
    rule = draw.choice(
        ({"type": "name", "name": "Play 2048"}, {"type": "exec", "exec": "chromium --app=1 %U"})
    )
    return ({"a.desktop": text} if draw.random() < 0.9 else {}), rule


def one_of(draw: random.Random) -> tuple[Any, Any]:
    return draw.choice(("Bing", "Google", "")), {
        "expected": draw.sample(("Bing", "Google", "Other"), draw.randint(0, 2))
    }


def marks(draw: random.Random) -> tuple[Any, Any]:
    pages = [
        {"type": "url", "name": str(n), "url": f"https://{draw.choice('abc')}/"}
        for n in range(draw.randint(0, 2))
    ]
    folder = {"type": "folder", "name": draw.choice(("Liked Authors", "Favorites")), "children": pages}
    rule = draw.choice(
        (
            {"type": "bookmark_bar_folders_names", "names": ["Favorites"]},
            {"type": "bookmark_bar_websites_urls", "urls": ["https://a/"]},
            {"type": "liked_authors_websites_urls", "urls": [["https://a/", "https://b/"], "https://c/"]},
            {"type": "liked_authors_websites_urls", "urls": ["https://a/"]},
        )
    )
    return {"bookmark_bar": {"children": draw.choice(([folder], pages, [*pages, folder], []))}}, rule


METRICS = {
    "is_expected_active_tab": url_values,
    "is_expected_active_tab_approximate": url_values,
    "is_expected_url_pattern_match": patterns,
    "is_expected_search_query": query,
    "is_expected_tabs": tabs,
    "is_expected_installed_extensions": extensions,
    "is_cookie_deleted": cookies,
    "check_history_deleted": visited,
    "check_enabled_experiments": experiments,
    "check_font_size": sizes,
    "is_shortcut_on_desktop": shortcuts,
    "is_expected_bookmarks": marks,
    "match_in_list": one_of,
}


@pytest.mark.parametrize("name", METRICS)
def test_browsers_are_judged_as_osworld_does(upstream: Any, name: str) -> None:
    module = upstream("metrics.general" if name == "match_in_list" else "metrics.chrome")
    rewards = []
    for number in range(PAIRS):
        result, rule = METRICS[name](random.Random(number))
        mine = ours(name, result, rule, {})
        assert mine == theirs(module, name, copy.deepcopy(result), copy.deepcopy(rule), {}), (result, rule)
        rewards.append(mine)
    assert set(rewards) == {0.0, 1.0}


class Desktop:
    """What OSWorld's getters ask of its environment: one file, one address, one day."""

    vm_platform, vm_machine = "Linux", "x86_64"

    def __init__(self, file: bytes = b"", url: str = "", now: datetime | None = None) -> None:
        self.controller = self
        self._file, self._url, self._now = file, url, now

    def get_file(self, path: str) -> bytes:
        return self._file

    def execute_python_command(self, command: str) -> dict[str, str]:
        return {"output": self._now.isoformat() if self._now else "path"}

    def get_accessibility_tree(self) -> str:
        bar = f'<entry name="Address and search bar">{escape(self._url)}</entry>'
        return f'<desktop-frame><application name="Google Chrome">{bar}</application></desktop-frame>'


def parsed_url(draw: random.Random) -> str:
    parts = (
        "/shop/mens-clothing",
        "/mens-shirts/short-sleeve",
        "/Price_discount_range,Sleeve_length",
        "/50_PERCENT_ off %26 more,Short Sleeve",
        "/50_PERCENT_ off & more|30_PERCENT_ off & more,x",
        "/Men_regular_size_t,Product_department",
        "/L,shirts",
        "/L,",
        "/december-weather",
    )
    path = "".join(draw.choices(parts, k=draw.randint(0, 5)))
    pieces = draw.sample(("a=1", "b=2,3", "a=4", "fuel[]=e", "c=", "a=%20x"), draw.randint(0, 4))
    return f"https://shop.com{path}{'?' if pieces else ''}{'&'.join(pieces)}"


def test_addresses_are_taken_apart_as_osworld_does(upstream: Any) -> None:
    module, seen = upstream("getters.chrome"), set()
    for number in range(PAIRS):
        draw = random.Random(number)
        url = parsed_url(draw)
        env = Desktop(url=url)
        asked = {
            "goto_prefix": "",
            "parse_keys": draw.sample(("a", "b", "fuel[]", "missing"), 3),
            "split_list": draw.random() < 0.3,
        }
        if "a" in asked["parse_keys"] and draw.random() < 0.5:
            asked["replace"] = {"a": "time"}
        mine: Any = urls.parameters_of(url, urls.UrlParameters.model_validate(asked))
        assert mine == module.get_active_tab_url_parse(env, asked), (url, asked)
        shop = {
            "goto_prefix": "",
            "parse_keys": [
                "mens_clothing",
                "shirts",
                "Men_regular_size_t",
                "Price_discount_range",
                "short_sleeve",
            ],
        }
        mine = urls.filters_of(url, urls.ShopFilters.model_validate(shop))
        assert mine == module.get_url_path_parse(env, shop), url
        seen.add(json.dumps(mine))
        part = {
            "goto_prefix": "",
            "partIndex": draw.randint(-4, 5),
            "needDeleteId": draw.random() < 0.5,
            "returnType": draw.choice(("json", "string")),
            "key": "time",
        }
        mine = _or_none(lambda url=url, part=part: urls.part_of(url, urls.UrlPart.model_validate(part)))
        try:
            other = module.get_url_dashPart(env, part)
        except IndexError:  # counted from the end, it looks beyond the beginning
            other = None
        assert mine == other, (url, part)
    assert len(seen) > 10


def _or_none(asked: Any) -> Any:
    try:
        return asked()
    except NothingThere:
        return None


ALONE = (
    "tomorrow",
    "5th next month",
    "10th next month",
    "this month",
    "next Monday",
    "first monday four months later",
    "first monday eight months later",
)
RANGES = (
    ("10th next month", "11th next month"),
    ("this Saturday", "this Sunday"),
    ("next Monday", "next Friday"),
    ("next Friday", "next Sunday"),
    ("next Saturday", "next Sunday"),
    ("next week Friday", "next week Sunday"),
    ("next week Saturday", "next week Sunday"),
    ("next Monday split", "next Friday split"),
    ("tomorrow", "next Friday"),
    ("tomorrow", "next Sunday"),
    ("tomorrow", "next week Sunday"),
)
FORMS = "{DoW}, {Month} {Day0D}, {Year}|{Year}-{Month0D}-{DayD}|{month}-weather|{MonthFull} {MonthD}".split(
    "|"
)


def test_days_mean_what_they_mean_to_osworld(upstream: Any) -> None:
    module, known = upstream("getters.misc"), set(MEANINGS)
    for number in range(3 * PAIRS):
        draw = random.Random(number)
        today = date(2024, 1, 1) + timedelta(draw.randint(0, 1500))
        now = datetime(today.year, today.month, today.day, 12).astimezone()
        first, *last = draw.choice(((draw.choice(ALONE),), draw.choice(RANGES)))
        split = first.endswith(" split")
        names = (
            ["puDay", "puMonth", "puYear", "doDay", "doMonth", "doYear"]
            if split
            else ["from", "to"]
            if last
            else ["time"]
        )
        expected: dict[str, Any] = {name: draw.choice(FORMS) for name in names} | {"city": "{Year}"}
        if names == ["time"] and draw.random() < 0.3:
            expected["time"] = list(FORMS)
        rules = {
            "relativeTime": {"from": first} | ({"to": last[0]} if last else {}),
            "expected": expected,
            "expect_in_result": True,
        }
        known -= {first, *last}
        if today.month == (8 if "four" in first else 4 if "eight" in first else 0):
            continue  # its month is the twelfth: OSWorld asks for month 0 and breaks off
        mine = rule_on(copy.deepcopy(rules), today)
        assert mine == module.get_rule_relativeTime(Desktop(now=now), {"rules": copy.deepcopy(rules)}), (
            today,
            rules,
        )
    assert not known


def preferences(draw: random.Random) -> dict[str, Any]:
    """A profile's preferences, of which some parts are not there."""
    every = {
        "default_search_provider_data": draw.choice(({}, {"template_url_data": {"short_name": "Bing"}})),
        "enable_do_not_track": draw.random() < 0.5,
        "safebrowsing": draw.choice(
            ({}, {"enabled": True}, {"enhanced": True, "enabled": False}, {"enabled": False})
        ),
        "session": draw.choice(({}, {"restore_on_startup": 5}, {"restore_on_startup": 4})),
        "webkit": draw.choice(({}, {"webprefs": {"default_font_size": 20}})),
        "browser": {"enabled_labs_experiments": ["a@1"]},
        "intl": {"app_locale": "de"},
        "extensions": {
            "settings": {"x": {"path": draw.choice(("/home/user/a", "/opt/b")), "manifest": {"name": "A"}}}
        },
    }
    found = {key: every[key] for key in draw.sample(sorted(every), draw.randint(3, len(every)))}
    choices = draw.choice(({}, {"default_content_setting_values": {"cookies": 4}}))
    return found | {"profile": {"name": draw.choice(("Thomas", "Person 1")), **choices}}


SAME = {
    "default_search_engine": "default_search_engine",
    "enable_do_not_track": "enable_do_not_track",
    "enable_safe_browsing": "enable_safe_browsing",
    "enable_enhanced_safety_browsing": "enable_enhanced_safety_browsing",
    "enabled_experiments": "enabled_experiments",
    "chrome_language": "chrome_language",
    "profile_name": "profile_name",
    "chrome_font_size": "chrome_font_size",
    "new_startup_page": "new_startup_page",
    "find_unpacked_extension_path": "find_unpacked_extension_path",
    "find_installed_extension_name": "find_installed_extension_name",
    "data_delete_automatically": "data_delete_automacally",
}


@pytest.mark.parametrize("name", SAME)
def test_a_profile_is_read_as_osworld_does(upstream: Any, tmp_path: Path, name: str) -> None:
    module, at, seen = upstream("getters.chrome"), place(tmp_path), set()
    for number in range(PAIRS):
        text = json.dumps(preferences(random.Random(number))).encode()
        for file in ("Default/Preferences", "Local State"):
            at.sandbox.write_file(f".config/google-chrome/{file}", text)
        mine = getattr(profile, name)(at, Nothing())
        assert mine == getattr(module, f"get_{SAME[name]}")(Desktop(text), {}), text
        seen.add(json.dumps(mine))
    assert len(seen) > 1
