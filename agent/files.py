"""What a run made in its home, kept with its trajectory."""

from __future__ import annotations

from collections.abc import Callable

from deskhand.errors import LogError, SandboxError, SandboxLost, UsageError
from deskhand.sandbox.guest.files import MOST_FILES
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.writer import TrajectoryWriter

MOST_FILE_BYTES = 64 << 20
"""Together, of the files that a run made and that are copied into its trajectory."""


def keep_files(
    sandbox: Sandbox,
    writer: TrajectoryWriter,
    note: Callable[[str], None],
    *,
    may_keep: Callable[[str, bytes], bool] = lambda path, content: True,
) -> None:
    """Copy what the run made in its home into the trajectory, up to a bound.

    Args:
        note: called with each file that was not kept, and why.
        may_keep: whether a file of this path and content may be kept.

    Raises:
        SandboxLost: the sandbox is gone.
        LogError: not even a note can be written.
    """
    left = MOST_FILE_BYTES
    found = sandbox.files()
    if len(found) > MOST_FILES:
        note(f"there are over {MOST_FILES} files: only so many were kept")
    for file in found[:MOST_FILES]:
        if file.size > left:
            note(f"{file.path[:200]} ({file.size} bytes) was not kept: over the limit")
            continue
        try:
            content = sandbox.read_file(file.path)[:left]
            if not may_keep(file.path, content):
                note("a file was not kept: something hidden stands in it")
                continue
            writer.add_file(file.path, content)
        except (SandboxError, UsageError) as error:
            if isinstance(error, SandboxLost):
                raise
            note(f"a file was not kept: {error}")
            continue
        except LogError as error:  # a smaller one may fit
            note(f"{file.path[:200]} ({file.size} bytes) was not kept: {error}")
            continue
        left -= len(content)
