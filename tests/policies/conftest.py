"""The text encoder of the embedded reasoner, where it can be had."""

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
