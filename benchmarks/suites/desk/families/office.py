"""What LibreOffice is started with, so that it begins with a document and not with advice."""

from __future__ import annotations

from deskhand.benchmarks.moves import MakeFile, Parameters
from deskhand.sandbox.guest.programs import office_profile


def _profile(p: Parameters) -> bytes:
    return office_profile().encode()


FILES: dict[str, MakeFile] = {"office-profile": _profile}
