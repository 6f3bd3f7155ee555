"""What mypy says to people who installed the package: without pydantic's plugin, which few of them have."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Our own errors are ours to see (`mypy --strict`); here only those in the programs count.
# What these packages have in them shows in none of our signatures, and takes mypy three times as long as the rest.
UNSEEN = (
    "openai",
    "langchain_openai",
    "transformers",
    "mlx",
    "mlx_lm",
    "numpy",
    "huggingface_hub",
    "rich",
    "pypdf",
)
CONFIG = f"""[mypy]
strict = True
follow_imports = silent

[mypy-{",".join(f"{package}.*" for package in UNSEEN)}]
follow_imports = skip
"""

WAYS_TO_MAKE_A_MODEL = """
from chains import PromptsConfig
from llm import MLX, ChatMLX, TextRank, load_model
from llm.config import CacheConfig, LangChainConfig, MLXConfig, OpenAIConfig, TextRankConfig

MLX(model="x")
ChatMLX(model="x", timeout=3)
ChatMLX(model="x", timeout_seconds=3, max_tokens=5, stop=["."], temperature=0.1, seed=7, top_k=3, kv_bits=4)
TextRank(focus="bees")
load_model(MLXConfig(model="x"))
load_model(OpenAIConfig(model="x", base_url="http://localhost:1/v1"))
load_model(LangChainConfig(model="x:y"))
load_model(TextRankConfig())
CacheConfig()
PromptsConfig(language="English")
"""

WRONG = 'from llm import ChatMLX\nChatMLX()\nChatMLX(model="x", max_tokens="many")\n'


def mypy(folder: Path) -> list[str]:
    """The errors in the programs of `folder`, as `file:line: error: …`."""
    (folder / "mypy.ini").write_text(CONFIG)
    cache = ROOT / ".mypy_cache" / "users"
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", str(cache)]
    programs = sorted(path.name for path in folder.glob("*.py"))
    run = subprocess.run(
        [*command, "--no-error-summary", "--hide-error-context", *programs],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.stderr == ""
    return [line for line in run.stdout.splitlines() if ": error: " in line]


@pytest.mark.slow
def test_mypy_takes_our_programs_and_finds_what_is_wrong_in_others(tmp_path: Path) -> None:
    """One run for all: reading LangChain's types takes some seconds the first time."""
    for document in ("README.md", "examples/handbook.md"):
        text = (ROOT / document).read_text("utf-8")
        for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)):
            (tmp_path / f"{Path(document).stem.lower()}_{number}.py").write_text(block)
    for example in (ROOT / "examples").glob("*.py"):
        if "reportlab" not in example.read_text("utf-8"):  # it has no types, and only our own handbook needs it
            shutil.copy(example, tmp_path)
    (tmp_path / "models.py").write_text(WAYS_TO_MAKE_A_MODEL)
    (tmp_path / "wrong.py").write_text(WRONG)
    assert len(list(tmp_path.glob("*.py"))) > 8
    errors = mypy(tmp_path)
    assert [error for error in errors if not error.startswith("wrong.py")] == []
    assert [error.split(":")[1] for error in errors] == ["2", "3"]
