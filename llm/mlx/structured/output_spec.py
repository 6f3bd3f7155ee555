"""What one call asks of its answer beyond text, and what follows for prompt, decoding and parsing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.grammar import Grammar, compiler_for, literal
from llm.mlx.structured.grammar_rules import GrammarRules, tool_call_rules
from llm.mlx.structured.logits_processor import (
    GrammarProcessor,
    MarkedCallsProcessor,
    OptionalCallProcessor,
    StructuredProcessor,
)
from llm.mlx.structured.response_format import ResponseFormat, pop_response_format
from llm.mlx.structured.tool_parser import (
    CallMarkers,
    JSONToolParser,
    MarkedToolParser,
    TextParser,
    ToolParser,
    call_openings,
)
from llm.mlx.structured.tool_prompt import describe_tools
from llm.mlx.structured.tools import Tools, pop_tools


@dataclass(frozen=True)
class OutputSpec:
    """The tools and the response format of one call; with neither, the answer is text.

    `markers` are those of the checkpoint's own tool format, or None if its template knows no tools.
    """

    tools: Tools
    response_format: ResponseFormat | None

    @classmethod
    def pop_from(cls, options: dict[str, Any]) -> OutputSpec:
        """Take what concerns tools and format out of the options of a call."""
        return cls(pop_tools(options), pop_response_format(options))

    def check(self) -> None:
        """Raise InvalidRequestError for a schema that cannot be enforced. No model is needed for that."""
        if self.tools.usable:
            tool_call_rules(self.tools)
        if self.response_format is not None:
            self.response_format.rules()

    @property
    def is_structured(self) -> bool:
        """Whether the whole answer follows a grammar: then no stop text ends it, and no thought precedes it."""
        return self.tools.forced or self.response_format is not None

    def instructions(self, markers: CallMarkers | None) -> str:
        """What the prompt says beside the messages; a template with a tool format describes the tools itself."""
        parts, wanted = [], self.response_format
        if self.tools.usable and markers is None:
            parts.append(describe_tools(self.tools, or_words=wanted is None))
        if wanted is not None and wanted.in_prompt and not self.tools.forced:
            parts.append(wanted.instructions(or_tools=self.tools.usable))
        return "\n\n".join(parts)

    def tool_parser(self, markers: CallMarkers | None) -> ToolParser:
        """What finds the calls in the answer."""
        if not self.tools.usable:
            return TextParser()
        if markers is None or (self.is_structured and not markers.hold_json):
            return JSONToolParser(self.tools.tools)
        return MarkedToolParser(markers, self.tools.tools)

    def needs_grammar(self, markers: CallMarkers | None) -> bool:
        """Whether decoding follows a grammar anywhere; not in text, nor in optional calls that are not JSON."""
        if self.is_structured or not self.tools.usable:
            return self.is_structured
        return markers is None or (markers.hold_json and len(markers.start_ids) == 1)

    def logits_processor(
        self, checkpoint: Checkpoint, markers: CallMarkers | None, max_tokens: int
    ) -> StructuredProcessor:
        """What keeps the answer to its grammar, where it `needs_grammar`.

        Raises:
            InvalidRequestError: a schema that cannot be enforced, or no answer that follows it fits `max_tokens`.
        """
        if self.is_structured:
            return GrammarProcessor(self._whole_answer(checkpoint, markers), max_tokens)
        if markers is None:
            # The frame has the spaces that the model writes by itself: no grammar guides it there yet.
            rules = tool_call_rules(self.tools, spaced=True)
            openings = call_openings(self.tools.names)
            return OptionalCallProcessor(_compile(checkpoint, rules, "calls"), max_tokens, openings)
        rules = tool_call_rules(self.tools)
        rules = replace(rules, example=rules.example + markers.end)
        grammar = _compile(checkpoint, rules, rf"/\n?/ call /\n?/ {_marker(checkpoint, markers.end)}")
        return MarkedCallsProcessor(grammar, max_tokens, markers.start_ids[0], several=self.tools.parallel)

    def _whole_answer(self, checkpoint: Checkpoint, markers: CallMarkers | None) -> Grammar:
        """The grammar of an answer that is a call, or follows the format, or is one of the two."""
        parts, start = [], []
        if self.tools.usable:
            rules = tool_call_rules(self.tools)
            start.append("calls")
            if markers is not None and markers.hold_json:
                marked = (
                    f'{_marker(checkpoint, markers.start)} "\\n" call "\\n" {_marker(checkpoint, markers.end)}'
                )
                start[0] = f'{marked} ("\\n" {marked})*' if self.tools.parallel else marked
                rules = replace(rules, example=f"{markers.start}\n{rules.example}\n{markers.end}")
            parts.append(rules)
        if self.response_format is not None and not self.tools.forced:
            parts.append(self.response_format.rules())
            start.append("value")
        rules = GrammarRules(
            "start",
            "\n".join(part.text for part in parts),
            sum(part.growth for part in parts),
            min((part.example for part in parts), key=len),
            tuple(piece for part in parts for piece in part.pieces),
        )
        return _compile(checkpoint, rules, " | ".join(start))


def _compile(checkpoint: Checkpoint, rules: GrammarRules, start: str) -> Grammar:
    return compiler_for(checkpoint).compile(
        f"start: {start}\n{rules.text}", rules.growth, rules.example, rules.pieces
    )


def _marker(checkpoint: Checkpoint, marker: str) -> str:
    """A marker in a grammar rule: the token, where it is one."""
    ids = checkpoint.encode(marker)
    return f"<[{ids[0]}]>" if len(ids) == 1 else literal(marker)
