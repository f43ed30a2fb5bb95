"""Words and sentences that fill the screens, in several languages; they name files, too."""

from __future__ import annotations

import random

from deskhand.screens.variation import ADJECTIVES, NOUNS, VERBS, sentence

_PLAIN = (
    "account add address advanced after align all apply archive automatic back background backup bold "
    "border browse calendar cancel category center chart check clear close color column comment compare "
    "compress connect contact continue copy country create custom date default delete details device "
    "disable display document download draft duplicate edit email enable encoding error export favorite "
    "file filter find first font forward frame general group height help hidden history home icon image "
    "import index info insert item keyboard label language last layout left level line link list load "
    "local lock login mail manual map margin mark media menu merge message mode monitor mouse move name "
    "network never new next none notes number off on online only open options order other output page "
    "panel password paste path pause phone picture play port position preview previous print priority "
    "private profile project properties public quality quick random range read recent record redo refresh "
    "region remote remove rename repeat replace reply report reset resize resolution restore result right "
    "rotate row rule save scale schedule search security select send server settings share shortcut show "
    "sidebar size sort sound source speed start status stop street style subject switch tag target task "
    "template text theme time title toolbar total tracks type undo unit update upload user version video "
    "view volume web week width window word workspace year zoom"
).split()
_FOREIGN = (
    "Größe Übersicht Ändern Speichern Löschen Straße Einstellungen weiß fichier préférences élève garçon "
    "mañana señor configuración añadir información naïve smörgås blåbær łódź český ζωή Ελλάδα привет файл "
    "настройки поиск 文件 设置 会议记录 搜索 保存 設定 検索 ファイル 안녕하세요 보고서 설정 검색"
).split()
_FOREIGN_SENTENCES = (
    "Grüße aus Köln, bis später!",
    "Où est la bibliothèque ?",
    "El niño comió piñas mañana.",
    "Привет, как дела?",
    "会议记录已经保存。",
    "今日は良い天気です。",
    "보고서를 저장했습니다.",
    "Zażółć gęślą jaźń.",
)
_ENDINGS = ("txt", "md", "csv", "pdf", "png", "jpg", "odt", "zip", "mp3", "html", "py", "json", "")


def word(chance: random.Random) -> str:
    """Mostly a plain word of interfaces, at times a number, a code or one of another language."""
    kind = chance.random()
    if kind < 0.72:
        return chance.choice(_PLAIN)
    if kind < 0.85:
        return chance.choice((*NOUNS.seen, *ADJECTIVES.seen, *VERBS.seen))
    if kind < 0.93:
        return chance.choice(_FOREIGN)
    return chance.choice(
        (
            str(chance.randint(0, 9999)),
            f"{chance.randint(1, 31):02}.{chance.randint(1, 12):02}.20{chance.randint(10, 29)}",
            f"{chance.random() * 1000:.2f}",
            f"{chance.choice('ABCDEFGHKLMNPRSTXYZ')}{chance.randint(1, 99)}",
            f"{chance.randint(1, 100)}%",
            chance.choice(_PLAIN).upper(),
        )
    )


def words(chance: random.Random, most: int = 3) -> str:
    """One to ``most`` words; mostly the first letter is large."""
    text = " ".join(word(chance) for _ in range(chance.randint(1, most)))
    return text[:1].upper() + text[1:] if chance.random() < 0.7 else text


def phrase(chance: random.Random) -> str:
    """A sentence, at times of another language."""
    return chance.choice(_FOREIGN_SENTENCES) if chance.random() < 0.15 else sentence(chance, True)


def file_name(chance: random.Random) -> str:
    """A name for a file: no separators, no leading dot."""
    stem = chance.choice(("-", "_", " ", "")).join(word(chance) for _ in range(chance.randint(1, 3)))
    stem = "".join(letter for letter in stem if letter.isalnum() or letter in "-_ ") or "file"
    ending = chance.choice(_ENDINGS)
    return f"{stem.strip()[:40] or 'file'}.{ending}" if ending else stem.strip()[:40] or "file"
