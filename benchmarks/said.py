"""An oracle whose steps are said in the moves of the pointing reasoner, on what perception finds.

What this policy does is the most that the reasoner could do if it always decided as the oracle does. What
it fails at is lost before anything is learnt: a thing that perception does not see, or a move that
cannot be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Infeasible
from deskhand.errors import DeskhandError
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.places import ScreenPlace, places_of
from deskhand.policies.embedded.pointed import actions_of, move_of
from deskhand.policies.protocol import Policy
from deskhand.trajectories.records import Decision, Step, Task


class SaidPolicy:
    """Does what another policy decides, as far as the moves of the reasoner can say it.

    A step that cannot be said gives the task up, with the reason.
    """

    def __init__(self, policy: Policy) -> None:
        self.name = f"{policy.name}:embedded"
        self._policy = policy
        self._instruction = ""

    def begin(self, task: Task) -> None:
        """Get the other policy ready."""
        self._instruction = task.instruction
        self._policy.begin(task)

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The other policy's decision, said and understood again."""
        decision = self._policy.decide(observation, history)
        if decision.reply is None:
            return decision
        places = places_of(observation.elements, observation.viewport, self._instruction, observation.change)
        try:
            actions = self._said(decision.reply.actions, places)
        except DeskhandError as error:
            actions = (Infeasible(reason=f"it cannot be said: {error}"),)
        return Decision(reply=Reply(thought=decision.reply.thought, actions=actions))

    def close(self) -> None:
        """Close the other policy."""
        self._policy.close()

    def _said(self, actions: Sequence[Action], places: Sequence[ScreenPlace]) -> tuple[Action, ...]:
        moves = [move_of(list(same), self._instruction, places) for _, same in groupby(actions)]
        return tuple(action for move in moves for action in actions_of(move, self._instruction, places))
