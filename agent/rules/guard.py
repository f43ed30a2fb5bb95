"""Applies rules to the actions of a run: decides, asks a person, and says who allowed what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import INWARD_KINDS, TERMINAL_KINDS, Action, points_of
from deskhand.actions.words import describe
from deskhand.agent.rules.rulebook import ActionRule, Decides, Rulebook
from deskhand.agent.rules.situation import RuledScreen, Situation, fits
from deskhand.errors import UsageError
from deskhand.text import did_you_mean

HARMLESS = (
    frozenset({"move", "wait", "screenshot", "scroll", "key_up", "mouse_up"}) | INWARD_KINDS | TERMINAL_KINDS
)
"""Kinds that change nothing by themselves: they are not uncertain, whatever they would hit."""


@dataclass(frozen=True, slots=True)
class RuleQuestion:
    """What a person is asked.

    Attributes:
        step, action: which action of which step.
        target: what it would hit, in words; empty where that is not known.
        rule: name of the rule; empty where it is what holds for everything else.
        why: in a sentence.
        sure: whether the rule fits for sure, or what would be hit is not known.
        seconds: that an answer is waited for.
    """

    step: int
    action: Action
    rule: str
    why: str
    sure: bool
    seconds: float
    target: str = ""

    @property
    def words(self) -> str:
        """What would be done: "click the button 'Send'"."""
        return describe(self.action, self.target)


Asks = Callable[[RuleQuestion], bool | None]
"""Asks a person: True for yes, False for no, None where nobody answered in time."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided of an action.

    Attributes:
        allowed: whether it may be done.
        decision: what the rules say.
        rule: name of the rule that says so; empty for ``otherwise``.
        who: allowed or refused it: "rules", "person", "nobody" or "waived".
        why: in a sentence.
        sure: whether the rule fits for sure.
    """

    allowed: bool
    decision: Decides
    rule: str
    who: str
    why: str
    sure: bool = True

    def as_data(self, index: int, frame: str) -> dict[str, Any]:
        """For the trajectory: which action, on which picture, by which rule, and who said so."""
        return {
            "action": index, "frame": frame, "decision": self.decision, "rule": self.rule, "who": self.who,
            "allowed": self.allowed,
        }  # fmt: skip

    @property
    def words(self) -> str:
        """In a sentence."""
        by = f"rule {self.rule}" if self.rule else "the rules"
        who = {
            "person": "a person said yes" if self.allowed else "a person said no",
            "nobody": "nobody answered",
            "waived": "allowed beforehand",
            "rules": "allowed" if self.allowed else "denied",
        }[self.who]
        return f"{by}: {who}. {self.why}".strip()


class Guard:
    """The rules of one run.

    Args:
        rules: what is allowed, asked for and denied.
        ask: asks a person; None where nobody is there, and every question is a no.
        waived: names of rules whose questions are answered with yes beforehand.

    Raises:
        UsageError: there is no rule of a waived name, or it denies.
    """

    def __init__(self, rules: Rulebook, ask: Asks | None = None, waived: Iterable[str] = ()) -> None:
        self.rules, self._ask, self._waived = rules, ask, frozenset(waived)
        self._touched: ScreenPoint | None = None
        for name in sorted(self._waived):
            found = next((one for one in rules.rule if one.name == name), None)
            if found is None:
                near = did_you_mean(name, rules.names) or f"there are {', '.join(rules.names)}"
                raise UsageError(f"there is no rule {name[:60]!r}; {near}")
            if found.decision != "ask":
                raise UsageError(f"the rule {name} asks nothing, so it cannot be answered beforehand")

    @property
    def touched(self) -> ScreenPoint | None:
        """What was clicked last."""
        return self._touched

    def touch(self, point: ScreenPoint | None) -> None:
        """Somebody else clicked there last; None where that is not known."""
        self._touched = point

    def did(self, action: Action) -> None:
        """Remember where the last click went."""
        if action.kind in ("click", "mouse_down", "long_press"):
            self._touched = (*points_of(action)[-1:], self._touched)[0]

    def ruled(self, action: Action, screen: RuledScreen) -> Ruling:
        """What the rules alone say of an action; nobody is asked."""
        rule, decision, sure = _first(self.rules, Situation(action, screen))
        name = rule.name if rule is not None else ""
        why = rule.why if rule is not None else ""
        if not sure:
            why = f"It is not known what this would hit. {why}".strip()
        if decision == "ask" and name in self._waived:
            return Ruling(True, decision, name, "waived", why, sure)
        return Ruling(decision == "allow", decision, name, "rules", why, sure)

    def ruling(self, step: int, action: Action, screen: RuledScreen) -> Ruling:
        """What is decided of an action, by the rules or by the person whom they ask."""
        found = self.ruled(action, screen)
        if found.decision != "ask" or found.who == "waived":
            return found
        said = None
        if self._ask is not None:
            question = RuleQuestion(
                step,
                action,
                found.rule,
                found.why,
                found.sure,
                self.rules.seconds,
                Situation(action, screen).target,
            )
            said = self._ask(question)
        who = "nobody" if said is None else "person"
        return Ruling(said is True, "ask", found.rule, who, found.why, found.sure)


def _first(rules: Rulebook, situation: Situation) -> tuple[ActionRule | None, Decides, bool]:
    """The first rule that fits, what it says, and whether it fits for sure."""
    doubtful: ActionRule | None = None
    for rule in rules.rule:
        found = fits(rule, situation)
        if found is None and rule.decision != "allow" and situation.action.kind not in HARMLESS:
            doubtful = doubtful or rule
        elif found:
            if doubtful is not None and rule.decision == "allow":
                break
            return rule, rule.decision, True
    if doubtful is not None:
        return doubtful, "ask", False
    return None, rules.otherwise, True
