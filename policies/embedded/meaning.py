"""What texts mean, for those who compare them: the vectors of the text encoder, where its weights are."""

from __future__ import annotations

from deskhand import paths
from deskhand.knowledge.retrieval import Vectors
from deskhand.policies import models


def vectors_if_there() -> Vectors | None:
    """The encoder of this process; None where its weights are not on this machine."""
    if not models.is_present():
        return None
    paths.set_torch_folder()
    from deskhand.policies.embedded.textvectors import shared_encoder

    return shared_encoder(models.require()).wholes
