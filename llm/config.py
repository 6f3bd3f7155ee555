"""The sections `llm`, with one class per provider, and `cache`. Imports pydantic and nothing heavier."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr


class ModelSettings(BaseModel):
    """What every model has."""

    max_tokens: int = Field(512, gt=0, description="Most tokens in one answer: the summary of one part.")
    context_window: int | None = Field(
        None, gt=0, description="Tokens that prompt and answer may fill together. Empty: what the model says."
    )


class SamplingSettings(ModelSettings):
    """What every model that samples has."""

    temperature: float = Field(0.0, ge=0, description="0 always takes the likeliest token.")
    top_p: float = Field(1.0, gt=0, le=1, description="Sample from the likeliest tokens of this total mass.")
    seed: int | None = Field(None, description="The same seed and prompt give the same answer.")
    stop: list[str] = Field(default_factory=list, description="Texts that end an answer; they are cut off.")


class MLXSettings(SamplingSettings):
    """A model that mlx-lm runs in this process; the fields of `ChatMLX` and `MLX` too."""

    model: str = Field(description="A model hub id such as mlx-community/gemma-3-4b-it-4bit, or a folder.")
    revision: str | None = Field(None, description="Branch, tag or commit on the model hub.")
    top_k: int = Field(0, ge=0, description="Sample from this many of the likeliest tokens; 0 is all.")
    min_p: float = Field(0.0, ge=0, le=1, description="Drop tokens below this share of the likeliest one's.")
    repetition_penalty: float | None = Field(None, gt=0, description="Above 1 makes repeats less likely.")
    batch_size: int = Field(8, gt=0, description="Answers decoded together. More is faster and takes memory.")
    kv_cache_gb: float | None = Field(
        None, gt=0, description="Memory for keys and values. Empty: what the device recommends, less the weights."
    )
    kv_bits: Literal[4, 8] | None = Field(
        None, description="Keep keys and values in so few bits: less memory, one answer at a time."
    )
    draft_model: str | None = Field(
        None, description="A small model of the same family that guesses ahead: one answer at a time, sooner."
    )
    adapter: str | None = Field(None, description="A folder with a LoRA adapter, as mlx_lm.lora writes it.")
    wire_memory: bool = Field(True, description="On a Mac, ask the system not to move the weights out of memory.")
    timeout_seconds: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("timeout_seconds", "timeout"),
        description="Longest wait for one answer, its place in the queue included.",
    )


class RemoteSettings(SamplingSettings):
    """A model that answers over a network."""

    model: str = Field(description="The model's name at the provider.")
    max_concurrency: int = Field(4, gt=0, description="Requests under way at once.")
    timeout_seconds: float = Field(600.0, gt=0, allow_inf_nan=False, description="Longest wait for one answer.")
    max_retries: int = Field(2, ge=0, description="Further tries after a failed request.")

    @property
    def concurrency(self) -> int:
        """Calls worth having under way at once."""
        return self.max_concurrency


class _Section(BaseModel):
    """A section of a configuration file: nothing unknown in it, nothing changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MLXConfig(_Section, MLXSettings):
    """`provider: mlx`."""

    provider: Literal["mlx"] = "mlx"

    @property
    def concurrency(self) -> int:
        """Calls worth having under way at once: twice the batch, so that its places are always filled."""
        return 2 * self.batch_size


class TextRankConfig(_Section, ModelSettings):
    """`provider: textrank`, the embedded extractive model: nothing to download."""

    provider: Literal["textrank"] = "textrank"
    context_window: int = Field(16384, gt=0, description="Tokens that prompt and answer may fill together.")
    concurrency: ClassVar[int] = 2


class OpenAIConfig(_Section, RemoteSettings):
    """`provider: openai`, any OpenAI-compatible server: Ollama, LM Studio, vLLM, mlx_lm.server."""

    provider: Literal["openai"] = "openai"
    base_url: str = Field(description="Address of the server's API, with its /v1.")
    api_key: SecretStr | None = Field(None, description="Empty: OPENAI_API_KEY, or none for local servers.")


class LangChainConfig(_Section, RemoteSettings):
    """`provider: langchain`, any chat model that init_chat_model knows, as "provider:name"."""

    provider: Literal["langchain"] = "langchain"
    options: dict[str, Any] = Field(default_factory=dict, description="Further arguments of init_chat_model.")


class CacheConfig(_Section):
    """Finished answers, kept on disk: what was answered once is not asked again."""

    enabled: bool = Field(True, description="Whether answers are kept, and looked for before the model is asked.")
    path: str | None = Field(
        None, description="The file. Empty: mlx-pdf-summarizer/answers.sqlite in the user's cache folder."
    )
    max_mb: float = Field(
        1000.0, gt=0, description="Most megabytes of answers; those unused for longest go first."
    )


LLMConfig = Annotated[MLXConfig | TextRankConfig | OpenAIConfig | LangChainConfig, Field(discriminator="provider")]
