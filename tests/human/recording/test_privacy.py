"""What nobody shall see is known by its looks, and found wherever it shows."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from deskhand.actions.geometry import Box, Viewport
from deskhand.human.recording.privacy import asks_for_password, password_fields, reported_password_boxes
from deskhand.perception.screen import PAINT, Element, Screenshot
from deskhand.trajectories.records import HIDDEN_TEXT
from deskhand.trajectories.redaction.secrets import Secrets, clipped, showing

BOX = Box(100, 100, 300, 130)


@pytest.mark.parametrize(
    "field",
    [
        Element("field", "", BOX, label="Password:"),
        Element("field", "", BOX, label="Enter your pass phrase"),
        Element("field", "", BOX, label="Passwort wiederholen"),
        Element("field", "••••••••", BOX),
        Element("field", "Password", BOX),
        Element("field", "●●●", BOX, label="anything"),
        Element("combo", "", BOX, label="PIN"),
    ],
)
def test_a_password_field_is_known_by_its_label_or_its_dots(field: Element) -> None:
    assert password_fields([field]) == [field]


@pytest.mark.parametrize(
    "element",
    [
        Element("field", "anna", BOX, label="User:"),
        Element("field", "the spinning wheel", BOX, label="Opinion"),
        Element("button", "Password", BOX),
        Element("field", "...", BOX),
        Element("area", "I forgot my password", BOX),
    ],
)
def test_others_are_none(element: Element) -> None:
    assert password_fields([element]) == []


def test_a_terminal_asks_for_a_password_in_its_last_line() -> None:
    assert asks_for_password([Element("area", "$ sudo ls\n[sudo] password for anna: ", BOX)])
    assert asks_for_password([Element("text", "Enter passphrase for key:", BOX)])
    assert not asks_for_password([Element("area", "[sudo] password for anna:\nnotes.txt", BOX)])


def test_a_secret_is_found_where_it_can_be_read_even_if_read_a_little_wrong() -> None:
    secrets = Secrets()
    secrets.add("Xyzzy-4711")
    for text in ("Xyzzy-4711", "it is XYZZY - 4711!", "Xyzzy-47l1", "my Xyzzv-4711 here"):
        assert secrets.in_text(text), text
    for text in ("", "Xyz", "nothing of the kind", "4711"):
        assert not secrets.in_text(text), text
    assert showing(secrets, [Element("text", "Xyzzy-4711", BOX), Element("text", "other", BOX)]) == [BOX]
    assert secrets.in_bytes(b"a Xyzzy-4711 b")
    assert secrets.in_bytes("Xyzzy-4711".encode("utf-16-le"))
    assert secrets.scrubbed("it is xyzzy-4711.") == f"it is {HIDDEN_TEXT}."


def test_one_letter_is_no_secret_to_look_for() -> None:
    secrets = Secrets()
    secrets.add("a")
    assert not secrets.in_text("a banana")
    assert secrets.scrubbed("a banana") == "a banana"


def test_programs_tell_of_password_fields_and_their_focus() -> None:
    space = "https://accessibility.ubuntu.example.org/ns/"
    xml = (
        f'<desktop-frame xmlns:st="{space}state" xmlns:cp="{space}component">'
        '<password-text st:showing="true" st:focused="true" cp:screencoord="(10, 20)" cp:size="(30, 40)"/>'
        '<password-text cp:screencoord="(10, 20)" cp:size="(30, 40)"/>'
        '<text st:showing="true" cp:screencoord="(10, 20)" cp:size="(30, 40)"/></desktop-frame>'
    )
    assert reported_password_boxes(xml, Viewport(200, 50)) == [(Box(10, 20, 40, 50), True)]
    assert reported_password_boxes(None, Viewport(200, 50)) == []


def test_nothing_is_left_of_pixels_that_are_painted_over() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    boxes = clipped([Box(-5, 10, 20, 30), Box(0, 12, 10, 20), Box(500, 500, 600, 600)], Viewport(80, 60))
    assert boxes == (Box(0, 7, 23, 33),)
    after = Screenshot(pixels.copy()).painted(boxes).pixels
    assert (after[7:33, :23] == PAINT).all()
    assert (after[33:] == pixels[33:]).all()


def test_a_secret_is_found_inside_office_documents_and_other_zips() -> None:
    def packed(content: bytes) -> bytes:
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("xl/sharedStrings.xml", content)
        return data.getvalue()

    secrets = Secrets()
    assert not secrets.in_bytes(packed(b"<t>Xyzzy-4711</t>")), "nothing is hidden yet"
    secrets.add("Xyzzy-4711")
    assert secrets.in_bytes(packed(b"<t>my Xyzzy-4711</t>"))
    assert secrets.in_bytes(packed(b"<r><t>Xyzzy</t></r><r><t>-4711</t></r>")), "in two runs of a text"
    assert not secrets.in_bytes(packed(b"<t>something else</t>"))
    assert secrets.in_bytes(packed(b"x" * 50)[:-30]), "one that cannot be looked into counts as holding one"
