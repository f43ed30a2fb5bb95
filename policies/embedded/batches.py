"""Puts decisions side by side for the network, filled up with zeros."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deskhand.policies.embedded.network import SeenBatch
from deskhand.policies.embedded.seeing import Seen


def batch_of(views: Sequence[Seen]) -> SeenBatch:
    """Decisions as one batch; at least one row of each kind, so that nothing is empty."""
    words = [view.words for view in views]
    done = [view.done_texts for view in views]
    places = [view.place_texts for view in views]
    return SeenBatch(
        words=_filled(words),
        word_clues=_filled([view.word_clues for view in views]),
        word_mask=_mask(words),
        done_texts=_filled(done),
        done_verbs=_filled([view.done_verbs for view in views]),
        done_clues=_filled([view.done_clues for view in views]),
        done_mask=_mask(done),
        place_texts=_filled(places),
        roles=_filled([view.roles for view in views]),
        states=_filled([view.states for view in views]),
        boxes=_filled([view.boxes for view in views]),
        pictures=_filled([view.pictures for view in views]),
        clues=_filled([view.clues for view in views]),
        place_mask=_mask(places),
        count=torch.tensor([view.count for view in views]),
    )


def _longest(arrays: Sequence[NDArray[Any]]) -> int:
    return max(1, *(len(array) for array in arrays))


def _filled(arrays: Sequence[NDArray[Any]]) -> Tensor:
    whole = np.zeros((len(arrays), _longest(arrays), *arrays[0].shape[1:]), arrays[0].dtype)
    for row, array in enumerate(arrays):
        whole[row, : len(array)] = array
    return torch.from_numpy(whole)


def _mask(arrays: Sequence[NDArray[Any]]) -> Tensor:
    mask = torch.zeros(len(arrays), _longest(arrays), dtype=torch.bool)
    for row, array in enumerate(arrays):
        mask[row, : len(array)] = True
    return mask
