"""The text encoder of the embedded reasoner, where it can be had, and a network that has learnt nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.errors import EnvironmentProblem
from deskhand.policies import models


@pytest.fixture(scope="session")
def encoder() -> Path:
    """Its folder; skips only where it is not here and cannot be fetched."""
    try:
        return models.pull()
    except EnvironmentProblem as error:
        pytest.skip(f"the text encoder cannot be had: {error}")


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a network that has learnt nothing."""
    import torch

    from deskhand.policies.embedded.network import ReasonerConfig, ReasonerModel

    torch.manual_seed(2)
    folder = tmp_path_factory.mktemp("weights")
    ReasonerModel(ReasonerConfig(words=(" ", "I", " click", " the", " field", "."))).save_pretrained(folder)
    return folder
