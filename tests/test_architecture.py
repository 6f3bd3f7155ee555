"""The shape of the house: who imports whom, how long things are, and what a file says first. Read with ast."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("graph", "chains", "llm")
PDF_LIBRARIES = {"pypdf", "pypdfium2", "fitz", "pymupdf", "pdfminer", "pdfplumber", "PyPDF2"}
FILES = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))

LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(node: ast.AST, *, checking: bool = True) -> Iterator[tuple[str, int]]:
    """(module, line) of every import below `node`; without `checking`, not those for type checkers alone."""
    for child in ast.iter_child_nodes(node):
        if not checking and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from ((alias.name, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"line {child.lineno}: a relative import"
            yield child.module or "", child.lineno
            # `from graph import documents` imports graph.documents too.
            yield from ((f"{child.module}.{alias.name}", child.lineno) for alias in child.names)
        else:
            yield from imports(child, checking=checking)


def at_import(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Imports that run when the module is imported: not those in functions or for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield from imports(ast.Module([child], []))
        else:
            yield from at_import(child)


def package(module: str) -> str:
    return module.split(".")[0]


def offenders(folder: str, wrong: set[str], *, except_in: str = "") -> list[str]:
    """Imports of the packages `wrong` (or their modules) in `folder`, outside `except_in`."""
    found = []
    for path in FILES:
        if name(path).startswith(f"{folder}/") and not (except_in and name(path).startswith(except_in)):
            for module, line in imports(parse(path)):
                if any(module == bad or module.startswith(f"{bad}.") for bad in wrong):
                    found.append(f"{name(path)}:{line} imports {module}")
    return found


def test_there_is_something_to_read() -> None:
    assert {package_of for path in FILES if (package_of := name(path).split("/")[0])} == set(OURS)
    assert len(FILES) > 30


def test_llm_imports_nothing_else_of_ours() -> None:
    assert offenders("llm", {"graph", "chains"}) == []


def test_language_imports_nothing_else_of_ours() -> None:
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in FILES
        if name(path).startswith("llm/language/")
        for module, line in imports(parse(path))
        if package(module) in OURS and not f"{module}.".startswith("llm.language.")
    ]
    assert wrong == []


def test_chains_import_nothing_else_of_ours() -> None:
    assert offenders("chains", {"graph", "llm"}) == []


def test_documents_import_nothing_of_ours_but_their_folder_and_llm_language() -> None:
    wrong = [
        f"{name(path)}:{line} imports {module}"
        for path in FILES
        if name(path).startswith("graph/documents/")
        for module, line in imports(parse(path))
        if package(module) in OURS and not f"{module}.".startswith(("graph.documents.", "llm.language."))
    ]
    assert wrong == []


def test_documents_know_no_model_graph_or_langchain() -> None:
    assert offenders("graph/documents", {"langchain_core", "langgraph", "langchain", "mlx", "mlx_lm"}) == []


def test_only_llm_imports_mlx_and_only_inside_functions() -> None:
    outside = [text for folder in ("graph", "chains") for text in offenders(folder, {"mlx", "mlx_lm"})]
    assert outside == []
    early = [
        f"{name(path)}:{line} imports {module}"
        for path in FILES
        if name(path).startswith("llm/")
        for module, line in at_import(parse(path))
        if package(module) in ("mlx", "mlx_lm", "transformers", "huggingface_hub")
    ]
    assert early == []


def test_only_documents_import_pdf_libraries() -> None:
    assert offenders("llm", PDF_LIBRARIES) + offenders("chains", PDF_LIBRARIES) == []
    assert offenders("graph", PDF_LIBRARIES, except_in="graph/documents/") == []
    assert offenders("graph/documents", PDF_LIBRARIES - {"pypdf", "pypdfium2"}) == []


@pytest.mark.parametrize("folder", OURS)
def test_langchain_community_is_nowhere(folder: str) -> None:
    assert offenders(folder, {"langchain_community", "langchain_classic"}) == []


def test_chains_know_no_graph() -> None:
    assert offenders("chains", {"langgraph"} | PDF_LIBRARIES) == []


def test_packages_and_their_configurations_import_nothing_heavy() -> None:
    """What `--help` and `check` read: settings and prompts, before any model is thought of."""
    light = {
        "graph": "__init__ __main__ config errors",
        "graph/calling": "__init__ budget",
        "graph/cli": "__init__ main check",
        "graph/documents": "__init__ config errors",
        "chains": "__init__ config prompts",
        "llm": "__init__ config tokens",
    }
    paths = [f"{folder}/{stem}.py" for folder, stems in light.items() for stem in stems.split()]
    allowed = sys.stdlib_module_names | {"pydantic", "yaml", *OURS}
    wrong = [
        f"{path}:{line} imports {module}"
        for path in paths
        for module, line in at_import(parse(ROOT / path))
        if package(module) not in allowed
    ]
    assert wrong == []


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    declared = [
        *project["dependencies"],
        *(text for extra in optional if extra != "test" for text in optional[extra]),
    ]
    names = {re.match(r"[\w.-]+", text)[0].lower().replace("_", "-") for text in declared}  # type: ignore[index]
    called = {"pypandoc": "pypandoc-binary", "yaml": "pyyaml"}
    undeclared = {
        f"{name(path)}:{line} imports {module}"
        for path in FILES
        for module, line in imports(parse(path))
        if (top := package(module)) not in {*sys.stdlib_module_names, *OURS}
        and called.get(top, top).lower().replace("_", "-") not in names
    }
    assert undeclared == set()


def test_llm_is_ours() -> None:
    """PyPI has another top-level package named llm."""
    import chains
    import graph
    import llm

    for module in (llm, chains, graph):
        assert module.__file__ is not None
        assert Path(module.__file__).parent.parent == ROOT


def test_every_module_says_first_what_it_is() -> None:
    without = [name(path) for path in FILES if not _opens_with_a_docstring(path)]
    assert without == []


def _opens_with_a_docstring(path: Path) -> bool:
    text = path.read_text("utf-8")
    return text.startswith('"""') and ast.get_docstring(parse(path)) is not None


def test_no_file_is_longer_than_it_should_be() -> None:
    sizes = {name(path): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {path: lines for path, lines in sizes.items() if lines >= LONGEST_FILE} == {}


def test_no_function_is_longer_than_it_should_be() -> None:
    long = {
        f"{name(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in FILES
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 >= LONGEST_FUNCTION
    }
    assert long == {}


def test_no_module_is_called_after_nothing() -> None:
    assert [name(path) for path in FILES if path.stem in ("utils", "util", "helpers", "common", "misc")] == []


def test_the_state_is_plain_typed_dicts() -> None:
    """No pydantic models and no dataclasses travel through the graph."""
    tree = parse(ROOT / "graph/state.py")
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert classes
    for node in classes:
        assert [ast.unparse(base) for base in node.bases] == ["TypedDict"], node.name
        assert node.decorator_list == []
