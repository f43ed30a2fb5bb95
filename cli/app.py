"""The ``deskhand`` command: one verb a module, and the one place where errors become exit codes."""

from __future__ import annotations

import logging
import os
import signal
import sys

# Threads that spin for ever cost 10 to 100 times the work when another process wants a core; those that
# never spin cost twice the work when none does (training/LOG.md). This must stand before torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import typer

from deskhand.cli import (
    bench_experts,
    doctor,
    evaluate,
    explore,
    export,
    live,
    mcp,
    models,
    record,
    replay,
    rules,
    run,
    sandbox,
    see,
    show,
    train_application,
    trajectory,
    workflow,
)
from deskhand.cli.console import fail
from deskhand.errors import DeskhandError, UsageError

INTERRUPTED = 130

app = typer.Typer(
    name="deskhand",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    help="""A GUI agent that works offline: it reads a screen, thinks, and acts in a sandboxed desktop.

    Example: deskhand run "Type 'hello' and save the file as note.txt" --launch mousepad

    Exit codes: 0 done, 1 not done, 2 usage, 3 environment, 4 model or backend, 5 limit or stuck,
    130 interrupted.""",
)

app.command("run")(run.run)
app.command("live")(live.live)
app.command("see")(see.see)
app.command("record")(record.record)
app.command("replay")(replay.replay)
app.add_typer(workflow.app, name="workflow")
app.command("explore")(explore.explore)
app.command("show")(show.show)
app.add_typer(trajectory.app, name="trajectory")
app.command("export")(export.export)
app.command("import")(export.import_)
app.add_typer(evaluate.app, name="eval")
app.add_typer(bench_experts.app, name="bench")
app.add_typer(train_application.app, name="train")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(rules.app, name="rules")
app.add_typer(models.app, name="models")
app.command("mcp")(mcp.mcp)
app.command("doctor")(doctor.doctor)


@app.command("version")
def version() -> None:
    """Print the version.

    Example: deskhand version
    """
    from deskhand import __version__

    typer.echo(__version__)


def main() -> None:
    """Run the command line; every error of deskhand becomes one message and its exit code."""
    level = os.environ.get("DESKHAND_LOG", "WARNING").upper()
    if level not in logging.getLevelNamesMapping():
        sys.exit(fail(UsageError(f"DESKHAND_LOG is debug, info, warning or error, not {level[:40]!r}")))
    logging.basicConfig(level=level, format="%(levelname)s %(message)s")
    # The default would leave a sandbox's folder behind; an exit closes whatever is open on its way.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    try:
        app(prog_name="deskhand")
    except DeskhandError as error:
        sys.exit(fail(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
