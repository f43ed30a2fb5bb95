"""What metrics look at in single programs: their settings, what they play, windows and the wallpaper."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from deskhand.actions.vocabulary import Key, Type
from deskhand.benchmarks.task_files import windows
from deskhand.benchmarks.task_files.metrics.workbook import last_row
from deskhand.benchmarks.task_files.place import NothingThere, Place, file_name
from deskhand.benchmarks.task_files.steps import GivenParameters, GuestPath, rest
from deskhand.errors import EnvironmentProblem, SandboxError, SandboxLost
from deskhand.waiting import WaitTimeout, wait_until

VLC_SETTINGS = ".config/vlc/vlcrc"
VLC_STATE = "http://127.0.0.1:8080/requests/status.xml"
VLC_PASSWORD = "password"
"""What OSWorld's machines set for VLC's web page."""
GIMP_SETTINGS = ".config/GIMP/2.10"
WORKSPACES = ".config/Code/User/workspaceStorage"
FILE_SECONDS = 5.0
PALETTE_SECONDS = 3.0

_ASK_VLC = """
import sys, urllib.request
passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, sys.argv[1], "", sys.argv[2])
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(passwords)
)
sys.stdout.buffer.write(opener.open(sys.argv[1], timeout=10).read(1 << 20))
"""
# The kinds of films that OSWorld asks about, as MIME names below video/.
VIDEO_TYPES = (
    "3gp 3gpp 3gpp2 avi divx dv fli flv mp2t mp4 mp4v-es mpeg mpeg-system msvideo ogg quicktime vnd.divx "
    "vnd.mpegurl vnd.rn-realvideo webm x-anim x-avi x-flc x-fli x-flv x-m4v x-matroska x-mpeg x-mpeg-system "
    "x-mpeg2 x-ms-asf x-ms-asf-plugin x-ms-asx x-ms-wm x-ms-wmv x-ms-wmx x-ms-wvx x-msvideo x-nsv x-ogm "
    "x-ogm+ogg x-theora x-theora+ogg"
).split()
_ASK_TYPES = 'for kind; do xdg-mime query default "video/$kind"; done'


def _is_name(name: str) -> str:
    if file_name(name) != name:
        raise ValueError(f"{name[:80]!r} is not the name of a file")
    return name


class Copied(GivenParameters):
    """The name of the copy."""

    dest: str


def vlc_config(place: Place, given: Copied) -> Path:
    """VLC's file of settings, as a copy in which OSWorld's home stands for the sandbox's."""
    text = place.read(VLC_SETTINGS).decode(errors="replace")
    return place.copy(place.as_written(text).encode(), given.dest)


class GimpFile(Copied):
    """The name of one of GIMP's files of settings."""

    file_name: Annotated[str, AfterValidator(_is_name)]


def gimp_config_file(place: Place, given: GimpFile) -> Path:
    """A file of the settings of GIMP 2.10."""
    return place.copy(place.read(f"{GIMP_SETTINGS}/{given.file_name}"), given.dest)


def vlc_playing_info(place: Place, given: Copied) -> Path:
    """What VLC says on its own web page about what it plays; its interface ``http`` must be on."""
    done = place.run(["python3", "-c", _ASK_VLC, VLC_STATE, VLC_PASSWORD], timeout=20)
    if done.returncode:
        raise NothingThere(f"VLC does not say what it plays: {done.stderr.decode(errors='replace')[-200:]!r}")
    return place.copy(done.stdout, given.dest)


class WindowClass(GivenParameters):
    """The class of a program's windows."""

    app_class_name: str


def vm_window_size(place: Place, given: WindowClass) -> dict[str, int]:
    """The width and height of a program's window."""
    try:
        return dict(json.loads(place.ask_osworld("/window_size", {"app_class_name": given.app_class_name})))
    except SandboxLost:
        raise
    except (SandboxError, ValueError, TypeError, RecursionError) as error:
        raise NothingThere(f"there is no window of the class {given.app_class_name[:80]!r}") from error


def vm_wallpaper(place: Place, given: Copied) -> Path:
    """The picture behind the desktop."""
    try:
        return place.copy(place.ask_osworld("/wallpaper", {}), given.dest)
    except SandboxLost:
        raise
    except SandboxError as error:
        raise NothingThere(f"there is no wallpaper: {error}") from error


class NoDetails(GivenParameters):
    """No parameters."""


def default_video_player(place: Place, given: NoDetails) -> str:
    """The entry of the program that opens most kinds of films, or "unknown"."""
    done = place.run(["sh", "-c", _ASK_TYPES, "sh", *VIDEO_TYPES])
    if done.returncode == 127:
        raise EnvironmentProblem(
            f"the sandbox {place.sandbox.name} has no xdg-mime: install xdg-utils where it runs"
        )
    found = Counter(done.stdout.decode(errors="replace").split("\n"))
    del found[""]
    return f"{found.most_common(1)[0][0]}\n" if found else "unknown"


class EditorFile(GivenParameters):
    """A command of VS Code that writes a file, the file, and the name of the copy."""

    vscode_extension_command: Annotated[str, Field(min_length=1, max_length=200)]
    path: GuestPath
    dest: str


def vscode_config(place: Place, given: EditorFile) -> Path:
    """What a command of VS Code writes; without that, the folders that it has opened.

    Raises:
        NothingThere: VS Code has no window, or neither is there.
    """
    try:
        windows.activate_window(place, windows.WindowStep(window_name="Visual Studio Code"))
    except SandboxLost:
        raise
    except SandboxError as error:
        raise NothingThere(f"VS Code has no window: {error}") from error
    place.sandbox.perform(Key(keys=("ctrl", "shift", "p")))
    rest(place, PALETTE_SECONDS)
    place.sandbox.perform(Type(text=given.vscode_extension_command))
    rest(place, PALETTE_SECONDS)
    place.sandbox.perform(Key(keys=("enter",)))
    data = _written(place, given.path)
    if data is None:
        line = ["find", WORKSPACES, "-name", "workspace.json", "-exec", "cat", "{}", ";"]
        data = place.run(line).stdout
    if not data:
        raise NothingThere("VS Code has written no file, and opened no folder")
    return place.copy(data, given.dest)


def _written(place: Place, path: str) -> bytes | None:
    """A file once it is there; None if it does not come."""
    found: bytes | None = None

    def there() -> bool:
        nonlocal found
        try:
            found = place.read(path)
        except NothingThere:
            return False
        return True

    try:
        wait_until(there, timeout=FILE_SECONDS, what=path[:80], poll=0.1, longest_poll=0.5)
    except WaitTimeout:
        return None
    return found


class SheetContent(GivenParameters):
    """A workbook, and what of it."""

    path: GuestPath
    file_type: Literal["xlsx"]
    file_content: Literal["last_row"]


def content_from_vm_file(place: Place, given: SheetContent) -> list[str]:
    """The last row of a workbook's first sheet as texts; the first row are the names of its columns."""
    return last_row(place.copy(place.read(given.path), given.path))
