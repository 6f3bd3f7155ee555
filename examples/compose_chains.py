"""The map chain alone, without a graph: two prompt sets on one text, with a model that is handed in.

The model is a stand-in that repeats the last message it was sent, so that you see the prompts; put any
LangChain model in its place. Usage: compose_chains.py [TEXT FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path

from langchain_core.language_models.fake_chat_models import ParrotFakeChatModel

from chains import PromptsConfig, map_chain, read_prompts

HERE = Path(__file__).parent
TEXT = "The harbour opens at six. The first boats leave at half past, and the fog is gone by eight."


def main() -> None:
    text = Path(sys.argv[1]).read_text("utf-8") if len(sys.argv) > 1 else TEXT
    for name in ("plain", "structured"):
        config = PromptsConfig(
            file=str(HERE.parent / "configs" / "prompts" / f"{name}.yaml"), language="French", focus="times of day"
        )
        chain = map_chain(ParrotFakeChatModel(), read_prompts(config))
        print(f"== {name} ==\n{chain.invoke({'document': text})}\n")


if __name__ == "__main__":
    main()
