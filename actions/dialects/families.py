"""By which names and arguments each family of models speaks of the catalogue's words, in one table.

Reading knows them all whatever the family, so this table drives the prompt, the schema and what is written.
The sources of each family's names stand in the profiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tool:
    """One action of a family.

    Attributes:
        name: as the family writes it.
        word: of the catalogue; says what it does.
        arguments: the family's names of the roles that it takes, in the order in which they are written.
        fixed: arguments that are always written so.
    """

    name: str
    word: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)


def _tools(*lines: str) -> tuple[Tool, ...]:
    """A table from lines ``name word role=argument ... argument:value``."""
    return tuple(_tool(line) for line in lines)


def _tool(line: str) -> Tool:
    name, word, *rest = line.split()
    taken = dict(one.split("=") for one in rest if "=" in one)
    fixed = dict(one.split(":") for one in rest if ":" in one)
    return Tool(name, word, taken, fixed)


_MOUSE = (
    "left_click click point=coordinate hold=modifiers",
    "double_click left_double point=coordinate hold=modifiers",
    "triple_click triple_click point=coordinate hold=modifiers",
    "right_click right_single point=coordinate hold=modifiers",
    "middle_click middle_click point=coordinate hold=modifiers",
    "mouse_move move_to point=coordinate",
)
_ENDS = (
    "wait wait seconds=time",
    "answer finished text=text",
    "terminate finished status:success",
    "terminate infeasible status:failure",
    "call_user call_user text=text",
)
FAMILIES: dict[str, tuple[Tool, ...]] = {
    "computer_use": _tools(
        *_MOUSE,
        "left_click_drag drag end=coordinate",
        "key hotkey keys=keys",
        "type type text=text",
        "scroll scroll point=coordinate pixels=pixels",
        "hscroll hscroll point=coordinate pixels=pixels",
        *_ENDS,
    ),
    "gui_owl": _tools(
        "click click point=coordinate",
        *_MOUSE[1:],
        "drag drag point=coordinate end=coordinate2",
        "key hotkey keys=keys",
        "type type text=text clear=clear submit=enter",
        "scroll scroll point=coordinate amount=amount direction=direction",
        *_ENDS,
    ),
    "mai": _tools(
        "click click point=coordinate",
        "double_click left_double point=coordinate",
        "right_click right_single point=coordinate",
        "long_press long_press point=coordinate seconds=duration",
        "drag drag point=start_coordinate end=end_coordinate",
        "scroll scroll point=coordinate direction=direction amount=amount",
        "type type text=text",
        "key hotkey keys=keys",
        "open open_app name=text",
        "wait wait seconds=time",
        "ask_user call_user text=text",
        "answer finished text=text",
        "terminate finished status:success",
        "terminate infeasible status:fail",
    ),
    "fara": _tools(
        "left_click click point=coordinate",
        "mouse_move move_to point=coordinate",
        "key hotkey keys=keys",
        "type type text=text submit=press_enter clear=delete_existing_text",
        "scroll scroll point=coordinate pixels=pixels",
        "pause_and_memorize_fact take_note noted=fact",
        *_ENDS,
    ),
    "computer": _tools(
        *_MOUSE,
        "left_click_drag drag point=start_coordinate end=coordinate",
        "key hotkey keys=text repeat=repeat",
        "hold_key hotkey keys=text seconds=duration",
        "type type text=text",
        "scroll scroll point=coordinate direction=scroll_direction amount=scroll_amount",
        "zoom zoom region=region",
        *_ENDS,
    ),
    "planner": _tools(
        "left_click click point=target hold=modifiers",
        "double_click left_double point=target hold=modifiers",
        "right_click right_single point=target",
        "mouse_move move_to point=target",
        "drag drag point=target end=to",
        "key hotkey keys=keys repeat=repeat",
        "type type text=text submit=press_enter clear=clear",
        "scroll scroll point=target direction=direction amount=amount",
        "open_app open_app name=name",
        *_ENDS,
    ),
    "glm": _tools(
        "left_click click point=start_box",
        "right_click right_single point=start_box",
        "middle_click middle_click point=start_box",
        "left_double_click left_double point=start_box",
        "hover move_to point=start_box",
        "left_drag drag point=start_box end=end_box",
        "key hotkey keys=keys",
        "type type text=content",
        "scroll scroll point=start_box direction=direction amount=step",
        "WAIT wait seconds=time",
        "DONE finished text=content",
        "FAIL infeasible text=content",
        "call_user call_user text=content",
    ),
    "venus": _tools(
        "Click click point=box",
        "DoubleClick left_double point=box",
        "RightClick right_single point=box",
        "Hover move_to point=box",
        "LongPress long_press point=box seconds=duration",
        "Drag drag point=start end=end",
        "Scroll scroll point=start direction=direction amount=amount",
        "Type type text=content",
        "Hotkey hotkey keys=keys",
        "Launch open_app name=app",
        "Wait wait seconds=time",
        "Finished finished text=content",
        "AskUser call_user text=content",
        "Infeasible infeasible text=content",
    ),
    "holo": _tools(
        "click_element click point=point",
        "double_click left_double point=point",
        "right_click right_single point=point",
        "write_element type point=point text=content clear=clear submit=press_enter",
        "press_key hotkey keys=keys",
        "scroll scroll direction=direction amount=amount",
        "wait wait seconds=seconds",
        "answer finished text=content",
        "give_up infeasible text=content",
        "ask_user call_user text=content",
    ),
}
"""The actions of each family. Where a family lacks a word that every agent needs (giving up, asking),
it has ours."""
