"""A Llama-shaped language model in plain torch: what one forward pass needs, and nothing else.

Written out rather than taken from a library because a run must start in a second (importing the
library takes longer than a decision), because decoding here rewinds its cache, and because
training splits the stack in two. Equal to transformers' LlamaForCausalLM; a test compares them.

Letters in shapes: B batch, T tokens of this call, S tokens so far, D width, H query heads, K key
and value heads, E width of a head, V vocabulary. Knows nothing of tokenizers, prompts or screens.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

LINEARS = ("qkv", "out", "gate_up", "down")
"""The matrices of one layer, fused as they are used; an adapter may change each of them."""


@dataclass(frozen=True, slots=True)
class Config:
    """The shape of the model, from ``config.json`` beside the weights."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    max_position_embeddings: int
    rms_norm_eps: float
    rope_theta: float

    @property
    def head_size(self) -> int:
        """Numbers in one head of the attention."""
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def read(cls, path: Path) -> Config:
        """From the model's ``config.json``; what is not needed of it is passed over."""
        facts = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: facts[name] for name in cls.__dataclass_fields__})


@dataclass(slots=True)
class Layer:
    """One layer's frozen weights: norms (D), matrices (outputs, inputs)."""

    norm_attention: Tensor
    norm_mlp: Tensor
    linear: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class LowRank:
    """What an adapter adds to one matrix: ``scale * b @ a`` with a (R, inputs), b (outputs, R)."""

    a: Tensor
    b: Tensor
    scale: float

    def delta(self) -> Tensor:
        """The change as a full matrix, float32."""
        return self.scale * (self.b.float() @ self.a.float())


Adapter = dict[tuple[int, str], LowRank]
"""Low-rank changes by layer number and name of the matrix."""


@dataclass(slots=True)
class Cache:
    """Keys and values of the tokens so far: per layer (2, K, room, E), the first ``length`` are valid.

    Setting ``length`` back forgets the tokens after it.
    """

    layers: list[Tensor]
    length: int = 0


@dataclass(slots=True)
class Llama:
    """The weights of a model, ready to run."""

    config: Config
    embedding: Tensor
    layers: list[Layer]
    norm: Tensor
    rope: tuple[Tensor, Tensor] = field(repr=False)

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights, and of what is computed with them."""
        return self.embedding.dtype

    def new_cache(self, room: int) -> Cache:
        """An empty cache for at most ``room`` tokens of one sequence."""
        c = self.config
        shape = (2, c.num_key_value_heads, room, c.head_size)
        return Cache([torch.empty(shape, dtype=self.dtype) for _ in self.layers])

    def merge(self, adapter: Adapter) -> None:
        """Add an adapter's changes to the weights, so that it costs nothing afterwards."""
        for (number, name), change in adapter.items():
            weight = self.layers[number].linear[name]
            self.layers[number].linear[name] = (weight.float() + change.delta()).to(weight.dtype)

    def embed(self, ids: Tensor) -> Tensor:
        """ids (B, T) -> (B, T, D)."""
        return F.embedding(ids, self.embedding)

    def run(
        self,
        x: Tensor,
        first: int = 0,
        last: int | None = None,
        *,
        cache: Cache | None = None,
        adapter: Adapter | None = None,
    ) -> Tensor:
        """Pass x (B, T, D) through layers ``first`` up to ``last`` (exclusive); same shape out.

        With a cache, B is 1 and x continues the cached tokens, which it joins. Without one, x is a
        whole sequence; tokens see only those before them, so padding belongs on the right.
        """
        start, tokens = (cache.length if cache else 0), x.shape[1]
        cos, sin = self.rope
        place = _Place(
            cos[start : start + tokens].to(x.dtype),
            sin[start : start + tokens].to(x.dtype),
            _unseen(start, tokens, x.dtype),
        )
        for number in range(len(self.layers))[first:last]:
            layer = self.layers[number]
            change = {name: adapter.get((number, name)) for name in LINEARS} if adapter else {}
            stored = cache.layers[number][:, :, : start + tokens] if cache else None
            h = F.rms_norm(x, x.shape[-1:], layer.norm_attention, self.config.rms_norm_eps)
            x = x + self._attention(h, layer, change, place, stored)
            h = F.rms_norm(x, x.shape[-1:], layer.norm_mlp, self.config.rms_norm_eps)
            gate, up = _linear(h, layer.linear["gate_up"], change.get("gate_up")).chunk(2, dim=-1)
            x = x + _linear(F.silu(gate) * up, layer.linear["down"], change.get("down"))
        if cache:
            cache.length += tokens
        return x

    def logits(self, x: Tensor, among: Tensor | None = None) -> Tensor:
        """x (..., D) after the last layer -> float32 scores of the next token (..., V).

        With ``among`` (N), scores (..., N) of those tokens only: a quarter of a decoding step less.
        """
        h = F.rms_norm(x, x.shape[-1:], self.norm, self.config.rms_norm_eps)
        table = self.embedding if among is None else self.embedding[among]
        return F.linear(h, table).float()

    def _attention(
        self,
        h: Tensor,
        layer: Layer,
        change: dict[str, LowRank | None],
        place: _Place,
        stored: Tensor | None,
    ) -> Tensor:
        c = self.config
        batch, tokens, _ = h.shape
        heads = _linear(h, layer.linear["qkv"], change.get("qkv"))
        heads = heads.view(batch, tokens, -1, c.head_size).transpose(1, 2)  # (B, H + 2K, T, E)
        turned = c.num_attention_heads + c.num_key_value_heads
        turning, v = heads[:, :turned], heads[:, turned:]
        turning = _rotate(turning, place.cos, place.sin)
        q, k = turning[:, : c.num_attention_heads], turning[:, c.num_attention_heads :]
        if stored is not None:
            stored[0, :, -tokens:], stored[1, :, -tokens:] = k[0], v[0]
            k, v = stored[:, None]
        y = _attend(q, k, v, place.unseen)
        y = y.transpose(1, 2).reshape(batch, tokens, -1)
        return _linear(y, layer.linear["out"], change.get("out"))


@dataclass(frozen=True, slots=True)
class _Place:
    """What a call's tokens need to know of their positions: rotary tables (T, E), mask (T, S) or None."""

    cos: Tensor
    sin: Tensor
    unseen: Tensor | None


def _unseen(start: int, tokens: int, dtype: torch.dtype) -> Tensor | None:
    """What is added to scores (T, S) so that a token sees itself and those before it."""
    if tokens == 1:
        return None
    return torch.full((tokens, start + tokens), -1e9).triu(start + 1).to(dtype)


def _attend(q: Tensor, k: Tensor, v: Tensor, unseen: Tensor | None) -> Tensor:
    """q (B, H, T, E), k and v (B, K, S, E) -> (B, H, T, E); H / K query heads share a key head.

    Two plain products: torch's fused kernel costs five times as much here, where sequences are
    short and gradients are wanted.
    """
    (batch, heads, tokens, size), (_, groups, so_far, _) = q.shape, k.shape
    rows = q.reshape(batch * groups, -1, size) * size**-0.5  # (B K, H/K T, E)
    scores = rows @ k.reshape(batch * groups, so_far, size).transpose(1, 2)
    if unseen is not None:
        scores = (scores.view(-1, heads // groups, tokens, so_far) + unseen).view(scores.shape)
    y = scores.softmax(-1) @ v.reshape(batch * groups, so_far, size)
    together: Tensor = y.view(batch, heads, tokens, size)
    return together


def load(folder: Path, dtype: torch.dtype | None = None) -> Llama:
    """Read a model from a folder that ``deskhand.policies.models`` made.

    Args:
        folder: holds config.json and model.safetensors.
        dtype: of the weights in memory; None chooses what this processor is fast with.
    """
    config = Config.read(folder / "config.json")
    dtype = dtype or fast_dtype()
    stored = {
        name.removeprefix("model."): t.to(dtype)
        for name, t in load_file(folder / "model.safetensors").items()
    }
    return Llama(
        config=config,
        embedding=stored["embed_tokens.weight"],
        layers=[_layer(stored, f"layers.{n}.") for n in range(config.num_hidden_layers)],
        norm=stored["norm.weight"],
        rope=rope_tables(config),
    )


def fast_dtype() -> torch.dtype:
    """bfloat16 where the processor multiplies it natively, else float32: emulation is slower."""
    try:
        native = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):  # a torch without mkldnn
        native = False
    return torch.bfloat16 if native else torch.float32


def rope_tables(config: Config) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary positions (Su et al. 2021), each (positions, E), float32."""
    half = torch.arange(0, config.head_size, 2, dtype=torch.float64) / config.head_size
    angles = torch.outer(torch.arange(config.max_position_embeddings), config.rope_theta**-half)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().float(), angles.sin().float()


def _layer(stored: dict[str, Tensor], prefix: str) -> Layer:
    def weight(name: str) -> Tensor:
        return stored[f"{prefix}{name}.weight"]

    return Layer(
        norm_attention=weight("input_layernorm"),
        norm_mlp=weight("post_attention_layernorm"),
        linear={
            "qkv": torch.cat([weight(f"self_attn.{name}_proj") for name in "qkv"]),
            "out": weight("self_attn.o_proj"),
            "gate_up": torch.cat([weight("mlp.gate_proj"), weight("mlp.up_proj")]),
            "down": weight("mlp.down_proj"),
        },
    )


def _linear(x: Tensor, weight: Tensor, change: LowRank | None) -> Tensor:
    y = F.linear(x, weight)
    if change is None:
        return y
    low = F.linear(x, change.a.to(x.dtype))
    return y + F.linear(low, (change.b * change.scale).to(x.dtype))


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (i, i + E/2) of x (..., T, E) by its position's angle."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-right, left], dim=-1) * sin
