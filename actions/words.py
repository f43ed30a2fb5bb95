"""Actions in the words of people."""

from __future__ import annotations

from deskhand.actions.vocabulary import (
    Action,
    CallUser,
    Click,
    Drag,
    Finished,
    Infeasible,
    Key,
    LongPress,
    Move,
    Scroll,
    TakeNote,
    TakeScreenshot,
    Type,
    Wait,
    Zoom,
)
from deskhand.text import clean


def describe(action: Action, target: str = "") -> str:
    """An action in a few words: "double click the row 'notes.txt'", "press ctrl+s".

    Args:
        target: what it is aimed at, in words; its place is given where this is not known.
    """
    match action:
        case Click(at=at, button=button, count=count):
            words = {1: "click", 2: "double click", 3: "triple click"}[count]
            side = "" if button == "left" else f"{button} "
            place = "at the pointer" if at is None else f"at ({at.x}, {at.y})"
            return f"{_held(action.hold)}{side}{words} {target or place}"
        case Move(at=at):
            return f"{_held(action.hold)}move to {target or f'({at.x}, {at.y})'}"
        case LongPress(at=at):
            return f"press {target or f'at ({at.x}, {at.y})'} for {action.seconds:g} s"
        case Drag(path=path):
            first, last = path[0], path[-1]
            start = target or ("from the pointer" if len(path) < 2 else f"({first.x}, {first.y})")
            return f"{_held(action.hold)}drag {start} to ({last.x}, {last.y})"
        case Scroll():
            return f"{_held(action.hold)}{_turned(action)}{f' at {target}' if target else ''}"
        case Type(text=text, submit=submit, clear=clear):
            verb = "replace what is there by" if clear else "type"
            return f'{verb} "{clean(text, 120)}"' + (" and press enter" if submit else "")
        case Key(keys=keys, times=times, seconds=seconds):
            often = f" {times} times" if times > 1 else ""
            return f"press {'+'.join(keys)}{often}{f' for {seconds:g} s' if seconds else ''}"
        case Wait(seconds=seconds):
            return f"wait {seconds:g} s"
        case TakeScreenshot():
            return "look again"
        case Zoom(region=box):
            return f"look closely at ({box.left}, {box.top}) to ({box.right}, {box.bottom})"
        case TakeNote(text=text):
            return f'note "{clean(text, 120)}"'
        case Finished(answer=answer):
            return "finish" + (f' with the answer "{clean(answer, 120)}"' if answer else "")
        case Infeasible(reason=reason):
            return "give up" + (f": {clean(reason, 120)}" if reason else "")
        case CallUser(question=question):
            return "ask a person" + (f': "{clean(question, 120)}"' if question else "")
    details = ", ".join(
        f"{name}={value}"
        for name, value in action.model_dump(exclude={"kind"}, exclude_defaults=True).items()
    )
    return clean(f"{action.kind} {details}", 160)


def _held(keys: tuple[str, ...]) -> str:
    return "".join(f"{key}+" for key in keys)


def _turned(action: Scroll) -> str:
    ways = ((action.dy, "down", "up"), (action.dx, "right", "left"))
    turns = [f"{abs(by)} {more if by > 0 else less}" for by, more, less in ways if by]
    return "scroll " + (" and ".join(turns) or "by nothing")
