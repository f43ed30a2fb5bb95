"""A person who acts in the agent's place for a while, as the loop sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from deskhand.actions.geometry import Box
from deskhand.agent.control import Control, Driven
from deskhand.agent.rules.guard import Guard
from deskhand.perception.watch.observe import Observation
from deskhand.sandbox.protocol import Sandbox
from deskhand.trajectories.writer import TrajectoryWriter
from deskhand.waiting import Deadline


class Handovers:
    """The times in one run that a person took over, and what they have to say.

    Attributes:
        steps: how many steps of the run are a person's.
    """

    def __init__(
        self, control: Control, sandbox: Sandbox, writer: TrajectoryWriter, guard: Guard | None = None
    ) -> None:
        self._control, self._sandbox, self._writer, self._guard = control, sandbox, writer, guard
        self._untold: Driven | None = None
        self._may_keep: list[Callable[[str, bytes], bool]] = []
        self.steps = 0

    def drive(self, step: int, masks: tuple[Box, ...], deadline: Deadline) -> tuple[int, tuple[Box, ...]]:
        """Let the person act until they give back or the run ends; the time that they take does not count.

        Args:
            step: number of the last step so far.
            masks: regions that are painted over.

        Returns:
            the same after it.

        Raises:
            SandboxError, LogError: as ``Driver.drive`` does.
        """
        driver, away = self._control.driver, 0.0
        assert driver is not None
        self._writer.note(step, "a person takes over")
        deadline.hold()
        try:
            driven = driver.drive(self._sandbox, self._writer, step, masks, deadline.left())
            away = driven.away
        finally:
            deadline.go_on(away)
        if self._guard is not None:
            self._guard.touch(driven.touched)
        self.steps += driven.step - step
        self._may_keep.append(driven.may_keep)
        before = self._untold.done if self._untold is not None else ()
        self._untold = replace(driven, done=(*before, *driven.done))
        return driven.step, (*masks, *driven.masks)

    def lines(self, observation: Observation) -> Iterator[str]:
        """What the policy is told of the person: what they did and what changed by it, and what they say."""
        driven, self._untold = self._untold, None
        if driven is not None:
            did = "; ".join(driven.done) or "nothing"
            changed = f" Since then: {observation.change_text}." if observation.change else ""
            yield driven.scrubbed(f"a person took over and did: {did}.{changed}")
        for line in self._control.take_told():
            yield f"the person says: {line}"

    def may_keep(self, path: str, content: bytes) -> bool:
        """Whether nothing that a person typed hidden stands in a file."""
        return all(may(path, content) for may in self._may_keep)
