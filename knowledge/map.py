"""The map of an application: its states, the commands that were tried in them, and what each led to.

A folder: ``map.json`` with what is known, ``pictures/`` with a picture of each state, of each control that
has no text and of what commands changed, ``files/`` with what the application opens. All of it was read from
a screen, so it is a stranger's data: shown as plain text, never executed, and read within bounds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import cv2
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from deskhand.actions.geometry import Box, Viewport
from deskhand.disk import read_below, replacing, writing
from deskhand.errors import TrajectoryError, UsageError
from deskhand.perception.screen import Pixels

FORMAT = 1
MAP, PICTURES, FILES = "map.json", "pictures", "files"
MOST_BYTES = 64 << 20
MOST_STATES, MOST_COMMANDS, MOST_FIELDS = 5_000, 50_000, 20_000
DEEPEST = 12
JOINT = " > "
"""Stands between the steps of a command in words."""

Name = Annotated[str, StringConstraints(max_length=300)]
PictureName = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32})?$")]
Ident = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$|^$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[^-./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,200}$")]
Kind = Literal["window", "menu", "dialog", "view"]
Way = Literal["click", "right", "type", "scroll"]
Effect = Literal["opens", "changes", "nothing", "closes", "ends", "saves", "lost"]


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class MapControl(_Known):
    """Something that can be operated, and how it is found again.

    Attributes:
        name: its text or label; empty for one of which only a picture is known.
        box: where it was, in pixels of the map's screen.
        picture: name of its picture, for one without a text.
    """

    role: Annotated[str, StringConstraints(max_length=40)]
    name: Name = ""
    box: Box
    picture: PictureName = ""

    @property
    def words(self) -> str:
        """Its name, or what it is and where."""
        return self.name or f"{self.role} at {self.box.centre.x},{self.box.centre.y}"


class Deed(_Known):
    """One step of a path: what is clicked, and with which button; what is scrolled down; where was typed."""

    way: Way = "click"
    on: MapControl

    @property
    def words(self) -> str:
        """As it stands in a command's words."""
        if self.way == "type":
            return f"type into {self.on.words}"
        if self.way == "scroll":
            return f"scroll down the {self.on.words}"
        return self.on.words if self.way == "click" else f"context menu of {self.on.words}"


class MapState(_Known):
    """A screen of the application, by what is stable in it.

    Attributes:
        id: the same for the same path.
        name: title of the dialog, or the menu's, or the window's.
        path: how one gets there from the start.
        features: by which it is recognised, see ``recognising``.
        own: what is written in what a menu or a dialog brought with it, as letters.
        texts: all that was written on the screen, as letters.
        picture: name of its picture.
    """

    id: Ident
    kind: Kind
    name: Name = ""
    path: tuple[Deed, ...] = Field(default=(), max_length=DEEPEST)
    features: tuple[Name, ...] = Field(default=(), max_length=2_000)
    own: tuple[Name, ...] = Field(default=(), max_length=200)
    texts: tuple[Name, ...] = Field(default=(), max_length=2_000)
    picture: PictureName = ""


class MapCommand(_Known):
    """A control of a state, and what came of operating it.

    Attributes:
        state: the id of the state that it stands in.
        deed: what is done.
        effect: what came of it; empty where it was not tried.
        leads_to: id of the state that it opened; empty where none.
        said: what changed, in words.
        shortcut: the keys that a menu shows for it.
        undone: whether Ctrl+Z brought the screen back; None where that was not tried.
        changed: the part of the screen that it changed; None where it opened something, or did nothing.
        saved: where Enter saves a file under a text that was typed, its folder and what the program puts
            behind the text; None where it saves none.
        before, after: names of the pictures of that part without what it did, and with it.
        tries, failures: how often it was tried in all, and how often it did not do what stands here.
    """

    state: Ident
    deed: Deed
    effect: Effect | Literal[""] = ""
    leads_to: Ident = ""
    said: Name = ""
    shortcut: Annotated[str, StringConstraints(max_length=40)] = ""
    undone: bool | None = None
    changed: Box | None = None
    saved: tuple[Name, Name] | None = None
    before: PictureName = ""
    after: PictureName = ""
    tries: int = Field(default=0, ge=0)
    failures: int = Field(default=0, ge=0)

    @property
    def is_sure(self) -> bool:
        """Whether it did what stands here at least as often as not."""
        return self.failures * 2 <= self.tries


class MapField(_Known):
    """What can be filled in or chosen in a state.

    Attributes:
        value: what stood in it at first.
        checked: whether it was ticked at first, as its program said; None where no program was asked.
        choices: what a list offers, as far as it was opened.
    """

    state: Ident
    role: Annotated[str, StringConstraints(max_length=40)]
    name: Name = ""
    box: Box
    value: Name = ""
    checked: bool | None = None
    choices: tuple[Name, ...] = Field(default=(), max_length=200)


class AppMap(_Known):
    """All that is known of an application.

    Attributes:
        application: as ``launch`` takes it.
        arguments: files of the map's ``files/`` that it opens.
        size: of the screen.
        tree: whether its programs were asked too.
        seconds, steps: spent on exploring, in all.
    """

    format: Literal[1] = 1
    application: Name
    arguments: tuple[FileName, ...] = Field(default=(), max_length=100)
    size: tuple[int, int]
    tree: bool = False
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    steps: int = Field(default=0, ge=0)
    states: tuple[MapState, ...] = Field(default=(), max_length=MOST_STATES)
    commands: tuple[MapCommand, ...] = Field(default=(), max_length=MOST_COMMANDS)
    fields: tuple[MapField, ...] = Field(default=(), max_length=MOST_FIELDS)

    @property
    def viewport(self) -> Viewport:
        """The size of the screen, in pixels."""
        return Viewport(*self.size)

    @cached_property
    def _by_id(self) -> Mapping[str, MapState]:
        return {state.id: state for state in self.states}

    def state(self, ident: str) -> MapState | None:
        """A state by its id."""
        return self._by_id.get(ident)

    def path_of(self, command: MapCommand) -> tuple[Deed, ...]:
        """All that is done from the start on, the command included."""
        state = self.state(command.state)
        return (*(state.path if state is not None else ()), command.deed)

    def words_of(self, command: MapCommand) -> str:
        """The path to a command in words: "Image > Rotate... > Clockwise"."""
        return words_of_path(self.path_of(command))

    def tried(self) -> Iterator[MapCommand]:
        """The commands of which it is known what they do."""
        return (command for command in self.commands if command.effect)


def words_of_path(path: Sequence[Deed]) -> str:
    """A path in words; what is scrolled on it goes without saying."""
    return JOINT.join(deed.words for deed in path if deed.way != "scroll")


def ident(path: tuple[Deed, ...], last: str = "") -> str:
    """The id of the state at the end of a path.

    Args:
        last: tells states apart that one path can lead to.
    """
    steps = [f"{deed.way}:{deed.on.role}:{deed.on.words}" for deed in path]
    return hashlib.blake2b("\n".join([*steps, last]).encode(), digest_size=6).hexdigest()


def write_map(found: AppMap, folder: Path) -> None:
    """Write a map's folder; a map that is there is replaced whole.

    Raises:
        LogError: it cannot be written.
    """
    with writing("the map", folder):
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / MAP) as whole:
            whole.write_text(found.model_dump_json(indent=1), encoding="utf-8")


def read_map(folder: Path) -> AppMap:
    """Read a map.

    Raises:
        UsageError: there is none.
        TrajectoryError: it is damaged, too large, or of another version of deskhand; says which.
    """
    if not (folder / MAP).is_file():
        raise UsageError(f"{folder} is no map of an application: make one with `deskhand explore`")
    data = read_below(folder, MAP, MOST_BYTES)
    try:
        found = AppMap.model_validate_json(data)
    except ValidationError as error:
        other = re.search(rb'"format"\s*:\s*(\d+)', data[:300])
        if other is not None and int(other[1]) != FORMAT:
            raise TrajectoryError(
                f"the map in {folder} has format {int(other[1])}, this deskhand reads {FORMAT}: explore again"
            ) from error
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])[:100]
        raise TrajectoryError(f"the map in {folder} is damaged: {where}: {fault['msg'][:100]}") from error
    known = {state.id for state in found.states}
    named = {one.state for one in found.commands} | {one.state for one in found.fields}
    if len(known) < len(found.states) or not named <= known:
        raise TrajectoryError(f"the map in {folder} is damaged: states are missing, or are there twice")
    return found


def write_picture(pixels: Pixels, folder: Path) -> tuple[str, int]:
    """Keep a picture beside a map, once; returns its name, and how many bytes were written."""
    name = hashlib.blake2b(pixels.tobytes() + repr(pixels.shape).encode(), digest_size=16).hexdigest()
    path = folder / PICTURES / f"{name}.png"
    size = 0
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        done, data = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        assert done
        with replacing(path) as whole:
            whole.write_bytes(data.tobytes())
        size = len(data)
    return name, size


def picture(folder: Path, name: str) -> bytes:
    """A picture of a map, as PNG; empty where it is not there.

    Raises:
        TrajectoryError: it is a link, or too large.
    """
    if not re.fullmatch(r"[0-9a-f]{32}", name) or not (folder / PICTURES / f"{name}.png").exists():
        return b""
    return read_below(folder, f"{PICTURES}/{name}.png", MOST_BYTES)


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Keep what an application opens beside its map.

    Raises:
        UsageError: a name is no plain file name, or a file is too large.
        LogError: it cannot be written.
    """
    names = TypeAdapter(FileName)
    for name, data in files.items():
        try:
            names.validate_python(name)
        except ValidationError as error:
            raise UsageError(
                f"{name[:80]!r} cannot be kept in a map: rename the file, and explore"
            ) from error
        if len(data) > MOST_BYTES:
            raise UsageError(f"{name[:80]!r} is over {MOST_BYTES >> 20} MB: explore with a smaller file")
        with writing(name, folder):
            (folder / FILES).mkdir(parents=True, exist_ok=True)
            with replacing(folder / FILES / name) as whole:
                whole.write_bytes(data)


def files_of(found: AppMap, folder: Path) -> dict[str, bytes]:
    """What the application of a map opens, by name.

    Raises:
        TrajectoryError: a file is missing, a link, or too large.
    """
    return {name: read_below(folder, f"{FILES}/{name}", MOST_BYTES) for name in found.arguments}
