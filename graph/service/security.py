"""What every request passes before it is answered: where it comes from, whose it is, how many and how large.

Browsers are kept from doing for other pages what only ours may: the Host is checked against DNS rebinding, Origin
and Sec-Fetch-Site against forged requests, and what we send works only with what else we send.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.service.access import LOCAL, SESSION_SECONDS, Access
from graph.service.context import base_of
from graph.service.limits import BodyTooLargeError, BoundedBody, Buckets
from graph.service.problems import of_bug, problem

_LOG = logging.getLogger(__name__)

COOKIE = "summaries_session"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer, the Origin of our own forms would be null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_PUBLIC = re.compile(r"/(?:healthz|readyz|login|assets/.*)")
_FOR_PROGRAMS = re.compile(r"/(?:api|mcp|v1|metrics|openapi\.json)(?:/.*)?")

# The largest bodies: of uploads, which never are in memory as a whole, and of everything else.
WHOLE_BYTES = 2**25  # a document in base64 is in memory as a whole, more than once
_LARGE = {"/api/summaries": None, "/mcp": WHOLE_BYTES, "/v1/chat/completions": WHOLE_BYTES}
_BODY_BYTES = 2**20

_FAILURES = 10  # wrong tokens in a minute from one address


def client_of(request: Request) -> str | None:
    """Whose jobs a request sees. None: all there are."""
    return request.state.client  # type: ignore[no-any-return]


def is_for_programs(request: Request) -> bool:
    """Whether nobody looks at the answer in a browser."""
    return _FOR_PROGRAMS.fullmatch(path_of(request.scope)) is not None


class Hosts:
    """The names and addresses by which the service may be called."""

    def __init__(self, host: str, allowed: Iterable[str]) -> None:
        self._is_local = is_loopback(host)
        self._names = {"localhost", host.lower(), *(name.lower().strip("[]") for name in allowed)}
        if not self._is_local:
            own = socket.gethostname().lower()
            self._names |= {own, f"{own.partition('.')[0]}.local"}

    def has(self, host: str) -> bool:
        """Whether a Host header, with or without a port, names this service."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if name in self._names:
                return True
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._is_local  # no name server can point an address elsewhere


def is_loopback(host: str) -> bool:
    """Whether a server at this host is reached from this machine alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Headered:
    """ASGI middleware: no response goes without the headers that protect it, and a bug is a problem, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except Exception:
            if has_begun:
                raise
            _LOG.exception("%s %s", scope["method"], path_of(scope))
            await of_bug()(scope, receive, with_headers)


class Guarded:
    """ASGI middleware: refuses what may not be, and says of the rest whose it is."""

    def __init__(
        self, app: ASGIApp, *, access: Access, hosts: Hosts, requests_per_minute: int, upload_bytes: int
    ) -> None:
        self._app = app
        self._access = access
        self._hosts = hosts
        self._requests = Buckets(requests_per_minute, 60)
        self._failures = Buckets(_FAILURES, 60)
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope)
        refusal = self._misdirected(request) or self._forged(request) or self._exchange(request)
        refusal = refusal or self._unknown(request) or self._too_many(request) or self._too_large(request)
        if refusal:
            await refusal(scope, receive, send)
            return
        await self._app(scope, BoundedBody(receive, self._most(request)), send)

    def _misdirected(self, request: Request) -> Response | None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or not re.fullmatch(r"[\w.:\[\]-]{1,255}", hosts[0]):
            return problem(400, "The request has no valid Host header.")
        if not self._hosts.has(hosts[0]):
            detail = "The service is not known by this name; its operator can add it to service.allowed_hosts."
            return problem(421, detail)
        return None

    def _forged(self, request: Request) -> Response | None:
        """Requests that another page makes a browser send."""
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        foreign = origin is not None and origin.partition("://")[2].lower() != request.headers["host"].lower()
        if request.method not in _SAFE_METHODS and site not in (None, "same-origin", "none"):
            foreign = True
        if foreign:
            return problem(403, "A page of another site asked for this, which only pages of the service may.")
        return None

    def _exchange(self, request: Request) -> Response | None:
        """A session for a token in the address, once: the next address is without it."""
        token = request.query_params.get("token")
        if self._access.is_open or token is None or request.method != "GET" or path_of(request.scope) != "/":
            return None
        name = self._access.name_of(token)
        if name is None:
            return self._failed(request) or to_login(request)
        return signed_in(request, self._access, name, "/")

    def _unknown(self, request: Request) -> Response | None:
        """Note whose request it is. A response if that must be known, and is not."""
        name = LOCAL if self._access.is_open else self._named(request)
        request.state.name = name
        request.state.client = name if self._access.separates else None
        if name or _PUBLIC.fullmatch(path_of(request.scope)):
            return None
        if "authorization" in request.headers and (refusal := self._failed(request)):
            return refusal
        if request.method == "GET" and not is_for_programs(request):
            return to_login(request)
        detail = "This needs a token; send it as Authorization: Bearer TOKEN."
        return problem(401, detail, headers={"WWW-Authenticate": "Bearer"})

    def _named(self, request: Request) -> str | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._access.name_of(token.strip())
        session = session_of(request)
        return self._access.session_name(session) if session else None

    def _failed(self, request: Request) -> Response | None:
        """Count a wrong token. A response if there were too many."""
        return _wait(self._failures.wait(_address(request)))

    def _too_many(self, request: Request) -> Response | None:
        path = path_of(request.scope)
        if path == "/login" and request.method == "POST":
            return self._failed(request)
        if _PUBLIC.fullmatch(path):
            return None
        return _wait(self._requests.wait(request.state.name or _address(request)))

    def _most(self, request: Request) -> int:
        most = _LARGE.get(path_of(request.scope), _BODY_BYTES)
        return self._upload_bytes if most is None else most

    def _too_large(self, request: Request) -> Response | None:
        length = request.headers.get("content-length", "0")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            return problem(415, "The body is compressed; send it as it is.")
        if length.isdecimal() and int(length) > self._most(request):
            return problem(413, BodyTooLargeError().detail)
        return None


def path_of(scope: Scope) -> str:
    """The path, as the service's own routes have it."""
    path: str = scope["path"]
    return path.removeprefix(base_of(scope)) or "/"


def session_of(request: Request) -> str | None:
    """The session in the cookie."""
    try:
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def signed_in(request: Request, access: Access, name: str, to: str) -> Response:
    """The page with which a session begins.

    It leads on by itself. A redirect would not do: for a browser that came from another site, the request that
    follows is still that site's, and goes without the cookie.
    """
    base = base_of(request.scope)
    response = HTMLResponse(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Signed in</title>'
        f'<meta http-equiv="refresh" content="0; url={base}{to}"></head>'
        f'<body><p>Signed in. <a href="{base}{to}">Go on</a>.</p></body></html>\n'
    )
    _set_cookie(request, response, access.begin_session(name), SESSION_SECONDS)
    return response


def signed_out(request: Request, access: Access) -> Response:
    """The response with which a session ends."""
    if session := session_of(request):
        access.end_session(session)
    response = RedirectResponse(base_of(request.scope) + "/login", 303)
    _set_cookie(request, response, "", 0)
    return response


def to_login(request: Request) -> Response:
    """To the form, and from there to what was asked for."""
    base = base_of(request.scope)
    return RedirectResponse(f"{base}/login?next={quote(path_of(request.scope), safe='/')}", 303)


def _set_cookie(request: Request, response: Response, value: str, seconds: int) -> None:
    response.set_cookie(
        COOKIE,
        value,
        max_age=seconds,
        path=base_of(request.scope) or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _address(request: Request) -> str:
    return f"address {request.client.host if request.client else ''}"


def _wait(seconds: int) -> Response | None:
    if not seconds:
        return None
    detail = f"These are too many requests; try again in {seconds} seconds."
    return problem(429, detail, headers={"Retry-After": str(seconds)})
