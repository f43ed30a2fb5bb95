"""Files that an application may use while it is explored: one of each common kind, made here."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

WORDS = ("apple", "river", "window", "candle", "garden", "silver", "market", "winter")


def materials() -> dict[str, bytes]:
    """Contents by path in the home folder: a text, a table, a page, a picture, a PDF."""
    text = "".join(f"{number} {word}\n" for number, word in enumerate(WORDS, 1))
    table = "name,amount\n" + "".join(f"{word},{10 * number}\n" for number, word in enumerate(WORDS, 1))
    rows = "".join(f"<li>{word}</li>" for word in WORDS)
    picture = Image.new("RGB", (320, 200), (235, 240, 250))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((40, 40, 160, 140), fill=(200, 60, 60))
    pen.ellipse((180, 50, 280, 150), fill=(60, 120, 200))
    png, pdf = io.BytesIO(), io.BytesIO()
    picture.save(png, format="PNG")
    picture.save(pdf, format="PDF")
    return {
        "words.txt": text.encode(),
        "amounts.csv": table.encode(),
        "page.html": f"<!doctype html><title>Words</title><h1>Words</h1><ul>{rows}</ul>".encode(),
        "picture.png": png.getvalue(),
        "paper.pdf": pdf.getvalue(),
    }
