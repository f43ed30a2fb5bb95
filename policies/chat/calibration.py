"""Finds out how a model or a server really answers: it is asked to click targets that are drawn, and more.

Servers shrink pictures without a word, leave tokens out, lose calls, cut what they are sent, or answer from
an older picture. Each probe asks what a run would ask, and compares the answer with what was drawn.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from deskhand.actions.geometry import ScreenPoint, Viewport, from_screen
from deskhand.errors import ActionParseError, BackendError
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.client import Answer
from deskhand.policies.chat.conversation import Conversation, data_url, sent_size
from deskhand.policies.chat.targets import (
    Clicked,
    drawn,
    frames,
    in_words,
    miss,
    numbers_of,
    picture_pixels,
    share_of,
    somewhere,
)
from deskhand.policies.profiles.profile import Frame, Profile
from deskhand.text import clean

SCREENS = (Viewport(1280, 800), Viewport(1920, 1080), Viewport(1000, 1400))
TARGETS = 3
"""Targets a screen."""
NEAR = 0.02
"""Share of the screen's diagonal within which a click counts as one on the target."""
LEAST_SHARE = 0.7
"""A picture of which fewer of the expected tokens are counted was shrunk."""
SECRET_WORDS = ("heron", "violin", "marble", "lantern", "saffron", "glacier")

Ask = Callable[[Sequence[dict[str, Any]]], Answer]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe found.

    Attributes:
        check: what was looked at.
        good: whether it is as it should be.
        found: in words.
        advice: what to do, where it is not.
    """

    check: str
    good: bool
    found: str
    advice: str = ""


@dataclass(slots=True)
class Calibration:
    """Asks a model in all these ways.

    Attributes:
        profile: with which it is asked.
        ask: asks it; raises BackendError.
        pictures: how many pictures the client sends at most, after the server refused more; None for all.
        findings: what was found, in order.
        measured: the profile as it was found to be.
    """

    profile: Profile
    ask: Ask
    pictures: Callable[[], int | None] = lambda: None
    findings: list[Finding] = field(default_factory=list)
    measured: Profile | None = None

    def run(self) -> Iterator[Finding]:
        """All probes, each as it ends."""
        clicks: list[Clicked] = []
        probes: tuple[Callable[[], Iterator[Finding]], ...] = (
            lambda: self._clicks(clicks),
            lambda: self._frame(clicks),
            lambda: self._shrinking(clicks),
            self._newest,
            self._many_pictures,
            self._context,
            self._tokens,
        )
        for probe in probes:
            for finding in probe():
                self.findings.append(finding)
                yield finding

    def _clicks(self, clicks: list[Clicked]) -> Iterator[Finding]:
        chance = random.Random(7)
        for screen in SCREENS:
            for _ in range(TARGETS):
                clicks.append(self._click(screen, somewhere(screen, chance)))
        silent = [one for one in clicks if one.said is None]
        readable = [one for one in clicks if self._reads(one)]
        if not silent and len(readable) == len(clicks):
            yield Finding(
                "answers", True, f"{len(clicks)} of {len(clicks)} name a point, in {self.profile.dialect}"
            )
        elif any(not one.text.strip() for one in silent):
            yield Finding(
                "answers",
                False,
                f"{sum(not one.text.strip() for one in silent)} of {len(clicks)} are empty",
                "a parser of the server takes the calls away: start it without --tool-call-parser and "
                "--reasoning-parser, or with the one of this family (docs/models.md)",
            )
        else:
            shown = clean((silent or [one for one in clicks if one not in readable])[0].text, 100)
            yield Finding(
                "answers",
                False,
                f"{len(clicks) - len(readable)} of {len(clicks)} name no point in {self.profile.dialect}, as "
                f"{shown!r}",
                "see whether the profile is the model's: name another with --profile",
            )

    def _click(self, screen: Viewport, target: ScreenPoint) -> Clicked:
        shot = drawn(screen, target)
        answer = self._asked("Click the middle of the red disc.", shot)
        sent = sent_size(self.profile, screen)
        return Clicked(screen, sent, target, numbers_of(answer.text), answer.text, answer.prompt_tokens)

    def _asked(self, task: str, shot: Screenshot) -> Answer:
        talk = Conversation(self.profile, language="English")
        return self.ask(talk.messages(task, Observation(shot), ()))

    def _reads(self, one: Clicked) -> bool:
        # Whether the point lies on the screen is another matter: any larger screen will do.
        try:
            return bool(self.profile.spoken().parse(one.text, one.screen).actions)
        except ActionParseError as error:
            return "outside the screen" in error.reason or "parts of the screen" in error.reason

    def _frame(self, clicks: Sequence[Clicked]) -> Iterator[Finding]:
        usable = [one for one in clicks if one.said is not None]
        if len(usable) < len(clicks) / 2:
            yield Finding("numbers of a point", False, "too few answers name one", "mend the answers first")
            return
        own = self.profile.coordinates
        if miss(usable, lambda one: from_screen(one.target, own, one.screen)) <= NEAR:
            self.measured = self.profile
            yield Finding("numbers of a point", True, f"as the profile says: {in_words(own)}")
            return
        for words, frame, place in frames(self.profile):
            if miss(usable, place) <= NEAR:
                self.measured = self.profile.model_copy(update={"frame": frame})
                yield Finding(
                    "numbers of a point",
                    False,
                    f"{words}, not {in_words(own)}",
                    f"--profile-set frame.kind={frame.kind}"
                    + (f" --profile-set frame.limit={frame.limit}" if frame.kind == "scale" else ""),
                )
                return
        yield from self._shrunk(usable)

    def _shrunk(self, usable: Sequence[Clicked]) -> Iterator[Finding]:
        """Pixels of a smaller picture than the one that was sent: the same share of it on both axes."""
        shares = {one.screen: share_of(usable, one.screen) for one in usable}
        if all(share is not None for share in shares.values()):
            found = {screen: share for screen, share in shares.items() if share is not None}

            def place(one: Clicked) -> tuple[float, float]:
                x, y = picture_pixels(one.target, one.screen, one.sent)
                return x * found[one.screen], y * found[one.screen]

            if miss(usable, place) <= NEAR and min(found.values()) < 0.98:
                sizes = {one.screen: one.sent for one in usable}
                most = max(int(sizes[s].width * sizes[s].height * share**2) for s, share in found.items())
                picture = self.profile.picture.model_copy(
                    update={"max_pixels": most, "min_pixels": min(self.profile.picture.min_pixels, most)}
                )
                self.measured = self.profile.model_copy(
                    update={"picture": picture, "frame": Frame(kind="picture", told=self.profile.frame.told)}
                )
                yield Finding(
                    "numbers of a point",
                    False,
                    f"pixels of a picture that somebody shrank to about {most / 1e6:.1f} million",
                    f"raise the server's bound of pixels, or --profile-set picture.max_pixels={most}",
                )
                return
        away = miss(usable, lambda one: from_screen(one.target, self.profile.coordinates, one.screen))
        yield Finding(
            "numbers of a point",
            False,
            f"in no numbers that are known; by the profile's it misses by {away:.0%} of the screen",
            "the model does not see the target, or the server does not pass the picture on",
        )

    def _shrinking(self, clicks: Sequence[Clicked]) -> Iterator[Finding]:
        counted = {one.sent: one.tokens for one in clicks if one.tokens}
        sizes = sorted(counted, key=lambda size: size.width * size.height)
        if len(sizes) < 2 or self.profile.picture.factor < 2:
            yield Finding("size of pictures", True, "not to be told from the server's count of tokens")
            return
        small, large = sizes[0], sizes[-1]
        expected = (large.width * large.height - small.width * small.height) / self.profile.picture.factor**2
        share = (counted[large] - counted[small]) / expected if expected else 1.0
        if share >= LEAST_SHARE:
            yield Finding("size of pictures", True, f"{large.width}x{large.height} counts as large as it is")
        else:
            yield Finding(
                "size of pictures",
                False,
                f"{large.width}x{large.height} counts {max(0, round(share * 100))} % of the tokens that it "
                "has: it is shrunk",
                "raise the server's bound (--mm-processor-kwargs, --image-max-tokens, its setting), or send "
                f"less: --profile-set picture.max_pixels={small.width * small.height}",
            )

    def _newest(self) -> Iterator[Finding]:
        screen = SCREENS[0]
        places = ScreenPoint(200, 150), ScreenPoint(1100, 650), ScreenPoint(1100, 150)
        said = [self._click(screen, place).said for place in places]
        same = any(one is not None and one == two for one, two in pairwise(said))
        if same:
            yield Finding(
                "newest picture",
                False,
                "two screens with different targets got one answer: it came from an older picture",
                "turn the server's prefix cache off (vLLM: --no-enable-prefix-caching)",
            )
        else:
            yield Finding("newest picture", True, "each screen got its own answer")

    def _many_pictures(self) -> Iterator[Finding]:
        wanted = self.profile.history.pictures
        shots = [drawn(SCREENS[0], ScreenPoint(100 + 90 * n, 200)) for n in range(wanted)]
        size = sent_size(self.profile, SCREENS[0])
        parts = [{"type": "image_url", "image_url": {"url": data_url(shot, size)}} for shot in shots]
        words = {"type": "text", "text": "How many pictures do you see? Answer with the number alone."}
        try:
            self.ask([{"role": "user", "content": [*parts, words]}])
        except BackendError as error:
            yield Finding(
                "number of pictures",
                False,
                f"{wanted} in a request are refused: {clean(str(error), 160)}",
                "raise the server's limit (vLLM: --limit-mm-per-prompt), or --profile-set history.pictures=1",
            )
            return
        most = self.pictures()
        if most is not None and most < wanted:
            yield Finding(
                "number of pictures",
                False,
                f"at most {most} in a request, where the profile sends {wanted}",
                "raise the server's limit (vLLM: --limit-mm-per-prompt), or "
                f"--profile-set history.pictures={most}",
            )
        else:
            yield Finding("number of pictures", True, f"{wanted} in a request are taken")

    def _context(self) -> Iterator[Finding]:
        """Whether the beginning of a long request is still read at its end."""
        word = random.Random(11).choice(SECRET_WORDS)
        filler = "The list of things to do is long, and each line of it says another thing. " * 250
        text = (
            f"The password is {word}. Keep it in mind.\n{filler}\n"
            "What is the password? Answer with that word alone."
        )
        answer = self.ask([{"role": "user", "content": [{"type": "text", "text": text}]}])
        if word in answer.text.lower():
            yield Finding("long requests", True, "the beginning of a long request is known at its end")
        else:
            yield Finding(
                "long requests",
                False,
                "the beginning of a request of about 5,000 tokens is not known at its end: it is cut",
                "raise the server's context (Ollama: OLLAMA_CONTEXT_LENGTH=32768; llama.cpp: -c 32768)",
            )

    def _tokens(self) -> Iterator[Finding]:
        if not self.profile.special_tokens:
            return
        text = "Repeat exactly, with its marks: <|begin_of_box|>done<|end_of_box|>"
        answer = self.ask([{"role": "user", "content": [{"type": "text", "text": text}]}])
        if "<|begin_of_box|>" in answer.text:
            yield Finding("special tokens", True, "they come through")
        else:
            yield Finding(
                "special tokens",
                False,
                "box tokens are left out of answers",
                "use a server that takes skip_special_tokens (vLLM, SGLang)",
            )


def as_toml(profile: Profile, name: str) -> str:
    """A profile as the text of a file of one's own; only what says something."""
    data = profile.model_copy(update={"name": name, "models": ()}).model_dump(
        mode="json", exclude_defaults=True
    )
    plain = {key: value for key, value in data.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in data.items() if isinstance(value, dict) and value}
    lines = [f"{key} = {_toml(value)}" for key, value in plain.items()]
    for table, values in tables.items():
        lines += ["", *_table(table, values)]
    return "\n".join(lines) + "\n"


def _table(name: str, values: dict[str, Any]) -> Iterator[str]:
    yield f"[{name}]"
    yield from (f"{key} = {_toml(value)}" for key, value in values.items() if not isinstance(value, dict))
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _table(f"{name}.{key}", value)


def _toml(value: Any) -> str:
    """A value as TOML writes it; texts as JSON does, which TOML reads alike."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=True)


def calibrate(model: str, profile: str | None, settings: Sequence[str]) -> Calibration:
    """Get ready to look at a model of the server that the environment names, or at ``local:FOLDER``.

    Raises:
        UsageError: there is no such folder or profile.
        BackendError: there is neither a key nor a server of one's own, or the model cannot be loaded.
    """
    if model.startswith("local:"):
        from deskhand.policies.local.policy import LocalPolicy

        local = LocalPolicy(model.removeprefix("local:"), profile=profile, settings=settings)
        return Calibration(local.profile, local.ask)
    from deskhand.policies.chat.openai_server import OpenAIPolicy

    policy = OpenAIPolicy(model, profile=profile, settings=settings)
    return Calibration(policy.profile, policy.ask, lambda: policy.most_pictures)
