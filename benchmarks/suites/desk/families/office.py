"""What LibreOffice is started with, so that it begins with a document and not with advice."""

from __future__ import annotations

from deskhand.benchmarks.moves import MakeFile, Parameters

_COMMON = "/org.openoffice.Office.Common"
_WRITER = "/org.openoffice.Office.Writer"
_NEVER = "4000000000"
"""Seconds since 1970 at which something was shown last: it is not shown again soon."""

SETTINGS = (
    (f"{_COMMON}/Misc", "ShowTipOfTheDay", "false"),
    (f"{_COMMON}/Misc", "FirstRun", "false"),
    ("/org.openoffice.Setup/Office", "ooSetupInstCompleted", "true"),
    ("/org.openoffice.Setup/Product", "ooSetupLastVersion", "7.4"),
    ("/org.openoffice.Setup/Product", "LastTimeGetInvolvedShown", _NEVER),
    ("/org.openoffice.Setup/Product", "LastTimeDonateShown", _NEVER),
    # A file is saved in the format that it has, and what is typed stays as it is.
    (f"{_COMMON}/Save/Document", "WarnAlienFormat", "false"),
    (f"{_COMMON}/AutoCorrect", "CapitalAtStartSentence", "false"),
    (f"{_COMMON}/AutoCorrect", "TwoCapitalsAtStart", "false"),
    (f"{_COMMON}/AutoCorrect", "UseReplacementTable", "false"),
    (f"{_WRITER}/AutoFunction/Completion", "Enable", "false"),
    # Its marks move a while after a document is there.
    (f"{_WRITER}/Layout/Window", "HorizontalRuler", "false"),
    ("/org.openoffice.Office.Calc/Input", "AutoInput", "false"),
    ("/org.openoffice.Office.Linguistic/SpellChecking", "IsSpellAuto", "false"),
)
"""Place, name and value of what differs from LibreOffice's own settings."""


def _profile(p: Parameters) -> bytes:
    lines = [
        f'<item oor:path="{place}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for place, name, value in SETTINGS
    ]
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    )
    return "\n".join([head, *lines, "</oor:items>\n"]).encode()


FILES: dict[str, MakeFile] = {"office-profile": _profile}
