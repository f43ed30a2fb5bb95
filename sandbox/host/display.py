"""Which X display is the person's own, and whether it can be driven."""

from __future__ import annotations

import os

from Xlib import display, error

from deskhand.errors import EnvironmentProblem

_INSTEAD = "or use --sandbox lightbox"


def find_display() -> str:
    """The name of the person's own X display, from the environment.

    Raises:
        EnvironmentProblem: there is none, or it is a Wayland session's.
    """
    session = os.environ.get("XDG_SESSION_TYPE", "")
    if session == "wayland" or os.environ.get("WAYLAND_DISPLAY"):
        raise EnvironmentProblem(
            "this is a Wayland session, which lets no program look at the screen or act on it through X: "
            f'log in to an "Xorg" or "X11" session, {_INSTEAD}'
        )
    name = os.environ.get("DISPLAY", "")
    if not name:
        raise EnvironmentProblem(
            "there is no desktop to drive: DISPLAY is not set. Log in to a graphical session and start "
            f"deskhand in its terminal, {_INSTEAD}"
        )
    return name


def connect(name: str) -> display.Display:
    """Connect to a display.

    Raises:
        EnvironmentProblem: it cannot be reached, or its server lacks what is needed to act.
    """
    try:
        connection = display.Display(name)
    except (error.DisplayError, error.ConnectionClosedError, error.XauthError, OSError) as problem:
        raise EnvironmentProblem(
            f"the display {name[:80]!r} of DISPLAY cannot be reached ({problem}): start deskhand as the "
            f"person who is logged in, in a terminal of that session, {_INSTEAD}"
        ) from problem
    for extension in ("XTEST", "XInputExtension"):
        if not connection.has_extension(extension):
            connection.close()
            raise EnvironmentProblem(
                f"the X server of {name} has no {extension} extension, without which it cannot be driven "
                f"safely: enable it there, {_INSTEAD}"
            )
    return connection
