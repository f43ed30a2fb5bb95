"""A program is explored alone: its commands are found, done and noted, whatever they do to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deskhand.errors import SandboxError, UsageError
from deskhand.knowledge.exploring import Budget, Explored, Explorer
from deskhand.knowledge.map import MAP, PICTURES, AppMap, MapCommand, read_map
from deskhand.perception.reader import PIXELS, ScreenReader
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.protocol import Sandbox

pytestmark = pytest.mark.lightbox
PROGRAM = Path(__file__).with_name("program.py").read_bytes()


def reader(_: Sandbox) -> ScreenReader:
    return ScreenReader(sources=PIXELS)


def explorer(
    out: Path,
    budget: Budget = Budget(),
    progress: Callable[[Explored], None] | None = None,
    workers: int = 1,
) -> Explorer:
    given = {"files": {"trial.py": PROGRAM}, "arguments": ["trial.py"], "workers": workers}
    return Explorer(Lightbox, reader, "python3", out, budget=budget, progress=progress, **given)  # type: ignore[arg-type]


def command(found: AppMap, words: str) -> MapCommand:
    [one] = [one for one in found.commands if found.words_of(one) == words]
    return one


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("maps") / "trial"
    explorer(out, budget=Budget(seconds=700, steps=70), workers=2).explore()
    return out


def test_what_each_command_does_is_known(explored: Path) -> None:
    found = read_map(explored)
    menu = command(found, "File")
    assert menu.effect == "opens"
    state = found.state(menu.leads_to)
    assert state is not None and (state.kind, state.name) == ("menu", "File")
    settings = command(found, "File > Settings...")
    dialog = found.state(settings.leads_to)
    assert settings.effect == "opens" and dialog is not None
    assert (dialog.kind, dialog.name) == ("dialog", "Settings")
    assert command(found, "File > Write a line").effect == "changes"
    assert command(found, "File > Break down").effect == "ends"
    assert command(found, "Help > Nothing at all").effect == "nothing"
    dialogs = {one.id for one in found.states if one.kind == "dialog"}
    assert any(one.role == "checkbox" and one.state in dialogs for one in found.fields)
    assert max(len(one.path) for one in found.states) <= 4, "dialogs without an end are left alone"
    assert all((explored / PICTURES / f"{one.picture}.png").exists() for one in found.states)


def test_it_goes_on_where_it_was_ended(tmp_path: Path) -> None:
    out = tmp_path / "trial"
    told: list[Explored] = []
    first = explorer(out, budget=Budget(seconds=60, steps=4), progress=told.append).explore()
    assert told and told[-1].tried == sum(1 for _ in first.tried()) < len(first.commands)
    second = explorer(out, budget=Budget(seconds=60, steps=6)).explore()
    assert second.steps > first.steps and second.seconds > first.seconds
    tried = {(one.state, one.deed) for one in first.tried()}
    assert tried < {(one.state, one.deed) for one in second.tried()}
    with pytest.raises(UsageError, match="the map of 'python3', not of 'galculator'"):
        Explorer(Lightbox, reader, "galculator", out)


def test_who_stops_it_gets_what_was_found(tmp_path: Path) -> None:
    out = tmp_path / "trial"
    exploring = explorer(out, budget=Budget(seconds=120))

    def stop(now: Explored) -> None:
        exploring.stopping = now.tried >= 2

    exploring._progress = stop
    found = exploring.explore()
    assert 2 <= sum(1 for _ in found.tried()) < len(found.commands)
    assert read_map(out) == found


def test_a_program_that_does_not_start_is_an_error_and_no_map(tmp_path: Path) -> None:
    exploring = Explorer(Lightbox, reader, "no-such-program", tmp_path / "map")
    with pytest.raises(SandboxError):
        exploring.explore()
    assert not (tmp_path / "map" / MAP).exists()


def test_what_a_menu_or_a_list_does_not_show_at_once_is_found_by_scrolling(tmp_path: Path) -> None:
    program = Path(__file__).with_name("long_program.py").read_bytes()
    given = {"files": {"forest.py": program}, "arguments": ["forest.py"]}
    out = tmp_path / "forest"
    Explorer(Lightbox, reader, "python3", out, budget=Budget(seconds=500, steps=45), **given).explore()  # type: ignore[arg-type]
    found = read_map(out)
    names = {found.words_of(one) for one in found.commands}
    assert {"Forest > Nearby > Meadow", "Forest > Nearby > River bank"} <= names, "a menu beside a menu"
    menus = [one for one in found.states if one.kind == "menu"]
    assert {one.name for one in menus} == {"Forest", "Nearby", "Everything"}
    entries = {name.rpartition(" > ")[2] for name in names if name.startswith("Forest > Everything > ")}
    assert len(entries) >= 45 and "Willow seed" in entries, "of fifty, of which the screen shows half"
    scrolls = [one for one in found.tried() if one.deed.way == "scroll"]
    assert any(one.effect == "nothing" for one in scrolls), "it ends where nothing new comes up"
    rows = {one.deed.on.name for one in found.commands}
    assert {"Willow third", "Alder first"} <= rows, (
        "the dialog's list, whose end is reached only by scrolling"
    )
    assert max(sum(deed.way == "scroll" for deed in one.path) for one in found.states) <= 8
