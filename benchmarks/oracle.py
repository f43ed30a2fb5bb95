"""Policies that do, or fail to do, a task by a list of moves; and two that know nothing of the task."""

from __future__ import annotations

import random
from collections.abc import Sequence

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Key, Type, Wait
from deskhand.benchmarks.moves import ClickText, OracleMove
from deskhand.perception.screen import Element
from deskhand.perception.text.similarity import nearly_same
from deskhand.perception.watch.observe import Observation
from deskhand.policies.protocol import Policy
from deskhand.trajectories.records import Decision, Step, Task

MOST_WAITS = 3


class MovesPolicy:
    """Does a list of moves, one a step; finds the places of its clicks on the screen it is shown."""

    def __init__(self, name: str, moves: Sequence[OracleMove], seed: int) -> None:
        self.name = name
        self._moves = list(moves)
        self._chance = random.Random(seed)

    def begin(self, task: Task) -> None:
        """Nothing to get ready."""

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        """The next move, or a wait of 2 s while the screen is not ready for it; after the last, finished."""
        done = sum(not _is_wait(step) for step in history)
        if done >= len(self._moves):
            return Decision(reply=Reply(thought="There is nothing left to do.", actions=(Finished(),)))
        move = self._moves[done]
        waiting = _waiting(move, observation) if len(history) < done + MOST_WAITS else ""
        if waiting:
            return Decision(reply=Reply(thought=waiting, actions=(Wait(seconds=2.0),)))
        thought = self._chance.choice(move.thoughts)
        return Decision(reply=Reply(thought=thought, actions=(_action(move.do, observation),)))

    def close(self) -> None:
        """Nothing to let go of."""


def idle() -> Policy:
    """A policy that claims to have finished without doing anything."""
    return MovesPolicy("idle", [OracleMove(("There is nothing to do.",), Finished())], 0)


def random_policy(seed: int) -> Policy:
    """A policy that types and presses without looking, as a floor for comparisons."""
    chance = random.Random(seed)
    letters = "abcdefghij klmnopqrstuvwxyz0123456789"
    moves = [
        OracleMove(
            ("I do something.",),
            chance.choice(
                (
                    Type(text="".join(chance.choice(letters) for _ in range(8))),
                    Key(keys=(chance.choice(("enter", "tab", "esc", "delete", "home", "end")),)),
                )
            ),
        )
        for _ in range(9)
    ]
    return MovesPolicy("random", moves, seed)


def _waiting(move: OracleMove, observation: Observation) -> str:
    """Why it is too early for a move; empty if it is not."""
    if move.after and find_text(observation.elements, move.after):
        return "The dialog is still open, I wait for it."
    if move.when and not find_text(observation.elements, move.when):
        return f"I wait until the screen shows {move.when}."
    return ""


def _is_wait(step: Step) -> bool:
    reply = step.decision.reply
    return reply is not None and any(isinstance(action, Wait) for action in reply.actions)


def _action(do: Action | ClickText, observation: Observation) -> Action:
    if not isinstance(do, ClickText):
        return do
    found = find_text(observation.elements, do.text) or _misread(observation.elements, do.text)
    # A target that is not there is clicked where it would be least likely to do harm.
    at = found.box.centre if found is not None else ScreenPoint(1, observation.viewport.height - 2)
    return Click(at=at, count=do.count)


def find_text(elements: Sequence[Element], text: str) -> Element | None:
    """The element that reads ``text``, or that is closest to it as recognition goes."""
    wanted = _folded(text)
    for element in elements:
        if _folded(element.text) == wanted:
            return element
    holding = [e for e in elements if wanted in _folded(e.text)]
    return min(holding, key=lambda e: len(e.text)) if holding else None


def _misread(elements: Sequence[Element], text: str) -> Element | None:
    """The only element whose text is as long and differs by little, as "Eile" from "File"; else none."""
    near = [
        element
        for element in elements
        if len(element.text.rstrip(" .…")) == len(text) and nearly_same(element.text, text)
    ]
    return near[0] if len(near) == 1 else None


def _folded(text: str) -> str:
    return "".join(text.casefold().split()).replace("l", "1").replace("i", "1").replace("o", "0")
