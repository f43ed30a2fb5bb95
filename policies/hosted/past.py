"""What a step of the past was, for the model that decided it: its own words, and what became of each call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from deskhand.actions.dialects.calls import MOST_ACTIONS
from deskhand.actions.vocabulary import TERMINAL_KINDS, Action, CallUser
from deskhand.errors import ActionParseError
from deskhand.policies.hosted.arguments import ShownScreen
from deskhand.policies.hosted.turns import NOT_EXECUTED, CallResult, HostedAnswer, PastTurn, ToolCall, Vendor
from deskhand.text import first_fault
from deskhand.trajectories.records import Step

_ALONE = "Not executed: what ends the task stands alone. Look at the screen first."
_TOO_MANY = f"Not executed: at most {MOST_ACTIONS} actions are done in one turn."


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done of a call: its actions, or none and the reason in words."""

    call: ToolCall
    actions: tuple[Action, ...] = ()
    fault: str = ""


def planned(calls: Sequence[ToolCall], vendor: Vendor, screen: ShownScreen) -> tuple[Plan, ...]:
    """What is done of a model's calls, in order: all up to the first that cannot be.

    Nothing after a fault is done, because it was meant to follow.
    """
    plans: list[Plan] = []
    count, fault = 0, ""
    for call in calls:
        if fault:
            plans.append(Plan(call, fault=NOT_EXECUTED))
            continue
        try:
            actions = vendor.actions(call, screen)
        except ActionParseError as error:
            actions, fault = (), str(error)
        except ValidationError as error:
            actions, fault = (), f"{call.name}: {first_fault(error)}"
        if not fault and any(one.kind in TERMINAL_KINDS for one in actions) and len(calls) > 1:
            fault = _ALONE
        if not fault and count + len(actions) > MOST_ACTIONS:
            fault = _TOO_MANY
        plans.append(Plan(call, fault=fault) if fault else Plan(call, actions))
        count += len(actions)
    return tuple(plans)


def turn_of(step: Step, vendor: Vendor, screen: ShownScreen, picture: str, pointer: str) -> PastTurn:
    """A step as a turn of the conversation.

    Args:
        picture: of the screen after it; empty where it is no longer sent.
        pointer: where the pointer was then, in the model's numbers.
    """
    answer = _answer(step, vendor)
    if answer is None:
        return PastTurn(None, (), _told(step, foreign=True), picture, agreed=False, summary=_summary(step))
    done = step.decision.reply is not None
    results: list[CallResult] = []
    outcomes = iter(step.outcomes)
    failed = False
    for plan in planned(answer.calls, vendor, screen):
        words, went_wrong = plan.fault, bool(plan.fault)
        if done and plan.actions:
            found = [outcome for _, outcome in zip(plan.actions, outcomes, strict=False)]
            bad = next((outcome for outcome in found if not outcome.ok), None)
            if bad is not None:
                words, went_wrong = f"{bad.status}: {bad.reason}", True
            elif len(found) < len(plan.actions):
                words, went_wrong = NOT_EXECUTED if failed else "Not executed.", True
        elif plan.actions:
            words, went_wrong = step.decision.error or NOT_EXECUTED, True
        if plan.call.name == "cursor_position" and not went_wrong:
            words = pointer
        failed = failed or went_wrong
        results.append(CallResult(plan.call, words, went_wrong))
    agreed = done and not any(isinstance(one, CallUser) for one in _actions(step))
    return PastTurn(answer, tuple(results), _told(step), picture, agreed, _summary(step))


def with_looks(turn: PastTurn, pictures: Sequence[str]) -> PastTurn:
    """A turn whose closer looks come with their pictures (base64 of PNGs), in order."""
    left = list(pictures)
    results = []
    for one in turn.results:
        looked = one.call.name == "zoom" and not one.failed and left
        results.append(replace(one, closer=left.pop(0)) if looked else one)
    return replace(turn, results=tuple(results))


def _answer(step: Step, vendor: Vendor) -> HostedAnswer | None:
    """What the model said in a step; None where somebody else decided it."""
    try:
        content = json.loads(step.decision.raw)
    except (ValueError, RecursionError):
        return None
    return vendor.reread(content) if isinstance(content, list) else None


def _actions(step: Step) -> tuple[Action, ...]:
    return step.decision.reply.actions if step.decision.reply is not None else ()


def _told(step: Step, *, foreign: bool = False) -> str:
    """What else it should know: notes, and what was wrong with an answer that held no call."""
    lines = list(step.notes)
    if step.decision.error and not any(step.decision.error in note for note in lines):
        lines.insert(0, step.decision.error)
    if foreign:
        lines.insert(0, f"Somebody else acted: {_summary(step)}")
    return "\n".join(dict.fromkeys(lines))


def _summary(step: Step) -> str:
    """What was done, in a few words."""
    done = zip(_actions(step), step.outcomes, strict=False)
    words = [f"{action.kind} {'done' if outcome.ok else outcome.status}" for action, outcome in done]
    return ", ".join(words) or "nothing was done"
