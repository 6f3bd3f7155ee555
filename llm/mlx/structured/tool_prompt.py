"""Tools in words, for chat templates that know none: their description, their calls and their results.

Calls are JSON: `{"name": ..., "arguments": {...}}`, or a list of these.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from langchain_core.messages import ToolCall, ToolMessage

from llm.mlx.structured.tools import Tools


def describe_tools(tools: Tools, *, or_words: bool) -> str:
    """The tools for a prompt, and how to call them; `or_words`: the model may answer in words instead."""
    listed = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools.tools)
    call = '{"name": "the tool\'s name", "arguments": {"argument": "value"}}'
    several = " To call several, answer with a JSON list of such objects." if tools.parallel else ""
    text = (
        f"You can call these tools, each with a JSON schema of its arguments:\n{listed}\n\n"
        f"To call a tool, answer with one JSON object and nothing else: {call}.{several}"
    )
    if tools.forced:
        return f"{text}\nAnswer with a tool call."
    return f"{text}\nIf no tool is needed, answer in words." if or_words else text


def write_calls(calls: Sequence[ToolCall]) -> str:
    """Tool calls as the model writes them: one object, or a list of them."""
    written = [{"name": call["name"], "arguments": call["args"]} for call in calls]
    return json.dumps(written[0] if len(written) == 1 else written, ensure_ascii=False)


def write_result(message: ToolMessage, call: ToolCall, text: str) -> str:
    """What a tool returned, with the call that it answers."""
    what = "failed with" if message.status == "error" else "returned"
    return f"The tool call {write_calls([call])} {what}:\n{text}"
