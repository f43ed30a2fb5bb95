"""Getting a dialect by name, and what it says about itself."""

from __future__ import annotations

import pytest

from deskhand.actions import dialects
from deskhand.actions.dialects import Dialect
from deskhand.actions.dialects.catalogue import BY_NAME, COMMON, SECOND
from deskhand.actions.geometry import PerMille, ScreenPoint, SmartResized, Viewport
from deskhand.actions.vocabulary import ACTION, Click
from deskhand.errors import UsageError

TARS = ("ui-tars-1.0", "ui-tars-1.5", "doubao", "ui-tars-2")
SCREEN = Viewport(3840, 2160)


def test_every_dialect_has_its_name_and_its_frame() -> None:
    assert dialects.names()[:4] == TARS
    for name in dialects.names():
        dialect = dialects.get(name)
        assert dialect.name == name
        assert isinstance(dialect, Dialect)
    assert dialects.get("doubao").coordinates == PerMille()
    assert dialects.get("ui-tars-1.5").coordinates == SmartResized()


def test_the_limits_of_the_models_resizing_are_options() -> None:
    dialect = dialects.get("ui-tars-1.5", max_pixels=2700 * 28 * 28)
    assert dialect.coordinates.size(SCREEN) == (1932.0, 1064.0)
    reply = dialect.parse("Action: click(start_box='(966,532)')", SCREEN)
    assert reply.actions == (Click(at=ScreenPoint(1920, 1080)),)
    assert dialects.get("ui-tars-1.5", factor=32, min_pixels=32 * 32).coordinates == SmartResized(32, 32 * 32)


def test_unknown_names_and_options_are_refused_with_the_known_ones() -> None:
    with pytest.raises(
        UsageError, match=r"no dialect 'ui-tars-3'.*ui-tars-1.0, ui-tars-1.5, doubao, ui-tars-2"
    ):
        dialects.get("ui-tars-3")
    with pytest.raises(
        UsageError, match="does not take the option 'max_pixel'; it takes factor, min_pixels, max_pixels"
    ):
        dialects.get("ui-tars-1.5", max_pixel=5)
    with pytest.raises(UsageError, match="it takes none"):
        dialects.get("doubao", factor=28)


@pytest.mark.parametrize(
    "options", [{"factor": 0}, {"factor": 2.5}, {"factor": True}, {"max_pixels": "many"}, {"max_pixels": 5}]
)
def test_sizes_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        dialects.get("ui-tars-1.5", **options)


def test_the_prompts_list_has_one_line_for_every_word() -> None:
    for name, words in (("ui-tars-1.0", COMMON), ("doubao", COMMON), ("ui-tars-2", SECOND)):
        lines = dialects.get(name).describe().splitlines()
        assert len(lines) == len(words)
        for word, line in zip(words, lines, strict=True):
            assert word in line and BY_NAME[word].says in line


def test_every_line_of_the_prompts_list_is_read_as_its_own_action() -> None:
    for name in TARS:
        dialect = dialects.get(name)
        words = SECOND if name == "ui-tars-2" else COMMON
        for word, line in zip(words, dialect.describe().splitlines(), strict=True):
            said = line.partition("  # ")[0]
            said = said.replace("x1", "1").replace("y1", "2").replace("x2", "3").replace("y2", "4")
            said = said.replace("(x,y)", "(1,2)").replace("x y<", "1 2<")
            (action,) = dialect.parse(f"Action: {said}", SCREEN).actions
            assert action.kind == BY_NAME[word].kind


def test_the_prompts_list_can_be_cut_to_what_a_sandbox_can_do() -> None:
    listed = dialects.get("ui-tars-2").describe(kinds={"click", "finished"})
    assert [line.split(">")[0] for line in listed.splitlines()] == [
        "<function=click", "<function=left_double", "<function=right_single", "<function=finished",
    ]  # fmt: skip


def test_every_kind_of_the_vocabulary_can_be_said_in_some_words() -> None:
    said = {word.kind for word in BY_NAME.values()}
    kinds = {option["properties"]["kind"]["const"] for option in ACTION.json_schema()["$defs"].values()
             if "kind" in option.get("properties", {})}  # fmt: skip
    assert kinds <= said
