"""One small step of the training that takes hours."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from deskhand.errors import BackendError, DeskhandError, UsageError
from deskhand.policies import models
from deskhand.policies.embedded import adapter as adapters
from deskhand.training.reasoner import dataset, sft
from deskhand.training.reasoner.samples import data_hash
from deskhand.training.reasoner.sft import SftSettings
from deskhand.training.runs import CHECKPOINT, Progress

pytestmark = pytest.mark.model

FEW = SftSettings(rank=2, first_layer=29, batch=4, epochs=2, warmup=1, rate=5e-3, checkpoint_seconds=0.0)


@pytest.fixture(scope="module", autouse=True)
def weights() -> None:
    try:
        models.pull()
    except DeskhandError as error:
        pytest.skip(f"the weights cannot be had: {error}")


@pytest.mark.slow(reason="it trains a text model")
def test_training_lowers_the_loss_and_leaves_an_adapter(tmp_path: Path) -> None:
    samples, told = dataset.build(8, 0), []
    sft.train(samples, tmp_path / "out", FEW, progress=told.append)
    changes, description = adapters.load(tmp_path / "out", models.SMOLLM2.member_sha256)
    assert description.data_sha256 == data_hash(samples)
    assert (description.samples, description.steps) == (8, 4)
    assert all(change.b.abs().max() > 0 for change in changes.values())
    assert not (tmp_path / "out" / CHECKPOINT).exists()
    assert _loss(samples, tmp_path / "out") < _loss(samples, None)


def _loss(samples: list[dataset.Sample], folder: Path | None) -> float:
    decoder_model = sft.llama.load(models.folder_of())
    speller = sft.Speller.read(models.folder_of())
    if folder is not None:
        decoder_model.merge(adapters.load(folder, models.SMOLLM2.member_sha256)[0])
    with torch.no_grad():
        return sft.loss_of(decoder_model, {}, [sft.spell(s, speller) for s in samples], 30).item()


@pytest.mark.slow(reason="it trains a text model three times")
def test_a_run_that_was_cut_off_goes_on_to_the_same_end(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(progress: Progress) -> None:
        raise Killed

    samples, settings = dataset.build(12, 1), dataclasses.replace(FEW, batch=1, epochs=1)
    with pytest.raises(Killed):
        sft.train(samples, tmp_path / "cut", settings, progress=kill)
    assert (tmp_path / "cut" / CHECKPOINT).exists()
    steps: list[int] = []
    sft.train(samples, tmp_path / "cut", settings, progress=lambda p: steps.append(p.step))
    assert steps == [10, 12]
    sft.train(samples, tmp_path / "straight", settings)
    cut, _ = adapters.load(tmp_path / "cut", models.SMOLLM2.member_sha256)
    straight, _ = adapters.load(tmp_path / "straight", models.SMOLLM2.member_sha256)
    for key, change in straight.items():
        assert torch.allclose(cut[key].b.float(), change.b.float(), atol=2e-3)
    with pytest.raises(Killed):
        sft.train(samples, tmp_path / "cut", settings, progress=kill)
    with pytest.raises(UsageError, match="other data or settings"):
        sft.train(samples[::-1], tmp_path / "cut", settings)


def test_nothing_to_train_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no samples"):
        sft.train([], tmp_path)


def test_an_adapter_for_other_weights_is_refused(tmp_path: Path) -> None:
    sft.train(dataset.build(8, 0), tmp_path, SftSettings(rank=2, first_layer=29, batch=8))
    with pytest.raises(BackendError, match="other weights"):
        adapters.load(tmp_path, "0" * 64)
    (tmp_path / adapters.WEIGHTS).write_bytes(b"junk")
    with pytest.raises(BackendError, match="cannot be read"):
        adapters.load(tmp_path, models.SMOLLM2.member_sha256)
