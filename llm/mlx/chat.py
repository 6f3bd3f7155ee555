"""`ChatMLX`: a chat model that mlx-lm runs in this process. Messages in, messages out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LangSmithParams, LanguageModelInput
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field, SecretStr

from llm.config import MLXSettings
from llm.errors import InvalidRequestError
from llm.mlx.base import MLXModel
from llm.mlx.batch import BatchedChat
from llm.mlx.chat_output import ChatCall
from llm.mlx.client import astream, await_answers, stream, wait
from llm.mlx.runtime import Runtime
from llm.mlx.structured.logits_processor import StructuredProcessor
from llm.mlx.structured.output_schema import read_tool
from llm.mlx.structured.output_spec import OutputSpec
from llm.mlx.structured.structured_output import structured_output
from llm.mlx.structured.tools import read_tool_choice
from llm.mlx.window import local_context_window


class ChatMLX(MLXModel, BatchedChat):
    """A chat model on Apple's MLX, decoded together with every other call on the same checkpoint.

    ```python
    chat = ChatMLX(model="mlx-community/gemma-3-4b-it-4bit", temperature=0.1, max_tokens=500)
    chat.invoke("Why is the sky blue?")
    await asyncio.gather(*(chat.ainvoke(p) for p in prompts))   # one batch
    ```

    The tokenizer is loaded at the first count or call, the weights at the first call. Every setting can also be
    given with a call (`chat.invoke(prompt, max_tokens=50)`).

    Raises (from calls): the errors of `llm.errors`, all of them `langchain_core.exceptions.ModelError`.
    """

    max_retries: int = Field(default=2, ge=0)
    """Accepted because every chat model has it; nothing here fails that a retry would mend."""

    streaming: bool = False
    """Whether `invoke` streams if a callback wants tokens."""

    api_key: SecretStr | None = Field(default=None, exclude=True)
    """Accepted because every chat model has one; a model in this process needs none."""

    @property
    def _llm_type(self) -> str:
        return "chat-mlx"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        def setting(name: str) -> Any:
            return getattr(self, name) if kwargs.get(name) is None else kwargs[name]

        params = LangSmithParams(
            ls_provider="mlx",
            ls_model_name=setting("model"),
            ls_model_type="chat",
            ls_temperature=setting("temperature"),
            ls_max_tokens=setting("max_tokens"),
        )
        if ends := self.stop if stop is None else stop:
            params["ls_stop"] = ends
        return params

    def _resolve_model_profile(self) -> ModelProfile:
        """What is known without loading anything."""
        profile = ModelProfile(
            text_inputs=True,
            image_inputs=False,
            image_url_inputs=False,
            pdf_inputs=False,
            audio_inputs=False,
            video_inputs=False,
            text_outputs=True,
            image_outputs=False,
            audio_outputs=False,
            tool_calling=True,
            tool_choice=True,
            structured_output=True,
            max_output_tokens=self.max_tokens,
        )
        known = [w for w in (self.context_window, local_context_window(self.model)) if w is not None]
        if known:
            profile["max_input_tokens"] = min(known)
        return profile

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: Any = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """A model that may call `tools`, or must.

        `tool_choice`: "auto" (the default), "any", "required" or True, a tool's name, "none", or OpenAI's
        dict. A call that is forced, or has begun, always follows the schema of its tool.

        `parallel_tool_calls`: with False, or with a tool's name as the choice, there is at most one call; by
        default there may be several. If the model's template writes calls in a format other than JSON, calls that
        are not forced are read as they come: neither their schema nor their number is enforced.

        Raises:
            InvalidRequestError: not a tool, an unknown choice, or a schema that cannot be enforced.
        """
        described = [read_tool(tool) for tool in tools]
        choice = read_tool_choice(tool_choice, [tool["function"]["name"] for tool in described])
        self._check({"tools": described, "tool_choice": choice, "response_format": kwargs.get("response_format")})
        if parallel_tool_calls is not None:
            kwargs["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(tools=described, tool_choice=choice, **kwargs)

    def _check(self, options: dict[str, Any]) -> None:
        """Refuse what cannot be enforced now and not at the first call."""
        spec = OutputSpec.pop_from(options)
        try:
            spec.check()
        except InvalidRequestError:
            # Calls in a template's own format that are not JSON follow no grammar.
            if spec.is_structured or spec.needs_grammar(self.runtime.template.markers):
                raise

    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: str = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """A model that answers with objects of `schema`: any type that pydantic knows (a model, a dataclass, an
        Enum, `list[int]`, `A | B`), a TypedDict, or a JSON schema.

        The answer always satisfies the schema, whatever the weights; `strict` is accepted and changes nothing.
        Sets are decoded as lists and lose their doubles when they are read. `method`: "json_schema" and
        "function_calling" describe the schema in the prompt, "json_mode" does not. With `tools`, the model may
        call one instead, and the object is None; other keywords are settings of each call.

        Raises:
            InvalidRequestError: an unknown method, no schema, or one that cannot be enforced.
        """
        return structured_output(self, schema, method=method, include_raw=include_raw, **kwargs)

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens of `text` (T,) as part of a message: control tokens in it count as the text they are."""
        return super().get_token_ids(self.runtime.checkpoint.defuse(text))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """The length of the prompt that `messages` become: with template and tools, before any answer.

        Any part of a conversation can be counted, in any order.
        """
        runtime, spec = self.runtime, OutputSpec.pop_from({"tools": tools})
        with runtime.checkpoint.tokenizer_lock:
            return runtime.template.count(messages, spec, thinks=self.thinking)

    def get_thinking_reserve(self) -> int:
        """Tokens to leave free for thoughts beside the `max_tokens` of the answer; 0 if the model does not think.

        It is `thinking_tokens`, or a quarter of the context window, if that is less.
        """
        if not self._may_think(self, is_structured=False):
            return 0
        window = self.get_context_window()
        return self.thinking_tokens if window is None else min(self.thinking_tokens, window // 4)

    def _may_think(self, settings: MLXSettings, *, is_structured: bool) -> bool:
        """Whether thoughts may come before the answer. By default none do before one that follows a grammar."""
        runtime = self.runtime_for(settings)
        if settings.thinking is None and not is_structured:
            with runtime.checkpoint.tokenizer_lock:
                return runtime.template.thinks_by_default
        return bool(settings.thinking) and runtime.template.thinking is not None

    def _make(self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> ChatCall:
        options = dict(options)
        spec = OutputSpec.pop_from(options)
        # A stop text inside a JSON value would leave half of it.
        settings = self.settings([] if spec.is_structured else stop, options)
        runtime = self.runtime_for(settings)
        markers = runtime.template.markers
        processors: list[StructuredProcessor] = []

        def logits_processor(max_tokens: int) -> StructuredProcessor:
            processors.append(spec.logits_processor(runtime.checkpoint, markers, max_tokens))
            return processors[-1]

        prompt = _encode(runtime, messages, spec, settings.thinking)
        may_think = self._may_think(settings, is_structured=spec.is_structured)
        call = runtime.call(
            settings,
            prompt,
            logits_processor if spec.needs_grammar(markers) else None,
            thinking=runtime.template.thinking,
            thinking_tokens=settings.thinking_tokens if may_think else 0,
            names_recipients=spec.tools.usable and not spec.is_structured,  # a grammar writes them itself
        )
        return ChatCall(settings.model, call, spec.tool_parser(markers), processors)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        made = self._make(messages, stop, kwargs)
        (answer,) = wait([made.call])
        return made.result(answer)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # The tokenizer may still have to be loaded, which must not block the event loop.
        made = await asyncio.to_thread(self._make, messages, stop, kwargs)
        (answer,) = await await_answers([made.call])
        return made.result(answer)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        made = self._make(messages, stop, kwargs)
        for item in stream(made.call):
            yield from made.chunks(item)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        made = await asyncio.to_thread(self._make, messages, stop, kwargs)
        async for item in astream(made.call):
            for chunk in made.chunks(item):
                yield chunk


def _encode(
    runtime: Runtime, messages: Sequence[BaseMessage], spec: OutputSpec, thinks: bool | None = None
) -> list[int]:
    with runtime.checkpoint.tokenizer_lock:
        return runtime.template.encode(messages, spec, thinks=thinks)
