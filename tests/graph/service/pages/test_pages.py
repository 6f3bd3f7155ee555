"""The pages as the server makes them: what stands in them, and what can never stand in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from graph.config import RunConfig, load_config
from graph.report import to_html
from graph.service.access import Access
from graph.service.app import create_app
from graph.service.jobs import Jobs
from graph.service.pages.assets import address
from graph.service.types import Job, NewDocument
from tests.reports import HOSTILE, ParsedHtml

HARBOUR = "The harbour opens at six. The first boats leave before the fog has lifted. It closes at nine."
ORIGIN = {"Origin": "http://localhost"}


class Pages:
    """A service without a server, and what its jobs can be made of."""

    def __init__(self, jobs: Jobs, client: httpx.AsyncClient) -> None:
        self.jobs, self.client = jobs, client

    async def show(self, path: str, status: int = 200) -> ParsedHtml:
        response = await self.client.get(path)
        assert response.status_code == status, response.text
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        return ParsedHtml(response.text)

    async def submit(self, name: str = "harbour.md", content: str = HARBOUR) -> Job:
        path = self.jobs.incoming / "new.md"
        path.write_text(content, "utf-8", "replace")
        (job,) = await self.jobs.submit("local", [NewDocument(name, path, "text/markdown")], {})
        return job

    async def done(self, name: str = "harbour.md", content: str = HARBOUR) -> Job:
        job = await self.submit(name, content)
        async for _ in self.jobs.events(None, job.id):
            pass
        return await self.jobs.get(None, job.id)


@asynccontextmanager
async def opened(
    folder: Path, config: RunConfig | None = None, *, root_path: str = "", tokens: Mapping[str, str] | None = None
) -> AsyncIterator[Pages]:
    config = config or load_config("quickstart")
    jobs = Jobs(config, folder)
    await jobs.start()
    try:
        app = create_app(config, jobs, Access(tokens or {}, folder))
        transport = httpx.ASGITransport(app, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=ORIGIN) as client:
            yield Pages(jobs, client)
    finally:
        await jobs.stop(0)


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    async with opened(tmp_path) as pages:
        yield pages


async def test_the_first_page_invites(pages: Pages) -> None:
    page = await pages.show("/")
    assert "Drop documents here" in page.words["p"]
    assert "There is none yet." in page.words["p"]
    assert "up to 100 MB each. Nothing leaves the machine" in page.words["p"]
    assert page.having(name="prompts.file")
    assert page.open == []


async def test_every_setting_that_is_allowed_is_a_field_with_a_label(tmp_path: Path) -> None:
    config = load_config("quickstart", [("service.allow", ["load.pages", "summarize.strategy"])])
    async with opened(tmp_path, config) as pages:
        page = await pages.show("/")
        assert [name for name in page.values("name") if "." in name] == ["load.pages", "summarize.strategy"]
        labelled = {have["for"] for tag, have in page.elements if tag == "label"}
        assert {"set-load-pages", "set-summarize-strategy", "q", "files", "folder", "text"} <= labelled
        assert labelled <= set(page.values("id"))


async def test_the_report_is_the_one_that_the_command_line_makes(pages: Pages) -> None:
    job = await pages.done()
    page = await pages.show(f"/summaries/{job.id}")
    report = ParsedHtml(to_html(await pages.jobs.result(None, job.id)))
    for element in ("blockquote", "dl", "mark", "pre"):
        assert page.words.get(element) == report.words.get(element)
    assert len(page.having(class_="card")) == len(report.having(class_="card")) > 0
    links = [have["href"] or "" for tag, have in page.elements if tag == "a"]
    for form in ("md", "html", "json"):
        link = f"/api/summaries/{job.id}/result?format={form}"
        assert link in links
        assert (await pages.client.get(link)).status_code == 200


async def test_hostile_names_and_texts_are_shown_as_they_are(pages: Pages) -> None:
    """No page has an element or an attribute from them, nor anything that acts."""
    job = await pages.done(f"{HOSTILE[:200]}.md", f"# {HOSTILE}\n\n{HARBOUR} {HOSTILE}. {HARBOUR}")
    for path in ("/", f"/?q={'%3Cscript%3E' * 3}", f"/summaries/{job.id}", "/summaries/%3Cscript%3E"):
        response = await pages.client.get(path)
        page = ParsedHtml(response.text)
        assert page.open == [], path
        scripts = [have for tag, have in page.elements if tag == "script"]
        assert [have.get("src") for have in scripts] == [address("report.js"), address("service.js")], path
        assert not {tag for tag, _ in page.elements} & {"svg", "iframe", "object", "base", "style"}, path
        assert not {key for _, have in page.elements for key in have if key.startswith("on") or key == "style"}
        assert "\x00" not in response.text
    assert "onerror=alert(2)" in (await pages.show("/")).words["h3"]


async def test_every_address_begins_with_the_path_of_a_proxy(tmp_path: Path) -> None:
    async with opened(tmp_path, root_path="/papers") as pages:
        job = await pages.done()
        for path in ("/papers/", f"/papers/summaries/{job.id}", "/papers/summaries/none", "/papers/docs"):
            page = ParsedHtml((await pages.client.get(path)).text)
            addresses = [*page.values("href"), *page.values("src"), *page.values("action")]
            assert [one for one in addresses if not one.startswith(("#", "/papers/"))] == [], path
            (body,) = (have for tag, have in page.elements if tag == "body")
            assert body["data-base"] == "/papers"
        (style,) = (one for one in page.values("href") if "service.css" in one)
        assert (await pages.client.get(style)).headers["Content-Type"].startswith("text/css")
        deleted = await pages.client.post(f"/papers/summaries/{job.id}/delete")
        assert (deleted.status_code, deleted.headers["Location"]) == (303, "/papers/")


async def test_assets_are_kept_for_ever_and_there_are_no_others(pages: Pages) -> None:
    response = await pages.client.get(address("service.js"))
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Type"].startswith("text/javascript")
    for name in ("routes.py", "..%2Froutes.py", "index.html"):
        assert (await pages.client.get(f"/assets/{name}")).status_code == 404


async def test_what_is_gone_says_so_and_leads_back(pages: Pages) -> None:
    page = await pages.show(f"/summaries/{'a' * 22}", 404)
    assert "There is no such summary" in page.words["h1"]
    assert page.having(class_="back")[0]["href"] == "/"


async def test_what_cannot_be_done_says_why(pages: Pages) -> None:
    job = await pages.done()
    response = await pages.client.post(f"/summaries/{job.id}/cancel")
    assert response.status_code == 409
    assert ParsedHtml(response.text).words["h1"]


async def test_a_second_run_has_the_settings_of_its_form(pages: Pages) -> None:
    job = await pages.done()
    response = await pages.client.post(
        f"/summaries/{job.id}/rerun", data={"summarize.final_tokens": "90", "load.pages": ""}
    )
    assert response.status_code == 303
    again = await pages.jobs.get(None, response.headers["Location"].removeprefix("/summaries/"))
    assert (again.settings, again.rerun_of) == ({"summarize.final_tokens": "90"}, job.id)

    wrong = await pages.client.post(f"/summaries/{job.id}/rerun", data={"load.pages": "<b>"})
    assert wrong.status_code == 422
    page = ParsedHtml(wrong.text)
    assert "load.pages" in page.words["p"]
    assert page.having(name="load.pages")[0]["value"] == "<b>", "what was typed is still there"


async def test_the_list_is_searched_and_paged_without_a_script(pages: Pages) -> None:
    for number in range(53):
        await pages.submit(f"letter {number}.md", f"Letter {number} says so. It is short. It ends.")
    first = await pages.show("/?q=letter")
    assert first.having(name="q")[0]["value"] == "letter"
    (older,) = (one for one in first.values("href") if "before=" in one)
    assert older.startswith("/?q=letter&before=")
    second = await pages.show(older)

    def listed(page: ParsedHtml) -> list[str]:
        return [one for one in page.values("id") if one.startswith("job-")]

    assert (len(listed(first)), len(listed(second))) == (50, 3)
    assert not set(listed(first)) & set(listed(second))
    assert "/?q=letter" in second.values("href")
    none = await pages.show("/?q=%3Cnothing%3E")
    assert re.search(r"No title has “\s*<nothing>\s*” in it", none.words["p"])


async def test_who_has_no_session_signs_in_with_a_token_and_comes_to_what_they_asked_for(tmp_path: Path) -> None:
    async with opened(tmp_path, tokens={"ann": "a-token-of-ann-0123456789"}) as pages:
        path = f"/summaries/{'a' * 22}"
        led = await pages.client.get(path)
        assert (led.status_code, led.headers["Location"]) == (303, f"/login?next={path}")
        form = await pages.show(led.headers["Location"])
        assert form.having(name="next")[0]["value"] == path
        for sent in ("", "no-token-of-anybody-0123456789"):
            wrong = await pages.client.post("/login", data={"token": sent, "next": path})
            assert wrong.status_code == 401
            assert "not a token of this service" in ParsedHtml(wrong.text).words["p"]
        elsewhere = await pages.show("/login?next=//example.org/")
        assert elsewhere.having(name="next")[0]["value"] == "/"
        right = await pages.client.post("/login", data={"token": "a-token-of-ann-0123456789", "next": path})
        assert ParsedHtml(right.text).having(href=path)
        first = await pages.show("/")
        assert first.having(action="/logout")
        await pages.client.post("/logout")
        assert (await pages.client.get("/")).status_code == 303
