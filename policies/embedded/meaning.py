"""What texts mean, for those who compare them: vectors that are near where texts say the same.

The encoder's own vectors of any two texts are near each other, and names of commands lie badly among them.
So they are led through a linear map into the space of an encoder made for comparing (all-MiniLM-L6-v2), whose
vectors of 5,000 texts of recorded screens it was fitted to by ridge regression; see ``training/LOG.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from deskhand import paths
from deskhand.knowledge.retrieval import Vectors
from deskhand.policies import models

if TYPE_CHECKING:
    from deskhand.policies.embedded.textvectors import TextEncoder

MAP = Path(__file__).parent / "weights" / "meaning.safetensors"
"""The linear map: ``map`` (width, width) and ``shift`` (width,)."""


def vectors_if_there() -> Vectors | None:
    """The encoder of this process; None where its weights are not on this machine."""
    if not models.is_present():
        return None
    paths.set_torch_folder()
    from deskhand.policies.embedded.textvectors import shared_encoder

    return _MappedVectors(shared_encoder(models.require())).wholes


class _MappedVectors:
    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._map, self._shift = _linear()

    def wholes(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector of length 1 for each text, (texts, width); zeros for an empty one."""
        # A name with a capital means what it means without.
        found = self._encoder.wholes([text.lower() for text in texts]) @ self._map + self._shift
        found[[not text for text in texts]] = 0
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6), np.float32)


@cache
def _linear() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    tensors = load_file(MAP)
    return tensors["map"].astype(np.float32), tensors["shift"].astype(np.float32)
