"""The same lesson in other words, with other values, or in a program of another name.

In other words: the screen and the move stay, the sentence of the task is another one.

A lesson of the desk suite was recorded with one of its family's open wordings. Its parameters are read out
of the sentence again and put into another template, so one recorded episode teaches many ways to ask.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from deskhand.benchmarks.suites.desk.family import families
from deskhand.benchmarks.suites.desk.languages import read_language
from deskhand.policies.embedded.places import ScreenPlace
from deskhand.policies.embedded.pointed import Piece, pieces_of, text_of
from deskhand.policies.embedded.seeing import stands_in
from deskhand.training.reasoner import wordings, words
from deskhand.training.reasoner.languages import codes, phrasings
from deskhand.training.reasoner.lessons import Lesson
from deskhand.training.reasoner.phrasings import PHRASINGS

OPEN = (
    "editor-append",
    "editor-rewrite",
    "document-append",
    "document-look",
    "document-place",
    "document-replace",
)
"""Families whose file is open when they begin, so that a sentence need not name it."""
OTHER_LANGUAGES = 0.25
"""Share of the lessons that are told in other words that are told in another language."""
LONGEST_LABEL = 30
"""Letters of the longest name on the screen that another one may stand for."""
SUMS = "calculator"
SIGNS = {"plus": "+", "minus": "-", "times": "*"}
"""What is said for a sign in the open wordings of sums."""
PROGRAMS = re.compile(r"Mousepad|galculator|LibreOffice (?:Writer|Calc)|Sylpheed[ \w.]*|xterm|PCManFM")
"""Names that the desk suite's open programs put into their titles."""
_NAME = re.compile(r"\{(\w+)\}")
_FILE = re.compile(r"[\w\-]+\.[a-z]{1,5}")
_NUMBER = re.compile(r"\d{1,6}")
_WORDS = re.compile(r"[^@/\\:]*[^\W\d_]{2}[^@/\\:]*")
"""A text with a word in it that is no address and no path."""
_QUOTED = re.compile(r"'\{(\w+)\}'|\"\{(\w+)\}\"")


def reworded(lesson: Lesson, chance: random.Random) -> Lesson:
    """The lesson in other words, with the same parameters; as it was where there are none."""
    known = parameters_of(lesson.kind, lesson.instruction)
    if known is None:
        return lesson
    typed = text_of(lesson.move.pieces, lesson.instruction, lesson.places)
    # The open file may be left unnamed, where its name is not what is typed.
    spared = {"name"} if lesson.kind in OPEN and known.get("name", typed) not in typed else set[str]()
    code = chance.choice(codes()) if chance.random() < OTHER_LANGUAGES else ""
    among = phrasings(code).get(lesson.kind, ()) if code else templates(lesson.kind)
    fitting = [one for one in among if set(known) - spared <= names_in(one) <= set(known)]
    if not fitting:
        return lesson
    known = read_language(code).translated(known) if code else known
    sentence = said(chance.choice(fitting), known, chance, frame=not code)
    pieces = pieces_of(typed, sentence, lesson.places) if lesson.move.pieces else ()
    return replace(lesson, instruction=sentence, move=replace(lesson.move, pieces=pieces))


def revalued(lesson: Lesson, chance: random.Random) -> Lesson:
    """The lesson with other texts to copy: what is typed, and the same words wherever else they stand.

    What stands once in the task is replaced: names of files by such names, numbers that are not on the
    screen by numbers, other texts by texts. Addresses stay, and what is not copied. The few recorded values
    would be learnt by heart.
    """
    task, places, past = lesson.instruction, lesson.places, lesson.past
    typed = text_of(lesson.move.pieces, task, places)
    if lesson.kind == SUMS and typed:
        task, typed = _another_sum(task, typed, chance)
    said = lesson.instruction
    copied = [said[piece.start : piece.end] for piece in lesson.move.pieces if _is_copy(piece)]
    for old in dict.fromkeys(copied):
        new = _other(old, chance)
        if task.count(old) != 1 or not new or (_NUMBER.fullmatch(old) and _stands(old, places)):
            continue
        task, typed = task.replace(old, new), typed.replace(old, new)
        places = tuple(replace(place, text=place.text.replace(old, new)) for place in places)
        past = tuple(replace(done, text=done.text.replace(old, new)) for done in past)
    if task == lesson.instruction:
        return lesson
    move = replace(lesson.move, pieces=pieces_of(typed, task, places))
    return replace(lesson, instruction=task, places=places, past=past, move=move)


def relabelled(lesson: Lesson, chance: random.Random) -> Lesson:
    """The lesson with another text on one of the places that the task names, and in the task.

    What is pointed at because the task names it is found by its name, whatever that is: the few names that
    were recorded would be learnt by heart.
    """
    task, places = lesson.instruction, lesson.places
    named = sorted(
        {
            place.text
            for number, place in enumerate(places)
            if (place.actionable or number == lesson.move.place)
            and len(place.text) <= LONGEST_LABEL
            and _WORDS.fullmatch(place.text)
            and task.count(place.text) == 1
            and stands_in(task, place.text) > 0
        }
    )
    if not named:
        return lesson
    old = chance.choice(named)
    new = " ".join(_worded(word, chance) for word in old.split(" "))
    if _stands(new, places) or new in task:
        return lesson
    typed = text_of(lesson.move.pieces, task, places).replace(old, new)
    task = task.replace(old, new)
    places = tuple(replace(place, text=place.text.replace(old, new)) for place in places)
    past = tuple(replace(done, text=done.text.replace(old, new)) for done in lesson.past)
    move = replace(lesson.move, pieces=pieces_of(typed, task, places))
    return replace(lesson, instruction=task, places=places, past=past, move=move)


def _worded(old: str, chance: random.Random) -> str:
    """Another word, in capitals where the old one was; what is no word stays."""
    if not old.isalpha():
        return old
    new = words.word(chance)
    return new.upper() if old.isupper() and len(old) > 1 else new.capitalize() if old[0].isupper() else new


def renamed(lesson: Lesson, chance: random.Random) -> Lesson:
    """The lesson in a program of another name, which the titles say.

    What can be done is to be seen from the screen, not from a name: else every program that is not known is
    taken for the wrong one.
    """
    name = words.word(chance).capitalize() if chance.random() < 0.8 else ""
    spoken = {piece.source for piece in lesson.move.pieces}
    places = tuple(
        replace(place, text=_retitled(place.text, name))
        if place.role in ("titlebar", "window") and place.text and number not in spoken
        else place
        for number, place in enumerate(lesson.places)
    )
    return replace(lesson, places=places)


def _retitled(title: str, name: str) -> str:
    if PROGRAMS.search(title):
        title = PROGRAMS.sub(lambda _: name, title)
        return title if name else title.strip(" -")
    return f"{title} - {name}" if name and " " not in title else title


def _another_sum(task: str, typed: str, chance: random.Random) -> tuple[str, str]:
    """A sum with another sign, in words and as it is typed."""
    old = next((word for word in SIGNS if f" {word} " in task and typed.count(SIGNS[word]) == 1), None)
    if old is None:
        return task, typed
    new = chance.choice(list(SIGNS))
    return task.replace(f" {old} ", f" {new} ", 1), typed.replace(SIGNS[old], SIGNS[new])


def _other(old: str, chance: random.Random) -> str:
    """Another text of the same kind; empty where there is none."""
    if _NUMBER.fullmatch(old):
        return str(chance.randint(10 ** (len(old) - 1), 10 ** min(len(old) + 1, 6)))
    if _FILE.fullmatch(old):
        return words.file_name(chance)
    return words.sentence(chance) if _WORDS.fullmatch(old) else ""


def _stands(text: str, places: Sequence[ScreenPlace]) -> bool:
    return any(text in place.text for place in places)


def _is_copy(piece: Piece) -> bool:
    return piece.source < 0 and not piece.written


def parameters_of(kind: str, sentence: str) -> dict[str, str] | None:
    """What a sentence of a family says, by parameter; None where it is none of its open wordings."""
    for pattern in _patterns(kind):
        found = pattern.fullmatch(sentence)
        if found is not None:
            return found.groupdict()
    return None


@cache
def templates(kind: str) -> tuple[str, ...]:
    """The sentences of a family that training may see; none for what is no family that it may see."""
    family = next((one for one in families() if one.name == kind and one.trained), None)
    if family is None:
        return ()
    texts = [one.replace("{q}", "'{text}'") for one in wordings.OWN.get(kind, ())]
    return (*family.wordings, *texts, *PHRASINGS.get(kind, ()))


def names_in(template: str) -> set[str]:
    """The parameters that a template has places for."""
    return set(_NAME.findall(template))


def said(template: str, parameters: Mapping[str, str], chance: random.Random, *, frame: bool = True) -> str:
    """A template filled in as somebody would write it: other quotes, polite or not, a capital or not.

    Args:
        frame: whether English words of politeness may be put around it.
    """
    filled = _QUOTED.sub(lambda hit: wordings.quoted(chance, parameters[hit[1] or hit[2]]), template)
    filled = _NAME.sub(lambda hit: parameters.get(hit[1], hit[0]), filled)
    return wordings.framed(chance, filled) if frame and template[0].islower() else filled


@cache
def _patterns(kind: str) -> tuple[re.Pattern[str], ...]:
    """Those with the most words of their own first: "Rename the file {old}" before "Rename {old}"."""
    family = next((one for one in families() if one.name == kind), None)
    open_ones = sorted(family.wordings if family is not None else (), key=lambda t: -len(_NAME.sub("", t)))
    return tuple(_pattern(template) for template in open_ones)


def _pattern(template: str) -> re.Pattern[str]:
    """A template as what finds its parameters in a sentence."""
    parts: list[str] = []
    at, known = 0, set[str]()
    for hit in _NAME.finditer(template):
        parts.append(re.escape(template[at : hit.start()]))
        parts.append(f"(?P={hit[1]})" if hit[1] in known else f"(?P<{hit[1]}>.+?)")
        known.add(hit[1])
        at = hit.end()
    return re.compile("".join([*parts, re.escape(template[at:])]), re.DOTALL)
