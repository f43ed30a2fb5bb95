"""The suites as tasks of inspect-ai: a task with a seed is a sample, an attempt is an epoch.

    inspect eval deskhand/desk --model openai/MODEL -T dialect=ui-tars-1.5
    inspect eval deskhand/miniwob -T subset=androidworld-91 -T policy=oracle --model mockllm/model

Each sample runs our own loop in a sandbox, with the same limits, checks and trajectories as `deskhand eval`.
A sample whose environment failed is inspect-ai's sample error, and no score. Who decides is the model that
inspect-ai was given, asked through its own provider with our prompt and dialect; or one of our policies.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import GenerateConfig, ModelOutput, get_model
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import concurrency

from deskhand import paths
from deskhand.benchmarks.registry import ChosenPolicy, load_suite
from deskhand.benchmarks.runner.engines.worker import WorkerRecipe
from deskhand.benchmarks.runner.episodes import Episode, EpisodeKey
from deskhand.benchmarks.runner.inspect.chat import answer, story
from deskhand.benchmarks.runner.inspect.desks import Job, Question, WorkerThread
from deskhand.benchmarks.runner.seeds import parse_seeds
from deskhand.benchmarks.suite import choose_tasks
from deskhand.errors import BackendError, EnvironmentProblem, UsageError
from deskhand.policies.chat.policy import Ask, ChatPolicy
from deskhand.policies.profiles.profile import Profile, chosen_profile
from deskhand.policies.protocol import Policy
from deskhand.sandbox.registry import load_sandbox
from deskhand.text import printable
from deskhand.trajectories.folders import new_run_folder

MODEL = "model"
"""The policy that asks inspect-ai's model."""

EPISODE = "deskhand:episode"
"""Where a sample's store keeps what its episode was."""


@task
def desk(
    policy: str = MODEL,
    tasks: str | Sequence[str] = "",
    subset: str | None = None,
    seeds: str | int | Sequence[int] = "0-4",
    dialect: str | None = None,
    sandbox: str = "lightbox",
    workers: int = 1,
    out: str | None = None,
) -> Task:
    """The desk suite: tasks on Debian applications, checked by what they left behind."""
    return suite("desk", policy, tasks, subset, seeds, dialect, sandbox, workers, out)


@task
def miniwob(
    policy: str = MODEL,
    tasks: str | Sequence[str] = "",
    subset: str | None = None,
    seeds: str | int | Sequence[int] = "0-4",
    dialect: str | None = None,
    sandbox: str = "lightbox",
    workers: int = 1,
    out: str | None = None,
) -> Task:
    """The miniwob suite: web pages in a sandboxed Chromium, by screenshot and X events alone."""
    return suite("miniwob", policy, tasks, subset, seeds, dialect, sandbox, workers, out)


@task
def suite(
    name: str,
    policy: str = MODEL,
    tasks: str | Sequence[str] = "",
    subset: str | None = None,
    seeds: str | int | Sequence[int] = "0-4",
    dialect: str | None = None,
    sandbox: str = "lightbox",
    workers: int = 1,
    out: str | None = None,
) -> Task:
    """Any suite by its name, also those of other packages.

    Args:
        policy: ``model``, or a policy as `deskhand eval` takes it: oracle, random, idle, embedded.
        tasks: names with commas; all if empty.
        seeds: A-B, or a list.
        dialect: how the model speaks; may be left out for models whose name identifies it.
        sandbox: where episodes run.
        workers: how many sandboxes at once.
        out: folder for trajectories; a new one below the runs' folder by default.

    Raises:
        UsageError: something that was asked for makes no sense.
    """
    if sandbox == "host":
        raise UsageError("a suite does not run on your real desktop: use sandbox=lightbox or vm")
    if policy == MODEL and dialect is None:
        _profile(None)  # what is missing is said before anything is run
    made = load_suite(name)
    names = choose_tasks(made, tasks.split(",") if isinstance(tasks, str) else tasks, subset)
    # The command line of inspect-ai makes a list of texts of "1,5", and a number of "1".
    wanted = seeds if isinstance(seeds, str | int) else ",".join(map(str, seeds))
    numbers = parse_seeds(str(wanted))
    return Task(
        dataset=[
            Sample(
                input=f"{one} with seed {seed}",
                id=f"{one}-{seed}",
                metadata={"task": one, "seed": seed, "category": made.category(one)},
            )
            for seed in numbers
            for one in names
        ],
        solver=episode(name, policy, dialect, sandbox, workers, out),
        scorer=checked(),
        config=GenerateConfig(max_tokens=2048, temperature=0.0),
        fail_on_error=False,
        name=name,
        metadata={"versions": {one: made.version(one) for one in names}},
    )


@solver
def episode(
    suite: str,
    policy: str = MODEL,
    dialect: str | None = None,
    sandbox: str = "lightbox",
    workers: int = 1,
    out: str | None = None,
) -> Solver:
    """Runs a sample's task in a sandbox and checks it; raises where its environment failed."""
    desks = _Desks(suite, policy, dialect, sandbox, out)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        key = EpisodeKey(state.metadata["task"], state.metadata["seed"], state.epoch)
        async with desks.wanted(), concurrency("deskhand desks", workers, f"deskhand desks {id(desks)}"):
            found = await _run(desks, key)
        state.store.set(EPISODE, found.model_dump(mode="json"))
        state.messages = list(story(desks.out, found))
        state.output = ModelOutput.from_content(str(state.model), state.messages[-1].text)
        state.completed = True
        if found.error:
            raise EnvironmentProblem(found.error)
        return state

    return solve


@scorer(metrics=[accuracy(), stderr()])
def checked() -> Scorer:
    """What the suite's own check found; the agent's claim counts for nothing."""

    async def score(state: TaskState, target: Target) -> Score:
        said = state.store.get(EPISODE)
        if said is None:
            return Score(value=INCORRECT, explanation="the sample was ended before its task was")
        found = Episode.model_validate(said)
        facts = {"reward", "status", "steps", "seconds", "version", "trajectory"}
        return Score(
            value=CORRECT if found.success else INCORRECT,
            answer=found.status,
            explanation=found.reason or found.status,
            metadata=found.model_dump(mode="json", include=facts),
        )

    return score


class _Desks:
    """The desks of one task: made when they are needed, and removed when no sample wants one any more."""

    def __init__(self, suite: str, policy: str, dialect: str | None, sandbox: str, out: str | None) -> None:
        size = load_suite(suite).screen if sandbox.partition(":")[0] in ("lightbox", "vm") else None
        self._make = functools.partial(
            WorkerRecipe,
            functools.partial(load_suite, suite),
            ChosenPolicy(policy),
            functools.partial(load_sandbox, sandbox, size=size),
        )
        self._title, self._dialect = f"inspect {suite}", dialect
        self._asks, self._out = policy == MODEL, Path(out) if out else None
        self._free: list[WorkerThread] = []
        self._wanted = 0

    @property
    def out(self) -> Path:
        """The folder for all episodes of the task; made under the runs of this machine if none was given."""
        if self._out is None:
            self._out = new_run_folder(paths.runs_dir(), self._title)
        return self._out

    @asynccontextmanager
    async def wanted(self) -> AsyncIterator[None]:
        """A sample wants a desk, or has one."""
        self._wanted += 1
        try:
            yield
        finally:
            self._wanted -= 1
            if not self._wanted:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._close)

    def take(self) -> WorkerThread:
        """A desk that is free, or a new one."""
        if self._free:
            return self._free.pop()
        asking = None
        if self._asks:
            profile = _profile(self._dialect)
            name = printable(f"inspect:{get_model()}/{profile.name}")
            asking = functools.partial(_asking, name, profile)
        return WorkerThread(self._make(self.out), asking)

    def give(self, desk: WorkerThread) -> None:
        """Take a desk back for the next sample; one that was stopped is closed."""
        if desk.stopped:
            desk.close()
        else:
            self._free.append(desk)

    def _close(self) -> None:
        while self._free:
            self._free.pop().close()


def _asking(name: str, profile: Profile, ask: Ask) -> Policy:
    return ChatPolicy(name, ask, profile)


def _profile(dialect: str | None) -> Profile:
    """How the model is asked, by its name or a dialect's.

    Raises:
        UsageError: its name identifies nothing, or no model is chosen.
    """
    try:
        model = get_model().name if dialect is None else ""
    except ValueError as error:
        raise UsageError(f"name the model, or its dialect with -T dialect=NAME: {error}") from error
    return chosen_profile(model, dialect=dialect)


async def _run(desks: _Desks, key: EpisodeKey) -> Episode:
    """One episode on a desk that is free, with the model asked from here, where inspect-ai counts it."""
    desk = desks.take()
    job = desk.begin(key)
    question: Question | None = None
    try:
        while not job.over:
            # Not to be left alone when the sample is ended: what it heard would be lost.
            question = await anyio.to_thread.run_sync(job.heard)
            if question is not None:
                question.answer.set_result(await answer(get_model(), question.messages))
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(_end, desks, desk, job, question)
    found = job.result.result()
    if found is None:
        raise EnvironmentProblem("the episode was stopped")
    return found


def _end(desks: _Desks, desk: WorkerThread, job: Job, question: Question | None) -> None:
    """Wait for an episode that is over, or that is to end now since its sample does."""
    while not job.over:
        desk.stop()
        if question is not None and not question.answer.done():
            question.answer.set_exception(BackendError("the sample was ended"))
        question = job.heard()
    desks.give(desk)
