"""Keys and values in few bits, a draft model, an adapter: right where supported, else refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from llm import ChatMLX
from llm.errors import ModelError, ModelNotFoundError, UnsupportedModelError
from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Request
from llm.mlx.engine.sampling import Sampling
from llm.mlx.engine.single import SingleOptions
from tests.checkpoints import make_checkpoint
from tests.engine_fakes import BAD_SAMPLING, Ids, add, alone, engine_threads, load, run, tokens

PROMPTS = [f"Part {i}. The harbour opens at six. 항구는 여섯 시에 문을 연다." * (i % 3 + 1) for i in range(5)]

Folder = Callable[[str], Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Checkpoint folders by what is said of them, each made once; heads are wide enough for few bits."""
    made: dict[str, str] = {}

    def folder(family: str = "gemma", **options: Any) -> str:
        key = json.dumps([family, options], sort_keys=True)
        if key not in made:
            path = tmp_path_factory.mktemp("solo") / "checkpoint"
            made[key] = str(make_checkpoint(path, family, **{"head_dim": 64, "layers": 2, **options}))  # type: ignore[arg-type]
        return made[key]

    return folder


@pytest.fixture
def chat(folders: Callable[..., str]) -> Iterator[Callable[..., ChatMLX]]:
    opened: list[ChatMLX] = []

    def make(model: str, **settings: Any) -> ChatMLX:
        opened.append(ChatMLX(model=model, **{"max_tokens": 24, **settings}))
        return opened[-1]

    yield make
    for model in opened:
        model.runtime.engine.close()


def draft_folder(folders: Callable[..., str], kind: str) -> str:
    return folders() if kind == "itself" else folders(layers=1, random_seed=3)


@pytest.mark.parametrize("kind", ["itself", "a smaller one"])
def test_a_draft_model_changes_no_greedy_answer(
    folders: Callable[..., str], chat: Callable[..., ChatMLX], kind: str
) -> None:
    plain = chat(folders())
    drafted = chat(folders(), draft_model=draft_folder(folders, kind))
    assert [m.text for m in drafted.batch(PROMPTS)] == [m.text for m in plain.batch(PROMPTS)]
    for max_tokens in (1, 2, 3, 4, 5, 8):
        first, second = (each.invoke(PROMPTS[1], max_tokens=max_tokens) for each in (drafted, plain))
        assert first.text == second.text
        assert first.usage_metadata["output_tokens"] == second.usage_metadata["output_tokens"]
        assert first.response_metadata["finish_reason"] == second.response_metadata["finish_reason"]


@pytest.mark.parametrize("kind", ["itself", "a smaller one"])
@pytest.mark.parametrize("family", ["gemma", "gemma2"])
def test_a_draft_model_changes_no_greedy_tokens_whatever_the_length(
    folders: Callable[..., str], family: str, kind: str
) -> None:
    model = load(Path(folders(family)))
    draft = load(Path(folders(family) if kind == "itself" else folders(family, layers=1, random_seed=3)))
    with closing(open_scheduler(model, [], SingleOptions(draft_model=draft))) as scheduler:
        for length in (1, 2, 30, 256, 513):
            request = Request(tokens(length, length), 20, Ids())
            scheduler.add(request)
            run(scheduler)
            assert request.sink.outcome == (alone(model, request), "length", None)


@pytest.mark.parametrize("penalty", [1.3, 3.0])
def test_a_draft_model_changes_nothing_under_a_repetition_penalty(
    folders: Callable[..., str], penalty: float
) -> None:
    """The penalty looks at the prompt too, with a draft model as without."""
    model, draft = load(Path(folders())), load(Path(folders(layers=1, random_seed=3)))
    with closing(open_scheduler(model, [], SingleOptions(draft_model=draft))) as scheduler:
        for i in range(6):
            request = Request(tokens(8 + 9 * i, i), 30, Ids(), Sampling(repetition_penalty=penalty))
            scheduler.add(request)
            run(scheduler)
            assert request.sink.outcome == (alone(model, request), "length", None)


@pytest.mark.parametrize("bits", [4, 8])
def test_few_bits_are_what_mlx_lm_makes_of_them(folders: Callable[..., str], bits: int) -> None:
    import mlx.core as mx
    from mlx_lm.generate import generate_step

    model = load(Path(folders()))
    with closing(open_scheduler(model, [], SingleOptions(kv_bits=bits))) as scheduler:
        asked = [Request(tokens(20 + 90 * i, i), 15, Ids()) for i in range(4)]
        for request in asked:
            scheduler.add(request)
        run(scheduler)
    for request in asked:
        steps = generate_step(
            mx.array(request.prompt),
            model,
            max_tokens=15,
            kv_bits=bits,
            quantized_kv_start=0,
            prefill_step_size=512,
        )
        assert request.sink.outcome == ([int(token) for token, _ in steps], "length", None)


def test_few_bits_take_less_memory_and_answer_one_at_a_time(
    folders: Callable[..., str], chat: Callable[..., ChatMLX]
) -> None:
    import mlx.core as mx

    model, held = load(Path(folders())), []
    for few in (None, SingleOptions(kv_bits=4)):
        with closing(open_scheduler(model, [], few)) as scheduler:
            diary: list[Ids] = []
            before = mx.get_active_memory()
            add(scheduler, tokens(900), 20, Ids(diary))
            for _ in range(8):
                scheduler.step()
            held.append(mx.get_active_memory() - before)
            add(scheduler, tokens(9), 20, Ids(diary))
            run(scheduler)
    assert held[1] < held[0] / 2
    assert sum(a is not b for a, b in pairwise(diary)) == 1
    answers = chat(folders(), kv_bits=8).batch(PROMPTS)
    assert all(answer.text for answer in answers)


@pytest.mark.parametrize("few", ["kv_bits", "draft_model"])
@pytest.mark.parametrize("max_tokens", [1, 5])
def test_a_sampler_that_raises_gives_no_answer_alone_either(
    folders: Callable[..., str], few: str, max_tokens: int
) -> None:
    model = load(Path(folders()))
    with closing(
        open_scheduler(model, [], SingleOptions(8) if few == "kv_bits" else SingleOptions(draft_model=model))
    ) as scheduler:
        bad = add(scheduler, tokens(9), max_tokens, sampling=BAD_SAMPLING)
        good = Request(tokens(9, 1), 6, Ids())
        scheduler.add(good)
        run(scheduler)
    assert (bad.ids, bad.reason) == ([], None)
    assert isinstance(bad.error, ModelError)
    assert good.sink.reason == "length"


@pytest.mark.parametrize("few", ["kv_bits", "draft_model"])
def test_who_is_dropped_alone_makes_room_for_the_next(folders: Callable[..., str], few: str) -> None:
    model = load(Path(folders()))
    with closing(
        open_scheduler(model, [], SingleOptions(8) if few == "kv_bits" else SingleOptions(draft_model=model))
    ) as scheduler:
        first, second = Request(tokens(9), 500, Ids()), Request(tokens(9, 1), 6, Ids())
        scheduler.add(first)
        scheduler.add(second)
        for _ in range(5):
            scheduler.step()
        scheduler.drop(first)
        heard = len(first.sink.ids)
        run(scheduler)
    assert len(first.sink.ids) == heard > 0
    assert second.sink.reason == "length"


@pytest.mark.parametrize(
    ("family", "settings", "reason"),
    [
        ("gemma3", {"kv_bits": 8}, "sliding window"),
        ("gemma2", {"kv_bits": 8}, "kv_bits"),
        ("gemma", {"kv_bits": 4, "narrow": True}, "kv_bits"),
        ("gemma3", {"draft": ("gemma3", {})}, "sliding window"),
        ("gemma", {"draft": ("gemma3", {})}, "sliding window"),
        ("gemma", {"draft": ("gemma", {"vocab_size": 700})}, "vocabularies"),
        ("gemma", {"kv_bits": 8, "draft": ("gemma", {"head_dim": 16})}, "kv_bits"),
        ("gemma", {"kv_bits": 8, "draft": ("gemma2", {})}, "kv_bits"),
    ],
)
def test_what_would_be_wrong_is_refused_with_a_reason(
    folders: Callable[..., str],
    chat: Callable[..., ChatMLX],
    family: str,
    settings: dict[str, Any],
    reason: str,
) -> None:
    draft = settings.pop("draft", None)
    model = folders(family, **({"head_dim": 16} if settings.pop("narrow", False) else {}))
    if draft:
        settings["draft_model"] = folders(draft[0], **draft[1])
    with pytest.raises(UnsupportedModelError, match=reason) as caught:
        chat(model, **settings).invoke("a")
    assert caught.value.hint


def test_a_missing_draft_model_or_adapter_is_named(
    folders: Callable[..., str], chat: Callable[..., ChatMLX], tmp_path: Path
) -> None:
    with pytest.raises(ModelNotFoundError, match="no-draft"):
        chat(folders(), draft_model=str(tmp_path / "no-draft")).invoke("a")
    with pytest.raises(UnsupportedModelError, match="no-adapter"):
        chat(folders(), adapter=str(tmp_path / "no-adapter")).invoke("a")


def test_a_refused_model_leaves_no_thread(folders: Callable[..., str], chat: Callable[..., ChatMLX]) -> None:
    before = engine_threads()
    model = chat(folders("gemma3"), kv_bits=8)
    with pytest.raises(UnsupportedModelError):
        model.invoke("a")
    model.runtime.engine.close()
    assert engine_threads() <= before
