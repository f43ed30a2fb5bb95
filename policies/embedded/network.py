"""The network of the embedded reasoner: one token a place, layers with experts, heads that point.

The tokens are the decision to be made, the word pieces of the task, the steps that were done, and the
places of the screen. All attend to all; how two places lie to each other is added to their attention.
Every second layer has experts: one that all tokens share, and some of which each token is sent to two. What
balances them is a bias on the choice alone, which moves with the load; no loss is added.

It stands in files as transformers has them, and is one of its models in ``pretrained``; here that library,
which takes a hundred megabytes, is not imported.

Sources: Dai et al., "DeepSeekMoE" (2024), for shared and routed experts; Wang et al., "Auxiliary-Loss-Free
Load Balancing Strategy for Mixture-of-Experts" (2024); Shazeer, "GLU Variants Improve Transformer" (2020).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from deskhand.perception.screen import STATES
from deskhand.policies.embedded.excerpts import ExcerptReader
from deskhand.policies.embedded.places import CELLS
from deskhand.policies.embedded.pointed import (
    DIRECTIONS,
    HOLDS,
    KEYS,
    MODIFIERS,
    MOST_TIMES,
    NOTCHES,
    VERBS,
)
from deskhand.policies.embedded.seeing import (
    BOX_NUMBERS,
    DONE_CLUES,
    MOST_COUNTED,
    MOST_DONE,
    PLACE_CLUES,
    PLACE_ROLES,
    SIDE,
    WORD_CLUES,
)
from deskhand.policies.embedded.speller import FAR, LineSpeller, Sources, not_before, picked, pointing
from deskhand.policies.embedded.spelling import TOKENS
from deskhand.policies.embedded.textvectors import MOST_PIECES, WIDTH
from deskhand.policies.embedded.thinking import FIRST_WORD

CHOICES = {
    "verb": len(VERBS),
    "hold": len(HOLDS),
    "times": MOST_TIMES,
    "modifiers": len(MODIFIERS),
    "key": len(KEYS),
    "direction": len(DIRECTIONS),
    "notches": len(NOTCHES),
    "submit": 2,
    "changes": 2,
}
"""Heads that choose one of so many, from the decision's token."""
CELL_NUMBERS = CELLS * CELLS + 1
RELATIONS = 9
"""Ways in which two places lie to each other."""
CLOSE_ACROSS, CLOSE_DOWN = 0.08, 0.03
"""Places whose edges are no farther apart than this share of the screen are close."""
MODEL_TYPE = "deskhand-reasoner"
CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
PREFIX = "network."
"""Before the names of weights that transformers wrote, see ``pretrained``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonerConfig:
    """Sizes of the network.

    Attributes:
        width: of a token.
        layers: how many.
        heads: of attention, in each layer.
        experts: routed ones, in every second layer; each token is sent to ``chosen`` of them.
        hidden: width inside a layer's feed-forward part.
        dropout: share of what a layer adds that is left out while it learns.
        words: the vocabulary of thoughts, see ``thinking``.
    """

    width: int = 256
    layers: int = 6
    heads: int = 8
    experts: int = 8
    chosen: int = 2
    hidden: int = 640
    dropout: float = 0.1
    words: tuple[str, ...] = ()

    @classmethod
    def from_pretrained(cls, folder: Path) -> ReasonerConfig:
        """Read a folder's ``config.json``; what it says besides is left out.

        Raises:
            OSError, ValueError: there is none, or it is no configuration of this network.
        """
        found = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.get("model_type") != MODEL_TYPE:
            raise ValueError(f"{CONFIG_FILE} is not that of a {MODEL_TYPE}")
        known = {one.name: found[one.name] for one in fields(cls) if one.name in found}
        return cls(**known | {"words": tuple(known.get("words", ()))})

    def save_pretrained(self, folder: Path) -> None:
        """Write ``config.json`` into a folder, which may be new."""
        folder.mkdir(parents=True, exist_ok=True)
        said = {"model_type": MODEL_TYPE, "architectures": ["PretrainedReasoner"], **asdict(self)}
        (folder / CONFIG_FILE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class SeenBatch:
    """Decisions side by side, see ``seeing.Seen``; filled up with zeros where a mask is False."""

    words: Tensor
    word_clues: Tensor
    word_mask: Tensor
    done_texts: Tensor
    done_verbs: Tensor
    done_clues: Tensor
    done_mask: Tensor
    place_texts: Tensor
    roles: Tensor
    states: Tensor
    boxes: Tensor
    pictures: Tensor
    clues: Tensor
    place_mask: Tensor
    count: Tensor


@dataclass(frozen=True, slots=True)
class Understood:
    """What the layers made of it: the decision's token, those of the task, those of the places."""

    decision: Tensor
    words: Tensor
    places: Tensor
    word_mask: Tensor
    place_mask: Tensor


class _Gated(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 2 * hidden), nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.up(x).chunk(2, -1)
        down: Tensor = self.down(functional.silu(gate) * value)
        return down


class _Experts(nn.Module):
    """A shared expert and routed ones of a quarter of its work each."""

    balance: Tensor

    def __init__(self, config: ReasonerConfig) -> None:
        super().__init__()
        width, hidden = config.width, config.hidden
        self.shared = _Gated(width, hidden // 2)
        self.routed = nn.ModuleList(_Gated(width, hidden // 4) for _ in range(config.experts))
        self.router = nn.Linear(width, config.experts, bias=False)
        self.register_buffer("balance", torch.zeros(config.experts))
        self.chosen, self.step = config.chosen, 0.002
        self.load = torch.zeros(config.experts)

    def route(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """The experts that each token (tokens, width) is sent to, and what each counts, (tokens, chosen)."""
        affinity = self.router(flat).float().sigmoid()
        picked = (affinity + self.balance).topk(self.chosen, -1).indices
        weights = affinity.gather(1, picked)
        return picked, (weights / weights.sum(-1, keepdim=True)).to(flat.dtype)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        picked, weights = self.route(flat)
        sent = picked.reshape(-1)
        order = sent.argsort(stable=True)
        counts = sent.bincount(minlength=len(self.routed))
        tokens = order // self.chosen
        ends = counts.cumsum(0).tolist()
        parts = [flat[tokens[end - size : end]] for size, end in zip(counts.tolist(), ends, strict=True)]
        done = torch.cat([expert(part) for expert, part in zip(self.routed, parts, strict=True)])
        done = done * weights.reshape(-1)[order, None]
        if self.training:
            self.load = counts.float()
            self.balance += self.step * (self.load.mean() - self.load).sign()
        shared: Tensor = self.shared(flat)
        return shared.index_add(0, tokens, done.to(shared.dtype)).view_as(x)


class _Layer(nn.Module):
    def __init__(self, config: ReasonerConfig, *, experts: bool) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.before, self.between = nn.RMSNorm(width), nn.RMSNorm(width)
        self.attend, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = _Experts(config) if experts else _Gated(width, config.hidden)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = self.attend(self.before(x)).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        x = x + self.drop(self.out(found.transpose(1, 2).reshape(batch, length, width)))
        thought: Tensor = x + self.drop(self.think(self.between(x)))
        return thought


class ReasonerModel(nn.Module):
    """The whole network. ``understand`` reads a batch once; the heads are then asked one after the other."""

    def __init__(self, config: ReasonerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.word, self.done_text, self.place_text = (nn.Linear(WIDTH, width) for _ in range(3))
        self.word_clue = nn.Linear(WORD_CLUES, width)
        self.done_clue = nn.Linear(DONE_CLUES, width)
        self.place_clue = nn.Linear(PLACE_CLUES + len(STATES), width)
        self.place_box = nn.Sequential(nn.Linear(BOX_NUMBERS, 64), nn.SiLU(), nn.Linear(64, width))
        self.picture = nn.Sequential(
            nn.Conv2d(3, 16, 4, 4), nn.SiLU(), nn.Flatten(), nn.Linear(16 * (SIDE // 4) ** 2, width)
        )
        self.verb_done = nn.Embedding(len(VERBS) + 1, width)
        self.ago = nn.Embedding(MOST_DONE, width)
        self.role = nn.Embedding(len(PLACE_ROLES), width)
        self.kind = nn.Embedding(4, width)
        self.position = nn.Embedding(MOST_PIECES, width)
        self.count = nn.Embedding(MOST_COUNTED + 1, width)
        self.relation = nn.Embedding(RELATIONS, config.heads)
        self.layers = nn.ModuleList(_Layer(config, experts=bool(n % 2)) for n in range(config.layers))
        self.last = nn.RMSNorm(width)
        self.chosen = nn.ModuleDict({name: nn.Linear(width, size) for name, size in CHOICES.items()})
        self.ask_place, self.ask_to = nn.Linear(width, width), nn.Linear(2 * width, width)
        self.place_key = nn.Linear(width, width)
        self.cell = nn.Sequential(nn.Linear(3 * width, width), nn.SiLU(), nn.Linear(width, CELL_NUMBERS))
        self.to_cell = nn.Sequential(nn.Linear(3 * width, width), nn.SiLU(), nn.Linear(width, CELL_NUMBERS))
        self.speller = LineSpeller(width, TOKENS, width)
        self.thinker = LineSpeller(width, FIRST_WORD + len(config.words), 2 * width)
        self.excerpts = ExcerptReader(width)
        self.ask_part, self.ask_part_end = nn.Linear(width, width), nn.Linear(2 * width, width)
        self.part_key = nn.Linear(width, width)
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.1)
        nn.init.zeros_(self.relation.weight)

    def save_pretrained(self, folder: Path) -> None:
        """Write ``config.json`` and ``model.safetensors`` into a folder that may be new."""
        self.config.save_pretrained(folder)
        weights = {name: value.detach().cpu().contiguous() for name, value in self.state_dict().items()}
        save_file(weights, folder / WEIGHTS_FILE, metadata={"format": "pt"})
        for name in (CONFIG_FILE, WEIGHTS_FILE):
            (folder / name).chmod(0o644)  # whoever may enter the folder may use it

    @classmethod
    def from_pretrained(cls, folder: Path) -> ReasonerModel:
        """Read a folder, in numbers of as many bits as it has.

        Raises:
            OSError, ValueError, RuntimeError, KeyError, TypeError, AssertionError, SafetensorError: it has no
                network, or a damaged one, or one whose parts do not fit together.
        """
        config = ReasonerConfig.from_pretrained(folder)
        weights = load_file(folder / WEIGHTS_FILE)
        weights = {name.removeprefix(PREFIX): value for name, value in weights.items()}
        with torch.device("meta"):  # nothing is drawn by chance that is replaced in the next line
            network = cls(config)
        network.load_state_dict(weights, assign=True)
        return network

    def understand(self, batch: SeenBatch) -> Understood:
        """Read decisions."""
        words = self.word(batch.words) + self.word_clue(batch.word_clues) + self.kind.weight[0]
        words = words + self.position.weight[: words.shape[1]]
        ago = torch.arange(batch.done_texts.shape[1], device=words.device)
        done = self.done_text(batch.done_texts * 4) + self.verb_done(batch.done_verbs)
        done = done + self.done_clue(batch.done_clues) + self.ago(ago) + self.kind.weight[1]
        places = self.place_text(batch.place_texts * 4) + self.role(batch.roles) + self.kind.weight[2]
        places = places + self.place_clue(torch.cat([batch.clues, batch.states], -1))
        places = places + self.place_box(batch.boxes) + self._pictured(batch.pictures)
        decision = (self.count(batch.count) + self.kind.weight[3])[:, None]
        x = torch.cat([decision, words, done, places], 1)
        bias = self._bias(batch, x)
        for layer in self.layers:
            x = layer(x, bias)
        x = self.last(x)
        end = 1 + words.shape[1]
        return Understood(
            x[:, 0], x[:, 1:end], x[:, end + done.shape[1] :], batch.word_mask, batch.place_mask
        )

    def keep_balance(self) -> None:
        """From here on what is learnt moves no more tokens from one expert to another by their load."""
        for layer in self.layers:
            if isinstance(layer.think, _Experts):
                layer.think.step = 0.0

    @contextlib.contextmanager
    def watching(self) -> Iterator[dict[int, Tensor]]:
        """What decisions send to which experts: by number of the layer, from 1, (batch * tokens, chosen).

        Each reading takes the place of the one before it. The tokens are in the order in which
        ``understand`` puts them: the decision, the task, what was done, the places.
        """
        sent: dict[int, Tensor] = {}

        def watch(number: int, experts: _Experts) -> RemovableHandle:
            def see(_: nn.Module, given: tuple[Tensor]) -> None:
                sent[number] = experts.route(given[0].reshape(-1, given[0].shape[-1]))[0]

            return experts.register_forward_pre_hook(see)

        watched = [
            watch(number, layer.think)
            for number, layer in enumerate(self.layers, 1)
            if isinstance(layer.think, _Experts)
        ]
        try:
            yield sent
        finally:
            for one in watched:
                one.remove()

    def _pictured(self, pictures: Tensor) -> Tensor:
        batch, places = pictures.shape[:2]
        flat = pictures.reshape(-1, SIDE, SIDE, 3).permute(0, 3, 1, 2).to(self.word.weight.dtype) / 128 - 1
        seen: Tensor = self.picture(flat).view(batch, places, -1)
        return seen

    def _bias(self, batch: SeenBatch, x: Tensor) -> Tensor:
        """What is added to attention, (batch, heads, tokens, tokens); the filling is not attended to."""
        one = torch.ones(len(x), 1, dtype=torch.bool, device=x.device)
        mask = torch.cat([one, batch.word_mask, batch.done_mask, batch.place_mask], 1)
        bias = torch.where(mask, 0.0, FAR)[:, None, None].expand(-1, self.config.heads, x.shape[1], -1)
        bias = bias.clone()
        places = batch.boxes.shape[1]
        bias[:, :, -places:, -places:] += self.relation(relations(batch.boxes)).permute(0, 3, 1, 2)
        return bias

    def choices(self, understood: Understood) -> dict[str, Tensor]:
        """How likely each choice of each head is, as logits (batch, choices)."""
        return {name: head(understood.decision) for name, head in self.chosen.items()}

    def places(self, understood: Understood, given: Tensor | None = None) -> Tensor:
        """Which place is pointed at, (batch, places); where a drag from ``given`` (batch,) ends."""
        ask = self.ask_place(understood.decision)
        if given is not None:
            ask = self.ask_to(torch.cat([understood.decision, picked(understood.places, given)], -1))
        return pointing(ask, self.place_key(understood.places), understood.place_mask)

    def cells(self, understood: Understood, place: Tensor, given: Tensor | None = None) -> Tensor:
        """Which cell of a place (batch,) is pointed at; with ``given``, of one at which a drag ends."""
        head = self.cell if given is None else self.to_cell
        other = torch.zeros_like(understood.decision) if given is None else picked(understood.places, given)
        numbers: Tensor = head(torch.cat([understood.decision, picked(understood.places, place), other], -1))
        return numbers

    def sources(self, understood: Understood) -> Sources:
        """What texts and thoughts may copy from."""
        u = understood
        return Sources(u.words, u.places, self.place_key(u.places), u.word_mask, u.place_mask)

    def part(self, understood: Understood) -> Tensor:
        """Where the part of the task that is at hand begins, (batch, pieces)."""
        return pointing(
            self.ask_part(understood.decision), self.part_key(understood.words), understood.word_mask
        )

    def part_end(self, understood: Understood, first: Tensor) -> Tensor:
        """Where the part that begins at ``first`` (batch,) ends, (batch, pieces)."""
        words = understood.words
        ask = self.ask_part_end(torch.cat([understood.decision, picked(words, first)], -1))
        mask = understood.word_mask & not_before(words, first)
        return pointing(ask, self.part_key(words), mask)

    def thought_begins(self, understood: Understood, place: Tensor) -> Tensor:
        """The state in which the thought of a move begins.

        Args:
            place: (batch,) what the move points at, -1 where it points at nothing.
        """
        at = picked(understood.places, place.clamp(min=0)) * (place >= 0)[:, None]
        return self.thinker.begin(torch.cat([understood.decision, at], -1))


def relations(boxes: Tensor) -> Tensor:
    """How each place lies to each other, (batch, places, places), as numbers below RELATIONS.

    0 itself or nothing of the following; 1 holds it, 2 lies in it; in one row: 3 right beside it on the
    left, 4 on the right, 5 farther off; in one column: 6 close above, 7 close below, 8 farther off.
    """
    left, top, right, bottom = (boxes[..., n] for n in range(4))
    wide, high = right - left, bottom - top

    def both(sides: Tensor) -> tuple[Tensor, Tensor]:
        return sides[:, :, None], sides[:, None]

    (left1, left2), (top1, top2), (right1, right2) = both(left), both(top), both(right)
    (bottom1, bottom2), (wide1, wide2), (high1, high2) = both(bottom), both(wide), both(high)
    across = (left2 + right2) / 2 - (left1 + right1) / 2
    down = (top2 + bottom2) / 2 - (top1 + bottom1) / 2
    common_height = torch.minimum(bottom1, bottom2) - torch.maximum(top1, top2)
    common_width = torch.minimum(right1, right2) - torch.maximum(left1, left2)
    row = common_height > 0.5 * torch.minimum(high1, high2).clamp(min=1e-4)
    column = common_width > 0.5 * torch.minimum(wide1, wide2).clamp(min=1e-4)
    holds = (left1 <= left2) & (right1 >= right2) & (top1 <= top2) & (bottom1 >= bottom2)
    beside = across.abs() - (wide1 + wide2) / 2 < CLOSE_ACROSS
    above = down.abs() - (high1 + high2) / 2 < CLOSE_DOWN
    found = torch.where(column, torch.where(above, torch.where(down < 0, 6, 7), 8), 0)
    found = torch.where(row, torch.where(beside, torch.where(across < 0, 3, 4), 5), found)
    found = torch.where(holds.transpose(1, 2), 2, torch.where(holds, 1, found))
    return found * ~torch.eye(boxes.shape[1], dtype=torch.bool, device=boxes.device)
