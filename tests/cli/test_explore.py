"""``deskhand explore`` writes a map that show draws and export writes; what it must not do is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.terminal import script
from tests.conftest import deskhand


@pytest.mark.lightbox
def test_a_program_is_explored_and_its_map_shown_written_and_found(tmp_path: Path) -> None:
    own = {"DESKHAND_MAPS": str(tmp_path / "maps")}
    done = deskhand("explore", "--launch", "galculator", "--steps", "2", "--json", env=own)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    folder = Path(found["map"])
    assert folder == tmp_path / "maps" / "galculator" and found["tried"] >= 1 and found["commands"] > 5
    page = deskhand("show", str(folder), "--out", str(tmp_path / "map.html"), "--no-open")
    assert page.returncode == 0 and "galculator" in (tmp_path / "map.html").read_text()
    manual = tmp_path / "manual.md"
    assert deskhand("export", str(folder), "--to", "markdown", "--out", str(manual)).returncode == 0
    assert manual.read_text().startswith("# galculator")
    again = deskhand("export", str(folder), "--to", "markdown", "--out", str(manual))
    assert again.returncode == 2 and "exists" in again.stderr
    other = deskhand("export", str(folder), "--to", "json", "--out", str(tmp_path / "x.json"))
    assert other.returncode == 2 and "--to markdown" in other.stderr
    run = deskhand(
        "run", "x", "--policy", script(tmp_path, "Action: finished()"), "--map", str(folder), env=own
    )
    assert run.returncode == 2 and "reads no map" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sandbox", "host"), "a sandbox that can be broken"),
        (("--sandbox", "http://127.0.0.1:9"), "a sandbox that can be broken"),
        (("--open", "/no/such/file"), "no such file"),
    ],
)
def test_what_it_must_not_or_cannot_do_is_refused(arguments: tuple[str, ...], words: str) -> None:
    done = deskhand("explore", "--launch", "galculator", *arguments)
    assert done.returncode == 2 and words in done.stderr
