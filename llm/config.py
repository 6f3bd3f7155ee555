"""The `llm` section of a configuration: one class per provider. Imports pydantic and nothing heavier."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _ModelConfig(BaseModel):
    """What every provider has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_tokens: int = Field(512, gt=0, description="Most tokens in one answer: the summary of one part.")
    context_window: int | None = Field(
        None, gt=0, description="Tokens that prompt and answer may fill together. Empty: what the model says."
    )


class _SamplingConfig(_ModelConfig):
    """What every provider that samples has."""

    temperature: float = Field(0.0, ge=0, description="0 always takes the likeliest token.")
    top_p: float = Field(1.0, gt=0, le=1, description="Sample from the likeliest tokens of this total mass.")
    seed: int | None = Field(None, description="The same seed and prompt give the same answer.")
    stop: tuple[str, ...] = Field((), description="Texts that end an answer; they are cut off.")


class MLXConfig(_SamplingConfig):
    """A model that mlx-lm runs in this process."""

    provider: Literal["mlx"] = "mlx"
    model: str = Field(description="A model hub id such as mlx-community/gemma-3-4b-it-4bit, or a folder.")
    revision: str | None = Field(None, description="Branch, tag or commit on the model hub.")
    top_k: int = Field(0, ge=0, description="Sample from this many of the likeliest tokens; 0 is all.")
    min_p: float = Field(0.0, ge=0, le=1, description="Drop tokens below this share of the likeliest one's.")
    repetition_penalty: float | None = Field(None, gt=0, description="Above 1 makes repeats less likely.")
    batch_size: int = Field(8, gt=0, description="Answers decoded together. More is faster and takes memory.")

    @property
    def concurrency(self) -> int:
        """Calls worth having under way at once: twice the batch, so that its places are always filled."""
        return 2 * self.batch_size


class TextRankConfig(_ModelConfig):
    """The embedded extractive model: nothing to download."""

    provider: Literal["textrank"] = "textrank"
    concurrency: Literal[2] = Field(2, description="Calls at once; the work is arithmetic, more gain nothing.")


class _RemoteConfig(_SamplingConfig):
    """What every provider that answers over a network has."""

    model: str = Field(description="The model's name at the provider.")
    max_concurrency: int = Field(4, gt=0, description="Requests under way at once.")
    timeout_seconds: float = Field(600.0, gt=0, description="Longest wait for one answer.")
    max_retries: int = Field(2, ge=0, description="Further tries after a failed request.")

    @property
    def concurrency(self) -> int:
        """Calls worth having under way at once."""
        return self.max_concurrency


class OpenAIConfig(_RemoteConfig):
    """Any OpenAI-compatible server: Ollama, LM Studio, vLLM, mlx_lm.server."""

    provider: Literal["openai"] = "openai"
    base_url: str = Field(description="Address of the server's API, with its /v1.")
    api_key: SecretStr | None = Field(None, description="Empty: OPENAI_API_KEY, or none for local servers.")


class LangChainConfig(_RemoteConfig):
    """Any chat model that LangChain's init_chat_model knows, as "provider:name"."""

    provider: Literal["langchain"] = "langchain"
    options: dict[str, Any] = Field(default_factory=dict, description="Further arguments of init_chat_model.")


LLMConfig = Annotated[
    MLXConfig | TextRankConfig | OpenAIConfig | LangChainConfig, Field(discriminator="provider")
]
