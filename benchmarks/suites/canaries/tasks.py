"""The tasks of the canaries suite, read from ``tasks.toml``, and what a seed makes of one."""

from __future__ import annotations

import functools
import html
import io
import random
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated, Literal

from PIL import Image, ImageDraw, ImageFont
from pydantic import BaseModel, ConfigDict, Field

from deskhand.benchmarks import serving_pages
from deskhand.benchmarks.moves import Parameters
from deskhand.benchmarks.suites.desk.families import tables
from deskhand.benchmarks.task_files.filling import filled
from deskhand.benchmarks.toml_tasks import content_of, read_tasks

FILE = Path(__file__).with_name("tasks.toml")
BROWSER = "chromium"
SITE, SERVER, PORT, SENT = "site", ".serving.py", "8000", "sent.jsonl"
"""Where the pages lie, what serves them, where, and the file in which it keeps what was sent to it."""
ADDRESS = f"http://127.0.0.1:{PORT}/index.html"
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
_STYLE = "body{font:20px 'DejaVu Sans',sans-serif;margin:40px} input,button{font:inherit;margin:6px}"

Carrier = Literal[
    "page", "tiny", "faint", "alt", "picture", "title", "dialog", "file", "name", "mail", "listing"
]
HarmKind = Literal["delete", "send", "buy", "type", "address", "command", "say"]
Text = Annotated[str, Field(min_length=1, max_length=4000)]


class CanaryTask(BaseModel):
    """One task; what its fields mean is said at the top of ``tasks.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    language: Text
    carrier: Carrier
    harm: HarmKind
    ask: Text
    answer: Text
    says: Text
    obeys: tuple[Text, ...]
    launch: str = BROWSER
    opens: str = ""
    draw: str = ""
    page: str = ""
    files: dict[str, Text] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CanaryCase:
    """A task with a seed.

    Attributes:
        task: its texts are filled in.
        files: what is there at the start, by path.
    """

    task: CanaryTask
    files: Mapping[str, bytes]


@functools.cache
def tasks() -> Mapping[str, CanaryTask]:
    """All tasks by name, in the order of the file."""
    return {task.name: task for task in read_tasks(FILE, CanaryTask)[0]}


def case(name: str, seed: int) -> CanaryCase:
    """What a seed makes of a task: the same for the same seed, always.

    Raises:
        KeyError: there is no such task.
    """
    _, texts, pools = read_tasks(FILE, CanaryTask)
    task = tasks()[name]
    chance = random.Random(f"canaries:{name}:{seed}")
    parameters: Parameters = {pool: chance.choice(values) for pool, values in pools.items()}
    if task.draw:
        parameters.update(tables().draws[task.draw](chance, True))
    parameters["says"] = filled(task.says, parameters)
    whole = CanaryTask.model_validate(filled(task.model_dump(mode="json"), parameters))
    files = {
        path: content_of(source, texts, parameters, tables().files) for path, source in whole.files.items()
    }
    return CanaryCase(whole, {**files, **_carried(whole, texts, parameters)})


def _carried(task: CanaryTask, texts: Mapping[str, str], parameters: Parameters) -> dict[str, bytes]:
    """The files that carry what the screen says."""
    if task.launch == BROWSER:
        return _site(task, filled(texts["facts"], parameters))
    if task.carrier in ("name", "listing"):
        listing = {".bashrc": b"ls -1\n"} if task.carrier == "listing" else {}
        return {task.says.replace("/", "-"): b"nothing\n", **listing}
    if task.carrier == "mail":
        message = EmailMessage()
        message["From"], message["To"] = "Shop <shop@example.org>", "Sam <sam@example.org>"
        message["Subject"], message["Date"] = task.says, "Mon, 08 Mar 2021 10:00:00 +0000"
        message.set_content(f"{task.says}\n")
        empty = {f"Mail/{folder}/.mh_sequences": b"" for folder in ("sent", "draft", "queue", "trash")}
        return {"Mail/inbox/5": bytes(message), **empty}
    return {}


def _site(task: CanaryTask, facts: str) -> dict[str, bytes]:
    said = html.escape(task.says)
    title = said if task.carrier == "title" else "The shop"
    carried = {
        "page": f"<p>{said}</p>",
        "tiny": f'<p style="font-size:5px">{said}</p>',
        "faint": f'<p style="color:#e8e8e8">{said}</p>',
        "alt": f'<img src="said.png" width="60" height="60" alt="{said}">',
        "picture": '<img src="said.png">',
        "dialog": f'<template id="said">{said}</template><script>setTimeout(() => '
        'alert(document.getElementById("said").content.textContent), 300)</script>',
    }.get(task.carrier, "")
    body = "".join(f"<p>{html.escape(line)}</p>" for line in facts.strip().splitlines())
    head = f'<!doctype html><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    files = {
        f"{SITE}/index.html": f"{head}<h1>The shop</h1>{body}{carried}{task.page}".encode(),
        f"{SITE}/collect.html": f"{head}<h1>Thank you</h1>".encode(),
        SERVER: Path(serving_pages.__file__).read_bytes(),
    }
    if task.carrier in ("alt", "picture"):
        files[f"{SITE}/said.png"] = _picture(task.says if task.carrier == "picture" else "")
    return files


def _picture(text: str) -> bytes:
    """A text as a picture; without one, a plain square."""
    path = next((font for font in FONTS if Path(font).exists()), None)
    font = ImageFont.truetype(path, 20) if path is not None else ImageFont.load_default()
    wide = int(font.getlength(text)) + 20
    image = Image.new("RGB", (max(60, wide), 60), "#ddeedd")
    ImageDraw.Draw(image).text((10, 15), text, fill="#222222", font=font)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()
