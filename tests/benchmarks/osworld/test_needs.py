"""Settings of the desktop: what a task sets stays set, and what cannot be set is said before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from deskhand.benchmarks.task_files.doing import look, set_up
from deskhand.benchmarks.task_files.needs import OFFICE, TERMINALS, require_needs
from deskhand.benchmarks.task_files.place import Place
from deskhand.benchmarks.task_files.program_getters import VIDEO_TYPES
from deskhand.benchmarks.task_files.task import OsworldTask, parse_task
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.lightbox import Lightbox
from tests.benchmarks.osworld.places import ended

pytestmark = pytest.mark.lightbox

SOUND, KEY = "org.gnome.desktop.sound", "event-sounds"
BUS = "export DBUS_SESSION_BUS_ADDRESS='unix:path=/run/user/1000/bus'\n"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Lightbox() as box:
        yield Place(box, tmp_path_factory.mktemp("scratch"))


def asked(command: Any, **more: Any) -> dict[str, Any]:
    return {"type": "vm_command_line", "command": command, **more}


def task(setting: Any, evaluator: dict[str, Any], **parameters: Any) -> OsworldTask:
    step = {"type": "execute", "parameters": {"command": setting, **parameters}}
    content = {"id": "x", "instruction": "Turn it off", "config": [step], "evaluator": evaluator}
    return parse_task(content, "x")


def wants(text: str) -> dict[str, Any]:
    return {"type": "rule", "rules": {"expected": text}}


KINDS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "words": (
        ["gsettings", "set", SOUND, KEY, "true"],
        {},
        {
            "func": "exact_match",
            "result": asked(["gsettings", "get", SOUND, KEY]),
            "expected": wants("false\n"),
        },
    ),
    "a shell line": (
        f"{BUS}gsettings set {SOUND} {KEY} true",
        {"shell": True},
        {
            "func": "exact_match",
            "result": asked(f"{BUS}gsettings get {SOUND} {KEY}", shell=True),
            "expected": wants("false\n"),
        },
    ),
    "kept by a step": (
        f"gsettings set {SOUND} {KEY} true",
        {},
        {
            "postconfig": [
                {
                    "type": "execute",
                    "parameters": {"command": ["gsettings", "get", SOUND, KEY], "stdout": "said"},
                }
            ],
            "func": "check_list",
            "result": {"type": "cache_file", "path": "said"},
            "expected": {"type": "rule", "rules": {"expect": ["false"]}},
        },
    ),
    "one of two": (
        ["gsettings", "set", SOUND, KEY, "true"],
        {},
        {
            "func": ["exact_match", "exact_match"],
            "conj": "or",
            "result": [
                asked(["gsettings", "get", "org.gnome.desktop.nothing", KEY]),
                asked(["gsettings", "get", SOUND, KEY]),
            ],
            "expected": [wants("false\n"), wants("false\n")],
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_is_what_was_last_set(there: Place, kind: str) -> None:
    setting, parameters, evaluator = KINDS[kind]
    made = task(setting, evaluator, **parameters)
    set_up(made, there, 0)
    assert look(made, there, ended()).reward == 0
    there.run(["gsettings", "set", SOUND, KEY, "false"])
    score = look(made, there, ended())
    assert score.success, score.reason


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("gsettings get org.gnome.shell-of-nobody favorites", "install gnome-shell-common"),
        ("X=$(timeout 10 gsettings get org.nobody.settings key | head -1)", "the program that it belongs to"),
        (f"gsettings get {SOUND} no-such-key", "No such key"),
    ],
)
def test_a_setting_that_the_sandbox_does_not_know_is_said_before_the_task_begins(
    there: Place, command: str, said: str
) -> None:
    evaluator = {"func": "exact_match", "result": asked(command, shell=True), "expected": wants("")}
    made = task(["touch", "begun"], evaluator)
    with pytest.raises(EnvironmentProblem, match=said) as raised:
        set_up(made, there, 0)
    assert "does not know the setting" in str(raised.value)
    assert there.run(["ls"]).stdout.find(b"begun") < 0
    with pytest.raises(EnvironmentProblem, match="install"):
        require_needs(task(command, {"func": "infeasible"}, shell=True), there)


def test_a_program_that_a_shell_line_would_not_find_is_said_before_the_task_begins(there: Place) -> None:
    evaluator = {"func": "exact_match", "result": asked(["ls"]), "expected": wants("")}
    for line in ("QUIET=1 no-such-player --loud 'a b'", "export A='b c'\nno-such-player", "no-such-player"):
        with pytest.raises(EnvironmentProblem, match="has no program 'no-such-player'"):
            set_up(task(line, evaluator, shell=True), there, 0)
    for line in (
        "A=1 B='x y' true\nif [ -e a ]; then echo b; fi # no-such-player",
        "cat > list <<END\nno-such-player\nEND",
        "python3 -c '\nx = 1\n'",
        "./no-such-player || (exit 0)",
    ):
        set_up(task(line, evaluator, shell=True), there, 0)


@pytest.mark.parametrize(
    ("getter", "expected", "programs"),
    [
        (
            asked("no-such-server --start\npactl list sinks | head -1", shell=True),
            wants("100\n"),
            ["pactl"],
        ),
        ({"type": "vm_terminal_output"}, wants("43 132"), TERMINALS),
    ],
)
def test_what_a_check_looks_at_and_the_sandbox_lacks_is_said_before_the_task_begins(
    there: Place, getter: dict[str, Any], expected: dict[str, Any], programs: list[str]
) -> None:
    made = task("true", {"func": "check_include_exclude", "result": getter, "expected": expected})
    missing = all(map(there.lacks, programs)) or "pactl" in programs  # a lightbox has no sound
    with pytest.raises(EnvironmentProblem, match=programs[0]) if missing else nullcontext():
        require_needs(made, there)


def test_a_player_that_is_not_there_or_opens_films_already_is_said_before_the_task_begins(
    there: Place,
) -> None:
    def wanted(player: str) -> OsworldTask:
        expected = {"type": "rule", "rules": {"include": [f"{player}.desktop"]}}
        getter = {"type": "default_video_player"}
        return task("true", {"func": "check_include_exclude", "result": getter, "expected": expected})

    with pytest.raises(EnvironmentProblem, match="nobodys-player"):
        require_needs(wanted("nobodys-player"), there)
    require_needs(wanted("mousepad"), there)
    films = "".join(f"video/{name}=mousepad.desktop\n" for name in VIDEO_TYPES)
    entry = b"[Desktop Entry]\nType=Application\nName=Player\nExec=mousepad\n"
    there.sandbox.write_file(".local/share/applications/mousepad.desktop", entry)
    there.sandbox.write_file(".config/mimeapps.list", f"[Default Applications]\n{films}".encode())
    with pytest.raises(EnvironmentProblem, match="mousepad opens films already"):
        require_needs(wanted("mousepad"), there)
    there.sandbox.reset()


@pytest.mark.parametrize("program", ["libreoffice", "soffice"])
def test_a_part_of_libreoffice_that_is_not_installed_is_missed(there: Place, program: str) -> None:
    evaluator = {"func": "exact_match", "result": asked(["ls"]), "expected": wants("")}
    known = [part for part in OFFICE if not there.lacks(f"lo{part}")]
    assert known
    for part in OFFICE:
        made = task([program, "--norestore", f"--{part}"], evaluator)
        with (
            nullcontext() if part in known else pytest.raises(EnvironmentProblem, match=f"libreoffice-{part}")
        ):
            require_needs(made, there)
    require_needs(task([program, "--convert-to", "pdf", "--mathematics"], evaluator), there)


def test_of_two_checks_one_has_to_be_possible(there: Place) -> None:
    nothing = asked(["gsettings", "get", "org.nobody.settings", KEY])
    checks = {"func": ["exact_match"] * 2, "result": [nothing, asked(["gsettings", "get", SOUND, KEY])]}
    require_needs(task("true", {**checks, "conj": "or"}), there)
    for impossible in ({**checks, "conj": "and"}, {**checks, "conj": "or", "result": [nothing, nothing]}):
        with pytest.raises(EnvironmentProblem):
            require_needs(task("true", impossible), there)


def test_settings_end_with_the_sandbox() -> None:
    with Lightbox() as box:
        place = Place(box, Path())
        place.run(["gsettings", "set", SOUND, KEY, "false"])
        box.reset()
        assert place.run(["gsettings", "get", SOUND, KEY]).stdout == b"true\n"
