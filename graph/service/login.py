"""The form with which a browser shows its token, once, and how it logs out."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from graph.service.access import Access
from graph.service.context import base_of
from graph.service.pages.rendering import render
from graph.service.security import signed_in, signed_out

_LOCAL_PATH = re.compile(r"/(?:[\w.-]+(?:/[\w.-]+)*/?)?")

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def form(request: Request, next: str = "/") -> Response:
    """The form."""
    if _access(request).is_open:
        return RedirectResponse(base_of(request.scope) + "/", 303)
    return _form(request, next, wrong=False)


@router.post("/login")
async def login(request: Request) -> Response:
    """A session for a token."""
    sent = parse_qs((await request.body()).decode("utf-8", "replace"))
    to = _here(sent.get("next", ["/"])[0])
    name = _access(request).name_of(sent.get("token", [""])[0].strip())
    if name is None:
        return _form(request, to, wrong=True)
    return signed_in(request, _access(request), name, to)


@router.post("/logout")
async def logout(request: Request) -> Response:
    """The end of a session."""
    return signed_out(request, _access(request))


def _form(request: Request, next: str, *, wrong: bool) -> Response:
    return render(request, "login.html", status=401 if wrong else 200, wrong=wrong, next=_here(next))


def _here(path: str) -> str:
    """The path, if it is one of ours: nobody is led elsewhere."""
    return path if _LOCAL_PATH.fullmatch(path) else "/"


def _access(request: Request) -> Access:
    return request.app.state.access  # type: ignore[no-any-return]
