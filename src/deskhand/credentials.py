"""The keys that deskhand itself takes from the environment: which variables hold them, and what they are now.

They must never get into a sandbox, a log or a trajectory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote

OPENAI_KEY = "OPENAI_API_KEY"
GROUNDER_KEY = "DESKHAND_GROUNDER_KEY"
ANTHROPIC_KEY, GEMINI_KEY, GOOGLE_KEY = "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"
KEYS = (OPENAI_KEY, GROUNDER_KEY, ANTHROPIC_KEY, GEMINI_KEY, GOOGLE_KEY)
"""Variables that hold nothing but a key."""
SECRET = "DESKHAND_SECRET_"
"""How the variables begin that hold a workflow's secrets."""

SERVER, SANDBOX = "OPENAI_BASE_URL", "DESKHAND_SANDBOX"
GROUNDER_SERVER = "DESKHAND_GROUNDER_URL"
ANTHROPIC_SERVER, GEMINI_SERVER = "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"
ADDRESSES = (SERVER, SANDBOX, GROUNDER_SERVER, ANTHROPIC_SERVER, GEMINI_SERVER)
"""Variables that hold an address, in which a key may stand (http://USER:KEY@HOST), or several."""
_SERVED = re.compile(r"https?://[^/?#]*/([0-9a-f]{32})/?")
"""Such an address of a served sandbox, for clients that send no headers."""

SHORTEST = 6
"""Characters below which a value is a placeholder: it would be found in places where it means nothing."""


def known(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The keys that are set -> variable by variable, their values; of an address the key in it."""
    found = {name: value for name, value in environment.items() if name in KEYS or name.startswith(SECRET)}
    for name in ADDRESSES:
        for number, address in enumerate(environment.get(name, "").split(), 1):
            found[name if number == 1 else f"{name} ({number})"] = _key_in(address)
    return {name: value for name, value in sorted(found.items()) if value}


def token_in_path(address: str) -> str:
    """The token of a served sandbox that is the whole path of an address; empty if there is none."""
    found = _SERVED.fullmatch(address)
    return found[1] if found else ""


def without_token(address: str) -> str:
    """An address as it may be shown: without the user and the key, or a served sandbox's token."""
    token = token_in_path(address)
    return address.partition(f"/{token}")[0] if token else address.rpartition("@")[2]


def _key_in(address: str) -> str:
    """The part of an address that only those know who may use it; empty if there is none."""
    host = re.split(r"[/?#]", address.partition("//")[2], maxsplit=1)[0]  # urlsplit refuses some
    who, at, _ = host.rpartition("@")
    user, colon, password = who.partition(":")
    return unquote(password if colon else user) if at else token_in_path(address)
