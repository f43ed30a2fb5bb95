"""What is typed arrives to the letter, in any script, field and layout, or the outcome says so."""

from __future__ import annotations

import pytest

from deskhand.actions.vocabulary import Key, Type
from deskhand.benchmarks.speed.typing import TEXTS, rows, set_layout
from deskhand.sandbox.checks.common import saved
from deskhand.sandbox.lightbox import Lightbox

pytestmark = pytest.mark.lightbox


@pytest.mark.parametrize(
    ("field", "layout", "texts"),
    [
        ("gtk text", "ru", TEXTS[:5]),
        ("gtk text", "us+ru", TEXTS[7:10]),
        ("chromium editable", "us", TEXTS[2:5]),
        ("chromium refuses paste", "de", TEXTS[2:4]),
        ("calc cell", "us", TEXTS[1:3]),
    ],
)
def test_a_text_arrives_and_the_clipboard_comes_back(field: str, layout: str, texts: tuple[str, ...]) -> None:
    (row,) = rows([field], [layout], texts)
    assert (row["exact"], row["wrong and ok"], row["clipboard"]) == (len(texts), 0, len(texts)), row["note"]


def test_chords_of_a_layout_and_those_that_it_lacks_are_pressed(lightbox: Lightbox) -> None:
    lightbox.launch("mousepad")
    assert lightbox.perform(Type(text="gone")).ok
    set_layout(lightbox, "ru")
    for keys in (("ctrl", "a"), ("delete",), ("[",), ("@",)):
        assert lightbox.perform(Key(keys=keys)).ok
    set_layout(lightbox, "de")
    for keys in (("@",), ("[",), ("z",)):
        assert lightbox.perform(Key(keys=keys)).ok
    assert saved(lightbox, "keys.txt") == "[@@[z"
