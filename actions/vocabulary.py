"""Everything that can be done at a desk, as one discriminated union on ``kind``.

An action is data. It is validated here, checked again by the gate and by the executor inside the
sandbox, and dispatched by its kind; no text in it is ever executed.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    field_validator,
    model_serializer,
    model_validator,
)

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.keys import MODIFIERS, canonical_key

Button = Literal["left", "middle", "right", "back", "forward"]
DEFAULT_SCROLL_NOTCHES = 5
LONGEST_TEXT = 20_000
LONGEST_WAIT = 300.0
LONGEST_HOLD = 30.0
MOST_PRESSES = 100
LEAST_ZOOM = 8
"""Pixels of each side of a region that is looked at closely."""


def _key(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError(f"a key is named by a text, not {type(name).__name__}")
    return canonical_key(name)


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    later: ClassVar[tuple[str, ...]] = ()
    """Fields that came after the first version. They are written only where they say something, so that
    older versions read what they know."""

    @model_serializer(mode="wrap")
    def _short(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = plain(self)
        for name in self.later:
            if name in found and getattr(self, name) == type(self).model_fields[name].default:
                del found[name]
        return found


class _Holding(_Action):
    hold: tuple[str, ...] = ()

    @field_validator("hold", mode="before")
    @classmethod
    def _modifiers(cls, names: Any) -> tuple[str, ...]:
        keys = tuple(_key(name) for name in names)
        for key in keys:
            if key not in MODIFIERS:
                raise ValueError(f"only modifiers can be held, not {key!r}: {', '.join(sorted(MODIFIERS))}")
        return keys


class Click(_Holding):
    """Press and release ``button``, ``count`` times; at the pointer if ``at`` is None.

    ``hold`` keys stay down meanwhile. ``back`` and ``forward`` are the side buttons of a mouse.
    """

    kind: Literal["click"] = "click"
    at: ScreenPoint | None = None
    button: Button = "left"
    count: int = Field(default=1, ge=1, le=3)


class Move(_Holding):
    """Move the pointer without pressing a button; ``hold`` keys stay down meanwhile."""

    later: ClassVar[tuple[str, ...]] = ("hold",)

    kind: Literal["move"] = "move"
    at: ScreenPoint


class Drag(_Holding):
    """Press at the first point of ``path``, move through the others, release at the last.

    A path of one point begins where the pointer is.
    """

    kind: Literal["drag"] = "drag"
    path: tuple[ScreenPoint, ...] = Field(min_length=1, max_length=1000)
    button: Button = "left"


class Scroll(_Holding):
    """Turn the wheel by notches: ``dy`` > 0 down, ``dx`` > 0 right; at the pointer if ``at`` is None."""

    kind: Literal["scroll"] = "scroll"
    at: ScreenPoint | None = None
    dx: int = Field(default=0, ge=-100, le=100)
    dy: int = Field(default=0, ge=-100, le=100)


class Type(_Action):
    """Type ``text`` exactly; ``clear`` selects all that is there first, ``submit`` presses enter afterwards.

    The text never ends in a newline: a trailing one becomes ``submit``.
    """

    later: ClassVar[tuple[str, ...]] = ("clear",)

    kind: Literal["type"] = "type"
    text: str = Field(max_length=LONGEST_TEXT)
    submit: bool = False
    clear: bool = False

    @model_validator(mode="before")
    @classmethod
    def _trailing_newline_submits(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("text"), str):
            text = data["text"].replace("\r\n", "\n").replace("\r", "\n")
            if text.endswith("\n"):
                return {**data, "text": text.rstrip("\n"), "submit": True}
            return {**data, "text": text}
        return data


class Key(_Action):
    """Press one chord, ``times`` over: all keys down in order, then up in reverse.

    The last key stays down for ``seconds`` each time.
    """

    later: ClassVar[tuple[str, ...]] = ("times", "seconds")

    kind: Literal["key"] = "key"
    keys: tuple[str, ...] = Field(min_length=1, max_length=5)
    times: int = Field(default=1, ge=1, le=MOST_PRESSES)
    seconds: float = Field(default=0.0, ge=0, le=LONGEST_HOLD, allow_inf_nan=False)

    @field_validator("keys", mode="before")
    @classmethod
    def _known(cls, names: Any) -> tuple[str, ...]:
        return tuple(_key(name) for name in names)

    @model_validator(mode="after")
    def _bounded(self) -> Key:
        if self.times * self.seconds > LONGEST_WAIT:
            raise ValueError(f"all presses together last {LONGEST_WAIT:g} s at most")
        return self


class _OneKey(_Action):
    key: str

    @field_validator("key", mode="before")
    @classmethod
    def _known(cls, name: Any) -> str:
        return _key(name)


class KeyDown(_OneKey):
    """Press a key and leave it down until ``key_up`` or the end of the run."""

    kind: Literal["key_down"] = "key_down"


class KeyUp(_OneKey):
    """Release a key."""

    kind: Literal["key_up"] = "key_up"


class MouseDown(_Action):
    """Press a button and leave it down until ``mouse_up`` or the end of the run."""

    kind: Literal["mouse_down"] = "mouse_down"
    at: ScreenPoint | None = None
    button: Button = "left"


class MouseUp(_Action):
    """Release a button."""

    kind: Literal["mouse_up"] = "mouse_up"
    at: ScreenPoint | None = None
    button: Button = "left"


class Wait(_Action):
    """Let time pass."""

    kind: Literal["wait"] = "wait"
    seconds: float = Field(default=5.0, ge=0, le=LONGEST_WAIT, allow_inf_nan=False)


class TakeScreenshot(_Action):
    """Look again without doing anything."""

    kind: Literal["screenshot"] = "screenshot"


class Zoom(_Action):
    """Look at a region of the screen closely; points stay those of the whole screen."""

    kind: Literal["zoom"] = "zoom"
    region: Box

    @field_validator("region")
    @classmethod
    def _large_enough(cls, region: Box) -> Box:
        if min(region.width, region.height) < LEAST_ZOOM:
            raise ValueError(f"each side of a region is {LEAST_ZOOM} pixels or more")
        return region


class TakeNote(_Action):
    """Keep ``text`` for later steps; nothing is done on the screen."""

    kind: Literal["note"] = "note"
    text: str = Field(max_length=LONGEST_TEXT)


class OpenApp(_Action):
    """Start an installed application by the name of its .desktop entry, never by a command."""

    kind: Literal["open_app"] = "open_app"
    name: str = Field(min_length=1, max_length=200)


class LongPress(_Action):
    """Press at ``at`` and hold for ``seconds``."""

    kind: Literal["long_press"] = "long_press"
    at: ScreenPoint
    seconds: float = Field(default=1.0, gt=0, le=30, allow_inf_nan=False)


class PressHome(_Action):
    """The home button of a phone; refused where there is none."""

    kind: Literal["press_home"] = "press_home"


class PressBack(_Action):
    """The back button of a phone; refused where there is none."""

    kind: Literal["press_back"] = "press_back"


class CallUser(_Action):
    """Ask the person at the desk and stop."""

    kind: Literal["call_user"] = "call_user"
    question: str | None = None


class Finished(_Action):
    """The policy's claim that the task is done, with an answer if one was asked for."""

    kind: Literal["finished"] = "finished"
    answer: str | None = None


class Infeasible(_Action):
    """The policy's claim that the task cannot be done here."""

    kind: Literal["infeasible"] = "infeasible"
    reason: str | None = None


Action = Annotated[
    Click
    | Move
    | Drag
    | Scroll
    | Type
    | Key
    | KeyDown
    | KeyUp
    | MouseDown
    | MouseUp
    | Wait
    | TakeScreenshot
    | Zoom
    | TakeNote
    | OpenApp
    | LongPress
    | PressHome
    | PressBack
    | CallUser
    | Finished
    | Infeasible,
    Field(discriminator="kind"),
]

ACTION: TypeAdapter[Action] = TypeAdapter(Action)
"""Validates one action from a dict or JSON: ``ACTION.validate_python({"kind": "wait"})``."""

TERMINAL_KINDS = frozenset({"call_user", "finished", "infeasible"})
"""Kinds that end a run; each stands alone in a step."""

ENDINGS = {
    **dict.fromkeys(
        "success successful succeeded done complete completed finished ok true yes 1".split(), "finished"
    ),
    **dict.fromkeys(
        "failure fail failed infeasible impossible unsuccessful incomplete error false no 0".split(),
        "infeasible",
    ),
}
"""The kind of ending that a status means, by its folded name; models write others, which mean nothing."""

INWARD_KINDS = frozenset({"zoom", "note"})
"""Kinds that need no sandbox: nothing happens on the screen."""

DESKTOP_KINDS = frozenset(
    "click move drag scroll type key key_down key_up mouse_down mouse_up wait screenshot open_app "
    "long_press".split()
)
"""Kinds that a desktop can do; phones have others."""


def points_of(action: Action) -> tuple[ScreenPoint, ...]:
    """Every point that an action names, in order."""
    match action:
        case Drag():
            return action.path
        case Move() | LongPress():
            return (action.at,)
        case Click() | Scroll() | MouseDown() | MouseUp():
            return () if action.at is None else (action.at,)
        case Zoom(region=region):
            return (ScreenPoint(region.left, region.top), ScreenPoint(region.right - 1, region.bottom - 1))
        case _:
            return ()
