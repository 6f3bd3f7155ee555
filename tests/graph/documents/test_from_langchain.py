"""LangChain Documents become pages."""

import pytest
from langchain_core.documents import Document

from graph.documents import pages_from_documents
from graph.documents.errors import NoTextError


def test_pages_labels_and_title_of_a_pdf_loader() -> None:
    documents = [
        Document("one", metadata={"source": "a/b.pdf", "page": 0, "page_label": "i", "title": "A Title"}),
        Document("two", metadata={"source": "a/b.pdf", "page": 2, "page_label": "1"}),
        Document("two more", metadata={"source": "a/b.pdf", "page": 2, "page_label": "1"}),
        Document(" ", metadata={"source": "a/b.pdf", "page": 3}),
    ]
    reading = pages_from_documents(documents)
    assert reading["title"] == "A Title"
    assert [(page["number"], page["label"], page["text"], page["status"]) for page in reading["pages"]] == [
        (1, "i", "one", "read"),
        (3, "1", "two\n\ntwo more", "read"),
        (4, None, "", "empty"),
    ]


def test_labels_that_only_count_the_pages_of_a_pdf_are_none() -> None:
    for source, label in (("a.pdf", None), ("a.docx", "1")):
        documents = [Document("one", metadata={"source": source, "page": 0, "page_label": "1"})]
        assert [page["label"] for page in pages_from_documents(documents)["pages"]] == [label]


def test_documents_without_pages_are_numbered_in_order() -> None:
    reading = pages_from_documents([Document("a\0\ud800"), Document("b"), Document("c")])
    assert [(page["number"], page["text"]) for page in reading["pages"]] == [(1, "a"), (2, "b"), (3, "c")]


def test_a_second_source_goes_on_where_the_first_ended() -> None:
    documents = [Document(f"{s}{p}", metadata={"source": f"{s}.pdf", "page": p}) for s in "ab" for p in (0, 1)]
    reading = pages_from_documents(documents)
    assert [(page["number"], page["text"]) for page in reading["pages"]] == [
        (1, "a0"),
        (2, "a1"),
        (3, "b0"),
        (4, "b1"),
    ]
    assert reading["title"] == "a"


def test_documents_without_text_are_refused() -> None:
    with pytest.raises(NoTextError):
        pages_from_documents([])
