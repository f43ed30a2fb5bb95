"""The embedded reasoner's real weights, where they can be had."""

from __future__ import annotations

import pytest

from deskhand.errors import DeskhandError
from deskhand.policies import models
from deskhand.policies.embedded.decoding import Decoder, Speller
from deskhand.policies.embedded.llama import Llama, load


@pytest.fixture(scope="session")
def weights() -> str:
    """The folder of the weights; skips only where they are not here and cannot be fetched."""
    try:
        return str(models.pull())
    except DeskhandError as error:
        pytest.skip(f"the weights cannot be had: {error}")


@pytest.fixture(scope="session")
def speller(weights: str) -> Speller:
    return Speller.read(models.folder_of())


@pytest.fixture(scope="session")
def llama(weights: str) -> Llama:
    """Without an adapter: what must hold by grammar holds for a model that knows nothing of it."""
    return load(models.folder_of())


@pytest.fixture(scope="session")
def decoder(llama: Llama, speller: Speller) -> Decoder:
    return Decoder(llama, speller)
