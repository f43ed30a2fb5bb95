"""A sample: what the reasoner is shown, and what it should answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskhand.disk import replacing
from deskhand.errors import UsageError
from deskhand.policies.embedded.language import LanguageMove, ScreenPage


@dataclass(frozen=True, slots=True)
class Sample:
    """One decision to learn.

    Attributes:
        page: what is shown; without elements, so that it can be written down.
        thought, move: what should be answered.
        kind: what sort of decision it is, for counting.
        source: where it comes from: "synthetic", or the name of a trajectory.
    """

    page: ScreenPage
    thought: str
    move: LanguageMove
    kind: str
    source: str = "synthetic"

    def to_json(self) -> str:
        """One line of a data file."""
        page = {"instruction": self.page.instruction, "app": self.page.app}
        lists = {"past": list(self.page.past), "labels": list(self.page.labels)}
        answer = {"thought": self.thought, "verb": self.move.verb, "argument": self.move.argument}
        facts = {"kind": self.kind, "source": self.source, **page, **lists, **answer}
        return json.dumps(facts, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> Sample:
        """Read one line of a data file."""
        facts = json.loads(line)
        page = ScreenPage(facts["instruction"], facts["app"], tuple(facts["past"]), tuple(facts["labels"]))
        move = LanguageMove(facts["verb"], facts["argument"])
        return cls(page, facts["thought"], move, facts["kind"], facts["source"])


def write(path: Path, samples: Iterable[Sample]) -> int:
    """Write samples, one a line; how many there were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with replacing(path) as whole, whole.open("w", encoding="utf-8") as file:
        for sample in samples:
            file.write(sample.to_json() + "\n")
            count += 1
    return count


def read(path: Path) -> list[Sample]:
    """Read samples.

    Raises:
        UsageError: the file is not there, or a line is no sample.
    """
    samples: list[Sample] = []
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                samples.append(Sample.from_json(line))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}, line {len(samples) + 1}, cannot be read as a sample: {error}") from error
    return samples


def data_hash(samples: Sequence[Sample]) -> str:
    """Hash of the samples and their order: the data that an adapter was made of."""
    h = hashlib.sha256()
    for sample in samples:
        h.update(sample.to_json().encode() + b"\n")
    return h.hexdigest()
