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

from llm.errors import InvalidRequestError
from llm.mlx.base import MLXModel
from llm.mlx.batch import BatchedChat
from llm.mlx.chat_output import ChatCall
from llm.mlx.client import astream, await_answers, stream, wait
from llm.mlx.runtime import Runtime
from llm.mlx.structured.output_spec import AnyConstraint, Shape
from llm.mlx.structured.response_format import structured
from llm.mlx.structured.tools import openai_tool, read_choice
from llm.mlx.window import local_context_window


class ChatMLX(MLXModel, BatchedChat):
    """A chat model on Apple's MLX, decoded together with every other call on the same checkpoint.

    ```python
    chat = ChatMLX(model="mlx-community/gemma-3-4b-it-4bit", temperature=0.1, max_tokens=500)
    chat.invoke("Why is the sky blue?")
    await asyncio.gather(*(chat.ainvoke(p) for p in prompts))   # one batch
    ```

    The tokenizer is read at the first count or call, the weights at the first call. Every setting can also
    be given with a call (`chat.invoke(prompt, max_tokens=50)`).

    Raises (from calls): the errors of `llm.errors`, all of them `langchain_core.exceptions.ModelError`.
    """

    max_retries: int = Field(2, ge=0)
    """Taken because every chat model takes it; nothing here fails that would succeed when tried again."""

    streaming: bool = False
    """Whether `invoke` streams when someone listens."""

    api_key: SecretStr | None = Field(None, exclude=True)
    """Taken because every chat model takes one; a model in this process asks for none."""

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
        """What can be told without loading anything."""
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
        dict. A call that is forced, or has begun, always follows the tool's schema.

        `parallel_tool_calls`: with False, and with a tool's name as the choice, there is at most one call;
        otherwise, which is the default, there may be several. Calls that are not forced and that the model's
        template writes in a format that is no JSON are read as they come, and held to neither.

        Raises:
            InvalidRequestError: no tool, no such choice, or a schema that answers cannot be held to.
        """
        made = [openai_tool(tool) for tool in tools]
        choice = read_choice(tool_choice, [tool["function"]["name"] for tool in made])
        self._check({"tools": made, "tool_choice": choice, "response_format": kwargs.get("response_format")})
        if parallel_tool_calls is not None:
            kwargs["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(tools=made, tool_choice=choice, **kwargs)

    def _check(self, options: dict[str, Any]) -> None:
        """Refuse now what answers cannot be held to, and not at the first call."""
        shape = Shape.take(options)
        try:
            shape.check()
        except InvalidRequestError:
            # A template's own calls that are no JSON are held to nothing.
            if shape.is_held or shape.is_constrained(self.runtime.template.markers):
                raise

    def with_structured_output(  # type: ignore[override]
        self,
        schema: Any = None,
        *,
        method: str = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
    ) -> Runnable[LanguageModelInput, Any]:
        """A model that answers with objects of `schema`: a pydantic class, a TypedDict, or a JSON schema.

        The answer always satisfies the schema, whatever the weights; `strict` is accepted and changes nothing.
        `method`: "json_schema" and "function_calling" tell the model of the schema, "json_mode" leaves the
        prompt as it is.

        Raises:
            InvalidRequestError: no such method, no schema, or one that answers cannot be held to.
        """
        return structured(self, schema, method=method, include_raw=include_raw)

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens of `text` (T,) as part of a message: control tokens in it count as the text they are."""
        return super().get_token_ids(self.runtime.checkpoint.defuse(text))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """The length of the prompt that `messages` become: with template and tools, before any answer."""
        return len(_encode(self.runtime, messages, Shape.take({"tools": tools})))

    def _make(self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> ChatCall:
        options = dict(options)
        shape = Shape.take(options)
        # A stop text inside a JSON value would leave half of it.
        settings = self.settings([] if shape.is_held else stop, options)
        runtime = self.runtime_for(settings)
        markers = runtime.template.markers
        constraints: list[AnyConstraint] = []

        def constrain(max_tokens: int) -> AnyConstraint:
            constraints.append(shape.constrain(runtime.checkpoint, markers, max_tokens))
            return constraints[-1]

        prompt = _encode(runtime, messages, shape)
        call = runtime.call(settings, prompt, constrain if shape.is_constrained(markers) else None)
        return ChatCall(settings.model, call, shape.reader(markers), constraints)

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
        # The tokenizer, perhaps still to be read, is not the event loop's business.
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


def _encode(runtime: Runtime, messages: Sequence[BaseMessage], shape: Shape) -> list[int]:
    with runtime.checkpoint.tokenizer_lock:
        return runtime.template.encode(messages, shape)
