"""Asks a vision-language model in this process: a conversation in, an answer out."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

from PIL import Image

from deskhand.errors import BackendError
from deskhand.policies.chat.aloud import Aloud
from deskhand.policies.chat.client import Answer
from deskhand.policies.local.loading import LoadedModel
from deskhand.policies.local.prefix import KeptCache, TokenizedPrompt, can_roll_back

OPENING = 16
"""Tokens at the end of a prompt in which a template may open a thinking block."""
ENDS_ARE_SOUGHT_IN = 48
"""So many of the newest tokens are looked through for an ending."""
LOOKS_UP_SECONDS = 0.1
"""How often a question that waits for another's answer asks whether it is still wanted."""
_PLAIN_TOKENS = re.compile("box|object_ref|quad|point|think|tool")
"""Special tokens that a prompt or a reply may hold; the others are the conversation's own."""
_SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "repetition_penalty": "repetition_penalty",
}
"""Options of a request that generate() takes too, by its names; it has none of the others."""


class LocalModel:
    """One model in this process; asked one question at a time.

    Args:
        loaded: the model.
        ends: texts after which an answer is whole, the end of a call, say.
        reuse: whether what was computed of the question before is kept.

    Attributes:
        aloud: hears what it writes.
    """

    def __init__(self, loaded: LoadedModel, ends: Sequence[str] = (), *, reuse: bool = True) -> None:
        self._loaded, self._ends, self._reuse = loaded, tuple(ends), reuse
        self.kept = KeptCache(rolls_back=can_roll_back(loaded.network))
        self.aloud = Aloud()
        self._over: Callable[[], bool] = lambda: False
        control = [one for one in loaded.tokenizer.all_special_tokens if not _PLAIN_TOKENS.search(one)]
        control += [loaded.tokenizer.convert_ids_to_tokens(loaded.picture_token)]
        self._control = re.compile("|".join(map(re.escape, sorted(control, key=len, reverse=True))) or "(?!)")

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """End an answer as soon as ``over`` is true."""
        self._over = over

    def close(self) -> None:
        """Forget what was computed; the model stays loaded for others."""
        self.kept.forget()

    def ask(self, messages: Sequence[dict[str, Any]], **options: Any) -> Answer:
        """One question.

        Args:
            messages: as OpenAI-compatible servers take them.
            options: ``max_tokens``, sampling, ``stop``, ``seed``, ``chat_template_kwargs``; others are left
                out.

        Raises:
            BackendError: the model cannot take it, or memory ran out.
        """
        import torch

        began = time.monotonic()
        question = TokenizedPrompt([], [], [], [], [])
        try:
            question = self.question(messages, options.get("chat_template_kwargs") or {})
            with self._alone(), torch.inference_mode():
                new, whole = self._generated(question, options)
        except torch.OutOfMemoryError as error:
            self.kept.forget()
            raise BackendError(
                f"out of memory with {len(question.pictures)} pictures of {max(question.lengths, default=0)} "
                "tokens: --profile-set history.pictures=1 sends fewer, "
                "--profile-set picture.max_pixels=1000000 smaller ones"
            ) from error
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            self.kept.forget()
            words = str(error).strip().partition("\n")[0][:300]
            raise BackendError(
                f"{self._loaded.name} could not be asked: {words or type(error).__name__}"
            ) from error
        if self._over():
            raise BackendError("the question was broken off")
        text = self.text(new)
        most = int(options.get("max_tokens", 2048))
        return Answer(
            text=text,
            cut="" if whole else f"at {most} tokens",
            prompt_tokens=len(question.tokens),
            completion_tokens=len(new),
            seconds=time.monotonic() - began,
        )

    def question(
        self, messages: Sequence[dict[str, Any]], template: dict[str, Any] | None = None
    ) -> TokenizedPrompt:
        """A conversation as the network takes it.

        Raises:
            BackendError: the model's chat template has no places for the pictures.
        """
        pictures: list[Image.Image] = []
        said = [_message(one, pictures, self._control) for one in messages]
        try:
            text = self._loaded.tokenizer.apply_chat_template(
                said, add_generation_prompt=True, tokenize=False, **(template or {})
            )
        except Exception as error:  # a template is a program of the model's, and fails in its own ways
            raise BackendError(
                f"the chat template of {self._loaded.name} fails: {str(error)[:200]}"
            ) from error
        plain = self._loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        places = [at for at, token in enumerate(plain) if token == self._loaded.picture_token]
        if len(places) != len(pictures):
            raise BackendError(
                f"the chat template of {self._loaded.name} has {len(places)} places for {len(pictures)} "
                "pictures: it is not one of a model that looks at pictures"
            )
        inputs = [self._loaded.pictures(images=[one], return_tensors="pt") for one in pictures]
        lengths = [int(one["image_grid_thw"].prod()) // self._loaded.merge**2 for one in inputs]
        tokens: list[int] = []
        starts: list[int] = []
        sizes = iter(lengths)
        for token in plain:
            if token == self._loaded.picture_token:
                starts.append(len(tokens))
                tokens += [token] * next(sizes)
            else:
                tokens.append(token)
        hashes = [blake2b(one.tobytes(), digest_size=16).hexdigest() for one in pictures]
        return TokenizedPrompt(tokens, [dict(one) for one in inputs], hashes, starts, lengths)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While inside nobody else asks the network.

        Raises:
            BackendError: nobody waits for the answer any more.
        """
        while not self._loaded.lock.acquire(timeout=LOOKS_UP_SECONDS):
            if self._over():
                raise BackendError("the question was broken off")
        try:
            yield
        finally:
            self._loaded.lock.release()

    def _generated(self, question: TokenizedPrompt, options: dict[str, Any]) -> tuple[list[int], bool]:
        """The tokens of an answer, and whether it came to its end."""
        import torch
        from transformers import DynamicCache

        network, device = self._loaded.network, self._loaded.device
        kept, length, seen = self.kept.take(question) if self._reuse else (None, 0, 0)
        cache = kept if kept is not None else DynamicCache(config=network.config.get_text_config())
        ids = torch.tensor([question.tokens], device=device)
        if not self.kept.rolls_back and self._reuse and len(question.tokens) > length + 1:
            self._prefill(question, ids[:, :-1], cache, length, seen)
            self.kept.keep_copy(cache, question)
            length, seen = len(question.tokens) - 1, len(question.pictures)
        inputs = self._inputs(question, ids, length, seen)
        stop = _Ending(self, ids.shape[1], (*self._ends, *options.get("stop", ())))
        most = int(options.get("max_tokens", 2048))
        seed = options.get("seed")
        if seed is not None:
            torch.manual_seed(int(seed))
        found = network.generate(
            input_ids=ids,
            past_key_values=cache,
            max_new_tokens=most,
            stopping_criteria=[stop],
            pad_token_id=self._loaded.tokenizer.pad_token_id or 0,
            **_sampled(options),
            **inputs,
        )
        new = found[0, ids.shape[1] :].tolist()
        if self.kept.rolls_back and self._reuse:
            self.kept.keep(cache, found[0, :-1].tolist(), question)
        return new, stop.ended or not new or len(new) < most or new[-1] in _endings(network)

    def _prefill(self, question: TokenizedPrompt, ids: Any, cache: Any, length: int, seen: int) -> None:
        """Compute a question up to its last token."""
        inputs = self._inputs(question, ids, length, seen)
        positions = inputs.pop("position_ids", None)
        if positions is not None:
            inputs["position_ids"] = positions[..., length:]
        types = inputs.pop("mm_token_type_ids", None)
        if types is not None:
            inputs["mm_token_type_ids"] = types[:, length:]
        inputs["attention_mask"] = ids.new_ones(ids.shape)
        self._loaded.network(input_ids=ids[:, length:], past_key_values=cache, use_cache=True, **inputs)

    def _inputs(self, question: TokenizedPrompt, ids: Any, length: int, seen: int) -> dict[str, Any]:
        """What goes with the tokens: the new pictures, and the places of all tokens in time and picture."""
        import torch

        network, device = self._loaded.network, self._loaded.device
        types = (ids == self._loaded.picture_token).int()
        found: dict[str, Any] = {"mm_token_type_ids": types}
        every = [one["image_grid_thw"] for one in question.pictures]
        grids = torch.cat(every).to(device) if every else None
        inner = getattr(network, "model", network)
        if hasattr(inner, "get_rope_index"):
            positions, deltas = inner.get_rope_index(
                ids, mm_token_type_ids=types, image_grid_thw=grids, attention_mask=torch.ones_like(ids)
            )
            inner.rope_deltas = deltas
            plain = torch.arange(ids.shape[1], device=device)[None, None]
            found["position_ids"] = torch.cat([plain, positions.to(plain)])
        new = question.pictures[seen:]
        if new:
            pixels = torch.cat([one["pixel_values"] for one in new])
            found["pixel_values"] = pixels.to(device, network.dtype)
            found["image_grid_thw"] = torch.cat([one["image_grid_thw"] for one in new]).to(device)
        return found

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say, special ones included but for the last, which only ends the answer."""
        ends = _endings(self._loaded.network) | {self._loaded.tokenizer.eos_token_id}
        while tokens and tokens[-1] in ends:
            tokens = tokens[:-1]
        return str(self._loaded.tokenizer.decode(tokens, skip_special_tokens=False))

    def is_over(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._over()

    def thinks(self, tokens: Sequence[int]) -> bool:
        """Whether these tokens end inside a thinking block."""
        text = str(self._loaded.tokenizer.decode(tokens, skip_special_tokens=False))
        return text.rfind("<think>") > text.rfind("</think>")

    def newest(self, tokens: Sequence[int]) -> str:
        """What the newest of an answer's tokens say."""
        return str(self._loaded.tokenizer.decode(tokens[-ENDS_ARE_SOUGHT_IN:], skip_special_tokens=False))


class _Ending:
    """Ends an answer where it is whole, or where nobody waits for it; see transformers' StoppingCriteria."""

    def __init__(self, model: LocalModel, start: int, ends: Sequence[str]) -> None:
        self._model, self._start, self._ends = model, start, tuple(ends)
        self.ended = False

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        new = input_ids[0, self._start :].tolist()
        self._model.aloud.hear(lambda: self._model.text(new))
        text = self._model.newest(new) if self._ends else ""
        found = any(end in text for end in self._ends)
        # A call that is only thought of does not end an answer; a template may have opened the thinking.
        self.ended = found and not self._model.thinks(input_ids[0, self._start - OPENING :].tolist())
        stops = self.ended or self._model.is_over()
        return input_ids.new_full((input_ids.shape[0],), int(stops)).bool()


def _message(
    message: dict[str, Any], pictures: list[Image.Image], control: re.Pattern[str]
) -> dict[str, Any]:
    """A message as chat templates take it; its pictures are added to ``pictures``.

    A control token that stands in a text, a task's or a screen's, is broken in two, so that it says nothing.
    """

    def plain(text: str) -> str:
        return control.sub(lambda hit: hit[0][:1] + "\u200b" + hit[0][1:], text)

    content = message["content"]
    if isinstance(content, str):
        return {"role": message["role"], "content": [{"type": "text", "text": plain(content)}]}
    parts: list[dict[str, str]] = []
    for part in content:
        if part["type"] == "image_url":
            data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
            pictures.append(Image.open(io.BytesIO(data)).convert("RGB"))
            parts.append({"type": "image"})
        else:
            parts.append({"type": "text", "text": plain(part["text"])})
    return {"role": message["role"], "content": parts}


def _sampled(options: dict[str, Any]) -> dict[str, Any]:
    """Sampling as generate() takes it; a temperature of 0, or none, takes the likeliest token each time."""
    if not options.get("temperature"):
        penalty = options.get("repetition_penalty")
        return {"do_sample": False, **({"repetition_penalty": penalty} if penalty else {})}
    given = {ours: options[theirs] for theirs, ours in _SAMPLING.items() if options.get(theirs) is not None}
    return {"do_sample": True, **given}


def _endings(network: Any) -> set[int]:
    """The tokens that end an answer."""
    found = getattr(network.generation_config, "eos_token_id", None)
    return set(found) if isinstance(found, list | tuple) else set() if found is None else {int(found)}
