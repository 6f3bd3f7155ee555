"""Questions to the service about a document that was summarized: over HTTP, on its page, and beside other work."""

from __future__ import annotations

import re
import threading
from typing import Any

import httpx
import pytest
from pydantic import PrivateAttr

from graph.service import asking
from tests.fakes import FailingModel
from tests.graph.asking.town import PAGES, Oracle
from tests.graph.asking.town import config as scripted
from tests.graph.service.conftest import PATIENCE, Serve, Service
from tests.pdfs import encrypt, make_pdf
from tests.reports import ParsedHtml

COST = "What did the new bridge cost?"
SAID = "The new bridge cost 4.2 million dollars."
BRIDGE = make_pdf([page.rpartition("\n\n")[2] for page in PAGES], title="The Bridge")


def done(service: Service, content: bytes | str = BRIDGE, name: str = "bridge.pdf", **settings: Any) -> str:
    id = service.submit(content, name, **settings)
    assert service.ended(id)["status"] == "done"
    return id


def ask(service: Service, id: str, question: str = COST) -> httpx.Response:
    return service.client.post(f"/api/summaries/{id}/ask", json={"question": question})


def test_a_document_that_was_summarized_is_asked(service: Service) -> None:
    response = ask(service, done(service))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    result = response.json()
    (answer,) = result["answers"]
    assert (result["title"], result["files"][0]["name"]) == ("The Bridge", "bridge.pdf")
    assert (answer["question"], answer["supported"], answer["sentences"][0]["pages"]) == (COST, True, [2])
    (nothing,) = ask(service, done(service), "Who is the king of Norway?").json()["answers"]
    assert (nothing["answer"], nothing["supported"]) == ("The document does not say.", False)


def test_what_cannot_be_asked_is_refused_in_one_sentence(service: Service) -> None:
    id = done(service)
    for body, status in (
        ({"question": "x" * 1001}, 422),
        ({"question": "  "}, 422),
        ({}, 422),
        ({"question": COST, "pages": "1"}, 422),
    ):
        response = service.client.post(f"/api/summaries/{id}/ask", json=body)
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert ask(service, "x" * 22).status_code == 404


def test_a_document_whose_password_is_not_kept_cannot_be_asked(service: Service) -> None:
    id = done(service, encrypt(BRIDGE, user="secret"), load__password="secret")
    response = ask(service, id)
    assert response.status_code == 409
    assert response.json()["detail"] == "The document cannot be read again; summarize it anew."


def test_a_summary_that_is_not_done_cannot_be_asked(serve: Serve) -> None:
    model = FailingModel(failure=lambda call: ValueError("no"))
    service = serve(scripted(), model=model)
    id = service.submit(BRIDGE, "bridge.pdf")
    service.ended(id)
    assert ask(service, id).status_code == 409


def test_the_settings_of_the_summary_are_those_of_the_answer(serve: Serve) -> None:
    model = Oracle(answers={"cost": SAID})
    service = serve(scripted(), model=model)
    id = done(service, prompts__language="French", load__pages="1-3")
    assert ask(service, id).json()["answers"][0]["answer"] == SAID
    assert "in French" in model.calls[-1].prompt
    assert ask(service, id, "What does a permit cost?").json()["pages"][3]["status"] == "skipped"


def test_a_model_that_fails_is_a_problem_and_not_a_crash(serve: Serve) -> None:
    model = FailingModel(
        failure=lambda call: ValueError("/secret/place is gone") if call.prompt.endswith("cost?") else None
    )
    service = serve(scripted(), model=model)
    response = ask(service, done(service))
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    assert "The model failed" in response.json()["detail"]
    assert "/secret/" not in response.text


class Gate(Oracle):
    """Holds the answers to questions until it is opened, and counts how many it holds."""

    _open: threading.Event = PrivateAttr(default_factory=threading.Event)
    _held: threading.Semaphore = PrivateAttr(default_factory=lambda: threading.Semaphore(0))

    def answer(self, document: str, max_tokens: int) -> str:
        if self.call.stage:
            return super().answer(document, max_tokens)
        self._held.release()
        assert self._open.wait(PATIENCE)
        return super().answer(document, max_tokens)


def test_questions_hold_up_no_summary_and_too_many_are_told_to_wait(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_WAITING", 1)
    model = Gate(answers={"cost": SAID})
    service = serve(scripted(concurrency=4), model=model)
    id = done(service)
    answers: list[httpx.Response] = []
    asked = [threading.Thread(target=lambda: answers.append(ask(service, id))) for _ in range(3)]
    for thread in asked[:2]:
        thread.start()
        assert model._held.acquire(timeout=PATIENCE)  # two are with the model
    asked[2].start()
    while service.app.state.asking.waiting < 1:  # and one waits for them
        assert asked[2].is_alive()
    refused = ask(service, id)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert done(service, "A mill stands by the river. It grinds rye and oats.", "mill.md")
    model._open.set()
    for thread in asked:
        thread.join(PATIENCE)
    assert [response.json()["answers"][0]["answer"] for response in answers] == [SAID] * 3


def test_nobody_asks_the_document_of_another(serve: Serve) -> None:
    service = serve(tokens={"ann": "a" * 32, "ben": "b" * 32})
    with service.client_with("a" * 32) as ann, service.client_with("b" * 32) as ben:
        made = ann.post("/api/summaries", json={"text": " ".join(PAGES)}).json()["summaries"][0]
        with ann.stream("GET", f"/api/summaries/{made['id']}/events") as events:
            assert list(events.iter_lines())
        address = f"/api/summaries/{made['id']}/ask"
        assert ann.post(address, json={"question": COST}).status_code == 200
        assert ben.post(address, json={"question": COST}).status_code == 404


def test_a_page_is_drawn_with_a_passage_marked_that_is_given(service: Service) -> None:
    address = f"/api/summaries/{done(service)}/pages/2.png"
    plain = service.client.get(address)
    marked = service.client.get(address, params={"quote": "The province paid half of it."})
    assert marked.content.startswith(b"\x89PNG")
    assert marked.content != plain.content
    assert marked.headers["etag"] != plain.headers["etag"]


# The page, as it is without a script.


def post(service: Service, id: str, question: str, **more: str) -> tuple[httpx.Response, ParsedHtml]:
    response = service.client.post(
        f"/summaries/{id}/ask", data={"question": question, **more}, headers={"Origin": service.url}
    )
    return response, ParsedHtml(response.text)


def test_the_page_has_a_field_and_shows_the_answer_with_chips_numbered_after_those_of_the_summary(
    service: Service,
) -> None:
    id = done(service)
    page = service.client.get(f"/summaries/{id}").text
    assert f'action="/summaries/{id}/ask"' in page
    assert 'maxlength="1000"' in page
    assert '<label class="visually-hidden" for="question">' in page
    before = int(re.findall(r'name="before" value="(\d+)"', page)[0])
    assert before == len(service.client.get(f"/api/summaries/{id}/result").json()["sentences"])
    response, _ = post(service, id, COST)
    assert response.status_code == 200
    (answer,) = re.findall(r'<article class="answer".*?</article>', response.text, re.DOTALL)
    assert COST in answer
    assert f'popovertarget="e{before + 1}"' in answer
    assert f'id="e{before + 1}"' in answer
    assert "p. 2" in answer
    assert f'name="before" value="{before + 1}"' in response.text
    ids = re.findall(r' id="([^"]+)"', response.text)
    assert len(ids) == len(set(ids))
    again, _ = post(service, id, COST, before=str(before + 1))
    assert f'popovertarget="e{before + 2}"' in again.text


def test_what_people_and_models_write_is_text_on_the_page(serve: Serve) -> None:
    said = "<script>alert(1)</script> costs <b>9 dollars</b>."
    service = serve(scripted(), model=Oracle(answers={"<i>": said}, otherwise="Stones."))
    response, page = post(service, done(service), "<i>What</i> did the new bridge cost?")
    assert "&lt;i&gt;What&lt;/i&gt; did the new bridge cost?" in response.text
    assert "<b>9" not in response.text
    assert "alert(1)</script>" not in response.text
    assert "What the model wrote, which the document does not support" in response.text
    assert page


@pytest.mark.parametrize("question", ["", "   ", "x" * 1001])
def test_the_page_says_what_cannot_be_asked(service: Service, question: str) -> None:
    response, _ = post(service, done(service), question)
    assert response.status_code == 409
    assert "There is no such question" in response.text


def test_a_forged_form_asks_nothing(service: Service) -> None:
    id = done(service)
    response = service.client.post(
        f"/summaries/{id}/ask", data={"question": COST}, headers={"Origin": "https://example.com"}
    )
    assert response.status_code == 403
