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

_PUBLIC_BY_MODULE = {
    "deskhand.actions.geometry": "Box ScreenPoint Viewport",
    "deskhand.actions.outcome": "Outcome",
    "deskhand.actions.reply": "Reply",
    "deskhand.actions.dialects.dialect": "Dialect",
    "deskhand.actions.dialects.contract": "check_dialect",
    "deskhand.perception.screen": "Element Screenshot",
    "deskhand.perception.watch.observe": "Observation",
    "deskhand.perception.reader": "ScreenReader see",
    "deskhand.sandbox.protocol": "Completed GuestFile Sandbox",
    "deskhand.sandbox.abilities": (
        "EnablesAccessibility ListsWindows ReportsAccessibility SpeaksOSWorld Window"
    ),
    "deskhand.sandbox.contract": "check_sandbox",
    "deskhand.sandbox.registry": "load_sandbox",
    "deskhand.sandbox.lightbox": "Lightbox",
    "deskhand.sandbox.vm.machine": "VirtualMachine",
    "deskhand.sandbox.host.desktop": "HostDesktop",
    "deskhand.sandbox.remote": "RemoteSandbox",
    "deskhand.trajectories.records": "Candidate Decision Step Task Usage",
    "deskhand.trajectories.reader": "Trajectory",
    "deskhand.policies.protocol": "Policy",
    "deskhand.policies.contract": "check_policy",
    "deskhand.policies.registry": "load_policy",
    "deskhand.policies.replay.script": "script_of",
    "deskhand.agent.control": "Control",
    "deskhand.agent.desk": "Desk",
    "deskhand.agent.limits": "Limits",
    "deskhand.agent.listener": "Listener",
    "deskhand.agent.loop": "run",
    "deskhand.agent.replay": "replay",
    "deskhand.agent.result": "RunResult",
    "deskhand.agent.rules.guard": "Guard RuleQuestion",
    "deskhand.agent.rules.rulebook": "Rulebook read_rules",
    "deskhand.benchmarks.suite": "BaseSuite Score Suite",
    "deskhand.benchmarks.contract": "check_suite",
    "deskhand.benchmarks.registry": "load_suite",
    "deskhand.actions.vocabulary": (
        "ACTION Action CallUser Click Drag Finished Infeasible Key KeyDown KeyUp LongPress MouseDown "
        "MouseUp Move OpenApp Scroll TakeNote TakeScreenshot Type Wait Zoom"
    ),
    "deskhand.errors": (
        "ActionParseError BackendError DeskhandError EnvironmentProblem LogError NotExpressible "
        "SandboxError SandboxLost TrajectoryError UsageError"
    ),
}
"""What a person needs who writes a policy, a sandbox, a suite or a script, by the module that has it."""

_PUBLIC = {name: module for module, names in _PUBLIC_BY_MODULE.items() for name in names.split()}

__all__ = ["__version__", *_PUBLIC]

if TYPE_CHECKING:
    from deskhand.actions.dialects.contract import check_dialect as check_dialect
    from deskhand.actions.dialects.dialect import Dialect as Dialect
    from deskhand.actions.geometry import Box as Box
    from deskhand.actions.geometry import ScreenPoint as ScreenPoint
    from deskhand.actions.geometry import Viewport as Viewport
    from deskhand.actions.outcome import Outcome as Outcome
    from deskhand.actions.reply import Reply as Reply
    from deskhand.actions.vocabulary import ACTION as ACTION
    from deskhand.actions.vocabulary import Action as Action
    from deskhand.actions.vocabulary import CallUser as CallUser
    from deskhand.actions.vocabulary import Click as Click
    from deskhand.actions.vocabulary import Drag as Drag
    from deskhand.actions.vocabulary import Finished as Finished
    from deskhand.actions.vocabulary import Infeasible as Infeasible
    from deskhand.actions.vocabulary import Key as Key
    from deskhand.actions.vocabulary import KeyDown as KeyDown
    from deskhand.actions.vocabulary import KeyUp as KeyUp
    from deskhand.actions.vocabulary import LongPress as LongPress
    from deskhand.actions.vocabulary import MouseDown as MouseDown
    from deskhand.actions.vocabulary import MouseUp as MouseUp
    from deskhand.actions.vocabulary import Move as Move
    from deskhand.actions.vocabulary import OpenApp as OpenApp
    from deskhand.actions.vocabulary import Scroll as Scroll
    from deskhand.actions.vocabulary import TakeNote as TakeNote
    from deskhand.actions.vocabulary import TakeScreenshot as TakeScreenshot
    from deskhand.actions.vocabulary import Type as Type
    from deskhand.actions.vocabulary import Wait as Wait
    from deskhand.actions.vocabulary import Zoom as Zoom
    from deskhand.agent.control import Control as Control
    from deskhand.agent.desk import Desk as Desk
    from deskhand.agent.limits import Limits as Limits
    from deskhand.agent.listener import Listener as Listener
    from deskhand.agent.loop import run as run
    from deskhand.agent.replay import replay as replay
    from deskhand.agent.result import RunResult as RunResult
    from deskhand.agent.rules.guard import Guard as Guard
    from deskhand.agent.rules.guard import RuleQuestion as RuleQuestion
    from deskhand.agent.rules.rulebook import Rulebook as Rulebook
    from deskhand.agent.rules.rulebook import read_rules as read_rules
    from deskhand.benchmarks.contract import check_suite as check_suite
    from deskhand.benchmarks.registry import load_suite as load_suite
    from deskhand.benchmarks.suite import BaseSuite as BaseSuite
    from deskhand.benchmarks.suite import Score as Score
    from deskhand.benchmarks.suite import Suite as Suite
    from deskhand.errors import ActionParseError as ActionParseError
    from deskhand.errors import BackendError as BackendError
    from deskhand.errors import DeskhandError as DeskhandError
    from deskhand.errors import EnvironmentProblem as EnvironmentProblem
    from deskhand.errors import LogError as LogError
    from deskhand.errors import NotExpressible as NotExpressible
    from deskhand.errors import SandboxError as SandboxError
    from deskhand.errors import SandboxLost as SandboxLost
    from deskhand.errors import TrajectoryError as TrajectoryError
    from deskhand.errors import UsageError as UsageError
    from deskhand.perception.reader import ScreenReader as ScreenReader
    from deskhand.perception.reader import see as see
    from deskhand.perception.screen import Element as Element
    from deskhand.perception.screen import Screenshot as Screenshot
    from deskhand.perception.watch.observe import Observation as Observation
    from deskhand.policies.contract import check_policy as check_policy
    from deskhand.policies.protocol import Policy as Policy
    from deskhand.policies.registry import load_policy as load_policy
    from deskhand.policies.replay.script import script_of as script_of
    from deskhand.sandbox.abilities import EnablesAccessibility as EnablesAccessibility
    from deskhand.sandbox.abilities import ListsWindows as ListsWindows
    from deskhand.sandbox.abilities import ReportsAccessibility as ReportsAccessibility
    from deskhand.sandbox.abilities import SpeaksOSWorld as SpeaksOSWorld
    from deskhand.sandbox.abilities import Window as Window
    from deskhand.sandbox.contract import check_sandbox as check_sandbox
    from deskhand.sandbox.host.desktop import HostDesktop as HostDesktop
    from deskhand.sandbox.lightbox import Lightbox as Lightbox
    from deskhand.sandbox.protocol import Completed as Completed
    from deskhand.sandbox.protocol import GuestFile as GuestFile
    from deskhand.sandbox.protocol import Sandbox as Sandbox
    from deskhand.sandbox.registry import load_sandbox as load_sandbox
    from deskhand.sandbox.remote import RemoteSandbox as RemoteSandbox
    from deskhand.sandbox.vm.machine import VirtualMachine as VirtualMachine
    from deskhand.trajectories.reader import Trajectory as Trajectory
    from deskhand.trajectories.records import Candidate as Candidate
    from deskhand.trajectories.records import Decision as Decision
    from deskhand.trajectories.records import Step as Step
    from deskhand.trajectories.records import Task as Task
    from deskhand.trajectories.records import Usage as Usage


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'deskhand' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
