"""Policies by name: embedded, openai, anthropic, local:FOLDER, scripted:FILE and more, and other packages'.

A package offers policies of its own through entry points of the group ``deskhand.policies``. Each
names a function that takes the keywords ``argument`` (what stood behind the colon, or None),
``model``, ``dialect`` and ``seed`` and returns a policy. ``check_policy`` checks that it is one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from deskhand import paths
from deskhand.errors import UsageError
from deskhand.plugins import Kind
from deskhand.policies.protocol import Policy

CHAT = ("openai", "local")
"""Policies that ask a model with a profile, in text."""
HOSTED = ("anthropic", "openai-computer", "gemini")
"""Policies that ask a hosted model through its vendor's computer tool."""
POLICIES = Kind(
    "policy",
    "deskhand.policies",
    Policy,
    "name, begin, decide or close",
    {
        "embedded": "embedded",
        "openai": "openai",
        **{name: name for name in HOSTED},
        "local": "local:FOLDER",
        "scripted": "scripted:FILE",
    },
)


def load_policy(
    spec: str,
    *,
    model: str | None = None,
    dialect: str | None = None,
    seed: int = 0,
    marks: bool = False,
    pictures: int | None = None,
    profile: str | None = None,
    settings: Sequence[str] = (),
    grounder: str | None = None,
) -> Policy:
    """Make a policy from ``NAME`` or ``NAME:ARGUMENT``.

    Args:
        spec: ``embedded``, ``openai``, ``anthropic``, ``openai-computer``, ``gemini``, ``local:FOLDER``,
            ``scripted:FILE``, or a name that another package offers; or ``embedded:FOLDER``, the reasoner
            with weights that `deskhand train clone` wrote.
        model: which model, for policies that have a choice; of ``local`` its published name.
        dialect: how that model speaks, for the same.
        seed: seed for whatever the policy draws at random.
        marks: show the model numbered marks on its pictures (``openai``, ``local``).
        pictures: how many screenshots a model is shown at most, the newest.
        profile: name or file of the profile with which a model is asked.
        settings: other values of that profile, each as ``FIELD=VALUE``.
        grounder: a second model of a server, which says where the things are that the first one names
            (``openai``).

    Raises:
        UsageError: the name is unknown, or the policy does not take what it was given.
        EnvironmentProblem: another package's policy cannot be loaded.
        BackendError: the model is missing.
    """
    name, colon, rest = spec.partition(":")
    argument = rest if colon else None
    asks = name in (*CHAT, *HOSTED)
    given = {
        "marks": marks and name not in CHAT,
        "pictures": pictures is not None and not asks,
        "profile": profile and not asks,
        "profile-set": settings and not asks,
        "grounder": grounder and name != "openai",
    }
    for option, refused in given.items():
        if refused:
            raise UsageError(f"the {name[:40]} policy does not take --{option}: leave it out")
    shown = () if pictures is None else (f"history.pictures={pictures}",)
    if name in HOSTED:
        from deskhand.policies.hosted.policy import HostedPolicy

        _no_argument(name, argument, hint="name the model with --model")
        if dialect is not None:
            raise UsageError(f"the {name} policy does not take --dialect: leave it out")
        return HostedPolicy(name, model, profile=profile, settings=(*settings, *shown))
    if name in CHAT:
        make: Callable[..., Policy] = _openai if name == "openai" else _local
        return make(
            argument,
            model=model,
            dialect=dialect,
            profile=profile,
            settings=(*settings, *shown),
            seed=seed,
            marks=marks,
            **({"grounder": grounder} if grounder else {}),
        )
    own = _OWN.get(name)
    if own is not None:
        return own(argument, model, dialect, seed)
    made = POLICIES.make(name, argument=argument, model=model, dialect=dialect, seed=seed)
    return cast(Policy, made)


def policy_names() -> tuple[str, ...]:
    """Every name that ``load_policy`` knows on this machine, sorted."""
    return POLICIES.names()


def _embedded(argument: str | None, model: str | None, dialect: str | None, seed: int) -> Policy:
    from deskhand.policies.embedded.policy import WEIGHTS, EmbeddedPolicy

    _no_model("embedded", model, dialect)
    # It draws nothing at random, so it takes no seed.
    return EmbeddedPolicy(WEIGHTS if argument is None else _reasoner_folder(argument))


def _reasoner_folder(argument: str) -> Path:
    """The folder of a reasoner, or of a skill by its name or its folder."""
    paths.set_torch_folder()
    from deskhand.policies.embedded import skill

    folder = Path(argument).expanduser()
    if argument and ((folder / "config.json").is_file() or skill.is_skill(folder)):
        return folder
    known = skill.skills()
    if argument in known:
        return skill.place_of(argument)
    raise UsageError(
        f"{argument[:200]!r} is no skill ({', '.join(known) or 'there is none'}) and no reasoner's folder: "
        "make one with `deskhand train recordings` or `deskhand train clone`"
    )


def _openai(argument: str | None, *, grounder: str | None = None, **options: Any) -> Policy:
    from deskhand.policies.chat.openai_server import OpenAIPolicy

    _no_argument("openai", argument, hint="name the model with --model")
    if grounder is not None:
        from deskhand.policies.chat.grounded import GroundedPolicy

        return GroundedPolicy(grounder, **options)
    return OpenAIPolicy(**options)


def _local(argument: str | None, **options: Any) -> Policy:
    from deskhand.policies.local.policy import LocalPolicy

    return LocalPolicy(argument or "", **options)


def _scripted(argument: str | None, model: str | None, dialect: str | None, seed: int) -> Policy:
    from deskhand.policies.scripted import ScriptedPolicy

    _no_model("scripted", model, dialect)
    if not argument:
        raise UsageError("the scripted policy needs a file: write scripted:FILE")
    return ScriptedPolicy.from_file(Path(argument).expanduser())


_OWN: dict[str, Callable[[str | None, str | None, str | None, int], Policy]] = {
    "embedded": _embedded,
    "scripted": _scripted,
}


def _no_model(name: str, model: str | None, dialect: str | None) -> None:
    for word, value in (("model", model), ("dialect", dialect)):
        if value is not None:
            raise UsageError(f"the {name} policy does not take --{word}: leave it out")


def _no_argument(name: str, argument: str | None, hint: str = "leave out the colon") -> None:
    if argument is not None:
        raise UsageError(f"the {name} policy takes nothing after its name: {hint}")
