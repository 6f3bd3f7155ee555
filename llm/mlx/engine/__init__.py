"""The engine: one thread owns an MLX model and decodes every request together. Token ids in, token ids out.

Knows nothing of text, messages or LangChain. engine.py is its front, worker.py the thread, scheduler.py what the
thread does between two looks into its inbox.
"""
