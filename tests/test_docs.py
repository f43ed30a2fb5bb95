"""What documents promise to be checked is checked: commands select tests, links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, environment

COMMANDS = re.findall(r"`pytest ([^`]+)`", (REPOSITORY / "docs" / "security.md").read_text())
PAGES = sorted(
    [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").glob("*.md")]
)

# One interpreter for all commands: most of the time goes into loading what the tests import.
COLLECTING = """
import contextlib, io, json, sys
import pytest
for arguments in json.load(sys.stdin):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = int(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *arguments]))
    print(json.dumps([status, said.getvalue()[-500:]]), flush=True)
"""


@pytest.fixture(scope="module")
def collected() -> dict[str, tuple[int, str]]:
    """Each command -> pytest's status when it only collects, and the end of what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECTING],
        input=json.dumps([shlex.split(command) for command in COMMANDS]),
        cwd=REPOSITORY,
        env=environment({name: None for name in os.environ if name.startswith("COV")}),  # it only collects
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(COMMANDS, (tuple(json.loads(line)) for line in done.stdout.splitlines()), strict=True))


def test_there_are_promises_to_check() -> None:
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("arguments", COMMANDS)
def test_the_command_beside_a_promise_selects_tests(
    arguments: str, collected: dict[str, tuple[int, str]]
) -> None:
    status, said = collected[arguments]
    assert status == 0, said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_to_what_is_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        place, _, heading = link.partition("#")
        if "://" in place:
            continue
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        if heading and target.suffix == ".md":
            titles = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
            known = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert heading in known, link


def test_the_readme_is_one_page() -> None:
    assert len((REPOSITORY / "README.md").read_text().split()) <= 700
    assert (REPOSITORY / "docs" / "run.gif").stat().st_size < 2 << 20
