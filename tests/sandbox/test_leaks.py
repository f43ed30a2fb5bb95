"""However a controller ends, nothing of its sandbox is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from deskhand.errors import SandboxError
from deskhand.sandbox import confined
from deskhand.sandbox.instances import reap
from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.processes import Process, alive, tree
from deskhand.waiting import wait_until
from tests.conftest import environment

pytestmark = pytest.mark.lightbox

SCRIPT = """
import sys
from deskhand.sandbox.lightbox import Lightbox
desktop = Lightbox()
desktop.start()
desktop.launch("xterm")
print(desktop.pid, flush=True)
{then}
"""
HOLD = "try:\n    sys.stdin.read()\nfinally:\n    desktop.close()"


@pytest.fixture
def own_state(state: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that no other test's sandbox shows up in."""
    folder = Path(tempfile.mkdtemp(prefix="own-", dir=state))
    folder.chmod(0o755)
    monkeypatch.setenv("DESKHAND_STATE", str(folder))
    return folder


def left(state: Path) -> list[str]:
    return sorted(path.name for path in (state / "live").glob("*"))


def all_gone(processes: set[Process]) -> None:
    wait_until(lambda: not alive(processes), timeout=10, what="the sandbox's processes to end")


def start_child(then: str = HOLD) -> tuple[subprocess.Popen[str], set[Process]]:
    """A real controller in a process of its own, and its sandbox's processes."""
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(then=then)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )
    assert child.stdout is not None
    pid = int(child.stdout.readline())
    found = tree(pid)
    assert len(found) > 4, "bubblewrap, session, display, window manager and a terminal run"
    return child, found


def finish(child: subprocess.Popen[str]) -> int:
    child.communicate(timeout=30)
    return child.returncode


def test_closing_ends_every_process_and_removes_the_folder(own_state: Path) -> None:
    with Lightbox() as desktop:
        desktop.launch("xterm")
        assert desktop.pid is not None
        processes = tree(desktop.pid)
        assert left(own_state)
    all_gone(processes)
    assert left(own_state) == []


def test_an_exception_in_the_body_leaves_nothing(own_state: Path) -> None:
    processes: set[Process] = set()
    with pytest.raises(RuntimeError, match="of the body"), Lightbox() as desktop:
        assert desktop.pid is not None
        processes = tree(desktop.pid)
        raise RuntimeError("an error of the body")
    all_gone(processes)
    assert left(own_state) == []


def test_a_start_that_fails_leaves_nothing(own_state: Path) -> None:
    """A home of one page holds no desktop."""
    with pytest.raises(SandboxError, match="did not come up"):
        Lightbox(home_bytes=4096).start()
    assert left(own_state) == []


def test_ctrl_c_leaves_nothing(own_state: Path) -> None:
    child, processes = start_child()
    child.send_signal(signal.SIGINT)
    assert finish(child) != 0
    all_gone(processes)
    assert left(own_state) == []


def test_a_script_that_forgets_to_close_leaves_nothing(own_state: Path) -> None:
    child, processes = start_child(then="sys.stdin.readline()")
    assert finish(child) == 0
    all_gone(processes)
    assert left(own_state) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_controller_takes_its_processes_along_and_the_next_start_reaps(
    own_state: Path, number: signal.Signals
) -> None:
    child, processes = start_child()
    child.send_signal(number)
    finish(child)
    all_gone(processes)
    with Lightbox():
        assert len([name for name in left(own_state) if not name.endswith(".lock")]) == 1
    assert left(own_state) == []


def test_a_program_whose_controller_dies_before_it_is_written_down_never_runs(tmp_path: Path) -> None:
    """The first moment of all: the process is there, and nobody has noted it."""
    marker = tmp_path / "ran"
    script = (
        "import os, signal, subprocess, sys\n"
        "from deskhand.sandbox import confined\n"
        "gate = subprocess.Popen([*confined.gate(), 'touch', sys.argv[1]], stdin=subprocess.PIPE)\n"
        "print(gate.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    line = [sys.executable, "-c", script, str(marker)]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, env=environment(), check=False)
    pid = int(done.stdout)
    wait_until(lambda: not tree(pid), timeout=10, what="the gate to close")
    assert not marker.exists()


def test_a_program_whose_controller_dies_after_the_word_ends_without_bubblewraps_help() -> None:
    """The word may be said while bubblewrap, on a busy machine, has not asked yet to end with us."""
    gate = subprocess.Popen([*confined.gate(), "sleep", "1000"], stdin=subprocess.PIPE)
    try:
        assert gate.stdin is not None
        gate.stdin.write(b"go\n")
        gate.stdin.flush()
        name = Path(f"/proc/{gate.pid}/comm")
        wait_until(lambda: name.read_text() == "sleep\n", timeout=10, what="the gate to become the program")
        assert gate.poll() is None
        gate.stdin.close()
        assert gate.wait(10) == -signal.SIGKILL
    finally:
        gate.kill()
        gate.wait()


def test_the_gate_leaves_the_descriptors_of_its_program_alone() -> None:
    """A short program has low numbers free, and so it is those that it passes on."""
    script = (
        "import os, subprocess\n"
        "from deskhand.sandbox.confined import gate\n"
        "os.closerange(3, 10)\n"
        "read, write = os.pipe()\n"
        "os.write(write, b'passed on')\n"
        "os.close(write)\n"
        "line = [*gate((read,)), 'sh', '-c', f'cat <&{read}']\n"
        "gated = subprocess.Popen(line, bufsize=0, stdin=-1, stdout=-1, pass_fds=(read,))\n"
        "gated.stdin.write(b'go\\n')\n"
        "print(read, gated.stdout.read(100))\n"
    )
    line = [sys.executable, "-c", script]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, env=environment(), check=True, timeout=60)
    assert done.stdout == "3 b'passed on'\n"


def test_reaping_ends_processes_that_outlived_their_controller(own_state: Path) -> None:
    """As a controller that was killed with its sandbox stopped would leave them: lock free, process there."""
    child, processes = start_child(
        then="import os; os.close(desktop._confined.instance.lock); sys.stdin.read()"
    )
    assert reap(own_state) == 1
    all_gone(processes)
    assert left(own_state) == []
    child.kill()
    finish(child)


def test_reaping_leaves_live_sandboxes_and_strange_processes_alone(own_state: Path) -> None:
    with Lightbox() as desktop:
        folder = own_state / "live" / "someone"
        folder.mkdir()
        (own_state / "live" / "someone.lock").touch()
        # A process id that was used again: the number is ours, the beginning is another one's.
        (folder / "process.json").write_text(f'{{"pid": {os.getpid()}, "began": "1"}}')
        assert reap(own_state) == 1
        assert desktop.screenshot().pixels.any()
    assert left(own_state) == []


def test_a_sandbox_outlives_the_thread_that_started_it(lightbox: Lightbox) -> None:
    """Worker threads end; what they started does not end with them."""
    thread = threading.Thread(target=lightbox.reset)
    thread.start()
    thread.join()
    with pytest.raises(TimeoutError):
        wait_until(lambda: not _running(lightbox), timeout=0.5, what="an end that must not come")
    assert lightbox.screenshot().pixels.any()


def _running(desktop: Lightbox) -> bool:
    return desktop.pid is not None and bool(alive(tree(desktop.pid)))


def test_two_at_once_run_as_different_users_when_the_controller_is_root(own_state: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("a plain user's sandboxes run as that user")
    with Lightbox() as one, Lightbox() as two:
        uids = {os.stat(f"/proc/{desktop.pid}").st_uid for desktop in (one, two)}
    assert len(uids) == 2
    assert 0 not in uids


def test_closing_twice_and_before_starting_is_fine() -> None:
    desktop = Lightbox()
    desktop.close()
    desktop.start()
    ends: list[Callable[[], None]] = [desktop.close, desktop.close]
    for end in ends:
        end()
    with pytest.raises(SandboxError, match="already running"), Lightbox() as other:
        other.start()
