"""A build's progress and the reason why it failed are read from what the real programs print."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskhand.sandbox.image.log import BuildLog

RECORDED = Path(__file__).with_name("mmdebstrap.log").read_text(encoding="utf-8").splitlines()
"""mmdebstrap 1.3.5 over a base system and four packages more."""

NO_NETWORK = """\
I: running apt-get update...
Ign:1 http://mirror.example/debian bookworm InRelease
Err:1 http://mirror.example/debian bookworm InRelease
  Temporary failure resolving 'mirror.example'
Reading package lists...
E: Failed to fetch http://mirror.example/debian/InRelease  Temporary failure resolving 'mirror.example'
E: Some index files failed to download. They have been ignored, or old ones used instead.
E: apt-get update --error-on=any -oAPT::Status-Fd=<$fd> -oDpkg::Use-Pty=false failed
I: main() received signal PIPE: waiting for setup...
E: mmdebstrap failed to run
"""
NO_PACKAGE = """\
I: installing remaining packages inside the chroot...
E: Unable to locate package no-such-package
E: setup failed: E: apt-get -o Dir::Bin::dpkg=env --yes install lz4 no-such-package failed
I: main() received signal PIPE: waiting for setup...
E: mmdebstrap failed to run
"""
NO_RELEASE = """\
E: The repository 'http://mirror.example/debian nosuch Release' does not have a Release file.
E: apt-get update --error-on=any -oAPT::Status-Fd=<$fd> -oDpkg::Use-Pty=false failed
E: mmdebstrap failed to run
"""
NO_ROOM = """\
dpkg: unrecoverable fatal error, aborting:
 unable to flush /var/lib/dpkg/updates/tmp.i after padding: No space left on device
E: Sub-process env returned an error code (2)
E: mmdebstrap failed to run
"""


def read(lines: list[str]) -> tuple[BuildLog, list[tuple[str, float]]]:
    build_log, seen = BuildLog(), []
    for line in lines:
        build_log.read(line)
        seen.append((build_log.doing, build_log.share))
    return build_log, seen


def test_a_whole_build_goes_from_nothing_to_all_and_never_back() -> None:
    _, seen = read(RECORDED)
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1)
    assert len(set(shares)) > 300, "every package of 122 moves it three times"


def test_the_base_system_is_a_fifth_of_the_work() -> None:
    _, seen = read(RECORDED)
    second = RECORDED.index("I: installing remaining packages inside the chroot...")
    assert seen[second][1] == pytest.approx(0.2)


def test_what_is_done_is_said_with_how_much_of_it() -> None:
    _, seen = read(RECORDED)
    said = [doing for doing, _ in seen]
    for words in (
        "fetching the lists of packages",
        "fetching packages (1 of 89)",
        "unpacking packages (89 of 89)",
        "setting up packages (33 of 33)",
    ):
        assert words in said


def test_numbers_that_make_no_sense_keep_it_between_nothing_and_all() -> None:
    few = ["0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.", *["Get:1 http://x"] * 5]
    nothing = "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded."
    _, seen = read([*few, nothing, "Unpacking x", *few, *few, nothing])
    assert all(0 <= share <= 1 for _, share in seen)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (NO_NETWORK, "resolving"),
        (NO_PACKAGE, "no-such-package"),
        (NO_RELEASE, "does not have a Release file"),
    ],
)
def test_the_reason_is_the_first_complaint_and_not_what_followed_from_it(output: str, reason: str) -> None:
    build_log, _ = read(output.splitlines())
    assert reason in build_log.reason()
    assert "failed to run" not in build_log.reason()
    assert not build_log.disk_full


def test_a_full_disk_is_recognised() -> None:
    assert read(NO_ROOM.splitlines())[0].disk_full


def test_without_a_complaint_the_last_line_is_the_reason() -> None:
    assert read(["one", "setpriv: cannot execute", ""])[0].reason() == "setpriv: cannot execute"
    assert read([])[0].reason()


def test_a_reason_is_bounded() -> None:
    assert len(read(["E: " + "x" * 10_000] * 100)[0].reason()) < 1000
