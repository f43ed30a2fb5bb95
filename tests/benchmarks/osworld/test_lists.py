"""OSWorld's lists, domains, beginnings of ids and names of files; what tasks lack is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deskhand.benchmarks.suites.osworld.suite import OsworldSuite, lacking_counts
from deskhand.errors import UsageError
from tests.benchmarks.osworld.test_files import ID, write


def test_a_list_of_osworld_names_tasks_whose_files_lie_beside_it(tmp_path: Path) -> None:
    other = "aa" + ID[2:]
    (tmp_path / "examples" / "os").mkdir(parents=True)
    (tmp_path / "examples" / "vs_code").mkdir()
    write(tmp_path / "examples" / "os", ID)
    write(tmp_path / "examples" / "vs_code", other, id=other, related_apps=["vscode"])
    path = tmp_path / "test_small.json"
    path.write_text(json.dumps({"os": [ID, "gone"], "vs_code": [other], "../../etc": ["passwd"]}))
    suite = OsworldSuite(path)
    assert suite.tasks() == (ID, other)
    assert suite.subsets() == {"os": [ID], "vs_code": [other]}
    assert sorted(suite.lacking) == ["etc/passwd.json", "os/gone.json"]
    assert suite.whole_names(f"bb5e,{other}") == f"{ID},{other}"
    assert suite.whole_names("nope") == "nope" and suite.whole_names(None) is None
    path.write_text(json.dumps({"os": ["gone"]}))
    with pytest.raises(UsageError, match="none of the 1 tasks"):
        OsworldSuite(path)


def test_the_beginning_of_an_id_that_several_have_names_none(tmp_path: Path) -> None:
    write(tmp_path, "one")
    write(tmp_path, "two", id=ID[:-1] + "5")
    with pytest.raises(UsageError, match="2 tasks begin with 'bb5e4c0d'"):
        OsworldSuite(tmp_path).whole_names("bb5e4c0d")


def test_a_domain_is_the_folder_or_what_the_applications_say(tmp_path: Path) -> None:
    (tmp_path / "libreoffice_calc").mkdir()
    write(tmp_path / "libreoffice_calc", related_apps=["libreoffice calc", "os"])
    write(tmp_path, "code", id="code", related_apps=["vscode"])
    write(tmp_path, "both", id="both", related_apps=["gimp", "vlc"])
    suite = OsworldSuite(tmp_path)
    assert {name: suite.category(name) for name in suite.tasks()} == {
        ID: "libreoffice_calc",
        "code": "vs_code",
        "both": "multi_apps",
    }


def test_what_tasks_lack_is_counted(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, "a", id="a", config=[{"type": "login", "parameters": {}}])
    login: dict[str, Any] = {"type": "login", "parameters": {}}
    tabs: dict[str, Any] = {"type": "googledrive", "parameters": {}}
    write(tmp_path, "b", id="b", config=[login, tabs, login])
    assert lacking_counts(OsworldSuite(tmp_path)) == [
        {"lacking": "login", "kind": "step type", "tasks": 2, "it alone": 1},
        {"lacking": "googledrive", "kind": "step type", "tasks": 1, "it alone": 0},
    ]


def test_a_file_may_have_the_name_that_ends_its_address(tmp_path: Path) -> None:
    url = "https://example.org/files/My%20Book.xlsx?download=1"
    step = {"type": "download", "parameters": {"files": [{"url": url, "path": "/home/user/book.xlsx"}]}}
    write(tmp_path, config=[step])
    with pytest.raises(UsageError, match="lacks"):
        OsworldSuite(tmp_path)
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "My Book.xlsx").write_bytes(b"x")
    assert OsworldSuite(tmp_path).tasks() == (ID,)
