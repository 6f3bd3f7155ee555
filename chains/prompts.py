"""Reads and checks prompt sets. Imports no LangChain."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Literal

from pydantic import ValidationError

from chains.config import Messages, PromptsConfig, PromptSet, Template
from chains.strict_yaml import load_yaml
from chains.validation_errors import explain

Stage = Literal["map", "collapse", "final", "revise"]

# Those that summarize, which every set has a prompt for. A set without `revise` has the one below.
STAGES: tuple[Stage, ...] = ("map", "collapse", "final")

# The only variables that a prompt may use; without {document} it would not show the text.
VARIABLES = ("document", "language", "focus", "length")

# And those of one prompt alone, of which it must have the first. {document} are passages there.
#   revise: a sentence of the summary, and what is doubted of it;  ask: a question
OF_ONE = {"revise": ("sentence", "doubts"), "ask": ("question",)}

# As a language: that of the document.
SAME = "same"

_LANGUAGE = "English"
_FOCUS = "the main points"
_REMINDER = "Write nothing but the summary, in {language}."
_WORDS = 250
_LENGTH = "about {words} words"
_REVISE = """\
A summary has this sentence, which is not right ({doubts}): {sentence}

<document>
{document}
</document>

Summarize in one sentence what the document says about the same thing, keeping names and numbers as they are. Write
nothing but that sentence, in {language}. If the document says nothing about it, write DROP.
"""
_ASK = """\
Below are passages of a document; […] stands where text is left out. Answer the question at the end from them
alone, in one to three sentences of {language}. Keep names and numbers as they are. If they do not answer it, write
only: The document does not say.

<document>
{document}
</document>

Question: {question}
"""
_RESIZE = "A first summary had {wrote} words. Write one of {length}."
_TOGETHER = """\
Give me a comparison of the following documents, each of which is summarized under its name, of {length}: what do
they share, and where do they differ? Name the documents in each sentence. Attend to {focus}. Write plain prose, in
{language}.

<document>
{document}
</document>
"""

# What {language} says where the document's is wanted and not known: in English, or where a set is in Korean.
_THE_DOCUMENTS = "the language of the document"
_THE_DOCUMENTS_IN_KOREAN = "문서의 언어"

# The messages of one prompt: (role, template) each.
Pairs = tuple[tuple[str, str], ...]


class PromptError(ValueError):
    """A prompt set that cannot be used. `str(error)` is one sentence: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Prompts:
    """A checked prompt set: (role, template) pairs for each stage, and the values of the variables."""

    map: Pairs
    collapse: Pairs
    final: Pairs
    together: Pairs
    language: str
    focus: str
    length: str
    revise: Pairs = (("human", _REVISE),)
    ask: Pairs = (("human", _ASK),)
    length_phrase: str = _LENGTH
    follows_document: bool = False  # the language is the document's, whichever that is
    reminder: str = _REMINDER
    resize: str = _RESIZE

    @property
    def values(self) -> dict[str, str]:
        """The variables that are known before there is a document."""
        return {"language": self.language, "focus": self.focus, "length": self.length}

    def in_language(self, name: str) -> Prompts:
        """The same prompts where the document's language, which has this name, is wanted."""
        return replace(self, language=name) if self.follows_document and name else self

    def of_words(self, words: int) -> Prompts:
        """The same prompts for an answer of about so many words."""
        return replace(self, length=self.length_phrase.format(words=words))

    def comparing(self) -> Prompts:
        """The same prompts, with the one on several documents in the place of the final one."""
        return replace(self, final=self.together)

    def reminded(self) -> Prompts:
        """The same prompts, each with the reminder behind its last message."""
        return self._ending_in(self.reminder)

    def resized(self, wrote: int) -> Prompts:
        """The same prompts, each with what is said of an answer of so many words behind its last message."""
        return self._ending_in(self.resize.replace("{wrote}", str(wrote)))

    def revising(self, sentence: str, doubts: str) -> Prompts:
        """The same prompts, with what the revise prompt is to say of one sentence of a summary."""
        said = {"sentence": sentence, "doubts": doubts}
        return replace(self, revise=tuple((role, _filled(text, said)) for role, text in self.revise))

    def asking(self, question: str, language: str) -> Prompts:
        """The same prompts, with one that asks this question, to be answered in `language`, for the final one.

        What reminds of it is the question itself, said once more; a set without a reminder has none here either.
        """
        said = {"question": question}
        final = tuple((role, _filled(text, said)) for role, text in self.ask)
        reminder = _doubled(question) if self.reminder else ""
        return replace(self, final=final, language=language, reminder=reminder, resize="")

    def _ending_in(self, sentence: str) -> Prompts:
        def ending(pairs: Pairs) -> Pairs:
            role, template = pairs[-1]
            return (*pairs[:-1], (role, f"{template.rstrip()}\n\n{sentence}"))

        return replace(self, map=ending(self.map), collapse=ending(self.collapse), final=ending(self.final))

    def text(self, stage: Stage) -> str:
        """The text of a stage's prompt, with everything but the document filled in."""
        pairs = getattr(self.revising("", ""), stage)
        return "\n".join(template.format(document="", **self.values) for _, template in pairs)


def read_prompts(config: PromptsConfig, *, words: int | None = None) -> Prompts:
    """Combine the set in the file with what `config` overrides, and check every prompt.

    `words` is how many the summary should have, which {length} says.

    Raises:
        PromptError: a file that is missing or not a prompt set, a stage without a prompt, a prompt with an
            unknown variable, or one that does not have {document} exactly once.
    """
    in_file = _read_file(Path(os.path.expanduser(config.file))) if config.file else PromptSet()

    def pairs(key: str, default: Template | None = None) -> Pairs:
        own = getattr(config, key)
        where = "prompts" if own or not config.file else config.file
        return _pairs(key, own or getattr(in_file, key) or default, where)

    map_prompt, collapse, final = pairs("map"), pairs("collapse"), pairs("final")
    language = config.language or in_file.language or _LANGUAGE
    follows_document = language.strip().casefold() == SAME
    length = _phrase("length", config, in_file, _LENGTH, ("words",))
    return Prompts(
        map=map_prompt,
        collapse=collapse,
        final=final,
        revise=pairs("revise", _REVISE),
        ask=pairs("ask", _ASK),
        together=pairs("together", _TOGETHER),
        language=_documents_language(final) if follows_document else language,
        focus=config.focus or in_file.focus or _FOCUS,
        length=length.format(words=words or _WORDS),
        length_phrase=length,
        follows_document=follows_document,
        reminder=_phrase("reminder", config, in_file, _REMINDER, ("language", "focus", "length")),
        resize=_phrase("resize", config, in_file, _RESIZE, ("wrote", "language", "focus", "length")),
    )


def _phrase(key: str, config: PromptsConfig, in_file: PromptSet, default: str, variables: Sequence[str]) -> str:
    """What `config`, or else the set in the file, says under `key`, with none but these variables."""
    own, in_set = getattr(config, key), getattr(in_file, key)
    where, given = ("prompts", own) if own is not None else (config.file, in_set)
    if given is None:
        return default
    for name in _variables(given, f"{where}: {key}"):
        if name not in variables:
            allowed = ", ".join(f"{{{variable}}}" for variable in variables)
            raise PromptError(f"{where}: {key}: there is no variable {{{name}}} here; there is {allowed}.")
    return str(given).strip()


def _read_file(path: Path) -> PromptSet:
    try:
        content = load_yaml(path.read_text("utf-8"))
    except OSError:
        raise PromptError(f"prompts.file: {path} cannot be read; check the path.") from None
    except ValueError as error:
        raise PromptError(f"prompts.file: {path} is not valid YAML: {error}.") from None
    if not isinstance(content, dict):
        raise PromptError(
            f"prompts.file: {path} is not a prompt set; the keys of one are {', '.join(PromptSet.model_fields)}."
        )
    try:
        return PromptSet.model_validate(content)
    except ValidationError as error:
        raise PromptError(f"prompts.file: {path}: {explain(error, PromptSet)}") from None


def _documents_language(final: Pairs) -> str:
    text = "".join(said for _, template in final for said, _, _, _ in Formatter().parse(template))
    korean = sum("가" <= character <= "힣" for character in text)
    return _THE_DOCUMENTS_IN_KOREAN if 2 * korean > sum(map(str.isalpha, text)) else _THE_DOCUMENTS


def _pairs(stage: str, template: Template | None, where: str) -> Pairs:
    if template is None:
        raise PromptError(
            f"{where}: there is no {stage} prompt; set prompts.{stage}, or a prompts.file that has one."
        )
    if isinstance(template, Messages):
        pairs: Pairs = (("system", template.system), ("human", template.human))
    else:
        pairs = (("human", template),)
    used = [name for _, text in pairs for name in _variables(text, f"{where}: {stage}")]
    own = OF_ONE.get(stage, ())
    allowed = (*VARIABLES, *own)
    for name in used:
        if name not in allowed:
            raise PromptError(f"{where}: {stage}: {_unknown(name, allowed)}")
    needed = {"document": "where the passages go" if own else "where the text goes"}
    needed |= {name: f"where the {name} goes" for name in own[:1]}
    for name, why in needed.items():
        if name not in used:
            listed = _listed(allowed)
            raise PromptError(f"{where}: {stage}: the prompt needs {{{name}}}, {why}; the variables are {listed}.")
    if used.count("document") > 1:
        raise PromptError(f"{where}: {stage}: {{document}} may stand in a prompt only once.")
    return pairs


def _variables(text: str, where: str) -> list[str]:
    try:
        fields = list(Formatter().parse(text))
    except ValueError as error:
        raise PromptError(f"{where}: {error}; write {{{{ and }}}} for literal braces.") from None
    for _, name, spec, conversion in fields:
        if name is not None and (spec or conversion):
            raise PromptError(
                f"{where}: {{{name}}} must stand alone, without a format; write {{{{ and }}}} for literal braces."
            )
    return [name for _, name, _, _ in fields if name is not None]


def _filled(template: str, values: Mapping[str, str]) -> str:
    """A template with some of its variables filled in. It stays a template: braces in the values are doubled."""
    text = ""
    for literal, name, _, _ in Formatter().parse(template):
        text += _doubled(literal)
        if name is not None:
            text += _doubled(values[name]) if name in values else f"{{{name}}}"
    return text


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _unknown(name: str, allowed: Sequence[str]) -> str:
    near = get_close_matches(name, allowed, n=1)
    hint = f"did you mean {{{near[0]}}}? The" if near else "the"
    return (
        f"there is no variable {{{name}}}; {hint} variables are {_listed(allowed)}; "
        "write {{ and }} for literal braces."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
