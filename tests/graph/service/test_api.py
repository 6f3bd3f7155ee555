"""The API, over HTTP, from a document to its deletion."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from graph.service import api
from tests.graph.service.conftest import Service
from tests.pdfs import encrypt, make_pdf

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


def test_metrics_count_jobs_requests_seconds_and_tokens(service: Service) -> None:
    service.ended(service.submit(f"{HARBOUR} {TOWN}"))
    service.client.get("/nothing")
    lines = service.client.get("/metrics").text.splitlines()
    values = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}
    assert values['summarize_jobs{status="done"}'] == 1
    assert values['summarize_jobs{status="queued"}'] == 0
    assert values['summarize_requests_total{method="POST",route="/api/summaries",status="202"}'] == 1
    assert values['summarize_requests_total{method="",route="",status="404"}'] == 1
    assert values['summarize_tokens_total{kind="output"}'] > 0
    assert values['summarize_stage_seconds_total{stage="load"}'] > 0


def test_readiness_says_what_is_wrong(service: Service) -> None:
    assert service.client.get("/readyz").status_code == 200
    service.jobs._dispatcher._with_model.meet("The model's server does not answer.")
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The model's server does not answer.")
    assert service.client.get("/healthz").status_code == 200


def test_all_summaries_are_listed_searched_and_paged(service: Service) -> None:
    ids = [service.submit(f"{HARBOUR} {number}", f"Harbour {number}.txt") for number in range(5)]
    first = service.client.get("/api/summaries", params={"limit": 2}).json()
    assert [one["id"] for one in first["summaries"]] == [ids[4], ids[3]]
    then = service.client.get("/api/summaries", params={"limit": 3, "before": first["next"]}).json()
    assert [one["id"] for one in then["summaries"]] == ids[2::-1]
    assert then["next"] is None
    found = service.client.get("/api/summaries", params={"q": "harbour 3"}).json()
    assert [one["id"] for one in found["summaries"]] == [ids[3]]


def test_again_with_other_settings_and_away_with_it(service: Service) -> None:
    id = service.submit(make_pdf([HARBOUR, TOWN]), "harbour.pdf")
    service.ended(id)
    answer = service.client.post(f"/api/summaries/{id}/rerun", json={"settings": {"load.pages": "2"}})
    again = answer.json()
    assert (answer.status_code, again["rerun_of"]) == (202, id)
    assert answer.headers["location"] == f"/api/summaries/{again['id']}"
    service.ended(again["id"])
    assert "town" in service.client.get(f"/api/summaries/{again['id']}/result").json()["summary"]
    assert service.client.post(f"/api/summaries/{id}/cancel").status_code == 409
    assert service.client.post(f"/api/summaries/{id}/front").status_code == 409
    assert service.client.delete(f"/api/summaries/{id}").status_code == 204
    assert service.client.get(f"/api/summaries/{id}").status_code == 404
    assert service.client.get(f"/api/summaries/{again['id']}/pages/1.png").status_code == 200


def test_a_password_is_never_shown_and_forgotten_at_the_end(service: Service) -> None:
    id = service.submit(HARBOUR, load__password="hunter2")
    assert "hunter2" not in service.client.get(f"/api/summaries/{id}").text
    assert "hunter2" not in str(service.ended(id))


def test_a_page_whose_password_is_forgotten_is_not_drawn_and_says_why(service: Service) -> None:
    id = service.submit(encrypt(make_pdf([HARBOUR, TOWN]), user="hunter2"), "plan.pdf", load__password="hunter2")
    assert service.ended(id)["status"] == "done"
    answer = service.client.get(f"/api/summaries/{id}/pages/1.png")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "The password of this document is not kept, so no page can be shown."


def test_few_pages_are_drawn_at_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    now = most = 0

    async def draw(*args: object, **options: object) -> bytes:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return b"picture"

    monkeypatch.setattr(api, "adraw_page", draw)
    id = service.submit(make_pdf([HARBOUR]), "harbour.pdf")
    service.ended(id)
    addresses = [f"/api/summaries/{id}/pages/1.png?width={300 + number}" for number in range(20)]
    with ThreadPoolExecutor(20) as threads:
        assert {answer.content for answer in threads.map(service.client.get, addresses)} == {b"picture"}
    assert 1 <= most <= 2


def test_what_is_not_there_is_a_problem(service: Service) -> None:
    for path, status in (("/nothing", 404), ("/api/summaries/short", 422), ("/api/summaries?limit=0", 422)):
        answer = service.client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"
    answer = service.client.put("/api/summaries")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
