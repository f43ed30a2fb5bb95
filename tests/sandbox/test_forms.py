"""Forms are read as they were sent, byte for byte, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.sandbox.guest.forms import fields

KIND = 'multipart/form-data; boundary="line"'


def multipart(parts: dict[str, bytes]) -> bytes:
    made = b"".join(
        b'--line\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n"
        for name, value in parts.items()
    )
    return made + b"--line--\r\n"


@given(st.dictionaries(st.sampled_from(["a", "file_path", "b c"]), st.binary(max_size=200)))
def test_any_bytes_come_through(parts: dict[str, bytes]) -> None:
    if any(b"\r\n--line" in b"\r\n" + value for value in parts.values()):
        return  # whoever sends that has chosen a bad boundary
    assert fields(multipart(parts), KIND) == parts


def test_a_url_encoded_form() -> None:
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    assert fields(b"path=%7E%2Fa+b.txt&empty=&odd=%FF", kind) == {
        "path": b"~/a b.txt",
        "empty": b"",
        "odd": b"\xff",
    }


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=b", "application/json"),
        (b"a=b", ""),
        (b"", "multipart/form-data"),
        (b"", KIND),
        (b"no boundary at all", KIND),
        (b'--line\r\nContent-Disposition: form-data; name="a"\r\n\r\nbroken off', KIND),
        (b"--line\r\nContent-Disposition: form-data\r\n\r\nx\r\n--line--\r\n", KIND),
        (b"--line\r\n\r\nx\r\n--line--\r\n", KIND),
        (b'--line\r\nContent-Disposition: form-data; name="a"\r\nno end of the head\r\n--line--\r\n', KIND),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(ValueError, match="form"):
        fields(body, kind)
