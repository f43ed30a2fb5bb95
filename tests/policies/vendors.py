"""Vendors' servers, as strict as the real ones: what does not fit the vendor's own types is refused."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal, Union

import typing_extensions
from anthropic.types import Message
from anthropic.types.beta.message_create_params import MessageCreateParamsNonStreaming as BetaMessageParams
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as MessageParams
from google.genai import types as genai
from openai.types.responses import Response
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming as ResponseParams
from pydantic import BaseModel

_WRAPPERS = tuple(
    getattr(module, name)
    for module in (typing, typing_extensions)
    for name in ("Required", "NotRequired", "Annotated", "ReadOnly")
    if hasattr(module, name)
)


def complaints(value: Any, kind: Any, where: str = "body") -> list[str]:
    """What of a JSON value does not fit a type of a vendor's package; unknown fields do not."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in _WRAPPERS:
        return complaints(value, arguments[0], where)
    if origin in (Union, types.UnionType):
        tries = [complaints(value, one, where) for one in arguments]
        return min(tries, key=lambda found: (len(found), -max((len(c) for c in found), default=0)))
    if origin is Literal:
        return [] if value in arguments else [f"{where}: {value!r:.60} is none of {arguments!r:.200}"]
    if typing_extensions.is_typeddict(kind):
        return _of_fields(value, kind, where)
    if kind in (Any, object):
        return []
    if isinstance(origin, type) and issubclass(origin, dict):
        return [] if isinstance(value, dict) else [f"{where}: no object"]
    if origin is not None:  # some kind of list
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [c for n, one in enumerate(value) for c in complaints(one, arguments[0], f"{where}[{n}]")]
    if kind is float:
        kind = (int, float)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [f"{where}: is sent as an object of its parameters"]
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: {value!r:.60} is no {kind}"]


def _of_fields(value: Any, kind: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    fields = typing_extensions.get_type_hints(kind, include_extras=True)
    found = [f"{where}: has no field {name!r}" for name in value if name not in fields]
    found += [f"{where}: lacks {name}" for name in kind.__required_keys__ if name not in value]
    return found + [
        c
        for name, one in value.items()
        if name in fields
        for c in complaints(one, fields[name], f"{where}.{name}")
    ]


def of_anthropic(body: dict[str, Any], headers: Any) -> list[str]:
    """What Anthropic would refuse."""
    beta = "anthropic-beta" in headers
    found = complaints(body, BetaMessageParams if beta else MessageParams)
    found += [] if headers.get("x-api-key") and headers.get("anthropic-version") else ["no key or version"]
    messages = body["messages"]
    pictures = 0
    for before, after in zip(messages, [*messages[1:], None], strict=True):
        uses = [b for b in before["content"] if isinstance(b, dict) and b["type"] == "tool_use"]
        if before["role"] == "assistant" and after is None:
            found.append("the last message is the assistant's")
            continue
        results = [b for b in (after or {}).get("content", ()) if b["type"] == "tool_result"]
        if before["role"] == "assistant" and [u["id"] for u in uses] != [r["tool_use_id"] for r in results]:
            found.append("each tool_use is answered by a tool_result in the next message, in order")
        for use, result in zip(uses, results, strict=False):
            if use.get("toolset_name") != result.get("toolset_name"):
                found.append("a result names the toolset of its call")
            pictures += sum(part["type"] == "image" for part in result["content"])
    return found


def of_openai(body: dict[str, Any], headers: Any) -> list[str]:
    """What OpenAI would refuse."""
    found = complaints(body, ResponseParams)
    found += [] if headers.get("authorization", "").startswith("Bearer ") else ["no key"]
    outputs = [item for item in body["input"] if str(item.get("type")).endswith("_call_output")]
    for item in body["input"]:
        if item.get("type") not in ("computer_call", "function_call"):
            continue
        output = outputs.pop(0) if outputs else None
        if output is None or output["call_id"] != item["call_id"]:
            found.append("each call has its output")
        elif item.get("pending_safety_checks") and item["pending_safety_checks"] != output.get(
            "acknowledged_safety_checks"
        ):
            found.append("safety checks have to be acknowledged")
    return [*found, *(["an output has its call"] if outputs else [])]


def of_gemini(body: dict[str, Any], headers: Any) -> list[str]:
    """What Gemini would refuse."""
    found = [] if headers.get("x-goog-api-key") else ["no key"]
    known = {"systemInstruction", "contents", "tools", "generationConfig"}
    found += [f"has no field {name!r}" for name in body.keys() - known]
    checked: Sequence[tuple[Any, type[BaseModel]]] = (
        (body["systemInstruction"], genai.Content),
        *((one, genai.Content) for one in body["contents"]),
        *((one, genai.Tool) for one in body["tools"]),
        (body["generationConfig"], genai.GenerationConfig),
    )
    for value, kind in checked:
        try:
            kind.model_validate(value)
        except ValueError as error:
            found.append(str(error))
    for before, after in zip(body["contents"], body["contents"][1:], strict=False):
        calls = [part["functionCall"] for part in before["parts"] if "functionCall" in part]
        answers = [part["functionResponse"] for part in after["parts"] if "functionResponse" in part]
        if [(c["name"], c.get("id")) for c in calls] != [(a["name"], a.get("id")) for a in answers]:
            found.append("each functionCall has its functionResponse, in order")
        for call, answer in zip(calls, answers, strict=False):
            wants = (call["args"].get("safety_decision") or {}).get("decision") == "require_confirmation"
            if wants != ("safety_acknowledgement" in answer["response"]):
                found.append("safety decisions have to be acknowledged")
    if "parts" in body["contents"][-1] and body["contents"][-1]["role"] != "user":
        found.append("the last content is the user's")
    return found


def anthropic_says(*blocks: dict[str, Any], stop: str = "") -> dict[str, Any]:
    """A message of Anthropic's; blocks without an id get one."""
    content = [
        {"id": f"toolu_{n}", "caller": {"type": "direct"}, **block} if block["type"] == "tool_use" else block
        for n, block in enumerate(blocks)
    ]
    uses = any(block["type"] == "tool_use" for block in blocks)
    data = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": content,
        "stop_reason": stop or ("tool_use" if uses else "end_turn"), "stop_sequence": None,
        "usage": {
            "input_tokens": 10, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 5,
            "output_tokens": 7,
        },
    }  # fmt: skip
    Message.model_validate(data)
    return data


def openai_says(*items: dict[str, Any], incomplete: str = "") -> dict[str, Any]:
    """A response of OpenAI's."""
    data = {
        "id": "resp_1", "object": "response", "created_at": 0, "model": "gpt-5.4", "output": list(items),
        "status": "incomplete" if incomplete else "completed", "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [],
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "usage": {
            "input_tokens": 100, "output_tokens": 7, "total_tokens": 107,
            "input_tokens_details": {"cached_tokens": 90, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 3},
        },
    }  # fmt: skip
    Response.model_validate(data)
    return data


def gemini_says(*parts: dict[str, Any], reason: str = "STOP") -> dict[str, Any]:
    """A response of Gemini's."""
    data = {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 4, "thoughtsTokenCount": 3},
    }
    genai.GenerateContentResponse.model_validate(data)
    return data


Judge = Callable[[dict[str, Any], Any], list[str]]


class VendorServer(ThreadingHTTPServer):
    """Answers in turn, the last answer again and again; keeps every body and every header."""

    daemon_threads = True

    def __init__(self, judge: Judge, answers: Sequence[dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.judge, self.answers = judge, list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: VendorServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        number = len(self.server.bodies)
        self.server.bodies.append(body)
        self.server.heads.append({name.lower(): value for name, value in self.headers.items()})
        self.server.paths.append(self.path)
        wrong = self.server.judge(body, self.headers)
        status = 400 if wrong else 200
        answer = self.server.answers[min(number, len(self.server.answers) - 1)]
        data = {"error": {"message": "; ".join(wrong[:5])}} if wrong else answer
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@contextmanager
def vendor_server(judge: Judge, *answers: dict[str, Any]) -> Iterator[VendorServer]:
    """A server on a free port."""
    server = VendorServer(judge, answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
