"""What cannot be read safely is an environment error: neither the agent's failure nor its success."""

from __future__ import annotations

import io
import random
import sqlite3
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from deskhand.benchmarks.task_files import limited, lookup, needs
from deskhand.benchmarks.task_files.browser import profile, program
from deskhand.benchmarks.task_files.doing import judge, one
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Check
from deskhand.errors import EnvironmentProblem, UsageError
from tests.benchmarks.osworld.papers import letter, paper
from tests.benchmarks.osworld.places import place


@pytest.fixture
def there(tmp_path: Path) -> Place:
    (tmp_path / "beside").mkdir()
    return place(tmp_path, tmp_path / "beside")


def check(func: str, name: str, gold: str, **options: Any) -> Check:
    result = {"type": "vm_file", "path": f"/home/user/{name}", "dest": name}
    expected = {"type": "cloud_file", "path": f"https://example.org/{gold}", "dest": gold}
    return Check(func, result, expected, options)


def home(there: Place, name: str) -> Path:
    return Path(there.sandbox.root) / name  # type: ignore[attr-defined]


def test_a_metric_says_the_same_in_a_process_of_its_own(tmp_path: Path) -> None:
    one, other = paper(tmp_path / "a.pdf", [["Total 5"]]), paper(tmp_path / "b.pdf", [["Total 6"]])
    assert limited.judged("compare_pdfs", one, one, {}).success
    found = limited.judged("compare_pdfs", one, other, {})
    assert 0 < found.reward < 1
    assert found.reason
    assert limited.judged("compare_pdfs", [one, one], [one, one], {}).success
    rule = {"relation": "eq", "ref_value": 1}
    assert limited.judged("check_pdf_pages", one, rule, {}).success
    with pytest.raises(UsageError, match="relation"):
        limited.judged("check_pdf_pages", one, {"relation": "is", "ref_value": 1}, {})
    (tmp_path / "c.pdf").write_text("no paper")
    with pytest.raises(NothingThere, match="not a PDF"):
        limited.judged("check_pdf_pages", tmp_path / "c.pdf", rule, {})


def test_a_question_that_has_no_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "SECONDS", 1)
    path = tmp_path / "a.sqlite"
    sqlite3.connect(path).close()
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(EnvironmentProblem, match="run_sqlite3"):
        judge("run_sqlite3", path, {"sql": endless}, {})


@pytest.mark.parametrize(
    "question",
    ["DELETE FROM m", "ATTACH '/etc/passwd' AS x", "SELECT load_extension('x')", "PRAGMA journal_mode=WAL"],
)
def test_a_question_only_reads(tmp_path: Path, question: str) -> None:
    path = tmp_path / "a.sqlite"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE m (a)")
    database.execute("INSERT INTO m VALUES (1)")
    database.commit()
    database.close()
    before = path.read_bytes()
    with pytest.raises((UsageError, NothingThere)):
        judge("run_sqlite3", path, {"sql": question}, {})
    assert path.read_bytes() == before
    assert judge("run_sqlite3", path, {"sql": "SELECT COUNT(*) FROM m"}, {}).success


def test_a_bomb_is_not_unpacked(there: Place, tmp_path: Path) -> None:
    bomb = zipfile.ZipFile(home(there, "a.zip"), "w", zipfile.ZIP_DEFLATED)
    with bomb, bomb.open("a.txt", "w") as big:
        for _ in range(201):
            big.write(bytes(1 << 20))
    with zipfile.ZipFile(tmp_path / "beside" / "gold.zip", "w") as archive:
        archive.writestr("a.txt", b"text")
    for func in ("compare_zip_files", "compare_archive", "compare_epub"):
        with pytest.raises(EnvironmentProblem, match="200 MiB unpacked"):
            one(check(func, "a.zip", "gold.zip"), there)


def test_a_broken_file_that_is_expected_is_no_failure_of_the_agent(there: Place, tmp_path: Path) -> None:
    gold = tmp_path / "beside" / "gold.docx"
    letter(home(there, "a.docx"), ["hello"])
    letter(gold, ["hello"])
    assert one(check("compare_docx_files", "a.docx", "gold.docx"), there).success
    gold.write_bytes(gold.read_bytes()[:100])
    for func in ("compare_docx_files", "check_italic_font_size_14", "compare_references"):
        with pytest.raises(EnvironmentProblem, match=r"gold\.docx, which came with the task"):
            one(check(func, "a.docx", "gold.docx"), there)
    paper(home(there, "a.pdf"), [["hello"]])
    (tmp_path / "beside" / "gold.pdf").write_bytes(b"%PDF-1.4\n")
    with pytest.raises(EnvironmentProblem, match=r"gold\.pdf, which came with the task"):
        one(check("compare_pdfs", "a.pdf", "gold.pdf"), there)


def test_a_broken_file_of_the_agent_is_not_done(there: Place, tmp_path: Path) -> None:
    letter(tmp_path / "beside" / "gold.docx", ["hello"])
    home(there, "a.docx").write_bytes(b"PK")
    found = one(check("compare_docx_files", "a.docx", "gold.docx"), there)
    assert found.reward == 0
    assert "document" in found.reason
    paper(tmp_path / "beside" / "gold.pdf", [["hello"]])
    home(there, "a.pdf").write_bytes(b"import os")
    assert one(check("compare_pdfs", "a.pdf", "gold.pdf"), there).reward == 0


def test_a_history_that_has_no_end_is_given_up(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "READ_SECONDS", 0.1)
    path = home(there, f"{program.PROFILES}/Default/History")
    path.parent.mkdir(parents=True)
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, x, x FROM n WHERE x < 0"
    )
    database = sqlite3.connect(path)
    database.execute(f"CREATE VIEW urls (url, title, last_visit_time) AS {endless}")
    database.close()
    with pytest.raises(NothingThere, match="History cannot be read"):
        lookup.get(there, {"type": "history", "dest": "what?mode=rwc#.sqlite"})


def test_an_archive_that_breaks_off_anywhere_is_not_done(there: Place, tmp_path: Path) -> None:
    text = "".join(f"{random.Random(n).random()}\n" for n in range(20_000)).encode()

    def packed(path: Path) -> bytes:
        with tarfile.open(path, "w:xz") as archive:
            for name in ("a.txt", "b.txt"):
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))
        return path.read_bytes()

    data = packed(tmp_path / "beside" / "gold.tar.xz")
    half = len(data) // 2
    home(there, "a.tar.xz").write_bytes(data[:half] + bytes(100) + data[half + 100 :])
    assert one(check("compare_archive", "a.tar.xz", "gold.tar.xz"), there).reward == 0
    home(there, "a.tar.xz").write_bytes(data)
    assert one(check("compare_archive", "a.tar.xz", "gold.tar.xz"), there).success


def test_a_reward_that_is_no_number_is_none(there: Place) -> None:
    sqlite3.connect(home(there, "a.sqlite")).close()
    asked = Check(
        "run_sqlite3",
        {"type": "vm_file", "path": "/home/user/a.sqlite", "dest": "a.sqlite"},
        {"type": "rule", "rules": {"sql": "SELECT 'nan'"}},
        {},
    )
    found = one(asked, there)
    assert (found.reward, found.success) == (0.0, False) and "no reward" in found.reason


def test_a_getter_that_breaks_on_what_is_there_found_nothing(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "MOST_ROWS", "many")
    path = home(there, f"{program.PROFILES}/Default/History")
    path.parent.mkdir(parents=True)
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE urls (url, title, last_visit_time)")
    database.close()
    asked = Check(
        "check_history_deleted",
        {"type": "history", "dest": "h"},
        {"type": "rule", "rules": {"type": "keywords", "keywords": ["x"]}},
        {},
    )
    assert "history cannot read what is there" in one(asked, there).reason


def test_a_long_command_is_looked_through_at_once() -> None:
    assert needs._OFFICE.findall("soffice --norestore --writer") == ["writer"]
    assert needs._OFFICE.findall(f"soffice{' x' * 400} --writer") == []
