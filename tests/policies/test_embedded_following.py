"""The embedded reasoner with a map: it goes where the task says, once, and back from where it is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deskhand.actions.geometry import Box
from deskhand.actions.outcome import Outcome
from deskhand.actions.reply import Reply
from deskhand.actions.vocabulary import Action, Click, Finished, Infeasible, Key, Type, Wait
from deskhand.knowledge.known import KnownMap
from deskhand.knowledge.map import (
    AppMap,
    Deed,
    MapCommand,
    MapControl,
    MapField,
    MapState,
    ident,
    read_map,
    write_map,
)
from deskhand.knowledge.navigating import MOST_TRIES, operate
from deskhand.knowledge.recognising import Look
from deskhand.perception.screen import Element, Screenshot
from deskhand.perception.watch.observe import Observation
from deskhand.policies.embedded.following import MapFollower
from deskhand.trajectories.records import Decision, Step

BAR = (
    Element("menuitem", "Image", Box(0, 0, 50, 20)),
    Element("menuitem", "Help", Box(60, 0, 110, 20)),
)
MENU = (
    *BAR,
    *(
        Element("menuitem", name, Box(0, 20 + 20 * n, 90, 40 + 20 * n))
        for n, name in enumerate(("Size...", "Turn over", "Copy"))
    ),
)
FIELD = Element("field", "", Box(200, 200, 400, 220), label="Width:")
DIALOG = (
    *BAR,
    Element("titlebar", "Size", Box(150, 100, 500, 120)),
    FIELD,
    Element("button", "Apply", Box(200, 300, 260, 320)),
)
STRANGE = (Element("button", "Retry", Box(300, 300, 360, 320)),)
SCREENS = {"window": BAR, "menu": MENU, "dialog": DIALOG}


def state(kind: str, name: str, path: tuple[Deed, ...]) -> MapState:
    look = Look.at(SCREENS[kind])
    own = look.texts - Look.at(BAR).texts
    facts = {"features": tuple(look.features), "texts": tuple(look.texts), "own": tuple(own)}
    return MapState(id=ident(path), kind=kind, name=name, path=path, **facts)


def on(element: Element) -> Deed:
    return Deed(on=MapControl(role=element.role, name=element.name, box=element.box))


IMAGE, SIZE, TURN = on(BAR[0]), on(MENU[2]), on(MENU[3])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start, menu = state("window", "Paint", ()), state("menu", "Image", (IMAGE,))
    dialog = state("dialog", "Size", (IMAGE, SIZE))
    commands = (
        MapCommand(state=start.id, deed=IMAGE, effect="opens", leads_to=menu.id, tries=1),
        MapCommand(state=menu.id, deed=SIZE, effect="opens", leads_to=dialog.id, tries=1),
        MapCommand(state=menu.id, deed=TURN, effect="changes", undone=True, tries=1),
    )
    field = MapField(state=dialog.id, role="field", name="Width:", box=FIELD.box)
    found = AppMap(
        application="paint", size=(640, 480), states=(start, menu, dialog), commands=commands, fields=(field,)
    )
    write_map(found, tmp_path)
    return tmp_path


def seen(elements: Sequence[Element]) -> Observation:
    found = tuple(elements)
    return Observation(Screenshot(np.zeros((480, 640, 3), np.uint8)), find_elements=lambda _: found)


GIVEN = Reply(thought="It cannot be done.", actions=(Infeasible(),))
"""What the network decided before the map was asked."""


class Walk:
    """Asks a follower again and again, as the loop does."""

    def __init__(self, folder: Path, task: str, vectors=None) -> None:  # type: ignore[no-untyped-def]
        self.known, self.outcome = KnownMap(folder, task, vectors), Outcome.done()
        self.follower, self.history = MapFollower(self.known), list[Step]()
        self.thoughts: list[str] = []

    def step(
        self, elements: Sequence[Element], *, changed: bool = True, guess: bool = False
    ) -> Action | None:
        """What is done on a screen; ``changed`` says of the step before whether it did something."""
        if self.history:
            self.history[-1] = self.history[-1].model_copy(update={"changed": changed})
        observation = seen(elements)
        if guess:
            reply = self.follower.guess(0, GIVEN, observation, self.history)
        else:
            reply = self.follower.step(observation, self.history)
        if reply is None:
            return None
        self.thoughts.append(reply.thought)
        self._keep(reply)
        return reply.actions[0]

    def _keep(self, reply: Reply) -> None:
        done = Step(
            step=len(self.history),
            frame="x",
            decision=Decision(reply=reply, raw=""),
            outcomes=(self.outcome,),
        )
        self.history.append(done)


def test_it_goes_to_the_dialog_fills_in_what_is_quoted_and_finishes(folder: Path) -> None:
    walk = Walk(folder, "Type '640' into 'Width:' in the dialog 'Size'")
    assert walk.step(BAR) == Click(at=BAR[0].box.centre)
    assert walk.thoughts == ["The map says: Image > Size... > Width:. I click it."]
    assert walk.step(MENU) == Click(at=MENU[2].box.centre)
    assert walk.step(DIALOG) == Click(at=FIELD.box.centre)
    assert walk.step(DIALOG) == Key(keys=("ctrl", "a"))
    assert walk.step(DIALOG) == Type(text="640")
    filled = [*DIALOG, Element("text", "640", Box(202, 202, 230, 218))]
    assert isinstance(walk.step(filled), Finished)
    assert walk.step(filled) is None
    assert walk.known.renew() == 2
    assert [(one.tries, one.failures) for one in read_map(folder).commands] == [(2, 0), (2, 0), (1, 0)]


def test_where_a_task_asks_for_more_the_network_goes_on_after_the_map(folder: Path) -> None:
    walk = Walk(folder, "Choose 'Image > Turn over' and tell the printer to make nine sheets")
    assert walk.step(MENU) == Click(at=MENU[3].box.centre)
    assert walk.step(BAR) is None and walk.step(BAR) is None
    assert Walk(folder, "make nine sheets").step(BAR) is None
    assert Walk(folder, "Is 'Image > Turn over' there?").step(MENU) is None, "a question changes nothing"


def test_what_changes_nothing_is_noted_and_not_done_twice(folder: Path) -> None:
    works = Walk(folder, "Choose 'Image > Turn over'")
    works.step(MENU)
    assert isinstance(works.step(BAR), Finished)
    walk = Walk(folder, "Choose 'Image > Turn over', then open the dialog 'Size'")
    walk.step(MENU)
    assert walk.step(BAR, changed=False) == Click(at=BAR[0].box.centre)
    assert "'Turn over' changed nothing" in walk.thoughts[-1]
    assert walk.step(MENU) == Click(at=MENU[2].box.centre)
    assert walk.step(DIALOG) is None, "what changed nothing is not said to be done: the network goes on"
    walk.known.renew()
    assert read_map(folder).commands[2].failures == 1


def test_a_step_that_leads_elsewhere_is_noted_and_an_unknown_screen_is_left(folder: Path) -> None:
    walk = Walk(folder, "Open the dialog 'Size'")
    walk.step(BAR)
    assert isinstance(walk.step(STRANGE), Wait), "the program may be slow"
    assert walk.step(STRANGE) is None and walk.step(BAR) is None, "no path is gone twice: the network goes on"
    lost = Walk(folder, "Open the dialog 'Size'")
    assert [lost.step(STRANGE) for _ in range(3)] == [Key(keys=("escape",)), Key(keys=("escape",)), None]
    walk.known.renew()
    assert read_map(folder).commands[0].failures == 1


def test_what_was_refused_is_neither_said_to_be_done_nor_held_against_the_map(folder: Path) -> None:
    walk = Walk(folder, "Choose 'Image > Turn over'")
    walk.outcome = Outcome.refused("a rule denies it")
    assert walk.step(MENU) == Click(at=MENU[3].box.centre)
    assert walk.step(MENU, changed=False) is None, "the network goes on"
    opens = Walk(folder, "Open the dialog 'Size'")
    opens.outcome = Outcome.refused("a rule denies it")
    assert opens.step(BAR) == Click(at=BAR[0].box.centre)
    assert opens.step(BAR, changed=False) is None and opens.step(BAR, changed=False) is None
    assert (walk.known.renew(), opens.known.renew()) == (0, 0)


def test_what_changes_something_is_used_by_its_name_and_not_by_its_place(folder: Path) -> None:
    misread, another = (Element("menuitem", name, MENU[3].box) for name in ("Tum over", "Erase all"))
    assert operate(TURN, [*MENU[:3], misread], by_name=True) == Click(at=misread.box.centre)
    assert operate(TURN, [*MENU[:3], another], by_name=True) is None
    assert operate(TURN, [*MENU[:3], another]) == Click(at=another.box.centre), (
        "what only leads on may be tried"
    )
    more = [Element("menuitem", f"Filter {n}", Box(0, 90 + 20 * n, 90, 110 + 20 * n)) for n in range(9)]
    look, found = Look.at([*MENU, *more]), read_map(folder)
    facts = {"features": tuple(look.features), "texts": tuple(look.texts), "own": tuple(look.texts)}
    longer = found.states[1].model_copy(update=facts)
    write_map(found.model_copy(update={"states": (found.states[0], longer, found.states[2])}), folder)
    task = "Choose 'Image > Turn over'"
    assert Walk(folder, task).step([*MENU[:3], misread, MENU[4], *more]) == Click(at=misread.box.centre)
    assert Walk(folder, task).step([*MENU[:3], another, MENU[4], *more]) == Key(keys=("escape",))


def test_a_step_that_is_given_up_before_it_is_done_is_not_awaited(folder: Path) -> None:
    walk = Walk(folder, "Open the dialog 'Size'", meaning)
    walk.follower._tries = MOST_TRIES
    assert walk.step(BAR) is None
    assert walk.step(BAR, guess=True) == Click(at=BAR[0].box.centre), "a guess has tries of its own"
    assert walk.known.renew() == 0


def meaning(texts: Sequence[str]) -> NDArray[np.float32]:
    near = {"Make it wider": (1.0, 0.0), "Size": (0.5, 0.87), "Turn over": (0.9, 0.44)}
    return np.array([near.get(text, (0.0, 1.0)) for text in texts], np.float32)


def test_where_the_network_does_not_know_the_nearest_in_meaning_is_opened_once(folder: Path) -> None:
    walk = Walk(folder, "Make it wider, then turn it over", meaning)
    assert walk.step(BAR) is None
    assert walk.step(BAR, guess=True) == Click(at=BAR[0].box.centre)
    assert walk.step(MENU) == Click(at=MENU[2].box.centre), "nothing is changed on a guess"
    assert walk.step(DIALOG) is None
    assert walk.step(BAR, guess=True) is None, "no path is walked twice"
    assert Walk(folder, "Make it wider").step(BAR, guess=True) is None, (
        "without the encoder nothing is guessed"
    )


def test_menus_and_dialogs_are_known_where_other_documents_are_open(folder: Path) -> None:
    documents = [Element("button", f"Document {n}", Box(300, 40 * n, 380, 40 * n + 20)) for n in range(9)]
    walk = Walk(folder, "Open the dialog 'Size'")
    misread = Element("menuitem", "lmage", BAR[0].box)
    assert Walk(folder, "Open the menu 'Image'").step([misread, *documents]) == Click(at=misread.box.centre)
    assert walk.step([*BAR, *documents]) == Click(at=BAR[0].box.centre)
    assert walk.step([*MENU, *documents]) == Click(at=MENU[2].box.centre)
    assert isinstance(walk.step([*DIALOG, *documents]), Finished)
    walk.known.renew()
    assert [one.failures for one in read_map(folder).commands] == [0, 0, 0]
