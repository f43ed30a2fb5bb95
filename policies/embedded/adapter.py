"""The trained part of the embedded reasoner on disk: low-rank changes, and what they were made of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from deskhand.disk import replacing
from deskhand.errors import BackendError
from deskhand.policies.embedded.language import LANGUAGE
from deskhand.policies.embedded.llama import Adapter, LowRank

WEIGHTS = "adapter.safetensors"
DESCRIPTION = "adapter.json"


@dataclass(frozen=True, slots=True)
class Description:
    """What an adapter is and where it comes from.

    Attributes:
        base_sha256: of the file of weights that it changes.
        data_sha256: of the demonstrations that it was trained on.
        language: version of the small language that it speaks.
        scale: factor of every low-rank product.
        samples, steps: how many demonstrations there were, and how many updates were made.
        held_out: share of held-out demonstrations decided exactly, by kind.
    """

    base_sha256: str
    data_sha256: str
    scale: float
    language: int = LANGUAGE
    samples: int = 0
    steps: int = 0
    held_out: dict[str, float] | None = None


def packaged() -> Path:
    """The folder of the adapter that ships with deskhand."""
    return Path(__file__).parent


def save(folder: Path, adapter: Adapter, description: Description) -> None:
    """Write an adapter, in bfloat16, and its description."""
    tensors = {}
    for (layer, name), change in sorted(adapter.items()):
        tensors[f"layers.{layer}.{name}.a"] = change.a.detach().to(torch.bfloat16).contiguous()
        tensors[f"layers.{layer}.{name}.b"] = change.b.detach().to(torch.bfloat16).contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / WEIGHTS) as whole:
        save_file(tensors, whole)
        whole.chmod(0o644)  # it is written for its owner alone, but ships to everyone
    text = json.dumps(asdict(description), indent=1, sort_keys=True)
    with replacing(folder / DESCRIPTION) as whole:
        whole.write_text(text + "\n", encoding="utf-8")


def load(folder: Path, base_sha256: str) -> tuple[Adapter, Description]:
    """Read an adapter for the weights with this hash.

    Raises:
        BackendError: there is none, it is damaged, or it was made for other weights.
    """
    try:
        facts = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        description = Description(**facts)
        tensors = load_file(folder / WEIGHTS)
        adapter = _adapter(tensors, description.scale)
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        raise BackendError(
            f"the adapter in {folder} cannot be read ({error}): install deskhand again, or make one with "
            "`deskhand train sft`"
        ) from error
    if description.base_sha256 != base_sha256 or description.language != LANGUAGE:
        raise BackendError(
            f"the adapter in {folder} was made for other weights or another version: train it again"
        )
    return adapter, description


def _adapter(tensors: dict[str, torch.Tensor], scale: float) -> Adapter:
    adapter: Adapter = {}
    for key, a in tensors.items():
        if key.endswith(".a"):
            _, layer, name, _ = key.split(".")
            adapter[int(layer), name] = LowRank(a, tensors[key[:-1] + "b"], scale)
    return adapter
