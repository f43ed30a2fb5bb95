"""What other packages offer by name, policies and sandboxes: functions under an entry point group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from deskhand.errors import DeskhandError, EnvironmentProblem, UsageError
from deskhand.text import did_you_mean


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that this package has some of and others may offer more of.

    Attributes:
        word: what it is called in messages: "policy".
        group: the entry point group of other packages.
        protocol: what one must be, for isinstance.
        members: what one has, in words, for what is none.
        own: this package's names for it -> how a person types them: "scripted" -> "scripted:FILE".
    """

    word: str
    group: str
    protocol: Any
    members: str
    own: Mapping[str, str]

    def names(self) -> tuple[str, ...]:
        """Every name that is known on this machine, sorted."""
        return tuple(sorted({*self.own, *self._offered()}))

    def make(self, name: str, **settings: Any) -> Any:
        """Make what another package offers under a name, with settings as keywords.

        Raises:
            UsageError: nobody offers it, or it refuses the settings.
            EnvironmentProblem: that package is broken; it is named.
        """
        point = self._offered().get(name)
        if point is None:
            raise self._unknown(name)
        source = f"the {self.word} {name!r} of {point.dist.name if point.dist else 'another package'}"
        try:
            made = point.load()(**settings)
        except DeskhandError:
            raise
        except Exception as error:
            raise EnvironmentProblem(
                f"{source} cannot be loaded ({type(error).__name__}: {error}): "
                f"update that package or use another {self.word}"
            ) from error
        if not isinstance(made, self.protocol):
            raise EnvironmentProblem(f"{source} is not a {self.word}: it lacks {self.members}")
        return made

    def _offered(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    def _unknown(self, name: str) -> UsageError:
        meant = f"; {near}" if (near := did_you_mean(name, self.names())) else ""
        known = ", ".join(sorted(self.own.get(known, known) for known in self.names()))
        return UsageError(f"there is no {self.word} {name[:80]!r}{meant or '.'} Known: {known}")
