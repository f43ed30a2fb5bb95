"""What happened, as types: the task, a decision, a step, and the records of the file on disk."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    model_serializer,
)

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Type
from deskhand.perception.screen import Element
from deskhand.perception.watch.changes import the

FORMAT = 1
"""The format integer that this version writes. A higher one is refused by name."""

GIVEN_FOLDER = ".given"
"""Folder in a trajectory's ``files`` with what the run was given, as it was. No file that a run made comes
there: hidden ones are left out."""

HIDDEN_TEXT = "[hidden]"
"""Stands in a trajectory for what was typed into a password field."""


MOST_STEPS = 1_000_000_000
"""No number of a step is higher: one that is comes from a stranger."""

Number = Annotated[int, Field(ge=0, le=MOST_STEPS)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Indexes = Annotated[tuple[Annotated[int, Field(ge=0, le=10_000)], ...], Field(max_length=10_000)]
"""Of actions in a step."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Task(_Record):
    """What is to be done, in words.

    Attributes:
        instruction: the sentence a person gave.
        launch: the program that is opened before the first look, by its name, if any.
        arguments: what it is opened with: a file's name, say.
        given: which of the arguments are files that the run brought along. They are in its ``files/.given``.
        seed: seed for whatever is drawn at random on the way.
    """

    instruction: str = Field(min_length=1, max_length=20_000)
    launch: str | None = None
    arguments: tuple[str, ...] = ()
    given: tuple[str, ...] = Field(default=(), max_length=100)
    seed: int = 0

    @property
    def unopened(self) -> Task:
        """The same task on a desktop that is left as it is found: nothing is launched, nothing given."""
        return self.model_copy(update={"launch": None, "arguments": (), "given": ()})


class Usage(_Record):
    """What a decision cost: tokens, wall seconds, and money where it is known.

    Attributes:
        grounder_prompt_tokens, grounder_completion_tokens: of a second model that only points; written
            only where there is one.
    """

    prompt_tokens: Number = 0
    completion_tokens: Number = 0
    seconds: Seconds = 0.0
    cost: float | None = Field(default=None, allow_inf_nan=False)
    grounder_prompt_tokens: Number = 0
    grounder_completion_tokens: Number = 0

    @property
    def tokens(self) -> int:
        """All of them, the grounder's included."""
        return (
            self.prompt_tokens
            + self.completion_tokens
            + self.grounder_prompt_tokens
            + self.grounder_completion_tokens
        )

    @model_serializer(mode="wrap")
    def _short(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = plain(self)
        return {k: v for k, v in found.items() if v or not k.startswith("grounder")}


class Candidate(_Record):
    """Something that a policy could have decided, and how likely that was to be right, as it thought.

    Attributes:
        role: of the element that would have been acted on; "action" for a kind of action.
        name: the element's, or the kind of action.
        box: where the element is; None for a kind of action.
    """

    role: str = Field(max_length=40)
    name: str = Field(max_length=300)
    probability: float = Field(ge=0, le=1, allow_inf_nan=False)
    box: Box | None = None


class Decision(_Record):
    """What a policy decided on one observation.

    ``reply`` is None if the text could not be read as an action; ``error`` then says why, in words
    that were given back to the policy. ``candidates`` is what else was considered, the likeliest first;
    ``hidden`` names the actions whose text is done and kept nowhere.
    """

    reply: Reply | None
    raw: str = ""
    usage: Usage = Usage()
    error: str = ""
    candidates: tuple[Candidate, ...] = Field(default=(), max_length=100)
    hidden: tuple[int, ...] = Field(default=(), exclude=True)

    @model_serializer(mode="wrap")
    def _short(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without ``candidates`` where there are none, as for most policies."""
        found: dict[str, Any] = plain(self)
        return found if self.candidates else {k: v for k, v in found.items() if k != "candidates"}

    def hidden_texts(self) -> tuple[str, ...]:
        """The texts that are typed and kept nowhere."""
        actions = self.reply.actions if self.reply is not None else ()
        typed = (action for index, action in enumerate(actions) if index in self.hidden)
        return tuple(action.text for action in typed if isinstance(action, Type) and action.text)

    def kept(self) -> Decision:
        """The decision as it may be written down and shown: hidden texts are replaced."""
        if self.reply is None or not self.hidden:
            return self
        actions = tuple(
            action.model_copy(update={"text": HIDDEN_TEXT})
            if index in self.hidden and isinstance(action, Type)
            else action
            for index, action in enumerate(self.reply.actions)
        )
        return self.model_copy(
            update={
                "reply": self.reply.model_copy(update={"actions": actions}),
                "raw": "",
                "candidates": (),
            }
        )


class Target(_Record):
    """What an action was aimed at: an element of the step's frame, ``box`` in its pixels."""

    role: str = Field(max_length=40)
    name: str = Field(default="", max_length=2000)
    box: Box

    @classmethod
    def of(cls, element: Element) -> Target:
        """An element as it is recorded; a long role or name is cut."""
        return cls(role=element.role[:40], name=element.name[:2000], box=element.box)

    @property
    def words(self) -> str:
        """The element as a person would call it: "the button 'Save'"."""
        return the(Element(self.role, self.name, self.box, label=self.name))


class _Seen(_Record):
    """What is known of a step beside its decision and its outcomes.

    Attributes:
        frame: digest of the screen that was decided on.
        targets: what each action was aimed at, one entry an action; None where that is not known. Empty
            if it was not recorded.
        masked: regions of the frame whose pixels were painted over before they were kept.
        hidden: indexes of actions whose text was replaced by ``HIDDEN_TEXT`` before it was kept.
        by: "person" for a step of one who had taken over from the policy; else empty.
    """

    frame: str
    targets: tuple[Target | None, ...] = ()
    masked: tuple[Box, ...] = ()
    hidden: Indexes = ()
    by: Literal["", "person"] = ""

    def target(self, index: int) -> Target | None:
        """What action number ``index`` was aimed at, if that was recorded."""
        return self.targets[index] if index < len(self.targets) else None


class Step(_Seen):
    """One decision, what became of its actions, and the frame it was made on.

    ``outcomes`` has one entry per action that was tried, in order; an action whose outcome was
    never written is unknown. ``changed`` says whether the screen differed afterwards. ``seconds`` is
    when it was decided, from the start of the run.
    """

    step: int
    decision: Decision
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()
    changed: bool | None = None
    seconds: Seconds = 0.0


class HeaderRecord(_Record):
    """First line of the file.

    ``id`` is drawn at random when the file is begun, so it reveals nothing of what is in it;
    ``derived_from`` is the id of the trajectory that this one is an edited copy of.
    """

    type: Literal["header"] = "header"
    step: Number = 0
    format: int = FORMAT
    id: str = Field(default="", pattern=r"^([0-9a-f]{32})?$")
    task: Task
    policy: str
    sandbox: str
    versions: dict[str, str] = {}
    configuration: dict[str, Any] = {}
    started: str = ""
    derived_from: str | None = None


class DecisionRecord(_Seen):
    """Synced to disk before anything is done."""

    type: Literal["decision"] = "decision"
    step: Number
    decision: Decision
    seconds: Seconds = 0.0

    @model_serializer(mode="wrap")
    def _short(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without ``by`` where it is the policy, as in most steps."""
        found: dict[str, Any] = plain(self)
        return found if self.by else {k: v for k, v in found.items() if k != "by"}


class OutcomeRecord(_Record):
    """One per action, in order; the first that is not ok ends the step."""

    type: Literal["outcome"] = "outcome"
    step: Number
    index: Number
    outcome: Outcome
    seconds: Seconds = 0.0


class NoteRecord(_Record):
    """Something worth knowing that is neither a decision nor an outcome."""

    type: Literal["note"] = "note"
    step: Number
    text: str
    data: dict[str, Any] = {}


class EndRecord(_Record):
    """Last line of a run that ended by itself."""

    type: Literal["end"] = "end"
    step: Number
    status: str
    answer: str | None = None
    reason: str = ""
    frame: str | None = None
    files: tuple[str, ...] = ()
    seconds: Seconds = 0.0


Record = Annotated[
    HeaderRecord | DecisionRecord | OutcomeRecord | NoteRecord | EndRecord,
    Field(discriminator="type"),
]
RECORD: TypeAdapter[Record] = TypeAdapter(Record)
