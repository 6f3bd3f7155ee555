"""Who may ask, from where, how often; and what every answer says to browsers."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from graph.config import load_config
from graph.errors import ConfigError
from graph.service.access import Access, is_private, read_tokens
from graph.service.limits import Buckets
from graph.service.security import Hosts
from tests.graph.service.conftest import Serve, Service

ANNA, BEN = "anna-0123456789abcdef", "ben-0123456789abcdef"
TWO = {"anna": ANNA, "ben": BEN}

# Tokens.


def token_file(folder: Path, text: str) -> Path:
    path = folder / "tokens"
    path.write_text(text)
    return path


def test_a_token_file_has_names_and_tokens_or_one_token(tmp_path: Path) -> None:
    assert read_tokens(token_file(tmp_path, f"# who\n\nanna: {ANNA}\n  ben :{BEN}\n"), {}) == TWO
    assert read_tokens(token_file(tmp_path, f"{ANNA}\n"), {}) == {"local": ANNA}
    assert read_tokens(None, {"SUMMARIZE_TOKEN": ANNA}) == {"local": ANNA}
    assert read_tokens(None, {}) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no token; write one"),
        ("anna: brief\n", "line 1: a token has at least 16 characters"),
        (f"anna: {ANNA}\nanna: {BEN}\n", "line 2: there is a token for 'anna' already"),
        (f"anna: {ANNA}\nben: {ANNA}\n", "two names have the same token"),
        ("my hidden token with spaces\n", "line 1: write a token, or a name, a colon and a token."),
    ],
)
def test_a_token_file_that_is_wrong_is_a_sentence_without_tokens(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_tokens(token_file(tmp_path, text), {})
    assert sentence in str(refused.value)
    assert not any(secret in str(refused.value) for secret in (ANNA, BEN, "brief", "hidden"))


def test_it_shows_whether_others_can_read_a_token_file(tmp_path: Path) -> None:
    path = token_file(tmp_path, ANNA)
    path.chmod(0o600)
    assert is_private(path)
    path.chmod(0o640)
    assert not is_private(path)


def test_a_session_survives_a_restart_and_dies_with_its_token(tmp_path: Path) -> None:
    session = Access(TWO, tmp_path).begin_session("anna")
    assert Access(TWO, tmp_path).session_name(session) == "anna"
    assert Access({"anna": BEN}, tmp_path).session_name(session) is None
    assert Access({"ben": BEN}, tmp_path).session_name(session) is None
    again = Access(TWO, tmp_path)
    again.end_session(session)
    assert Access(TWO, tmp_path).session_name(session) is None
    kept = tmp_path / "sessions.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    again.begin_session("ben")
    assert not any(secret in kept.read_text() for secret in (session, ANNA, BEN))


def test_what_is_no_session_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "sessions.json").write_text("{")
    access = Access(TWO, tmp_path)
    assert access.session_name("x") is None
    assert access.session_name(access.begin_session("anna")) == "anna"


# Over HTTP.


@pytest.fixture
def office(serve: Serve) -> Service:
    return serve(tokens=TWO)


@pytest.mark.parametrize(
    "path", ["/api/summaries", "/metrics", "/openapi.json", "/v1/models", "/mcp", "/nothing/"]
)
def test_without_a_token_nothing_is_told(office: Service, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong-0123456789abcdef"}, {"Authorization": f"Basic {ANNA}"}):
        answer = office.client.get(path, headers=headers)
        if path == "/nothing/":
            assert answer.headers["location"] == "/login?next=/nothing/"
            continue
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


def test_health_needs_no_token(office: Service) -> None:
    assert office.client.get("/healthz").status_code == 200
    assert office.client.get("/readyz").json() == {"status": "ok"}


def test_clients_see_only_their_own(office: Service) -> None:
    with office.client_with(ANNA) as anna, office.client_with(BEN) as ben:
        made = anna.post("/api/summaries", json={"text": "The harbour opens at six."}).json()["summaries"][0]
        address = f"/api/summaries/{made['id']}"
        assert len(anna.get("/api/summaries").json()["summaries"]) == 1
        assert ben.get("/api/summaries").json() == {"summaries": [], "next": None}
        for method, path in (
            ("GET", address),
            ("GET", f"{address}/events"),
            ("GET", f"{address}/result"),
            ("GET", f"{address}/pages/1.png"),
            ("POST", f"{address}/cancel"),
            ("POST", f"{address}/front"),
            ("POST", f"{address}/rerun"),
            ("DELETE", address),
        ):
            assert ben.request(method, path).status_code == 404, path
        assert ben.get("/api/summaries", params={"before": made["id"]}).status_code == 404
        assert anna.get(address).status_code == 200


def test_a_token_in_the_address_is_exchanged_for_a_cookie(office: Service) -> None:
    answer = office.client.get("/", params={"token": ANNA})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 200
    assert ANNA not in answer.text + cookie
    assert all(flag in cookie for flag in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age="))
    assert "Secure" not in cookie
    assert office.client.get("/api/summaries").status_code == 200
    office.client.cookies.clear()
    assert office.client.get("/", params={"token": "wrong"}).headers["location"].startswith("/login")


def test_behind_tls_the_cookie_is_secure(serve: Serve) -> None:
    office = serve(load_config("quickstart", [("service.forwarded", True)]), tokens=TWO)
    answer = office.client.get("/", params={"token": ANNA}, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["set-cookie"]


def test_who_guesses_is_slowed_down(office: Service) -> None:
    wrong = {"Authorization": "Bearer wrong-0123456789abcdef"}
    statuses = [office.client.get("/api/summaries", headers=wrong).status_code for _ in range(12)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    with office.client_with(ANNA) as anna:
        assert anna.get("/api/summaries").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:1", 200),
        ("localhost:8321", 200),
        ("[::1]:8321", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("192.168.1.5", 421),
        ("", 400),
        ("a b", 400),
        ("[", 421),
        ("127.0.0.1]", 421),
    ],
)
def test_only_its_own_names_are_answered(service: Service, host: str, status: int) -> None:
    assert service.client.get("/healthz", headers={"Host": host}).status_code == status


def test_on_a_network_it_has_the_names_that_it_is_given() -> None:
    hosts = Hosts("0.0.0.0", ["Summaries.example.org"])
    assert hosts.has("summaries.example.org")
    assert hosts.has("192.168.1.5:8321")
    assert not hosts.has("evil.example")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Sec-Fetch-Site": "none"}, 404),
    ],
)
def test_pages_of_others_can_make_no_request(service: Service, headers: dict[str, str], status: int) -> None:
    answer = service.client.delete("/api/summaries/0123456789012345678901", headers=headers)
    assert answer.status_code == status
    ours = {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}
    assert service.client.delete("/api/summaries/0123456789012345678901", headers=ours).status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/api/summaries", "/nothing", "/api/summaries/x"])
def test_every_answer_has_the_headers_that_protect_it(service: Service, path: str) -> None:
    for answer in (service.client.get(path), service.client.get(path, headers={"Host": "evil.example"})):
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
            " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


def test_a_bug_is_a_problem_that_tells_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*args: object, **options: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(service.jobs, "list", broken)
    answer = service.client.get("/api/summaries")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["detail"] == "Something went wrong in the service; its log says what."
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "/secret/path" not in answer.text
    assert "/secret/path" in caplog.text


def test_one_client_cannot_ask_without_end(serve: Serve) -> None:
    service = serve(load_config("quickstart", [("service.requests_per_minute", 5)]))
    answers = [service.client.get("/api/summaries") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert service.client.get("/healthz").status_code == 200


def test_a_bucket_fills_as_time_goes_by() -> None:
    now = 0.0
    buckets = Buckets(2, 60, clock=lambda: now)
    assert [buckets.wait("a") for _ in range(3)] == [0, 0, 30]
    assert buckets.wait("b") == 0
    now = 30.0
    assert [buckets.wait("a") for _ in range(2)] == [0, 30]
    now = 1e6
    assert [buckets.wait("a") for _ in range(3)] == [0, 0, 30]


def test_a_compressed_body_is_refused(service: Service) -> None:
    answer = service.client.post("/api/summaries", content=b"x", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_requests_under_a_path_of_a_proxy(serve: Serve) -> None:
    service = serve(root_path="/summaries-of-ours")
    made = service.client.post("/api/summaries", json={"text": "The harbour opens at six."})
    assert made.headers["location"].startswith("/summaries-of-ours/api/summaries/")
    assert httpx.get(f"{service.url}/healthz").status_code == 200


# In a browser.


def test_a_browser_logs_in_with_the_form_and_out_again(office: Service) -> None:
    answer = office.client.get("/summaries/x", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/summaries/x")
    form = office.client.get(answer.headers["location"])
    assert form.status_code == 200
    assert 'value="/summaries/x"' in form.text
    wrong = office.client.post("/login", data={"token": "wrong", "next": "/summaries/x"})
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    right = office.client.post("/login", data={"token": f" {ANNA}\n", "next": "/summaries/x"})
    assert 'content="0; url=/summaries/x"' in right.text
    assert office.client.get("/", headers={"Accept": "text/html"}).status_code == 200
    session = dict(office.client.cookies)
    assert office.client.post("/logout").headers["location"] == "/login"
    office.client.cookies.update(session)
    assert office.client.get("/").status_code == 303, "the session is over, not only its cookie"


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", '/"><script>', "/" + "a" * 5000 + "!", ""]
)
def test_nobody_is_led_elsewhere_after_the_login(office: Service, to: str) -> None:
    answer = office.client.post("/login", data={"token": ANNA, "next": to})
    assert 'content="0; url=/">' in answer.text


def test_the_form_is_slow_for_who_guesses(office: Service) -> None:
    statuses = [office.client.post("/login", data={"token": "wrong"}).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_without_tokens_there_is_nothing_to_log_in_to(service: Service) -> None:
    answer = service.client.get("/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_people_see_a_page_where_there_is_nothing_and_programs_a_problem(service: Service) -> None:
    page = service.client.get("/nothing", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>There is nothing at this address</h1>" in page.text
    assert service.client.get("/api/nothing", headers={"Accept": "text/html"}).json()["status"] == 404
    assert service.client.get("/nothing").json()["status"] == 404


def test_the_docs_are_a_page_of_ours(service: Service) -> None:
    page = service.client.get("/docs")
    assert page.status_code == 200
    assert "/api/summaries/{id}/events" in page.text
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page.text)
