"""The policy ``local``: a vision-language model in this process, on a GPU or on the processor."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from deskhand.actions.dialects.dialect import TextDialect
from deskhand.errors import UsageError
from deskhand.policies.chat.client import Answer
from deskhand.policies.chat.policy import ChatPolicy
from deskhand.policies.local.loading import Device, LoadedModel, load, quiet
from deskhand.policies.local.model import LocalModel
from deskhand.policies.profiles.profile import chosen_profile
from deskhand.text import printable


class LocalPolicy(ChatPolicy):
    """Asks a model of this process on every step; the model is loaded once a process.

    Args:
        name: of a folder with the model, or of the model at a hub.
        model: the model's published name, which identifies its profile; by default ``name``.
        dialect: how it writes its actions, where the profile says something else, or there is none.
        profile: the profile's name or file; may be left out for models whose name identifies it.
        settings: other values of the profile, each as ``FIELD=VALUE``.
        marks: send pictures with numbered marks, and a list of what each stands for.
        seed: of what is drawn at random.

    Raises:
        UsageError: there is no such folder or profile.
        BackendError: the model cannot be loaded.
    """

    def __init__(
        self,
        name: str,
        *,
        model: str | None = None,
        dialect: str | None = None,
        profile: str | None = None,
        settings: Sequence[str] = (),
        marks: bool = False,
        seed: int = 0,
    ) -> None:
        if not name:
            raise UsageError("the local policy needs a model: write local:FOLDER or local:OWNER/NAME")
        chosen = chosen_profile(model or name.rstrip("/"), profile, dialect, settings)
        how = chosen.local
        with _LOADING:
            loaded = _loaded(name, how.device, how.dtype, how.bits)
        spoken = chosen.spoken()
        ends = spoken.ends if isinstance(spoken, TextDialect) else ""
        self._model = LocalModel(loaded, [ends] if ends else [], reuse=how.reuse)
        options: dict[str, Any] = {**chosen.options(), "seed": seed}
        shown = printable(name.rstrip("/").rpartition("/")[2])[:100]
        super().__init__(
            f"local:{shown}/{chosen.name}", functools.partial(self._asked, **options), chosen, marks=marks
        )

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """See ``deskhand.policies.protocol.BreaksOff``."""
        self._model.break_off_when(over)

    def think_aloud(self, tell: Callable[[str], None]) -> None:
        """See ``deskhand.policies.protocol.ThinksAloud``."""
        self._model.aloud.to(tell)

    def close(self) -> None:
        """Forget the conversation. The model stays for the next policy of this process."""
        self._model.close()

    def _asked(self, messages: Sequence[dict[str, Any]], **options: Any) -> Answer:
        return self._model.ask(messages, **options)


_LOADING = threading.Lock()
"""Is held while a model is loaded: several threads that want it get the same."""


@lru_cache(maxsize=1)
def _loaded(name: str, device: Device, dtype: str, bits: int) -> LoadedModel:
    quiet()
    return load(name, device=device, dtype=dtype, bits=bits)
