"""Small random checkpoints of transformers' vision-language classes, saved as a hub's folders are.

They say nonsense, but they are loaded, shown pictures, and asked exactly as the real ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForImageTextToText, PreTrainedTokenizerFast

QWEN = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
        "<|video_pad|>")  # fmt: skip
GLM = ("<|endoftext|>", "<|user|>", "<|assistant|>", "<|begin_of_image|>", "<|end_of_image|>", "<|image|>",
       "<|video|>")  # fmt: skip
_PART = (
    "{% for p in m.content %}{% if p.type == 'image' %}PICTURE{% else %}{{ p.text }}{% endif %}{% endfor %}"
)
QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    + _PART.replace("PICTURE", "<|vision_start|><|image_pad|><|vision_end|>")
    + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GLM_TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>\n"
    + _PART.replace("PICTURE", "<|begin_of_image|><|image|><|end_of_image|>")
    + "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
KINDS = (
    "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "qwen3_5", "qwen3_5_moe", "qwen4_exp", "glm4v",
    "glm46v", "glm4v_moe", "glm5_next",
)  # fmt: skip
_ROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
_VISION: dict[str, Any] = {
    "depth": 1, "hidden_size": 32, "num_heads": 2, "intermediate_size": 32, "patch_size": 16,
    "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": 64, "in_channels": 3,
}  # fmt: skip
_MIXTURE = {
    "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
    "shared_expert_intermediate_size": 32, "n_routed_experts": 4, "n_shared_experts": 1,
    "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1, "decoder_sparse_step": 1,
}  # fmt: skip
_LINEAR = {
    "layer_types": ["linear_attention", "full_attention"], "linear_num_value_heads": 2,
    "linear_num_key_heads": 2, "linear_key_head_dim": 16, "linear_value_head_dim": 16,
    "partial_rotary_factor": 0.5,
}  # fmt: skip

_QWEN4 = {
    **_LINEAR, "layer_types": ["linear_attention", "indexed_attention"], "indexer_n_heads": 2,
    "indexer_kv_heads": 1, "indexer_head_dim": 16, "indexer_budget": 64, "indexer_compress_ratio": 4,
    "hc_count": 2, "hc_lowrank": 16, "ngram_vocab_size_base": 1000, "split_ngram_parts": 1,
    "ple_embed_dim": 32, "make_ngram_vocab_size_divisible_by": 8,
}  # fmt: skip
_GLM5 = {
    "num_key_value_heads": 4, "q_lora_rank": 32, "kv_lora_rank": 16, "qk_nope_head_dim": 16,
    "qk_rope_head_dim": 0, "v_head_dim": 16, "index_topk": 64, "index_head_dim": 16, "index_n_heads": 2,
    "layer_types": ["linear_attention", "indexed_attention"], "indexer_types": ["full", "full"],
    "mlp_layer_types": ["dense", "sparse"],
}  # fmt: skip


def make(kind: str, folder: Path, template: str | None = None) -> Path:
    """A folder with a model of a kind, its tokenizer and what it needs for pictures."""
    glm = kind.startswith("glm")
    special = GLM if glm else QWEN
    tokenizer = _tokenizer(special, template or (GLM_TEMPLATE if glm else QWEN_TEMPLATE))
    tokenizer.save_pretrained(folder)
    number = {name: tokenizer.convert_tokens_to_ids(name) for name in special}
    text = _text(kind, len(tokenizer), number[special[0 if glm else 2]])
    vision = _vision(kind)
    ids = dict(
        zip(
            ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id"),
            (number[name] for name in special[3:]),
            strict=True,
        )
    )
    starts = {"image_start_token_id": number[special[3]], "image_end_token_id": number[special[4]]}
    config = AutoConfig.for_model(kind, text_config=text, vision_config=vision, **ids, **starts)
    torch.manual_seed(0)
    AutoModelForImageTextToText.from_config(config).eval().save_pretrained(folder)
    facts = {
        "image_processor_type": "Glm4vImageProcessor" if glm else "Qwen2VLImageProcessor",
        "patch_size": vision["patch_size"], "merge_size": 2, "temporal_patch_size": 2,
        "size": {"shortest_edge": 784, "longest_edge": 1 << 22},
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(facts))
    return folder


def make_one_that_says(reply: tuple[str, ...], folder: Path) -> Path:
    """A folder with a LLaVA that answers every prompt, whatever is shown and asked, with one reply.

    The parts of the reply are tokens of its own, so it learns it in a second.

    LLaVA's picture processor needs no torchvision, which other classes' need where a server loads them.
    """
    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>")
    tokenizer = _tokenizer(
        special, QWEN_TEMPLATE.replace("<|vision_start|><|image_pad|><|vision_end|>", "<image>")
    )
    tokenizer.add_tokens(list(reply))
    tokenizer.save_pretrained(folder)
    end, image = (tokenizer.convert_tokens_to_ids(word) for word in special[2:])
    rope = {"rope_type": "default", "rope_theta": 10000.0}
    text = {**_text("llava", len(tokenizer), end), "model_type": "llama", "rope_parameters": rope}
    sight = {
        "model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 28, "patch_size": 14, "projection_dim": 32,
    }  # fmt: skip
    config = AutoConfig.for_model(
        "llava", text_config=text, vision_config=sight, image_token_index=image, image_seq_length=4
    )
    torch.manual_seed(0)
    model = AutoModelForImageTextToText.from_config(config)
    _taught(
        model,
        tokenizer("<|im_start|>assistant\n").input_ids,
        [*tokenizer.convert_tokens_to_ids(list(reply)), end],
    )
    model.eval().save_pretrained(folder)
    size = {"height": 28, "width": 28}
    pictures = {
        "image_processor_type": "CLIPImageProcessor", "size": size, "crop_size": size,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    processor = {
        "processor_class": "LlavaProcessor", "patch_size": 14, "image_token": "<image>",
        "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1,
    }  # fmt: skip
    (folder / "processor_config.json").write_text(json.dumps(processor))
    return folder


def _taught(model: Any, cue: list[int], reply: list[int]) -> None:
    """Train until the reply follows its cue after any words."""
    words = model.config.text_config.vocab_size
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    asked = torch.Generator().manual_seed(0)
    for _ in range(400):
        before = torch.randint(4, words, (8, int(torch.randint(5, 60, (), generator=asked))), generator=asked)
        told = torch.tensor([[*cue, *reply]]).expand(8, -1)
        labels = torch.cat([torch.full_like(before, -100), told], 1)
        labels[:, : before.shape[1] + len(cue)] = -100
        loss = model(input_ids=torch.cat([before, told], 1), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.003:
            return
    raise AssertionError(f"the tiny model did not learn its reply: {float(loss)}")


def _tokenizer(special: tuple[str, ...], template: str) -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=list(special), initial_alphabet=alphabet)
    inner.train_from_iterator(["click type scroll the button"], trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=special[2] if special is QWEN else special[0],
        pad_token=special[0],
        additional_special_tokens=list(special),
    )
    made.chat_template = template
    return made


def _text(kind: str, words: int, end: int) -> dict[str, Any]:
    rope = dict(_ROPE)
    text: dict[str, Any] = {
        "vocab_size": words, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 32768,
        "pad_token_id": 0, "bos_token_id": None, "eos_token_id": end,
    }  # fmt: skip
    if "moe" in kind or kind in ("qwen4_exp", "glm5_next"):
        text |= _MIXTURE
    if kind.startswith("qwen3_5"):
        text |= _LINEAR
        rope |= {"partial_rotary_factor": 0.5, "mrope_section": [2, 1, 1], "mrope_interleaved": True}
    if kind == "qwen4_exp":
        text |= {name: value for name, value in _QWEN4.items() if name != "partial_rotary_factor"}
        rope["mrope_interleaved"] = True
    if kind == "glm5_next":
        return {**{name: value for name, value in text.items() if name != "head_dim"}, **_GLM5}
    if kind.startswith("glm"):
        rope["partial_rotary_factor"] = 1.0
    return {**text, "rope_parameters": rope}


def _vision(kind: str) -> dict[str, Any]:
    if kind == "qwen2_vl":
        plain = {
            name: value for name, value in _VISION.items() if not name.endswith("_size") or name[0] in "st"
        }
        return {**plain, "embed_dim": 32, "hidden_size": 64, "patch_size": 14, "mlp_ratio": 1}
    if kind == "qwen2_5_vl":
        return {**_VISION, "patch_size": 14, "fullatt_block_indexes": [0], "window_size": 112}
    if kind.startswith("glm"):
        more = {"projection_intermediate_size": 64} if kind == "glm5_next" else {}
        return {**_VISION, "patch_size": 14, "image_size": 112, **more}
    if kind == "qwen4_exp":
        return {**_VISION, "num_position_embeddings": 16}
    return {**_VISION, "num_position_embeddings": 16, "deepstack_visual_indexes": [0]}
