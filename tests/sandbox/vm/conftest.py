"""Virtual machines for tests: of the small image, whose template is baked at most once a session."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from deskhand.actions.geometry import Viewport
from deskhand.sandbox.image.store import Image
from deskhand.sandbox.vm import acceleration, qemu
from deskhand.sandbox.vm.machine import VirtualMachine


@pytest.fixture(scope="session")
def make_vm(small_image: Image) -> partial[VirtualMachine]:
    """Makes virtual machines that are not started yet; other processes can be given it."""
    return partial(VirtualMachine, image=small_image)


@pytest.fixture
def vm(make_vm: partial[VirtualMachine]) -> Iterator[VirtualMachine]:
    """A fresh virtual machine for one test."""
    with make_vm() as machine:
        yield machine


@pytest.fixture(scope="session")
def hardware(small_image: Image) -> qemu.Hardware:
    """What ``make_vm``'s machines are."""
    memory = small_image.manifest.recipe.memory_mb
    return qemu.Hardware(Viewport(1280, 800), memory, acceleration.verdict(small_image))
