"""Words of which the texts of lessons are made: vocabulary, sentences, and names of files.

Nothing that a benchmark keeps for measuring is among them.
"""

from __future__ import annotations

import random

from deskhand.screens.variation import ADJECTIVES, NOUNS, VERBS

_KEPT_APART = frozenset((*NOUNS.unseen, *ADJECTIVES.unseen, *VERBS.unseen))

_PLAIN = """
    apple bread cloud dream eagle field grape house island jacket kettle ladder mirror needle onion pencil
    queen rabbit silver table uncle valley wagon yard zebra answer basket circle dollar energy flower guitar
    hammer insect jungle kingdom lemon monkey nature ocean people queue rain sugar tower umbrella vacation
    water year zone actor board chair desk east fruit glass horse idea job key lake month night order page
    question road ship town unit visit wall year blue careful deep easy fair great hard kind large modern
    near open plain quick rich safe tall useful warm young begin build call drive enter follow grow help
    invite join keep learn mix notice offer pay read send teach use visit walk add bring count deliver
    between under after before during until today tomorrow monday friday july april north south left right
    address account archive backup budget cable chapter column contract copy data deadline design detail
    document email error event example export figure format function group guide header history image
    index input item journal label layout level link list log manual map master member menu message model
    module network note number option outline output package password phone picture plan print profile
    program project proposal quality record reference release request result review route sample schedule
    script section server session setting sheet signal site sketch source status summary support survey
    system target task template ticket topic track update user value version video view volume weekly
""".split()

PLAIN = tuple(dict.fromkeys(w for w in (*_PLAIN, *NOUNS.seen, *ADJECTIVES.seen) if w not in _KEPT_APART))

_SYLLABLES = "ba be bo da di do fa fi ga go ka ki ko la le li lo ma mi mo na ne no pa pe ra ri ro sa se ta te to va vi za".split()  # noqa: E501
_ENDINGS = "txt txt txt md log csv json py html cfg ini doc pdf png xml".split()
_FOREIGN = (
    "안녕하세요",
    "보고서",
    "Grüße aus Köln",
    "résumé",
    "naïve café",
    "привет мир",
    "こんにちは",
    "会议记录",
    "mañana",
    "señor",
    "Übung",
    "Ελλάδα",
    "🙂",
    "done ✅",
    "10 €",
    "été",
    "smörgås",
    "한글 문서",
)


def word(chance: random.Random) -> str:
    """A word: mostly a common one, sometimes one that does not exist."""
    if chance.random() < 0.75:
        return chance.choice(PLAIN)
    return "".join(chance.choice(_SYLLABLES) for _ in range(chance.randint(2, 4)))


def sentence(chance: random.Random) -> str:
    """A text somebody could want typed, without the quotes that would be put around it."""
    draw = chance.random()
    if draw < 0.05:
        return chance.choice(_FOREIGN)
    if draw < 0.15:
        return _entry(chance)
    words = [word(chance) for _ in range(chance.choice((1, 2, 2, 3, 3, 4, 5, 6, 8)))]
    if chance.random() < 0.2:
        words.insert(chance.randrange(len(words) + 1), str(chance.randint(1, 9999)))
    if chance.random() < 0.05:
        words.append(chance.choice(_FOREIGN))
    text = " ".join(words)
    if chance.random() < 0.4:
        text = text[0].upper() + text[1:]
    if chance.random() < 0.15 and len(words) > 3:
        text = text.replace(" ", ", ", 1)
    return text + chance.choice(("", "", "", ".", "!", "?", ":"))


def _entry(chance: random.Random) -> str:
    """A line of a list: what, how many, and of whom."""
    name, other, number = word(chance), word(chance), chance.randint(1, 999)
    name = name.capitalize() if chance.random() < 0.4 else name
    return chance.choice((f"{name}: {number}", f"{name}: {other}", f"{number} {name}", f"{name} {number}"))


def plain_words(chance: random.Random) -> str:
    """One to four words without signs, as a shell takes them without quotes."""
    return " ".join(word(chance) for _ in range(chance.randint(1, 4)))


def file_name(chance: random.Random, ending: bool = True) -> str:
    """A file's name: "budget.txt", "old-plan.md", "track_12.csv"."""
    first, second = word(chance), word(chance)
    stem = chance.choice(
        (
            first,
            first,
            first,
            f"{first}-{second}",
            f"{first}_{second}",
            f"{first}{chance.randint(1, 99)}",
            f"{first}_{chance.randint(1, 999)}",
            f"{first}-{chance.randint(2001, 2031)}",
            first.capitalize(),
        )
    )
    return f"{stem}.{chance.choice(_ENDINGS)}" if ending else stem


def folder_name(chance: random.Random) -> str:
    """A folder's name, mostly without an ending."""
    return file_name(chance, ending=False)
