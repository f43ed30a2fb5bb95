"""What an application is called, and what it is started with so that its first screen is its work.

In a sandbox everything is new each time. Programs would greet, advise and ask at every start, and swallow
the first keys; those that bring a sandbox of their own would find no room for it. So files of settings are
laid where there are none, and flags are added. Where a launch says so, and on the desktop of a person,
nothing is prepared.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,100}")
ENTRY_FOLDERS = ("/usr/local/share/applications", "/usr/share/applications")
SYSTEM_FOLDERS = ("/usr/", "/opt/", "/bin/", "/snap/")

_CHROMIUM = re.compile(r"(?:chromium|google-chrome|chrome|brave|microsoft-edge|vivaldi|opera)(?:[-.]\w+)*")
_BROWSER_FLAGS = (
    "--no-sandbox", "--test-type", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-sync", "--disable-component-update", "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication",
    "--password-store=basic",
)  # fmt: skip
_OFFICE = re.compile(
    r"(?:soffice|libreoffice\d*(?:\.\d+)?|lo(?:calc|writer|impress|draw|math|base|web|ffice))"
)
_COMMON = "/org.openoffice.Office.Common"
_WRITER = "/org.openoffice.Office.Writer"
_NEVER = "4000000000"
"""Seconds since 1970 at which something was shown last: it is not shown again soon."""

OFFICE_SETTINGS = (
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
    (f"{_COMMON}/AutoCorrect", "ReplaceDoubleQuote", "false"),
    (f"{_COMMON}/AutoCorrect", "ReplaceSingleQuote", "false"),
    (f"{_WRITER}/AutoFunction/Completion", "Enable", "false"),
    # Its marks move a while after a document is there.
    (f"{_WRITER}/Layout/Window", "HorizontalRuler", "false"),
    ("/org.openoffice.Office.Calc/Input", "AutoInput", "false"),
    ("/org.openoffice.Office.Linguistic/SpellChecking", "IsSpellAuto", "false"),
)
"""Place, name and value of what differs from LibreOffice's own settings."""


_FIREFOX = re.compile(r"firefox(?:-esr)?")
_FIREFOX_PREFERENCES = (
    ("browser.aboutwelcome.enabled", "false"),
    ("browser.preonboarding.enabled", "false"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.startup.homepage_override.mstone", '"ignore"'),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("startup.homepage_welcome_url", '"about:blank"'),
    ("toolkit.telemetry.reportingpolicy.firstRun", "false"),
    ("trailhead.firstrun.didSeeAboutWelcome", "true"),
)
_FIREFOX_PROFILE = ".mozilla/firefox/desk"
_THUNDERBIRD = re.compile("thunderbird")
_THUNDERBIRD_PREFERENCES = (
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("mail.provider.suppress_dialog_on_startup", "true"),
    ("mail.rights.override", "true"),
    ("mailnews.start_page.enabled", "false"),
)
_THUNDERBIRD_PROFILE = ".thunderbird/desk"


def _preferences(chosen: tuple[tuple[str, str], ...]) -> str:
    """Mozilla's file of preferences with these names and values."""
    return "".join(f'user_pref("{name}", {value});\n' for name, value in chosen)


_CLAWS = re.compile("claws-mail")
_GNUCASH = re.compile("gnucash")
_PIDGIN = re.compile("pidgin")
_ZIM = re.compile("zim")
_ZIM_NOTEBOOK = "Notebooks/Notes"
"""The notebook that its own question proposes."""

FIRST_START = (
    (_FIREFOX, f"{_FIREFOX_PROFILE}/user.js", _preferences(_FIREFOX_PREFERENCES)),
    (_THUNDERBIRD, f"{_THUNDERBIRD_PROFILE}/user.js", _preferences(_THUNDERBIRD_PREFERENCES)),
    (
        re.compile("vlc|qvlc"),
        ".config/vlc/vlcrc",
        "[qt]\nqt-privacy-ask=0\n[core]\nmetadata-network-access=0\n",
    ),
    (re.compile("hexchat"), ".config/hexchat/hexchat.conf", "gui_slist_skip = 1\n"),
    (
        _ZIM,
        ".config/zim/notebooks.list",
        f"[NotebookList]\nDefault=~/{_ZIM_NOTEBOOK}\n1=~/{_ZIM_NOTEBOOK}\n",
    ),
    (_ZIM, f"{_ZIM_NOTEBOOK}/notebook.zim", "[Notebook]\nname=Notes\n"),
    # Without an account there is no main window: one without an address or a server (5: it receives nothing).
    (_CLAWS, ".claws-mail/accountrc", "[Account: 1]\naccount_name=agent\nprotocol=5\n"),
    (
        _CLAWS,
        ".claws-mail/folderlist.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<folderlist>\n  <folder type="mh" name="Mailbox" path="Mail" />\n</folderlist>\n',
    ),
    # Without an account it asks for one at every start: one that needs no server, and stays offline.
    (
        _PIDGIN,
        ".purple/accounts.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n<account version="1.0">\n  <account>\n'
        "    <protocol>prpl-bonjour</protocol>\n    <name>agent</name>\n"
        '    <settings ui="gtk-gaim">\n      <setting name="auto-login" type="bool">1</setting>\n'
        "    </settings>\n  </account>\n</account>\n",
    ),
    (
        _GNUCASH,
        ".config/glib-2.0/settings/keyfile",
        "[org/gnucash/GnuCash/dialogs/tip-of-the-day]\nshow-at-startup=false\n\n"
        "[org/gnucash/GnuCash/dialogs/new-user]\nfirst-startup=false\n\n"
        "[org/gnucash/GnuCash/general]\nshow-splash-screen=false\n",
    ),
)
"""Programs -> a file of settings, and what is in it: no welcome, and no question before the work."""


def office_profile() -> str:
    """LibreOffice's file of settings that differ from its own."""
    lines = [
        f'<item oor:path="{place}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for place, name, value in OFFICE_SETTINGS
    ]
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    )
    return "\n".join([head, *lines, "</oor:items>\n"])


def command_of(name: str) -> list[str] | None:
    """The command of a program on the search path, of an application's path, or of a menu entry, or None."""
    if PROGRAM.fullmatch(name) and shutil.which(name):
        return _own_entry(name) or [name]
    if os.path.isabs(name):
        path, program = os.path.realpath(name), os.path.basename(name)
        there = path.startswith(SYSTEM_FOLDERS) and os.path.isfile(path) and os.access(path, os.X_OK)
        return [name] if there and is_application(program) else None
    return entry_command(name)


def _own_entry(program: str) -> list[str] | None:
    """How the menu starts a program, where just one entry does: in a terminal, or with flags of its own."""
    found = [words_of(entry) for _, entry in entries() if _words(entry)[0] == program]
    return found[0] if len(found) == 1 else None


def entry_command(name: str) -> list[str] | None:
    """The command of a menu entry, by its name, its file's name, or its program; None if there is none."""
    wanted = name.strip().casefold().removesuffix(".desktop")
    if not wanted:
        return None
    found = list(entries())
    by_name = (entry for path, entry in found if wanted in (entry["name"].casefold(), path.stem.casefold()))
    by_program = (entry for _, entry in found if os.path.basename(_words(entry)[0]).casefold() == wanted)
    by_last = (entry for path, entry in found if path.stem.casefold().rpartition(".")[2] == wanted)
    for entry in (*by_name, *by_program, *by_last):
        return words_of(entry)
    return None


def is_application(name: str) -> bool:
    """Whether a name means an application of this machine's menu: an entry, or a program of its family."""
    if entry_command(name) is not None:
        return True
    families = [family for family in (_CHROMIUM, _OFFICE) if family.fullmatch(name) and shutil.which(name)]
    starts = [os.path.basename(_words(entry)[0]) for _, entry in entries()] if families else []
    return any(family.fullmatch(program) for family in families for program in starts)


def entries() -> Iterator[tuple[Path, dict[str, str]]]:
    """The entries of the desktop's menu with their files: name, exec, terminal, kinds."""
    for folder in ENTRY_FOLDERS:
        for path in sorted(Path(folder).glob("*.desktop")):
            entry = _read_entry(path)
            if entry is not None:
                yield path, entry


def words_of(entry: dict[str, str], file: Path | None = None) -> list[str]:
    """An entry's command; its codes for a file stand for ``file``, all others are left out."""
    words = []
    for word in _words(entry):
        if not re.fullmatch(r"%[a-zA-Z]", word):
            words.append(word)
        elif file is not None and word in ("%f", "%F", "%u", "%U"):
            words.append(str(file))
    return ["xterm", "-e", *words] if entry["terminal"] == "true" else words


def prepared(command: list[str]) -> tuple[list[str], str]:
    """The command with what its program needs in a sandbox; settings are laid where there are none.

    Returns:
        the command, and in words what was put in place; empty where nothing was.
    """
    program = os.path.basename(command[0])
    flags: tuple[str, ...] = ()
    laid = [_lay(path, content) for pattern, path, content in FIRST_START if pattern.fullmatch(program)]
    if _CHROMIUM.fullmatch(program):
        flags = _BROWSER_FLAGS
    elif _FIREFOX.fullmatch(program):
        # Without the flag it would make a profile of its own.
        flags = ("--profile", str(Path.home() / _FIREFOX_PROFILE))
    elif _THUNDERBIRD.fullmatch(program):
        flags = ("--profile", str(Path.home() / _THUNDERBIRD_PROFILE))
    elif _PIDGIN.fullmatch(program):
        flags = ("--nologin",)
    elif _OFFICE.fullmatch(program):
        laid = [_lay(".config/libreoffice/4/user/registrymodifications.xcu", office_profile())]
        flags = ("--norestore",)
    elif _brings_a_sandbox(command[0]):
        flags = ("--no-sandbox",)
    added = [flag for flag in flags if flag not in command]
    places = [f"~/{path}" for path in laid if path]
    done = [f"settings for the first start in {' and '.join(places)}"] if places else []
    done += [f"started with {' '.join(added)}"] if added else []
    return [command[0], *added, *command[1:]], f"{program}: {', '.join(done)}" if done else ""


def _lay(path: str, content: str) -> str:
    """Lay a file of settings into the home folder where there is none; its path if that was done."""
    place = Path.home() / path
    if place.exists():
        return ""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content, encoding="utf-8")
    return path


def _brings_a_sandbox(program: str) -> bool:
    """Whether a program is made with Chromium: its helper for a sandbox of its own lies beside it."""
    found = shutil.which(program)
    return found is not None and (Path(found).resolve().parent / "chrome-sandbox").exists()


def _words(entry: dict[str, str]) -> list[str]:
    return shlex.split(entry["exec"]) or [""]


def _read_entry(path: Path) -> dict[str, str] | None:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
        section = parser["Desktop Entry"]
        shlex.split(section.get("Exec", ""))
    except (OSError, KeyError, ValueError, configparser.Error):
        return None
    hidden = "true" in (section.get("NoDisplay"), section.get("Hidden"))
    if hidden or "Exec" not in section or section.get("Type") != "Application":
        return None
    return {
        "name": section.get("Name", ""),
        "exec": section["Exec"],
        "terminal": section.get("Terminal", "false"),
        "kinds": section.get("MimeType", ""),
    }
