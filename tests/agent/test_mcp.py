"""deskhand as tools over the Model Context Protocol, through its own client and the real command."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import ElicitResult
from PIL import Image

from tests.conftest import COMMAND, environment

pytestmark = pytest.mark.lightbox


@asynccontextmanager
async def connected(*options: str, **how: Any) -> AsyncIterator[Client]:
    command, *arguments = COMMAND
    server = StdioServerParameters(
        command=str(command), args=[*map(str, arguments), "mcp", *options], env=environment({})
    )
    async with Client(server, **how) as client:
        yield client


def go(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        with anyio.fail_after(150):
            await work()

    anyio.run(bounded)


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool returns; its error as a text."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    texts = [part.text for part in result.content if part.type == "text"]
    if result.structured_content is not None:
        found = result.structured_content
        return found["result"] if set(found) == {"result"} else found
    return [*result.content] if len(texts) != len(result.content) else json.loads(texts[0])


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return " ".join(part.text for part in result.content if part.type == "text")


def test_a_desktop_is_opened_looked_at_acted_on_and_closed() -> None:
    async def work() -> None:
        async with connected() as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {
                "open_desktop", "look", "act", "run_task", "replay_task", "read_file", "close_desktop",
            }  # fmt: skip
            opened = await call(client, "open_desktop", application="mousepad")
            desktop = opened["desktop"]
            picture, listed = await call(client, "look", desktop=desktop)
            size = Image.open(io.BytesIO(base64.b64decode(picture.data))).size
            assert size == (opened["width"], opened["height"])
            assert any(one["text"] == "File" for one in json.loads(listed.text))
            done = await call(
                client,
                "act",
                desktop=desktop,
                actions=[{"kind": "type", "text": "from a tool"}, {"kind": "key", "keys": ["ctrl", "s"]}],
            )
            assert [one["status"] for one in done] == ["ok", "ok"]
            await call(client, "look", desktop=desktop, elements=False)
            await call(
                client, "act", desktop=desktop, actions=[{"kind": "type", "text": "tool.txt", "submit": True}]
            )
            with anyio.fail_after(20):  # the editor takes its time to save
                while (
                    await client.call_tool("read_file", {"desktop": desktop, "path": "tool.txt"})
                ).is_error:
                    await call(client, "look", desktop=desktop, elements=False)
            found = await call(client, "read_file", desktop=desktop, path="tool.txt")
            assert found["text"].strip() == "from a tool"
            await call(client, "close_desktop", desktop=desktop)
            assert "there is no desktop" in await refused(client, "look", desktop=desktop)

    go(work)


def test_what_a_rule_asks_about_is_asked_of_the_person_and_without_one_refused() -> None:
    line = [{"kind": "type", "text": "touch made.txt", "submit": True}]
    asked: list[str] = []
    answers = [True, False]

    async def person(context: Any, parameters: Any) -> ElicitResult:
        asked.append(parameters.message)
        return ElicitResult(action="accept", content={"allow": answers.pop(0)})

    async def work() -> None:
        async with connected(mode="legacy") as client:
            desktop = (await call(client, "open_desktop", application="xterm"))["desktop"]
            (done,) = await call(client, "act", desktop=desktop, actions=line)
            assert done["status"] == "refused" and "nobody answered" in done["reason"]
        async with connected(mode="legacy", elicitation_callback=person) as client:
            desktop = (await call(client, "open_desktop", application="xterm"))["desktop"]
            for status in ("ok", "refused"):
                (done,) = await call(client, "act", desktop=desktop, actions=line)
                assert done["status"] == status, done
        async with connected("--yes", "shell") as client:
            desktop = (await call(client, "open_desktop", application="xterm"))["desktop"]
            (done,) = await call(client, "act", desktop=desktop, actions=line)
            assert done["status"] == "ok"

    go(work)
    assert len(asked) == 2 and "touch made.txt" in asked[0] and "shell" in asked[0]


def test_a_call_that_is_cancelled_is_stopped_and_the_desktop_takes_the_next(tmp_path: Path) -> None:
    async def work() -> None:
        async with connected() as client:
            desktop = (await call(client, "open_desktop", application="mousepad"))["desktop"]
            with anyio.move_on_after(1.5):
                await call(client, "act", desktop=desktop, actions=[{"kind": "wait", "seconds": 290}])
            done = await call(client, "act", desktop=desktop, actions=[{"kind": "key", "keys": ["a"]}])
            assert [one["status"] for one in done] == ["ok"]

    go(work)


@pytest.mark.model
def test_a_task_is_done_and_its_steps_are_progress() -> None:
    told: list[tuple[float, str | None]] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async def work() -> None:
        async with connected("--rules", "none") as client:
            desktop = (await call(client, "open_desktop", application="mousepad"))["desktop"]
            result = await client.call_tool(
                "run_task",
                {"desktop": desktop, "task": "Type 'by a tool' and save the file as note.txt"},
                progress_callback=progress,
            )
            assert not result.is_error, result.content
            assert result.structured_content is not None
            assert result.structured_content["status"] == "finished"
            found = await call(client, "read_file", desktop=desktop, path="note.txt")
            assert found["text"].strip() == "by a tool"

    go(work)
    assert [step for step, _ in told] == list(range(1, len(told) + 1)) and len(told) > 2
    assert "by a tool" in (told[0][1] or "")


def test_what_makes_no_sense_is_an_error_in_words() -> None:
    async def work() -> None:
        async with connected() as client:
            assert "lightbox or vm" in await refused(client, "open_desktop", sandbox="host")
            desktop = (await call(client, "open_desktop"))["desktop"]
            for actions, words in (
                ([], "1 to 64"),
                ([{"kind": "clik"}], "action 1"),
                ([{"kind": "finished"}], "ends a run"),
                ([{"kind": "click", "at": {"x": 1}}], "action 1"),
            ):
                assert words in await refused(client, "act", desktop=desktop, actions=actions)
            (done,) = await call(
                client, "act", desktop=desktop, actions=[{"kind": "click", "at": {"x": 99999, "y": 1}}]
            )
            assert done["status"] == "refused"
            assert await refused(client, "read_file", desktop=desktop, path="../../etc/passwd")
            assert await refused(client, "run_task", desktop=desktop, task=" ")
            for where in ("/etc", "../..", "nowhere"):
                assert await refused(client, "replay_task", desktop=desktop, trajectory=where)
            for policy in ("scripted:/etc/passwd", "local:/", "nobody"):
                found = await refused(client, "run_task", desktop=desktop, task="x", policy=policy)
                assert "a policy is one of" in found

    go(work)
