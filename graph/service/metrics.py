"""How the service is: `/healthz` and `/readyz` for what watches over it, `/metrics` for Prometheus."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.service.jobs import Jobs
from graph.service.openapi import problems
from graph.service.problems import problem

_FREE_BYTES = 100 * 2**20
_BUCKETS = (0.005, 0.025, 0.1, 0.5, 1, 5, 30)

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """That it is well."""

    status: str = "ok"


@router.get("/healthz", responses=problems())
async def healthz() -> Health:
    """Whether the process answers."""
    return Health()


@router.get("/readyz", response_model=Health, responses=problems(503))
async def readyz(request: Request) -> Health | JSONResponse:
    """Whether summaries are being made; if not, why."""
    jobs: Jobs = request.app.state.jobs
    reason = "The service is being stopped." if request.app.state.stopping.is_set() else jobs.trouble
    if reason is None and shutil.disk_usage(jobs.incoming).free < _FREE_BYTES:
        reason = "The disk is nearly full; make room on it."
    return problem(503, reason) if reason else Health()


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems()},
)
async def metrics(request: Request) -> Response:
    """Numbers in the format of Prometheus."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class Metrics:
    """What is counted for one app."""

    def __init__(self, jobs: Jobs) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_JobsCollector(jobs))
        labels = ("route", "method", "status")
        self.requests = Counter(
            "summarize_requests", "Requests that were answered.", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "summarize_request_seconds",
            "Until the response began.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )


class _JobsCollector(Collector):
    """The jobs as they are when they are asked for."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def collect(self) -> Iterable[Metric]:
        by_status = GaugeMetricFamily("summarize_jobs", "Summaries by status.", labels=["status"])
        for status, count in self._jobs.counts().items():
            by_status.add_metric([status], count)
        yield by_status
        spent = self._jobs.spent
        tokens = CounterMetricFamily("summarize_tokens", "Tokens read and written for them.", labels=["kind"])
        tokens.add_metric(["prompt"], spent.prompt_tokens)
        tokens.add_metric(["output"], spent.output_tokens)
        yield tokens
        seconds = CounterMetricFamily("summarize_stage_seconds", "Seconds they took, by stage.", labels=["stage"])
        for stage, taken in spent.seconds.items():
            seconds.add_metric([stage], taken)
        yield seconds


class Measured:
    """ASGI middleware that counts requests by route and status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "")  # none that was refused or is not there
                method = scope["method"] if route else ""
                self._metrics.requests.labels(route, method, message["status"]).inc()
                self._metrics.seconds.labels(route).observe(time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, counting)
