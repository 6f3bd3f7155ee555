"""Token estimates: no tokenizer, and still safe to plan with."""

import sys
from pathlib import Path
from subprocess import run

import pytest

from llm.tokens import estimate_tokens
from tests.checkpoints import make_checkpoint

TEXTS = {
    "English": "The engineers measured the tide at the old bridge, and every figure has a source and a date.",
    "Korean": "보고서는 마을이 도로와 학교와 물에 얼마를 썼는지 마흔 쪽에 걸쳐 말한다.",
    "mixed": "새 펌프(pump)는 전기를 12.5% 적게 쓰고, 1분에 340 litres를 옮긴다.",
    "Chinese": "工程师测量了旧桥的潮汐，每个数字都有来源和日期。",
    "Japanese": "技術者たちは古い橋で潮位を測り、数字にはすべて出典がある。",
    "accented": "Les ingénieurs ont mesuré la marée près du vieux pont, à l'été 2021.",
    "figures": "| 2021 | 3,415.20 | 58 % |\n| 2022 | 4,101.75 | 61 % |",
}


@pytest.mark.parametrize("text", ["", " ", "\t  "])
def test_blank_text_costs_nothing(text: str) -> None:
    assert estimate_tokens(text) == 0


@pytest.mark.parametrize(
    ("text", "tokens"), [("word", 1), ("words", 2), ("7", 1), ("2021", 4), ("한국", 2), (".", 1)]
)
def test_letters_digits_and_syllables_cost_what_is_documented(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_parts_never_cost_less_than_the_whole(text: str) -> None:
    for cut in range(len(text) + 1):
        assert estimate_tokens(text) <= estimate_tokens(text[:cut]) + estimate_tokens(text[cut:])


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_longer_text_never_costs_less(text: str) -> None:
    costs = [estimate_tokens(text[:cut]) for cut in range(len(text) + 1)]
    assert costs == sorted(costs)


def test_lone_surrogates_of_a_broken_pdf_are_counted_not_refused() -> None:
    assert estimate_tokens("broken \ud800 text") > 0


def test_prose_costs_no_less_than_a_trained_tokenizer_says(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    folder = make_checkpoint(tmp_path / "checkpoint")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    prose = "보고서는 마을이 도로와 학교와 물에 얼마를 썼는지 마흔 쪽에 걸쳐 말한다."
    assert estimate_tokens(prose) >= len(tokenizer.encode(prose, add_special_tokens=False).ids)


def test_counting_imports_no_tokenizer() -> None:
    program = "import sys; import llm.tokens; print(*sys.modules)"
    modules = run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"tokenizers", "transformers", "tiktoken", "langchain_core", "numpy"} & set(modules)
