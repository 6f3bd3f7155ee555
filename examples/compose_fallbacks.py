"""A model in this process, a server where it cannot answer, and LangChain's cache in front of both.

Usage: compose_fallbacks.py [MODEL [SERVER]], a server such as http://localhost:11434/v1 (Ollama)
"""

from __future__ import annotations

import sys
import time

from langchain_core.caches import InMemoryCache
from langchain_core.exceptions import ModelError
from langchain_core.globals import set_llm_cache

from llm import ChatMLX, load_model
from llm.config import OpenAIConfig


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "mlx-community/gemma-3-4b-it-4bit"
    server = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:11434/v1"
    set_llm_cache(InMemoryCache())  # the key has the model's weights and every setting that changes an answer

    here = ChatMLX(model=model, max_tokens=60)
    there = load_model(OpenAIConfig(model="gemma3:4b", base_url=server, max_tokens=60))
    # Every error of our models is a ModelError: not here, too long a prompt, out of time.
    chat = here.with_fallbacks([there], exceptions_to_handle=(ModelError,))

    for turn in ("first", "again"):
        started = time.perf_counter()
        answer = chat.invoke("Why is the sky blue? Answer in one sentence.")
        where = answer.response_metadata.get("model_name", "?")
        print(f"{turn}: {where}: {answer.text!r} in {time.perf_counter() - started:.3f} s")


if __name__ == "__main__":
    main()
