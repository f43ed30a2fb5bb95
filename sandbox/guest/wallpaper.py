"""The picture behind the windows: painted on the screen, and named in GNOME's settings if there are any."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deskhand.sandbox.guest.desktop import BACKGROUND

PAINTER, SETTINGS = "hsetroot", "gsettings"
_KEY = ["org.gnome.desktop.background", "picture-uri"]
SECONDS = 20.0


class Wallpaper:
    """What the wallpaper is. Settings that are lost at once, as those in memory are, do not change that."""

    def __init__(self) -> None:
        self._painted: Path | None = None
        self._named = ""
        """What the settings said when that was painted."""

    def change(self, picture: Path) -> None:
        """Show a picture.

        Raises:
            FileNotFoundError: there is no such file.
            OSError: it cannot be shown; says why.
        """
        picture = picture.resolve(strict=True)
        done = _paint(picture)
        if done.returncode or done.stderr:  # it complains of what is no picture, and ends well all the same
            _paint(self._painted)
            raise OSError(f"{picture} cannot be shown: {done.stderr.strip() or done.returncode}")
        if shutil.which(SETTINGS):
            _run([SETTINGS, "set", *_KEY, picture.as_uri()])
        self._painted, self._named = picture, _setting()

    def picture(self) -> Path | None:
        """The file that is shown, or was chosen in the settings since; None if there is none."""
        named = _setting()
        if self._painted is not None and named == self._named:
            return self._painted
        chosen = Path(unquote(urlsplit(named).path))
        return chosen if chosen.is_file() else None


def _paint(picture: Path | None) -> subprocess.CompletedProcess[str]:
    """Fill the screen with a picture, or with the colour that a new desktop has."""
    return _run([PAINTER, *(["-cover", str(picture)] if picture else ["-solid", BACKGROUND])])


def _setting() -> str:
    """The address that the settings name, or nothing."""
    if not shutil.which(SETTINGS):
        return ""
    return _run([SETTINGS, "get", *_KEY]).stdout.strip().strip("'\"")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
    )
