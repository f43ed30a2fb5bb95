"""The side of the harness: programs of this folder in a sandbox, which answer what they are asked."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from deskhand.errors import SandboxError
from deskhand.sandbox.abilities import list_windows
from deskhand.sandbox.protocol import Sandbox
from deskhand.waiting import WaitTimeout, wait_until

T = TypeVar("T")

HERE = Path(__file__).parent
PACKAGE = "forms"
"""What the files are a package of inside the sandbox."""
ANSWER_SECONDS = 20.0

_NUMBERS = itertools.count(1)


class AskedProgram:
    """A program of this folder that runs in a sandbox and answers. One that does not is a SandboxError.

    Args:
        sandbox: a running desktop with python3.
        files: those of this folder that it consists of.
        module: which of them is started.
        arguments: of the program, given the folder in which it is asked.
        under: folder of the home that gets the package.
        environment: variables that it is started with.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        files: Sequence[str],
        module: str,
        arguments: Callable[[str], Sequence[str]],
        *,
        under: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._sandbox, self._asked = sandbox, 0
        desk = f"desk-{next(_NUMBERS)}"
        package = f"{under}/{PACKAGE}" if under else PACKAGE
        self._desk = f"{package}/{desk}"
        for file in files:
            sandbox.write_file(f"{package}/{file}", (HERE / file).read_bytes())
        place = ["-C", under] if under else []
        given = [f"{name}={value}" for name, value in (environment or {}).items()]
        program = ["python3", "-m", f"{PACKAGE}.{module}", *arguments(desk)]
        sandbox.launch("env", [*place, *given, *program])

    def ask(self) -> Any:
        """What the program reports now.

        Raises:
            SandboxError: it does not answer, or what it says is no JSON.
        """
        self._asked += 1
        self._sandbox.write_file(f"{self._desk}/wish-{self._asked}", b"")

        def there() -> bytes:
            try:
                return self._sandbox.read_file(f"{self._desk}/truth-{self._asked}.json")
            except SandboxError:
                return b""

        data = self._wait_until(there, "the program to report what is on it")
        try:
            return json.loads(data)
        except ValueError as error:
            raise SandboxError(f"a program reported no truth: {str(error)[:600]}") from error

    def end(self) -> None:
        """End the program, so that another one can be shown on the same desktop."""
        self._sandbox.write_file(f"{self._desk}/end", b"")

        def gone() -> bool:
            return not any(window["mapped"] for window in list_windows(self._sandbox))

        self._wait_until(gone, "the program to end")

    def _wait_until(self, condition: Callable[[], T], what: str) -> T:
        try:
            return wait_until(condition, timeout=ANSWER_SECONDS, what=what, poll=0.02)
        except WaitTimeout as error:
            raise SandboxError(str(error)) from error
