"""Packages come from the machine's own mirrors of Debian, and from nobody else's archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.sandbox.image.mirrors import sources

KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"
MAIN = "http://mirror.example/debian"
DEB822 = f"""\
# the machine's own
Types: deb deb-src
URIs: {MAIN}
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: {KEY}

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: {KEY}
"""
ONE_LINE = f"""\
deb {MAIN} bookworm main contrib non-free-firmware  # a comment
deb-src {MAIN} bookworm main
# deb http://off.example/debian bookworm main
deb [arch=amd64 signed-by={KEY}] http://security.example/debian-security bookworm-security main
"""
STRANGERS = f"""\
deb [signed-by=/etc/apt/keyrings/vendor.gpg] http://vendor.example/debian bookworm main
deb http://vendor.example/apt bookworm main
deb {MAIN} sid main
deb {MAIN} bookworm contrib
deb cdrom:[Debian]/ bookworm main
deb http://flat.example/debian ./
"""


class Host:
    """The files of a machine that say where its packages come from."""

    def __init__(self, folder: Path) -> None:
        self.apt = folder / "apt"
        (self.apt / "sources.list.d").mkdir(parents=True)
        self.release = folder / "os-release"
        self.release.write_text('NAME="Debian"\nID=debian\nVERSION_CODENAME=bookworm\n')

    def sources(self, suite: str = "bookworm") -> list[str]:
        return sources(suite, self.apt, self.release)

    def write(self, name: str, text: str) -> None:
        (self.apt / name).write_text(text)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_deb822_file_gives_the_release_its_updates_and_security(host: Host) -> None:
    host.write("sources.list.d/debian.sources", DEB822)
    assert host.sources() == [
        f"deb [signed-by={KEY}] {MAIN} bookworm main",
        f"deb [signed-by={KEY}] {MAIN} bookworm-updates main",
        f"deb [signed-by={KEY}] http://security.example/debian-security bookworm-security main",
    ]


def test_a_one_line_file_gives_them_too(host: Host) -> None:
    host.write("sources.list", ONE_LINE)
    assert host.sources() == [
        f"deb {MAIN} bookworm main",
        f"deb [signed-by={KEY}] http://security.example/debian-security bookworm-security main",
    ]


def test_another_release_comes_from_the_same_mirrors(host: Host) -> None:
    host.write("sources.list", f"deb {MAIN} stable main\n")
    assert host.sources("trixie") == [f"deb {MAIN} trixie main"]


def test_strangers_are_left_out(host: Host) -> None:
    host.write("sources.list", ONE_LINE)
    before = host.sources()
    host.write("sources.list.d/strangers.list", STRANGERS)
    host.write("sources.list.d/old.list.disabled", "deb http://old.example/debian bookworm-updates main\n")
    assert host.sources() == before


def test_what_is_switched_off_or_only_source_code_is_left_out(host: Host) -> None:
    for line in ("Enabled: no\n", "Enabled: false\n"):
        host.write(
            "sources.list.d/debian.sources", line + DEB822.partition("\n\n")[0].split("\n", 1)[1] + "\n"
        )
        assert host.sources() == []
    host.write("sources.list.d/debian.sources", DEB822.replace("Types: deb deb-src", "Types: deb-src"))
    assert host.sources() == []  # security alone is no release


def test_a_key_that_stands_in_the_file_itself_is_nobodys(host: Host) -> None:
    inline = (
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----"
    )
    host.write("sources.list.d/debian.sources", DEB822.replace(f"Signed-By: {KEY}", inline))
    assert host.sources() == []


def test_a_list_of_mirrors_on_this_machine_is_read(host: Host, tmp_path: Path) -> None:
    """As in Debian's images for clouds; the guest that is built could not read the list."""
    (tmp_path / "mirrors").write_text(f"{MAIN}\tpriority:1\nhttp://second.example/debian\n")
    host.write("sources.list", f"deb mirror+file:{tmp_path}/mirrors bookworm main\n")
    assert host.sources() == [f"deb {MAIN} bookworm main"]
    host.write("sources.list", f"deb mirror+file:{tmp_path}/missing bookworm main\n")
    assert host.sources() == []


@pytest.mark.parametrize("release", ["ID=ubuntu\nVERSION_CODENAME=bookworm\n", ""])
def test_a_machine_that_is_not_debian_names_no_mirrors(host: Host, release: str) -> None:
    host.write("sources.list", ONE_LINE)
    host.release.write_text(release)
    assert host.sources() == []


def test_a_machine_without_lists_names_none(tmp_path: Path) -> None:
    assert sources("bookworm", tmp_path / "apt", tmp_path / "os-release") == []
