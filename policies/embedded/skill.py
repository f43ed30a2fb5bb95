"""A skill: what a person has shown the reasoner, kept apart from the weights that it ships with.

A folder with two thin matrices for each weight that changes (``skill.safetensors``), the facts
(``skill.json``) and a card to read. Its product is added to the weight when the reasoner is loaded, so a
decision takes no longer. Without the folder the reasoner is what it was.

Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import torch
from pydantic import BaseModel, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from deskhand import paths
from deskhand.disk import replacing
from deskhand.errors import BackendError, UsageError
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.text import printable

FORMAT = 1
FACTS, MATRICES, CARD = "skill.json", "skill.safetensors", "README.md"
LONGEST_NAME = 60
UP, DOWN = ".up", ".down"
"""What the names of a weight's two matrices end in; the weight changes by the product of up and down."""


class SkillFacts(BaseModel):
    """What is known of a skill.

    Attributes:
        format: of the folder.
        base: digest of the weights that it changes.
        tasks: what was shown, in the words in which it was asked for.
        applications: in whose windows.
        lessons: how many decisions were shown.
        steps: updates of its training.
    """

    format: int = FORMAT
    base: str
    tasks: tuple[str, ...] = Field(default=(), max_length=200)
    applications: tuple[str, ...] = ()
    lessons: int = 0
    steps: int = 0


def place_of(name: str) -> Path:
    """The folder of a skill of this machine, by its name.

    Raises:
        UsageError: that is no name.
    """
    if not name or len(name) > LONGEST_NAME or not all(one.isalnum() or one in "-_" for one in name):
        raise UsageError(
            f"{printable(name)[:80]!r} is no name of a skill: use {LONGEST_NAME} letters, digits, - or _"
        )
    return paths.skills_dir() / name


def is_skill(folder: Path) -> bool:
    """Whether a folder is one of a skill."""
    return (folder / FACTS).is_file()


def skills() -> tuple[str, ...]:
    """The names of this machine's skills, sorted."""
    folder = paths.skills_dir()
    return tuple(sorted(one.name for one in folder.glob("*") if is_skill(one))) if folder.is_dir() else ()


def facts_of(folder: Path) -> SkillFacts:
    """The facts of a skill.

    Raises:
        BackendError: they are damaged, or of another version of deskhand.
    """
    try:
        facts = SkillFacts.model_validate_json((folder / FACTS).read_bytes())
    except (OSError, ValidationError) as error:
        raise BackendError(f"the skill in {folder} cannot be used: {FACTS} is damaged") from error
    if facts.format != FORMAT:
        raise BackendError(
            f"the skill in {folder} has format {facts.format}, and this deskhand reads {FORMAT}"
        )
    return facts


@cache
def digest(folder: Path) -> str:
    """Which weights the folder of a reasoner or a skill holds."""
    name = MATRICES if is_skill(folder) else "model.safetensors"
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()[:16]


def add_to(model: ReasonerModel, folder: Path, base: Path) -> None:
    """Change a network, loaded from ``base``, by a skill.

    Raises:
        BackendError: the skill is damaged, or was learnt by other weights.
    """
    facts = facts_of(folder)
    if facts.base != digest(base):
        raise BackendError(
            f"the skill in {folder} was learnt by other weights than these: show it again with "
            "`deskhand train recordings`"
        )
    try:
        matrices = load_file(folder / MATRICES)
    except (OSError, SafetensorError) as error:
        raise BackendError(f"the skill in {folder} cannot be used: {MATRICES} is damaged") from error
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name, (up, down) in _pairs(matrices, folder).items():
            weight = weights.get(name)
            if weight is None or (up.shape[0], down.shape[1]) != weight.shape or up.shape[1] != down.shape[0]:
                raise BackendError(f"the skill in {folder} cannot be used: {name[:80]} does not fit")
            weight.add_(up.float() @ down.float())


def _pairs(matrices: Mapping[str, Tensor], folder: Path) -> dict[str, tuple[Tensor, Tensor]]:
    ups = {name.removesuffix(UP) for name in matrices if name.endswith(UP)}
    downs = {name.removesuffix(DOWN) for name in matrices if name.endswith(DOWN)}
    if ups != downs or len(matrices) != 2 * len(ups) or any(one.dim() != 2 for one in matrices.values()):
        raise BackendError(f"the skill in {folder} cannot be used: its matrices come in no pairs")
    return {name: (matrices[name + UP], matrices[name + DOWN]) for name in sorted(ups)}


def write(folder: Path, facts: SkillFacts, matrices: Mapping[str, Tensor]) -> None:
    """Write a skill's folder.

    Args:
        matrices: by the name of the weight with ``.up`` (rows, rank) and ``.down`` (rank, columns).
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / MATRICES) as whole:
        save_file({name: value.half().contiguous() for name, value in matrices.items()}, whole)
    with replacing(folder / CARD) as whole:
        whole.write_text(_card(folder.name, facts), encoding="utf-8")
    with replacing(folder / FACTS) as whole:  # the last: a folder with it is whole
        whole.write_text(facts.model_dump_json(indent=1), encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o644)  # whoever may enter the folder may use it


def _card(name: str, facts: SkillFacts) -> str:
    shown = "\n".join(f"- {printable(task)[:200]}" for task in facts.tasks)
    where = ", ".join(printable(one)[:80] for one in facts.applications) or "unnamed windows"
    return f"""# {name}

A skill of deskhand's embedded reasoner, learnt from {len(facts.tasks)} recordings
({facts.lessons} decisions) in {where}. It holds no screenshots. What was shown:

{shown}

Use it with `deskhand run "..." --policy embedded:{name}`, from the folder of skills or by this folder's path.
Remove the folder to remove the skill. It fits the weights {facts.base} alone.
"""
