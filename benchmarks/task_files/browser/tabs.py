"""The tabs of Chrome: steps that open and close them, and what they show."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from deskhand.benchmarks.task_files.browser.addresses import same_address
from deskhand.benchmarks.task_files.browser.asking import ask
from deskhand.benchmarks.task_files.getters import Nothing
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.steps import GivenParameters
from deskhand.benchmarks.task_files.task import Object, wrong_fields
from deskhand.errors import EnvironmentProblem, SandboxError

MOST_TABS = 20
LONGEST_URL = 4000
CONTENT = "() => document.documentElement.outerHTML"

Urls = Annotated[tuple[Annotated[str, Field(max_length=LONGEST_URL)], ...], Field(max_length=MOST_TABS)]


class TabsToOpen(GivenParameters):
    """Addresses."""

    urls_to_open: Urls


class TabsToClose(GivenParameters):
    """Addresses."""

    urls_to_close: Urls


class Tab(BaseModel):
    """A tab: ``seen`` if its window shows it, ``focused`` if its page has the keyboard."""

    id: str
    url: str
    title: str
    seen: bool
    focused: bool


class OpenedTab(BaseModel):
    """What came of opening an address; ``error`` says why its page did not come."""

    url: str
    error: str


_TABS, _OPENED = TypeAdapter(list[Tab]), TypeAdapter(list[OpenedTab])


def tabs_of(place: Place) -> list[Tab]:
    """The tabs of all windows, the one used last first.

    Raises:
        NothingThere: no browser answers, or something else does.
    """
    try:
        return _TABS.validate_python(ask(place, do="tabs"))
    except ValidationError as error:
        raise NothingThere(f"the browser's tabs cannot be read: {wrong_fields(error)}") from error


def open_tabs(place: Place, given: TabsToOpen) -> None:
    """Open each address in a tab, in place of the tabs that there were.

    Raises:
        SandboxError: there is no browser to open them in.
        EnvironmentProblem: one of them cannot be reached.
    """
    try:
        found = _OPENED.validate_python(ask(place, do="open", urls=given.urls_to_open))
    except (NothingThere, ValidationError) as error:
        raise SandboxError(f"the task's tabs cannot be opened: {error}") from error
    for one in found:
        if one.error:
            raise EnvironmentProblem(
                f"the task shows {one.url[:200]}, which the browser of the sandbox {place.sandbox.name} "
                f"does not reach ({one.error[:200]})"
            )


def close_tabs(place: Place, given: TabsToClose) -> None:
    """Close a tab of each address, if there is one.

    Raises:
        SandboxError: there is no browser.
    """
    try:
        there, chosen = tabs_of(place), []
        for url in given.urls_to_close:
            match = next((one for one in there if same_address(one.url, url)), None)
            if match is not None:
                there.remove(match)
                chosen.append(match.id)
        ask(place, do="close", tabs=chosen)
    except NothingThere as error:
        raise SandboxError(f"the task's tabs cannot be closed: {error}") from error


def open_tabs_info(place: Place, given: Nothing) -> list[Object]:
    """The title and the address of each tab, in all windows."""
    return [{"title": one.title, "url": one.url} for one in tabs_of(place)]


def active_tab(place: Place) -> Tab:
    """The tab that is shown, in the window with the keyboard if several are shown.

    Raises:
        NothingThere: none is.
    """
    seen = [one for one in tabs_of(place) if one.seen]
    if not seen:
        raise NothingThere("no window of the browser shows a page")
    return next((one for one in seen if one.focused), seen[0])


def active_url(place: Place, given: Nothing) -> str:
    """The address of the tab that is shown.

    OSWorld reads it from the address bar, which leaves out parts that ``goto_prefix`` then adds.
    """
    return active_tab(place).url


def active_tab_info(place: Place, given: Nothing) -> Object:
    """The title, the address and the content of the tab that is shown. It is not loaded again for that."""
    tab = active_tab(place)
    content = ask(place, do="look", tab=tab.id, function=CONTENT, given=[])
    return {"title": tab.title, "url": tab.url, "content": content}
