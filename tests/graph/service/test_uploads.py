"""What comes in: streamed, limited, told by its content, and called by names that are only names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graph.config import load_config
from tests.graph.service.conftest import Serve, Service
from tests.pdfs import make_pdf

HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted."


def form(*parts: tuple[str, bytes], boundary: str = "frontier", end: bool = True) -> bytes:
    """A form as it is sent: what stands behind form-data, and the content of each part."""
    said = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"
        for disposition, content in parts
    )
    return said + (f"--{boundary}--\r\n".encode() if end else b"")


def post(service: Service, content: bytes, boundary: str = "frontier") -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = service.client.post("/api/summaries", content=content, headers=headers)
    assert list(service.jobs.incoming.iterdir()) == [], "a file was left behind"
    return answer.status_code, answer.json()


def test_several_files_are_one_request(service: Service) -> None:
    files = [("files", (f"{number}.txt", f"{HARBOUR} It is number {number}.")) for number in range(3)]
    answer = service.client.post("/api/summaries", files=files, data={"settings": '{"summarize.evidence": 1}'})
    assert answer.status_code == 202
    assert "location" not in answer.headers
    made = answer.json()["summaries"]
    assert [one["file"]["name"] for one in made] == ["0.txt", "1.txt", "2.txt"]
    assert [one["settings"] for one in made] == [{"summarize.evidence": 1}] * 3


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", make_pdf([HARBOUR]), "application/pdf"),
        ("a.txt", make_pdf([HARBOUR]), "application/pdf"),
        ("a.md", HARBOUR.encode(), "text/markdown"),
        ("a.exe", HARBOUR.encode(), "text/plain"),
        ("a", HARBOUR.encode("utf-16"), "text/plain"),
    ],
)
def test_the_content_says_what_a_file_is(service: Service, name: str, content: bytes, media_type: str) -> None:
    id = service.submit(content, name)
    assert service.client.get(f"/api/summaries/{id}").json()["file"]["media_type"] == media_type
    assert service.ended(id)["status"] == "done"


@pytest.mark.parametrize(
    ("name", "content", "status", "detail"),
    [
        ("a.pdf", b"\x7fELF" + bytes(2000), 415, "a.pdf has the suffix .pdf, but its content is not a PDF"),
        ("a.docx", b"\x7fELF" + bytes(2000), 415, "a.docx is neither a PDF nor a text file"),
        ("a.txt", b"\x7fELF" + bytes(range(256)) * 8, 415, "a.txt is neither a PDF nor a text file"),
        (
            "a.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99),
            415,
            "a.doc is a document of an old office program",
        ),
        ("a.xml", b"<?xml version='1.0'?><a/>", 415, "a.xml is XML, which is not read"),
        ("a.txt", b"", 422, "a.txt is empty; choose another file."),
        ("a.pdf", b"%PDF-1.4", 422, "a.pdf is a PDF of 8 bytes, no more than a header"),
    ],
)
def test_what_is_no_document_is_refused_by_its_own_name(
    service: Service, name: str, content: bytes, status: int, detail: str
) -> None:
    got, problem = post(service, form((f'name="files"; filename="{name}"', content)))
    assert (got, problem["status"]) == (status, status)
    assert problem["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/cron.d/evil.txt", "evil.txt"),
        ("C:\\\\Users\\\\me\\\\notes.txt", "notes.txt"),
        ("..", ".."),
        ("", "document"),
        ("CON", "CON"),
        ("회의록 2026.txt", "회의록 2026.txt"),
        ("tab\there\x00.txt", "tab�here�.txt"),
        ("x" * 400 + ".txt", "x" * 200 + "….txt"),
    ],
)
def test_a_name_is_for_people_and_never_a_path(service: Service, sent: str, shown: str) -> None:
    before = {path for path in service.folder.parent.rglob("*") if path.is_file()}
    status, made = post(service, form((f'name="files"; filename="{sent}"', HARBOUR.encode())))
    assert status == 202
    assert made["summaries"][0]["file"]["name"] == shown
    service.ended(made["summaries"][0]["id"])
    new = {path for path in service.folder.parent.rglob("*") if path.is_file()} - before
    assert all(service.folder in path.parents or "cache" in path.parts for path in new)


def test_a_file_that_is_too_large_is_refused_while_it_comes(serve: Serve) -> None:
    service = serve(load_config("quickstart", [("service.max_upload_mb", 0.5), ("service.max_files", 3)]))
    large = ('name="files"; filename="large.txt"', b"word " * 200_000)
    status, problem = post(service, form(large))
    assert (status, problem["detail"]) == (413, "large.txt is larger than a file may be here (0.5 MB).")
    small = ('name="files"; filename="a.txt"', HARBOUR.encode())
    assert post(service, form(small, small, small))[0] == 202
    assert post(service, form(*[small] * 4))[1]["detail"] == "A request brings at most 3 files; send several."
    status, problem = post(service, b"x" * 4_000_000)
    assert (status, problem["detail"]) == (413, "The body of the request is larger than the service takes.")


@pytest.mark.parametrize(
    ("content", "status", "detail"),
    [
        (form(), 422, "files: there is no file; send at least one."),
        (form(('name="settings"', b"{}")), 422, "files: there is no file; send at least one."),
        (form(('name="settings"', b"[]")), 422, "settings: this is not a JSON object."),
        (form(('name="settings"', b"\xff")), 422, "settings: this is not a JSON object."),
        (form(('name="settings"', b" " * 2**18)), 413, "settings: these are more than 128 KB."),
        (form(('name="files"', b"no file")), 422, "files: this form has no such field;"),
        (form(('name="colour"', b"blue")), 422, "colour: this form has no such field; its fields are"),
        (form(("", b"blue")), 422, "a part without a name: this form has no such field"),
        (form(('name="files"; filename="a.txt"', b"Half"), end=False), 400, "The body ends before its last part"),
        (b"nothing of the kind", 400, "The body is not multipart/form-data as its header says."),
        (b"", 400, "The body ends before its last part does."),
    ],
)
def test_a_form_that_is_wrong_is_refused(service: Service, content: bytes, status: int, detail: str) -> None:
    got, problem = post(service, content)
    assert got == status
    assert problem["detail"].startswith(detail)


def test_a_setting_that_cannot_be_is_named(service: Service) -> None:
    settings = json.dumps({"llm.model": "mine"}).encode()
    status, problem = post(
        service, form(('name="files"; filename="a.txt"', HARBOUR.encode()), ('name="settings"', settings))
    )
    assert (status, problem["key"]) == (422, "llm.model")
    assert problem["detail"].startswith("llm.model: this cannot be set here; what can is prompts.map,")


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"text": HARBOUR, "title": "Harbour/2026"}, 202, None),
        ({"text": HARBOUR, "settings": {"load.pages": 1}}, 202, None),
        ({"text": ""}, 422, "text: string should have at least 1 character."),
        ({"title": "x"}, 422, "text: field required."),
        ({"text": HARBOUR, "colour": 1}, 422, "colour: extra inputs are not permitted."),
        ({"text": " \n"}, 422, "text: there is only white space."),
        ([], 422, "the body: input should be an object."),
    ],
)
def test_a_text_is_a_document_too(service: Service, body: Any, status: int, detail: str | None) -> None:
    answer = service.client.post("/api/summaries", json=body)
    assert answer.status_code == status, answer.text
    if detail is None:
        made = answer.json()["summaries"][0]
        assert made["file"]["name"] in ("Harbour-2026.md", "Text.md")
        assert service.ended(made["id"])["status"] == "done"
    else:
        assert answer.json()["detail"] == detail


@pytest.mark.parametrize("body", [b"{", b'{"text": "\\ud800"}', b"\xff"])
def test_what_is_no_json_is_refused(service: Service, body: bytes) -> None:
    answer = service.client.post("/api/summaries", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    answer = service.client.post("/api/summaries", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_the_same_request_twice_is_one_summary(service: Service) -> None:
    def send(text: str, key: str = "key-1") -> Any:
        return service.client.post("/api/summaries", json={"text": text}, headers={"Idempotency-Key": key})

    first = send(HARBOUR)
    assert send(HARBOUR).json()["summaries"][0]["id"] == first.json()["summaries"][0]["id"]
    assert send(f"{HARBOUR} And more.").status_code == 409
    assert send(HARBOUR, "key-2").json()["summaries"][0]["id"] != first.json()["summaries"][0]["id"]
    assert send(HARBOUR, "not a key").status_code == 422
