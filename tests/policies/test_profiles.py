"""Profiles: each family's file is whole, a name chooses one, and points come through a frame unharmed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from deskhand.actions.dialects.contract import check_dialect
from deskhand.actions.geometry import ScreenPoint, SmartResized, Viewport, from_screen, to_screen
from deskhand.actions.vocabulary import Click
from deskhand.errors import UsageError
from deskhand.policies.profiles.profile import (
    POINTS,
    Profile,
    changed,
    chosen_profile,
    named,
    plain_profile,
    profile_of,
    read,
    shipped,
)
from tests.conftest import few

SCREENS = [
    Viewport(1280, 800),
    Viewport(1920, 1080),
    Viewport(3840, 2160),
    Viewport(390, 844),
    Viewport(1366, 768),
    Viewport(1024, 1366),
]
NAMES = sorted(shipped())
AGENTS = [name for name in NAMES if shipped()[name].role == "agent" and not shipped()[name].tool]
MODELS = {
    "UI-TARS-7B-DPO": "ui-tars-1.0",
    "bytedance-research/UI-TARS-2B-SFT": "ui-tars-1.0",
    "ByteDance-Seed/UI-TARS-1.5-7B": "ui-tars-1.5",
    "ui-tars-2": "seed",
    "doubao-seed-1-6-vision-250815": "seed",
    "doubao-1-5-ui-tars-250428": "doubao",
    "Qwen/Qwen2.5-VL-72B-Instruct": "qwen2.5-vl",
    "qwen3-vl:8b": "qwen3-vl",
    "Qwen/Qwen3-VL-235B-A22B-Thinking": "qwen3-vl",
    "Qwen/Qwen3.5-35B-A3B": "qwen3.5",
    "qwen3.6-27b": "qwen3.5",
    "Qwen3.8-27B": "qwen3.5",
    "zai-org/GLM-4.1V-9B-Thinking": "glm-4.5v",
    "glm-4.5v": "glm-4.5v",
    "zai-org/GLM-4.6V-Flash": "glm-4.6v",
    "GLM-5.3-Flash": "glm-4.6v",
    "mPLUG/GUI-Owl-7B": "gui-owl-1",
    "mPLUG/GUI-Owl-1.5-8B-Instruct": "gui-owl-1.5",
    "Tongyi-MAI/MAI-UI-8B": "mai-ui",
    "inclusionAI/UI-Venus-Navi-7B": "ui-venus-1",
    "inclusionAI/UI-Venus-1.5-30B-A3B": "ui-venus-1.5",
    "Hcompany/Holo1.5-7B": "holo1.5",
    "Hcompany/Holo2-30B-A3B": "holo2",
    "Hcompany/Holo3-35B-A3B": "holo3",
    "microsoft/Fara-7B": "fara",
    "xlangai/OpenCUA-32B": "opencua",
    "moonshotai/Kimi-K2.5": "kimi",
    "showlab/ShowUI-2B": "showui",
    "OS-Copilot/OS-Atlas-Base-7B": "os-atlas",
    "HelloKKMe/GTA1-7B": "gta1",
    "claude-opus-5-5": "anthropic",
    "claude-sonnet-6": "anthropic",
    "claude-opus-4-5-20251101": "anthropic-2025-11",
    "claude-sonnet-4-6": "anthropic-2025-11",
    "claude-opus-5": "anthropic-2025-11",
    "claude-sonnet-4-20250514": "anthropic-2025-01",
    "claude-sonnet-4-5-20250929": "anthropic-2025-01",
    "claude-haiku-4-5": "anthropic-2025-01",
    "claude-3-7-sonnet-20250219": "anthropic-2025-01",
    "gpt-5.4": "openai-computer",
    "gpt-5.5-mini": "openai-computer",
    "computer-use-preview-2025-03-11": "openai-computer-preview",
    "gemini-3.5-flash": "gemini",
    "gemini-2.5-computer-use-preview-10-2025": "gemini-2025",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DESKHAND_PROFILE", "DESKHAND_DIALECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("model", "name"), MODELS.items())
def test_a_published_name_chooses_one_profile_and_no_other(model: str, name: str) -> None:
    assert profile_of(model).name == name
    assert [one.name for one in shipped().values() if one.matches(model)] == [name]


def test_every_family_has_a_name_that_chooses_it_and_says_where_its_facts_are_from() -> None:
    assert set(MODELS.values()) == set(NAMES)
    assert all(profile.source for profile in shipped().values())


@pytest.mark.parametrize("model", ["gpt-4o", "llava", "my-model", "qwen2-vl", "", "ui-tars"])
def test_an_unknown_model_is_asked_for_by_name_with_the_page_that_explains(model: str) -> None:
    with pytest.raises(UsageError, match=r"--profile FILE.*docs/models\.md") as error:
        profile_of(model)
    assert "qwen3-vl" in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_point_comes_through_the_frame_and_back_within_one_unit(name: str) -> None:
    profile, chance = shipped()[name], random.Random(name)
    for screen in SCREENS:
        across, down = profile.coordinates.size(screen)
        corners = [ScreenPoint(0, 0), ScreenPoint(screen.width - 1, screen.height - 1)]
        for point in [
            *corners,
            *(
                ScreenPoint(chance.randrange(screen.width), chance.randrange(screen.height))
                for _ in range(200)
            ),
        ]:
            x, y = from_screen(point, profile.coordinates, screen)
            digits = 4 if max(across, down) <= 1 else 0
            back = to_screen(round(x, digits), round(y, digits), profile.coordinates, screen)
            assert back is not None and not back.clamped
            unit = 10.0**-digits
            assert abs(back.point.x - point.x) <= max(1, unit * screen.width / across)
            assert abs(back.point.y - point.y) <= max(1, unit * screen.height / down)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_pictures_have_the_size_at_which_the_familys_own_resizing_changes_nothing(
    name: str, screen: Viewport
) -> None:
    picture = shipped()[name].picture
    sent = picture.size(screen)
    assert picture.size(sent) == sent
    assert sent.width % picture.factor == 0 == sent.height % picture.factor
    assert picture.min_pixels <= sent.width * sent.height <= picture.max_pixels
    assert abs(sent.width / sent.height - screen.width / screen.height) < 0.1


@pytest.mark.parametrize("name", few(AGENTS, 4))
def test_the_dialect_of_a_profile_keeps_its_contract_in_the_profiles_frame(name: str) -> None:
    check_dialect(shipped()[name].spoken(), SCREENS[:2])


def test_a_frame_in_pixels_is_the_one_of_the_picture_that_is_sent() -> None:
    for profile in shipped().values():
        if profile.frame.kind == "picture":
            for screen in SCREENS:
                sent = profile.picture.size(screen)
                assert profile.coordinates.size(screen) == (sent.width, sent.height)


def test_a_field_can_have_another_value() -> None:
    profile = changed(
        named("qwen3.5"),
        [
            "history.pictures=2",
            "sampling.temperature=0.5",
            "think=false",
            "stop=['</x>']",
            "frame.limit=999",
        ],
    )
    assert profile.history.pictures == 2 and profile.frame.limit == 999
    assert profile.options() == {
        "max_tokens": 8192,
        "temperature": 0.5,
        "chat_template_kwargs": {"enable_thinking": False},
        "stop": ["</x>"],
    }
    assert changed(profile, ["think=true"]).options()["chat_template_kwargs"] == {"enable_thinking": True}
    assert changed(named("glm-4.5v"), []).options()["skip_special_tokens"] is False


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("history.picture=3", "did you mean 'history.pictures'"),
        ("nothing=3", "no field 'nothing'"),
        ("history.pictures", "FIELD=VALUE"),
        ("history.pictures=many", "history.pictures"),
        ("history.pictures=0", "history.pictures"),
        ("dialect=klingon", "no dialect 'klingon'"),
        ("sampling.messages=1", "not for a profile to set"),
        ("picture.max_pixels=10", "min_pixels"),
        ("frame.kind=guessed", "frame.kind"),
    ],
)
def test_a_field_that_is_not_there_or_a_value_that_does_not_fit_is_an_error(setting: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        changed(named("qwen3-vl"), [setting])


TWENTY_LINES = """
name = "mine"
models = ["my-model"]
dialect = "computer-use"
max_tokens = 512

[frame]
kind = "picture"

[picture]
factor = 14
min_pixels = 3136
max_pixels = 1000000

[history]
pictures = 2

[sampling]
temperature = 0.0

[prices]
prompt = 0.5
completion = 2.0
"""


def test_a_profile_of_ones_own_is_twenty_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TWENTY_LINES)
    profile = chosen_profile("whatever", profile=str(path))
    assert profile.coordinates == SmartResized(14, 3136, 1_000_000)
    assert profile.prices.of(1_000_000, 500_000) == 1.5
    screen = Viewport(1920, 1080)
    sent = profile.picture.size(screen)
    text = profile.spoken().render([Click(at=ScreenPoint(960, 540))], "t", screen)
    assert f"[{sent.width // 2}, {sent.height // 2}]" in text
    assert len(TWENTY_LINES.strip().splitlines()) <= 24


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name = ", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b'name = "x"\ndialect = "computer-use"\ncolour = 1', "colour"),
        (b'dialect = "computer-use"', "name"),
        (b'name = "x"\ndialect = "computer-use"\nmodels = ["("]', "no regular expression"),
        (b"# " + b"x" * 70_000, "short file"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_profile_is_an_error_that_says_why(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        read(path)


def test_a_dialect_alone_has_its_usual_frame_and_with_a_profile_it_takes_the_profiles() -> None:
    assert plain_profile("ui-tars-1.5").coordinates == SmartResized()
    assert chosen_profile("unheard-of", dialect="doubao").dialect == "doubao"
    both = chosen_profile("x", profile="qwen2.5-vl", dialect="ui-tars-1.5")
    assert both.dialect == "ui-tars-1.5" and both.coordinates == shipped()["qwen2.5-vl"].coordinates
    with pytest.raises(UsageError, match="did you mean 'qwen3-vl'"):
        named("qwen3-v")


def test_what_is_asked_for_outweighs_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKHAND_DIALECT", "doubao")
    assert chosen_profile("x", profile="qwen3-vl").dialect == "computer-use"
    assert chosen_profile("qwen3-vl:8b").dialect == "doubao"
    monkeypatch.setenv("DESKHAND_PROFILE", "kimi")
    assert chosen_profile("x", profile="qwen3-vl").name == "qwen3-vl"


def test_a_grounder_says_places_only() -> None:
    assert {name for name in NAMES if shipped()[name].dialect == POINTS} == {"gta1", "os-atlas", "showui"}
    with pytest.raises(UsageError, match="--grounder"):
        shipped()["gta1"].spoken()


def test_numbers_above_one_of_a_frame_of_fractions_are_pixels_where_the_family_has_them() -> None:
    kimi, screen = shipped()["kimi"].spoken(), Viewport(1920, 1080)
    for place in ("x=0.5, y=0.25", "x=960, y=270"):
        reply = kimi.parse(f"```python\npyautogui.click({place})\n```", screen)
        assert reply.actions == (Click(at=ScreenPoint(960, 270)),)


def test_old_pictures_are_left_out_in_blocks() -> None:
    history = Profile(name="x", dialect="doubao").history.model_copy(update={"pictures": 4, "block": 2})
    assert [history.first_shown(count) for count in range(1, 10)] == [0, 0, 0, 0, 2, 2, 4, 4, 6]
    one = history.model_copy(update={"pictures": 1, "block": 3})
    assert [count - one.first_shown(count) for count in range(1, 6)] == [1] * 5
