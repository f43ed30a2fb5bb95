"""Whether Chrome shows itself light or dark."""

from __future__ import annotations

from typing import Any

from deskhand.benchmarks.task_files.browser.profile import Nothing, preferences
from deskhand.benchmarks.task_files.browser.tabs import ask
from deskhand.benchmarks.task_files.place import NothingThere, Place

SETTINGS = "chrome://settings"
KEYS = ("browser.theme.color_scheme2", "browser.theme.color_scheme")
"""What the choice is called: the newer name first."""
MODES = {0: "system", 1: "light", 2: "dark"}
CHOSEN = """(keys) => Promise.all(keys.map(
  (key) => chrome.settingsPrivate.getPref(key).then((found) => found.value, () => null)))"""


def chrome_appearance_mode_ui(place: Place, given: Nothing) -> str:
    """ "light", "dark" or "system", as a tab with the settings has it; as the profile has it where none is open."""
    values = _in_settings(place) or _in_profile(place)
    return next((MODES[value] for value in values if value in MODES), "system")


def _in_settings(place: Place) -> list[Any]:
    try:
        tab = next((one["id"] for one in ask(place, do="tabs") if one["url"].startswith(SETTINGS)), None)
        if tab is None:
            return []
        found = ask(place, do="look", tab=tab, function=CHOSEN, given=[KEYS], inside=True)
    except NothingThere:
        return []
    return [one for one in found if one is not None] if isinstance(found, list) else []


def _in_profile(place: Place) -> list[Any]:
    theme = preferences(place).get("browser", {}).get("theme", {})
    return [theme.get(key.rpartition(".")[2]) for key in KEYS]
