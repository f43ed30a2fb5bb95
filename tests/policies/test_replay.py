"""Replay does a step on the screen that it expects, finds its target again, or stops and says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Drag, Finished, Infeasible, Key, Scroll, Type, Wait
from deskhand.errors import UsageError
from deskhand.perception.screen import Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.perception.watch.settle import settle
from deskhand.policies.replay.policy import WAITS, ReplayPolicy
from deskhand.policies.replay.script import ReplayPlan, script_of
from deskhand.trajectories.reader import Trajectory
from deskhand.trajectories.records import HIDDEN_TEXT, Decision, Step, Target, Task
from deskhand.trajectories.writer import TrajectoryWriter
from tests.perception.drawn import Drawing
from tests.trajectories.samples import header

pytestmark = pytest.mark.timeout(120)

SAVE = Box(60, 380, 180, 412)
CLICK = Click(at=ScreenPoint(100, 400))
HELLO = Type(text="hello there")


def editor(text: str = "", right: int = 0, *, title: str = "Notes", save: str = "Save") -> Drawing:
    drawing = Drawing().window(Box(40 + right, 40, 560 + right, 440), title)
    for n, words in enumerate(("File Edit View", "Name of the file", "Encoding is UTF-8")):
        drawing.write(60 + right, 90 + 50 * n, words)
    drawing.field(Box(60 + right, 260, 540 + right, 300), text)
    return drawing.button(Box(60 + right, 380, 180 + right, 412), save)


def dialog(on: Drawing) -> Drawing:
    return on.window(Box(300, 100, 700, 250), "Software updates").write(320, 150, "Restart the computer now?")


EMPTY, TYPED, SAVED = editor(), editor("hello there"), editor("hello there", title="Saved notes.txt")


def record(folder: Path, *, hidden: bool = False, masked: Sequence[Box] = ()) -> Trajectory:
    """Type into an editor and click its button; the title then changes."""
    with TrajectoryWriter(folder, header()) as writer:
        frames = [writer.frame(drawing.screenshot()) for drawing in (EMPTY, TYPED, SAVED)]
        text = Type(text=HIDDEN_TEXT) if hidden else HELLO
        writer.decision(1, frames[0], _decision(text), masked=masked, hidden=[0] if hidden else [])
        writer.outcome(1, 0, Outcome.done())
        target = Target(role="button", name="Save", box=SAVE)
        writer.decision(2, frames[1], _decision(CLICK), targets=[target], masked=masked)
        writer.outcome(2, 0, Outcome.done())
        writer.decision(3, frames[2], _decision(Finished(answer="saved")), masked=masked)
        writer.end(3, "finished", answer="saved", frame=frames[2])
    return Trajectory.open(folder)


def plan(trajectory: Trajectory, **changed: Any) -> ReplayPlan:
    """What ``script_of`` plans, as of a recording that took no time: the machine may have been busy."""
    made = script_of(trajectory, **changed)
    last = replace(made.last, seconds=0.0) if made.last is not None else None
    return replace(made, steps=tuple(replace(step, seconds=0.0) for step in made.steps), last=last)


def _decision(*actions: Action) -> Decision:
    return Decision(reply=Reply(thought="as before", actions=actions))


@pytest.fixture
def script(tmp_path: Path) -> ReplayPlan:
    return plan(record(tmp_path / "recorded"))


def decide(
    policy: ReplayPolicy, *screens: Drawing | Screenshot, history: Sequence[Step] = ()
) -> list[Action]:
    """The actions that are decided on some screens, one after another."""
    found: list[Action] = []
    for screen in screens:
        shot = screen.screenshot() if isinstance(screen, Drawing) else screen
        reply = policy.decide(Observation(shot), history).reply
        assert reply is not None
        found += reply.actions
    return found


def test_on_the_same_screens_the_same_is_done(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    assert decide(policy, EMPTY, TYPED, SAVED) == [HELLO, CLICK, Finished(answer="saved")]
    assert [finding.found for finding in policy.report.findings] == ["same"] * 3
    assert policy.report.drift is None


def test_in_a_moved_window_the_button_is_clicked_where_it_is(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    done = decide(
        policy,
        editor(right=150),
        editor("hello there", 150),
        editor("hello there", 150, title="Saved notes.txt"),
    )
    assert done[:2] == [HELLO, Click(at=ScreenPoint(250, 400))]
    assert [f.found for f in policy.report.findings] == ["screen", "moved", "screen"]
    assert policy.report.findings[1].shift == (150, 0)


def test_a_drag_goes_from_where_it_starts_now_to_where_it_ends_now(tmp_path: Path) -> None:
    path = (ScreenPoint(100, 98), ScreenPoint(100, 250), ScreenPoint(100, 396))
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(TYPED.screenshot())
        writer.decision(1, frame, _decision(Drag(path=path)))
        writer.outcome(1, 0, Outcome.done())
    (done,) = decide(ReplayPolicy(plan(Trajectory.open(tmp_path))), editor("hello there", 150))
    assert isinstance(done, Drag)
    assert [(point.x, point.y) for point in done.path] == [(250, 98), (250, 250), (250, 396)]


def test_nothing_is_typed_while_a_dialog_is_there_that_was_not(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    *waits, last = decide(policy, *[dialog(editor())] * (len(WAITS) + 1))
    assert [wait.kind for wait in waits] == ["wait"] * len(WAITS)
    assert isinstance(last, Infeasible)
    assert last.reason is not None
    assert last.reason.startswith("drift at step 1: the screen shows what it did not")
    drift = policy.report.drift
    assert drift is not None
    assert drift.expected is not None
    assert drift.expected.digest() == EMPTY.screenshot().digest()


def test_a_screen_that_comes_late_is_waited_for(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    done = decide(policy, EMPTY, EMPTY, EMPTY, TYPED)
    assert [action.kind for action in done] == ["type", "wait", "wait", "click"]
    assert policy.report.findings[1].waited == 2


def test_a_target_that_is_gone_is_not_clicked(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    gone = Drawing().window(Box(40, 40, 560, 440), "Another program").write(60, 90, "hello there")
    done = decide(policy, EMPTY, *[gone] * (len(WAITS) + 1))
    assert isinstance(done[-1], Infeasible)
    assert "click the button 'Save'" in (done[-1].reason or "")
    assert policy.report.drift is not None
    assert policy.report.drift.target == SAVE


def test_what_the_step_before_did_last_time_must_have_happened(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    done = decide(policy, EMPTY, TYPED, *[TYPED] * (len(WAITS) + 1))
    assert isinstance(done[-1], Infeasible)
    assert "step 2" in (done[-1].reason or "")


def test_an_action_that_was_refused_ends_the_replay(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    decide(policy, EMPTY)
    step = Step(step=1, frame="0" * 32, decision=_decision(HELLO), outcomes=(Outcome.refused("no keyboard"),))
    (said,) = decide(policy, TYPED, history=[step])
    assert said == Infeasible(reason="drift at step 1: an action was refused: no keyboard")


def test_a_text_that_was_hidden_is_not_typed(tmp_path: Path) -> None:
    policy = ReplayPolicy(plan(record(tmp_path / "t", hidden=True)))
    (said,) = decide(policy, EMPTY)
    assert isinstance(said, Infeasible)
    assert "make a workflow of it" in (said.reason or "")


def test_what_was_painted_over_may_look_as_it_likes(tmp_path: Path) -> None:
    policy = ReplayPolicy(plan(record(tmp_path / "t", masked=[Box(60, 240, 560, 310)])))
    other = editor("quite another text")
    assert decide(policy, other, other)[:2] == [HELLO, CLICK]


def test_a_missing_frame_cannot_be_verified(script: ReplayPlan) -> None:
    for path in (script.trajectory.folder / "frames").iterdir():
        path.unlink()
    (said,) = decide(ReplayPolicy(script), EMPTY)
    assert isinstance(said, Infeasible)
    assert "cannot be verified" in (said.reason or "")


def test_with_other_values_the_screens_show_those(tmp_path: Path) -> None:
    trajectory = record(tmp_path / "t")
    other = Type(text="goodbye all")
    script = plan(trajectory, values={"hello there": "goodbye all"}, typed={1: {0: other}})
    policy = ReplayPolicy(script)
    done = decide(policy, EMPTY, editor("goodbye all"), editor("goodbye all", title="Saved notes.txt"))
    assert done == [other, CLICK, Finished(answer="saved")]
    stale = ReplayPolicy(script)
    assert decide(stale, EMPTY, TYPED)[-1].kind == "wait"


class Helper:
    """Says what it was given to say."""

    name = "helper"

    def __init__(self, *actions: Action) -> None:
        self.actions, self.tasks = list(actions), list[str]()

    def begin(self, task: Task) -> None:
        self.tasks.append(task.instruction)

    def decide(self, observation: Observation, history: Sequence[Step]) -> Decision:
        return _decision(self.actions.pop(0))

    def close(self) -> None: ...


def test_a_helper_says_where_the_target_is_now(script: ReplayPlan) -> None:
    helper = Helper(Click(at=ScreenPoint(700, 500), count=2))
    policy = ReplayPolicy(script, helper)
    gone = Drawing().write(60, 270, "hello there").write(660, 490, "Put it away")
    done = decide(policy, EMPTY, *[gone] * (len(WAITS) + 1))
    assert done[-1] == Click(at=ScreenPoint(700, 500))
    assert helper.tasks == ["click the button 'Save'"]
    assert policy.report.findings[-1].found == "regrounded"


def test_a_helper_may_close_what_is_in_the_way(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script, Helper(Key(keys=("esc",))))
    done = decide(policy, *[dialog(editor())] * (len(WAITS) + 1), EMPTY)
    assert done[-2:] == [Key(keys=("esc",)), HELLO]


def test_the_expected_screen_is_waited_for_no_longer_than_a_moment(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script)
    empty = EMPTY.screenshot()
    settled = settle(lambda: empty, quiet=60, timeout=120, arrived=policy.arrived)
    assert settled.stable
    assert not policy.arrived(TYPED.screenshot())
    decide(policy, EMPTY)
    assert not policy.arrived(empty)


def test_where_nothing_is_to_change_nothing_is_waited_for(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(EMPTY.screenshot())
        for number in (1, 2):
            writer.decision(number, frame, _decision(CLICK))
            writer.outcome(number, 0, Outcome.done())
    policy = ReplayPolicy(plan(Trajectory.open(tmp_path)))
    decide(policy, EMPTY)
    assert policy.arrived(EMPTY.screenshot())


def test_the_pace_of_the_recording_is_kept_by_waits_before_the_screen_is_looked_at(
    script: ReplayPlan,
) -> None:
    first, second = script.steps
    slow = replace(script, steps=(replace(first, seconds=1.0), replace(second, seconds=31.0)))
    done = decide(ReplayPolicy(slow, speed=2), EMPTY, TYPED, TYPED)
    assert [action.kind for action in done] == ["type", "wait", "wait"]
    assert decide(ReplayPolicy(slow), EMPTY, TYPED)[1] == CLICK
    assert decide(ReplayPolicy(slow, speed=10**6), EMPTY, TYPED)[1] == CLICK


def test_what_was_painted_over_is_not_clicked_where_words_stand_today(tmp_path: Path) -> None:
    policy = ReplayPolicy(plan(record(tmp_path / "t", masked=[Box(50, 370, 190, 420)])))
    decide(policy, EMPTY)
    assert decide(policy, editor("hello there", save="Delete all"))[0].kind == "wait"


def test_a_field_that_was_painted_over_is_clicked_where_it_is_empty(tmp_path: Path) -> None:
    region = Box(50, 250, 550, 310)
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(EMPTY.screenshot().painted([region]))
        inside = Click(at=ScreenPoint(200, 280))
        writer.decision(1, frame, _decision(inside), masked=[region])
        writer.outcome(1, 0, Outcome.done())
    script = plan(Trajectory.open(tmp_path))
    assert decide(ReplayPolicy(script), EMPTY) == [inside]
    assert decide(ReplayPolicy(script), editor("somebody wrote"))[0].kind == "wait"


def test_a_screen_of_which_hardly_anything_was_kept_is_not_recognised(tmp_path: Path) -> None:
    policy = ReplayPolicy(plan(record(tmp_path / "t", masked=[Box(0, 0, 800, 600)])))
    *_, last = decide(policy, *[EMPTY] * (len(WAITS) + 1))
    assert isinstance(last, Infeasible)
    assert "too little was kept" in (last.reason or "")


def test_a_step_is_never_done_by_the_helper_and_by_the_script(script: ReplayPlan) -> None:
    policy = ReplayPolicy(script, Helper(Type(text="hello there"), Type(text="hello")))
    done = decide(policy, *[dialog(editor())] * (len(WAITS) + 1))
    assert isinstance(done[-1], Infeasible)


def test_a_plain_place_is_clicked_only_on_the_screen_it_was_on(tmp_path: Path) -> None:
    plain = Click(at=ScreenPoint(700, 550))
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(Drawing().screenshot())
        writer.decision(1, frame, _decision(plain))
        writer.outcome(1, 0, Outcome.done())
    script = plan(Trajectory.open(tmp_path))
    assert decide(ReplayPolicy(script), Drawing()) == [plain]
    assert decide(ReplayPolicy(script), dialog(editor()))[0].kind == "wait"


def test_a_screen_without_words_is_known_by_its_pixels(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(Drawing().screenshot())
        writer.decision(1, frame, _decision(HELLO))
        writer.outcome(1, 0, Outcome.done())
    script = plan(Trajectory.open(tmp_path))
    nearly = Drawing().fill(Box(10, 10, 60, 40), (200, 30, 30))
    assert decide(ReplayPolicy(script), nearly) == [HELLO]
    other = Drawing().fill(Box(0, 0, 800, 400), (200, 30, 30))
    assert decide(ReplayPolicy(script), other)[0].kind == "wait"


def test_a_run_ends_on_the_screen_that_was_kept_last(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path / "t", header()) as writer:
        frames = [
            writer.frame(drawing.screenshot()) for drawing in (EMPTY, dialog(editor("hello there")), TYPED)
        ]
        writer.decision(1, frames[0], _decision(HELLO))
        writer.outcome(1, 0, Outcome.done())
        writer.decision(2, frames[1], _decision(Finished()))
        writer.end(2, "finished", frame=frames[2])
    policy = ReplayPolicy(plan(Trajectory.open(tmp_path / "t")))
    assert decide(policy, EMPTY, TYPED) == [HELLO, Finished()], "the dialog went while the end was claimed"


def test_a_wait_beside_what_is_typed_changes_nothing(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(EMPTY.screenshot())
        writer.decision(1, frame, _decision(Wait(seconds=1), HELLO))
        writer.outcome(1, 0, Outcome.done())
        writer.outcome(1, 1, Outcome.done())
    trajectory = Trajectory.open(tmp_path)
    secret = Type(text="S3CRET")
    script = plan(trajectory, typed={1: {1: secret}}, secrets={1: {1}})
    decision = ReplayPolicy(script).decide(Observation(EMPTY.screenshot()), ())
    assert decision.reply is not None
    assert decision.reply.actions == (secret,)
    kept = decision.kept().reply
    assert kept is not None
    assert kept.actions == (Type(text=HIDDEN_TEXT),)


def test_masks_of_every_step_are_known(tmp_path: Path) -> None:
    region = Box(1, 2, 30, 40)
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(EMPTY.screenshot())
        writer.decision(1, frame, _decision(CLICK))
        writer.outcome(1, 0, Outcome.done())
        writer.decision(2, frame, _decision(Finished()), masked=[region])
    assert plan(Trajectory.open(tmp_path)).masks == (region,)


def test_a_recording_of_another_kind_of_desk_stops_where_it_cannot_go_on(tmp_path: Path) -> None:
    far = Click(at=ScreenPoint(10**9, -(10**9)))
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(EMPTY.screenshot())
        writer.decision(1, frame, _decision(far), targets=[Target(role="x", box=Box(-5, 10**12, 3, -7))])
        writer.outcome(1, 0, Outcome.done())
    script = plan(Trajectory.open(tmp_path))
    assert decide(ReplayPolicy(script), EMPTY) == [far]  # the gate refuses it: it is outside the screen
    *_, last = decide(ReplayPolicy(script), *[TYPED] * (len(WAITS) + 1))
    assert isinstance(last, Infeasible)


def test_only_what_was_done_is_done_again(tmp_path: Path) -> None:
    with TrajectoryWriter(tmp_path, header()) as writer:
        frame = writer.frame(EMPTY.screenshot())
        writer.decision(1, frame, _decision(Wait(seconds=1)))
        writer.outcome(1, 0, Outcome.done())
        writer.decision(2, frame, _decision(CLICK, HELLO))
        writer.outcome(2, 0, Outcome.done())
        writer.outcome(2, 1, Outcome.refused("no keyboard"))
        writer.decision(3, frame, Decision(reply=None, raw="?", error="no action"))
        writer.decision(4, frame, _decision(Scroll(dy=3)))
        writer.outcome(4, 0, Outcome.done())
        writer.end(4, "limit", frame=frame)
    trajectory = Trajectory.open(tmp_path)
    assert [planned.actions for planned in plan(trajectory).steps] == [(CLICK,), (Scroll(dy=3),)]
    assert [planned.step for planned in plan(trajectory, first=3).steps] == [4]
    with pytest.raises(UsageError, match="nothing to replay"):
        plan(trajectory, last=1)


def test_a_screen_is_waited_for_as_long_as_it_took_last_time_and_then_some(
    script: ReplayPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = replace(script.steps[1], seconds=script.steps[0].seconds + 12.0)
    slow = replace(script, steps=(script.steps[0], second, *script.steps[2:]))
    assert 12.0 < sum(ReplayPolicy(slow).waits(second)) < 60.0
    assert sum(ReplayPolicy(slow, patience=100.0).waits(slow.steps[0])) == pytest.approx(100.0)
    policy = ReplayPolicy(slow, patience=20.0)
    *_, last = decide(policy, EMPTY, *[editor("something else", title="Busy")] * 30)
    assert isinstance(last, Infeasible) and "--patience" in (last.reason or "")


def test_a_helper_that_waits_for_somebody_else_is_broken_off(script: ReplayPlan) -> None:
    class Waiting(Helper):
        over: Callable[[], bool] | None = None

        def break_off_when(self, over: Callable[[], bool]) -> None:
            self.over = over

    helper = Waiting(CLICK)
    ReplayPolicy(script, helper).break_off_when(lambda: True)
    assert helper.over is not None and helper.over()


@pytest.mark.parametrize("value", ["A", "Привет, мир", "静かな部屋", "bread 4711", "x" * 12 + " and y"])
def test_a_value_may_look_like_nothing_that_was_recorded(tmp_path: Path, value: str) -> None:
    other = Type(text=value)
    script = plan(record(tmp_path / "t"), values={"hello there": value}, typed={1: {0: other}})
    shown = value if value.isascii() else "Tpnber, mnp"  # as letters come out that are not read here
    done = decide(ReplayPolicy(script), EMPTY, editor(shown), editor(shown, title="Saved notes.txt"))
    assert done == [other, CLICK, Finished(answer="saved")]


def test_with_other_values_a_wrong_screen_still_stops(tmp_path: Path) -> None:
    other, enter = Type(text="Привет, мир"), Key(keys=("enter",))
    with TrajectoryWriter(tmp_path / "t", header()) as writer:
        frames = [writer.frame(drawing.screenshot()) for drawing in (EMPTY, TYPED, SAVED)]
        for number, action in enumerate((HELLO, enter, Finished()), 1):
            writer.decision(number, frames[number - 1], _decision(action))
            writer.outcome(number, 0, Outcome.done())
        writer.end(3, "finished", frame=frames[2])
    recording = Trajectory.open(tmp_path / "t")
    script = plan(recording, values={"hello there": other.text}, typed={1: {0: other}})
    for wrong in (EMPTY, dialog(editor("Tpnber, mnp")), editor("Tpnber, mnp", title="Other program")):
        policy = ReplayPolicy(script)
        assert decide(policy, EMPTY) == [other]
        *waits, last = decide(policy, *[wrong] * (len(WAITS) + 1))
        assert [wait.kind for wait in waits] == ["wait"] * len(WAITS)
        assert isinstance(last, Infeasible), last
    right = ReplayPolicy(script)
    assert decide(right, EMPTY, editor("Tpnber, mnp")) == [other, enter]
