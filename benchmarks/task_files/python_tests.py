"""A metric on programs in Python: the task's own tests are run on them, inside the sandbox.

The tests load the agent's program into their own process, as OSWorld's do, so what judges is a process in
which that program runs. What it prints, writes or exits with is no verdict all the same: one shows a
secret that this machine makes for each judgement and that stands in no file, argument or variable. What
is left to a program that means to cheat is to search the memory of that process, to change the tests that
loaded it, or to wait, started before, for the moment in which the secret is handed over. Only a second
user would help.
"""

from __future__ import annotations

import base64
import json
import math
import re
import secrets
from typing import Annotated, Any

from pydantic import BaseModel, Field

from deskhand.benchmarks.suite import Score
from deskhand.benchmarks.task_files.metrics.common import bytes_of, file_of, rules_of, shown
from deskhand.benchmarks.task_files.place import NothingThere, Place
from deskhand.benchmarks.task_files.task import Object
from deskhand.errors import EnvironmentProblem

FOLDER = ".cache/deskhand-tests"
TEST_SECONDS = 60.0

_RUN = """
import base64, ctypes, json, os, site, sys, types

def judge(dumps=json.dumps, write=os.write, leave=os._exit, isinstance=isinstance, int=int, float=float,
          bool=bool, type=type, str=str):
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # not even this user's other programs read our memory
    given = json.loads(sys.stdin.buffer.read())
    secret = given.pop("secret")
    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    folder = given["folder"]
    os.chdir(folder)
    site.addsitedir(site.getusersitepackages())
    sys.path.insert(0, folder)
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    try:
        tests = types.ModuleType("task_tests")
        tests.__file__ = os.path.join(folder, given["file"])
        sys.modules["task_tests"] = tests
        exec(compile(base64.b64decode(given["tests"]), tests.__file__, "exec"), tests.__dict__)
        value = tests.__dict__[given["name"]]()
        reward = float(value) if isinstance(value, (int, float)) else float(bool(value))
        said = '{"secret": "%s", "reward": %r}' % (secret, reward)
    except ModuleNotFoundError as error:
        said = dumps({"lacks": str(error.name)})
    except BaseException as error:
        said = dumps({"error": f"{type(error).__name__}: {error}"[:300]})
    write(out, b"\\n" + said.encode())
    leave(0)

judge()
"""
"""What runs in the sandbox: our words. What it judges is data on its standard input, and files beside it."""

_FINDS = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"


class _Tests(BaseModel):
    test_function_name: Annotated[str, Field(pattern=r"^[A-Za-z_]\w{0,99}$")] = "test"


def check_python_file_by_test_suite(place: Place, result: Any, expected: Any, options: Object) -> Score:
    """What a function of the task's tests returns for the agent's program, as a reward from 0 to 1.

    All files that were looked for beside the first are there for the tests, under the names of their copies.

    Raises:
        NothingThere: the program or its tests break off, or do not end.
        EnvironmentProblem: a package that the task's own files import is not installed in the sandbox.
    """
    name, tests = rules_of(_Tests, options).test_function_name, file_of(expected)
    file_of(result[0] if isinstance(result, list) and result else result)
    files = {path.name: path for path in sorted((place.scratch / "result").iterdir())} | {tests.name: tests}
    for called, path in files.items():
        place.sandbox.write_file(f"{FOLDER}/{called}", bytes_of(path))
    secret = secrets.token_hex(16)
    given = {
        "secret": secret,
        "folder": f"{place.home}/{FOLDER}",
        "file": tests.name,
        "tests": base64.b64encode(bytes_of(tests)).decode(),
        "name": name,
    }
    # Isolated, so that what the agent has put into the home folder is not run before the secret is read.
    line = ["python3", "-I", "-B", "-c", _RUN]
    done = place.run(line, timeout=TEST_SECONDS, stdin=json.dumps(given).encode())
    said = _last(done.stdout)
    if secrets.compare_digest(str(said.get("secret", "")).encode(), secret.encode()):
        given_reward = float(said["reward"])
        reward = max(0.0, min(1.0, given_reward)) if math.isfinite(given_reward) else 0.0
        return Score(reward, "" if reward >= 1 else f"the tests give {reward:g}")
    lacks = str(said.get("lacks", "")).partition(".")[0]
    if lacks and f"{lacks}.py" not in files and _needs(place, bytes_of(tests), lacks):
        raise EnvironmentProblem(
            f"the tests import {shown(lacks)}, which the sandbox {place.sandbox.name} lacks: "
            "install it where the sandbox runs"
        )
    raise NothingThere(f"the tests broke off: {shown(said.get('error') or lacks or 'without a verdict')}")


def _needs(place: Place, tests: bytes, package: str) -> bool:
    """Whether a file that came with the task imports a package that is not there.

    What else the agent's program imports is its own affair.
    """
    if place.run(["python3", "-I", "-c", _FINDS, package]).returncode == 0:
        return False  # the program only says that it is not there
    line = re.compile(rb"^\s*(?:import|from)\s[^\n#]*\b%s\b" % re.escape(package.encode()), re.MULTILINE)
    return any(line.search(text) for text in (tests, *map(bytes_of, place.brought.values())))


def _last(output: bytes) -> Object:
    """The object in the last line of what a program printed; an empty one without it."""
    try:
        said = json.loads(output.decode(errors="replace").rstrip().rpartition("\n")[2])
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
