"""Random words for made-up screens: what buttons, labels and lists say, in several languages."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("words.json")


@cache
def words() -> dict[str, dict[str, list[str]]]:
    """Language -> kind of word -> words."""
    found: dict[str, dict[str, list[str]]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return found


class Wording:
    """Words of one language with a few of another among them.

    Args:
        rng: where chance comes from.
        language: which of the languages; None for one by chance, English more often than not.
    """

    def __init__(self, rng: random.Random, language: str | None = None) -> None:
        self.rng = rng
        others = [name for name in words() if name != "en"]
        self.language = language or ("en" if rng.random() < 0.6 else rng.choice(others))

    def some(self, kind: str) -> str:
        """A word of a kind: actions, labels, options, nouns, people, sentences."""
        language = self.language if self.rng.random() < 0.93 else "en"
        return self.rng.choice(words()[language][kind])

    def several(self, kind: str, count: int) -> list[str]:
        """Different words of a kind; fewer where there are not so many."""
        stock = words()[self.language][kind]
        return self.rng.sample(stock, min(count, len(stock)))

    def value(self) -> str:
        """What somebody may have typed into a field."""
        rng = self.rng
        user = rng.choice(("anna", "j.smith", "office", "wei", "info", "m.lopez"))
        return rng.choice(
            (
                self.some("people"),
                self.some("nouns"),
                f"{user}@example.{rng.choice(('com', 'org', 'net'))}",
                str(rng.randint(0, 99999)),
                f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1980, 2030)}",
                f"{rng.randint(0, 999)}.{rng.randint(0, 99):02d}",
                f"/home/user/{rng.choice(('notes', 'report', 'photo'))}.{rng.choice(('txt', 'png', 'odt'))}",
                f"+{rng.randint(1, 99)} {rng.randint(100, 999)} {rng.randint(1000000, 9999999)}",
                self.some("sentences"),
            )
        )

    def number(self) -> str:
        """A number as tables show it."""
        rng = self.rng
        return rng.choice(
            (
                str(rng.randint(0, 2000)),
                f"{rng.randint(1, 999):,}.{rng.randint(0, 99):02d}",
                f"{rng.randint(0, 100)} %",
                f"${rng.randint(1, 500)}.{rng.randint(0, 99):02d}",
                f"{rng.randint(2000, 2030)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
                f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}",
                f"{rng.randint(1, 999)} KB",
            )
        )

    def paragraph(self, sentences: int) -> str:
        """Sentences, one after the other."""
        return " ".join(self.some("sentences") for _ in range(sentences))
