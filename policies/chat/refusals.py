"""What a server says when it does not answer: the reasons, what to do, how long to wait, what to omit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_REASON_FIELDS = ("error", "message", "msg", "detail", "details", "reason", "code", "type", "errors", "param")
_LIMITS = r"(?:at most|maximum|max\b|limit|up to|more than|exceed|too many|only)\w{0,4}"
_PICTURES = r"(?:image|picture|photo)\w{0,4}"
_PICTURE_LIMIT = re.compile(
    rf"{_LIMITS}[^.\n]{{0,60}}?{_PICTURES}[^.\n]{{0,40}}|{_PICTURES}[^.\n]{{0,60}}?{_LIMITS}[^.\n]{{0,30}}",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|window|size)|too (?:long|many tokens|large)|maximum.{0,20}(?:length|tokens)"
    r"|exceeds?.{0,30}tokens",
    re.IGNORECASE,
)


def fewer_pictures(said: str, sent: int) -> int | None:
    """How many pictures to send after a refusal that names their number or the question's length.

    None if it is about something else.
    """
    limit = _PICTURE_LIMIT.search(said)
    if limit is not None:
        numbers = [int(number) for number in re.findall(r"\d{1,3}", limit[0])]
        named = [number for number in numbers if 0 < number < sent]
        return min(named) if named else max(1, sent // 2)
    return max(1, sent // 2) if _TOO_LONG.search(said) else None


def reasons_of_body(body: bytes) -> str:
    """What the body of an error says, whatever its shape."""
    text = body.decode("utf-8", "replace")
    try:
        return reasons(json.loads(text))
    except (ValueError, RecursionError):
        return re.sub(r"<[^>]{0,300}>", " ", text).strip()


def reasons(data: object) -> str:
    """The texts in an error of any shape, the names of fields that it is about included."""
    found: list[str] = []

    def walk(value: object, depth: int) -> None:
        if depth > 8 or len(found) > 20:
            return
        if isinstance(value, str) and value.strip():
            found.append(value.strip())
        elif isinstance(value, dict):
            if isinstance(value.get("loc"), list):
                found.append(".".join(str(part) for part in value["loc"][:8]))
            for name in _REASON_FIELDS:
                if name in value:
                    walk(value[name], depth + 1)
        elif isinstance(value, list):
            for item in value[:8]:
                walk(item, depth + 1)

    walk(data, 0)
    return ": ".join(dict.fromkeys(found))


def advice(status: int, key: str, url: str) -> str:
    """What a person can do about a status; ``key`` and ``url`` are the variables that hold them."""
    match status:
        case 401 | 403:
            return f"set {key} to a key that this server takes"
        case 404:
            return f"check the model's name (--model) and the address ({url}, often ending in /v1)"
        case 413:
            return "the pictures are too large for it: set a lower limit of pixels, or keep fewer screenshots"
        case 429:
            return "its limit is reached: wait, or use another key or server"
        case _ if status >= 500:
            return "see the server's own log, or try again later"
        case _:
            return "see whether this model takes pictures and a conversation of this length"


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, from Retry-After as seconds or a date; None if it asks none."""
    value = headers.get("retry-after")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
