"""LangChain documents in, a summary out: for what a loader has fetched from a site, a mailbox or a database.

`metadata["page"]`, counted from 0, becomes the page in the result; without it every document is a page. With
a PDF as argument and langchain-community installed, its loader makes them. Usage: compose_documents.py [PDF]
"""

from __future__ import annotations

import sys
from pathlib import Path

from langchain_core.documents import Document

from graph import build_graph, load_config

HERE = Path(__file__).parent


def letters() -> list[Document]:
    """What a loader would make of three letters."""
    texts = [
        "The council met on Monday. It decided to repair the bridge before winter, at a cost of 40,000 crowns.",
        "The repair of the bridge began in May. The masons found that two of the five piers had to be replaced.",
        "The bridge opened again in October. The repair of the piers cost 55,000 crowns, more than was planned.",
    ]
    return [
        Document(text, metadata={"source": "letters.mbox", "title": "The bridge", "page": page})
        for page, text in enumerate(texts)
    ]


def from_pdf(path: str) -> list[Document]:
    from langchain_community.document_loaders import PyPDFLoader

    return PyPDFLoader(path).load()


def main() -> None:
    documents = from_pdf(sys.argv[1]) if len(sys.argv) > 1 else letters()
    app = build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml"))
    result = app.invoke({"documents": documents})
    print(result["title"])
    print(result["summary"])
    print("pages:", *(page["number"] for page in result["pages"] if page["status"] == "read"))


if __name__ == "__main__":
    main()
