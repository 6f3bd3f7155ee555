"""LangChain Documents become pages."""

import json
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.load import dumpd, dumps

from graph.documents import pages_from_documents
from graph.documents.errors import NotADocumentError, NoTextError


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


TEXT = "The bridge opened. It cost 40,000 crowns."
AS_JSON: list[Any] = [
    TEXT,
    {"page_content": TEXT},
    {"page_content": TEXT, "metadata": None},
    Document(TEXT).model_dump(),
    dumpd(Document(TEXT, metadata={"page": 0})),
    json.loads(dumps(Document(TEXT))),
]


@pytest.mark.parametrize("given", AS_JSON, ids=str)
def test_documents_may_come_as_json(given: Any) -> None:
    assert [page["text"] for page in pages_from_documents([given, Document("More.")])["pages"]] == [TEXT, "More."]


def test_metadata_of_json_is_read_like_that_of_documents() -> None:
    documents = [Document(str(page), metadata={"source": "a.pdf", "page": page, "title": "T"}) for page in (2, 0)]
    as_json = [json.loads(json.dumps(document.model_dump())) for document in documents]
    assert pages_from_documents(as_json) == pages_from_documents(documents)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("text", "documents: a list is wanted, not str"),
        ({"page_content": "a"}, "documents: a list is wanted, not a dict"),
        (3, "documents: a list is wanted, not int"),
        ([TEXT, 3], r"documents\[1\]: int without page_content"),
        ([None], r"documents\[0\]: nothing without page_content"),
        ([{"text": "a"}], r"documents\[0\]: a dict without page_content"),
        ([{"page_content": ["a"]}], r"documents\[0\]: page_content is a list"),
        ([{"page_content": "a", "metadata": "b"}], r"documents\[0\]: metadata is str"),
        ([{"type": "constructor", "kwargs": 3}], r"documents\[0\]: a dict without page_content"),
    ],
)
def test_anything_else_is_refused_with_its_place(given: Any, problem: str) -> None:
    with pytest.raises(NotADocumentError, match=f"^{problem}; give "):
        pages_from_documents(given)
