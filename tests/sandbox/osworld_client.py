"""Drives a served desktop with OSWorld's own client: a program of its own, which prints what came of it.

    python osworld_client.py FOLDER URL WORK [browser|player PORT]

FOLDER holds OSWorld's ``desktop_env``, URL is the served desktop's, with the token in its path, and WORK
takes files. With PORT, from which that of a browser's DevTools or of VLC's page is reached, only a task on
that program is done.
The environment's NETRC names a file that has the token, too. Packages that OSWorld imports, and
are not installed here, are stood in for by empty ones: nothing that is done here needs them.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import logging
import sys
import types
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deskhand.waiting import wait_until


class Empty(types.ModuleType):
    """A package of which every name is an empty class."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the packages that OSWorld's files import and nobody else finds."""

    def __init__(self, folder: Path) -> None:
        named = {"cssselect"}  # by way of lxml
        for file in (folder / "desktop_env").rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    named |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    named.add(node.module.partition(".")[0])
        self.names = {name for name in named - {"desktop_env"} if importlib.util.find_spec(name) is None}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        known = name.partition(".")[0] in self.names
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if known else None

    def create_module(self, spec: Any) -> types.ModuleType:
        return Empty(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


def controllers(url: str, work: Path) -> dict[str, Any]:
    """What its controllers get, which take the token in the path."""
    from desktop_env.controllers.python import PythonController
    from desktop_env.controllers.setup import SetupController

    parts = urlsplit(url)
    at = {"vm_ip": parts.hostname, "server_port": f"{parts.port}{parts.path}"}
    desk, setup = PythonController(**at), SetupController(**at, cache_dir=str(work))
    desk.start_recording()
    steps = [
        ("execute", {"command": ["sh", "-c", "echo hello > note.txt; echo done"], "stdout": "said.txt"}),
        ("launch", {"command": ["xterm", "-T", "Upstream"]}),
        (
            "execute_with_verification",
            {"command": ["true"], "verification": {"window_exists": "upstream", "command_success": "true"}},
        ),
        ("open", {"path": "/home/agent/note.txt"}),
        ("activate_window", {"window_name": "Upstream", "strict": True}),
        ("change_wallpaper", {"path": "/home/agent/picture.png"}),
    ]
    done = setup.setup([{"type": kind, "parameters": parameters} for kind, parameters in steps])
    desk.execute_action({"action_type": "CLICK", "parameters": {"x": 640, "y": 400}})
    desk.execute_action({"action_type": "TYPING", "parameters": {"text": "echo typed > typed.txt\n"}})
    found = {
        "setup": done,
        "stdout": (work / "said.txt").read_text(),
        "picture": (desk.get_screenshot() or b"")[:8].hex(),
        "tree": desk.get_accessibility_tree(),
        "terminal": desk.get_terminal_output(),
        "cursor": desk.get_cursor_position(),
        "screen": desk.get_vm_screen_size(),
        "window": desk.get_vm_window_size("xterm"),
        "platform": desk.get_vm_platform(),
        "machine": desk.get_vm_machine(),
        "desktop": desk.get_vm_desktop_path(),
        "folder": desk.get_vm_directory_tree("/home/agent/Desktop"),
        "file": (desk.get_file("/home/agent/note.txt") or b"").decode(),
        "wallpaper": (desk.get_vm_wallpaper() or b"").hex(),
        "python": desk.run_python_script("print(6 * 7)"),
        "bash": desk.run_bash_script("pwd", timeout=20, working_dir="/tmp"),
        "typed": desk.run_bash_script("cat typed.txt")["output"],
    }
    setup.setup([{"type": "close_window", "parameters": {"window_name": "Upstream", "strict": True}}])
    desk.end_recording(str(work / "film.mp4"))
    return found


def environment(url: str, work: Path) -> dict[str, Any]:
    """A task in its environment, whose provider ``remote`` takes a host and a port."""
    from desktop_env.desktop_env import DesktopEnv

    parts = urlsplit(url)
    env = DesktopEnv(
        provider_name="remote",
        path_to_vm=f"{parts.hostname}:{parts.port}",
        action_space="pyautogui",
        cache_dir=str(work),
        require_a11y_tree=True,
    )
    task = {
        "id": "write-a-word",
        "instruction": "Write the word ready into answer.txt.",
        "config": [{"type": "launch", "parameters": {"command": ["xterm", "-T", "Task"]}},
                   {"type": "execute_with_verification",
                    "parameters": {"command": ["true"], "verification": {"window_exists": "Task"}}},
                   {"type": "activate_window", "parameters": {"window_name": "Task"}}],
        "evaluator": {
            "func": "exact_match",
            "result": {"type": "vm_command_line", "shell": True,
                       "command": "cat answer.txt 2>/dev/null || echo none"},
            "expected": {"type": "rule", "rules": {"expected": "ready\n"}},
        },
    }  # fmt: skip
    seen = env.reset(task_config=task)
    before = env.evaluate()
    env.step("pyautogui.typewrite('echo ready > answer.txt\\n')", pause=0)
    last = env.step("DONE", pause=0)
    after = env.evaluate()
    env.close()
    return {
        "instruction": seen["instruction"],
        "picture": seen["screenshot"][:8].hex(),
        "tree": seen["accessibility_tree"],
        "done": last[2],
        "scores": [before, after],
    }


def browser(url: str, work: Path, port: int) -> dict[str, Any]:
    """A task on Chromium, which its set-up and its getter reach through the forwarded port."""
    from desktop_env.desktop_env import DesktopEnv

    parts = urlsplit(url)
    env = DesktopEnv(
        provider_name="remote",
        path_to_vm=f"{parts.hostname}:{parts.port}:{port}:8006:8080",  # all five or two
        action_space="pyautogui",
        cache_dir=str(work),
    )
    pages = [f"file:///home/agent/{name}.html" for name in ("one", "two")]
    config: list[dict[str, Any]] = [
        {"type": "launch", "parameters": {"command": ["google-chrome", "--remote-debugging-port=1337"]}},
        {
            "type": "execute_with_verification",
            "parameters": {
                "command": ["true"],
                "verification": {"window_exists": "Chromium"},
                "max_wait_time": 90,
            },
        },
        {"type": "chrome_open_tabs", "parameters": {"urls_to_open": pages}},
        {"type": "activate_window", "parameters": {"window_name": "Chromium"}},
    ]
    task = {
        "id": "close-a-tab",
        "instruction": "Close the second tab.",
        "config": config,
        "evaluator": {
            "func": "exact_match",
            "result": {"type": "open_tabs_info"},
            "expected": {"type": "rule", "rules": {"expected": [{"title": "One", "url": pages[0]}]}},
        },
    }
    env.reset(task_config=task)
    tabs = env.result_getter(env, {"type": "open_tabs_info"})
    before = env.evaluate()
    env.step("pyautogui.hotkey('ctrl', 'w')", pause=0)
    wait_until(lambda: len(env.result_getter(env, {})) == 1, timeout=60, what="one tab fewer")
    env.step("DONE", pause=0)
    after = env.evaluate()
    env.close()
    return {"tabs": sorted(tabs, key=lambda tab: str(tab["title"])), "scores": [before, after]}


def player(url: str, work: Path, port: int) -> dict[str, Any]:
    """A task on VLC, whose page its getter reaches through the forwarded port."""
    from desktop_env.desktop_env import DesktopEnv

    parts = urlsplit(url)
    env = DesktopEnv(
        provider_name="remote",
        path_to_vm=f"{parts.hostname}:{parts.port}:9222:8006:{port}",
        action_space="pyautogui",
        cache_dir=str(work),
    )
    start = "VLC_VERBOSE=-1 vlc --no-audio --one-instance"
    task = {
        "id": "play-a-film",
        "instruction": "Play the film.",
        "config": [
            {"type": "launch", "parameters": {"command": start, "shell": True}},
            {
                "type": "execute_with_verification",
                "parameters": {
                    "command": ["true"],
                    "verification": {"window_exists": "VLC"},
                    "max_wait_time": 90,
                },
            },
        ],
        "evaluator": {
            "func": "is_vlc_playing",
            "result": {"type": "vlc_playing_info", "dest": "status.xml"},
            "expected": {"type": "rule", "rules": {"type": "file_name", "file_name": "film.mp4"}},
        },
    }
    env.reset(task_config=task)
    before = env.evaluate()
    play = {"command": f"{start} /home/agent/film.mp4", "shell": True}
    env.setup_controller.setup([{"type": "launch", "parameters": play}])
    wait_until(lambda: env.evaluate() == 1, timeout=60, what="the film to be played")
    env.step("DONE", pause=0)
    after = env.evaluate()
    env.close()
    return {"scores": [before, after]}


def main(folder: str, url: str, work: str, program: str = "", port: str = "") -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    sys.meta_path.append(absent := Absent(Path(folder)))
    sys.path.insert(0, folder)
    place = Path(work)
    if program:
        found = {"browser": browser, "player": player}[program](url, place, int(port))
    else:
        found = {"controllers": controllers(url, place), "environment": environment(url, place)}
    print(json.dumps(found | {"missing": sorted(absent.names)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
