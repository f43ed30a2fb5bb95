"""A metric on programs in Python: the task's own tests are run on them, inside the sandbox."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import file_of, rules_of, shown
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import EnvironmentProblem

FOLDER = ".cache/deskhand-tests"
TEST_SECONDS = 60.0

_RUN = """
import importlib.util, json, os, sys
folder, file, name = sys.argv[1:]
os.chdir(folder)
sys.path.insert(0, folder)
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
said = {}
try:
    spec = importlib.util.spec_from_file_location("task_tests", os.path.join(folder, file))
    tests = importlib.util.module_from_spec(spec)
    sys.modules["task_tests"] = tests
    spec.loader.exec_module(tests)
    value = getattr(tests, name)()
    number = float(value) if isinstance(value, (int, float)) else float(bool(value))
    said["reward"] = max(0.0, min(1.0, number))
except ModuleNotFoundError as error:
    said["lacks"] = str(error.name)
except BaseException as error:
    said["error"] = f"{type(error).__name__}: {error}"[:300]
sys.stdout.flush()
print("\\n" + json.dumps(said), flush=True)
os._exit(0)
"""
"""What runs in the sandbox: our words; the tests and the program are files that it loads there."""


class _Tests(BaseModel):
    test_function_name: Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,99}$")] = "test"


def check_python_file_by_test_suite(place: Place, result: Any, expected: Any, options: Object) -> Score:
    """What a function of the task's tests returns for the agent's program, as a reward from 0 to 1.

    All files that were looked for beside the first are there for the tests, under the names of their copies.

    Raises:
        NothingThere: the program or its tests break off, or do not end.
        EnvironmentProblem: a package that they import is not installed in the sandbox.
    """
    name, tests = rules_of(_Tests, options).test_function_name, file_of(expected)
    file_of(result[0] if isinstance(result, list) and result else result)
    files = {path.name: path for path in sorted((place.scratch / "result").iterdir())} | {tests.name: tests}
    for called, path in files.items():
        place.sandbox.write_file(f"{FOLDER}/{called}", file_of(path).read_bytes())
    command = ["python3", "-B", "-c", _RUN, f"{place.home}/{FOLDER}", tests.name, name]
    done = place.run(command, timeout=TEST_SECONDS)
    said = _last(done.stdout)
    if "reward" in said:
        reward = float(said["reward"])
        return Score(reward, "" if reward >= 1 else f"the tests give {reward:g}")
    lacks = str(said.get("lacks", "")).partition(".")[0]
    if lacks and f"{lacks}.py" not in files:
        raise EnvironmentProblem(
            f"the tests import {shown(lacks)}, which the sandbox {place.sandbox.name} lacks: "
            "install it where the sandbox runs"
        )
    raise NothingThere(f"the tests broke off: {shown(said.get('error') or lacks)}")


def _last(output: bytes) -> Object:
    """The object in the last line of what a program printed; an empty one without it."""
    try:
        said = json.loads(output.decode(errors="replace").rstrip().rpartition("\n")[2])
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
