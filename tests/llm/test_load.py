"""One way to a model: which one a configuration gives, and what that imports."""

import sys
from subprocess import run
from typing import Any

import pytest

from llm import ChatMLX, TextRank, load_model
from llm.config import LangChainConfig, MLXConfig, OpenAIConfig, TextRankConfig
from llm.errors import MissingPackageError, ModelError

# Which model a configuration gives


def test_textrank_takes_its_settings() -> None:
    model = load_model(TextRankConfig(max_tokens=90, context_window=700))
    assert isinstance(model, TextRank)
    assert (model.max_tokens, model.context_window) == (90, 700)


def test_textrank_without_settings_is_the_models_own_default() -> None:
    assert load_model(TextRankConfig()) == TextRank()


def test_mlx_takes_its_settings_and_loads_no_weights() -> None:
    model = load_model(MLXConfig(model="no/such-model", temperature=0.3, seed=7, stop=["END"], batch_size=3))
    assert isinstance(model, ChatMLX)
    assert (model.model, model.temperature, model.seed, model.stop) == ("no/such-model", 0.3, 7, ["END"])
    assert model.batch_size == 3


def test_any_langchain_model_is_loaded_by_its_name() -> None:
    config = LangChainConfig(
        model="openai:gpt-4o",
        max_tokens=77,
        temperature=0.5,
        context_window=9000,
        timeout_seconds=5,
        options={"api_key": "unused", "base_url": "http://127.0.0.1:9/v1"},
    )
    model: Any = load_model(config)
    assert (model.model_name, model.max_tokens, model.temperature) == ("gpt-4o", 77, 0.5)
    assert model.request_timeout == 5
    assert model.max_retries is None
    assert model.profile["max_input_tokens"] == 9000


@pytest.mark.parametrize(
    ("config", "expected", "says"),
    [
        (LangChainConfig(model="anthropic:claude"), MissingPackageError, "pip install langchain-anthropic"),
        (LangChainConfig(model="no-such-thing"), ModelError, "provider:name"),
        (LangChainConfig(model="openai:gpt-4o"), ModelError, "OPENAI_API_KEY"),
    ],
    ids=["no package", "no provider", "no key"],
)
def test_a_langchain_model_that_cannot_be_set_up_says_what_to_do(
    config: LangChainConfig, expected: type[ModelError], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)  # type: ignore[arg-type]
    with pytest.raises(expected, match=says) as caught:
        load_model(config)
    assert "\n" not in str(caught.value)
    assert config.model in str(caught.value)


@pytest.mark.parametrize(
    ("config", "package", "extra"),
    [
        (OpenAIConfig(model="m", base_url="http://127.0.0.1:9/v1"), "langchain_openai", "[openai]"),
        (LangChainConfig(model="openai:m"), "langchain", "[langchain]"),
    ],
)
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    config: OpenAIConfig | LangChainConfig, package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith((package, "llm.server.chat"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)  # type: ignore[arg-type]
    with pytest.raises(MissingPackageError) as caught:
        load_model(config)
    assert f"pip install 'mlx-pdf-summarizer{extra}'" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "foreign"),
    [
        (
            "TextRankConfig()",
            {"mlx", "mlx_lm", "transformers", "openai", "langchain_openai", "langchain", "numpy"},
        ),
        ("MLXConfig(model='m')", {"mlx", "mlx_lm", "transformers", "openai", "langchain_openai", "langchain"}),
        (
            "OpenAIConfig(model='m', base_url='http://127.0.0.1:9/v1')",
            {"mlx", "mlx_lm", "transformers", "langchain"},
        ),
    ],
)
def test_no_provider_imports_another_ones_packages(config: str, foreign: set[str]) -> None:
    program = f"from llm.config import *; from llm import load_model; load_model({config})"
    program += "; import sys; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert foreign & set(loaded) == set()


def test_importing_load_imports_no_provider_and_no_langchain() -> None:
    program = "import llm.load, sys; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"mlx", "openai", "langchain_openai", "langchain", "numpy", "transformers"} & set(loaded) == set()
