"""``deskhand mcp``: deskhand as tools for other agents."""

from __future__ import annotations

from typing import Annotated

import typer

from deskhand.cli.options import YesOption
from deskhand.errors import EnvironmentProblem, UsageError


def mcp(
    rules: Annotated[
        str, typer.Option(metavar="FILE|default|none", help="Rules before every action.")
    ] = "default",
    yes: YesOption = None,
) -> None:
    """Serve tools over the Model Context Protocol on standard input and output, for other agents.

    The tools open a separate desktop, look at it, act on it, run a task, replay a recording, read a file and
    close it. Your real desktop is never among them. What the rules ask about is asked of you by the client,
    where it can; else it is refused. Needs the extra: pip install 'deskhand[mcp]'.

    Example: deskhand mcp --rules default --yes delete-files
    """
    try:
        import mcp.server.mcpserver  # noqa: F401
    except ImportError as error:
        raise EnvironmentProblem(f"{error}: install it with pip install 'deskhand[mcp]'") from error
    import anyio

    from deskhand.agent.mcp_server import DesktopTools
    from deskhand.agent.rules.rulebook import read_rules

    if rules == "none" and yes:
        raise UsageError("--yes answers the questions of rules: name them with --rules")
    tools = DesktopTools(None if rules == "none" else read_rules(rules), tuple(yes or ()))

    async def serve() -> None:
        try:
            await tools.server().run_stdio_async()
        finally:
            with anyio.CancelScope(shield=True):
                await tools.close()

    anyio.run(serve)
