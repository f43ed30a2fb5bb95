"""Reads what HTML forms send: fields by name, from url-encoded and from multipart bodies."""

from __future__ import annotations

from email.message import Message
from urllib.parse import parse_qsl

URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def fields(body: bytes, content_type: str) -> dict[str, bytes]:
    """The fields of a form; a file is a field like any other, its name on the sender's machine is dropped.

    Raises:
        ValueError: it is not a form.
    """
    header = Message()
    header["Content-Type"] = content_type
    kind = header.get_content_type()
    if kind == URL_ENCODED:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="surrogateescape")
        return {name: value.encode(errors="surrogateescape") for name, value in pairs}
    boundary = header.get_boundary()
    if kind != MULTIPART or not boundary:
        raise ValueError(f"a form is {URL_ENCODED} or {MULTIPART} with a boundary, not {content_type[:80]!r}")
    # The first boundary has no line before it; with one put there, all of them look alike.
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise ValueError("the form breaks off before its last boundary")
    return dict(_part(part) for part in parts[1:-1])


def _part(part: bytes) -> tuple[str, bytes]:
    head, found, content = part.partition(b"\r\n\r\n")
    described = Message()
    for line in head.decode(errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.lower() == "content-disposition":
            described["Content-Disposition"] = value.strip()
    field = described.get_param("name", header="content-disposition")
    if not found or not isinstance(field, str):
        raise ValueError("a part of the form has no name")
    return field, content
