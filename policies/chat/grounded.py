"""The policy ``openai`` with a grounder: one model plans in words, another says where things are."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

from deskhand import credentials
from deskhand.actions.dialects import Dialect
from deskhand.perception.watch.observe import Observation
from deskhand.policies.chat.asking import Asking
from deskhand.policies.chat.client import ChatClient
from deskhand.policies.chat.grounding import Grounder, PlannersDialect
from deskhand.policies.chat.openai_server import OpenAIPolicy
from deskhand.policies.profiles.profile import profile_of
from deskhand.text import printable
from deskhand.trajectories.records import Decision, Step


class GroundedPolicy(OpenAIPolicy):
    """A planner that names things in words, and a grounder that points at them.

    Args:
        grounder: the grounder's name at its server; its profile follows from it.
        planner: arguments of ``OpenAIPolicy``. Where nothing says which profile the planner has, it is asked
            as any chat model is.

    Environment: DESKHAND_GROUNDER_URL is the grounder's server, by default the planner's;
    DESKHAND_GROUNDER_KEY its key, which is the planner's only where the server is.

    Raises:
        UsageError: the grounder's name identifies no profile.
        BackendError: there is neither a key nor a server of one's own.
    """

    def __init__(self, grounder: str, *, asking: Asking | None = None, **planner: Any) -> None:
        self._planners = PlannersDialect()
        super().__init__(asking=asking, spoken=self._planners, **planner)
        # What the environment says of profiles is said of the planner.
        profile = profile_of(grounder)
        planners = planner.get("base_url") or os.environ.get(credentials.SERVER) or None
        base = os.environ.get(credentials.GROUNDER_SERVER) or planners
        key = os.environ.get(credentials.GROUNDER_KEY) or None
        if base == planners:  # the planner's key is for its own server alone
            key = key or planner.get("api_key") or os.environ.get(credentials.OPENAI_KEY) or None
        self._pointing = ChatClient(base_url=base or None, api_key=key, asking=asking or Asking())
        options = {**profile.options(), "seed": planner.get("seed", 0)}
        ask = functools.partial(self._pointing.ask, model=grounder, **options)
        self._grounder = Grounder(profile, ask)
        self.name = f"{self.name} + {printable(grounder)[:80]}/{profile.name}"[:200]

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """Decide the next step; see ``policies.protocol.Policy``."""
        grounder = self._grounder
        prompt, completion = grounder.prompt_tokens, grounder.completion_tokens
        decision = super().decide(observation, history)
        asked = grounder.prompt_tokens - prompt, grounder.completion_tokens - completion
        cost = grounder.profile.prices.of(*asked)
        update: dict[str, Any] = dict(
            zip(("grounder_prompt_tokens", "grounder_completion_tokens"), asked, strict=True)
        )
        if cost is not None:
            update["cost"] = (decision.usage.cost or 0.0) + cost
        return decision.model_copy(update={"usage": decision.usage.model_copy(update=update)})

    def break_off_when(self, over: Callable[[], bool]) -> None:
        """See ``deskhand.policies.protocol.BreaksOff``."""
        super().break_off_when(over)
        self._pointing.break_off_when(over)

    def close(self) -> None:
        """Close both connections."""
        super().close()
        self._pointing.close()

    def _reader(self, observation: Observation) -> Dialect:
        return self._planners.at(functools.partial(self._grounder.find, observation.screenshot))
