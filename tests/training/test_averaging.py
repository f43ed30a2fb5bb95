"""The mean of networks is a network between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deskhand.errors import BackendError, UsageError
from deskhand.policies.embedded.deciding import load
from deskhand.policies.embedded.network import ReasonerConfig, ReasonerModel
from deskhand.training.reasoner.averaging import average
from tests.policies.test_embedded import SMALL


def saved(folder: Path, seed: int, config: ReasonerConfig = SMALL) -> Path:
    torch.manual_seed(seed)
    ReasonerModel(config).save_pretrained(folder)
    return folder


def test_the_mean_lies_between(tmp_path: Path) -> None:
    one, two = saved(tmp_path / "one", 1), saved(tmp_path / "two", 2)
    before = load(one).state_dict()
    mean = load(average([one, two], tmp_path / "mean")).state_dict()
    other = load(two).state_dict()
    for name, value in mean.items():
        if value.is_floating_point():
            expected = (before[name].float() + other[name].float()) / 2
            assert torch.allclose(value.float(), expected, atol=2e-3), name
    assert any(not torch.equal(mean[name], before[name].half().float()) for name in mean)


def test_what_has_no_mean_is_refused(tmp_path: Path) -> None:
    one = saved(tmp_path / "one", 1)
    wider = replace(SMALL, width=SMALL.width * 2)
    with pytest.raises(UsageError, match="another kind"):
        average([one, saved(tmp_path / "wide", 1, wider)], tmp_path / "mean")
    with pytest.raises(UsageError, match="two networks"):
        average([one], tmp_path / "mean")
    with pytest.raises(UsageError, match="exists"):
        average([one, one], one)
    with pytest.raises(BackendError):
        average([one, tmp_path / "none"], tmp_path / "mean")
