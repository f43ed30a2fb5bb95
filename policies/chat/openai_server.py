"""The policy ``openai``: any vision-language model behind an OpenAI-compatible server.

Environment: OPENAI_BASE_URL (a server of one's own), OPENAI_API_KEY, DESKHAND_MODEL,
DESKHAND_DIALECT. The key is used for asking and shows nowhere else.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from typing import Any

from deskhand import credentials
from deskhand.actions import dialects
from deskhand.actions.dialects import Dialect
from deskhand.actions.geometry import SmartResized
from deskhand.errors import BackendError, UsageError
from deskhand.policies.chat.client import Asking, ChatClient
from deskhand.policies.chat.policy import SCREENSHOTS, ChatPolicy
from deskhand.text import printable

MOST_TOKENS = 2048

_PROFILES = (
    (re.compile(r"ui-tars-1[.\-]5"), "ui-tars-1.5"),
    (re.compile(r"doubao.*ui-tars|doubao-seed|seed-vl"), "doubao"),
    (re.compile(r"ui-tars-(2b|7b|72b)-(sft|dpo)"), "ui-tars-1.0"),
)
"""Models whose published name implies their coordinates. For others the dialect must be set."""


class OpenAIPolicy(ChatPolicy):
    """Asks a server on every step, with the last screenshots and all past replies."""

    def __init__(
        self,
        model: str | None = None,
        dialect: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        screenshots: int = SCREENSHOTS,
        language: str = "English",
        max_tokens: int = MOST_TOKENS,
        temperature: float | None = 0.0,
        max_pixels: int | None = None,
        marks: bool = False,
        seed: int = 0,
        asking: Asking | None = None,
    ) -> None:
        """Settings that are None come from the environment.

        Args:
            model: the model's name at the server.
            dialect: how it speaks; may be left out for models whose name identifies it.
            base_url: the server, usually ending in /v1.
            screenshots: how many stay in the conversation, the newest included.
            language: of the model's thoughts.
            max_pixels: most pixels of a picture, for servers with a limit below the model's.
            marks: send pictures with numbered marks, and a list of what each stands for.
            asking: bounds of time-outs and retries.

        Raises:
            UsageError: no model or dialect is named, or there is no such dialect.
            BackendError: there is neither a key nor a server of one's own.
        """
        self._model = model or os.environ.get("DESKHAND_MODEL") or ""
        if not self._model:
            raise UsageError("the openai policy needs a model: name it with --model or DESKHAND_MODEL")
        key = api_key or os.environ.get(credentials.OPENAI_KEY) or None
        url = base_url or os.environ.get(credentials.SERVER) or None
        if key is None and url is None:
            raise BackendError(
                "no model server is set: set OPENAI_BASE_URL to your server's address "
                "(often ending in /v1), or OPENAI_API_KEY to use the hosted one"
            )
        self._client = ChatClient(base_url=url, api_key=key, asking=asking or Asking())
        chosen = dialect or os.environ.get("DESKHAND_DIALECT") or dialect_of(self._model)
        options: dict[str, Any] = {"max_tokens": max_tokens, "seed": seed}
        options["stream_options"] = {"include_usage": True}
        if temperature is not None:
            options["temperature"] = temperature
        super().__init__(
            printable(self._client.clean(f"openai:{self._model}/{chosen}"))[:200],
            functools.partial(self._client.ask, model=self._model, **options),
            _tuned(chosen, max_pixels),
            screenshots=screenshots,
            language=language,
            max_pixels=max_pixels,
            marks=marks,
        )

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """See ``deskhand.policies.protocol.BreaksOff``."""
        self._client.break_off_when(over)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def dialect_of(model: str) -> str:
    """The dialect that a model's published name identifies.

    Raises:
        UsageError: the name identifies none. A wrong guess would shift every click.
    """
    for pattern, dialect in _PROFILES:
        if pattern.search(model.lower()):
            return dialect
    raise UsageError(
        f"the dialect of {printable(model)} is not known: set it with --dialect or DESKHAND_DIALECT "
        f"({', '.join(dialects.names())})"
    )


def _tuned(name: str, max_pixels: int | None) -> Dialect:
    dialect = dialects.get(name)
    if max_pixels is not None and isinstance(dialect.coordinates, SmartResized):
        return dialects.get(name, max_pixels=max_pixels)
    return dialect
