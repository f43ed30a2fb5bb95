"""Names of keys and the chords that may not be pressed."""

from __future__ import annotations

import pytest

from deskhand.actions.dialects.chords import read_chords, write_chord
from deskhand.actions.keys import ALIASES, KEYS, MODIFIERS, canonical_key, forbidden_chord


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("enter", "enter"), ("Return", "enter"), ("arrowleft", "left"), ("Page Down", "pagedown"),
        ("page_down", "pagedown"), ("PAGE-DOWN", "pagedown"), ("cmd", "win"), ("Control", "ctrl"),
        ("A", "a"), ("F12", "f12"), (" ", "space"), ("+", "+"), ("plus", "+"), ("KP_5", "num5"),
    ],
)  # fmt: skip
def test_every_usual_name_finds_its_key(name: str, key: str) -> None:
    assert canonical_key(name) == key


@pytest.mark.parametrize("name", ["", "frobnicate", "ctrlc", "f25", "aa", "é", "x" * 500])
def test_a_name_that_no_key_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is no key named"):
        canonical_key(name)


def test_aliases_lead_to_real_keys_and_keys_are_their_own_names() -> None:
    assert set(ALIASES.values()) <= KEYS
    assert all(canonical_key(key) == key for key in KEYS)
    assert MODIFIERS <= KEYS


def test_any_two_keys_are_read_back_as_they_were_written() -> None:
    for one in sorted(KEYS):
        assert read_chords(write_chord((one,))) == [(one,)]
        for two in sorted(KEYS - {one}):
            assert read_chords(write_chord((one, two))) == [(one, two)]


@pytest.mark.parametrize(
    "keys",
    [
        ("ctrl", "alt", "delete"),
        ("ctrlleft", "altright", "backspace"),
        ("shift", "ctrl", "alt", "f1"),
        ("alt", "printscreen"),
        ("shift", "esc"),
        ("ctrl", "shiftright", "esc"),
    ],
)
def test_chords_of_the_machine_are_forbidden(keys: tuple[str, ...]) -> None:
    assert "is forbidden" in (forbidden_chord(keys) or "")


@pytest.mark.parametrize(
    "keys", [("ctrl", "c"), ("alt", "f4"), ("ctrl", "shift", "t"), ("ctrl", "delete"), ("esc",)]
)
def test_chords_of_applications_are_not(keys: tuple[str, ...]) -> None:
    assert forbidden_chord(keys) is None
