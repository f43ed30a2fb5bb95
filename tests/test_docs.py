"""What documents promise to be checked is checked: commands select tests, links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, environment

COMMANDS = re.findall(r"`pytest ([^`]+)`", (REPOSITORY / "docs" / "security.md").read_text())
PAGES = sorted(
    [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").glob("*.md")]
)


@pytest.fixture(scope="module")
def collected(request: pytest.FixtureRequest) -> list[str]:
    """The names of all tests: those of this run if it is of all, else as another pytest collects them."""
    if [Path(one).resolve() for one in request.config.args] == [REPOSITORY / "tests"]:
        return [item.nodeid for item in request.session.items]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=REPOSITORY,
        env=environment({name: None for name in os.environ if name.startswith("COV")}),  # it only collects
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_there_are_promises_to_check() -> None:
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("arguments", COMMANDS)
def test_the_command_beside_a_promise_selects_tests(arguments: str, collected: list[str]) -> None:
    """Of each path that it names, and of each word of its -k."""
    paths, _, words = arguments.partition(" -k ")
    of = {
        path: [name for name in collected if name.startswith((f"{path}/", f"{path}::"))]
        for path in paths.split()
    }
    assert all(of.values()), of.keys()
    for word in words.strip('"').split(" or ") if words else []:
        assert any(word in name.lower() for names in of.values() for name in names), word


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
