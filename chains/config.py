"""The `prompts` section of a configuration. Imports pydantic and nothing heavier."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class Messages(BaseModel):
    """A prompt with a system part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(description="Instructions that come before the conversation.")
    human: str = Field(description="The user's message; {document} usually goes here.")


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else "messages"


# One text, or messages. Told apart by type, so that an error is about the one that was meant.
Template = Annotated[Annotated[str, Tag("text")] | Annotated[Messages, Tag("messages")], Discriminator(_kind)]


class PromptSet(BaseModel):
    """A prompt for each stage, and the default values of their variables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    map: Template | None = Field(default=None, description="Summarizes one part of the document.")
    collapse: Template | None = Field(default=None, description="Merges neighbouring summaries into one.")
    final: Template | None = Field(default=None, description="Writes the final summary.")
    revise: Template | None = Field(
        default=None,
        description="With summarize.check, mends a sentence of the summary, which fills {sentence}, by passages, "
        "which fill {document}; {doubts} says what is wrong with it. An answer of DROP takes it out. Empty: a "
        "prompt that is built in.",
    )
    ask: Template | None = Field(
        default=None,
        description="Answers a question, which fills {question}, from passages of the document, which fill "
        "{document}. Empty: a prompt that is built in.",
    )
    together: Template | None = Field(
        default=None,
        description="Writes what several documents share and where they differ, from their summaries.",
    )
    language: str | None = Field(
        default=None,
        description='Fills {language}: the language of the summary, or "same" for that of the document.',
    )
    focus: str | None = Field(default=None, description="Fills {focus}: what the summary should concentrate on.")
    length: str | None = Field(
        default=None, description="Fills {length}; {words} in it is how many words the summary should have."
    )
    resize: str | None = Field(
        default=None,
        description="Ends a final prompt that is asked again because its answer was far too long or short; "
        "{wrote} in it is how many words that had. Empty: none is.",
    )
    reminder: str | None = Field(
        default=None,
        description="Ends a prompt that is asked again because its answer was no summary; empty: none is.",
    )


class PromptsConfig(PromptSet):
    """A prompt set, read from a file or written in place; what is in place wins."""

    file: str | None = Field(default=None, description="A YAML file with map, collapse and final.")
