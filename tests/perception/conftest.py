"""What tests of perception share: one reader, and real screens."""

from __future__ import annotations

import pytest

from deskhand.perception.text.lines import TextReader
from tests.display import desk

__all__ = ["desk"]


@pytest.fixture(scope="session")
def reader() -> TextReader:
    """One for all tests: loading takes half a second, and what a reader remembers is keyed by pixels."""
    reader = TextReader()
    reader.load()
    return reader


@pytest.fixture(scope="session")
def models(reader: TextReader) -> object:
    return reader._models
