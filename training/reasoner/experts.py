"""What the experts of the embedded reasoner are chosen for: kinds of token, roles, verbs, applications.

How much a label says about the choice of experts is mutual information, in bits; what chance alone says is
measured by shuffling the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.policies.embedded.seeing import PLACE_ROLES
from deskhand.training.reasoner.inside import FIRST_ROLE, TOKENS, InsideView

Labels = NDArray[np.int64]
SHUFFLES = 50
LEAST = 20
"""A row of fewer tokens says nothing about shares, and is left out."""
WORDS = ((0.01, "next to nothing"), (0.05, "a little"), (0.2, "clearly something"), (2.0, "much"))
"""What to call the share of the choice that a label explains, up to so much."""


@dataclass(frozen=True, slots=True)
class LabelledTokens:
    """Tokens under one kind of label.

    Attributes:
        what: the kind of label.
        names: of the labels.
        labels: (tokens,), numbers in ``names``.
        sent: by layer, (tokens, chosen).
        shuffled: draws the labels anew, as they would lie if they meant nothing.
    """

    what: str
    names: tuple[str, ...]
    labels: Labels
    sent: dict[int, NDArray[np.int8]]
    shuffled: Callable[[np.random.Generator], Labels]


def labelled(views: Sequence[InsideView]) -> list[LabelledTokens]:
    """The tokens of decisions under every kind of label.

    Kinds of token are shuffled among those of one decision, and roles among the places of one screen; verbs
    among the decisions of one task; applications among tasks. So what is found is not merely that screens
    or tasks differ.
    """
    views = sorted(views, key=lambda view: view.kind)
    layers = tuple(views[0].sent)
    tokens = np.concatenate([view.tokens for view in views]).astype(np.int64)
    sent = {layer: np.concatenate([view.sent[layer] for view in views]) for layer in layers}
    decision = np.repeat(np.arange(len(views)), [len(view.tokens) for view in views])
    is_place = tokens >= FIRST_ROLE
    kinds, kind = np.unique([view.kind for view in views], return_inverse=True)
    verbs, verb = np.unique([view.verb for view in views], return_inverse=True)
    applications, application = np.unique([view.application for view in views], return_inverse=True)
    of_kind = np.array([application[np.argmax(kind == number)] for number in range(len(kinds))])
    roles = tokens[is_place] - FIRST_ROLE
    merged = np.minimum(tokens, FIRST_ROLE)
    first = {layer: np.stack([view.sent[layer][0] for view in views]) for layer in layers}
    places = {layer: picked[is_place] for layer, picked in sent.items()}

    def applications_shuffled(chance: np.random.Generator) -> Labels:
        return np.asarray(chance.permutation(of_kind)[kind])

    return [
        LabelledTokens("token", (*TOKENS[:FIRST_ROLE], "places"), merged, sent, _within(merged, decision)),
        LabelledTokens("role", PLACE_ROLES, roles, places, _within(roles, decision[is_place])),
        LabelledTokens("verb", tuple(map(str, verbs)), verb, first, _within(verb, kind)),
        LabelledTokens(
            "application", tuple(map(str, applications)), of_kind[kind], first, applications_shuffled
        ),
    ]


def _within(labels: Labels, blocks: Labels) -> Callable[[np.random.Generator], Labels]:
    """Shuffles labels inside blocks, whose numbers ascend."""
    return lambda chance: labels[np.lexsort((chance.random(len(labels)), blocks))]


def counts(labels: Labels, sent: NDArray[np.int8], names: int, experts: int) -> NDArray[np.int64]:
    """How often each label was sent to each expert, (names, experts)."""
    pairs = labels[:, None] * experts + sent
    return np.bincount(pairs.reshape(-1), minlength=names * experts).reshape(names, experts)


def bits_said(table: NDArray[np.int64]) -> float:
    """What a label says about the expert: the mutual information of a table of counts, in bits."""
    return entropy(table.sum(0)) - float(
        sum(row.sum() / table.sum() * entropy(row) for row in table if row.sum())
    )


def entropy(numbers: NDArray[np.int64]) -> float:
    """Of counts, in bits."""
    shares = numbers[numbers > 0] / numbers.sum()
    return float(-(shares * np.log2(shares)).sum())


def meaning_rows(sets: Sequence[LabelledTokens], experts: int, seed: int = 0) -> list[dict[str, Any]]:
    """For each kind of label and layer, what it says about the choice of experts, beside what chance says."""
    chance, rows = np.random.default_rng(seed), []
    for one in sets:
        drawn = [one.shuffled(chance) for _ in range(SHUFFLES)]
        for layer, sent in one.sent.items():
            table = counts(one.labels, sent, len(one.names), experts)
            said = bits_said(table)
            others = [bits_said(counts(labels, sent, len(one.names), experts)) for labels in drawn]
            share = (said - float(np.mean(others))) / max(entropy(table.sum(0)), 1e-9)
            rows.append(
                {
                    "by": one.what,
                    "layer": layer,
                    "tokens": len(one.labels),
                    "bits of choice": round(entropy(table.sum(0)), 3),
                    "bits said": round(said, 3),
                    "by chance": round(float(np.mean(others)), 3),
                    "most by chance": round(max(others), 3),
                    "beyond chance, %": round(100 * share, 1),
                    "in words": in_words(said > max(others), share),
                }
            )
    return rows


def in_words(beyond: bool, share: float) -> str:
    """How much a label says, in plain words."""
    if not beyond:
        return "no more than chance"
    return next(words for most, words in WORDS if share < most)


def share_rows(sets: Sequence[LabelledTokens], experts: int) -> list[dict[str, Any]]:
    """For each label and layer, which share goes to which expert, in percent, and how uneven that is.

    "from even" is by how many bits the choice is narrower than if all experts were chosen alike;
    "from all" how many bits it is away from the choice of all tokens of the kind (relative entropy).
    """
    rows = []
    for one in sets:
        for layer, sent in one.sent.items():
            table = counts(one.labels, sent, len(one.names), experts)
            for name, row in zip((*one.names, "all"), (*table, table.sum(0)), strict=True):
                tokens = int(row.sum()) // sent.shape[1]
                if tokens >= LEAST:
                    rows.append({"by": one.what, "label": name, "layer": layer, "tokens": tokens})
                    rows[-1] |= {f"expert {n}": round(100 * k / row.sum(), 1) for n, k in enumerate(row, 1)}
                    rows[-1] |= {"from even": round(float(np.log2(experts)) - entropy(row), 3)}
                    rows[-1] |= {"from all": round(_away(row, table.sum(0)), 3)}
    return rows


def _away(row: NDArray[np.int64], whole: NDArray[np.int64]) -> float:
    mine, every = row[row > 0] / row.sum(), whole[row > 0] / whole.sum()
    return float((mine * np.log2(mine / every)).sum())


def short_rows(shares: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a label: for each layer the two experts that are chosen most, and the bits from even."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in shares:
        mine = found.setdefault(
            (row["by"], row["label"]), {"by": row["by"], "label": row["label"], "tokens": row["tokens"]}
        )
        given = {name.removeprefix("expert "): row[name] for name in row if name.startswith("expert ")}
        two = sorted(given, key=lambda name: -given[name])[:2]
        first = ", ".join(f"{name}: {given[name]:.0f} %" for name in two)
        mine[f"layer {row['layer']}"] = f"{first} ({row['from even']:.2f})"
    return list(found.values())
