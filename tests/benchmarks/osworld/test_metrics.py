"""Metrics on texts, values, JSON and lists: each says yes to what is right, and why not to what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.metrics.matching import Rule, found, likeness, matches
from deskhand.benchmarks.task_files.place import NothingThere
from deskhand.errors import UsageError
from deskhand.sandbox.guest.accessibility import NAMESPACES


def score(name: str, result: Any, expected: Any = None, **options: Any) -> Score:
    return lookup.metric(name)(result, expected, options)


def yes(name: str, result: Any, expected: Any = None, **options: Any) -> None:
    got = score(name, result, expected, **options)
    assert got.reward == 1, got.reason


def no(name: str, result: Any, expected: Any = None, **options: Any) -> None:
    got = score(name, result, expected, **options)
    assert got.reward < 1
    assert got.reason


def test_check_gnome_favorite_apps() -> None:
    rule = {"expected": ["b.desktop", "a.desktop"]}
    yes("check_gnome_favorite_apps", "['a.desktop', 'b.desktop']\n", rule)
    yes("check_gnome_favorite_apps", "[]\n", {"expected": []})
    for said in ("['a.desktop']", "['a.desktop', 'b.desktop', 'b.desktop']", "a.desktop b.desktop", ""):
        no("check_gnome_favorite_apps", said, rule)
    no("check_gnome_favorite_apps", "__import__('os') or ['a.desktop', 'b.desktop']", rule)


def test_exact_match() -> None:
    yes("exact_match", "a\n", {"expected": "a\n"})
    no("exact_match", "a", {"expected": "a\n"})
    yes("compare_answer", 5, {"expected": 5})
    with pytest.raises(UsageError, match="expected"):
        score("exact_match", "a", {})


def test_literal_match() -> None:
    yes("literal_match", "Garden", "garden", ignore_case=True)
    no("literal_match", "Garden", "garden")
    yes("literal_match", ["a", 1], ["a", "1"], type="list")
    no("literal_match", ["a"], ["a", "b"], type="list")
    no("literal_match", "a", ["a"], type="list")
    with pytest.raises(UsageError, match="float"):
        score("literal_match", "1", "1", type="float")


def test_fuzzy_match_rewards_what_is_alike() -> None:
    yes("fuzzy_match", "the garden", {"expected": "the garden"})
    got = score("fuzzy_match", "the garden", {"expected": "a garden"})
    assert 0.7 < got.reward < 0.9
    assert not got.success


@pytest.mark.parametrize(
    ("one", "other", "common"), [("kitten", "sitting", 4), ("abc", "abc", 3), ("", "a", 0), ("aab", "baa", 2)]
)
def test_likeness_is_that_of_the_longest_common_subsequence(one: str, other: str, common: int) -> None:
    assert likeness(one, other) == pytest.approx(2 * common / (len(one) + len(other)))
    assert likeness("", "") == 1


def test_is_in_list() -> None:
    yes("is_in_list", ["a", "b"], {"expected": "b"})
    no("is_in_list", ["a", "b"], {"expected": "c"})
    yes("is_in_list", "a text", {"expected": "text"})


def test_check_include_exclude() -> None:
    rule = {"include": ["spotify"], "exclude": ["not found"]}
    yes("check_include_exclude", "/usr/bin/spotify", rule)
    no("check_include_exclude", "spotify: not found", rule)
    no("check_include_exclude", "", rule)


def test_check_list(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("apple 3\npear 4\n")
    yes("check_list", path, {"expect": [r"^apple \d$", "pear"], "unexpect": ["plum"]})
    no("check_list", path, {"expect": ["plum"]})
    no("check_list", path, {"unexpect": ["p.*r"]})
    with pytest.raises(UsageError, match="not a regular expression"):
        score("check_list", path, {"expect": ["("]})


def test_a_pattern_that_never_ends_is_ended() -> None:
    with pytest.raises(UsageError, match="takes longer"):
        found(r"(?:a|aa|a?a)+$", "a" * 60 + "b")


def test_text_files(tmp_path: Path) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("Dear  all,\nhello\n")
    other.write_text("dear all, hello")
    yes("compare_text_file", one, other, ignore_blanks=True, ignore_case=True)
    no("compare_text_file", one, other, ignore_blanks=True)
    assert score("diff_text_file", one, other).reward == 0
    other.write_text("Dear  all,\ngoodbye\n")
    assert score("diff_text_file", one, other).reward == 0.5
    yes("diff_text_file", one, one)
    yes("compare_config", one, {"expected": "Dear  all,\nhello\n"})
    no("compare_config", one, {"expected": "Dear"}, containment_ok=False)
    yes("file_contains", one, {"expected": ["Dear", "hello"]})
    no("file_contains", one, {"expected": "goodbye"})
    with pytest.raises(NothingThere):
        score("compare_text_file", None, other)


def test_our_own_metric_of_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello\n\n")
    yes("deskhand_text", path, {"text": "hello"})
    no("deskhand_text", path, {"text": "hello\n"})
    yes("deskhand_text", "1,024 ", {"text": "1024", "ignore": " ,"})
    assert score("deskhand_text", "5", {"text": "6", "what": "the display"}).reason.startswith("the display")


@pytest.mark.parametrize(
    "answer",
    [
        "553",
        "553.",
        " 553\n",
        "The price is 553",
        "It costs 553 EUR.",
        "$553",
        "553.00",
        "553, and 553 again",
    ],
)
def test_an_answer_may_be_a_sentence_with_the_number(answer: str) -> None:
    yes("deskhand_number", answer, {"number": "553"})


@pytest.mark.parametrize(
    "answer",
    ["", "none", "554", "553 or 554", "553 554", "553,554", "552-553", "1553", "5530", "553.5", "-553",
     "is -553", "5 53", "1e553", "553 of 2", "0", "553 \u0665"],
)  # fmt: skip
def test_an_answer_with_another_number_is_wrong(answer: str) -> None:
    no("deskhand_number", answer, {"number": "553"})


def test_thousands_may_be_set_apart_in_an_answer() -> None:
    for answer in ("1024", "1,024", "1 024", "1'024.0", "1\u202f024", "in all 1,024."):
        yes("deskhand_number", answer, {"number": "1024"})
    no("deskhand_number", "1,0,24", {"number": "1024"})
    no("deskhand_number", "1,0245", {"number": "1024"})


def test_what_the_question_says_may_stand_in_the_answer() -> None:
    total = {"number": "42", "given": ["12+30", "12 plus 30"]}
    for answer in ("12 + 30 = 42", "12+30=42", "12 Plus 30 is 42.", "42"):
        yes("deskhand_number", answer, total)
    for answer in ("12 + 30", "12 + 30 = 43", "12 42", "112 + 30 = 42", "12 + 304 = 42", "12 + 30.5 = 42"):
        no("deskhand_number", answer, total)
    yes("deskhand_number", "12 \u00d7 30 is 360", {"number": "360", "given": ["12*30"]})
    yes("deskhand_number", "garden-136 costs 553", {"number": "553", "given": ["garden-136"]})
    no("deskhand_number", "136 or 553", {"number": "553", "given": ["garden-136"]})
    yes("deskhand_number", "On page 3 it is 4242", {"number": "4242", "given": ["page 3"]})
    no("deskhand_number", "page 34242", {"number": "4242", "given": ["page 3"]})


def test_an_answer_that_goes_on_and_on_is_no_answer() -> None:
    assert "longer" in score("deskhand_number", "553 " * 1000, {"number": "553"}).reason
    with pytest.raises(NothingThere):
        score("deskhand_number", None, {"number": "553"})
    with pytest.raises(UsageError):
        score("deskhand_number", "553", {"number": "many"})


def test_check_direct_json_object() -> None:
    yes("check_direct_json_object", '{"a": 1, "b": 2}', {"expected": {"a": 1}})
    no("check_direct_json_object", '{"a": 2}', {"expected": {"a": 1}})
    no("check_direct_json_object", "[1]", {"expected": {"a": 1}})
    any_of = {"expected": {"a": ["x", "y"], "b": "z"}, "expect_in_result": True}
    yes("check_direct_json_object", {"a": ["y"], "b": ["z"]}, any_of)
    no("check_direct_json_object", {"a": ["q"], "b": ["z"]}, any_of)
    with pytest.raises(NothingThere, match="not JSON"):
        score("check_direct_json_object", "hello", {"expected": {}})


def test_check_json_and_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"editor": {"size": 14, "tabs": [2, 4]}, "theme": "Dark"}')
    size = {"key": ["editor", "size"], "method": "range.et", "ref": [14, 15]}
    theme = {"key": ["theme"], "method": "re.I", "ref": "^dark$"}
    yes(
        "check_json",
        path,
        {"expect": [size, theme, {"key": ["editor", "tabs", 1], "method": "eq", "ref": 4}]},
    )
    no("check_json", path, {"unexpect": [theme]})
    no("check_json", path, {"expect": [{"key": ["editor", "font"], "method": "eq", "ref": "Mono"}]})
    yes("check_json_settings", path, {"expected": {"theme": "Dark"}})
    no("check_json_settings", path, {"expected": {"theme": "Light"}})


def test_tables_of_plain_text(tmp_path: Path) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text("name,price\nApple,3\nPear,4\n")
    other.write_text(" name,price\napple,3\npear,4\n")
    yes("check_csv", path, {"expect": [{"name": "Apple", "price": "3"}], "unexpect": [{"name": "Plum"}]})
    no("check_csv", path, {"expect": [{"name": "Apple", "price": "4"}]})
    no("check_csv", path, {"unexpect": [{"name": "Pear"}]})
    yes("compare_csv", path, other, strict=False, ignore_case=True)
    no("compare_csv", path, other, strict=False)


@pytest.mark.parametrize(
    ("value", "method", "ref", "good"),
    [
        (12.0, "eq", 12, True),
        (12, "eq", "12.0", True),
        ("12", "eq", 12, False),
        (None, "eq", "12", False),
        (3, "ne", 4, True),
        (3, "lt", 3, False),
        (3, "le", 3, True),
        (3, "ge", "2", True),
        ("a", "gt", 2, False),
        (3.14159, "approx:0.01", 3.14, True),
        ("x", "approx:0.01", 3.14, False),
        (0, "range.te", [0, 2], False),
        (2, "range.te", [0, 2], True),
        ("a,b", "str_list_eq", ["a", "b"], True),
        ("b,a", "str_list_eq", ["a", "b"], False),
        ("b,a", "str_set_eq", ["a", "b"], True),
        ("Hello", "re", "hello", False),
        ("Hello", "re.I", "hello", True),
        (5, "re", "5", False),
    ],
)
def test_values_keep_rules_or_not(value: Any, method: str, ref: Any, good: bool) -> None:
    assert matches(value, Rule(method=method, ref=ref)) is good


@pytest.mark.parametrize("method", ["__import__", "eq.x", "range.xx", "re.Q", "approx"])
def test_methods_that_nobody_knows_are_refused(method: str) -> None:
    with pytest.raises(UsageError):
        matches("5", Rule(method=method, ref="5"))


TREE = (
    f'<desktop-frame xmlns:st="{NAMESPACES["st"]}"><application name="editor">'
    '<push-button name="Save" st:showing="true">Save</push-button><entry name="Name">garden.txt</entry>'
    "</application></desktop-frame>"
)


def test_check_accessibility_tree() -> None:
    save = {"selectors": ["application[name=editor] push-button[name=Save]"]}
    yes("check_accessibility_tree", TREE, [save, {"xpath": "//entry[@name='Name']", "text": "garden.txt"}])
    yes("check_accessibility_tree", TREE, [{"xpath": "//push-button[@st:showing='true']"}])
    yes("check_accessibility_tree", TREE, [{"selectors": ["push-button[st|showing=true]"]}])
    no("check_accessibility_tree", TREE, [{"selectors": ["push-button[name=Open]"]}])
    no("check_accessibility_tree", TREE, [{"xpath": "//entry", "text": "other.txt"}])
    alike = score("check_accessibility_tree", TREE, [{"xpath": "//entry", "text": "garden", "exact": False}])
    assert 0.7 < alike.reward < 0.8
    with pytest.raises(UsageError, match="neither"):
        score("check_accessibility_tree", TREE, [{}])
    with pytest.raises(UsageError, match="cannot be read"):
        score("check_accessibility_tree", TREE, [{"xpath": "//["}])
    with pytest.raises(NothingThere):
        score("check_accessibility_tree", "<a>", [save])


def test_entities_in_a_tree_are_not_filled_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    xml = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret}">]><a><entry>&x;</entry></a>'
    got = score("check_accessibility_tree", xml, [{"xpath": "//entry", "text": "hidden"}])
    assert got.reward == 0


def test_settings_may_hold_more_than_what_is_expected_unless_the_task_says_so() -> None:
    there = '{"editor.wordWrap": "on", "files": {"autoSave": "afterDelay", "x": 1}, "list": [1, 2]}'
    yes("compare_config", there, {"expected": '{"files": {"autoSave": "afterDelay"}}'})
    no("compare_config", there, {"expected": '{"files": {"autoSave": "off"}}'})
    no("compare_config", there, {"expected": '{"list": [1]}'})
    no("compare_config", there, {"expected": '{"editor.wordWrap": "on"}'}, containment_ok=False)
    yes("compare_config", '{"a":1}', {"expected": '{ "a": 1 }'}, containment_ok=False)
    yes("compare_config", "alias x=y\nalias a=b", {"expected": "alias a=b\n"})
    no("compare_config", "alias a=b c", {"expected": "alias a=b"}, containment_ok=False)
    with pytest.raises(UsageError):
        score("compare_config", "x", {"expected": ""})


def test_an_object_may_be_written_as_python_prints_it_and_lists_in_any_order() -> None:
    yes("check_direct_json_object", " {'a': 1, 'b': 'x'} ", {"expected": {"a": 1}})
    wanted = {"expected": {"a": [1, 2, 2], "ignore_list_order": True}}
    yes("check_direct_json_object", {"a": [2, 1, 2]}, wanted)
    no("check_direct_json_object", {"a": [2, 1, 1]}, wanted)


def test_a_yaml_file_is_read_as_values_alone(tmp_path: Path) -> None:
    rules = {"expect": [{"key": ["lint", "max"], "method": "eq", "ref": 120}]}
    path = tmp_path / "settings.yaml"
    path.write_text("lint:\n  max: 120\n")
    yes("check_json", path, rules, is_yaml=True)
    for text in ("", "a: [", "!!python/object/apply:os.system ['true']", "a: &a [1]\nb: " + "*a " * 2000):
        path.write_text(text)
        with pytest.raises(NothingThere):
            score("check_json", path, rules, is_yaml=True)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("D2:D29", True),
        ("D2:D100", True),
        ("D1:D29", True),
        ("D3:D29", False),
        ("C2:D29", False),
        ("x", False),
    ],
)
def test_ranges_of_cells_lie_between_two_others(value: str, kept: bool) -> None:
    rule = Rule(method="spreadsheet_range", ref=["D2:D29", "D1:D1048576"])
    assert matches(value, rule) is kept
