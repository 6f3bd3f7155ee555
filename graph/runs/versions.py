"""Whether the machines of a cluster have what this one has: packages by name -> sentences on what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

# Ours must be the same everywhere: what travels is its own classes.
PROGRAM = "mlx-pdf-summarizer"

# What decides which text is read, what a model answers, and whether Dask's parts understand each other.
PACKAGES = (
    PROGRAM,
    "dask",
    "distributed",
    "langchain-core",
    "langgraph",
    "mlx",
    "mlx-lm",
    "pypdf",
    "pypdfium2",
    "tokenizers",
    "transformers",
)

# What matters where nothing is summarized.
OF_SCHEDULER = ("Python", PROGRAM, "dask", "distributed")

Versions = Mapping[str, str | None]


def versions_of(packages: Iterable[str] = PACKAGES) -> Callable[[], dict[str, str | None]]:
    """A function that says what is installed where it runs: None for what is not.

    It travels whole, so that a machine without this program can run it too.
    """
    names = list(packages)

    def versions() -> dict[str, str | None]:
        import platform
        from importlib import metadata

        found: dict[str, str | None] = {"Python": ".".join(platform.python_version_tuple()[:2])}
        for name in names:
            try:
                found[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                found[name] = None
        return found

    return versions


def differences(here: Versions, workers: Mapping[str, Versions]) -> dict[str, str]:
    """For each package that differs, what is said of it: "mlx-lm 0.31.0 on tcp://…, and 0.32.2 here"."""
    said = {}
    for name, version in here.items():
        others: dict[str | None, list[str]] = {}
        for address, there in workers.items():
            if there.get(name) != version:
                others.setdefault(there.get(name), []).append(address)
        if others:
            parts = [f"{_said(name, other)} on {_listed(places)}" for other, places in others.items()]
            said[name] = f"{', '.join(parts)}, and {version or 'none'} here"
    return said


def _said(name: str, version: str | None) -> str:
    return f"{name} {version}" if version else f"no {name}"


def _listed(places: list[str], most: int = 3) -> str:
    more = len(places) - most
    return ", ".join(places[:most]) + (f" and {more} more" if more > 0 else "")
