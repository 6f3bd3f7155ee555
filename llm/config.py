"""The sections `llm`, one class per provider, and `cache`. Imports pydantic and nothing heavier."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from llm.mlx.catalog import FAMILIES, NEWEST, PRESETS, Family, Preset, choose


class ModelSettings(BaseModel):
    """Settings of every model."""

    max_tokens: int = Field(
        default=512, gt=0, description="Most tokens in one answer, such as the summary of one part."
    )
    context_window: int | None = Field(
        default=None, gt=0, description="Tokens for prompt and answer together. Empty: what the model states."
    )


class SamplingSettings(ModelSettings):
    """Settings of every model that samples."""

    temperature: float = Field(
        default=0.0, ge=0, description="Randomness of the answer; 0 always takes the most likely token."
    )
    top_p: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Sample from the most likely tokens that together have this probability.",
    )
    seed: int | None = Field(
        default=None,
        description="Seed of the sampling: the same seed and prompt give the same answer, but for rounding.",
    )
    stop: list[str] = Field(
        default_factory=list, description="Texts that end the answer; they are not part of it."
    )


class MLXSettings(SamplingSettings):
    """A model that mlx-lm runs in this process; the fields of `ChatMLX` and `MLX` too."""

    model: str = Field(
        description="A Hugging Face id such as mlx-community/gemma-3-4b-it-4bit, a folder, or a GGUF file."
    )
    revision: str | None = Field(default=None, description="Branch, tag or commit on Hugging Face.")
    top_k: int = Field(
        default=0, ge=0, description="Sample from this many of the most likely tokens; 0 means all."
    )
    min_p: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Ignore tokens less likely than this fraction of the most likely one's probability.",
    )
    repetition_penalty: float | None = Field(
        default=None, gt=0, description="Above 1 makes it less likely that the answer repeats itself."
    )
    repetition_context_size: int = Field(
        default=256,
        gt=0,
        description="How many of the answer's last tokens repetition_penalty looks at.",
    )
    thinking: bool | None = Field(
        default=None,
        description="Whether the model thinks before it answers, if it can. Empty: as its maker has it in a chat.",
    )
    thinking_tokens: int = Field(
        default=2048,
        gt=0,
        description="Most tokens of thoughts before an answer. Where the model thinks, they have room beside "
        "max_tokens, which are the answer's alone.",
    )
    batch_size: int = Field(
        default=8, gt=0, description="Answers decoded together. More is faster and takes more memory."
    )
    kv_cache_gb: float | None = Field(
        default=None,
        gt=0,
        description="Gigabytes for keys and values. Empty: what the device recommends, minus the weights.",
    )
    kv_bits: Literal[4, 8] | None = Field(
        default=None,
        description="Quantize keys and values to this many bits: less memory, but one answer at a time.",
    )
    draft_model: str | None = Field(
        default=None,
        description="A small model of the same family for speculative decoding: faster, but one answer at a time.",
    )
    speculate: Literal["prompt", "off"] = Field(
        default="prompt",
        description="prompt: draft the answer from the prompt's own words, of which the model keeps what it would "
        "have said itself: faster, and no change of the answer. off: one token after the other.",
    )
    adapter: str | None = Field(default=None, description="A folder with a LoRA adapter written by mlx_lm.lora.")
    wire_memory: bool = Field(
        default=True,
        description="On a Mac, keep the weights wired in memory, so that the system does not page them out.",
    )
    timeout_seconds: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Longest wait for one answer, including its time in the queue.",
    )


class RemoteSettings(SamplingSettings):
    """A model that answers over a network."""

    model: str = Field(description="The model's name at the provider.")
    max_concurrency: int = Field(default=4, gt=0, description="Most requests in flight at once.")
    timeout_seconds: float = Field(
        default=600.0, gt=0, allow_inf_nan=False, description="Longest wait for one answer, in seconds."
    )
    max_retries: int = Field(default=2, ge=0, description="Retries after a failed request.")

    @property
    def concurrency(self) -> int:
        """Calls worth having in flight at once."""
        return self.max_concurrency


class _Section(BaseModel):
    """A section of a configuration file: no unknown keys, and frozen once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MLXConfig(_Section, MLXSettings):
    """`provider: mlx`. Without `model`, `preset` and `family` choose one for this machine's memory."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["required"].remove("model"))

    provider: Literal["mlx"] = "mlx"
    family: Family | None = Field(
        default=None, description="Without a model: choose one of this family. Empty: the newest Gemma."
    )
    preset: Preset | None = Field(
        default=None,
        description="Without a model: choose the largest of the family that fits (auto), the largest with all its "
        "bits (exact), the fastest (speed), one that leaves half of the memory free (memory), or the smallest "
        "(memory_extreme).",
    )
    prompting: Literal["chat", "completion"] = Field(
        default="chat",
        description="chat: prompts go through the model's chat template. completion: a base model, which has "
        "none, continues their text.",
    )
    # A summary is not worth more for having been thought about, and it takes many times as long.
    thinking: bool | None = Field(
        default=False,
        description="Whether the model thinks before it answers, if it can. Thoughts are never part of a summary.",
    )

    @model_validator(mode="before")
    @classmethod
    def _choose(cls, values: Any) -> Any:
        """Fill in the model that family and preset choose; one that is named wins."""
        if not isinstance(values, dict) or values.get("model") is not None:
            return values
        family, preset = values.get("family"), values.get("preset")
        if (
            (family is None and preset is None)
            or family not in (None, *FAMILIES)
            or preset not in (None, *PRESETS)
        ):
            return values  # what is wrong is said field by field
        return {**values, "model": choose(family or NEWEST, preset or "auto").model.id}

    @property
    def concurrency(self) -> int:
        """Calls worth having in flight at once: twice the batch, so that its slots never run empty."""
        return 2 * self.batch_size


class TextRankConfig(_Section, ModelSettings):
    """`provider: textrank`, the built-in extractive model: nothing to download."""

    provider: Literal["textrank"] = "textrank"
    context_window: int = Field(default=1_000_000, gt=0, description="Tokens for prompt and answer together.")
    concurrency: ClassVar[int] = 2


class OpenAIConfig(_Section, RemoteSettings):
    """`provider: openai`: any OpenAI-compatible server, such as Ollama, LM Studio, vLLM or mlx_lm.server."""

    provider: Literal["openai"] = "openai"
    base_url: str = Field(description="Address of the server's API, usually ending in /v1.")
    api_key: SecretStr | None = Field(
        default=None, description="Empty: OPENAI_API_KEY if it is set; local servers need none."
    )


class LangChainConfig(_Section, RemoteSettings):
    """`provider: langchain`: any chat model that init_chat_model knows, named "provider:name"."""

    provider: Literal["langchain"] = "langchain"
    options: dict[str, Any] = Field(default_factory=dict, description="More arguments for init_chat_model.")


class CacheConfig(_Section):
    """Finished answers, kept on disk: nothing is asked twice."""

    enabled: bool = Field(
        default=True, description="Whether to keep answers and look them up before asking the model."
    )
    path: str | None = Field(
        default=None, description="The SQLite file. Empty: mlx-pdf-summarizer/answers.sqlite in your cache folder."
    )
    max_mb: float = Field(
        default=1000.0, gt=0, description="Most megabytes of answers; the least recently used go first."
    )


LLMConfig = Annotated[MLXConfig | TextRankConfig | OpenAIConfig | LangChainConfig, Field(discriminator="provider")]
