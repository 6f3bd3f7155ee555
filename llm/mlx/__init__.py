"""LangChain models on Apple's MLX, whose calls are decoded together: ChatMLX for messages, MLX for raw text.

From a call to its answer: `chat` or `completion` checks the settings (`base`) and finds the `runtime`, which all
models on the same `checkpoint` share. `chat_template` turns the messages into token ids; `structured` adds what
tools and response formats need. `client` hands the request to the `engine`, and `output_processor` turns its
tokens into text as they come. `chat_output` turns that into LangChain's messages. `batch` and `chat_batch` submit
whole lists at once.

Only this package imports MLX, and only inside functions (`backend` does it first).
"""
