"""Asks a vision-language model in this process: a conversation in, an answer out."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

from PIL import Image

from deskhand.errors import BackendError
from deskhand.policies.chat.aloud import Aloud
from deskhand.policies.chat.client import Answer
from deskhand.policies.local.loading import LoadedModel
from deskhand.policies.local.prefix import KeptCache, TokenizedPrompt, can_roll_back
from deskhand.policies.local.together import LocalQuestion, can_be_joined, joined, row_of

OPENING = 16
"""Tokens at the end of a prompt in which a template may open a thinking block."""
ENDS_ARE_SOUGHT_IN = 48
"""So many of the newest tokens are looked through for an ending."""
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
    """One conversation with a model of this process; several share a model.

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
        prompt = TokenizedPrompt([], [], [], [], [])
        try:
            prompt = self.prompt(messages, options.get("chat_template_kwargs") or {})
            question = LocalQuestion(self, prompt, options)
            self._loaded.turns.answer(question, self._answer)
        except torch.OutOfMemoryError as error:
            self.kept.forget()
            raise BackendError(
                f"out of memory with {len(prompt.pictures)} pictures of {max(prompt.lengths, default=0)} "
                "tokens: --profile-set history.pictures=1 sends fewer, "
                "--profile-set picture.max_pixels=1000000 smaller ones"
            ) from error
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            self.kept.forget()
            words = str(error).strip().partition("\n")[0][:300]
            raise BackendError(
                f"{self._loaded.name} could not be asked: {words or type(error).__name__}"
            ) from error
        new = question.tokens or []
        if self._over():
            raise BackendError("the question was broken off")
        text = self.text(new)
        most = int(options.get("max_tokens", 2048))
        return Answer(
            text=text,
            cut="" if question.whole else f"at {most} tokens",
            prompt_tokens=len(prompt.tokens),
            completion_tokens=len(new),
            seconds=time.monotonic() - began,
        )

    def prompt(
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

    def _answer(self, questions: Sequence[LocalQuestion]) -> None:
        """Answer questions, this model's own first; together where the network and the memory allow it."""
        import torch

        with torch.inference_mode():
            if len(questions) > 1:
                try:
                    if self._answered_together(questions):
                        return
                except torch.OutOfMemoryError:
                    for one in questions:
                        one.asker.kept.forget()
            for one in questions:
                try:
                    one.tokens, one.whole = one.asker.generated(one.prompt, one.options)
                except (RuntimeError, ValueError, IndexError, TypeError) as error:
                    one.error = error

    def _answered_together(self, questions: Sequence[LocalQuestion]) -> bool:
        """Answer questions side by side; False if this network cannot."""
        import torch

        if not self.kept.rolls_back or not can_be_joined(self._empty()):
            return False
        device = self._loaded.device
        askers: list[LocalModel] = [one.asker for one in questions]
        begun = [asker._begun(one.prompt) for asker, one in zip(askers, questions, strict=True)]
        lengths = [len(one.prompt.tokens) for one in questions]
        cache, longest = joined([cache for cache, _ in begun], [n - 1 for n in lengths]), max(lengths)
        ids = torch.zeros((len(questions), longest), dtype=torch.long, device=device)
        seen = torch.zeros_like(ids)
        inputs: dict[str, Any] = {}
        if all(places is not None for _, places in begun):
            inputs["position_ids"] = torch.zeros((4, *ids.shape), dtype=torch.long, device=device)
        for row, (one, (_, places)) in enumerate(zip(questions, begun, strict=True)):
            first = longest - lengths[row]
            ids[row, first:] = torch.tensor(one.prompt.tokens, device=device)
            seen[row, first:] = 1
            if places is not None:
                inputs["position_ids"][:, row, first:] = places[:, 0]
        stops = [asker._ending(longest, one.options) for asker, one in zip(askers, questions, strict=True)]
        found = self._written(ids, cache, stops, questions[0].options, attention_mask=seen, **inputs)
        for row, (one, asker, stop) in enumerate(zip(questions, askers, stops, strict=True)):
            one.tokens, one.whole = asker._read(found[row, longest:].tolist(), stop, one.options)
            if asker._reuse and not asker.is_over():
                tokens = [*one.prompt.tokens, *one.tokens[:-1]]
                first = longest - lengths[row]
                asker.kept.keep(row_of(cache, row, first, first + len(tokens)), tokens, one.prompt)
        return True

    def _begun(self, prompt: TokenizedPrompt) -> tuple[Any, Any]:
        """The cache of a question up to its last token, and the places of all its tokens."""
        import torch

        kept, length, seen = self.kept.take(prompt) if self._reuse else (None, 0, 0)
        cache = kept if kept is not None else self._empty()
        ids = torch.tensor([prompt.tokens], device=self._loaded.device)
        if len(prompt.tokens) > length + 1:
            self._prefill(prompt, ids[:, :-1], cache, length, seen)
        return cache, self._inputs(prompt, ids, 0, len(prompt.pictures)).get("position_ids")

    def generated(self, prompt: TokenizedPrompt, options: dict[str, Any]) -> tuple[list[int], bool]:
        """The tokens of an answer, and whether it came to its end."""
        import torch

        kept, length, seen = self.kept.take(prompt) if self._reuse else (None, 0, 0)
        cache = kept if kept is not None else self._empty()
        ids = torch.tensor([prompt.tokens], device=self._loaded.device)
        if not self.kept.rolls_back and self._reuse and len(prompt.tokens) > length + 1:
            self._prefill(prompt, ids[:, :-1], cache, length, seen)
            self.kept.keep_copy(cache, prompt)
            length, seen = len(prompt.tokens) - 1, len(prompt.pictures)
        inputs = self._inputs(prompt, ids, length, seen)
        stop = self._ending(ids.shape[1], options)
        found = self._written(ids, cache, [stop], options, **inputs)
        if self.kept.rolls_back and self._reuse:
            self.kept.keep(cache, found[0, :-1].tolist(), prompt)
        return self._read(found[0, ids.shape[1] :].tolist(), stop, options)

    def _empty(self) -> Any:
        from transformers import DynamicCache

        return DynamicCache(config=self._loaded.network.config.get_text_config())

    def _ending(self, start: int, options: dict[str, Any]) -> _Ending:
        return _Ending(self, start, (*self._ends, *options.get("stop", ())))

    def _written(
        self, ids: Any, cache: Any, stops: Sequence[_Ending], options: dict[str, Any], **inputs: Any
    ) -> Any:
        """The tokens of questions with their answers, a row each."""
        import torch

        seed = options.get("seed")
        if seed is not None:
            torch.manual_seed(int(seed))
        return self._loaded.network.generate(
            input_ids=ids,
            past_key_values=cache,
            max_new_tokens=int(options.get("max_tokens", 2048)),
            stopping_criteria=[_Endings(stops)],
            pad_token_id=self._loaded.tokenizer.pad_token_id or 0,
            **_sampled(options),
            **inputs,
        )

    def _read(self, new: list[int], stop: _Ending, options: dict[str, Any]) -> tuple[list[int], bool]:
        """The tokens of an answer without what fills up its row, and whether it came to its end."""
        ends = _endings(self._loaded.network)
        last = next((n for n, token in enumerate(new, 1) if token in ends), len(new))
        new = new[: min(last, stop.length or last)]
        most = int(options.get("max_tokens", 2048))
        return new, stop.ended or not new or len(new) < most or new[-1] in ends

    def _prefill(self, prompt: TokenizedPrompt, ids: Any, cache: Any, length: int, seen: int) -> None:
        """Compute a question up to its last token."""
        inputs = self._inputs(prompt, ids, length, seen)
        positions = inputs.pop("position_ids", None)
        if positions is not None:
            inputs["position_ids"] = positions[..., length:]
        types = inputs.pop("mm_token_type_ids", None)
        if types is not None:
            inputs["mm_token_type_ids"] = types[:, length:]
        inputs["attention_mask"] = ids.new_ones(ids.shape)
        self._loaded.network(input_ids=ids[:, length:], past_key_values=cache, use_cache=True, **inputs)

    def _inputs(self, prompt: TokenizedPrompt, ids: Any, length: int, seen: int) -> dict[str, Any]:
        """What goes with the tokens: the new pictures, and the places of all tokens in time and picture."""
        import torch

        network, device = self._loaded.network, self._loaded.device
        types = (ids == self._loaded.picture_token).int()
        found: dict[str, Any] = {"mm_token_type_ids": types}
        every = [one["image_grid_thw"] for one in prompt.pictures]
        grids = torch.cat(every).to(device) if every else None
        inner = getattr(network, "model", network)
        if hasattr(inner, "get_rope_index"):
            positions, deltas = inner.get_rope_index(
                ids, mm_token_type_ids=types, image_grid_thw=grids, attention_mask=torch.ones_like(ids)
            )
            inner.rope_deltas = deltas
            plain = torch.arange(ids.shape[1], device=device)[None, None]
            found["position_ids"] = torch.cat([plain, positions.to(plain)])
        new = prompt.pictures[seen:]
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
    """Ends an answer where it is whole, or where nobody waits for it.

    Attributes:
        ended: whether it is whole.
        length: how many tokens it had then, or when nobody waited any more; 0 while it goes on.
    """

    def __init__(self, model: LocalModel, start: int, ends: Sequence[str]) -> None:
        self._model, self._start, self._ends = model, start, tuple(ends)
        self.ended, self.length = False, 0

    def stops(self, tokens: Any) -> bool:
        """Whether the answer to a question stops here; takes the tokens of both."""
        if self.length:
            return True
        new = tokens[self._start :].tolist()
        self._model.aloud.hear(lambda: self._model.text(new))
        text = self._model.newest(new) if self._ends else ""
        found = any(end in text for end in self._ends)
        # A call that is only thought of does not end an answer; a template may have opened the thinking.
        self.ended = found and not self._model.thinks(tokens[self._start - OPENING :].tolist())
        if self.ended or self._model.is_over():
            self.length = len(new)
        return self.length > 0


class _Endings:
    """The endings of answers that are written together; see transformers' StoppingCriteria."""

    def __init__(self, rows: Sequence[_Ending]) -> None:
        self._rows = rows

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        stops = [one.stops(tokens) for one, tokens in zip(self._rows, input_ids, strict=True)]
        return torch.tensor(stops, device=input_ids.device)


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
