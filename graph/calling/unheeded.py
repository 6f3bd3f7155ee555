"""What the built-in model, which copies sentences, cannot do though a configuration asks for it."""

from __future__ import annotations

from pathlib import Path

from chains.config import PromptsConfig
from llm.language.names import other_language

_PLAIN = "plain"  # the set that asks for nothing but a summary
_ADVICE = "choose a model that writes (llm.provider)"


def unheeded_check() -> str:
    """A warning that nothing is mended."""
    return (
        "summarize.check: the built-in model copies sentences, so there is nothing in them that it could mend; "
        f"{_ADVICE}."
    )


def unheeded_prompts(prompts: PromptsConfig, text: str) -> list[str]:
    """Warnings of a language that is not the document's, and of a prompt set that asks for more than a summary."""
    warnings = []
    if prompts.language and (found := other_language(text, prompts.language)):
        warnings.append(
            f"prompts.language: the built-in model copies sentences, so the summary is in {found}, as the "
            f"document is, and not in {prompts.language}; {_ADVICE}."
        )
    if prompts.file and (name := Path(prompts.file).stem) != _PLAIN:
        warnings.append(
            f"prompts.file: the built-in model copies sentences and follows no prompt, so {name} changes nothing; "
            f"{_ADVICE}."
        )
    return warnings
