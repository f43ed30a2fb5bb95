"""Policies by name: ``embedded``, ``openai``, ``scripted:FILE``, and those of other packages.

A package offers policies of its own through entry points of the group ``deskhand.policies``. Each
names a function that takes the keywords ``argument`` (what stood behind the colon, or None),
``model``, ``dialect`` and ``seed`` and returns a policy. ``check_policy`` tells whether it is one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from deskhand.errors import DeskhandError, EnvironmentProblem, UsageError
from deskhand.policies.protocol import Policy

GROUP = "deskhand.policies"


def load_policy(
    spec: str,
    *,
    model: str | None = None,
    dialect: str | None = None,
    seed: int = 0,
) -> Policy:
    """Make a policy from ``NAME`` or ``NAME:ARGUMENT``.

    Args:
        spec: ``embedded``, ``openai``, ``scripted:FILE``, or a name that another package offers.
        model: which model, for policies that have a choice (``openai``).
        dialect: how that model speaks, for the same.
        seed: seed for whatever the policy draws at random.

    Raises:
        UsageError: the name is unknown, or the policy refuses what it was given.
        EnvironmentProblem: another package's policy cannot be loaded.
        BackendError: the model is missing.
    """
    name, colon, rest = spec.partition(":")
    argument = rest if colon else None
    own = _OWN.get(name)
    if own is not None:
        return own(argument, model, dialect, seed)
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name in offered:
        return _foreign(offered[name], argument, model, dialect, seed)
    raise UsageError(_unknown(name, [*_OWN, *offered]))


def policy_names() -> tuple[str, ...]:
    """Every name that ``load_policy`` knows on this machine, sorted."""
    return tuple(sorted({*_OWN, *(point.name for point in entry_points(group=GROUP))}))


def _embedded(argument: str | None, model: str | None, dialect: str | None, seed: int) -> Policy:
    _no_argument("embedded", argument)
    from deskhand.policies.embedded.policy import EmbeddedPolicy

    # It draws nothing at random, so it takes no seed.
    return EmbeddedPolicy()


def _openai(argument: str | None, model: str | None, dialect: str | None, seed: int) -> Policy:
    _no_argument("openai", argument, hint="name the model with --model")
    from deskhand.policies.openai_server import OpenAIPolicy

    return OpenAIPolicy(model, dialect, seed=seed)


def _scripted(argument: str | None, model: str | None, dialect: str | None, seed: int) -> Policy:
    from deskhand.policies.scripted import ScriptedPolicy

    if not argument:
        raise UsageError("the scripted policy needs its file: scripted:FILE")
    return ScriptedPolicy.from_file(Path(argument).expanduser())


_OWN: dict[str, Callable[[str | None, str | None, str | None, int], Policy]] = {
    "embedded": _embedded,
    "openai": _openai,
    "scripted": _scripted,
}


def _no_argument(name: str, argument: str | None, hint: str = "leave out the colon") -> None:
    if argument is not None:
        raise UsageError(f"the {name} policy takes nothing behind its name: {hint}")


def _foreign(
    point: EntryPoint, argument: str | None, model: str | None, dialect: str | None, seed: int
) -> Policy:
    """A policy of another package. Whatever breaks in that package is said with its name."""
    source = point.dist.name if point.dist else "another package"
    try:
        policy = point.load()(argument=argument, model=model, dialect=dialect, seed=seed)
    except DeskhandError:
        raise
    except Exception as error:
        raise EnvironmentProblem(
            f"the policy {point.name!r} of {source} cannot be loaded ({type(error).__name__}: {error}): "
            "update that package or take another policy"
        ) from error
    if not isinstance(policy, Policy):
        raise EnvironmentProblem(
            f"the policy {point.name!r} of {source} is no policy: it lacks name, begin, decide or close"
        )
    return policy


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(sorted(set(known))).replace("scripted", "scripted:FILE", 1)
    return f"there is no policy {name[:80]!r}{meant}. Known: {listed}"
