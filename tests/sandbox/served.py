"""A remote sandbox for the tests: a lightbox that this process serves, driven over the wire."""

from __future__ import annotations

import contextlib

from deskhand.sandbox.lightbox import Lightbox
from deskhand.sandbox.remote import RemoteSandbox
from deskhand.sandbox.serve import Served


class ServedLightbox(RemoteSandbox):
    """A remote sandbox whose machine begins and ends with it; made without arguments, like any sandbox.

    Attributes:
        lightbox: the machine, as it is seen from this side.
    """

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")  # the address is known once the machine runs
        self.lightbox = Lightbox()
        self._machines_life = contextlib.ExitStack()

    def start(self) -> None:
        with contextlib.ExitStack() as life:
            life.enter_context(self.lightbox)
            served = life.enter_context(Served(self.lightbox))
            RemoteSandbox.__init__(self, served.url)
            super().start()
            self._machines_life = life.pop_all()

    def close(self) -> None:
        super().close()
        self._machines_life.close()
