"""A profile: how one family of models is asked, and in which numbers and words it answers.

Profiles are TOML files beside this one. A model's name chooses one; each field can be given another value.
docs/models.md explains every field and how to write a profile of one's own.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from deskhand.actions import dialects
from deskhand.actions.dialects import Dialect
from deskhand.actions.geometry import CoordinateSystem, PerMille, SmartResized, UnitSquare, Viewport
from deskhand.errors import UsageError
from deskhand.text import did_you_mean, first_fault, printable

FOLDER = Path(__file__).parent
LARGEST_FILE = 64 * 1024
HELP = "docs/models.md says how to write one (20 lines)"
_PARTS = ("frame", "picture", "history", "prices", "local")
_LARGEST_PICTURE = 64_000_000
_OURS = frozenset({"messages", "model", "stream", "stream_options"})
"""Options of a request that no profile sets."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SentPicture(_Part):
    """The size in which pictures are sent, so that the server's own resizing changes nothing.

    Attributes:
        factor: both sides are multiples of it.
        min_pixels, max_pixels: bounds of width times height.
        max_side: bound of the longer side; 0 for none.
    """

    factor: int = Field(default=1, ge=1, le=256)
    min_pixels: int = Field(default=1, ge=1, le=_LARGEST_PICTURE)
    max_pixels: int = Field(default=2700 * 28 * 28, ge=1, le=_LARGEST_PICTURE)
    max_side: int = Field(default=0, ge=0, le=100_000)

    def system(self) -> SmartResized:
        """Pixels of the picture as it is sent."""
        return SmartResized(self.factor, self.min_pixels, self.max_pixels, self.max_side)

    def size(self, viewport: Viewport) -> Viewport:
        """The size of the picture of a screen.

        Raises:
            ValueError: the screen has a shape that the family refuses.
        """
        return self.system().resized(viewport)


class Frame(_Part):
    """The numbers in which the model gives places.

    Attributes:
        kind: ``scale``: 0 to ``limit`` on each axis; ``picture``: pixels of the picture as it is sent;
            ``unit``: 0 to 1.
        limit: of ``scale``.
        or_pixels: whether numbers above 1 of ``unit`` are pixels of the screen.
        told: whether the prompt says which numbers they are.
    """

    kind: Literal["scale", "picture", "unit"] = "scale"
    limit: int = Field(default=1000, ge=2, le=100_000)
    or_pixels: bool = False
    told: bool = True


class History(_Part):
    """What of the steps before is sent.

    Attributes:
        pictures: the most that are sent, the newest included.
        block: so many old ones are left out at once, so that what comes before the first of them stays the
            same from step to step and a server need not read it again.
    """

    pictures: int = Field(default=5, ge=1, le=100)
    block: int = Field(default=1, ge=1, le=100)

    def first_shown(self, count: int) -> int:
        """The number of the first picture that is still sent, of ``count``."""
        over = max(0, count - self.pictures)
        return min(-(-over // self.block) * self.block, max(0, count - 1))


class Prices(_Part):
    """What a million tokens cost.

    Attributes:
        prompt, completion: in ``currency``.
        currency: its three letters.
    """

    prompt: float = Field(default=0.0, ge=0, le=1e6, allow_inf_nan=False)
    completion: float = Field(default=0.0, ge=0, le=1e6, allow_inf_nan=False)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")

    def of(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What an answer cost; None where no prices are known."""
        if not (self.prompt or self.completion):
            return None
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


class Local(_Part):
    """How a model is loaded into this process, for ``--policy local``.

    Attributes:
        device: ``auto`` takes the first that is there.
        dtype: of the weights: ``auto``, float32, float16 or bfloat16.
        bits: 4 or 8 quantise the weights, 0 leaves them.
        reuse: whether what was computed of a step is kept for the next one.
    """

    device: Literal["auto", "cuda", "mps", "cpu"] = "auto"
    dtype: str = Field(default="auto", max_length=20)
    bits: Literal[0, 4, 8] = 0
    reuse: bool = True


class Profile(_Part):
    """How a family of models is asked and understood.

    Attributes:
        name: of the family; the file's.
        models: regular expressions; a model whose name has a match, without regard to case, is of the family.
        role: ``agent``, or ``grounder`` for models that only say where something is.
        dialect: how it writes its actions, see ``deskhand.actions.dialects``; ``points`` for grounders,
            ``tool`` for a vendor's own computer tool.
        vendor, tool: of such a tool the policy that asks through it, and its version.
        frame, picture, history, prices, local: see there.
        sampling: options of a request, such as temperature, as the server takes them.
        max_tokens: of an answer.
        thinking, plain: further options that switch thinking on and off; with neither a model is asked as
            it is.
        think: which of the two is used; None for neither.
        stop: texts that end an answer.
        special_tokens: whether the answer's special tokens are wanted, which some servers leave out.
        not_found: what nobody has published about the family, in words.
        source: where the facts come from.
    """

    name: str = Field(min_length=1, max_length=60)
    models: tuple[str, ...] = ()
    role: Literal["agent", "grounder"] = "agent"
    dialect: str = Field(min_length=1, max_length=60)
    vendor: str = Field(default="", max_length=60)
    tool: str = Field(default="", max_length=60)
    frame: Frame = Frame()
    picture: SentPicture = SentPicture()
    history: History = History()
    prices: Prices = Prices()
    local: Local = Local()
    sampling: dict[str, Any] = Field(default_factory=dict)
    max_tokens: int = Field(default=2048, ge=16, le=1_000_000)
    thinking: dict[str, Any] = Field(default_factory=dict)
    plain: dict[str, Any] = Field(default_factory=dict)
    think: bool | None = None
    stop: tuple[str, ...] = ()
    special_tokens: bool = False
    not_found: str = ""
    source: str = ""

    @field_validator("models")
    @classmethod
    def _expressions(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        for one in models:
            try:
                re.compile(one)
            except re.error as error:
                raise ValueError(f"{one!r} is no regular expression: {error}") from error
        return models

    @field_validator("dialect")
    @classmethod
    def _known(cls, name: str) -> str:
        known = (*dialects.names(), POINTS, TOOL)
        if name not in known:
            raise ValueError(f"there is no dialect {name!r}. Known: {', '.join(known)}")
        return name

    @field_validator("sampling", "thinking", "plain")
    @classmethod
    def _not_ours(cls, options: dict[str, Any]) -> dict[str, Any]:
        if wrong := sorted(_OURS & options.keys()):
            raise ValueError(f"{wrong[0]} is not for a profile to set")
        return options

    @property
    def coordinates(self) -> CoordinateSystem:
        """The numbers in which the model gives places."""
        if self.frame.kind == "picture":
            return self.picture.system()
        if self.frame.kind == "unit":
            return UnitSquare(self.frame.or_pixels)
        return PerMille(float(self.frame.limit))

    def spoken(self) -> Dialect:
        """The dialect, in the family's coordinates.

        Raises:
            UsageError: it is a grounder, which says places only, or a vendor's own tool.
        """
        if self.dialect == TOOL:
            raise UsageError(f"{self.name} is asked through its vendor's tool: use --policy {self.vendor}")
        if self.dialect == POINTS:
            raise UsageError(f"{self.name} only says where something is: use it with --grounder")
        return dialects.get(self.dialect, self.coordinates)

    def matches(self, model: str) -> bool:
        """Whether a model's name is one of the family's."""
        return any(re.search(one, model, re.IGNORECASE) for one in self.models)

    def options(self) -> dict[str, Any]:
        """The options of a request."""
        switches = {} if self.think is None else self.thinking if self.think else self.plain
        found: dict[str, Any] = {"max_tokens": self.max_tokens, **self.sampling, **switches}
        if self.stop:
            found["stop"] = list(self.stop)
        if self.special_tokens:
            found["skip_special_tokens"] = False
        return found


POINTS, TOOL = "points", "tool"
"""Stand for a dialect where a model only says places, and where its vendor has a computer tool."""


def chosen_profile(
    model: str, profile: str | None = None, dialect: str | None = None, settings: Sequence[str] = ()
) -> Profile:
    """The profile with which a model is asked.

    Args:
        model: its name, which identifies a profile where none is named.
        profile: a name, or a file that ends in .toml; by default DESKHAND_PROFILE.
        dialect: of a profile that is named, another dialect; alone, the dialect with its usual coordinates.
            By default DESKHAND_DIALECT.
        settings: other values, see ``changed``.

    Raises:
        UsageError: there is no such profile, dialect or field, or nothing identifies one.
    """
    if profile is None:  # what is asked for outweighs what the environment says
        dialect = dialect or os.environ.get("DESKHAND_DIALECT") or None
        profile = os.environ.get("DESKHAND_PROFILE") or None
    if profile is None and dialect is not None:
        found = plain_profile(dialect)
    else:
        found = profile_of(model) if profile is None else named(profile)
        settings = (*settings, f"dialect={dialect}") if dialect is not None else settings
    return changed(found, settings) if settings else found


@cache
def shipped() -> Mapping[str, Profile]:
    """The profiles that come with deskhand, by name."""
    return {one.name: one for one in map(read, sorted(FOLDER.glob("*.toml")))}


def read(path: Path) -> Profile:
    """The profile in a TOML file.

    Raises:
        UsageError: it cannot be read, is no TOML, or a field is wrong; says which.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise UsageError(f"{path} is over {LARGEST_FILE} bytes: a profile is a short file")
        data = tomllib.loads(text.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the profile {path} cannot be read: {error}") from error
    return _checked(data, str(path))


def profile_of(model: str) -> Profile:
    """The profile that a model's published name identifies.

    Raises:
        UsageError: the name identifies none. A wrong guess would shift every click.
    """
    for one in shipped().values():
        if one.matches(model):
            return one
    raise UsageError(
        f"the dialect of {printable(model)} is not known: name a profile with --profile NAME or --profile "
        f"FILE, or a dialect with --dialect. Profiles: {', '.join(sorted(shipped()))}; {HELP}"
    )


def named(name: str) -> Profile:
    """A shipped profile by its name, or one in a file that ends in .toml.

    Raises:
        UsageError: there is none; the nearest name is offered.
    """
    if name.endswith(".toml"):
        return read(Path(name).expanduser())
    if name not in shipped():
        near = did_you_mean(name, tuple(shipped())) or f"there are {', '.join(sorted(shipped()))}"
        raise UsageError(f"there is no profile {name[:60]!r}: {near}; {HELP}")
    return shipped()[name]


def plain_profile(dialect: str) -> Profile:
    """The profile of a dialect alone, with the dialect's usual coordinates.

    Raises:
        UsageError: there is no such dialect.
    """
    usual = dialects.get(dialect).coordinates
    if isinstance(usual, SmartResized):
        frame = Frame(kind="picture")
        picture = SentPicture(
            factor=usual.factor,
            min_pixels=usual.min_pixels,
            max_pixels=usual.max_pixels,
            max_side=usual.max_side,
        )
    else:
        frame = Frame(kind="unit" if isinstance(usual, UnitSquare) else "scale")
        picture = SentPicture()
    sampling = {"temperature": 0.0}
    return Profile(name=dialect, dialect=dialect, frame=frame, picture=picture, sampling=sampling)


def changed(profile: Profile, settings: Sequence[str]) -> Profile:
    """A profile with other values, each given as ``FIELD=VALUE``: ``history.pictures=3``.

    Values are written as in TOML; what is no TOML is a text.

    Raises:
        UsageError: there is no such field, or the value does not fit it.
    """
    data: dict[str, Any] = profile.model_dump()
    for setting in settings:
        field, equals, value = setting.partition("=")
        *path, last = field.strip().split(".")
        place: Any = data
        for part in path:
            place = place.get(part) if isinstance(place, dict) else None
        free = path in (["sampling"], ["thinking"], ["plain"])
        if not equals or not isinstance(place, dict) or not (last in place or free):
            near = did_you_mean(field.strip(), _fields(data)) or f"there are {', '.join(_fields(data))}"
            raise UsageError(f"a profile has no field {field.strip()[:60]!r}: {near}. Write FIELD=VALUE")
        place[last] = _value(value.strip())
    return _checked(data, f"the profile {profile.name} with {' '.join(settings)[:200]}")


def _fields(data: Mapping[str, Any], before: str = "") -> list[str]:
    found: list[str] = []
    for name, value in data.items():
        inner = (
            isinstance(value, dict) and value and name in ("frame", "picture", "history", "prices", "local")
        )
        found += _fields(value, f"{before}{name}.") if inner else [f"{before}{name}"]
    return found


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _checked(data: Mapping[str, Any], where: str) -> Profile:
    try:
        found = Profile.model_validate(data)
    except ValidationError as error:
        raise UsageError(f"{printable(where)}: {first_fault(error)}; {HELP}") from error
    limits = found.picture
    if not limits.factor**2 <= limits.max_pixels or limits.min_pixels > limits.max_pixels:
        raise UsageError(f"{printable(where)}: min_pixels lies below max_pixels, and factor squared too")
    return found
