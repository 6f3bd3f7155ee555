"""Questions about a document: passages that may hold the answer, the model's answer, and what supports it.

Reads, calls the model and grounds as the rest of `graph` does; writes no summary.
"""
