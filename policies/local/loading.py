"""Loads a vision-language model and what belongs to it from a folder, or from a model hub by its ID.

Only safetensors are loaded and only classes of transformers itself: weights as pickle and code from a hub
would run what somebody else wrote.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from deskhand.errors import BackendError, EnvironmentProblem, UsageError
from deskhand.policies.local.together import Turns
from deskhand.text import printable

log = logging.getLogger(__name__)

Device = Literal["auto", "cuda", "mps", "cpu"]
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that is ready to be asked.

    Attributes:
        name: as it was asked for.
        network: the model, on its device.
        tokenizer: with a chat template that has places for pictures.
        pictures: turns pictures into the network's input.
        device: where it computes.
        picture_token: the token that stands for a part of a picture.
        merge: so many patches of a picture to each side become one token.
        turns: who asks it when: a network keeps places of one conversation at a time.
    """

    name: str
    network: Any
    tokenizer: Any
    pictures: Any
    device: str
    picture_token: int
    merge: int
    turns: Turns = field(default_factory=Turns, repr=False, compare=False)


def load(name: str, *, device: Device = "auto", dtype: str = "auto", bits: int = 0) -> LoadedModel:
    """Load a model.

    Args:
        name: a folder as hubs have them, or a hub's ID.
        device: where to compute; ``auto`` takes the first that is there.
        dtype: of the weights; ``auto`` takes bfloat16 on a GPU, float32 on a processor.
        bits: 4 or 8 to quantise the weights while they are loaded; 0 leaves them.

    Raises:
        UsageError: the folder is not one of a model.
        BackendError: it cannot be loaded; says why and what helps.
        EnvironmentProblem: what quantising needs is missing.
    """
    folder = Path(name).expanduser()
    if folder.exists():
        _check_folder(folder)
        name = str(folder)
    elif name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise UsageError(
            f"{printable(name)[:200]!r} is no folder, and no ID of a model either: write local:FOLDER or "
            "local:OWNER/NAME"
        )
    import torch
    from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer

    place = _device(device)
    options: dict[str, Any] = {"dtype": _dtype(dtype, place), "use_safetensors": True}
    options |= {"trust_remote_code": False, "low_cpu_mem_usage": True}
    if bits:
        options["quantization_config"] = _quantised(bits, place)
    with _said(name):
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        pictures = AutoImageProcessor.from_pretrained(name, trust_remote_code=False)
        network = AutoModelForImageTextToText.from_pretrained(name, **options)
        if not bits:
            network = network.to(torch.device(place))
    network.eval()
    token = getattr(network.config, "image_token_id", None)
    merge = getattr(pictures, "merge_size", None)
    if token is None or merge is None:
        kind = getattr(network.config, "model_type", "?")
        raise BackendError(
            f"{printable(name)}: models of type {kind} cannot be asked here: they take pictures another way"
        )
    if not tokenizer.chat_template or len(tokenizer) <= token:
        lacks = "words" if tokenizer.chat_template else "chat template"
        raise BackendError(f"{printable(name)} cannot be asked: its tokenizer has no {lacks} for pictures")
    log.info("%s is ready on %s", name, place)
    return LoadedModel(name, network, tokenizer, pictures, place, int(token), int(merge))


def _check_folder(folder: Path) -> None:
    """Refuse what is no model's folder, before anything large is read."""
    if not folder.is_dir() or not (folder / "config.json").is_file():
        raise UsageError(f"{folder} is no folder of a model: it has no config.json")
    try:
        kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{folder}/config.json cannot be read: {error}") from error
    if not list(folder.glob("*.safetensors")):
        pickled = [path.name for pattern in _PICKLED for path in folder.glob(pattern)]
        if pickled:
            raise BackendError(
                f"the weights of {folder} are pickled ({pickled[0]}), and loading them could run anything: "
                "convert them to safetensors first"
            )
        raise UsageError(f"{folder} has no weights: there are no .safetensors in it")
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    if kind not in CONFIG_MAPPING:
        import transformers

        raise BackendError(
            f"transformers {transformers.__version__} knows no model of type {printable(str(kind))[:60]!r}: "
            "update it, or ask the model through a server (--policy openai). Code in a model's folder is "
            "never run"
        )


@contextlib.contextmanager
def _said(name: str) -> Iterator[None]:
    """Turn what goes wrong while loading into one sentence."""
    import torch
    from safetensors import SafetensorError

    shown = printable(name)[:200]
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise BackendError(
            f"{shown} does not fit into memory: --profile-set local.bits=8 (or 4) loads it smaller, "
            "--profile-set local.device=cpu takes the processor"
        ) from error
    except ImportError as error:
        raise EnvironmentProblem(f"{shown} needs what is not installed: {_first(error)}") from error
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError, SafetensorError) as error:
        raise BackendError(f"{shown} cannot be loaded: {_first(error)}") from error


def _first(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return printable(lines[0] if lines else type(error).__name__)[:300]


def _device(wanted: Device) -> str:
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there[wanted]:
        raise EnvironmentProblem(f"this machine has no {wanted}: leave local.device out, or set it to cpu")
    return wanted


def _dtype(wanted: str, device: str) -> Any:
    import torch

    if wanted == "auto":
        return torch.float32 if device == "cpu" else torch.bfloat16
    found = getattr(torch, wanted, None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise UsageError(f"local.dtype is auto, float32, float16 or bfloat16, not {wanted[:40]!r}")
    return found


def _quantised(bits: int, device: str) -> Any:
    """The settings of bitsandbytes or torchao, whichever is installed."""
    import transformers

    if importlib.util.find_spec("bitsandbytes") and device == "cuda":
        return transformers.BitsAndBytesConfig(load_in_4bit=bits == 4, load_in_8bit=bits == 8)
    if importlib.util.find_spec("torchao"):
        from torchao.quantization import Int4WeightOnlyConfig, Int8WeightOnlyConfig  # type: ignore[import-not-found,unused-ignore]

        return transformers.TorchAoConfig(Int4WeightOnlyConfig() if bits == 4 else Int8WeightOnlyConfig())
    raise EnvironmentProblem(
        f"weights of {bits} bits need torchao, or bitsandbytes with a GPU: run `pip install torchao`"
    )


def quiet() -> None:
    """Keep transformers' own progress bars and advice off the terminal."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
