"""Runs MiniWoB++ episodes in BrowserGym's own environment, and reports how long each part took.

    python -I gym_episodes.py '{"pages": "file:///.../miniwob/", "chromium": "/usr/bin/chromium",
                                "episodes": [["click-test", 0], ...], "waits": true}'

It runs by itself under an interpreter that has ``browsergym-miniwob``; nothing of deskhand is imported.
A line of JSON an episode: {"task", "seed", "reset", "steps", "done", "at", "error"}, in seconds; ``at`` is
the machine's monotonic clock when the episode's environment was closed. With ``waits`` false, the two waits
of fixed length that the environment makes are left out.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

FIND = """([css, text]) => [...document.querySelectorAll(css)]
    .find(one => text === null || one.textContent.trim() === text).getAttribute('bid')"""
PLAIN = re.compile(r"[\w#., '-]+")
SUBMIT = "#subbtn, #area button"


def actions(task: str, page: Any, goal: str) -> Iterator[str]:
    """What does a task, in the environment's own action space, one action a step."""

    def click(css: str, text: str | None = None) -> str:
        return f"click({page.evaluate(FIND, [css, text])!r})"

    def put(action: str, css: str, text: str) -> str:
        if not PLAIN.fullmatch(text):
            raise ValueError(f"not a plain text: {text!r}")
        return f"{action}({page.evaluate(FIND, [css, None])!r}, {text!r})"

    quoted = re.findall(r'"([^"]*)"', goal)
    match task:
        case "click-test" | "click-test-2":
            yield click("button", "ONE" if task.endswith("2") else None)
        case "click-button":
            yield click("#area button", quoted[0])
        case "click-link":
            yield click("#area .alink", quoted[0])
        case "click-dialog":
            yield click(".ui-dialog-titlebar-close")
        case "click-tab":
            yield click("#area a", goal.removeprefix("Click on ").removesuffix("."))
        case "focus-text":
            yield click("#tt")
        case "enter-text":
            yield put("fill", "#tt", quoted[0])
            yield click(SUBMIT)
        case "enter-password" | "login-user":
            first, second = ("#username", "#password") if task == "login-user" else ("#password", "#verify")
            yield put("fill", first, quoted[0])
            yield put("fill", second, quoted[-1])
            yield click(SUBMIT)
        case "choose-list":
            wanted = goal.removeprefix("Select ").removesuffix(" from the list and click Submit.")
            yield put("select_option", "#options", wanted)
            yield click(SUBMIT)
        case "click-option":
            wanted = goal.removeprefix("Select ").removesuffix(" and click Submit.")
            bid = page.evaluate(
                "text => [...document.querySelectorAll('#area label')]"
                ".find(one => one.textContent.trim() === text).querySelector('input').getAttribute('bid')",
                wanted,
            )
            yield f"click({bid!r})"
            yield click(SUBMIT)
        case _:
            raise ValueError(f"no script for {task}")


def episode(make: Any, task: str, seed: int, waits: bool) -> dict[str, Any]:
    """One episode in an environment of its own, which is closed afterwards."""
    less: dict[str, Any] = {} if waits else {"slow_mo": 0, "pre_observation_delay": 0.0}
    env = make(f"browsergym/miniwob.{task}", disable_env_checker=True, **less)
    found: dict[str, Any] = {"task": task, "seed": seed, "steps": [], "done": False, "error": ""}
    try:
        began = time.monotonic()
        seen, _ = env.reset(seed=seed)
        found["reset"] = time.monotonic() - began
        for action in actions(task, env.unwrapped.page, seen["goal"]):
            began = time.monotonic()
            seen, reward, ended, _, _ = env.step(action)
            found["steps"].append(time.monotonic() - began)
            found["error"] = found["error"] or seen["last_action_error"][:300]
            if ended:
                found["done"] = reward > 0
                break
    except Exception as error:  # noqa: BLE001 whatever a page or the environment raises is that episode's
        found["error"] = f"{type(error).__name__}: {error}"[:300]
    finally:
        env.close()
    return {**found, "at": time.monotonic()}


def main(wanted: dict[str, Any]) -> None:
    """Run the wanted episodes one after another and write a line of JSON for each.

    Args:
        wanted: pages (their address), chromium (its path), episodes (task and seed) and waits.
    """
    os.environ["MINIWOB_URL"] = wanted["pages"]
    import browsergym.miniwob  # noqa: F401 registers the tasks
    import gymnasium
    from browsergym.core import _get_global_playwright

    kind: Any = type(_get_global_playwright().chromium)
    launch = kind.launch
    # The environment opens two browsers an episode, and only one of them can be given the path of Chromium.
    kind.launch = lambda self, **more: launch(self, executable_path=wanted["chromium"], **more)
    for task, seed in wanted["episodes"]:
        sys.stdout.write(json.dumps(episode(gymnasium.make, task, seed, wanted["waits"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
