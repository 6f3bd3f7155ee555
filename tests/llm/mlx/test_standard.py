"""LangChain's own tests of chat models, all of them, on ChatMLX.

They run on a tiny checkpoint of random weights. The few that ask for understanding ("call magic_function with
3") run on a network that knows its answers by heart (scripted_network.py), with everything around it real.

Left out, because these are text models: image, audio and PDF inputs and tool results. Recorded cassettes
(`enable_vcr_tests`) are of HTTP calls, and there are none. `init_from_env_params`: nothing is read from the
environment. `test_serdes`: a model on this machine's disk has no serialized form.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from llm import ChatMLX
from llm.mlx.checkpoint import Checkpoint
from tests.checkpoints import Family, Thinking

Folder = Callable[..., Path]

MAGIC = '{"name": "magic_function", "arguments": {"input": 3}}'
SCRIPT = [
    ("value of magic_function(3)", MAGIC),
    ("weather in San Francisco, CA?", '{"name": "get_weather", "arguments": {"location": "San Francisco, CA"}}'),
    ("It's sunny.", "It is sunny in San Francisco."),
    (
        "customer named '你好啊集团'",
        '{"name": "unicode_customer", "arguments": {"customer_name": "你好啊集团", "description": "technology"}}',
    ),
    (
        "customer named 'こんにちは株式会社'",
        '{"name": "unicode_customer", "arguments": {"customer_name": "こんにちは株式会社", "description": "a"}}',
    ),
    ("generate a Pirate greeting", '{"name": "greeting_generator", "arguments": {"answer_style": "Pirate"}}'),
    ("magic_function_no_args()", '{"name": "magic_function_no_args", "arguments": {}}'),
]

# What asks for understanding. Without arguments, random weights would call well, but any number of times; and a
# pirate's greeting needs a style that is not empty.
UNDERSTANDING = (
    "test_tool_calling",
    "test_tool_calling_async",
    "test_tool_calling_with_no_arguments",
    "test_bind_runnables_as_tools",
    "test_agent_loop",
    "test_unicode_tool_call_integration",
)


def in_template_format(answer: str) -> str:
    """An answer for a template that writes calls between marks."""
    return f"<tool_call>\n{answer}\n</tool_call>" if answer.startswith("{") else answer


class Standard:
    """What both kinds of tests are told."""

    folder: Path
    other: Path
    family: str = "gemma"
    thinking: str | None = None
    layers = 4

    @pytest.fixture(autouse=True)
    def _checkpoints(self, checkpoint: Folder) -> None:
        cls = type(self)
        cls.folder, cls.other = checkpoint(cls.family, cls.thinking, cls.layers), checkpoint("gemma3")

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatMLX

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": str(self.folder)}


class TestUnit(Standard, ChatModelUnitTests):
    """Settings and bindings."""


# LangChain's unit tests on each family, and on each way of thinking.
_KINDS = [(family, None) for family in get_args(Family)] + [("gemma", thinking) for thinking in get_args(Thinking)]
for _family, _thinking in _KINDS:
    _name = f"TestUnit_{_thinking or _family}"
    _own = {"family": _family, "thinking": _thinking, "__module__": __name__}
    globals()[_name] = type(_name, (TestUnit,), _own)


class Integration(Standard, ChatModelIntegrationTests):
    """Calls: at a temperature, so that random weights do not say one word over and over."""

    layers = 1

    @pytest.fixture(autouse=True)
    def _weights(
        self, request: pytest.FixtureRequest, _checkpoints: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        if request.node.originalname in UNDERSTANDING:
            # A folder of its own, so that nothing else shares its engine.
            type(self).folder = Path(shutil.copytree(self.folder, tmp_path / "scripted"))
            monkeypatch.setattr(Checkpoint, "load_weights", self._load_script)

    @staticmethod
    def _load_script(checkpoint: Checkpoint) -> Any:
        """In the place of `Checkpoint.load_weights`."""
        from tests.scripted_network import ScriptedNetwork

        return ScriptedNetwork(checkpoint.tokenizer, SCRIPT, "<start_of_turn>model\n", 640)

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": str(self.folder), "max_tokens": 200, "temperature": 0.7, "seed": 1}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str | None:
        return str(self.other)

    @property
    def supported_usage_metadata_details(self) -> Any:
        return {"invoke": ["cache_read_input"], "stream": ["cache_read_input"]}

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        model = self.chat_model_class(**self.chat_model_params)
        if not stream:
            return model.invoke("Hello")
        chunks = list(model.stream("Hello"))
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        return whole


class TestJSONSchema(Integration):
    """Structured output by its default method, json_schema."""


class TestQwen3(Integration):
    """A model that thinks, told not to, whose template knows tools."""

    family = thinking = "qwen3"

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**super().chat_model_params, "thinking": False}

    @staticmethod
    def _load_script(checkpoint: Checkpoint) -> Any:
        from tests.scripted_network import ScriptedNetwork

        script = [(trigger, in_template_format(answer)) for trigger, answer in SCRIPT]
        return ScriptedNetwork(checkpoint.tokenizer, script, "<think>\n\n</think>\n\n", 640)


def only_structured_output(tests: type) -> type:
    """A class without the tests that the method of structured output cannot change (one names its own method)."""
    for name in dir(tests):
        if name.startswith("test_") and "structured" not in name:
            setattr(tests, name, None)
    return tests


@only_structured_output
class TestFunctionCalling(Integration):
    """Structured output by a forced tool call."""

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "function_calling"}


@only_structured_output
class TestJSONMode(Integration):
    """Structured output held to a schema that the prompt does not tell."""

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "json_mode"}
