"""deskhand: a GUI agent that works offline.

The public names below are loaded when they are first asked for, so that importing the package
costs nothing and needs neither a display nor torch. The same package, with only its guest files,
is what runs inside a sandbox.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

NO_TELEMETRY = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime: a lasting id in a file, and a connection ten seconds later
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, and transformers through it
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""What keeps libraries from telling others that they are used, and how. They read it when they are imported,
so it is set before the first of them is; what a person has set to something else stays."""

for _name, _value in NO_TELEMETRY.items():
    os.environ.setdefault(_name, _value)

_PUBLIC = {
    "ACTION": "deskhand.actions.vocabulary",
    "Desk": "deskhand.agent.desk",
    "HostDesktop": "deskhand.sandbox.host.desktop",
    "Lightbox": "deskhand.sandbox.lightbox",
    "Observation": "deskhand.perception.watch.observe",
    "Policy": "deskhand.policies.protocol",
    "RemoteSandbox": "deskhand.sandbox.remote",
    "RunResult": "deskhand.agent.result",
    "Sandbox": "deskhand.sandbox.protocol",
    "ScreenReader": "deskhand.perception.reader",
    "Suite": "deskhand.benchmarks.suite",
    "Task": "deskhand.trajectories.records",
    "Trajectory": "deskhand.trajectories.reader",
    "VirtualMachine": "deskhand.sandbox.vm.machine",
    "check_sandbox": "deskhand.sandbox.contract",
    "check_suite": "deskhand.benchmarks.contract",
    "load_policy": "deskhand.policies.registry",
    "load_sandbox": "deskhand.sandbox.registry",
    "load_suite": "deskhand.benchmarks.registry",
    "replay": "deskhand.agent.replay",
    "run": "deskhand.agent.loop",
    "script_of": "deskhand.policies.replay.script",
    "see": "deskhand.perception.reader",
}

__all__ = ["__version__", *_PUBLIC]

if TYPE_CHECKING:
    from deskhand.actions.vocabulary import ACTION as ACTION
    from deskhand.agent.desk import Desk as Desk
    from deskhand.agent.loop import run as run
    from deskhand.agent.replay import replay as replay
    from deskhand.agent.result import RunResult as RunResult
    from deskhand.benchmarks.contract import check_suite as check_suite
    from deskhand.benchmarks.registry import load_suite as load_suite
    from deskhand.benchmarks.suite import Suite as Suite
    from deskhand.perception.reader import ScreenReader as ScreenReader
    from deskhand.perception.reader import see as see
    from deskhand.perception.watch.observe import Observation as Observation
    from deskhand.policies.protocol import Policy as Policy
    from deskhand.policies.registry import load_policy as load_policy
    from deskhand.policies.replay.script import script_of as script_of
    from deskhand.sandbox.contract import check_sandbox as check_sandbox
    from deskhand.sandbox.host.desktop import HostDesktop as HostDesktop
    from deskhand.sandbox.lightbox import Lightbox as Lightbox
    from deskhand.sandbox.protocol import Sandbox as Sandbox
    from deskhand.sandbox.registry import load_sandbox as load_sandbox
    from deskhand.sandbox.remote import RemoteSandbox as RemoteSandbox
    from deskhand.sandbox.vm.machine import VirtualMachine as VirtualMachine
    from deskhand.trajectories.reader import Trajectory as Trajectory
    from deskhand.trajectories.records import Task as Task


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'deskhand' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
