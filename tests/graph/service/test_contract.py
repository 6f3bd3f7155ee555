"""What /openapi.json promises holds for requests that Schemathesis makes up, against a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from graph.config import load_config
from graph.service.access import Access
from graph.service.app import create_app
from graph.service.jobs import Jobs
from tests.graph.service.conftest import Service, running
from tests.pdfs import make_pdf

# More than a minute of it allows, and no answers of earlier runs.
CONFIG = load_config("quickstart", [("service.requests_per_minute", 1_000_000), ("cache.enabled", False)])
NOWHERE = Path("/nonexistent")
DESCRIBED = create_app(CONFIG, Jobs(CONFIG, NOWHERE), Access({}, NOWHERE)).openapi()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("contract"), CONFIG) as service:
        yield service


@pytest.fixture(scope="module")
def finished(service: Service) -> str:
    id = service.submit(make_pdf(["The harbour opens at six and the first boats leave early."]), "harbour.pdf")
    service.ended(id)
    return id


# Hypothesis sees that the server, in its thread, draws random numbers too.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@schemathesis.openapi.from_dict(DESCRIBED).parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_contract_holds(case: schemathesis.Case, service: Service, finished: str) -> None:
    id = (case.path_parameters or {}).get("id", "")
    if re.fullmatch(r"[\w-]{22}", str(id), re.ASCII) and case.method != "DELETE":
        case.path_parameters["id"] = finished  # made up ones are not there
    # Whether a document is one, and a setting can have a value, no schema says: those are 415 and 422.
    case.call_and_validate(base_url=service.url, excluded_checks=[positive_data_acceptance])


def test_the_description_that_is_tested_is_the_one_that_is_served(service: Service) -> None:
    assert service.client.get("/openapi.json").json() == DESCRIBED
    assert {"/api/summaries", "/api/summaries/{id}/events", "/healthz", "/metrics"} <= DESCRIBED["paths"].keys()


def test_every_error_is_described_as_a_problem() -> None:
    for path, operations in DESCRIBED["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert response["content"].keys() == {"application/problem+json"}, (path, method, status)
