"""Right end states of OSWorld's own tasks, from a copy of OSWorld: an idle agent gets 0, a right one 1.

The copy is the folder that DESKHAND_OSWORLD_COPY names, with ``evaluation_examples/`` in it. A control whose
task the machine lacks something for is skipped; it says what.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.vocabulary import Key
from deskhand.agent.result import Status
from deskhand.benchmarks.suites.osworld.suite import OsworldSuite
from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.browser import program
from deskhand.benchmarks.task_files.doing import one
from deskhand.benchmarks.task_files.place import Place
from deskhand.benchmarks.task_files.program_getters import GIMP_SETTINGS, VIDEO_TYPES, VLC_SETTINGS
from deskhand.benchmarks.task_files.task import ConfigStep
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.lightbox import Lightbox
from deskhand.waiting import wait_until
from tests.benchmarks.osworld.places import ended
from tests.benchmarks.osworld.test_browser import (
    END,
    ENGINE,
    HISTORY,
    PREFERENCES,
    change,
    check,
    choose_light,
)
from tests.benchmarks.osworld.upstream import COPY

TASKS = Path(COPY or "/nonexistent", "evaluation_examples", "test_all.json")
pytestmark = [
    pytest.mark.lightbox,
    pytest.mark.skipif(
        not TASKS.is_file(), reason="DESKHAND_OSWORLD_COPY names no folder with OSWorld's tasks"
    ),
]

Control = Callable[[Place], None]
INTERFACE = "org.gnome.desktop.interface"
OFFICE_SETTINGS = ".config/libreoffice/4/user/registrymodifications.xcu"
SAVING = (
    '<item oor:path="/org.openoffice.Office.Common/Save/Document"><prop oor:name="AutoSaveTimeIntervall" '
    'oor:op="fuse"><value>3</value></prop></item></oor:items>'
)


def kept(how: Callable[[dict[str, Any]], object]) -> Control:
    """The browser closed, and other preferences in its profile."""

    def control(place: Place) -> None:
        lookup.do(place, END)
        change(place, PREFERENCES, how)

    return control


def setting(schema: str, key: str, value: str) -> Control:
    return lambda place: ran(place, "gsettings", "set", schema, key, value)


def ran(place: Place, *words: str) -> None:
    done = place.run(words)
    assert done.returncode == 0, done.stderr


def shell(line: str) -> Control:
    return lambda place: ran(place, "sh", "-c", line)


def shown(address: str) -> Control:
    """A page in place of those that there were."""
    step = ConfigStep(type="chrome_open_tabs", parameters={"urls_to_open": [address]})
    return lambda place: lookup.do(place, step)


def light(place: Place) -> None:
    shown("chrome://settings/appearance")(place)
    dark = check("match_in_list", "chrome_appearance_mode_ui", expected=["dark"])
    wait_until(lambda: one(dark, place).success, timeout=30, what="the page of settings")
    choose_light(place)


def bookmarked(place: Place) -> None:
    lookup.do(place, END)
    names = {"children": [], "guid": "00000000-0000-4000-a000-000000000abc", "id": "9", "type": "folder"}
    bar = {**names, "guid": "0bc5d13f-2cba-5d74-951f-3f233fe6c908", "id": "1", "name": "Bookmarks bar"}
    bar["children"] = [{**names, "name": "Favorites"}]
    roots = json.dumps({"roots": {"bookmark_bar": bar}, "version": 1})
    place.sandbox.write_file(f"{program.PROFILES}/Default/Bookmarks", roots.encode())


def forgotten(place: Place) -> None:
    lookup.do(place, END)
    path = place.copy(place.sandbox.read_file(HISTORY), "edited")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM urls WHERE url LIKE '%youtube%'")
    place.sandbox.write_file(HISTORY, path.read_bytes())


def line(path: str, text: str) -> Control:
    """One more line in a file of settings in the home folder."""
    return shell(f"mkdir -p ~/{Path(path).parent}; echo '{text}' >> ~/{path}")


def without_docks(place: Place) -> None:
    place.sandbox.perform(Key(keys=("tab",)))


def saved(place: Place) -> None:
    text = place.sandbox.read_file(OFFICE_SETTINGS).decode()
    place.sandbox.write_file(OFFICE_SETTINGS, text.replace("</oor:items>", SAVING).encode())


CONTROLS: dict[str, Control] = {
    "bb5e4c0d": kept(lambda found: found.update(default_search_provider_data=ENGINE)),
    "2ad9387a": bookmarked,
    "2ae9ba84": kept(lambda found: found["profile"].update(name="Thomas")),
    "af630914": kept(lambda found: found.update(webkit={"webprefs": {"default_font_size": 24}})),
    "99146c54": kept(lambda found: found["profile"].update(default_content_setting_values={"cookies": 4})),
    "12086550": shown("chrome://password-manager/passwords"),
    "93eabf48": light,
    "3299584d": kept(lambda found: found.update(session={"restore_on_startup": 5})),
    "030eeff7": kept(lambda found: found.update(enable_do_not_track=True)),
    "9656a811": kept(lambda found: found.update(safebrowsing={"enabled": True, "enhanced": False})),
    "44ee5668": forgotten,
    "d52d6308": without_docks,
    "7b7617bd": line(f"{GIMP_SETTINGS}/gimprc", "(undo-levels 100)"),
    "7767eef2": line(f"{GIMP_SETTINGS}/gimprc", '(theme "Light")'),
    "2cd43775": saved,
    "937087b6": shell(
        f"for kind in {' '.join(VIDEO_TYPES)}; do xdg-mime default vlc.desktop video/$kind; done"
    ),
    "48d05431": shell("echo '# >>> conda initialize >>>' >> ~/.bashrc"),
    "f8369178": setting(INTERFACE, "gtk-theme", "Orchis"),
    "bedcedc4": setting("org.gnome.desktop.session", "idle-delay", "0"),
    "ec4e3f68": setting(
        "org.gnome.shell", "favorite-apps", "['thunderbird.desktop', 'google-chrome.desktop']"
    ),
    "f9be0997": setting("org.gnome.desktop.notifications", "show-banners", "false"),
    "e0df059f": shell("mv ~/Desktop/todo_list_Jan_1 ~/Desktop/todo_list_Jan_2"),
    "28cc3b7e": shell("pactl set-sink-volume @DEFAULT_SINK@ 100%"),
    "13584542": line(".config/xfce4/terminal/terminalrc", "[Configuration]\nMiscDefaultGeometry=132x43"),
    "3ce045a0": setting(INTERFACE, "text-scaling-factor", "1.5"),
    "a4d98375": setting("org.gnome.desktop.screensaver", "lock-enabled", "true"),
    "8ba5ae7a": line(VLC_SETTINGS, "input-record-path=/home/agent/Desktop"),
    "9195653c": line(VLC_SETTINGS, "qt-max-volume=200"),
    "d06f0d4d": line(VLC_SETTINGS, f"qt-slider-colours={';'.join('0' * 12)}"),
    "a5bbbcd5": line(VLC_SETTINGS, "qt-minimal-view=1"),
    "5ac2891a": line(VLC_SETTINGS, "play-and-exit=0"),
    "f3977615": line(VLC_SETTINGS, "one-instance-when-started-from-file=0"),
    "215dfd39": line(VLC_SETTINGS, "qt-bgcone=0"),
}
"""What brings the right end about, by the beginning of the task's id."""
IMPOSSIBLE = (
    *("480bcfea", "3720f614", "ae78f875", "e19bd559", "fbb548ca", "5ca86c6f", "6d72aad6", "a462a795"),
    *("b3d4a89c", "fe41f596", "c288e301", "4783cc41", "cb130f0d", "7882ed6e", "dcbe20e8", "7c4cc09e"),
    "971cbb5b",
)
"""Tasks that cannot be done: the right end is to say so."""


@pytest.fixture(scope="module")
def suite() -> OsworldSuite:
    return OsworldSuite(TASKS)


@pytest.fixture(scope="module")
def box() -> Iterator[Lightbox]:
    """With the suite's own screen: a terminal of 132 columns does not fit on a smaller one."""
    assert OsworldSuite.screen is not None
    with Lightbox(OsworldSuite.screen) as desktop:
        yield desktop


@pytest.fixture
def there(box: Lightbox, tmp_path: Path) -> Iterator[Place]:
    yield Place(box, tmp_path)
    box.reset()


def score(
    suite: OsworldSuite, short: str, place: Place, control: Control | None = None, status: Status = "finished"
) -> float:
    """The verdict on a task that was set up, and then done by a control or left alone."""
    name = suite.whole_names(short)
    assert name is not None
    try:
        begun = suite.prepare(name, place.sandbox, 0)
        if begun.launch is not None:
            place.sandbox.launch(begun.launch, begun.arguments)
    except EnvironmentProblem as error:
        pytest.skip(str(error))
    if control is not None:
        control(place)
    return suite.score(name, place.sandbox, 0, ended(status)).reward


@pytest.mark.parametrize("short", CONTROLS)
def test_a_right_end_is_right_and_an_idle_agents_is_not(
    suite: OsworldSuite, short: str, box: Lightbox, there: Place
) -> None:
    assert score(suite, short, there) == 0
    box.reset()
    assert score(suite, short, there, CONTROLS[short]) == 1


@pytest.mark.parametrize("short", IMPOSSIBLE)
def test_only_who_says_that_it_cannot_be_done_is_right(
    suite: OsworldSuite, short: str, box: Lightbox, there: Place
) -> None:
    assert score(suite, short, there) == 0
    box.reset()
    assert score(suite, short, there, status="infeasible") == 1
