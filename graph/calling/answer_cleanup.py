"""What models do wrong in an answer, and how to mend it: thoughts, the prompt said again, prefaces, loops."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from graph.calling.phrases import is_refusal, may_be_preface, without_offer, without_preface
from graph.calling.thoughts import answer_so_far, without_thoughts
from llm.language.marks import ENDS
from llm.language.names import other_language
from llm.language.sentences import split_sentences

# Why an answer is no summary: nothing in it, a thought without an end, the prompt said again, a refusal. An answer
# in another language is one, though not the one that was asked for.
Fault = Literal["empty", "thought", "echo", "refusal", "language"]

# Shorter than this, the start of a prompt may well be how a good answer starts, and a sentence of it chance.
_ECHO = 20
_ORDER = 12

# A text that ends in so many copies of one passage, together of so many characters, has fallen into a loop.
_COPIES = 3
_LOOP = 60

_SENTENCE_END = re.compile(f"[{ENDS}]")
_FENCE = re.compile(r"\A(`{3,}|~{3,})[\w+-]*[ \t]*\n((?:(?!\1).)*)(?:\1|\Z)\s*\Z", re.DOTALL)
_WRAPPER = re.compile(
    r"\A<(answer|summary|output|response|document)>((?:(?!</?\1>).)*)</\1>\s*\Z"
    r"|\A<\|(?:START_RESPONSE|begin_of_solution)\|>(.*?)(?:<\|(?:END_RESPONSE|end_of_solution)\|>|\Z)\s*\Z",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"</?(?:document|source_sentences|context)>")


class Cleaned(NamedTuple):
    """What an answer says, and why that is no summary, if it is none."""

    text: str
    fault: Fault | None = None


def clean(answer: str, prompt: Sequence[str], document: str) -> Cleaned:
    """The summary in an answer to `prompt` (the texts of its messages), in which `document` stands."""
    said, unfinished = without_thoughts(answer)
    if not said:
        return Cleaned("", "thought" if unfinished else "empty")
    text = without_offer(without_wrapper(without_preface(without_wrapper(without_echo(said, prompt, document)))))
    if not text:
        return Cleaned("", "echo" if len(said) > _ECHO else "empty")
    if is_refusal(text, document):
        return Cleaned(text, "refusal")
    return Cleaned(text)


def clean_so_far(answer: str) -> str:
    """What can be shown of an answer that is still being written. It may be taken back: the end decides."""
    text = answer_so_far(answer)
    if text.startswith(("```", "~~~")):
        text = text.partition("\n")[2]
    elif text.startswith("<"):
        text = without_wrapper(text)
    if "\n" not in text and may_be_preface(text):
        return ""
    return without_preface(text)


def in_language(cleaned: Cleaned, language: str) -> Cleaned:
    """The same, unless the summary is plainly in another language than the named one."""
    if cleaned.fault is None and other_language(cleaned.text, language):
        return Cleaned(cleaned.text, "language")
    return cleaned


def without_wrapper(answer: str) -> str:
    """The answer without the code fence or the pair of tags around all of it."""
    answer = answer.strip()
    for pattern in (_WRAPPER, _FENCE):
        if found := pattern.match(answer):
            answer = (found[2] or found[found.lastindex or 0]).strip()
    return answer


def without_quoted(answer: str, tag: str) -> str:
    """The answer without what some models repeat of the prompt between such tags, tags and all."""
    start, end = f"<{tag}>", f"</{tag}>"
    if start not in answer and end not in answer:
        return answer
    return re.sub(
        rf"\s*{start}(?:(?!{start}).)*?(?:{end}|$)\n?|\s*(?:{start}|{end})", "\n", answer, flags=re.DOTALL
    ).strip()


def without_echo(answer: str, prompt: Sequence[str], document: str) -> str:
    """The answer without what some models, base models above all, repeat of the prompt.

    Taken off are a repeated beginning of the prompt with its document, and sentences of the instructions wherever
    they stand; where nothing is then left but what the document says word for word, nothing is left.
    """
    rest = _without_beginning(answer.strip(), prompt[-1], document)
    orders = _instructions(prompt, document)
    kept, is_order = [], False
    pieces = split_sentences(_TAG.sub("\n\n", rest))
    for sentence in pieces:
        is_order = _is_order(sentence, orders, 1 if is_order else _ORDER)
        if not is_order:
            kept.append(sentence)
    if len(kept) == len(pieces) and rest == answer.strip():
        return rest
    text = "".join(kept).strip()
    return "" if _squeezed(text) in _squeezed(document) else text


def _without_beginning(answer: str, prompt: str, document: str) -> str:
    before, _, after = prompt.partition(document) if document else (prompt, "", "")
    if len(before.strip()) < _ECHO or not answer.startswith(before.strip()):
        return answer
    for piece in (before, document, after):
        if answer.startswith(piece.strip()):
            answer = answer[len(piece.strip()) :].strip()
    return answer


def _instructions(prompt: Sequence[str], document: str) -> list[str]:
    """The sentences of a prompt that are long enough to know again, and that its document does not have."""
    said = _squeezed(document)
    sentences = [
        _squeezed(sentence)
        for text in prompt
        for piece in (text.split(document) if document else [text])
        for line in _TAG.sub("\n\n", piece).split("\n\n")
        for sentence in split_sentences(" ".join(line.split()))
    ]
    return [sentence for sentence in sentences if len(sentence) >= _ORDER and sentence not in said]


def _is_order(sentence: str, orders: list[str], fewest: int) -> bool:
    """Whether the sentence, of at least so many characters, is an instruction or, where it was cut, begins one."""
    said = _squeezed(sentence)
    return len(said) >= fewest and any(order.startswith(said) for order in orders)


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold().strip(" .:>#*")


def without_loop(answer: str, document: str) -> str:
    """The answer up to where it falls into saying the same again and again, as long as `document` does not.

    Of the passage that repeats the first copy stays, up to the end of a sentence where it has one; an answer
    without such a passage is unchanged. It is found as the period of the answer's end, with the Z-function of the
    answer read backwards (Gusfield, Algorithms on Strings, Trees and Sequences, 1997), in time linear in the
    answer's length.
    """
    matches = _z_function(answer[::-1])
    best, period = 0, 0
    for length in range(1, len(answer) // _COPIES + 1):
        looped = length + matches[length]
        if looped >= max(_COPIES * length, _LOOP) and looped > best:
            best, period = looped, length
    if not best or answer[-_COPIES * period :] in document:
        return answer
    end = len(answer) - best + period
    kept = answer[:end].rstrip()
    rest = _SENTENCE_END.search(answer, end, end + period)
    return kept if _SENTENCE_END.search(kept[-1:]) or rest is None else answer[: rest.end()]


def _z_function(text: str) -> list[int]:
    """For every index, how many characters from there on are those at the start."""
    matches = [0] * len(text)
    left = right = 0
    for index in range(1, len(text)):
        length = min(matches[index - left], right - index) if index < right else 0
        while index + length < len(text) and text[length] == text[index + length]:
            length += 1
        matches[index] = length
        if index + length > right:
            left, right = index, index + length
    return matches
