"""Task files of strangers: read where they are tasks, refused in one line where they are not."""

from __future__ import annotations

import inspect
import json
import uuid
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from typer.testing import CliRunner

from deskhand.benchmarks.suites.osworld.suite import OsworldSuite, edition_rows, lacking_rows
from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.doing import look, scored, set_up
from deskhand.benchmarks.task_files.filling import filled
from deskhand.benchmarks.task_files.names import GETTERS, METRICS, STEPS
from deskhand.benchmarks.task_files.place import home_path
from deskhand.benchmarks.task_files.task import FIRST, LARGEST_FILE, VERIFIED, WINDOWS, ConfigStep, parse_task
from deskhand.cli import evaluate
from deskhand.cli.options import EvalOptions
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost, UsageError
from tests.benchmarks.osworld.places import Folder, ended, place

ID = "bb5e4c0d-f964-439c-97b6-bdb9747de3f4"


def said(text: str) -> dict[str, Any]:
    return {"type": "vm_command_line", "command": ["echo", text]}


def rule(expected: Any) -> dict[str, Any]:
    return {"type": "rule", "rules": {"expected": expected}}


def content(**changes: Any) -> dict[str, Any]:
    evaluator = {"func": "exact_match", "result": said("hello"), "expected": rule("echo hello\n")}
    return {
        **{"id": ID, "snapshot": "os", "instruction": "Say hello", "source": "https://example.org"},
        **{"config": [], "trajectory": "trajectories/", "related_apps": ["os"], "evaluator": evaluator},
        **{"proxy": False, "possibility_of_env_change": "low"},
        **changes,
    }


def write(folder: Path, name: str = "task", **changes: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content(**changes)))
    return path


def judged(tmp_path: Path, **evaluator: Any) -> float:
    task = parse_task(content(evaluator=evaluator), "a task")
    return scored(task.evaluator, place(tmp_path)).reward


def test_a_task_is_read_and_fields_that_nobody_knows_are_left_alone(tmp_path: Path) -> None:
    suite = OsworldSuite(write(tmp_path))
    assert suite.tasks() == (ID,)
    assert suite.category(ID) == "os"
    assert suite.version(ID) == OsworldSuite(tmp_path).version(ID)


def test_a_version_changes_with_the_task_and_with_what_came_with_it(tmp_path: Path) -> None:
    write(tmp_path)
    before = OsworldSuite(tmp_path).version(ID)
    write(tmp_path, instruction="Say goodbye")
    after = OsworldSuite(tmp_path).version(ID)
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "gold.txt").write_text("x")
    assert len({before, after, OsworldSuite(tmp_path).version(ID)}) == 3


def test_all_that_a_file_lacks_is_named_at_once_by_kind(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        config=[{"type": "googledrive", "parameters": {}}, {"type": "login", "parameters": {}}],
        evaluator={
            "func": ["is_added_to_steam_cart", "exact_match", "compare_table"],
            "result": [
                {"type": "pdf_from_url"},
                {"type": "googledrive_file"},
                {"type": "vm_file", "path": "a"},
            ],
            "expected": [rule(1), rule(2), rule(3)],
            "options": [{}, {}, {"rules": [{"type": "sparkline"}, {"type": "sheet_name"}]}],
            "postconfig": [{"type": "proxy"}],
        },
    )
    with pytest.raises(UsageError) as refused:
        OsworldSuite(path)
    for name in ("googledrive, login, proxy", "pdf_from_url, googledrive_file", "is_added_to_steam_cart"):
        assert name in str(refused.value)
    assert "compare_table with sparkline" in str(refused.value)
    assert "exact_match" not in str(refused.value)


def test_in_a_folder_the_others_are_run_and_what_those_lack_is_kept(tmp_path: Path) -> None:
    (tmp_path / "os").mkdir()
    write(tmp_path / "os", "good")
    write(tmp_path / "os", "other", id="other", config=[{"type": "login", "parameters": {}}])
    write(tmp_path / "os", "wrong", id="wrong", config=[{"type": "sleep", "parameters": {}}])
    (tmp_path / "test_all.json").write_text('{"os": ["good", "other"]}')
    suite = OsworldSuite(tmp_path)
    assert suite.tasks() == (ID,)
    rows = {row["task"]: row for row in lacking_rows(suite)}
    assert rows["other"]["step types"] == "login"
    assert "seconds" in rows["os/wrong.json"]["faults"]
    with pytest.raises(UsageError, match="lacks step types login"):
        suite.refuse(["other"])
    with pytest.raises(UsageError, match=r"wrong cannot be run: .*seconds"):
        suite.refuse(["wrong"])
    with pytest.raises(UsageError, match=ID):
        suite.version("nothing")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1]", "a JSON object"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"id": "a"}', "instruction"),
        (json.dumps(content(evaluator={"func": []})), "evaluator"),
        (json.dumps(content(evaluator={"func": "exact_match", "conj": "xor"})), "conj"),
        (json.dumps(content(evaluator={"func": ["a"], "result": [{}, {}]})), "1 metrics, but 2"),
        (json.dumps(content(id="../../escape")), "cannot name a folder"),
        (json.dumps(content(config=[{"type": "execute", "parameters": {"command": []}}])), "list of words"),
        (json.dumps(content(config=[{"type": "execute", "parameters": {"command": [1]}}])), "are texts"),
        (
            json.dumps(
                content(evaluator={"func": "exact_match", "result": {"type": "vm_file", "path": "/etc/a"}})
            ),
            "home",
        ),
        (json.dumps(content(config=[{"type": "open", "parameters": {"path": "/home/user/../a"}}])), "home"),
        (json.dumps(content(config=[{"type": "sleep", "parameters": {"seconds": 1e9}}])), "seconds"),
    ],
)
def test_what_is_no_task_is_refused_and_it_is_said_why(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "task.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=why):
        OsworldSuite(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_bytes(b" " * (LARGEST_FILE + 1))
    with pytest.raises(UsageError, match="larger"):
        OsworldSuite(path)


def test_a_rule_that_makes_no_sense_is_the_fault_of_the_file_and_not_of_the_agent(tmp_path: Path) -> None:
    evaluator = {
        "func": "check_list",
        "result": said("a"),
        "expected": {"type": "rule", "rules": {"expect": 5}},
    }
    suite = OsworldSuite(write(tmp_path, evaluator=evaluator))
    with pytest.raises(EnvironmentProblem, match="has an error"):
        suite.score(ID, place(tmp_path).sandbox, 0, ended())


def test_no_files_and_the_same_id_twice_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        OsworldSuite(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"no \.json"):
        OsworldSuite(tmp_path)
    write(tmp_path, "a")
    write(tmp_path, "b")
    assert "two tasks have the id" in str(OsworldSuite(tmp_path).lacking["b.json"])


def test_the_edition_of_each_file_is_named_and_windows_tasks_are_not_run(tmp_path: Path) -> None:
    write(tmp_path, "new", id="new")
    only_later = ("proxy", "possibility_of_env_change")
    old = {name: value for name, value in content().items() if name not in only_later}
    (tmp_path / "old.json").write_text(json.dumps(old))
    download = {"files": [{"url": "https://files.example/a.docx", "path": "C:\\Users\\User\\a.docx"}]}
    write(tmp_path, "word", id="word", config=[{"type": "download", "parameters": download}])
    suite = OsworldSuite(tmp_path)
    assert suite.tasks() == ("new", ID)
    assert edition_rows(suite) == [{"edition": one, "tasks": 1} for one in (VERIFIED, FIRST, WINDOWS)]
    assert suite.lacking["word.json"].faults == (f"a task of {WINDOWS}, and sandboxes run Linux",)
    with pytest.raises(UsageError, match=WINDOWS):
        OsworldSuite(tmp_path / "word.json")


def test_a_second_file_with_the_same_id_does_not_take_the_first_ones_place(tmp_path: Path) -> None:
    for folder in ("chrome", "os"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, ID)
    suite = OsworldSuite(tmp_path)
    assert suite.tasks() == (ID,)
    suite.refuse([ID])
    assert suite.version(ID)
    assert list(suite.lacking) == [f"os/{ID}.json"]
    write(tmp_path / "chrome", ID, config=[{"type": "login", "parameters": {}}])
    suite = OsworldSuite(tmp_path)
    suite.refuse([ID])
    assert suite.tasks() == (ID,)
    assert list(suite.lacking) == [ID]


def test_what_else_lies_in_a_folder_of_tasks_does_not_keep_them_from_being_run(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "settings.json").write_text("// comments\n{}")
    (tmp_path / "a" / "list.json").write_text('["a"]')
    (tmp_path / "a" / "deep.json").write_text("[" * 100_000)
    (tmp_path / "a" / "large.json").write_bytes(b" " * (LARGEST_FILE + 1))
    (tmp_path / "a" / "bytes.json").write_bytes(b"\xff\xfe")
    (tmp_path / "a" / "nowhere.json").symlink_to(tmp_path / "nothing")
    suite = OsworldSuite(tmp_path)
    assert suite.tasks() == (ID,)
    assert not suite.lacking


def test_a_file_that_was_meant_to_be_a_task_is_told_of(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "broken.json").write_text(json.dumps(content(id="broken"))[:-1])
    assert "not JSON" in str(OsworldSuite(tmp_path).lacking["broken.json"])


def test_folders_with_the_files_of_a_task_are_not_searched_for_tasks(tmp_path: Path) -> None:
    write(tmp_path)
    for name in ("task", ID, "more"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "inner", id=f"inside-{name}")
    (tmp_path / "more.json").write_text('["a list, and no task"]')
    suite = OsworldSuite(tmp_path)
    assert set(suite.tasks()) == {ID, "inside-more"}
    assert not suite.lacking


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/home/user/Desktop/a.txt", "Desktop/a.txt"),
        ("~/a.txt", "a.txt"),
        ("/home/agent/a.txt", "a.txt"),
        ("Desktop/../a.txt", "a.txt"),
        ("/home/user", "."),
    ],
)
def test_paths_of_osworld_are_paths_in_the_home_of_the_sandbox(path: str, inside: str) -> None:
    assert home_path(path, "/home/agent") == inside


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../a", "/home/user/../root/a", "", "a\0b", "/home/username/a", "x" * 2000]
)
def test_paths_that_lead_out_of_there_are_refused(path: str, tmp_path: Path) -> None:
    there = place(tmp_path)
    for step in (
        ConfigStep(type="deskhand_file", parameters={"path": path, "text": "x"}),
        ConfigStep(type="download", parameters={"files": [{"url": "https://example.org/a", "path": path}]}),
    ):
        with pytest.raises(UsageError):
            lookup.do(there, step)
    with pytest.raises(UsageError):
        lookup.get(there, {"type": "vm_file", "path": path, "dest": "a"})
    assert not list((tmp_path / "home").rglob("*"))


def test_copies_of_files_stay_in_their_folder(tmp_path: Path) -> None:
    there = place(tmp_path)
    there.sandbox.write_file("a", b"x")
    copied = lookup.get(there, {"type": "vm_file", "path": "a", "dest": "../../../b.txt"})
    assert copied.is_relative_to(tmp_path / "scratch")
    for name in ("..", "a/..", "x" * 300, "a\nb"):
        with pytest.raises(UsageError):
            lookup.get(there, {"type": "vm_file", "path": "a", "dest": name})


def test_files_are_taken_from_beside_the_task_and_never_from_the_network(tmp_path: Path) -> None:
    url = "https://example.org/files/letter.txt"
    path = write(
        tmp_path,
        config=[
            {"type": "download", "parameters": {"files": [{"url": url, "path": "/home/user/letter.txt"}]}},
            {
                "type": "upload_file",
                "parameters": {"files": [{"local_path": "cache/a/b.txt", "path": "b.txt"}]},
            },
        ],
        evaluator={
            "func": "compare_text_file",
            "result": {"type": "vm_file", "path": "letter.txt", "dest": "letter.txt"},
            "expected": {"type": "cloud_file", "path": "https://example.org/gold", "dest": "gold.txt"},
        },
    )
    with pytest.raises(UsageError, match=r"files /home/user/letter\.txt, cache/a/b\.txt, gold\.txt"):
        OsworldSuite(path)
    folder = tmp_path / ID
    folder.mkdir()
    (folder / f"{uuid.uuid5(uuid.NAMESPACE_URL, url)}_letter.txt").write_text("Dear all")
    (folder / "gold.txt").write_text("Dear all")
    (folder / "b.txt").write_text("b")
    suite = OsworldSuite(path)
    there = place(tmp_path)
    suite.prepare(ID, there.sandbox, 0)
    assert there.sandbox.read_file("letter.txt") == b"Dear all"
    assert there.sandbox.read_file("b.txt") == b"b"
    assert suite.score(ID, there.sandbox, 0, ended()).success


def test_a_link_out_of_the_folder_beside_a_task_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "beside"
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    (folder / "gold.txt").symlink_to(tmp_path / "secret")
    for kind, path in (("local_file", "gold.txt"), ("cache_file", "../secret"), ("cache_file", "gold.txt")):
        with pytest.raises(UsageError):
            lookup.get(place(tmp_path, folder), {"type": kind, "path": path})


def test_with_and_all_metrics_count_and_with_or_one_is_enough(tmp_path: Path) -> None:
    good, bad = rule("echo a\n"), rule("b")
    both: dict[str, Any] = {"func": ["exact_match"] * 2, "result": [said("a")] * 2}
    assert judged(tmp_path, **both, expected=[good, good]) == 1
    assert judged(tmp_path, **both, expected=[good, bad], conj="and") == 0
    assert judged(tmp_path, **both, expected=[bad, good], conj="or") == 1
    assert judged(tmp_path, **both, expected=[bad, bad], conj="or") == 0


def test_with_and_the_reward_is_the_mean_where_texts_are_alike_in_part(tmp_path: Path) -> None:
    half = {"func": ["exact_match", "fuzzy_match"], "result": [said("a"), said("a")]}
    assert judged(tmp_path, **half, expected=[rule("echo a\n"), rule("echo ")]) == pytest.approx(
        (1 + 2 * 5 / 12) / 2
    )


def test_a_file_that_is_not_there_is_not_done_and_it_is_said_which(tmp_path: Path) -> None:
    task = parse_task(
        content(evaluator={"func": "exact_match", "result": {"type": "vm_file", "path": "a.txt"}}), "a task"
    )
    score = look(task, place(tmp_path), ended())
    assert (score.reward, score.reason) == (0, "there is no file a.txt")


def test_a_check_whose_program_is_not_installed_is_no_failure_of_the_agents(tmp_path: Path) -> None:
    there = place(tmp_path)
    task = parse_task(content(), "a task")
    assert look(task, there, ended()).success
    there.sandbox.lacks = "echo"  # type: ignore[attr-defined]
    with pytest.raises(EnvironmentProblem, match="no program 'echo'"):
        look(task, there, ended())


def test_a_step_before_the_check_that_the_agents_work_is_in_the_way_of_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Closed(Folder):
        error: Exception

        def ask_osworld(self, path: str, wanted: Any = None) -> bytes:
            raise self.error

    there = place(tmp_path)
    closed = there.sandbox = Closed(tmp_path / "home")  # type: ignore[assignment]
    close = {"type": "close_window", "parameters": {"window_name": "Editor"}}
    task = parse_task(content(evaluator={**content()["evaluator"], "postconfig": [close]}), "a task")
    closed.error = SandboxError("Window Editor not found")  # type: ignore[attr-defined]
    assert look(task, there, ended()).success
    assert "close_window" in caplog.text
    for error in (SandboxLost("gone"), EnvironmentProblem("not spoken here")):
        closed.error = error  # type: ignore[attr-defined]
        with pytest.raises(type(error)):
            look(task, there, ended())


def test_what_breaks_a_metric_is_not_what_was_wanted_and_ends_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(result: Any, expected: Any, options: Any) -> Any:
        raise RecursionError("too\ndeep")

    monkeypatch.setattr(lookup, "metric", lambda name: breaks)
    evaluator = {"func": "exact_match", "result": said("a"), "expected": rule("a")}
    task, there = parse_task(content(evaluator=evaluator), "a task"), place(tmp_path)
    for _ in range(3):
        score = scored(task.evaluator, there)
        assert score.reward == 0
        assert "exact_match cannot read what is there (RecursionError: 'too\\ndeep')" in score.reason
    assert len(caplog.records) == 1


def test_a_document_that_its_library_stumbles_over_late_is_not_done(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("a").paragraph_format.line_spacing = 2.0
    document.save(str(tmp_path / "gold.docx"))
    document.paragraphs[0]._p.pPr.find(qn("w:spacing")).set(qn("w:line"), "wide")
    there = place(tmp_path, tmp_path)
    document.save(str(tmp_path / "home" / "a.docx"))
    evaluator = {
        "func": "compare_line_spacing",
        "result": {"type": "vm_file", "path": "a.docx", "dest": "a.docx"},
        "expected": {"type": "local_file", "path": "gold.docx"},
    }
    task = parse_task(content(evaluator=evaluator), "a task")
    score = scored(task.evaluator, there)
    assert score.reward == 0
    assert "compare_line_spacing cannot read" in score.reason


def test_a_task_that_cannot_be_done_has_to_be_declared_so(tmp_path: Path) -> None:
    task = parse_task(content(evaluator={"func": "infeasible"}), "a task")
    assert look(task, place(tmp_path), ended("infeasible")).success
    for status in ("finished", "limit", "stuck"):
        score = look(task, place(tmp_path), ended(status))
        assert not score.success
        assert status in score.reason


def test_a_task_that_can_be_done_is_not_done_by_saying_that_it_cannot(tmp_path: Path) -> None:
    task = parse_task(content(), "a task")
    assert look(task, place(tmp_path), ended()).success
    assert not look(task, place(tmp_path), ended("infeasible")).success


def test_a_shell_gets_a_line_only_where_the_file_says_so_and_only_in_the_sandbox(tmp_path: Path) -> None:
    there = place(tmp_path)
    for parameters in (
        {"command": "python /home/user/a.py; ls /home/user /home/users"},
        {"command": "ls; ls", "shell": True},
        {"command": ["ls", "; rm"], "shell": "false"},
    ):
        lookup.do(there, ConfigStep(type="execute", parameters=parameters))
    assert [line for line in there.sandbox.ran if line[0] != "printenv"] == [  # type: ignore[attr-defined]
        ["python3", "/home/agent/a.py;", "ls", "/home/agent", "/home/users"],
        ["sh", "-c", "ls; ls"],
        ["ls", "; rm"],
    ]


def test_what_a_step_wrote_is_found_under_its_name(tmp_path: Path) -> None:
    there = place(tmp_path)
    lookup.do(there, ConfigStep(type="command", parameters={"command": ["echo", "a"], "stdout": "kept.txt"}))
    assert lookup.get(there, {"type": "cache_file", "path": "kept.txt"}).read_text() == "echo a\n"
    assert lookup.get(there, {"type": "vm_command_error", "command": "x"}) == "complaint"


def test_the_last_program_is_left_for_the_run_to_start(tmp_path: Path) -> None:
    launch = {"type": "launch", "parameters": {"command": ["mousepad", "/home/user/a.txt"]}}
    prepared = set_up(parse_task(content(config=[launch]), "a task"), place(tmp_path), 3)
    assert (prepared.launch, prepared.arguments, prepared.seed) == ("mousepad", ("/home/agent/a.txt",), 3)
    assert prepared.instruction == "Say hello"


def test_only_known_names_are_filled_in_and_only_once() -> None:
    given = {"a": ["{name} {other} {name.x} {0} {}", 5, None], "{name}": {"b": "{name}"}}
    assert filled(given, {"name": "{other}", "other": "no"}) == {
        "a": ["{other} no {name.x} {0} {}", 5, None],
        "{name}": {"b": "{other}"},
    }


def test_every_name_stands_for_a_function_of_ours() -> None:
    for kind, table in lookup.TABLES.items():
        for name in table:
            assert callable(lookup.load(kind, name)), name
    assert not set(STEPS) & set(METRICS) & set(GETTERS)


def test_the_command_takes_all_options_that_other_suites_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, EvalOptions]] = []

    def measured(suite: str, options: EvalOptions, tables: Any) -> int:
        asked.append((suite, options))
        return 0

    monkeypatch.setattr("deskhand.cli.evaluation.measure", measured)
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path)
    for line in (["desk"], ["osworld", path.name]):
        done = CliRunner().invoke(evaluate.app, [*line, "--engine", "ray", "--workers", "3"])
        assert done.exit_code == 0, done.output
    assert [(options.engine, options.workers) for _, options in asked] == [("ray", 3)] * 2
    assert asked[1][0] == f"osworld:{path}"
    parameters = (set(inspect.signature(command).parameters) for command in (evaluate.harm, evaluate.osworld))
    assert next(parameters) | {"place"} == next(parameters)
