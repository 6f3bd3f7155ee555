"""The arithmetic of the context window: what is left for text, and what is refused."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from chains.prompts import STAGES, read_prompts
from graph.calling.budget import (
    MARGIN_TOKENS,
    SEPARATOR_TOKENS,
    TokenBudget,
    estimate_budget,
    known_window,
    make_budget,
)
from graph.config import RunConfig
from graph.errors import BudgetError, ConfigError
from tests.fakes import PROMPTS, make_config


def budget(window: int, template: int = 50, part: int = 100, final: int = 100, chunk: int = 10_000) -> TokenBudget:
    return TokenBudget(
        window, dict.fromkeys(STAGES, template), {"map": part, "collapse": part, "final": final}, chunk
    )


def test_what_is_left_for_text_is_the_window_less_prompt_answer_and_margin() -> None:
    assert budget(1000).input("map") == 1000 - 50 - 100 - MARGIN_TOKENS
    assert budget(1000, final=300).input("final") == 1000 - 50 - 300 - MARGIN_TOKENS


def test_a_chunk_is_what_the_configuration_says_unless_the_map_prompt_leaves_less() -> None:
    assert budget(1000, chunk=200).chunk_tokens == 200
    assert budget(1000).chunk_tokens == budget(1000).input("map")


def test_the_smallest_window_holds_two_part_summaries_and_one_token_less_is_refused() -> None:
    smallest = 50 + 100 + MARGIN_TOKENS + 2 * 100 + SEPARATOR_TOKENS
    budget(smallest).check()
    with pytest.raises(BudgetError):
        budget(smallest - 1).check()


def test_a_refusal_shows_the_sum_its_stage_and_what_to_change() -> None:
    with pytest.raises(BudgetError) as caught:
        budget(500, final=400).check()
    message = str(caught.value)
    left = 500 - 50 - 400 - MARGIN_TOKENS
    assert (
        f"500 (context window) - 50 (final prompt) - 400 (answer) - {MARGIN_TOKENS} (margin) = {left}" in message
    )
    for key in ("llm.context_window", "llm.max_tokens", "summarize.final_tokens"):
        assert key in message
    assert "\n" not in message
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_checked(stage: str) -> None:
    templates = dict.fromkeys(STAGES, 10) | {stage: 5000}
    crowded = TokenBudget(1000, templates, dict.fromkeys(STAGES, 100), 500)
    with pytest.raises(BudgetError, match=f"in the {stage} prompt"):
        crowded.check()


def test_every_budget_that_passes_can_do_its_work_and_the_sums_are_right() -> None:
    chance = random.Random(7)
    passed = 0
    for _ in range(500):
        numbers = [chance.randint(1, 300) for _ in range(3)]
        some = TokenBudget(
            chance.randint(1, 3000),
            dict(zip(STAGES, numbers, strict=True)),
            {"map": (part := chance.randint(1, 300)), "collapse": part, "final": chance.randint(1, 300)},
            chance.randint(1, 3000),
        )
        for stage in STAGES:
            terms = [int(number) for number in re.findall(r"-?\d+", some.arithmetic(stage).replace(" - ", " "))]
            assert terms[0] - sum(terms[1:-1]) == terms[-1] == some.input(stage)
        try:
            some.check()
        except BudgetError:
            continue
        passed += 1
        assert some.chunk_tokens >= 1
        for stage in ("collapse", "final"):
            assert some.input(stage) >= 2 * part + SEPARATOR_TOKENS  # type: ignore[arg-type]
    assert 50 < passed < 450


def test_final_tokens_default_to_those_of_a_part() -> None:
    sizes = dict.fromkeys(STAGES, 10)
    assert make_budget(make_config(part=40), 400, sizes).output == {
        "map": 40,
        "collapse": 40,
        "final": 40,
        "revise": 40,
    }
    assert make_budget(make_config(part=40, final=90), 400, sizes).output["final"] == 90


def test_the_window_is_the_smaller_of_checkpoint_and_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"max_position_embeddings": 2048}))

    def window(**more: int) -> int | None:
        llm = {"provider": "mlx", "model": str(tmp_path), **more}
        return known_window(RunConfig.model_validate({"llm": llm, "prompts": PROMPTS}).llm)

    assert window() == 2048
    assert window(context_window=1024) == 1024
    assert window(context_window=9999) == 2048


def test_without_a_known_window_there_is_no_estimate() -> None:
    config = make_config(llm={"provider": "mlx", "model": "someone/a-model-on-the-hub"})
    assert estimate_budget(config, read_prompts(config.prompts)) is None


def test_the_estimate_for_check_leaves_no_more_room_than_the_exact_count() -> None:
    from graph.calling.stage_caller import StageCaller
    from tests.fakes import RecordingModel

    config = make_config(window=2000)
    prompts = read_prompts(config.prompts)
    estimated = estimate_budget(config, prompts)
    exact = StageCaller(config, prompts, RecordingModel()).budget
    assert estimated is not None
    assert all(estimated.input(stage) <= exact.input(stage) for stage in STAGES)
