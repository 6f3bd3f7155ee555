"""The API, over HTTP, from a document to its deletion."""

from __future__ import annotations

import json

from tests.graph.service.conftest import Service
from tests.pdfs import make_pdf

HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted."
TOWN = "A report of forty pages says how much the town spent on roads, schools and water."


def test_a_file_becomes_a_summary(service: Service) -> None:
    content = make_pdf([HARBOUR, TOWN])
    answer = service.client.post("/api/summaries", files={"files": ("Harbour report.pdf", content)})
    assert answer.status_code == 202
    (summary,) = answer.json()["summaries"]
    assert answer.headers["location"] == f"/api/summaries/{summary['id']}"
    assert (summary["title"], summary["status"]) == ("Harbour report.pdf", "queued")
    summary = service.ended(summary["id"])
    assert (summary["status"], summary["title"], summary["error"]) == ("done", "Harbour report", None)
    assert summary["file"] == {
        "name": "Harbour report.pdf",
        "bytes": len(content),
        "media_type": "application/pdf",
    }
    assert summary["progress"]["stage"] == "done"


def test_a_result_comes_in_three_formats(service: Service) -> None:
    id = service.submit(f"# Harbours\n\n{HARBOUR} {TOWN}", "notes.md")
    service.ended(id)
    address = f"/api/summaries/{id}/result"
    found = service.client.get(address)
    assert "harbour" in found.json()["summary"]
    assert found.headers["content-disposition"] == (
        "attachment; filename=\"Harbours.json\"; filename*=UTF-8''Harbours.json"
    )
    markdown = service.client.get(address, params={"format": "md"})
    assert markdown.text.startswith("# Harbours")
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    page = service.client.get(address, params={"format": "html"})
    assert page.text.startswith("<!DOCTYPE html>")
    assert page.headers["content-security-policy"].startswith("sandbox ")
    assert service.client.get(address, params={"format": "exe"}).status_code == 422


def test_events_say_how_it_goes_and_end(service: Service) -> None:
    id = service.submit(f"{HARBOUR} {TOWN}")
    service.ended(id)
    with service.client.stream("GET", f"/api/summaries/{id}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.iter_lines() if line]
    assert lines[1:] == ["event: done", f"data: {json.dumps({'title': 'harbour', 'warnings': 0})}"]
    last = lines[0].removeprefix("id: ")
    with service.client.stream("GET", f"/api/summaries/{id}/events", headers={"Last-Event-ID": last}) as response:
        assert [line for line in response.iter_lines() if line] == []


def test_a_page_is_drawn_with_the_passage_behind_a_sentence_marked(service: Service) -> None:
    id = service.submit(make_pdf([HARBOUR, TOWN]), "harbour.pdf")
    service.ended(id)
    address = f"/api/summaries/{id}/pages/1.png"
    plain, marked = service.client.get(address), service.client.get(address, params={"marks": "1"})
    assert plain.headers["content-type"] == "image/png"
    assert plain.content.startswith(b"\x89PNG")
    assert marked.content.startswith(b"\x89PNG")
    assert plain.content != marked.content
    assert plain.headers["cache-control"].startswith("private")
    again = service.client.get(address, headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert service.client.get(f"/api/summaries/{id}/pages/3.png").status_code == 404
    assert service.client.get(address, params={"marks": "99"}).status_code == 404
    assert service.client.get(address, params={"marks": "/etc/passwd"}).status_code == 422


def test_a_text_has_no_pages_to_draw(service: Service) -> None:
    id = service.submit(HARBOUR)
    service.ended(id)
    answer = service.client.get(f"/api/summaries/{id}/pages/1.png")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("harbour.txt is a text file")
