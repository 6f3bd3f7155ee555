"""The `prompts` section of a configuration. Imports pydantic and nothing heavier."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class Messages(BaseModel):
    """A prompt with a system part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(description="What the model is told before anything else.")
    human: str = Field(description="What the user says; {document} usually stands here.")


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else "messages"


# One text, or messages. Told apart by their kind, so that an error is about the one that was meant.
Template = Annotated[Annotated[str, Tag("text")] | Annotated[Messages, Tag("messages")], Discriminator(_kind)]


class PromptSet(BaseModel):
    """Three prompts, one per stage, and what their variables are when nobody says otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    map: Template | None = Field(None, description="Summarizes one part of the document.")
    collapse: Template | None = Field(None, description="Makes one summary of neighbouring summaries.")
    final: Template | None = Field(None, description="Writes the summary that people read.")
    language: str | None = Field(None, description="Fills {language}: the language of the summary.")
    focus: str | None = Field(None, description="Fills {focus}: what the summary should attend to.")


class PromptsConfig(PromptSet):
    """A prompt set from a file, with anything of it overridden in place."""

    file: str | None = Field(None, description="A YAML file with map, collapse and final.")
