"""Tools that a model may call: which there are, and whether it must call one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llm.errors import InvalidRequestError
from llm.mlx.structured.output_schema import read_tool


@dataclass(frozen=True)
class Tools:
    """The tools of one call, in OpenAI's format. `choice`: "auto", "any", "none", or the name of a tool."""

    tools: Sequence[dict[str, Any]]
    choice: str = "auto"
    parallel: bool = True

    @property
    def names(self) -> list[str]:
        """The names of the tools."""
        return [str(tool["function"]["name"]) for tool in self.tools]

    @property
    def usable(self) -> bool:
        """Whether the model may call one."""
        return bool(self.tools) and self.choice != "none"

    @property
    def forced(self) -> bool:
        """Whether the answer must be a call."""
        return self.usable and self.choice != "auto"


def read_tool_choice(value: Any, names: Sequence[str]) -> str:
    """`value` as LangChain, OpenAI and Anthropic write it: "auto", "any", "none", or one of `names`.

    Raises:
        InvalidRequestError: it is none of these.
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
        'Give one of these names, "auto", "any" or "none".' if names else "Give tools too.",
    )


def pop_tools(options: dict[str, Any]) -> Tools:
    """Take what concerns tools out of the options of a call."""
    given = options.pop("tools", None) or ()
    if not isinstance(given, list | tuple):
        raise InvalidRequestError(f"tools is {given!r}.", "It must be a list of tools.")
    tools = [read_tool(tool) for tool in given]
    choice = read_tool_choice(options.pop("tool_choice", None), [tool["function"]["name"] for tool in tools])
    parallel = options.pop("parallel_tool_calls", None)
    options.pop("strict", None)  # every answer follows its schema
    if choice not in ("auto", "any", "none"):
        tools, parallel = [tool for tool in tools if tool["function"]["name"] == choice], False
    return Tools(tools, choice, parallel is not False)
