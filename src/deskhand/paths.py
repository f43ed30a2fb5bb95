"""Where deskhand keeps things on a machine, following the platform's own customs.

Environment variables win: ``DESKHAND_CACHE`` (models), ``DESKHAND_RUNS`` (trajectories),
``DESKHAND_STATE`` (what the reaper needs to find the sandboxes of a killed run), ``DESKHAND_IMAGES``
(disks of virtual machines), ``DESKHAND_SKILLS`` (what the reasoner was shown),
``DESKHAND_MAPS`` (what is known of applications).
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path


def cache_dir() -> Path:
    """Folder for what can be fetched again: model weights, verdicts. Not created here."""
    return _override("DESKHAND_CACHE") or user_cache_path("deskhand")


def models_dir() -> Path:
    """Folder of model weights, one folder each."""
    return cache_dir() / "models"


def skills_dir() -> Path:
    """Folder of what people showed the reasoner, one folder each: ``DESKHAND_SKILLS``, else user data."""
    return _override("DESKHAND_SKILLS") or user_data_path("deskhand") / "skills"


def maps_dir() -> Path:
    """Folder of maps of applications, one folder each: ``DESKHAND_MAPS``, else user data."""
    return _override("DESKHAND_MAPS") or user_data_path("deskhand") / "maps"


def images_dir() -> Path:
    """Folder of virtual machines' disks and their templates."""
    chosen = _override("DESKHAND_IMAGES")
    if chosen:
        return chosen
    # Root's machines run as other users, who cannot enter root's own folders.
    return Path("/var/cache/deskhand/images") if os.geteuid() == 0 else cache_dir() / "images"


def runs_dir() -> Path:
    """Folder that gets a new trajectory folder for every run: ``DESKHAND_RUNS``, else ``./runs``."""
    return _override("DESKHAND_RUNS") or Path("runs")


def state_dir() -> Path:
    """Folder for live sandboxes: sockets, pid files. One a user, never in a shared temporary name."""
    chosen = _override("DESKHAND_STATE")
    if chosen:
        return chosen
    if os.geteuid() == 0:
        # Root's sandboxes run as other users, who cannot enter root's own folders.
        return Path("/run/deskhand")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime) / "deskhand"
    return cache_dir() / "state"


def _override(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser() if value else None


def set_torch_folder() -> None:
    """Keep torch's folder for compiled code, which it makes even where nothing is compiled, out of /tmp."""
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_dir() / "torch"))
