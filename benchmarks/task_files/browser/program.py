"""Chrome's program: Chromium stands in for it where there is no Chrome.

Chromium is then started with Chrome's folder of profiles, which is also its own: whoever starts it again,
from the menu or by its name, finds the same profile.
"""

from __future__ import annotations

from collections.abc import Sequence

from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import ConfigStep, OsworldTask
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost
from deskhand.sandbox.abilities import list_windows
from deskhand.waiting import WaitTimeout, wait_until

CHROME, CHROMIUM = "google-chrome", "chromium"
PROFILES = ".config/google-chrome"
"""Chrome's folder of profiles, below the home folder."""
OWN_PROFILES = ".config/chromium"
WINDOW, OWN_WINDOW = "Google Chrome", "Chromium"
"""What the titles of their windows end with."""
END_SECONDS = 15.0
MOST_WINDOWS = 100
_ENDS = frozenset({"pkill", "killall"})


def is_used(task: OsworldTask) -> bool:
    """Whether a task has to do with Chrome: it starts it, or names its folder of profiles."""
    steps = (*task.config, *task.evaluator.postconfig)
    commands = (step.parameters.get("command", "") for step in steps)
    words = (word for one in commands for word in (one if isinstance(one, list) else [one]))
    return any(word == CHROME or PROFILES in str(word) for word in words)


def stands_in(place: Place) -> bool:
    """Whether a sandbox has Chromium and no Chrome."""
    return place.lacks(CHROME) and not place.lacks(CHROMIUM)


def make_profile(place: Place) -> None:
    """Have one folder of profiles for both names, with empty preferences for a task's commands to change.

    Raises:
        EnvironmentProblem: the sandbox has neither Chrome nor Chromium.
        SandboxError: the folder cannot be made.
    """
    if not place.lacks(CHROME):
        return
    if place.lacks(CHROMIUM):
        raise EnvironmentProblem(
            f"the sandbox {place.sandbox.name} has neither {CHROME} nor {CHROMIUM}, which the task uses: "
            "install chromium where the sandbox runs"
        )
    if place.run(["test", "-e", f"{place.home}/{OWN_PROFILES}"]).returncode == 0:
        return
    place.sandbox.write_file(f"{PROFILES}/Default/Preferences", b"{}")
    done = place.run(["ln", "-s", "google-chrome", f"{place.home}/{OWN_PROFILES}"])
    if done.returncode != 0:
        raise SandboxError(f"Chromium's folder of profiles cannot be made: {done.stderr[:200]!r}")


def command(place: Place, words: Sequence[str]) -> list[str]:
    """The words of a command, with Chromium where Chrome is meant and is not there; Chrome gets the proxy."""
    if words[0] != CHROME:
        return list(words)
    proxy = [f"--proxy-server={place.proxy}"] if place.proxy else []
    if stands_in(place):
        return [CHROMIUM, f"--user-data-dir={place.home}/{PROFILES}", *words[1:], *proxy]
    return [*words, *proxy]


def ends(place: Place, words: Sequence[str]) -> bool:
    """Whether a command ends programs by their name; if so, that is done, and waited for.

    Chromium is asked to close first: a signal ends it before its history and its cookies are written.

    Raises:
        SandboxError: they do not end.
    """
    if words[0] not in _ENDS:
        return False
    line = [CHROMIUM if word == "chrome" and stands_in(place) else word for word in words]
    name = line[-1]
    if name == CHROMIUM and _closed(place):
        return True
    place.run(line)
    try:
        wait_until(lambda: not _runs(place, name), timeout=END_SECONDS, what=f"{name} to end")
    except WaitTimeout as error:
        raise SandboxError(str(error)) from error
    return True


def _closed(place: Place) -> bool:
    """Whether Chromium ends when its windows are asked to close, one by one; it may ask back instead."""

    def ended() -> bool:
        if not _runs(place, CHROMIUM):
            return True
        for window in list_windows(place.sandbox)[:MOST_WINDOWS]:
            if str(window.get("class")).lower() == CHROMIUM:
                name = f"{window.get('instance')}.{window.get('class')}"
                _ask_to_close(place, name)
                break
        return False

    try:
        wait_until(ended, timeout=END_SECONDS, what="Chromium to close", poll=0.1, longest_poll=0.5)
    except WaitTimeout:
        return False
    return True


def _ask_to_close(place: Place, name: str) -> None:
    try:
        place.ask_osworld("/setup/close_window", {"window_name": name, "strict": True, "by_class": True})
    except SandboxLost:
        raise
    except SandboxError:
        return  # it is gone by itself


def _runs(place: Place, name: str) -> bool:
    return place.run(["pgrep", name]).returncode == 0


def forwards(step: ConfigStep) -> bool:
    """Whether a step has another port lead to that of DevTools, which is asked inside the sandbox here."""
    words = step.parameters.get("command")
    words = words.split() if isinstance(words, str) else words
    return (
        step.type == "launch"
        and isinstance(words, list)
        and len(words) > 1
        and words[0] == "socat"
        and str(words[1]).startswith("tcp-listen:")
    )


def profile_file(place: Place, name: str) -> bytes:
    """A file of Chrome's folder of profiles, or of Chromium's.

    Raises:
        NothingThere: it is not there.
    """
    try:
        return place.read(f"{PROFILES}/{name}")
    except NothingThere:
        return place.read(f"{OWN_PROFILES}/{name}")
