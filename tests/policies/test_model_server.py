"""An episode through a model server that people run: transformers' own, with a small checkpoint."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.vocabulary import Click
from deskhand.agent.limits import Limits
from deskhand.agent.loop import run
from deskhand.policies.chat.openai_server import OpenAIPolicy
from deskhand.policies.contract import check_policy
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import Task
from deskhand.waiting import wait_until
from tests.conftest import environment
from tests.policies.tiny_models import make_one_that_says

pytestmark = [pytest.mark.lightbox, pytest.mark.model]

REPLY = ("Thought: here\n", "Action: ", "click(start_box=", "'(500,250)')")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the folder of the model that it serves, which always says REPLY."""
    folder = make_one_that_says(REPLY, tmp_path_factory.mktemp("models") / "UI-TARS-1.0-tiny")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [
        Path(sys.executable).with_name("transformers"),
        "serve",
        folder,
        "--device",
        "cpu",
        "--port",
        str(port),
    ]
    offline = environment({"HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1"})
    with (
        open(folder.parent / "log", "wb") as log,
        subprocess.Popen(line, stdout=log, stderr=log, env=offline) as server,
    ):

        def answers() -> bool:
            assert server.poll() is None, (folder.parent / "log").read_text()[-2000:]
            asked = f"http://127.0.0.1:{port}/health"
            with contextlib.suppress(OSError), urllib.request.urlopen(asked, timeout=5) as answer:
                return bool(answer.status == 200)
            return False

        try:
            wait_until(answers, timeout=120, what="the model server")
            yield f"http://127.0.0.1:{port}/v1", folder
        finally:
            server.terminate()


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "DESKHAND_MODEL", "DESKHAND_DIALECT", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def policy_of(served: tuple[str, Path]) -> OpenAIPolicy:
    url, folder = served
    return OpenAIPolicy(str(folder), base_url=url)


def test_what_the_model_says_is_done_where_it_meant(
    box: Lightbox, served: tuple[str, Path], tmp_path: Path
) -> None:
    with contextlib.closing(policy_of(served)) as policy:
        result = run(Task(instruction="Click"), box, policy, out=tmp_path / "run", limits=Limits(steps=2))
    assert result.status == "limit", result.reason
    trajectory = Trajectory.open(tmp_path / "run")
    for step in trajectory.steps:
        assert step.decision.raw == "".join(REPLY) and step.decision.reply is not None
        [click] = step.decision.reply.actions
        view = box.viewport
        assert click == Click(at=ScreenPoint(view.width // 2, view.height // 4)), "its frame is 0 to 1000"
        assert step.outcomes[0].ok
        assert step.decision.usage.prompt_tokens > 64 and step.decision.usage.completion_tokens == 5


@pytest.mark.slow(reason="servers of our own say it of the same policy")
def test_the_policy_keeps_its_contract_there(served: tuple[str, Path]) -> None:
    check_policy(lambda: policy_of(served))
