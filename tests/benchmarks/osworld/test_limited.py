"""What cannot be read safely is the failure of an agent that made it, and else an environment error."""

from __future__ import annotations

import contextlib
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
from deskhand.benchmarks.task_files.doing import judge, look, one
from deskhand.benchmarks.task_files.metrics.common import LARGEST_TEXT
from deskhand.benchmarks.task_files.metrics.databases import only_read, only_rows_written
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Check, parse_task
from deskhand.errors import EnvironmentProblem, UsageError
from tests.benchmarks.osworld.papers import letter, paper
from tests.benchmarks.osworld.places import ended, place


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


def bomb(path: Path) -> None:
    packing = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    with packing, packing.open("a.txt", "w") as big:
        for _ in range(201):
            big.write(bytes(1 << 20))


def small(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", b"text")


ARCHIVES = pytest.mark.parametrize("func", ["compare_zip_files", "compare_archive", "compare_epub"])


@ARCHIVES
def test_a_bomb_of_the_agents_is_its_failure_and_not_unpacked(
    there: Place, tmp_path: Path, func: str
) -> None:
    bomb(home(there, "a.zip"))
    small(tmp_path / "beside" / "gold.zip")
    found = one(check(func, "a.zip", "gold.zip"), there)
    assert (found.reward, "200 MiB unpacked" in found.reason) == (0.0, True)
    with pytest.raises(EnvironmentProblem, match="200 MiB unpacked"):
        judge(func, home(there, "a.zip"), tmp_path / "beside" / "gold.zip", {})


@ARCHIVES
def test_a_bomb_that_is_expected_is_no_failure_of_the_agent(there: Place, tmp_path: Path, func: str) -> None:
    small(home(there, "a.zip"))
    bomb(tmp_path / "beside" / "gold.zip")
    with pytest.raises(EnvironmentProblem, match="200 MiB unpacked"):
        one(check(func, "a.zip", "gold.zip"), there)


@pytest.mark.parametrize("step", ["download", "upload_file"])
def test_what_was_too_large_from_the_beginning_is_no_failure_of_the_agent(
    there: Place, tmp_path: Path, step: str
) -> None:
    """What the agent makes of a small one is."""
    path = "/home/user/a.txt"
    file = {"path": path, "url": "https://example.org/a.txt", "local_path": "a.txt"}
    asked = parse_task(
        {
            "id": "x", "snapshot": "os", "instruction": "x", "related_apps": ["os"],
            "config": [{"type": step, "parameters": {"files": [file]}}],
            "evaluator": {
                "func": "check_include_exclude",
                "result": {"type": "vm_file", "path": path, "dest": "a.txt"},
                "expected": {"type": "rule", "rules": {"include": ["hello"]}},
            },
        },
        "x",
    )  # fmt: skip
    large = b"hello" + bytes(LARGEST_TEXT)
    given = tmp_path / "beside" / "a.txt"
    given.write_bytes(b"hello")
    home(there, "a.txt").write_bytes(b"hello")
    assert look(asked, there, ended()).success
    home(there, "a.txt").write_bytes(large)
    found = look(asked, there, ended())
    assert (found.reward, "larger than 16 MiB" in found.reason) == (0.0, True)
    given.write_bytes(large)
    with pytest.raises(EnvironmentProblem, match="larger than 16 MiB"):
        look(asked, there, ended())


def test_a_file_that_keeps_its_reader_busy_is_the_failure_of_who_made_it(
    there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited, "SECONDS", 5)
    rule = {"type": "rule", "rules": {"sql": "SELECT COUNT(*) FROM m"}}
    asked = Check("run_sqlite3", {"type": "vm_file", "path": "/home/user/a.db", "dest": "a.db"}, rule, {})
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    with contextlib.closing(sqlite3.connect(home(there, "a.db"))) as database:
        database.execute(f"CREATE VIEW m (x) AS {endless}")
    assert one(asked, there).reward == 0
    there.brought = {"a.db": home(there, "a.db")}
    with pytest.raises(EnvironmentProblem, match="run_sqlite3"):
        one(asked, there)


def test_rows_are_written_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            "CREATE TABLE m (id INTEGER PRIMARY KEY AUTOINCREMENT, a); CREATE TABLE other (a);"
            "CREATE INDEX by_a ON m (a); INSERT INTO m (a) VALUES ('old');"
        )
    with only_rows_written(path, 10) as database:
        database.execute("DELETE FROM m")
        database.execute("INSERT INTO m (a) VALUES (?)", ("new",))
    with only_read(path) as database:
        assert list(database.execute("SELECT a FROM m")) == [("new",)]
    refused = [
        "ATTACH '/etc/passwd' AS x",
        "DROP TABLE m",
        "CREATE TABLE n (a)",
        "SELECT load_extension('x')",
    ]
    refused += ["PRAGMA writable_schema=ON", "DELETE FROM sqlite_master", "DELETE FROM sqlite_sequence"]
    for question in refused:
        with pytest.raises(sqlite3.DatabaseError), only_rows_written(path, 10) as database:
            database.execute("INSERT INTO m (a) VALUES ('half')")
            database.execute(question)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(sqlite3.OperationalError), only_rows_written(path, 0.1) as database:
        database.execute(endless)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        assert list(database.execute("SELECT a FROM m")) == [("new",)], "all of it or nothing"
        database.execute("CREATE TRIGGER busy AFTER INSERT ON m BEGIN DELETE FROM other; END")
    with pytest.raises(sqlite3.DatabaseError), only_rows_written(path, 10) as database:
        database.execute("INSERT INTO m (a) VALUES ('triggered')")


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
