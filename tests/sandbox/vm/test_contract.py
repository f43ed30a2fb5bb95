"""The virtual machine does what every sandbox must do."""

from __future__ import annotations

import os
from functools import partial

import pytest

from deskhand.sandbox.contract import CHECKS, check_sandbox
from deskhand.sandbox.protocol import Sandbox
from deskhand.sandbox.vm.machine import VirtualMachine

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_virtual_machine_passes(check: object, make_vm: partial[VirtualMachine]) -> None:
    check(make_vm)  # type: ignore[operator]


def test_it_has_the_protocols_methods() -> None:
    assert isinstance(VirtualMachine(), Sandbox)


@pytest.mark.timeout(3000)
@pytest.mark.skipif("DESKHAND_TEST_ALL" not in os.environ, reason="an hour's half; make test-all runs it")
def test_four_at_once_pass_twice_in_a_row(make_vm: partial[VirtualMachine]) -> None:
    check_sandbox(make_vm, times=2, at_once=4)
