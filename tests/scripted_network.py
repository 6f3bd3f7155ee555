"""A network that knows its answers by heart, for tests that ask for understanding.

Random weights cannot call `magic_function` with 3. Only the network is replaced: checkpoint folder, tokenizer,
chat template, engine, batching, KV cache, grammar and parser are the real ones. It reads the prompt from a
real KV cache, whose keys hold the token ids, finds the first line of its script whose trigger is the latest in
the prompt, and gives the answer's next token a high logit. The rest of the vocabulary gets a little noise, so a
grammar that forbids the scripted token shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx_lm.models.cache import KVCache

_HIGH = 100.0


class ScriptedNetwork(nn.Module):
    """`script`: pairs of trigger and answer. The answer of the trigger that occurs last in the text is given.

    An answer begins where the prompt ends: after the last `turn`, the text that opens the model's turn.
    """

    def __init__(self, tokenizer: Any, script: Sequence[tuple[str, str]], turn: str, vocabulary: int) -> None:
        super().__init__()
        self.layers = [nn.Identity()]
        self.model_type = "scripted"
        self._tokenizer = tokenizer
        self._script = script
        self._turn = turn
        self._vocabulary = vocabulary
        self._stop = min(tokenizer.eos_token_ids)

    def make_cache(self) -> list[KVCache]:
        """One layer's cache."""
        return [KVCache()]

    def __call__(self, inputs: mx.array, cache: Any = None) -> mx.array:
        """Logits (B, T, vocabulary) for token ids (B, T)."""
        # Zero marks what a batch fills its shorter rows with.
        ids = (inputs + 1).astype(mx.float32)[:, None, :, None]
        keys, _ = cache[0].update_and_fetch(ids, ids) if cache else (ids, ids)
        keys = keys[:, 0, :, 0].astype(mx.int32)
        rows = [[value - 1 for value in row if value > 0] for row in keys.tolist()]
        batch, length = inputs.shape
        # The same noise for every row: what a row is told must not depend on its company.
        noise = mx.random.normal((1, 1, self._vocabulary), key=mx.random.key(0))
        logits = mx.repeat(mx.repeat(noise, batch, axis=0), length, axis=1)
        for row, tokens in enumerate(rows):
            logits[row, -1, self._next(tokens)] += _HIGH
        return logits

    def _next(self, tokens: list[int]) -> int:
        prompt, _, written = self._tokenizer.decode(tokens).rpartition(self._turn)
        place, answer = max((prompt.rfind(trigger), answer) for trigger, answer in self._script)
        ids = [*self._tokenizer.encode(answer, add_special_tokens=False), self._stop]
        # By tokens: half a letter has no text. What was written in other tokens is compared as text.
        length = max((n for n in range(len(ids)) if n == 0 or tokens[-n:] == ids[:n]), default=0)
        if place >= 0 and self._tokenizer.decode(ids[:length]) == written:
            return int(ids[length])
        if place < 0 or not answer.startswith(written):
            return self._stop
        return int([*self._tokenizer.encode(answer[len(written) :], add_special_tokens=False), self._stop][0])


class Reciter(ScriptedNetwork):
    """Recites one of `texts`: the one whose beginning the prompt ends with, or else the first, and then stops.

    So a text may begin with what a template puts before an answer, such as a thought that is open, or closed.
    """

    def __init__(self, tokenizer: Any, texts: Sequence[str], vocabulary: int) -> None:
        super().__init__(tokenizer, (), "", vocabulary)
        self._texts = [[*tokenizer.encode(text, add_special_tokens=False), self._stop] for text in texts]

    def _next(self, tokens: list[int]) -> int:
        found = [(self._said(tokens, ids), -number) for number, ids in enumerate(self._texts)]
        said, number = max(found)
        ids = self._texts[-number]
        return ids[said] if said < len(ids) else self._stop

    @staticmethod
    def _said(tokens: list[int], ids: list[int]) -> int:
        return max(n for n in range(len(ids) + 1) if n == 0 or tokens[-n:] == ids[:n])
