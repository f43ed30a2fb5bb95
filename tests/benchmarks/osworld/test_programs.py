"""Metrics and getters of single programs: what nobody touched is not done, and the right end state is."""

from __future__ import annotations

import copy
import json
import sqlite3
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook
from PIL import Image, ImageDraw, ImageEnhance
from pptx import Presentation
from pptx.util import Inches

from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.doing import one
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Check
from deskhand.errors import UsageError
from tests.benchmarks.osworld.papers import letter, paper
from tests.benchmarks.osworld.pivots import pivot_book
from tests.benchmarks.osworld.places import Folder, place
from tests.benchmarks.osworld.test_metrics import no, score, yes


@pytest.fixture
def there(tmp_path: Path) -> Place:
    return place(tmp_path)


def put(there: Place, path: str, content: str | bytes) -> None:
    there.sandbox.write_file(path, content.encode() if isinstance(content, str) else content)


def done(there: Place, func: str, getter: dict[str, Any], expected: Any = None) -> float:
    rule = {"type": "rule", "rules": expected} if expected is not None else None
    return one(Check(func, getter, rule, {}), there).reward


VLC = {"type": "vlc_config", "dest": "vlcrc"}


@pytest.mark.parametrize(
    ("func", "rule", "before", "after"),
    [
        ("check_qt_bgcone", {"expected_qt_bgcone": 0}, "#qt-bgcone=1", "qt-bgcone=0"),
        ("check_qt_max_volume", {"expected_qt_max_volume": 200}, "", "qt-max-volume=200"),
        ("check_qt_minimal_view", {"expected_qt_minimal_view": 1}, "", "qt-minimal-view=1"),
        ("check_play_and_exit", {"expected_play_and_exit": 0}, "play-and-exit=1", "play-and-exit=0"),
        (
            "check_one_instance_when_started_from_file",
            {"expected_one_instance_when_started_from_file": 0},
            "",
            "one-instance-when-started-from-file=0",
        ),
        (
            "check_global_key_play_pause",
            {"expected_global_key_play_pause": 1},
            "global-key-play-pause=",
            "global-key-play-pause=Space",
        ),
        (
            "is_vlc_recordings_folder",
            {"recording_file_path": "/home/user/Desktop"},
            "#input-record-path=",
            "input-record-path=/home/agent/Desktop",
        ),
        ("check_qt_slider_colours", {"type": "blackish"}, "", "qt-slider-colours=1;2;3;4;5;6"),
    ],
)
def test_settings_of_vlc(there: Place, func: str, rule: Any, before: str, after: str) -> None:
    assert done(there, func, VLC, rule) == 0
    put(there, ".config/vlc/vlcrc", f"[qt]\n{before}\n")
    assert done(there, func, VLC, rule) == 0
    put(there, ".config/vlc/vlcrc", f"[qt]\n{after}\n")
    assert done(there, func, VLC, rule) == 1


def test_what_vlc_plays(tmp_path: Path) -> None:
    path, rule = tmp_path / "status.xml", {"type": "file_name", "file_name": "a b.mp4"}
    info = '<information><category name="meta"><info name="filename">a b.mp4</info></category></information>'
    for state in ("stopped", "playing"):
        path.write_text(f"<root><state>{state}</state>{info}</root>")
        (yes if state == "playing" else no)("is_vlc_playing", path, rule)
    no("is_vlc_playing", path, {"type": "file_name", "file_name": "c.mp4"})
    path.write_text("<!DOCTYPE r [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><root><state>&e;</state></root>")
    no("is_vlc_playing", path, rule)
    path.write_text(f"<root><state>playing</state>{info}</root>")
    with pytest.raises(UsageError, match="file_name or a url"):
        score("is_vlc_playing", path, {"type": "x"})


def test_settings_of_gimp(there: Place) -> None:
    getter, rule = (
        {"type": "gimp_config_file", "file_name": "gimprc", "dest": "gimprc"},
        {"key": "theme", "value": '"Light"'},
    )
    assert done(there, "check_config_status", getter, rule) == 0
    put(there, ".config/GIMP/2.10/gimprc", '# (theme "Light")\n(theme "Dark")\n')
    assert done(there, "check_config_status", getter, rule) == 0
    put(there, ".config/GIMP/2.10/gimprc", '(theme "Light")\n')
    assert done(there, "check_config_status", getter, rule) == 1
    with pytest.raises(UsageError, match="name of a file"):
        lookup.given("getter", "gimp_config_file", {"file_name": "../x", "dest": "x"})


def test_preferences_filters_and_keys(tmp_path: Path) -> None:
    path = tmp_path / "prefs.js"
    rule = {"expect": {"a": {"method": "eq", "ref": True}}, "unexpect": {"b": {"method": "eq", "ref": 1}}}
    for text, good in (("", 0), ('user_pref("a", false);', 0), ('user_pref("a", true);', 1)):
        path.write_text(text)
        assert score("check_thunderbird_prefs", path, rule).reward == good
    path.write_text('user_pref("a", true);\nuser_pref("b", 1);')
    no("check_thunderbird_prefs", path, rule)
    rules = {"expect": [{"enabled": "yes", "condition": ["AND (subject,contains,discount)"]}]}
    path.write_text('version="9"\n')
    no("check_thunderbird_filter", path, rules)
    path.write_text('name="x"\nenabled="yes"\ncondition="AND (subject,contains,discount)"\n')
    yes("check_thunderbird_filter", path, rules)
    key = {"key": "ctrl+j", "command": "x"}
    path.write_text("// Place your keys here\n[]")
    no("check_json_keybindings", path, {"expected": key})
    path.write_text(f"// Place your keys here\n{json.dumps([key])}")
    yes("check_json_keybindings", path, {"expected": key})
    path.write_text("__import__('os')")
    no("check_json_keybindings", path, {"expected": key})


def test_what_programs_print(there: Place) -> None:
    yes("is_extension_installed", "a.b\nms.python\n", {"type": "contain", "expected": "ms.python"})
    no("is_extension_installed", "", {"type": "contain", "expected": "ms.python"})
    zone = "\n".join(("Local time", "Universal time", "RTC time", "Time zone: {}", "NTP service"))
    yes("is_utc_0", zone.format("UTC (UTC, +0000)"))
    no("is_utc_0", zone.format("Asia/Tokyo (JST, +0900)"))
    yes("check_moved_jpgs", {"children": [{"name": "a.jpg"}]}, {"expected": ["a.jpg"]})
    no("check_moved_jpgs", {"children": []}, {"expected": ["a.jpg"]})
    # What a program of the sandbox says of its home is what the task's author wrote.
    copied = {"type": "vm_command_line", "command": ["echo", "/home/user/Data/a.docx"]}
    wanted = {"type": "rule", "rules": {"expected": "/home/user/Data/a.docx"}}
    assert one(Check("is_in_vm_clickboard", wanted, copied, {}), there).reward == 1
    other = {"type": "rule", "rules": {"expected": "/home/user/Data/b.docx"}}
    assert one(Check("is_in_vm_clickboard", other, copied, {}), there).reward == 0


def test_results_and_lines(tmp_path: Path) -> None:
    one, other = tmp_path / "a.txt", tmp_path / "b.txt"
    one.write_text("it is 3.50001"), other.write_text("3.5")
    yes("compare_result_files", one, other)
    one.write_text("3.6")
    no("compare_result_files", one, other)
    one.write_text("12:00:01 5\nAverage 5\n")
    yes("check_line_number", one, {"expected": "1"})
    no("check_line_number", one, {"expected": "2"})
    one.write_text("#!/usr/bin/python\n\nprint(1)  \n"), other.write_text("print(1)\n")
    yes("compare_python_pure_text", one, other)
    one.write_text("print(2)\n")
    no("compare_python_pure_text", one, other)


def test_edited_pictures(tmp_path: Path) -> None:
    gold, path = tmp_path / "gold.png", tmp_path / "a.png"
    picture = Image.linear_gradient("L").resize((60, 60)).convert("RGB")
    ImageDraw.Draw(picture).rectangle((10, 10, 40, 30), fill=(120, 60, 60))
    for each in (gold, path):
        picture.save(each)
    no("check_palette_and_structure_sim", path, gold)
    no("check_saturation_increase_and_structure_sim", path, gold)
    yes("check_structure_sim_with_threshold", path, gold)
    yes("compare_images", path, gold)
    picture.quantize(64).save(path)
    yes("check_palette_and_structure_sim", path, gold)
    ImageEnhance.Color(picture).enhance(1.4).save(path)
    yes("check_saturation_increase_and_structure_sim", path, gold)
    Image.new("RGB", (60, 60), "red").save(path)
    no("check_structure_sim_with_threshold", path, gold)
    no("compare_images", path, gold)
    assert score("compare_images", path, gold, reference_base_result=0.9).reward == 0
    yes("check_image_file_size", path, {"max_size": 100_000})
    no("check_image_file_size", path, {"max_size": 10})


def test_backgrounds_and_places(tmp_path: Path) -> None:
    gold, path = tmp_path / "gold.png", tmp_path / "a.png"
    picture = Image.new("RGB", (40, 40), "white")
    ImageDraw.Draw(picture).rectangle((10, 10, 20, 20), fill="black")
    picture.save(gold), picture.save(path)
    no("check_green_background", path, gold)
    no("check_textbox_on_leftside", path)
    ImageDraw.floodfill(picture, (0, 0), (0, 255, 0))
    picture.save(path)
    yes("check_green_background", path, gold)
    for left, verdict in ((2, no), (16, yes)):
        shape = Image.new("RGB", (40, 40), "white")
        ImageDraw.Draw(shape).rectangle((left, 16, left + 8, 24), fill="yellow")
        ImageDraw.Draw(shape).point((0, 0), fill="blue")
        shape.save(path)
        verdict("check_triangle_position", path)
    ImageDraw.Draw(shape).rectangle((0, 5, 3, 9), fill="black")
    shape.save(path)
    yes("check_textbox_on_leftside", path)


def test_sounds_and_backgrounds_of_slides(there: Place) -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    sound = {
        "type": "audio_in_slide",
        "ppt_file_path": "/home/user/a.pptx",
        "slide_index": 0,
        "dest": "a.mp3",
    }
    picture = {**sound, "type": "background_image_in_slide", "dest": "a.png"}
    home = there.sandbox
    assert isinstance(home, Folder)
    deck.save(str(home.root / "a.pptx"))
    for getter in (sound, picture):
        with pytest.raises(NothingThere, match="slide 1"):
            lookup.get(there, getter)
    Image.new("RGB", (20, 20), "red").save(home.root / "red.png")
    added = slide.shapes.add_picture(str(home.root / "red.png"), 0, 0, Inches(1))
    slide.background.fill.solid()
    properties = slide.background._cSld.bg.bgPr
    properties.insert(0, copy.deepcopy(added._element.blipFill.blip))
    deck.save(str(home.root / "a.pptx"))
    assert Image.open(lookup.get(there, picture)).getpixel((0, 0)) == (255, 0, 0)
    relations = "ppt/slides/_rels/slide1.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/audio"
    for target, found in (
        ("file:///home/user/b%20c.mp3", b"sound"),
        ("file:///etc/passwd", None),
        ("x", None),
    ):
        put(there, "b c.mp3", "sound")
        with zipfile.ZipFile(home.root / "a.pptx") as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        text = (
            f'<Relationship Id="r9" Type="{kind}" Target="{target}" TargetMode="External"/></Relationships>'
        )
        parts[relations] = (
            parts[relations].split(b'<Relationship Id="r9"')[0].replace(b"</Relationships>", b"")
            + text.encode()
        )
        with zipfile.ZipFile(home.root / "a.pptx", "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data)
        if found is None:
            with pytest.raises(NothingThere):
                lookup.get(there, sound)
        else:
            assert lookup.get(there, sound).read_bytes() == found


def test_lists_in_documents(tmp_path: Path) -> None:
    gold, first, path = tmp_path / "gold.docx", tmp_path / "first.docx", tmp_path / "a.docx"
    records = ["1,A,x,y", "2,B,x,y"]
    letter(gold, records), letter(first, [*records, "3,A,x,y"])
    no("compare_unique_train_records", first, [gold, first])
    yes("compare_unique_train_records", gold, [gold, first])
    letter(path, ["Text", "References", "Ann, 1999"]), letter(gold, ["Text", "References", "Bob, 2001"])
    no("compare_references", path, gold)
    yes("compare_references", gold, gold)
    letter(path, ["one", "", "two"]), letter(gold, ["one", "two"])
    yes("compare_docx_files_and_ignore_new_lines", path, gold, ignore_blanks=False)
    letter(path, ["one", "three"])
    no("compare_docx_files_and_ignore_new_lines", path, gold, ignore_blanks=False)
    letter(path, ["abc abd", "abe"])
    yes("fuzzy_place_math", path, {"expected": ["abc", "abd", "abe"]})
    no("fuzzy_place_math", gold, {"expected": ["abc"]})


def test_cities_and_last_rows(there: Place, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(("Name", "Cited", "City", "Part", "Gap"))
    for row in range(2, 23):
        sheet.append(("Ann", row, "Montréal", 1.5, 3 if row == 2 else None))
    book.save(tmp_path / "a.xlsx")
    yes("compare_conference_city_in_order", tmp_path / "a.xlsx", {"expected": ["montreal"] * 21})
    no("compare_conference_city_in_order", tmp_path / "a.xlsx", {"expected": [["Paris", "Lille"]] * 21})
    put(there, "a.xlsx", (tmp_path / "a.xlsx").read_bytes())
    getter = {"type": "content_from_vm_file", "path": "/home/user/a.xlsx", "file_type": "xlsx"}
    assert lookup.get(there, {**getter, "file_content": "last_row"}) == [
        "Ann",
        "22",
        "Montréal",
        "1.5",
        "nan",
    ]
    openpyxl.Workbook().save(tmp_path / "b.xlsx")
    put(there, "a.xlsx", (tmp_path / "b.xlsx").read_bytes())
    with pytest.raises(NothingThere, match="no rows"):
        lookup.get(there, {**getter, "file_content": "last_row"})


def test_archives_and_papers(tmp_path: Path) -> None:
    gold, found, empty = (
        paper(tmp_path / f"{name}.pdf", [[text]]) for name, text in (("g", "a"), ("f", "a"), ("e", "b"))
    )
    for path, verdict in ((found, yes), (empty, no)):
        verdict("compare_pdfs", path, gold)
        packed = []
        for name, content in (("one", path), ("two", gold)):
            packed.append(tmp_path / f"{name}.tar.gz")
            with tarfile.open(packed[-1], "w:gz") as archive:
                archive.add(content, "papers/a.pdf")
                archive.add(gold, "../outside.pdf")
        verdict("compare_archive", *packed, file_path="papers", file_type="pdf")
    red, blue = (Image.linear_gradient("L").rotate(turn).resize((40, 30)).convert("RGB") for turn in (0, 90))
    gold = paper(tmp_path / "g.pdf", [["x"]], [red])
    yes("compare_pdf_images", paper(tmp_path / "f.pdf", [["y"]], [red]), gold)
    no("compare_pdf_images", paper(tmp_path / "f.pdf", [["y"]], [blue]), gold)
    yes("check_pdf_pages", gold, {"relation": "eq", "ref_value": 1})
    no("check_pdf_pages", gold, {"relation": "gt", "ref_value": 1})
    with pytest.raises(UsageError, match="files of"):
        score("compare_archive", gold, gold, file_type="code")


def test_a_question_to_a_database(tmp_path: Path) -> None:
    path, question = tmp_path / "a.sqlite", {"sql": "SELECT COUNT(*) = 1 FROM m"}
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE m (a)")
    database.commit()
    no("run_sqlite3", path, question)
    database.execute("INSERT INTO m VALUES (1)")
    database.commit()
    database.close()
    yes("run_sqlite3", path, question)


def test_words_in_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    shown = Image.new("RGB", (400, 120), "white")
    shown.save(path)
    no("compare_image_text", path, {"type": "text", "text": "Total"})
    ImageDraw.Draw(shown).text((30, 40), "Total of the year", fill="black", font_size=32)
    shown.save(path)
    yes("compare_image_text", path, {"type": "text", "text": "Total"})
    no("compare_image_text", path, {"type": "text", "text": "Sum"})


def test_pivot_tables(tmp_path: Path) -> None:
    gold, empty = pivot_book(tmp_path / "gold.xlsx"), tmp_path / "a.xlsx"
    Workbook().save(empty)
    names = ["col_fields", "filter", "row_fields", "data_fields"]
    rule = {"type": "pivot_table", "sheet_idx0": "RNSheet2", "sheet_idx1": "ENSheet2", "pivot_props": names}
    no("compare_table", empty, gold, rules=[rule])
    yes("compare_table", pivot_book(tmp_path / "b.xlsx", {"name": "Other"}), gold, rules=[rule])
    no("compare_table", pivot_book(tmp_path / "b.xlsx", {"columns": (), "pages": (1,)}), gold, rules=[rule])
