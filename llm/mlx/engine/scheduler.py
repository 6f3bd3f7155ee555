"""Everything the engine does between two looks into its inbox: who is next, prompts read, tokens decoded.

Runs on one thread and knows nothing of it. `Scheduler.step` reads one piece of one prompt and decodes one token
of every row, so that a long prompt never holds up the answers under way for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llm.errors import ContextOverflowError, InvalidRequestError
from llm.mlx.engine.batch import Batch, Decoded, Row
from llm.mlx.engine.kv_budget import KVBudget
from llm.mlx.engine.prefill import Prefill
from llm.mlx.engine.prefix_cache import PrefixCache
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.request_queue import RequestQueue, batches_by_fit
from llm.mlx.engine.sampling import Samplers, processors
from llm.mlx.engine.single import SingleBatch


class Scheduler:
    """A model's batches and the requests in and before them.

    `can_batch`: whether the model may decode more than one request at a time.
    """

    def __init__(
        self, model: Any, batches: Sequence[Batch | SingleBatch], budget: KVBudget, *, can_batch: bool
    ) -> None:
        self._model = model
        self._batches = batches
        self._budget = budget
        self._can_batch = can_batch
        self._samplers = Samplers()
        self._prefixes = PrefixCache()
        self._queue = RequestQueue()
        # The prompt that is being read; and a short one that may be read before it, last.
        self._reading: list[Prefill] = []

    @property
    def requests(self) -> list[Request]:
        """All that run or wait."""
        return [*(row.request for row in self._running()), *self._queue]

    @property
    def kv_bytes(self) -> int:
        """Memory that keys and values take now: of the rows, of a prompt on its way, of kept prefixes."""
        batches = sum(batch.kv_bytes for batch in self._batches)
        return batches + self._prefixes.nbytes + sum(prefill.kv_bytes for prefill in self._reading)

    def add(self, request: Request) -> None:
        """Queue `request`. One that can never be admitted fails at once."""
        try:
            self._check(request)
        except Exception as error:
            request.fail(error)
        else:
            self._queue.add(request)

    def drop(self, request: Request) -> None:
        """Take `request` out, running or waiting. Its sink hears nothing more."""
        self._queue.remove(request)
        self._reading = [prefill for prefill in self._reading if prefill.row.request is not request]
        for batch in self._batches:
            for row in batch.rows:
                if row.request is request:
                    batch.drop(row)
        self._update_budget()

    def clear_prefixes(self) -> None:
        """Drop the prefixes that were kept for later prompts."""
        self._prefixes.clear()
        self._update_budget()

    def close(self) -> None:
        """Let go of the model and of all memory."""
        self._batches = []
        self._reading = []
        self._model = None
        self._prefixes.clear()
        self._budget.release()

    def step(self) -> bool:
        """Do one step of everything. False if there was nothing to do, or no memory to do it in."""
        had_rows = bool(self._running())
        self._admit()
        if self._reading:
            self._read(self._reading[-1])
        for batch in self._batches:
            self._drop_broken(batch)
            self._deliver(batch, batch.step())
        self._update_budget()
        if not had_rows and not self._running() and len(self._queue):
            self._prefixes.clear()  # another engine may wait for this memory as this one waits for its
            self._update_budget()
        return had_rows or bool(self._running())

    def _running(self) -> list[Row]:
        rows = [row for batch in self._batches for row in batch.rows]
        return [*rows, *(prefill.row for prefill in self._reading)]

    def _totals(self) -> list[list[int]]:
        """The token totals of each batch's rows, those that are about to join among them."""
        totals = [[row.request.total for row in batch.rows] for batch in self._batches]
        for prefill in self._reading:
            totals[self._batches.index(prefill.batch)].append(prefill.row.request.total)
        return totals

    def _prompt_tokens(self) -> int:
        """Tokens of the prompts that are being read."""
        return sum(len(prefill.row.request.prompt) for prefill in self._reading)

    def _update_budget(self) -> None:
        needed = self._budget.needed(self._totals(), self._prompt_tokens())
        self._budget.hold(needed + self._prefixes.nbytes)

    def _check(self, request: Request) -> None:
        if not request.prompt:
            raise InvalidRequestError("The prompt is empty.")
        if request.max_tokens < 1:
            raise InvalidRequestError(f"max_tokens is {request.max_tokens}: an answer has at least one token.")
        if request.limits.rows < 1:
            raise InvalidRequestError("A request that allows no row, not even its own, can never run.")
        if not 0 <= min(request.prompt) <= max(request.prompt) < self._budget.layout.vocabulary:
            raise InvalidRequestError("The prompt has tokens that the model does not know.")
        needed = self._budget.needed([[request.total]], len(request.prompt))
        most = self._budget.most(request.limits)
        if needed > most:
            raise ContextOverflowError(
                f"A prompt of {len(request.prompt)} tokens and an answer of {request.max_tokens} may take "
                f"{needed / 1e9:.3g} GB for keys and values, and there are {most / 1e9:.3g} GB.",
                "Shorten the prompt, lower max_tokens, or raise kv_cache_gb.",
            )

    def _admit(self) -> None:
        if len(self._reading) > 1:
            return
        found: tuple[Request, Batch | SingleBatch] | None = self._queue.next(self._find_batch)
        if found is not None:
            request, batch = found
            try:
                self._begin(request, batch)
            except Exception as error:
                request.fail(error)

    def _find_batch(self, request: Request) -> Batch | SingleBatch | None:
        """The batch that `request` may join now, if there is one."""
        if self._reading and not self._reading[0].lets_pass(request):
            return None
        limits = [request.limits, *(row.request.limits for row in self._running())]
        places = min(limit.rows for limit in limits) if self._can_batch else 1
        if len(limits) > places:
            return None
        totals = self._totals()
        for position in batches_by_fit(request.total, totals):
            joined = [[*batch, request.total] if i == position else batch for i, batch in enumerate(totals)]
            if self._reserve(self._budget.needed(joined, self._prompt_tokens() + len(request.prompt)), limits):
                return self._batches[position]
        return None

    def _reserve(self, needed: int, limits: Sequence[Limits]) -> bool:
        """Take `needed` bytes beside the kept prefixes, dropping these as far as that helps."""
        if needed > min(self._budget.free(limit) for limit in limits):
            return False
        while not self._budget.reserve(needed + self._prefixes.nbytes, limits):
            if not self._prefixes.drop_oldest():
                return False
        return True

    def _begin(self, request: Request, batch: Batch | SingleBatch) -> None:
        sampler = self._samplers.sampler(request.sampling)
        row = Row(request, sampler, [*processors(request.sampling, len(request.prompt)), *request.processors])
        if isinstance(batch, SingleBatch):
            batch.start(row)
            return
        row.effort.cached_tokens, cache = self._prefixes.find(request.prompt)
        boundary = self._prefixes.boundary(
            request.prompt, row.effort.cached_tokens, (waiting.prompt for waiting in self._queue.first())
        )
        for prefill in self._reading:
            prefill.passed_by += 1
        self._reading.append(Prefill(row, batch, cache or self._new_cache(), row.effort.cached_tokens, boundary))

    def _new_cache(self) -> list[Any]:
        from mlx_lm.models.cache import make_prompt_cache

        return list(make_prompt_cache(self._model))

    def _read(self, prefill: Prefill) -> None:
        row = prefill.row
        try:
            prefill.read(self._model)
            if prefill.done == prefill.pause_at:
                self._keep(prefill)
            joining = prefill.batch.prepare(row, prefill.cache) if prefill.complete else None
        except Exception as error:  # nobody else's keys and values were touched
            self._reading.remove(prefill)
            row.request.fail(error)
            return
        if joining is not None:
            prefill.batch.join(row, joining)
            self._reading.remove(prefill)

    def _keep(self, prefill: Prefill) -> None:
        """Keep what was read so far for the prompts that begin alike, if there is room."""
        request = prefill.row.request
        needed = self._budget.needed(self._totals(), self._prompt_tokens())
        if self._budget.may_keep(prefill.done, self._prefixes.nbytes, needed, request.limits):
            self._prefixes.keep(request.prompt[: prefill.done], prefill.cache)

    def _drop_broken(self, batch: Batch | SingleBatch) -> None:
        """Fail the rows whose sampler or processor raised while it chose the token that would come next."""
        for row in batch.rows:
            if error := row.error or row.sample.error:
                batch.drop(row)
                row.request.fail(error)

    def _deliver(self, batch: Batch | SingleBatch, step: Sequence[Decoded]) -> None:
        """Hand tokens to their sinks. What was decoded of a row after its sink had enough is nobody's."""
        ended: set[Row] = set()
        for decoded in step:
            if decoded.row not in ended and self._hand(decoded):
                ended.add(decoded.row)
                batch.drop(decoded.row)

    def _hand(self, decoded: Decoded) -> bool:
        """Hand a token to its sink; whether the row ends with it."""
        row, reason = decoded.row, decoded.reason
        try:
            # The token that ends an answer is not part of it.
            if reason != "stop" and row.request.sink.token(decoded.token):
                reason = "stop"
            if reason is not None:
                row.request.sink.finish(reason, row.effort)
        except Exception as error:
            reason = "stop"
            row.request.fail(error)
        return reason is not None
