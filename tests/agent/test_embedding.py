"""deskhand in somebody's script or notebook: it leaves the process as it is, streams, shows itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click, Finished
from deskhand.sandbox.lightbox import Lightbox
from tests.agent.desk import Deciding as Decided
from tests.agent.desk import acting, go
from tests.conftest import environment

pytestmark = pytest.mark.lightbox

SCRIPT = """
import json, logging, os, signal, sys

def state():
    return {
        "signals": [str(signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
        "root": [str(logging.root.handlers), logging.root.level, logging.root.disabled],
        "folder": os.getcwd(),
        "excepthook": sys.excepthook is sys.__excepthook__,
    }

before = state()
from deskhand import Lightbox, Task, run
from deskhand.policies.scripted import ReplyScript, ScriptedPolicy

class Streaming:
    def __init__(self): self.heard = []
    def began(self, trajectory): self.heard.append("began")
    def decided(self, step, decision): self.heard.append(f"decided {step}")
    def acted(self, step, action, outcome): self.heard.append(f"acted {step} {outcome.status}")
    def noted(self, step, text): self.heard.append("noted")
    def paused(self): self.heard.append("paused")
    def ended(self, result): self.heard.append(f"ended {result.status}")

waits = "Thought: <script>alert(1)</script>\\nAction: wait(time='0.1')"
replies = (waits, "Thought: done\\nAction: finished()")
heard = Streaming()
with Lightbox() as desktop:
    policy = ScriptedPolicy(ReplyScript(dialect="ui-tars-1.0", replies=replies))
    result = run(Task(instruction="a task"), desktop, policy, listener=heard)
after = state()
print(json.dumps({"before": before, "after": after, "heard": heard.heard, "html": result._repr_html_()}))
"""


def test_a_script_that_runs_a_task_keeps_its_signals_logger_and_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["after"] == found["before"]
    assert found["heard"] == ["began", "decided 1", "acted 1 ok", "decided 2", "ended finished"]
    assert done.stdout.count("\n") == 1 and done.stderr == "", "nothing is printed that was not asked for"
    assert "<script>" not in found["html"] and "&lt;script&gt;" in found["html"]
    assert found["html"].count("data:image/jpeg;base64,") == 3


def test_a_result_shows_itself_as_a_film_strip(tmp_path: Path) -> None:
    with Lightbox() as box:
        click = acting(Click(at=ScreenPoint(5, 5)))
        result, _ = go(box, Decided(click, acting(Finished(answer="<b>yes</b>"))), tmp_path / "run")
    shown = result._repr_html_()
    assert "finished after 2 steps" in shown and "→ click at (5, 5)" in shown
    assert "answer: &lt;b&gt;yes&lt;/b&gt;" in shown
    (tmp_path / "run" / "trajectory.jsonl").unlink()
    assert "finished" in result._repr_html_(), "one that is gone is said, not raised"
