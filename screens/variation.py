"""What a seed varies, and which of it training may see.

Every task draws its parameters from pools and its sentence from wordings. Pools and wordings have
two parts: one that demonstrations are made from, and one kept for measuring. A seed says which part
is used, so that results can be distinguished:

| seed % 5 | parameters | wording |
|---|---|---|
| 0 | seen | seen |
| 1 | unseen | seen |
| 2 | unseen | seen |
| 3 | seen | unseen |
| 4 | unseen | unseen |

Training draws only from the seen parts, with seeds from ``FIRST_TRAINING_SEED`` on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

FIRST_TRAINING_SEED = 100_000


@dataclass(frozen=True, slots=True)
class Variation:
    """Which parts of the pools a seed draws from, and its source of chance."""

    seed: int
    parameters_seen: bool
    wording_seen: bool

    @classmethod
    def of(cls, seed: int) -> Variation:
        if seed >= FIRST_TRAINING_SEED:
            return cls(seed, True, True)
        return cls(seed, seed % 5 in (0, 3), seed % 5 in (0, 1, 2))

    def chance(self, purpose: str) -> random.Random:
        """A source of chance that differs for each task and purpose."""
        return random.Random(f"{purpose}:{self.seed}")


@dataclass(frozen=True, slots=True)
class Pool:
    """Values a parameter can have: those that training may see and those kept apart."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    def part(self, seen: bool) -> tuple[str, ...]:
        return self.seen if seen else self.unseen

    def draw(self, chance: random.Random, seen: bool) -> str:
        return chance.choice(self.part(seen))


def _pool(seen: str, unseen: str) -> Pool:
    return Pool(tuple(seen.split()), tuple(unseen.split()))


NOUNS = _pool(
    "report budget letter garden meeting invoice recipe travel music summer project client market school "
    "family holiday library kitchen camera bicycle weather story lesson ticket planet river engine window "
    "winter coffee doctor memory island yellow number friend office paper morning village teacher orange "
    "season bridge forest silver notes draft plan agenda ideas photos taxes bills sales orders stock",
    "lantern harbour quartz pelican saddle walnut compass orchid meadow glacier tunnel velvet pepper "
    "ribbon anchor cactus falcon marble puzzle thunder copper violin parcel rocket candle desert",
)
VERBS = _pool(
    "is was has needs likes sees wants finds keeps gives takes makes loses opens closes moves",
    "carries follows measures paints repairs borrows hides cleans",
)
ADJECTIVES = _pool(
    "big small new old red blue green quiet early late happy simple clean cold warm heavy long short",
    "brittle golden hollow narrow purple rapid sturdy tender",
)
ENDINGS = _pool("txt md txt log txt csv", "txt dat rst txt")


def sentence(chance: random.Random, seen: bool) -> str:
    """A short sentence without quotes: "the old garden needs a quiet letter today"."""

    def noun() -> str:
        return NOUNS.draw(chance, seen)

    def verb() -> str:
        return VERBS.draw(chance, seen)

    def adjective() -> str:
        return ADJECTIVES.draw(chance, seen)

    shapes = (
        lambda: f"{noun()} {verb()} {noun()}",
        lambda: f"the {adjective()} {noun()} {verb()} the {noun()}",
        lambda: f"{adjective().capitalize()} {noun()} {verb()} a {noun()} today.",
        lambda: f"{noun()} and {noun()}",
        lambda: f"my {noun()} {verb()} {adjective()}",
        lambda: f"{noun()} {chance.randint(2, 99)} {verb()} here",
        lambda: f"Please bring the {adjective()} {noun()}!",
    )
    return chance.choice(shapes)()


def words(chance: random.Random, seen: bool) -> str:
    """One to three plain words."""
    return " ".join(NOUNS.draw(chance, seen) for _ in range(chance.randint(1, 3)))


def file_name(chance: random.Random, seen: bool) -> str:
    """A file's name with an ending: "garden.txt", "old-letter.md", "sales_12.csv"."""
    noun = NOUNS.draw(chance, seen)
    stem = chance.choice(
        (
            noun,
            noun,
            f"{ADJECTIVES.draw(chance, seen)}-{noun}",
            f"{noun}_{chance.randint(1, 99)}",
            f"{noun}{chance.randint(1, 9)}",
        )
    )
    return f"{stem}.{ENDINGS.draw(chance, seen)}"


def short_file_name(chance: random.Random, seen: bool) -> str:
    """A name of at most 10 characters, which a file manager shows on one line: "garden.txt"."""
    noun = chance.choice([noun for noun in NOUNS.part(seen) if len(noun) <= 6])
    stem = f"{noun}{chance.randint(2, 9)}" if len(noun) < 6 and chance.random() < 0.5 else noun
    return f"{stem}.{ENDINGS.draw(chance, seen)}"


def folder_name(chance: random.Random, seen: bool) -> str:
    """A folder's name: "garden", "music2024", "old-letters"."""
    noun = NOUNS.draw(chance, seen)
    return chance.choice(
        (noun, noun, f"{noun}{chance.randint(2019, 2029)}", f"{ADJECTIVES.draw(chance, seen)}-{noun}")
    )


def number(chance: random.Random, seen: bool, least: int, most: int) -> int:
    """A number that is odd where training may see it, and even where it is kept for measuring."""
    return chance.randrange(least + (least + int(seen)) % 2, most, 2)


def nouns(chance: random.Random, seen: bool, count: int, longest: int = 9) -> list[str]:
    """Different nouns, none longer than that."""
    return chance.sample([noun for noun in NOUNS.part(seen) if len(noun) <= longest], count)


def distinct(draw: Sequence[str]) -> bool:
    """Whether no value stands twice."""
    return len(set(draw)) == len(draw)
