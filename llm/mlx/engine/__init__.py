"""The engine: one thread owns an MLX model and decodes all requests together. Token ids in, token ids out.

Knows nothing of text, messages or LangChain. The way of a request, from the call to its tokens:

1. `request.py`: a prompt, what is wanted of it (`sampling.py`, limits, logits processors), and the sink that hears
   of every token.
2. `engine.py`: any thread submits requests. The first one starts the engine's thread.
3. `worker.py`: the thread. It loads the model (`build.py`), then looks into its inbox between two steps of the
   scheduler. It ends when the engine is closed, collected, or the program ends.
   - `model_patches.py` mends what mlx-lm computes wrongly in a batch; `batch_probe.py` tries whether a batch
     gives each row what it gets alone. If not, requests run one at a time.
4. `scheduler.py`: one step admits a request, reads one piece of one prompt, and decodes one token of every row, or
   several.
   - `request_queue.py`: who is next, and in which batch padding costs least. First come, first served; a request
     that does not fit lets others pass, but only so many.
   - `kv_budget.py`: a request is admitted only if the keys and values of all rows, grown to their ends, fit
     in memory, beside those of the process's other engines. That is why a batch never exceeds memory.
   - `prefix_cache.py`: what several prompts begin with is computed once.
   - `prefill.py`: the prompt is read in pieces, so that a long one never holds up the answers under way.
5. `batch.py`: rows of like length, decoded together. A row joins when its prompt has been read, and leaves with
   its last token.
   - `ragged_batch.py` decodes what the prompts draft: a pass may give each row another number of tokens.
     `drafts.py` looks the answer's end up in its prompt, `draft_plan.py` weighs what that is worth, and in
     `ragged_cache.py` every row has an end of its own, so that rejected drafts are simply overwritten.
   - `padded_batch.py` is mlx-lm's own batch, for models that keep something else than keys and values.
   - `single.py` is for what mlx-lm decodes one row at a time: with a draft model, or quantized keys and values.
6. The sink takes each token, and may say that it has had enough. Turning tokens into text is its business.

What fails, fails alone: a sampler, a processor or a sink that raises ends its own request. What kills the thread
reaches every request in it, and the next one starts a new thread.
"""
