"""OSWorld's guest protocol, answered by this desktop, so that OSWorld's own client can drive it.

| request | body | answer |
|---|---|---|
| GET /screenshot | | PNG with the pointer in it; without it where the query says pointer=no |
| GET /cursor_position | | [x, y] |
| GET /platform | | Linux |
| GET /accessibility | | {"AT": XML}; 501 where the desktop has no AT-SPI |
| GET /terminal | | {"output", "status"}; 501 where the desktop has no AT-SPI |
| POST /execute | {"command", "shell", "timeout"} | {"status", "output", "error", "returncode"} |
| POST /setup/execute | as /execute | as /execute |
| POST /execute_with_verification | as /execute, and {"verification"} | as /execute, and {"wait_time"} |
| POST /setup/execute_with_verification | as that | as that |
| POST /run_python | {"code"} | {"status", "message", "output", "error", "return_code", "need_more"} |
| POST /run_bash_script | {"script", "timeout", "working_dir"} | {"status", "output", "error", "returncode"} |
| POST /setup/launch | {"command", "shell"} | a sentence |
| POST /setup/open_file | {"path"} | a sentence |
| POST /setup/activate_window | {"window_name", "strict", "by_class"} | a sentence |
| POST /setup/close_window | {"window_name", "strict", "by_class"} | a sentence |
| POST /setup/upload | multipart form: file_path, file_data | a sentence |
| POST /setup/download_file | {"url", "path"} | a sentence |
| POST /setup/change_wallpaper | {"path"} | a sentence |
| POST /wallpaper | | the picture's bytes |
| POST /file | form: file_path | the file's bytes |
| POST /list_directory | {"path"} | {"directory_tree"} |
| POST /desktop_path | | {"desktop_path"} |
| POST /screen_size | | {"width", "height"} |
| POST /window_size | form: app_class_name | {"width", "height"} |

/start_recording and /end_recording are answered outside, by whoever passes these requests on.
What goes wrong is status 500, or 404 where nothing has that name, with {"status": "error", "message"}.
Whoever shows the token may run programs: that is what this protocol is for. It runs inside the
sandbox, as the sandbox's user; nothing here reaches further than that user does.
"""

from __future__ import annotations

import mimetypes
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mss
import mss.tools

from deskhand.sandbox.guest import accessibility, applications, downloads, files, forms, scripts, windows
from deskhand.sandbox.guest.http import Request, Response, Routes
from deskhand.sandbox.guest.wallpaper import Wallpaper
from deskhand.waiting import wait_until

if TYPE_CHECKING:
    from deskhand.sandbox.guest.seat import Seat

ACTIVATE_SECONDS = 5.0
QUICK = 1
"""zlib's level: a screen is packed in a few milliseconds."""

Answer = Callable[["Seat", Request], Response]
_WALLPAPER = Wallpaper()


def osworld_routes(seat: Seat) -> Routes:
    """OSWorld's requests, answered with a seat."""

    def bound(answer: Answer) -> Callable[[Request], Response]:
        return lambda request: _guarded(answer, seat, request)

    return {asked: bound(answer) for asked, answer in ANSWERS.items()}


def _guarded(answer: Answer, seat: Seat, request: Request) -> Response:
    try:
        return answer(seat, request)
    except accessibility.Unavailable as error:
        return _failed(str(error), 501)
    except LookupError as error:
        missing = isinstance(error, KeyError)  # a field of the request, not a thing of the desktop
        return _failed(f"the request has no {error}" if missing else str(error), 400 if missing else 404)
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is the answer, as in OSWorld's own server)
        return _failed(f"{error}" or type(error).__name__, 500)


def _failed(message: str, status: int) -> Response:
    return Response.of({"status": "error", "message": message, "error": message}, status)


def _said(sentence: str) -> Response:
    return Response(sentence.encode(), "text/plain; charset=utf-8")


def _screenshot(seat: Seat, request: Request) -> Response:
    # A camera of its own: this answer may be asked for while the desk's own takes a picture.
    with mss.MSS(with_cursor=request.query.get("pointer") != ["no"]) as camera:
        shot = camera.grab(camera.monitors[0])
    return Response(mss.tools.to_png(shot.rgb, shot.size, level=QUICK) or b"", "image/png")


def _cursor_position(seat: Seat, request: Request) -> Response:
    return Response.of(list(seat.pointer()))


def _platform(seat: Seat, request: Request) -> Response:
    return _said(platform.system())


def _window_size(seat: Seat, request: Request) -> Response:
    name = forms.fields(request.body, request.content_type)["app_class_name"].decode().lower()
    for window in windows.windows():
        if name in (str(window["instance"]).lower(), str(window["class"]).lower()):
            width, height = windows.size(int(window["id"]))
            return Response.of({"width": width, "height": height})
    raise LookupError(f"no window is of class {name[:100]}")


def _screen_size(seat: Seat, request: Request) -> Response:
    width, height = seat.size()
    return Response.of({"width": width, "height": height})


def _accessibility(seat: Seat, request: Request) -> Response:
    return Response.of({"AT": accessibility.tree()})


def _terminal(seat: Seat, request: Request) -> Response:
    return Response.of({"output": accessibility.focused_terminal(accessibility.tree()), "status": "success"})


def _json(run: Callable[[Any], scripts.Answered]) -> Answer:
    return lambda seat, request: Response.of(*run(request.json()))


def _launch(seat: Seat, request: Request) -> Response:
    started = scripts.launch(request.json(), prepare=seat.prepares)
    return _said(f"{started} launched successfully")


def _open_file(seat: Seat, request: Request) -> Response:
    path = str(request.json()["path"])
    place = _place(path)
    if place.exists():
        applications.open_file(place, prepare=seat.prepares, env=scripts.environment())
        return _said("File opened and window activated successfully")
    applications.launch(path, [], env=scripts.environment())
    return _said(f"{path} launched successfully")


def _activate_window(seat: Seat, request: Request) -> Response:
    number = _window(request.json())

    def active() -> bool:
        return any(window["active"] and window["id"] == number for window in windows.windows())

    windows.activate(number)
    wait_until(active, timeout=ACTIVATE_SECONDS, what="the window to become the active one")
    return _said("Window activated successfully")


def _close_window(seat: Seat, request: Request) -> Response:
    windows.close(_window(request.json()))
    return _said("Window closed successfully.")


def _window(wanted: Any) -> int:
    """The first window of that name: a part of its title or, by class, of "instance.class"; where strict,
    the whole of it with the same capitals."""
    name, strict = str(wanted["window_name"]), bool(wanted.get("strict", False))
    for window in windows.windows():
        by_class = f"{window['instance']}.{window['class']}"
        found = by_class if wanted.get("by_class", False) else str(window["title"])
        if found == name if strict else name.lower() in found.lower():
            return int(window["id"])
    raise LookupError(f"Window {name[:100]} not found")


def _upload(seat: Seat, request: Request) -> Response:
    form = forms.fields(request.body, request.content_type)
    data = form["file_data"]
    files.write_anywhere(_place(form["file_path"].decode()), data)
    return _said(f"File Uploaded: {len(data)} bytes")


def _file(seat: Seat, request: Request) -> Response:
    form = forms.fields(request.body, request.content_type)
    try:
        return Response(files.read_anywhere(_place(form["file_path"].decode())))
    except FileNotFoundError:
        return _failed("File not found", 404)


def _download_file(seat: Seat, request: Request) -> Response:
    wanted = request.json()
    url, place = str(wanted["url"]), _place(str(wanted["path"]))
    try:
        return _said(f"File downloaded successfully: {downloads.fetch(url, place)} bytes")
    except OSError as error:
        return _failed(f"Failed to download {url[:500]}: {error}", 500)


def _change_wallpaper(seat: Seat, request: Request) -> Response:
    path = str(request.json()["path"])
    try:
        _WALLPAPER.change(_place(path))
    except FileNotFoundError:
        return _failed(f"File not found: {path[:500]}", 404)
    return _said("Wallpaper changed successfully")


def _wallpaper(seat: Seat, request: Request) -> Response:
    picture = _WALLPAPER.picture()
    if picture is None:
        return _failed("Wallpaper file not found", 404)
    return Response(files.read_anywhere(picture), mimetypes.guess_type(picture.name)[0] or "image/png")


def _desktop_path(seat: Seat, request: Request) -> Response:
    """Where OSWorld's tasks lay files; the folder is made where a small desktop has none."""
    place = Path.home() / "Desktop"
    place.mkdir(exist_ok=True)
    return Response.of({"desktop_path": str(place)})


def _list_directory(seat: Seat, request: Request) -> Response:
    place = _place(str(request.json()["path"]))
    if not place.is_dir():
        return _failed("The provided path is not a directory", 400)
    return Response.of({"directory_tree": files.tree(place)})


def _place(path: str) -> Path:
    return Path(os.path.expandvars(os.path.expanduser(path)))


ANSWERS: dict[tuple[str, str], Answer] = {
    ("GET", "/screenshot"): _screenshot,
    ("GET", "/cursor_position"): _cursor_position,
    ("GET", "/platform"): _platform,
    ("GET", "/accessibility"): _accessibility,
    ("GET", "/terminal"): _terminal,
    ("POST", "/execute"): _json(scripts.execute),
    ("POST", "/setup/execute"): _json(scripts.execute),
    ("POST", "/execute_with_verification"): _json(scripts.execute_with_verification),
    ("POST", "/setup/execute_with_verification"): _json(scripts.execute_with_verification),
    ("POST", "/run_python"): _json(scripts.run_python),
    ("POST", "/run_bash_script"): _json(scripts.run_bash_script),
    ("POST", "/setup/launch"): _launch,
    ("POST", "/setup/open_file"): _open_file,
    ("POST", "/setup/activate_window"): _activate_window,
    ("POST", "/setup/close_window"): _close_window,
    ("POST", "/setup/upload"): _upload,
    ("POST", "/setup/download_file"): _download_file,
    ("POST", "/setup/change_wallpaper"): _change_wallpaper,
    ("POST", "/wallpaper"): _wallpaper,
    ("POST", "/file"): _file,
    ("POST", "/list_directory"): _list_directory,
    ("POST", "/desktop_path"): _desktop_path,
    ("POST", "/screen_size"): _screen_size,
    ("POST", "/window_size"): _window_size,
}
"""Every request of this protocol; those who pass requests on read the list here."""
