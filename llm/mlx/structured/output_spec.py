"""What one call asks of its answer beyond text: tools and a format. Brings grammar, prompt and reader together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.grammar import Grammar, grammars_for, literal
from llm.mlx.structured.logits_processor import Constraint, MarkedCalls, OptionalCall
from llm.mlx.structured.response_format import ResponseFormat, take_format
from llm.mlx.structured.tool_parser import JSONReader, MarkedReader, PlainReader, Reader
from llm.mlx.structured.tools import Rules, Tools, call_rules, describe, openings, take_tools

AnyConstraint = Constraint | OptionalCall | MarkedCalls

# The one format of mlx-lm's parsers that is JSON between markers, and so can be held to a schema there.
_JSON_PARSER = "mlx_lm.tool_parsers.json_tools"


@dataclass(frozen=True)
class Markers:
    """How a template of its own tool format marks a call."""

    start: str
    end: str
    start_ids: tuple[int, ...]
    parse: Callable[..., Any]

    @property
    def holds_json(self) -> bool:
        """Whether calls are JSON between the markers."""
        return bool(self.end) and getattr(self.parse, "__module__", "") == _JSON_PARSER


def markers_of(checkpoint: Checkpoint) -> Markers | None:
    """The markers of a checkpoint's own tool format; None: its template knows no tools."""
    tokenizer = checkpoint.tokenizer
    if not tokenizer.has_tool_calling:
        return None
    start_ids = tuple(tokenizer.tool_call_start_tokens)
    return Markers(tokenizer.tool_call_start, tokenizer.tool_call_end or "", start_ids, tokenizer.tool_parser)


@dataclass(frozen=True)
class Shape:
    """Tools and format of one call; neither: the answer is text."""

    tools: Tools
    response_format: ResponseFormat | None

    @classmethod
    def take(cls, options: dict[str, Any]) -> Shape:
        """Take what concerns the shape out of the options of a call."""
        return cls(take_tools(options), take_format(options))

    def check(self) -> None:
        """Raise InvalidRequestError for a schema that no answer can be held to. No model is asked."""
        if self.tools.usable:
            call_rules(self.tools)
        if self.response_format is not None:
            self.response_format.rules()

    @property
    def is_held(self) -> bool:
        """Whether the whole answer is held to a grammar: then no stop text ends it, and no thought precedes it."""
        return self.tools.forced or self.response_format is not None

    def note(self, markers: Markers | None) -> str:
        """What the model is told beside the messages; a template of its own format tells of tools itself."""
        notes, wanted = [], self.response_format
        if self.tools.usable and markers is None:
            notes.append(describe(self.tools, or_words=wanted is None))
        if wanted is not None and wanted.told and not self.tools.forced:
            notes.append(wanted.instructions(or_tools=self.tools.usable))
        return "\n\n".join(notes)

    def reader(self, markers: Markers | None) -> Reader:
        """What finds the calls in the answer."""
        if not self.tools.usable:
            return PlainReader()
        if markers is None or (self.is_held and not markers.holds_json):
            return JSONReader(self.tools.names)
        return MarkedReader(markers.start, markers.end, markers.parse, self.tools.tools)

    def is_constrained(self, markers: Markers | None) -> bool:
        """Whether a grammar has a say: not in text, nor in calls of a format that is no JSON, unless forced."""
        if self.is_held or not self.tools.usable:
            return self.is_held
        return markers is None or (markers.holds_json and len(markers.start_ids) == 1)

    def constrain(self, checkpoint: Checkpoint, markers: Markers | None, max_tokens: int) -> AnyConstraint:
        """What keeps the answer to its shape, where a grammar has a say.

        Raises:
            InvalidRequestError: a schema that cannot be held to, or no room for an answer that satisfies it.
        """
        if self.is_held:
            return Constraint(self._whole(checkpoint, markers), max_tokens)
        if markers is None:
            # The frame has the spaces the model writes of itself: nothing has told it otherwise yet.
            rules = call_rules(self.tools, spaced=True)
            return OptionalCall(_compile(checkpoint, rules, "calls"), max_tokens, openings(self.tools.names))
        rules = call_rules(self.tools)
        grammar = _compile(checkpoint, rules, rf"/\n?/ call /\n?/ {_marker(checkpoint, markers.end)}")
        return MarkedCalls(grammar, max_tokens, markers.start_ids[0], several=self.tools.parallel)

    def _whole(self, checkpoint: Checkpoint, markers: Markers | None) -> Grammar:
        """The grammar of an answer that is a call, or follows the format, or is one of the two."""
        parts, start = [], []
        if self.tools.usable:
            parts.append(call_rules(self.tools))
            start.append("calls")
            if markers is not None and markers.holds_json:
                marked = (
                    f'{_marker(checkpoint, markers.start)} "\\n" call "\\n" {_marker(checkpoint, markers.end)}'
                )
                start[0] = f'{marked} ("\\n" {marked})*' if self.tools.parallel else marked
        if self.response_format is not None and not self.tools.forced:
            parts.append(self.response_format.rules())
            start.append("value")
        rules = Rules(
            "start",
            "\n".join(part.text for part in parts),
            sum(part.room for part in parts),
            min((part.hint for part in parts), key=len),
        )
        return _compile(checkpoint, rules, " | ".join(start))


def _compile(checkpoint: Checkpoint, rules: Rules, start: str) -> Grammar:
    return grammars_for(checkpoint).compile(f"start: {start}\n{rules.text}", rules.room, rules.hint)


def _marker(checkpoint: Checkpoint, marker: str) -> str:
    """A marker in a grammar rule: the token, where it is one."""
    ids = checkpoint.encode(marker)
    return f"<[{ids[0]}]>" if len(ids) == 1 else literal(marker)
