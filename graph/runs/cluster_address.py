"""The address of a cluster -> a client of Dask's, workers that will do, and whether their versions are ours."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from graph.errors import ConfigError
from graph.runs.config import ClusterConfig
from graph.runs.versions import OF_SCHEDULER, PROGRAM, differences, versions_of

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger(__name__)

# Seconds until a scheduler has answered, and until the first worker is there.
_CONNECT_SECONDS = 10
_VERSION_SECONDS = 30

# Dask's own, while there is a client.
_SETTINGS = {
    # Documents are arguments, and Dask advises against large ones. But what is scattered is lost with its worker,
    # while arguments stay with the scheduler until there is a result; and few are under way.
    "distributed.admin.large-graph-warning-threshold": "1TB",
    # Of processes that this program starts: each costs some percent of a short document.
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
}


@asynccontextmanager
async def connected(settings: ClusterConfig) -> AsyncIterator[Client]:
    """A client of the cluster, which is made first, and ended at last, where its processes are this program's.

    Raises:
        ConfigError: there is none, or it has no worker that will do.
    """
    import dask
    import distributed  # which sets up its log

    for handler in logging.getLogger(distributed.__name__).handlers:
        handler.setLevel(logging.CRITICAL)  # from here on what happens is told in words of our own
    async with AsyncExitStack() as stack:
        stack.enter_context(dask.config.set(_SETTINGS))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions, which `refuse_differences` tells in words of its own
            try:
                client = await _open(settings, stack)
            except Exception as error:  # what is no scheduler may answer in any way
                raise ConfigError(_unanswered(settings, error)) from None
        await _wait_for_workers(client, settings)
        yield client


def _unanswered(settings: ClusterConfig, error: Exception) -> str:
    reason = (" ".join(str(error).split()).rstrip(".") or type(error).__name__)[:200]
    if settings.processes is not None:
        return f"cluster.address: the processes of {settings.address} do not start ({reason}); ask for fewer."
    return (
        f"cluster.address: {settings.address} does not answer as a Dask scheduler ({reason}); "
        "start one with: dask scheduler."
    )


async def _open(settings: ClusterConfig, stack: AsyncExitStack) -> Client:
    from distributed import Client, LocalCluster

    if settings.processes is None:
        client = Client(settings.address, asynchronous=True, timeout=_CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        return await stack.enter_async_context(client)
    cluster: Any = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=settings.processes,
        threads_per_worker=settings.documents_per_worker,
        processes=True,
        asynchronous=True,
        security=True,  # certificates for this run alone: nobody else on this machine can reach its processes
        resources=settings.resources or None,
        memory_limit=0,  # weights are no leak, and reading has limits of its own
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": find_spec("bokeh") is not None},
        silence_logs=logging.CRITICAL,
    )
    await stack.enter_async_context(cluster)
    return await stack.enter_async_context(Client(cluster, asynchronous=True))  # type: ignore[no-untyped-call]


def dashboard_of(client: Client, settings: ClusterConfig) -> str | None:
    """The address of Dask's dashboard. One of this program's own cluster needs the package bokeh."""
    if settings.processes is not None and find_spec("bokeh") is None:
        return None
    return cast("str | None", client.dashboard_link)


async def _wait_for_workers(client: Client, settings: ClusterConfig) -> None:
    try:
        await cast(Any, client).wait_for_workers(1, timeout=_CONNECT_SECONDS)
    except TimeoutError:
        raise ConfigError(
            f"cluster.address: the cluster {settings.address} has no worker; start one with: "
            f"dask worker {settings.address}."
        ) from None
    if not await suitable(client, settings):
        wanted = " ".join(f"{name}={amount:g}" for name, amount in settings.resources.items())
        raise ConfigError(
            f"cluster.resources: no worker of {settings.address} has {wanted}; start one with: "
            f'dask worker {settings.address} --resources "{wanted}".'
        )


async def suitable(client: Client, settings: ClusterConfig) -> dict[str, int]:
    """The workers that have the resources, by their addresses, and how many documents each takes at once.

    Raises OSError if the scheduler is gone.
    """
    scheduler: Any = client.scheduler
    identity = await scheduler.identity(n_workers=-1)
    return {
        address: min(settings.documents_per_worker, worker["nthreads"])
        for address, worker in identity["workers"].items()
        if all(worker["resources"].get(name, 0) >= amount for name, amount in settings.resources.items())
    }


async def refuse_differences(client: Client) -> None:
    """Warn of packages whose versions elsewhere are not those here, and refuse another version of ours."""
    versions = versions_of()
    here = versions()
    try:
        async with asyncio.timeout(_VERSION_SECONDS):
            places = dict(await client.run(versions, on_error="ignore"))
            scheduler = await client.run_on_scheduler(versions)  # type: ignore[no-untyped-call]
    except TimeoutError:
        raise ConfigError(
            f"cluster.address: a worker does not say within {_VERSION_SECONDS} s what is installed on it; "
            "see the log of the workers."
        ) from None
    # The scheduler unpacks what is sent and packs it again, and needs no more.
    places["the scheduler"] = here | {name: scheduler[name] for name in OF_SCHEDULER}
    found = differences(here, places)
    if PROGRAM in found:
        raise ConfigError(
            f"cluster.address: there is {found[PROGRAM]}; install the same version on every machine."
        )
    for sentence in found.values():
        logger.warning("There is %s; summaries may differ from machine to machine.", sentence)
