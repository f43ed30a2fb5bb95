"""The network as a model of transformers: what either writes the other reads, and decides alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModel

from deskhand.policies.embedded.deciding import decide
from deskhand.policies.embedded.network import ReasonerModel
from deskhand.policies.embedded.pretrained import PretrainedReasoner
from tests.policies.test_embedded import PLACES, READS, SMALL, TASK, WORDS, seen


def test_it_is_saved_and_loaded_in_transformers_own_way(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = ReasonerModel(SMALL).eval()
    model.save_pretrained(tmp_path)
    held = AutoModel.from_pretrained(tmp_path).eval()
    assert isinstance(held, PretrainedReasoner)
    held.save_pretrained(tmp_path / "again")
    again = ReasonerModel.from_pretrained(tmp_path / "again").eval()
    one, *others = (decide(net, seen(), TASK, PLACES, READS) for net in (model, held.network, again))
    for two in others:
        assert one.move == two.move and one.thought == two.thought and one.part == two.part
        # Weights that lie elsewhere in memory are added up in another order: the last digit may differ.
        assert one.verbs == pytest.approx(two.verbs, abs=1e-6)
        assert one.places == pytest.approx(two.places, abs=1e-6)
        assert one.sure == pytest.approx(two.sure, abs=1e-6)
    assert again.config == SMALL and SMALL.words == WORDS
    assert abs(sum(one.verbs.values()) - 1) < 1e-4 and abs(sum(one.places) - 1) < 1e-4
