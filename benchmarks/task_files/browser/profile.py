"""What Chrome's profile on the disk says: preferences, history, cookies, extensions, shortcuts.

The browser writes most of it when it ends, which tasks have it do before the check.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from deskhand.benchmarks.task_files.browser.program import profile_file
from deskhand.benchmarks.task_files.getters import Nothing
from deskhand.benchmarks.task_files.metrics.databases import only_read
from deskhand.benchmarks.task_files.place import NothingThere, Place, home_path
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.benchmarks.task_files.task import Object

MOST_ROWS = 100_000
READ_SECONDS = 10.0
FONT_SIZES = {"default_fixed_font_size": 13, "default_font_size": 16, "minimum_font_size": 13}
"""What Chrome has where nothing else was chosen."""
NEW_TAB = 5
"""What Preferences call it to open the new tab page at the start."""
DESKTOP = "Desktop"


class DatabaseCopy(GivenParameters):
    """The name of the copy."""

    dest: str


def preferences(place: Place, name: str = "Default/Preferences") -> Object:
    """A file of settings.

    Raises:
        NothingThere: it is not there, or is no JSON object.
    """
    try:
        found = json.loads(profile_file(place, name))
    except (ValueError, RecursionError) as error:
        raise NothingThere(f"the browser's file {name} is not JSON") from error
    if not isinstance(found, dict):
        raise NothingThere(f"the browser's file {name} is no JSON object")
    return found


def _at(value: Any, *keys: str) -> Any:
    """What stands under some keys, one in another; None where there is nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _word(value: object) -> str:
    return "true" if value else "false"


def default_search_engine(place: Place, given: Nothing) -> str:
    """The name of the search engine; Google where none was chosen, as OSWorld has it."""
    engine = _at(preferences(place), "default_search_provider_data", "template_url_data", "short_name")
    return "Google" if engine is None else str(engine)


def enable_do_not_track(place: Place, given: Nothing) -> str:
    """Whether sites are asked not to track: "true" or "false"."""
    return _word(_at(preferences(place), "enable_do_not_track"))


def enable_safe_browsing(place: Place, given: Nothing) -> str:
    """Whether dangerous sites are warned of: "true" or "false"."""
    safe = _at(preferences(place), "safebrowsing")
    return _word(_at(safe, "enabled") or _at(safe, "enhanced"))


def enable_enhanced_safety_browsing(place: Place, given: Nothing) -> str:
    """Whether dangerous sites are warned of before they are known: "true" or "false"."""
    return _word(_at(preferences(place), "safebrowsing", "enhanced"))


def enabled_experiments(place: Place, given: Nothing) -> list[str]:
    """The experiments of chrome://flags that were switched, with the number of what was chosen: name@1."""
    found = _at(preferences(place, "Local State"), "browser", "enabled_labs_experiments")
    return [str(one) for one in found] if isinstance(found, list) else []


def chrome_language(place: Place, given: Nothing) -> str:
    """The language of the browser itself."""
    found = _at(preferences(place, "Local State"), "intl", "app_locale")
    return "en-US" if found is None else str(found)


def profile_name(place: Place, given: Nothing) -> Any:
    """What the profile is called."""
    return _at(preferences(place), "profile", "name")


def chrome_font_size(place: Place, given: Nothing) -> Any:
    """The sizes of letters in pages."""
    found = _at(preferences(place), "webkit", "webprefs")
    return FONT_SIZES if found is None else found


def new_startup_page(place: Place, given: Nothing) -> str:
    """Whether the browser starts with the new tab page: "true" or "false"."""
    there = preferences(place)
    return _word("session" not in there or _at(there, "session", "restore_on_startup") == NEW_TAB)


def data_delete_automatically(place: Place, given: Nothing) -> str:
    """Whether something other than the default was chosen for what sites may do or keep: "true" or "false".

    A choice is a number; with true and false newer browsers note which changes they have made themselves.
    """
    chosen = _at(preferences(place), "profile", "default_content_setting_values")
    values = chosen.values() if isinstance(chosen, dict) else ()
    return _word(any(isinstance(value, int) and not isinstance(value, bool) for value in values))


def _extensions(place: Place) -> list[Object]:
    """The extensions, from the file that has them: which of the two depends on the browser's version."""
    found: list[Object] = []
    for name in ("Default/Preferences", "Default/Secure Preferences"):
        try:
            settings = _at(preferences(place, name), "extensions", "settings")
        except NothingThere:
            continue
        values = settings.values() if isinstance(settings, dict) else ()
        found += [one for one in values if isinstance(one, dict)]
    return found


def find_unpacked_extension_path(place: Place, given: Nothing) -> list[str]:
    """The folders of the extensions; as OSWorld's machines name those in the home folder."""
    return [_osworld_path(place, str(one["path"])) for one in _extensions(place) if "path" in one]


def _osworld_path(place: Place, path: str) -> str:
    home = f"{place.home}/"
    return f"/home/user/{path.removeprefix(home)}" if path.startswith(home) else path


def find_installed_extension_name(place: Place, given: Nothing) -> list[str]:
    """The names of the extensions."""
    names = (_at(one, "manifest", "name") for one in _extensions(place))
    return [str(name) for name in names if name is not None]


def history(place: Place, given: DatabaseCopy) -> list[list[Any]]:
    """The pages that were visited: address, title and time of the last visit."""
    return _rows(place, "History", given, "SELECT url, title, last_visit_time FROM urls")


def cookie_data(place: Place, given: DatabaseCopy) -> list[list[Any]]:
    """The cookies: when each was made, and the host that it belongs to."""
    return _rows(place, "Cookies", given, "SELECT creation_utc, host_key FROM cookies")


def _rows(place: Place, name: str, given: DatabaseCopy, asked: str) -> list[list[Any]]:
    """Rows of a database of the profile, read from a copy.

    Raises:
        NothingThere: it is none, is not yet whole because it is being written, or takes too long to be read.
    """
    path = place.copy(profile_file(place, f"Default/{name}"), given.dest)
    try:
        with only_read(path, READ_SECONDS) as connection:
            return [list(row) for row in connection.execute(asked).fetchmany(MOST_ROWS)]
    except (sqlite3.Error, ValueError) as error:
        raise NothingThere(f"the browser's {name} cannot be read: {error}") from error


def shortcuts_on_desktop(place: Place, given: Nothing) -> dict[str, str]:
    """The shortcuts that lie on the desktop, by the names of their files."""
    line = ["find", f"{place.home}/{DESKTOP}", "-maxdepth", "1", "-name", "*.desktop", "-printf", r"%f\0"]
    names = place.run(line).stdout.decode(errors="replace").split("\0")[:-1]
    found = {}
    for name in names[:1000]:
        inside = home_path(f"{DESKTOP}/{name}", place.home)
        try:
            found[name] = place.read(inside).decode(errors="replace")
        except NothingThere:
            continue
    return found
