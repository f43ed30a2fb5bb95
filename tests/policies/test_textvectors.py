"""The text encoder of the embedded reasoner: words where they stand, whole texts by their meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deskhand.policies.embedded.textvectors import WIDTH, TextEncoder

TASK = 'Type "Anna Müller" and press Save'


@pytest.mark.model
def test_words_of_a_task_stand_where_their_spans_say(encoder: Path) -> None:
    reads = TextEncoder(encoder)
    words = reads.words(TASK)
    assert words.states.shape == (len(words.spans), WIDTH)
    assert [TASK[a:b] for a, b in words.spans][:4] == ["Type", '"', "Anna", "Müller"]
    assert words.spans == reads.spans(TASK)
    assert len(reads.words("word " * 5000).spans) <= 128
    assert reads.words("word " * 5000).spans == reads.spans("word " * 5000)
    same, other, alike = reads.wholes(["Save the file", "Banana", "Store the document"])
    assert same @ alike > same @ other
    assert not reads.wholes([""]).any()


@pytest.mark.model
def test_tasks_that_are_read_together_mean_what_each_means_alone(encoder: Path) -> None:
    tasks = [TASK, "Save it", "", "Open the folder with the longest name of all that are shown " * 9]
    together, alone = TextEncoder(encoder), TextEncoder(encoder)
    together.prepare([*tasks, TASK])
    for task in tasks:
        assert together.words(task).spans == alone.words(task).spans
        assert np.allclose(together.words(task).states, alone.words(task).states, atol=1e-4)
