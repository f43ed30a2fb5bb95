"""Sounds and pictures that slides of a presentation in the sandbox use."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import Field

from deskhand.benchmarks.task_files.metrics.markup import parsed
from deskhand.benchmarks.task_files.metrics.packed import member
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters, GuestPath
from deskhand.errors import UsageError

_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_BACKGROUND = "{http://schemas.openxmlformats.org/presentationml/2006/main}bgPr"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_SLIDES = "ppt/slides"


class InSlide(GivenParameters):
    """A presentation, its slide counted from 0, and the name of the copy."""

    ppt_file_path: GuestPath
    slide_index: Annotated[int, Field(ge=0, le=10_000)]
    dest: str


def audio_in_slide(place: Place, given: InSlide) -> Path:
    """The first sound that a slide uses, out of the presentation or from the file that it names."""
    deck = _deck(place, given)
    found = next((one for one in _relations(deck, given) if "audio" in str(one.get("Type"))), None)
    if found is None:
        raise NothingThere(f"slide {given.slide_index + 1} has no sound")
    return _copied(place, given, deck, str(found.get("Target")))


def background_image_in_slide(place: Place, given: InSlide) -> Path:
    """The picture that is the background of a slide."""
    deck = _deck(place, given)
    name = f"{_SLIDES}/slide{given.slide_index + 1}.xml"
    slide = parsed(member(deck, "presentation", name), name)
    pictures = (one for part in slide.iter(_BACKGROUND) for one in part.iter(_PICTURE))
    wanted = next((one.get(_EMBED) for one in pictures if one.get(_EMBED)), None)
    for one in _relations(deck, given):
        if wanted is not None and "image" in str(one.get("Type")) and one.get("Id") == wanted:
            return _copied(place, given, deck, str(one.get("Target")))
    raise NothingThere(f"the background of slide {given.slide_index + 1} is no picture")


def _deck(place: Place, given: InSlide) -> Path:
    return place.copy(place.read(given.ppt_file_path), given.ppt_file_path)


def _relations(deck: Path, given: InSlide) -> list[Any]:
    name = f"{_SLIDES}/_rels/slide{given.slide_index + 1}.xml.rels"
    return list(parsed(member(deck, "presentation", name), name).iter(_RELATION))


def _copied(place: Place, given: InSlide, deck: Path, target: str) -> Path:
    """What a slide names: a part of the presentation, or a file of the sandbox's home."""
    if target.startswith(".."):
        return place.copy(member(deck, "presentation", posixpath.normpath(f"{_SLIDES}/{target}")), given.dest)
    if not target.startswith("file://"):
        raise NothingThere(
            f"slide {given.slide_index + 1} uses {target[:100]!r}, which is neither in it nor a file"
        )
    path = unquote(urlsplit(target).path)
    try:
        return place.copy(place.read(path), given.dest)
    except UsageError as error:
        raise NothingThere(f"slide {given.slide_index + 1}: {error}") from error
