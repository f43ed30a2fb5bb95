"""Our metrics on programs' settings and on what programs print, beside OSWorld's own on generated files."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.osworld.upstream import PAIRS, Compared, module, needs_copy

pytestmark = [needs_copy, pytest.mark.filterwarnings("ignore")]  # OSWorld leaves files open
VLC = ("librosa", "fastdtw", "imagehash", "scipy", "skimage")
VLC_KEYS = (
    "qt-bgcone", "qt-max-volume", "qt-minimal-view", "play-and-exit", "one-instance-when-started-from-file",
    "global-key-play-pause", "input-record-path", "qt-slider-colours",
)  # fmt: skip
VLC_VALUES = (
    "0",
    "1",
    "125",
    "200",
    "",
    " 1 ",
    "/home/user/Desktop",
    "9;9;9;20;30;40",
    "9;9;200",
    "1=0",
    "x",
)


def settings_of_vlc(draw: random.Random) -> str:
    lines = ["[core]", "# a comment", ""]
    for _ in range(draw.randint(0, 6)):
        comment = draw.choice(("", "", "#"))
        lines.append(f"{comment}{draw.choice(VLC_KEYS)}={draw.choice(VLC_VALUES)}")
    draw.shuffle(lines)
    return "\n".join(lines)


def test_settings_of_vlc(tmp_path: Path) -> None:
    theirs = module("vlc", *VLC)
    checks = {
        name: Compared(theirs)
        for name in (
            "check_qt_bgcone", "check_qt_max_volume", "check_qt_minimal_view", "check_play_and_exit",
            "check_one_instance_when_started_from_file", "check_global_key_play_pause",
        )
    }  # fmt: skip
    folder, colours = Compared(theirs), Compared(theirs)
    path = tmp_path / "vlcrc"
    for number in range(PAIRS):
        draw = random.Random(number)
        path.write_text(settings_of_vlc(draw))
        for name, compared in checks.items():
            rule = {f"expected_{name.removeprefix('check_')}": draw.choice((0, 1, 125, "0", "1", "200"))}
            compared(name, path, rule)
        folder(
            "is_vlc_recordings_folder",
            path,
            {"recording_file_path": draw.choice(("/home/user/Desktop", "x"))},
        )
        rule = draw.choice(
            ({"type": "blackish"}, {"type": "match", "expected_qt_slider_colours": draw.choice(VLC_VALUES)})
        )
        colours("check_qt_slider_colours", path, rule)
    for compared in (*checks.values(), folder, colours):
        compared.are_of_both_kinds()


def test_what_vlc_plays(tmp_path: Path) -> None:
    compared, path = Compared(module("vlc", *VLC)), tmp_path / "status.xml"
    names = ("a.mp4", "b.mp4", "/home/user/a.mp4", "https://host/x/m.m3u8", "m.m3u8", "xa.mp4", "http://[bad")
    for number in range(PAIRS):
        draw = random.Random(number)
        infos = "".join(
            f'<info name="{name}">{draw.choice(names)}</info>'
            for name in ("filename", "title", "uri", "url", "URI", "location", "name")
            if draw.random() < 0.4
        )
        state = draw.choice(("playing", "playing", "playing", "paused", "stopped"))
        body = f'<information><category name="meta">{infos}</category></information>'
        end = draw.choice(("</root>",) * 9 + ("",))
        path.write_text(f'<?xml version="1.0"?><root><state>{state}</state>{body}{end}')
        if draw.random() < 0.5:
            rule = {"type": "file_name", "file_name": draw.choice(("a.mp4", "b.mp4", "home"))}
        else:
            rule = {
                "type": "url",
                "url": draw.choice(("https://host/x/m.m3u8", "https://host/x", "http://[bad")),
            }
        compared("is_vlc_playing", path, rule)
    compared.are_of_both_kinds()


def test_sizes_of_windows() -> None:
    compared = Compared(module("vlc", *VLC))
    for number in range(PAIRS):
        draw = random.Random(number)
        one, other = ({"width": draw.choice((9, 8)), "height": draw.choice((5, 6))} for _ in range(2))
        compared("is_vlc_fullscreen", one, other)
    compared.are_of_both_kinds()


def test_settings_of_gimp(tmp_path: Path) -> None:
    compared, path = Compared(module("gimp", "skimage")), tmp_path / "gimprc"
    names = ("theme", "undo-levels", "hide-docks", "layer-new-name")
    for number in range(PAIRS):
        draw = random.Random(number)
        lines = [
            draw.choice(("({0} {1})", "# ({0} {1})", "   ({0} {1} {1})", "({0}\n    {1})", "(group {0} {1})"))
            .format(draw.choice(names), draw.choice(('"Light"', "100", "yes")))
            for _ in range(draw.randint(0, 5))
        ]  # fmt: skip
        path.write_text("# GIMP\n\n" + "\n".join(lines) + "\n")
        name = draw.choice(names)
        rule = {"key": draw.choice((name, ["group", name])), "value": draw.choice(('"Light"', "100", "yes"))}
        compared("check_config_status", path, rule)
    compared.are_of_both_kinds()


PREFERENCES = ("mail.a", "mail.b", 'mail.\\"c', "theme")


def preference(draw: random.Random) -> str:
    value = draw.choice(("true", "false", "5", "1.5", '"dark"', '"a\\nb"', "broken", '"5"'))
    line = f'user_pref("{draw.choice(PREFERENCES)}", {value});'
    return draw.choice((line, line, line, f"  {line}", f"// {line}", line[:-1]))


def test_preferences_of_thunderbird(tmp_path: Path) -> None:
    compared, path = Compared(module("thunderbird")), tmp_path / "prefs.js"
    rules = (
        {"method": "eq", "ref": True}, {"method": "eq", "ref": False}, {"method": "re", "ref": "dark"},
        {"method": "re.S", "ref": "a.b"}, {"method": "ge", "ref": 3}, {"method": "ne", "ref": 5},
        {"method": "range.te", "ref": [0, 5]}, {"method": "approx:1", "ref": 5}, {"method": "eq", "ref": 5},
    )  # fmt: skip
    for number in range(PAIRS):
        draw = random.Random(number)
        path.write_text("\n".join(preference(draw) for _ in range(draw.randint(0, 5))))
        expect, unexpect = (
            {name: draw.choice(rules) for name in draw.sample(PREFERENCES, draw.choice((0, 1, 1, 2)))}
            for _ in range(2)
        )
        compared("check_thunderbird_prefs", path, {"expect": expect, "unexpect": unexpect})
    compared.are_of_both_kinds()


def test_filters_of_thunderbird(tmp_path: Path) -> None:
    compared, path = Compared(module("thunderbird")), tmp_path / "msgFilterRules.dat"
    conditions = (
        "AND (subject,contains,discount)", "ALL", "OR (from,is,a@b) OR (subject,isn't,x)",
        'AND (subject,contains,\\"a (b) c\\")', 'OR (from,is,\\"x\\") AND (to,is,\\"y\\")', "",
    )  # fmt: skip
    values = ("x", "y\\\\z")
    actions = ("Move to folder", "Forward", "Delete")

    def one(draw: random.Random) -> str:
        lines = [f'name="{draw.choice("ab")}"', f'enabled="{draw.choice(("yes", "no"))}"', 'type="17"']
        lines += [f'action="{draw.choice(actions)}"', f'actionValue="{draw.choice(values)}"']
        if draw.random() < 0.1:
            lines.pop(0)
        return "\n".join((*lines, f'condition="{draw.choice(conditions)}"'))

    for number in range(PAIRS):
        draw = random.Random(number)
        filters = [one(draw) for _ in range(draw.randint(0, 3))]
        path.write_text("\n".join(('version="9"', 'logging="no"', *filters, "")))

        def rule(draw: random.Random = draw) -> dict[str, Any]:
            whole = {
                "enabled": "yes",
                "action": draw.choice(actions),
                "condition": draw.choice((["ALL"], ["AND (subject,contains,discount)"])),
                "actionValue": "x",
                "name": draw.choice("ab"),
            }
            return {key: whole[key] for key in draw.sample(sorted(whole), draw.randint(1, 2))}

        rules = {"expect": [rule() for _ in range(draw.randint(0, 1))], "unexpect": []}
        rules["unexpect"] = [rule() for _ in range(draw.choice((0, 0, 1)))]
        compared("check_thunderbird_filter", path, rules)
    compared.are_of_both_kinds()


def test_keys_of_vs_code(tmp_path: Path) -> None:
    compared, path = Compared(module("vscode", "PyPDF2")), tmp_path / "keybindings.json"
    keys = [
        {"key": key, "command": command} for key in ("ctrl+j", "ctrl+f") for command in ("-list.find", "go")
    ]
    for number in range(PAIRS):
        draw = random.Random(number)
        content: Any = draw.sample(keys, draw.randint(0, 3))
        content = draw.choice((content, content, content, {"a": content}))
        head = draw.choice(("", "// Place your keys here\n", "\n", "// two\n// lines\n"))
        path.write_text(head + json.dumps(content) + draw.choice(("", "", "", "}")))
        compared("check_json_keybindings", path, {"expected": draw.choice(keys)})
    compared.are_of_both_kinds()


def test_what_programs_print(tmp_path: Path) -> None:
    editor, system, path = module("vscode", "PyPDF2"), module("basic_os"), tmp_path / "a.txt"
    listed, copied, zone, moved = (Compared(part) for part in (editor, system, system, system))
    zones = ("Europe/London (GMT, +0000)", "Asia/Tokyo (JST, +0900)", "UTC (UTC, +0000)")
    for number in range(PAIRS):
        draw = random.Random(number)
        said = "\n".join(draw.sample(("a.b", "ms.python", "x", "test.py"), draw.randint(0, 3)))
        rule = {
            "type": draw.choice(("contain", "not_contain")),
            "expected": draw.choice(("ms.python", "test.py")),
        }
        listed("is_extension_installed", said, rule)
        wanted: Any = draw.choice(("a.b", ["a.b", "x"], []))
        copied("is_in_vm_clickboard", {"expected": wanted}, said)
        lines = [f"    line {n}" for n in range(draw.choice((3, 3, 3, 2)))]
        zone(
            "is_utc_0",
            "\n".join((*lines, f"Time zone: {draw.choice(zones)}{draw.choice(('', '', ' '))}", "no")),
            None,
        )
        names = draw.sample("abc", draw.randint(0, 3)) + draw.choice(([], [], ["a"]))
        tree = {"type": "directory", "children": [{"name": name} for name in names]}
        moved("check_moved_jpgs", tree, {"expected": draw.sample("abc", draw.randint(0, 3))})
    for compared in (listed, copied, zone, moved):
        compared.are_of_both_kinds()
    assert not path.exists()


def test_files_with_results(tmp_path: Path) -> None:
    general, editor = module("general", "rapidfuzz"), module("vscode", "PyPDF2")
    counted, results, programs = Compared(general), Compared(editor), Compared(general)
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    times = ("12:00:59 CPU", "24:00:00", "1:02:03", "x 23:59:60 y", "no time", "")
    values = ("3.5", "3.50001", "3.6", "about 3.5 m", "three", "", "nan", " 3.5\n", "-3.5")
    lines = (
        "#!/bin/python",
        "# -*- coding: utf-8",
        "# coding=x",
        "a = 1",
        "\tb = 2",
        "    b = 2",
        "",
        "c ",
        "c",
    )
    for number in range(PAIRS):
        draw = random.Random(number)
        one.write_text("\n".join(draw.choice(times) for _ in range(draw.randint(0, 5))))
        counted("check_line_number", one, {"expected": str(draw.randint(0, 3))})
        one.write_text(draw.choice(values))
        other.write_text(draw.choice(values))
        results("compare_result_files", one, other)
        body = [draw.choice(lines) for _ in range(draw.randint(0, 5))]
        same = [draw.choice((line, line, line, f"{line}  ", draw.choice(lines))) for line in body]
        one.write_text("\n".join(body))
        other.write_text("\n".join(draw.choice(([], ["#!x"], [""])) + same))
        programs("compare_python_pure_text", one, other)
    for compared in (counted, results, programs):
        compared.are_of_both_kinds()


def test_questions_to_databases(tmp_path: Path) -> None:
    compared = Compared(module("general", "rapidfuzz"))
    questions = (
        "SELECT COUNT(*) FROM m WHERE a = 1", "SELECT COALESCE((SELECT COUNT(*) FROM m), 0) = 2",
        "SELECT a FROM m",
        "SELECT NULL", "SELECT a FROM none", "SELECT 'x'", "SELECT '0.5'", "not a question",
    )  # fmt: skip
    for number in range(PAIRS):
        draw, path = random.Random(number), tmp_path / f"{number}.sqlite"
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE m (a)")
            database.executemany(
                "INSERT INTO m VALUES (?)", [(draw.randint(0, 1),) for _ in range(draw.randint(0, 3))]
            )
        database.close()
        if draw.random() < 0.05:
            path.write_bytes(path.read_bytes()[:50])
        compared("run_sqlite3", path, {"sql": draw.choice(questions)})
    compared.are_of_both_kinds()


@pytest.mark.parametrize("name", ["DefaultFont", "Other"])
def test_the_default_font(tmp_path: Path, name: str) -> None:
    compared, path = (
        Compared(module("docs", "skimage", "odf", "rapidfuzz")),
        tmp_path / "registrymodifications.xcu",
    )
    for number in range(PAIRS):
        draw = random.Random(number)
        items = "".join(
            f'<item oor:path="/org.openoffice.Office.Writer/{draw.choice(("DefaultFont", name))}">'
            f'<prop oor:name="{draw.choice(("Standard", "Standard", "List"))}" oor:op="fuse">'
            f"<value>{draw.choice(('Arial', 'Times New Roman', ''))}</value></prop></item>"
            for _ in range(draw.randint(0, 2))
        )
        end = draw.choice(("</oor:items>",) * 5 + ("",))
        path.write_text(f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}{end}')
        compared("find_default_font", path, {"font_name": "Arial"})
    compared.are_of_both_kinds()
