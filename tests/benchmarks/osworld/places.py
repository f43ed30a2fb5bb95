"""A sandbox that is a folder of this machine: for what needs files and no desktop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deskhand.agent.result import RunResult, Status
from deskhand.benchmarks.task_files.place import Place
from deskhand.errors import SandboxError
from deskhand.sandbox.protocol import Completed


class Folder:
    """Files by relative path; programs are not run, and say their own words."""

    name = "folder"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ran: list[list[str]] = []
        self.lacks = ""  # a program that is not there

    def run(self, command: Sequence[str], *, timeout: float = 30.0, stdin: bytes = b"") -> Completed:
        self.ran.append(list(command))
        if command[0] == self.lacks:
            raise SandboxError(f"No such file or directory: {command[0]!r}")
        if command[0] == "sh" and command[-1] == self.lacks:
            return Completed(127, b"", b"")
        said = "/home/agent" if command[0] == "printenv" else " ".join(command)
        return Completed(0, f"{said}\n".encode(), b"complaint")

    def read_file(self, path: str) -> bytes:
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            raise SandboxError(str(error)) from error

    def write_file(self, path: str, data: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(data)


def place(tmp_path: Path, beside: Path | None = None, **facts: Any) -> Place:
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    return Place(Folder(home), scratch, beside, **facts)  # type: ignore[arg-type]


def ended(status: Status = "finished", answer: str | None = None) -> RunResult:
    return RunResult(status, answer, "", 1, 1.0, Path("nowhere"))
