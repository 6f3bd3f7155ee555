"""The section `cluster` of a configuration. Imports pydantic and nothing heavier."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_LOCAL = re.compile(r"local:([1-9]\d{0,3})", re.ASCII)
_ADDRESS = re.compile(r"(?:tcp|tls|ws|wss)://[^\s/]+:\d{1,5}", re.ASCII)


def _check_address(value: str | None) -> str | None:
    if value is None or _LOCAL.fullmatch(value) or _ADDRESS.fullmatch(value):
        return value
    raise ValueError(
        f"{value!r} is not the address of a cluster; write tcp://HOST:8786 or tls://HOST:8786, as dask scheduler "
        "says when it starts, or local:2 for two processes on this machine"
    )


class ClusterConfig(BaseModel):
    """Which machines summarize several documents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str | None, AfterValidator(_check_address)] = Field(
        None,
        description="A Dask scheduler, such as tcp://HOST:8786, or local:N for N processes on this machine. "
        "Empty: this process alone.",
    )
    documents_per_worker: int = Field(
        4, ge=1, description="Documents under way on a worker at once, so that its batch is full."
    )
    resources: dict[str, Annotated[float, Field(gt=0)]] = Field(
        {},
        description="Dask resources that a worker must have, such as {mlx: 1}; its documents share them. Empty: "
        "every worker gets documents.",
    )

    @property
    def processes(self) -> int | None:
        """How many processes of this machine make the cluster; None if it is there already."""
        found = _LOCAL.fullmatch(self.address or "")
        return int(found[1]) if found else None

    @property
    def shares(self) -> dict[str, float]:
        """What one document takes of a worker's resources."""
        return {name: amount / self.documents_per_worker for name, amount in self.resources.items()}
