"""OSWorld tasks in a real sandbox: what their steps do there, what getters find, and a run of the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from deskhand.benchmarks.task_files import lookup
from deskhand.benchmarks.task_files.doing import look, one
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Check, ConfigStep, parse_task
from deskhand.errors import EnvironmentProblem
from deskhand.sandbox.lightbox import Lightbox
from tests.benchmarks.osworld.places import ended
from tests.conftest import deskhand

pytestmark = pytest.mark.lightbox

NOTE = "/home/user/Desktop/note.txt"
TYPE = "import pyautogui as p; p.hotkey('ctrl', 'end'); p.write('world'); p.hotkey('ctrl', 's')"


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Lightbox() as box:
        place = Place(box, tmp_path_factory.mktemp("scratch"))
        place.enable_accessibility()
        yield place


def do(place: Place, kind: str, **parameters: Any) -> None:
    lookup.do(place, ConfigStep(type=kind, parameters=parameters))


def titles(place: Place) -> list[str]:
    return [str(window["title"]) for window in place.sandbox.windows()]


def test_a_program_is_started_worked_with_and_closed_as_osworld_does(there: Place) -> None:
    do(there, "deskhand_file", path=NOTE, text="hello ")
    do(there, "launch", command=["mousepad", NOTE])
    do(there, "deskhand_wait", window="note.txt")
    do(there, "launch", command="xterm -T shell")
    do(there, "activate_window", window_name="note.txt")
    assert [window["active"] for window in there.sandbox.windows() if "note" in window["title"]] == [True]
    do(there, "execute", command=["python", "-c", TYPE])
    do(there, "sleep", seconds=3600)  # not an hour: until the screen has settled
    assert (
        lookup.get(there, {"type": "vm_file", "path": NOTE, "dest": "note.txt"}).read_text() == "hello world"
    )
    rule = [{"xpath": "//application[@name='mousepad']"}]
    tree = lookup.get(there, {"type": "accessibility_tree"})
    assert lookup.metric("check_accessibility_tree")(tree, rule, {}).success
    do(there, "close_window", window_name="SHELL")
    do(there, "close_window", window_name="Mousepad")
    assert titles(there) == []


def test_a_file_is_opened_with_the_application_for_its_kind(there: Place) -> None:
    do(there, "deskhand_file", path="open-me.txt", text="x")
    do(there, "open", path="/home/user/open-me.txt")
    assert any("open-me" in title for title in titles(there))
    do(there, "close_window", window_name="open-me")


def test_what_getters_find(there: Place) -> None:
    do(there, "execute", command="echo $HOME > /home/user/where.txt; mkdir -p deep/er", shell=True)
    assert (
        lookup.get(there, {"type": "vm_command_line", "command": "cat /home/user/where.txt"})
        == "/home/user\n"
    )
    assert "No such" in lookup.get(there, {"type": "vm_command_error", "command": ["ls", "/nowhere"]})
    folder = lookup.get(there, {"type": "list_directory", "path": "/home/user/deep"})
    assert [child["name"] for child in folder["children"]] == ["er"]
    assert lookup.get(there, {"type": "vm_screen_size"}) == {"width": 1280, "height": 800}
    for nothing in (
        {"type": "list_directory", "path": "nowhere"},
        {"type": "vm_file", "path": "nowhere", "dest": "a"},
        {"type": "vm_command_line", "command": ["./made-by-nobody"]},
        {"type": "vm_terminal_output"},
    ):
        with pytest.raises(NothingThere):
            lookup.get(there, nothing)


def test_a_program_that_the_sandbox_lacks_is_no_fault_of_the_agents(there: Place) -> None:
    for kind in ("vm_command_line", "vm_command_error"):
        with pytest.raises(EnvironmentProblem, match="has no program 'no-such-program'"):
            lookup.get(there, {"type": kind, "command": ["no-such-program"]})


def test_a_window_that_the_agent_has_closed_does_not_keep_the_check_from_looking(there: Place) -> None:
    do(there, "deskhand_file", path="kept.txt", text="hello")
    step = {"type": "close_window", "parameters": {"window_name": "nobody's window"}}
    evaluator = {
        "postconfig": [step, {"type": "execute", "parameters": {"command": ["touch", "tidied"]}}],
        "func": ["deskhand_text", "deskhand_text"],
        "result": [{"type": "vm_file", "path": path, "dest": "a"} for path in ("kept.txt", "tidied")],
        "expected": [{"type": "rule", "rules": {"text": text}} for text in ("hello", "")],
    }
    score = look(parse_task(task("x", "", evaluator=evaluator), "x"), there, ended())
    assert score.success, score.reason


def test_a_command_is_repeated_until_it_says_what_is_waited_for(there: Place) -> None:
    do(there, "execute", command=["sh", "-c", "echo x >> count; cat count"], until={"stdout": "x\nx\nx"})
    assert there.sandbox.read_file("count") == b"x\nx\nx\n"


def test_a_line_for_a_shell_is_started_and_not_waited_for(there: Place) -> None:
    do(there, "launch", command="echo begun > begun; sleep 600", shell=True)
    do(there, "execute", command=["cat", "begun"], until={"stdout": "begun"})


def test_what_cannot_be_done_is_the_sandboxes_error(there: Place) -> None:
    for kind, parameters in (
        ("launch", {"command": ["no-such-program"]}),
        ("execute", {"command": ["no-such-program"]}),
        ("close_window", {"window_name": "nobody"}),
        ("open", {"path": "nowhere.txt"}),
    ):
        with pytest.raises(EnvironmentProblem):
            do(there, kind, **parameters)


def task(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "snapshot": "os",
        "instruction": "Make a folder named plans in the terminal",
        "config": [{"type": "launch", "parameters": {"command": ["xterm"]}}],
        "related_apps": ["terminal"],
        "evaluator": {
            "func": "check_include_exclude",
            "result": {"type": "vm_command_line", "command": ["ls", path]},
            "expected": {"type": "rule", "rules": {"include": ["plans"], "exclude": ["cannot access"]}},
        },
        **more,
    }


@pytest.mark.slow(reason="its parts are tested one by one")
@pytest.mark.suite
def test_a_folder_of_tasks_is_run_by_the_command(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    replies = ["type(content='mkdir plans\\n')", "wait()", "finished(content='')"]
    lines = [f"Thought: I go on.\nAction: {reply}" for reply in replies]
    script.write_text(json.dumps({"dialect": "ui-tars-1.0", "replies": lines}))
    folder = tmp_path / "examples" / "os"
    folder.mkdir(parents=True)
    infeasible = {"evaluator": {"func": "infeasible"}}
    for made in (
        task("made", "/home/user"),
        task("elsewhere", "/tmp"),
        task("impossible", "", **infeasible),
        task("online", "", config=[{"type": "login", "parameters": {}}]),
    ):
        (folder / f"{made['id']}.json").write_text(json.dumps(made))
    line = ("eval", "osworld", str(folder.parent), "--policy", f"scripted:{script}", "--json")
    done = deskhand(*line, "--out", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    successes = {row["task"]: row["done"] for row in rows if "task" in row and "done" in row}
    assert successes == {"made": 1, "elsewhere": 0, "impossible": 0}
    assert [row["step types"] for row in rows if row.get("task") == "online"] == ["login"]
    refused = deskhand("eval", "osworld", str(folder / "online.json"))
    assert refused.returncode == 2
    assert "login" in refused.stderr


SNAKE = "class Snake:\n    def length(self):\n        return {}\n"
FORGED = '{"reward": 1.0, "secret": ""}'
FORGERIES = {
    "prints": f"import os, sys; print('{FORGED}', flush=True); os._exit(0)",
    "prints and goes on": f"import atexit; print('{FORGED}'); atexit.register(print, '{FORGED}')",
    "writes wherever it can": (
        f"import os\nfor one in range(100):\n    try:\n        os.write(one, b'\\n{FORGED}')\n"
        "    except OSError:\n        pass\nos._exit(0)"
    ),
    "replaces what writes": (
        f"import json, os\njson.dumps = lambda *a, **k: '{FORGED}'\n"
        "json.JSONEncoder.encode = lambda *a: json.dumps()\nos.write = os._exit = lambda *a: None"
    ),
    "replaces what reckons": "import builtins\nbuiltins.float = builtins.bool = lambda *a: 1.0",
    "rewrites the tests": "open('test_suite.py', 'w').write('def test(): return True')",
    "says that something is lacking": "raise ModuleNotFoundError(name='snake_parts')",
    "says that something is lacking which is there": "raise ModuleNotFoundError(name='json')",
}
SNAKE_TESTS = "from snake import Snake\n\ndef test():\n    return Snake().length() == 3\n"


def test_a_program_is_tested_where_it_lies(there: Place, tmp_path: Path) -> None:
    (tmp_path / "test.py").write_text(SNAKE_TESTS)
    (tmp_path / "scratch").mkdir()
    box, place = there.sandbox, Place(there.sandbox, tmp_path / "scratch", tmp_path)
    result = {"type": "vm_file", "path": ["/home/user/snake/snake.py"], "dest": ["snake.py"], "multi": True}
    expected = {"type": "cloud_file", "path": "https://example.org/test.py", "dest": "test_suite.py"}
    check = Check("check_python_file_by_test_suite", result, expected, {})
    for body, reward in (("2", 0), ("3", 1), ("1 / 0", 0), ("exit(7)", 0)):
        box.write_file("snake/snake.py", SNAKE.format(body).encode())
        assert one(check, place).reward == reward, body
    box.write_file("snake/snake.py", b"import no_such_package\n")
    assert one(check, place).reward == 0, "what the agent's program imports is its own affair"
    place.brought = {"snake/snake.py": tmp_path / "given.py"}
    for file in ("given.py", "test.py"):
        (tmp_path / "given.py").write_text("")
        (tmp_path / file).write_text("import no_such_package\n")
        with pytest.raises(EnvironmentProblem, match="no_such_package"):
            one(check, place)
        (tmp_path / "test.py").write_text(SNAKE_TESTS)


@pytest.mark.parametrize("how", FORGERIES)
def test_a_program_does_not_say_itself_that_it_is_right(there: Place, tmp_path: Path, how: str) -> None:
    (tmp_path / "test.py").write_text(f"import json\n{SNAKE_TESTS}")
    (tmp_path / "scratch").mkdir()
    box, place = there.sandbox, Place(there.sandbox, tmp_path / "scratch", tmp_path)
    result = {"type": "vm_file", "path": ["/home/user/snake/snake.py"], "dest": ["snake.py"], "multi": True}
    expected = {"type": "cloud_file", "path": "https://example.org/test.py", "dest": "test_suite.py"}
    check = Check("check_python_file_by_test_suite", result, expected, {})
    site = box.run(["python3", "-m", "site", "--user-site"]).stdout.decode().strip()
    customize = f"{place.relative(site)}/usercustomize.py"
    box.write_file("snake/snake.py", f"{FORGERIES[how]}\n{SNAKE.format(2)}".encode())
    assert one(check, place).reward == 0
    box.write_file(customize, f"import os; print('{FORGED}', flush=True); os._exit(0)".encode())
    try:
        box.write_file("snake/snake.py", SNAKE.format(2).encode())
        assert one(check, place).reward == 0
        box.write_file("snake/snake.py", SNAKE.format(3).encode())
        assert one(check, place).reward == 1, "it is not even run"
    finally:
        box.run(["rm", f"{place.home}/{customize}"])


def test_windows_and_the_wallpaper_are_looked_at(there: Place) -> None:
    window = {"type": "vm_window_size", "app_class_name": "xterm"}
    do(there, "launch", command="xterm -T sized")
    size = lookup.get(there, window)
    screen = lookup.get(there, {"type": "vm_screen_size"})
    assert 0 < size["width"] < screen["width"]
    assert lookup.metric("is_vlc_fullscreen")(screen, size, {}).reward == 0
    assert lookup.metric("is_vlc_fullscreen")(screen, screen, {}).reward == 1
    with pytest.raises(NothingThere, match="no window"):
        lookup.get(there, {**window, "app_class_name": "nobody"})
    wallpaper = {"type": "vm_wallpaper", "dest": "wallpaper.png"}
    with pytest.raises(NothingThere, match="no wallpaper"):
        lookup.get(there, wallpaper)
    Image.new("RGB", (64, 48), "green").save(there.scratch / "wall.png")
    picture = (there.scratch / "wall.png").read_bytes()
    there.sandbox.write_file("Desktop/wall.png", picture)
    there.ask_osworld("/setup/change_wallpaper", {"path": f"{there.home}/Desktop/wall.png"})
    assert lookup.get(there, wallpaper).read_bytes() == picture


STATE = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == "Basic OnBhc3N3b3Jk"
        self.send_response(200 if known else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="VLC"')
        self.end_headers()
        self.wfile.write(b"<root><state>playing</state></root>" if known else b"no")
http.server.HTTPServer(("127.0.0.1", 8080), Page).serve_forever()
"""


def test_what_vlc_says_is_asked_inside_the_sandbox(there: Place) -> None:
    getter = {"type": "vlc_playing_info", "dest": "status.xml"}
    with pytest.raises(NothingThere, match="VLC does not say"):
        lookup.get(there, getter)
    there.sandbox.write_file("page.py", STATE.encode())
    do(there, "launch", command="python3 page.py", shell=True)
    do(there, "execute", command=ASK_PORT, shell=True, until={"stdout": "open"})
    assert b"playing" in lookup.get(there, getter).read_bytes()


ASK_PORT = 'python3 -c \'import socket; socket.create_connection(("127.0.0.1", 8080)); print("open")\''
