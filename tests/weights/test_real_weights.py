"""What random weights cannot show: real models say in company what they say alone, and summarize our handbook."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.weights.conftest import MODELS

pytestmark = pytest.mark.weights

ROOT = Path(__file__).parents[2]
WORDS = (ROOT / "examples" / "handbook.md").read_text("utf-8").split()
Real = Callable[[str], str]

# Logits of one text differ by rounding, alone and in company. Where the two likeliest tokens are closer than this,
# either may be written, and the texts part there.
MARGIN = 0.05


def network(folder: str) -> Any:
    from llm.mlx.backend import import_mlx

    import_mlx()
    import mlx_lm

    model, _ = mlx_lm.load(folder)
    return model


def texts(count: int, words: int) -> list[str]:
    """Parts of the handbook, of different lengths."""
    return [" ".join(WORDS[i * 97 : i * 97 + words + 7 * i]) for i in range(count)]


@pytest.mark.parametrize("name", MODELS)
def test_eight_say_together_what_each_says_alone(name: str, real: Real) -> None:
    """Greedy; a text may part only where two tokens were as likely as rounding is coarse."""
    import mlx.core as mx

    from llm import MLX

    folder = real(name)
    prompts = texts(8, 24)
    together = MLX(model=folder, max_tokens=12, batch_size=8)
    alone = MLX(model=folder, max_tokens=12, batch_size=1)
    said, expected = together.batch(prompts), [alone.invoke(prompt) for prompt in prompts[::4]]
    checkpoint = together.runtime.checkpoint
    for prompt, ours, theirs in zip(prompts[::4], said[::4], expected, strict=True):
        if ours == theirs:
            continue
        ids = [checkpoint.encode(prompt + text, add_special_tokens=True) for text in (ours, theirs)]
        shared = next(i for i, (a, b) in enumerate(zip(*ids, strict=False)) if a != b)
        logits = network(folder)(mx.array([ids[0][:shared]]))[0, -1]
        gap = abs(float(logits[ids[0][shared]] - logits[ids[1][shared]]))
        assert gap < MARGIN, (ours, theirs)


@pytest.mark.parametrize("name", MODELS)
def test_a_page_is_as_likely_alone_in_a_batch_and_behind_a_kept_beginning(name: str, real: Real) -> None:
    """Mean log-likelihood of a page of the handbook, in nats for a token, within rounding."""
    import mlx.core as mx
    from mlx_lm.models.cache import make_prompt_cache

    folder = real(name)
    from llm.mlx.checkpoint import Checkpoint

    ids = Checkpoint(folder).encode(" ".join(WORDS[:200]), add_special_tokens=True)[:240]
    model = network(folder)

    def likelihood(logits: Any, targets: list[int]) -> float:
        every = logits.astype(mx.float32) - mx.logsumexp(logits.astype(mx.float32), axis=-1, keepdims=True)
        return float(mx.take_along_axis(every, mx.array(targets)[:, None], axis=-1).mean())

    half = len(ids) // 2
    alone = model(mx.array([ids[:-1]]))[0]
    other = list(reversed(ids[:-1]))
    batched = model(mx.array([other, ids[:-1]]))[1]
    cache = make_prompt_cache(model)
    first = model(mx.array([ids[:half]]), cache=cache)[0]
    kept = mx.concatenate([first, model(mx.array([ids[half:-1]]), cache=cache)[0]])
    found = [likelihood(logits, ids[1:]) for logits in (alone, batched, kept)]
    assert all(-6 < value < -1 for value in found), "a model that reads English"
    for one, another in combinations(found, 2):
        assert one == pytest.approx(another, abs=2e-3)


def test_the_whole_graph_summarizes_the_handbook(
    real: Real, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """SmolLM2 on two pages, in parts: it ends well, repeats nothing in silence, and each sentence is traced."""
    from graph.cli.main import main

    settings = {
        "llm.model": real("smollm2"),
        "llm.temperature": 0,
        "llm.max_tokens": 40,
        "llm.context_window": 2048,
        "llm.batch_size": 4,
        "load.pages": "3-4",
        "split.chunk_tokens": 500,
        "summarize.strategy": "map_reduce",
        "summarize.final_tokens": 60,
        "summarize.evidence": 0,
        "prompts.file": "plain",
    }
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    assert (
        main(["run", str(ROOT / "configs/gemma3.yaml"), "--quiet", "--no-cache", "--format", "json", *sets]) == 0
    )
    result = json.loads(capsys.readouterr().out)
    assert result["summary"]
    said = [sentence["text"].strip().lower() for sentence in result["sentences"]]
    assert said
    if len(set(said)) < len(said):
        assert any("repeat" in warning for warning in result["warnings"])
    for sentence in result["sentences"]:
        is_heading = sentence["support"] == 1 and not sentence["evidence"]  # which needs no source
        assert sentence["pages"] or sentence["flags"] or is_heading, sentence
        assert 0 <= sentence["support"] <= 1


def test_checking_leaves_fewer_doubtful_sentences_or_as_many(real: Real) -> None:
    """SmolLM2 on a page: what it mends is better, and nothing else is changed."""
    from langchain_core.caches import InMemoryCache

    from graph import build_graph, load_config
    from graph.calling.shared_model import share_model

    settings = [
        f"llm.model={real('smollm2')}",
        "llm.temperature=0",
        "llm.context_window=2048",
        "load.pages=3",
        "summarize.final_tokens=120",
        "prompts.file=plain",
    ]
    config = load_config("gemma3", settings)
    checked = load_config("gemma3", [*settings, "summarize.check=true"])
    shared = share_model(config, cache=InMemoryCache())
    source: Any = {"source": str(ROOT / "examples" / "handbook.pdf")}
    before = build_graph(config, model=shared).invoke(source)
    after = build_graph(checked, model=shared).invoke(source)
    first, then = ([s for s in result["sentences"] if s["flags"]] for result in (before, after))
    assert len(then) <= len(first)
    assert after["stats"]["calls"] > before["stats"]["calls"] or not first
    kept = {sentence["text"] for sentence in before["sentences"]} & {s["text"] for s in after["sentences"]}
    assert len(kept) + len(after["revisions"]) >= len(before["sentences"])


TOWN = """# The harbour

The harbour of Saltby opens at six in the morning. In 2024 it took 9,640 crowns in fees, and it spent 512 crowns on
a new lamp. The keeper is Ada Marsh.

# The railway

The railway to Tilney carried 301,900 passengers in its first year. A ticket costs 4 crowns. The director, Paul
Reed, wants a second train by May 2026.
"""
FARM = """The farm at Milden grows rye and barley on 58 acres. In 2024 it sold 217 tonnes of grain for 31,000
crowns. Rain in August cost it a tenth of the harvest, and the farmer, Nora Field, will plant oats instead.
"""


@pytest.fixture
def ask_smollm2(real: Real) -> Callable[..., Any]:
    """A configuration with SmolLM2 at its likeliest, and small answers."""
    from graph import load_config

    def configure(*settings: str) -> Any:
        keys = ["llm.temperature=0", "llm.context_window=2048", "llm.max_tokens=60", "prompts.file=plain"]
        return load_config("gemma3", [f"llm.model={real('smollm2')}", *keys, *settings])

    return configure


def test_chapters_documents_together_and_a_wanted_length(ask_smollm2: Callable[..., Any], tmp_path: Path) -> None:
    """Each chapter and each document has its own summary, of its own text, and the length is what is counted."""
    from graph import build_graph

    (tmp_path / "town.md").write_text(TOWN)
    (tmp_path / "farm.md").write_text(FARM)
    by_chapter: Any = build_graph(ask_smollm2("summarize.by=section", "summarize.length=40 words")).invoke(
        {"source": str(tmp_path / "town.md")}
    )
    written = {section["title"]: section["summary"] for section in by_chapter["sections"]}
    assert set(written) == {"The harbour", "The railway"}
    assert all(written.values())
    assert by_chapter["length"]["wanted"] == 40
    assert by_chapter["length"]["words"] == len(by_chapter["summary"].split())

    together: Any = build_graph(ask_smollm2("summarize.together=true")).invoke(
        {"source": [str(tmp_path / "town.md"), str(tmp_path / "farm.md")]}
    )
    assert [bool(file["summary"]) for file in together["files"]] == [True, True]
    for file in together["files"]:
        assert file["summary"] in together["summary"]
    named = {name for sentence in together["sentences"] for name in sentence["documents"]}
    assert named <= {"town.md", "farm.md"}


def test_questions_are_answered_from_the_document_or_not_at_all(
    ask_smollm2: Callable[..., Any], tmp_path: Path
) -> None:
    from graph import build_ask

    (tmp_path / "town.md").write_text(TOWN)
    questions = ["How many passengers did the railway carry?", "Who is the mayor of Orford?"]
    result: Any = build_ask(ask_smollm2()).invoke({"source": str(tmp_path / "town.md"), "questions": questions})
    carried, mayor = result["answers"]
    assert "301,900" in carried["answer"] or not carried["supported"]
    assert not mayor["supported"]
    assert mayor["answer"] == "The document does not say."
