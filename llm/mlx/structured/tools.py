"""Tools a model may call: which, whether it must, and how they are told and written. Knows nothing of tokens.

Templates without tools of their own are told of them in text, and calls are JSON:
`{"name": ..., "arguments": {...}}`, or a list of these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel

from llm.errors import InvalidRequestError
from llm.mlx.structured.grammar import literal
from llm.mlx.structured.json_schema import class_schema, hint, json_rule, narrowed, room


@dataclass(frozen=True)
class Tools:
    """The tools of one request, in OpenAI's format. `choice`: "auto", "any", "none", or a tool's name."""

    tools: Sequence[dict[str, Any]]
    choice: str = "auto"
    parallel: bool = True

    @property
    def names(self) -> list[str]:
        """What the tools are called."""
        return [str(tool["function"]["name"]) for tool in self.tools]

    @property
    def usable(self) -> bool:
        """Whether the model may call any."""
        return bool(self.tools) and self.choice != "none"

    @property
    def forced(self) -> bool:
        """Whether the answer must be a call."""
        return self.usable and self.choice != "auto"


def openings(names: Sequence[str]) -> list[str]:
    """The ways a call of a tool of `names` begins, without the spaces."""
    written = ["".join(json.dumps(name, ensure_ascii=False).split(" ")) for name in names]
    return [f'{bracket}{{"name":{name}' for bracket in ("", "[") for name in written]


def openai_tool(tool: Any) -> dict[str, Any]:
    """`tool` in OpenAI's format; a pydantic class keeps its schema as it is, for it may hold itself.

    Raises:
        InvalidRequestError: it is no function that a model could call.
    """
    if isinstance(tool, type) and issubclass(tool, BaseModel):
        schema = class_schema(tool)
        description = schema.pop("description", "")
        function = {"name": schema.pop("title", tool.__name__), "description": description, "parameters": schema}
        return {"type": "function", "function": function}
    try:
        made = convert_to_openai_tool(tool)
        if not isinstance(made["function"]["name"], str):
            raise TypeError("its name is no text")
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidRequestError(
            f"{tool!r} is no tool that a model in this process can call.",
            'Give a function, a BaseTool, a pydantic class or {"type": "function", "function": {"name": ...}}.',
        ) from error
    return made


def read_choice(value: Any, names: Sequence[str]) -> str:
    """`value` as LangChain, OpenAI and Anthropic write it: "auto", "any", "none", or one of `names`.

    Raises:
        InvalidRequestError: it names no tool there is, or is nothing of these.
    """
    wanted = value
    if isinstance(value, dict):
        inner = value.get("function", value)
        wanted = (inner.get("name") if isinstance(inner, dict) else None) or value.get("type", value)
    if wanted in (None, False, "auto"):
        return "auto"
    if wanted in (True, "any", "required") and names:
        return "any"
    if wanted == "none" or wanted in names:
        return str(wanted)
    known = ", ".join(names)
    raise InvalidRequestError(
        f"tool_choice is {value!r}, and " + (f"the tools are {known}." if names else "there are no tools."),
        'Give a name of these, "auto", "any" or "none".' if names else "Give tools too.",
    )


def take_tools(options: dict[str, Any]) -> Tools:
    """Take what concerns tools out of the options of a call."""
    given = options.pop("tools", None) or ()
    if not isinstance(given, list | tuple):
        raise InvalidRequestError(f"tools is {given!r}.", "It is a list of tools.")
    tools = [openai_tool(tool) for tool in given]
    choice = read_choice(options.pop("tool_choice", None), [tool["function"]["name"] for tool in tools])
    parallel = options.pop("parallel_tool_calls", None)
    options.pop("strict", None)  # answers always follow the schema
    if choice not in ("auto", "any", "none"):
        tools, parallel = [tool for tool in tools if tool["function"]["name"] == choice], False
    return Tools(tools, choice, parallel is not False)


def describe(tools: Tools, *, or_words: bool) -> str:
    """Tell a model of its tools; `or_words`: and that it may answer in words instead."""
    listed = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools.tools)
    call = '{"name": "the tool\'s name", "arguments": {"argument": "value"}}'
    several = " To call several, answer with a JSON list of such objects." if tools.parallel else ""
    told = (
        f"You can call these tools, each with a JSON schema of its arguments:\n{listed}\n\n"
        f"To call a tool, answer with one JSON object and nothing else: {call}.{several}"
    )
    if tools.forced:
        return f"{told}\nAnswer with a tool call."
    return f"{told}\nIf no tool is needed, answer in words." if or_words else told


def write_calls(calls: Sequence[ToolCall]) -> str:
    """Calls as the model writes them."""
    written = [{"name": call["name"], "arguments": call["args"]} for call in calls]
    return json.dumps(written[0] if len(written) == 1 else written, ensure_ascii=False)


def write_result(message: ToolMessage, call: ToolCall, text: str) -> str:
    """What a tool returned, with the call it returned it to."""
    what = "failed with" if message.status == "error" else "returned"
    return f"The tool call {write_calls([call])} {what}:\n{text}"


def call_answered(message: ToolMessage, earlier: Sequence[AIMessage]) -> ToolCall:
    """The call that a tool message answers.

    Raises:
        InvalidRequestError: there is none in the messages before it.
    """
    for turn in reversed(earlier):
        for call in turn.tool_calls:
            if call["id"] == message.tool_call_id:
                return call
    raise InvalidRequestError(
        f"The tool message with tool_call_id {message.tool_call_id!r} answers no tool call before it."
    )


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """`value`, JSON, with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {key: map_texts(item, change) for key, item in value.items()}
    return value


@dataclass(frozen=True)
class Rules:
    """Part of a grammar: `text` defines the rule `name`. `room` and `hint` as in llm.schema."""

    name: str
    text: str
    room: int
    hint: str


def call_rules(tools: Tools, *, spaced: bool = False) -> Rules:
    """Calls as JSON; `spaced` takes the spaces a model may write of itself."""
    gap = " _gap " if spaced else " "
    colon, comma = ('":"', '","') if spaced else ('": "', '", "')
    lines, spare, example = [], 64, ""
    for number, tool in enumerate(tools.tools):
        function = tool["function"]
        schema = narrowed(function.get("parameters") or {"type": "object", "properties": {}}, function["name"])
        name = json.dumps(function["name"], ensure_ascii=False)
        # The same words that %json makes of objects: where two begin alike, the lexer keeps to the longer one.
        head = gap.join(['"{"', literal('"name"'), colon, literal(name), comma, literal('"arguments"'), colon])
        lines += [f'call_{number}: {head}{gap}args_{number}{gap}"}}"', f"args_{number}: {json_rule(schema)}"]
        spare += room(schema) + len(name)
        example = example or f'{{"name": {name}, "arguments": {hint(schema)}}}'
    lines.append("call: " + " | ".join(f"call_{number}" for number in range(len(tools.tools))))
    more = f"({gap}{comma}{gap}call)*" if tools.parallel else ""
    # A model may write a list of itself; then it is a list of one.
    listed = f' | "["{gap}call {more}{gap}"]"' if tools.parallel or spaced else ""
    lines.append(f"calls: call{listed}")
    if spaced:
        lines.append(r"_gap: /[ \n]{0,4}/")
    return Rules("calls", "\n".join(lines), spare, example)


def is_pydantic(schema: Any) -> bool:
    """Whether `schema` is a pydantic class, of version 2 or 1."""
    return isinstance(schema, type) and is_basemodel_subclass(schema)
