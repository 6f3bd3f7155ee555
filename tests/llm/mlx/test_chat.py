"""ChatMLX and MLX as LangChain programs use them, on tiny checkpoints and real mlx-lm."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions
from langchain_core.caches import InMemoryCache
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from llm import MLX, ChatMLX

KOREAN = "항구는 여섯 시에 문을 열고 첫 배는 안개가 걷히기 전에 떠난다."
PROMPTS = [f"Part {i}: " + KOREAN * (i % 4 + 1) for i in range(16)]
FAMILIES = ["gemma", "gemma2", "gemma3"]

Folder = Callable[[str], Path]


@pytest.fixture
def chat(checkpoint: Folder) -> Callable[..., ChatMLX]:
    def make(family: str = "gemma", **settings: Any) -> ChatMLX:
        return ChatMLX(model=str(checkpoint(family)), **{"max_tokens": 30, **settings})

    return make


def reference(chat: ChatMLX, prompt: str) -> str:
    """What mlx-lm itself answers."""
    import mlx_lm

    model, tokenizer = mlx_lm.load(chat.model)
    ids = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True)
    return str(mlx_lm.generate(model, tokenizer, ids, max_tokens=chat.max_tokens))


@pytest.mark.parametrize("family", FAMILIES)
def test_concurrent_calls_from_threads_and_tasks_get_mlx_lms_answers(
    chat: Callable[..., ChatMLX], family: str
) -> None:
    model = chat(family)
    expected = [reference(model, prompt) for prompt in PROMPTS]
    with ThreadPoolExecutor(16) as pool:
        assert [m.text for m in pool.map(model.invoke, PROMPTS)] == expected

    async def gather() -> list[str]:
        return [m.text for m in await asyncio.gather(*(model.ainvoke(prompt) for prompt in PROMPTS))]

    assert asyncio.run(gather()) == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_streamed_text_is_the_invoked_text_in_pieces(chat: Callable[..., ChatMLX], family: str) -> None:
    model = chat(family, max_tokens=60)

    async def collect(prompt: str) -> list[str]:
        return [str(chunk.text) async for chunk in model.astream(prompt)]

    for prompt in PROMPTS[:4]:
        whole = model.invoke(prompt).text
        pieces = [str(chunk.text) for chunk in model.stream(prompt)]
        assert "".join(pieces) == whole
        assert len([piece for piece in pieces if piece]) > 10
        assert "".join(asyncio.run(collect(prompt))) == whole
    assert any("\uac00" <= character <= "\ud7a3" for character in whole), "no Korean in this test's answers"


def test_usage_and_finish_reason_come_with_every_answer_and_once_in_a_stream(
    chat: Callable[..., ChatMLX],
) -> None:
    model = chat()
    answer = model.invoke(PROMPTS[0])
    prompt_tokens = model.get_num_tokens_from_messages([HumanMessage(PROMPTS[0])])
    assert answer.usage_metadata == {
        "input_tokens": prompt_tokens,
        "output_tokens": 30,
        "total_tokens": prompt_tokens + 30,
        "input_token_details": {"cache_read": 0},
    }
    assert answer.response_metadata["finish_reason"] == "length"
    assert answer.response_metadata["model_name"] == model.model
    chunks = list(model.stream(PROMPTS[0]))
    assert [c.usage_metadata for c in chunks if c.usage_metadata] == [answer.usage_metadata]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.response_metadata["finish_reason"] == "length"


@pytest.mark.parametrize("family", FAMILIES)
def test_token_counts_are_the_templates_and_there_is_one_bos(chat: Callable[..., ChatMLX], family: str) -> None:
    import mlx_lm

    model = chat(family)
    _, tokenizer = mlx_lm.load(model.model)
    turns = [HumanMessage("a question"), AIMessage("an answer"), HumanMessage(KOREAN)]
    ids = tokenizer.apply_chat_template(
        [
            {"role": "user", "content": "a question"},
            {"role": "assistant", "content": "an answer"},
            {"role": "user", "content": KOREAN},
        ],
        add_generation_prompt=True,
    )
    assert ids.count(tokenizer.bos_token_id) == 1
    assert model.get_num_tokens_from_messages(list(turns)) == len(ids)
    assert model.invoke(turns).usage_metadata["input_tokens"] == len(ids)  # type: ignore[index]
    assert model.get_num_tokens(KOREAN) == len(tokenizer.encode(KOREAN)) - 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_system_message_is_heard_whether_or_not_the_template_takes_it(
    chat: Callable[..., ChatMLX], family: str
) -> None:
    model = chat(family)
    folded = [SystemMessage("Be brief."), HumanMessage("Why?"), HumanMessage("And how?")]
    text = model.runtime.checkpoint.tokenizer.decode(model.runtime.template.encode(folded))
    assert text.count("<start_of_turn>") == 2
    assert text.count("<bos>") == 1
    assert text.index("Be brief.") < text.index("Why?") < text.index("And how?")


def test_stop_strings_cut_exactly_even_inside_a_token(chat: Callable[..., ChatMLX]) -> None:
    model = chat(max_tokens=60)
    whole = model.invoke(PROMPTS[0]).text
    for start, length in ((5, 1), (12, 3), (20, 7)):
        stop = whole[start : start + length]
        expected = whole[: whole.index(stop)]
        answer = model.invoke(PROMPTS[0], stop=[stop, "never said"])
        assert answer.text == expected
        assert answer.response_metadata["finish_reason"] == "stop"
        assert "".join(str(c.text) for c in model.stream(PROMPTS[0], stop=[stop])) == expected
    assert chat(max_tokens=60, stop=[whole[12:15]]).invoke(PROMPTS[0]).text == whole[: whole.index(whole[12:15])]


def test_what_might_begin_a_stop_string_is_given_out_when_it_does_not(chat: Callable[..., ChatMLX]) -> None:
    model = chat()
    whole = model.invoke(PROMPTS[0]).text
    assert model.invoke(PROMPTS[0], stop=[whole[-3:] + "and more"]).text == whole


def test_a_prompt_over_the_context_window_is_refused_and_an_answer_kept_inside(
    chat: Callable[..., ChatMLX],
) -> None:
    size = chat().get_num_tokens_from_messages([HumanMessage("a few words")])
    assert chat(context_window=size + 4).invoke("a few words").usage_metadata["output_tokens"] == 4  # type: ignore[index]
    with pytest.raises(exceptions.ContextOverflowError, match=str(size)):
        chat(context_window=size).invoke("a few words")


def test_the_context_window_is_the_models_unless_less_is_wanted(chat: Callable[..., ChatMLX]) -> None:
    assert chat().get_context_window() == 8192
    assert chat(context_window=1000).get_context_window() == 1000
    assert chat(context_window=100_000).get_context_window() == 8192


def test_closing_a_stream_or_cancelling_a_task_leaves_nothing_running(chat: Callable[..., ChatMLX]) -> None:
    model = chat(max_tokens=5000, batch_size=1)
    stream = model.stream(PROMPTS[0])
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    async def give_up() -> None:
        async with asyncio.timeout(0.2):
            await model.ainvoke(PROMPTS[1])

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())
    # With one place in the batch, an answer comes only if both are gone.
    assert model.invoke(PROMPTS[2], max_tokens=3).usage_metadata["output_tokens"] == 3  # type: ignore[index]


def test_two_models_on_one_checkpoint_share_its_weights(chat: Callable[..., ChatMLX], checkpoint: Folder) -> None:
    one, two = chat(temperature=0.0), chat(temperature=1.0)
    three = MLX(model=str(checkpoint("gemma")))
    assert one.runtime is two.runtime is three.runtime
    assert chat("gemma3").runtime is not one.runtime


def test_cached_answers_never_leak_between_models_or_settings(chat: Callable[..., ChatMLX]) -> None:
    cache = InMemoryCache()
    answers = [
        model.invoke("a").text
        for model in (
            chat(cache=cache),
            chat(cache=cache, max_tokens=3),
            chat("gemma3", cache=cache),
            chat(cache=cache, temperature=1.0, seed=1),
        )
    ]
    assert len(set(answers)) == 4
    assert chat(cache=cache, batch_size=2).invoke("a").text == answers[0]


def test_a_model_that_is_nowhere_is_named_in_one_sentence() -> None:
    with pytest.raises(exceptions.ModelNotFoundError, match="no-such/model") as caught:
        ChatMLX(model="no-such/model").invoke("a")
    assert "\n" not in str(caught.value)
    with pytest.raises(exceptions.ModelNotFoundError, match="neither a folder"):
        ChatMLX(model="no/such/model/at/all").invoke("a")


def test_building_a_model_loads_nothing() -> None:
    model = ChatMLX(model="no-such/model")
    assert "no-such/model" in str(model._identifying_params)


def test_a_completion_model_takes_raw_text_and_lists(checkpoint: Folder) -> None:
    import mlx_lm

    model = MLX(model=str(checkpoint("gemma")), max_tokens=20)
    weights, tokenizer = mlx_lm.load(model.model)
    expected = [mlx_lm.generate(weights, tokenizer, prompt, max_tokens=20) for prompt in PROMPTS[:4]]
    result = model.generate(PROMPTS[:4])
    assert [g[0].text for g in result.generations] == expected
    assert result.llm_output is not None
    assert result.llm_output["token_usage"]["completion_tokens"] == 80
    assert model.invoke("<bos>" + PROMPTS[0]) == expected[0], "a BOS in the prompt must not be doubled"
    assert "".join(model.stream(PROMPTS[1])) == expected[1]

    async def both() -> tuple[list[str], str]:
        return await model.abatch(PROMPTS[:4]), "".join([text async for text in model.astream(PROMPTS[2])])

    assert asyncio.run(both()) == (expected, expected[2])


def test_traces_name_the_model_and_the_settings_of_the_call(chat: Callable[..., ChatMLX]) -> None:
    model = chat(temperature=0.5, stop=["END"])
    assert model._get_ls_params() == {
        "ls_provider": "mlx",
        "ls_model_name": model.model,
        "ls_model_type": "chat",
        "ls_temperature": 0.5,
        "ls_max_tokens": 30,
        "ls_stop": ["END"],
    }
    own = model._get_ls_params(stop=["a"], model="b", temperature=0.0, max_tokens=7)
    assert (own["ls_model_name"], own["ls_temperature"], own["ls_max_tokens"]) == ("b", 0.0, 7)
    assert own["ls_stop"] == ["a"]


def test_the_profile_says_what_the_model_takes_without_reading_a_tokenizer(chat: Callable[..., ChatMLX]) -> None:
    profile = chat(max_tokens=40).profile
    assert profile is not None
    assert (profile["max_input_tokens"], profile["max_output_tokens"]) == (8192, 40)
    assert profile["tool_calling"]
    assert profile["tool_choice"]
    assert profile["structured_output"]
    assert not any(profile[name] for name in ("image_inputs", "audio_inputs", "pdf_inputs"))  # type: ignore[literal-required]
    small, unknown = chat(context_window=100).profile, ChatMLX(model="no-such/model").profile
    assert small is not None
    assert small["max_input_tokens"] == 100
    assert unknown is not None
    assert "max_input_tokens" not in unknown


def test_a_call_may_name_another_model(chat: Callable[..., ChatMLX], checkpoint: Folder) -> None:
    one, other = chat(), chat("gemma3")
    answer = one.invoke("a", model=other.model)
    assert answer.text == other.invoke("a").text != one.invoke("a").text
    assert answer.response_metadata["model_name"] == other.model
    assert "".join(str(chunk.text) for chunk in one.stream("a", model=other.model)) == answer.text


def test_thoughts_and_tool_blocks_of_other_providers_are_read_as_far_as_they_are_text(
    chat: Callable[..., ChatMLX],
) -> None:
    thought = AIMessage([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}])
    result = HumanMessage(
        [{"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "no"}]}]
    )
    encoded = chat().runtime.template.encode
    plain = encoded([HumanMessage("a"), AIMessage("yes"), HumanMessage("no")])
    assert encoded([HumanMessage("a"), thought, result]) == plain


def test_a_model_that_was_used_can_be_copied_and_pickled(chat: Callable[..., ChatMLX]) -> None:
    model = chat()
    said = model.invoke("Say it").text
    twin = copy.deepcopy(model)
    assert twin.runtime is model.runtime, "a copy shares the weights"
    assert twin.invoke("Say it").text == said
    assert pickle.loads(pickle.dumps(model)).invoke("Say it").text == said
