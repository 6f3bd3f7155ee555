"""The settings that a client may choose for one summary, checked before anything is queued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from graph.config import RunConfig
from graph.service.errors import SettingsError


def check_settings(config: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    """The configuration with what a client chose for one summary, such as {"load.pages": "1-9"}.

    Raises SettingsError for the first key that is not allowed, or whose value cannot be.
    """
    for key, value in settings.items():
        section, _, name = key.partition(".")
        before = getattr(config, section, None)
        if section not in ("load", "summarize", "prompts") or before is None:
            raise SettingsError(key, "this cannot be set here")
        try:
            after = type(before).model_validate(before.model_dump() | {name: value})
        except ValidationError:
            raise SettingsError(key, "this value cannot be") from None
        config = config.model_copy(update={section: after})
    return config
