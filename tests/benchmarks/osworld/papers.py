"""Small documents written by hand: PDF files with texts and pictures, letters, marked odt files."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_SPACES = " ".join(
    f'xmlns:{short}="{OPEN}:{name}:1.0"'
    for short, name in (
        ("office", "office"), ("text", "text"), ("style", "style"), ("fo", "xsl-fo-compatible"),
        ("manifest", "manifest"),
    )
)  # fmt: skip


def paper(path: Path, pages: Sequence[Sequence[str]], pictures: Sequence[Image.Image] = ()) -> Path:
    """A PDF file with lines of text on each page, and the pictures on the first."""
    objects: list[bytes] = [b"", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    names = []
    for picture in pictures:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=95)
        head = (
            f"<< /Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} "
            "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
        )
        objects.append(_stream(head, file.getvalue()))
        names.append(f"/P{len(objects)} {len(objects)} 0 R")
    kids = []
    for number, lines in enumerate(pages):
        texts = " ".join(f"({_quoted(line)}) Tj 0 -20 Td" for line in lines)
        drawn = " ".join(f"q 80 0 0 60 100 100 cm {name.split()[0]} Do Q" for name in names)
        content = f"BT /F1 12 Tf 72 720 Td {texts} ET {drawn if number == 0 else ''}"
        objects.append(_stream("<<", content.encode("latin-1")))
        own = f"/XObject << {' '.join(names)} >>" if number == 0 and names else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> {own} >> >>".encode()
        )
        kids.append(f"{len(objects)} 0 R")
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    path.write_bytes(_numbered(objects))
    return path


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _stream(head: str, data: bytes) -> bytes:
    return f"{head} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _numbered(objects: Sequence[bytes]) -> bytes:
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    root = f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + (end + root).encode()


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LETTER = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="word/document.xml" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/officeDocument"/></Relationships>'
    ),
}


def letter(path: Path, lines: Sequence[str]) -> Path:
    """A docx file with these paragraphs."""
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' if line else "<w:p/>"
        for line in lines
    )
    content = f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (*_LETTER.items(), ("word/document.xml", content)):
            archive.writestr(name, text)
    return path


def odt(path: Path, lines: Sequence[str], colour: str, draw: random.Random) -> Path:
    """An odt file, some of whose words have a background where there is a colour."""
    mark = f'fo:background-color="{colour}"' if colour else ""
    style = f'<style:style style:name="T1" style:family="text"><style:text-properties {mark}/></style:style>'
    body = "".join(f"<text:p>{_words(line, draw)}</text:p>" for line in lines)
    automatic = f"<office:automatic-styles>{style}</office:automatic-styles>"
    text = f"<office:body><office:text>{body}</office:text></office:body>"
    kind = "application/vnd.oasis.opendocument.text"
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{media}"/>'
        for name, media in (("/", kind), ("content.xml", "text/xml"), ("styles.xml", "text/xml"))
    )
    parts = {
        "mimetype": kind,
        "META-INF/manifest.xml": f"<manifest:manifest {_SPACES}>{entries}</manifest:manifest>",
        "content.xml": f"<office:document-content {_SPACES}>{automatic}{text}</office:document-content>",
        "styles.xml": f"<office:document-styles {_SPACES}/>",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _words(line: str, draw: random.Random) -> str:
    plain = escape(line)
    span = f'<text:span text:style-name="T1">{plain}</text:span>'
    return draw.choice((plain, span, span, f"{plain}<text:s/>"))
