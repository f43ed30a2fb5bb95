"""Applications by name, what each is started with, and which of them opens what."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.sandbox.guest import kinds, programs
from deskhand.sandbox.guest.kinds import kind_of, program_for
from deskhand.sandbox.guest.programs import command_of, prepared


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def menu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A menu of its own, over programs that every machine has."""
    folder = tmp_path / "applications"
    folder.mkdir()
    for module in (programs, kinds):
        monkeypatch.setattr(module, "ENTRY_FOLDERS", (str(folder),))
    return folder


def entry(menu: Path, name: str, command: str, **more: str) -> None:
    lines = {"Type": "Application", "Name": name.title(), "Exec": command} | more
    text = "".join(f"{key}={value}\n" for key, value in lines.items())
    (menu / f"{name}.desktop").write_text(f"[Desktop Entry]\n{text}")


def test_a_program_is_started_as_its_one_entry_starts_it(menu: Path) -> None:
    entry(menu, "sorting", "sort --human --", Terminal="true")
    entry(menu, "viewer", "cat --plain %f")
    entry(menu, "one", "head -1")
    entry(menu, "two", "head -2")
    assert command_of("sort") == ["xterm", "-e", "sort", "--human", "--"]
    assert command_of("cat") == command_of("Viewer") == command_of("viewer") == ["cat", "--plain"]
    assert command_of("head") == ["head"], "two entries mean two things"
    assert command_of("no such program") is None


def test_what_was_put_in_place_is_said_and_settings_are_not_written_over(home: Path) -> None:
    command, words = prepared(["/usr/bin/vlc", "film"])
    assert command == ["/usr/bin/vlc", "film"]
    assert words == "vlc: settings for the first start in ~/.config/vlc/vlcrc"
    assert "qt-privacy-ask=0" in (home / ".config/vlc/vlcrc").read_text()
    (home / ".config/vlc/vlcrc").write_text("mine")
    assert prepared(["vlc"]) == (["vlc"], "")
    assert (home / ".config/vlc/vlcrc").read_text() == "mine"
    command, words = prepared(["firefox-esr"])
    assert command[1:] == ["--profile", str(home / ".mozilla/firefox/desk")]
    assert words.startswith(
        "firefox-esr: settings for the first start in ~/.mozilla/firefox/desk/user.js, started"
    )
    assert prepared(["cat", "x"]) == (["cat", "x"], "")


@pytest.mark.parametrize(
    ("program", "started", "laid"),
    [
        ("zim", ["zim"], [".config/zim/notebooks.list", "Notebooks/Notes/notebook.zim"]),
        ("claws-mail", ["claws-mail"], [".claws-mail/accountrc", ".claws-mail/folderlist.xml"]),
        ("pidgin", ["pidgin", "--nologin"], [".purple/accounts.xml"]),
        ("gnucash", ["gnucash"], [".config/glib-2.0/settings/keyfile"]),
        ("thunderbird", ["thunderbird", "--profile", "~/.thunderbird/desk"], [".thunderbird/desk/user.js"]),
    ],
)
def test_programs_that_ask_before_the_work_find_the_answer(
    home: Path, program: str, started: list[str], laid: list[str]
) -> None:
    command, words = prepared([program, "a=b"])
    assert command == [*(word.replace("~", str(home)) for word in started), "a=b"]
    assert words.startswith(f"{program}: settings for the first start in ~/{' and ~/'.join(laid)}")
    assert sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()) == laid
    more = [word for word in command[:-1] if word != program]
    assert words.endswith(f", started with {' '.join(more)}" if more else laid[-1])
    assert prepared([program])[1] == (f"{program}: started with {' '.join(more)}" if more else "")


def test_no_account_that_is_laid_has_an_address_or_a_server(home: Path) -> None:
    for program in ("claws-mail", "pidgin", "thunderbird"):
        prepared([program])
    written = "".join(path.read_text() for path in home.rglob("*") if path.is_file())
    assert "account" in written
    assert "@" not in written
    assert "server" not in written


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", b"", "text/plain"),
        ("a.PNG", b"", "image/png"),
        ("README", b"words", "text/plain"),
        ("thing", b"\0\1", "application/octet-stream"),
        ("a.txt.gz", b"\0\1", "application/gzip"),
        ("drawing.ora", b"", "image/openraster"),
    ],
)
def test_a_files_kind_is_told_by_its_name_or_by_its_beginning(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, kind: str
) -> None:
    (home / "globs").write_text("# x\n50:application/gzip:*.gz\n50:image/openraster:*.ora\n40:wrong:*.o*\n")
    monkeypatch.setattr(kinds, "GLOBS", home / "globs")
    (home / name).write_bytes(content)
    assert kind_of(name) == kind


def test_folders_and_addresses_have_kinds_too(home: Path) -> None:
    (home / "d").mkdir()
    assert kind_of("d") == "inode/directory"
    assert kind_of("https://a.example/x.png") == "x-scheme-handler/https"
    with pytest.raises(OSError, match="nothing"):
        kind_of("nothing")


def test_the_desktops_default_comes_before_the_first_that_can(
    menu: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry(menu, "a", "cat", MimeType="text/plain;image/png;")
    entry(menu, "b", "cat", MimeType="text/plain;")
    entry(menu, "c", "cat", MimeType="text/plain;", NoDisplay="true")
    chosen = tmp_path / "mimeapps.list"
    chosen.write_text("[Default Applications]\ntext/plain=gone.desktop;c.desktop;b.desktop;\n")
    monkeypatch.setattr(kinds, "DEFAULTS", (str(chosen),))
    assert program_for("text/plain") == menu / "b.desktop"
    assert program_for("image/png") == menu / "a.desktop"
    assert program_for("video/mp4") is None
    chosen.write_text("nonsense")
    assert program_for("text/plain") == menu / "a.desktop"
