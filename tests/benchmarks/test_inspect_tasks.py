"""The suites as inspect-ai's tasks: its runner, its log, its model, and our loop, sandbox and checks."""

from __future__ import annotations

import importlib
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from deskhand.benchmarks import registry
from deskhand.errors import UsageError
from deskhand.trajectories.reader import Trajectory
from tests.benchmarks.tiny import TinySuite, Vanishing
from tests.conftest import REPOSITORY

pytestmark = [
    pytest.mark.lightbox,
    pytest.mark.suite,
    pytest.mark.skipif(find_spec("inspect_ai") is None, reason="the extra [inspect] is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

MKDIR = "Thought: I type the command.\nAction: type(content='mkdir simple-weather\\n')"
DONE = "Thought: It is there.\nAction: finished()"


def evaluated(task: Any, folder: Path, replies: list[str] | None = None, **options: Any) -> Any:
    """The log of one evaluation, with a model that says what it is told to."""
    from inspect_ai import eval
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    outputs = [ModelOutput.from_content("mockllm", text) for text in replies or []]
    for output in outputs:  # told, or it would be counted by a tokenizer that is fetched from the network
        output.usage = ModelUsage(input_tokens=10, output_tokens=2, total_tokens=12)
    model = get_model("mockllm/model", custom_outputs=outputs, memoize=False)
    logs = eval(task, model=model, log_dir=str(folder / "logs"), display="none", **options)
    return logs[0]


def test_two_tasks_of_desk_are_done_by_our_oracle_and_told_in_the_log(tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log

    from deskhand.benchmarks.runner.inspect.tasks import desk

    task = desk(policy="oracle", tasks="terminal-folder,calculator", seeds=0, out=str(tmp_path / "out"))
    log = read_eval_log(evaluated(task, tmp_path).location)
    assert log.status == "success"
    assert log.results.scores[0].metrics["accuracy"].value == 1.0
    assert {sample.id for sample in log.samples} == {"terminal-folder-0", "calculator-0"}
    for sample in log.samples:
        score = sample.scores["checked"]
        assert (score.value, score.metadata["reward"], score.metadata["status"]) == ("C", 1.0, "finished")
        trajectory = Trajectory.open(tmp_path / "out" / score.metadata["trajectory"])
        assert sample.messages[0].text == trajectory.task.instruction
        assert len(sample.messages) > len(trajectory.steps)


def test_the_model_of_inspect_decides_through_our_prompt_and_dialect(tmp_path: Path) -> None:
    from deskhand.benchmarks.runner.inspect.tasks import desk

    with pytest.raises(UsageError, match="dialect"):
        desk()
    task = desk(tasks="terminal-folder", seeds="0", dialect="ui-tars-1.5", out=str(tmp_path / "out"))
    log = evaluated(task, tmp_path, [MKDIR, DONE, "hm", "hm", "hm", "hm", "hm"], epochs=2)
    assert log.status == "success"
    first, second = sorted(log.samples, key=lambda sample: sample.epoch)
    assert first.scores["checked"].value == "C", first.scores
    assert second.scores["checked"].value == "I"
    assert second.scores["checked"].metadata["status"] == "format_error"
    asked = [event for event in first.events if event.event == "model"]
    assert len(asked) == 2
    words = asked[0].input[0].text.removeprefix("attachment://")
    assert first.messages[0].text in first.attachments.get(words, words)
    assert any(part.type == "image" for part in asked[0].input[0].content)
    assert asked[1].input[1].text == MKDIR
    assert {path.name for path in (tmp_path / "out" / "trajectories").iterdir()} == {
        "terminal-folder-0",
        "terminal-folder-0.attempt2",
    }


def test_an_environment_that_fails_is_an_error_of_its_sample_and_no_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deskhand.benchmarks.runner.inspect import tasks as inspect_tasks

    monkeypatch.setitem(registry._OWN, "tiny", TinySuite)
    monkeypatch.setattr(Vanishing, "marks", tmp_path, raising=False)
    monkeypatch.setattr(inspect_tasks, "load_sandbox", lambda name, size: Vanishing())
    task = inspect_tasks.suite(
        "tiny", policy="oracle", seeds=[0], subset="first-two", out=str(tmp_path / "out")
    )
    log = evaluated(task, tmp_path)
    lost, done = sorted(log.samples, key=lambda sample: sample.error is None)
    assert "lost" in lost.error.message
    assert not lost.scores
    assert done.scores["checked"].value == "C"


@pytest.mark.slow(reason="episodes that end well go the same way")
def test_a_model_that_fails_or_has_spent_its_tokens_ends_its_sample_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deskhand.benchmarks.runner.inspect import tasks as inspect_tasks

    monkeypatch.setitem(registry._OWN, "tiny", TinySuite)
    task = inspect_tasks.suite("tiny", tasks="ask-one", seeds=[0], dialect="ui-tars-1.5", out=str(tmp_path))
    failed = evaluated(task, tmp_path).samples[0]
    assert "ran out of values" in failed.error.message
    spent = evaluated(task, tmp_path, [MKDIR] * 9, token_limit=15).samples[0]
    assert spent.error is None
    assert spent.limit.type == "token"
    assert spent.scores["checked"].value == "I"


@pytest.mark.parametrize(("seeds", "wanted"), [("0-1", {0, 1}), (["1", "3"], {1, 3}), (2, {2})])
def test_seeds_are_read_as_the_command_line_of_inspect_gives_them(seeds: Any, wanted: set[int]) -> None:
    from deskhand.benchmarks.runner.inspect.tasks import desk

    found = desk(policy="oracle", tasks="terminal-folder", seeds=seeds).dataset
    assert {sample.metadata["seed"] for sample in found if sample.metadata} == wanted


def test_inspect_finds_the_tasks_by_the_package_s_name() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    module = importlib.import_module(project["entry-points"]["inspect_ai"]["deskhand"])
    assert {"desk", "miniwob", "suite"} <= set(dir(module))
    names = {
        sample.metadata["task"] for sample in module.miniwob("oracle", subset="webgum-56", seeds=0).dataset
    }
    assert len(names) == 56
