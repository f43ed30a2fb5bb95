"""Tasks with a mailbox, a contact book, posts and menus."""

from __future__ import annotations

import json
import re
from itertools import pairwise

from deskhand.actions.vocabulary import Move as MoveTo
from deskhand.benchmarks.browsing.moves import (
    Do,
    Moves,
    TaskPage,
    css,
    found,
    nth,
    quoted,
    reading,
    write,
)
from deskhand.benchmarks.suites.miniwob.oracles.registry import does

INBOXES = (
    "email-inbox",
    "email-inbox-delete",
    "email-inbox-forward",
    "email-inbox-forward-nl",
    "email-inbox-forward-nl-turk",
    "email-inbox-important",
    "email-inbox-nl-turk",
    "email-inbox-noscroll",
    "email-inbox-reply",
    "email-inbox-star-reply",
)


def errand(page: TaskPage, instruction: str) -> dict[str, str]:
    """What is to be done with which mail: "by", "task", and "to" or "message"."""
    fields = page.js("(() => { const u = core.getUtterance(); return u.fields || null; })()")
    if fields:
        return {"task": "forward", **{str(key): str(value) for key, value in fields.items()}}
    wanted = {"by": found(r"by (\w+)", instruction)[1]}
    if "forward" in instruction:
        return {**wanted, "task": "forward", "to": found(r"to (\w+)\.", instruction)[1]}
    if "reply" in instruction:
        return {**wanted, "task": "reply", "message": quoted(instruction)[0]}
    return {**wanted, "task": "star" if "star" in instruction else "delete"}


@does(*INBOXES)
def email_inbox(page: TaskPage, instruction: str) -> Moves:
    """Opens the mail of the sender; stars, deletes, answers or forwards it, as instructed."""
    wanted = errand(page, instruction)
    sender = reading("#main .email-sender", wanted["by"])
    yield from page.scroll_to(sender, css("#area"))
    yield page.click(sender, f"the mail of {wanted['by']}")
    match wanted["task"]:
        case "star" | "delete":
            icon = "star" if wanted["task"] == "star" else "trash"
            yield page.click(css(f"#email .{icon}"), f"the {icon}")
        case "reply":
            yield from _to_the_end(page, ".email-reply")
            yield page.click(css(".email-reply"), "Reply")
            yield from page.fill(css("#reply-text"), wanted["message"], "the text of the reply")
            yield page.click(css("#send-reply"), "the button that sends")
        case _:
            yield from _to_the_end(page, ".email-forward")
            yield page.click(css(".email-forward"), "Forward")
            yield from page.fill(css(".forward-sender"), wanted["to"], "the field for the receiver")
            yield page.click(css("#send-forward"), "the button that sends")


def _to_the_end(page: TaskPage, button: str) -> Moves:
    yield from page.scroll_to(css(button), css("#area"))


@does("phone-book", anywhere=True)
def phone_book(page: TaskPage, instruction: str) -> Moves:
    """Goes from contact to contact until it is the right one, and clicks what the instruction names of it."""
    match = found("Find (.*) in the contact book and click on their (phone|email|address)", instruction)
    for _ in range(5):
        if page.text(css("#contact .name")) == match[1]:
            break
        yield page.click(reading("#pagination a", ">"), "the arrow to the next contact")
    yield page.click(css(f"#contact .{match[2]}"), f"the {match[2]} of {match[1]}")


@does("social-media-all", "social-media-some")
def social_media_all(page: TaskPage, instruction: str) -> Moves:
    """Clicks what the instruction names under the posts of a user, all or so many of them, and submits."""
    what = quoted(instruction)[0].lower()
    who = found(r"by (@\S+) and", instruction)[1]
    number = re.search(r"on (\d+) posts?", instruction)
    posts = page.js(
        "[...document.querySelectorAll('.media')].flatMap((e, number) =>"
        f" e.querySelector('.username').textContent === {json.dumps(who)} ? [number] : [])"
    )
    for post in posts[: int(number[1]) if number else None]:
        button = nth(f".media .{what}", int(post))
        yield from page.scroll_to(button, css("#area"))
        yield page.click(button, f"{what} under a post of {who}")
    yield from page.scroll_to(css("#submitRow button"), css("#area"))
    yield page.click(css("#submitRow button"), "the button that submits")


def hover(page: TaskPage, element: str, what: str) -> Do:
    """Point at the middle of an element, without a click."""
    return Do(f"I point at {what}.", (MoveTo(at=page.at(element)),))


@does("click-menu")
def click_menu(page: TaskPage, instruction: str) -> Moves:
    """Points from submenu to submenu along the path, and clicks its end."""
    path = [part.strip() for part in found("Select (.*)", instruction)[1].split(">")]
    for name, inner in pairwise(path):
        yield hover(page, reading("#area li > div", name), f"{name!r}, to open its submenu")
        yield from page.appear(reading("#area li > div", inner))
    yield page.click(reading("#area li > div", path[-1]), f"{path[-1]!r}")


@does("click-menu-2")
def click_menu_2(page: TaskPage, instruction: str) -> Moves:
    """Opens the menu, and Playback where it is needed, and clicks the entry by its name or icon."""
    icon = page.js("document.querySelector('#query .ui-icon')?.className ?? ''")
    if icon:
        entry = f"{css('#menu .' + str(icon).split()[-1])}.closest('li')"
    else:
        entry = f"{reading('#menu li > div', quoted(instruction)[-1])}"
    name = quoted(instruction)[-1] if not icon else page.text(entry)
    yield page.click(css("#open-menu"), "the button Menu")
    if name in ("Prev", "Stop", "Play", "Next"):
        yield hover(page, reading("#menu > li > div", "Playback"), "Playback, to open its submenu")
        yield from page.appear(entry)
    yield page.click(entry, f"{name!r}")


@does("unicode-test", anywhere=True)
def unicode_test(page: TaskPage, instruction: str) -> Moves:
    """Clicks the button whose text is quoted, whatever its alphabet."""
    text = quoted(instruction)[0]
    yield page.click(reading("#area button", text), f"the button {text!r}")


@does("terminal")
def terminal(page: TaskPage, instruction: str) -> Moves:
    """Lists the files and removes the one with the extension that the instruction names, or without any."""
    match = re.search(r"extension (\.\S+)", instruction)
    names = [str(name) for name in page.js("currentFiles")]
    chosen = [name for name in names if (name.endswith(match[1]) if match else "." not in name)]
    yield page.click(css("#terminal"), "the terminal")
    yield line("ls")
    yield line(f"rm {chosen[0]}")


def line(text: str) -> Do:
    """Type a command and enter."""
    typed = write(text)
    return Do(f"I enter {text!r}.", tuple(a.model_copy(update={"submit": True}) for a in typed.actions))
