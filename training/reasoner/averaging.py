"""The mean of networks that learnt from the same start: often better than each, on what either of them lost.

Source: Wortsman et al., "Robust fine-tuning of zero-shot models" (2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from deskhand.errors import UsageError
from deskhand.policies.embedded.deciding import load


def average(folders: Sequence[Path], out: Path) -> Path:
    """Write the mean of networks as a network, in 16-bit numbers; returns its folder.

    Args:
        folders: of networks with the same sizes and vocabulary.

    Raises:
        UsageError: there are fewer than two, they are of different kinds, or ``out`` exists.
        BackendError: one cannot be read.
    """
    if len(folders) < 2:
        raise UsageError("a mean is of two networks or more: name their folders")
    if out.exists():
        raise UsageError(f"{out} already exists and is not replaced: choose another --out")
    models = [load(folder) for folder in folders]
    for folder, model in zip(folders, models, strict=True):
        if model.config != models[0].config:
            raise UsageError(f"{folder} is another kind of network than {folders[0]}: they have no mean")
    states = [{name: value.clone() for name, value in one.state_dict().items()} for one in models]
    with torch.no_grad():
        for name, value in models[0].state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.stack([state[name].float() for state in states]).mean(0))
    models[0].half().save_pretrained(out)
    return out
