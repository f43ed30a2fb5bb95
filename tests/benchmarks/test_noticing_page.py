"""Failed actions are shown: before, what was done, after, what was said; and nothing of it is markup."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deskhand.actions.geometry import ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Type
from deskhand.benchmarks.runner.episodes import Episode
from deskhand.benchmarks.runner.noticing_page import chosen, failed_actions, write_noticing
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.trajectories.records import Decision
from deskhand.trajectories.writer import TrajectoryWriter
from tests.conftest import deskhand
from tests.trajectories.samples import header

HOSTILE = "<script>alert(1)</script>"
HERE, THERE = Click(at=ScreenPoint(160, 100)), Click(at=ScreenPoint(30, 30))


def look(shade: int) -> Screenshot:
    return Screenshot(np.full((200, 320, 3), shade, np.uint8))


def ran(out: Path, task: str, *steps: tuple[Action, int, Outcome], success: bool = False) -> Episode:
    """An episode whose screens have these shades before each step."""
    folder = f"trajectories/{task}-0"
    with TrajectoryWriter(out / folder, header(f"Do {HOSTILE}")) as writer:
        for number, (action, shade, outcome) in enumerate(steps, 1):
            reply = Reply(thought=f"{HOSTILE} {number}", actions=(action,))
            writer.decision(number, writer.frame(look(shade)), Decision(reply=reply))
            if not isinstance(action, Finished):
                writer.outcome(number, 0, outcome)
        writer.end(len(steps), "finished", frame=writer.frame(look(steps[-1][1])))
    return Episode(
        suite="s", task=task, version="1", seed=0, policy="p", instruction=f"Do {HOSTILE}", status="finished",
        success=success, reason=HOSTILE, trajectory=folder,
    )  # fmt: skip


@pytest.fixture
def episodes(tmp_path: Path) -> list[Episode]:
    done, lost = Outcome.done(), Outcome.failed(HOSTILE)
    found = [
        ran(tmp_path, "a", (HERE, 60, done), (THERE, 60, done), (Finished(), 90, done), success=True),
        ran(tmp_path, "b", (HERE, 60, lost), (Type(text=HOSTILE), 90, done), (Finished(), 120, done)),
        ran(tmp_path, "c", *[(HERE, 60, done)] * 4, (Finished(), 60, done)),
        ran(tmp_path, "d", (HERE, 60, done), (Finished(), 60, done)),
    ]
    (tmp_path / "results.jsonl").write_text("".join(f"{one.model_dump_json()}\n" for one in found))
    return found


def test_of_many_failed_actions_some_of_each_kind_and_of_most_tasks_are_shown(
    episodes: list[Episode], tmp_path: Path
) -> None:
    found = failed_actions(episodes, tmp_path)
    assert [(one.episode.task, one.at, one.kind) for one in found] == [
        ("a", 0, "repaired"),
        ("b", 0, "noticed"),
        *(("c", at, "missed") for at in range(4)),
        ("d", 0, "missed"),
    ]
    assert [(one.episode.task, one.at) for one in chosen(found)] == [
        ("a", 0), ("b", 0), ("c", 0), ("d", 0), ("c", 1),
    ]  # fmt: skip
    assert found[0].fault == "the screen stayed as it was" and HOSTILE in found[1].fault


def test_a_picture_has_the_screen_before_and_the_one_after(episodes: list[Episode], tmp_path: Path) -> None:
    page = tmp_path / "pages" / "failed.html"
    pictures = write_noticing(failed_actions(episodes, tmp_path), f"a run of {HOSTILE}", page)
    assert [path.stem.removeprefix("failed-") for path in pictures] == [
        "repaired-1", "noticed-1", "missed-1", "missed-2", "missed-3",
    ]  # fmt: skip
    with Image.open(pictures[1]) as picture:
        pixels = np.asarray(picture.convert("L"))
    middle = pixels[pixels.shape[0] // 2]
    assert abs(int(middle[5]) - 60) < 12 and abs(int(middle[-5]) - 90) < 12
    assert pixels.shape[1] >= 640


def test_what_a_model_or_a_screen_wrote_is_text_on_the_page(episodes: list[Episode], tmp_path: Path) -> None:
    page = tmp_path / "failed.html"
    write_noticing(failed_actions(episodes, tmp_path), HOSTILE, page)
    text = page.read_text()
    assert "<script" not in text and text.count("&lt;script&gt;") > 10
    assert "default-src 'none'" in text
    assert "<dt>missed: 5" in text
    with pytest.raises(UsageError, match="already exists"):
        write_noticing(failed_actions(episodes, tmp_path), "x", page)
    with pytest.raises(UsageError, match="no action failed"):
        write_noticing([], "x", tmp_path / "other.html")


def test_the_command_shows_a_folder_of_results(episodes: list[Episode], tmp_path: Path) -> None:
    page = tmp_path / "failed.html"
    done = deskhand("show", str(tmp_path), "--out", str(page), "--no-open", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["repaired"], said["noticed"], said["missed"]) == (1, 1, 5)
    assert all(Path(path).is_file() for path in [said["page"], *said["pictures"]])
    good = next(one for one in episodes if one.task == "a").model_copy(update={"trajectory": ""})
    (tmp_path / "results.jsonl").write_text(f"{good.model_dump_json()}\n")
    none = deskhand("show", str(tmp_path), "--out", str(tmp_path / "none.html"))
    assert none.returncode == 2 and "no action failed" in none.stderr
