"""What every room needs: words for people, files that are whole, locks."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from deskhand.disk import replacing, take_lock
from deskhand.text import clean, did_you_mean, first_fault, printable


def test_the_nearest_name_is_a_question_and_none_is_nothing() -> None:
    assert did_you_mean("embeded", ["openai", "embedded"]) == "did you mean 'embedded'?"
    assert did_you_mean("editor", ["editor-save", "editor-append"], 3).startswith(
        "did you mean 'editor-save' or"
    )
    assert did_you_mean("zzz", ["openai"]) == ""


def test_foreign_text_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[31m\u202eb") == "a?[31m?b"
    assert clean("a\n\x1b b", 3) == "a b"
    assert clean("abcdef", 4) == "abc…"


class _Inner(BaseModel):
    steps: int = Field(ge=1)

    @field_validator("steps")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("an even number, please")
        return value


class _Outer(BaseModel):
    limits: _Inner


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"limits": {"steps": 0}}, "limits.steps: Input should be greater than or equal to 1"),
        ({"limits": {"steps": 3}}, "limits.steps: an even number, please"),
        ("text", "Input should be a valid dictionary"),
    ],
)
def test_the_first_fault_of_data_is_told_with_its_place(data: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(data)
    assert first_fault(caught.value).startswith(said)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    file.write_text("old")
    with pytest.raises(RuntimeError), replacing(file) as part:
        part.write_text("half")
        raise RuntimeError
    assert file.read_text() == "old"
    with replacing(file) as part:
        assert part.suffix == ".npz", "some writers append their own ending"
        part.write_text("new")
    assert file.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npz"]


def test_a_lock_is_held_by_one_or_shared_by_many(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    with path.open() as one, path.open() as other:
        assert take_lock(one)
        assert not take_lock(other)
        assert not take_lock(other, shared=True)
    with path.open() as one, path.open() as other:
        assert take_lock(one, shared=True)
        assert take_lock(other, shared=True)
        assert not take_lock(other)
