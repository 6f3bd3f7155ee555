"""From a message to the object that was asked for, where LangChain's own parsers do not know the type."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseGenerationOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from pydantic import ValidationError

# The argument of a call whose schema is not one of an object.
VALUE = "value"


class ValueParser(BaseGenerationOutputParser[Any]):
    """Objects of any type: `validate_json` reads one from JSON text.

    The JSON is the text of the message, or the arguments of its call of the tool `tool_name`; if `is_wrapped`, its
    one argument is the value. None without such a call.
    """

    read_json: Callable[[str], Any]
    tool_name: str | None = None
    is_wrapped: bool = False

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        """The object; OutputParserException if the text is not JSON of its type."""
        text = result[0].text
        if self.tool_name is not None:
            message = result[0].message if isinstance(result[0], ChatGeneration) else None
            calls = message.tool_calls if isinstance(message, AIMessage) else []
            arguments = [call["args"] for call in calls if call["name"] == self.tool_name]
            if not arguments:
                return None
            text = json.dumps(arguments[0].get(VALUE) if self.is_wrapped else arguments[0])
        try:
            return self.read_json(text)
        except (ValidationError, ValueError) as error:
            raise OutputParserException(f"The answer cannot be read: {error}", llm_output=text) from error
