"""The words of every dialect, in one table that drives the prompt, the reader and the writer.

``WORDS`` says what each word does and which arguments it takes. ``ROLES`` says under which names an
argument is understood. A dialect is a choice of words (``COMMON``, ``SECOND``) and a way of writing;
reading knows all words whatever the dialect, because models mix them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the grammar.

    Attributes:
        name: as the dialects write it.
        kind: the kind of action it stands for.
        takes: roles of its arguments, the order in which unnamed ones are given to them.
        says: what it does, for the prompt.
        preset: fields of the action that the word itself fixes.
        aliases: other spellings that are read, never written; ``_`` may be missing or a dash.
    """

    name: str
    kind: str
    takes: tuple[str, ...]
    says: str
    preset: Mapping[str, str | int] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


def _word(name: str, kind: str, takes: str, says: str, aliases: str = "", **preset: str | int) -> Word:
    return Word(name, kind, tuple(takes.split()), says, preset, tuple(aliases.split()))


_CLICK = "point button count hold"

WORDS: tuple[Word, ...] = (
    _word(
        "click", "click", _CLICK, "press the left button once at the point",
        "left_click left_single single_click left_single_click click_left tap mouse_click click_element",
    ),
    _word(
        "left_double", "click", _CLICK, "press the left button twice at the point",
        "double_click left_double_click double_left_click dbl_click double_tap", count=2,
    ),
    _word(
        "right_single", "click", _CLICK, "press the right button once at the point",
        "right_click right_single_click context_click", button="right",
    ),
    _word("middle_click", "click", _CLICK, "press the middle button once", "middle_single", button="middle"),
    _word("triple_click", "click", _CLICK, "press the left button three times", "left_triple", count=3),
    _word(
        "drag", "drag", "point end path button hold", "press at the first point, release at the second",
        "drag_to drag_and_drop drag_drop left_click_drag click_and_drag left_drag mouse_drag select",
    ),
    _word("swipe", "drag", "point end path button hold direction", "move a finger from one point to another"),
    _word(
        "hotkey", "key", "keys repeat seconds milliseconds",
        "press the keys together; separate them with a space, in lower case",
        "hotkeys hot_key key keys keypress press_key press_keys key_press key_combo key_combination shortcut",
    ),
    _word(
        "type", "type", "text point submit clear",
        r"type the text; a \n at its end presses enter; write \' \" \\ for quotes and backslashes",
        "type_text input input_text write typewrite enter_text type_write write_element",
    ),
    _word("write_element_abs", "type", "text point submit clear", "type the text, then enter", submit=1),
    _word("press_enter", "key", "", "press enter", keys="enter"),
    _word("history_back", "key", "", "go back one page", keys="alt left"),
    _word("system_button", "system_button", "name", "press a button of a phone"),
    _word(
        "scroll", "scroll", "point direction amount dx dy pixels pixels_x pixels_y hold",
        "turn the wheel at the point, or where the pointer is",
        "mouse_scroll scroll_at scroll_wheel wheel",
    ),
    _word("hscroll", "scroll", "point amount direction pixels hold", "turn the wheel sideways", axis="x"),
    *(
        _word(f"scroll_{way}", "scroll", "point amount hold", f"turn the wheel {way}", direction=way)
        for way in ("up", "down", "left", "right")
    ),
    _word("wait", "wait", "seconds milliseconds", "let 5 seconds pass", "sleep pause delay"),
    _word(
        "finished", "finished", "text", "the task is done; content is the answer if one was asked for",
        "finish done complete completed task_complete task_completed task_done answer",
    ),
    _word(
        "call_user", "call_user", "text", "ask the user for help", "ask_user ask call_human interact",
    ),
    _word(
        "infeasible", "infeasible", "text", "the task cannot be done here; content says why",
        "impossible fail failed give_up cannot_complete task_failed",
    ),
    _word("terminate", "terminate", "status text", "end the task with a status"),
    _word(
        "move_to", "move", "point hold", "move the pointer to the point", "move mouse_move move_mouse hover"
    ),
    _word(
        "mouse_down", "mouse_down", "point button", "press a button and keep it down",
        "left_mouse_down left_down button_down",
    ),
    _word(
        "mouse_up", "mouse_up", "point button", "release a button",
        "left_mouse_up left_up button_up mouse_release",
    ),
    _word("press", "key_down", "key", "press a key and keep it down"),
    _word(
        "key_down", "key_down", "key seconds milliseconds", "press a key and keep it down",
        "hold_key",
    ),
    _word("release", "key_up", "key", "release a key", "key_up release_key"),
    _word("zoom", "zoom", "region", "look closely at a part of the screen", "zoom_in magnify"),
    _word(
        "take_note", "note", "noted", "keep a text for later steps",
        "memorize memorise pause_and_memorize_fact",
    ),
    _word("take_screenshot", "screenshot", "", "look again without doing anything", "screenshot"),
    _word("long_press", "long_press", "point seconds milliseconds", "press at the point for a while",
          "long_click long_tap press_and_hold"),
    _word("open_app", "open_app", "name", "start an installed application by its name",
          "open launch launch_app start_app open_application app_open"),
    _word("press_home", "press_home", "", "the home button of a phone", "go_home navigate_home home_button"),
    _word("press_back", "press_back", "", "the back button of a phone", "go_back navigate_back back_button"),
)  # fmt: skip

COMMON = (
    "click", "left_double", "right_single", "drag", "hotkey", "type", "scroll", "wait",
    "finished", "call_user", "infeasible", "long_press", "open_app", "press_home", "press_back",
)  # fmt: skip
"""Words of UI-TARS 1.0 and 1.5 and of Doubao, with the phone's, and ``infeasible``, which is ours: a
model that cannot say so ends in an invented success."""

SECOND = (*COMMON, "move_to", "mouse_down", "mouse_up", "press", "release", "take_screenshot")
"""Words of UI-TARS 2."""

_ROLES = {
    "point": "start_box point start_point box bbox box_2d coordinate coordinates coord coords position pos "
    "at location loc start from start_coordinate start_coordinates start_position start_pos from_point "
    "from_box from_coordinate center xy begin begin_point",
    "region": "region area bbox box coordinate coordinates start_box",
    "end": "end_box end_point end to end_coordinate end_coordinates end_position end_pos to_point to_box "
    "to_coordinate target destination finish stop coordinate2 point2 box2",
    "path": "path points trajectory",
    "text": "content contents text txt value string message answer result reason question input query "
    "summary response",
    "noted": "fact note text content value",
    "keys": "key keys hotkey hotkeys key_combination combo shortcut key_name value text",
    "key": "key keys key_name hotkey value text button",
    "direction": "direction dir scroll_direction way orientation",
    "amount": "amount steps step clicks num_clicks notches scroll_amount num count ticks times value",
    "pixels": "pixels pixel distance",
    "dx": "dx",
    "dy": "dy",
    "pixels_x": "scroll_x delta_x",
    "pixels_y": "scroll_y delta_y",
    "seconds": "time seconds second duration sec secs s t timeout value amount",
    "milliseconds": "ms milliseconds duration_ms time_ms",
    "button": "button mouse_button",
    "count": "count clicks num_clicks times click_count",
    "repeat": "times repeat repeats presses count repeat_count",
    "hold": "hold modifiers modifier hold_keys held_keys keys key",
    "submit": "submit press_enter enter",
    "clear": "clear overwrite clear_first delete_existing_text",
    "name": "app_name name app application package text content app_id button",
    "status": "status result state",
}
ROLES: dict[str, tuple[str, ...]] = {role: tuple(names.split()) for role, names in _ROLES.items()}
"""Names under which the argument of a role is understood, the most usual first."""

COORDINATES = {
    "x": "x", "y": "y", "x1": "x", "y1": "y", "startx": "x", "starty": "y", "fromx": "x", "fromy": "y",
    "x0": "x", "y0": "y", "x2": "x2", "y2": "y2", "endx": "x2", "endy": "y2", "tox": "x2", "toy": "y2",
}  # fmt: skip
"""Names of single coordinates, folded, and the one name that each stands for."""

TEXT_ROLES = frozenset({"text", "name", "noted"})
"""Roles whose value is somebody's own text: read whole, quotes and brackets inside it included."""

INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
"""Characters without width that models and servers leave between the words."""

_DROPPED = dict.fromkeys(map(ord, INVISIBLE + "_- \t\u00a0"))


def fold(name: str) -> str:
    """A word or an argument's name without case, width, underscores, dashes and blanks."""
    return unicodedata.normalize("NFKC", name[:64]).lower().translate(_DROPPED)


BY_SPELLING: dict[str, Word] = {
    fold(spelling): word for word in WORDS for spelling in (word.name, *word.aliases)
}
BY_NAME: dict[str, Word] = {word.name: word for word in WORDS}
_ROLE_SPELLINGS = {role: frozenset(map(fold, names)) for role, names in ROLES.items()}
ARGUMENT_NAMES = frozenset().union(*_ROLE_SPELLINGS.values(), COORDINATES)


def role_of(word: Word, name: str) -> str | None:
    """The role in which ``word`` takes an argument of this name; None if it takes none of it."""
    spelled = fold(name)
    for role in word.takes:
        if spelled in _ROLE_SPELLINGS[role]:
            return role
    if "point" in word.takes and spelled in _ROLE_SPELLINGS["end"]:
        return "end"
    if spelled.rstrip("0123456789") == "key":
        return next((role for role in word.takes if role in ("keys", "key")), None)
    return None
