"""Fetches files from the web servers that a desktop reaches; ours reach only those that run inside."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

SECONDS = 300.0
"""So long may the other side say nothing."""


def fetch(url: str, place: Path) -> int:
    """Fetch a file and put it in its place when all of it is there; returns its bytes.

    Raises:
        ValueError: the address is not http or https.
        OSError: nobody answers there, the answer is no file or breaks off, or it cannot be written.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("only addresses of http and https are fetched")
    import urllib.request  # here, since it would delay the start of every desktop, and few fetch anything

    place.parent.mkdir(parents=True, exist_ok=True)
    with (
        urllib.request.urlopen(url, timeout=SECONDS) as response,
        tempfile.NamedTemporaryFile(dir=place.parent, prefix=".download-", delete=False) as part,
    ):
        try:
            shutil.copyfileobj(response, part)
            if response.length:
                raise ConnectionError(f"the answer broke off {response.length} bytes before its end")
            size = part.tell()
            os.replace(part.name, place)
        except BaseException:
            os.unlink(part.name)
            raise
    return size
