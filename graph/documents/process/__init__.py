"""A process of its own for a file that may be made to crash, hang or fill the memory.

worker_process.py is the parent's side: it starts a worker, hands over its events, and ends it with all that it
started. child.py is what every worker does first, and wire.py how both write what they say. Knows no format.
"""
