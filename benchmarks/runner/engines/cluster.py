"""The Ray cluster that episodes are run on: one that there is, or one of this machine alone.

Ours is started for a run: on the loopback, behind a token, without a dashboard and without usage statistics.
Its folder and its processes go when the run ends.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deskhand.errors import EnvironmentProblem, UsageError

STORE_BYTES = 128 << 20
"""Memory of a cluster of our own for what actors return: it is small."""

CONNECT_SECONDS = 10.0

OURS = {
    "RAY_AUTH_MODE": "token",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # by this, and nothing else, it binds to the loopback alone
}


def imported(own: bool) -> Any:
    """Ray, set up for a cluster of our own before it is imported if there will be one.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    with environment(OURS if own else {}):
        try:
            import ray
        except ImportError as error:
            raise EnvironmentProblem(
                f"the ray engine needs Ray: pip install 'deskhand[ray]' ({error})"
            ) from error
    return ray


@contextlib.contextmanager
def cluster(address: str | None, workers: int) -> Iterator[Any]:
    """Ray, connected: to the cluster that this process is connected to already, or another, or a new one.

    Raises:
        EnvironmentProblem: there is no such cluster, or none can be started.
        UsageError: it is too small.
    """
    ray = imported(address is None)
    if ray.is_initialized():
        _enough(ray, workers)
        yield ray
        return
    with contextlib.ExitStack() as stack:
        home: dict[str, str] = {}
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if address is None:
            stack.enter_context(environment({**OURS, "RAY_AUTH_TOKEN": _token()}))
            folder = stack.enter_context(short_folder())
            home = {"HOME": _quiet_home(folder)}
            start = {
                "runtime_env": {"env_vars": {"HOME": str(Path.home())}},  # the actors', and nobody else's
                "address": "local",
                "num_cpus": max(workers, os.cpu_count() or 1),
                "include_dashboard": False,
                "object_store_memory": STORE_BYTES,
                "_temp_dir": folder,
            }
        else:
            _answers(address)
            start = {"address": address}
        with handlers(), environment(home):
            try:
                ray.init(**start, **quiet)
            except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
                where = f"the Ray cluster at {address}" if address else "a Ray cluster on this machine"
                words = str(error).strip().partition("\n")[0][:300]
                raise EnvironmentProblem(f"{where} cannot be used: {words}") from error
        stack.callback(ray.shutdown)
        _enough(ray, workers)
        yield ray


def _answers(address: str) -> None:
    """Find out at once whether anybody listens at HOST:PORT: Ray itself would try for minutes.

    Raises:
        EnvironmentProblem: nobody does.
    """
    host, colon, port = address.rpartition(":")
    if not colon or "/" in address or not port.isdecimal():
        return  # Ray's own words for one: auto, or ray://
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise EnvironmentProblem(
            f"no Ray cluster answers at {address[:100]} ({error}): see `ray status` there, or leave the "
            "address and RAY_ADDRESS out to run on this machine alone"
        ) from error


def _quiet_home(folder: str) -> str:
    """A home for the cluster's own processes, in which they find what kind of cluster it is.

    Without that file Ray asks three clouds' metadata services which of them it runs in, by name and by
    address, even where usage statistics are off.
    """
    home = Path(folder, "home")
    home.mkdir()
    (home / "ray_bootstrap_config.yaml").write_text("{}\n")
    return str(home)


@functools.cache
def _token() -> str:
    """What our own clusters ask of who speaks to them. Ray reads it once in a process."""
    return secrets.token_hex(32)


def _enough(ray: Any, workers: int) -> None:
    there = int(ray.cluster_resources().get("CPU", 0))
    if there < workers:
        raise UsageError(
            f"the Ray cluster has {there} processors, fewer than {workers} workers: use fewer --workers"
        )


@contextlib.contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Variables for a while; the programs that are started meanwhile keep them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def short_folder() -> Iterator[str]:
    """A folder for a cluster's sockets and logs, with a name as short as the paths of sockets must be."""
    folder = tempfile.mkdtemp(prefix="dh-ray-", dir="/tmp")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def handlers() -> Iterator[None]:
    """Keep this process's own handlers of signals: Ray sets one of its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
