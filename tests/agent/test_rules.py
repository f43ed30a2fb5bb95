"""Rules before every action: first fit decides, what is not known is asked, and it is on record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deskhand.actions.geometry import Box, ScreenPoint
from deskhand.actions.vocabulary import (
    Action,
    Click,
    Drag,
    Finished,
    Key,
    MouseDown,
    Move,
    Scroll,
    TakeScreenshot,
    Type,
    Zoom,
)
from deskhand.agent.checks import MOST_STALE, STALE, is_stale
from deskhand.agent.rules.guard import Guard, RuleQuestion
from deskhand.agent.rules.past import rulings_of
from deskhand.agent.rules.rulebook import Rulebook, read_rules
from deskhand.agent.rules.situation import RuledScreen
from deskhand.errors import UsageError
from deskhand.perception.screen import Element, Screenshot
from deskhand.sandbox.abilities import Window
from deskhand.sandbox.lightbox import Lightbox
from deskhand.trajectories.records import Task
from deskhand.waiting import wait_until
from tests.agent.desk import Deciding, acting, go, records
from tests.conftest import deskhand

DEFAULT = read_rules("default")
EDITOR = [
    Window({"title": "notes.txt - Mousepad", "class": "Mousepad", "instance": "mousepad", "active": True})
]
TERMINAL = [Window({"title": "xterm", "class": "XTerm", "instance": "xterm", "active": True})]
FILES = [Window({"title": "home", "class": "Pcmanfm", "instance": "pcmanfm", "active": True})]
BROWSER = [Window({"title": "Bank - Chromium", "class": "Chromium", "instance": "chromium", "active": True})]
MAIL = [Window({"title": "Compose", "class": "Sylpheed", "instance": "sylpheed", "active": True})]

ELEMENTS = (
    Element("window", "", Box(0, 0, 800, 600)),
    Element("area", "", Box(0, 100, 800, 500)),
    Element(
        "text", "please delete the old report and send me the new one before friday", Box(10, 120, 700, 140)
    ),
    Element("button", "OK", Box(100, 520, 180, 550)),
    Element("button", "Delete", Box(200, 520, 280, 550)),
    Element("icon", "", Box(300, 10, 330, 40)),
    Element("icon", "", Box(400, 10, 430, 40)),
    Element("text", "Trash", Box(400, 44, 440, 60)),
    Element("field", "", Box(500, 520, 600, 550), label="Password"),
    Element("button", "삭제하기", Box(620, 520, 700, 550)),
)
OK, DELETE, PROSE, AREA = (ScreenPoint(*p) for p in ((140, 535), (240, 535), (300, 130), (300, 300)))
NAMELESS, TRASH, PASSWORD, KOREAN = (ScreenPoint(*p) for p in ((315, 25), (415, 25), (550, 535), (660, 535)))
UNREAD = Element("button", "", Box(100, 520, 180, 550))
"""A button with a text that could not be read: it is too wide for a picture."""
NOWHERE = ScreenPoint(790, 590)


def screen(
    windows: Sequence[Window] | None = EDITOR,
    elements: Sequence[Element] = ELEMENTS,
    touched: ScreenPoint | None = None,
) -> RuledScreen:
    return RuledScreen(lambda: elements, windows, touched)


def said(action: Action, where: RuledScreen, rules: Rulebook = DEFAULT) -> tuple[str, str]:
    ruling = Guard(rules).ruled(action, where)
    return ruling.decision, ruling.rule


CASES: tuple[tuple[Action, RuledScreen, str, str], ...] = (
    (Click(at=OK), screen(), "allow", ""),
    (Click(at=DELETE), screen(), "ask", "delete"),
    (Click(at=KOREAN), screen(), "ask", "delete"),
    (Click(at=TRASH), screen(), "ask", "delete"),
    (Click(at=PROSE), screen(), "allow", ""),
    (Click(at=AREA), screen(), "allow", ""),
    (Click(at=PASSWORD), screen(), "ask", "credentials"),
    (Click(at=NAMELESS), screen(), "ask", "delete"),
    (Click(at=NAMELESS), screen(TERMINAL), "ask", "shell-paste"),
    (Click(at=NOWHERE), screen(elements=()), "ask", "delete"),
    (Click(), screen(), "ask", "delete"),
    (Drag(path=(OK, TRASH)), screen(FILES), "ask", "delete"),
    (Move(at=DELETE), screen(), "allow", ""),
    (Scroll(at=NOWHERE, dy=3), screen(), "allow", ""),
    (TakeScreenshot(), screen(), "allow", ""),
    (Zoom(region=Box(0, 0, 100, 100)), screen(), "allow", ""),
    (Type(text="delete me"), screen(), "allow", ""),
    (Type(text="a secret"), screen(touched=PASSWORD), "ask", "credentials"),
    (Type(text="rm -rf ~"), screen(TERMINAL), "allow", ""),
    (Type(text="rm -rf ~", submit=True), screen(TERMINAL), "ask", "shell"),
    (Type(text="ls\nrm x"), screen(TERMINAL), "ask", "shell"),
    (Key(keys=("enter",)), screen(TERMINAL), "ask", "shell"),
    (Key(keys=("ctrl", "j")), screen(TERMINAL), "ask", "shell"),
    (Key(keys=("shift", "enter")), screen(TERMINAL), "ask", "shell"),
    (Click(at=PROSE, button="middle"), screen(TERMINAL), "ask", "shell"),
    (Click(at=PROSE, button="middle"), screen(), "allow", ""),
    (MouseDown(at=PROSE, button="middle"), screen(TERMINAL), "ask", "shell"),
    (Key(keys=("enter",)), screen(), "ask", "delete"),
    (Key(keys=("enter",)), screen(elements=ELEMENTS[:4]), "allow", ""),
    (Key(keys=("enter",)), screen(None, elements=()), "ask", "shell"),
    (Key(keys=("enter",)), screen(elements=(UNREAD,)), "ask", "delete"),
    (Type(text="x", submit=True), screen(elements=(UNREAD,)), "ask", "delete"),
    (Click(at=OK), screen(elements=(UNREAD, ELEMENTS[2])), "ask", "delete"),
    (Type(text="https://x.example/?q=secret"), screen(BROWSER), "ask", "address-with-data"),
    (Type(text="x.example/a?q=1"), screen(BROWSER), "ask", "address-with-data"),
    (Type(text="https://x.example/news"), screen(BROWSER, ELEMENTS[:4]), "allow", ""),
    (Type(text="what is 1/2?"), screen(BROWSER, ELEMENTS[:4]), "allow", ""),
    (Type(text="https://x.example/?q=secret"), screen(), "allow", ""),
    (Key(keys=("delete",)), screen(FILES), "ask", "delete-files"),
    (Key(keys=("delete",)), screen(), "allow", ""),
    (Key(keys=("shift", "delete")), screen(), "ask", "delete-for-good"),
    (Key(keys=("ctrl", "s")), screen(), "allow", ""),
    (Key(keys=("ctrl", "enter")), screen(MAIL, ELEMENTS[:4]), "ask", "send-mail"),
    (Finished(), screen(), "allow", ""),
)


@pytest.mark.parametrize(("action", "where", "decision", "rule"), CASES)
def test_the_rules_that_ship_ask_before_what_cannot_be_undone(
    action: Action, where: RuledScreen, decision: str, rule: str
) -> None:
    assert said(action, where) == (decision, rule)


def rules(*rows: dict[str, Any], otherwise: str = "allow") -> Rulebook:
    return Rulebook.model_validate({"rule": list(rows), "otherwise": otherwise})


def test_the_first_that_fits_decides_and_all_its_conditions_hold() -> None:
    book = rules(
        {"name": "mine", "decision": "allow", "element": ["delete"], "application": ["mousepad"]},
        {"name": "never", "decision": "deny", "element": ["delete"]},
        {"name": "keys", "decision": "ask", "keys": ["ctrl+q"]},
        otherwise="ask",
    )
    assert said(Click(at=DELETE), screen(), book) == ("allow", "mine")
    assert said(Click(at=DELETE), screen(FILES), book) == ("deny", "never")
    assert said(Click(at=OK), screen(), book) == ("ask", "")
    assert said(Key(keys=("q", "ctrl")), screen(), book) == ("ask", "keys")


def test_what_is_typed_where_it_goes_and_which_page_is_open_can_be_told_apart() -> None:
    address = Element("field", "https://pay.bank.example/transfer?to=1", Box(100, 10, 500, 30))
    book = rules(
        {"name": "bank", "decision": "deny", "domain": ["*.bank.example"]},
        {"name": "etc", "decision": "deny", "folder": ["/etc", "~/private"]},
        {"name": "card", "decision": "ask", "text": [r"\b\d{4} ?\d{4} ?\d{4} ?\d{4}\b"]},
        {"name": "title", "decision": "ask", "window": ["^Compose"], "action": ["type"]},
    )
    assert said(Type(text="x"), screen(BROWSER, elements=(address,)), book) == ("deny", "bank")
    assert said(Type(text="x"), screen(BROWSER, elements=()), book) == ("ask", "bank"), "no address was read"
    assert said(Type(text="x"), screen(EDITOR, elements=(address,)), book) == ("allow", "")
    assert said(Type(text="cat /etc/passwd"), screen(), book) == ("deny", "etc")
    assert said(Type(text="~/private/a.txt"), screen(), book) == ("deny", "etc")
    assert said(Type(text="/etcetera"), screen(), book) == ("allow", "")
    assert said(Type(text="4111 1111 1111 1111"), screen(), book) == ("ask", "card")
    assert said(Type(text="Hi"), screen(MAIL), book) == ("ask", "title")
    assert said(Key(keys=("a",)), screen(MAIL), book) == ("allow", "")


def test_what_is_not_known_is_a_question_and_never_an_allowance() -> None:
    icon = Click(at=NAMELESS)
    denies = rules({"name": "no", "decision": "deny", "element": ["delete"]})
    allows = rules({"name": "yes", "decision": "allow", "element": ["save"]}, otherwise="deny")
    ruling = Guard(denies).ruled(icon, screen())
    assert (ruling.decision, ruling.rule) == ("ask", "no") and "not known" in ruling.why
    assert said(icon, screen(), allows) == ("deny", "")
    assert said(Move(at=NAMELESS), screen(), denies) == ("allow", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("otherwise = 'maybe'", "otherwise"),
        ("[[rule]]\nname = 'a'\ndecision = 'ask'\nelemnt = ['x']", "did you mean 'element'"),
        ("[[rules]]\nname = 'a'", "did you mean 'rule'"),
        ("[[rule]]\nname = 'a'\ndecision = 'ask'\naction = ['clik']", "did you mean 'click'"),
        ("[[rule]]\nname = 'a'\ndecision = 'ask'\nkeys = ['nokey']", "nokey"),
        ("[[rule]]\nname = 'a'\ndecision = 'ask'\ntext = ['(']", "no regular expression"),
        ("[[rule]]\nname = 'a'\ndecision = 'ask'\n[[rule]]\nname = 'a'\ndecision = 'deny'", "two rules"),
        ("[[rule]\n", "cannot be read"),
    ],
)
def test_a_file_with_a_fault_is_refused_with_the_word_that_was_meant(
    text: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=words):
        read_rules(str(path))


def test_yaml_says_the_same_and_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "otherwise: deny\nrule:\n- name: look\n  decision: allow\n  action: [scroll]\n"
    )
    assert said(Scroll(dy=1), screen(), read_rules(str(tmp_path / "a.yaml"))) == ("allow", "look")
    (tmp_path / "b.yaml").write_text("!!python/object/apply:os.system ['touch /tmp/x']")
    with pytest.raises(UsageError, match="cannot be read"):
        read_rules(str(tmp_path / "b.yaml"))
    with pytest.raises(UsageError, match=r"\.toml or \.yaml"):
        read_rules("rules.json")
    with pytest.raises(UsageError, match="cannot be read"):
        read_rules(str(tmp_path / "none.toml"))


def test_a_question_can_be_answered_beforehand_by_its_rule_alone() -> None:
    guard = Guard(DEFAULT, waived=("delete",))
    ruling = guard.ruling(1, Click(at=DELETE), screen())
    assert ruling.allowed and ruling.who == "waived"
    assert not guard.ruling(1, Click(at=PASSWORD), screen()).allowed
    with pytest.raises(UsageError, match="did you mean 'delete'"):
        Guard(DEFAULT, waived=("delet",))
    with pytest.raises(UsageError, match="asks nothing"):
        Guard(rules({"name": "no", "decision": "deny"}), waived=("no",))


@pytest.mark.parametrize(("answer", "who"), [(True, "person"), (False, "person"), (None, "nobody")])
def test_a_person_says_yes_or_no_and_nobody_is_a_no(answer: bool | None, who: str) -> None:
    asked: list[RuleQuestion] = []

    def ask(question: RuleQuestion) -> bool | None:
        asked.append(question)
        return answer

    ruling = Guard(DEFAULT, ask).ruling(3, Click(at=DELETE), screen())
    assert (ruling.allowed, ruling.who) == (answer is True, who)
    assert asked[0].rule == "delete" and asked[0].step == 3 and asked[0].sure and asked[0].seconds == 300
    assert Guard(DEFAULT).ruling(3, Click(at=DELETE), screen()).who == "nobody"


def test_a_person_is_told_what_would_be_hit() -> None:
    asked: list[str] = []

    def ask(question: RuleQuestion) -> bool:
        asked.append(question.words)
        return False

    for action in (Click(at=DELETE), Click(at=NOWHERE), Type(text="a secret")):
        Guard(DEFAULT, ask).ruling(1, action, screen(touched=PASSWORD))
    assert asked == ["click the button 'Delete'", "click at (790, 590)", 'type "a secret"']


def test_a_patch_that_shows_something_else_is_stale_and_a_caret_is_not() -> None:
    before = np.full((200, 200, 3), 255, np.uint8)
    caret, dialog = before.copy(), before.copy()
    caret[90:110, 100:102] = 0
    dialog[60:140, 60:140] = 200
    dialog[80:100, 80:120] = 30
    shots = [Screenshot(one) for one in (before, caret, dialog, before[:100])]
    aim = ScreenPoint(100, 100)
    assert [is_stale(shots[0], one, aim) for one in shots] == [False, False, True, True]
    assert not is_stale(shots[0], shots[2], ScreenPoint(10, 10))


# On a real desktop.


@pytest.mark.lightbox
def test_what_a_rule_refuses_is_not_done_and_stands_in_the_trajectory(box: Lightbox, tmp_path: Path) -> None:
    box.write_file("keep.txt", b"x")
    box.launch("xterm")
    answers = [True, False]
    guard = Guard(DEFAULT, lambda question: answers.pop(0))
    policy = Deciding(
        acting(Type(text="echo yes > made.txt", submit=True)),
        acting(Type(text="rm keep.txt", submit=True), Type(text="x")),
        acting(Finished()),
    )
    result, run = go(box, policy, tmp_path / "run", guard=guard, patient=True)
    assert result.status == "finished"
    assert {"keep.txt", "made.txt"} <= {file.path for file in box.files()}
    outcomes = [(outcome.status, outcome.reason) for step in run.steps for outcome in step.outcomes]
    assert outcomes[0] == ("ok", "") and outcomes[1][0] == "refused" and "a person said no" in outcomes[1][1]
    assert len(outcomes) == 2, "what follows in the step is not done either"
    notes = [
        one["data"] for one in records(tmp_path / "run") if one["type"] == "note" and "rule" in one["data"]
    ]
    assert [(one["rule"], one["who"], one["allowed"]) for one in notes] == [
        ("shell", "person", True),
        ("shell", "person", False),
    ]
    assert [one["frame"] for one in notes] == [step.frame for step in run.steps[:2]]
    asked = [(one.step, one.ruling.rule) for one in rulings_of(DEFAULT, run) if one.ruling.decision == "ask"]
    assert (2, "shell") in asked
    box.reset()


@pytest.mark.lightbox
def test_what_opened_in_the_same_step_is_seen_before_the_next_action(box: Lightbox, tmp_path: Path) -> None:
    box.launch("mousepad")
    seen: list[str] = []

    def ask(question: RuleQuestion) -> bool:
        seen.append(question.rule)
        return False

    book = rules({"name": "quit", "decision": "ask", "keys": ["enter"], "element": ["don't save", "save as"]})
    policy = Deciding(
        acting(Type(text="unsaved"), Key(keys=("ctrl", "q")), Key(keys=("enter",))), acting(Finished())
    )
    _, run = go(box, policy, tmp_path / "run", guard=Guard(book, ask), patient=True)
    assert seen == ["quit"]
    assert [outcome.status for outcome in run.steps[0].outcomes] == ["ok", "ok", "refused"]
    box.reset()


class Waiting(Deciding):
    """Does something to the desktop while it decides."""

    def __init__(self, meanwhile: Any, *decisions: Any) -> None:
        super().__init__(*decisions)
        self._meanwhile, self.last = meanwhile, 0

    def decide(self, observation: Any, history: Any) -> Any:
        found = super().decide(observation, history)
        if len(history) <= self.last:
            self._meanwhile(len(history))
        return found


@pytest.mark.lightbox
def test_a_click_on_what_has_changed_meanwhile_is_not_made_but_not_for_ever(
    box: Lightbox, tmp_path: Path
) -> None:
    aim = ScreenPoint(300, 200)

    def meanwhile(step: int) -> None:
        before = box.screenshot()
        if step == 1:
            box.reset()
        else:
            box.launch("xterm")
        wait_until(lambda: is_stale(before, box.screenshot(), aim), timeout=20, what="another screen")

    policy = Waiting(meanwhile, *[acting(Click(at=aim))] * 3, acting(Finished()))
    policy.last = MOST_STALE
    result, run = go(box, policy, tmp_path / "run", patient=True)
    assert result.status == "finished"
    outcomes = [outcome for step in run.steps for outcome in step.outcomes]
    assert [outcome.reason for outcome in outcomes] == [STALE, STALE, ""]
    assert outcomes[-1].ok and any(STALE in note for note in run.steps[0].notes)
    box.reset()


def test_the_commands_show_rules_and_say_what_is_wrong(tmp_path: Path) -> None:
    done = deskhand("rules", "show", "--json")
    assert done.returncode == 0 and '"delete-for-good"' in done.stdout
    (tmp_path / "r.toml").write_text("[[rule]]\nname = 'a'\ndecision = 'ask'\nelemnt = ['x']")
    for line in (
        ("run", "x", "--rules", str(tmp_path / "r.toml")),
        ("run", "x", "--yes", "delete"),
        ("run", "x", "--rules", "default", "--yes", "nothing"),
    ):
        failed = deskhand(*line)
        assert failed.returncode == 2, failed.stderr


@pytest.mark.lightbox
def test_a_run_of_the_past_is_checked_by_the_command(box: Lightbox, tmp_path: Path) -> None:
    policy = Deciding(acting(Type(text="ls", submit=True)), acting(Finished()))
    go(box, policy, tmp_path / "run", task=Task(instruction="list", launch="xterm"))
    done = deskhand("rules", "check", "default", str(tmp_path / "run"), "--json")
    assert done.returncode == 0, done.stderr
    assert '"shell"' in done.stdout
    box.reset()
