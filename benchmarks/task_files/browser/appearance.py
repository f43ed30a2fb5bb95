"""Whether Chrome shows itself light or dark."""

from __future__ import annotations

from typing import Any

from deskhand.benchmarks.task_files.browser.asking import ask
from deskhand.benchmarks.task_files.browser.profile import preferences
from deskhand.benchmarks.task_files.browser.tabs import tabs_of
from deskhand.benchmarks.task_files.getters import Nothing
from deskhand.benchmarks.task_files.place import NothingThere, Place

SETTINGS = "chrome://settings"
KEYS = ("color_scheme2", "color_scheme")
"""What the profile calls the choice: the newer name first."""
MODES = {0: "system", 1: "light", 2: "dark"}
CHOSEN = """() => {
  const find = (root) => {
    const here = root.querySelector('#colorSchemeModeSelect');
    if (here) return here;
    for (const element of root.querySelectorAll('*')) {
      const inside = element.shadowRoot && find(element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  return find(document)?.value ?? null;
}"""
"""The number of the mode that the page with the settings shows as chosen."""


def chrome_appearance_mode_ui(place: Place, given: Nothing) -> str:
    """The mode, "light", "dark" or "system", of an open tab with the settings, else of the profile.

    The browser writes the profile some seconds after a change.
    """
    values = [*_in_settings(place), *_in_profile(place)]
    return next((MODES[value] for value in values if value in MODES), "system")


def _in_settings(place: Place) -> list[int]:
    try:
        tab = next((one.id for one in tabs_of(place) if one.url.startswith(SETTINGS)), None)
        found = ask(place, do="look", tab=tab, function=CHOSEN, given=[]) if tab is not None else None
    except NothingThere:
        return []
    return [mode for mode in MODES if found == str(mode)]


def _in_profile(place: Place) -> list[Any]:
    browser = preferences(place).get("browser")
    theme = browser.get("theme") if isinstance(browser, dict) else None
    values = [theme.get(key) for key in KEYS] if isinstance(theme, dict) else []
    return [value for value in values if isinstance(value, int)]
