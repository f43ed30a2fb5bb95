"""The policy ``openai``: any vision-language model behind an OpenAI-compatible server.

Environment: OPENAI_BASE_URL (a server of one's own), OPENAI_API_KEY, DESKHAND_MODEL, DESKHAND_PROFILE,
DESKHAND_DIALECT. The key is used for asking and shows nowhere else.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

from deskhand import credentials
from deskhand.actions.dialects import Dialect
from deskhand.errors import BackendError, UsageError
from deskhand.policies.chat.asking import Asking
from deskhand.policies.chat.client import ChatClient
from deskhand.policies.chat.policy import ChatPolicy
from deskhand.policies.profiles.profile import Profile, chosen_profile
from deskhand.text import printable


class OpenAIPolicy(ChatPolicy):
    """Asks a server on every step, with the last screenshots and all past replies."""

    def __init__(
        self,
        model: str | None = None,
        dialect: str | None = None,
        *,
        profile: str | None = None,
        settings: Sequence[str] = (),
        spoken: Dialect | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        language: str = "English",
        marks: bool = False,
        seed: int = 0,
        asking: Asking | None = None,
    ) -> None:
        """Settings that are None come from the environment.

        Args:
            model: the model's name at the server.
            dialect: how it writes its actions, where the profile says something else, or there is none.
            profile: the profile's name or file; may be left out for models whose name identifies it.
            settings: other values of the profile, each as ``FIELD=VALUE``.
            spoken: a dialect in place of any profile's; then a name that identifies none is no error.
            base_url: the server, usually ending in /v1.
            language: of the model's thoughts.
            marks: send pictures with numbered marks, and a list of what each stands for.
            asking: bounds of time-outs and retries.

        Raises:
            UsageError: no model or profile is named, or there is no such profile, dialect or field.
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
        chosen = _profile(self._model, profile, dialect, settings, any_name=spoken is not None)
        if spoken is not None:  # its numbers, if it has any, are not the profile's
            chosen = chosen.model_copy(update={"frame": chosen.frame.model_copy(update={"told": False})})
        options: dict[str, Any] = {**chosen.options(), "seed": seed}
        options["stream_options"] = {"include_usage": True}
        super().__init__(
            printable(self._client.clean(f"openai:{self._model}/{chosen.name}"))[:200],
            functools.partial(self._client.ask, model=self._model, **options),
            chosen,
            spoken=spoken,
            language=language,
            marks=marks,
        )

    @property
    def most_pictures(self) -> int | None:
        """How many pictures the server takes, once it refused more; None before that."""
        return self._client.pictures

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """See ``deskhand.policies.protocol.BreaksOff``."""
        self._client.break_off_when(over)

    def think_aloud(self, tell: Callable[[str], None]) -> None:
        """See ``deskhand.policies.protocol.ThinksAloud``."""
        self._client.aloud.to(tell)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _profile(
    model: str, profile: str | None, dialect: str | None, settings: Sequence[str], *, any_name: bool
) -> Profile:
    """The profile of a model; a plain one, where it speaks a dialect of ours and its name says nothing."""
    try:
        return chosen_profile(model, profile, dialect, settings)
    except UsageError:
        if not any_name or profile or dialect:
            raise
        return chosen_profile(model, None, "computer-use", settings)
