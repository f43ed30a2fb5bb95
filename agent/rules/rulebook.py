"""Rules in a file: each says of some actions whether they are allowed, asked for or denied.

    otherwise = "allow"

    [[rule]]
    name = "delete"
    decision = "ask"
    element = ["delete", "remove"]

The first rule that fits an action decides. Every condition of a rule has to hold; each is a list, of which
one entry is enough. Where it is not known whether one holds, a rule that asks or denies becomes a question.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from deskhand.actions import vocabulary
from deskhand.errors import UsageError
from deskhand.text import did_you_mean, first_fault, printable

Decides = Literal["allow", "ask", "deny"]
SHIPPED = Path(__file__).parent / "default.toml"
LARGEST_FILE = 256 * 1024
HELP = "docs/rules.md says what a rule can say"
KINDS = tuple(
    sorted(
        get_args(one.model_fields["kind"].annotation)[0] for one in get_args(get_args(vocabulary.Action)[0])
    )
)
"""Kinds of actions."""


def _read_chords(text: str) -> Sequence[Sequence[str]]:
    # Imported where there are rules: compiling what replies are read with takes half a second.
    from deskhand.actions.dialects.chords import read_chords

    return read_chords(text)


class ActionRule(BaseModel):
    """One rule.

    Attributes:
        name: by which it is spoken of, in questions, logs and ``--yes``.
        decision: what follows where it fits.
        why: for the person who is asked.
        action: kinds of actions.
        keys: chords, as "ctrl+w"; a text that is typed with a line break presses enter too.
        text: regular expressions, found in the text that is typed, without regard to case.
        element: words or phrases, found as whole words in the text of what would be hit, or of what stands
            beside it; for keys that press a button, of the focused thing or of every button. Case does not
            count.
        window: regular expressions, found in the title of the window.
        application: regular expressions, found in the window's class, or in the name of its program.
        domain: of the page in a browser, with * for any part: "*.bank.example".
        folder: a path that the text that is typed or the window's title names, or one above it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=60, pattern=r"^[\w-]+$")
    decision: Decides
    why: str = Field(default="", max_length=300)
    action: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    element: tuple[str, ...] = ()
    window: tuple[str, ...] = ()
    application: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()

    @field_validator("action")
    @classmethod
    def _kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(
                    f"there is no action {kind!r}; {did_you_mean(kind, KINDS) or ', '.join(KINDS)}"
                )
        return kinds

    @field_validator("keys")
    @classmethod
    def _chords(cls, chords: tuple[str, ...]) -> tuple[str, ...]:
        for chord in chords:
            if len(_read_chords(chord)) != 1:
                raise ValueError(f"{chord!r} is not one chord")
        return chords

    @field_validator("text", "window", "application")
    @classmethod
    def _expressions(cls, expressions: tuple[str, ...]) -> tuple[str, ...]:
        for one in expressions:
            try:
                re.compile(one)
            except re.error as error:
                raise ValueError(f"{one!r} is no regular expression: {error}") from error
        return expressions

    @cached_property
    def chords(self) -> frozenset[frozenset[str]]:
        """The chords, each as its keys."""
        return frozenset(frozenset(_read_chords(one)[0]) for one in self.keys)

    @cached_property
    def words(self) -> re.Pattern[str]:
        """Finds one of the element's words; in scripts without spaces, anywhere."""
        return re.compile("|".join(map(_whole_word, self.element)) or "(?!)", re.IGNORECASE)


def _whole_word(phrase: str) -> str:
    text = r"\s+".join(map(re.escape, phrase.split()))
    spaced = phrase.isascii() or not re.search(r"[\u3040-\u9fff\uac00-\ud7af]", phrase)
    return rf"(?<!\w){text}(?!\w)" if spaced else text


class Rulebook(BaseModel):
    """Rules in their order, and what holds for an action that none of them fits.

    Attributes:
        rule: the rules.
        otherwise: what follows where none fits.
        seconds: that a question stands; nobody's answer is a no.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: tuple[ActionRule, ...] = ()
    otherwise: Decides = "allow"
    seconds: float = Field(default=300.0, gt=0, le=86_400, allow_inf_nan=False)

    @model_validator(mode="after")
    def _names_once(self) -> Rulebook:
        names = [one.name for one in self.rule]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two rules are called {twice!r}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Of the rules, in their order."""
        return tuple(one.name for one in self.rule)


def read_rules(name: str) -> Rulebook:
    """Rules from a file that ends in .toml, .yaml or .yml, or the ones that ship with deskhand, ``default``.

    Raises:
        UsageError: the file cannot be read, or a word in it is unknown; the nearest is offered.
    """
    path = SHIPPED if name == "default" else Path(name).expanduser()
    if path.suffix not in (".toml", ".yaml", ".yml"):
        raise UsageError(
            f"rules are a file that ends in .toml or .yaml, or default, not {name[:80]!r}; {HELP}"
        )
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise UsageError(f"{path} is over {LARGEST_FILE} bytes: rules are a short file")
        found = _parsed(path.suffix, data.decode("utf-8"))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)[:300]
        raise UsageError(f"the rules in {path} cannot be read: {why}") from error
    if not isinstance(found, dict):
        raise UsageError(f"the rules in {path} are no table; {HELP}")
    _known_words(found, path)
    try:
        return Rulebook.model_validate(found)
    except ValidationError as error:
        raise UsageError(f"the rules in {path}: {first_fault(error)}; {HELP}") from error


def _parsed(suffix: str, text: str) -> Any:
    if suffix == ".toml":
        return tomllib.loads(text)
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _known_words(found: Mapping[str, Any], path: Path) -> None:
    """Refuse an unknown word with the nearest known one, which pydantic does not offer."""
    rules = found.get("rule")
    places: list[tuple[str, Any, type[BaseModel]]] = [("", found, Rulebook)]
    places += [
        (f"rule {n + 1}, ", one, ActionRule) for n, one in enumerate(rules if isinstance(rules, list) else ())
    ]
    for where, table, kind in places:
        for word in table if isinstance(table, dict) else ():
            if word not in kind.model_fields:
                known = tuple(kind.model_fields)
                near = did_you_mean(str(word), known) or f"there are {', '.join(known)};"
                shown = printable(str(word))[:40]
                raise UsageError(f"the rules in {path}: {where}there is no word {shown!r}; {near} {HELP}")
