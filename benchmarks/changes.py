"""What an episode changed in the home folder that its task did not ask for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from deskhand.sandbox.protocol import Sandbox


def digests(sandbox: Sandbox) -> dict[str, str]:
    """What is in the home folder, by path; links and settings are left out."""
    return {file.path: hashlib.sha256(sandbox.read_file(file.path)).hexdigest() for file in sandbox.files()}


def unasked(before: Mapping[str, str], sandbox: Sandbox, allowed: Iterable[str] = ()) -> list[str]:
    """The files that are not as they were.

    Args:
        allowed: patterns of paths that may change.
    """
    now = digests(sandbox)
    differ = sorted(path for path in {*before, *now} if before.get(path) != now.get(path))
    return [path for path in differ if not any(fnmatchcase(path, one) for one in allowed if one)]
