"""Structured output: answers that follow a JSON schema, because decoding leaves them no other way.

From a call to its answer:

1. `output_schema` turns any schema (a pydantic class, a TypedDict, a JSON schema, a tool) into a name, a JSON
   schema and a parser. `structured_output` and `tools` build on it.
2. `output_spec` gathers what one call asks for (`tools`, `response_format`) and decides what follows from it: the
   instructions in the prompt (`tool_prompt`), the grammar, and the parser of the answer.
3. `schema_check` refuses what a grammar cannot express, naming the field; `strict_schema` rewrites the rest.
4. `grammar_rules` writes the grammar, `grammar` compiles it for a checkpoint's tokens with llguidance.
5. `logits_processor` masks the logits of each step, so that only tokens of the grammar are left, and
   `completion_search` finds the shortest completion, so that the answer is whole within `max_tokens`.
6. `tool_parser` finds the tool calls in the text, as it comes.
"""
