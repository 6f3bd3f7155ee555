"""The façade by OpenAI's own client against a real server. Models are real and tiny, or scripted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.ai import OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import BaseModel, PrivateAttr

from llm import ChatMLX, TextRank
from llm.errors import ContextOverflowError, EngineError
from tests.fakes import EchoModel
from tests.graph.service.conftest import Service, running
from tests.graph.service.held import HeldModel

HELLO: list[Any] = [{"role": "user", "content": "Hello."}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Town(BaseModel):
    name: str
    people: int


class Scripted(BaseChatModel):
    """Streams the chunks it is given, and keeps what it was asked. An exception in their midst is raised."""

    model: str = "scripted"
    script: list[Any]
    reasoning_effort: str | None = None
    wait: float = 0
    _asked: list[tuple[list[BaseMessage], dict[str, Any]]] = PrivateAttr(default_factory=list)
    _given_up: list[str] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted-fake"

    @property
    def asked(self) -> tuple[list[BaseMessage], dict[str, Any]]:
        """The last messages and settings."""
        return self._asked[-1]

    def bind_tools(self, tools: Any, *, tool_choice: Any = None, **kwargs: Any) -> Any:
        return self.bind(tools=tools, tool_choice=tool_choice, **kwargs)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self._asked.append((messages, kwargs | ({"stop": stop} if stop else {})))
        try:
            for item in self.script:
                if isinstance(item, Exception):
                    raise item
                await asyncio.sleep(self.wait)
                yield ChatGenerationChunk(message=item)
        except asyncio.CancelledError:
            self._given_up.append("cancelled")
            raise


def said(content: str = "", **more: Any) -> AIMessageChunk:
    return AIMessageChunk(content=content, **more)


@pytest.fixture
def address(serve: Callable[..., Service]) -> Callable[[BaseChatModel], str]:
    """Serves a model, and gives the address."""
    return lambda model: f"{serve(model=model).url}/v1"


@pytest.fixture
def client(address: Callable[[BaseChatModel], str]) -> Iterator[Callable[[BaseChatModel], openai.OpenAI]]:
    """OpenAI's client for a model."""
    with ExitStack() as stack:
        yield lambda model: stack.enter_context(
            openai.OpenAI(base_url=address(model), api_key="none", max_retries=0, timeout=60)
        )


def test_the_models_are_the_configured_one_and_summarize(client: Callable[..., openai.OpenAI]) -> None:
    api = client(TextRank())
    assert [model.id for model in api.models.list()] == ["textrank", "summarize"]
    assert api.models.retrieve("summarize").object == "model"
    with pytest.raises(openai.NotFoundError) as refused:
        api.models.retrieve("google/gemma")
    assert refused.value.code == "model_not_found"


def test_a_whole_answer_has_text_usage_and_why_it_ended(
    client: Callable[..., openai.OpenAI], checkpoint: Callable[..., Path]
) -> None:
    api = client(ChatMLX(model=str(checkpoint("gemma")), max_tokens=12))
    answer = api.chat.completions.create(model="gemma", messages=HELLO, temperature=1, seed=3)
    choice, usage = answer.choices[0], answer.usage
    assert answer.object == "chat.completion"
    assert answer.model == "gemma"
    assert choice.message.role == "assistant"
    assert choice.message.content
    assert choice.finish_reason == "length"
    assert usage is not None
    assert usage.completion_tokens == 12
    assert usage.total_tokens == usage.prompt_tokens + 12
    shorter = api.chat.completions.create(model="gemma", messages=HELLO, max_completion_tokens=5)
    assert shorter.usage is not None
    assert shorter.usage.completion_tokens == 5


def test_a_stream_adds_up_to_the_whole_answer_and_ends_with_its_usage(
    client: Callable[..., openai.OpenAI], checkpoint: Callable[..., Path]
) -> None:
    api = client(ChatMLX(model=str(checkpoint("gemma")), max_tokens=12))
    asked: Any = {"model": "gemma", "messages": HELLO, "temperature": 1, "seed": 3}
    whole = api.chat.completions.create(**asked)
    *chunks, last = api.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == [None, "length"]
    assert len({chunk.id for chunk in [*chunks, last]}) == 1
    assert {chunk.usage for chunk in chunks} == {None}
    assert last.choices == []
    assert last.usage == whole.usage


def test_a_stream_is_sent_as_openai_sends_it(address: Callable[..., str]) -> None:
    model = Scripted(script=[said("항구\u2028는"), said("", chunk_position="last")])
    asked = {"model": "scripted", "messages": HELLO, "stream": True}
    answer = httpx.post(f"{address(model)}/chat/completions", json=asked)
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, done, end = answer.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    values = [json.loads(event.removeprefix("data: ")) for event in events]
    assert {value["object"] for value in values} == {"chat.completion.chunk"}
    assert [value["choices"][0]["delta"] for value in values] == [
        {"role": "assistant", "content": ""},
        {"content": "항구\u2028는"},
        {},
    ]
    assert not any("usage" in value for value in values)


async def test_requests_that_are_there_at_once_are_decoded_together(
    address: Callable[..., str], checkpoint: Callable[..., Path]
) -> None:
    at = address(ChatMLX(model=str(checkpoint("gemma")), max_tokens=40))
    diary: list[int] = []
    async with openai.AsyncOpenAI(base_url=at, api_key="none", max_retries=0, timeout=60) as api:

        async def ask(number: int) -> str:
            asked: Any = {"model": "gemma", "messages": [{"role": "user", "content": f"Part {number}."}]}
            text = ""
            async for chunk in await api.chat.completions.create(**asked, stream=True):
                diary.append(number)
                text += chunk.choices[0].delta.content or ""
            return text

        await ask(0)  # the weights are loaded
        diary.clear()
        texts = await asyncio.gather(*map(ask, range(4)))
    assert len(set(texts)) == 4
    # One after the other there would be three changes from one to another.
    assert sum(a != b for a, b in pairwise(diary)) > 12


def test_an_answer_follows_its_json_schema(
    client: Callable[..., openai.OpenAI], checkpoint: Callable[..., Path]
) -> None:
    api = client(ChatMLX(model=str(checkpoint("gemma")), max_tokens=80))
    answer = api.chat.completions.parse(model="gemma", messages=HELLO, response_format=Town)
    assert isinstance(answer.choices[0].message.parsed, Town)
    loose = api.chat.completions.create(model="gemma", messages=HELLO, response_format={"type": "json_object"})
    assert isinstance(json.loads(loose.choices[0].message.content or ""), dict)


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_forced_tool_is_called_whole_and_as_a_stream(
    client: Callable[..., openai.OpenAI], checkpoint: Callable[..., Path], choice: Any
) -> None:
    api = client(ChatMLX(model=str(checkpoint("gemma")), max_tokens=60))
    asked: Any = {"model": "gemma", "messages": HELLO, "tools": [WEATHER], "tool_choice": choice}
    answer = api.chat.completions.create(**asked).choices[0]
    assert answer.finish_reason == "tool_calls"
    assert answer.message.content is None
    (call,) = answer.message.tool_calls or []
    assert call.type == "function"
    assert list(json.loads(call.function.arguments)) == ["city"]
    with api.chat.completions.stream(**asked) as stream:
        (streamed,) = stream.get_final_completion().choices[0].message.tool_calls or []
    assert streamed.function.arguments == call.function.arguments


def test_pieces_of_calls_are_joined_whatever_a_model_numbers_them_by(client: Callable[..., openai.OpenAI]) -> None:
    pieces = [
        said("Wait.", tool_call_chunks=[tool_call_chunk(name="get_weather", args='{"ci', id="a", index=3)]),
        said(tool_call_chunks=[tool_call_chunk(args='ty": "Seoul"}', index=3)]),
        said(tool_call_chunks=[tool_call_chunk(name="get_weather", args="{}", id=None, index=7)]),
    ]
    api = client(Scripted(script=pieces))
    asked: Any = {"model": "scripted", "messages": HELLO, "tools": [WEATHER]}
    message = api.chat.completions.create(**asked).choices[0].message
    first, second = message.tool_calls or []
    assert message.content == "Wait."
    assert (first.id, first.function.arguments) == ("a", '{"city": "Seoul"}')  # type: ignore[union-attr]
    assert second.id.startswith("call_")
    indices = [
        call.index
        for chunk in api.chat.completions.create(**asked, stream=True)
        for call in chunk.choices[0].delta.tool_calls or []
    ]
    assert indices == [0, 0, 1]


def test_a_conversation_with_tools_and_thoughts_reaches_the_model_as_it_was(
    client: Callable[..., openai.OpenAI],
) -> None:
    model = Scripted(script=[said("Sunny.")])
    history: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Wea"}, {"type": "text", "text": "ther?"}]},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "I look.",
            "tool_calls": [
                {
                    "id": "a",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city": "Ulm"}'},
                },
                {"id": "b", "type": "function", "function": {"name": "get_weather", "arguments": "{oops"}},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "sun"},
    ]
    client(model).chat.completions.create(
        model="scripted",
        messages=history,
        temperature=0.5,
        top_p=0.9,
        max_tokens=7,
        seed=1,
        stop="X",
        reasoning_effort="low",
        tools=[WEATHER],
        tool_choice="none",
        parallel_tool_calls=False,
        extra_body={"unknown": 1, "n": 1, "frequency_penalty": 0},
    )
    messages, settings = model.asked
    system, user, assistant, tool = messages
    assert isinstance(system, SystemMessage)
    assert isinstance(user, HumanMessage)
    assert user.content == "Weather?"
    assert isinstance(assistant, AIMessage)
    assert assistant.additional_kwargs == {"reasoning_content": "I look."}
    assert [call["args"] for call in assistant.tool_calls] == [{"city": "Ulm"}]
    assert [call["args"] for call in assistant.invalid_tool_calls] == ["{oops"]
    assert isinstance(tool, ToolMessage)
    assert tool.tool_call_id == "a"
    assert settings.pop("tools") == [WEATHER]
    assert settings == {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 7,
        "seed": 1,
        "stop": ["X"],
        "reasoning_effort": "low",
        "tool_choice": "none",
        "parallel_tool_calls": False,
    }


def test_thoughts_are_apart_from_the_answer(client: Callable[..., openai.OpenAI]) -> None:
    usage = UsageMetadata(
        input_tokens=3, output_tokens=9, total_tokens=12, output_token_details=OutputTokenDetails(reasoning=4)
    )
    pieces = [
        said(additional_kwargs={"reasoning_content": "Hm, "}),
        said([{"type": "reasoning", "reasoning": "well."}]),  # type: ignore[arg-type]
        said("Yes."),
        said(usage_metadata=usage, chunk_position="last"),
    ]
    api = client(Scripted(script=pieces))
    asked: Any = {"model": "scripted", "messages": HELLO}
    answer = api.chat.completions.create(**asked)
    assert answer.choices[0].message.content == "Yes."
    assert answer.choices[0].message.model_dump()["reasoning_content"] == "Hm, well."
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 4
    deltas = [chunk.choices[0].delta.model_dump() for chunk in api.chat.completions.create(**asked, stream=True)]
    assert [delta["reasoning_content"] for delta in deltas if "reasoning_content" in delta] == ["Hm, ", "well."]


@pytest.mark.parametrize(
    ("asks", "thinks"),
    [
        ({"reasoning_effort": "high"}, True),
        ({"chat_template_kwargs": {"enable_thinking": True}}, True),
        ({"chat_template_kwargs": {"enable_thinking": False}}, False),
        ({"reasoning_effort": "none"}, False),
    ],
)
def test_a_request_turns_the_thinking_of_a_model_on_and_off(
    client: Callable[..., openai.OpenAI], checkpoint: Callable[..., Path], asks: dict[str, Any], thinks: bool
) -> None:
    model = ChatMLX(model=str(checkpoint("gemma", thinking="r1")), max_tokens=8, thinking_tokens=8)
    answer = client(model).chat.completions.create(model="gemma", messages=HELLO, extra_body=asks)
    assert bool(answer.choices[0].message.model_dump().get("reasoning_content")) == thinks


def test_a_refusal_says_so(client: Callable[..., openai.OpenAI]) -> None:
    refusal = said(additional_kwargs={"refusal": "I cannot."}, response_metadata={"finish_reason": "stop"})
    choice = (
        client(Scripted(script=[refusal])).chat.completions.create(model="scripted", messages=HELLO).choices[0]
    )
    assert choice.finish_reason == "content_filter"
    assert choice.message.refusal == "I cannot."
    assert choice.message.content is None


IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]}]


@pytest.mark.parametrize(
    ("asks", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"1": 2}}, "logit_bias"),
        ({"temperature": 3}, "temperature"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
        ({"messages": [*HELLO, *IMAGE]}, "messages.1"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [WEATHER]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": [{"role": "user", "content": "word " * 20000}]}, "messages"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_done_is_refused_with_the_key_that_asks_for_it(
    client: Callable[..., openai.OpenAI], asks: dict[str, Any], param: str, stream: bool
) -> None:
    asked = {"model": "textrank", "messages": HELLO, "stream": stream} | asks
    with pytest.raises(openai.BadRequestError) as refused:
        client(TextRank(context_window=16_384)).post("/chat/completions", body=asked, cast_to=object)
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_request_is_refused(address: Callable[..., str], body: bytes) -> None:
    answer = httpx.post(f"{address(TextRank())}/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_half_a_character_as_programs_leave_it_that_cut_texts_is_answered(address: Callable[..., str]) -> None:
    text = "The \ud83d harbour opens at six."
    for content in (text, [{"type": "text", "text": text}]):
        body = json.dumps({"model": "textrank", "messages": [{"role": "user", "content": content}]})
        answer = httpx.post(f"{address(TextRank())}/chat/completions", content=body)
        assert answer.status_code == 200
        assert "\N{REPLACEMENT CHARACTER} harbour" in answer.json()["choices"][0]["message"]["content"]


def test_a_failure_before_the_first_word_has_a_status_and_shows_no_place(
    client: Callable[..., openai.OpenAI],
) -> None:
    error = EngineError("The engine at http://10.0.0.5:11434/v1 with /home/ann/models/gemma failed.")
    api = client(Scripted(script=[error]))
    for stream in (False, True):
        with pytest.raises(openai.InternalServerError) as failed:
            api.chat.completions.create(model="scripted", messages=HELLO, stream=stream)
        assert failed.value.status_code == 503
        assert str(failed.value.body["message"]) == "The engine at its address with gemma failed."  # type: ignore[index]


def test_a_failure_in_mid_stream_is_an_event_of_the_stream(client: Callable[..., openai.OpenAI]) -> None:
    api = client(Scripted(script=[said("Once "), ContextOverflowError("There is no room left.")]))
    chunks = api.chat.completions.create(model="scripted", messages=HELLO, stream=True)
    assert [next(chunks).choices[0].delta.content for _ in range(2)] == ["", "Once "]
    with pytest.raises(openai.APIError, match="no room left"):
        next(chunks)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_goes_away_ends_the_answer(address: Callable[..., str], stream: bool) -> None:
    model = Scripted(script=[said("word ")] * 1000, wait=0.02)
    asked = {"model": "scripted", "messages": HELLO, "stream": stream}
    async with httpx.AsyncClient(timeout=60) as http:
        call = asyncio.ensure_future(http.post(f"{address(model)}/chat/completions", json=asked))
        while not model._asked:
            await asyncio.sleep(0.01)
        call.cancel()
    deadline = time.monotonic() + 10
    while not model._given_up and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert model._given_up == ["cancelled"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_cannot_stream_answers_too(client: Callable[..., openai.OpenAI], stream: bool) -> None:
    answer = client(EchoModel()).chat.completions.create(model="recording-fake", messages=HELLO, stream=stream)
    if stream:
        assert "".join(chunk.choices[0].delta.content or "" for chunk in answer) == "Hello."
    else:
        assert answer.choices[0].message.content == "Hello."
        assert answer.choices[0].finish_reason == "stop"


DOCUMENT: list[Any] = [
    {"role": "system", "content": "You are kind."},
    {"role": "user", "content": "Boats leave the harbour at six in the morning, before the fog has lifted."},
    {"role": "user", "content": [{"type": "text", "text": "The new pump uses less power than the old one."}]},
]


def test_a_document_in_the_last_messages_is_summarized_with_its_pages(
    client: Callable[..., openai.OpenAI],
) -> None:
    api = client(EchoModel())
    asked: Any = {"model": "summarize", "messages": DOCUMENT}
    answer = api.chat.completions.create(**asked, extra_body={"settings": {"prompts.language": "English"}})
    text = answer.choices[0].message.content or ""
    assert text.startswith("Boats leave the harbour at six in the morning")
    assert "The new pump uses less power" in text
    assert "Pages by sentence: 1–2 [p. 1]." in text
    assert "kind" not in text
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0
    streamed = api.chat.completions.create(**asked, stream=True)
    assert "Pages by sentence" in "".join(chunk.choices[0].delta.content or "" for chunk in streamed)


def test_the_summary_is_streamed_while_it_is_written(client: Callable[..., openai.OpenAI]) -> None:
    pieces = [
        said("Boats leave the harbour at six.\n"),
        said("The new pump uses less power "),
        said("than before."),
    ]
    api = client(Scripted(script=pieces, wait=0.1))
    chunks = api.chat.completions.create(model="summarize", messages=DOCUMENT, stream=True)
    texts = [text for chunk in chunks if (text := chunk.choices[0].delta.content)]
    assert len(texts) > 2
    assert "".join(texts).startswith(
        "Boats leave the harbour at six.\nThe new pump uses less power than before.\n\nPages by"
    )


async def test_a_summary_survives_a_client_that_gives_up_and_is_there_when_it_asks_again(
    address: Callable[..., str],
) -> None:
    model = HeldModel()
    async with openai.AsyncOpenAI(base_url=address(model), api_key="none", max_retries=0) as api:
        with pytest.raises(openai.APITimeoutError):
            await api.chat.completions.create(model="summarize", messages=DOCUMENT, timeout=1)
        await asyncio.to_thread(model.arrived.wait, 30)
        model.released.set()
        answers = [await api.chat.completions.create(model="summarize", messages=DOCUMENT) for _ in range(2)]
    assert "Boats leave" in (answers[0].choices[0].message.content or "")
    assert answers[0].id == answers[1].id
    assert len(model.calls) == 1


async def test_a_service_that_ends_keeps_nobody_waiting_for_a_summary(tmp_path: Path) -> None:
    model = HeldModel()
    with ExitStack() as stack:
        url = f"{stack.enter_context(running(tmp_path, model=model)).url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as api:
            call = asyncio.ensure_future(api.chat.completions.create(model="summarize", messages=DOCUMENT))
            await asyncio.to_thread(model.arrived.wait, 30)
            end = asyncio.ensure_future(asyncio.to_thread(stack.close))
            with pytest.raises(openai.InternalServerError, match="ask again in a minute"):
                await call
            await end


def test_it_takes_a_token_to_ask(serve: Callable[..., Service]) -> None:
    token = "a" * 20
    url = f"{serve(model=EchoModel(), tokens={'ann': token}).url}/v1"
    with openai.OpenAI(base_url=url, api_key=token) as api:
        assert len(list(api.models.list())) == 2
    with openai.OpenAI(base_url=url, api_key="b" * 20) as api, pytest.raises(openai.AuthenticationError):
        api.models.list()


@pytest.mark.parametrize(
    ("asks", "status", "param"),
    [
        ({"tools": [WEATHER]}, 400, "tools"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format"),
        ({"messages": [*HELLO, {"role": "assistant", "content": "Yes?"}]}, 400, "messages"),
        ({"settings": {"llm.model": "x"}}, 400, "settings"),
        ({"messages": [{"role": "user", "content": "1 2 3 4 5"}]}, 422, None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_summarized_is_refused(
    client: Callable[..., openai.OpenAI], asks: dict[str, Any], status: int, param: str | None, stream: bool
) -> None:
    asked = {"model": "summarize", "messages": DOCUMENT, "stream": stream} | asks
    with pytest.raises(openai.APIStatusError) as refused:
        client(EchoModel()).post("/chat/completions", body=asked, cast_to=object)
    assert refused.value.status_code == status
    assert refused.value.param == param
