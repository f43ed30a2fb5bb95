"""Metrics on VLC: its file of settings, what it plays, and whether its window fills the screen."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import bytes_of, must, rules_of, shown, text_of
from deskhand.benchmarks.task_files.metrics.markup import parsed
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import UsageError

SLIDER_COLOURS = "153;210;153;20;210;20;255;199;15;245;39;29"
"""VLC's own: red, green and blue of four colours."""
DARK = 100
"""Parts of a colour that are all below this look black."""

_FILE_NAMES = ("filename", "title", "uri", "location", "name")
_ADDRESSES = ("url", "URI", "location", "title", "filename")
_STREAM = ("Codec", "Type", "Language")


def check_qt_bgcone(result: Any, expected: Any, options: Object) -> Score:
    """Whether VLC's empty window shows the cone."""
    return _set_to(result, expected, "qt-bgcone", "1")


def check_qt_max_volume(result: Any, expected: Any, options: Object) -> Score:
    """The loudest that VLC can be set to, in percent."""
    return _set_to(result, expected, "qt-max-volume", "125")


def check_qt_minimal_view(result: Any, expected: Any, options: Object) -> Score:
    """Whether VLC shows no controls below the picture."""
    return _set_to(result, expected, "qt-minimal-view", "0")


def check_play_and_exit(result: Any, expected: Any, options: Object) -> Score:
    """Whether VLC ends after what it plays."""
    return _set_to(result, expected, "play-and-exit", "0")


def check_one_instance_when_started_from_file(result: Any, expected: Any, options: Object) -> Score:
    """Whether a file that is opened is played by the VLC that runs."""
    return _set_to(result, expected, "one-instance-when-started-from-file", "1")


def check_global_key_play_pause(result: Any, expected: Any, options: Object) -> Score:
    """Whether a key plays and pauses while another window has the keyboard."""
    name, found = "global-key-play-pause", "0"
    for value in _values(result, f"{name}="):
        found = "1" if value else "0"
    return _is_wanted(found, expected, name)


def _set_to(result: Any, expected: Any, name: str, default: str) -> Score:
    found = default
    for value in _values(result, f"{name}="):
        found = value
    return _is_wanted(found, expected, name)


def _is_wanted(found: str, expected: Any, name: str) -> Score:
    key = f"expected_{name.replace('-', '_')}"
    if not isinstance(expected, dict) or not isinstance(expected.get(key), str | int):
        raise UsageError(f"a metric of VLC needs the rule {key}, a text or a number")
    wanted = str(expected[key])
    return must(found == wanted, f"{name} is {shown(found)} and not {shown(wanted)}")


def _values(result: Any, name: str) -> Iterator[str]:
    """What follows the last "=" of each line with a setting's name; as in OSWorld also of comments."""
    return (line.split("=")[-1].strip() for line in text_of(result).split("\n") if name in line)


class _Folder(BaseModel):
    recording_file_path: str


def is_vlc_recordings_folder(result: Any, expected: Any, options: Object) -> Score:
    """The folder that VLC records into."""
    wanted = rules_of(_Folder, expected).recording_file_path
    lines = (line for line in text_of(result).split("\n") if not line.startswith("#"))
    found = next((line.split("=")[-1].strip() for line in lines if "input-record-path" in line), "")
    return must(bool(found) and found == wanted, f"it records into {shown(found)} and not {shown(wanted)}")


class _Colours(BaseModel):
    type: str
    expected_qt_slider_colours: str = ""


def check_qt_slider_colours(result: Any, expected: Any, options: Object) -> Score:
    """The colours of the volume's slider: these, or all so dark that they look black."""
    rule, found = rules_of(_Colours, expected), SLIDER_COLOURS
    for value in _values(result, "qt-slider-colours"):
        found = value
    if rule.type == "match":
        return must(found == rule.expected_qt_slider_colours, f"the colours are {shown(found)}")
    if rule.type != "blackish":
        raise UsageError(f"slider colours are of the type match or blackish, not {rule.type[:40]!r}")
    try:
        parts = [int(part) for part in found.split(";")]
    except ValueError:
        return Score(0.0, f"the colours are {shown(found)}")
    whole = parts[: len(parts) // 3 * 3]
    return must(all(part < DARK for part in whole), f"the colours {shown(found)} are not all dark")


class _Playing(BaseModel):
    type: str
    file_name: str = ""
    url: str = ""


def is_vlc_playing(result: Any, expected: Any, options: Object) -> Score:
    """VLC plays this file, or what this address leads to, by its own account of its state."""
    rule, root = rules_of(_Playing, expected), parsed(bytes_of(result), "VLC's state")
    state = root.findtext("state")
    if state != "playing":
        return Score(0.0, f"VLC's state is {shown(state)}")
    if rule.type == "file_name":
        found = _first_info(root, [("meta", name) for name in _FILE_NAMES])
        good = posixpath.basename(found) == rule.file_name or found.endswith(rule.file_name)
        return must(bool(found) and good, f"VLC plays {shown(found)}")
    if rule.type == "url":
        places = [("meta", name) for name in _ADDRESSES] + [("Stream 0", name) for name in _STREAM]
        found = _first_info(root, places)
        return must(bool(found) and _leads_to(rule.url, found), f"VLC plays {shown(found)}")
    raise UsageError(f"what VLC plays is a file_name or a url, not {rule.type[:40]!r}")


def _first_info(root: Any, places: list[tuple[str, str]]) -> str:
    """The first text that VLC tells of what it plays, by category and name."""
    for category, name in places:
        found = root.findtext(f"information/category[@name='{category}']/info[@name='{name}']")
        if found:
            return str(found)
    return ""


def _leads_to(wanted: str, found: str) -> bool:
    """Whether VLC's name for something is this address, its last part, or the same place of the same host."""
    if wanted in found:
        return True
    try:
        one, other = urlsplit(wanted), urlsplit(found)
    except ValueError:
        return False
    if found == posixpath.basename(one.path):
        return True
    return "://" in found and one.netloc == other.netloc and one.path in other.path


class _Size(BaseModel):
    width: int
    height: int


def is_vlc_fullscreen(result: Any, expected: Any, options: Object) -> Score:
    """A window is as large as the screen."""
    one, other = rules_of(_Size, result), rules_of(_Size, expected)
    return must(one == other, f"one is {one.width}x{one.height}, the other {other.width}x{other.height}")
