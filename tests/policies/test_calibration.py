"""``deskhand doctor --model``: servers that see the drawn target, and lie about it in one way each."""

from __future__ import annotations

import base64
import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import Viewport
from deskhand.policies.chat.calibration import Calibration, Finding, as_toml, calibrate
from deskhand.policies.chat.targets import drawn, numbers_of, somewhere
from deskhand.policies.profiles.profile import Frame, chosen_profile, read, shipped
from tests.conftest import deskhand, few
from tests.policies.server import Behaviour, Handler, fails, piece, serving

CALL = (
    'I click it.\n<tool_call>\n{"name": "computer_use", "arguments": '
    '{"action": "left_click", "coordinate": [%s, %s]}}\n</tool_call>'
)
BOX = "I click it. <|begin_of_box|>left_click(start_box='[%s,%s]')<|end_of_box|>"


class Seer:
    """A model that sees: it clicks the red disc of the newest picture, in its own numbers.

    ``shrinks`` is the most pixels that its server leaves of a picture; ``forgets`` how many characters of a
    request it reads, the last ones; ``most`` how many pictures it takes.
    """

    def __init__(
        self,
        limit: float | None = 1000,
        *,
        shrinks: int = 0,
        forgets: int = 0,
        most: int = 0,
        form: str = "",
        eats: bool = False,
        stale: bool = False,
        strips: bool = False,
    ) -> None:
        self.limit, self.shrinks, self.forgets, self.most = limit, shrinks, forgets, most
        self.form, self.eats, self.stale, self.strips = form or CALL, eats, stale, strips
        self.before = ""

    def __call__(self, handler: Handler) -> None:
        question = handler.server.questions[-1]
        pictures = [self._shrunk(picture) for picture in _pictures(question)]
        if self.most and len(pictures) > self.most:
            fails(400, f"At most {self.most} image(s) may be provided in one prompt.")(handler)
            return
        text = self._answer(_text(question), pictures)
        if self.strips:
            text = text.replace("<|begin_of_box|>", "").replace("<|end_of_box|>", "")
        tokens = 300 + sum(picture.width * picture.height // 32**2 for picture in pictures)
        handler.head()
        handler.event(piece("" if self.eats else text, role="assistant"))
        handler.event(piece(finish="stop"))
        handler.event({**piece(), "choices": [], "usage": {"prompt_tokens": tokens, "completion_tokens": 9}})
        handler.event("[DONE]")

    def _answer(self, text: str, pictures: list[Image.Image]) -> str:
        if "password" in text:
            known = text[-self.forgets :] if self.forgets else text
            return known.partition("The password is ")[2].partition(".")[0] or "I do not know it"
        if "Repeat exactly" in text:
            return text.partition("marks: ")[2]
        if "How many pictures" in text:
            return str(len(pictures))
        picture = pictures[-1]
        pixels = np.asarray(picture.convert("RGB")).astype(int)
        red = np.argwhere((pixels[..., 0] > 150) & (pixels[..., 1] < 100) & (pixels[..., 2] < 100))
        y, x = red.mean(axis=0)
        if self.limit is not None:
            x, y = x * self.limit / picture.width, y * self.limit / picture.height
        said = self.form % (
            round(x, 3 if self.limit == 1 else None),
            round(y, 3 if self.limit == 1 else None),
        )
        said, self.before = (self.before or said, self.before or said) if self.stale else (said, said)
        return said

    def _shrunk(self, picture: Image.Image) -> Image.Image:
        share = (self.shrinks / (picture.width * picture.height)) ** 0.5 if self.shrinks else 1.0
        if share >= 1:
            return picture
        return picture.resize((round(picture.width * share), round(picture.height * share)))


def _parts(question: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        part for message in question["messages"] if message["role"] == "user" for part in message["content"]
    ]


def _text(question: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in _parts(question) if part["type"] == "text")


def _pictures(question: dict[str, Any]) -> list[Image.Image]:
    urls = [part["image_url"]["url"] for part in _parts(question) if part["type"] == "image_url"]
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DESKHAND_PROFILE", "DESKHAND_DIALECT", "DESKHAND_MODEL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def looked_at(
    behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch, model: str = "Qwen3-VL-8B"
) -> tuple[Calibration, dict[str, Finding]]:
    with serving(behaviour) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        calibration = calibrate(model, None, ())
        found = {finding.check: finding for finding in calibration.run()}
    return calibration, found


def wrong(found: dict[str, Finding]) -> set[str]:
    return {check for check, finding in found.items() if not finding.good}


def test_a_model_that_does_as_its_profile_says_has_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    calibration, found = looked_at(Seer(), monkeypatch)
    assert wrong(found) == set()
    assert set(found) == {
        "answers", "numbers of a point", "size of pictures", "newest picture", "number of pictures",
        "long requests",
    }  # fmt: skip
    assert calibration.measured == shipped()["qwen3-vl"]


LIES = {
    "pixels": (Seer(None), "numbers of a point", "pixels of the picture"),
    "fractions": (Seer(1), "numbers of a point", "fractions from 0 to 1"),
    "shrunk": (Seer(None, shrinks=500_000), "numbers of a point", "shrank to about 0.5 million"),
    "few tokens": (Seer(shrinks=500_000), "size of pictures", "it is shrunk"),
    "stale": (Seer(stale=True), "newest picture", "an older picture"),
    "two pictures": (Seer(most=2), "number of pictures", "at most 2"),
    "cut": (Seer(forgets=4000), "long requests", "it is cut"),
    "eaten": (Seer(eats=True), "answers", "are empty"),
    "prose": (Seer(form="I would click at once (%.0s%.0s)."), "answers", "name no point"),
}


@pytest.mark.parametrize("lie", few(list(LIES), 4))
def test_each_lie_is_found_and_what_mends_it_is_said(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seer, check, words = LIES[lie]
    _, found = looked_at(seer, monkeypatch)
    assert not found[check].good
    assert words in found[check].found
    assert found[check].advice


def test_box_tokens_that_a_server_leaves_out_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole = looked_at(Seer(999, form=BOX), monkeypatch, "GLM-4.5V")
    assert wrong(whole) == set() and whole["special tokens"].good
    _, stripped = looked_at(Seer(999, form=BOX, strips=True), monkeypatch, "GLM-4.5V")
    assert wrong(stripped) == {"special tokens"}, "its calls are read all the same"


def test_what_was_found_is_a_profile_that_finds_nothing_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calibration, _ = looked_at(Seer(None), monkeypatch)
    assert calibration.measured is not None and calibration.measured.frame == Frame(kind="picture")
    path = tmp_path / "mine.toml"
    path.write_text(as_toml(calibration.measured, "mine"))
    assert read(path).coordinates == calibration.measured.coordinates
    with serving(Seer(None)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        again = calibrate("Qwen3-VL-8B", str(path), ())
        assert all(finding.good for finding in again.run())


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_profile_comes_back_from_its_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(as_toml(shipped()[name], "mine"))
    assert read(path) == shipped()[name].model_copy(update={"name": "mine", "models": ()})


def test_the_command_prints_what_is_wrong_and_writes_the_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "mine.toml"
    with serving(Seer(None)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        done = deskhand("doctor", "--model", "Qwen3-VL-8B", "--out", str(out), "--json")
        again = deskhand("doctor", "--model", "Qwen3-VL-8B", "--profile", str(out), "--json")
    assert done.returncode == 1, done.stderr
    rows = {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert rows["numbers of a point"]["ok"] == "NO"
    assert "--profile-set frame.kind=picture" in rows["numbers of a point"]["what to do"]
    assert chosen_profile("x", str(out)).frame.kind == "picture"
    assert again.returncode == 0, again.stdout


def test_options_of_a_model_need_one_and_a_profile_ends_in_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deskhand("doctor", "--profile", "qwen3-vl").returncode == 2
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    done = deskhand("doctor", "--model", "Qwen3-VL-8B", "--out", "mine.txt")
    assert done.returncode == 2 and ".toml" in done.stderr


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("The 2nd disc: click(start_box='<|box_start|>(120,300)<|box_end|>')", (120, 300)),
        ("<function=click><parameter=point><point>120 300</point></parameter></function>", (120, 300)),
        ("pyautogui.click(x=0.5, y=0.25)", (0.5, 0.25)),
        ("Click(box=(100,200,300,400))", (200, 300)),
        ("It is at 12, 13.", (12, 13)),
        ("nowhere", None),
    ],
)
def test_the_numbers_of_an_answer_are_found_in_every_form(
    text: str, numbers: tuple[float, float] | None
) -> None:
    assert numbers_of(text) == numbers


def test_a_target_is_the_only_red_thing_on_its_screen() -> None:
    screen = Viewport(1280, 800)
    target = somewhere(screen, random.Random(1))
    pixels = drawn(screen, target).pixels.astype(int)
    y, x = np.argwhere((pixels[..., 0] > 150) & (pixels[..., 1] < 100)).mean(axis=0)
    assert abs(x - target.x) <= 1 and abs(y - target.y) <= 1
